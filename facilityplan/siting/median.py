"""The p-median problem: so many sites that the weighted distances add up to the least."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.errors import SolveError
from facilityplan.siting import verify
from facilityplan.siting.arguments import (
    Floats,
    Ints,
    checked_distances,
    checked_n_sites,
    checked_numbers,
    exact_scale,
)
from facilityplan.siting.branch import BranchAndCut
from facilityplan.siting.clock import Deadline, listening
from facilityplan.siting.master import Side
from facilityplan.siting.options import SolveOptions, checked_options
from facilityplan.siting.reduce import sum_by_group
from facilityplan.siting.roles import checked_roles
from facilityplan.siting.served import ServedDistance
from facilityplan.siting.set_cover import minimum_cover
from facilityplan.siting.solution import Solution, Status, infeasible, relative_gap, tie_slack

DRAWN = 20
"""Plans drawn from the relaxation and improved by swaps before the tree is searched."""


def p_median(
    distances: npt.ArrayLike,
    weights: npt.ArrayLike,
    n_sites: int,
    *,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    time_limit_s: float | None = None,
    options: SolveOptions | None = None,
) -> Solution:
    """Return at most so many sites with the least sum of weight x distance (p-median).

    Every demand goes to its nearest site; a demand of weight 0 asks for nothing. Of equally good
    plans the one with the fewest sites is returned, of these the first by candidate index
    (:mod:`facilityplan.siting.ties`). It is solved by Benders decomposition on the radius
    formulation (Duran-Mateluna, Ales and Elloumi, 2023) with an own branch and cut.

    Parameters
    ----------
    distances
        Demands x candidates, one unit throughout (m); infinity means unreachable.
    weights
        Weight of each demand, not negative.
    n_sites
        How many sites at most, mandatory ones included; more than there are candidates is fine.
    mandatory
        Candidates (column positions) that every plan holds.
    existing, forbidden
        Candidates that stand anyway (they serve, do not count and are not listed, but demands may
        be assigned to them), and those that no plan holds.
    time_limit_s
        Seconds after which the best plan so far is returned as ``feasible``.
    options
        Accepted gap, threads, seed, progress.

    Returns
    -------
    Solution
        ``objective`` is weight x distance; ``infeasible`` where a demand has no candidate or all
        cannot be reached with so many sites.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``no_plan_in_time`` where the time ended before any plan was found;
        ``solver_disagrees`` where the recount does not confirm the plan.
    """
    table = checked_distances(distances)
    n_demands, n_candidates = table.shape
    weight = checked_numbers("weights", weights, n_demands)
    limit = checked_n_sites(n_sites)
    roles = checked_roles(n_candidates, mandatory, existing, forbidden)
    if not roles.plain:
        found_open = p_median(
            table[:, roles.open],
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
    asked = np.flatnonzero(weight > 0)
    alone = asked[~np.isfinite(table[asked]).any(axis=1)]
    if alone.size:
        conflict = {
            "demands": float(asked.size),
            "demands_without_candidate": float(alone.size),
            "candidates": float(n_candidates),
        }
        return infeasible(conflict, tuple(alone.tolist()))
    if not asked.size:
        return _answer(table, weight, 1.0, _Found(tuple(kept.tolist()), 0.0, True, True))
    rows, group = np.unique(table[asked], axis=0, return_inverse=True)
    merged = sum_by_group(weight[asked], np.asarray(group).ravel().astype(np.int64), len(rows))
    scale = exact_scale(np.where(np.isfinite(rows), rows, 0.0) * merged[:, None])
    costs = np.where(np.isfinite(rows), rows * (merged * scale)[:, None], np.inf)
    with listening(deadline.reporting(lambda cost: cost / scale)) as clock:
        found = _solve(costs, kept, min(limit, n_candidates), clock)
    if isinstance(found, int):
        return infeasible({"n_sites": float(limit), "sites_needed": float(found)})
    if found is None:
        raise SolveError("no_plan_in_time", seconds=deadline.options.time_limit_s)
    return replace(_answer(table, weight, scale, found), interrupted=deadline.interruption.happened)


@dataclass(frozen=True)
class _Found:
    """Sites with the (scaled) bound, and whether they are proven best and proven first."""

    sites: tuple[int, ...]
    bound: float
    proven: bool
    lowest_index: bool


def _answer(table: Floats, weight: Floats, scale: float, found: _Found) -> Solution:
    nearest, _ = verify.nearest_sites(table, found.sites)
    objective = verify.weighted_distance(table, weight, found.sites)
    if found.proven:
        verify.agree(found.bound, objective * scale)
    return Solution(
        sites=found.sites,
        objective=objective,
        bound=objective if found.proven else found.bound / scale,
        gap=0.0 if found.proven else relative_gap(objective, found.bound / scale),
        status=Status.OPTIMAL if found.proven else Status.FEASIBLE,
        assignment=tuple(nearest.tolist()),
        lowest_index=found.lowest_index,
    )


def _solve(costs: Floats, kept: Ints, room: int, deadline: Deadline) -> _Found | int | None:
    """Return the best sites; or the number of sites that reaching all takes; or None (no time)."""
    problem = ServedDistance(costs, room)
    start = _start(problem, costs, kept, room, deadline)
    if not isinstance(start, np.ndarray):
        return start
    search = BranchAndCut(problem, _side(problem, room), kept, start, deadline)
    ideal = problem.ideal
    good_enough = ideal + tie_slack(ideal, integral=problem.integral)
    if search.value > good_enough and search.relax():
        search.try_harder(DRAWN)
        search.solve()
    if search.value <= good_enough:
        return _fewest(costs, kept, search, room, deadline)
    first = search.first_of_equals() if search.proven else False
    bound = max(search.bound, ideal)
    return _Found(tuple(search.best.tolist()), bound, search.proven, first)


def _start(
    problem: ServedDistance, costs: Floats, kept: Ints, room: int, deadline: Deadline
) -> Ints | int | None:
    """Return a plan that reaches everyone; or how many sites that takes; or None (no time)."""
    guess = problem.greedy(kept)
    if math.isfinite(problem.value(guess)):
        return guess
    matrix = sparse.csr_array(np.isfinite(costs).astype(np.int32))
    cover = minimum_cover(matrix, np.ones(costs.shape[1]), kept, deadline.silent())
    if len(cover.sites) > room:
        return len(cover.sites) if cover.proven else None
    more = problem.greedy(np.array(cover.sites, dtype=np.int64))
    return problem.improved(more, kept, 0)


def _side(problem: ServedDistance, room: int) -> Side:
    """Return the rows on the sites: so many of them, and one within reach of each demand."""
    count = Side.exactly(problem.n_sites, room)
    reach = problem.reach_rows()
    return Side(
        sparse.vstack([count.matrix, reach], format="csr"),
        np.concatenate([count.lower, np.ones(reach.shape[0])]),
        np.concatenate([count.upper, np.full(reach.shape[0], np.inf)]),
    )


def _fewest(
    costs: Floats, kept: Ints, search: BranchAndCut, room: int, deadline: Deadline
) -> _Found:
    """Return the fewest sites that give every row its nearest candidate."""
    nearest = costs <= costs.min(axis=1)[:, None]
    matrix = sparse.csr_array(nearest.astype(np.int32))
    cover = minimum_cover(matrix, np.ones(costs.shape[1]), kept, deadline.silent())
    if len(cover.sites) > room:
        return _Found(tuple(search.best.tolist()), search.value, True, False)
    return _Found(cover.sites, search.value, True, cover.proven and cover.lowest_index)
