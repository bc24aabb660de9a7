"""Coverage against the number of sites and against money, and where the curve bends most."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from facilityplan.errors import SolveError
from facilityplan.siting.budget import Limits, budgeted_coverage
from facilityplan.siting.clock import Deadline
from facilityplan.siting.covering import lscp, mclp
from facilityplan.siting.options import SolveOptions
from facilityplan.siting.planner.instance import Instance, served_by_standing
from facilityplan.siting.planner.result import Curve, CurvePoint
from facilityplan.siting.proposal import Count
from facilityplan.siting.solution import Solution, Status

Floats = npt.NDArray[np.float64]


def knee(x: Sequence[float], y: Sequence[float]) -> int | None:
    """Return the point of a curve that lies farthest above the chord from its first to its last.

    The knee of Satopää, Albrecht, Irwin and Raghavan (2011), "Finding a Kneedle in a Haystack":
    both axes scaled to [0, 1], the greatest distance from the chord; ties to the first. A curve
    of fewer than three points, or one that nowhere rises above its chord, has none.

    Parameters
    ----------
    x, y
        Ascending; the same length.
    """
    wide, high = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if wide.size < 3 or wide[-1] <= wide[0] or high[-1] <= high[0]:
        return None
    above = (high - high[0]) / (high[-1] - high[0]) - (wide - wide[0]) / (wide[-1] - wide[0])
    at = int(np.argmax(np.round(above, 12)))
    return at if above[at] > 1e-9 else None


def curves(instance: Instance, options: SolveOptions) -> tuple[Curve, ...]:
    """Return coverage by the best 0, 1, 2, … sites, and by the best sites for sums of money.

    Each point is a maximal covering problem of its own, solved within the time limit of all. The
    curve by money takes candidates of known cost alone, and is left out where none has any.
    """
    n_points = instance.request.curve_points
    barred = sorted({*instance.sites.forbidden, *instance.sites.standing})
    rows = _closable(instance, barred)
    weights = instance.weights[rows]
    if not n_points or not weights.any():
        return ()
    deadline = Deadline.of(replace(options, progress=None))
    cover = instance.problem.cover[rows]
    total = math.fsum(weights)

    def left() -> SolveOptions:
        return replace(deadline.options, time_limit_s=_positive(deadline.left_s()))

    def by_number(number: float) -> Solution:
        return mclp(cover, weights, int(number), forbidden=barred, options=left())

    most = _sites_for_all(cover, barred, left())
    found = [_curve(instance, "sites", _numbers(most, n_points), by_number, total, deadline)]
    cost = instance.sites.cost
    unknown = sorted({*barred, *np.flatnonzero(np.isnan(cost)).tolist()})
    priced = np.setdiff1d(np.arange(len(cost)), unknown)
    if priced.size and np.nansum(cost[priced]) > 0:
        price = np.nan_to_num(cost, nan=0.0)

        def by_budget(budget: float) -> Solution:
            limits = Limits(costs=price, budget=budget, forbidden=unknown)
            return budgeted_coverage(cover, weights, limits, options=left())

        reached = np.zeros(len(cost))
        reached[priced] = 1.0
        affordable = np.flatnonzero(np.asarray(cover @ reached).ravel() > 0)
        if affordable.size:
            full = lscp(cover[affordable], costs=price, forbidden=unknown, options=left())
            steps = [full.objective * step / n_points for step in range(1, n_points + 1)]
            found.append(_curve(instance, "cost", steps, by_budget, total, deadline))
    return tuple(found)


def _closable(instance: Instance, barred: list[int]) -> npt.NDArray[np.int64]:
    """Return the gaps that some candidate closes and none that stands does, whatever is asked."""
    free = np.ones(len(instance.sites))
    free[barred] = 0.0
    reach = np.asarray(instance.problem.cover @ free).ravel() > 0
    return np.flatnonzero(reach & ~served_by_standing(instance))


def _positive(left_s: float | None) -> float | None:
    return None if left_s is None else max(left_s, 0.05)


def _sites_for_all(cover: object, barred: list[int], options: SolveOptions) -> int:
    return max(1, len(lscp(cover, forbidden=barred, options=options).sites))


def _numbers(most: int, n_points: int) -> list[float]:
    """Return whole numbers from 1 to the most, all of them or evenly spread ones."""
    if most <= n_points:
        return [float(number) for number in range(1, most + 1)]
    return sorted({float(round(most * step / n_points)) for step in range(1, n_points + 1)})


def _curve(
    instance: Instance,
    limit: str,
    limits: Sequence[float],
    solve: Callable[[float], Solution],
    total: float,
    deadline: Deadline,
) -> Curve:
    points = [CurvePoint(0.0, 0.0, 0.0, Status.OPTIMAL, 0, Count(0.0, 0))]
    complete = True
    for number in limits:
        if deadline.passed():
            complete = False
            break
        try:
            found = solve(number)
        except SolveError:
            # No plan in the time that was left: the points so far are whole.
            complete = False
            break
        cost = instance.sites.cost[list(found.sites)]
        known = np.isfinite(cost)
        spent = Count(math.fsum(cost[known]), int((~known).sum()))
        points.append(
            CurvePoint(number, found.objective, found.bound, found.status, len(found.sites), spent)
        )
        if found.interrupted:
            complete = False
            break
    at = knee([point.limit for point in points], [point.weight for point in points])
    return Curve(limit, tuple(points), total, at, complete)
