"""A plan counted anew from the problem as it was given, by code that knows no model."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from facilityplan.errors import SolveError
from facilityplan.siting.deficits.terms import (
    Act,
    Action,
    Allotment,
    Counted,
    DeficitProblem,
    DeficitTerms,
    NeedKind,
    Taken,
)

FULL = 1e-6
"""Share of a need that may be missing to the solver's tolerance where it counts as met."""
MONEY = 1e-6
"""The same of a budget."""


@dataclass(frozen=True)
class Audit:
    """What a plan comes to.

    Parameters
    ----------
    met
        Share of each need that is met, 1.0 where all of it is.
    unclosed
        Weight left open, by kind of need.
    cost
        Net cost of all actions; NaN where one is not known.
    cost_by_year
        The same by year.
    load
        By (action, pool, kind): room given away.
    n_sites
        Places worked at.
    """

    met: tuple[float, ...]
    unclosed: Mapping[NeedKind, float]
    cost: float
    cost_by_year: Mapping[int | None, float]
    load: Mapping[tuple[int, str, NeedKind], float]
    n_sites: int

    def unclosed_of(self, kinds: Iterable[NeedKind]) -> float:
        """Return the weight left open of these kinds."""
        return math.fsum(self.unclosed.get(kind, 0.0) for kind in kinds)


def audit(
    problem: DeficitProblem,
    terms: DeficitTerms,
    taken: Sequence[Taken],
    allotments: Sequence[Allotment],
) -> Audit:
    """Return what a plan comes to.

    Raises
    ------
    SolveError
        ``plan_breaks`` naming the rule and the numbers where the plan breaks one: two actions at a
        place, a size beyond its modules, room given away beyond what is held, money beyond the
        budget, a year before the first.
    """
    _check_actions(problem, terms, taken)
    load = _loads(problem, taken, allotments)
    costs: dict[int | None, list[float]] = {}
    for item in taken:
        own = problem.actions[item.action].net_cost(item.floor_modules, item.bed_modules)
        costs.setdefault(item.year, []).append(own)
    by_year = {year: math.fsum(parts) for year, parts in costs.items()}
    _check_money(terms, by_year)
    n_sites = sum(problem.actions[item.action].act is not Act.CLOSE for item in taken)
    if terms.most_sites is not None and n_sites > terms.most_sites:
        raise SolveError("plan_breaks", rule="most_sites", limit=terms.most_sites, found=n_sites)
    met = _met(problem, terms, taken, allotments)
    unclosed: dict[NeedKind, float] = {}
    for need, share in zip(problem.needs, met, strict=True):
        missing = 1.0 - share if terms.counted is Counted.SHARE else float(share < 1.0)
        unclosed[need.kind] = unclosed.get(need.kind, 0.0) + need.weight * missing
    return Audit(met, unclosed, math.fsum(by_year.values()), by_year, load, n_sites)


def _open_actions(problem: DeficitProblem, taken: Sequence[Taken]) -> set[int]:
    """Return the actions in force: those taken, and what stands at all other places."""
    touched = {problem.actions[item.action].place for item in taken}
    kept = {
        at
        for at, action in enumerate(problem.actions)
        if action.act is Act.KEEP and action.place not in touched
    }
    return kept | {item.action for item in taken}


def _check_actions(problem: DeficitProblem, terms: DeficitTerms, taken: Sequence[Taken]) -> None:
    places = [problem.actions[item.action].place for item in taken]
    if len(set(places)) < len(places):
        raise SolveError("plan_breaks", rule="one_action_a_place", limit=1, found=2)
    chosen = {item.action for item in taken}
    for at, action in enumerate(problem.actions):
        if action.mandatory and at not in chosen:
            raise SolveError("plan_breaks", rule="mandatory", limit=action.id, found="-")
    for item in taken:
        action = problem.actions[item.action]
        if action.forbidden or action.act is Act.KEEP:
            raise SolveError("plan_breaks", rule="forbidden", limit="-", found=action.id)
        _check_year(terms, action, item.year)
        for size, modules in (
            (action.floor_area, item.floor_modules),
            (action.beds, item.bed_modules),
        ):
            if modules != int(modules) or not size.least <= modules <= size.most:
                raise SolveError("plan_breaks", rule="modules", limit=size.most, found=modules)


def _check_year(terms: DeficitTerms, action: Action, year: int | None) -> None:
    last = terms.last_year if terms.budget_by_year is None else year
    if terms.budget_by_year is not None and year not in terms.budget_by_year:
        raise SolveError("plan_breaks", rule="year", limit="-", found=year)
    if action.available_from is not None and last is not None and action.available_from > last:
        raise SolveError("plan_breaks", rule="year", limit=last, found=action.available_from)


def _loads(
    problem: DeficitProblem, taken: Sequence[Taken], allotments: Sequence[Allotment]
) -> dict[tuple[int, str, NeedKind], float]:
    modules = {item.action: (item.floor_modules, item.bed_modules) for item in taken}
    in_force = _open_actions(problem, taken)
    parts: dict[tuple[int, str, NeedKind], list[float]] = {}
    for given in allotments:
        need = problem.needs[given.need]
        if given.action not in in_force or not need.kind.is_amount or given.amount < 0:
            raise SolveError("plan_breaks", rule="allotment", limit=0, found=given.amount)
        parts.setdefault((given.action, need.pool, need.kind), []).append(given.amount)
    load = {key: math.fsum(amounts) for key, amounts in parts.items()}
    for (at, _, kind), amount in load.items():
        action = problem.actions[at]
        floor_modules, bed_modules = modules.get(at, (0, 0))
        if kind is NeedKind.BEDS:
            held = action.beds.base + action.beds.step * bed_modules
        else:
            held = action.floor_area.base + action.floor_area.step * floor_modules
        if amount > held:
            raise SolveError("plan_breaks", rule="capacity", limit=held, found=amount)
    return load


def _check_money(terms: DeficitTerms, by_year: Mapping[int | None, float]) -> None:
    if terms.budget is not None:
        total = math.fsum(by_year.values())
        if total > terms.budget + MONEY * max(1.0, abs(terms.budget)):
            raise SolveError("plan_breaks", rule="budget", limit=terms.budget, found=total)
    if terms.budget_by_year is None:
        return
    limit, spent = 0.0, 0.0
    for year in sorted(terms.budget_by_year):
        if not terms.carry_over:
            limit, spent = 0.0, 0.0
        limit += terms.budget_by_year[year]
        spent += by_year.get(year, 0.0)
        if spent > limit + MONEY * max(1.0, abs(limit)):
            raise SolveError("plan_breaks", rule=f"budget {year}", limit=limit, found=spent)


def _met(
    problem: DeficitProblem,
    terms: DeficitTerms,
    taken: Sequence[Taken],
    allotments: Sequence[Allotment],
) -> tuple[float, ...]:
    """Return the share of each need that facilities in force and room given to it meet."""
    in_force = _open_actions(problem, taken)
    pairs = problem.servings
    whole: dict[tuple[int, int], float] = {}
    present = [0] * len(problem.needs)
    for need, action, amount in zip(
        pairs.need.tolist(), pairs.action.tolist(), pairs.amount.tolist(), strict=True
    ):
        whole[need, action] = amount
        present[need] += action in in_force
    shares: list[list[float]] = [[] for _ in problem.needs]
    for given in allotments:
        if (given.need, given.action) not in whole:
            raise SolveError("plan_breaks", rule="allotment", limit=0, found=given.amount)
        asked = whole[given.need, given.action]
        shares[given.need].append(given.amount / asked if asked > 0 else given.share)
    met = []
    for at, need in enumerate(problem.needs):
        if need.kind.is_amount:
            share = math.fsum(shares[at])
            if terms.single and len(shares[at]) > 1:
                raise SolveError("plan_breaks", rule="single", limit=1, found=len(shares[at]))
        else:
            share = present[at] / need.amount
        met.append(1.0 if share >= 1.0 - FULL else share)
    for need, share in zip(problem.needs, met, strict=True):
        if (need.must or terms.close_all) and share < 1.0:
            raise SolveError("plan_breaks", rule="must", limit=1, found=share)
    return tuple(met)


def lost_without(
    problem: DeficitProblem,
    taken: Sequence[Taken],
    allotments: Sequence[Allotment],
    action: int,
) -> tuple[int, ...]:
    """Return the needs that the plan no longer meets where one of its actions is left undone.

    What stands at the place then goes on standing; nothing else of the plan is changed.
    """
    free = DeficitTerms()
    needs = tuple(dataclasses.replace(need, must=False) for need in problem.needs)
    plain = dataclasses.replace(problem, needs=needs)
    before = _met(plain, free, taken, allotments)
    rest = [item for item in taken if item.action != action]
    kept = [item for item in allotments if item.action != action]
    after = _met(plain, free, rest, kept)
    return tuple(
        at for at, (had, has) in enumerate(zip(before, after, strict=True)) if has < 1.0 <= had
    )
