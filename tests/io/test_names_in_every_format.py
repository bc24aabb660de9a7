"""Twenty names, rare characters among them, through every encoding and format, and back."""

import os
import shutil
import subprocess
import zipfile

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
import shapely
import xlsxwriter
from drawings import drawing
from workbooks import xlsb_file

from facilityplan import files
from facilityplan.errors import InputError
from facilityplan.io.sheets import read_messy_table
from facilityplan.io.vector import read_vector

NAMES = [
    "郑州市金水区", "济源市沁园街道", "幸福家园（一期）", "阳光·花园", "龙湖国际①号院",
    "㐂乐苑", "𠮷祥村", "䶮城新区", "㙟塘里", "𬭎里社区",
    "鄠邑家园", "祿𫟹坊", "𪚥巷", "镕创国际", "喆苑",
    "囍园", "淼鑫焱", "㛃华里", "𣲗池新村", "〇八小区",
]  # fmt: skip
"""The sixth to the tenth and more are beyond GBK, several beyond 16 bits (extensions B to F)."""

ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "gbk"]


def in_gbk(name):
    try:
        name.encode("gbk")
    except UnicodeError:
        return False
    return True


def layer():
    points = [shapely.Point(500_000 + 10 * n, 3_880_000) for n in range(len(NAMES))]
    return gpd.GeoDataFrame({"名称": NAMES}, geometry=points, crs="EPSG:4547")


def names_of(vector, column="名称"):
    return vector.frame[column].tolist()


def test_the_names_are_worth_the_trouble():
    assert len(set(NAMES)) == 20
    assert sum(not in_gbk(name) for name in NAMES) >= 6
    assert sum(any(ord(sign) > 0xFFFF for sign in name) for name in NAMES) >= 4


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_csv(tmp_path, encoding):
    path = tmp_path / "a.csv"
    kept = [name for name in NAMES if encoding != "gbk" or in_gbk(name)]
    path.write_bytes("\r\n".join(["名称", *kept, ""]).encode(encoding))
    table = read_messy_table(path)
    assert table.frame["名称"].tolist() == kept
    assert table.encoding == {"gbk": "gb18030"}.get(encoding, encoding)
    assert read_messy_table(path, encoding=encoding).frame["名称"].tolist() == kept


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("marked", ["cpg", "ldid", "nothing"])
def test_shapefile(tmp_path, encoding, marked):
    kept = layer()
    kept = kept[[encoding != "gbk" or in_gbk(name) for name in kept["名称"]]]
    path = tmp_path / "a.shp"
    pyogrio.write_dataframe(kept, path, encoding=encoding.removesuffix("-sig"))
    if marked != "cpg":
        path.with_suffix(".cpg").unlink()
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    chinese = encoding in {"gb18030", "gbk"}
    table[29] = 0x4D if marked == "ldid" and chinese else 0
    path.with_suffix(".dbf").write_bytes(table)
    assert names_of(read_vector(path)) == kept["名称"].tolist()


def test_a_language_byte_or_cpg_that_lies_is_asked_about(tmp_path, refused):
    path = tmp_path / "a.shp"
    pyogrio.write_dataframe(layer(), path, encoding="utf-8")
    cpg = path.with_suffix(".cpg")
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0x4D
    path.with_suffix(".dbf").write_bytes(table)
    for said in (None, "GBK", "936", "Big5"):
        cpg.unlink(missing_ok=True)
        if said is not None:
            cpg.write_text(said)
        with pytest.raises(InputError) as caught:
            read_vector(path)
        refused(caught, "source_encoding_contradiction")
    assert names_of(read_vector(path, encoding="utf-8")) == NAMES


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.fgdb.gdb"])
def test_layers(tmp_path, name):
    path = tmp_path / name
    driver = {"gpkg": "GPKG", "geojson": "GeoJSON", "gdb": "OpenFileGDB"}[name.rpartition(".")[2]]
    pyogrio.write_dataframe(layer(), path, driver=driver)
    assert names_of(read_vector(path)) == NAMES


def test_geojson_in_gb18030(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_bytes(layer().to_json(ensure_ascii=False).encode("gb18030"))
    found = read_vector(path)
    assert names_of(found) == NAMES
    assert found.encoding == "gb18030"


@pytest.mark.parametrize("packed", [False, True])
def test_kml_and_kmz(tmp_path, packed):
    path = tmp_path / "a.kml"
    frame = layer().rename(columns={"名称": "Name"}).to_crs("EPSG:4326")
    pyogrio.write_dataframe(frame, path, driver="KML")
    if packed:
        with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
            archive.write(path, "doc.kml")
        path = tmp_path / "a.kmz"
    assert names_of(read_vector(path), "Name") == NAMES


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_drawing(tmp_path, encoding):
    path = tmp_path / "a.dxf"
    path.write_bytes(drawing(NAMES).encode(encoding))
    assert names_of(read_vector(path), "text") == NAMES


def test_xlsx(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        book.add_worksheet("名").write_column(0, 0, ["名称", *NAMES])
    assert read_messy_table(path).frame["名称"].tolist() == NAMES


def test_xlsb(tmp_path):
    path = xlsb_file(tmp_path / "a.xlsb", [["名称"], *[[name] for name in NAMES]])
    assert read_messy_table(path).frame["名称"].tolist() == NAMES


@pytest.mark.skipif(
    shutil.which("soffice") is None and os.environ.get("CI") != "true",
    reason="LibreOffice is not installed",
)
def test_xls_and_ods_of_libreoffice(tmp_path):
    book = openpyxl.Workbook()
    for cells in [["名称", "户数"], *[[name, n] for n, name in enumerate(NAMES)]]:
        book.active.append(cells)
    book.save(tmp_path / "a.xlsx")
    for ending in ("xls", "ods"):
        subprocess.run(
            ["soffice", f"-env:UserInstallation={(tmp_path / 'home').as_uri()}", "--headless",
             "--convert-to", ending, "--outdir", str(tmp_path), str(tmp_path / "a.xlsx")],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        table = read_messy_table(tmp_path / f"a.{ending}")
        assert table.frame["名称"].tolist() == NAMES
        assert table.frame["户数"].tolist() == list(range(len(NAMES)))


def test_our_csv_opens_in_excel_and_wps(tmp_path):
    """Both take UTF-8 only where it is marked."""
    path = tmp_path / "a.csv"
    files.write_csv(path, ["名称"], [[name] for name in NAMES])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert read_messy_table(path).frame["名称"].tolist() == NAMES


@pytest.mark.parametrize("name", ["目录", "茂盛", "丹", "摹"])
def test_short_names_that_are_also_utf8_are_asked_about(tmp_path, refused, name):
    path = tmp_path / "a.csv"
    path.write_bytes(f"id,name\n1,{name}\n".encode("gbk"))
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeError:
        assert read_messy_table(path).frame["name"].tolist() == [name]
        return
    with pytest.raises(InputError) as caught:
        read_messy_table(path)
    refused(caught, "source_encoding_doubtful")
    assert read_messy_table(path, encoding="gbk").frame["name"].tolist() == [name]
    assert read_messy_table(path, encoding="utf-8").frame["name"].tolist() != [name]
