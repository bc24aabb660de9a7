"""``facilityplan diff`` on the folders of real runs: what is read, refused, printed and written."""

import json
import shutil
import zipfile

import openpyxl
import pytest
from small_city import PROJECT, city

from facilityplan.cli import run_command_line
from facilityplan.locale import text
from facilityplan.scenario.file import FORMAT

# Near enough for R4, R5 and R6; its name is a formula where a sheet takes it for one.
NEW = "F2,=1+1,居家养老服务站点,501500,3800000,运营,260\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with a small city, a second one with a station more, and a run of each."""
    folder = tmp_path_factory.mktemp("diff")
    first = city(folder / "city", "小城")
    rows = (first / "facilities.csv").read_text(encoding="utf-8")
    rows = rows.replace("编号,类型", "编号,名称,类型").replace("F1,", "F1,一站,")
    (first / "facilities.csv").write_text(rows, encoding="utf-8")
    said = (first / "project.toml").read_text(encoding="utf-8")
    said = said.replace('kind = "类型"', 'name = "名称", kind = "类型"')
    (first / "project.toml").write_text(said, encoding="utf-8")
    shutil.copytree(first, folder / "other")
    (folder / "other" / "facilities.csv").write_text(rows + NEW, encoding="utf-8")
    for name, out in (("city", "before"), ("other", "after")):
        assert run_command_line(["run", str(folder / name), "--out", str(folder / out)]) == 0
    return folder


@pytest.fixture
def two(place, capsys):
    capsys.readouterr()
    return place / "before", place / "after"


def diff(capsys, *arguments, code=0):
    assert run_command_line(["diff", *map(str, arguments)]) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return said.out if code == 0 else said.err


def test_two_runs_are_compared(two, tmp_path, capsys):
    out = tmp_path / "difference"
    said = diff(capsys, *two, "--out", out)
    found = json.loads((out / "diff.json").read_text(encoding="utf-8"))
    assert [row["id"] for row in found["coverage"]["newly_covered"]] == ["R6", "R5", "R4"]
    assert [row["households"] for row in found["coverage"]["newly_covered"]] == [106, 105, 104]
    assert found["coverage"]["lost"] == []
    assert [(row["id"], row["what"]) for row in found["facilities"]] == [("F2", ["opened"])]
    assert found["facilities"][0]["newly_covered"] == 3
    assert list(found["circumstances"]["inputs"]) == ["facilities.csv"]
    assert found["runs"][0]["folder"] == "before"
    for word in ("facilities.csv", "6号院", "新增覆盖：3 个居住单元，315 户", "diff.xlsx"):
        assert word in said
    assert text("diff.same_ways", "zh") in said
    assert sorted(path.name for path in out.iterdir()) == ["diff.json", "diff.xlsx"]
    english = diff(capsys, *two, "--lang", "en")
    assert "Newly covered: 3 residences, 315 households" in english
    assert json.loads(diff(capsys, *two, "--json")) == found


def test_the_same_run_is_said_to_be_identical(two, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(two[0], copy)
    said = diff(capsys, two[0], copy, "--out", tmp_path / "none")
    assert text("diff.identical", "zh") in said
    assert len(said.splitlines()) == 5
    found = json.loads((tmp_path / "none" / "diff.json").read_text(encoding="utf-8"))
    assert found["identical"] is True


def test_the_same_runs_give_the_same_bytes(two, tmp_path, capsys):
    for name in ("one", "two"):
        diff(capsys, *two, "--out", tmp_path / name)
    for name in ("diff.json", "diff.xlsx"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_workbook(two, tmp_path, capsys, lang):
    diff(capsys, *two, "--out", tmp_path / "out", "--lang", lang)
    path = tmp_path / "out" / "diff.xlsx"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        parts = {name: archive.read(name) for name in names if name.endswith(".xml")}
    assert not any("externalLink" in name or "vba" in name.lower() for name in names)
    assert not any(b"<f>" in raw or b"<f " in raw for raw in parts.values())
    book = openpyxl.load_workbook(path)
    names = ("summary", "circumstances", "coverage", "facilities")
    names += ("verdicts", "clauses", "regions", "units")
    assert book.sheetnames == [text(f"report.sheet.diff_{name}", lang) for name in names]
    for sheet in book:
        assert sheet.freeze_panes is not None
        assert sheet.auto_filter.ref is not None
    sheet = book[text("report.sheet.diff_coverage", lang)]
    header, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    limit = header.index(text("report.column.diff_limit_after", lang))
    assert header[limit].endswith("米，后）" if lang == "zh" else "m, after)")
    assert [row[header.index(text("report.column.diff_id", lang))] for row in rows[:3]] == [
        "R6",
        "R5",
        "R4",
    ]
    assert {row[limit] for row in rows} == {500}
    sheet = book[text("report.sheet.diff_facilities", lang)]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    hostile = next(cell for cell in cells if cell.value == "=1+1")
    assert hostile.data_type == "s" or hostile.quotePrefix


def test_a_scenario_is_said(place, tmp_path, capsys):
    added = {"id": "N1", "name": "新站", "kind": "home_care_station", "x": 501_500, "y": 3_800_000}
    asked = {
        "format": FORMAT,
        "version": 1,
        "project": "小城",
        "crs": "EPSG:4547",
        "added": [added | {"floor_area_m2": 300, "beds": None}],
        "limits": {"ZZ05a": 290},
    }
    file, after = tmp_path / "scenario.json", tmp_path / "after"
    file.write_text(json.dumps(asked), encoding="utf-8")
    words = ["run", place / "city", "--scenario", file, "--out", after]
    assert run_command_line([str(word) for word in words]) == 0
    capsys.readouterr()
    said = diff(capsys, place / "before", after)
    found = json.loads(diff(capsys, place / "before", after, "--json"))
    assert [row["id"] for row in found["coverage"]["newly_covered"]] == ["R5"]
    assert found["coverage"]["newly_covered"][0]["causes"] == ["data", "standard"]
    assert found["circumstances"]["clauses"] == {"ZZ05a": {"value": [500, 290]}}
    assert found["circumstances"]["inputs"] == {}
    assert text("diff.with_scenario", "zh") in said
    assert "ZZ05a value（500 → 290）" in said
    assert "注意：条款不同" in said


def test_a_touched_workbook_or_geopackage_is_no_harm(two, tmp_path, capsys):
    shutil.copytree(two[1], tmp_path / "touched")
    for name in ("findings.xlsx", "coverage.gpkg", "map.html"):
        (tmp_path / "touched" / name).write_bytes(b"opened and saved")
    diff(capsys, two[0], tmp_path / "touched")


def refused(capsys, code, *arguments):
    messages = {}
    for lang in ("zh", "en"):
        said = diff(capsys, *arguments, "--lang", lang, code=code)
        assert len(said.splitlines()) == 2, "what is wrong and where; what to do"
        messages[lang] = said
    return messages


def test_what_is_no_whole_run_is_refused(two, place, tmp_path, capsys):
    before, after = two

    def copied(name):
        shutil.copytree(after, tmp_path / name)
        return tmp_path / name

    assert "nowhere" in refused(capsys, 3, before, tmp_path / "nowhere")["zh"]
    refused(capsys, 3, place / "city", after)
    torn = copied("torn")
    (torn / "manifest.json").unlink()
    assert "manifest.json" in refused(capsys, 3, before, torn)["en"]
    mixed = copied("mixed")
    shutil.copy(before / "layers.json", mixed / "layers.json")
    assert "mixed/layers.json" in refused(capsys, 3, before, mixed)["zh"]
    gone = copied("gone")
    (gone / "findings.json").unlink()
    refused(capsys, 3, before, gone)
    old = copied("old")
    manifest = json.loads((old / "manifest.json").read_text(encoding="utf-8"))
    del manifest["outputs"]["layers.json"]
    (old / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "layers.json" in refused(capsys, 3, old, after)["zh"]
    for content in (b"{", b"[]", b"\xff", b'{"format": 2}', b'{"format": 1}', b"[" * 100_000):
        (old / "manifest.json").write_bytes(content)
        refused(capsys, 3, old, after)
    for part in ("inputs", "parameters", "readings", "versions", "project", "standards"):
        (old / "manifest.json").write_text(json.dumps(manifest | {part: 3}), encoding="utf-8")
        refused(capsys, 3, old, after)


def test_runs_of_two_places_are_refused(two, tmp_path, capsys):
    other = tmp_path / "elsewhere"
    shutil.copytree(two[1], other)
    manifest = json.loads((other / "manifest.json").read_text(encoding="utf-8"))
    (other / "manifest.json").write_text(
        json.dumps(manifest | {"project": "别城"}), encoding="utf-8"
    )
    messages = refused(capsys, 2, two[0], other)
    assert "小城" in messages["en"]
    assert "别城" in messages["zh"]


def test_a_run_is_not_written_into(two, capsys):
    there = sorted(path.name for path in two[0].iterdir())
    refused(capsys, 6, *two, "--out", two[0])
    assert sorted(path.name for path in two[0].iterdir()) == there


def test_a_project_without_facilities_is_compared_too(tmp_path, capsys):
    head, _, _ = PROJECT.format(name="小城").partition("[layers.facilities]")
    for name, year in (("one", "2019"), ("two", "2020")):
        folder = city(tmp_path / name, "小城")
        said = head.replace("2019-06-30", f"{year}-06-30")
        (folder / "project.toml").write_text(said, encoding="utf-8")
        words = ["run", folder, "--out", tmp_path / f"{name}-out"]
        assert run_command_line([str(word) for word in words]) == 0
    first, second = tmp_path / "one-out", tmp_path / "two-out"
    capsys.readouterr()
    found = json.loads(diff(capsys, first, second, "--json"))
    assert found["rates"] == []
    assert found["circumstances"]["as_of"] == ["2019-06-30", "2020-06-30"]
    assert found["same_results"]
    assert not found["identical"]
    assert text("diff.same_results", "zh") in diff(capsys, second, first)
