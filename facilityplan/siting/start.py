"""Quick good plans to start from: greedy choice, then swaps. Ties go to the lowest index."""

from __future__ import annotations

from typing import Any

import numpy as np

from facilityplan.siting.arguments import Floats, Ints

MAX_SWAP_ROUNDS = 100
IMPROVEMENT = 1e-12
"""Share of the value that a swap must gain, so that rounding cannot make it circle."""


def greedy_cover(matrix: Any, costs: Floats) -> Ints:
    """Return columns that cover every row, cheapest per newly covered row first, none superfluous.

    Parameters
    ----------
    matrix
        CSR of ones, no row empty.
    costs
        One per column.
    """
    turned = matrix.T.tocsr()
    times = np.zeros(matrix.shape[0], dtype=np.int64)
    chosen: list[int] = []
    while not times.all():
        gain = np.asarray(turned @ (times < 1).astype(np.int64)).ravel()
        useful = gain > 0
        price = np.full(costs.size, np.inf)
        price[useful] = costs[useful] / gain[useful]
        best = int(np.argmin(price))
        chosen.append(best)
        times[turned.indices[turned.indptr[best] : turned.indptr[best + 1]]] += 1
    for column in sorted(chosen, key=lambda c: (-costs[c], -c)):
        rows = turned.indices[turned.indptr[column] : turned.indptr[column + 1]]
        if (times[rows] > 1).all():
            times[rows] -= 1
            chosen.remove(column)
    return np.array(sorted(chosen), dtype=np.int64)


def greedy_coverage(matrix: Any, weights: Floats, n_sites: int) -> Ints:
    """Return columns that cover much weight: greedy, then single swaps while they gain.

    Parameters
    ----------
    matrix
        CSR of ones.
    weights
        One per row.
    n_sites
        How many columns at most.
    """
    turned = matrix.T.tocsr()
    times = np.zeros(matrix.shape[0], dtype=np.int64)
    chosen: list[int] = []

    def rows_of(column: int) -> Any:
        return turned.indices[turned.indptr[column] : turned.indptr[column + 1]]

    def best_addition() -> tuple[int, float]:
        gain = np.asarray(turned @ np.where(times < 1, weights, 0.0)).ravel()
        best = int(np.argmax(gain))
        return best, float(gain[best])

    while len(chosen) < n_sites and not times.all():
        best, gain = best_addition()
        if gain <= 0:
            break
        chosen.append(best)
        times[rows_of(best)] += 1
    least = IMPROVEMENT * float(weights.sum())
    for _ in range(MAX_SWAP_ROUNDS):
        swapped = False
        for column in tuple(chosen):
            rows = rows_of(column)
            loss = float(weights[rows[times[rows] < 2]].sum())
            times[rows] -= 1
            best, gain = best_addition()
            if gain > loss + least:
                chosen[chosen.index(column)] = best
                times[rows_of(best)] += 1
                swapped = True
            else:
                times[rows] += 1
        if not swapped:
            break
    return np.array(sorted(chosen), dtype=np.int64)


def greedy_median(costs: Floats, n_sites: int, kept: Ints) -> Ints:
    """Return columns with a low sum of row minima, the one that saves most first.

    Parameters
    ----------
    costs
        Finite, rows x columns.
    n_sites
        How many columns, at most as many as there are.
    kept
        Columns that must be among them.
    """
    chosen = kept.tolist()
    now = costs[:, chosen].min(axis=1, initial=np.inf)
    while len(chosen) < n_sites:
        total = np.minimum(costs, now[:, None]).sum(axis=0)
        total[chosen] = np.inf
        best = int(np.argmin(total))
        chosen.append(best)
        now = np.minimum(now, costs[:, best])
    return np.array(sorted(chosen), dtype=np.int64)
