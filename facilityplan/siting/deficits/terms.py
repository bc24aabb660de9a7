"""What closing all deficits at once speaks of: needs, actions, who can serve whom, terms."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from facilityplan.errors import UsageError
from facilityplan.locale import Listed
from facilityplan.siting.arguments import Floats, Ints, checked_numbers


class NeedKind(StrEnum):
    """What a requirement asks for."""

    DISTANCE = "distance"
    """A facility within reach."""
    FLOOR_AREA = "floor_area"
    """Square metres of premises."""
    BEDS = "beds"
    """Beds in a zone."""
    TIER = "tier"
    """So many facilities of a kind in a zone."""

    @property
    def is_amount(self) -> bool:
        """Whether it takes up room of what serves it."""
        return self in {NeedKind.FLOOR_AREA, NeedKind.BEDS}


class Act(StrEnum):
    """What is done at a place."""

    KEEP = "keep"
    """It stands as it is: no work, no cost."""
    NEW = "new"
    EXTEND = "extend"
    CONVERT = "convert"
    COMBINE = "combine"
    """Premises that several estates share (统筹), or facilities put together at one place."""
    CLOSE = "close"


class Counted(StrEnum):
    """What of a requirement counts as unclosed."""

    WHOLE = "whole"
    """All of it until all is there."""
    SHARE = "share"
    """The share that is missing."""


class Then(StrEnum):
    """What decides between plans that leave the same deficit."""

    COST = "cost"
    SITES = "sites"


@dataclass(frozen=True)
class Need:
    """One requirement that is to be met, or that is met and must not be lost unnoticed.

    Parameters
    ----------
    id, kind
        Which it is.
    weight
        What leaving it unclosed weighs (households), not negative.
    amount
        Facilities wanted (distance, tier: whole, at least 1), square metres or beds missing.
    zone
        Where it counts in the sums by zone.
    pool
        Needs of one pool share what a place holds; the same bed counts once in every pool (for
        its county and for its city).
    must
        Every plan meets it.
    """

    id: str
    kind: NeedKind
    weight: float = 1.0
    amount: float = 1.0
    zone: str = ""
    pool: str = ""
    must: bool = False


@dataclass(frozen=True)
class Size:
    """Room of one kind that an action makes: what it holds anyway and whole modules.

    Parameters
    ----------
    base
        What it holds without modules (m2 or beds).
    step
        What a module holds.
    least, most
        How many modules the action has.
    unit_cost, unit_income
        Cost and subsidy of one m2 or bed of the modules.
    """

    base: float = 0.0
    step: float = 0.0
    least: int = 0
    most: int = 0
    unit_cost: float = 0.0
    unit_income: float = 0.0

    @property
    def largest(self) -> float:
        """What it holds at most."""
        return self.base + self.step * self.most

    @property
    def module_cost(self) -> float:
        """Net cost of one module."""
        return self.step * (self.unit_cost - self.unit_income)


@dataclass(frozen=True)
class Action:
    """One thing that can be done at a place; a plan does at most one at each.

    A place that stands has an action ``keep``: a plan that does nothing there keeps it.

    Parameters
    ----------
    id, place, act
        Which it is, where, what.
    cost, income
        Fixed cost, and subsidy received for it, in one unit of money. NaN: not known.
    floor_area, beds
        Room it makes.
    available_from
        First year it can be done; ``None`` for any.
    mandatory, forbidden
        Every plan does it, or none.
    """

    id: str
    place: str
    act: Act
    cost: float = 0.0
    income: float = 0.0
    floor_area: Size = field(default_factory=Size)
    beds: Size = field(default_factory=Size)
    available_from: int | None = None
    mandatory: bool = False
    forbidden: bool = False

    def size(self, kind: NeedKind) -> Size:
        """Return the room that a kind of need takes up."""
        return self.beds if kind is NeedKind.BEDS else self.floor_area

    def net_cost(self, floor_modules: int, bed_modules: int) -> float:
        """Return cost less income."""
        return math.fsum(
            (
                self.cost,
                -self.income,
                self.floor_area.module_cost * floor_modules,
                self.beds.module_cost * bed_modules,
            )
        )


@dataclass(frozen=True)
class Servings:
    """Who can serve whom, one row a pair: positions of need and action, and room taken up whole.

    The room may differ by action: an estate may ask 200 m2 of premises of its own, and 60 m2 of
    premises that it shares.
    """

    need: Ints
    action: Ints
    amount: Floats


@dataclass(frozen=True)
class DeficitProblem:
    """Needs, actions and the pairs between them, in an order that breaks ties."""

    needs: tuple[Need, ...]
    actions: tuple[Action, ...]
    servings: Servings


@dataclass(frozen=True)
class DeficitTerms:
    """What a plan must keep, and what it is judged by.

    Parameters
    ----------
    budget
        What all actions may cost together, net of subsidies; ``None`` for no limit.
    budget_by_year
        The same by year; every action then is done in one of these years.
    carry_over
        Money left in a year may be spent in a later one.
    last_year
        With no budget by year: nothing that is available only later.
    most_sites
        How many places may be worked at (closing one is none).
    order
        Kinds of need, the first group before the second …; kinds left out come last, together.
        Empty: all kinds weigh together.
    counted
        Whether a need half met is half closed.
    then
        Least cost or fewest sites, of the plans that leave the least unclosed.
    single
        A need for room is met at one place whole.
    close_all
        Refuse a plan that leaves anything open.
    """

    budget: float | None = None
    budget_by_year: Mapping[int, float] | None = None
    carry_over: bool = False
    last_year: int | None = None
    most_sites: int | None = None
    order: Sequence[Sequence[NeedKind]] = ()
    counted: Counted = Counted.WHOLE
    then: Then = Then.COST
    single: bool = False
    close_all: bool = False

    def __post_init__(self) -> None:
        """Take the names of the two choices for the choices themselves."""
        object.__setattr__(self, "counted", Counted(self.counted))
        object.__setattr__(self, "then", Then(self.then))

    @property
    def has_budget(self) -> bool:
        """Whether money is limited."""
        return self.budget is not None or self.budget_by_year is not None

    @property
    def needs_costs(self) -> bool:
        """Whether the answer hangs on what actions cost."""
        return self.has_budget or self.then is Then.COST

    def years(self) -> tuple[int | None, ...]:
        """Return the years that actions are done in; one unnamed without a budget by year."""
        return (None,) if self.budget_by_year is None else tuple(sorted(self.budget_by_year))

    def in_time(self, action: Action, year: int | None) -> bool:
        """Return whether an action can be done in a year."""
        if action.available_from is None:
            return True
        last = self.last_year if year is None else year
        return last is None or action.available_from <= last

    def groups(self) -> tuple[tuple[NeedKind, ...], ...]:
        """Return the kinds of need in the order they are closed."""
        named = tuple(tuple(NeedKind(kind) for kind in group) for group in self.order)
        rest = tuple(kind for kind in NeedKind if not any(kind in group for group in named))
        return (*named, rest) if rest else named


def checked_problem(problem: DeficitProblem, terms: DeficitTerms) -> DeficitProblem:
    """Return the problem.

    Raises
    ------
    UsageError
        If a figure is missing, negative or no whole number, an id stands twice, a position does
        not exist, or money decides and a cost is not known.
    """
    n_needs, n_actions = len(problem.needs), len(problem.actions)
    for name, ids in (
        ("needs", [need.id for need in problem.needs]),
        ("actions", [action.id for action in problem.actions]),
    ):
        if len(set(ids)) < len(ids):
            raise UsageError("deficit_id_twice", name=name, given=_twice(ids))
    checked_numbers("weight", [need.weight for need in problem.needs], n_needs)
    checked_numbers("amount", [need.amount for need in problem.needs], n_needs)
    for need in problem.needs:
        if not need.kind.is_amount and (need.amount < 1 or need.amount != round(need.amount)):
            raise UsageError("deficit_count", need=need.id, given=str(need.amount))
    pairs = problem.servings
    amount = checked_numbers("amount", pairs.amount, len(pairs.need))
    if pairs.need.shape != pairs.action.shape or (
        pairs.need.size
        and not (
            0 <= pairs.need.min() <= pairs.need.max() < n_needs
            and 0 <= pairs.action.min() <= pairs.action.max() < n_actions
        )
    ):
        raise UsageError("deficit_pairs", needs=n_needs, actions=n_actions)
    if np.unique(pairs.need * max(1, n_actions) + pairs.action).size < amount.size:
        raise UsageError("deficit_pair_twice")
    for action in problem.actions:
        _check_action(action)
    _check_places(problem.actions)
    _check_money(problem.actions, terms)
    return problem


def _twice(ids: Sequence[str]) -> str:
    return next(name for name in sorted(ids) if ids.count(name) > 1)


def _check_action(action: Action) -> None:
    for name in ("floor_area", "beds"):
        size: Size = getattr(action, name)
        figures = (size.base, size.step, size.least, size.most)
        try:
            least, most = operator.index(size.least), operator.index(size.most)
        except TypeError:
            least, most = -1, -1
        fine = all(math.isfinite(number) and number >= 0 for number in figures)
        if not fine or not 0 <= least <= most or (most > 0 and size.step <= 0):
            raise UsageError("deficit_size", action=action.id, part=name)
    if action.mandatory and action.forbidden:
        raise UsageError("deficit_two_roles", action=action.id)
    if action.act is Act.KEEP and (
        action.mandatory or action.forbidden or action.beds.most or action.floor_area.most
    ):
        raise UsageError("deficit_keep", action=action.id)


def _check_places(actions: Sequence[Action]) -> None:
    kept: dict[str, str] = {}
    must: dict[str, str] = {}
    for action in actions:
        for held, applies in ((kept, action.act is Act.KEEP), (must, action.mandatory)):
            if applies and action.place in held:
                raise UsageError(
                    "deficit_place_twice",
                    place=action.place,
                    first=held[action.place],
                    second=action.id,
                )
            if applies:
                held[action.place] = action.id


def _money(action: Action) -> tuple[float, ...]:
    parts = [action.cost, action.income]
    for size in (action.floor_area, action.beds):
        parts += [size.unit_cost, size.unit_income] if size.most else []
    return tuple(parts)


def _check_money(actions: Sequence[Action], terms: DeficitTerms) -> None:
    """Refuse a plan by money where money is not known: there is no default for a cost."""
    if terms.budget is not None and terms.budget_by_year is not None:
        raise UsageError("deficit_two_budgets")
    given = [] if terms.budget is None else [terms.budget]
    if terms.budget_by_year is not None:
        given = list(terms.budget_by_year.values())
        if not given:
            raise UsageError("deficit_no_year")
    checked_numbers("budget", given, len(given))
    if terms.most_sites is not None and terms.most_sites < 0:
        raise UsageError("siting_n_sites", given=str(terms.most_sites))
    working = [item for item in actions if item.act is not Act.KEEP and not item.forbidden]
    for action in working:
        known = [part for part in _money(action) if not math.isnan(part)]
        if any(part < 0 or math.isinf(part) for part in known):
            raise UsageError("siting_negative_number", name=f"cost {action.id}")
    missing = [item.id for item in working if any(math.isnan(part) for part in _money(item))]
    if missing and terms.needs_costs:
        raise UsageError("deficit_cost_missing", actions=Listed(missing), number=len(missing))


@dataclass(frozen=True)
class Taken:
    """One action of a plan: when, how large, and what it costs net of subsidies (NaN unknown)."""

    action: int
    year: int | None
    floor_modules: int
    bed_modules: int
    cost: float


@dataclass(frozen=True)
class Allotment:
    """Room of an action that goes to a need, in its own unit (m2, beds)."""

    need: int
    action: int
    amount: float
    share: float


Flags = npt.NDArray[np.bool_]
