"""Covering with costs, a budget, and regard for the zones that come off worst."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.errors import SolveError, UsageError
from facilityplan.siting import highs, verify
from facilityplan.siting.arguments import (
    Floats,
    Ints,
    checked_cover,
    checked_n_sites,
    checked_numbers,
    exact_scale,
    is_integral,
)
from facilityplan.siting.clock import Deadline, listening
from facilityplan.siting.exact import Exact, Plan, as_solution, rows_joined, solve_exact
from facilityplan.siting.fallback import Room, greedy_sites
from facilityplan.siting.options import SolveOptions, checked_options
from facilityplan.siting.reduce import merge_rows, sum_by_group
from facilityplan.siting.roles import Roles, checked_roles
from facilityplan.siting.solution import Solution, infeasible


class Aim(StrEnum):
    """What is best."""

    TOTAL = "total"
    """The most weight covered."""
    WORST_FIRST = "worst_first"
    """The worst zone's share as high as can be, then the next worst, and so on; then the total."""
    EQUAL = "equal"
    """The mean share less half the mean absolute difference between zones (mean x (1 - Gini))."""


@dataclass(frozen=True)
class Fairness:
    """Regard for zones.

    Parameters
    ----------
    zones
        Zone of each demand, whole numbers from 0 (streets, in the order of their ids).
    least_share
        No zone's covered share of weight may be below this.
    aim
        What is best.
    """

    zones: npt.ArrayLike
    least_share: float = 0.0
    aim: Aim = Aim.TOTAL


@dataclass(frozen=True)
class Limits:
    """What a plan may take.

    Parameters
    ----------
    n_sites
        How many sites at most; ``None`` for any number.
    costs, budget
        Cost of each candidate, and what a plan's sites may cost together; ``None`` for no limit.
    mandatory, existing, forbidden
        Candidates that every plan holds (they count and cost), that stand anyway (they serve,
        but neither count nor cost), that no plan holds.
    """

    n_sites: int | None = None
    costs: npt.ArrayLike | None = None
    budget: float | None = None
    mandatory: Iterable[int] = ()
    existing: Iterable[int] = ()
    forbidden: Iterable[int] = ()

    def __post_init__(self) -> None:
        """Read the positions once: they may come from an iterator."""
        for role in ("mandatory", "existing", "forbidden"):
            object.__setattr__(self, role, tuple(getattr(self, role)))


@dataclass(frozen=True)
class _Coverage:
    """Distinct demands by zone, and where the model's columns are.

    Columns: candidates, then the cover of each row, then the share of each zone.
    """

    matrix: Any
    weights: Floats
    zone: Ints
    zone_weight: Floats
    roles: Roles
    price: Floats
    limits: Limits

    @property
    def n_columns(self) -> int:
        return int(sum(self.matrix.shape)) + self.zone_weight.size

    @property
    def first_zone(self) -> int:
        return int(sum(self.matrix.shape))

    def model(self) -> highs.Model:
        """Return the model that covers the most; the shares of the zones are columns of it."""
        n_rows, n_sites = self.matrix.shape
        n_zones = self.zone_weight.size
        lower, upper = self.roles.bounds()
        eye = sparse.eye_array(n_rows)
        link = sparse.hstack([-self.matrix, eye, sparse.csr_array((n_rows, n_zones))])
        within = sparse.csr_array(
            (self.weights / self.zone_weight[self.zone], (self.zone, np.arange(n_rows))),
            shape=(n_zones, n_rows),
        )
        shares = sparse.hstack(
            [sparse.csr_array((n_zones, n_sites)), -within, sparse.eye_array(n_zones)]
        )
        rows = [
            (link, np.full(n_rows, -np.inf), np.zeros(n_rows)),
            (shares, np.zeros(n_zones), np.zeros(n_zones)),
        ]
        most = ((self.limits.n_sites, self.roles.counted()), (self.limits.budget, self.price))
        for limit, per_site in most:
            if limit is not None:
                row = np.concatenate([per_site, np.zeros(n_rows + n_zones)])
                rows.append(
                    (sparse.csr_array(row[None, :]), np.array([-np.inf]), np.array([float(limit)]))
                )
        joined, low, high = rows_joined(*rows)
        scale = exact_scale(self.weights)
        return highs.Model(
            cost=np.concatenate([np.zeros(n_sites), -self.weights * scale, np.zeros(n_zones)]),
            lower=np.concatenate([lower, np.zeros(n_rows + n_zones)]),
            upper=np.concatenate([upper, np.ones(n_rows + n_zones)]),
            n_sites=n_sites,
            matrix=joined,
            row_lower=low,
            row_upper=high,
            integral=is_integral(self.weights * scale),
        )


def budgeted_coverage(
    cover: Any,
    weights: npt.ArrayLike,
    limits: Limits,
    *,
    fairness: Fairness | None = None,
    options: SolveOptions | None = None,
) -> Solution:
    """Return the sites within a number and a budget that cover the most, or most fairly.

    Maximal covering with costs (Church and ReVelle, 1974; budgeted: Khuller, Moss and Naor, 1999).
    Worst-first is the lexicographic maximum of the sorted shares, found by maximising the sums of
    the least, the two least, … shares (Ogryczak and Tamir, 2003).

    Parameters
    ----------
    cover
        scipy sparse, demands x candidates; a stored entry covers.
    weights
        Weight of each demand, not negative.
    limits
        Number of sites, costs and budget, roles of candidates.
    fairness
        Zones, the least share of each, and the aim; ``None`` covers the most in all.
    options
        Time limit, gap, threads, seed, progress.

    Returns
    -------
    Solution
        ``objective`` is the covered weight; under the aim ``equal`` the mean share of the zones
        less half the mean absolute difference. Under ``worst_first`` the weight is the most of
        all plans that are best worst-first (shares are told apart at 1e-7).
        ``infeasible`` where the mandatory sites break the number or the budget, or a zone cannot
        reach its share: the conflict says by how much.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``no_plan_in_time``; ``solver_disagrees`` where the recount does not confirm the plan.
    """
    data = _data(cover, weights, limits, fairness)
    deadline = Deadline.of(checked_options(options, None))
    broken = _broken(data)
    if broken:
        return infeasible(broken)
    with listening(deadline):
        problem = budgeted_coverage_exact(
            cover, weights, limits, fairness=fairness, deadline=deadline
        )
        plan = solve_exact(problem, deadline)
        if isinstance(plan, Plan):
            return as_solution(problem, plan, deadline)
        if plan is highs.Ended.STOPPED:
            raise SolveError("no_plan_in_time", seconds=deadline.options.time_limit_s)
        reached = _worst_share(data, deadline)
    asked = 0.0 if fairness is None else fairness.least_share
    conflict = {"least_share": asked, "least_share_reached_at_most": reached}
    return infeasible(conflict)


def _data(
    cover: Any, weights: npt.ArrayLike, limits: Limits, fairness: Fairness | None
) -> _Coverage:
    matrix = checked_cover(cover)
    n_demands, n_candidates = matrix.shape
    weight = checked_numbers("weights", weights, n_demands)
    if limits.n_sites is not None:
        checked_n_sites(limits.n_sites)
    roles = checked_roles(n_candidates, limits.mandatory, limits.existing, limits.forbidden)
    price = np.zeros(n_candidates)
    if limits.costs is not None:
        price = checked_numbers("costs", limits.costs, n_candidates)
    price = price * roles.counted()
    if limits.budget is not None:
        checked_numbers("budget", [limits.budget], 1)
    zones = np.zeros(n_demands) if fairness is None else fairness.zones
    given = checked_numbers("zones", zones, n_demands)
    share = 0.0 if fairness is None else fairness.least_share
    if (given != np.rint(given)).any() or not 0 <= share <= 1:
        raise UsageError("siting_zones", given=str(share))
    asked = np.flatnonzero(weight > 0)
    zone = given[asked].astype(np.int64)
    present, zone = np.unique(zone, return_inverse=True)
    tagged = sparse.hstack(
        [
            matrix[asked],
            sparse.csr_array(
                (np.ones(asked.size), (np.arange(asked.size), zone)),
                shape=(asked.size, present.size),
            ),
        ],
        format="csr",
        dtype=np.int32,
    )
    merged, group = merge_rows(tagged)
    first = np.zeros(merged.shape[0], dtype=np.int64)
    first[group] = zone
    sums = sum_by_group(weight[asked], group, merged.shape[0])
    return _Coverage(
        merged[:, :n_candidates].tocsr(),
        sums,
        first,
        sum_by_group(weight[asked], zone, present.size),
        roles,
        price,
        limits,
    )


def _broken(data: _Coverage) -> dict[str, float]:
    """Return the numbers that mandatory sites break, if any."""
    needed = data.roles.mandatory.size
    if data.limits.n_sites is not None and needed > data.limits.n_sites:
        return {"n_sites": float(data.limits.n_sites), "mandatory_sites": float(needed)}
    cost = math.fsum(data.price[data.roles.mandatory])
    if data.limits.budget is not None and cost > data.limits.budget:
        return {"budget": float(data.limits.budget), "mandatory_sites_cost": cost}
    return {}


def budgeted_coverage_exact(
    cover: Any,
    weights: npt.ArrayLike,
    limits: Limits,
    *,
    fairness: Fairness | None = None,
    deadline: Deadline | None = None,
    **_: Any,
) -> Exact:
    """Return the model of :func:`budgeted_coverage`.

    Under worst-first the sums of the least shares are found on the way and become rows.
    """
    data = _data(cover, weights, limits, fairness)
    clock = Deadline.after(None) if deadline is None else deadline
    model = data.model()
    free = tuple(data.roles.existing.tolist())
    scale = exact_scale(data.weights)
    if fairness is not None and fairness.least_share > 0:
        lower = model.lower.copy()
        lower[data.first_zone :] = fairness.least_share
        model = highs.with_bounds(model, lower, model.upper)
    aim = Aim.TOTAL if fairness is None else Aim(fairness.aim)
    recount = _Recount(cover, np.asarray(weights, dtype=np.float64), limits, fairness)
    fallback: Callable[[], Floats | None] = functools.partial(_greedy, data, recount)
    if aim is Aim.EQUAL and data.zone_weight.size:
        return Exact(_equal(model, data), -EQUAL_SCALE, recount.equal, free, fallback)
    if aim is Aim.WORST_FIRST and data.zone_weight.size:
        held, met = _worst_first(model, data, clock.silent())
        if met is not None:
            fallback = functools.partial(_fairer, data, recount, met)
        return Exact(held, -scale, recount.total, free, fallback)
    return Exact(model, -scale, recount.total, free, fallback)


def _fairer(data: _Coverage, recount: _Recount, met: Floats) -> Floats:
    """Return the plan met by the solver or that of greedy choice, whichever is better worst first."""
    spare = _greedy(data, recount)
    plans = [met] if spare is None else [met, spare]
    return max(plans, key=lambda plan: (sorted(recount.shares(plan)), recount.total(plan)))


def _greedy(data: _Coverage, recount: _Recount) -> Floats | None:
    """Return the sites (the columns that the recount reads) of greedy choice, if allowed."""
    room = Room(data.roles, data.limits.n_sites, data.price, data.limits.budget)
    chosen = np.zeros(data.matrix.shape[1])
    chosen[greedy_sites(data.matrix.T.tocsr(), room, lambda times: data.weights * (times < 1))] = (
        1.0
    )
    asked = 0.0 if recount.fairness is None else recount.fairness.least_share
    if asked > 0 and float(recount.shares(chosen).min(initial=1.0)) < asked - SHARE_SLACK:
        return None
    return chosen


EQUAL_SCALE = 4096.0
"""Shares are brought to a size where the solver's tolerances matter little."""
SHARE_SLACK = 1e-7
"""By how much a sum of shares may fall short of its best in the later rounds of worst-first."""


def _equal(model: highs.Model, data: _Coverage) -> highs.Model:
    """Return the model that weighs the mean share against the differences between zones."""
    n_zones = data.zone_weight.size
    one, other = np.triu_indices(n_zones, 1)
    n_pairs = one.size
    every = np.arange(n_pairs)
    apart = sparse.csr_array(
        (
            np.concatenate([np.ones(n_pairs), -np.ones(n_pairs)]),
            (np.concatenate([every, every]), data.first_zone + np.concatenate([one, other])),
        ),
        shape=(n_pairs, data.n_columns),
    )
    eye = sparse.eye_array(n_pairs)
    rows, low, high = rows_joined(
        (
            sparse.hstack([model.matrix, sparse.csr_array((model.row_lower.size, n_pairs))]),
            model.row_lower,
            model.row_upper,
        ),
        (sparse.hstack([apart, -eye]), np.full(n_pairs, -np.inf), np.zeros(n_pairs)),
        (sparse.hstack([-apart, -eye]), np.full(n_pairs, -np.inf), np.zeros(n_pairs)),
    )
    cost = np.zeros(data.n_columns + n_pairs)
    cost[data.first_zone : data.n_columns] = -EQUAL_SCALE / n_zones
    cost[data.n_columns :] = EQUAL_SCALE / n_zones**2
    return replace(
        model,
        cost=cost,
        lower=np.concatenate([model.lower, np.zeros(n_pairs)]),
        upper=np.concatenate([model.upper, np.ones(n_pairs)]),
        matrix=rows,
        row_lower=low,
        row_upper=high,
        integral=False,
    )


def _with_least_sum(model: highs.Model, data: _Coverage, n_least: int) -> highs.Model:
    """Return the model with columns whose cost is minus the sum of the least so many shares."""
    n_zones, before = data.zone_weight.size, model.cost.size
    shares = sparse.csr_array(
        (np.ones(n_zones), (np.arange(n_zones), data.first_zone + np.arange(n_zones))),
        shape=(n_zones, before),
    )
    level = sparse.csr_array(-np.ones((n_zones, 1)))
    rows, low, high = rows_joined(
        (
            sparse.hstack([model.matrix, sparse.csr_array((model.row_lower.size, 1 + n_zones))]),
            model.row_lower,
            model.row_upper,
        ),
        (
            sparse.hstack([shares, level, sparse.eye_array(n_zones)]),
            np.zeros(n_zones),
            np.full(n_zones, np.inf),
        ),
    )
    return replace(
        model,
        cost=np.concatenate([np.zeros(before), [-float(n_least)], np.ones(n_zones)]),
        lower=np.concatenate([model.lower, np.zeros(1 + n_zones)]),
        upper=np.concatenate([model.upper, np.ones(1 + n_zones)]),
        matrix=rows,
        row_lower=low,
        row_upper=high,
        integral=False,
    )


def _worst_first(
    model: highs.Model, data: _Coverage, deadline: Deadline
) -> tuple[highs.Model, Floats | None]:
    """Return the model held to the best sums of the least 1, 2, … shares, one after the other.

    With it the columns of the last plan met on the way.
    """
    total = model.cost
    held = model
    met: Floats | None = None
    for n_least in range(1, data.zone_weight.size + 1):
        trial = _with_least_sum(held, data, n_least)
        found = highs.run(trial, deadline)
        if found.columns is not None:
            met = found.columns
        if found.ended is highs.Ended.INFEASIBLE and n_least > 1:
            # The last round's plan is one: going on would pass for a proof.
            raise SolveError("solver_disagrees", claimed=math.inf, found="feasible")
        if found.ended is not highs.Ended.OPTIMAL or found.columns is None:
            break
        best = float(trial.cost @ found.columns)
        held = highs.with_rows(
            trial, trial.cost[None, :], np.array([-np.inf]), np.array([best + SHARE_SLACK])
        )
    cost = np.concatenate([total, np.zeros(held.cost.size - total.size)])
    return replace(held, cost=cost, integral=model.integral), met


def _worst_share(data: _Coverage, deadline: Deadline) -> float:
    """Return the highest share that every zone can reach at once, or infinity for want of time."""
    trial = _with_least_sum(data.model(), data, 1)
    found = highs.run(trial, deadline.silent())
    return -found.bound if math.isfinite(found.bound) else math.inf


@dataclass(frozen=True)
class _Recount:
    """Values of a plan on the data as given."""

    cover: Any
    weights: Floats
    limits: Limits
    fairness: Fairness | None

    def _sites(self, columns: Floats) -> list[int]:
        sites = np.flatnonzero(columns[: self.cover.shape[1]] > 0.5).tolist()
        stand = set(self.limits.existing)
        chosen = [site for site in sites if site not in stand]
        if self.limits.n_sites is not None and len(chosen) > self.limits.n_sites:
            raise SolveError("solver_disagrees", claimed=self.limits.n_sites, found=len(chosen))
        if self.limits.budget is not None and self.limits.costs is not None:
            spent = math.fsum(np.asarray(self.limits.costs, dtype=np.float64)[chosen])
            if spent > self.limits.budget + 1e-9 * abs(self.limits.budget):
                raise SolveError("solver_disagrees", claimed=self.limits.budget, found=spent)
        return sites

    def shares(self, columns: Floats) -> Floats:
        """Return the covered share of each zone that has weight."""
        covered = verify.covered_demands(self.cover, self._sites(columns))
        zones = np.zeros(self.weights.size) if self.fairness is None else self.fairness.zones
        return verify.zone_shares(self.weights, np.asarray(zones), covered)

    def total(self, columns: Floats) -> float:
        """Return the covered weight."""
        if self.fairness is not None and self.fairness.least_share > 0:
            least = float(self.shares(columns).min(initial=1.0))
            if least < self.fairness.least_share - SHARE_SLACK:
                raise SolveError("solver_disagrees", claimed=self.fairness.least_share, found=least)
        return verify.covered_weight(self.cover, self.weights, self._sites(columns))

    def equal(self, columns: Floats) -> float:
        """Return the mean share less half the mean absolute difference."""
        return verify.equal_mean(self.shares(columns))
