"""What a siting solver hands back, and how values are compared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

TIE_TOLERANCE = 1e-9
"""Two plans tie when their values differ by no more than this share of the value."""

INTEGRAL_SLACK = 0.25
"""The same for whole-number data, where two different values are at least 1 apart."""


class Status(StrEnum):
    """How far a result can be relied on."""

    OPTIMAL = "optimal"
    """Proven: no plan is better."""
    FEASIBLE = "feasible"
    """A valid plan; the time ran out before it was proven best."""
    INFEASIBLE = "infeasible"
    """Proven: no plan does what was asked."""


@dataclass(frozen=True)
class Solution:
    """The answer to one location problem.

    Parameters
    ----------
    sites
        Chosen candidates as column positions, ascending.
    objective
        Value of the plan, worked out anew on the unreduced data: number or cost of sites (LSCP),
        covered weight (MCLP), weight x distance (p-median), largest distance (p-center);
        infinity where there is no plan.
    bound
        Proven limit that no plan can better; equals ``objective`` where proven.
    gap
        ``|objective - bound| / |objective|``; 0 where proven.
    status
        ``optimal`` only where proven.
    conflict
        For an infeasible problem the numbers that cannot be reconciled, by name.
    unreachable
        For an infeasible problem the demands (row positions) that no candidate serves.
    assignment
        For p-median and p-center the site of each demand as a column position (nearest, ties to
        the lowest); -1 for a demand without weight that no site reaches.
    interrupted
        True where the user stopped the search; the plan is the best by then.
    lowest_index
        True where the sites are proven to be the first of all equally good plans under the tie
        rule; False where time or size ended that search.
    """

    sites: tuple[int, ...]
    objective: float
    bound: float
    gap: float
    status: Status
    conflict: Mapping[str, float] | None = None
    unreachable: tuple[int, ...] = ()
    assignment: tuple[int, ...] | None = None
    lowest_index: bool = True
    interrupted: bool = False


def infeasible(conflict: Mapping[str, float], unreachable: tuple[int, ...] = ()) -> Solution:
    """Return the answer that there is no plan, with the numbers that show it."""
    return Solution(
        sites=(),
        objective=math.inf,
        bound=math.inf,
        gap=0.0,
        status=Status.INFEASIBLE,
        conflict=dict(conflict),
        unreachable=unreachable,
    )


def relative_gap(objective: float, bound: float) -> float:
    """Return ``|objective - bound| / |objective|``, 0 for equal values, infinity for 0."""
    difference = abs(objective - bound)
    if difference <= 0:
        return 0.0
    return difference / abs(objective) if abs(objective) > 0 else math.inf


def tie_slack(value: float, *, integral: bool) -> float:
    """Return by how much a plan's value may differ from the best and still tie with it."""
    return INTEGRAL_SLACK if integral else TIE_TOLERANCE * abs(value)
