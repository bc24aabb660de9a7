"""Who is within reach: straight line and walking distance to the nearest facility.

Distances are whole millimetres, kept as metres; they are compared with a limit as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from facilityplan.crs import require_metres
from facilityplan.layers import points_of
from facilityplan.network import Network

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TIE_SEARCH_M: Final = 0.002
"""Two facilities closer than this to a tie may have one distance in whole millimetres."""


class Metric(StrEnum):
    """How a distance was measured."""

    STRAIGHT_LINE = "straight_line"
    WALKING = "walking"


class PointRule(StrEnum):
    """Which point of a residence distances start from."""

    ENTRANCE = "entrance"
    INNER_POINT = "inner_point"


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
        (n,) rule by residence.
    """

    xy: Floats
    owner: Integers
    rule: tuple[PointRule, ...]


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


def demand_points(
    residences: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame | None = None
) -> DemandPoints:
    """Return the points of residences: the entrances given for it, else an inner point.

    Raises
    ------
    CrsError
        If the residences are not in metres.
    """
    require_metres(residences.crs, layer="residences")
    inner = points_of(residences.geometry)
    own: dict[str, list[int]] = {}
    if entrances is not None:
        for position, residence in enumerate(entrances["residence"]):
            own.setdefault(residence, []).append(position)
        doors = points_of(entrances.geometry)
    xy: list[Any] = []
    owner: list[int] = []
    rule: list[PointRule] = []
    for position, residence in enumerate(residences["id"]):
        at = own.get(residence)
        found = [inner[position]] if at is None else [doors[index] for index in at]
        rule.append(PointRule.INNER_POINT if at is None else PointRule.ENTRANCE)
        xy.extend(found)
        owner.extend([position] * len(found))
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    return DemandPoints(points, np.asarray(owner, dtype=np.int64), tuple(rule))


def to_millimetres(distance_m: Floats) -> Floats:
    """Return distances as metres of whole millimetres (half up); inf stays."""
    return np.floor(distance_m * 1000.0 + 0.5) / 1000.0


def straight_reach(demand: DemandPoints, facilities_xy: Floats, n_residences: int) -> Reach:
    """Return the nearest facility in a straight line; ties go to the first facility."""
    nowhere = np.zeros(n_residences, dtype=bool)
    if len(facilities_xy) == 0:
        return Reach(
            Metric.STRAIGHT_LINE,
            np.full(n_residences, np.inf),
            np.full(n_residences, -1, dtype=np.int64),
            nowhere,
        )
    distance, facility = _nearest_points(demand.xy, facilities_xy)
    best, chosen = _nearest_of_owner(distance, facility, demand.owner, n_residences)
    return Reach(Metric.STRAIGHT_LINE, best, chosen, nowhere)


def _nearest_points(origins: Floats, targets: Floats) -> tuple[Floats, Integers]:
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


def _nearest_of_owner(
    distance_m: Floats, facility: Integers, owner: Integers, n_residences: int
) -> tuple[Floats, Integers]:
    order = np.lexsort((facility, distance_m, owner))
    first = np.unique(owner[order], return_index=True)[1]
    best = np.full(n_residences, np.inf)
    chosen = np.full(n_residences, -1, dtype=np.int64)
    rows = order[first]
    best[owner[rows]] = distance_m[rows]
    chosen[owner[rows]] = np.where(np.isfinite(distance_m[rows]), facility[rows], -1)
    return best, chosen


def walking_reach(
    demand: DemandPoints,
    facilities_xy: Floats,
    n_residences: int,
    network: Network,
    *,
    snap_limit_m: float,
) -> Reach:
    """Return the nearest facility on foot: both off-network legs and the way between them."""
    off = np.ones(n_residences, dtype=bool)
    snapped = network.snap(demand.xy, max_snap_m=snap_limit_m)
    np.logical_and.at(off, demand.owner, snapped.off_network)
    if len(facilities_xy) == 0:
        none = np.full(n_residences, -1, dtype=np.int64)
        return Reach(Metric.WALKING, np.full(n_residences, np.inf), none, off)
    found = network.nearest(demand.xy, facilities_xy, max_snap_m=snap_limit_m)
    best, chosen = _nearest_of_owner(found.distance_m, found.facility, demand.owner, n_residences)
    return Reach(Metric.WALKING, best, chosen, off)
