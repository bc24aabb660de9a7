"""Columns and shapes as bytes: whole numbers as short as they are, texts once, all compressed.

Shapes are millionths of a degree, each vertex written as its step from the vertex before it.
One step is 0.11 m; popups show measured figures, never these. ``desk/unpack.js`` reads what
:class:`Pack` writes, each long list when it is first asked for.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

SCALE: Final = 1_000_000
"""Units in a degree."""

FEWEST: Final = 24
"""Lists shorter than this stay readable."""

OWN_STREAM: Final = 16_384
"""Lists of as many bytes are compressed by themselves, so that they are read when wanted."""

_DECIMALS: Final = 6
_WHOLE: Final = 2**53
_HALVES: Final = re.compile(r"[\ud800-\udfff]")


class Pen:
    """Writes coordinates as steps; :func:`desk.read` in ``desk/data.js`` walks along them."""

    def __init__(self) -> None:
        self._at = np.zeros((1, 2), dtype=np.int64)

    def steps(self, lonlat: npt.NDArray[np.float64]) -> list[int]:
        """Return the steps along (n, 2) degrees, flat; vertices on the spot are left out."""
        whole = np.rint(lonlat * SCALE).astype(np.int64)
        moves = np.diff(np.vstack([self._at, whole]), axis=0)
        moved = np.asarray(moves.any(axis=1), dtype=bool)
        moved[0] = True
        self._at = whole[-1:]
        flat: list[int] = moves[moved].ravel().tolist()
        return flat

    def point(self, shape: Any) -> list[int]:
        """Return the steps to a point."""
        return self.steps(shapely.get_coordinates(shape))

    def lines(self, shape: Any) -> list[list[int]]:
        """Return the steps along each line of a line or multi-line."""
        return [self.steps(shapely.get_coordinates(part)) for part in shapely.get_parts(shape)]

    def polygons(self, shape: Any) -> list[list[list[int]]]:
        """Return the steps along each ring of each polygon; the closing vertex is left out."""
        return [
            [
                self.steps(shapely.get_coordinates(ring)[:-1])
                for ring in (polygon.exterior, *polygon.interiors)
            ]
            for polygon in shapely.get_parts(shape)
        ]

    def place(self, shape: Any) -> list[Any]:
        """Return a polygon's rings, or the steps to a point where there is no area."""
        return self.point(shape) if shape.geom_type == "Point" else self.polygons(shape)


def points(shapes: Iterable[Any]) -> list[list[int]]:
    """Return each point of a layer in turn."""
    pen = Pen()
    return [pen.point(shape) for shape in shapes]


def outlines(shapes: npt.NDArray[Any], grain: int = 1) -> dict[str, Any]:
    """Return areas and points of a whole layer as flat columns, however many there are.

    Parameters
    ----------
    shapes
        (n,) points, polygons and multi-polygons in degrees.
    grain
        Millionths of a degree in a step.

    Returns
    -------
    dict
        ``rings`` (n,) how many rings each has, 0 for a point; ``sizes`` how many vertices each
        ring has, a point one; ``first`` the first vertex of each ring, ``steps`` from vertex to
        vertex of it, both ``east`` and ``north``, ``grain`` millionths of a degree each. A ring's
        closing vertex is left out. Outer rings turn to the left, holes to the right.
    """
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    areal = shapely.get_type_id(parts) != 0
    rings, ring_of = _turned(*shapely.get_rings(parts[areal], return_index=True))
    pieces = np.concatenate([rings, parts[~areal]])
    owner = np.concatenate([part_of[areal][ring_of], part_of[~areal]])
    order = np.argsort(owner, kind="stable")
    pieces, owner = pieces[order], owner[order]
    is_ring = shapely.get_type_id(pieces) != 0
    xy, piece = shapely.get_coordinates(pieces, return_index=True)
    whole = np.rint(xy * (SCALE / grain)).astype(np.int64)
    last = np.append(piece[1:] != piece[:-1], True)[: len(piece)]
    same = np.zeros(len(whole), dtype=bool)
    same[1:] = (whole[1:] == whole[:-1]).all(axis=1) & (piece[1:] == piece[:-1])
    kept = ~(same | (last & is_ring[piece]))
    whole, piece = whole[kept], piece[kept]
    sizes = np.bincount(piece, minlength=len(pieces))
    begin = np.cumsum(sizes) - sizes
    steps = np.delete(np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)), begin, 0)
    return {
        "rings": np.bincount(owner[is_ring], minlength=len(shapes)).astype(np.int32),
        "sizes": sizes.astype(np.int32),
        "first": _east_and_north(whole[begin]),
        "steps": _east_and_north(steps),
        "grain": grain,
    }


def _turned(
    rings: npt.NDArray[Any], ring_of: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Let outer rings turn to the left, holes to the right: so many are filled at once, unmixed."""
    outer = np.append(True, ring_of[1:] != ring_of[:-1])[: len(ring_of)]
    astray = shapely.is_ccw(rings) != outer
    rings[astray] = shapely.reverse(rings[astray])
    return rings, ring_of


def _east_and_north(xy: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.int32]]:
    """Return the two columns; half a turn is 180 million steps, so that 32 bits hold any."""
    return {"east": xy[:, 0].astype(np.int32), "north": xy[:, 1].astype(np.int32)}


class Pack:
    """Takes long lists out of a value for JSON and keeps them as bytes.

    Numbers that are whole, or decimals of up to six places, come back as they were; any others
    keep all their bits. Arrays of 32 bits come back as such.
    """

    def __init__(self) -> None:
        self._shared = bytearray()
        self._own: list[bytes] = []

    def lean(self, value: Any) -> Any:  # noqa: PLR0911  # a return a kind of value
        """Return the value with its long lists replaced by what stands for them."""
        if isinstance(value, np.ndarray):
            return self._numbers(value)
        if isinstance(value, Mapping):
            return {key: self.lean(item) for key, item in value.items()}
        if not isinstance(value, (list, tuple)):
            return value
        if len(value) < FEWEST:
            return [self.lean(item) for item in value]
        kinds = set(map(type, value))
        if kinds <= {int, float, type(None)}:
            return self._numbers(
                np.asarray([np.nan if item is None else item for item in value], dtype=np.float64)
                if type(None) in kinds or float in kinds
                else np.asarray(value, dtype=np.int64)
            )
        if kinds == {str}:
            return self._texts(value)
        tree: list[int] = []
        if kinds == {list} and _tokens(value, tree):
            return self._ref("t", varints(np.asarray(tree, dtype=np.uint64)), len(tree))
        return [self.lean(item) for item in value]

    def compressed(self) -> str:
        """Return all streams, compressed (zlib), in base 64, a line each; the shared one first."""
        streams = (bytes(self._shared), *self._own)
        return "\n".join(
            base64.b64encode(zlib.compress(stream, 9)).decode("ascii") for stream in streams
        )

    def _ref(self, kind: str, raw: bytes, count: int, **more: int) -> dict[str, Any]:
        if len(raw) >= OWN_STREAM:
            self._own.append(raw)
            return {"$": kind, "in": len(self._own), "at": 0, "n": count, **more}
        at = len(self._shared)
        self._shared += raw
        return {"$": kind, "in": 0, "at": at, "n": count, **more}

    def _numbers(self, values: npt.NDArray[Any]) -> dict[str, Any]:
        if values.dtype.kind in "iub":
            kind = "i" if values.dtype == np.int32 else "n"
            return self._whole(kind, values.astype(np.int64), np.zeros(len(values), dtype=bool), 0)
        gone = np.isnan(values)
        known = np.where(gone, 0.0, values)
        for decimals in range(_DECIMALS + 1):
            scaled = np.rint(known * 10.0**decimals)
            if (np.abs(scaled) < _WHOLE).all() and (scaled / 10.0**decimals == known).all():
                return self._whole("n", scaled.astype(np.int64), gone, decimals)
        raw = _planes(values.astype("<f8").view("<u8"), 8)
        return self._ref("f", raw, len(values))

    def _whole(
        self,
        kind: str,
        values: npt.NDArray[np.int64],
        gone: npt.NDArray[np.bool_],
        decimals: int,
    ) -> dict[str, Any]:
        """Write the numbers or the steps between them, whichever is shorter once compressed."""
        if gone.any():
            code = np.where(gone, 0, _zigzag(values) + np.uint64(1))
            ways = [(code, {"gaps": 1})]
        else:
            steps = _zigzag(np.diff(values, prepend=0))
            ways = [(_zigzag(values), {}), (steps, {"steps": 1})]
        written = [
            (_planes(code, width), {"w": width, **how})
            for code, how in ways
            for width in [_bytes_needed(code)]
        ]
        raw, how = min(written, key=lambda way: len(zlib.compress(way[0], 1)))
        return self._ref(kind, raw, len(values), d=decimals, **how)

    def _texts(self, values: Iterable[str]) -> dict[str, Any]:
        # halves of surrogate pairs have no UTF-8
        whole = [_HALVES.sub("\ufffd", text) for text in values]
        sizes = np.asarray([len(text.encode("utf-16-le")) // 2 for text in whole], dtype=np.uint64)
        raw = "".join(whole).encode("utf-8")
        return self._ref("s", varints(sizes) + raw, len(whole), bytes=len(raw))


def _zigzag(values: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    return np.asarray((values << 1) ^ (values >> 63)).astype(np.uint64)


def _bytes_needed(values: npt.NDArray[np.uint64]) -> int:
    return max(1, (int(values.max(initial=0)).bit_length() + 7) // 8)


def _planes(values: npt.NDArray[np.uint64], width: int) -> bytes:
    """Return the lowest bytes of all numbers, then the next: bytes of one rank are alike."""
    raw = np.ascontiguousarray(values.astype("<u8")).view(np.uint8).reshape(-1, 8)
    return raw[:, :width].T.tobytes()


def varints(values: npt.NDArray[np.uint64]) -> bytes:
    """Return whole numbers seven bits a byte, the lowest first; the last byte of each is < 128."""
    size = np.ones(len(values), dtype=np.int64)
    for bits in range(7, 64, 7):
        size += values >> np.uint64(bits) > 0
    begin = np.cumsum(size) - size
    raw = np.zeros(int(size.sum()), dtype=np.uint8)
    for number in range(int(size.max(initial=0))):
        some = np.flatnonzero(size > number)
        low = (values[some] >> np.uint64(7 * number)) & np.uint64(127)
        more = np.where(size[some] > number + 1, 128, 0)
        raw[begin[some] + number] = low.astype(np.uint8) | more.astype(np.uint8)
    return raw.tobytes()


def _tokens(tree: Any, out: list[int]) -> bool:
    """Write nested lists of whole numbers: 2 n + 1 opens a list of n, all else is a number."""
    if type(tree) is int:
        out.append((tree << 1 if tree >= 0 else (-tree << 1) - 1) << 1)
        return True
    if type(tree) is not list:
        return False
    out.append(2 * len(tree) + 1)
    return all(_tokens(item, out) for item in tree)
