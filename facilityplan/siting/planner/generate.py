"""Candidates made from the gaps: by street, by clusters of what is not served, or on a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from facilityplan.checks import Context
from facilityplan.errors import UsageError
from facilityplan.layers import points_of
from facilityplan.siting.candidates import generate_candidates
from facilityplan.siting.planner.request import Rule
from facilityplan.siting.planner.sites import excluded
from facilityplan.siting.problem import Candidates, Problem, counting_xy

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_GRID_POINTS = 200_000
"""More points than this are refused: the spacing is too small for the area."""


def generated(context: Context, problem: Problem, rule: Rule, spacing_m: float) -> Candidates:
    """Return candidates by a rule, none in an excluded area.

    None is nearer than the spacing to another or to a facility that counts.

    Parameters
    ----------
    context
        City and standards.
    problem
        Its gaps, their limits and weights.
    rule
        ``street``: within each street the gaps' own points, the heaviest first; ``clusters``:
        the point that serves most gaps not yet served, again and again; ``grid``: whole
        multiples of the spacing within a limit of some gap.
    spacing_m
        Least distance between candidates, metres.

    Raises
    ------
    UsageError
        If a grid would have more than :data:`MOST_GRID_POINTS` points.
    """
    city = context.city
    xy = points_of(city.residences.geometry.iloc[problem.gaps])
    limits = np.asarray([0.0 if item is None else item[0] for item in problem.limits])
    weights = np.nan_to_num(problem.weights, nan=0.0)
    if rule is Rule.GRID:
        points, labels = _grid(xy, limits, spacing_m)
    elif rule is Rule.CLUSTERS:
        points, labels = _clusters(xy, limits, weights)
    else:
        points, labels = _by_street(context, problem, xy, weights)
    fine = ~excluded(city, points) if len(points) else np.zeros(0, dtype=bool)
    points, labels = points[fine], [name for name, ok in zip(labels, fine, strict=True) if ok]
    standing = counting_xy(city, context.standards) if city.has("facilities") else None
    kept = generate_candidates(points, spacing_m=spacing_m, existing=standing).tolist()
    if rule is Rule.STREET:
        ids = _numbered([labels[at] for at in kept])
    elif rule is Rule.CLUSTERS:
        width = len(str(len(kept)))
        ids = [f"K{number:0{width}d}" for number in range(1, len(kept) + 1)]
    else:
        ids = [labels[at] for at in kept]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return Candidates(
        tuple(ids[at] for at in order),
        tuple(ids[at] for at in order),
        ("generated",) * len(order),
        points[[kept[at] for at in order]] if order else np.empty((0, 2)),
        np.full(len(order), np.nan),
        rule.value,
    )


def _numbered(streets: Sequence[str]) -> list[str]:
    """Return ids of a street and a running number within it."""
    counts: dict[str, int] = {}
    total = {name: streets.count(name) for name in set(streets)}
    ids = []
    for name in streets:
        counts[name] = counts.get(name, 0) + 1
        ids.append(f"{name}-{counts[name]:0{len(str(total[name]))}d}")
    return ids


def street_of_residences(context: Context) -> list[str | None]:
    """Return the street (town) that each residence is in, by id; ``None`` outside all of them."""
    city = context.city
    found: list[str | None] = [None] * len(city.residences)
    if not city.has("zones"):
        return found
    names = city.zones["id"].tolist()
    for row in np.flatnonzero((city.zones["level"] == "town").to_numpy()).tolist():
        for residence in context.residences_within([row]).tolist():
            found[residence] = names[row]
    return found


def _by_street(
    context: Context, problem: Problem, xy: Floats, weights: Floats
) -> tuple[Floats, list[str]]:
    streets = street_of_residences(context)
    labels = [streets[gap] or "S" for gap in problem.gaps.tolist()]
    # Gaps stand by id, so that of equal weights the lowest id comes first.
    order = sorted(range(len(labels)), key=lambda at: (labels[at], -weights[at], at))
    return xy[order], [labels[at] for at in order]


def _clusters(xy: Floats, limits: Floats, weights: Floats) -> tuple[Floats, list[str]]:
    """Return centres: the gap whose surroundings hold most unserved weight, until all are served.

    A centre moves to the weighted middle of those that it serves where it still serves them all.
    """
    left = limits > 0
    if not left.any():
        return np.empty((0, 2)), []
    tree = cKDTree(xy)
    near = [
        np.asarray(sorted(found), dtype=np.int64)
        for found in tree.query_ball_point(xy, limits.max())
    ]
    apart = [np.hypot(*(xy[rows] - xy[at]).T) for at, rows in enumerate(near)]
    serves = [rows[far <= limits[rows]] for rows, far in zip(near, apart, strict=True)]
    centres: list[Floats] = []
    while left.any():
        gain = np.asarray(
            [weights[rows[left[rows]]].sum() + 1e-6 * left[rows].sum() for rows in serves]
        )
        at = int(np.argmax(gain))
        rows = serves[at][left[serves[at]]]
        if not rows.size:
            break
        heavy = weights[rows] if weights[rows].sum() > 0 else np.ones(rows.size)
        middle: Floats = np.average(xy[rows], axis=0, weights=heavy)
        moved = np.hypot(*(xy[rows] - middle).T) <= limits[rows]
        centre: Floats = np.round(middle, 3) if moved.all() else xy[at]
        centres.append(centre)
        left[rows] = False
    return np.asarray(centres), [""] * len(centres)


def _grid(xy: Floats, limits: Floats, spacing_m: float) -> tuple[Floats, list[str]]:
    """Return whole multiples of the spacing that lie within the limit of a gap, by id."""
    served = limits > 0
    cells: set[tuple[int, int]] = set()
    for (x, y), limit in zip(xy[served].tolist(), limits[served].tolist(), strict=True):
        columns = range(math.ceil((x - limit) / spacing_m), math.floor((x + limit) / spacing_m) + 1)
        lines = range(math.ceil((y - limit) / spacing_m), math.floor((y + limit) / spacing_m) + 1)
        for column in columns:
            for line in lines:
                if math.dist((column * spacing_m, line * spacing_m), (x, y)) <= limit:
                    cells.add((column, line))
        if len(cells) > MOST_GRID_POINTS:
            raise UsageError("site_grid", spacing=f"{spacing_m:g}", limit=MOST_GRID_POINTS)
    ordered = sorted(cells)
    labels = [f"X{column * spacing_m:.0f}Y{line * spacing_m:.0f}" for column, line in ordered]
    return np.asarray(ordered, dtype=float).reshape(-1, 2) * spacing_m, labels
