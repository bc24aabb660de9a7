"""The model below capacitated problems: sites, modules of size, shares of demands."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.errors import UsageError
from facilityplan.siting import highs
from facilityplan.siting.arguments import (
    Floats,
    Ints,
    checked_n_sites,
    checked_numbers,
    is_integral,
)
from facilityplan.siting.exact import rows_joined, with_whole
from facilityplan.siting.roles import Roles, checked_roles


@dataclass(frozen=True)
class Modules:
    """Sizes that sites are built of.

    Parameters
    ----------
    capacity
        What one module of each size holds, above 0 (beds, square metres).
    cost
        What one module of each size costs, not negative; 0 where it is left out.
    most
        How many modules a site takes at most, all sizes together; one number or one per candidate.
    held
        What a site holds before any module (an existing home's beds); one number or one per
        candidate. Only a new site that holds nothing must take a module.
    """

    capacity: Sequence[float]
    cost: Sequence[float] = ()
    most: npt.ArrayLike = 1
    held: npt.ArrayLike = 0


@dataclass(frozen=True)
class Capacities:
    """Checked sizes: modules by size, the most per candidate, what each holds of its own.

    ``own`` is what a site holds before any module; all of it where there are no modules.
    """

    size: Floats
    cost: Floats
    most: Floats
    own: Floats

    @property
    def n_kinds(self) -> int:
        """How many sizes a module may have; none where capacities are fixed."""
        return int(self.size.size)

    def largest(self) -> Floats:
        """Return what each candidate can hold at most."""
        return self.own + self.most * float(self.size.max(initial=0.0))

    def held(self, site: int, modules: npt.NDArray[np.int64]) -> float:
        """Return what a site of these modules holds."""
        own = float(self.own[site])
        return own if not self.n_kinds else math.fsum([own, *(self.size * modules)])


def checked_capacities(capacities: npt.ArrayLike | Modules, n_candidates: int) -> Capacities:
    """Return checked sizes.

    Raises
    ------
    UsageError
        If a number is missing, negative, or modules hold nothing.
    """
    if not isinstance(capacities, Modules):
        own = checked_numbers("capacities", capacities, n_candidates)
        return Capacities(np.empty(0), np.empty(0), np.ones(n_candidates), own)
    size = checked_numbers("capacity", capacities.capacity, len(capacities.capacity))
    given = capacities.cost if len(capacities.cost) else np.zeros(size.size)
    cost = checked_numbers("cost", given, size.size)
    most = np.asarray(capacities.most, dtype=np.float64)
    most = np.full(n_candidates, float(most)) if most.ndim == 0 else most
    most = checked_numbers("most", most, n_candidates)
    if not size.size or (size <= 0).any() or (most != np.rint(most)).any():
        raise UsageError("siting_modules")
    held = np.asarray(capacities.held, dtype=np.float64)
    held = np.full(n_candidates, float(held)) if held.ndim == 0 else held
    return Capacities(size, cost, most, checked_numbers("held", held, n_candidates))


@dataclass(frozen=True)
class Layout:
    """Where the columns of the model are: sites, modules by site and size, pairs."""

    row: Ints
    column: Ints
    n_demands: int
    n_candidates: int
    n_kinds: int

    @property
    def first_pair(self) -> int:
        """Where the columns of the pairs begin."""
        return self.n_candidates * (1 + self.n_kinds)

    @property
    def n_columns(self) -> int:
        """How many columns there are."""
        return self.first_pair + int(self.row.size)

    def rows(self, n_rows: int, *blocks: tuple[Any, Any, Any]) -> sparse.csr_array:
        """Return rows from blocks of (row, column, number)."""
        row = np.concatenate([np.asarray(block[0]) for block in blocks])
        column = np.concatenate([np.asarray(block[1]) for block in blocks])
        number = np.concatenate([np.asarray(block[2], dtype=np.float64) for block in blocks])
        return sparse.csr_array((number, (row, column)), shape=(n_rows, self.n_columns))


def capacity_rows(
    layout: Layout, weights: Floats, sizes: Capacities, roles: Roles
) -> list[tuple[Any, Floats, Floats]]:
    """Return the rows: no more than fits, modules only at sites, none served by a closed site."""
    m, n_pairs = layout.n_candidates, layout.row.size
    pair = layout.first_pair + np.arange(n_pairs)
    every = np.arange(m)
    load = (layout.column, pair, weights[layout.row])
    site = np.repeat(every, layout.n_kinds)
    module = m + np.arange(m * layout.n_kinds)
    holds = (site, module, -np.tile(sizes.size, m))
    own = (every, every, -sizes.own)
    blocks = [(layout.rows(m, load, own, holds), np.full(m, -np.inf), np.zeros(m))]
    if layout.n_kinds:
        count = (site, module, np.ones(module.size))
        blocks.append(
            (layout.rows(m, count, (every, every, -sizes.most)), np.full(m, -np.inf), np.zeros(m))
        )
        empty = roles.counted() * (sizes.own <= 0)
        blocks.append(
            (layout.rows(m, count, (every, every, -empty)), np.zeros(m), np.full(m, np.inf))
        )
    link = layout.rows(
        n_pairs,
        (np.arange(n_pairs), pair, np.ones(n_pairs)),
        (np.arange(n_pairs), layout.column, -np.ones(n_pairs)),
    )
    blocks.append((link, np.full(n_pairs, -np.inf), np.zeros(n_pairs)))
    return blocks


def served_row(layout: Layout) -> sparse.csr_array:
    """Return the rows that add up what is served of each demand."""
    pair = layout.first_pair + np.arange(layout.row.size)
    return layout.rows(layout.n_demands, (layout.row, pair, np.ones(pair.size)))


def money_row(layout: Layout, site_costs: Floats, sizes: Capacities) -> sparse.csr_array:
    """Return the row of what sites and modules cost together."""
    m = layout.n_candidates
    every = np.arange(m)
    blocks = [(np.zeros(m, dtype=np.int64), every, site_costs)]
    if layout.n_kinds:
        module = m + np.arange(m * layout.n_kinds)
        blocks.append((np.zeros(module.size, dtype=np.int64), module, np.tile(sizes.cost, m)))
    return layout.rows(1, *blocks)


@dataclass(frozen=True)
class Terms:
    """What a capacitated plan must keep.

    Parameters
    ----------
    n_sites
        How many sites at most; ``None`` for any number.
    site_costs, budget
        Cost of opening each candidate, and what sites and modules may cost together.
    single
        Every demand is served whole by one site; otherwise it may be split.
    mandatory, forbidden
        Candidates that every plan holds, or none.
    existing
        Candidates that stand anyway: they serve within what they hold, but neither count nor cost
        and no plan lists them. Modules may be added to them, at the modules' cost.
    """

    n_sites: int | None = None
    site_costs: npt.ArrayLike | None = None
    budget: float | None = None
    single: bool = False
    mandatory: Iterable[int] = ()
    forbidden: Iterable[int] = ()
    existing: Iterable[int] = ()

    def __post_init__(self) -> None:
        """Read the positions once: they may come from an iterator."""
        for role in ("mandatory", "existing", "forbidden"):
            object.__setattr__(self, role, tuple(getattr(self, role)))

    def roles(self, n_candidates: int) -> Roles:
        """Return the checked roles of the candidates."""
        return checked_roles(n_candidates, self.mandatory, self.existing, self.forbidden)


def site_prices(layout: Layout, terms: Terms) -> Floats:
    """Return what opening each candidate costs; those that stand cost nothing."""
    m = layout.n_candidates
    given = np.zeros(m) if terms.site_costs is None else terms.site_costs
    prices: Floats = checked_numbers("site_costs", given, m) * terms.roles(m).counted()
    return prices


def assembled(
    layout: Layout,
    cost: Floats,
    blocks: list[tuple[Any, Floats, Floats]],
    bounds: tuple[Floats, Floats],
    sizes: Capacities,
    *,
    single: bool,
) -> highs.Model:
    """Return the model; pairs are whole where every demand goes to a single site."""
    rows, low, high = rows_joined(*blocks)
    m, kinds = layout.n_candidates, layout.n_kinds
    most = np.repeat(sizes.most, kinds)
    model = highs.Model(
        cost=cost,
        lower=np.concatenate([bounds[0], np.zeros(layout.n_columns - m)]),
        upper=np.concatenate([bounds[1], most, np.ones(layout.row.size)]),
        n_sites=m,
        matrix=rows,
        row_lower=low,
        row_upper=high,
        integral=single and is_integral(cost),
    )
    whole = np.arange(m, layout.n_columns if single else layout.first_pair)
    return with_whole(model, whole)


def terms_rows(layout: Layout, terms: Terms, sizes: Capacities) -> list[tuple[Any, Floats, Floats]]:
    """Return the rows of the number of sites and of the budget.

    Raises
    ------
    UsageError
        If a number is off.
    """
    m = layout.n_candidates
    if terms.n_sites is not None:
        checked_n_sites(terms.n_sites)
    blocks: list[tuple[Any, Floats, Floats]] = []
    if terms.n_sites is not None:
        every, counted = np.arange(m), terms.roles(m).counted()
        row = layout.rows(1, (np.zeros(m, dtype=np.int64), every, counted))
        blocks.append((row, np.array([-np.inf]), np.array([float(terms.n_sites)])))
    if terms.budget is not None:
        row = money_row(layout, site_prices(layout, terms), sizes)
        budget = float(checked_numbers("budget", [terms.budget], 1)[0])
        blocks.append((row, np.array([-np.inf]), np.array([budget])))
    return blocks
