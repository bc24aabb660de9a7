"""Smallest covers: the engine below LSCP, and below the tie rule of the other problems."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from facilityplan.siting import highs
from facilityplan.siting.arguments import Floats, Ints, is_integral
from facilityplan.siting.clock import Deadline
from facilityplan.siting.reduce import components, part_of, reduce_cover
from facilityplan.siting.solution import tie_slack
from facilityplan.siting.start import greedy_cover
from facilityplan.siting.ties import first_of_equals

ROUNDING = 1e-6
"""How far above a whole number the solver's bound may lie and still mean that number."""

MOST_STEPS = 1_000_000
STEPS_PER_COLUMN = 500
"""How long the local search looks for a smaller cover."""


@dataclass(frozen=True)
class Cover:
    """Columns that cover every row.

    Parameters
    ----------
    sites
        Column positions, ascending.
    bound
        No cover costs less.
    proven
        No cover costs less than this one.
    lowest_index
        Proven to be the first of the equally cheap covers with the fewest sites.
    """

    sites: tuple[int, ...]
    bound: float
    proven: bool
    lowest_index: bool


def _cost(costs: Floats, columns: Iterable[int]) -> float:
    return math.fsum(float(costs[column]) for column in columns)


def _rounded_up(bound: float, *, integral: bool) -> float:
    return float(math.ceil(bound - ROUNDING)) if integral and math.isfinite(bound) else bound


def _model(matrix: Any, costs: Floats) -> highs.Model:
    n_rows, n_columns = matrix.shape
    return highs.Model(
        cost=costs,
        lower=np.zeros(n_columns),
        upper=np.ones(n_columns),
        n_sites=n_columns,
        matrix=matrix,
        row_lower=np.ones(n_rows),
        row_upper=np.full(n_rows, np.inf),
        integral=is_integral(costs),
    )


def _shared_cost(matrix: Any, costs: Floats) -> float:
    """Return a quick bound: every row pays the least share of a column that it might need."""
    share = costs / np.maximum(np.bincount(matrix.indices, minlength=costs.size), 1)
    return float(np.minimum.reduceat(share[matrix.indices], matrix.indptr[:-1]).sum())


@dataclass(frozen=True)
class _Part:
    """One independent part: its model, columns in the whole, best cover, bound, relaxation."""

    model: highs.Model
    columns: Ints
    best: Ints
    bound: float
    relaxation: highs.Run | None = None

    @property
    def value(self) -> float:
        return _cost(self.model.cost, self.best.tolist())

    @property
    def closed(self) -> bool:
        slack = tie_slack(self.value, integral=self.model.integral)
        return self.value <= self.bound + slack


def _relaxed(part: _Part, deadline: Deadline) -> _Part:
    relaxation = highs.run_with_plan(part.model, deadline, relaxed=True)
    bound = max(part.bound, _rounded_up(relaxation.bound, integral=part.model.integral))
    return replace(part, bound=bound, relaxation=relaxation)


def _searched(part: _Part, deadline: Deadline) -> _Part:
    narrow = _narrowed(part)
    start = np.zeros(part.model.cost.size)
    start[part.best] = 1.0
    found = highs.run_with_plan(narrow.model, deadline, start=start)
    bound = max(part.bound, _rounded_up(found.bound, integral=part.model.integral))
    best = part.best
    if found.columns is not None:
        chosen = np.array(sorted(found.chosen(part.model.n_sites)), dtype=np.int64)
        if _cost(part.model.cost, chosen.tolist()) < part.value:
            best = chosen
    reached = replace(part, best=best, bound=bound)
    if found.ended is highs.Ended.OPTIMAL:
        return replace(reached, bound=max(bound, reached.value))
    return reached


def _hunted(part: _Part, deadline: Deadline) -> _Part:
    """Look for a smaller cover by local search, where every column costs the same."""
    from facilityplan.siting.cover_search import smaller_cover  # noqa: PLC0415 - loads the compiler

    price = float(part.model.cost[0])
    if price <= 0 or float(np.ptp(part.model.cost)) > 0:
        return part
    n_columns = part.model.cost.size
    steps = min(MOST_STEPS, STEPS_PER_COLUMN * n_columns)
    enough = math.ceil(part.bound / price - ROUNDING)
    best = smaller_cover(part.model.matrix, part.best, steps, enough, deadline)
    if best.size >= part.best.size:
        return part
    return replace(part, best=best)


def _narrowed(part: _Part) -> _Part:
    """Settle what reduced costs rule out, now that the best cover is as good as it gets."""
    if part.relaxation is None:
        return part
    slack = tie_slack(part.value, integral=part.model.integral)
    return replace(part, model=highs.narrowed(part.model, part.relaxation, part.value, slack))


def cheapest_cover(
    matrix: Any, costs: Floats, deadline: Deadline, *, enough: float | None = None
) -> Cover:
    """Return a cheapest cover, whichever of several the search meets.

    Parameters
    ----------
    matrix
        CSR of ones, no row empty.
    costs
        One per column.
    deadline
        When to stop.
    enough
        Stop as soon as a cover costs no more than this, or none can.
    """
    reduced = reduce_cover(matrix, costs, keep_ties=False, stop_now=deadline.passed)
    base = _cost(costs, reduced.taken.tolist())
    parts = []
    for rows, columns in components(reduced.matrix):
        part = part_of(reduced.matrix, rows, columns)
        price = costs[reduced.columns[columns]]
        model = _model(part, price)
        bound = _rounded_up(_shared_cost(part, price), integral=model.integral)
        parts.append(_Part(model, reduced.columns[columns], greedy_cover(part, price), bound))

    def done() -> bool:
        value = base + math.fsum(part.value for part in parts)
        bound = base + math.fsum(part.bound for part in parts)
        if enough is None:
            return deadline.close_enough(value, bound)
        return value <= enough or bound > enough

    for step in (_relaxed, _hunted, _searched):
        for number, part in enumerate(parts):
            if done():
                break
            if not part.closed:
                parts[number] = step(part, deadline)
    sites = reduced.taken.tolist()
    for part in parts:
        sites.extend(part.columns[part.best].tolist())
    return Cover(
        sites=tuple(sorted(sites)),
        bound=math.fsum([base, *(part.bound for part in parts)]),
        proven=all(part.closed for part in parts),
        lowest_index=False,
    )


def _first_cover(matrix: Any, costs: Floats, cover: Cover, deadline: Deadline) -> Cover:
    """Return the first of the cheapest covers with the fewest sites of one independent part."""
    value = _cost(costs, cover.sites)
    plain = _model(matrix, costs)
    slack = tie_slack(value, integral=plain.integral)
    relaxation = highs.run_with_plan(plain, deadline, relaxed=True)
    model = highs.narrowed(plain, relaxation, value, slack)
    start = np.zeros(costs.size)
    start[list(cover.sites)] = 1.0
    turned = matrix.T.tocsr()

    def is_tied(chosen: frozenset[int]) -> bool:
        covered = np.zeros(matrix.shape[0], dtype=bool)
        for column in chosen:
            covered[turned.indices[turned.indptr[column] : turned.indptr[column + 1]]] = True
        return bool(covered.all()) and _cost(costs, chosen) <= value + slack

    fewest_proven = True
    if float(np.ptp(costs)) > 0:
        row = costs[None, :]
        model = highs.with_rows(model, row, np.array([-np.inf]), np.array([value + slack]))
        count = highs.run_with_plan(
            highs.with_cost(model, np.ones(costs.size)), deadline, start=start
        )
        fewest_proven = count.ended is highs.Ended.OPTIMAL
        if count.columns is not None and is_tied(count.chosen(costs.size)):
            start = np.rint(count.columns)
    n_sites = float(start.sum())
    model = highs.with_rows(
        model, np.ones((1, costs.size)), np.array([n_sites]), np.array([n_sites])
    )
    settled = first_of_equals(model, start, is_tied, deadline)
    return Cover(
        tuple(sorted(settled.sites)), cover.bound, cover.proven, settled.proven and fewest_proven
    )


def minimum_cover(matrix: Any, costs: Floats, mandatory: Ints, deadline: Deadline) -> Cover:
    """Return the cheapest cover that holds the mandatory columns; ties as the rule says.

    Of equally cheap covers the one with the fewest sites, of these the first by index.

    Parameters
    ----------
    matrix
        CSR of ones, no row empty.
    costs
        One per column.
    mandatory
        Columns that every plan holds.
    deadline
        When to stop.
    """
    served = np.asarray(matrix[:, mandatory].sum(axis=1)).ravel() > 0
    others = np.setdiff1d(np.arange(matrix.shape[1]), mandatory)
    left = part_of(matrix, np.flatnonzero(~served), others)
    price = costs[others]
    reduced = reduce_cover(left, price, keep_ties=True, stop_now=deadline.passed)
    sites = [*mandatory.tolist(), *others[reduced.taken].tolist()]
    bounds = [_cost(costs, sites)]
    proven, lowest_index = True, True
    for rows, columns in components(reduced.matrix):
        part = part_of(reduced.matrix, rows, columns)
        part_price = price[reduced.columns[columns]]
        cover = cheapest_cover(part, part_price, deadline)
        if cover.proven:
            cover = _first_cover(part, part_price, cover, deadline)
        sites.extend(others[reduced.columns[columns[list(cover.sites)]]].tolist())
        bounds.append(cover.bound)
        proven &= cover.proven
        lowest_index &= cover.lowest_index
    return Cover(tuple(sorted(sites)), math.fsum(bounds), proven, lowest_index)
