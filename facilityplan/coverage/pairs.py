"""All pairs of residence and facility within a limit, as a sparse table of metres."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from facilityplan.coverage.reach import TIE_SEARCH_M, DemandPoints, to_millimetres
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
        Points of the residences, metres; of several the nearest counts.
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
    return _table(distance[kept], demand.owner[start[kept]], end[kept], shape)


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
    return _table(found.data, demand.owner[start], end, shape)


def _table(
    distance_m: Floats, owner: Integers, facility: Integers, shape: tuple[int, int]
) -> csr_array:
    """Return pairs as a table, the shortest of several between one residence and one facility."""
    # One whole number a pair sorts much faster than two columns; equal ones are neighbours then.
    pair = owner * np.int64(shape[1]) + facility
    order = np.argsort(pair, kind="stable")
    ordered, metres = pair[order], distance_m[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    shortest = np.minimum.reduceat(metres, first) if len(first) else metres
    row, column = np.divmod(ordered[first], shape[1])
    start = np.searchsorted(row, np.arange(shape[0] + 1))
    return csr_array((shortest, column, start), shape=shape)
