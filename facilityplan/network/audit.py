"""How true service areas are: points drawn in them, and how far each is from its facility.

The distances are those of :meth:`Network.pairs`, point by point; nothing that shaped the areas is
used to judge them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from facilityplan.errors import UsageError
from facilityplan.network.areas import ServiceAreas
from facilityplan.network.graph import Network
from facilityplan.network.millimetres import FloatArray, IntArray
from facilityplan.network.snap import point_coordinates

ROUNDING_M: Final = 0.002
"""A drawn point snaps anew, which rounds its leg and its place on the edge: it counts as beyond
the limit where it is farther than the limit and this."""

_FARTHEST: Final = 10
"""How many limits away a point is still measured; farther is inf."""


@dataclass(frozen=True)
class AreaAudit:
    """Points drawn from service areas, and those that are farther than the limit.

    Attributes
    ----------
    share_street_beyond
        Of the points on the streets, 0 to 1; ``None`` where there is no street.
    share_polygon_beyond
        Of the points in the polygons, 0 to 1; ``None`` where there is no polygon.
    n_street_points, n_polygon_points
        How many were drawn.
    farthest_street_m, farthest_polygon_m
        The longest walk from a drawn point to its facility; inf where none was found within ten
        limits, ``None`` where nothing was drawn.
    rounding_m
        By how much a point must exceed the limit to count.
    """

    share_street_beyond: float | None
    share_polygon_beyond: float | None
    n_street_points: int
    n_polygon_points: int
    farthest_street_m: float | None
    farthest_polygon_m: float | None
    rounding_m: float = ROUNDING_M


def audit_service_areas(
    network: Network,
    areas: ServiceAreas,
    facilities: Any,
    *,
    n_points: int,
    seed: int,
    max_snap_m: float | None = None,
) -> AreaAudit:
    """Draw points from service areas and measure the walk from each to its facility.

    Parameters
    ----------
    network
        The network that the areas were made on.
    areas
        As :meth:`Network.service_areas` returns them.
    facilities
        The points that they were made of, in the same order.
    n_points
        How many points to draw on the streets, and how many in the polygons: uniform by length
        and by area over all facilities together, where areas overlap once for each.
    seed
        The same seed draws the same points.
    max_snap_m
        As it was for the areas.

    Raises
    ------
    UsageError
        If there are more or fewer facilities than areas, or ``n_points`` is negative.
    CrsError, GeometryError, NetworkError
        As for :meth:`Network.snap`.
    """
    xy = point_coordinates(facilities, network.crs)
    if len(xy) != len(areas.lines):
        raise UsageError("network_audit_facilities", facilities=len(xy), areas=len(areas.lines))
    if n_points < 0:
        raise UsageError("network_audit_points", value=n_points)
    rng = np.random.default_rng(seed)
    results = []
    for points, owner in (
        _on_streets(areas.lines, n_points, rng),
        _in_polygons(areas.polygons, n_points, rng),
    ):
        walk_m = _walks(network, points, owner, xy, areas.limit_m, max_snap_m)
        count = len(walk_m)
        beyond = int((walk_m > areas.limit_m + ROUNDING_M).sum())
        share = beyond / count if count else None
        results.append((share, count, float(walk_m.max()) if count else None))
    (street, n_street, street_m), (polygon, n_polygon, polygon_m) = results
    return AreaAudit(street, polygon, n_street, n_polygon, street_m, polygon_m)


def _on_streets(lines: Any, n_points: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    """Return points (n, 2) on streets and whose they are, as dense everywhere."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    length_m = shapely.length(parts)
    upto_m = np.cumsum(length_m)
    if not len(parts) or upto_m[-1] <= 0:
        return np.empty((0, 2)), np.empty(0, dtype=np.int64)
    way_m = rng.random(n_points) * upto_m[-1]
    part = np.searchsorted(upto_m, way_m, side="right").clip(max=len(parts) - 1)
    points = shapely.line_interpolate_point(parts[part], way_m - (upto_m - length_m)[part])
    return shapely.get_coordinates(points), owner[part].astype(np.int64)


def _in_polygons(
    polygons: Any, n_points: int, rng: np.random.Generator
) -> tuple[FloatArray, IntArray]:
    """Return points (n, 2) in polygons and whose they are, as dense everywhere."""
    points, owners = [np.empty((0, 2))], [np.empty(0, dtype=np.int64)]
    if polygons is None or not (shapely.area(polygons) > 0).any():
        return points[0], owners[0]
    some = np.flatnonzero(shapely.area(polygons) > 0)
    own = polygons[some]
    box = shapely.bounds(own)
    sides = box[:, 2:] - box[:, :2]
    upto = np.cumsum(sides.prod(axis=1))
    wanted = n_points
    while wanted:
        # points in the boxes, as dense in each; those outside the polygon go
        number = np.searchsorted(upto, rng.random(4 * n_points) * upto[-1], side="right")
        number = number.clip(max=len(some) - 1)
        xy = box[number, :2] + rng.random((len(number), 2)) * sides[number]
        inside = np.flatnonzero(shapely.contains_xy(own[number], *xy.T))[:wanted]
        points.append(xy[inside])
        owners.append(some[number[inside]])
        wanted -= len(inside)
    return np.concatenate(points), np.concatenate(owners)


def _walks(
    network: Network,
    points: FloatArray,
    owner: IntArray,
    facilities: FloatArray,
    limit_m: float,
    max_snap_m: float | None,
) -> FloatArray:
    """Return how far each point is from its own facility; inf beyond ten limits."""
    walk_m = np.full(len(points), np.inf)
    # hardly a point is far: only those are looked for far away
    for reach_m in (limit_m + ROUNDING_M, _FARTHEST * limit_m):
        left = np.flatnonzero(np.isinf(walk_m))
        if not len(left):
            break
        used, column = np.unique(owner[left], return_inverse=True)
        found = network.pairs(
            points[left], facilities[used], limit_m=reach_m, max_snap_m=max_snap_m
        ).tocoo()
        own = found.col == column[found.row]
        walk_m[left[found.row[own]]] = found.data[own]
    return walk_m
