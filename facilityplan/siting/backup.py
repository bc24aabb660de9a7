"""Backup coverage: every demand reached more than once, or as much of it as can be."""

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
    checked_n_sites,
    checked_numbers,
    exact_scale,
    is_integral,
)
from facilityplan.siting.clock import Deadline, listening
from facilityplan.siting.exact import Exact, Plan, as_solution, rows_joined, solve_exact, with_whole
from facilityplan.siting.fallback import Room, greedy_sites
from facilityplan.siting.options import SolveOptions, checked_options
from facilityplan.siting.reduce import merge_rows, sizes, sum_by_group
from facilityplan.siting.roles import Roles, checked_roles
from facilityplan.siting.solution import Solution, infeasible


def lscp_backup(
    cover: Any,
    times: npt.ArrayLike = 2,
    *,
    costs: npt.ArrayLike | None = None,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    options: SolveOptions | None = None,
) -> Solution:
    """Return the cheapest sites that cover every demand at least so many times.

    The set multi-covering form of the location set covering problem (Daskin and Stern, 1981;
    Hogan and ReVelle, 1986). A site covers a demand once, whatever it holds.

    Parameters
    ----------
    cover
        scipy sparse, demands x candidates; a stored entry covers.
    times
        How many sites must reach a demand: one whole number for all, or one per demand; 0 asks
        for nothing.
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
        ``infeasible`` where some demand has too few candidates; ``unreachable`` lists them and
        the conflict names the largest lack.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``no_plan_in_time``; ``solver_disagrees`` where the recount does not confirm the plan.
    """
    matrix = checked_cover(cover)
    asked = _checked_times(times, matrix.shape[0])
    roles = checked_roles(matrix.shape[1], mandatory, existing, forbidden)
    deadline = Deadline.of(checked_options(options, None))
    _, upper = roles.bounds()
    reach = np.asarray(matrix @ upper).ravel()
    short = np.flatnonzero(reach < asked)
    if short.size:
        worst = int(short[np.argmax(asked[short] - reach[short])])
        conflict = {
            "demands": float(asked.size),
            "demands_without_enough_candidates": float(short.size),
            "times_asked": float(asked[worst]),
            "candidates_in_reach": float(reach[worst]),
        }
        return infeasible(conflict, tuple(short.tolist()))
    problem = lscp_backup_exact(
        cover,
        times,
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


def lscp_backup_exact(
    cover: Any,
    times: npt.ArrayLike = 2,
    *,
    costs: npt.ArrayLike | None = None,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    **_: Any,
) -> Exact:
    """Return the model of :func:`lscp_backup`: one row per distinct demand."""
    matrix = checked_cover(cover)
    n_candidates = matrix.shape[1]
    asked = _checked_times(times, matrix.shape[0])
    roles = checked_roles(n_candidates, mandatory, existing, forbidden)
    price = (
        np.ones(n_candidates) if costs is None else checked_numbers("costs", costs, n_candidates)
    ) * roles.counted()
    merged, group = merge_rows(matrix)
    most = np.zeros(merged.shape[0])
    np.maximum.at(most, group, asked)
    lower, upper = roles.bounds()
    scale = exact_scale(price)
    model = highs.Model(
        cost=price * scale,
        lower=lower,
        upper=upper,
        n_sites=n_candidates,
        matrix=merged,
        row_lower=most,
        row_upper=np.full(most.size, np.inf),
        integral=is_integral(price * scale),
    )

    def recount(columns: Floats) -> float:
        sites = np.flatnonzero(columns > 0.5).tolist()
        if (verify.times_covered(cover, sites) < asked).any():
            raise SolveError("solver_disagrees", claimed=float(asked.max()), found="uncovered")
        return math.fsum(price[sites])

    def fallback() -> Floats:
        sites = greedy_sites(
            merged.T.tocsr(),
            Room(roles, None, price),
            lambda covered: (covered < most).astype(np.float64),
        )
        chosen = np.zeros(n_candidates)
        chosen[sites] = 1.0
        return chosen

    return Exact(model, scale, recount, tuple(roles.existing.tolist()), fallback)


def _checked_times(times: npt.ArrayLike, n_demands: int) -> Floats:
    asked = np.asarray(times, dtype=np.float64)
    asked = np.full(n_demands, float(asked)) if asked.ndim == 0 else asked
    asked = checked_numbers("times", asked, n_demands)
    if (asked != np.rint(asked)).any():
        raise UsageError("siting_not_whole", name="times")
    return asked


def mclp_backup(
    cover: Any,
    weights: npt.ArrayLike,
    n_sites: int,
    *,
    backup_weights: npt.ArrayLike | None = None,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    options: SolveOptions | None = None,
) -> Solution:
    """Return at most so many sites with the most weight covered, and covered twice.

    The backup coverage problem BACOP2 of Hogan and ReVelle (1986): a demand reached by one site
    earns its weight, one reached by two or more its backup weight on top.

    Parameters
    ----------
    cover
        scipy sparse, demands x candidates; a stored entry covers.
    weights, backup_weights
        What the first and the second covering of each demand are worth, not negative; without
        the latter both are worth the same.
    n_sites
        How many sites at most, mandatory ones included, existing ones not.
    mandatory, existing, forbidden
        Candidates that every plan holds, that stand anyway, that no plan holds.
    options
        Time limit, gap, threads, seed, progress.

    Returns
    -------
    Solution
        ``objective`` is weight covered plus backup weight covered twice.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``no_plan_in_time``; ``solver_disagrees`` where the recount does not confirm the plan.
    """
    limit = checked_n_sites(n_sites)
    roles = checked_roles(checked_cover(cover).shape[1], mandatory, existing, forbidden)
    deadline = Deadline.of(checked_options(options, None))
    if roles.mandatory.size > limit:
        return infeasible({"n_sites": float(limit), "mandatory_sites": float(roles.mandatory.size)})
    problem = mclp_backup_exact(
        cover,
        weights,
        n_sites,
        backup_weights=backup_weights,
        mandatory=roles.mandatory.tolist(),
        existing=roles.existing.tolist(),
        forbidden=roles.forbidden.tolist(),
    )
    with listening(deadline):
        plan = solve_exact(problem, deadline)
    if not isinstance(plan, Plan):
        raise SolveError("no_plan_in_time", seconds=deadline.options.time_limit_s)
    return as_solution(problem, plan, deadline)


def mclp_backup_exact(
    cover: Any,
    weights: npt.ArrayLike,
    n_sites: int,
    *,
    backup_weights: npt.ArrayLike | None = None,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    **_: Any,
) -> Exact:
    """Return the model of :func:`mclp_backup`: a row's two coverings share its open sites."""
    matrix = checked_cover(cover)
    first = checked_numbers("weights", weights, matrix.shape[0])
    second = (
        first
        if backup_weights is None
        else checked_numbers("backup_weights", backup_weights, matrix.shape[0])
    )
    roles = checked_roles(matrix.shape[1], mandatory, existing, forbidden)
    asked = np.flatnonzero(((first > 0) | (second > 0)) & (sizes(matrix) > 0))
    merged, group = merge_rows(matrix[asked])
    once = sum_by_group(first[asked], group, merged.shape[0])
    twice = sum_by_group(second[asked], group, merged.shape[0])
    scale = exact_scale(np.concatenate([once, twice]))
    model = _backup_model(merged, once * scale, twice * scale, n_sites, roles)

    def recount(columns: Floats) -> float:
        sites = np.flatnonzero(columns[: matrix.shape[1]] > 0.5).tolist()
        times = verify.times_covered(cover, sites)
        return math.fsum([*first[times >= 1], *second[times >= 2]])

    def fallback() -> Floats:
        sites = greedy_sites(
            merged.T.tocsr(),
            Room(roles, n_sites, np.zeros(matrix.shape[1])),
            lambda times: once * (times < 1) + twice * (times == 1),
        )
        chosen = np.zeros(matrix.shape[1])
        chosen[sites] = 1.0
        times = np.asarray(merged @ chosen).ravel()
        return np.concatenate([chosen, times >= 1, times >= 2])

    return Exact(model, -scale, recount, tuple(roles.existing.tolist()), fallback)


def _backup_model(
    matrix: Any, once: Floats, twice: Floats, n_sites: int, roles: Roles
) -> highs.Model:
    n_rows, n_columns = matrix.shape
    eye = sparse.eye_array(n_rows)
    nothing = sparse.csr_array((n_rows, n_columns))
    below = np.full(n_rows, -np.inf)
    zero = np.zeros(n_rows)
    count = np.concatenate([roles.counted(), np.zeros(2 * n_rows)])
    rows, low, high = rows_joined(
        (sparse.hstack([-matrix, eye, eye]), below, zero),
        (sparse.hstack([nothing, -eye, eye]), below, zero),
        (sparse.csr_array(count[None, :]), np.array([-np.inf]), np.array([float(n_sites)])),
    )
    lower, upper = roles.bounds()
    model = highs.Model(
        cost=np.concatenate([np.zeros(n_columns), -once, -twice]),
        lower=np.concatenate([lower, np.zeros(2 * n_rows)]),
        upper=np.concatenate([upper, np.ones(2 * n_rows)]),
        n_sites=n_columns,
        matrix=rows,
        row_lower=low,
        row_upper=high,
        integral=is_integral(once, twice),
    )
    # Where the second covering is worth more, halves of both would beat the first alone.
    return with_whole(model, n_columns + np.flatnonzero(twice > once))
