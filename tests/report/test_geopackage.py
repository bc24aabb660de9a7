"""The GeoPackage read back: its layers, its styles, and the same bytes every time."""

import dataclasses
import datetime as dt
import hashlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pyogrio
import pytest
import shapely

from facilityplan import locale, report
from facilityplan.errors import OutputError

WALKING = {"walking_areas", "walking_streets"}
LAYERS = WALKING | {
    "zones", "service_areas", "facilities", "residences", "gaps", "proposed_sites"
}  # fmt: skip


def write(run, path, **options):
    wanted = {"proposal": run.proposal, "lang": "en"} | options
    report.write_coverage_geopackage(path, run.context, run.findings, run.coverage, **wanted)
    return path


@pytest.fixture(scope="module")
def package(run, tmp_path_factory):
    return write(run, tmp_path_factory.mktemp("package") / "coverage.gpkg")


def layer(package, name):
    return pyogrio.read_dataframe(package, layer=name)


def test_layers_are_there_in_the_projects_crs(package):
    found = dict(pyogrio.list_layers(package))
    assert set(found) == LAYERS | {"layer_styles"}
    assert found["layer_styles"] is None
    for name in LAYERS:
        info = pyogrio.read_info(package, layer=name)
        assert info["crs"] == "EPSG:4547"
    types = {name: found[name] for name in LAYERS}
    assert types == dict.fromkeys(LAYERS, "Point") | {
        "zones": "MultiPolygon",
        "service_areas": "Polygon",
        "walking_areas": "MultiPolygon",
        "walking_streets": "MultiLineString",
    }


def test_residences_carry_their_verdict_and_both_distances(package):
    rows = layer(package, "residences").set_index("id")
    judged = rows.loc[list("abcd")]
    assert judged["clause_id"].tolist() == ["ZZ05a"] * 4
    assert judged["verdict"].tolist() == [
        "compliant", "non_compliant", "compliant", "non_compliant"
    ]  # fmt: skip
    assert judged["straight_m"].tolist() == [0, 1000, 450, 5000]
    assert judged["walking_m"].tolist() == [0, 1200, 650, 5200]
    assert judged["walking_flips"].tolist() == [False, False, True, False]
    assert judged["facility"].tolist() == ["f"] * 4
    assert judged["households"].tolist()[:3] == [600, 1250, 300]
    assert np.isnan(judged["households"].iloc[3])
    assert judged["name"].tolist() == ["甲", "乙", "丙", "丁"]
    assert judged["approved"].tolist()[0] == "2015-05-01"
    assert set(rows.loc[["e"], "verdict"]) == {"insufficient_data"}
    assert judged.geometry.x.tolist() == [0, 1000, 450, 5000]


def test_a_residence_without_a_radius_clause_is_shown_all_the_same(run, tmp_path):
    path = tmp_path / "none.gpkg"
    report.write_coverage_geopackage(path, run.context, [], run.coverage, lang="en")
    rows = layer(path, "residences")
    assert rows["id"].tolist() == list("abcde")
    assert rows["verdict"].isna().all()


def test_service_areas_surround_the_facilities_that_count_those_serving_the_community_too(package):
    areas = layer(package, "service_areas")
    # h is a home that does not serve the community; "closed" is closed.
    assert areas["facility"].tolist() == ["f", "g"]
    assert areas["limit_m"].tolist() == [500, 500]
    assert areas.geometry.area.to_numpy() == pytest.approx(np.pi * 500**2, rel=2e-4)
    centre = shapely.centroid(areas.geometry.iloc[1])
    assert (centre.x, centre.y) == pytest.approx((0, 90000))


def test_walking_areas_are_what_500_m_on_foot_reach(package):
    streets, areas = (layer(package, name) for name in ("walking_streets", "walking_areas"))
    assert streets["facility"].tolist() == areas["facility"].tolist() == ["f", "g"]
    assert streets["limit_m"].tolist() == [500, 500]
    # from f up the detour of 650 m for 500; g is 90 km from any road
    reached = shapely.LineString([(0, 1000), (0, 1100), (400, 1100)])
    assert streets.geometry.iloc[0].equals(reached)
    assert streets.geometry.iloc[1].is_empty
    # what is nearer to the rest of the detour than to the end is its own; the start stops at f
    assert areas.geometry.iloc[0].area == pytest.approx(500 * 50, rel=0.05)
    assert areas.geometry.iloc[1].is_empty
    for frame in (streets, areas):
        xy = shapely.get_coordinates(frame.geometry)
        assert np.abs(xy - np.round(xy, 3)).max() < 1e-9


def test_gaps_and_sites_are_those_of_the_proposal(run, package):
    gaps = layer(package, "gaps")
    assert gaps["id"].tolist() == ["b", "d"] == sorted(run.proposal.gaps)
    assert gaps["shortfall_m"].tolist() == [500, 4500]
    assert gaps["reachable"].tolist() == [True, True]
    sites = layer(package, "proposed_sites")
    plan = run.proposal.cover_all
    assert sites["candidate_id"].tolist() == sorted(s.candidate_id for s in plan.sites)
    assert sorted(sites["serves"]) == ["b", "d"]
    assert set(sites["status"]) == {"optimal"}
    assert sites["fits"].isna().all()


def test_facilities_keep_their_columns_and_blanks(package):
    rows = layer(package, "facilities").set_index("id")
    assert rows.loc["f", "floor_area_m2"] == 199
    assert rows.loc["closed", "serves"] == "b"
    assert rows["serves_community"].map({1: True, 0: False}).to_dict()["g"] is True
    assert rows["opened"].isna().all()


@pytest.mark.parametrize("lang", locale.LANGUAGES)
def test_qgis_finds_a_default_style_for_every_layer(run, tmp_path, lang):
    path = write(run, tmp_path / f"{lang}.gpkg", lang=lang)
    with sqlite3.connect(path) as base:
        asked = (
            "SELECT f_table_name, styleQML, update_time FROM layer_styles WHERE f_table_schema='' "
            "AND f_geometry_column='geom' AND useAsDefault AND f_table_catalog=''"
        )
        rows = base.execute(asked).fetchall()
        kind = base.execute("SELECT data_type FROM gpkg_contents WHERE table_name='layer_styles'")
        assert kind.fetchone() == ("attributes",)
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {name for name, _, _ in rows} == LAYERS
    for name, qml, updated in rows:
        assert updated.startswith("2026-06-30T00:00:00")
        root = ET.fromstring(qml)
        assert root.tag == "qgis"
        aliases = {a.get("field"): int(a.get("index")) for a in root.iter("alias")}
        fields = pyogrio.read_info(path, layer=name)["fields"].tolist()
        assert aliases == {field: index for index, field in enumerate(fields, start=1)}
        assert all(a.get("name") for a in root.iter("alias"))
        symbols = {s.get("name") for s in root.find("renderer-v2/symbols")}
        wanted = {c.get("symbol") for c in root.iter("category")} or {"0"}
        assert symbols == wanted
    residences = ET.fromstring(next(qml for name, qml, _ in rows if name == "residences"))
    renderer = residences.find("renderer-v2")
    assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", "verdict")
    labels = {c.get("value"): c.get("label") for c in renderer.iter("category")}
    assert set(labels) == {"compliant", "non_compliant", "insufficient_data", ""}
    assert labels["compliant"] == locale.text("verdict.compliant", lang)


def test_two_runs_and_another_order_of_rows_give_the_same_bytes(run, build, tmp_path):
    first = write(run, tmp_path / "1.gpkg").read_bytes()
    assert write(build(), tmp_path / "2.gpkg").read_bytes() == first
    assert write(build(reverse=True), tmp_path / "3.gpkg").read_bytes() == first


CHILD = """
import importlib.util, sys
from pathlib import Path
from facilityplan import files, report
spec = importlib.util.spec_from_file_location("small", sys.argv[1])
small = importlib.util.module_from_spec(spec)
spec.loader.exec_module(small)
run = small.run_of(small.small_city())
path = Path(sys.argv[2])
{limit}
report.write_coverage_geopackage(
    path, run.context, run.findings, run.coverage, run.proposal, lang="en"
)
book = report.findings_workbook(
    run.findings, run.standards, title="t", as_of=run.city.as_of, lang="en"
)
path.with_suffix(".xlsx").write_bytes(book)
"""


def child(path, limit="", **environment):
    script = CHILD.replace("{limit}", limit)
    small = Path(__file__).parent / "conftest.py"
    return subprocess.run(
        [sys.executable, "-c", script, str(small), str(path)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_processes_give_the_same_bytes(run, tmp_path):
    digests = set()
    for number, zone in enumerate(["Asia/Shanghai", "America/Lima"]):
        path = tmp_path / f"{number}.gpkg"
        done = child(path, PYTHONHASHSEED=str(number), TZ=zone)
        assert done.returncode == 0, done.stderr
        both = path.read_bytes() + path.with_suffix(".xlsx").read_bytes()
        digests.add(hashlib.sha256(both).hexdigest())
    own = write(run, tmp_path / "own.gpkg").read_bytes()
    assert len(digests) == 1
    assert own == (tmp_path / "0.gpkg").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes to set there")
def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "coverage.gpkg"
    path.write_bytes(b"old")
    limit = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))\n"
    )
    done = child(path, limit)
    assert done.returncode != 0
    assert "facilityplan.errors.OutputError" in done.stderr
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["coverage.gpkg"]


def test_a_place_that_cannot_be_written_is_an_output_error(run, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(OutputError):
        write(run, blocked / "coverage.gpkg")


@pytest.mark.parametrize("before", [None, "2001-02-03T04:05:06.000Z"])
def test_the_date_that_gdal_writes_is_restored(run, tmp_path, before):
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
    try:
        write(run, tmp_path / "a.gpkg")
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def test_names_that_sqlite_or_xml_do_not_take_are_cleaned(build, tmp_path):
    names = ["a\x00b", "\ud800x", "=1+1", "'; DROP TABLE residences; --", "<x>&"]
    path = write(build(names, on_foot=False), tmp_path / "a.gpkg")
    found = layer(path, "residences").drop_duplicates("id")["name"].tolist()
    assert found == ["ab", "x", "=1+1", "'; DROP TABLE residences; --", "<x>&"]


def test_layers_that_a_city_lacks_are_left_out(build, tmp_path):
    run = build(zones=False, on_foot=False)
    path = write(run, tmp_path / "a.gpkg", proposal=None)
    assert set(dict(pyogrio.list_layers(path))) == LAYERS - WALKING - {
        "zones", "proposed_sites"
    } | {"layer_styles"}  # fmt: skip
    rows = layer(path, "residences")
    assert rows["walking_m"].isna().all()
    assert rows["walking_flips"].isna().all()
    gaps = layer(path, "gaps")
    assert gaps["reachable"].isna().all()


def test_a_city_without_gaps_has_layers_without_rows(build, tmp_path):
    run = build(on_foot=False)
    kept = [item for item in run.findings if item.verdict == "compliant"]
    none = dataclasses.replace(run.proposal, gaps=(), unreachable=(), cover_all=None, best=())
    path = tmp_path / "a.gpkg"
    report.write_coverage_geopackage(path, run.context, kept, run.coverage, none, lang="zh")
    for name in ("gaps", "proposed_sites"):
        info = pyogrio.read_info(path, layer=name)
        assert (info["features"], info["geometry_type"]) == (0, "Point")
        assert len(info["fields"]) > 5


def test_nothing_in_the_file_is_of_another_day(package):
    with sqlite3.connect(package) as base:
        dates = base.execute("SELECT last_change FROM gpkg_contents").fetchall()
    assert {date[:10] for (date,) in dates} == {dt.date(2026, 6, 30).isoformat()}
