"""Geometries as short lists of whole numbers: millionths of a degree, each from the last one.

A pen walks over a whole layer: every vertex is written as its step from the vertex before it,
across lines, rings and features. One step is 0.11 m; popups show measured figures, never these.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

SCALE: Final = 1_000_000
"""Units in a degree."""


class Pen:
    """Writes coordinates as steps; :func:`unpack` in ``desk/data.js`` reads them."""

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
