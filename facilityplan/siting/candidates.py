"""Candidate sites made from the places that lack one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from rtree import index

from facilityplan.errors import UsageError

BOX_MARGIN = 1e-9
"""Share by which the search box is larger than the spacing, so that rounding loses no point."""


def _points(name: str, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    table = np.array(points, dtype=np.float64)
    if not table.size:
        return np.empty((0, 2))
    if table.ndim != 2 or table.shape[1] != 2:
        raise UsageError("siting_points_shape", name=name, given=str(table.shape))
    if not np.isfinite(table).all():
        raise UsageError("siting_not_a_number", name=name)
    return table


def generate_candidates(
    area_points: npt.ArrayLike,
    *,
    spacing_m: float,
    existing: npt.ArrayLike | None = None,
) -> npt.NDArray[np.int64]:
    """Return the points that become candidates: in the given order, none too near an earlier one.

    Parameters
    ----------
    area_points
        (n, 2) coordinates in metres of a projected CRS, in the order of their ids.
    spacing_m
        A point becomes a candidate if no kept or existing point is nearer than this, in metres;
        exactly this far apart is far enough.
    existing
        (m, 2) coordinates in metres, same CRS, of sites to keep away from.

    Returns
    -------
    numpy.ndarray
        Positions of the kept points, ascending.

    Raises
    ------
    UsageError
        If the points are no table of two finite columns or the spacing is not above 0.
    """
    if not (math.isfinite(spacing_m) and spacing_m > 0):
        raise UsageError("siting_spacing", given=str(spacing_m))
    points = _points("area_points", area_points)
    taken = np.empty((0, 2)) if existing is None else _points("existing", existing)
    tree: Any = index.Index()
    placed: list[tuple[float, float]] = []

    def place(x: float, y: float) -> None:
        tree.insert(len(placed), (x, y, x, y))
        placed.append((x, y))

    for x, y in taken.tolist():
        place(x, y)
    kept: list[int] = []
    for position, (x, y) in enumerate(points.tolist()):
        reach = spacing_m + BOX_MARGIN * max(spacing_m, abs(x), abs(y))
        near = tree.intersection((x - reach, y - reach, x + reach, y + reach))
        if all(math.dist((x, y), placed[other]) >= spacing_m for other in near):
            place(x, y)
            kept.append(position)
    return np.array(kept, dtype=np.int64)
