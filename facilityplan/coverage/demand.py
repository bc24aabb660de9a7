"""A zone's people over its residences: a dasymetric split, an estimate that adds up.

Residences that state their own figure keep it. What the zone counts beyond those is spread over the
residences without a figure, in proportion to households or floor area. What cannot be spread stays
with the zone and is said. The sum of own figures, of what was spread and of what was left over is
the zones' count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from facilityplan.errors import UsageError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def sum_by(at: Integers, amount: npt.NDArray[Any], size: int) -> Floats:
    """Return the sum of the amounts at each position, (size,), added in the order of the rows."""
    return np.bincount(at, amount, minlength=size).astype(np.float64)


class ZoneSplit(StrEnum):
    """What became of a zone's count."""

    SPREAD = "spread"
    ALL_KNOWN = "all_known"
    NO_COUNT = "no_count"
    NO_RESIDENCES = "no_residences"
    NO_WEIGHTS = "no_weights"
    EXCEEDED = "exceeded"


@dataclass(frozen=True)
class Split:
    """Zone counts split over residences.

    Parameters
    ----------
    value
        (n,) own figure, else the residence's part of its zone's; NaN where there is neither.
    estimated
        (n,) whether the value is a part of the zone's.
    own, assigned, unassigned
        (z,) of each zone: the sum of own figures, what was spread, and what is left over (below
        zero where the residences' own figures exceed the zone's count); NaN without a count.
    status
        (z,) what became of each zone's count.
    """

    value: Floats
    estimated: Flags
    own: Floats
    assigned: Floats
    unassigned: Floats
    status: tuple[ZoneSplit, ...]

    def conservation(self, zone_counts: Floats) -> Conservation:
        """Return the sums over the zones that have a count."""
        known = np.isfinite(zone_counts)
        return Conservation(
            *(
                math.fsum(part[known].tolist())
                for part in (zone_counts, self.own, self.assigned, self.unassigned)
            )
        )


@dataclass(frozen=True)
class Conservation:
    """Sums that must agree: the zones' count, and own, assigned and unassigned together."""

    zones: float
    own: float
    assigned: float
    unassigned: float

    @property
    def relative_error(self) -> float:
        """How far the parts are from the whole, relative to the larger of the sums involved."""
        parts = math.fsum((self.own, self.assigned, self.unassigned))
        return abs(parts - self.zones) / max(self.zones, self.own, 1.0)


def split_zone_counts(
    zone_counts: Floats, residence_zone: Integers, weights: Floats, own: Floats | None = None
) -> Split:
    """Return zone counts split over the residences in the zones.

    Parameters
    ----------
    zone_counts
        (z,) persons of each zone, NaN where not known.
    residence_zone
        (n,) position of each residence's zone, -1 for none.
    weights
        (n,) households or floor area, NaN where not known.
    own
        (n,) the residences' own figures, NaN where there is none; by default none has one.

    Returns
    -------
    Split
        A zone is spread only where all its residences without a figure have a weight and not all
        weights are zero: a part of unknown size would be put on the others.

    Raises
    ------
    UsageError
        If shapes do not fit, a position is no zone's, or a figure is negative or infinite.
    """
    stated = np.full(len(weights), np.nan) if own is None else np.asarray(own, dtype=np.float64)
    _check(zone_counts, residence_zone, weights, stated)
    size = len(zone_counts)
    inside = residence_zone >= 0
    has_own = np.isfinite(stated)
    keeps, takes = inside & has_own, inside & ~has_own
    own_sum = sum_by(residence_zone[keeps], stated[keeps], size)
    takers = sum_by(residence_zone[takes], np.ones(int(takes.sum())), size)
    members = sum_by(residence_zone[inside], np.ones(int(inside.sum())), size)
    blank = sum_by(residence_zone[takes], np.isnan(weights[takes]), size) > 0
    weight = np.where(takes & np.isfinite(weights), weights, 0.0)
    weight_sum = sum_by(residence_zone[takes], weight[takes], size)
    rest = zone_counts - own_sum
    status = np.select(
        [
            np.isnan(zone_counts),
            members == 0,
            rest < -_dust(zone_counts, own_sum),
            takers == 0,
            blank | (weight_sum <= 0),
        ],
        [1, 2, 3, 4, 5],
        default=0,
    )
    spread = status == 0
    # Own figures that add up to the zone's count but for the last digit leave nothing.
    rest = np.where(spread, np.maximum(rest, 0.0), rest)
    value, estimated = stated.copy(), np.zeros(len(stated), dtype=bool)
    gets = np.flatnonzero(takes)
    gets = gets[spread[residence_zone[gets]]]
    zone = residence_zone[gets]
    value[gets] = weight[gets] / weight_sum[zone] * rest[zone]
    estimated[gets] = True
    assigned = sum_by(zone, value[gets], size)
    left = zone_counts - own_sum - assigned
    unassigned = np.where(spread, 0.0, left)
    return Split(
        value,
        estimated,
        np.where(np.isnan(zone_counts), np.nan, own_sum),
        np.where(np.isnan(zone_counts), np.nan, assigned),
        unassigned,
        tuple(_WORDS[which] for which in status.tolist()),
    )


_WORDS = (
    ZoneSplit.SPREAD,
    ZoneSplit.NO_COUNT,
    ZoneSplit.NO_RESIDENCES,
    ZoneSplit.EXCEEDED,
    ZoneSplit.ALL_KNOWN,
    ZoneSplit.NO_WEIGHTS,
)


def _dust(zone_counts: Floats, own_sum: Floats) -> Floats:
    return np.asarray(1e-12 * np.maximum(np.nan_to_num(zone_counts), own_sum))


def _check(zone_counts: Floats, residence_zone: Integers, weights: Floats, own: Floats) -> None:
    fits = len(residence_zone) == len(weights) == len(own)
    if not fits or np.any(residence_zone >= len(zone_counts)) or np.any(residence_zone < -1):
        raise UsageError("demand_shapes", zones=len(zone_counts), residences=len(residence_zone))
    for name, numbers in (("zone_counts", zone_counts), ("weights", weights), ("own", own)):
        if np.any(numbers < 0) or np.any(np.isinf(numbers)):
            raise UsageError("demand_negative", name=name)
