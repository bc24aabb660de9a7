"""Tables as people make them."""

import csv
import time

import openpyxl
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.errors import SchemaError, SourceLimitError
from facilityplan.io.aliases import propose_columns
from facilityplan.io.dates import read_date
from facilityplan.io.sheets import read_messy_table, untangle
from facilityplan.io.table import Grid, read_table
from facilityplan.units import read_quantity

SURVEY = [
    ["示范市住宅小区基本情况一览表"],
    ["填报单位：民政局", None, None, None, None, None, "单位：亩"],
    ["序号", "街道", "小区名称", "规模", None, None, "位置", None, "备注"],
    [None, None, None, "户数（户）", "住宅建筑面积\n（万㎡）", "用地面积", "经度", "纬度", None],
    ["甲", "乙", "丙", 1, 2, 3, 4, 5, 6],
    [1, "沁园", "甲小区", "4833户", 12.3, 5, 112.6, 35.1, None],
    [2, None, "乙小区", "约300户", 2.2, "3000㎡", 112.6, 35.1, "多层"],
    ["小 计", None, None, 5133, 14.5, None, None, None, None],
    [3, "天坛", "合计巷小区", "不详", "—", 7, 112.6, 35.1, None],
    ["总计", None, None, 5133, 14.5, None, None, None, None],
    ["注：数据截至2025年底"],
]
MERGED = ["A1:I1", "A3:A4", "B3:B4", "C3:C4", "D3:F3", "G3:H3", "I3:I4", "B6:B7"]
HEADERS = ["序号", "街道", "小区名称", "规模/户数（户）", "规模/住宅建筑面积（万㎡）", "规模/用地面积",
           "位置/经度", "位置/纬度", "备注"]  # fmt: skip


def workbook(path, rows, merged=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for area in merged:
        book.active.merge_cells(area)
    book.save(path)
    return path


def csv_file(path, rows, encoding="utf-8-sig"):
    width = max(map(len, rows))
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(
            [["" if c is None else c for c in [*row, *[None] * (width - len(row))]] for row in rows]
        )
    return path


def said(table):
    return {(reading.message, reading.column): reading.rows for reading in table.readings}


def test_a_survey_as_it_comes(tmp_path):
    table = read_messy_table(workbook(tmp_path / "a.xlsx", SURVEY, MERGED))
    assert list(table.frame.columns) == HEADERS
    assert table.rows.tolist() == [6, 7, 9]
    assert table.frame["小区名称"].tolist() == ["甲小区", "乙小区", "合计巷小区"]
    assert table.frame["街道"].tolist() == ["沁园", "沁园", "天坛"]
    assert table.merged == {"街道": (7,)}
    assert table.units["规模/用地面积"] == "亩"
    assert "规模/住宅建筑面积（万㎡）" not in table.units
    assert said(table) == {
        ("header_rows", None): (3, 4),
        ("rows_numbering", None): (5,),
        ("rows_total", None): (8, 10),
        ("rows_note", None): (11,),
        ("merged_filled", "街道"): (7,),
    }


def test_the_same_without_word_of_what_is_merged(tmp_path):
    table = read_messy_table(csv_file(tmp_path / "a.csv", SURVEY, "gb18030"))
    assert list(table.frame.columns) == HEADERS
    assert table.rows.tolist() == [6, 7, 9]
    # Nobody can know of an empty cell in a CSV file that it was merged: it stays empty.
    assert table.frame["街道"].tolist() == ["沁园", None, "天坛"]
    assert table.encoding == "gb18030"


def test_three_rows_of_headers(tmp_path):
    rows = [
        ["编号", "规划", None, None, None],
        [None, "户数", None, "面积", None],
        [None, "近期", "远期", "近期", "远期"],
        ["a", 1, 2, 3, 4],
    ]
    merged = ["A1:A3", "B1:E1", "B2:C2", "D2:E2"]
    table = read_messy_table(workbook(tmp_path / "a.xlsx", rows, merged))
    assert list(table.frame.columns) == [
        "编号", "规划/户数/近期", "规划/户数/远期", "规划/面积/近期", "规划/面积/远期",
    ]  # fmt: skip
    assert table.rows.tolist() == [4]


def test_units_in_a_row_of_their_own(tmp_path):
    rows = [["名称", "户数", "面积"], [None, "户", "（公顷）"], ["甲", 10, 2]]
    for path in (workbook(tmp_path / "a.xlsx", rows), csv_file(tmp_path / "a.csv", rows)):
        table = read_messy_table(path)
        assert list(table.frame.columns) == ["名称", "户数（户）", "面积（公顷）"]
        assert table.rows.tolist() == [3]


def test_columns_without_anything_are_left_out_and_with_cells_refused(tmp_path):
    rows = [["名称", None, "户数"], ["甲", None, 1]]
    table = read_messy_table(csv_file(tmp_path / "a.csv", rows))
    assert list(table.frame.columns) == ["名称", "户数"]
    rows[1][1] = "什么"
    with pytest.raises(SchemaError) as caught:
        read_messy_table(csv_file(tmp_path / "a.csv", rows))
    assert caught.value.message == "table_header_empty"


def test_a_header_printed_again_on_each_page(tmp_path):
    rows = [["名称", "户数"], ["甲", 1], ["名称", "户数"], ["乙", 2], ["本页小计", 3]]
    table = read_messy_table(csv_file(tmp_path / "a.csv", rows))
    assert table.frame["名称"].tolist() == ["甲", "乙"]
    assert said(table) == {("rows_repeated_header", None): (3,), ("rows_total", None): (5,)}


@pytest.mark.parametrize(
    "word",
    [
        "合计",
        "合 计",
        "小计",
        "总计",
        "共计",
        "合计：",
        "沁园街道小计",
        "全市合计",
        "Total",
        "subtotal",
    ],
)
def test_totals_are_left_out(word):
    grid = Grid([["名称", "户数"], ["甲", 1.0], [word, 1.0]], None, "a.csv", None)
    table = untangle(grid)
    assert table.frame["名称"].tolist() == ["甲"]
    assert table.readings[0].parameters == {"words": word}


@pytest.mark.parametrize(
    "name", ["合计巷小区", "总计划处宿舍", "共计新村", "小计村", "Totally", "Hotel Total"]
)
def test_names_that_only_begin_so_are_rows(name):
    grid = Grid([["名称", "户数"], [name, 1.0]], None, "a.csv", None)
    assert untangle(grid).frame["名称"].tolist() == [name]


def test_a_total_without_a_figure_is_a_row():
    grid = Grid([["名称", "说明"], ["合计", "甲乙"]], None, "a.csv", None)
    assert untangle(grid).frame["名称"].tolist() == ["合计"]


PLAIN = st.text(st.sampled_from("甲乙丙丁戊己庚辛壬癸abcxyz123"), min_size=1, max_size=5)


@settings(max_examples=examples(120), deadline=None)
@given(
    names=st.lists(st.sampled_from(["编号", "名称", "户数", "人口", "面积", "状态", "街道", "社区"]), min_size=2,
                   max_size=6, unique=True),
    data=st.data(),
)  # fmt: skip
def test_a_plain_table_comes_out_as_it_stands(tmp_path_factory, names, data):
    count = data.draw(st.integers(1, 5))
    rows = [
        [data.draw(st.one_of(PLAIN, st.integers(0, 999).map(str))) for _ in names]
        for _ in range(count)
    ]
    path = csv_file(tmp_path_factory.mktemp("t") / "a.csv", [names, *rows])
    plain, messy = read_table(path), read_messy_table(path)
    numbered = [row for row in messy.readings if row.message == "rows_numbering"]
    if numbered:
        return
    assert list(messy.frame.columns) == names
    assert messy.frame.to_numpy().tolist() == plain.frame.to_numpy().tolist()
    assert messy.rows.tolist() == plain.rows.tolist()
    assert not messy.readings


CELLS = st.one_of(
    st.none(), st.sampled_from(["合计", "单位：亩", "户", "编号", "—", "注：", "名称", "1", "x"]),
    st.floats(0, 9), st.text(max_size=3),
)  # fmt: skip


@settings(max_examples=examples(200), deadline=None)
@given(
    records=st.lists(st.lists(CELLS, max_size=5), max_size=8),
    merged=st.one_of(
        st.none(),
        st.lists(st.tuples(*[st.integers(0, 6)] * 4), max_size=4).map(
            lambda areas: tuple(
                (min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in areas
            )
        ),
    ),
)
def test_any_cells_are_a_table_or_refused(records, merged):
    grid = Grid(records, merged, "a.csv", None)
    try:
        table = untangle(grid)
    except SchemaError:
        return
    assert len(table.rows) == len(table.frame)
    assert len(set(table.frame.columns)) == len(table.frame.columns)
    assert (table.rows >= 2).all()
    # Nothing is lost without a word: every row that is no header stands or is said.
    told = {row for reading in table.readings for row in reading.rows}
    header = max([1, *next((r.rows for r in table.readings if r.message == "header_rows"), ())])
    full = [
        n + 1
        for n, record in enumerate(records)
        if any(c not in (None, "") and str(c).strip() for c in record)
    ]
    assert {row for row in full if row > header} <= told | set(table.rows.tolist())


def test_remarks_stand_at_the_end_and_rows_in_between_stay():
    rows = [["事项", "名称", "日期"], ["说明：一", None, None], ["审核资料", "甲", "x"], ["注1：无", None, None],
            ["填表人：张三", None, "联系电话：1"]]  # fmt: skip
    table = untangle(Grid(rows, None, "a.csv", None))
    assert table.frame["事项"].tolist() == ["说明：一", "审核资料"]
    assert said(table) == {("rows_note", None): (4, 5)}


def test_years_head_columns():
    rows = [["示范市历年床位一览表", None, None], ["地区", 2023.0, 2024.0], ["甲", 5.0, 6.0]]
    table = untangle(Grid(rows, None, "a.csv", None))
    assert list(table.frame.columns) == ["地区", "2023", "2024"]
    assert table.rows.tolist() == [3]


def test_a_first_row_of_words_and_units_is_no_second_header(tmp_path):
    rows = [
        ["机构", "床位", None, "备注"],
        ["甲", "10张", "约5张", None],
        ["乙", "不详", "5张", "x"],
    ]
    with pytest.raises(SchemaError) as caught:
        read_messy_table(csv_file(tmp_path / "a.csv", rows))
    assert caught.value.message == "table_header_empty"


def test_the_first_rows_of_figures_are_rows():
    rows = [
        ["名称", "甲项", "乙项", "丙项"],
        ["甲", 1.0, 2.0, 3.0],
        [None] * 4,
        ["乙", 4.0, 5.0, 6.0],
    ]
    table = untangle(Grid(rows, None, "a.csv", None))
    assert table.rows.tolist() == [2, 4]
    assert not table.readings


@pytest.mark.parametrize(
    "cell", ["1" * 100_000 + "x", "约" * 100_000, "(" * 100_000, "a" * 100_000]
)
def test_endless_cells_take_no_time(cell):
    begin = time.process_time()
    table = untangle(Grid([[cell, "b"], [cell, cell], ["合计", 1.0]], None, "a.csv", None))
    propose_columns(list(table.frame.columns), "residences")
    for read in (lambda: read_quantity(cell, "m2"), lambda: read_date(cell)):
        with pytest.raises(ValueError):
            read()
    assert time.process_time() - begin < 2


def test_merged_cells_without_end_are_refused():
    records = [["a"] * 500 for _ in range(1000)]
    with pytest.raises(SourceLimitError) as caught:
        untangle(Grid(records, ((0, 0, 1_048_575, 16_383),) * 100, "a.xlsx", None))
    assert caught.value.message == "workbook_suspicious"
