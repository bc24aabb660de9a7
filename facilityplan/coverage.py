"""Who is within reach: straight line and walking distance to the nearest facility, three rates.

Distances are whole millimetres, kept as metres; they are compared with a limit as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from facilityplan.crs import require_metres
from facilityplan.layers import points_of
from facilityplan.network import Network

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CIRCLE_QUAD_SEGS: Final = 64
"""Segments a quarter circle where an area is cut by service areas (area 0.01 % too small)."""


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


@dataclass(frozen=True)
class Rate:
    """A share with its parts: covered, total, and rows that could not be counted."""

    covered: float
    total: float
    unknown: int

    @property
    def share(self) -> float | None:
        """Covered over total; ``None`` where there is nothing to count."""
        return self.covered / self.total if self.total > 0 else None


@dataclass(frozen=True)
class Rates:
    """The coverage rates side by side; none of them is "the" coverage."""

    land: Rate
    households: Rate
    persons: Rate
    elders: Rate
    units: Rate


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


def coverage_rates(
    residences: gpd.GeoDataFrame, covered: Flags, *, land_m2: Floats | None = None
) -> Rates:
    """Return the rates of coverage side by side.

    Parameters
    ----------
    residences
        One row a residence, projected CRS in metres.
    covered
        (n,) whether the residence is within reach.
    land_m2
        (n,) land of each residence inside the service areas (:func:`land_within`); without it the
        whole land of the residences covered.

    Returns
    -------
    Rates
        A residence without a figure is counted in ``unknown``, never as zero. Points have no land.
    """
    area_m2 = residences.geometry.area.to_numpy()
    has_land = area_m2 > 0
    within = np.where(covered, area_m2, 0.0) if land_m2 is None else land_m2
    return Rates(
        land=Rate(
            float(within[has_land].sum()), float(area_m2[has_land].sum()), int((~has_land).sum())
        ),
        households=_weighted(residences["households"].to_numpy(dtype=float), covered),
        persons=_weighted(residences["population"].to_numpy(dtype=float), covered),
        elders=_weighted(residences["elders"].to_numpy(dtype=float), covered),
        units=_weighted(np.ones(len(residences)), covered),
    )


def _weighted(weights: Floats, covered: Flags) -> Rate:
    known = np.isfinite(weights)
    total = float(weights[known].sum())
    return Rate(float(weights[known & covered].sum()), total, int((~known).sum()))


def land_within(geometry: npt.NDArray[Any], facilities_xy: Floats, limit_m: float) -> Floats:
    """Return the area of each geometry inside the service areas of facilities, (n,) square metres.

    Parameters
    ----------
    geometry
        (n,) polygons in metres.
    facilities_xy
        (m, 2) metres.
    limit_m
        Radius of the service areas.
    """
    land_m2 = np.zeros(len(geometry))
    if len(geometry) == 0 or len(facilities_xy) == 0:
        return land_m2
    areas = service_circles(facilities_xy, limit_m)
    for row, parts in enumerate(_touching(areas, geometry)):
        if len(parts):
            cut = shapely.intersection(geometry[row], shapely.union_all(areas[parts]))
            land_m2[row] = shapely.area(cut)
    return land_m2


def service_circles(facilities_xy: Floats, limit_m: float) -> npt.NDArray[Any]:
    """Return straight-line service areas as polygons, for areas and display, never for verdicts."""
    circles: npt.NDArray[Any] = shapely.buffer(
        shapely.points(facilities_xy), limit_m, quad_segs=CIRCLE_QUAD_SEGS
    )
    return circles


def _touching(areas: npt.NDArray[Any], geometry: npt.NDArray[Any]) -> Sequence[Integers]:
    pairs = shapely.STRtree(areas).query(geometry, predicate="intersects")
    order = np.argsort(pairs[0], kind="stable")
    split = np.searchsorted(pairs[0][order], np.arange(1, len(geometry)))
    return np.split(pairs[1][order], split)
