"""Maximal covering as the search sees it: the weight that a choice of sites misses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.siting.arguments import Floats, Ints, is_integral
from facilityplan.siting.start import greedy_coverage

SEARCHED = 100_000
"""Rows x sites from which the swap search pays for loading its compiled loops."""
STEPS = 1_000
TENURES = (3, 4, 6, 8, 10, 2)


class MissedWeight:
    """The weight missed by at most so many sites, its cuts one per group of rows.

    A group holds the rows whose middle candidate is the same: about as many groups as candidates
    close the relaxation in the fewest rounds.

    Parameters
    ----------
    matrix
        CSR of ones, rows x sites, no row empty.
    weights
        One per row, above 0.
    limit
        How many sites a plan holds.
    """

    def __init__(self, matrix: Any, weights: Floats, limit: int) -> None:
        self._matrix = matrix
        self._turned = matrix.T.tocsr()
        self._weights = weights
        self._limit = limit
        size = np.diff(matrix.indptr)
        middle = matrix.indices[matrix.indptr[:-1] + size // 2]
        present, group = np.unique(middle, return_inverse=True)
        self._order = np.argsort(group, kind="stable")
        self._starts = np.searchsorted(group[self._order], np.arange(present.size + 1))
        weighted = matrix.astype(np.float64)
        weighted.data = np.repeat(weights, size)
        self._weighted = weighted
        self.n_sites = int(matrix.shape[1])
        self.n_groups = int(present.size)
        self.integral = is_integral(weights)
        self.total = math.fsum(weights)

    def start(self) -> Ints:
        """Return a good plan of exactly so many sites: greedy, then swaps."""
        best = greedy_coverage(self._matrix, self._weights, self._limit)
        share = np.zeros(self.n_sites)
        share[best] = 1.0
        return self.rounded(share, np.empty(0, dtype=np.int64))

    def covered(self, chosen: Ints) -> npt.NDArray[np.bool_]:
        """Return which rows these sites cover."""
        covered = np.zeros(self._matrix.shape[0], dtype=bool)
        for site in chosen:
            start, stop = self._turned.indptr[site], self._turned.indptr[site + 1]
            covered[self._turned.indices[start:stop]] = True
        return covered

    def covers_all(self, chosen: Ints) -> bool:
        """Return whether these sites cover every row."""
        return bool(self.covered(chosen).all())

    def value(self, chosen: Ints) -> float:
        """Return the weight that these sites miss."""
        missed = self._weights[~self.covered(chosen)]
        return float(missed.sum()) if self.integral else math.fsum(missed)

    def cuts(self, share: Floats) -> tuple[Floats, Any]:
        """Return constant and slope of each group's cut: a row misses ``1 - sum of shares``."""
        below = (self._matrix @ share < 1.0).astype(np.float64)
        pick = sparse.csr_array(
            (below[self._order], self._order, self._starts),
            shape=(self.n_groups, self._matrix.shape[0]),
        )
        return pick @ self._weights, pick @ self._weighted

    def rounded(self, share: Floats, fixed: Ints) -> Ints:
        """Return the fixed sites and those with the largest shares, ties to the lowest."""
        wanted = share.copy()
        wanted[fixed] = 2.0
        return np.sort(np.argsort(-wanted, kind="stable")[: self._limit]).astype(np.int64)

    def improved(self, chosen: Ints, fixed: Ints, round_number: int) -> Ints:
        """Return sites that miss no more, by swaps."""
        if self._matrix.shape[0] * self.n_sites < SEARCHED:
            return chosen
        from facilityplan.siting.swaps import swap_search  # noqa: PLC0415 - loads the compiler

        tenure = TENURES[round_number % len(TENURES)]
        effort = (STEPS, tenure, round_number)
        return swap_search(self._matrix, self._turned, self._weights, chosen, fixed, effort)
