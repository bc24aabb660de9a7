"""What closing deficits comes to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from facilityplan.siting.deficits.terms import (
    Allotment,
    NeedKind,
    Taken,
)
from facilityplan.siting.solution import Status


class WhyOpen(StrEnum):
    """Why a need is left open."""

    NO_CANDIDATE = "no_candidate"
    """No action serves it."""
    NOT_IN_TIME = "not_in_time"
    """Those that do are available too late."""
    NO_CAPACITY = "no_capacity"
    """It stays open in the best plan of unlimited money."""
    NO_BUDGET = "no_budget"
    """Unlimited money would close it."""
    NOT_PROVEN = "not_proven"
    """The search ended at its limit; a better plan might close it."""


@dataclass(frozen=True)
class Reached:
    """What one objective came to.

    Parameters
    ----------
    name
        ``unclosed …``, ``cost`` or ``sites``.
    objective, bound, gap
        The plan's value, what no plan betters, and the relative gap.
    status
        ``optimal`` only where proven, given what the objectives before it reached.
    """

    name: str
    objective: float
    bound: float
    gap: float
    status: Status


@dataclass(frozen=True)
class Shortage:
    """Need against what can be given at most, of one kind in one zone."""

    zone: str
    kind: NeedKind
    needed: float
    possible: float


@dataclass(frozen=True)
class DeficitSolution:
    """A plan that closes deficits.

    Parameters
    ----------
    status
        ``optimal`` where every objective is proven.
    levels
        The objectives in their order.
    taken
        Actions by position.
    allotments
        Room given to needs.
    met
        Share of each need met.
    why_open
        By need left open, why.
    cost_by_year
        Net cost; the year is ``None`` without a budget by year.
    without_budget
        Where money is limited and something is left open: the weight that unlimited money leaves
        open, and the least that this costs.
    conflict, shortages
        For an infeasible problem the numbers that cannot be reconciled.
    """

    status: Status
    levels: tuple[Reached, ...]
    taken: tuple[Taken, ...] = ()
    allotments: tuple[Allotment, ...] = ()
    met: tuple[float, ...] = ()
    why_open: Mapping[int, WhyOpen] | None = None
    cost: float = 0.0
    cost_by_year: Mapping[int | None, float] | None = None
    without_budget: tuple[float, float] | None = None
    conflict: Mapping[str, float] | None = None
    shortages: tuple[Shortage, ...] = ()
    lowest_index: bool = True
    interrupted: bool = False

    @property
    def sites(self) -> tuple[int, ...]:
        """Positions of the actions taken."""
        return tuple(item.action for item in self.taken)

    @property
    def objective(self) -> float:
        """Weight left unclosed (of the first kinds in the order), infinite without a plan."""
        return self.levels[0].objective if self.levels else math.inf

    @property
    def bound(self) -> float:
        """What no plan can better of it."""
        return self.levels[0].bound if self.levels else math.inf

    @property
    def gap(self) -> float:
        """Relative gap of it."""
        return self.levels[0].gap if self.levels else 0.0
