"""Where distances start: the entrances of a residence, a point inside it, or its whole outline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from facilityplan.crs import require_metres
from facilityplan.layers import points_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SAMPLE_STEP_M: Final = 10.0
"""Sample points of an outline are its vertices and points between them at most this far apart."""


class PointRule(StrEnum):
    """Which point of a residence distances start from."""

    ENTRANCE = "entrance"
    INNER_POINT = "inner_point"
    NEAREST_BOUNDARY = "nearest_boundary"
    FARTHEST_POINT = "farthest_point"


OUTLINE_RULES: Final = frozenset({PointRule.NEAREST_BOUNDARY, PointRule.FARTHEST_POINT})
"""Rules that measure from the whole outline of an area; a point has no outline."""


@dataclass(frozen=True)
class DemandPoints:
    """Where distances start: one or more points a residence.

    Parameters
    ----------
    xy
        (k, 2) metres.
    owner
        (k,) position of the residence each point belongs to.
    rule
        (n,) rule by residence. The nearest point counts, under ``farthest_point`` the farthest.
    areas
        (n,) polygons of residences measured from their nearest boundary, ``None`` for others; a
        straight line is then measured from the area itself, not from the points. Without any,
        ``None``.
    """

    xy: Floats
    owner: Integers
    rule: tuple[PointRule, ...]
    areas: npt.NDArray[Any] | None = None

    @property
    def farthest(self) -> Flags:
        """(n,) whether the farthest point counts and not the nearest."""
        return np.fromiter(
            (rule is PointRule.FARTHEST_POINT for rule in self.rule), bool, len(self.rule)
        )


def demand_points(
    residences: gpd.GeoDataFrame,
    entrances: gpd.GeoDataFrame | None = None,
    rule: PointRule = PointRule.INNER_POINT,
) -> DemandPoints:
    """Return the points of residences.

    Parameters
    ----------
    residences
        One row each, projected CRS in metres.
    entrances
        Points with the id of the ``residence`` each belongs to.
    rule
        ``inner_point``: the entrances given for a residence, else a point inside it. Under
        ``nearest_boundary`` and ``farthest_point`` the outline of every area counts; residences
        that are points are measured as under ``inner_point``.

    Raises
    ------
    CrsError
        If the residences are not in metres.
    """
    require_metres(residences.crs, layer="residences")
    size = len(residences)
    geometry = residences.geometry.to_numpy()
    outlined = np.zeros(size, dtype=bool)
    if rule in OUTLINE_RULES:
        outlined = shapely.area(geometry) > 0
    doors, of = _entrances(residences, entrances)
    keep = ~outlined[of]
    doors, of = doors[keep], of[keep]
    has_door = np.zeros(size, dtype=bool)
    has_door[of] = True
    rest = np.flatnonzero(~has_door & ~outlined)
    rim, around = outline_samples(geometry, np.flatnonzero(outlined))
    inner = points_of(residences.geometry.iloc[rest])
    xy = np.concatenate([doors, inner, rim])
    owner = np.concatenate([of, rest, around])
    order = np.argsort(owner, kind="stable")
    named = {True: PointRule.ENTRANCE, False: PointRule.INNER_POINT}
    rules = tuple(
        rule if whole else named[door]
        for whole, door in zip(outlined.tolist(), has_door.tolist(), strict=True)
    )
    areas = None
    if rule is PointRule.NEAREST_BOUNDARY and outlined.any():
        areas = geometry.copy()
        areas[~outlined] = None
    return DemandPoints(xy[order], owner[order], rules, areas)


def _entrances(
    residences: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame | None
) -> tuple[Floats, Integers]:
    """Return entrances as points, and the residence of each; those of none are left out."""
    if entrances is None or len(entrances) == 0:
        return np.empty((0, 2)), np.empty(0, dtype=np.int64)
    at = pd.Index(residences["id"]).get_indexer(pd.Index(entrances["residence"]))
    known = np.flatnonzero(at >= 0)
    return points_of(entrances.geometry)[known], at[known].astype(np.int64)


def outline_samples(
    geometry: npt.NDArray[Any], rows: Integers, step_m: float = SAMPLE_STEP_M
) -> tuple[Floats, Integers]:
    """Return the vertices of areas and points between them, and the row of each point.

    Parameters
    ----------
    geometry
        Polygons in metres.
    rows
        Which of them.
    step_m
        Points between two vertices stand at most this far apart, evenly.

    Returns
    -------
    tuple
        (k, 2) metres and (k,) rows, in the order of ``rows``. A ring's closing vertex is twice
        there.
    """
    if len(rows) == 0:
        return np.empty((0, 2)), np.empty(0, dtype=np.int64)
    fine = shapely.segmentize(geometry[rows], step_m)
    xy, at = shapely.get_coordinates(fine, return_index=True)
    return xy, rows[at]
