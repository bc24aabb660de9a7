"""The search for a plan: objective after objective, each held for those that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from facilityplan.errors import SolveError
from facilityplan.siting import highs
from facilityplan.siting.arguments import Floats
from facilityplan.siting.clock import Deadline
from facilityplan.siting.deficits.check import Audit, audit
from facilityplan.siting.deficits.model import Built, Level, built, level_names
from facilityplan.siting.deficits.parts import Part, parts_of
from facilityplan.siting.deficits.result import DeficitSolution, Reached
from facilityplan.siting.deficits.terms import (
    Allotment,
    Counted,
    DeficitProblem,
    DeficitTerms,
    NeedKind,
    Taken,
)
from facilityplan.siting.solution import Status, relative_gap, tie_slack
from facilityplan.siting.ties import first_of_equals

DUST = 1e-7
ROOM = 1e-5
"""Room that the solver's own tolerances need where a level is no whole number."""
CORNER = 1e-8
"""The same where whole numbers are settled and only room is shared out."""
LARGE = 400
HINT_S = 10.0
"""Columns from which a search is given a start, and the seconds that finding it may take."""
AGREEMENT = 1e-5
"""Relative difference to the model's value beyond which the recount refuses a plan."""


@dataclass
class _Search:
    """The search as it goes from objective to objective."""

    made: Built
    model: highs.Model
    columns: Floats
    reached: list[tuple[Level, float, bool]]


def solved(
    problem: DeficitProblem, terms: DeficitTerms, deadline: Deadline
) -> DeficitSolution | None:
    """Return the plan, or ``None`` where there is none.

    Where neither money nor the number of sites is limited, needs and actions that no pair and no
    place joins have nothing to do with one another: they are solved apart.
    """
    if terms.has_budget or terms.most_sites is not None:
        return _solved_whole(problem, terms, deadline)
    found: list[tuple[Part, DeficitSolution]] = []
    # The small ones first: one hard part must not use up the time and leave the rest without bound.
    for part in sorted(parts_of(problem), key=lambda part: len(part.needs) * len(part.actions)):
        own = _solved_whole(part.problem, terms, deadline.silent())
        if own is None:
            return None
        found.append((part, own))
    return _together(problem, terms, found, deadline)


def _together(
    problem: DeficitProblem,
    terms: DeficitTerms,
    found: list[tuple[Part, DeficitSolution]],
    deadline: Deadline,
) -> DeficitSolution:
    """Return the plans of the parts as one, counted anew on the whole problem."""
    taken = sorted(
        (
            replace(item, action=part.actions[item.action])
            for part, own in found
            for item in own.taken
        ),
        key=lambda item: item.action,
    )
    allotments = sorted(
        (
            replace(item, need=part.needs[item.need], action=part.actions[item.action])
            for part, own in found
            for item in own.allotments
        ),
        key=lambda item: (item.need, item.action),
    )
    counted = audit(problem, terms, taken, allotments)
    levels = []
    names = level_names(terms)
    for at, name in enumerate(names):
        value = _value(name, terms, counted)
        own_levels = [own.levels[at] for _, own in found]
        summed = math.fsum(level.objective for level in own_levels)
        if abs(value - summed) > AGREEMENT * max(1.0, abs(value)):
            raise SolveError("solver_disagrees", claimed=summed, found=value)
        proven = all(level.status is Status.OPTIMAL for level in own_levels)
        bound = value if proven else min(value, math.fsum(level.bound for level in own_levels))
        status = Status.OPTIMAL if proven else Status.FEASIBLE
        levels.append(Reached(name, value, bound, relative_gap(value, bound), status))
    done = all(level.status is Status.OPTIMAL for level in levels)
    return DeficitSolution(
        status=Status.OPTIMAL if done else Status.FEASIBLE,
        levels=tuple(levels),
        taken=tuple(taken),
        allotments=tuple(allotments),
        met=counted.met,
        cost=counted.cost,
        cost_by_year=counted.cost_by_year,
        lowest_index=all(own.lowest_index for _, own in found),
        interrupted=deadline.interruption.happened,
    )


def _solved_whole(
    problem: DeficitProblem, terms: DeficitTerms, deadline: Deadline
) -> DeficitSolution | None:
    """Return the plan of one model, or ``None`` where there is none."""
    made = built(problem, terms)
    search = _Search(made, made.model, _doing_little(made), [])
    for level in made.levels():
        goal, scale = made.with_level(level)
        goal = replace(
            goal,
            matrix=search.model.matrix,
            row_lower=search.model.row_lower,
            row_upper=search.model.row_upper,
        )
        constant = level.constant
        # The defaults bind this round's numbers; mypy takes them for arguments of the caller.
        clock = deadline.reporting(lambda v, s=scale, c=constant: v / s + c)  # type: ignore[misc]
        search.columns = _hint(goal, search.columns, clock.silent())
        found = highs.run(goal, clock, start=search.columns)
        if not search.reached:
            if found.ended is highs.Ended.INFEASIBLE:
                return None
            if found.columns is None and not _may_do_little(problem, terms):
                raise SolveError("no_plan_in_time", seconds=deadline.options.time_limit_s)
        elif found.ended is highs.Ended.INFEASIBLE:
            raise SolveError("solver_disagrees", claimed=math.inf, found="feasible")
        if found.columns is not None:
            search.columns = _marked(made, found.columns)
        proven = found.ended is highs.Ended.OPTIMAL
        bound = found.bound / scale + constant
        if level.name != "cost":
            bound = max(bound, 0.0)
        search.reached.append((level, bound, proven))
        value = float(goal.cost @ search.columns)
        slack = tie_slack(value, integral=goal.integral)
        slack = slack if goal.integral else max(slack, ROOM)
        search.model = highs.with_rows(
            search.model,
            sparse.csr_array(goal.cost[None, :]),
            np.array([-np.inf]),
            np.array([value + slack]),
        )
    lowest = all(proven for *_, proven in search.reached) and _settle(search, deadline.silent())
    return _read(search, terms, deadline, lowest=lowest)


def _hint(goal: highs.Model, start: Floats, deadline: Deadline) -> Floats:
    """Return a good plan to start a large search from; nothing is concluded from it.

    Presolve finds it fast, and may lose the best one: the search that proves does without.
    """
    if goal.cost.size < LARGE:
        return start
    quick = highs.run(replace(goal, careful=False), deadline.within(HINT_S), start=start)
    return start if quick.columns is None else quick.columns


def _may_do_little(problem: DeficitProblem, terms: DeficitTerms) -> bool:
    """Return whether the mandatory actions alone are a plan for certain."""
    held = terms.has_budget or terms.most_sites is not None or terms.close_all
    late = any(
        action.mandatory and not any(terms.in_time(action, year) for year in terms.years())
        for action in problem.actions
    )
    return not held and not late and not any(need.must for need in problem.needs)


def _doing_little(made: Built) -> Floats:
    """Return the plan of the mandatory actions alone, each as small and as early as can be."""
    layout, actions = made.layout, made.problem.actions
    point = np.zeros(layout.n_columns)
    touched: set[str] = set()
    for slot, at in enumerate(layout.slot_action.tolist()):
        action = actions[at]
        if action.mandatory and action.place not in touched and made.model.upper[slot] > 0:
            touched.add(action.place)
            point[slot] = 1.0
            point[layout.first_floor + slot] = action.floor_area.least
            point[layout.first_bed + slot] = action.beds.least
    for at, kept in enumerate(layout.kept.tolist()):
        point[layout.first_kept + at] = float(actions[kept].place not in touched)
    return _marked(made, point)


def _marked(made: Built, columns: Floats) -> Floats:
    """Return the plan with every need for a facility marked as met as it is.

    A search that is stopped may hold a plan that opens enough and has not set the mark yet. Needs
    for room need no mending: their mark is the sum of their shares.
    """
    layout, pairs = made.layout, made.problem.servings
    opened = layout.opening(len(made.problem.actions)) @ columns > 0.5
    present = np.zeros(layout.n_needs)
    np.add.at(present, pairs.need, opened[pairs.action].astype(np.float64))
    marked = columns.copy()
    for at, need in enumerate(made.problem.needs):
        if not need.kind.is_amount:
            share = min(1.0, present[at] / need.amount)
            whole = made.terms.counted is Counted.WHOLE
            marked[layout.first_met + at] = math.floor(share) if whole else share
    return marked


def _settle(search: _Search, deadline: Deadline) -> bool:
    """Go on to the fewest actions, the first of equals, the fewest modules; say whether proven."""
    model, layout = search.model, search.made.layout
    count = np.zeros(layout.n_columns)
    count[: layout.n_slots] = 1.0
    fewest = highs.run(highs.with_cost(model, count), deadline, start=search.columns)
    if fewest.columns is None or fewest.ended is not highs.Ended.OPTIMAL:
        return False
    search.columns = fewest.columns
    number = np.array([float(np.rint(count @ fewest.columns))])
    tied = highs.with_rows(model, sparse.csr_array(count[None, :]), number, number)
    first = first_of_equals(tied, fewest.columns, lambda _: True, deadline)
    lower, upper = model.lower.copy(), model.upper.copy()
    chosen = np.zeros(layout.n_slots)
    chosen[list(first.sites)] = 1.0
    lower[: layout.n_slots] = upper[: layout.n_slots] = chosen
    fixed = highs.with_bounds(model, lower, upper)
    last = highs.run(highs.with_cost(fixed, search.made.modules.cost), deadline)
    if last.columns is None:
        return False
    search.columns = last.columns
    return first.proven


def _shared_out(search: _Search, deadline: Deadline) -> Floats:
    """Return the plan with its room shared out at a corner: whole beds stay whole.

    Where shares count, what the later objectives took within the solver's room is given back.
    """
    layout, model = search.made.layout, search.made.model
    lower, upper = model.lower.copy(), model.upper.copy()
    whole = np.zeros(layout.n_columns, dtype=bool)
    whole[: layout.n_slots] = True
    if model.whole is not None:
        whole |= model.whole
    columns = _marked(search.made, search.columns)
    lower[whole] = upper[whole] = np.rint(columns[whole])
    held = highs.with_bounds(model, lower, upper)
    clock = Deadline(None, deadline.options)
    for level in search.made.deficits:
        cost = search.made.with_level(level)[0].cost
        found = highs.run(replace(held, cost=cost), clock, relaxed=True)
        if found.columns is None:
            break
        columns = found.columns
        most = np.array([float(cost @ columns) + CORNER])
        held = highs.with_rows(held, sparse.csr_array(cost[None, :]), np.array([-np.inf]), most)
    return columns


def _read(
    search: _Search, terms: DeficitTerms, deadline: Deadline, *, lowest: bool
) -> DeficitSolution:
    columns = _shared_out(search, deadline.silent())
    taken = _taken(search.made, columns)
    allotments = _allotments(search.made, columns, taken)
    counted = audit(search.made.problem, terms, taken, allotments)
    levels: list[Reached] = []
    for level, bound, own in search.reached:
        # What a later objective reached is proven only where those before it are.
        proven = own and all(earlier.status is Status.OPTIMAL for earlier in levels)
        value = _value(level.name, terms, counted)
        claimed = level.value(columns)
        if abs(value - claimed) > AGREEMENT * max(1.0, abs(value), abs(level.constant)):
            raise SolveError("solver_disagrees", claimed=claimed, found=value)
        limit = value if proven else min(bound, value)
        if not proven and levels:
            limit = 0.0 if level.name != "cost" else -math.inf
        status = Status.OPTIMAL if proven else Status.FEASIBLE
        levels.append(Reached(level.name, value, limit, relative_gap(value, limit), status))
    done = all(level.status is Status.OPTIMAL for level in levels)
    return DeficitSolution(
        status=Status.OPTIMAL if done else Status.FEASIBLE,
        levels=tuple(levels),
        taken=taken,
        allotments=allotments,
        met=counted.met,
        cost=counted.cost,
        cost_by_year=counted.cost_by_year,
        lowest_index=lowest,
        interrupted=deadline.interruption.happened,
    )


def _value(name: str, terms: DeficitTerms, counted: Audit) -> float:
    if name == "cost":
        return counted.cost
    if name == "sites":
        return float(counted.n_sites)
    groups = terms.groups()
    if len(groups) == 1:
        return counted.unclosed_of(NeedKind)
    return counted.unclosed_of(
        next(group for group in groups if name == "unclosed " + "+".join(group))
    )


def _taken(made: Built, columns: Floats) -> tuple[Taken, ...]:
    layout, found = made.layout, []
    for slot in np.flatnonzero(columns[: layout.n_slots] > 0.5).tolist():
        at = int(layout.slot_action[slot])
        floor = int(np.rint(columns[layout.first_floor + slot]))
        beds = int(np.rint(columns[layout.first_bed + slot]))
        cost = made.problem.actions[at].net_cost(floor, beds)
        found.append(Taken(at, layout.slot_year[slot], floor, beds, cost))
    return tuple(found)


def _allotments(made: Built, columns: Floats, taken: tuple[Taken, ...]) -> tuple[Allotment, ...]:
    """Return who gets what, no place beyond what it holds."""
    problem, pairs = made.problem, made.problem.servings
    share = columns[made.layout.first_share :].copy()
    share[share < DUST] = 0.0
    amount = np.round(share * pairs.amount, 6)
    held = {item.action: item for item in taken}
    groups: dict[tuple[int, str, NeedKind], list[int]] = {}
    for at in np.flatnonzero(share > 0).tolist():
        need = problem.needs[int(pairs.need[at])]
        groups.setdefault((int(pairs.action[at]), need.pool, need.kind), []).append(at)
    for (at, _, kind), members in groups.items():
        action = problem.actions[at]
        size, item = action.size(kind), held.get(at)
        modules = 0 if item is None else item.floor_modules
        if item is not None and kind is NeedKind.BEDS:
            modules = item.bed_modules
        most = size.base + size.step * modules
        while (load := math.fsum(amount[members])) > most:
            amount[members] *= math.nextafter(most / load, 0.0)
    return tuple(
        Allotment(
            int(pairs.need[at]),
            int(pairs.action[at]),
            float(amount[at]),
            round(float(share[at]), 9),
        )
        for at in np.flatnonzero(share > 0).tolist()
    )


def limitless(terms: DeficitTerms) -> DeficitTerms:
    """Return the terms without a limit to money; the years stay, as wide as they are."""
    last = terms.last_year
    if terms.budget_by_year is not None:
        last = max(terms.budget_by_year)
    return replace(terms, budget=None, budget_by_year=None, last_year=last)
