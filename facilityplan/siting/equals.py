"""Whether another plan is as good, and which."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from facilityplan.errors import UsageError
from facilityplan.siting import backup, budget, capacity, compact, dispersion, shares, stages
from facilityplan.siting.capacity import Allocation
from facilityplan.siting.center import p_center
from facilityplan.siting.clock import Deadline, listening
from facilityplan.siting.covering import lscp, mclp
from facilityplan.siting.dispersion import p_dispersion
from facilityplan.siting.exact import Exact, further_plans
from facilityplan.siting.median import p_median
from facilityplan.siting.options import SolveOptions, checked_options
from facilityplan.siting.solution import Solution, Status
from facilityplan.siting.stages import Staged

MODELS: dict[Callable[..., Any], Callable[..., Exact]] = {
    lscp: compact.lscp_exact,
    mclp: compact.mclp_exact,
    p_median: compact.p_median_exact,
    p_center: compact.p_center_exact,
    p_dispersion: dispersion.p_dispersion_exact,
    backup.lscp_backup: backup.lscp_backup_exact,
    backup.mclp_backup: backup.mclp_backup_exact,
    budget.budgeted_coverage: budget.budgeted_coverage_exact,
    capacity.capacitated_coverage: capacity.capacitated_coverage_exact,
    capacity.capacitated_p_median: capacity.capacitated_p_median_exact,
    shares.partial_coverage: shares.partial_coverage_exact,
    stages.staged_coverage: stages.staged_coverage_exact,
}
"""The whole model of each problem."""

LEVELS: dict[Callable[..., Any], str] = {p_center: "radius", p_dispersion: "apart"}
"""Where the value is a distance that the model must keep, its name there."""


@dataclass(frozen=True)
class EquallyGood:
    """Other plans with the value and the number of sites of a proven best one.

    Parameters
    ----------
    exist
        Whether there is another; ``None`` where the time ended before that was known.
    plans
        Sites of up to so many of them, in order. Of a problem in stages a plan lists candidate
        plus number of candidates times stage.
    all_found
        Whether these are all.
    """

    exist: bool | None
    plans: tuple[tuple[int, ...], ...]
    all_found: bool


def equally_good(
    problem: functools.partial[Any],
    solution: Solution | Allocation | Staged,
    limit: int = 10,
    *,
    options: SolveOptions | None = None,
) -> EquallyGood:
    """Return the plans that are as good as a proven best one, with as many sites.

    One more solve with the plan itself ruled out says whether there is any; each further plan
    costs one solve.

    Parameters
    ----------
    problem
        The call that was solved: ``problem = functools.partial(mclp, cover, weights, 8)``,
        ``solution = problem()``.
    solution
        What it returned.
    limit
        How many to look for.
    options
        Time limit, threads, seed.

    Raises
    ------
    UsageError
        If the call is none of a problem that this can be asked of, or the plan is not proven.
    """
    build = MODELS.get(problem.func) if isinstance(problem, functools.partial) else None
    if build is None:
        raise UsageError("siting_equals_problem", given=str(problem))
    plain = solution if isinstance(solution, Solution) else solution.solution
    if plain.status is not Status.OPTIMAL or limit < 1:
        raise UsageError("siting_equals_unproven", status=str(plain.status), limit=limit)
    deadline = Deadline.of(checked_options(options, None))
    name = LEVELS.get(problem.func)
    extra = {} if name is None else {name: plain.objective}
    exact = build(*problem.args, **problem.keywords, **extra)
    free = set(exact.free)
    sites = np.array(sorted({*_columns(exact, solution), *free}), dtype=np.int64)
    with listening(deadline):
        found, all_found = further_plans(exact, sites, limit, deadline)
    plans = tuple(tuple(site for site in plan if site not in free) for plan in found)
    return EquallyGood(True if plans else (False if all_found else None), plans, all_found)


def _columns(exact: Exact, solution: Solution | Allocation | Staged) -> list[int]:
    """Return the site columns of a solution in the whole model."""
    if isinstance(solution, Staged):
        n_candidates = exact.model.n_sites // len(solution.stages)
        return [
            stage * n_candidates + site
            for stage, sites in enumerate(solution.stages)
            for site in sites
        ]
    plain = solution if isinstance(solution, Solution) else solution.solution
    return list(plain.sites)
