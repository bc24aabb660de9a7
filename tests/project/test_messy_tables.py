"""A project whose tables and drawings are as people make them gives the figures of a clean one."""

import json

import openpyxl
import pyogrio
import pytest
from drawings import drawing

from facilityplan.cli import run_command_line
from facilityplan.project import open_project

SURVEY = [
    ["小城住宅小区一览表"],
    ["编号", "名称", "规模", None, "位置", None, "状态"],
    [None, None, "户数（户）", "老人", "东", "北", None],
    ["R1", "一号院", "100户", "约10", 500_000, 3_800_000, "已建"],
    ["R2", "二号院", "２００", 20, 500_400, 3_800_000, "已建"],
    ["小计", None, 300, 30, None, None, None],
    ["R3", "三号院", "300余户", "三十", 500_800, 3_800_000, "已建"],
    ["R4", "四号院", 400, "不详", 503_000, 3_800_000, "—"],
    ["R5", "五号院", "0.05万户", 50, 509_000, 3_800_000, "已建"],
    ["合计", None, 1500, 150, None, None, None],
    ["注：数据由街道填报"],
]
MERGED = ["A1:G1", "A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:G3"]
SWAPS = [
    (
        'path = "residences.csv"\nx = "东"\ny = "北"',
        'path = "小区.xlsx"\nx = "位置/东"\ny = "位置/北"',
    ),
    ('households = "户数"', 'households = "规模/户数"'),
    ('elders = "老人"', 'elders = "规模/老人"'),
]


def survey(folder, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for area in MERGED:
        book.active.merge_cells(area)
    book.save(folder / "小区.xlsx")


def mended():
    rows = [list(row) for row in SURVEY]
    rows[6][3] = "30人"
    return rows


def test_the_figures_of_a_survey(make):
    folder = make(*SWAPS)
    survey(folder, mended())
    opened = open_project(folder)
    found = opened.city.residences
    assert found["id"].tolist() == ["R1", "R2", "R3", "R4", "R5"]
    assert found["households"].tolist() == [100, 200, 300, 400, 500]
    assert found["elders"].tolist()[:3] == [10, 20, 30]
    assert found["elders"].isna().tolist() == [False, False, False, True, False]
    assert found["status"].tolist() == ["existing"] * 3 + [None, "existing"]
    assert found["row"].tolist() == [4, 5, 7, 8, 9]
    choice = next(c for c in opened.reading_choices if c["layer"] == "residences")
    said = {(one["message"], one["column"]): one["rows"] for one in choice["readings"]}
    assert said == {
        ("header_rows", None): [2, 3],
        ("rows_total", None): [6, 10],
        ("rows_note", None): [11],
        ("approximate", "规模/户数（户）"): [7],
        ("approximate", "规模/老人"): [4],
        ("unknown", "规模/老人"): [8],
        ("unknown", "状态"): [8],
        ("unit_of_cell", "规模/户数（户）"): [9],
    }


def test_text_that_is_no_figure_names_its_row_and_value(make, refused):
    folder = make(*SWAPS)
    survey(folder, SURVEY)
    rows = {"zh": "第 7 行", "en": "row 7"}
    refused(folder, 3, "小区.xlsx", "规模/老人", "三十", rows)


def test_what_was_read_is_said_and_kept(make, tmp_path, capsys):
    folder = make(*SWAPS)
    survey(folder, mended())
    out = tmp_path / "out"
    for lang, words in (("zh", "大约数"), ("en", '"about"')):
        assert run_command_line(["run", str(folder), "--out", str(out), "--lang", lang]) == 0
        assert words in capsys.readouterr().err
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert any(choice.get("readings") for choice in manifest["reading"])


def test_a_missing_column_is_proposed_by_its_alias(make, refused):
    folder = make(
        ('kind = "类型"\n', ""),
        facilities__csv="编号,名称,设施类型,状态,面积,床位,经度,纬度,服务小区\n"
        "F1,一站,居家养老服务站点,运营,200,0,113.98,34.327,R1\n",
    )
    refused(folder, 3, "facilities.csv", "设施类型", 'kind = "设施类型"')


def test_mu_and_square_metres_in_one_column(make):
    folder = make(
        facilities__csv="编号,名称,类型,状态,面积,床位,经度,纬度,服务小区\n"
        "F1,一站,居家养老服务站点,运营,0.3亩,0张,113.98,34.327,R1\n"
        "F2,二站,居家养老服务站点,运营,约300㎡,—,113.98,34.327,R1\n",
    )
    found = open_project(folder).city.facilities
    assert found["floor_area_m2"].tolist() == pytest.approx([200, 300])
    assert found["beds"].isna().tolist() == [False, True]


def test_gbk_is_read_and_said(make, capsys, tmp_path):
    folder = make()
    path = folder / "facilities.csv"
    path.write_bytes(path.read_bytes().decode().encode("gbk"))
    assert run_command_line(["run", str(folder), "--out", str(tmp_path / "o"), "--lang", "zh"]) == 0
    assert "facilities.csv：文件没有写明编码，文字按 gb18030 读取" in capsys.readouterr().err


def test_a_drawing_as_a_layer(make):
    clean = make(name="clean") / "facilities.csv"
    folder = make(
        (
            'path = "residences.csv"\nx = "东"\ny = "北"',
            'path = "红线.dxf"\nlayer = "小区红线"',
        ),
        ('id = "编号"\nname = "名称"\nhouseholds = "户数"\nelders = "老人"\nstatus = "状态"',
         'id = "handle"\nname = "text"'),
    )  # fmt: skip
    (folder / "facilities.csv").write_bytes(clean.read_bytes().replace(b",R1", b",100"))
    (folder / "红线.dxf").write_bytes(drawing(["一号院", "二号院"]).encode("gbk"))
    found = open_project(folder).city.residences
    assert found["name"].tolist() == ["一号院", "二号院"]
    assert found.geom_type.tolist() == ["Polygon", "Polygon"]


def test_a_geodatabase_as_a_layer(make, tmp_path):
    folder = make(
        ('path = "residences.csv"\nx = "东"\ny = "北"\ncrs = "EPSG:4547"', 'path = "数据.gdb"'),
    )
    clean = open_project(make(name="clean"))
    frame = clean.city.residences[["id", "name", "households", "elders", "status", "geometry"]]
    frame.columns = ["编号", "名称", "户数", "老人", "状态", "geometry"]
    pyogrio.write_dataframe(frame, folder / "数据.gdb", layer="a", driver="OpenFileGDB")
    opened = open_project(folder)
    assert opened.city.residences["households"].tolist() == [100, 200, 300, 400, 500]
    assert any(name.startswith("数据.gdb/") for name in opened.inputs)
    out = tmp_path / "out"
    assert run_command_line(["run", str(folder), "--out", str(out)]) == 0
