"""Each problem's call: what of the city goes into it, and how its answer is read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from facilityplan.siting import verify
from facilityplan.siting.backup import lscp_backup, mclp_backup
from facilityplan.siting.budget import Limits, budgeted_coverage
from facilityplan.siting.capacity import Allocation, capacitated_coverage, capacitated_p_median
from facilityplan.siting.center import p_center
from facilityplan.siting.covering import lscp, mclp
from facilityplan.siting.dispersion import p_dispersion
from facilityplan.siting.median import p_median
from facilityplan.siting.options import SolveOptions
from facilityplan.siting.planner.instance import Instance
from facilityplan.siting.planner.request import Model
from facilityplan.siting.shares import partial_coverage
from facilityplan.siting.sizes import Modules, Terms
from facilityplan.siting.solution import Solution
from facilityplan.siting.stages import Staged, staged_coverage

Floats = npt.NDArray[np.float64]

TWICE = 2
"""How many sites reach a gap that has a backup."""


@dataclass(frozen=True)
class Solved:
    """The answer to a problem.

    Parameters
    ----------
    solution
        Sites are positions of candidates.
    call
        The call without its options, by which equally good plans are sought; ``None`` where
        there was nothing to solve.
    answer
        What it returned.
    """

    solution: Solution
    call: functools.partial[Any] | None
    answer: Solution | Allocation | Staged


def solve(instance: Instance, options: SolveOptions) -> Solved:
    """Solve the problem that was asked.

    Raises
    ------
    SolveError
        If no plan was found in time, or the recount does not confirm it.
    """
    call = CALLS[Model(instance.request.model)](instance)
    answer = call(options=options)
    solution = answer if isinstance(answer, Solution) else answer.solution
    return Solved(solution, call, answer)


def _call(problem: Callable[..., Any], *data: Any, **terms: Any) -> functools.partial[Any]:
    """Return a call by which it can be made again, with its options or for equally good plans."""
    return functools.partial(problem, *data, **terms)


def _roles(instance: Instance) -> dict[str, Sequence[int]]:
    """Return mandatory and forbidden candidates; those that stand are not to be built again."""
    barred = sorted({*instance.sites.forbidden, *instance.sites.standing})
    return {"mandatory": instance.sites.mandatory, "forbidden": barred}


def _costs(instance: Instance) -> Floats | None:
    """Return the cost of every candidate; those whose cost is unknown are barred."""
    if not (instance.request.by_cost or instance.request.budget is not None):
        return None
    return np.nan_to_num(instance.sites.cost, nan=0.0)


def _lscp(instance: Instance) -> functools.partial[Any]:
    return _call(lscp, instance.cover, costs=_costs(instance), **_roles(instance))


def backup_times(instance: Instance) -> npt.NDArray[np.int64]:
    """Return how many sites each gap asked of can ask for: two, or the one within its reach."""
    roles = _roles(instance)
    free = np.ones(len(instance.sites))
    free[list(roles["forbidden"])] = 0.0
    reach = np.asarray(instance.cover @ free).ravel().astype(np.int64)
    return np.minimum(reach, TWICE)


def _lscp_backup(instance: Instance) -> functools.partial[Any]:
    times = backup_times(instance)
    return _call(lscp_backup, instance.cover, times, costs=_costs(instance), **_roles(instance))


def asked_weights(instance: Instance) -> Floats:
    """Return the weights of the gaps asked of."""
    return instance.weights[instance.rows]


def _mclp(instance: Instance) -> functools.partial[Any]:
    request, weights, roles = instance.request, asked_weights(instance), _roles(instance)
    if request.stages:
        counts = [number for _, number in request.stages]
        return _call(
            staged_coverage,
            instance.cover,
            weights,
            counts,
            available_from=opening_stages(instance),
            **roles,
        )
    if request.budget is not None:
        limits = Limits(
            n_sites=request.n_sites, costs=_costs(instance), budget=request.budget, **roles
        )
        return _call(budgeted_coverage, instance.cover, weights, limits)
    return _call(mclp, instance.cover, weights, request.n_sites, **roles)


def opening_stages(instance: Instance) -> npt.NDArray[np.int64]:
    """Return the first stage (position) by which each candidate is available."""
    years = np.asarray([year for year, _ in instance.request.stages], dtype=float)
    available = np.nan_to_num(instance.sites.available_from, nan=-np.inf)
    found: npt.NDArray[np.int64] = np.searchsorted(years, available, side="left")
    # A candidate that never comes is barred; its stage is of no account.
    return np.minimum(found, len(years) - 1)


def _mclp_backup(instance: Instance) -> functools.partial[Any]:
    return _call(
        mclp_backup,
        instance.cover,
        asked_weights(instance),
        instance.request.n_sites,
        **_roles(instance),
    )


def _with_standing(instance: Instance, n_standing: int) -> dict[str, Sequence[int]]:
    n_sites = len(instance.sites)
    return {**_roles(instance), "existing": range(n_sites, n_sites + n_standing)}


def _p_median(instance: Instance) -> functools.partial[Any]:
    return _call(
        p_median,
        instance.distances(),
        asked_weights(instance),
        instance.request.n_sites,
        **_with_standing(instance, len(instance.standing_xy)),
    )


def _p_center(instance: Instance) -> functools.partial[Any]:
    return _call(
        p_center,
        instance.distances(),
        instance.request.n_sites,
        **_with_standing(instance, len(instance.standing_xy)),
    )


def _p_dispersion(instance: Instance) -> functools.partial[Any]:
    xy, standing = instance.sites.candidates.xy, instance.standing_xy
    table = np.round(np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1)), 3)
    table = np.minimum(table, table.T)
    roles, n_sites = _roles(instance), instance.request.n_sites or 1
    if len(standing) and len(xy):
        # What stands is as near to one another as it is; only new sites are held apart from it.
        near = np.round(cKDTree(standing).query(xy)[0], 3)
        table = np.minimum(table, np.minimum(near[:, None], near[None, :]))
        if n_sites > 1 and not roles["mandatory"]:
            # No best plan holds a site nearer to what stands than all of some plan is.
            least = _some_least_distance(table, n_sites, roles["forbidden"])
            too_near = np.flatnonzero(near < least).tolist()
            roles["forbidden"] = sorted({*roles["forbidden"], *too_near})
    return _call(p_dispersion, table, n_sites, **roles)


def _some_least_distance(table: Floats, n_sites: int, barred: Sequence[int]) -> float:
    """Return the least distance within one plan, each next site the farthest from those before."""
    free = np.setdiff1d(np.arange(len(table)), barred)
    if len(free) < n_sites:
        return 0.0
    among = table[np.ix_(free, free)].copy()
    np.fill_diagonal(among, -1.0)
    chosen = [int(np.argmax(among.max(axis=1)))]
    while len(chosen) < n_sites:
        nearest = among[:, chosen].min(axis=1)
        nearest[chosen] = -1.0
        chosen.append(int(np.argmax(nearest)))
    return verify.least_distance(among, chosen)


def _partial(instance: Instance) -> functools.partial[Any]:
    return _call(
        partial_coverage,
        instance.cover,
        asked_weights(instance),
        instance.request.share,
        costs=_costs(instance),
        **_roles(instance),
    )


def capacities(instance: Instance) -> Floats | Modules:
    """Return the floor area that each candidate holds, in whole modules where asked."""
    most = np.nan_to_num(instance.sites.candidates.max_floor_area_m2, nan=0.0)
    size = instance.request.module_m2
    if size is None:
        return most
    return Modules((size,), most=np.floor(most / size + 1e-9))


def _terms(instance: Instance) -> Terms:
    request = instance.request
    return Terms(
        n_sites=request.n_sites,
        site_costs=_costs(instance),
        budget=request.budget,
        single=not request.split,
        **_roles(instance),
    )


def _capacitated_coverage(instance: Instance) -> functools.partial[Any]:
    need = instance.missing_m2[instance.rows]
    return _call(capacitated_coverage, instance.cover, need, capacities(instance), _terms(instance))


def _capacitated_p_median(instance: Instance) -> functools.partial[Any]:
    table = np.full((len(instance.rows), len(instance.sites)), np.inf)
    within = instance.problem.distance_m[instance.rows].tocoo()
    table[within.row, within.col] = within.data
    need = instance.missing_m2[instance.rows]
    return _call(capacitated_p_median, table, need, capacities(instance), _terms(instance))


CALLS: dict[Model, Callable[[Instance], functools.partial[Any]]] = {
    Model.LSCP: _lscp,
    Model.LSCP_BACKUP: _lscp_backup,
    Model.MCLP: _mclp,
    Model.MCLP_BACKUP: _mclp_backup,
    Model.P_MEDIAN: _p_median,
    Model.P_CENTER: _p_center,
    Model.P_DISPERSION: _p_dispersion,
    Model.PARTIAL_COVERAGE: _partial,
    Model.CAPACITATED_COVERAGE: _capacitated_coverage,
    Model.CAPACITATED_P_MEDIAN: _capacitated_p_median,
}
"""The call of each problem."""
