"""Who is within reach: straight line and walking distance to the nearest facility.

Distances are whole millimetres, kept as metres; they are compared with a limit as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from facilityplan.coverage.barriers import Sight, nearest_in_sight
from facilityplan.coverage.points import DemandPoints
from facilityplan.network import Network
from facilityplan.network.snap import Snapped

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TIE_SEARCH_M: Final = 0.002
"""Two facilities closer than this to a tie may have one distance in whole millimetres."""


class Metric(StrEnum):
    """How a distance was measured."""

    STRAIGHT_LINE = "straight_line"
    STRAIGHT_LINE_BARRIERS = "straight_line_barriers"
    WALKING = "walking"


@dataclass(frozen=True)
class Reach:
    """Nearest facility of every residence under one metric.

    Parameters
    ----------
    metric
        How it was measured.
    distance_m
        (n,) metres from whole millimetres; inf where no facility can be reached.
    facility
        (n,) position of the facility in the frame searched; -1 where there is none.
    off_network
        (n,) residences farther from every road than the snapping limit (walking only).
    """

    metric: Metric
    distance_m: Floats
    facility: Integers
    off_network: Flags


def to_millimetres(distance_m: Floats) -> Floats:
    """Return distances as metres of whole millimetres (half up); inf stays."""
    return np.floor(distance_m * 1000.0 + 0.5) / 1000.0


def straight_reach(
    demand: DemandPoints, facilities_xy: Floats, n_residences: int, sight: Sight | None = None
) -> Reach:
    """Return the nearest facility in a straight line; ties go to the first facility.

    Parameters
    ----------
    demand
        Points of the residences, metres.
    facilities_xy
        (m, 2) metres.
    n_residences
        How many residences there are.
    sight
        Barriers that cut a line; ``None`` lets every line count. With barriers the nearest boundary
        is measured from the points of the outline, without them from the area itself.
    """
    metric = Metric.STRAIGHT_LINE if sight is None else Metric.STRAIGHT_LINE_BARRIERS
    nowhere = np.zeros(n_residences, dtype=bool)
    if len(facilities_xy) == 0:
        none = np.full(n_residences, -1, dtype=np.int64)
        return Reach(metric, np.full(n_residences, np.inf), none, nowhere)
    if sight is None:
        distance, facility = nearest_points(demand.xy, facilities_xy)
    else:
        distance, facility = nearest_in_sight(demand.xy, facilities_xy, sight)
    best, chosen = of_residences(demand, distance, facility, n_residences)
    if demand.areas is not None:
        rows = np.flatnonzero(~shapely.is_missing(demand.areas))
        areas = demand.areas[rows]
        near_m, near = nearest_to_areas(areas, facilities_xy, best[rows], inside=sight is not None)
        closer = near >= 0
        best[rows[closer]], chosen[rows[closer]] = near_m[closer], near[closer]
    return Reach(metric, best, chosen, nowhere)


def nearest_points(origins: Floats, targets: Floats) -> tuple[Floats, Integers]:
    """Return the metres to the nearest target of each origin, and its position, lowest of equals."""
    tree = cKDTree(targets)
    found, index = tree.query(origins, k=[1, 2])
    facility = index[:, 0].astype(np.int64)
    distance = to_millimetres(np.hypot(*(targets[facility] - origins).T))
    # The tree's own sums may differ in the last digit: whatever is near a tie is measured again.
    for row in np.flatnonzero(found[:, 1] - found[:, 0] < TIE_SEARCH_M):
        around = tree.query_ball_point(origins[row], found[row, 0] + TIE_SEARCH_M)
        near = np.asarray(sorted(around), dtype=np.int64)
        exact = to_millimetres(np.hypot(*(targets[near] - origins[row]).T))
        distance[row], facility[row] = exact.min(), near[exact.argmin()]
    return distance, facility


def nearest_to_areas(
    areas: npt.NDArray[np.object_],
    facilities_xy: Floats,
    at_most_m: Floats,
    *,
    inside: bool = False,
) -> tuple[Floats, Integers]:
    """Return the facility nearest to each area, 0 m where one lies in it.

    Parameters
    ----------
    areas
        (n,) polygons in metres.
    facilities_xy
        (m, 2) metres.
    at_most_m
        (n,) how far the nearest is at most, as a point of each area knows it; finite unless ``inside``.
    inside
        Whether only facilities inside count.

    Returns
    -------
    tuple
        (n,) metres from whole millimetres, (n,) positions, the lowest of equally near ones; inf and
        -1 where there is none.
    """
    points = shapely.points(facilities_xy)
    tree = shapely.STRtree(points)
    if inside:
        area, facility = tree.query(areas, predicate="intersects")
    else:
        area, facility = tree.query(areas, predicate="dwithin", distance=at_most_m + TIE_SEARCH_M)
    metres = to_millimetres(shapely.distance(areas[area], points[facility]))
    order = np.lexsort((facility, metres, area))
    rows, first = np.unique(area[order], return_index=True)
    distance_m, chosen = np.full(len(areas), np.inf), np.full(len(areas), -1, dtype=np.int64)
    distance_m[rows], chosen[rows] = metres[order[first]], facility[order[first]]
    return distance_m, chosen


def of_residences(
    demand: DemandPoints, distance_m: Floats, facility: Integers, n_residences: int
) -> tuple[Floats, Integers]:
    """Return the distance and the facility of each residence from those of its points.

    The nearest point counts, under ``farthest_point`` the farthest; of equal ones the facility
    first in the list.
    """
    sign = np.where(demand.farthest, -1.0, 1.0)[demand.owner]
    order = np.lexsort((facility, sign * distance_m, demand.owner))
    first = np.unique(demand.owner[order], return_index=True)[1]
    best = np.full(n_residences, np.inf)
    chosen = np.full(n_residences, -1, dtype=np.int64)
    rows = order[first]
    best[demand.owner[rows]] = distance_m[rows]
    chosen[demand.owner[rows]] = np.where(np.isfinite(distance_m[rows]), facility[rows], -1)
    return best, chosen


def snap_demand(demand: DemandPoints, network: Network, snap_limit_m: float) -> Snapped:
    """Return where the points of residences meet the network, once for all facilities."""
    return network.snap(demand.xy, max_snap_m=snap_limit_m)


def walking_reach(
    demand: DemandPoints,
    facilities_xy: Floats,
    n_residences: int,
    network: Network,
    *,
    snap_limit_m: float,
    snapped: Snapped | None = None,
) -> Reach:
    """Return the nearest facility on foot: both off-network legs and the way between them.

    Parameters
    ----------
    demand
        Points of the residences, metres.
    facilities_xy
        (m, 2) metres.
    n_residences
        How many residences there are.
    network
        Walkable roads.
    snap_limit_m
        A point farther from every road is off the network.
    snapped
        The points as :func:`snap_demand` gives them, where they are known already.
    """
    start = snap_demand(demand, network, snap_limit_m) if snapped is None else snapped
    # Under the farthest point one that is off the network leaves the residence off it.
    count = np.bincount(demand.owner, weights=start.off_network, minlength=n_residences)
    points = np.bincount(demand.owner, minlength=n_residences)
    off = np.where(demand.farthest, count > 0, count == points)
    if len(facilities_xy) == 0:
        none = np.full(n_residences, -1, dtype=np.int64)
        return Reach(Metric.WALKING, np.full(n_residences, np.inf), none, off)
    end = network.snap(facilities_xy, max_snap_m=snap_limit_m)
    found = network.nearest_snapped(start, end)
    best, chosen = of_residences(demand, found.distance_m, found.facility, n_residences)
    return Reach(Metric.WALKING, best, chosen, off)
