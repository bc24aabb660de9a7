"""The mixed-integer model below closing all deficits: linear in the pairs of need and action.

Columns: slots (an action in a year), places kept, modules of floor area and of beds by slot, what
is met of each need, the share of each pair.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.siting import highs
from facilityplan.siting.arguments import Floats, Ints, exact_scale, is_integral
from facilityplan.siting.deficits.terms import (
    Act,
    Action,
    Counted,
    DeficitProblem,
    DeficitTerms,
    NeedKind,
    Then,
)


@dataclass(frozen=True)
class Level:
    """One objective of several, in their order: its columns' cost in the user's unit."""

    name: str
    cost: Floats
    constant: float = 0.0

    def value(self, columns: Floats) -> float:
        """Return the user's value of a point."""
        return float(self.cost @ columns) + self.constant


class _Rows:
    """Rows of a sparse matrix as they come."""

    def __init__(self) -> None:
        self._row: list[Ints] = []
        self._column: list[Ints] = []
        self._number: list[Floats] = []
        self.lower: list[Floats] = []
        self.upper: list[Floats] = []
        self.size = 0

    def add(
        self,
        n_rows: int,
        blocks: Iterable[tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]],
        lower: float,
        upper: npt.ArrayLike,
    ) -> None:
        """Add rows from blocks of (row, column, number), all with these bounds."""
        for row, column, number in blocks:
            at = np.asarray(row, dtype=np.int64)
            self._row.append(at + self.size)
            self._column.append(np.asarray(column, dtype=np.int64))
            self._number.append(np.broadcast_to(np.asarray(number, dtype=np.float64), at.shape))
        self.lower.append(np.full(n_rows, lower))
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), (n_rows,)))
        self.size += n_rows

    def matrix(self, n_columns: int) -> sparse.csr_array:
        """Return them as one matrix."""
        return sparse.csr_array(
            (
                np.concatenate(self._number),
                (np.concatenate(self._row), np.concatenate(self._column)),
            ),
            shape=(self.size, n_columns),
        )


@dataclass(frozen=True)
class Layout:
    """Where the columns are."""

    slot_action: Ints
    slot_year: tuple[int | None, ...]
    kept: Ints
    n_needs: int
    n_pairs: int

    @property
    def n_slots(self) -> int:
        """Slots: actions but ``keep``, by year."""
        return int(self.slot_action.size)

    @property
    def first_kept(self) -> int:
        """Places kept."""
        return self.n_slots

    @property
    def first_floor(self) -> int:
        """Modules of floor area, by slot."""
        return self.first_kept + int(self.kept.size)

    @property
    def first_bed(self) -> int:
        """Modules of beds, by slot."""
        return self.first_floor + self.n_slots

    @property
    def first_met(self) -> int:
        """What is met of each need."""
        return self.first_bed + self.n_slots

    @property
    def first_share(self) -> int:
        """Share of each pair."""
        return self.first_met + self.n_needs

    @property
    def n_columns(self) -> int:
        """All columns."""
        return self.first_share + self.n_pairs

    def opening(self, n_actions: int) -> sparse.csr_array:
        """Return actions x columns: ones where a column opens an action."""
        action = np.concatenate([self.slot_action, self.kept])
        column = np.arange(self.first_floor)
        return sparse.csr_array(
            (np.ones(action.size), (action, column)), shape=(n_actions, self.n_columns)
        )


@dataclass(frozen=True)
class Built:
    """The model of a problem, its levels and where its columns are."""

    problem: DeficitProblem
    terms: DeficitTerms
    layout: Layout
    model: highs.Model
    deficits: tuple[Level, ...]
    money: Level
    sites: Level
    modules: Level

    def levels(self) -> tuple[Level, ...]:
        """Return the objectives, the first first."""
        then = self.money if self.terms.then is Then.COST else self.sites
        return (*self.deficits, then)

    def with_level(self, level: Level) -> tuple[highs.Model, float]:
        """Return the model with a level as its objective, and the scale it stands in."""
        scale = exact_scale(level.cost)
        return highs.Model(
            cost=level.cost * scale,
            lower=self.model.lower,
            upper=self.model.upper,
            n_sites=self.model.n_sites,
            matrix=self.model.matrix,
            row_lower=self.model.row_lower,
            row_upper=self.model.row_upper,
            integral=is_integral(level.cost * scale) and self.only_whole(level.cost),
            whole=self.model.whole,
            careful=True,
        ), scale

    def only_whole(self, cost: Floats) -> bool:
        """Return whether every column that costs anything is a whole number."""
        whole = np.zeros(cost.size, dtype=bool)
        whole[: self.model.n_sites] = True
        if self.model.whole is not None:
            whole |= self.model.whole
        return bool(whole[cost != 0].all())


def built(problem: DeficitProblem, terms: DeficitTerms) -> Built:
    """Return the model of a checked problem."""
    layout = _layout(problem, terms)
    rows = _Rows()
    _place_rows(rows, problem, layout)
    _module_rows(rows, problem, layout)
    _need_rows(rows, problem, layout)
    _capacity_rows(rows, problem, layout)
    money = _money_level(problem, layout)
    _limit_rows(rows, terms, layout, money.cost, problem.actions)
    lower, upper, whole = _bounds(problem, terms, layout)
    _mandatory_rows(rows, problem, layout)
    model = highs.Model(
        cost=np.zeros(layout.n_columns),
        lower=lower,
        upper=upper,
        n_sites=layout.n_slots,
        matrix=rows.matrix(layout.n_columns),
        row_lower=np.concatenate(rows.lower),
        row_upper=np.concatenate(rows.upper),
        integral=False,
        whole=whole,
        careful=True,
    )
    modules = np.zeros(layout.n_columns)
    modules[layout.first_floor : layout.first_met] = 1.0
    return Built(
        problem,
        terms,
        layout,
        model,
        _deficit_levels(problem, terms, layout),
        money,
        Level("sites", _site_flags(problem.actions, layout)),
        Level("modules", modules),
    )


def _layout(problem: DeficitProblem, terms: DeficitTerms) -> Layout:
    """Return the columns, action by action, years in order: the first of equals is the earliest."""
    slots = [
        (at, year)
        for at, action in enumerate(problem.actions)
        if action.act is not Act.KEEP
        for year in terms.years()
    ]
    kept = [at for at, action in enumerate(problem.actions) if action.act is Act.KEEP]
    return Layout(
        np.array([at for at, _ in slots], dtype=np.int64),
        tuple(year for _, year in slots),
        np.array(kept, dtype=np.int64),
        len(problem.needs),
        int(problem.servings.need.size),
    )


def _place_rows(rows: _Rows, problem: DeficitProblem, layout: Layout) -> None:
    """At most one action at a place; where it stands, it is kept unless something is done."""
    places = sorted({action.place for action in problem.actions})
    at = {place: row for row, place in enumerate(places)}
    action = np.concatenate([layout.slot_action, layout.kept])
    where = np.array([at[problem.actions[a].place] for a in action], dtype=np.int64)
    stands = np.zeros(len(places), dtype=bool)
    stands[where[layout.n_slots :]] = True
    rows.add(len(places), [(where, np.arange(where.size), 1.0)], -np.inf, 1.0)
    rows.lower[-1] = np.where(stands, 1.0, -np.inf)


def _mandatory_rows(rows: _Rows, problem: DeficitProblem, layout: Layout) -> None:
    must = [at for at, action in enumerate(problem.actions) if action.mandatory]
    position = {at: row for row, at in enumerate(must)}
    slots = np.flatnonzero(np.isin(layout.slot_action, must))
    where = np.array([position[a] for a in layout.slot_action[slots].tolist()], dtype=np.int64)
    rows.add(len(must), [(where, slots, 1.0)], 1.0, 1.0)


def _module_rows(rows: _Rows, problem: DeficitProblem, layout: Layout) -> None:
    every = np.arange(layout.n_slots)
    for first, name in ((layout.first_floor, "floor_area"), (layout.first_bed, "beds")):
        sizes = [getattr(problem.actions[a], name) for a in layout.slot_action]
        most = np.array([size.most for size in sizes], dtype=np.float64)
        least = np.array([size.least for size in sizes], dtype=np.float64)
        rows.add(layout.n_slots, [(every, first + every, 1.0), (every, every, -most)], -np.inf, 0.0)
        rows.add(
            layout.n_slots, [(every, first + every, -1.0), (every, every, least)], -np.inf, 0.0
        )


def _need_rows(rows: _Rows, problem: DeficitProblem, layout: Layout) -> None:
    """Add the rows that meet a need: for a facility by those open, for room by its shares."""
    pairs = problem.servings
    opening = layout.opening(len(problem.actions))
    room = np.array([need.kind.is_amount for need in problem.needs], dtype=bool)
    amount = np.array([need.amount for need in problem.needs], dtype=np.float64)
    of_room = np.flatnonzero(room[pairs.need]) if pairs.need.size else np.empty(0, dtype=np.int64)
    share = layout.first_share + of_room
    needs = np.arange(layout.n_needs)
    met = layout.first_met + needs
    row_of = np.full(layout.n_needs, -1)
    row_of[room] = np.arange(int(room.sum()))
    rows.add(
        int(room.sum()),
        [(row_of[pairs.need[of_room]], share, 1.0), (row_of[room], met[room], -1.0)],
        0.0,
        0.0,
    )
    row_of[~room] = np.arange(int((~room).sum()))
    present = np.flatnonzero(~room[pairs.need]) if pairs.need.size else of_room
    opened = opening[pairs.action[present]].tocoo()
    rows.add(
        int((~room).sum()),
        [
            (row_of[~room], met[~room], amount[~room]),
            (row_of[pairs.need[present]][opened.row], opened.col, -1.0),
        ],
        -np.inf,
        0.0,
    )
    linked = opening[pairs.action[of_room]].tocoo()
    rows.add(
        of_room.size,
        [(np.arange(of_room.size), share, 1.0), (linked.row, linked.col, -1.0)],
        -np.inf,
        0.0,
    )


def _capacity_rows(rows: _Rows, problem: DeficitProblem, layout: Layout) -> None:
    """No action gives more than it holds, in any pool."""
    pairs = problem.servings
    keys: dict[tuple[int, str, NeedKind], int] = {}
    row, column, number = [], [], []
    for at, (need, action, amount) in enumerate(
        zip(pairs.need.tolist(), pairs.action.tolist(), pairs.amount.tolist(), strict=True)
    ):
        asked = problem.needs[need]
        if asked.kind.is_amount:
            key = keys.setdefault((action, asked.pool, asked.kind), len(keys))
            row.append(key)
            column.append(layout.first_share + at)
            number.append(amount)
    slots: dict[int, list[int]] = {}
    for slot, action in enumerate(layout.slot_action.tolist()):
        slots.setdefault(action, []).append(slot)
    kept = {action: layout.first_kept + at for at, action in enumerate(layout.kept.tolist())}
    for (action, _, kind), key in keys.items():
        size = problem.actions[action].size(kind)
        first = layout.first_bed if kind is NeedKind.BEDS else layout.first_floor
        held = [(slot, size.base) for slot in slots.get(action, ())]
        held += [(first + slot, size.step) for slot in slots.get(action, ())]
        held += [(kept[action], size.base)] if action in kept else []
        for where, holds in held:
            row.append(key)
            column.append(where)
            number.append(-holds)
    rows.add(len(keys), [(row, column, number)], -np.inf, 0.0)


def _money_level(problem: DeficitProblem, layout: Layout) -> Level:
    cost = np.zeros(layout.n_columns)
    for slot, at in enumerate(layout.slot_action.tolist()):
        action = problem.actions[at]
        cost[slot] = action.cost - action.income
        cost[layout.first_floor + slot] = action.floor_area.module_cost
        cost[layout.first_bed + slot] = action.beds.module_cost
        if action.forbidden:
            cost[[slot, layout.first_floor + slot, layout.first_bed + slot]] = 0.0
    return Level("cost", np.nan_to_num(cost, nan=0.0))


def _site_flags(actions: tuple[Action, ...], layout: Layout) -> Floats:
    flags = np.zeros(layout.n_columns)
    for slot, at in enumerate(layout.slot_action.tolist()):
        flags[slot] = float(actions[at].act is not Act.CLOSE)
    return flags


def _limit_rows(
    rows: _Rows,
    terms: DeficitTerms,
    layout: Layout,
    cost: Floats,
    actions: tuple[Action, ...],
) -> None:
    """Budgets and the number of sites."""
    every = np.arange(layout.n_columns)
    zero = np.zeros(layout.n_columns, dtype=np.int64)
    if terms.budget is not None:
        rows.add(1, [(zero, every, cost)], -np.inf, terms.budget)
    if terms.budget_by_year is not None:
        years, spent = terms.years(), 0.0
        for year in years:
            counts = {year}
            limit = terms.budget_by_year[year] if year is not None else 0.0
            if terms.carry_over:
                # With money by year every year is a number.
                counts = {other for other in years if other <= year}  # type: ignore[operator]
                spent += limit
                limit = spent
            flags = np.array([other in counts for other in layout.slot_year], dtype=np.float64)
            row = np.zeros(layout.n_columns)
            for first in (0, layout.first_floor, layout.first_bed):
                part = slice(first, first + layout.n_slots)
                row[part] = cost[part] * flags
            rows.add(1, [(zero, every, row)], -np.inf, limit)
    if terms.most_sites is not None:
        rows.add(1, [(zero, every, _site_flags(actions, layout))], -np.inf, terms.most_sites)


def _bounds(
    problem: DeficitProblem, terms: DeficitTerms, layout: Layout
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    lower, upper = np.zeros(layout.n_columns), np.ones(layout.n_columns)
    whole = np.zeros(layout.n_columns, dtype=bool)
    whole[layout.first_floor : layout.first_met] = True
    for slot, (at, year) in enumerate(
        zip(layout.slot_action.tolist(), layout.slot_year, strict=True)
    ):
        action = problem.actions[at]
        upper[layout.first_floor + slot] = action.floor_area.most
        upper[layout.first_bed + slot] = action.beds.most
        if action.forbidden or not terms.in_time(action, year):
            upper[slot] = 0.0
    met = np.array([need.must or terms.close_all for need in problem.needs], dtype=np.float64)
    lower[layout.first_met : layout.first_share] = met
    whole[layout.first_met : layout.first_share] = terms.counted is Counted.WHOLE
    whole[layout.first_share :] = terms.single
    for at, need in enumerate(problem.servings.need.tolist()):
        if not problem.needs[need].kind.is_amount:
            upper[layout.first_share + at] = 0.0
    return lower, upper, whole


def level_names(terms: DeficitTerms) -> tuple[str, ...]:
    """Return the names of the objectives, the first first."""
    groups = terms.groups()
    unclosed = ["unclosed " + "+".join(group) for group in groups]
    return (*(["unclosed"] if len(groups) == 1 else unclosed), terms.then.value)


def _deficit_levels(
    problem: DeficitProblem, terms: DeficitTerms, layout: Layout
) -> tuple[Level, ...]:
    levels = []
    for name, group in zip(level_names(terms), terms.groups(), strict=False):
        weight = np.array([n.weight * (n.kind in group) for n in problem.needs], dtype=np.float64)
        cost = np.zeros(layout.n_columns)
        cost[layout.first_met : layout.first_share] = -weight
        levels.append(Level(name, cost, float(weight.sum())))
    return tuple(levels)
