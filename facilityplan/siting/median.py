"""The p-median problem: so many sites that the weighted distances add up to the least."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.errors import SolveError
from facilityplan.siting import highs, verify
from facilityplan.siting.arguments import (
    Floats,
    Ints,
    checked_distances,
    checked_mandatory,
    checked_n_sites,
    checked_numbers,
    checked_time_limit,
    exact_scale,
    is_integral,
)
from facilityplan.siting.reduce import sum_by_group
from facilityplan.siting.set_cover import minimum_cover
from facilityplan.siting.solution import (
    Deadline,
    Solution,
    Status,
    infeasible,
    relative_gap,
    tie_slack,
)
from facilityplan.siting.start import greedy_median
from facilityplan.siting.ties import first_of_equals


def p_median(
    distances: npt.ArrayLike,
    weights: npt.ArrayLike,
    n_sites: int,
    *,
    mandatory: Iterable[int] = (),
    time_limit_s: float | None = None,
) -> Solution:
    """Return at most so many sites with the least sum of weight x distance (p-median).

    Every demand goes to its nearest site; a demand of weight 0 asks for nothing. Of equally good
    plans the one with the fewest sites is returned, of these the first by candidate index
    (:mod:`facilityplan.siting.ties`). The model has one row per demand and distinct distance, so
    a thousand demands by a thousand candidates is about its practical end.

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
    time_limit_s
        Seconds after which the best plan so far is returned as ``feasible``.

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
    kept = checked_mandatory(mandatory, n_candidates)
    deadline = Deadline.after(checked_time_limit(time_limit_s))
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
    problem = _Median(rows, merged * scale, kept)
    room = min(limit, n_candidates)
    start = problem.start(room, deadline)
    if isinstance(start, int):
        return infeasible({"n_sites": float(limit), "sites_needed": float(start)})
    if start is None:
        raise SolveError("no_plan_in_time", seconds=time_limit_s)
    return _answer(table, weight, scale, problem.solve(start, room, deadline))


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


class _Median:
    """The p-median problem on distinct rows.

    Parameters
    ----------
    distances
        Rows x candidates; every row has a finite entry.
    weights
        One per row, above 0.
    kept
        Mandatory candidates.
    """

    def __init__(self, distances: Floats, weights: Floats, kept: Ints) -> None:
        self._distances = distances
        self._weights = weights
        self._kept = kept
        finite = np.where(np.isfinite(distances), distances, 0.0)
        costs = finite * weights[:, None]
        self._integral = is_integral(costs.ravel(), costs.max(axis=1, initial=0.0))
        self._costs = np.where(np.isfinite(distances), costs, np.inf)

    def value(self, chosen: Iterable[int]) -> float:
        """Return weight x distance to the nearest of these candidates."""
        return math.fsum(self._costs[:, sorted(chosen)].min(axis=1, initial=np.inf))

    def _nearest_only(self) -> sparse.csr_array:
        """Return who is nobody's second best: each row's nearest candidates."""
        nearest = self._distances.min(axis=1)
        return sparse.csr_array((self._distances <= nearest[:, None]).astype(np.int32))

    def start(self, n_sites: int, deadline: Deadline) -> frozenset[int] | int | None:
        """Return a plan; or the number of sites that reaching all takes; or None (no time)."""
        reachable = np.isfinite(self._costs)
        fine = self._costs[reachable]
        beyond = 2.0 * float(fine.max(initial=0.0)) * self._costs.shape[0] + 1.0
        guess = greedy_median(np.where(reachable, self._costs, beyond), n_sites, self._kept)
        if math.isfinite(self.value(guess.tolist())):
            return frozenset(guess.tolist())
        matrix = sparse.csr_array(reachable.astype(np.int32))
        cover = minimum_cover(matrix, np.ones(reachable.shape[1]), self._kept, deadline)
        if len(cover.sites) > n_sites:
            return len(cover.sites) if cover.proven else None
        more = greedy_median(
            np.where(reachable, self._costs, beyond), n_sites, np.array(cover.sites, dtype=np.int64)
        )
        return frozenset(more.tolist())

    def solve(self, best: frozenset[int], n_sites: int, deadline: Deadline) -> _Found:
        """Return the best plan, starting from a valid one."""
        ideal = math.fsum(self._costs.min(axis=1))
        value = self.value(best)
        if value <= ideal + tie_slack(ideal, integral=self._integral):
            return self._fewest(best, n_sites, value, deadline)
        model, offset = self._model(n_sites)
        slack = tie_slack(value, integral=self._integral)
        relaxation = highs.run_with_plan(model, deadline, relaxed=True)
        bound = max(ideal, relaxation.bound + offset)
        narrow = highs.narrowed(model, relaxation, value - offset, slack)
        found = highs.run_with_plan(narrow, deadline, start=self._point(model, best))
        chosen = found.chosen(model.n_sites)
        if found.columns is not None and self.value(chosen) < value:
            best, value = chosen, self.value(chosen)
        if found.ended is not highs.Ended.OPTIMAL:
            bound = min(value, max(bound, found.bound + offset))
            return _Found(tuple(sorted(best)), bound, bound >= value, False)
        verify.agree(found.bound + offset, value, within=verify.SOLVER_AGREEMENT)
        if value <= ideal + tie_slack(ideal, integral=self._integral):
            return self._fewest(best, n_sites, value, deadline)
        narrow = highs.narrowed(model, relaxation, value - offset, slack)
        tied = highs.with_rows(
            narrow, model.cost[None, :], np.array([-np.inf]), np.array([value - offset + slack])
        )

        def is_tied(sites: frozenset[int]) -> bool:
            return self.value(sites) <= value + slack

        settled = first_of_equals(tied, self._point(model, best), is_tied, deadline)
        return _Found(tuple(sorted(settled.sites)), value, True, settled.proven)

    def _fewest(
        self, best: frozenset[int], n_sites: int, value: float, deadline: Deadline
    ) -> _Found:
        """Return the fewest sites that give every row its nearest candidate."""
        matrix = self._nearest_only()
        cover = minimum_cover(matrix, np.ones(matrix.shape[1]), self._kept, deadline)
        if len(cover.sites) > n_sites:
            return _Found(tuple(sorted(best)), value, True, False)
        return _Found(cover.sites, value, True, cover.proven and cover.lowest_index)

    def _levels(self, n_sites: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Return row, candidate and level of each pair in use, and the levels of each row.

        A row's candidates are sorted by distance; equal distances share a level. With all of
        ``n_sites`` open a row never goes beyond its ``n - n_sites + 1``-th candidate.
        """
        order = np.argsort(self._distances, axis=1, kind="stable")
        ordered = np.take_along_axis(self._distances, order, axis=1)
        cap = ordered[:, self._distances.shape[1] - n_sites]
        used = (ordered <= cap[:, None]) & np.isfinite(ordered)
        step = np.zeros(ordered.shape, dtype=np.int64)
        step[:, 1:] = ordered[:, 1:] > ordered[:, :-1]
        level = np.cumsum(step, axis=1)
        row = np.nonzero(used)[0].astype(np.int64)
        return row, order[used].astype(np.int64), level[used], np.where(used, level, 0).max(1) + 1

    def _model(self, n_sites: int) -> tuple[highs.Model, float]:
        """Return the model and the constant to add to its objective.

        For each row and level a continuous column says "no open site up to this distance"; it
        costs the step to the next distance. It may fall from one level to the next only by the
        open sites at that distance.
        """
        row, candidate, level, n_levels = self._levels(n_sites)
        n_candidates = self._costs.shape[1]
        first = np.concatenate([[0], np.cumsum(n_levels)[:-1]])
        line = first[row] + level
        total = int(n_levels.sum())
        price = np.zeros(total)
        price[line] = self._costs[row, candidate]
        last = np.zeros(total, dtype=bool)
        last[first + n_levels - 1] = True
        waits = np.flatnonzero(~last)
        column = np.full(total, -1, dtype=np.int64)
        column[waits] = n_candidates + np.arange(waits.size)
        entries = (
            np.concatenate([np.ones(line.size), np.ones(waits.size), -np.ones(waits.size)]),
            (
                np.concatenate([line, waits, waits + 1]),
                np.concatenate([candidate, column[waits], column[waits]]),
            ),
        )
        n_columns = n_candidates + waits.size
        count = np.concatenate([np.ones(n_candidates), np.zeros(waits.size)])
        lower = np.zeros(n_columns)
        lower[self._kept] = 1.0
        starts = np.zeros(total)
        starts[first] = 1.0
        model = highs.Model(
            cost=np.concatenate([np.zeros(n_candidates), price[waits + 1] - price[waits]]),
            lower=lower,
            upper=np.ones(n_columns),
            n_sites=n_candidates,
            matrix=sparse.vstack(
                [
                    sparse.csr_array(entries, shape=(total, n_columns)),
                    sparse.csr_array(count[None, :]),
                ],
                format="csr",
            ),
            row_lower=np.concatenate([starts, [float(n_sites)]]),
            row_upper=np.concatenate([np.full(total, np.inf), [float(n_sites)]]),
            integral=self._integral,
        )
        return model, math.fsum(price[first])

    def _point(self, model: highs.Model, chosen: Iterable[int]) -> Floats:
        """Return the model's columns for a plan: a level waits until a site is open."""
        sites = np.zeros(model.n_sites)
        sites[sorted(chosen)] = 1.0
        n_waits = model.cost.size - model.n_sites
        lines = model.matrix[:-1]
        opened = np.asarray(lines[:, : model.n_sites] @ sites).ravel() > 0.5
        waits = np.zeros(n_waits)
        column = 0
        for line in range(lines.shape[0]):
            is_last = line + 1 == lines.shape[0] or model.row_lower[line + 1] > 0.5
            fresh = model.row_lower[line] > 0.5
            before = 1.0 if fresh else waits[column - 1]
            if not is_last:
                waits[column] = 0.0 if opened[line] else before
                column += 1
        return np.concatenate([sites, waits])
