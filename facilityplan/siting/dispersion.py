"""The p-dispersion problem: so many sites as far from one another as can be."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.errors import SolveError, UsageError
from facilityplan.siting import highs, verify
from facilityplan.siting.arguments import Floats, Ints, checked_distances, checked_n_sites
from facilityplan.siting.clock import Deadline, listening
from facilityplan.siting.exact import Exact
from facilityplan.siting.options import SolveOptions, checked_options
from facilityplan.siting.roles import Roles, checked_roles
from facilityplan.siting.solution import Solution, Status, infeasible, relative_gap
from facilityplan.siting.ties import first_of_equals


def p_dispersion(
    distances: npt.ArrayLike,
    n_sites: int,
    *,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    options: SolveOptions | None = None,
) -> Solution:
    """Return exactly so many sites whose smallest distance from one another is largest.

    The p-dispersion problem (Kuby, 1987), by bisection over the distances that occur (Sayah and
    Irnich, 2017): may so many sites be chosen with no two nearer than this?

    Parameters
    ----------
    distances
        Candidates x candidates, one unit throughout (m), symmetric; the diagonal is not read;
        infinity means that there is no way.
    n_sites
        How many sites, mandatory ones included, existing ones not.
    mandatory, existing, forbidden
        Candidates that every plan holds, that stand anyway (distances to them count), that no
        plan holds.
    options
        Time limit, gap, threads, seed, progress.

    Returns
    -------
    Solution
        ``objective`` is the smallest distance, infinity for a single site; ``infeasible`` where
        there are not so many candidates.

    Raises
    ------
    UsageError
        If an argument is off, or the table is not square or not symmetric.
    SolveError
        ``solver_disagrees`` where the recount does not confirm the plan.
    """
    table = _checked_square(distances)
    limit = checked_n_sites(n_sites)
    roles = checked_roles(table.shape[0], mandatory, existing, forbidden)
    deadline = Deadline.of(checked_options(options, None))
    available = table.shape[0] - roles.forbidden.size - roles.existing.size
    if available < limit:
        return infeasible({"n_sites": float(limit), "candidates": float(available)})
    if roles.mandatory.size > limit:
        return infeasible({"n_sites": float(limit), "mandatory_sites": float(roles.mandatory.size)})
    with listening(deadline):
        return _bisected(table, limit + roles.existing.size, roles, deadline)


def _checked_square(distances: npt.ArrayLike) -> Floats:
    table = np.array(distances, dtype=np.float64)
    if table.ndim == 2 and table.shape[0] == table.shape[1]:
        np.fill_diagonal(table, 0.0)
    table = checked_distances(table)
    if table.shape[0] != table.shape[1] or (table != table.T).any():
        raise UsageError("siting_distances_square", given=str(table.shape))
    return table


def _greedy(table: Floats, size: int, roles: Roles) -> Ints:
    """Return sites, each next one the farthest from those before, lowest of equals first."""
    chosen = roles.kept.tolist()
    barred = np.zeros(table.shape[0], dtype=bool)
    barred[roles.forbidden] = True
    if not chosen:
        pair = np.where(barred[:, None] | barred[None, :], -1.0, table)
        np.fill_diagonal(pair, -1.0)
        chosen = [int(np.argmax(np.where(barred, -2.0, pair.max(axis=1))))]
    while len(chosen) < size:
        nearest = table[:, chosen].min(axis=1)
        nearest[chosen] = -1.0
        nearest[barred] = -1.0
        chosen.append(int(np.argmax(nearest)))
    return np.array(sorted(chosen), dtype=np.int64)


def _cliques(near: npt.NDArray[np.bool_]) -> list[tuple[int, ...]]:
    """Return sets of candidates all too near to one another that hold every such pair."""
    todo = np.triu(near)
    cliques = []
    for one in range(near.shape[0]):
        while todo[one].any():
            clique = _clique(near, one, int(np.argmax(todo[one])))
            todo[np.ix_(clique, clique)] = False
            cliques.append(clique)
    return sorted(set(cliques))


def _model(table: Floats, apart: float, size: int, roles: Roles) -> highs.Model:
    """Return the model of sites no two of which are nearer than ``apart``; most of them win.

    Each row takes a candidate and those too near to it and to each other: a clique, of which one
    may be chosen.
    """
    near = table < apart
    np.fill_diagonal(near, False)
    # Those that no plan holds need no row to keep them apart from others.
    near[roles.forbidden, :] = False
    near[:, roles.forbidden] = False
    distinct = _cliques(near)
    columns = np.array([site for clique in distinct for site in clique], dtype=np.int64)
    lengths = [len(clique) for clique in distinct]
    rows = np.repeat(np.arange(len(distinct)), lengths)
    matrix = sparse.csr_array(
        (np.ones(columns.size), (rows, columns)), shape=(len(distinct), table.shape[0])
    )
    lower, upper = roles.bounds()
    whole = highs.Model(
        cost=-np.ones(table.shape[0]),
        lower=lower,
        upper=upper,
        n_sites=table.shape[0],
        matrix=matrix,
        row_lower=np.full(len(distinct), -np.inf),
        row_upper=np.ones(len(distinct)),
        integral=True,
    )
    return highs.with_rows(
        whole, np.ones((1, table.shape[0])), np.array([-np.inf]), np.array([float(size)])
    )


def p_dispersion_exact(
    distances: npt.ArrayLike,
    n_sites: int,
    *,
    apart: float,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    **_: Any,
) -> Exact:
    """Return the model of all sets of so many sites that keep a distance from one another."""
    table = _checked_square(distances)
    roles = checked_roles(table.shape[0], mandatory, existing, forbidden)
    size = checked_n_sites(n_sites) + roles.existing.size
    level = apart if size > 1 else 0.0

    def recount(columns: Floats) -> float:
        sites = np.flatnonzero(columns[: table.shape[0]] > 0.5).tolist()
        if verify.least_distance(table, sites) < level:
            raise SolveError("solver_disagrees", claimed=level, found=str(sites))
        return float(len(sites))

    model = _model(table, level, size, roles)
    return Exact(model, -1.0, recount, tuple(roles.existing.tolist()))


def _clique(near: npt.NDArray[np.bool_], one: int, other: int) -> tuple[int, ...]:
    """Return a pair of neighbours grown by whatever is near to all, lowest first."""
    clique = [one, other]
    common = near[one] & near[other]
    while common.any():
        site = int(np.argmax(common))
        clique.append(site)
        common &= near[site]
    return tuple(sorted(clique))


def _bisected(table: Floats, size: int, roles: Roles, deadline: Deadline) -> Solution:
    best = _greedy(table, size, roles)
    reached = verify.least_distance(table, best.tolist())
    pairs = np.unique(table[np.triu_indices(table.shape[0], 1)])
    levels = pairs[pairs > reached] if size > 1 else pairs[:0]
    low, high = 0, levels.size - 1
    decided = True
    while low <= high:
        if deadline.passed():
            decided = False
            break
        probe = (low + high) // 2
        model = _model(table, float(levels[probe]), size, roles)
        found = highs.run(model, deadline.silent())
        chosen = np.array(sorted(found.chosen(model.n_sites)), dtype=np.int64)
        if chosen.size == size:
            best, low = chosen, probe + 1
            reached = verify.least_distance(table, best.tolist())
        elif found.ended is highs.Ended.STOPPED:
            decided = False
            break
        else:
            high = probe - 1
        deadline.report(reached, float(levels[high]) if high >= 0 else reached)
    bound = reached if decided else float(levels[high])
    settled = _first(table, reached, best, roles, deadline) if decided else None
    best = best if settled is None else settled
    objective = verify.least_distance(table, best.tolist())
    if objective < reached:
        raise SolveError("solver_disagrees", claimed=reached, found=objective)
    proven = bound <= objective
    return Solution(
        sites=roles.chosen(best.tolist()),
        objective=objective,
        bound=objective if proven else bound,
        gap=0.0 if proven else relative_gap(objective, bound),
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        lowest_index=settled is not None,
        interrupted=deadline.interruption.happened,
    )


def _first(
    table: Floats, reached: float, best: Ints, roles: Roles, deadline: Deadline
) -> Ints | None:
    """Return the first of the plans as good, or ``None`` where that was not settled."""
    apart = reached if math.isfinite(reached) else 0.0
    size = np.array([float(best.size)])
    model = _model(table, apart, best.size, roles)
    tied = highs.with_rows(model, np.ones((1, model.n_sites)), size, size)
    start = np.zeros(model.n_sites)
    start[best] = 1.0

    def is_tied(sites: frozenset[int]) -> bool:
        return len(sites) == best.size and (verify.least_distance(table, sorted(sites)) >= reached)

    settled = first_of_equals(tied, start, is_tied, deadline.silent())
    return np.array(sorted(settled.sites), dtype=np.int64) if settled.proven else None
