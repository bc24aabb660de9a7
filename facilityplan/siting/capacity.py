"""Sites that can hold only so much: capacitated covering and capacitated p-median.

Sizes come in whole modules (a ward of 20 beds, a floor of 500 square metres), or as one fixed
capacity per candidate. A demand may be split between sites, or goes to one whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.errors import SolveError
from facilityplan.siting import highs, verify
from facilityplan.siting.arguments import (
    Floats,
    checked_cover,
    checked_distances,
    checked_numbers,
    exact_scale,
    is_integral,
)
from facilityplan.siting.clock import Deadline, listening
from facilityplan.siting.exact import Exact, Plan, solve_exact
from facilityplan.siting.options import SolveOptions, checked_options
from facilityplan.siting.packing import greedy_packing
from facilityplan.siting.sizes import (
    Capacities,
    Layout,
    Modules,
    Terms,
    assembled,
    capacity_rows,
    checked_capacities,
    money_row,
    served_row,
    site_prices,
    terms_rows,
)
from facilityplan.siting.solution import Solution, Status, infeasible, relative_gap

OVERFULL = 1e-6
"""Share of a capacity by which the solver's tolerance may overfill it before a plan is refused."""


@dataclass(frozen=True)
class Allocation:
    """Who is served where, and what each site is built of.

    Parameters
    ----------
    solution
        Sites, objective, bound, gap, status, conflict.
    shares
        Demands x candidates, sparse: the share of each demand that a site serves.
    modules
        Candidates x sizes: how many modules of each size; one column of ones for sites of fixed
        capacity.
    load
        Weight that each candidate serves; never above its capacity.
    """

    solution: Solution
    shares: sparse.csr_array
    modules: npt.NDArray[np.int64]
    load: Floats


@dataclass(frozen=True)
class _Built:
    """A model with what reads its columns."""

    exact: Exact
    layout: Layout
    sizes: Capacities
    weights: Floats

    def shares(self, columns: Floats) -> Floats:
        """Return the table of shares, cleared of the solver's dust."""
        table = np.zeros((self.layout.n_demands, self.layout.n_candidates))
        table[self.layout.row, self.layout.column] = columns[self.layout.first_pair :]
        table[table < OVERFULL] = 0.0
        table[table > 1.0 - OVERFULL] = 1.0
        return table

    def modules(self, columns: Floats) -> npt.NDArray[np.int64]:
        """Return how many modules of each size each candidate has."""
        m, kinds = self.layout.n_candidates, self.layout.n_kinds
        if not kinds:
            return np.rint(columns[:m]).astype(np.int64)[:, None]
        return np.rint(columns[m : m * (1 + kinds)]).astype(np.int64).reshape(m, kinds)

    def allocation(self, plan: Plan, deadline: Deadline) -> Allocation:
        """Return the plan, fitted to whole capacities."""
        shares = self.shares(plan.columns)
        modules = self.modules(plan.columns)
        stand = set(self.exact.free)
        sites = tuple(site for site in plan.chosen(self.layout.n_candidates) if site not in stand)
        shares = fitted(
            shares, self.weights, [self.sizes.held(j, k) for j, k in enumerate(modules)]
        )
        return Allocation(
            Solution(
                sites=sites,
                objective=plan.objective,
                bound=plan.bound,
                gap=0.0 if plan.proven else relative_gap(plan.objective, plan.bound),
                status=Status.OPTIMAL if plan.proven else Status.FEASIBLE,
                lowest_index=plan.lowest_index,
                interrupted=deadline.interruption.happened,
            ),
            sparse.csr_array(shares),
            modules,
            verify.assigned_loads(self.weights, shares),
        )


def fitted(shares: Floats, weights: Floats, held: Sequence[float]) -> Floats:
    """Return shares of which no site holds more than it can.

    What the solver's tolerance overfills is taken from every demand of the site alike.
    """
    load = verify.assigned_loads(weights, shares)
    out = shares.copy()
    for site, most in enumerate(held):
        if load[site] > most:
            out[:, site] *= math.nextafter(most / load[site], 0.0)
    return out


def _check_loads(built: _Built, columns: Floats) -> Floats:
    """Return the shares of a plan after counting anew that no rule of capacity is broken."""
    shares, modules = built.shares(columns), built.modules(columns)
    load = verify.assigned_loads(built.weights, shares)
    for site, count in enumerate(modules):
        is_open = columns[site] > 0.5
        holds = built.sizes.held(site, count) if is_open else 0.0
        too_many = built.layout.n_kinds > 0 and count.sum() > built.sizes.most[site] * is_open
        if load[site] > holds + OVERFULL * max(1.0, holds) or too_many:
            raise SolveError("solver_disagrees", claimed=holds, found=float(load[site]))
    return shares


def capacitated_coverage(
    cover: Any,
    weights: npt.ArrayLike,
    capacities: npt.ArrayLike | Modules,
    terms: Terms,
    *,
    options: SolveOptions | None = None,
) -> Allocation:
    """Return the sites, and modules at each, that serve the most weight within reach.

    The capacitated maximal covering location problem (Current and Storbeck, 1988; Pirkul and
    Schilling, 1991) with integer modules of size: a demand is served by sites that cover it, no
    site beyond what its modules hold.

    Parameters
    ----------
    cover
        scipy sparse, demands x candidates; a stored entry covers.
    weights
        What each demand takes up (elders, beds), not negative, in the unit of the capacities.
    capacities
        One fixed capacity per candidate, or :class:`Modules`.
    terms
        Number of sites, budget, split or single assignment, mandatory and forbidden sites.
    options
        Time limit, gap, threads, seed, progress.

    Returns
    -------
    Allocation
        ``infeasible`` where the mandatory sites alone break the number of sites or the budget;
        the conflict names both numbers.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``no_plan_in_time``; ``solver_disagrees`` where the recount does not confirm the plan.
    """
    built = _coverage_built(cover, weights, capacities, terms)
    deadline = Deadline.of(checked_options(options, None))
    with listening(deadline):
        plan = solve_exact(built.exact, deadline)
        if isinstance(plan, Plan):
            return built.allocation(plan, deadline)
        if plan is highs.Ended.STOPPED:
            raise SolveError("no_plan_in_time", seconds=deadline.options.time_limit_s)
    return _nothing(built, _least_needs(built, terms))


def capacitated_coverage_exact(
    cover: Any, weights: npt.ArrayLike, capacities: npt.ArrayLike | Modules, terms: Terms, **_: Any
) -> Exact:
    """Return the model of :func:`capacitated_coverage`."""
    return _coverage_built(cover, weights, capacities, terms).exact


def _coverage_built(
    cover: Any, weights: npt.ArrayLike, capacities: npt.ArrayLike | Modules, terms: Terms
) -> _Built:
    matrix = checked_cover(cover)
    weight = checked_numbers("weights", weights, matrix.shape[0])
    sizes = checked_capacities(capacities, matrix.shape[1])
    pairs = matrix.tocoo()
    row, column = (np.asarray(part, dtype=np.int64) for part in (pairs.row, pairs.col))
    layout = Layout(row, column, matrix.shape[0], matrix.shape[1], sizes.n_kinds)
    scale = exact_scale(weight)
    cost = np.zeros(layout.n_columns)
    cost[layout.first_pair :] = -weight[row] * scale
    served = (served_row(layout), np.full(layout.n_demands, -np.inf), np.ones(layout.n_demands))
    roles = terms.roles(matrix.shape[1])
    blocks = [
        *capacity_rows(layout, weight, sizes, roles),
        served,
        *terms_rows(layout, terms, sizes),
    ]
    model = assembled(layout, cost, blocks, roles.bounds(), sizes, single=terms.single)

    def recount(columns: Floats) -> float:
        shares = _check_loads(built, columns)
        reached = np.zeros(shares.shape, dtype=bool)
        reached[row, column] = True
        if (shares[~reached] > 0).any() or (shares.sum(axis=1) > 1.0 + OVERFULL).any():
            raise SolveError("solver_disagrees", claimed=1.0, found=float(shares.sum(1).max()))
        demand, site = np.nonzero(shares)
        return math.fsum(weight[demand] * shares[demand, site])

    utopia = min(math.fsum(weight), math.fsum(sizes.largest()))

    def fallback() -> Floats:
        return greedy_packing(layout, weight, sizes, terms)

    built = _Built(
        Exact(model, -scale, recount, tuple(terms.existing), fallback, utopia),
        layout,
        sizes,
        weight,
    )
    return built


def capacitated_p_median(
    distances: npt.ArrayLike,
    weights: npt.ArrayLike,
    capacities: npt.ArrayLike | Modules,
    terms: Terms,
    *,
    options: SolveOptions | None = None,
) -> Allocation:
    """Return the sites that serve everyone within their capacities at the least weight x distance.

    The capacitated p-median problem (Mulvey and Beck, 1984; Lorena and Senne, 2004).

    Parameters
    ----------
    distances
        Demands x candidates, one unit throughout (m); infinity means unreachable.
    weights
        What each demand takes up, not negative, in the unit of the capacities.
    capacities
        One fixed capacity per candidate, or :class:`Modules`.
    terms
        Number of sites, budget, split or single assignment, mandatory and forbidden sites.
    options
        Time limit, gap, threads, seed, progress.

    Returns
    -------
    Allocation
        ``infeasible`` where not everyone can be served: the conflict names the weight and the
        most of it that can be, and the least budget that would do where only money is short.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``no_plan_in_time``; ``solver_disagrees`` where the recount does not confirm the plan.
    """
    built = _median_built(distances, weights, capacities, terms)
    deadline = Deadline.of(checked_options(options, None))
    with listening(deadline):
        plan = solve_exact(built.exact, deadline)
        if isinstance(plan, Plan):
            return built.allocation(plan, deadline)
        if plan is highs.Ended.STOPPED:
            raise SolveError("no_plan_in_time", seconds=deadline.options.time_limit_s)
        reach = sparse.csr_array(np.isfinite(checked_distances(distances)))
        most = solve_exact(
            _coverage_built(reach, weights, capacities, terms).exact, deadline.silent()
        )
        dearer = _least_money(distances, weights, capacities, terms, deadline.silent())
    if not isinstance(most, Plan):
        return _nothing(built, _least_needs(built, terms))
    conflict = {"weight": math.fsum(built.weights), "weight_served_at_most": most.bound}
    return _nothing(built, conflict | dearer)


def _least_money(
    distances: npt.ArrayLike,
    weights: npt.ArrayLike,
    capacities: npt.ArrayLike | Modules,
    terms: Terms,
    deadline: Deadline,
) -> dict[str, float]:
    """Return the budget and what serving everyone takes at least, where money is what is short."""
    if terms.budget is None:
        return {}
    free = _median_built(distances, weights, capacities, replace(terms, budget=None))
    row = money_row(free.layout, site_prices(free.layout, terms), free.sizes)
    cost = np.asarray(row.sum(axis=0)).ravel()
    scale = exact_scale(cost)
    model = replace(free.exact.model, cost=cost * scale, integral=is_integral(cost * scale))
    found = highs.run(model, deadline)
    if found.ended is not highs.Ended.OPTIMAL:
        return {}
    return {"budget": float(terms.budget), "budget_needed": found.bound / scale}


def capacitated_p_median_exact(
    distances: npt.ArrayLike,
    weights: npt.ArrayLike,
    capacities: npt.ArrayLike | Modules,
    terms: Terms,
    **_: Any,
) -> Exact:
    """Return the model of :func:`capacitated_p_median`."""
    return _median_built(distances, weights, capacities, terms).exact


def _median_built(
    distances: npt.ArrayLike,
    weights: npt.ArrayLike,
    capacities: npt.ArrayLike | Modules,
    terms: Terms,
) -> _Built:
    table = checked_distances(distances)
    weight = checked_numbers("weights", weights, table.shape[0])
    sizes = checked_capacities(capacities, table.shape[1])
    asked = np.isfinite(table) & (weight > 0)[:, None]
    row, column = (part.astype(np.int64) for part in np.nonzero(asked))
    layout = Layout(row, column, table.shape[0], table.shape[1], sizes.n_kinds)
    price = weight[row] * table[row, column]
    scale = exact_scale(price)
    cost = np.zeros(layout.n_columns)
    cost[layout.first_pair :] = price * scale
    one = (weight > 0).astype(np.float64)
    roles = terms.roles(table.shape[1])
    blocks = [
        *capacity_rows(layout, weight, sizes, roles),
        (served_row(layout), one, one),
        *terms_rows(layout, terms, sizes),
    ]
    model = assembled(layout, cost, blocks, roles.bounds(), sizes, single=terms.single)

    def recount(columns: Floats) -> float:
        shares = _check_loads(built, columns)
        missing = np.abs(shares.sum(axis=1) - one)
        if (missing > OVERFULL * table.shape[1]).any():
            raise SolveError("solver_disagrees", claimed=1.0, found=float(1.0 - missing.max()))
        served = shares > 0
        return math.fsum((weight[:, None] * shares)[served] * table[served])

    built = _Built(Exact(model, scale, recount, tuple(terms.existing)), layout, sizes, weight)
    return built


def _least_needs(built: _Built, terms: Terms) -> dict[str, float]:
    """Return what the mandatory sites alone break."""
    mandatory = terms.roles(built.layout.n_candidates).mandatory
    if terms.n_sites is not None and mandatory.size > terms.n_sites:
        return {"n_sites": float(terms.n_sites), "mandatory_sites": float(mandatory.size)}
    sizes = built.sizes
    bare = mandatory[sizes.own[mandatory] <= 0] if sizes.n_kinds else mandatory[:0]
    if (sizes.most[bare] < 1).any():
        return {"modules_at_most": 0.0, "modules_needed": 1.0}
    least = float(sizes.cost.min()) if bare.size else 0.0
    needed = math.fsum(site_prices(built.layout, terms)[mandatory]) + least * bare.size
    return {"budget": float(terms.budget or 0.0), "mandatory_sites_cost": needed}


def _nothing(built: _Built, conflict: dict[str, float]) -> Allocation:
    n, m = built.layout.n_demands, built.layout.n_candidates
    return Allocation(
        infeasible(conflict),
        sparse.csr_array((n, m)),
        np.zeros((m, max(1, built.layout.n_kinds)), dtype=np.int64),
        np.zeros(m),
    )
