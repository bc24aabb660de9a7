import datetime as dt
import io
import time
import zipfile

import openpyxl
import pytest
import xlsxwriter
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.errors import (
    BadValueError,
    MissingColumnError,
    MissingLayerError,
    SchemaError,
    SourceLimitError,
    UnreadableSourceError,
)
from facilityplan.io.table import points_from_table, read_table

NAMES = [
    "郑州市金水区", "济源市沁园街道", "许昌市魏都区", "长治市潞州区", "泾源县香水镇",
    "幸福家园（一期）", "阳光·花园", "龙湖国际①号院", "东関村", "㙟塘里",
    "养老服务中心", "日间照料站", "社区助餐点", "福利院", "老年公寓",
    "鑫苑名家", "绿地·香颂", "翡翠城Ⅱ区", "亚星江南小镇", "永威城",
]  # fmt: skip


def write(path, sheets, **options):
    book = xlsxwriter.Workbook(str(path), options)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, (dt.date, dt.datetime)):
                    form = book.add_format({"num_format": "yyyy-mm-dd"})
                    sheet.write_datetime(number, column, cell, form)
                elif cell is not None:
                    sheet.write(number, column, cell)
    book.close()
    return path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_names_come_back_in_every_encoding(tmp_path, name, encoding):
    if encoding == "gbk":
        # A rare character that GBK lacks is written as GB18030, which contains GBK.
        encoding = encoding if name.encode("gbk", "ignore").decode("gbk") == name else "gb18030"
    path = tmp_path / "estates.csv"
    path.write_bytes(f"编号,名称\r\nA1,{name}\r\n".encode(encoding))
    table = read_table(path)
    assert list(table.frame.columns) == ["编号", "名称"]
    assert table.frame["名称"].tolist() == [name]
    assert table.encoding == {"gbk": "gb18030"}.get(encoding, encoding)
    assert read_table(path, encoding=encoding).frame["名称"].tolist() == [name]


def test_neither_utf8_nor_gb18030(tmp_path, refused):
    path = tmp_path / "a.csv"
    path.write_bytes("名,x\n".encode() + b"\xff\xff\x81,1\n")
    with pytest.raises(UnreadableSourceError) as caught:
        read_table(path)
    refused(caught, "source_encoding")
    path.write_bytes("名,x\n甲,1\n".encode())
    for stated, message in (
        ("gbk8", "source_unknown_encoding"),
        ("ascii", "source_stated_encoding"),
    ):
        with pytest.raises(UnreadableSourceError) as caught:
            read_table(path, encoding=stated)
        refused(caught, message)


def test_csv_rows_are_numbered_as_shown(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,说明\n1,"两\n行"\n\n3,\n,,\n  ,\n', encoding="utf-8")
    table = read_table(path)
    assert table.frame["id"].tolist() == ["1", None, "3"]
    assert table.frame["说明"].tolist() == ["两\n行", None, None]
    assert table.rows.tolist() == [2, 3, 4]
    assert table.file == "a.csv"


@given(
    # Control signs are no text: a file that holds them is damaged and refused.
    st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")))))
)
@settings(max_examples=examples(60), deadline=None)
def test_any_text_in_cells_survives(cells):
    import csv
    import tempfile
    from pathlib import Path

    rows = [[*row, "", "", ""][:3] for row in cells]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
        try:
            got = read_table(path).frame
        except UnreadableSourceError as error:
            # A few letters of two bytes each may be GBK as well: then it is asked.
            if error.message != "source_encoding_doubtful":
                raise
            got = read_table(path, encoding="utf-8").frame
    wanted = [[cell or None for cell in row] for row in rows]
    while wanted and all(cell is None or not cell.strip() for cell in wanted[-1]):
        wanted.pop()
    assert got.to_numpy().tolist() == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,,c\n1,2,3\n", "table_header_empty"),
        ("a,b\n1,2,3\n", "table_header_empty"),
        ("a,b,a\n1,2,3\n", "table_header_duplicate"),
        ("a, a \n1,2\n", "table_header_duplicate"),
        ("\n\n", "table_without_header"),
        (",,\n1,2,3\n", "table_without_header"),
    ],
)
def test_headers_that_do_not_name_each_column(tmp_path, refused, text, message):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        read_table(path)
    refused(caught, message)


def test_header_alone_is_a_table_without_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("编号,户数,\n", encoding="utf-8")
    table = read_table(path)
    assert list(table.frame.columns) == ["编号", "户数"]
    assert len(table.rows) == 0


def test_workbook_cells_keep_their_kinds(tmp_path):
    rows = [
        ["编号", "户数", "建成", "已验收", 2020],
        ["A1", 512, dt.date(2019, 5, 1), True, 0.5],
        [None, None, None, None, None],
        ["A2", 12.5, None, False, None],
        [" ", None, None, None, None],
    ]
    table = read_table(write(tmp_path / "estates.xlsx", {"小区": rows}))
    assert list(table.frame.columns) == ["编号", "户数", "建成", "已验收", "2020"]
    assert table.frame["户数"].tolist() == [512.0, None, 12.5]
    assert table.frame["建成"].tolist() == [dt.date(2019, 5, 1), None, None]
    assert table.frame["已验收"].tolist() == [True, None, False]
    assert [type(cell) for cell in table.frame["户数"]] == [float, type(None), float]
    assert table.rows.tolist() == [2, 3, 4]
    assert table.encoding is None


def test_sheets_are_chosen_and_never_guessed(tmp_path, refused):
    full = [["a"], [1]]
    only = write(tmp_path / "one.xlsx", {"数据": full, "Sheet2": [], "Sheet3": []})
    assert read_table(only).frame["a"].tolist() == [1.0]
    two = write(tmp_path / "two.xlsx", {"一": full, "二": [["b"], [2]]})
    with pytest.raises(MissingLayerError) as caught:
        read_table(two)
    refused(caught, "table_which_sheet")
    assert read_table(two, sheet="二").frame["b"].tolist() == [2.0]
    with pytest.raises(MissingLayerError) as caught:
        read_table(two, sheet="三")
    refused(caught, "table_no_such_sheet")
    with pytest.raises(SchemaError):
        read_table(write(tmp_path / "none.xlsx", {"一": []}))


def test_hidden_sheets_do_not_count(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append([1])
    hidden = book.create_sheet("字典")
    hidden.append(["x"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    assert read_table(tmp_path / "a.xlsx").frame["a"].tolist() == [1.0]


def test_formulas_are_read_by_their_values(tmp_path, refused):
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["a", "b"])
    sheet.write_formula(1, 0, "=1+1", value=2)
    sheet.write_formula(1, 1, '="甲"&"乙"', value="甲乙")
    book.close()
    frame = read_table(tmp_path / "a.xlsx").frame
    assert frame.to_numpy().tolist() == [[2.0, "甲乙"]]

    bare = openpyxl.Workbook()
    bare.active.append(["a"])
    bare.active.append(["=1+1"])
    bare.active.append([3])
    bare.active.append(["=SUM(A2:A3)"])
    other = bare.create_sheet("另")
    other.append(["a"])
    other.append([1])
    bare.save(tmp_path / "b.xlsx")
    with pytest.raises(BadValueError) as caught:
        read_table(tmp_path / "b.xlsx", sheet="Sheet")
    refused(caught, "table_formula_not_calculated")
    assert caught.value.rows == (2, 4)
    assert read_table(tmp_path / "b.xlsx", sheet="另").frame["a"].tolist() == [1.0]


def test_content_decides_not_the_name(tmp_path):
    rows = [["a"], [1]]
    path = write(tmp_path / "a.xlsx", {"s": rows})
    path.rename(tmp_path / "a.csv")
    assert read_table(tmp_path / "a.csv").frame["a"].tolist() == [1.0]
    (tmp_path / "b.xlsx").write_text("a\n1\n", encoding="utf-8")
    assert read_table(tmp_path / "b.xlsx").frame["a"].tolist() == ["1"]


@pytest.mark.parametrize(
    "content",
    [b"<html><table><tr><td>1</td></tr></table></html>", b"%PDF-1.7\n", b"SQLite format 3\0"],
)
def test_no_table_at_all(tmp_path, refused, content):
    (tmp_path / "a.xls").write_bytes(content)
    with pytest.raises(SourceLimitError) as caught:
        read_table(tmp_path / "a.xls")
    refused(caught, "table_not_taken")


def test_paths_that_are_no_files(tmp_path, refused):
    (tmp_path / "empty.csv").touch()
    for path, message in (
        (tmp_path / "absent.csv", "file_not_found"),
        (tmp_path, "source_is_folder"),
        (tmp_path / "empty.csv", "source_empty"),
        ("https://example.org/a.csv", "source_not_local"),
        ("/vsicurl/a.csv", "source_not_local"),
    ):
        with pytest.raises((UnreadableSourceError, SourceLimitError)) as caught:
            read_table(path)
        refused(caught, message)
    with pytest.raises(UnreadableSourceError):
        read_table("a\0b.csv")


def test_formula_whose_text_is_empty_is_calculated(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        for name, text in parts_of(one_cell("B2", row=2)).items():
            archive.writestr(
                name,
                text.replace(
                    '<c r="B2"><v>2</v></c>',
                    '<c r="A2" t="str"><f>IF(1,"","x")</f><v></v></c><c r="B2"><v>2</v></c>',
                ).replace('</row><row r="2">', '<c r="B1"><v>3</v></c></row><row r="2">'),
            )
    assert read_table(tmp_path / "a.xlsx").frame.to_numpy().tolist() == [[None, 2.0]]


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def one_cell(reference, *, row=None):
    """A workbook of one cell, wherever it is."""
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        kinds = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        rels = "http://schemas.openxmlformats.org/package/2006/relationships"
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{rels}"><Relationship Id="r1" Type="{office}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{kinds}" xmlns:r="{office}"><sheets>'
            '<sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{rels}"><Relationship Id="r1" Type="{office}/worksheet"'
            ' Target="worksheets/sheet1.xml"/></Relationships>',
        )
        number = f' r="{row}"' if row else ""
        at = f' r="{reference}"' if reference else ""
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{kinds}"><dimension ref="A1"/><sheetData>'
            '<row r="1"><c r="A1"><v>1</v></c></row>'
            f"<row{number}><c{at}><v>2</v></c></row></sheetData></worksheet>",
        )
    return book.getvalue()


@pytest.mark.parametrize(
    ("reference", "row"),
    [
        ("XFD1048576", 1048576),
        ("xfd1048576", None),
        ("ZZZZ99", None),
        ("A99999999", None),
        ("SS1", None),
        ("SR1000000", None),
        (None, 999999999),
    ],
)
def test_a_cell_far_out_is_refused_at_once(tmp_path, refused, reference, row):
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(one_cell(reference, row=row))
    assert path.stat().st_size < 5000
    began = time.perf_counter()
    with pytest.raises(SourceLimitError) as caught:
        read_table(path)
    assert time.perf_counter() - began < 1
    refused(caught, "table_too_large")


def test_a_cell_within_the_limits_is_read(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(one_cell("A20000", row=20000))
    assert read_table(path).rows[-1] == 20000
    path.write_bytes(one_cell("A1B2"))
    with pytest.raises(UnreadableSourceError):
        read_table(path)


def test_bombs_in_the_packing(tmp_path, refused):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 30_000_000)
    with pytest.raises(SourceLimitError) as caught:
        read_table(path)
    refused(caught, "workbook_suspicious")

    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", b"<a/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("xl/workbook.xml", b"<b/>")
    with pytest.raises(SourceLimitError) as caught:
        read_table(path)
    refused(caught, "workbook_suspicious")


def test_entities_and_documents_that_are_no_workbook(tmp_path, refused):
    laughs = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'
    for parts in ({"xl/workbook.xml": laughs}, {"word/document.xml": "<a/>"}, {"x.xml": "<a>"}):
        path = tmp_path / "a.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in parts.items():
                archive.writestr(name, text)
        with pytest.raises(UnreadableSourceError) as caught:
            read_table(path)
        refused(caught, "source_unreadable")


@pytest.mark.parametrize("step", range(0, 100, 4))
def test_damaged_workbooks_end_as_errors_of_ours(tmp_path, step):
    path = write(tmp_path / "a.xlsx", {"s": [["a", "b"], *([n, NAMES[n]] for n in range(20))]})
    content = bytearray(path.read_bytes())
    at = len(content) * step // 100
    whole = read_table(path).frame
    for damaged in (content[:at], content[:at] + b"\xff\x00\xff" + content[at + 3 :]):
        path.write_bytes(damaged)
        try:
            again = read_table(path).frame
        except (UnreadableSourceError, SourceLimitError, SchemaError, MissingLayerError):
            continue
        assert again.equals(whole)


def ods(*rows):
    """An OpenDocument sheet of rows given as XML."""
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        spaces = " ".join(
            f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
            for name in ("office", "table", "text")
        )
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{"".join(rows)}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return book.getvalue()


TEXT = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
NUMBER = '<table:table-cell office:value-type="float" office:value="{}" {}/>'
BLANK = (
    '<table:table-row table:number-rows-repeated="1048570"><table:table-cell/></table:table-row>'
)
HEAD = f"<table:table-row>{TEXT.format('名称')}{TEXT.format('户数')}</table:table-row>"


def test_ods_is_read_and_its_empty_tail_costs_nothing(tmp_path):
    (tmp_path / "a.ods").write_bytes(
        ods(
            HEAD,
            f"<table:table-row>{TEXT.format('甲')}{NUMBER.format(5, '')}"
            '<table:table-cell table:number-columns-repeated="16380"/></table:table-row>',
            BLANK,
        )
    )
    assert read_table(tmp_path / "a.ods").frame.to_numpy().tolist() == [["甲", 5.0]]


@pytest.mark.parametrize(
    "row",
    [
        '<table:table-row table:number-rows-repeated="1048000">'
        + NUMBER.format(1, 'table:number-columns-repeated="500"')
        + "</table:table-row>",
        "<table:table-row>"
        + NUMBER.format(1, 'table:number-columns-repeated="2000000000"')
        + "</table:table-row>",
        BLANK.replace("1048570", "4000000000") + f"<table:table-row>{NUMBER.format(1, '')}"
        "</table:table-row>",
    ],
)
def test_ods_runs_without_end_are_refused(tmp_path, refused, row):
    (tmp_path / "a.ods").write_bytes(ods(HEAD, row))
    began = time.perf_counter()
    with pytest.raises(SourceLimitError) as caught:
        read_table(tmp_path / "a.ods")
    assert time.perf_counter() - began < 1
    refused(caught, "table_too_large")


def test_points(tmp_path, refused):
    path = tmp_path / "a.csv"
    path.write_text("名,经度,纬度\n甲,113.6,34.7\n乙,１１３.7, 34.8 \n", encoding="utf-8")
    table = read_table(path)
    made = points_from_table(table, "经度", "纬度")
    assert made.frame.crs is None
    assert [(point.x, point.y) for point in made.frame.geometry] == [(113.6, 34.7), (113.7, 34.8)]
    assert made.rows.tolist() == [2, 3]
    assert "geometry" not in table.frame.columns
    assert made.frame["名"].tolist() == ["甲", "乙"]
    with pytest.raises(MissingColumnError) as caught:
        points_from_table(table, "经度", "lat")
    refused(caught, "table_no_such_column")


def test_coordinates_that_are_no_numbers_are_named_by_row(tmp_path, refused):
    path = tmp_path / "a.csv"
    path.write_text("x,y\n113.6,34.7\n约113,34.7\n,34\ninf,34\n113,34\n", encoding="utf-8")
    with pytest.raises(BadValueError) as caught:
        points_from_table(read_table(path), "x", "y")
    refused(caught, "table_bad_coordinate")
    assert caught.value.rows == (3, 4, 5)
    assert caught.value.column == "x"


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "rows"), [("taipei/elder_homes.csv", 94), ("taipei/nursing_homes.csv", 18)]
)
def test_real_tables(shared, name, rows):
    assert len(read_table(shared / name).rows) == rows
