"""``facilityplan init``: a folder to fill in, whose words the reader knows."""

import json
import re
import tomllib

import geopandas as gpd
import openpyxl
import pytest
import shapely

from facilityplan.cli import run_command_line
from facilityplan.project.config import read_config
from facilityplan.project.templates import TABLES
from facilityplan.schemes import FIELDS


@pytest.fixture(params=["zh", "en"])
def new(request, tmp_path, capsys):
    folder = tmp_path / "新项目"
    assert run_command_line(["init", str(folder), "--lang", request.param]) == 0
    said = capsys.readouterr().out
    assert "project.toml" in said
    assert "facilityplan run" in said
    return folder


def test_files(new):
    assert sorted(path.name for path in new.iterdir()) == sorted(["project.toml", *TABLES])


def test_the_project_file_is_valid(new):
    config = read_config(new)
    assert config.project.standards == ("zhengzhou-2018-34",)
    assert set(config.layers) == {"residences", "facilities"}


def test_what_is_commented_out_is_valid_too(new):
    path = new / "project.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    # A setting stands behind "# " as key = value, [table] or [[table]]; all else is a note.
    setting = re.compile(r"# (\[{1,2}[a-z_.A-Z0-9]+\]{1,2}|[a-z_0-9]+ = .+)")
    full = [line[2:] if setting.match(line) else line for line in lines]
    assert full != lines
    path.write_text("\n".join(full), encoding="utf-8")
    config = read_config(new)
    assert {"zones", "roads", "candidates", "parcels"} <= set(config.layers)
    assert config.siting.spacing_m == 300
    assert [item.act for item in config.siting.actions] == ["new"]
    assert config.siting.budget_by_year == {"2027": 500.0}
    assert config.project.horizon == 2030
    assert [base.kind for base in config.map.base] == ["xyz", "tianditu", "mbtiles"]


def test_tables_open_with_their_headers_in_row_1(new):
    table = tomllib.loads((new / "project.toml").read_text(encoding="utf-8"))["layers"]
    for name, (sheet, headers, lists) in TABLES.items():
        page = openpyxl.load_workbook(new / name)[sheet]
        assert [cell.value for cell in page[1]] == list(headers)
        assert page.max_row == 1
        assert len(page.data_validations.dataValidation) >= len(lists)
    for layer, name in (("residences", "estates.xlsx"), ("facilities", "facilities.xlsx")):
        assert set(table[layer]["columns"].values()) <= set(TABLES[name][1])
    known = {word for words in FIELDS.values() for word in words}
    assert set(TABLES["schemes.xlsx"][1]) <= known


def test_unfilled_it_says_what_is_missing(new, refused):
    refused(new, 3, "estates.gpkg")


def fill(path, *rows):
    book = openpyxl.load_workbook(path)
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_filled_in_it_runs_to_findings(new, run):
    squares = [shapely.box(500000 + d, 3800000, 500100 + d, 3800100) for d in (0, 5000)]
    shapes = gpd.GeoDataFrame({"编号": ["A1", "A2"]}, geometry=squares, crs="EPSG:4547")
    shapes.to_file(new / "estates.gpkg")
    fill(
        new / "estates.xlsx",
        ["A1", "一号院", "甲社区", "已建", 600, 1800, 300, None],
        ["A2", "二号院", "甲社区", "新建", 1250, 3000, 400, "2020-06-30"],
    )
    # About the middle of A1, in the shifted degrees that the template states.
    place = [114.0066, 34.3271]
    fill(
        new / "facilities.xlsx",
        ["S1", "一站", "居家养老服务站点", "运营", *place, 200, None, 0, 0, "A1", "是", "公办"],
        ["S2", "二站", "居家养老服务站点", "规划", *place, 374.9, None, 0, 0, "A2", "否", "民办"],
    )
    out = run(new)
    document = json.loads((out / "findings.json").read_text(encoding="utf-8"))
    found = {(item["clause_id"], item["unit_id"]): item for item in document["findings"]}
    assert found["ZZ04b", "A1"]["verdict"] == "compliant"
    assert found["ZZ04b", "A1"]["required"] == 200
    assert found["ZZ02a", "A2"]["verdict"] == "non_compliant"
    assert found["ZZ02a", "A2"]["required"] == 375
    assert found["ZZ05a", "A2"]["verdict"] == "non_compliant"
    assert found["ZZ05a", "A1"]["verdict"] == "compliant"


def test_filled_in_schemes_are_checked(new, capsys):
    fill(
        new / "schemes.xlsx",
        ["甲", "郑州市", "新建", 1250, 375, 1],
        ["乙", "许昌市", "已建", 600, 119, 1],
    )
    assert run_command_line(["check", str(new / "schemes.xlsx"), "--json"]) == 1
    answers = json.loads(capsys.readouterr().out)
    assert [(item["scheme"], item["row"], item["complies"]) for item in answers] == [
        ("甲", 2, True),
        ("乙", 3, False),
    ]


def test_same_bytes_again(new, tmp_path):
    again = tmp_path / "again"
    assert run_command_line(["init", str(again)]) == 0
    for name in TABLES:
        assert (again / name).read_bytes() == (new / name).read_bytes()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_is_overwritten(tmp_path, capsys, lang):
    folder = tmp_path / "mine"
    folder.mkdir()
    kept = folder / "estates.xlsx"
    kept.write_text("mine")
    for place in (folder, kept, kept / "below"):
        assert run_command_line(["init", str(place), "--lang", lang]) == 6
        err = capsys.readouterr().err
        assert place.name in err or "project.toml" in err
        assert len(err.splitlines()) == 2
    assert [path.name for path in folder.iterdir()] == ["estates.xlsx"]
    assert kept.read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert run_command_line(["init", str(tmp_path / "empty"), "--lang", lang]) == 0
