"""The gaps that a plan leaves open, each with why."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facilityplan.siting.planner.instance import Instance, served_by_standing
from facilityplan.siting.planner.request import BY_DISTANCE, CAPACITATED, Model
from facilityplan.siting.planner.result import OpenGap
from facilityplan.siting.problem import gap_distances
from facilityplan.siting.solution import Solution, Status

BLOCK = 2_000
"""Gaps whose distances to all candidates are held at a time."""


def closed_gaps(instance: Instance, sites: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return which gaps have one of these sites, or one that stands anyway, within their limit."""
    column = np.zeros(len(instance.sites))
    column[list(sites)] = 1.0
    closed = np.asarray(instance.problem.cover @ column).ravel() > 0
    return np.asarray(closed | served_by_standing(instance), dtype=bool)


def open_gaps(
    instance: Instance, solution: Solution, served: npt.NDArray[np.bool_]
) -> tuple[OpenGap, ...]:
    """Return the gaps left open, by id.

    Parameters
    ----------
    instance
        Gaps and candidates.
    solution
        The plan.
    served
        Which gaps the plan closes.
    """
    left = np.flatnonzero(~served)
    residences = instance.context.city.residences
    ids = residences["id"].to_numpy(dtype=object)
    names = residences["name"].to_numpy(dtype=object)
    households = residences["households"].to_numpy(dtype=float)
    candidates = instance.sites.candidates
    found = []
    for start in range(0, len(left), BLOCK):
        rows = left[start : start + BLOCK]
        gaps = instance.problem.gaps[rows]
        far = gap_distances(instance.context.city, gaps, candidates.xy, instance.context.sight)
        for row, gap, away in zip(rows.tolist(), gaps.tolist(), far, strict=True):
            limit = instance.problem.limits[row]
            nearest = int(np.argmin(away)) if away.size and np.isfinite(away).any() else None
            reach = _reach(instance, row)
            barred = tuple(
                (candidates.ids[at], instance.sites.barred[at])
                for at in reach
                if at in instance.sites.barred
            )
            found.append(
                OpenGap(
                    residence=str(ids[gap]),
                    name=str(names[gap] or ids[gap]),
                    households=float(households[gap]),
                    reason=_reason(instance, row, reach, solution),
                    limit_m=np.nan if limit is None else limit[0],
                    nearest=None if nearest is None else candidates.ids[nearest],
                    nearest_m=np.inf if nearest is None else float(away[nearest]),
                    barred=barred,
                )
            )
    return tuple(found)


def _reach(instance: Instance, row: int) -> list[int]:
    table = instance.problem.distance_m
    return sorted(table.indices[table.indptr[row] : table.indptr[row + 1]].tolist())


def _reason(instance: Instance, row: int, reach: list[int], solution: Solution) -> str:
    """Return why a gap stays open: what the place decides first, then what the problem does."""
    if instance.problem.limits[row] is None:
        return "kind_does_not_count"
    if not reach:
        return "no_candidate_in_reach"
    if all(at in instance.sites.barred for at in reach):
        return "candidates_barred"
    if solution.status is Status.INFEASIBLE:
        return "no_plan"
    model = Model(instance.request.model)
    if model in CAPACITATED:
        return _by_floor_area(instance, row, reach, solution.sites)
    return _by_limit(instance, row, solution.sites)


def _by_floor_area(instance: Instance, row: int, reach: list[int], sites: tuple[int, ...]) -> str:
    if instance.missing_m2[row] <= 0:
        return "no_floor_area_missing"
    if set(reach) & set(sites):
        return "no_capacity"
    return _spent(instance, sites)


def _by_limit(instance: Instance, row: int, sites: tuple[int, ...]) -> str:
    model = Model(instance.request.model)
    if model in BY_DISTANCE or model is Model.P_DISPERSION:
        return "distance_not_asked"
    if instance.weights[row] <= 0:
        return "no_weight"
    return "share_reached" if model is Model.PARTIAL_COVERAGE else _spent(instance, sites)


def _spent(instance: Instance, sites: tuple[int, ...]) -> str:
    """Return which of the two limits binds: the money where the number of sites is not used up."""
    request = instance.request
    by_money = request.budget is not None
    return (
        "budget"
        if by_money and (request.n_sites is None or len(sites) < request.n_sites)
        else "number_of_sites"
    )
