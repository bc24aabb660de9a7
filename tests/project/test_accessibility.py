"""Estimates, population grids and accessibility from a project folder to its documents."""

import json
import math

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from facilityplan.errors import MissingLayerError, UsageError
from facilityplan.project import open_project

HERE = "EPSG:4547"
ZONES = """\
[layers.zones]
path = "zones.gpkg"
columns = { id = "代码", name = "名称", level = "层级", elders_60 = "老人", setting = "城乡" }
"""
GRID = """\
[rasters.population]
path = "人口.tif"
unit = "persons"
"""
RESIDENCES = """\
编号,名称,户数,老人,东,北,状态
R1,一号院,100,10,500000,3800000,已建
R2,二号院,200,,500400,3800000,已建
R3,三号院,300,,500800,3800000,已建
R4,四号院,400,40,503000,3800000,已建
R5,五号院,500,50,509000,3800000,已建
"""
# F1 lies 200 m from R1 and R2, F2 100 m from R3, F3 at R4.
FACILITIES = """\
编号,名称,类型,状态,面积,床位,入住,东,北,面向社区
F1,一站,养老院,运营,200,30,30,500200,3800000,是
F2,二站,养老院,运营,200,20,25,500900,3800000,是
F3,三站,居家养老服务站点,运营,200,8,,503000,3800000,
"""
SWAPS = (
    (
        'x = "经度"\ny = "纬度"\ndatum = "wgs84"\n',
        'x = "东"\ny = "北"\ncrs = "EPSG:4547"\n',
    ),
    ('beds = "床位"\n', 'beds = "床位"\nresidents = "入住"\nserves_community = "面向社区"\n'),
    ('serves = "服务小区"\n', ""),
)


@pytest.fixture
def place(make):
    def build(more="", residences=RESIDENCES, facilities=FACILITIES, count=210, name="city"):
        folder = make(
            *SWAPS, more=more, name=name, residences__csv=residences, facilities__csv=facilities
        )
        towns = {
            "代码": ["A", "B"],
            "名称": ["甲社区", "乙社区"],
            "层级": ["社区", "社区"],
            "老人": [count, 100],
            "城乡": ["城市", "城市"],
        }
        shapes = [
            shapely.box(490000, 3790000, 502000, 3810000),
            shapely.box(502000, 3790000, 515000, 3810000),
        ]
        gpd.GeoDataFrame(towns, geometry=shapes, crs=HERE).to_file(folder / "zones.gpkg")
        return folder

    return build


def write_grid(folder, value=2.0, transform=None, crs=HERE):
    cells = np.full((1, 60, 150), value)
    where = transform or Affine(100, 0, 497_000, 0, -100, 3_803_000)
    with rasterio.open(
        folder / "人口.tif",
        "w",
        driver="GTiff",
        height=60,
        width=150,
        count=1,
        dtype=cells.dtype,
        crs=crs,
        transform=where,
    ) as sink:
        sink.write(cells)


def read(out, name):
    return json.loads((out / name).read_text(encoding="utf-8"))


DEMAND = ZONES + '[demand]\nelders = "zones_by_households"\n'


def test_nothing_is_estimated_unless_asked(place, run):
    folder = place(ZONES)
    found = open_project(folder).accessibility().accessibility
    assert np.isnan(found.elders[1:3]).all()
    assert not found.estimated.any()
    out = run(folder)
    coverage = read(out, "coverage.json")
    assert "estimated" not in coverage
    assert "raster" not in coverage
    rows = {item["id"]: item for item in read(out, "accessibility.json")["residences"]}
    assert rows["R1"]["beds_2sfca"] is None, "R2 in the same catchment is not known"
    assert rows["R1"]["reason"] == "accessibility.reason.catchment_unknown"
    assert rows["R2"]["reason"] == "accessibility.reason.elders_unknown"
    assert rows["R4"]["beds_2sfca"] == 200


def test_elders_of_a_zone_over_its_residences(place, run):
    folder = place(DEMAND)
    out = run(folder)
    # A: 210 less R1's own 10, over 200 and 300 households.
    estimate = read(out, "coverage.json")["estimated"]["elders"]
    assert estimate["residences"] == {"R2": 80, "R3": 120}
    assert estimate["zones"][0] == {
        "zone": "A",
        "status": "spread",
        "count": 210,
        "own": 10,
        "assigned": 200,
        "unassigned": 0,
    }
    assert estimate["zones"][1]["status"] == "all_known"
    assert estimate["zones"][1]["unassigned"] == 10
    assert estimate["sums"]["relative_error"] <= 1e-9
    overall = next(item for item in estimate["rates"] if item["clause"] is None)
    assert (overall["covered"], overall["total"], overall["unknown"]) == (250, 300, 0)
    assert read(out, "coverage.json")["rates"][0]["elders"]["unknown"] == 2, "own figures alone"
    found = read(out, "accessibility.json")
    rows = {item["id"]: item for item in found["residences"]}
    # F1: 30 beds for R1 and R2; F2 for R2 (500 m) and R3; R3 is 600 m from F1.
    f1, f2 = 30 / 90, 20 / 200
    for name, beds in {"R1": f1, "R2": f1 + f2, "R3": f2, "R4": 0.2, "R5": 0}.items():
        assert rows[name]["beds_2sfca"] == pytest.approx(beds * 1000, abs=1e-8), name
    assert [name for name in rows if rows[name]["elders_estimated"]] == ["R2", "R3"]
    assert found["sums"]["beds_received"] == pytest.approx(58, rel=1e-9)
    assert found["sums"]["beds_in_reach"] == 58
    zones = {item["zone"]: item for item in found["zones"]}
    assert zones["A"]["beds_per_1000"] == pytest.approx(50 / 210 * 1000)


def test_an_estimate_is_called_one_wherever_it_is_shown(place, run, capsys):
    folder = place(DEMAND)
    out = run(folder, "--lang", "zh")
    said = capsys.readouterr()
    assert "老年人口为估算" in said.out
    assert "乙社区" not in said.err
    assert "10 人未能分摊（B）" in said.err
    city = open_project(folder, lang="zh")
    assert "老年人口（估算）" in city.coverage().rates().columns
    assert "老年人口（估算）" in city.accessibility().table().columns
    assert "老年人口（估算）" in city.accessibility().bands().columns
    assert "老年人口（估算）" in city.accessibility()._repr_html_()
    sheet = openpyxl.load_workbook(out / "findings.xlsx")["可达性"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert "估算" in cells[1][0]
    header = cells[2]
    marks = {row[0]: row[header.index("老年人口性质")] for row in cells[3:]}
    assert marks == {"R1": None, "R2": "估算", "R3": "估算", "R4": None, "R5": None}
    layer = pyogrio.read_dataframe(out / "coverage.gpkg", layer="accessibility")
    assert layer["elders_estimated"].tolist() == [False, True, True, False, False]


def test_by_floor_area_and_figures_above_the_zones(place, run, capsys):
    area = RESIDENCES.replace("状态", "状态,住宅").replace("已建", "已建,")
    area = area.replace(
        "R2,二号院,200,,500400,3800000,已建,", "R2,二号院,200,,500400,3800000,已建,9000"
    )
    area = area.replace(
        "R3,三号院,300,,500800,3800000,已建,", "R3,三号院,300,,500800,3800000,已建,1000"
    )
    toml = ZONES + '[demand]\nelders = "zones_by_floor_area"\n'
    column = (
        'status = "状态"\n[layers.residences.constants]',
        'status = "状态"\ndwelling_area_m2 = "住宅"\n[layers.residences.constants]',
    )
    folder = place(toml, residences=area)
    project = folder / "project.toml"
    project.write_text(project.read_text(encoding="utf-8").replace(*column), encoding="utf-8")
    split = open_project(folder).demand_splits["elders"]
    assert split.split.value.tolist() == [10, 180, 20, 40, 50]
    over = place(DEMAND, count=9, name="over")
    out = run(over, "--lang", "en")
    estimate = read(out, "coverage.json")["estimated"]["elders"]
    assert estimate["zones"][0]["status"] == "exceeded"
    assert estimate["residences"] == {}
    assert "state more than" in capsys.readouterr().err


def test_an_estimate_needs_zones(place):
    folder = place('[demand]\nelders = "zones_by_households"\n')
    with pytest.raises(MissingLayerError):
        open_project(folder).accessibility()


def test_near_but_full_is_a_finding_with_its_figures(place, run):
    out = run(place(DEMAND))
    found = read(out, "accessibility.json")
    assert found["near_but_full"] == [
        {
            "residence": "R1",
            "facilities": [{"facility": "F1", "distance_m": 200, "beds": 30, "residents": 30}],
        },
        {
            "residence": "R2",
            "facilities": [
                {"facility": "F1", "distance_m": 200, "beds": 30, "residents": 30},
                {"facility": "F2", "distance_m": 500, "beds": 20, "residents": 25},
            ],
        },
        {
            "residence": "R3",
            "facilities": [{"facility": "F2", "distance_m": 100, "beds": 20, "residents": 25}],
        },
    ]
    vacancy = {item["id"]: item["vacancy"] for item in found["residences"]}
    assert vacancy["R4"] == "insufficient_data", "the residents of F3 are not known"
    assert vacancy["R5"] == "not_near"
    assert open_project(place(DEMAND, name="again")).accessibility().near_but_full().shape == (4, 6)


def test_where_more_may_be_there_than_is_listed_nothing_is_full(place):
    folder = place(DEMAND)
    project = folder / "project.toml"
    said = project.read_text(encoding="utf-8").replace(
        "[layers.residences]", "facilities_complete = false\n[layers.residences]", 1
    )
    project.write_text(said, encoding="utf-8")
    found = open_project(folder).accessibility().accessibility
    assert {word.value for word in found.vacancy} == {"insufficient_data"}
    assert not found.plain.known.any()
    assert found.reasons[0] == "accessibility.reason.incomplete"


def test_a_facility_of_unknown_kind_leaves_its_neighbours_unknown(place):
    unknown = FACILITIES.replace("F3,三站,居家养老服务站点", "F3,三站,")
    found = open_project(place(DEMAND, facilities=unknown)).accessibility().accessibility
    assert np.isnan(found.plain.value[3])
    assert found.plain.value[0] == 30 / 90
    assert found.vacancy[3] == "insufficient_data"


def test_options_of_the_caller(place):
    city = open_project(place(DEMAND))
    found = city.accessibility(
        catchment_m=700.0, kinds=("elder_home",), minimum_per_1000=250.0, bands_m=(100, 5000)
    ).accessibility
    assert found.clauses == (None,) * 5
    # R1 and R3 now reach both homes but R1-F2, 900 m.
    assert found.plain.value[2] == pytest.approx(30 / 210 + 20 / 200)
    assert found.plain.value[3] == 0
    assert [band.amount for band in found.bands["units"]] == [1, 3, 1]
    assert found.city.below.below + found.city.below.reached == pytest.approx(300)
    bell = city.accessibility(decay="gaussian").accessibility
    assert bell.enhanced.value[0] != found.enhanced.value[0]
    for wrong in (
        {"kinds": ("elder_home",)},
        {"kinds": ("moon_base",), "catchment_m": 5.0},
        {"catchment_m": -1.0},
        {"minimum_per_1000": math.nan},
        {"decay": "cubic"},
        {"bands_m": (5, 1)},
    ):
        with pytest.raises(UsageError):
            city.accessibility(**wrong)


def test_the_minimum_is_that_of_the_bed_clauses(place):
    found = open_project(place(DEMAND)).accessibility().accessibility
    assert set(found.minimum_clauses) == {"ZZ10"}
    assert found.minimum.tolist() == [0.04] * 5
    assert found.city.below.below == 50


def test_persons_of_a_grid_within_service_areas(place, run):
    folder = place(ZONES + GRID)
    write_grid(folder)
    out = run(folder)
    raster = read(out, "coverage.json")["raster"]
    rates = {(item["clause"], item["zone"]): item for item in raster["rates"]}
    whole = next(item for item in raster["rates"] if item["zone"] is None)
    clause = whole["clause"]
    radius = whole["radius_m"]
    centres = shapely.points([(500200, 3800000), (500900, 3800000), (503000, 3800000)])
    area = shapely.union_all(shapely.buffer(centres, radius, quad_segs=64))
    assert whole["total"] == 2 * 60 * 150
    assert whole["within"] == pytest.approx(area.area / 1e4 * 2, rel=1e-9)
    parts = [item for key, item in rates.items() if key[0] == clause and key[1] is not None]
    assert sum(item["within"] for item in parts) == pytest.approx(whole["within"], rel=1e-9)
    assert raster["sums"]["by_level"]["community"] == raster["sums"]["inside_zones"] == 18000
    assert raster["sums"]["relative_error"] <= 1e-9
    assert "人口.tif" in read(out, "manifest.json")["inputs"]
    table = open_project(folder, lang="zh").raster_coverage().table()
    assert "整个栅格" in set(table["地区"])


def test_a_grid_in_degrees_is_not_resampled(place):
    folder = place(ZONES + GRID)
    write_grid(folder, transform=Affine(1 / 1200, 0, 113.95, 0, -1 / 1200, 34.36), crs="EPSG:4326")
    found = open_project(folder).raster_coverage().coverage
    assert found.sums.total == 18000
    assert found.sums.relative_error <= 1e-9


def test_refusals_of_a_grid(place, refused):
    folder = place(ZONES + GRID)
    write_grid(folder, value=-1.0)
    refused(folder, 3, "人口.tif")
    write_grid(folder, crs=None)
    refused(folder, 3, "人口.tif")
    (folder / "人口.tif").unlink()
    refused(folder, 3, "人口.tif")


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('[rasters.population]\npath = "人口.tif"\n', "rasters.population.unit"),
        ('[rasters.population]\npath = "人口.tif"\nunit = "people"\n', "rasters.population.unit"),
        ('[rasters.noise]\npath = "人口.tif"\n', "rasters.noise"),
        ('[demand]\nelders = "guess"\n', "demand.elders"),
        ("[demand]\nage = 70\n", "demand.age"),
        ("[accessibility]\ncatchment_m = 0\n", "accessibility.catchment_m"),
        ("[accessibility]\nbands = [5]\n", "accessibility.bands"),
    ],
)
def test_keys_that_are_off(place, refused, more, key):
    refused(place(more), 3, key)


def test_the_shell_shows_tables(place):
    city = open_project(place(DEMAND), lang="en")
    assert "2SFCA" in repr(city.accessibility())
    assert city.raster_coverage() is None
    assert list(city.accessibility().residences()["id"]) == ["R1", "R2", "R3", "R4", "R5"]
