"""Files made to do harm: each refused in one message, in under a second and 300 MB."""

import io
import sqlite3
import struct
import zipfile
import zlib

import pytest
from bombs import tiff

LIMIT_MB = 300
VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{}</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)
CONTENT = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"/>'
)
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    "{}</sheetData></worksheet>"
)
ROW = '<row r="{0}"><c r="{1}{0}"><v>1</v></c></row>'


def with_sheet(bases, sheet):
    """Return the good workbook with another sheet."""
    folder, _ = bases
    out = io.BytesIO()
    with (
        zipfile.ZipFile(folder / "a.xlsx") as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, sheet if "sheet1" in name else source.read(name))
    return out.getvalue()


def feature(geometry, properties="{}"):
    return (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":'
        f'{properties},"geometry":{geometry}}}]}}'
    ).encode()


def collections(levels):
    inner = '{"type":"Point","coordinates":[113.6,34.7]}'
    for _ in range(levels):
        inner = f'{{"type":"GeometryCollection","geometries":[{inner}]}}'
    return inner


def folders(levels):
    place = "<Placemark><Point><coordinates>113,34</coordinates></Point></Placemark>"
    inner = "<Folder>" * levels + place + "</Folder>" * levels
    return (
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inner}</Document></kml>'.encode()
    )


def laughs(root, count=12):
    entities = '<!ENTITY a0 "haha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, count)
    )
    return f"<!DOCTYPE x [{entities}]>{root}".encode()


def block(kind, raw, claimed=None):
    """Return a block of a PBF file whose content is packed."""
    packed = zlib.compress(raw, 9)
    size = number(len(raw) if claimed is None else claimed)
    blob = b"\x10" + size + b"\x1a" + number(len(packed)) + packed
    head = b"\x0a" + number(len(kind)) + kind + b"\x18" + number(len(blob))
    return struct.pack(">I", len(head)) + head + blob


def number(value):
    out = b""
    while True:
        value, low = value >> 7, value & 0x7F
        out += bytes([low | (0x80 if value else 0)])
        if not value:
            return out


def pbf(*blocks):
    header = block(b"OSMHeader", b"\x22\x0eOsmSchema-V0.6\x22\x0aDenseNodes")
    return header + b"".join(blocks)


def dbf(count=2**31, width=65_535, start=33):
    head = struct.pack("<BBBBIHH", 3, 124, 1, 1, count, start, width)
    return head.ljust(32, b"\0") + b"\r" + b"\x1a"


def shape(kind=5, parts=2**31 - 1, points=2**31 - 1):
    body = struct.pack("<i4dii", kind, 0, 0, 1, 1, parts, points)
    record = struct.pack(">ii", 1, len(body) // 2) + body
    words = (100 + len(record)) // 2
    head = struct.pack(">i20xi", 9994, words) + struct.pack("<ii8d", 1000, kind, *([0.0] * 8))
    index = struct.pack(">i20xi", 9994, 54) + head[28:] + struct.pack(">ii", 50, len(body) // 2)
    return head + record, index


def package(*statements):
    """Return a function that runs statements on the good GeoPackage."""

    def make(bases, tmp_path):
        folder, _ = bases
        path = tmp_path / "made.gpkg"
        path.write_bytes((folder / "a.gpkg").read_bytes())
        base = sqlite3.connect(path)
        base.create_function("ST_IsEmpty", 1, lambda _: 0)
        for name in ("MinX", "MaxX", "MinY", "MaxY"):
            base.create_function(f"ST_{name}", 1, lambda _: 0.0)
        base.execute("PRAGMA writable_schema=ON")
        for statement in statements:
            base.execute(statement)
        base.commit()
        base.close()
        return path.read_bytes()

    return make


ENDLESS = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT"
    " x AS fid, NULL AS geom, 'R' || x AS 编号, '' AS 名称, 1 AS 户数, 1 AS 老人, '已建' AS 状态 FROM n"
)


def nested_zip(levels):
    raw = bytes(10_000_000)
    for _ in range(levels):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.xml", raw)
        raw = out.getvalue()
    return raw


def zeros(size):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(size // 2**20):
                part.write(bytes(2**20))
    return out.getvalue()


def lying(raw):
    """Return an archive that says that each part unpacks to a byte."""
    raw = bytearray(raw)
    for sign, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        begin = -1
        while (begin := raw.find(sign, begin + 1)) >= 0:
            raw[begin + at : begin + at + 4] = struct.pack("<I", 1)
    return bytes(raw)


# Name of the file, as which format it is read, and its content or what makes it.
HOSTILE = {
    "workbook of one cell in the last corner": (
        "a.xlsx",
        "xlsx",
        lambda b, _: with_sheet(b, SHEET.format(ROW.format(1048576, "XFD"))),
    ),
    "workbook of a cell in the last row": (
        "a.xlsx",
        "xlsx",
        lambda b, _: with_sheet(b, SHEET.format(ROW.format(1, "A") + ROW.format(1048576, "ZZ"))),
    ),
    "workbook of a cell beyond every row": (
        "a.xlsx",
        "xlsx",
        lambda b, _: with_sheet(b, SHEET.format(ROW.format(999999999, "A"))),
    ),
    "workbook with laughs": (
        "a.xlsx",
        "xlsx",
        lambda b, _: with_sheet(b, laughs("<worksheet>&a11;</worksheet>")),
    ),
    "workbook nested without end": (
        "a.xlsx",
        "xlsx",
        lambda b, _: with_sheet(b, b"<worksheet>" * 400_000),
    ),
    "workbook of a quarter of a gigabyte of zeros": ("a.xlsx", "xlsx", lambda *_: zeros(2**28)),
    "workbook that lies about its size": ("a.xlsx", "xlsx", lambda *_: lying(zeros(2**26))),
    "zip in zip": ("a.xlsx", "xlsx", lambda *_: nested_zip(6)),
    "zip bomb named csv": ("a.csv", "csv", lambda *_: zeros(2**26)),
    "zip bomb named geojson": ("a.geojson", "geojson", lambda *_: zeros(2**26)),
    "zip bomb named tif": ("a.tif", "tif", lambda *_: zeros(2**26)),
    "virtual layer named geojson": ("a.geojson", "geojson", VRT.format("/etc/passwd").encode()),
    "virtual layer named kml": ("a.kml", "kml", VRT.format("secret.csv").encode()),
    "virtual layer named gpkg": ("a.gpkg", "gpkg", VRT.format("/vsicurl/http://a.b/c").encode()),
    "virtual layer named shp": ("a.shp", "shp", VRT.format("b.shp").encode()),
    "virtual raster named tif": ("a.tif", "tif", b'<VRTDataset rasterXSize="9" rasterYSize="9"/>'),
    "wms named tif": ("a.tif", "tif", b"<GDAL_WMS><Service/></GDAL_WMS>"),
    "collections 42 deep": ("a.geojson", "geojson", feature(collections(42))),
    "collections 5000 deep": ("a.geojson", "geojson", feature(collections(5000))),
    "properties 42 deep": (
        "a.geojson",
        "geojson",
        feature("null", '{"a":' * 42 + "1" + "}" * 42),
    ),
    "coordinates 100000 deep": (
        "a.geojson",
        "geojson",
        feature('{"type":"Polygon","coordinates":' + "[" * 100_000),
    ),
    "folders 42 deep": ("a.kml", "kml", folders(42)),
    "folders 100000 deep": ("a.kml", "kml", folders(100_000)),
    "kml with laughs": ("a.kml", "kml", laughs("<kml>&a11;</kml>")),
    "kml with a link": (
        "a.kml",
        "kml",
        b"<kml><NetworkLink><Link><href>http://a.b/</href></Link></NetworkLink></kml>",
    ),
    "osm with laughs": ("a.osm", "osm", b"<osm>" + laughs("</osm>")),
    "osm with laughs far in": (
        "a.osm",
        "osm",
        b"<!--" + b" " * 9000 + b"--><osm>" + laughs("&a11;"),
    ),
    "osm nested without end": ("a.osm", "osm", b"<osm version='0.6'>" + b"<way>" * 300_000),
    "numbers without end": (
        "a.geojson",
        "geojson",
        feature('{"type":"Point","coordinates":[1e999,-1e999]}'),
    ),
    "a number of a million digits": (
        "a.geojson",
        "geojson",
        feature('{"type":"Point","coordinates":[' + "9" * 10**6 + ",1]}"),
    ),
    "geojson of nothing": ("a.geojson", "geojson", feature("null")),
    "dbf of two thousand million rows": ("a.dbf", "shp", dbf()),
    "dbf without columns": ("a.dbf", "shp", dbf(count=1, width=1)),
    "shape of two thousand million points": ("a.shp", "shp", shape()[0]),
    "csv of a million columns": ("a.csv", "csv", b"a," * 10**6),
    "csv with a quote that never ends": ("a.csv", "csv", b'a,b\n"' + b"x" * 4_000_000),
    "csv of one line": ("a.csv", "csv", b"x" * 4_000_000),
    "csv of commas": ("a.csv", "csv", b",\n" * 200_000),
    "csv of zeros": ("a.csv", "csv", bytes(4_000_000)),
    "pbf whose blocks are zeros": (
        "a.osm.pbf",
        "pbf",
        pbf(*[block(b"OSMData", bytes(2**24))] * 40),
    ),
    "pbf that lies about its size": (
        "a.osm.pbf",
        "pbf",
        pbf(block(b"OSMData", bytes(2**20), 2**31 - 1)),
    ),
    "pbf with a head without end": ("a.osm.pbf", "pbf", pbf() + struct.pack(">I", 2**31 - 1)),
    "pbf of heads": ("a.osm.pbf", "pbf", pbf() * 20_000),
    "grid of fifty million cells in 142 bytes": ("a.tif", "tif", tiff(7000, 7000)),
    "grid of a row without end": ("a.tif", "tif", tiff(2**31 - 1, 1)),
    "grid without measure": ("a.tif", "tif", tiff(2**31 - 1, 2**31 - 1)),
    "grid of no cells": ("a.tif", "tif", tiff(0, 0)),
    "geopackage with a view without end": (
        "a.gpkg",
        "gpkg",
        package("ALTER TABLE estates RENAME TO t", f"CREATE VIEW estates AS {ENDLESS}"),
    ),
    "geopackage with a bomb of zeros": (
        "a.gpkg",
        "gpkg",
        package("UPDATE estates SET geom = zeroblob(900000)"),
    ),
    "geopackage of an extension": (
        "a.gpkg",
        "gpkg",
        package("UPDATE sqlite_schema SET sql = replace(sql, 'rtree', 'nomodule')"),
    ),
    "nothing but a magic number": ("a.gpkg", "gpkg", b"SQLite format 3\0"),
    "half a signature": ("a.shp", "shp", b"\0\0\x27\x0a"),
}


def lay(bases, tmp_path, name, content):
    """Put a hostile file among the other parts of a good one; return the file to read."""
    folder, files = bases
    target = tmp_path / "layer"
    target.mkdir()
    fmt = next((fmt for fmt, names in files.items() if name in names), None)
    for part in files.get(fmt, []):
        (target / part).write_bytes((folder / part).read_bytes())
    raw = content(bases, tmp_path) if callable(content) else content
    (target / name).write_bytes(raw)
    return target / files[fmt][0]


@pytest.mark.parametrize("case", HOSTILE)
def test_refused_at_once(bases, reader, tmp_path, case):
    name, fmt, content = HOSTILE[case]
    path = lay(bases, tmp_path, name, content)
    said = reader.ask(fmt, path)
    assert said["status"] == "refused", said
    assert said["cpu_s"] < 1, said
    assert said["peak_mb"] < LIMIT_MB, said
    assert str(tmp_path) not in said["text"]
