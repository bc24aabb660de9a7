"""Nested stages: so many sites by the first year, more by the next, the first ones among them."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.errors import SolveError, UsageError
from facilityplan.siting import highs, verify
from facilityplan.siting.arguments import (
    Floats,
    checked_cover,
    checked_n_sites,
    checked_numbers,
    exact_scale,
    is_integral,
)
from facilityplan.siting.clock import Deadline, listening
from facilityplan.siting.exact import Exact, Plan, rows_joined, solve_exact
from facilityplan.siting.fallback import Room, greedy_sites
from facilityplan.siting.options import SolveOptions, checked_options
from facilityplan.siting.reduce import merge_rows, sizes
from facilityplan.siting.roles import Roles, checked_roles
from facilityplan.siting.solution import Solution, Status, infeasible, relative_gap


@dataclass(frozen=True)
class Staged:
    """The answer to a problem in stages.

    Parameters
    ----------
    solution
        Value over all stages, bound, gap, status; its sites are those of the last stage.
    stages
        Sites of each stage, ascending; each holds the one before.
    covered
        Weight that each stage covers.
    """

    solution: Solution
    stages: tuple[tuple[int, ...], ...]
    covered: tuple[float, ...]


def staged_coverage(  # noqa: PLR0913 - roles, stages and time are each a list of their own
    cover: Any,
    weights: npt.ArrayLike,
    n_sites: Sequence[int],
    *,
    importance: npt.ArrayLike | None = None,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    available_from: npt.ArrayLike | None = None,
    options: SolveOptions | None = None,
) -> Staged:
    """Return nested sets of sites with the most weight covered over all stages together.

    Maximal covering over several periods without closing (Schilling, 1980; Gunawardane, 1982):
    one model holds all stages, so that the first sites are right for the last stage too.

    Parameters
    ----------
    cover
        scipy sparse, demands x candidates; a stored entry covers.
    weights
        Weight of each demand, not negative: one for all stages, or stages x demands.
    n_sites
        How many sites at most by each stage, never falling.
    importance
        What a weight covered counts in each stage (years that it lasts); ``None``: 1 each.
    mandatory, existing, forbidden
        Candidates that every plan holds by the last stage, that stand anyway, that no plan holds.
    available_from
        First stage (from 0) at which each candidate may open; ``None``: all from the first. One
        that is free only after the last stage is in no plan.
    options
        Time limit, gap, threads, seed, progress.

    Returns
    -------
    Staged
        ``objective`` is importance x covered weight, summed over stages.

    Raises
    ------
    UsageError
        If an argument is off.
    SolveError
        ``no_plan_in_time``; ``solver_disagrees`` where the recount does not confirm the plan.
    """
    matrix = checked_cover(cover)
    counts = _checked_stages(n_sites)
    roles = checked_roles(matrix.shape[1], mandatory, existing, forbidden)
    deadline = Deadline.of(checked_options(options, None))
    if roles.mandatory.size > counts[-1]:
        conflict = {"n_sites": float(counts[-1]), "mandatory_sites": float(roles.mandatory.size)}
        return Staged(infeasible(conflict), (), ())
    late = _checked_from(available_from, matrix.shape[1])[roles.mandatory]
    if (late >= len(counts)).any():
        conflict = {"stages": float(len(counts)), "mandatory_site_from_stage": float(late.max())}
        return Staged(infeasible(conflict), (), ())
    problem = staged_coverage_exact(
        cover,
        weights,
        n_sites,
        importance=importance,
        mandatory=roles.mandatory.tolist(),
        existing=roles.existing.tolist(),
        forbidden=roles.forbidden.tolist(),
        available_from=available_from,
    )
    with listening(deadline):
        plan = solve_exact(problem, deadline)
    if not isinstance(plan, Plan):
        raise SolveError("no_plan_in_time", seconds=deadline.options.time_limit_s)
    table, _ = _checked_weights(weights, importance, len(counts), matrix.shape[0])
    sets = _stage_sites(plan.columns, len(counts), matrix.shape[1])
    return Staged(
        Solution(
            sites=roles.chosen(sets[-1]),
            objective=plan.objective,
            bound=plan.bound,
            gap=0.0 if plan.proven else relative_gap(plan.objective, plan.bound),
            status=Status.OPTIMAL if plan.proven else Status.FEASIBLE,
            lowest_index=plan.lowest_index,
            interrupted=deadline.interruption.happened,
        ),
        tuple(roles.chosen(sites) for sites in sets),
        tuple(
            verify.covered_weight(cover, weight, sites)
            for weight, sites in zip(table, sets, strict=True)
        ),
    )


def _checked_stages(n_sites: Sequence[int]) -> list[int]:
    counts = [checked_n_sites(number) for number in n_sites]
    if not counts or any(later < before for before, later in itertools.pairwise(counts)):
        raise UsageError("siting_stages", given=", ".join(str(number) for number in counts))
    return counts


def _checked_weights(
    weights: npt.ArrayLike, importance: npt.ArrayLike | None, n_stages: int, n_demands: int
) -> tuple[Floats, Floats]:
    given = np.asarray(weights, dtype=np.float64)
    if given.ndim == 2 and given.shape[0] == n_stages:
        table = np.array([checked_numbers("weights", row, n_demands) for row in given])
    else:
        table = np.tile(checked_numbers("weights", given, n_demands), (n_stages, 1))
    counts = np.ones(n_stages) if importance is None else importance
    return table, checked_numbers("importance", counts, n_stages)


def _checked_from(available_from: npt.ArrayLike | None, n_candidates: int) -> Floats:
    """Return the first stage of each candidate."""
    given = np.zeros(n_candidates) if available_from is None else available_from
    first = checked_numbers("available_from", given, n_candidates)
    if (first != np.rint(first)).any():
        raise UsageError("siting_not_whole", name="available_from")
    return first


def _stage_sites(columns: Floats, n_stages: int, n_candidates: int) -> list[list[int]]:
    table = columns[: n_stages * n_candidates].reshape(n_stages, n_candidates)
    return [np.flatnonzero(row > 0.5).tolist() for row in table]


def staged_coverage_exact(
    cover: Any,
    weights: npt.ArrayLike,
    n_sites: Sequence[int],
    *,
    importance: npt.ArrayLike | None = None,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    available_from: npt.ArrayLike | None = None,
    **_: Any,
) -> Exact:
    """Return the model of :func:`staged_coverage`; its sites are candidates by stage."""
    matrix = checked_cover(cover)
    counts = _checked_stages(n_sites)
    n_candidates = matrix.shape[1]
    table, worth = _checked_weights(weights, importance, len(counts), matrix.shape[0])
    roles = checked_roles(n_candidates, mandatory, existing, forbidden)
    asked = np.flatnonzero((sizes(matrix) > 0) & (table > 0).any(axis=0))
    merged, group = merge_rows(matrix[asked])
    value = np.zeros((len(counts), merged.shape[0]))
    for stage, weight in enumerate(table):
        np.add.at(value[stage], group, worth[stage] * weight[asked])
    scale = exact_scale(value)
    first = _checked_from(available_from, n_candidates)
    first[roles.existing] = 0.0
    model = _staged_model(merged, value * scale, counts, roles, first)

    def recount(columns: Floats) -> float:
        sets = _stage_sites(columns, len(counts), n_candidates)
        for sites, number in zip(sets, counts, strict=True):
            if len(roles.chosen(sites)) > number:
                raise SolveError("solver_disagrees", claimed=number, found=len(sites))
        early = [site for k, sites in enumerate(sets) for site in sites if first[site] > k]
        if early:
            raise SolveError("solver_disagrees", claimed="available", found=str(early))
        if any(not set(before) <= set(later) for before, later in itertools.pairwise(sets)):
            raise SolveError("solver_disagrees", claimed="nested", found="not nested")
        return math.fsum(
            worth[stage] * verify.covered_weight(cover, table[stage], sites)
            for stage, sites in enumerate(sets)
        )

    free = [
        stage * n_candidates + site
        for stage in range(len(counts))
        for site in roles.existing.tolist()
    ]

    def fallback() -> Floats:
        return _greedy_stages(merged, value, counts, roles, first)

    return Exact(model, -scale, recount, tuple(free), fallback)


def _newly(value: Floats, times: Floats) -> Floats:
    return np.where(times < 1, value, 0.0)


def _greedy_stages(
    matrix: Any, value: Floats, counts: Sequence[int], roles: Roles, first: Floats
) -> Floats:
    """Return the columns of a plan made stage by stage; mandatory sites come in the last one."""
    n_candidates = matrix.shape[1]
    turned = matrix.T.tocsr()
    stand: list[int] = roles.existing.tolist()
    chosen: list[int] = []
    table = np.zeros((len(counts), n_candidates))
    for stage, number in enumerate(counts):
        last = stage + 1 == len(counts)
        late = np.flatnonzero(first > stage)
        ours = Roles(
            n_candidates,
            np.array(
                sorted({*chosen, *(roles.mandatory.tolist() if last else [])}), dtype=np.int64
            ),
            roles.existing,
            np.union1d(roles.forbidden, late if last else np.union1d(late, roles.mandatory)),
        )
        room = Room(ours, number - (0 if last else roles.mandatory.size), np.zeros(n_candidates))
        worth = functools.partial(_newly, value[stage])
        picked = greedy_sites(turned, room, worth)
        chosen = sorted(set(picked) - set(stand))
        table[stage, [*chosen, *stand]] = 1.0
    covered = np.array([np.asarray(matrix @ row).ravel() > 0 for row in table])
    return np.concatenate([table.ravel(), covered.ravel()])


def _staged_model(
    matrix: Any, value: Floats, counts: Sequence[int], roles: Roles, first: Floats
) -> highs.Model:
    n_rows, m = matrix.shape
    n_stages = len(counts)
    nothing = sparse.csr_array((n_stages, n_stages * n_rows))
    link = sparse.hstack(
        [-sparse.block_diag([matrix] * n_stages), sparse.eye_array(n_stages * n_rows)]
    )
    count = sparse.hstack(
        [sparse.kron(sparse.eye_array(n_stages), roles.counted()[None, :]), nothing]
    )
    steps = n_stages - 1
    keep = sparse.kron(
        sparse.eye_array(steps, n_stages) - sparse.eye_array(steps, n_stages, k=1),
        sparse.eye_array(m),
    )
    nested = sparse.hstack([keep, sparse.csr_array((steps * m, n_stages * n_rows))])
    rows, low, high = rows_joined(
        (link, np.full(n_stages * n_rows, -np.inf), np.zeros(n_stages * n_rows)),
        (count, np.full(n_stages, -np.inf), np.array(counts, dtype=np.float64)),
        (nested, np.full(steps * m, -np.inf), np.zeros(steps * m)),
    )
    lower, upper = np.zeros(m), roles.bounds()[1]
    lower[roles.existing] = 1.0
    last = roles.bounds()[0]
    open_at = [np.where(first > stage, 0.0, upper) for stage in range(n_stages)]
    return highs.Model(
        cost=np.concatenate([np.zeros(n_stages * m), -value.ravel()]),
        lower=np.concatenate([*[lower] * steps, last, np.zeros(n_stages * n_rows)]),
        upper=np.concatenate([*open_at, np.ones(n_stages * n_rows)]),
        n_sites=n_stages * m,
        matrix=rows,
        row_lower=low,
        row_upper=high,
        integral=is_integral(value.ravel()),
    )
