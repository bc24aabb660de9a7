"""The four plain problems as whole models, for the question which plans are as good."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.siting import highs, verify
from facilityplan.siting.arguments import (
    Floats,
    checked_distances,
    checked_numbers,
    exact_scale,
    is_integral,
)
from facilityplan.siting.backup import lscp_backup_exact
from facilityplan.siting.budget import Limits, budgeted_coverage_exact
from facilityplan.siting.exact import Exact, rows_joined
from facilityplan.siting.reduce import sum_by_group
from facilityplan.siting.roles import Roles, checked_roles


def lscp_exact(
    cover: Any,
    *,
    costs: npt.ArrayLike | None = None,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    **_: Any,
) -> Exact:
    """Return the model of the location set covering problem: covered once, or served already."""
    roles = checked_roles(cover.shape[1], mandatory, existing, forbidden)
    stand = roles.existing.tolist()
    times = (verify.times_covered(cover, stand) < 1).astype(np.float64)
    return lscp_backup_exact(
        cover,
        times,
        costs=costs,
        mandatory=roles.mandatory.tolist(),
        forbidden=[*roles.forbidden.tolist(), *stand],
    )


def mclp_exact(
    cover: Any,
    weights: npt.ArrayLike,
    n_sites: int,
    *,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    **_: Any,
) -> Exact:
    """Return the model of the maximal covering location problem."""
    limits = Limits(n_sites, None, None, mandatory, existing, forbidden)
    return budgeted_coverage_exact(cover, weights, limits)


def p_center_exact(
    distances: npt.ArrayLike,
    n_sites: int,
    *,
    radius: float,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    **_: Any,
) -> Exact:
    """Return the model of all sets of sites that reach everyone within a distance."""
    del n_sites
    table = checked_distances(distances)
    return lscp_exact(
        sparse.csr_array(table <= radius),
        mandatory=mandatory,
        existing=existing,
        forbidden=forbidden,
    )


def p_median_exact(
    distances: npt.ArrayLike,
    weights: npt.ArrayLike,
    n_sites: int,
    *,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
    **_: Any,
) -> Exact:
    """Return the model of the p-median problem in its radius form (García, Labbé, Marín, 2011).

    For each row and distance a column says "no open site up to here"; it costs the step to the
    next distance and may fall only by the open sites at that distance.
    """
    table = checked_distances(distances)
    weight = checked_numbers("weights", weights, table.shape[0])
    roles = checked_roles(table.shape[1], mandatory, existing, forbidden)
    asked = weight > 0
    rows, group = np.unique(table[asked], axis=0, return_inverse=True)
    merged = sum_by_group(weight[asked], np.asarray(group).ravel().astype(np.int64), len(rows))
    costs = np.where(np.isfinite(rows), rows, 0.0) * merged[:, None]
    scale = exact_scale(costs)
    model, constant = _radius_model(rows, merged * scale, int(n_sites), roles)

    def recount(columns: Floats) -> float:
        sites = np.flatnonzero(columns[: table.shape[1]] > 0.5).tolist()
        return verify.weighted_distance(table, weight, sites) - constant / scale

    return Exact(model, scale, recount, tuple(roles.existing.tolist()))


def _radius_model(
    rows: Floats, weights: Floats, n_sites: int, roles: Roles
) -> tuple[highs.Model, float]:
    """Return the model and the constant left out of its objective."""
    n_columns = roles.n_candidates
    waits: list[float] = []
    entries: list[tuple[int, int, float]] = []
    starts: list[float] = []
    constant: list[float] = []
    for distances, weight in zip(rows, weights, strict=True):
        levels = np.unique(distances[np.isfinite(distances)])
        constant.append(float(weight * levels[0]))
        for at, level in enumerate(levels):
            line = len(starts)
            starts.append(1.0 if at == 0 else 0.0)
            here = np.flatnonzero(distances == level)
            entries.extend((line, int(site), 1.0) for site in here)
            if at:
                entries.append((line, n_columns + len(waits) - 1, -1.0))
            if at + 1 < levels.size:
                entries.append((line, n_columns + len(waits), 1.0))
                waits.append(float(weight * (levels[at + 1] - level)))
    total = n_columns + len(waits)
    row, column, number = np.array(entries, dtype=np.float64).reshape(-1, 3).T
    where = (row.astype(np.int64), column.astype(np.int64))
    lines = sparse.csr_array((number, where), shape=(len(starts), total))
    count = np.concatenate([roles.counted(), np.zeros(len(waits))])
    joined, low, high = rows_joined(
        (lines, np.array(starts), np.full(len(starts), np.inf)),
        (sparse.csr_array(count[None, :]), np.array([-np.inf]), np.array([float(n_sites)])),
    )
    lower, upper = roles.bounds()
    cost = np.concatenate([np.zeros(n_columns), waits])
    model = highs.Model(
        cost=cost,
        lower=np.concatenate([lower, np.zeros(len(waits))]),
        upper=np.concatenate([upper, np.ones(len(waits))]),
        n_sites=n_columns,
        matrix=joined,
        row_lower=low,
        row_upper=high,
        integral=is_integral(cost),
    )
    return model, math.fsum(constant)
