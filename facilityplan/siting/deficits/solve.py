"""Close all deficits at once: distance, floor area, beds and tiers, by works of every kind.

The least unclosed first, then the least cost or the fewest sites, then the fewest actions, then
the lowest positions and the earliest years; each step holds the plan to what the steps before it
reached.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy import sparse

from facilityplan.siting import highs
from facilityplan.siting.clock import Deadline, listening
from facilityplan.siting.deficits.model import built
from facilityplan.siting.deficits.result import DeficitSolution, Shortage, WhyOpen
from facilityplan.siting.deficits.search import limitless, solved
from facilityplan.siting.deficits.terms import (
    Counted,
    DeficitProblem,
    DeficitTerms,
    NeedKind,
    Then,
    checked_problem,
)
from facilityplan.siting.options import SolveOptions, checked_options
from facilityplan.siting.solution import Status


def close_deficits(
    problem: DeficitProblem,
    terms: DeficitTerms | None = None,
    *,
    options: SolveOptions | None = None,
) -> DeficitSolution:
    """Return the actions that leave the least deficit, and of these plans the cheapest.

    Parameters
    ----------
    problem
        Needs, actions, and who can serve whom.
    terms
        Budget, years, order of the kinds, what decides next.
    options
        Time limit, gap, threads, seed, progress.

    Returns
    -------
    DeficitSolution
        ``infeasible`` only where needs that must be met, mandatory actions and limits cannot be
        reconciled; the conflict says by how much.

    Raises
    ------
    UsageError
        If an argument is off, or money decides and a cost is not known.
    SolveError
        ``no_plan_in_time``; ``plan_breaks`` or ``solver_disagrees`` where the recount does not
        confirm the plan.
    """
    asked = terms or DeficitTerms()
    checked_problem(problem, asked)
    deadline = Deadline.of(checked_options(options, None))
    with listening(deadline):
        found = solved(problem, asked, deadline)
        if found is None:
            return _infeasible(problem, asked, deadline.silent())
        return _explained(problem, asked, found, deadline.silent())


def _explained(
    problem: DeficitProblem, terms: DeficitTerms, found: DeficitSolution, deadline: Deadline
) -> DeficitSolution:
    """Return the plan with why each need left open is left so."""
    open_needs = [at for at, share in enumerate(found.met) if share < 1.0]
    if not open_needs:
        return replace(found, why_open={})
    reach = _reach(problem, terms)
    rest = [at for at in open_needs if reach.get(at) is None]
    why: dict[int, WhyOpen] = {
        at: why_not
        for at, why_not in reach.items()
        if why_not is not None and at in set(open_needs)
    }
    without: tuple[float, float] | None = None
    closed: set[int] = set()
    settled = _is_settled(found)
    if rest and terms.has_budget and not deadline.passed():
        rich = solved(problem, limitless(terms), deadline)
        if rich is not None:
            closed = {at for at, share in enumerate(rich.met) if share >= 1.0}
            settled = settled and _is_settled(rich)
            left = math.fsum(level.objective for level in rich.levels[:-1])
            without = (left, rich.cost)
    if rest and terms.has_budget and without is None:
        settled = False
    for at in rest:
        proven = WhyOpen.NO_BUDGET if at in closed else WhyOpen.NO_CAPACITY
        why[at] = proven if settled else WhyOpen.NOT_PROVEN
    return replace(found, why_open=dict(sorted(why.items())), without_budget=without)


def _is_settled(found: DeficitSolution) -> bool:
    """Return whether it is proven that no plan leaves less unclosed."""
    return all(level.status is Status.OPTIMAL for level in found.levels[:-1])


def _reach(problem: DeficitProblem, terms: DeficitTerms) -> dict[int, WhyOpen | None]:
    """Return by need why no action can serve it; ``None`` where enough of them can."""
    ever, timely = [0] * len(problem.needs), [0] * len(problem.needs)
    for need, at in zip(
        problem.servings.need.tolist(), problem.servings.action.tolist(), strict=True
    ):
        action = problem.actions[at]
        if not action.forbidden:
            ever[need] += 1
            timely[need] += any(terms.in_time(action, year) for year in terms.years())
    found: dict[int, WhyOpen | None] = {}
    for at, need in enumerate(problem.needs):
        asked = 1 if need.kind.is_amount else need.amount
        found[at] = None if timely[at] >= asked else WhyOpen.NOT_IN_TIME
        if ever[at] < asked:
            found[at] = WhyOpen.NO_CANDIDATE
    return found


def _infeasible(
    problem: DeficitProblem, terms: DeficitTerms, deadline: Deadline
) -> DeficitSolution:
    """Return by how much the terms miss: money first, else room by zone."""
    late = [
        action.available_from
        for action in problem.actions
        if action.mandatory
        and action.available_from is not None
        and not any(terms.in_time(action, year) for year in terms.years())
    ]
    nothing = DeficitSolution(Status.INFEASIBLE, ())
    if late:
        years = [year for year in terms.years() if year is not None]
        last = max(years) if years else terms.last_year
        conflict = {"last_year": float(last or 0), "mandatory_available_from": float(max(late))}
        return replace(nothing, conflict=conflict)
    if terms.has_budget:
        over = _least_overspend(problem, terms, deadline)
        if over is not None:
            budget = terms.budget
            if terms.budget_by_year is not None:
                budget = math.fsum(terms.budget_by_year.values())
            limit = float(budget or 0.0)
            return replace(nothing, conflict={"budget": limit, "money_needed": limit + over})
    if terms.most_sites is not None:
        free = replace(limitless(terms), most_sites=None, then=Then.SITES)
        more = solved(problem, free, deadline)
        if more is not None:
            needed = more.levels[-1].objective
            conflict = {"sites": float(terms.most_sites), "sites_needed": needed}
            return replace(nothing, conflict=conflict)
    shortages = _shortages(problem, terms, deadline)
    conflict = {
        "needed": math.fsum(item.needed for item in shortages),
        "possible": math.fsum(item.possible for item in shortages),
    }
    return replace(nothing, conflict=conflict, shortages=shortages)


def _least_overspend(
    problem: DeficitProblem, terms: DeficitTerms, deadline: Deadline
) -> float | None:
    """Return the least money that is missing, over all years; ``None`` where money is not it.

    Money missing in a year is granted in it; a budget that is carried over carries the grant too.
    """
    made = built(problem, terms)
    years = 1 if terms.budget is not None else len(terms.years())
    before = int(made.model.row_lower.size) - sum(a.mandatory for a in problem.actions)
    before -= int(terms.most_sites is not None)
    budget_rows = np.arange(before - years, before)
    row, column = [], []
    for at, of_row in enumerate(budget_rows.tolist()):
        later = budget_rows[at:] if terms.carry_over else [of_row]
        row += list(later)
        column += [at] * len(later)
    grant = sparse.csr_array(
        (-np.ones(len(row)), (row, column)), shape=(made.model.row_lower.size, years)
    )
    n_columns = made.layout.n_columns
    whole = made.model.whole
    model = replace(
        made.model,
        cost=np.concatenate([np.zeros(n_columns), np.ones(years)]),
        lower=np.concatenate([made.model.lower, np.zeros(years)]),
        upper=np.concatenate([made.model.upper, np.full(years, np.inf)]),
        matrix=sparse.hstack([made.model.matrix, grant], format="csr"),
        whole=None if whole is None else np.concatenate([whole, np.zeros(years, dtype=bool)]),
    )
    found = highs.run(model, deadline)
    if found.columns is None or found.ended is not highs.Ended.OPTIMAL:
        return None
    return float(found.columns[n_columns:].sum())


def _shortages(
    problem: DeficitProblem, terms: DeficitTerms, deadline: Deadline
) -> tuple[Shortage, ...]:
    """Return, by zone and kind, what is needed and the most of it that can be given together."""
    amounts = replace(
        problem,
        needs=tuple(replace(need, must=False, weight=need.amount) for need in problem.needs),
    )
    loose = replace(
        limitless(terms), close_all=False, counted=Counted.SHARE, order=(), then=Then.SITES
    )
    found = solved(amounts, loose, deadline)
    met = (0.0,) * len(problem.needs) if found is None else found.met
    sums: dict[tuple[str, NeedKind], list[tuple[float, float]]] = {}
    for need, share in zip(problem.needs, met, strict=True):
        if need.must or terms.close_all:
            given = min(1.0, share) * need.amount
            sums.setdefault((need.zone, need.kind), []).append((need.amount, given))
    # Beds and square metres to three decimals: beyond them is the solver's tolerance.
    rounded = {
        key: tuple(round(math.fsum(part[at] for part in parts), 3) for at in (0, 1))
        for key, parts in sorted(sums.items())
    }
    return tuple(
        Shortage(zone, kind, needed, given)
        for (zone, kind), (needed, given) in rounded.items()
        if given < needed
    )
