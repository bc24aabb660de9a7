"""The sums inside a GeoTIFF, which its reader does not look at.

A strip packed by deflate ends with a sum over its cells. libtiff stops where it has all cells and
passes the sum over, so that zeros in the middle of a strip are read as other cells.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

from facilityplan.errors import UnreadableSourceError

_DEFLATE: Final = (8, 32946)
_SIZES: Final = {3: (2, "H"), 4: (4, "I"), 16: (8, "Q")}
_COMPRESSION, _OFFSETS, _COUNTS, _TILE_OFFSETS, _TILE_COUNTS = 259, 273, 279, 324, 325
_PIECE: Final = 1024 * 1024


def check_sums(content: bytes, file: str) -> None:
    """Refuse a GeoTIFF a strip or tile of which does not unpack to its own sum.

    Only the first picture is looked at, and only where it is packed by deflate: other packings
    have no sums.

    Raises
    ------
    UnreadableSourceError
        If one does not, or the head cannot be followed.
    """
    try:
        tags = _first_directory(content)
        if tags.get(_COMPRESSION, [1])[0] not in _DEFLATE:
            return
        starts = tags.get(_OFFSETS) or tags.get(_TILE_OFFSETS) or []
        sizes = tags.get(_COUNTS) or tags.get(_TILE_COUNTS) or []
        for start, size in zip(starts, sizes, strict=True):
            if size:  # A strip of nothing holds no data.
                _unpack(content[start : start + size])
    except (struct.error, ValueError, IndexError, zlib.error) as error:
        raise UnreadableSourceError("raster_sums", file=file) from error


def _unpack(packed: bytes) -> None:
    stream = zlib.decompressobj()
    rest = packed
    while rest:
        stream.decompress(rest, _PIECE)
        rest = stream.unconsumed_tail
    stream.flush()
    if not stream.eof:
        raise ValueError("a strip without its end")


def _first_directory(content: bytes) -> dict[int, list[int]]:
    """Return the whole numbers of the first directory, by tag."""
    order = "<" if content.startswith(b"II") else ">"
    big = b"+" in content[2:4]
    word, width = ("Q", 20) if big else ("I", 12)
    inline = 8 if big else 4
    at = struct.unpack_from(f"{order}{word}", content, 8 if big else 4)[0]
    count = struct.unpack_from(f"{order}{'Q' if big else 'H'}", content, at)[0]
    begin = at + (8 if big else 2)
    tags: dict[int, list[int]] = {}
    for entry in range(begin, begin + min(count, 4096) * width, width):
        tag, kind = struct.unpack_from(f"{order}HH", content, entry)
        number = struct.unpack_from(f"{order}{word}", content, entry + 4)[0]
        if kind not in _SIZES:
            continue
        size, code = _SIZES[kind]
        if number * size > len(content):
            raise ValueError("more numbers than bytes")
        value = entry + 4 + inline
        if number * size > inline:
            value = struct.unpack_from(f"{order}{word}", content, value)[0]
        tags[tag] = list(struct.unpack_from(f"{order}{number}{code}", content, value))
    return tags
