"""Small files of every format, and seeded damage to them."""

import io
import random
import zipfile

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from osmium.osm import mutable

HERE = "EPSG:4547"
NAMES = [
    "东风",
    "和平",
    "朝阳",
    "建设",
    "文化",
    "人民",
    "新华",
    "解放",
    "幸福",
    "光明",
    "䶮园",
    "㙟里",
]
FORMATS = ("gpkg", "shp", "geojson", "kml", "csv", "xlsx", "pbf", "tif")


def estates():
    """Return forty estates of many corners, metres."""
    rng = np.random.default_rng(20260630)
    shapes = []
    for n in range(40):
        middle = np.array([455_000 + 900 * (n % 8), 3_845_000 + 900 * (n // 8)])
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 13)))
        far = rng.uniform(80, 220, len(angle))
        corners = middle + far[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        shapes.append(shapely.Polygon(corners))
    data = {
        "编号": [f"R{n:03d}" for n in range(40)],
        "名称": [f"{NAMES[n % 12]}小区{n}" for n in range(40)],
        "户数": rng.integers(80, 3000, 40),
        "老人": rng.integers(10, 70, 40),
        "状态": ["已建", "在建"] * 20,
    }
    return gpd.GeoDataFrame(data, geometry=shapes, crs=HERE)


def table():
    frame = estates()
    points = frame.geometry.centroid
    plain = pd.DataFrame(frame.drop(columns="geometry"))
    return plain.assign(东=points.x.round(2), 北=points.y.round(2))


def extract(path):
    """Write crossing streets as an OpenStreetMap extract."""
    rng = np.random.default_rng(3)
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        nodes = {}
        for i in range(12):
            for j in range(12):
                place = 113.5 + 0.004 * i + rng.uniform(0, 1e-3), 34.7 + 0.003 * j
                nodes[i, j] = 1 + 12 * i + j
                writer.add_node(mutable.Node(id=nodes[i, j], location=place))
        for i in range(12):
            for way, ids in (
                (100 + i, [nodes[i, j] for j in range(12)]),
                (200 + i, [nodes[j, i] for j in range(12)]),
            ):
                tags = {"highway": "residential", "name": f"{NAMES[i]}路"}
                writer.add_way(mutable.Way(id=way, nodes=ids, tags=tags))


def grid(path):
    import rasterio
    from rasterio.transform import from_origin

    cells = np.random.default_rng(4).uniform(0, 90, (60, 60)).astype(np.float32)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=60,
        height=60,
        count=1,
        dtype="float32",
        crs=HERE,
        transform=from_origin(455_000, 3_850_000, 100, 100),
        compress="deflate",
    ) as out:
        out.write(cells, 1)


def write_bases(folder):
    """Write one good file of each format; return the files of each."""
    frame = estates()
    frame.to_file(folder / "a.gpkg", layer="estates")
    frame.to_file(folder / "a.shp", encoding="gb18030")
    frame.to_crs(4326).to_file(folder / "a.geojson", driver="GeoJSON")
    frame.to_crs(4326).rename(columns={"名称": "Name"}).to_file(folder / "a.kml", driver="KML")
    table().to_csv(folder / "a.csv", index=False, encoding="utf-8")
    table().to_excel(folder / "a.xlsx", index=False)
    extract(folder / "a.osm.pbf")
    extract(folder / "a.osm")
    grid(folder / "a.tif")
    files = {fmt: [f"a.{fmt}"] for fmt in (*FORMATS, "osm")}
    files["pbf"] = ["a.osm.pbf"]
    files["shp"] = [f"a.{end}" for end in ("shp", "dbf", "shx", "prj", "cpg")]
    return files


def _place(rng, raw, most):
    size = rng.randint(1, max(1, min(most, len(raw))))
    return rng.randrange(max(1, len(raw) - size + 1)), size


def flip(rng, raw):
    for _ in range(int(2 ** rng.uniform(0, 6))):
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return raw


def cut(rng, raw):
    return raw[: rng.randrange(len(raw))]


def blank(rng, raw):
    at, size = _place(rng, raw, 512)
    raw[at : at + size] = bytes(size)
    return raw


def noise(rng, raw):
    at, size = _place(rng, raw, 512)
    raw[at : at + size] = rng.randbytes(size)
    return raw


def remove(rng, raw):
    at, size = _place(rng, raw, 512)
    del raw[at : at + size]
    return raw


def double(rng, raw):
    at, size = _place(rng, raw, 512)
    raw[at:at] = raw[at : at + size]
    return raw


def exchange(rng, raw):
    (one, size), (other, _) = _place(rng, raw, 64), _place(rng, raw, 64)
    piece = raw[one : one + size]
    raw[one : one + size] = raw[other : other + size]
    raw[other : other + size] = piece
    return raw


_WORDS = (
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x80\0\0\0",
    b"\0\0\0\x80",
    b"\0\0\0\0",
    b"\1\0\0\0",
    b"\0\0\0\1",
    b"\0\0\0\0\0\0\xf0\x7f",
    b"\0\0\0\0\0\0\xf8\x7f",
    b"1e999",
    b"NaN",
    b"-1",
    b"99999999999999999999",
    b"\xef\xbb\xbf",
    b"\0",
    b'"',
    b"<",
    b"&x;",
)


def extreme(rng, raw):
    """Put numbers without measure where numbers stand."""
    for _ in range(rng.randint(1, 4)):
        word = rng.choice(_WORDS)
        at = rng.randrange(len(raw))
        at -= at % rng.choice((1, 4, 8))
        raw[at : at + len(word)] = word
    return raw


def repeat(rng, raw):
    """Say one piece some thousand times over."""
    at, size = _place(rng, raw, 40)
    raw[at:at] = bytes(raw[at : at + size]) * rng.randint(100, 5000)
    return raw


def inside(rng, raw):
    """Damage one part of a zip archive and pack it anew, so that its sums tally."""
    source = zipfile.ZipFile(io.BytesIO(bytes(raw)))
    chosen = rng.choice(source.namelist())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name == chosen and part:
                part = bytes(rng.choice(DAMAGES)(rng, bytearray(part)))
            target.writestr(name, part)
    return bytearray(out.getvalue())


DAMAGES = (flip, flip, cut, blank, noise, remove, double, exchange, extreme, repeat)


def damaged(number, fmt, contents):
    """Return the files of a format with one damaged, by the number of the trial.

    Parameters
    ----------
    contents
        Bytes by file name, all files of one layer.
    """
    rng = random.Random(f"{fmt}-{number}")
    sizes = {name: len(raw) for name, raw in contents.items() if raw}
    name = rng.choices(list(sizes), [size + 200 for size in sizes.values()])[0]
    choices = (*DAMAGES, inside, inside) if fmt == "xlsx" else DAMAGES
    how = rng.choice(choices)
    spoilt = bytes(how(rng, bytearray(contents[name])))
    return {**contents, name: spoilt}, f"{how.__name__} {name}"
