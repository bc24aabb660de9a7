"""Sheets as bureaus hand them in: both forms of ours, and tables that people made themselves."""

import datetime as dt
import json
import math
import re

import openpyxl
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan import standards
from facilityplan.cli import run_command_line
from facilityplan.errors import FacilityPlanError, InputError
from facilityplan.io.table import Grid, read_grids
from facilityplan.schemes import review_scheme, scheme_from_toml
from facilityplan.schemes.cells import value_of
from facilityplan.schemes.fields import SCHEME_FIELDS
from facilityplan.schemes.forms import is_form, schemes_of_grids

FORMS = ("rows", "sheets")
RULES = standards.resolve([standards.load("zhengzhou-2018-34")], None)


def read(path):
    return schemes_of_grids(read_grids(path))


@pytest.fixture(params=["zh", "en"])
def empty(request, tmp_path, capsys):
    """Return what makes an empty form of ours."""

    def make(form, *more):
        path = tmp_path / f"{form}.xlsx"
        call = ["init-scheme", str(path), "--form", form, *more, "--lang", request.param]
        assert run_command_line(call) == 0
        capsys.readouterr()
        return path

    return make


FILLED = {
    "项目名称": "甲",
    "地区": "郑州市",
    "建设状态": "新建",
    "户数": 1250,
    "养老服务用房面积": 375,
    "楼层": "1-2层",
    "独立出入口": "是",
    "绿地率": 0.3,
    "住宅规划日期": dt.date(2019, 1, 1),
    "民政设计审核意见文号": "郑民1号",
}
PHASES = (("一期", 700, 210), ("二期", 550, 165))


def fill_rows(book):
    page, below = book["项目"], book["分期"]
    heads = [cell.value.partition("（")[0] for cell in page[1]]
    for name, value in FILLED.items():
        page.cell(2, heads.index(name) + 1, value)
    heads = [cell.value.partition("（")[0] for cell in below[1]]
    for row, (name, households, area) in enumerate(PHASES, start=2):
        for head, value in zip(
            ("项目名称", "分期", "户数", "养老服务用房面积"), ("甲", name, households, area),
            strict=True,
        ):  # fmt: skip
            below.cell(row, heads.index(head) + 1, value)


def fill_sheets(book):
    page = book["项目1"]
    for row in page.iter_rows():
        if row[0].value in FILLED:
            row[1].value = FILLED[row[0].value]
    top = max(row[0].row for row in page.iter_rows() if row[0].value == "分期")
    heads = [(cell.value or "").partition("（")[0] for cell in page[top]]
    for row, values in enumerate(PHASES, start=top + 1):
        for head, value in zip(("分期", "户数", "养老服务用房面积"), values, strict=True):
            page.cell(row, heads.index(head) + 1, value)


def test_both_forms_say_the_same(empty):
    """What is filled into either form comes back field by field."""
    found = {}
    for form, fill in zip(FORMS, (fill_rows, fill_sheets), strict=True):
        path = empty(form)
        book = openpyxl.load_workbook(path)
        fill(book)
        book.save(path)
        (scheme,), readings = read(path)
        found[form] = (scheme.values, [(p.name, p.values) for p in scheme.phases])
        assert scheme.values["elder_floor_area_m2"] == 375
        assert scheme.values["planned_dwellings"] == dt.date(2019, 1, 1)
        assert scheme.values["storey"] == (1, 2)
        assert [p.households for p in scheme.phases] == [700, 550]
        # 30% is 0.3 in Excel; the form's header says %, so that this is told.
        told = {item.message for item in readings}
        assert told <= {"share_guessed", "header_rows"}  # nothing is converted
        assert scheme.values["green_ratio"] == 0.3
    assert found["rows"] == found["sheets"]


def test_every_field_has_its_line_and_every_choice_its_list(empty):
    book = openpyxl.load_workbook(empty("sheets", "--count", "2"))
    assert book.sheetnames == ["项目1", "项目2"]
    page = book["项目1"]
    lines = {row[0].value: row for row in page.iter_rows()}
    for field in SCHEME_FIELDS:
        assert (lines[field.words[0]][2].value or "") == field.unit
        assert lines[field.words[0]][3].value
    lists = page.data_validations.dataValidation
    where = {str(rule.sqref): rule.formula1 for rule in lists}
    assert "新建" in where[f"B{lines['建设状态'][0].row}"]
    assert "万㎡" in where[f"C{lines['养老服务用房面积'][0].row}"]
    assert "郑州市" in where[f"B{lines['地区'][0].row}"]


def test_an_empty_form_is_no_scheme(empty):
    for form in FORMS:
        with pytest.raises(InputError):
            read(empty(form))


def test_a_copied_sheet_is_another_scheme(empty):
    path = empty("sheets", "--count", "3")
    book = openpyxl.load_workbook(path)
    fill_sheets(book)
    other = book.copy_worksheet(book["项目1"])
    other.title = "东区"
    book.save(path)
    schemes, _ = read(path)
    assert [item.file for item in schemes] == ["sheets.xlsx [项目1]", "sheets.xlsx [东区]"]
    assert all(item.households == 1250 for item in schemes)


def test_the_unit_beside_a_figure(empty):
    path = empty("sheets")
    book = openpyxl.load_workbook(path)
    fill_sheets(book)
    for row in book["项目1"].iter_rows():
        if row[0].value == "养老服务用房面积":
            row[1].value, row[2].value = 0.0375, "万㎡"
            break
        if row[0].value == "用地面积":
            row[1].value, row[2].value = 30, "亩"
    book.save(path)
    (scheme,), _ = read(path)
    assert scheme.elder_floor_area_m2 == 375
    assert scheme.number("land_area_m2") == 20000


@pytest.mark.parametrize("call", [["--form", "pdf"], ["--form", "sheets", "--count", "0"]])
def test_no_such_form(tmp_path, capsys, call):
    assert run_command_line(["init-scheme", str(tmp_path / "a.xlsx"), *call]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "call", [["a.csv"], ["a.xlsx", "--form", "toml"], ["a.toml", "--form", "sheets"]]
)
def test_a_name_that_ends_as_another_kind_of_file_is_refused(tmp_path, capsys, call):
    """A file of another name than the one asked for would be looked for in vain."""
    assert run_command_line(["init-scheme", str(tmp_path / call[0]), *call[1:]]) == 2
    assert call[0] in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_phases_of_a_name_that_two_rows_have_are_refused(empty, tmp_path):
    path = empty("rows")
    book = openpyxl.load_workbook(path)
    for row in (2, 5):
        book["项目"].cell(row, 1).value = "甲"
    book["分期"].cell(2, 1).value = "甲"
    book["分期"].cell(3, 1).value = "没有的"
    book.save(path)
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.message == "scheme_phase_of_several"
    assert "第 2, 5 行" in caught.value.render("zh")


def test_a_total_below_the_phases_is_named_by_its_row_on_the_sheet(empty):
    path = empty("sheets")
    book = openpyxl.load_workbook(path)
    fill_sheets(book)
    page = book["项目1"]
    head = next(cell.row for cell in page["A"] if cell.value == "分期")
    total = head + len(PHASES) + 1
    page.cell(total, 1).value, page.cell(total, 2).value = "合计", 1250
    book.save(path)
    (scheme,), readings = read(path)
    assert len(scheme.phases) == len(PHASES)
    (said,) = [item for item in readings if item.message == "rows_total"]
    assert said.rows == (total,)


def book_of(path, rows, merged=(), title="审查台账"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for area in merged:
        book.active.merge_cells(area)
    book.save(path)


MESSY = (
    ("2026年新建居住项目配建情况一览表",),
    ("填报单位：市自然资源局",),
    (
        "序号",
        "项目名称",
        "所在地",
        "建设状态",
        "规模",
        None,
        "住宅规划日期",
        "养老用房规划日期",
        "备注",
    ),
    (None, None, None, None, "总套数（套）", "养老用房建筑面积（万㎡）", None, None, None),
    (1, "甲", "郑州市", "新建", "１，２５０", 0.0375, "2019年1月1日", "二〇一九年一月一日", "无"),
    (2, "乙", "郑州市", "在建", "约600户", "180㎡", 43466, "2019.1.2", None),
    (3, "丙", "郑州市", "规划", "不详", "—", "20190101", "2019-1-1", None),
    (None, "合计", None, None, 1850, 0.0555, None, None, None),
    ("注：面积为建筑面积。",),
)


def test_a_table_as_people_make_it(tmp_path, capsys):
    """Titles, a header over two merged rows, units in it, a total, a note, dates in Chinese."""
    path = tmp_path / "台账.xlsx"
    merged = ["A1:I1", "E3:F3", *(f"{column}3:{column}4" for column in "ABCDGHI")]
    book_of(path, MESSY, merged)
    code = run_command_line(["check", str(path), "--json", "--date", "2019-06-30"])
    shown = capsys.readouterr()
    answers = json.loads(shown.out)
    assert [(item["scheme"], item["row"]) for item in answers] == [("甲", 5), ("乙", 6), ("丙", 7)]
    by = [{item["clause_id"]: item for item in answer["findings"]} for answer in answers]
    # 1250 x 0.3 = 375 = 0.0375 ten thousand; 600 x 0.3 = 180; nothing known.
    assert [item["ZZ02a"]["margin"] for item in by] == [0, 0, None]
    assert by[2]["ZZ02a"]["verdict"] == "insufficient_data"
    # 43466 is 2019-01-01 in Excel: 乙 has its premises a day after the dwellings.
    assert [item["ZZ03"]["verdict"] for item in by] == ["compliant", "non_compliant", "compliant"]
    assert code == 1
    assert {"about.households"} <= {item["id"] for item in answers[1]["remarks"]}
    for word in (
        "第 3、4 行",
        "合计",
        "序号、备注",
        "×10000",
        "大约数",
        "注明不详",
        "Excel 日期序号",
    ):
        assert word in shown.err


def test_the_same_as_gbk_text(tmp_path, capsys):
    """CSV knows no merged cells: the header of two rows is told by its holes."""
    path = tmp_path / "台账.csv"
    text = "\r\n".join(
        ",".join(f'"{"" if cell is None else cell}"' for cell in (*row, *[None] * 9)[:9])
        for row in MESSY
    )
    path.write_bytes(text.replace("㎡", "平方米").replace("—", "-").encode("gbk") + b"\r\n")
    assert run_command_line(["check", str(path), "--json", "--date", "2019-06-30"]) == 1
    answers = json.loads(capsys.readouterr().out)
    assert [item["scheme"] for item in answers] == ["甲", "乙", "丙"]
    margins = [
        finding["margin"]
        for item in answers
        for finding in item["findings"]
        if finding["clause_id"] == "ZZ02a"
    ]
    assert margins == [0, 0, None]


def test_a_form_that_people_made(tmp_path):
    """Two names a line, the value to the right; phases below under a header of their own."""
    path = tmp_path / "方案.xlsx"
    rows = (
        ("某项目配建审查表",),
        ("项目名称", "甲", None, "所在地", "许昌市"),
        ("状态", "新建", None, "总户数（户）", None),
        ("养老服务用房面积（㎡）", None, None, "楼层", "半地下"),
        ("距最远住宅距离（公里）", 0.62, None, "独立出入口", "有"),
        (),
        ("分期", "户数", "养老服务用房面积（平方米）"),
        ("一期", "700户", 210),
        ("二期", "５５０", "165㎡"),
        ("合计", 1250, 375),
    )
    book_of(path, rows, ["A1:E1", "B2:C2", "B3:C3"])
    (grid,) = read_grids(path).values()
    assert is_form(grid)
    (scheme,), _ = read(path)
    assert (scheme.name, scheme.place, scheme.status) == ("甲", "许昌市", "new")
    assert (scheme.households, scheme.elder_floor_area_m2) == (1250, 375)
    assert scheme.number("farthest_dwelling_m") == 620
    assert (scheme.storeys, scheme.flag("own_entrance")) == ((-1,), True)
    assert [(item.name, item.row) for item in scheme.phases] == [("一期", 8), ("二期", 9)]


REFUSED = [
    # A name that is nearly ours; a figure over merged rows; a month where a day decides.
    ((("项目名称", "养老服务用房面积合计"), ("甲", 5)), (), "养老服务用房面积合计"),
    ((("项目名称", "户数"), ("甲", 5), ("乙", None)), ["B2:B3"], "取消合并"),
    ((("项目名称", "住宅规划日期"), ("甲", "2019年1月")), (), "2019年1月"),
    ((("项目名称", "户数（㎡）"), ("甲", 5)), (), "户数（㎡）"),
    ((("项目名称", "用地面积（公顷/亩）"), ("甲", 5)), (), "用地面积（公顷/亩）"),
    ((("项目名称", "户数", "总户数"), ("甲", 5, 6)), (), "总户数"),
    ((("项目名称", "户数"), ("甲", "500户以上")), (), "500户以上"),
    ((("甲列", "乙列"), (1, 2)), (), "甲列"),
]


@pytest.mark.parametrize(("rows", "merged", "said"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_cannot_be_told_is_refused(tmp_path, capsys, rows, merged, said):
    path = tmp_path / "台账.xlsx"
    book_of(path, rows, merged)
    code = run_command_line(["check", str(path), "--place", "郑州市"])
    shown = capsys.readouterr()
    assert (code, shown.out) == (3, "")
    assert len(shown.err.splitlines()) == 2
    assert said in shown.err
    assert "台账.xlsx" in shown.err


def test_which_of_two_tables_is_asked(tmp_path, capsys):
    path = tmp_path / "台账.xlsx"
    book = openpyxl.Workbook()
    for page in (book.active, book.create_sheet("另一张")):
        page.append(("项目名称", "户数"))
        page.append(("甲", 5))
    book.save(path)
    assert run_command_line(["check", str(path), "--place", "郑州市"]) == 3
    assert "另一张" in capsys.readouterr().err


WORDS = st.sampled_from(
    ("项目名称", "户数", "户数（户）", "分期", "养老服务用房面积（万㎡）", "楼层", "住宅规划日期", "合计",
     "地区", "郑州市", "新建", "建设状态", "绿地率（%）", "亩", "约500", "—", "2019年1月1日", "甲")
)  # fmt: skip
CELLS = st.none() | WORDS | st.floats(-1e6, 1e6) | st.booleans() | st.dates() | st.text(max_size=4)


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.lists(CELLS, max_size=6), max_size=8), st.sampled_from(["", "项目", "甲"]))
def test_any_cells_are_read_or_refused_in_words(records, name):
    grid = Grid(records, None, "a.xlsx", None)
    refusal, schemes = None, []
    try:
        schemes, _ = schemes_of_grids({name: grid})
    except FacilityPlanError as error:
        refusal = error
    if refusal is not None:
        assert all(len(refusal.render(lang).splitlines()) >= 2 for lang in ("zh", "en"))
    for scheme in schemes:
        answer = [item.as_dict() for item in review_scheme(scheme, RULES).findings]
        assert json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize("day", ["0024-03-01", "1024年3月1日"])
def test_a_slip_in_the_year_is_no_date_long_before_the_dwellings(tmp_path, capsys, day):
    """It kept the four stages: the premises came two thousand years before the dwellings."""
    path = tmp_path / "甲.toml"
    path.write_text(
        f'"地区" = "郑州市"\n"建设状态" = "新建"\n"户数" = 100\n"养老用房面积" = 30\n'
        f'"住宅规划日期" = 2024-03-01\n"养老用房规划日期" = "{day}"\n',
        encoding="utf-8",
    )
    assert run_command_line(["check", str(path), "--date", "2026-06-30"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert day in shown.err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_examples_of_the_toml_sheet_are_a_sheet(tmp_path, capsys, lang):
    """With every # before a field taken off it is read, and says what a scheme may say."""
    path = tmp_path / "方案.toml"
    assert run_command_line(["init-scheme", str(path), "--lang", lang]) == 0
    text = path.read_text(encoding="utf-8")
    intro = text.splitlines()[0]
    assert "[[phase]]" in intro
    assert "分期”表" not in intro
    filled = re.sub(r'^# (?="|\[\[)', "", text, flags=re.MULTILINE)
    (scheme,) = scheme_from_toml(filled.encode(), path.name)
    assert set(scheme.values) >= {"households", "population", "x", "y", "first_phase"}
    assert (scheme.households, scheme.premises) == (1250, 1)
    assert scheme.number("population") / scheme.households == pytest.approx(3)
    assert 73 < scheme.number("x") < 135
    assert 18 < scheme.number("y") < 54
    land, ratio = scheme.number("land_area_m2"), scheme.number("plot_ratio")
    assert scheme.number("counted_floor_area_m2") == pytest.approx(land * ratio)
    assert scheme.number("residential_floor_area_m2") < scheme.number("counted_floor_area_m2")
    assert scheme.elder_floor_area_m2 == scheme.number("smallest_unit_m2") == 375
    assert scheme.number("community_centre_beds") < 100
    (phase,) = scheme.phases
    assert phase.households < scheme.households
    assert phase.elder_floor_area_m2 == pytest.approx(phase.households * 0.3)


def test_a_printed_form_has_its_phases(empty):
    page = openpyxl.load_workbook(empty("sheets")).worksheets[0]
    written = {cell.coordinate for row in page.iter_rows() for cell in row if cell.has_style}
    printed = page.print_area.replace("$", "").split("!")[-1]
    inside = {cell.coordinate for row in page[printed] for cell in row}
    assert not written - inside


COUNTS = [
    ("一处", 1),
    ("两处", 2),
    ("十处", 10),
    ("3处", 3),
    ("约两处", None),
    ("一期", None),
    ("十二处", None),
]


@pytest.mark.parametrize(("said", "count"), COUNTS)
def test_counts_in_words_are_read_up_to_ten(said, count):
    field = next(field for field in SCHEME_FIELDS if field.name == "premises")
    if count is None:
        with pytest.raises(ValueError, match=said[-1]):
            value_of(field, said)
    else:
        assert value_of(field, said).value == count


def test_there_is_none_is_no_and_no_figure():
    fields = {field.name: field for field in SCHEME_FIELDS}
    assert value_of(fields["lift"], "没有") is False
    assert math.isnan(value_of(fields["premises"], "没有").value)
    assert value_of(fields["handed_over"], "没有").value is None
