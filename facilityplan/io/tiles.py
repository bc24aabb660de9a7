"""Picture tiles in: what a local MBTiles or PMTiles file has over a place, within a size.

Both hold tiles of the Web Mercator grid. MBTiles is an SQLite database that counts rows from the
south; PMTiles is read with the ``pmtiles`` package. Only pictures are taken: a browser cannot show
vector tiles without a renderer.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol
from urllib.parse import urlsplit

import numpy as np
from pmtiles.tile import (
    Compression,
    Entry,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from facilityplan.errors import FacilityPlanError, SourceLimitError, UnreadableSourceError
from facilityplan.io.source import local_file

MAX_ZOOM: Final = 22
MAX_TILES: Final = 65_536
"""A level of more tiles over the place is left out without being read."""

MAX_TILE_BYTES: Final = 4_000_000
MAX_DIRECTORY_BYTES: Final = 2_000_000
"""Of one directory of a PMTiles file, unpacked: half a million tiles."""

_MAX_STEPS: Final = 100
_STEP: Final = 1_000_000
"""SQLite may take so many steps of so many instructions; a city takes one or two."""

_LEAVES: Final = 4
_LONG_VARINT: Final = re.compile(rb"[\x80-\xff]{10}")
_WEB_LATITUDE: Final = 85.05112877980659
_START_SIDE: Final = 2
"""The first level taken is the closest that shows the place on so many tiles a side."""

_PLACE_BYTES: Final = 24
"""What the place of a tile takes in a page, beside the picture."""

_HOST: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9])?")


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address, as a page's policy names them.

    Raises
    ------
    ValueError
        If it is no ``http`` or ``https`` address of a host that a policy can name.
    """
    parts = urlsplit(address)
    host = (parts.hostname or "").encode("idna").decode("ascii")
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host) or "@" in parts.netloc:
        raise ValueError(address)
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{parts.scheme}://{host}{port}"


@dataclass(frozen=True)
class TileRange:
    """Tiles of one zoom from the north-west to the south-east one, both within."""

    zoom: int
    west: int
    north: int
    east: int
    south: int

    def __len__(self) -> int:
        return (self.east - self.west + 1) * (self.south - self.north + 1)


@dataclass(frozen=True)
class Tiles:
    """Pictures over a place.

    Attributes
    ----------
    pictures
        Media type and bytes, each picture once.
    places
        Number of the picture by zoom, column from the west and row from the north.
    min_zoom, max_zoom
        First and last level taken; those between are all there.
    page_bytes
        What they take in a page.
    """

    pictures: tuple[tuple[str, bytes], ...]
    places: Mapping[tuple[int, int, int], int]
    min_zoom: int
    max_zoom: int
    page_bytes: int


class _Archive(Protocol):
    def tiles(self, tiles: TileRange) -> Iterator[tuple[int, int, bytes]]:
        """Yield column, row and content of the tiles there are."""


def tile_range(zoom: int, box: tuple[float, float, float, float]) -> TileRange:
    """Return the tiles over a box of west, south, east and north in degrees."""
    west, south, east, north = box
    side = 2**zoom
    latitudes = np.radians(np.clip([north, south], -_WEB_LATITUDE, _WEB_LATITUDE))
    rows = (1.0 - np.arcsinh(np.tan(latitudes)) / np.pi) / 2.0 * side
    columns = (np.asarray([west, east]) + 180.0) / 360.0 * side
    top, bottom = np.clip(np.floor(rows), 0, side - 1).astype(int).tolist()
    left, right = np.clip(np.floor(columns), 0, side - 1).astype(int).tolist()
    return TileRange(zoom, left, top, right, bottom)


def read_tiles(
    path: Path, kind: str, box: tuple[float, float, float, float], max_page_bytes: int
) -> Tiles:
    """Return the pictures over a place, level by level while they fit.

    The first level is the closest that shows the place on two by two tiles, or the first that
    the file has above it.

    Parameters
    ----------
    path
        The file.
    kind
        ``mbtiles`` or ``pmtiles``.
    box
        West, south, east and north of the place, degrees of the tiles' own datum.
    max_page_bytes
        What all pictures may take in a page, in base 64.

    Raises
    ------
    UnreadableSourceError
        If there is no such file or it is damaged.
    SourceLimitError
        If its tiles are no pictures, none lies over the place, or the first level does not fit.
    """
    place = local_file(path)
    opener = _mbtiles if kind == "mbtiles" else _pmtiles
    with opener(place) as archive:
        return _levels(archive, place.name, box, max_page_bytes)


def _levels(
    archive: _Archive, file: str, box: tuple[float, float, float, float], limit: int
) -> Tiles:
    places: dict[tuple[int, int, int], int] = {}
    numbers: dict[bytes, int] = {}
    first = max(zoom for zoom in range(MAX_ZOOM + 1) if _few(tile_range(zoom, box)))
    taken: list[int] = []
    size = 0
    for zoom in range(first, MAX_ZOOM + 1):
        here = tile_range(zoom, box)
        if len(here) > MAX_TILES:
            break
        level = _level(archive, file, here, set(numbers), limit - size)
        if level is None:
            if not taken:
                raise SourceLimitError(
                    "tiles_too_large", file=file, zoom=zoom, limit_mb=f"{limit / 1e6:g}"
                )
            break
        if not level and taken:
            break
        for (column, row), content in level.items():
            if content not in numbers:
                numbers[content] = len(numbers)
                size += _page_bytes(content)
            size += _PLACE_BYTES
            places[zoom, column, row] = numbers[content]
        if level:
            taken.append(zoom)
    if not taken:
        raise SourceLimitError("tiles_none_here", file=file)
    pictures = tuple((_media_type(content) or "", content) for content in numbers)
    return Tiles(pictures, places, taken[0], taken[-1], size)


def _few(tiles: TileRange) -> bool:
    return tiles.east - tiles.west < _START_SIDE and tiles.south - tiles.north < _START_SIDE


def _level(
    archive: _Archive, file: str, tiles: TileRange, known: set[bytes], left: int
) -> dict[tuple[int, int], bytes] | None:
    """Return a level's tiles by column and row; ``None`` where they take more than is left."""
    found: dict[tuple[int, int], bytes] = {}
    for column, row, content in archive.tiles(tiles):
        if _media_type(content) is None:
            vector = content[:2] == b"\x1f\x8b"
            raise SourceLimitError(
                "tiles_vector" if vector else "tiles_not_pictures",
                file=file,
                tile=f"{tiles.zoom}/{column}/{row}",
            )
        left -= _PLACE_BYTES + (0 if content in known else _page_bytes(content))
        known.add(content)
        if left < 0:
            return None
        found[column, row] = content
    return found


def _page_bytes(content: bytes) -> int:
    return -(-len(content) // 3) * 4 + _PLACE_BYTES


def _media_type(content: bytes) -> str | None:
    """Return what a picture is by its first bytes; ``None`` where it is none that browsers show."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


class _Mbtiles:
    def __init__(self, connection: sqlite3.Connection, file: str) -> None:
        self._connection = connection
        self._file = file

    def tiles(self, tiles: TileRange) -> Iterator[tuple[int, int, bytes]]:
        """Yield column, row from the north, and content."""
        last = 2**tiles.zoom - 1
        rows = self._connection.execute(
            "SELECT tile_column, tile_row, tile_data FROM tiles WHERE zoom_level = ?"
            " AND tile_column BETWEEN ? AND ? AND tile_row BETWEEN ? AND ?"
            " ORDER BY tile_column, tile_row",
            (tiles.zoom, tiles.west, tiles.east, last - tiles.south, last - tiles.north),
        )
        for column, row, content in rows:
            if not (isinstance(column, int) and isinstance(row, int)):
                raise UnreadableSourceError("tiles_broken", file=self._file)
            if not isinstance(content, bytes):
                raise UnreadableSourceError("tiles_broken", file=self._file)
            yield column, last - row, content


@contextlib.contextmanager
def _mbtiles(path: Path) -> Iterator[_Archive]:
    # Nothing is ever written: no journal beside the file, no lock on it.
    address = f"{path.as_uri()}?mode=ro&immutable=1"
    steps = iter(range(_MAX_STEPS))
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_TILE_BYTES)
            # A view of the file's own could count for ever.
            connection.set_progress_handler(lambda: next(steps, None) is None, _STEP)
            connection.execute("PRAGMA trusted_schema = OFF")
            _refuse_vector(connection, path.name)
            yield _Mbtiles(connection, path.name)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise UnreadableSourceError("tiles_broken", file=path.name) from error


def _refuse_vector(connection: sqlite3.Connection, file: str) -> None:
    held = connection.execute("SELECT value FROM metadata WHERE name = 'format'").fetchone()
    if held is not None and str(held[0]).strip().lower() in {"pbf", "mvt", "mlt"}:
        raise SourceLimitError("tiles_vector", file=file, tile=str(held[0]).strip())


_PICTURES: Final = frozenset({TileType.PNG, TileType.JPEG, TileType.WEBP, TileType.UNKNOWN})


class _Pmtiles:
    def __init__(self, stream: BinaryIO, size: int, file: str) -> None:
        self._stream = stream
        self._size = size
        self._file = file
        self._header: Mapping[str, Any] = deserialize_header(self._bytes(0, 127))
        if self._header["tile_type"] in {TileType.MVT, TileType.MLT}:
            raise SourceLimitError("tiles_vector", file=file, tile=self._header["tile_type"].name)
        plain = {Compression.NONE, Compression.UNKNOWN}
        if self._header["tile_type"] not in _PICTURES or (
            self._header["tile_compression"] not in plain
        ):
            kind = self._header["tile_type"].name
            raise SourceLimitError("tiles_not_pictures", file=file, tile=kind)
        self._directory: Callable[[int, int], list[Entry]] = lru_cache(64)(self._read_directory)

    def tiles(self, tiles: TileRange) -> Iterator[tuple[int, int, bytes]]:
        """Yield column, row from the north, and content."""
        if not self._header["min_zoom"] <= tiles.zoom <= self._header["max_zoom"]:
            return
        for column in range(tiles.west, tiles.east + 1):
            for row in range(tiles.north, tiles.south + 1):
                content = self._tile(zxy_to_tileid(tiles.zoom, column, row))
                if content is not None:
                    yield column, row, content

    def _tile(self, number: int) -> bytes | None:
        offset, length = self._header["root_offset"], self._header["root_length"]
        for _ in range(_LEAVES):
            entry = find_tile(self._directory(offset, length), number)
            if entry is None:
                return None
            if entry.run_length:
                start = self._header["tile_data_offset"] + entry.offset
                return self._bytes(start, entry.length)
            offset = self._header["leaf_directory_offset"] + entry.offset
            length = entry.length
        raise UnreadableSourceError("tiles_broken", file=self._file)

    def _read_directory(self, offset: int, length: int) -> list[Entry]:
        packed = self._bytes(offset, length)
        unpack = zlib.decompressobj(wbits=31)
        raw = unpack.decompress(packed, MAX_DIRECTORY_BYTES)
        # The package unpacks whatever it is given, however large, and adds up numbers of any length.
        whole = unpack.eof and not (unpack.unconsumed_tail or unpack.unused_data)
        if not whole or _LONG_VARINT.search(raw):
            raise UnreadableSourceError("tiles_broken", file=self._file)
        return deserialize_directory(packed)

    def _bytes(self, offset: int, length: int) -> bytes:
        if not (offset >= 0 and 0 < length <= MAX_TILE_BYTES and offset + length <= self._size):
            raise UnreadableSourceError("tiles_broken", file=self._file)
        self._stream.seek(offset)
        return self._stream.read(length)


@contextlib.contextmanager
def _pmtiles(path: Path) -> Iterator[_Archive]:
    try:
        with path.open("rb") as stream:
            yield _Pmtiles(stream, path.stat().st_size, path.name)
    except FacilityPlanError:
        raise
    except SpecVersionUnsupported as error:
        raise UnreadableSourceError("tiles_version", file=path.name) from error
    except (MagicNumberNotFound, OSError, EOFError, ValueError, zlib.error) as error:
        raise UnreadableSourceError("tiles_broken", file=path.name) from error
