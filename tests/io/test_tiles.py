"""Tiles of local files: which are taken, how large they may be, and every way they can be off."""

import gzip
import io
import math
import sqlite3

import numpy as np
import pytest
import rasterio
from PIL import Image
from pmtiles.tile import Compression, Entry, TileType, serialize_directory
from tile_files import picture, places, world, write_mbtiles, write_pmtiles

from facilityplan.errors import InputError, SourceLimitError, UnreadableSourceError
from facilityplan.io.tiles import origin_of, read_tiles, tile_range

BOX = (113.99, 34.31, 114.04, 34.35)
WIDE = (113.95, 34.28, 114.08, 34.38)
ZOOMS = range(10, 17)
ROOM = 8_000_000
WRITERS = {"mbtiles": write_mbtiles, "pmtiles": write_pmtiles}


@pytest.fixture(scope="module")
def drawn():
    # The ground of each tile tells which it is.
    return {
        at: picture(*at, ground=(at[0], at[1] % 256, at[2] % 256)) for at in places(ZOOMS, WIDE)
    }


@pytest.fixture(params=["mbtiles", "pmtiles"])
def kind(request):
    return request.param


@pytest.fixture
def written(tmp_path, drawn, kind):
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](path, drawn)
    return path


def test_the_tiles_over_the_place_and_no_others(written, kind, drawn):
    tiles = read_tiles(written, kind, BOX, ROOM)
    # The closest level on two tiles a side is the first.
    spread = {
        zoom: {(x, y) for z, x, y in places([zoom], BOX) if z == zoom} for zoom in range(8, 17)
    }
    fits = [
        zoom
        for zoom, held in spread.items()
        if max(x for x, _ in held) - min(x for x, _ in held) < 2
        and max(y for _, y in held) - min(y for _, y in held) < 2
    ]
    assert tiles.min_zoom == max(fits)
    assert tiles.max_zoom == 16
    wanted = set(places(range(max(fits), 17), BOX))
    assert set(tiles.places) == wanted
    for at, number in tiles.places.items():
        assert tiles.pictures[number] == ("image/png", drawn[at])


def test_as_many_levels_as_fit(written, kind, drawn):
    whole = read_tiles(written, kind, BOX, ROOM)
    taken = []
    for zoom in range(whole.min_zoom, 17):
        size = sum(
            math.ceil(len(drawn[at]) / 3) * 4 for at in places(range(whole.min_zoom, zoom + 1), BOX)
        )
        # what stands beside the pictures is little
        tiles = read_tiles(written, kind, BOX, int(size * 1.1) + 300)
        assert size <= tiles.page_bytes <= size * 1.1 + 300
        taken.append(tiles.max_zoom)
    assert taken == list(range(whole.min_zoom, 17))


def test_too_large_at_the_first_level(written, kind):
    with pytest.raises(SourceLimitError) as refused:
        read_tiles(written, kind, BOX, 100)
    assert refused.value.message == "tiles_too_large"


def test_one_picture_is_held_once(tmp_path, kind):
    sea = picture(1, 0, 0)
    path = tmp_path / f"sea.{kind}"
    WRITERS[kind](path, dict.fromkeys(places(ZOOMS, WIDE), sea))
    tiles = read_tiles(path, kind, BOX, ROOM)
    assert tiles.pictures == (("image/png", sea),)
    assert set(tiles.places.values()) == {0}


@pytest.mark.parametrize(("form", "media"), [("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_other_pictures(tmp_path, kind, form, media):
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](path, {at: picture(*at, kind=form) for at in places([13, 14], BOX)})
    assert {name for name, _ in read_tiles(path, kind, BOX, ROOM).pictures} == {media}


def test_a_file_that_begins_further_in(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](path, {at: picture(*at) for at in places([15, 16], BOX)})
    tiles = read_tiles(path, kind, BOX, ROOM)
    assert (tiles.min_zoom, tiles.max_zoom) == (15, 16)


def refusal(path, kind, box=BOX):
    with pytest.raises(InputError) as refused:
        read_tiles(path, kind, box, ROOM)
    for lang in ("zh", "en"):
        assert path.name in refused.value.render(lang)
    return refused.value.message


def test_nothing_there(written, kind):
    assert refusal(written, kind, (120.0, 30.0, 120.1, 30.1)) == "tiles_none_here"


def test_vector_tiles(tmp_path, kind):
    packed = dict.fromkeys(places([13, 14], BOX), gzip.compress(b"\x1a\x02hi"))
    path = tmp_path / f"a.{kind}"
    if kind == "mbtiles":
        write_mbtiles(path, packed, form="pbf")
    else:
        write_pmtiles(path, packed, TileType.MVT, Compression.GZIP)
    assert refusal(path, kind) == "tiles_vector"
    # Also where the file says that they are pictures.
    WRITERS[kind](tmp_path / f"b.{kind}", packed)
    assert refusal(tmp_path / f"b.{kind}", kind) == "tiles_vector"


def test_something_else(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](path, dict.fromkeys(places([13, 14], BOX), b"<svg onload='alert(1)'/>"))
    assert refusal(path, kind) == "tiles_not_pictures"


def test_no_such_file(tmp_path, kind):
    with pytest.raises(UnreadableSourceError) as refused:
        read_tiles(tmp_path / "none", kind, BOX, ROOM)
    assert refused.value.message == "file_not_found"
    assert list(tmp_path.iterdir()) == []


def test_not_that_kind_of_file(written, kind):
    other = {"mbtiles": "pmtiles", "pmtiles": "mbtiles"}[kind]
    assert refusal(written, other) == "tiles_broken"


def test_every_way_of_damage_is_told(written, kind, tmp_path):
    whole = written.read_bytes()
    spoiled = tmp_path / f"spoiled.{kind}"
    step = len(whole) // 30
    told = 0
    for at in [*range(0, 140, 9), *range(0, len(whole), step)]:
        for content in (whole[:at], whole[:at] + b"\xff" * 40 + whole[at + 40 :]):
            spoiled.write_bytes(content)
            try:
                tiles = read_tiles(spoiled, kind, BOX, ROOM)
            except InputError:
                told += 1
            else:
                assert all(media.startswith("image/") for media, _ in tiles.pictures)
    assert told > 20


def test_nothing_is_written_beside_the_file(written, kind, tmp_path):
    before = written.read_bytes()
    read_tiles(written, kind, BOX, ROOM)
    assert [path.name for path in tmp_path.iterdir()] == [written.name]
    assert written.read_bytes() == before


def test_a_view_that_counts_for_ever(tmp_path):
    path = tmp_path / "a.mbtiles"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE metadata (name text, value text)")
        base.execute(
            "CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " SELECT 13 AS zoom_level, -i AS tile_column, -i AS tile_row, x'00' AS tile_data FROM n"
        )
    base.close()
    assert refusal(path, "mbtiles") == "tiles_broken"


@pytest.mark.parametrize(
    "directory",
    [
        gzip.compress(b"\0" * 50_000_000),
        gzip.compress(b"") + gzip.compress(b"\0" * 50_000_000),
        gzip.compress(b"\x01" + b"\xff" * 1_000_000),
        serialize_directory([Entry(0, 0, 30, 0)]),  # a leaf that is itself
    ],
    ids=["bomb", "second member", "endless number", "circle"],
)
def test_a_directory_made_to_do_harm(tmp_path, drawn, directory):
    path = tmp_path / "a.pmtiles"
    write_pmtiles(path, drawn)
    held = bytearray(path.read_bytes())
    start = len(held)
    held[8:16] = start.to_bytes(8, "little")
    held[16:24] = len(directory).to_bytes(8, "little")
    held[40:48] = start.to_bytes(8, "little")
    if directory == serialize_directory([Entry(0, 0, 30, 0)]):
        directory = serialize_directory([Entry(0, 0, len(directory), 0)])
        held[16:24] = len(directory).to_bytes(8, "little")
    path.write_bytes(bytes(held) + directory)
    assert refusal(path, "pmtiles") == "tiles_broken"


def test_a_version_that_is_older(tmp_path, drawn):
    path = tmp_path / "a.pmtiles"
    write_pmtiles(path, drawn)
    held = bytearray(path.read_bytes())
    held[7] = 2
    path.write_bytes(held)
    assert refusal(path, "pmtiles") == "tiles_version"


def test_the_range_is_that_of_the_textbook():
    for zoom in (0, 5, 13, 18):
        tiles = tile_range(zoom, BOX)
        if zoom < 18:
            assert {(zoom, x, y) for x in range(tiles.west, tiles.east + 1)
                    for y in range(tiles.north, tiles.south + 1)} == set(places([zoom], BOX))  # fmt: skip
        assert len(tiles) == (tiles.east - tiles.west + 1) * (tiles.south - tiles.north + 1)
    world = tile_range(3, (-180, -90, 180, 90))
    assert len(world) == 64


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("http://gis.office/{z}/{x}/{y}", "http://gis.office"),
        ("HTTPS://GIS.Office:8443/a?x={x}", "https://gis.office:8443"),
        ("http://10.0.0.7:80/t", "http://10.0.0.7:80"),
        ("http://例子.example/t", "http://xn--fsqu00a.example"),
    ],
)
def test_origins(address, origin):
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    "address",
    ["ftp://a/b", "//a/b", "a/b", "http://", "http://u:p@a/", "http://[::1]/", "http://a:x/",
     "http://a;b/", "http://a*/", "javascript:alert(1)", "file:///etc"],
)  # fmt: skip
def test_no_origin(address):
    with pytest.raises(ValueError):
        origin_of(address)


def test_what_another_program_wrote(tmp_path):
    # GDAL cuts the tiles and counts the rows: a mark must be where the textbook has it.
    lon, lat, zoom = 114.0092, 34.3304, 15
    half = 6378137 * math.pi
    step = 2 * half / 256 / 2**zoom
    left, top = (value * step for value in world(113.97, 34.36, zoom))
    x, y = (value * step for value in world(lon, lat, zoom))
    pixels = np.full((3, 1600, 2400), 200, dtype=np.uint8)
    row, column = int((y - top) / step), int((x - left) / step)
    pixels[1:, row - 1 : row + 2, column - 1 : column + 2] = 0
    path = tmp_path / "gdal.mbtiles"
    place = rasterio.Affine(step, 0, left - half, 0, -step, half - top)
    form = {"driver": "MBTiles", "width": 2400, "height": 1600, "count": 3, "dtype": "uint8"}
    with rasterio.open(path, "w", crs="EPSG:3857", transform=place, **form) as written:
        written.write(pixels)
    tiles = read_tiles(path, "mbtiles", (113.99, 34.32, 114.02, 34.35), ROOM)
    assert tiles.max_zoom == zoom
    across, down = world(lon, lat, zoom)
    content = tiles.pictures[tiles.places[zoom, int(across // 256), int(down // 256)]][1]
    image = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
    marked = np.argwhere(image[:, :, 0] - image[:, :, 1] > 100) + 0.5
    assert np.abs(marked.mean(axis=0) - [down % 256, across % 256]).max() <= 1
