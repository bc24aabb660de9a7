"""The p-center problem: so many sites that the farthest demand is as near as can be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

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
)
from facilityplan.siting.clock import Deadline, listening
from facilityplan.siting.options import SolveOptions, checked_options
from facilityplan.siting.reduce import part_of
from facilityplan.siting.roles import checked_roles
from facilityplan.siting.set_cover import Cover, cheapest_cover, minimum_cover
from facilityplan.siting.solution import Solution, Status, infeasible, relative_gap


def p_center(
    distances: npt.ArrayLike,
    n_sites: int,
    *,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    time_limit_s: float | None = None,
    options: SolveOptions | None = None,
) -> Solution:
    """Return at most so many sites with the smallest largest distance (p-center).

    The distances that occur are searched by bisection; each step asks for a set of sites that
    covers every demand within that distance. Of equally good plans the one with the fewest sites
    is returned, of these the first by candidate index (:mod:`facilityplan.siting.ties`).

    Parameters
    ----------
    distances
        Demands x candidates, one unit throughout (m); infinity means unreachable.
    n_sites
        How many sites at most, mandatory ones included.
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
        ``objective`` is the largest distance, in the unit of ``distances``; ``infeasible`` where
        a demand has no candidate or all cannot be reached with so many sites.

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
    limit = checked_n_sites(n_sites)
    roles = checked_roles(n_candidates, mandatory, existing, forbidden)
    if not roles.plain:
        found_open = p_center(
            table[:, roles.open],
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
    alone = np.flatnonzero(~np.isfinite(table).any(axis=1))
    if alone.size:
        conflict = {
            "demands": float(n_demands),
            "demands_without_candidate": float(alone.size),
            "candidates": float(n_candidates),
        }
        return infeasible(conflict, tuple(alone.tolist()))
    if not n_demands:
        return _answer(table, _Search(0.0, 0.0, Cover(tuple(kept.tolist()), 0.0, True, True)))
    with listening(deadline):
        return _searched(table, limit, kept, deadline)


def _searched(table: Floats, limit: int, kept: Ints, deadline: Deadline) -> Solution:
    search = _bisect(table, limit, kept, deadline)
    if search is None:
        widest = cheapest_cover(*_left(np.isfinite(table), kept), deadline.silent())
        if not widest.proven:
            raise SolveError("no_plan_in_time", seconds=deadline.options.time_limit_s)
        needed = float(len(widest.sites) + kept.size)
        return infeasible({"n_sites": float(limit), "sites_needed": needed})
    return replace(_answer(table, search), interrupted=deadline.interruption.happened)


class _Search:
    """Where the bisection ended.

    Parameters
    ----------
    radius
        Smallest distance known to suffice.
    bound
        No plan does with less.
    cover
        A cover within ``radius``.
    """

    def __init__(self, radius: float, bound: float, cover: Cover) -> None:
        self.radius = radius
        self.bound = bound
        self.cover = cover


def _left(within: npt.NDArray[np.bool_], kept: Ints) -> tuple[sparse.csr_array, Floats]:
    """Return the cover matrix of the demands that mandatory sites leave, and unit costs."""
    open_rows = np.flatnonzero(~within[:, kept].any(axis=1))
    matrix = sparse.csr_array(within.astype(np.int32))
    others = np.setdiff1d(np.arange(within.shape[1]), kept)
    return part_of(matrix, open_rows, others), np.ones(others.size)


def _bisect(table: Floats, limit: int, kept: Ints, deadline: Deadline) -> _Search | None:
    """Return the smallest distance that suffices; ``None`` where none is known to."""
    rows = np.unique(table, axis=0)
    nearest = rows.min(axis=1).max()
    radii = np.unique(rows[np.isfinite(rows) & (rows >= nearest)])
    low, high = 0, radii.size - 1
    known: tuple[int, Cover] | None = None
    decided = True
    probe = high
    while low <= high:
        matrix, costs = _left(rows <= radii[probe], kept)
        empty = not (np.diff(matrix.indptr) > 0).all()
        enough = float(limit - kept.size)
        cover = None if empty else cheapest_cover(matrix, costs, deadline.silent(), enough=enough)
        if cover is not None and len(cover.sites) <= enough:
            known, high = (probe, cover), probe - 1
            deadline.report(float(radii[probe]), float(radii[low]))
            if deadline.close_enough(float(radii[probe]), float(radii[low])):
                decided = low > high
                break
        elif cover is None or cover.bound > enough:
            low = probe + 1
        else:
            decided = False
            break
        probe = (low + high) // 2
    if known is None:
        return None
    radius = float(radii[known[0]])
    bound = radius if decided else float(radii[low])
    others = np.setdiff1d(np.arange(table.shape[1]), kept)
    sites = tuple(sorted([*kept.tolist(), *others[list(known[1].sites)].tolist()]))
    best = Cover(sites, 0.0, False, False)
    if not deadline.passed():
        within = sparse.csr_array((rows <= radius).astype(np.int32))
        fewest = minimum_cover(within, np.ones(table.shape[1]), kept, deadline.silent())
        best = fewest if len(fewest.sites) <= limit else best
    return _Search(radius, bound, best)


def _answer(table: Floats, search: _Search) -> Solution:
    nearest, distance = verify.nearest_sites(table, search.cover.sites)
    objective = float(distance.max(initial=0.0))
    if objective > search.radius:
        raise SolveError("solver_disagrees", claimed=search.radius, found=objective)
    proven = search.bound >= objective
    return Solution(
        sites=search.cover.sites,
        objective=objective,
        bound=objective if proven else search.bound,
        gap=0.0 if proven else relative_gap(objective, search.bound),
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        assignment=tuple(nearest.tolist()),
        lowest_index=proven and search.cover.proven and search.cover.lowest_index,
    )
