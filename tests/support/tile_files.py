"""Tiles for tests: pictures with a mark at a place, a server of them, MBTiles and PMTiles files."""

import io
import math
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

GROUND, MARK = (214, 232, 205), (255, 0, 0)


def world(lon, lat, zoom):
    """Return the place in pixels of the world at a zoom, from the north-west, by the textbook."""
    side = 256 * 2**zoom
    sine = math.sin(math.radians(lat))
    return (lon + 180) / 360 * side, (0.5 - math.log((1 + sine) / (1 - sine)) / 4 / math.pi) * side


def picture(zoom, column, row, mark=None, kind="PNG", ground=GROUND):
    """Return a tile; ``mark`` is a longitude and latitude of the tiles' own datum."""
    image = Image.new("RGB", (256, 256), ground)
    if mark is not None:
        x, y = world(*mark, zoom)
        # Five by five pixels, the middle one over the place.
        for dx in range(-2, 3):
            for dy in range(-2, 3):
                at = (math.floor(x) + dx - 256 * column, math.floor(y) + dy - 256 * row)
                if 0 <= at[0] < 256 and 0 <= at[1] < 256:
                    image.putpixel(at, MARK)
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def places(zooms, box):
    """Yield zoom, column and row of the tiles over west, south, east, north."""
    west, south, east, north = box
    for zoom in zooms:
        left, top = (int(value // 256) for value in world(west, north, zoom))
        right, bottom = (int(value // 256) for value in world(east, south, zoom))
        for column in range(left, right + 1):
            for row in range(top, bottom + 1):
                yield zoom, column, row


def write_mbtiles(path, tiles, form="png"):
    """Write (zoom, column, row from the north) -> content as an MBTiles file."""
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE metadata (name text, value text)")
        base.execute("INSERT INTO metadata VALUES ('format', ?)", (form,))
        base.execute(
            "CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer,"
            " tile_data blob, UNIQUE (zoom_level, tile_column, tile_row))"
        )
        rows = [(z, x, 2**z - 1 - y, content) for (z, x, y), content in tiles.items()]
        base.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    base.close()


def write_pmtiles(path, tiles, kind=TileType.PNG, compression=Compression.NONE):
    """Write the same as a PMTiles file, with the package's own writer."""
    with path.open("wb") as stream:
        writer = Writer(stream)
        for number, content in sorted((zxy_to_tileid(*at), body) for at, body in tiles.items()):
            writer.write_tile(number, content)
        writer.finalize({"tile_type": kind, "tile_compression": compression}, {})


class TileServer:
    """Tiles at http://127.0.0.1:PORT/Z/X/Y.png, and what was asked for."""

    def __init__(self, mark=None, missing=None):
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                zoom, column, row = (
                    int(part.partition(".")[0]) for part in self.path.split("/")[-3:]
                )
                if missing is not None and missing((zoom, column, row)):
                    self.send_error(404)
                    return
                body = picture(zoom, column, row, mark)
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *said):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.address = f"{self.origin}/tiles/{{z}}/{{x}}/{{y}}.png"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
