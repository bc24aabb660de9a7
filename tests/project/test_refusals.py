"""One clear message with file, row and remedy for whatever is off, exit code 3 or 4, no output."""

import os
import subprocess
import sys

import pytest

from facilityplan.locale import text


def fix(message, **parameters):
    """Return the remedy of an error by language; an empty parameter matches nothing in full."""
    return {lang: text(f"error.{message}.fix", lang, **parameters) for lang in ("zh", "en")}


CELLS = [
    ("negative households", 4, ",300,", ",-300,", "户数", "-300", "bad_count"),
    ("words for a number", 4, ",300,", ",三百来户,", "户数", "三百来户", "figure_text"),
    ("a broken household", 3, ",200,", ",200.5,", "户数", "200.5", "bad_count"),
    ("braces", 3, ",200,", ",{0}{fix},", "户数", "{0}{fix}", "figure_text"),
    ("id left empty", 4, "R3,", ",", "编号", "residences", "blank_cell"),
    ("no coordinate", 6, ",509000,", ",,", "东", "residences.csv", "table_bad_coordinate"),
    ("degrees in words", 6, ",509000,", ",114°E,", "东", "residences.csv", "table_bad_coordinate"),
    ("infinite", 6, ",509000,", ",inf,", "东", "residences.csv", "table_bad_coordinate"),
]


@pytest.mark.parametrize("case", [case[1:] for case in CELLS], ids=[case[0] for case in CELLS])
def test_a_cell(make, edited, refused, rows, case):
    line, old, new, column, found, message = case
    folder = make(residences__csv=edited(line, old, new))
    refused(folder, 3, "residences.csv", column, found, rows(line), fix(message))


def test_duplicate_ids_name_all_rows(make, edited, refused, rows):
    folder = make(residences__csv=edited(4, "R3", "R2"))
    refused(folder, 3, "residences.csv", "编号", "R2", rows(3, 4), fix("duplicate_id"))


def test_unknown_status_lists_what_may_stand(make, edited, refused, rows):
    folder = make(residences__csv=edited(5, "已建", "旧"))
    refused(folder, 3, "residences.csv", "状态", "旧", "new（新建）", rows(5))


def test_unknown_kind(make, refused, rows):
    spoilt = (
        "编号,名称,类型,状态,面积,床位,经度,纬度,服务小区\nF1,一站,超市,运营,1,0,113.98,34.327,\n"
    )
    refused(make(facilities__csv=spoilt), 3, "facilities.csv", "类型", "超市", "养老院", rows(2))


FILES = [
    ("layer file absent", ("residences.csv", "houses.csv"), 3, ["houses.csv"], "file_not_found"),
    ("a folder", ('"residences.csv"', '"."'), 3, [], "source_is_folder"),
    (
        "no such column",
        ('"户数"', '"总户数"'),
        3,
        ["residences.csv", "总户数", "老人"],
        None,
    ),
    ("no such x", ('x = "东"', 'x = "经"'), 3, ["residences.csv", "经", "东"], "table_no_such_column"),
    ("x without y", ('y = "北"\n', ""), 3, ["project.toml", "residences"], "project_xy"),
    (
        "swapped",
        ('x = "东"\ny = "北"', 'x = "北"\ny = "东"'),
        3,
        ["residences.csv", "residences"],
        "crs_axes_swapped",
    ),
    (
        "swapped degrees",
        ('x = "经度"\ny = "纬度"', 'x = "纬度"\ny = "经度"'),
        3,
        ["facilities.csv", "facilities"],
        "crs_axes_swapped",
    ),
    ("datum not stated", ('datum = "wgs84"\n', ""), 3, ["facilities.csv"], "crs_missing"),
    (
        "unknown datum",
        ('"wgs84"', '"beijing54"'),
        3,
        ["facilities.csv", "beijing54", "gcj02"],
        "crs_unknown_datum",
    ),
    (
        "degrees said of metres",
        ('crs = "EPSG:4547"\n[layers.residences.c', 'datum = "wgs84"\n[layers.residences.c'),
        3,
        ["residences.csv"],
        None,
    ),
    (
        "project in degrees",
        ('crs = "EPSG:4547"\n[layers.residences]', 'crs = "EPSG:4490"\n[layers.residences]'),
        3,
        ["project.toml", "EPSG:4490"],
        "crs_geographic",
    ),
    (
        "project in Web Mercator",
        ('crs = "EPSG:4547"\n[layers.residences]', 'crs = "EPSG:3857"\n[layers.residences]'),
        3,
        ["project.toml", "EPSG:3857"],
        "crs_web_mercator",
    ),
    (
        "unknown standard",
        ("zhengzhou-2018-34", "beijing-2020-1"),
        4,
        ["beijing-2020-1", "xuchang-2022-33"],
        None,
    ),
    (
        "standards of two cities",
        ('["zhengzhou-2018-34"]', '["zhengzhou-2018-34", "jiyuan-2017-73"]'),
        4,
        ["zhengzhou-2018-34", "jiyuan-2017-73"],
        "standard_mixed_places",
    ),
    (
        "standard outside the folder",
        ("zhengzhou-2018-34", "../../secret"),
        4,
        ["../../secret"],
        None,
    ),
    ("no key to join by", ('"residences.csv"\n', '"residences.csv"\nattributes = "a.xlsx"\n'),
     3, ["project.toml"], "project_attributes_key"),
    ("no attributes file", ('"residences.csv"\n', '"residences.csv"\nattributes="a.xlsx"\nkey="编号"\n'),
     3, ["a.xlsx"], "file_not_found"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("swap", "code", "said", "message"), [case[1:] for case in FILES], ids=[c[0] for c in FILES]
)
def test_a_file(make, refused, swap, code, said, message):
    remedy = [] if message is None else [fix(message)]
    refused(make(swap), code, *said, *remedy)


def test_serves_an_unknown_residence(make, refused, rows):
    spoilt = (
        "编号,名称,类型,状态,面积,床位,经度,纬度,服务小区\n"
        "F1,一站,居家养老服务站点,运营,200,0,113.98,34.327,R1\n"
        "F2,二站,居家养老服务站点,运营,200,0,113.98,34.328,R1；R9\n"
    )
    folder = make(facilities__csv=spoilt)
    refused(folder, 3, "facilities.csv", "服务小区", "R9", rows(3), fix("unknown_reference"))


@pytest.mark.parametrize("layer", ["residences", "facilities"])
def test_empty_layers(make, refused, layer):
    folder = make()
    path = folder / f"{layer}.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    refused(folder, 3, f"{layer}.csv", layer, "may_be_empty = true", fix("layer_empty"))
    path.write_bytes(b"")
    refused(folder, 3, f"{layer}.csv", fix("source_empty"))


def test_one_id_in_two_files(make, refused, rows):
    second = """\
[[layers.residences]]
path = "more.csv"
x = "东"
y = "北"
crs = "EPSG:4547"
columns = { id = "编号", households = "户数", status = "状态" }
"""
    more = "编号,户数,东,北,状态\nR8,1,500000,3800000,已建\nR2,1,500000,3800000,已建\n"
    folder = make(
        ("[layers.residences]", "[[layers.residences]]"),
        more=second,
        more__csv=more,
    )
    refused(folder, 3, "more.csv", "编号", "R2", rows(3), fix("id_in_two_files"))


@pytest.mark.parametrize(
    ("lang", "swap", "code", "said"),
    [
        ("zh", ("residences.csv", "houses.csv"), 3, "houses.csv"),
        ("en", ("zhengzhou-2018-34", "nowhere-2020-1"), 4, "nowhere-2020-1"),
    ],
)
def test_as_a_command(make, tmp_path, lang, swap, code, said):
    done = subprocess.run(
        [sys.executable, "-m", "facilityplan", "run", make(swap), "--out", tmp_path / "out"],
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        env={**os.environ, "FACILITYPLAN_LANG": lang, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == code
    assert said in done.stderr
    assert ("处理办法：" if lang == "zh" else "What to do: ") in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()


def test_a_grid_that_is_not_there(make, refused):
    more = '[rasters.population]\npath = "nowhere.tif"\nunit = "persons"\n'
    refused(make(more=more), 3, "nowhere.tif")
