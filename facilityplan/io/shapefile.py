"""What a Shapefile says of itself in three places, held against each other.

Nothing in a Shapefile sums it up: of 150 damaged ones 84 were read as other data without a word.
But much of it is said twice (in the index, in each record's head, in the box round each shape),
and the columns of its table may hold certain signs only.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from facilityplan.errors import UnreadableSourceError
from facilityplan.io.source import read_bytes

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

_BOXED: Final = (3, 5, 8, 13, 15, 18, 23, 25, 28, 31)
"""Types of shape that are kept with the box round them: lines, areas, many points."""

_DELETED: Final = 0x2A
_BLANK: Final = 0x20
_SIGNS: Final = {
    "N": b"0123456789+-.eE* \0",
    "F": b"0123456789+-.eE* \0",
    "D": b"0123456789/- \0",
    "L": b"YyNnTtFf?01 \0",
}
"""Signs that a cell of such a column may hold."""
_NUMBER: Final = re.compile(
    rb"[ \0]*([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|\*+|[+-]?(nan|inf(inity)?|1\.#\w+))?[ \0]*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Boxes:
    """The boxes that the records of a Shapefile have round their shapes.

    Parameters
    ----------
    bounds
        n x 4: west, south, east, north as the file has them; NaN where a record has none.
    """

    bounds: npt.NDArray[np.float64]


def check_shapefile(shapes: Path, index: Path, table: Path) -> Boxes:
    """Refuse a Shapefile whose parts contradict each other or themselves.

    Parameters
    ----------
    shapes, index, table
        Its .shp, .shx and .dbf.

    Returns
    -------
    Boxes
        Of the rows that are not deleted, to be held against what is read.

    Raises
    ------
    UnreadableSourceError
        If they do; with the rows where it is rows.
    """
    kept = _check_table(read_bytes(table), table.name)
    raw = read_bytes(shapes)
    content = np.frombuffer(raw, dtype=np.uint8)
    entries = np.frombuffer(read_bytes(index)[100:], dtype=np.uint8)
    entries = entries[: len(entries) // 8 * 8].view(">i4").reshape(-1, 2).astype(np.int64)
    start, length = entries[:, 0] * 2, entries[:, 1] * 2
    _damaged(shapes.name, (start < 100) | (length < 4) | (start + 8 + length > len(content)))
    head = content[start[:, None] + np.arange(12)]
    number, size = head[:, :8].copy().view(">i4").T
    kind = head[:, 8:].copy().view("<i4")[:, 0]
    file_kind = struct.unpack_from("<i", raw, 32)[0]
    _damaged(shapes.name, (number != np.arange(1, len(number) + 1)) | (size * 2 != length))
    _damaged(shapes.name, (kind != file_kind) & (kind != 0))
    bounds = np.full((len(start), 4), np.nan)
    boxed = np.isin(kind, _BOXED)
    _damaged(shapes.name, boxed & (length < 36))
    at = start[boxed, None] + 12 + np.arange(32)
    bounds[boxed] = content[at].copy().view("<f8")
    return Boxes(bounds[kept] if len(kept) == len(bounds) else bounds)


def check_boxes(geometry: Any, boxes: Boxes, file: str) -> None:
    """Refuse shapes that do not fill the box that their record has round them.

    Parameters
    ----------
    geometry
        The shapes as they were read, ``None`` where there is none.
    boxes
        As :func:`check_shapefile` returns them.

    Raises
    ------
    UnreadableSourceError
        If some do not, with the rows.
    """
    shapes = np.asarray(geometry, dtype=object)
    if len(shapes) != len(boxes.bounds):
        return
    found = shapely.bounds(shapes)
    known = np.isfinite(found).all(axis=1) & np.isfinite(boxes.bounds).all(axis=1)
    # Some programs keep the box to fewer digits than the corners.
    allowed = 1e-9 * np.maximum(np.abs(found), 1.0)
    off = known & (np.abs(found - boxes.bounds) > allowed).any(axis=1)
    _damaged(file, off)


def _damaged(file: str, rows: Flags) -> None:
    if rows.any():
        at = (np.nonzero(rows)[0] + 1).tolist()
        raise UnreadableSourceError("shapefile_contradicts_itself", file=file, rows=at)


@dataclass(frozen=True)
class _Field:
    name: str
    kind: str
    start: int
    width: int


def _fields(content: bytes, file: str) -> tuple[list[_Field], int, int]:
    """Return the columns of a table, where its rows begin, and how wide they are."""
    begin, width = struct.unpack_from("<HH", content, 8)
    fields: list[_Field] = []
    at, cell = 32, 1
    while at + 32 <= min(begin, len(content)) and content[at] != 0x0D:
        kind = chr(content[at + 11])
        # A text column may be wider than 255: the byte for decimals then counts on.
        size = content[at + 16] + (content[at + 17] << 8 if kind == "C" else 0)
        if not kind.isascii() or not (kind.isalnum() or kind in "@+"):
            raise UnreadableSourceError("shapefile_table_head", file=file)
        name = content[at : at + 11].split(b"\0")[0].decode("ascii", "replace")
        fields.append(_Field(name, kind, cell, size))
        at, cell = at + 32, cell + size
    if not fields or cell != width or at >= len(content) or content[at] != 0x0D:
        raise UnreadableSourceError("shapefile_table_head", file=file)
    return fields, begin, width


def _check_table(content: bytes, file: str) -> Flags:
    """Refuse cells that their column cannot hold; return which rows are not deleted."""
    if len(content) < 33:
        raise UnreadableSourceError("source_truncated", file=file)
    fields, begin, width = _fields(content, file)
    count = struct.unpack_from("<I", content, 4)[0]
    cells = np.frombuffer(content, dtype=np.uint8, offset=begin)
    if len(cells) < count * width:
        raise UnreadableSourceError("source_truncated", file=file)
    cells = cells[: count * width].reshape(count, width)
    _damaged(file, ~np.isin(cells[:, 0], (_BLANK, _DELETED)))
    for item in fields:
        column = cells[:, item.start : item.start + item.width]
        bad = _bad_text(column) if item.kind == "C" else _bad_signs(column, item.kind)
        if bad.any():
            rows = (np.nonzero(bad)[0] + 1).tolist()
            raise UnreadableSourceError(
                "shapefile_cell_damaged", file=file, column=item.name, rows=rows
            )
    kept: Flags = cells[:, 0] != _DELETED
    return kept


def _bad_text(column: Bytes) -> Flags:
    """Tell which cells hold control signs, or text behind their end."""
    control = ((column < _BLANK) & ~np.isin(column, (0, 9, 10, 13))) | (column == 0x7F)
    ended = np.logical_or.accumulate(column == 0, axis=1)
    behind = ended & (column != 0)
    bad: Flags = control.any(axis=1) | behind.any(axis=1)
    return bad


def _bad_signs(column: Bytes, kind: str) -> Flags:
    allowed = _SIGNS.get(kind)
    if allowed is None:
        return np.zeros(len(column), dtype=np.bool_)
    plain = np.isin(column, np.frombuffer(allowed, dtype=np.uint8)).all(axis=1)
    # Blanks before a number or zeros behind it, not both.
    bad: Flags = ~plain | ((column == 0).any(axis=1) & (column == _BLANK).any(axis=1))
    if kind in "NF":
        # A number stands at one end, or between blanks; signs within it have their order.
        inner = plain & _mixed(column)
        suspects = np.nonzero(bad | inner)[0]
        for row in suspects:
            bad[row] = _NUMBER.fullmatch(column[row].tobytes()) is None
    return bad


def _mixed(column: Bytes) -> Flags:
    """Tell which cells are not blanks followed by digits with at most one point and one sign."""
    digit = (column >= 0x30) & (column <= 0x39)
    filled = (column != _BLANK) & (column != 0)
    other = filled & ~digit & (column != 0x2E)
    holes = (np.diff(filled.astype(np.int8), axis=1) != 0).sum(axis=1) > 1
    points = (column == 0x2E).sum(axis=1) > 1
    empty = filled.any(axis=1) & ~digit.any(axis=1)
    mixed: Flags = holes | points | empty | other.any(axis=1)
    return mixed
