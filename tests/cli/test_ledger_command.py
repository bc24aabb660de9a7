"""``facilityplan ledger`` and ``register`` on a project whose tables are workbooks."""

import datetime as dt
import json

import openpyxl
import pytest

from facilityplan.cli import run_command_line

PROJECT = """\
[project]
name = "=泾源县"
standards = ["jingyuan-2023-28"]
as_of = 2023-09-01
crs = "EPSG:4545"
[layers.residences]
path = "estates.csv"
x = "东"
y = "北"
crs = "EPSG:4545"
columns = { id = "编号", name = "名称", completed = "竣工", households = "户数" }
constants = { setting = "urban" }
[layers.indicators]
path = "indicators.xlsx"
columns = { indicator = "指标", zone = "区划", year = "年份", value = "数值" }
[layers.milestones]
path = "milestones.xlsx"
columns = { milestone = "项目", stage = "阶段", done = "完成日期", quantity = "数量" }
"""

ESTATES = """\
编号,名称,东,北,竣工,户数
R1,=1+1,500000,3900000,2020-01-01,100
R2,二号院,500400,3900000,2021-01-01,200
R3,三号院,500800,3900000,2024-01-01,300
"""

INDICATORS = [
    ["指标", "区划", "年份", "数值"],
    ["特殊困难老年人月探访率", "=泾源县", 2023, 0.8],
    ["写错的指标", None, 2023, 1],
]
MILESTONES = [
    ["项目", "阶段", "完成日期", "数量"],
    ["养老机构护理型床位改造", "招投标", dt.date(2023, 4, 30), None],
    ["养老机构护理型床位改造", "改造", "2023-08-05", 382],
]


def workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in book.active.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    book.save(path)


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "county"
    folder.mkdir()
    (folder / "project.toml").write_text(PROJECT, encoding="utf-8")
    (folder / "estates.csv").write_text(ESTATES, encoding="utf-8")
    workbook(folder / "indicators.xlsx", INDICATORS)
    workbook(folder / "milestones.xlsx", MILESTONES)
    return folder


@pytest.fixture
def run(capsys):
    def go(*arguments, code=0):
        got = run_command_line([str(word) for word in arguments])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        assert got == code, shown.err
        return shown.out if code == 0 else shown.err

    return go


def ledger_of(out):
    said = json.loads(out)
    return said, {entry["clause_id"]: entry for entry in said["entries"]}


def test_the_ledger_reads_the_tables(project, run):
    said, entries = ledger_of(run("ledger", project, "--json"))
    assert said["as_of"] == "2023-09-01"
    assert said["period"] == ["2023-07-01", "2023-09-30"]
    assert entries["JG03"]["state"] == "done"
    assert entries["JG03"]["verdict"] == "compliant"
    assert entries["JG07a"]["state"] == "done"
    assert entries["JG07b"]["state"] == "done_late"
    assert entries["JG07b"]["evidence"]["days_late"] == 5
    assert entries["JG07d"]["state"] == "overdue_unreported"
    assert said["unmatched"] == {"indicators": [3]}
    assert said["entries"][0]["state"] == "overdue_unreported"


def test_another_date_and_another_cut(project, run):
    said, entries = ledger_of(
        run("ledger", project, "--json", "--date", "2023-10-15", "--cut", "month")
    )
    assert said["period"] == ["2023-10-01", "2023-10-31"]
    assert entries["JG08d"]["state"] == "due_this_month"
    assert entries["JG08b"]["state"] == "upcoming"
    _, entries = ledger_of(run("ledger", project, "--json", "--date", "2023-04-15"))
    assert entries["JG07a"]["state"] == "due_this_quarter"


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ["逾期未报", "按期完成", "第 3 行", "2023-03-31", "JG07d"]),
        ("en", ["overdue and unreported", "done late", "rows 3", "2023-03-31"]),
    ],
)
def test_the_ledger_is_printed(project, run, lang, words):
    out = run("ledger", project, "--lang", lang)
    for word in words:
        assert word in out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_ledger_as_excel(project, run, tmp_path, lang):
    first, again = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    run("ledger", project, "--out", first, "--lang", lang)
    run("ledger", project, "--out", again, "--lang", lang)
    assert first.read_bytes() == again.read_bytes()
    book = openpyxl.load_workbook(first)
    assert len(book.sheetnames) == 3
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    said, _ = ledger_of(run("ledger", project, "--json"))
    counts, due, every = book.worksheets
    assert every.max_row == len(said["entries"]) + 1
    assert sum(row[1].value for row in counts.iter_rows(min_row=4)) == len(said["entries"])
    overdue = [entry for entry in said["entries"] if entry["state"].startswith("overdue")]
    assert len(overdue) < due.max_row - 1 < len(said["entries"])
    dates = [row[1].value for row in due.iter_rows(min_row=2)]
    assert dates[: len(overdue)] == [entry["due"] for entry in overdue]


def test_what_the_ledger_refuses(project, run):
    assert "week" in run("ledger", project, "--cut", "week", code=2)
    run("ledger", project, "--date", "9月1日", code=2)
    before = (project / "milestones.xlsx").read_bytes()
    run("ledger", project, "--out", project / "milestones.xlsx", code=6)
    assert (project / "milestones.xlsx").read_bytes() == before


def fill(path, *rows):
    """Fill in rows of a register by the estate's id: header words to answers."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    header = {cell.value: cell.column for cell in sheet[1]}
    line = {row[0].value: row[0].row for row in sheet.iter_rows(min_row=2)}
    for residence, answers in rows:
        at = line.get(residence, sheet.max_row + 1)
        sheet.cell(at, 1).value = residence
        for word, value in answers.items():
            sheet.cell(at, header[word]).value = value
    for cells in sheet.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    book.save(path)


@pytest.fixture
def register(project, run, tmp_path):
    path = tmp_path / "register.xlsx"
    run("register", project, "--out", path)
    return path


def test_the_register_goes_out_and_comes_back(project, run, register, tmp_path):
    sheet = openpyxl.load_workbook(register).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["R1", "R2"]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert len(sheet.data_validations.dataValidation) == 3
    untouched = json.loads(run("register", project, "--read", register, "--json"))
    assert {line["state"] for line in untouched} == {"unfilled"}
    good = {"是否建成": "是", "是否移交": "是", "移交日期": dt.date(2021, 5, 1), "现状用途": "出租"}
    fill(register, ("R1", good | {"实际建筑面积（㎡）": 120.5, "备注": "=2+2"}))
    merged = tmp_path / "merged.xlsx"
    said = run("register", project, "--read", register, "--out", merged)
    assert "出租：1" in said
    lines = json.loads(run("register", project, "--read", merged, "--json"))
    assert [line["state"] for line in lines] == ["let", "unfilled"]
    (first, _) = lines
    assert (first["floor_area_m2"], first["handed_over_on"]) == (120.5, "2021-05-01")
    assert first["note"] == "=2+2"
    again = tmp_path / "again.xlsx"
    run("register", project, "--read", merged, "--out", again)
    assert merged.read_bytes() == again.read_bytes()


def test_several_streets_and_the_projects_own(project, run, register, tmp_path):
    other = tmp_path / "other.xlsx"
    other.write_bytes(register.read_bytes())
    fill(register, ("R1", {"是否建成": "否"}))
    fill(other, ("R2", {"是否建成": "是", "是否移交": "是", "现状用途": "养老服务"}))
    out = run("register", project, "--read", register, "--read", other, "--json")
    assert [line["state"] for line in json.loads(out)] == ["not_built", "in_use"]
    fill(other, ("R1", {"是否建成": "是"}))
    assert "R1" in run("register", project, "--read", register, "--read", other, code=3)
    table = (
        '[layers.register]\npath = "register.csv"\n'
        'columns = { residence = "小区", built = "建成", use = "用途" }\n'
    )
    (project / "project.toml").write_text(PROJECT + table, encoding="utf-8")
    (project / "register.csv").write_text("小区,建成,用途\nR1,是,闲置\n", encoding="utf-8")
    lines = json.loads(run("register", project, "--json"))
    assert (lines[0]["built"], lines[0]["use"]) == (True, "idle")
    assert json.loads(run("register", project, "--read", register, "--json"))[0]["built"] is False


def test_the_english_register_comes_back_too(project, run, tmp_path):
    path = tmp_path / "register.xlsx"
    run("register", project, "--out", path, "--lang", "en")
    fill(path, ("R2", {"Built?": "yes", "Handed over?": "no", "Present use": "idle"}))
    lines = json.loads(run("register", project, "--read", path, "--json"))
    assert [line["state"] for line in lines] == ["unfilled", "not_handed_over"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"是否建成": "大概"}, "大概"),
        ({"现状用途": "停车"}, "停车"),
        ({"实际建筑面积（㎡）": "约100"}, "约100"),
        ({"移交日期": "去年"}, "去年"),
        ({"是否建成": "否", "是否移交": "是"}, "自相矛盾"),
        ({"是否建成": "否", "现状用途": "出租"}, "自相矛盾"),
        ({"是否移交": "否", "移交日期": "2021-01-01"}, "自相矛盾"),
        ({"移交日期": "2023-09-02"}, "自相矛盾"),
    ],
)
def test_answers_that_are_none(project, run, register, tmp_path, answers, said):
    fill(register, ("R2", answers))
    out = tmp_path / "out.xlsx"
    message = run("register", project, "--read", register, "--out", out, code=3)
    assert said in message
    assert "第 3 行" in message
    assert not out.exists()


def test_a_register_of_another_place_and_another_table(project, run, register, tmp_path):
    fill(register, ("R9", {"是否建成": "是"}))
    assert "R9" in run("register", project, "--read", register, code=3)
    workbook(tmp_path / "other.xlsx", INDICATORS)
    assert "小区编号" in run("register", project, "--read", tmp_path / "other.xlsx", code=3)
    run("register", project, "--read", register, "--out", register, code=6)


def test_a_register_needs_residences(project, run):
    toml = PROJECT.split("[layers.indicators]", maxsplit=1)[0].replace(
        "layers.residences", "layers.facilities"
    )
    toml = toml.replace(', completed = "竣工", households = "户数"', "").replace(
        'setting = "urban"', 'kind = "养老院"'
    )
    (project / "project.toml").write_text(toml, encoding="utf-8")
    run("register", project, code=3)
    _, entries = ledger_of(run("ledger", project, "--json"))
    assert entries["JG07a"]["state"] == "overdue_unreported"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ('[layers.deliveries]\npath="t.csv"\ncolumns={residence="谁",stage="节"}\n', "R9,规划"),
        ('[layers.register]\npath="t.csv"\ncolumns={residence="谁",built="节"}\n', "R9,是"),
    ],
)
def test_tables_that_name_an_unknown_estate_are_refused(project, run, table, column):
    (project / "project.toml").write_text(PROJECT + table, encoding="utf-8")
    (project / "t.csv").write_text(f"谁,节\n{column}\n", encoding="utf-8")
    message = run("ledger", project, code=3)
    assert "R9" in message
    assert "第 2 行" in message
