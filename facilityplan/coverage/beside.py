"""Straight lines from the nearest boundary and the farthest point, beside the rule that decides."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from facilityplan.coverage.barriers import Sight
from facilityplan.coverage.points import SAMPLE_STEP_M, PointRule, demand_points
from facilityplan.coverage.reach import nearest_points, nearest_to_areas, straight_reach
from facilityplan.crs import require_metres

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Beside:
    """Straight lines by the two rules that measure from the outline.

    Parameters
    ----------
    nearest_boundary_m, farthest_point_m
        (n,) metres from whole millimetres, inf where there is no facility; NaN for a residence
        that is a point: it has no outline.
    """

    nearest_boundary_m: Floats
    farthest_point_m: Floats


def beside(
    residences: gpd.GeoDataFrame,
    inner_xy: Floats,
    facilities_xy: Floats,
    sight: Sight | None = None,
) -> Beside:
    """Return how far the nearest facility is from the boundary and from the farthest point.

    Parameters
    ----------
    residences
        One row each, projected CRS in metres.
    inner_xy
        (n, 2) a point inside each residence, metres.
    facilities_xy
        (m, 2) metres.
    sight
        Barriers that cut a line; ``None`` lets every line count.

    Raises
    ------
    CrsError
        If the residences are not in metres.
    """
    require_metres(residences.crs, layer="residences")
    geometry = residences.geometry.to_numpy()
    size = len(geometry)
    rows = np.flatnonzero(shapely.area(geometry) > 0)
    nearest_m, farthest_m = np.full(size, np.nan), np.full(size, np.nan)
    if len(facilities_xy) == 0:
        nearest_m[rows] = farthest_m[rows] = np.inf
    elif sight is None:
        within_m, _ = nearest_points(inner_xy[rows], facilities_xy)
        nearest_m[rows] = nearest_to_areas(geometry[rows], facilities_xy, within_m)[0]
        farthest_m[rows] = _farthest(geometry[rows], facilities_xy)
    else:
        for rule, into in (
            (PointRule.NEAREST_BOUNDARY, nearest_m),
            (PointRule.FARTHEST_POINT, farthest_m),
        ):
            points = demand_points(residences, None, rule)
            into[rows] = straight_reach(points, facilities_xy, size, sight).distance_m[rows]
    return Beside(nearest_m, farthest_m)


def _farthest(areas: npt.NDArray[np.object_], facilities_xy: Floats) -> Floats:
    """Return the largest distance from a sample point of each area to its nearest facility.

    Between two vertices that share their nearest facility no point is farther than both: the
    distance to one place is convex. Only stretches that change facility are sampled.
    """
    xy, owner = shapely.get_coordinates(areas, return_index=True)
    metres, facility = nearest_points(xy, facilities_xy)
    farthest = np.zeros(len(areas))
    np.maximum.at(farthest, owner, metres)
    # The last vertex of a ring is its first: a stretch from ring to ring is never needed, and one
    # drawn all the same would be no part of the outline.
    rings = shapely.get_rings(shapely.get_parts(areas))
    ring = shapely.get_coordinates(rings, return_index=True)[1]
    change = np.flatnonzero((ring[1:] == ring[:-1]) & (facility[1:] != facility[:-1]))
    if len(change):
        stretch = shapely.linestrings(np.stack([xy[change], xy[change + 1]], axis=1))
        fine, at = shapely.get_coordinates(
            shapely.segmentize(stretch, SAMPLE_STEP_M), return_index=True
        )
        np.maximum.at(farthest, owner[change[at]], nearest_points(fine, facilities_xy)[0])
    return farthest
