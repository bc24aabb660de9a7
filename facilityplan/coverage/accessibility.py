"""Accessibility beyond yes or no: distance bands, floating catchments, inequality, near but full.

Two-step floating catchment areas (2SFCA: Luo and Wang 2003, doi:10.1068/b29120) share the supply of
a facility among all who can reach it and add up, for each residence, what it gets of every facility
in reach. The enhanced form (E2SFCA: Luo and Qi 2009, doi:10.1016/j.healthplace.2009.06.002) weights
near demand more than far demand, by steps or by a Gaussian curve (Dai 2010,
doi:10.1016/j.healthplace.2010.06.012).

What is not known is a span, never zero: a facility whose supply is missing gives anything from
nothing to without bound; a residence whose demand is missing may take any part of what it can
reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from facilityplan.coverage.demand import sum_by
from facilityplan.errors import UsageError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

BANDS_M: Final = (250.0, 500.0, 750.0, 1000.0, 1500.0)
"""Upper ends of the distance bands, inclusive; what lies farther is beyond."""

STEP_WEIGHTS: Final = (1.0, 0.68, 0.22)
"""Weights of the near, middle and far third of a catchment (Luo and Qi 2009, slow decay)."""


DUST: Final = 1e-12
"""How far below a minimum, as a share of it, a sum of binary fractions may end up."""


class Decay(Protocol):
    """How much demand counts by its distance, as a share of its catchment."""

    def weights(self, share: Floats) -> Floats:
        """Return the weight of each pair, 0 to 1, whose distance is that share of the catchment."""


@dataclass(frozen=True)
class Uniform:
    """All demand in the catchment counts alike: plain 2SFCA."""

    def weights(self, share: Floats) -> Floats:
        """Return one for each pair."""
        return np.ones(len(share))


@dataclass(frozen=True)
class Steps:
    """Weights by rings of the catchment.

    Parameters
    ----------
    ends
        Outer end of each ring as a share of the catchment, ascending, the last one 1; inclusive.
    values
        Weight of each ring, 0 to 1.
    """

    ends: tuple[float, ...] = (1 / 3, 2 / 3, 1.0)
    values: tuple[float, ...] = STEP_WEIGHTS

    def __post_init__(self) -> None:
        ascending = all(a < b for a, b in zip((0.0, *self.ends), self.ends, strict=False))
        fits = len(self.ends) == len(self.values) and all(0 <= v <= 1 for v in self.values)
        if not (ascending and fits and self.ends and self.ends[-1] == 1.0):
            raise UsageError("accessibility_steps", ends=self.ends, weights=self.values)

    def weights(self, share: Floats) -> Floats:
        """Return the weight of the ring that each pair is in."""
        ring = np.searchsorted(np.asarray(self.ends), share, side="left")
        found: Floats = np.asarray(self.values)[np.minimum(ring, len(self.values) - 1)]
        return found


@dataclass(frozen=True)
class Gaussian:
    """The Gaussian curve that is 1 at the facility and 0 at the edge of the catchment."""

    def weights(self, share: Floats) -> Floats:
        """Return the weight of each pair."""
        edge = np.exp(-0.5)
        found: Floats = np.maximum((np.exp(-0.5 * share**2) - edge) / (1.0 - edge), 0.0)
        return found


@dataclass(frozen=True)
class Accessibility:
    """Supply per unit of demand, at least and at most; where both agree it is known.

    Parameters
    ----------
    low, high
        (n,) of each residence: the sum of what its facilities have for each in their catchments.
    ratio_low, ratio_high
        (m,) of each facility: its supply over the weighted demand of its catchment.
    demand_in_reach
        (m,) weighted demand known in each catchment.
    nobody
        (m,) facilities with supply whose catchment holds no demand at all: it reaches nobody.
    """

    low: Floats
    high: Floats
    ratio_low: Floats
    ratio_high: Floats
    demand_in_reach: Floats
    nobody: Flags

    @property
    def known(self) -> Flags:
        """Whether the figure of each residence is known, (n,)."""
        return np.asarray(self.low == self.high, dtype=bool)

    @property
    def value(self) -> Floats:
        """The figure of each residence, (n,); NaN where data is missing."""
        return np.where(self.known, self.low, np.nan)


def two_step(
    distances: csr_array,
    supply: Floats,
    demand: Floats,
    *,
    catchment_m: float | Floats,
    decay: Decay | None = None,
) -> Accessibility:
    """Return two-step floating catchment accessibility; without ``decay`` the plain one.

    Parameters
    ----------
    distances
        (n, m) metres from residences to facilities; what is not stored is out of reach, stored
        zeros are distances of zero.
    supply
        (m,) beds of each facility, NaN where not known.
    demand
        (n,) elders of each residence, NaN where not known.
    catchment_m
        How far the demand of a residence goes, inclusive; one figure, or (n,) one a residence.
    decay
        Weight by distance.

    Returns
    -------
    Accessibility
        The sum over residences of figure times demand is the supply of the facilities that have
        demand in reach.

    Raises
    ------
    UsageError
        If shapes do not fit, or a supply, a demand or a catchment is negative.
    """
    n, m = distances.shape
    reach_m = np.broadcast_to(np.asarray(catchment_m, dtype=np.float64), (n,))
    _check(distances, supply, demand, reach_m)
    row, column, weight = _weighted_pairs(distances, reach_m, decay or Uniform())
    known = np.isfinite(demand)
    taken = sum_by(column, weight * np.where(known, demand, 0.0)[row], m)
    doubt = sum_by(column, ~known[row], m) > 0
    ratio_low, ratio_high = _ratios(supply, taken, doubt)
    low = sum_by(row, weight * ratio_low[column], n)
    # An infinite ratio times a weight is infinite: weights of zero were left out above.
    high = sum_by(row, weight * ratio_high[column], n)
    # The two sums are of the same numbers where nothing is in doubt, so they agree to the bit.
    nobody = (taken == 0) & ~doubt & (np.nan_to_num(supply, nan=1.0) > 0)
    return Accessibility(low, high, ratio_low, ratio_high, taken, nobody)


def _check(distances: csr_array, supply: Floats, demand: Floats, reach_m: Floats) -> None:
    if distances.shape != (len(demand), len(supply)):
        raise UsageError(
            "accessibility_shapes",
            pairs=distances.shape,
            residences=len(demand),
            facilities=len(supply),
        )
    for name, numbers in (("supply", supply), ("demand", demand), ("catchment_m", reach_m)):
        if np.any(numbers < 0) or np.any(np.isinf(numbers)):
            raise UsageError("accessibility_negative", name=name)


def _weighted_pairs(
    distances: csr_array, reach_m: Floats, decay: Decay
) -> tuple[Integers, Integers, Floats]:
    """Return residence, facility and weight of the pairs in reach whose weight is not zero."""
    row = np.repeat(np.arange(distances.shape[0]), np.diff(distances.indptr))
    limit = reach_m[row]
    inside = distances.data <= limit
    row, column = row[inside], distances.indices[inside].astype(np.int64)
    limit = limit[inside]
    share = np.divide(distances.data[inside], limit, out=np.zeros(len(limit)), where=limit > 0)
    weight = decay.weights(share)
    counts = weight > 0
    return row[counts].astype(np.int64), column[counts], weight[counts]


def _ratios(supply: Floats, taken: Floats, doubt: Flags) -> tuple[Floats, Floats]:
    """Return the least and the most that each facility has for one in its catchment."""
    sure = np.isfinite(supply)
    amount = np.where(sure, supply, 0.0)
    share = np.divide(amount, taken, out=np.zeros(len(taken)), where=taken > 0)
    low = np.where(doubt, 0.0, share)
    # Demand that is not known may be none: then all goes to what is known, or to nobody's share.
    high = np.where(doubt & (taken == 0) & (amount > 0), np.inf, share)
    return low, np.where(sure, high, np.inf)


@dataclass(frozen=True)
class Band:
    """What lies in one distance band.

    Parameters
    ----------
    above_m, upto_m
        The band's ends, the upper one inclusive; ``upto_m`` is infinite for what lies beyond.
    amount
        Weight of the residences in it.
    within
        Weight of the residences up to its upper end.
    total
        Weight of all residences whose weight is known.
    """

    above_m: float
    upto_m: float
    amount: float
    within: float
    total: float

    @property
    def share(self) -> float | None:
        """Share in the band; ``None`` where there is nothing to count."""
        return self.amount / self.total if self.total > 0 else None

    @property
    def share_within(self) -> float | None:
        """Share up to the band's upper end; ``None`` where there is nothing to count."""
        return self.within / self.total if self.total > 0 else None


def distance_bands(
    distance_m: Floats, weights: Floats, bands_m: Sequence[float] = BANDS_M
) -> tuple[Band, ...]:
    """Return how much weight lies in each distance band, and beyond the last.

    Parameters
    ----------
    distance_m
        (n,) metres to the nearest facility; inf where none can be reached, which is beyond.
    weights
        (n,) residences (ones), households, elders; NaN where not known: counted nowhere.
    bands_m
        Upper ends of the bands, ascending and above zero, inclusive.

    Raises
    ------
    UsageError
        If the bands do not ascend.
    """
    ends = np.asarray(bands_m, dtype=np.float64)
    if not (len(ends) and np.all(np.diff(ends) > 0) and ends[0] > 0 and np.isfinite(ends).all()):
        raise UsageError("accessibility_bands", bands=list(bands_m))
    band = np.searchsorted(ends, distance_m, side="left")
    known = np.isfinite(weights)
    amount = sum_by(band[known], weights[known], len(ends) + 1)
    within = np.cumsum(amount)
    above = [0.0, *ends.tolist()]
    upto = [*ends.tolist(), np.inf]
    return tuple(
        Band(low, high, float(part), float(upto_here), float(within[-1]))
        for low, high, part, upto_here in zip(above, upto, amount, within, strict=True)
    )


def gini(values: Floats, weights: Floats) -> float | None:
    """Return the Gini coefficient of values over weights: 0 all alike, towards 1 all with one.

    Half the mean absolute difference between two persons over the mean. Rows whose value or weight
    is not known are left out; ``None`` where nothing is left or the mean is zero.
    """
    known = np.isfinite(values) & np.isfinite(weights) & (weights > 0)
    order = np.argsort(values[known], kind="stable")
    value, weight = values[known][order], weights[known][order]
    total, amount = weight.sum(), (value * weight).sum()
    if total <= 0 or amount <= 0:
        return None
    # Sum over pairs |x_i - x_j| w_i w_j, each pair once, with the running sums of the lower ones.
    below_weight = np.cumsum(weight) - weight
    below_amount = np.cumsum(value * weight) - value * weight
    difference = (weight * (value * below_weight - below_amount)).sum()
    return float(max(difference, 0.0) / (total * amount))


@dataclass(frozen=True)
class BelowMinimum:
    """Demand by whether its accessibility reaches a minimum, where that can be said."""

    below: float
    reached: float
    undecided: float

    @property
    def share(self) -> float | None:
        """Share below among what is decided; ``None`` where nothing is."""
        decided = self.below + self.reached
        return self.below / decided if decided > 0 else None


def minimum_verdicts(found: Accessibility, minimum: Floats) -> tuple[Flags, Flags]:
    """Return which residences are below their minimum for sure, and which reach it for sure.

    Parameters
    ----------
    minimum
        (n,) in the unit of the figures, NaN where there is none: neither is said.
    """
    # Ratios are added up: 4 beds for 100 elders, twice over, must reach 80 in 1000.
    least = minimum * (1.0 - DUST)
    return np.asarray(found.high < least), np.asarray(found.low >= least)


def below_minimum(found: Accessibility, minimum: Floats, demand: Floats) -> BelowMinimum:
    """Return how much demand is below its minimum; what cannot be decided stands apart.

    Parameters
    ----------
    minimum, demand
        (n,) as for :func:`minimum_verdicts` and :func:`two_step`; demand not known counts nowhere.
    """
    below, reached = minimum_verdicts(found, minimum)
    known = np.where(np.isfinite(demand), demand, 0.0)
    rest = ~(below | reached)
    return BelowMinimum(*(float(known[part].sum()) for part in (below, reached, rest)))


class Vacancy(StrEnum):
    """Whether what is near has room."""

    FREE = "free"
    FULL = "near_but_full"
    NO_SUPPLY = "no_supply"
    NOT_NEAR = "not_near"
    UNKNOWN = "insufficient_data"


def near_but_full(
    distances: csr_array, capacity: Floats, taken: Floats, limit_m: float | Floats
) -> tuple[Vacancy, ...]:
    """Return for each residence whether any facility in reach has room.

    Parameters
    ----------
    distances
        (n, m) as for :func:`two_step`.
    capacity, taken
        (m,) beds and residents, NaN where not known. Full is taken >= capacity. A facility known
        to have no beds offers none and is not called full.
    limit_m
        How far a facility is in reach, inclusive; one figure, or (n,) one a residence.

    Returns
    -------
    tuple
        ``free`` where one in reach is known to have room; ``near_but_full`` where all in reach that
        have beds are known to be full; ``no_supply`` where all in reach are known to have no beds;
        ``insufficient_data`` where one may have room; ``not_near`` where none is in reach.
    """
    n = distances.shape[0]
    reach_m = np.broadcast_to(np.asarray(limit_m, dtype=np.float64), (n,))
    row = np.repeat(np.arange(n), np.diff(distances.indptr))
    inside = distances.data <= reach_m[row]
    row, column = row[inside], distances.indices[inside]
    has_room, full = taken < capacity, (taken >= capacity) & (capacity > 0)
    unknown = (np.isnan(capacity) | np.isnan(taken)) & ~(capacity == 0)
    count = [
        sum_by(row, state[column], n) for state in (has_room, unknown, full, np.ones(len(capacity)))
    ]
    # In the order of what is surest: room somewhere, perhaps room, full, near without beds.
    at = np.select([part > 0 for part in count], [0, 1, 2, 3], default=4)
    words = (Vacancy.FREE, Vacancy.UNKNOWN, Vacancy.FULL, Vacancy.NO_SUPPLY, Vacancy.NOT_NEAR)
    return tuple(words[which] for which in at.tolist())
