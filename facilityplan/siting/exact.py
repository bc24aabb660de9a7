"""Problems that go to HiGHS whole: solve, settle ties, find further plans that are as good.

A problem is a mixed-integer model whose first columns are the sites, and a recount of a plan on
the data as they were given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from facilityplan.siting import highs, verify
from facilityplan.siting.arguments import Floats, Ints
from facilityplan.siting.clock import Deadline
from facilityplan.siting.solution import Solution, Status, relative_gap, tie_slack
from facilityplan.siting.ties import first_of_equals

ROUNDING = 1e-6


@dataclass(frozen=True)
class Exact:
    """A location problem as a model.

    Parameters
    ----------
    model
        Minimises; its first columns are the candidates (or candidates by stage).
    scale
        The model's objective is the user's times this; negative where the user maximises.
    recount
        Value of a plan in the user's unit from the model's columns, by code that shares nothing
        with the model; it raises where the plan breaks a rule of the problem.
    free
        Candidates that stand anyway and are not chosen.
    fallback
        Columns of a valid plan found without the solver (``None``: none found), for a search that
        ends before the solver has one.
    utopia
        What no plan can better by the problem's own measure (the whole weight), in the user's
        unit; ``None`` where nothing better is known than what the model's columns say.
    """

    model: highs.Model
    scale: float
    recount: Callable[[Floats], float]
    free: tuple[int, ...] = ()
    fallback: Callable[[], Floats | None] | None = None
    utopia: float | None = None


@dataclass(frozen=True)
class Plan:
    """Columns of a plan with its bound (user's unit), and whether proven best and proven first."""

    columns: Floats
    objective: float
    bound: float
    proven: bool
    lowest_index: bool

    def chosen(self, n_sites: int) -> tuple[int, ...]:
        """Return the site columns that are set."""
        return tuple(np.flatnonzero(self.columns[:n_sites] > 0.5).tolist())


def minimal_infinity(value: float, bound: float, scale: float) -> float:
    """Return the bound in the user's unit; never better than the plan itself."""
    return (max(bound, value) if scale < 0 else min(bound, value)) if np.isfinite(bound) else bound


def solve_exact(
    problem: Exact, deadline: Deadline, *, start: Floats | None = None
) -> Plan | highs.Ended:
    """Return the best plan, or how the search ended without one.

    Of equally good plans the one with the fewest sites, of these the first by index.

    Raises
    ------
    SolveError
        ``solver_disagrees`` where the recount does not confirm the plan.
    """
    clock = deadline.reporting(lambda value: deadline.to_user(value / problem.scale))
    found = highs.run(problem.model, clock, start=start)
    if found.ended is highs.Ended.STOPPED:
        return _unproven(problem, found)
    if found.columns is None:
        return found.ended
    objective = problem.recount(found.columns)
    value = float(problem.model.cost @ found.columns)
    verify.agree(value / problem.scale, objective, within=verify.SOLVER_AGREEMENT)
    columns, first = _settled(problem, found.columns, deadline.silent())
    objective = problem.recount(columns)
    return Plan(columns, objective, objective, True, first)


def _unproven(problem: Exact, found: highs.Run) -> Plan | highs.Ended:
    """Return the solver's plan or the one found without it, whichever is better, as feasible."""
    spare = None if problem.fallback is None else problem.fallback()
    plans = [
        (problem.recount(columns), columns)
        for columns in (found.columns, spare)
        if columns is not None
    ]
    if not plans:
        return found.ended
    best = max if problem.scale < 0 else min
    objective, columns = best(plans, key=lambda plan: plan[0])
    floor = _least_cost(problem.model)
    if problem.utopia is not None:
        floor = max(floor, problem.utopia * problem.scale)
    bound = max(found.bound, floor) / problem.scale
    bound = minimal_infinity(objective, bound, problem.scale)
    return Plan(columns, objective, bound, False, False)


def _least_cost(model: highs.Model) -> float:
    """Return what no point within the columns' bounds goes below, whatever the rows say."""
    at = np.where(model.cost > 0, model.lower, model.upper)
    costs = model.cost != 0
    return float(model.cost[costs] @ at[costs])


def _as_good(problem: Exact, columns: Floats) -> highs.Model:
    """Return the model with the row that keeps its plans as good as this one."""
    value = float(problem.model.cost @ columns)
    slack = tie_slack(value, integral=problem.model.integral)
    row = sparse.csr_array(problem.model.cost[None, :])
    return highs.with_rows(problem.model, row, np.array([-np.inf]), np.array([value + slack]))


def _count_row(model: highs.Model) -> sparse.csr_array:
    row = np.zeros((1, model.cost.size))
    row[0, : model.n_sites] = 1.0
    return sparse.csr_array(row)


def _settled(problem: Exact, columns: Floats, deadline: Deadline) -> tuple[Floats, bool]:
    """Return the first of the plans that are as good, and whether it is proven to be."""
    model = _as_good(problem, columns)
    count = np.zeros(model.cost.size)
    count[: model.n_sites] = 1.0
    fewest = highs.run(highs.with_cost(model, count), deadline, start=columns)
    if fewest.ended is not highs.Ended.OPTIMAL or fewest.columns is None:
        return columns, False
    n_sites = np.array([float(np.rint(count @ fewest.columns))])
    tied = highs.with_rows(model, _count_row(model), n_sites, n_sites)
    settled = first_of_equals(tied, fewest.columns, lambda _: True, deadline)
    lower, upper = problem.model.lower.copy(), problem.model.upper.copy()
    chosen = np.zeros(model.n_sites)
    chosen[list(settled.sites)] = 1.0
    lower[: model.n_sites] = upper[: model.n_sites] = chosen
    last = highs.run(highs.with_bounds(problem.model, lower, upper), deadline)
    value = float(problem.model.cost @ columns)
    slack = 2 * tie_slack(value, integral=problem.model.integral)
    if last.columns is None or float(problem.model.cost @ last.columns) > value + slack:
        return columns, False
    return last.columns, settled.proven


def further_plans(
    problem: Exact, sites: Ints, limit: int, deadline: Deadline
) -> tuple[list[tuple[int, ...]], bool]:
    """Return up to ``limit`` other choices of as many sites that are as good as the given one.

    Parameters
    ----------
    problem
        The problem.
    sites
        Sites of an optimal plan.
    limit
        How many to look for.
    deadline
        When to stop.

    Returns
    -------
    tuple
        The plans in the order of their sites, and whether these are all.
    """
    clock = deadline.silent()
    lower, upper = problem.model.lower.copy(), problem.model.upper.copy()
    given = np.zeros(problem.model.n_sites)
    given[sites] = 1.0
    lower[: given.size] = upper[: given.size] = given
    known = highs.run_with_plan(highs.with_bounds(problem.model, lower, upper), clock)
    if known.columns is None:
        return [], False
    n_sites = np.array([float(sites.size)])
    model = _as_good(problem, known.columns)
    model = highs.with_rows(model, _count_row(model), n_sites, n_sites)
    found: list[tuple[int, ...]] = []
    last = given
    while len(found) < limit:
        row = np.zeros((1, model.cost.size))
        row[0, : given.size] = last
        model = highs.with_rows(model, row, np.array([-np.inf]), n_sites - 1.0)
        other = highs.run(model, clock)
        if other.columns is None:
            return sorted(found), other.ended is highs.Ended.INFEASIBLE
        last = np.rint(other.columns[: given.size])
        found.append(tuple(np.flatnonzero(last > 0.5).tolist()))
    return sorted(found), False


def as_solution(problem: Exact, plan: Plan, deadline: Deadline) -> Solution:
    """Return a plan as the answer to its problem."""
    free = set(problem.free)
    return Solution(
        sites=tuple(site for site in plan.chosen(problem.model.n_sites) if site not in free),
        objective=plan.objective,
        bound=plan.bound,
        gap=0.0 if plan.proven else relative_gap(plan.objective, plan.bound),
        status=Status.OPTIMAL if plan.proven else Status.FEASIBLE,
        lowest_index=plan.lowest_index,
        interrupted=deadline.interruption.happened,
    )


def rows_joined(*parts: tuple[object, Floats, Floats]) -> tuple[sparse.csr_array, Floats, Floats]:
    """Return blocks of rows (matrix, lower, upper) one below the other."""
    return (
        sparse.csr_array(sparse.vstack([part[0] for part in parts], format="csr")),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
    )


def with_whole(model: highs.Model, whole: Ints) -> highs.Model:
    """Return the model with more columns that must be whole numbers."""
    flags = np.zeros(model.cost.size, dtype=bool)
    flags[whole] = True
    return replace(model, whole=flags)
