"""Partial covering: the cheapest sites that reach at least a share of the weight."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.errors import SolveError, UsageError
from facilityplan.siting import highs, verify
from facilityplan.siting.arguments import (
    Floats,
    checked_cover,
    checked_numbers,
    exact_scale,
    is_integral,
)
from facilityplan.siting.clock import Deadline, listening
from facilityplan.siting.exact import Exact, Plan, as_solution, rows_joined, solve_exact
from facilityplan.siting.fallback import Room, greedy_sites
from facilityplan.siting.options import SolveOptions, checked_options
from facilityplan.siting.reduce import covered_rows, merge_rows, sum_by_group
from facilityplan.siting.roles import checked_roles
from facilityplan.siting.solution import Solution, infeasible

ENOUGH = 1e-9
"""Share of the weight by which a plan may fall short of what is asked: rounding, no more."""


def partial_coverage(
    cover: Any,
    weights: npt.ArrayLike,
    share: float,
    *,
    costs: npt.ArrayLike | None = None,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    options: SolveOptions | None = None,
) -> Solution:
    """Return the cheapest sites that cover at least a share of the weight.

    Partial set covering (Daskin and Owen, 1999; Cordeau, Furini and Ljubic, 2019).

    Parameters
    ----------
    cover
        scipy sparse, demands x candidates; a stored entry covers.
    weights
        Weight of each demand, not negative.
    share
        Of the whole weight, in [0, 1].
    costs
        Cost of each candidate, not negative; ``None`` counts sites.
    mandatory, existing, forbidden
        Candidates that every plan holds, that stand anyway (they serve and cost nothing), that no
        plan holds.
    options
        Time limit, gap, threads, seed, progress.

    Returns
    -------
    Solution
        ``objective`` is the cost; ``infeasible`` where all candidates together cover less: the
        conflict names both weights.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``no_plan_in_time``; ``solver_disagrees`` where the recount does not confirm the plan.
    """
    matrix = checked_cover(cover)
    weight = checked_numbers("weights", weights, matrix.shape[0])
    if not 0 <= share <= 1:
        raise UsageError("siting_share", given=str(share))
    roles = checked_roles(matrix.shape[1], mandatory, existing, forbidden)
    deadline = Deadline.of(checked_options(options, None))
    asked = share * math.fsum(weight)
    reach = math.fsum(weight[covered_rows(matrix, np.flatnonzero(roles.bounds()[1]))])
    if reach < asked * (1 - ENOUGH):
        return infeasible({"weight_asked": asked, "weight_in_reach": reach})
    problem = partial_coverage_exact(
        cover,
        weights,
        share,
        costs=costs,
        mandatory=roles.mandatory.tolist(),
        existing=roles.existing.tolist(),
        forbidden=roles.forbidden.tolist(),
    )
    with listening(deadline):
        plan = solve_exact(problem, deadline)
    if not isinstance(plan, Plan):
        raise SolveError("no_plan_in_time", seconds=deadline.options.time_limit_s)
    return as_solution(problem, plan, deadline)


def partial_coverage_exact(
    cover: Any,
    weights: npt.ArrayLike,
    share: float,
    *,
    costs: npt.ArrayLike | None = None,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    **_: Any,
) -> Exact:
    """Return the model of :func:`partial_coverage`."""
    matrix = checked_cover(cover)
    n_candidates = matrix.shape[1]
    weight = checked_numbers("weights", weights, matrix.shape[0])
    roles = checked_roles(n_candidates, mandatory, existing, forbidden)
    price = (
        np.ones(n_candidates) if costs is None else checked_numbers("costs", costs, n_candidates)
    ) * roles.counted()
    rows = np.flatnonzero(weight > 0)
    merged, group = merge_rows(matrix[rows])
    sums = sum_by_group(weight[rows], group, merged.shape[0])
    asked = share * math.fsum(weight)
    scale = exact_scale(price)
    lower, upper = roles.bounds()
    n_rows = merged.shape[0]
    # In whole units of weight the row needs no tolerance; the rest is asked for a hair less.
    size = exact_scale(sums)
    needed = asked * size
    needed = math.ceil(needed - 1e-6) if is_integral(sums * size) else needed * (1 - ENOUGH)
    total = np.concatenate([np.zeros(n_candidates), sums * size])
    matrix_rows, low, high = rows_joined(
        (
            sparse.hstack([-merged, sparse.eye_array(n_rows)]),
            np.full(n_rows, -np.inf),
            np.zeros(n_rows),
        ),
        (sparse.csr_array(total[None, :]), np.array([float(needed)]), np.array([np.inf])),
    )
    model = highs.Model(
        cost=np.concatenate([price * scale, np.zeros(n_rows)]),
        lower=np.concatenate([lower, np.zeros(n_rows)]),
        upper=np.concatenate([upper, np.ones(n_rows)]),
        n_sites=n_candidates,
        matrix=matrix_rows,
        row_lower=low,
        row_upper=high,
        integral=is_integral(price * scale),
    )

    def recount(columns: Floats) -> float:
        sites = np.flatnonzero(columns[:n_candidates] > 0.5).tolist()
        reached = verify.covered_weight(cover, weight, sites)
        if reached < asked * (1 - 10 * ENOUGH):
            raise SolveError("solver_disagrees", claimed=asked, found=reached)
        return math.fsum(price[sites])

    def fallback() -> Floats:
        sites = greedy_sites(
            merged.T.tocsr(),
            Room(roles, None, price),
            lambda times: sums * (times < 1),
            enough=lambda times: math.fsum(sums[times > 0]) >= asked * (1 - ENOUGH),
        )
        chosen = np.zeros(n_candidates)
        chosen[sites] = 1.0
        return np.concatenate([chosen, np.asarray(merged @ chosen).ravel() > 0])

    return Exact(model, scale, recount, tuple(roles.existing.tolist()), fallback)
