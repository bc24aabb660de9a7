"""How many bytes a packed file says it unpacks to, from its heads alone."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, Final

_ZIP: Final = b"PK\x03\x04"
_TIFF: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MAX_BLOBS: Final = 1_000_000
_MAX_BLOB_HEAD: Final = 65_536
_TAG_CODE: Final = {1: "B", 3: "H", 4: "I", 16: "Q"}


def unpacked_bytes(path: Path) -> int:
    """Return what a file unpacks to, 0 where it is not packed or nothing can be said.

    Zip archives (workbooks, KMZ) by their directory, OpenStreetMap's PBF by the head of each
    block, GeoTIFF by its cells. What a file says of itself may be false: readers check it as they
    go; here it only decides where they do.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as stream:
        start = stream.read(64)
        try:
            if start.startswith(_ZIP):
                with zipfile.ZipFile(stream) as archive:
                    return sum(entry.file_size for entry in archive.infolist())
            if b"OSMHeader" in start[4:32]:
                return _pbf(stream)
            if start.startswith(_TIFF):
                return _tiff(stream)
        except (zipfile.BadZipFile, zlib.error, struct.error, ValueError, IndexError, KeyError):
            return 0
        except (NotImplementedError, RuntimeError, EOFError):
            return 0
    return 0


def _number(raw: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, lowest first, and where it ends."""
    number = shift = 0
    while True:
        byte = raw[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80 or shift > 63:
            return number, at


def _numbers(raw: bytes) -> dict[int, int]:
    """Return the plain numbers of a protocol buffer by field; texts are passed over."""
    found: dict[int, int] = {}
    at = 0
    while at < len(raw):
        key, at = _number(raw, at)
        value, at = _number(raw, at)
        if key & 7 == 0:
            found[key >> 3] = value
        elif key & 7 == 2:
            at += value
        else:
            break
    return found


def _pbf(stream: BinaryIO) -> int:
    """Follow the blocks of a PBF file: 3 in a head is its size, 2 in a block what it unpacks to."""
    stream.seek(0)
    total = 0
    for _ in range(_MAX_BLOBS):
        length = stream.read(4)
        if len(length) < 4:
            break
        head_size = struct.unpack(">I", length)[0]
        if head_size > _MAX_BLOB_HEAD:
            break
        size = _numbers(stream.read(head_size)).get(3, 0)
        at = stream.tell()
        total += max(_raw_size(stream.read(16)), size)
        stream.seek(at + size)
    return total


def _raw_size(start: bytes) -> int:
    try:
        return _numbers(start).get(2, 0)
    except IndexError:
        return 0


def _tiff(stream: BinaryIO) -> int:
    """Return the bytes of the cells of the first picture of a TIFF, taken as eight each."""
    stream.seek(0)
    head = stream.read(16)
    order = "<" if head.startswith(b"II") else ">"
    big = head[2:3] == b"+" or head[3:4] == b"+"
    at = struct.unpack_from(f"{order}{'Q' if big else 'I'}", head, 8 if big else 4)[0]
    stream.seek(at)
    count = struct.unpack(f"{order}{'Q' if big else 'H'}", stream.read(8 if big else 2))[0]
    width, tags = (20 if big else 12), {}
    raw = stream.read(min(count, 4096) * width)
    for begin in range(0, len(raw) - width + 1, width):
        tag, kind = struct.unpack_from(f"{order}HH", raw, begin)
        if tag in {256, 257} and kind in _TAG_CODE:
            value = begin + (12 if big else 8)
            tags[tag] = struct.unpack_from(f"{order}{_TAG_CODE[kind]}", raw, value)[0]
    return int(tags.get(256, 0)) * int(tags.get(257, 0)) * 8
