"""Files that contradict what they say of themselves are refused with the place."""

import struct

import pytest
from damage import estates, grid

from facilityplan.errors import SourceLimitError, UnreadableSourceError
from facilityplan.io.raster import read_population
from facilityplan.io.table import read_table
from facilityplan.io.vector import read_vector


@pytest.fixture
def shapes(tmp_path):
    estates().to_file(tmp_path / "a.shp", encoding="gb18030")
    return tmp_path / "a.shp"


def spoil(path, at, raw):
    content = bytearray(path.read_bytes())
    content[at : at + len(raw)] = raw
    path.write_bytes(content)


def record(path, number):
    """Return where the record of a number begins."""
    return struct.unpack_from(">I", path.with_suffix(".shx").read_bytes(), 100 + 8 * number)[0] * 2


def cell(path, column, row):
    """Return where a cell of the table begins, and its width."""
    raw = path.with_suffix(".dbf").read_bytes()
    begin, width = struct.unpack_from("<HH", raw, 8)
    sizes = [raw[at + 16] for at in range(32, begin - 1, 32)]
    return begin + row * width + 1 + sum(sizes[:column]), sizes[column]


def box(path):
    at = record(path, 4) + 12
    spoil(path, at, struct.pack("<d", struct.unpack_from("<d", path.read_bytes(), at)[0] - 1))


DAMAGE = {
    "number of a record": (lambda p: spoil(p, record(p, 1), b"\0\0\0\7"), "a.shp", (2,)),
    "length of a record": (lambda p: spoil(p, record(p, 1) + 4, b"\0\0\0\7"), "a.shp", (2,)),
    "type of a shape": (lambda p: spoil(p, record(p, 1) + 8, b"\3\0\0\0"), "a.shp", (2,)),
    "box of a shape": (box, "a.shp", (5,)),
    "mark of a row": (
        lambda p: spoil(p.with_suffix(".dbf"), cell(p, 0, 3)[0] - 1, b"x"),
        "a.dbf",
        (4,),
    ),
    "letters in a number": (
        lambda p: spoil(p.with_suffix(".dbf"), cell(p, 2, 3)[0] + 2, b"x"),
        "a.dbf",
        (4,),
    ),
    "zeros in a text": (
        lambda p: spoil(p.with_suffix(".dbf"), cell(p, 0, 5)[0], b"\0"),
        "a.dbf",
        (6,),
    ),
    "a sign in a text": (
        lambda p: spoil(p.with_suffix(".dbf"), cell(p, 0, 5)[0], b"\x07"),
        "a.dbf",
        (6,),
    ),
    "width of a column": (lambda p: spoil(p.with_suffix(".dbf"), 32 + 16, b"\x09"), "a.dbf", ()),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_shapefile(shapes, refused, name):
    damage, file, rows = DAMAGE[name]
    read_vector(shapes)
    damage(shapes)
    with pytest.raises(UnreadableSourceError) as caught:
        read_vector(shapes)
    assert (caught.value.file, caught.value.rows) == (file, rows)
    refused(caught, caught.value.message)


def test_shapefile_with_deleted_rows_is_read(shapes):
    spoil(shapes.with_suffix(".dbf"), cell(shapes, 0, 3)[0] - 1, b"*")
    assert "R003" not in read_vector(shapes).frame["编号"].tolist()


def test_a_strip_with_another_sum(tmp_path, refused):
    path = tmp_path / "a.tif"
    grid(path)
    read_population(path, "persons")
    raw = path.read_bytes()
    spoil(path, len(raw) - 4, bytes(byte ^ 1 for byte in raw[-4:]))
    with pytest.raises(UnreadableSourceError) as caught:
        read_population(path, "persons")
    refused(caught, "raster_sums")


def test_damaged_utf8_is_not_taken_for_gbk(tmp_path, refused):
    path = tmp_path / "a.csv"
    raw = bytearray("编号,名称\n1,东风小区\n2,和平小区\n".encode())
    raw[raw.index("和".encode()) + 1] ^= 0x40
    path.write_bytes(raw)
    with pytest.raises(UnreadableSourceError) as caught:
        read_table(path)
    refused(caught, "source_damaged_utf8")
    assert caught.value.rows == (3,)
    path.write_bytes("编号,名称\n1,东风小区\n2,和平小区\n".encode("gb18030"))
    assert read_table(path).encoding == "gb18030"


def test_a_table_cut_in_its_last_line(tmp_path, refused):
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n1,2,3\n4,5", encoding="utf-8")
    with pytest.raises(UnreadableSourceError) as caught:
        read_table(path)
    refused(caught, "table_cut")
    path.write_text("a,b,c\n1,2,3\n4,5,6", encoding="utf-8")
    assert len(read_table(path).frame) == 2


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"FeatureCollection","features":' + "[" * 40 + "]" * 40 + "}",
        "<kml>" + "<Folder>" * 40 + "</Folder>" * 40 + "</kml>",
    ],
)
def test_too_deep(tmp_path, refused, text):
    path = tmp_path / "a.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceLimitError) as caught:
        read_vector(path)
    refused(caught, "source_too_deep")


def test_brackets_in_texts_are_no_depth(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":"'
        + "[{" * 50
        + '\\"["},"geometry":{"type":"Point","coordinates":[113.6,34.7]}}]}',
        encoding="utf-8",
    )
    assert len(read_vector(path).frame) == 1
