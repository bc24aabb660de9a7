"""The tie rule: of all equally good plans the one whose sites come first.

Two plans of equal value and equal number of sites are compared at the first candidate that only
one of them holds; the plan that holds it comes first. Candidates are ordered by index, so that
the answer does not hang on how the solver happened to search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from facilityplan.siting import highs
from facilityplan.siting.arguments import Floats
from facilityplan.siting.clock import Deadline

BLOCK = 14
"""Candidates settled by one solve, with weights 2**13 ... 1: small enough that the solver's
integrality tolerance (1e-6) never outweighs the last of them."""
MAX_CANDIDATES = 560
"""Open candidates beyond which one solve that minimises the sum of ranks stands in."""


@dataclass(frozen=True)
class Settled:
    """The chosen site columns and whether they are proven to come first."""

    sites: frozenset[int]
    proven: bool


def first_of_equals(
    model: highs.Model,
    start: Floats,
    is_tied: Callable[[frozenset[int]], bool],
    deadline: Deadline,
) -> Settled:
    """Return the first of the plans that a model admits.

    With at most :data:`MAX_CANDIDATES` open candidates the answer is exact: they are settled in
    ascending blocks of :data:`BLOCK`, each by one solve that prefers the lower index above all
    higher ones together. With more, one solve minimises the sum of the ranks of the sites, which
    is deterministic but need not be the first plan; ``proven`` then is False.

    Parameters
    ----------
    model
        Its rows admit exactly the optimal plans, all with the same number of sites; its cost is
        not used.
    start
        A point of the model, one value per column.
    is_tied
        Recount of a plan by its site columns: is it as good as the best?
    deadline
        When to stop; the best plan so far is returned.
    """
    here = start
    best = frozenset(np.flatnonzero(start[: model.n_sites] > 0.5).tolist())
    lower, upper = model.lower.copy(), model.upper.copy()
    todo = np.flatnonzero(upper[: model.n_sites] - lower[: model.n_sites] > 0.5).tolist()
    if len(todo) > MAX_CANDIDATES:
        return _lowest_ranks(model, todo, start, is_tied, deadline)
    proven = True
    while todo:
        while todo and todo[0] in best:
            lower[todo.pop(0)] = 1.0
        if not todo or int(np.rint(lower[: model.n_sites].sum())) >= len(best):
            break
        block, todo = todo[:BLOCK], todo[BLOCK:]
        cost = np.zeros(model.cost.size)
        cost[block] = -np.ldexp(1.0, np.arange(len(block) - 1, -1, -1))
        trial = highs.with_cost(highs.with_bounds(model, lower, upper), cost)
        found = highs.run(trial, deadline, start=here)
        if found.ended is highs.Ended.STOPPED:
            return Settled(best, False)
        chosen = found.chosen(model.n_sites)
        if found.columns is not None and is_tied(chosen):
            here, best = found.columns, chosen
        else:
            proven = False
        for column in block:
            lower[column] = upper[column] = float(column in best)
    return Settled(best, proven)


def _lowest_ranks(
    model: highs.Model,
    todo: list[int],
    start: Floats,
    is_tied: Callable[[frozenset[int]], bool],
    deadline: Deadline,
) -> Settled:
    cost = np.zeros(model.cost.size)
    cost[todo] = np.arange(1, len(todo) + 1)
    found = highs.run(highs.with_cost(model, cost), deadline, start=start)
    chosen = found.chosen(model.n_sites)
    if found.columns is not None and is_tied(chosen):
        return Settled(chosen, False)
    return Settled(frozenset(np.flatnonzero(start[: model.n_sites] > 0.5).tolist()), False)
