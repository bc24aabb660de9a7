"""Covering problems: fewest sites for everyone (LSCP), most people with so many sites (MCLP).

Both start from a sparse matrix, demands x candidates, that says who can serve whom.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from facilityplan.errors import SolveError
from facilityplan.siting import verify
from facilityplan.siting.arguments import (
    Floats,
    Ints,
    checked_cover,
    checked_n_sites,
    checked_numbers,
    exact_scale,
)
from facilityplan.siting.branch import BranchAndCut
from facilityplan.siting.clock import Deadline, listening
from facilityplan.siting.master import Side
from facilityplan.siting.missed import MissedWeight
from facilityplan.siting.options import SolveOptions, checked_options
from facilityplan.siting.reduce import (
    covered_rows,
    dominated_columns,
    merge_rows,
    part_of,
    sizes,
    sum_by_group,
)
from facilityplan.siting.roles import checked_roles
from facilityplan.siting.set_cover import ROUNDING, minimum_cover
from facilityplan.siting.solution import Solution, Status, infeasible, relative_gap

DRAWN = 30
"""Plans drawn from the relaxation and improved by swaps before the tree is searched."""


def lscp(
    cover: Any,
    *,
    costs: npt.ArrayLike | None = None,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    time_limit_s: float | None = None,
    options: SolveOptions | None = None,
) -> Solution:
    """Return the cheapest set of sites that covers every demand (location set covering).

    Of equally cheap plans the one with the fewest sites is returned, of these the one that comes
    first by candidate index (:mod:`facilityplan.siting.ties` says how far that is proven).

    Parameters
    ----------
    cover
        scipy sparse, demands x candidates; a stored entry covers, whatever its number.
    costs
        Cost of each candidate, not negative; ``None`` counts sites.
    mandatory
        Candidates (column positions) that every plan holds; their cost counts.
    existing, forbidden
        Candidates that stand anyway (they cover, cost nothing and are not listed), and those
        that no plan holds.
    time_limit_s
        Seconds after which the best plan so far is returned as ``feasible``.
    options
        Accepted gap, threads, seed, progress.

    Returns
    -------
    Solution
        ``infeasible`` where some demand has no candidate; ``unreachable`` lists them.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``solver_disagrees`` where the recount does not confirm the plan.
    """
    matrix = checked_cover(cover)
    n_demands, n_candidates = matrix.shape
    price = (
        np.ones(n_candidates) if costs is None else checked_numbers("costs", costs, n_candidates)
    )
    roles = checked_roles(n_candidates, mandatory, existing, forbidden)
    if not roles.plain:
        open_price = (price * roles.counted())[roles.open]
        found_open = lscp(
            cover.tocsr()[:, roles.open],
            costs=open_price,
            mandatory=roles.kept_among_open(),
            time_limit_s=time_limit_s,
            options=options,
        )
        return roles.restored(found_open)
    kept = roles.mandatory
    deadline = Deadline.of(checked_options(options, time_limit_s))
    alone = np.flatnonzero(sizes(matrix) < 1)
    if alone.size:
        conflict = {
            "demands": float(n_demands),
            "demands_without_candidate": float(alone.size),
            "candidates": float(n_candidates),
        }
        return infeasible(conflict, tuple(alone.tolist()))
    scale = exact_scale(price)
    with listening(deadline.reporting(lambda cost: cost / scale)) as clock:
        found = minimum_cover(matrix, price * scale, kept, clock)
    if not verify.verify_cover(cover, found.sites):
        recount = int(np.count_nonzero(verify.covered_demands(cover, found.sites)))
        raise SolveError("solver_disagrees", claimed=n_demands, found=recount)
    objective = math.fsum(price[list(found.sites)])
    return Solution(
        sites=found.sites,
        objective=objective,
        bound=objective if found.proven else found.bound / scale,
        gap=0.0 if found.proven else relative_gap(objective, found.bound / scale),
        status=Status.OPTIMAL if found.proven else Status.FEASIBLE,
        lowest_index=found.lowest_index,
        interrupted=deadline.interruption.happened,
    )


def mclp(
    cover: Any,
    weights: npt.ArrayLike,
    n_sites: int,
    *,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    time_limit_s: float | None = None,
    options: SolveOptions | None = None,
) -> Solution:
    """Return at most so many sites that cover the most weight (maximal covering location).

    Of plans that cover equally much the one with the fewest sites is returned, of these the one
    that comes first by candidate index (:mod:`facilityplan.siting.ties`).

    Parameters
    ----------
    cover
        scipy sparse, demands x candidates; a stored entry covers, whatever its number.
    weights
        Weight of each demand (persons, elders), not negative.
    n_sites
        How many sites at most, mandatory ones included; more than there are candidates is fine.
    mandatory
        Candidates (column positions) that every plan holds.
    existing, forbidden
        Candidates that stand anyway (they cover, do not count and are not listed), and those that
        no plan holds.
    time_limit_s
        Seconds after which the best plan so far is returned as ``feasible``.
    options
        Accepted gap, threads, seed, progress.

    Returns
    -------
    Solution
        ``objective`` is the covered weight; ``infeasible`` only where the mandatory sites are
        more than ``n_sites``.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``solver_disagrees`` where the recount does not confirm the plan.
    """
    matrix = checked_cover(cover)
    n_demands, n_candidates = matrix.shape
    weight = checked_numbers("weights", weights, n_demands)
    limit = checked_n_sites(n_sites)
    roles = checked_roles(n_candidates, mandatory, existing, forbidden)
    if not roles.plain:
        found_open = mclp(
            cover.tocsr()[:, roles.open],
            weight,
            limit + roles.existing.size,
            mandatory=roles.kept_among_open(),
            time_limit_s=time_limit_s,
            options=options,
        )
        return roles.restored(found_open)
    kept = roles.mandatory
    deadline = Deadline.of(checked_options(options, time_limit_s))
    if kept.size > limit:
        return infeasible({"n_sites": float(limit), "mandatory_sites": float(kept.size)})
    scale = exact_scale(weight)
    total = math.fsum(weight)
    with listening(deadline.reporting(lambda missed: total - missed / scale)) as clock:
        found = _most_weight(matrix, weight * scale, limit, kept, clock)
    objective = verify.covered_weight(cover, weight, found.sites)
    verify.agree(found.value, objective * scale)
    bound = objective if found.proven else found.bound / scale
    return Solution(
        sites=found.sites,
        objective=objective,
        bound=bound,
        gap=0.0 if found.proven else relative_gap(objective, bound),
        status=Status.OPTIMAL if found.proven else Status.FEASIBLE,
        lowest_index=found.lowest_index,
        interrupted=deadline.interruption.happened,
    )


@dataclass(frozen=True)
class _Found:
    """Columns with their weight (missed, or covered), its bound, and whether proven best and proven first."""

    sites: tuple[int, ...]
    value: float
    bound: float
    proven: bool
    lowest_index: bool


def _least_missed(problem: MissedWeight, room: int, deadline: Deadline) -> _Found:
    """Return the sites that miss the least weight; ties as the rule says, if not all is covered."""
    best = problem.start()
    value = problem.value(best)
    if problem.covers_all(best):
        return _Found(tuple(best.tolist()), value, value, True, False)
    nothing = np.empty(0, dtype=np.int64)
    side = Side.exactly(problem.n_sites, room)
    search = BranchAndCut(problem, side, nothing, best, deadline)
    if search.relax():
        search.try_harder(DRAWN)
        search.solve()
    first = False
    if search.proven and not problem.covers_all(search.best):
        first = search.first_of_equals()
    return _Found(tuple(search.best.tolist()), search.value, search.bound, search.proven, first)


def _most_weight(matrix: Any, weight: Floats, limit: int, kept: Ints, deadline: Deadline) -> _Found:
    """Solve what the mandatory sites leave; where all can be covered, cover them with the fewest."""
    asked = np.flatnonzero((sizes(matrix) > 0) & (weight > 0))
    missed = asked[~covered_rows(matrix, kept)[asked]] if kept.size else asked
    others = np.setdiff1d(np.arange(matrix.shape[1]), kept)
    left = matrix if missed.size == matrix.shape[0] else matrix[missed]
    merged, group = merge_rows(left)
    merged = part_of(merged, None, others) if kept.size else merged
    keep = np.flatnonzero(~dominated_columns(merged, np.zeros(others.size), keep_ties=True))
    part, again = merge_rows(part_of(merged, None, keep))
    group = again[group]
    room = min(limit - kept.size, keep.size)
    problem = MissedWeight(part, sum_by_group(weight[missed], group, part.shape[0]), room)
    beyond = math.fsum(weight) - math.fsum(weight[asked])
    clock = deadline.reporting(lambda missed: deadline.to_user(beyond + missed))
    least = _least_missed(problem, room, clock)
    asked_for = math.fsum(weight[asked])
    bound = max(0.0, math.ceil(least.bound - ROUNDING) if problem.integral else least.bound)
    found = replace(least, value=asked_for - least.value, bound=asked_for - bound)
    sites = tuple(sorted([*kept.tolist(), *others[keep[list(found.sites)]].tolist()]))
    if not problem.covers_all(np.array(found.sites, dtype=np.int64)):
        return replace(found, sites=sites)
    whole = part_of(matrix, asked, None)
    fewest = minimum_cover(whole, np.ones(matrix.shape[1]), kept, deadline.silent())
    if len(fewest.sites) > limit:
        return replace(found, sites=sites, lowest_index=False)
    first = fewest.proven and fewest.lowest_index
    return replace(found, sites=fewest.sites, lowest_index=first)
