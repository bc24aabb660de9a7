"""All pairs of residence and facility within a limit, as a sparse table of metres."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from facilityplan.coverage.points import DemandPoints
from facilityplan.coverage.reach import TIE_SEARCH_M, to_millimetres
from facilityplan.network import Network

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


def straight_pairs(
    demand: DemandPoints,
    facilities_xy: Floats,
    n_residences: int,
    limit_m: float,
    *,
    free: Callable[[Floats, Floats], Flags] | None = None,
) -> csr_array:
    """Return straight-line distances of all pairs within a limit, inclusive.

    Parameters
    ----------
    demand
        Points of the residences, metres; of several the nearest counts, under ``farthest_point``
        the farthest. Areas are measured themselves, unless ``free`` is given.
    facilities_xy
        (m, 2) metres.
    limit_m
        In metres; distances are whole millimetres before they are held against it.
    free
        Says of lines, by their (k, 2) ends, which count; by default all do.

    Returns
    -------
    csr_array
        (n_residences, m) metres, indices sorted, explicit zeros kept.
    """
    shape = (n_residences, len(facilities_xy))
    if len(demand.xy) == 0 or len(facilities_xy) == 0:
        return csr_array(shape)
    # The tree's own sums may differ in the last digit: a margin, then the distances again.
    found = cKDTree(demand.xy).sparse_distance_matrix(
        cKDTree(facilities_xy), limit_m + TIE_SEARCH_M, output_type="ndarray"
    )
    start, end = found["i"].astype(np.int64), found["j"].astype(np.int64)
    x, y = (facilities_xy[:, axis].take(end) - demand.xy[:, axis].take(start) for axis in (0, 1))
    distance = to_millimetres(np.hypot(x, y))
    kept = distance <= limit_m
    if free is not None:
        kept[kept] = free(demand.xy[start[kept]], facilities_xy[end[kept]])
    distance, owner, end = distance[kept], demand.owner[start[kept]], end[kept]
    if demand.areas is not None and free is None:
        rows = np.flatnonzero(~shapely.is_missing(demand.areas))
        area, near, metres = _to_areas(demand.areas[rows], facilities_xy, limit_m)
        points = ~np.isin(owner, rows)
        distance = np.concatenate([distance[points], metres])
        owner = np.concatenate([owner[points], rows[area]])
        end = np.concatenate([end[points], near])
    return _table(distance, owner, end, shape, demand)


def _to_areas(
    areas: npt.NDArray[np.object_], facilities_xy: Floats, limit_m: float
) -> tuple[Integers, Integers, Floats]:
    """Return area, facility and metres of all pairs within the limit, 0 m inside an area."""
    points = shapely.points(facilities_xy)
    area, near = shapely.STRtree(points).query(
        areas, predicate="dwithin", distance=limit_m + TIE_SEARCH_M
    )
    metres = to_millimetres(shapely.distance(areas[area], points[near]))
    kept = metres <= limit_m
    return area[kept], near[kept], metres[kept]


def walking_pairs(
    demand: DemandPoints,
    facilities_xy: Floats,
    n_residences: int,
    network: Network,
    limit_m: float,
    *,
    snap_limit_m: float,
) -> csr_array:
    """Return walking distances of all pairs within a limit, as :func:`straight_pairs` does.

    Parameters
    ----------
    network
        The road graph.
    snap_limit_m
        A point farther from every road reaches nothing and is not reached.
    """
    shape = (n_residences, len(facilities_xy))
    if len(demand.xy) == 0 or len(facilities_xy) == 0:
        return csr_array(shape)
    found = network.pairs(demand.xy, facilities_xy, limit_m=limit_m, max_snap_m=snap_limit_m)
    start = np.repeat(np.arange(len(demand.xy)), np.diff(found.indptr))
    end = found.indices.astype(np.int64)
    return _table(found.data, demand.owner[start], end, shape, demand)


def _table(
    distance_m: Floats,
    owner: Integers,
    facility: Integers,
    shape: tuple[int, int],
    demand: DemandPoints,
) -> csr_array:
    """Return pairs as a table, one for each residence and facility.

    Of several the shortest counts; under ``farthest_point`` the longest, and only where the
    facility reaches every point of the residence.
    """
    # One whole number a pair sorts much faster than two columns; equal ones are neighbours then.
    pair = owner * np.int64(shape[1]) + facility
    order = np.argsort(pair, kind="stable")
    ordered, metres = pair[order], distance_m[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    one = np.minimum.reduceat(metres, first) if len(first) else metres
    row, column = np.divmod(ordered[first], shape[1])
    farthest = demand.farthest[row]
    if farthest.any():
        longest = np.maximum.reduceat(metres, first)
        found = np.diff(np.append(first, len(metres)))
        every = found == np.bincount(demand.owner, minlength=shape[0])[row]
        one = np.where(farthest, longest, one)
        kept = ~farthest | every
        one, row, column = one[kept], row[kept], column[kept]
    start = np.searchsorted(row, np.arange(shape[0] + 1))
    return csr_array((one, column, start), shape=shape)
