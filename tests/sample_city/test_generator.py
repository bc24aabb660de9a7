"""The sample city's committed files: made anew they are the same, and the planted cases hold.

The cases are measured here from the files alone, by other means than the generator's.
"""

import csv
import filecmp
import json
import math
import os
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from facilityplan.crs import convert
from facilityplan.layers import conform

ROOT = Path(__file__).resolve().parents[2]
CITY = ROOT / "data" / "sample_city"
TABLES = (
    "indicators.csv",
    "milestones.csv",
    "deliveries.csv",
    "register.csv",
    "clocks.csv",
    "subsidy_facts.csv",
)
FILES = (
    "city.gpkg",
    "estates.xlsx",
    "facilities.csv",
    "planted.json",
    "project.toml",
    *TABLES,
)
LAYERS = ("zones", "estates", "villages", "roads", "water", "railway", "candidates", "parcels")
COMMUNITY_WORDS = {
    "街道综合养老服务中心",
    "社区养老服务中心",
    "居家养老服务站点",
    "日间照料中心",
    "农村幸福院",
}
CENTRE_WORDS = {"街道综合养老服务中心", "社区养老服务中心"}
NO_CARE_BEDS = {"助餐点", "老年活动中心", "老年大学", "社区卫生服务中心"}


@pytest.fixture(scope="module")
def made_twice(tmp_path_factory):
    """Two folders made anew by processes that hash text differently."""
    folders = [tmp_path_factory.mktemp(f"city_{seed}") for seed in (1, 2)]
    script = str(ROOT / "data" / "make_sample_city.py")
    runs = [
        subprocess.Popen(
            [sys.executable, script, str(folder)],
            env=os.environ | {"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)},
        )
        for seed, folder in enumerate(folders, start=1)
    ]
    assert [run.wait() for run in runs] == [0, 0]
    return folders


@pytest.fixture(scope="module")
def layers():
    return {name: gpd.read_file(CITY / "city.gpkg", layer=name) for name in LAYERS}


def sheet_rows(path):
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["小区台账"]
    return [[cell.value for cell in row] for row in book["小区台账"].iter_rows()]


@pytest.fixture(scope="module")
def estates(layers):
    header, *rows = sheet_rows(CITY / "estates.xlsx")
    register = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    for number, geometry in zip(layers["estates"]["编号"], layers["estates"].geometry, strict=True):
        register[number]["geometry"] = geometry
    return register


@pytest.fixture(scope="module")
def facilities():
    text = (CITY / "facilities.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    lon, lat = (np.array([float(row[name]) for row in rows]) for name in ("经度", "纬度"))
    plain = convert(lon, lat, "gcj02", "cgcs2000")
    x, y = Transformer.from_crs("EPSG:4490", "EPSG:4547", always_xy=True).transform(*plain)
    return {row["编号"]: row | {"xy": (px, py)} for row, px, py in zip(rows, x, y, strict=True)}


@pytest.fixture(scope="module")
def planted():
    return json.loads((CITY / "planted.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def homes(layers, estates):
    villages = layers["villages"]
    shapes = dict(zip(villages["编号"], villages.geometry, strict=True))
    return shapes | {number: row["geometry"] for number, row in estates.items()}


def counts(facility):
    near_homes = facility["设施类型"] in COMMUNITY_WORDS or facility["面向社区"] == "是"
    return facility["运营状态"] == "运营" and near_homes


def straight_mm(home, facility):
    point = home.representative_point()
    return round(math.dist((point.x, point.y), facility["xy"]) * 1000.0)


def zone_of(layers, level_words, xy):
    zones = layers["zones"]
    found = zones[zones["层级"].isin(level_words) & zones.contains(shapely.points(xy))]
    return found["区划代码"].tolist()


# --- made anew -------------------------------------------------------------------------------


def test_two_runs_write_the_same_bytes(made_twice):
    same, different, errors = filecmp.cmpfiles(*made_twice, FILES, shallow=False)
    assert sorted(same) == sorted(FILES), (different, errors)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_made_anew_has_the_committed_content(made_twice, layers, name):
    anew, committed = gpd.read_file(made_twice[0] / "city.gpkg", layer=name), layers[name]
    assert anew.crs.to_epsg() == committed.crs.to_epsg() == 4547
    assert anew.drop(columns="geometry").equals(committed.drop(columns="geometry"))
    # whole millimetres, but another processor may round one the other way
    same = shapely.equals_exact(anew.geometry.values, committed.geometry.values, tolerance=0.0015)
    assert same.all()


def test_tables_made_anew_have_the_committed_content(made_twice):
    for name in ("facilities.csv", "planted.json", "project.toml", *TABLES):
        assert (made_twice[0] / name).read_bytes() == (CITY / name).read_bytes(), name
    assert sheet_rows(made_twice[0] / "estates.xlsx") == sheet_rows(CITY / "estates.xlsx")


# --- what is in the files ----------------------------------------------------------------------


def test_sizes_and_numbers(layers, estates, facilities):
    committed = [
        path for path in CITY.rglob("*") if path.is_file() and ".facilityplan" not in path.parts
    ]
    assert sum(path.stat().st_size for path in committed) < 6_000_000
    assert [name for name, _ in pyogrio.list_layers(CITY / "city.gpkg")] == list(LAYERS)
    assert Counter(layers["zones"]["层级"]) == {
        "市": 1,
        "区": 2,
        "县": 1,
        "街道": 8,
        "镇": 4,
        "社区": 70,
        "行政村": 60,
    }
    numbers = len(estates), len(layers["villages"]), len(facilities), len(layers["candidates"])
    assert numbers == (901, 60, 81, 150)
    assert 7_000 < len(layers["roads"]) < 9_000
    households = [row["户数"] for row in estates.values() if row["户数"] is not None]
    assert min(households) >= 40
    assert max(households) <= 6000
    assert 115_000 < sum(households) < 125_000
    assert len({row["小区名称"] for row in estates.values()}) == 901


def test_the_wheel_has_each_of_the_files_and_no_kept_road_graph():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    forced = told["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    there = {path.name for path in CITY.iterdir() if not path.name.startswith(".")}
    assert forced == {
        f"data/sample_city/{name}": f"facilityplan/sample_city/{name}" for name in there
    }


def test_every_kind_of_facility_occurs(facilities):
    kinds = tomllib.loads(
        (ROOT / "facilityplan" / "standards" / "kinds.toml").read_text(encoding="utf-8")
    )
    words = {word: kind for kind, row in kinds.items() for word in (row["zh"], *row["aliases"])}
    assert {words[f["设施类型"]] for f in facilities.values() if f["设施类型"]} == set(kinds)
    assert {f["运营状态"] for f in facilities.values()} == {"运营", "规划", "停业"}


def test_the_project_maps_onto_the_canonical_columns(layers, estates, facilities):
    project = tomllib.loads((CITY / "project.toml").read_text(encoding="utf-8"))
    kinds = tomllib.loads(
        (ROOT / "facilityplan" / "standards" / "kinds.toml").read_text(encoding="utf-8")
    )
    words = {kind: (row["zh"], *row["aliases"]) for kind, row in kinds.items()}
    register = gpd.GeoDataFrame(list(estates.values()), geometry="geometry", crs=4547)
    points = [shapely.points(row["xy"]) for row in facilities.values()]
    tables = {"estates": register, **{n: layers[n] for n in LAYERS if n != "estates"}}
    tables["facilities"] = gpd.GeoDataFrame(list(facilities.values()), geometry=points, crs=4547)
    for layer, stated in project["layers"].items():
        for entry in stated if isinstance(stated, list) else [stated]:
            assert (CITY / entry["path"]).is_file()
            if entry["path"] in TABLES:
                text = (CITY / entry["path"]).read_text(encoding="utf-8-sig")
                written = list(csv.DictReader(text.splitlines()))
                table = gpd.GeoDataFrame(written, geometry=[None] * len(written), crs=4547)
            else:
                table = tables[entry.get("layer", "facilities")]
            headers = entry["columns"]
            assert set(headers.values()) <= set(table.columns)
            frame = gpd.GeoDataFrame(
                {name: table[header] for name, header in headers.items()}
                | entry.get("constants", {}),
                geometry=table.geometry,
                crs=table.crs,
            )
            assert len(conform(frame, layer, kinds=words)) == len(table)


def test_zones_tile_on_every_level_and_add_up(layers):
    zones = layers["zones"].set_index("区划代码")
    city = zones.loc["999900"]
    figures = ["常住人口", "总户数", "60岁以上", "65岁以上"]
    for words in (("区", "县"), ("街道", "镇"), ("社区", "行政村")):
        level = zones[zones["层级"].isin(words)]
        assert shapely.coverage_is_valid(level.geometry.values)
        assert level.geometry.is_valid.all()
        assert math.isclose(level.area.sum(), city.geometry.area, abs_tol=0.01)
        assert level[figures].sum().tolist() == city[figures].tolist()
        sums = level.groupby("上级代码")[figures].sum()
        assert (sums == zones.loc[sums.index, figures]).all().all()
        for parent, own in level.groupby("上级代码"):
            assert math.isclose(own.area.sum(), zones.geometry[parent].area, abs_tol=0.01)
    assert 390_000 < city["常住人口"] < 415_000


def test_homes_lie_in_their_zone_and_add_up_to_it(layers, estates):
    zones = layers["zones"].set_index("区划代码")
    villages = layers["villages"]
    rows = [(r["所属社区"], r["geometry"], r["户数"], r["人口"]) for r in estates.values()]
    rows += list(
        zip(
            villages["所属行政村"],
            villages.geometry,
            villages["户数"],
            villages["人口"],
            strict=True,
        )
    )
    households, persons = Counter(), Counter()
    for zone, shape, count, people in rows:
        assert zones.geometry[zone].contains(shape), zone
        households[zone] += int(count or 0)
        persons[zone] += int(people or 0)
    smallest = zones[zones["层级"].isin(["社区", "行政村"])]
    assert smallest["总户数"].to_dict() == households
    assert smallest["常住人口"].to_dict() == persons


def test_estates_keep_clear_of_each_other_of_roads_and_of_the_river(layers):
    shapes = layers["estates"].geometry.values
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    assert (left == right).all()
    assert tree.query(layers["roads"].geometry.values, predicate="intersects").size == 0
    assert tree.query(layers["water"].geometry.values, predicate="intersects").size == 0
    assert tree.query(layers["railway"].geometry.values, predicate="intersects").size == 0


def test_three_bridges_and_few_ways_under_the_railway(layers):
    roads = layers["roads"]
    wet = roads[roads.intersects(layers["water"].geometry[0])]
    assert wet["桥梁"].tolist() == ["是"] * 3
    assert (roads["桥梁"] == "是").sum() == 3
    below = roads[roads.intersects(layers["railway"].geometry[0])]
    assert (below["隧道"] == "是").all()
    assert 5 <= len(below) <= 15


def test_half_of_the_estates_are_near_a_facility(facilities, homes):
    near = [
        min(straight_mm(home, f) for f in facilities.values() if counts(f)) <= 500_000
        for number, home in homes.items()
        if number.startswith("E")
    ]
    assert 0.42 < np.mean(near) < 0.6


def test_land_for_elder_care_passes_in_one_county_and_fails_in_another(layers):
    zones, parcels = layers["zones"], layers["parcels"]
    care = parcels[parcels["用地代码"] == "080601"]
    counties = zones[zones["层级"].isin(["区", "县"])]
    per_person = [
        care[care.within(shape)]["用地面积"].sum() / people
        for shape, people in zip(counties.geometry, counties["常住人口"], strict=True)
    ]
    assert min(per_person) < 0.2 < max(per_person)
    assert care.within(counties.geometry.union_all()).all()
    left, right = parcels.sindex.query(parcels.geometry, predicate="overlaps")
    assert len(left) == len(right) == 0


# --- planted cases -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "millimetres"),
    [
        ("urban_500_000", 500_000),
        ("urban_500_001", 500_001),
        ("rural_1000_000", 1_000_000),
        ("rural_1000_001", 1_000_001),
        ("urban_800", 800_000),
        ("rural_800", 800_000),
    ],
)
def test_planted_distances(planted, facilities, homes, case, millimetres):
    ids = planted[case]["ids"]
    home, own = homes[ids["residence"]], facilities[ids["facility"]]
    assert ids["residence"].startswith("E" if case.startswith("urban") else "V")
    point = home.representative_point()
    assert (2 * point.x).is_integer()
    assert (2 * point.y).is_integer()
    assert counts(own)
    assert straight_mm(home, own) == millimetres
    others = [f for f in facilities.values() if counts(f) and f is not own]
    assert min(straight_mm(home, f) for f in others) >= 1_200_000


def walking_graph(roads):
    graph = nx.Graph()
    for line in roads[roads["等级"] != "motorway"].geometry:
        for one, two in zip(line.coords, line.coords[1:], strict=False):
            graph.add_edge(one, two, metres=math.dist(one, two))
    return graph


def test_across_the_river_and_off_the_main_roads(planted, layers, facilities, homes):
    graph = walking_graph(layers["roads"])
    nodes = np.array(list(graph))

    def nearest(x, y):
        return tuple(nodes[np.hypot(nodes[:, 0] - x, nodes[:, 1] - y).argmin()])

    ids = planted["across_river"]["ids"]
    home, own = homes[ids["residence"]], facilities[ids["facility"]]
    assert straight_mm(home, own) < 400_000
    point = home.representative_point()
    start, end = nearest(point.x, point.y), nearest(*own["xy"])
    assert nx.shortest_path_length(graph, start, end, weight="metres") > 1500.0

    far = homes[planted["far_from_roads"]["ids"]["residence"]]
    assert layers["roads"].distance(far).min() > 3000.0

    pieces = sorted(nx.connected_components(graph), key=len, reverse=True)
    assert len(pieces) == 2
    island = homes[planted["no_candidate"]["ids"]["residence"]]
    point = island.representative_point()
    assert nearest(point.x, point.y) in pieces[1]
    assert layers["candidates"].distance(point).min() > 500.0
    assert min(straight_mm(island, f) for f in facilities.values() if counts(f)) > 1_200_000


def test_most_gaps_have_a_candidate_near(layers, facilities, homes):
    counting = [f for f in facilities.values() if counts(f)]
    gaps = [
        home.representative_point()
        for number, home in homes.items()
        if number.startswith("E") and min(straight_mm(home, f) for f in counting) > 500_000
    ]
    near = [layers["candidates"].distance(point).min() <= 500.0 for point in gaps]
    assert np.mean(near) > 0.85
    assert not all(near)
    for column in ("可用建筑面积", "改造费用"):
        assert layers["candidates"][column].isna().any()


def test_large_communities_without_a_centre(planted, layers, estates, facilities):
    zones = layers["zones"].set_index("区划代码")
    for total in (3000, 3001):
        zone = planted[f"community_{total}"]["ids"]["zone"]
        assert zones.loc[zone, "总户数"] == total
        assert sum(r["户数"] for r in estates.values() if r["所属社区"] == zone) == total
        inside = [
            f for f in facilities.values() if zones.geometry[zone].covers(shapely.points(f["xy"]))
        ]
        assert not {f["设施类型"] for f in inside} & CENTRE_WORDS


def test_planted_premises(planted, estates, facilities):
    def standing_in(estate):
        shape = estates[estate]["geometry"]
        return [n for n, f in facilities.items() if shape.covers(shapely.points(f["xy"]))]

    ids = planted["premises_199"]["ids"]
    estate = estates[ids["residence"]]
    assert (estate["户数"], estate["建设状态"]) == (600, "已建")
    assert standing_in(ids["residence"]) == [ids["facility"]]
    own = facilities[ids["facility"]]
    assert (own["设施类型"], own["运营状态"], own["建筑面积"]) == (
        "居家养老服务站点",
        "运营",
        "199",
    )
    shared = planted["shared_premises"]["ids"]
    assert sorted(facilities[shared["facility"]]["服务小区"].split(";")) == sorted(
        shared["residences"]
    )
    assert [estates[number]["户数"] for number in shared["residences"]] == [500, 1000]
    assert facilities[shared["facility"]]["建筑面积"] == "300"
    for number in estates:
        assert shared["facility"] not in standing_in(number)
    served = {number for f in facilities.values() for number in f["服务小区"].split(";")} - {""}
    assert len(served) > len(shared["residences"])
    assert served <= set(estates)
    assert ids["residence"] not in served


def test_what_is_missing_and_what_does_not_count(planted, estates, facilities, homes):
    ids = planted["no_households"]["ids"]
    assert estates[ids["residence"]]["户数"] is None
    ids = planted["no_floor_area"]["ids"]
    vague = facilities[ids["facility"]]
    assert vague["建筑面积"] == ""
    assert counts(vague)
    assert homes[ids["residence"]].contains(shapely.points(vague["xy"]))
    for case, reach in (("unknown_kind", 500_000), ("institution_does_not_count", 300_000)):
        ids = planted[case]["ids"]
        home = homes[ids["residence"]]
        assert straight_mm(home, facilities[ids["facility"]]) <= reach
        assert min(straight_mm(home, f) for f in facilities.values() if counts(f)) >= 1_200_000
    kindless = [f for f in facilities.values() if not f["设施类型"]]
    assert [f["编号"] for f in kindless] == [planted["unknown_kind"]["ids"]["facility"]]
    assert kindless[0]["床位数"] == "0"
    institution = facilities[planted["institution_does_not_count"]["ids"]["facility"]]
    words = institution["设施类型"], institution["运营状态"], institution["面向社区"]
    assert words == ("养老院", "运营", "否")


def test_centres_of_towns(planted, layers, facilities):
    beds = {}
    for facility in facilities.values():
        if facility["设施类型"] in CENTRE_WORDS and facility["运营状态"] == "运营":
            (town,) = zone_of(layers, ["街道", "镇"], facility["xy"])
            beds.setdefault(town, []).append(int(facility["床位数"]))
    passing = sorted(town for town, numbers in beds.items() if max(numbers) >= 70)
    assert passing == sorted(planted["towns_with_70_beds"]["ids"]["zones"])
    small = planted["two_of_35_beds"]["ids"]
    assert sorted(beds[small["zone"]])[-2:] == [35, 35]
    assert [facilities[number]["床位数"] for number in small["facilities"]] == ["35", "35"]


def test_beds_per_1000_elders(planted, layers, facilities):
    beds, idle = Counter(), 0
    for facility in facilities.values():
        if facility["设施类型"] in NO_CARE_BEDS:
            continue
        if facility["运营状态"] != "运营":
            idle += int(facility["床位数"] or 0)
            continue
        (county,) = zone_of(layers, ["区", "县"], facility["xy"])
        beds[county] += int(facility["床位数"])
    zones = layers["zones"].set_index("区划代码")
    rates = {county: 1000 * count / zones.loc[county, "60岁以上"] for county, count in beds.items()}
    expected = planted["beds_per_1000"]["expected"]
    assert rates == {county: row["beds_per_1000"] for county, row in expected.items()}
    assert sorted(rates.values()) == [39.9, 40.0, 40.1]
    assert idle > 0


def test_hostile_names_are_there_as_they_are(planted, estates, facilities):
    ids = planted["hostile_names"]["ids"]
    assert estates[ids["residence"]]["小区名称"] == "${alert(1)}"
    assert facilities[ids["facility"]]["设施名称"] == "<img src=x onerror=alert(1)>"
