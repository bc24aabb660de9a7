"""``[coverage]`` and ``[sensitivity]`` in project.toml: refused, recorded, and in every output."""

import json
import sqlite3

import openpyxl
import pytest

from facilityplan.locale import text
from facilityplan.project import open_project

COVERAGE = """
[coverage]
point = "nearest_boundary"
barriers = true
barrier_opening_m = 20
[[layers.barriers]]
path = "river.geojson"
"""
RIVER = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {},
                "geometry": {
                    "type": "LineString",
                    "coordinates": [[113.99, 34.0], [113.99, 34.6]],
                },
            }
        ],
    }
)


def fix(message, **parameters):
    return {lang: text(f"error.{message}.fix", lang, **parameters) for lang in ("zh", "en")}


def test_an_unknown_point_is_refused(make, refused):
    folder = make(more='\n[coverage]\npoint = "centroid"\n')
    refused(folder, 3, "coverage.point", "centroid", "inner_point")


def test_barriers_without_a_layer_are_refused(make, refused):
    refused(make(more="\n[coverage]\nbarriers = true\n"), 3, fix("project_no_barriers"))


def test_a_boundary_without_zones_is_refused(make, refused):
    folder = make(more="\n[coverage]\nfacilities_outside = false\n")
    refused(folder, 3, fix("project_no_boundary"))


@pytest.mark.parametrize(
    ("key", "value", "limit"),
    [
        ("coverage.barrier_opening_m", "-1.0", "≥ 0"),
        ("sensitivity.coordinate_error_m", "-1.0", "≥ 0"),
        ("sensitivity.detour_factor", "0.9", "≥ 1"),
        ("sensitivity.limit_change", "1.0", "< 1"),
        ("sensitivity.elders_m_per_min", "0.0", "> 0"),
    ],
)
def test_ranges(make, refused, key, value, limit):
    table, name = key.split(".")
    refused(make(more=f"\n[{table}]\n{name} = {value}\n"), 3, key, limit)


def test_a_typo_lists_what_there_is(make, refused):
    folder = make(more="\n[sensitivity]\ndetour = 1.3\n")
    refused(folder, 3, "sensitivity.detour", "detour_factor")


@pytest.fixture
def out(make, run):
    more = COVERAGE + "[sensitivity]\ndetour_factor = 1.5\n"
    return run(make(more=more, river__geojson=RIVER))


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_options_are_in_the_manifest_and_in_the_results(out):
    wanted = {
        "point": "nearest_boundary",
        "barriers": True,
        "barrier_opening_m": 20,
        "facilities_outside": True,
        "sample_step_m": 10,
        "snap_limit_m": 500,
    }
    parameters = read(out / "manifest.json")["parameters"]
    assert parameters["coverage"] == wanted
    assert parameters["sensitivity"]["detour_factor"] == 1.5
    coverage = read(out / "coverage.json")
    assert coverage["reach"] == wanted
    assert {item["metric"] for item in coverage["rates"]} == {"straight_line_barriers"}
    found = read(out / "sensitivity.json")
    assert found["reach"] == wanted
    assert found["options"]["detour_factor"] == 1.5


def test_sensitivity_in_every_output(make, run):
    folder = make()
    out = run(folder, "--lang", "zh")
    found = open_project(folder).sensitivity().sensitivity
    document = read(out / "sensitivity.json")
    assert document["residences"]["id"] == found.table["id"]
    assert document["fragile"] == found.fragile
    assert [row["variant"] for row in document["methods"]] == [v.value for v in found.variants]
    book = openpyxl.load_workbook(out / "findings.xlsx")
    page = book["敏感性"]
    shown = [row for row in page.iter_rows(values_only=True) if row[0] in found.table["clause_id"]]
    assert [row[1] for row in shown] == found.table["id"]
    with sqlite3.connect(out / "coverage.gpkg") as base:
        rows = base.execute("SELECT id, standing FROM sensitivity ORDER BY fid").fetchall()
        styles = base.execute(
            "SELECT styleQML FROM layer_styles WHERE f_table_name = 'sensitivity'"
        ).fetchall()
    assert sorted(rows) == sorted(zip(found.table["id"], found.table["standing"], strict=True))
    assert "敏感" in styles[0][0]
    assert 'attr="standing"' in styles[0][0]


def test_headline(make, run, capsys):
    run(make(), "--lang", "en")
    assert "radius verdicts are fragile" in capsys.readouterr().out
