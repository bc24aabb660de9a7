"""Plans worked out anew from the data alone, sharing nothing with the solvers' arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from facilityplan.errors import SolveError

SOLVER_AGREEMENT = 1e-6
"""Share by which HiGHS's own value of a plan may differ from the recount (its tolerance)."""

AGREEMENT = 1e-8
"""Share by which two recounts of one plan may differ (ties are told at 1e-9)."""


def times_covered(cover: Any, sites: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return for each demand by how many of the sites it is covered; see `covered_demands`."""
    wanted = np.zeros(cover.shape[1], dtype=bool)
    wanted[list(sites)] = True
    rows = cover if cover.format == "csr" else cover.tocsr()
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    hit = wanted[rows.indices]
    if rows.data.dtype.kind == "b":
        hit &= rows.data
    counted = np.concatenate([[0], np.cumsum(hit)])
    return np.asarray(counted[rows.indptr[1:]] - counted[rows.indptr[:-1]], dtype=np.int64)


def covered_demands(cover: Any, sites: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Return for each demand whether one of the sites covers it.

    Parameters
    ----------
    cover
        Sparse matrix, demands x candidates; stored entries (other than ``False``) cover.
    sites
        Column positions.
    """
    return times_covered(cover, sites) > 0


def verify_cover(cover: Any, sites: Sequence[int]) -> bool:
    """Return whether the sites cover every demand of a sparse demands x candidates matrix."""
    return bool(covered_demands(cover, sites).all())


def covered_weight(cover: Any, weights: npt.ArrayLike, sites: Sequence[int]) -> float:
    """Return the weight of the demands that the sites cover, summed without rounding error.

    Parameters
    ----------
    cover
        Sparse matrix, demands x candidates.
    weights
        One number per demand.
    sites
        Column positions.
    """
    return math.fsum(np.asarray(weights, dtype=np.float64)[covered_demands(cover, sites)])


def nearest_sites(
    distances: npt.NDArray[np.float64], sites: Sequence[int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return for each demand its nearest site (lowest position of equals, -1 none) and distance.

    Parameters
    ----------
    distances
        Demands x candidates; infinity means unreachable.
    sites
        Column positions.
    """
    nearest = np.full(distances.shape[0], -1, dtype=np.int64)
    distance = np.full(distances.shape[0], np.inf)
    for site in sorted(sites):
        closer = distances[:, site] < distance
        nearest[closer] = site
        distance[closer] = distances[closer, site]
    return nearest, distance


def weighted_distance(
    distances: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], sites: Sequence[int]
) -> float:
    """Return the sum of weight x distance to the nearest site; demands without weight are free."""
    _, distance = nearest_sites(distances, sites)
    asked = weights > 0
    return math.fsum(weights[asked] * distance[asked])


def least_distance(distances: npt.NDArray[np.float64], sites: Sequence[int]) -> float:
    """Return the smallest distance between two of the sites, infinity for fewer than two."""
    least = math.inf
    for at, one in enumerate(sites):
        for other in sites[at + 1 :]:
            least = min(least, float(distances[one, other]))
    return least


def assigned_loads(
    weights: npt.NDArray[np.float64], shares: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the weight that each site receives from a table of shares, demands x candidates."""
    loads = []
    for share in shares.T:
        served = np.flatnonzero(share)
        loads.append(math.fsum(weights[served] * share[served]))
    return np.array(loads)


def zone_shares(
    weights: npt.NDArray[np.float64],
    zones: npt.NDArray[np.float64],
    covered: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float64]:
    """Return the covered share of each zone that has any weight, by zone."""
    shares = []
    for zone in np.unique(zones[weights > 0]):
        inside = zones == zone
        shares.append(math.fsum(weights[inside & covered]) / math.fsum(weights[inside]))
    return np.array(shares)


def equal_mean(shares: npt.NDArray[np.float64]) -> float:
    """Return the mean share less half the mean absolute difference: mean x (1 - Gini)."""
    if not shares.size:
        return 0.0
    apart = math.fsum(abs(float(a) - float(b)) for a in shares for b in shares)
    return math.fsum(shares) / shares.size - apart / (2 * shares.size**2)


def agree(claimed: float, found: float, *, within: float = AGREEMENT) -> None:
    """Refuse a value that the recount does not confirm within a share of it (of 1 below 1).

    Raises
    ------
    SolveError
        ``solver_disagrees``, with both numbers.
    """
    if not abs(claimed - found) <= within * max(1.0, abs(found)):
        raise SolveError("solver_disagrees", claimed=claimed, found=found)
