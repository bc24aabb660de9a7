"""Swaps of one site for another that lower a p-median plan's cost, as compiled loops."""

from __future__ import annotations

import numpy as np

from facilityplan.compiled import compiled
from facilityplan.siting.arguments import Floats, Ints


@compiled
def _two_nearest(
    costs: Floats,
    chosen: Ints,
    first: Ints,
    nearest: Floats,
    second: Floats,
) -> float:
    total = 0.0
    for row in range(costs.shape[0]):
        first[row], nearest[row], second[row] = 0, np.inf, np.inf
        for at in range(chosen.size):
            cost = costs[row, chosen[at]]
            if cost < nearest[row]:
                second[row] = nearest[row]
                nearest[row] = cost
                first[row] = at
            elif cost < second[row]:
                second[row] = cost
        total += nearest[row]
    return total


@compiled
def _best_out(
    offered: Floats, first: Ints, nearest: Floats, second: Floats, missed: Floats
) -> float:
    """Take one candidate in: return what it gains, and correct what each site's leaving costs."""
    gained = 0.0
    for row in range(offered.size):
        cost = offered[row]
        if cost < nearest[row]:
            gained += nearest[row] - cost
            missed[first[row]] -= second[row] - nearest[row]
        elif cost < second[row]:
            missed[first[row]] -= second[row] - cost
    return gained


@compiled
def swaps(costs: Floats, turned: Floats, chosen: Ints, n_fixed: int, rounds: int) -> Ints:
    """Swap the best pair while it gains; the first ``n_fixed`` of ``chosen`` stay."""
    n_rows, n_sites = costs.shape
    first = np.zeros(n_rows, dtype=np.int64)
    nearest = np.zeros(n_rows)
    second = np.zeros(n_rows)
    inside = np.zeros(n_sites, dtype=np.bool_)
    inside[chosen] = True
    missed = np.zeros(chosen.size)
    alone = np.zeros(chosen.size)
    for _ in range(rounds):
        value = _two_nearest(costs, chosen, first, nearest, second)
        alone[:] = 0.0
        for row in range(n_rows):
            alone[first[row]] += second[row] - nearest[row]
        best = value * (1.0 - 1e-12)
        best_out, best_in = -1, -1
        for site in range(n_sites):
            if inside[site]:
                continue
            missed[:] = alone
            gained = _best_out(turned[site], first, nearest, second, missed)
            for at in range(n_fixed, chosen.size):
                reached = value - gained + missed[at]
                if reached < best:
                    best, best_out, best_in = reached, at, site
        if best_in < 0:
            break
        inside[chosen[best_out]] = False
        inside[best_in] = True
        chosen[best_out] = best_in
    return chosen
