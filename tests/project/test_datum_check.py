"""A layer that contradicts what is declared for it is refused with the numbers; never converted."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

import facilityplan as fp
from facilityplan import crs
from facilityplan.errors import CrsError, MissingCrsError

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample_city"


@pytest.fixture
def sample(tmp_path):
    """Return what copies the sample city with words of project.toml replaced."""

    def build(*swaps):
        folder = tmp_path / "city"
        shutil.copytree(SAMPLE, folder)
        said = (folder / "project.toml").read_text(encoding="utf-8")
        for old, new in swaps:
            assert old in said, old
            said = said.replace(old, new, 1)
        (folder / "project.toml").write_text(said, encoding="utf-8")
        return folder

    return build


def checks_of(project):
    return {
        (choice["layer"], choice["path"], choice["rows"]): choice["datum_check"]
        for choice in project.reading_choices
        if "datum_check" in choice
    }


def test_the_sample_city_lies_as_declared():
    found = checks_of(fp.open_project(SAMPLE))
    verdicts = {key[0]: [] for key in found}
    for key, check in found.items():
        verdicts[key[0]].append(check["verdict"])
    assert verdicts == {
        "residences": ["agrees", "agrees"],
        "facilities": ["agrees"],
        "candidates": ["undecided"],
    }
    for check in found.values():
        assert set(check["inside_zones"]) == {"wgs84", "gcj02", "bd09"}
        assert (
            check["inside_zones"][{"cgcs2000": "wgs84"}.get(check["declared"], check["declared"])]
            == 1
        )


@pytest.mark.parametrize("declared", ["wgs84", "cgcs2000", "bd09"])
def test_facilities_declared_wrongly(sample, refused, declared):
    folder = sample(('datum = "gcj02"', f'datum = "{declared}"'))
    with pytest.raises(CrsError) as caught:
        fp.open_project(folder)
    error = caught.value
    assert (error.message, error.layer, error.file) == (
        "crs_datum_contradicts",
        "facilities",
        "facilities.csv",
    )
    assert error.parameters["named"] == "gcj02"
    assert error.parameters["used"] > 60
    assert error.parameters["zd"] >= 4
    refused(folder, 3, "facilities.csv", declared, 'datum = "gcj02"', "datum_checked")


def test_the_remedy_mends_it_and_the_word_of_the_user_holds(sample, tmp_path, run):
    wrong = ('datum = "gcj02"', 'datum = "wgs84"\ndatum_checked = "现场核对过三处"')
    folder = sample(wrong)
    project = fp.open_project(folder)
    (check,) = [item for key, item in checks_of(project).items() if key[0] == "facilities"]
    assert (check["verdict"], check["named"]) == ("contradicts", "gcj02")
    facts = {notice.id: notice for notice in project.notices()}
    assert facts["datum_contradicted"].layer == "facilities"
    assert facts["datum_contradicted"].parameters["reason"] == "现场核对过三处"
    # It reports; it never converts: the points lie where the declaration puts them.
    with (folder / "facilities.csv").open(encoding="utf-8-sig") as stream:
        first = min(csv.DictReader(stream), key=lambda row: row["编号"])
    point = crs.to_lonlat(project.facilities, project.city.crs).geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx(
        (float(first["经度"]), float(first["纬度"])), abs=1e-8
    )
    manifest = json.loads((run(folder) / "manifest.json").read_text(encoding="utf-8"))
    (entry,) = [item for item in manifest["reading"] if item["layer"] == "facilities"]
    assert entry["datum_confirmed"] == "现场核对过三处"
    assert entry["datum_check"]["verdict"] == "contradicts"


def test_a_table_without_a_word_of_its_datum(sample, refused):
    folder = sample(('datum = "gcj02"\n', ""))
    with pytest.raises(MissingCrsError) as caught:
        fp.open_project(folder)
    assert caught.value.message == "crs_missing_likely"
    assert caught.value.parameters["named"] == "gcj02"
    refused(folder, 3, "facilities.csv", 'datum = "gcj02"')


NAMES = [f"{letter}号院" for letter in "甲乙丙丁戊己庚辛壬癸"]


def tables(datum="wgs84", zone="EPSG:4547", east=0.0):
    """Return residences in metres and facilities of the same names in degrees."""
    places = [(113.95 + 0.01 * n, 34.30 + 0.007 * (n * n % 7)) for n in range(10)]
    estates, stations = io.StringIO(), io.StringIO()
    estates.write("编号,名称,户数,老人,东,北,状态\n")
    stations.write("编号,名称,类型,状态,面积,床位,经度,纬度,服务小区\n")
    frame = fp.crs.to_project(_points(places), zone)
    for number, (name, point, place) in enumerate(zip(NAMES, frame.geometry, places, strict=True)):
        x, y = point.x + east, point.y
        estates.write(f"R{number},{name},100,10,{x:.2f},{y:.2f},已建\n")
        lon, lat = crs.convert(place[0] + 0.0004, place[1], "wgs84", datum)
        stations.write(f"F{number},{name},居家养老服务站点,运营,200,0,{lon:.7f},{lat:.7f},\n")
    return {"residences__csv": estates.getvalue(), "facilities__csv": stations.getvalue()}


def _points(places):
    import geopandas as gpd
    import shapely

    return gpd.GeoDataFrame(geometry=[shapely.Point(*place) for place in places], crs=4326)


def test_namesakes_tell_without_any_road(make, refused):
    fp.open_project(make(**tables()))
    folder = make(name="wrong", **tables("bd09"))
    with pytest.raises(CrsError) as caught:
        fp.open_project(folder)
    assert caught.value.message == "crs_datum_contradicts_names"
    assert caught.value.layer == "facilities"
    assert caught.value.parameters["used"] == 10
    refused(folder, 3, "facilities.csv", 'datum = "bd09"', "residences (residences.csv)")
    fp.open_project(make(('"wgs84"', '"bd09"'), name="right", **tables("bd09")))
    word = ('datum = "wgs84"', 'datum = "wgs84"\ndatum_checked = "核对过"')
    fp.open_project(make(word, name="word", **tables("bd09")))


ROADS = """\
[layers.roads]
path = "roads.geojson"
crs = "EPSG:4326"
"""


def roads():
    lines = [[[113.9, 34.2 + 0.01 * n], [114.1, 34.2 + 0.01 * n]] for n in range(20)]
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "LineString", "coordinates": line},
        }
        for line in lines
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def test_a_zone_that_puts_it_elsewhere(make, refused):
    # Made for 111 E, said to be 114 E: within three degrees of the zone, and 275 km off.
    folder = make(more=ROADS, roads__geojson=roads(), **tables(zone="EPSG:4546"))
    with pytest.raises(CrsError) as caught:
        fp.open_project(folder)
    assert caught.value.message == "crs_reading_contradicts"
    assert caught.value.parameters["better"] == "EPSG:4546"
    refused(folder, 3, "residences.csv", "EPSG:4546", "EPSG:4547")
    right = ('"北"\ncrs = "EPSG:4547"', '"北"\ncrs = "EPSG:4546"')
    fp.open_project(
        make(right, name="right", more=ROADS, roads__geojson=roads(), **tables(zone="EPSG:4546"))
    )


def test_a_zone_prefix_that_is_not_declared(make, refused):
    folder = make(**tables(east=38e6))
    refused(folder, 3, "residences.csv", "EPSG:4526")
    fp.open_project(
        make(
            ('"北"\ncrs = "EPSG:4547"', '"北"\ncrs = "EPSG:4526"'),
            name="right",
            **tables(east=38e6),
        )
    )


def test_the_word_of_the_user_is_a_word(make, refused):
    folder = make(('datum = "wgs84"', 'datum = "wgs84"\ndatum_checked = ""'))
    refused(folder, 3, "project.toml", "datum_checked")


XIAN = ('"北"\ncrs = "EPSG:4547"', '"北"\ncrs = "EPSG:2383"')


def test_an_old_datum_needs_the_users_parameters(make, refused, run):
    refused(make(XIAN), 3, "residences.csv", "EPSG:2383", "helmert")
    shift = "[layers.residences.helmert]\ndx_m = 12.5\ndy_m = -145.25\ndz_m = -78\n"
    folder = make(XIAN, name="with", more=shift)
    moved = fp.open_project(folder).residences.geometry
    plain = fp.open_project(make(name="plain")).residences.geometry
    assert moved.distance(plain).between(40, 200).all()
    (entry,) = [
        item
        for item in json.loads((run(folder) / "manifest.json").read_text(encoding="utf-8"))[
            "reading"
        ]
        if item["layer"] == "residences"
    ]
    assert entry["helmert"]["dy_m"] == -145.25
    refused(make(XIAN, name="typo", more=shift + "dq_m = 1\n"), 3, "project.toml", "dq_m", "dz_m")
    turned = shift + "rx_arcsec = 1.5\n"
    refused(make(XIAN, name="turned", more=turned), 3, "residences.csv", "coordinate_frame")
