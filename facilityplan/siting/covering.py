"""Covering problems: fewest sites for everyone (LSCP), most people with so many sites (MCLP).

Both start from a sparse matrix, demands x candidates, that says who can serve whom.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.errors import SolveError
from facilityplan.siting import highs, verify
from facilityplan.siting.arguments import (
    Floats,
    Ints,
    checked_cover,
    checked_mandatory,
    checked_n_sites,
    checked_numbers,
    checked_time_limit,
    exact_scale,
    is_integral,
)
from facilityplan.siting.reduce import dominated_columns, merge_rows, part_of, sizes, sum_by_group
from facilityplan.siting.set_cover import ROUNDING, minimum_cover
from facilityplan.siting.solution import (
    Deadline,
    Solution,
    Status,
    infeasible,
    relative_gap,
    tie_slack,
)
from facilityplan.siting.start import greedy_coverage
from facilityplan.siting.ties import Settled, first_of_equals


def lscp(
    cover: Any,
    *,
    costs: npt.ArrayLike | None = None,
    mandatory: Iterable[int] = (),
    time_limit_s: float | None = None,
) -> Solution:
    """Return the cheapest set of sites that covers every demand (location set covering).

    Of equally cheap plans the one with the fewest sites is returned, of these the one that comes
    first by candidate index (:mod:`facilityplan.siting.ties` says how far that is proven).

    Parameters
    ----------
    cover
        scipy sparse, demands x candidates; a stored entry covers, whatever its number.
    costs
        Cost of each candidate, not negative; ``None`` counts sites.
    mandatory
        Candidates (column positions) that every plan holds; their cost counts.
    time_limit_s
        Seconds after which the best plan so far is returned as ``feasible``.

    Returns
    -------
    Solution
        ``infeasible`` where some demand has no candidate; ``unreachable`` lists them.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``solver_disagrees`` where the recount does not confirm the plan.
    """
    matrix = checked_cover(cover)
    n_demands, n_candidates = matrix.shape
    price = (
        np.ones(n_candidates) if costs is None else checked_numbers("costs", costs, n_candidates)
    )
    kept = checked_mandatory(mandatory, n_candidates)
    deadline = Deadline.after(checked_time_limit(time_limit_s))
    alone = np.flatnonzero(sizes(matrix) < 1)
    if alone.size:
        conflict = {
            "demands": float(n_demands),
            "demands_without_candidate": float(alone.size),
            "candidates": float(n_candidates),
        }
        return infeasible(conflict, tuple(alone.tolist()))
    scale = exact_scale(price)
    found = minimum_cover(matrix, price * scale, kept, deadline)
    if not verify.verify_cover(cover, found.sites):
        recount = int(np.count_nonzero(verify.covered_demands(cover, found.sites)))
        raise SolveError("solver_disagrees", claimed=n_demands, found=recount)
    objective = math.fsum(price[list(found.sites)])
    return Solution(
        sites=found.sites,
        objective=objective,
        bound=objective if found.proven else found.bound / scale,
        gap=0.0 if found.proven else relative_gap(objective, found.bound / scale),
        status=Status.OPTIMAL if found.proven else Status.FEASIBLE,
        lowest_index=found.lowest_index,
    )


def mclp(
    cover: Any,
    weights: npt.ArrayLike,
    n_sites: int,
    *,
    mandatory: Iterable[int] = (),
    time_limit_s: float | None = None,
) -> Solution:
    """Return at most so many sites that cover the most weight (maximal covering location).

    Of plans that cover equally much the one with the fewest sites is returned, of these the one
    that comes first by candidate index (:mod:`facilityplan.siting.ties`).

    Parameters
    ----------
    cover
        scipy sparse, demands x candidates; a stored entry covers, whatever its number.
    weights
        Weight of each demand (persons, elders), not negative.
    n_sites
        How many sites at most, mandatory ones included; more than there are candidates is fine.
    mandatory
        Candidates (column positions) that every plan holds.
    time_limit_s
        Seconds after which the best plan so far is returned as ``feasible``.

    Returns
    -------
    Solution
        ``objective`` is the covered weight; ``infeasible`` only where the mandatory sites are
        more than ``n_sites``.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``solver_disagrees`` where the recount does not confirm the plan.
    """
    matrix = checked_cover(cover)
    n_demands, n_candidates = matrix.shape
    weight = checked_numbers("weights", weights, n_demands)
    limit = checked_n_sites(n_sites)
    kept = checked_mandatory(mandatory, n_candidates)
    deadline = Deadline.after(checked_time_limit(time_limit_s))
    if kept.size > limit:
        return infeasible({"n_sites": float(limit), "mandatory_sites": float(kept.size)})
    scale = exact_scale(weight)
    found = _most_weight(matrix, weight * scale, limit, kept, deadline)
    objective = verify.covered_weight(cover, weight, found.sites)
    verify.agree(found.value, objective * scale)
    bound = objective if found.proven else found.bound / scale
    return Solution(
        sites=found.sites,
        objective=objective,
        bound=bound,
        gap=0.0 if found.proven else relative_gap(objective, bound),
        status=Status.OPTIMAL if found.proven else Status.FEASIBLE,
        lowest_index=found.lowest_index,
    )


@dataclass(frozen=True)
class _Found:
    """Columns with their covered weight, the bound, and whether proven best and proven first."""

    sites: tuple[int, ...]
    value: float
    bound: float
    proven: bool
    lowest_index: bool


def _most_weight(matrix: Any, weight: Floats, limit: int, kept: Ints, deadline: Deadline) -> _Found:
    """Solve what the mandatory sites leave; where all can be covered, cover them with the fewest."""
    asked = np.flatnonzero((sizes(matrix) > 0) & (weight > 0))
    served = np.asarray(matrix[:, kept].sum(axis=1)).ravel() > 0
    constant = math.fsum(weight[asked[served[asked]]])
    missed = asked[~served[asked]]
    others = np.setdiff1d(np.arange(matrix.shape[1]), kept)
    merged, group = merge_rows(part_of(matrix, missed, others))
    keep = np.flatnonzero(~dominated_columns(merged, np.zeros(others.size), keep_ties=True))
    problem = _Coverage(
        part_of(merged, np.arange(merged.shape[0]), keep),
        sum_by_group(weight[missed], group, merged.shape[0]),
    )
    part = problem.solve(min(limit - kept.size, keep.size), deadline)
    found = _Found(
        tuple(sorted([*kept.tolist(), *others[keep[list(part.sites)]].tolist()])),
        constant + part.value,
        constant + part.bound,
        part.proven,
        part.lowest_index,
    )
    if not problem.covers_all(part.sites):
        return found
    whole = part_of(matrix, asked, np.arange(matrix.shape[1]))
    fewest = minimum_cover(whole, np.ones(matrix.shape[1]), kept, deadline)
    if len(fewest.sites) > limit:
        return replace(found, lowest_index=False)
    first = fewest.proven and fewest.lowest_index
    return replace(found, sites=fewest.sites, lowest_index=first)


class _Coverage:
    """The reduced maximal covering problem: distinct rows with their weights.

    Parameters
    ----------
    matrix
        CSR of ones, no row or column empty.
    weights
        One per row, above 0.
    """

    def __init__(self, matrix: Any, weights: Floats) -> None:
        self._matrix = matrix
        self._weights = weights
        self._turned = matrix.T.tocsr()
        self._integral = is_integral(weights)

    def _covered(self, chosen: Iterable[int]) -> npt.NDArray[np.bool_]:
        covered = np.zeros(self._matrix.shape[0], dtype=bool)
        for column in chosen:
            start, stop = self._turned.indptr[column], self._turned.indptr[column + 1]
            covered[self._turned.indices[start:stop]] = True
        return covered

    def value(self, chosen: Iterable[int]) -> float:
        """Return the weight that these columns cover."""
        return math.fsum(self._weights[self._covered(chosen)])

    def covers_all(self, chosen: Iterable[int]) -> bool:
        """Return whether these columns cover every row."""
        return bool(self._covered(chosen).all())

    def _model(self, n_sites: int) -> highs.Model:
        """Maximise the covered weight: a row's cover is at most the number of its open sites."""
        n_rows, n_columns = self._matrix.shape
        link = sparse.hstack([-self._matrix, sparse.eye_array(n_rows)], format="csr")
        count = np.concatenate([np.ones(n_columns), np.zeros(n_rows)])
        return highs.Model(
            cost=np.concatenate([np.zeros(n_columns), -self._weights]),
            lower=np.zeros(n_columns + n_rows),
            upper=np.ones(n_columns + n_rows),
            n_sites=n_columns,
            matrix=sparse.vstack([link, sparse.csr_array(count[None, :])], format="csr"),
            row_lower=np.concatenate([np.full(n_rows, -np.inf), [float(n_sites)]]),
            row_upper=np.concatenate([np.zeros(n_rows), [float(n_sites)]]),
            integral=self._integral,
        )

    def _point(self, chosen: Iterable[int]) -> Floats:
        sites = np.zeros(self._matrix.shape[1])
        sites[list(chosen)] = 1.0
        return np.concatenate([sites, self._covered(chosen).astype(np.float64)])

    def solve(self, n_sites: int, deadline: Deadline) -> _Found:
        """Return the best columns; which of several that cover every row is left open."""
        best = frozenset(greedy_coverage(self._matrix, self._weights, n_sites).tolist())
        value = self.value(best)
        if self.covers_all(best):
            return _Found(tuple(sorted(best)), value, value, True, False)
        slack = tie_slack(value, integral=self._integral)
        plain = self._model(n_sites)
        relaxation = highs.run_with_plan(plain, deadline, relaxed=True)
        model = highs.narrowed(plain, relaxation, -value, slack)
        found = highs.run_with_plan(model, deadline, start=self._point(best))
        chosen = found.chosen(model.n_sites)
        if found.columns is not None and self.value(chosen) > value:
            best, value = chosen, self.value(chosen)
        if found.ended is not highs.Ended.OPTIMAL:
            bound = min(math.fsum(self._weights), -relaxation.bound, -found.bound)
            bound = max(value, math.floor(bound + ROUNDING) if self._integral else bound)
            return _Found(tuple(sorted(best)), value, bound, bound <= value, False)
        verify.agree(-found.bound, value, within=verify.SOLVER_AGREEMENT)
        if self.covers_all(best):
            return _Found(tuple(sorted(best)), value, value, True, False)
        model = highs.narrowed(plain, relaxation, -value, slack)
        settled = self._first(model, best, deadline)
        return _Found(tuple(sorted(settled.sites)), value, value, True, settled.proven)

    def _first(self, model: highs.Model, best: frozenset[int], deadline: Deadline) -> Settled:
        """Return the first of the plans that cover as much as the best."""
        value = self.value(best)
        slack = tie_slack(value, integral=self._integral)
        tied = highs.with_rows(
            model, -model.cost[None, :], np.array([value - slack]), np.array([np.inf])
        )

        def is_tied(chosen: frozenset[int]) -> bool:
            return self.value(chosen) >= value - slack

        return first_of_equals(tied, self._point(best), is_tied, deadline)
