"""The p-median problem as the search sees it: weight x distance of each demand to its site."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import sparse

from facilityplan.siting.arguments import Floats, Ints, is_integral
from facilityplan.siting.start import greedy_median

REACHED = 1.0 - 1e-9
"""Shares that add up to this serve a demand whole."""
MOST_ROUNDS = 1_000


class ServedDistance:
    """The cost of serving every row from its nearest site, its cuts one per row.

    Parameters
    ----------
    costs
        Rows x candidates, infinite where unreachable; every row has a finite entry.
    limit
        How many sites a plan holds.
    """

    def __init__(self, costs: Floats, limit: int) -> None:
        self._limit = limit
        self._reach = np.isfinite(costs)
        fine = np.where(self._reach, costs, 0.0)
        self.integral = is_integral(fine.ravel(), fine.max(axis=1, initial=0.0))
        self._costs = costs
        beyond = 2.0 * float(fine.max(initial=0.0)) * costs.shape[0] + 1.0
        self._finite = np.where(self._reach, costs, beyond)
        self._turned = np.ascontiguousarray(self._finite.T)
        order = np.argsort(self._finite, axis=1, kind="stable")
        # With all sites open a row never goes beyond its n - limit + 1-th candidate.
        depth = costs.shape[1] - limit + 1
        self._order = order[:, :depth]
        self._ordered = np.take_along_axis(self._finite, self._order, axis=1)
        self.n_groups, self.n_sites = costs.shape

    @property
    def ideal(self) -> float:
        """The cost with every candidate open."""
        return math.fsum(self._costs.min(axis=1, initial=np.inf))

    def reach_rows(self) -> Any:
        """Return the distinct sets of candidates of which one must be open, sparse."""
        partly = ~self._reach.all(axis=1)
        return sparse.csr_array(np.unique(self._reach[partly], axis=0).astype(np.float64))

    def value(self, chosen: Ints) -> float:
        """Return weight x distance to the nearest of these candidates."""
        nearest = self._costs[:, chosen].min(axis=1, initial=np.inf)
        return float(nearest.sum()) if self.integral else math.fsum(nearest)

    def cuts(self, share: Floats) -> tuple[Floats, Any]:
        """Return constant and slope of each row's cut.

        A row is served from its nearest candidates until their shares add up to 1; the last of
        them sets the constant, the nearer ones are worth what they save against it.
        """
        ordered = share[self._order]
        filled = np.cumsum(ordered, axis=1) >= REACHED
        filled[:, -1] = True
        last = np.argmax(filled, axis=1)
        every = np.arange(self.n_groups)
        constant = self._ordered[every, last]
        nearer = np.arange(int(last.max(initial=0)))[None, :] < last[:, None]
        row, at = np.nonzero(nearer)
        saved = constant[row] - self._ordered[row, at]
        counts = saved > 0
        row, at, saved = row[counts], at[counts], saved[counts]
        slope = sparse.csr_array(
            (saved, (row, self._order[row, at])), shape=(self.n_groups, self.n_sites)
        )
        return constant, slope

    def rounded(self, share: Floats, fixed: Ints) -> Ints:
        """Return the fixed sites and those with the largest shares, ties to the lowest."""
        wanted = share.copy()
        wanted[fixed] = 2.0
        return np.sort(np.argsort(-wanted, kind="stable")[: self._limit]).astype(np.int64)

    def improved(self, chosen: Ints, fixed: Ints, round_number: int) -> Ints:  # noqa: ARG002 - the other search takes the round
        """Return sites that cost no more, by swaps."""
        from facilityplan.siting.served_swaps import swaps  # noqa: PLC0415 - loads the compiler

        others = np.setdiff1d(chosen, fixed)
        given = np.concatenate([fixed, others]).astype(np.int64)
        return np.sort(swaps(self._finite, self._turned, given, fixed.size, MOST_ROUNDS))

    def greedy(self, fixed: Ints) -> Ints:
        """Return a plan by greedy choice and swaps; it need not reach every row."""
        return self.improved(greedy_median(self._finite, self._limit, fixed), fixed, 0)
