"""The people of a city's zones over its residences, where the project asks for that estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from facilityplan.checks.context import Context
from facilityplan.coverage import Conservation, Rate, Split, split_zone_counts

Floats = npt.NDArray[np.float64]

RUNGS: Final = (("village", "community"), ("town",), ("county",), ("city",))
"""Levels of zones from the finest; a village and a community stand side by side."""

WEIGHTS: Final = MappingProxyType(
    {"zones_by_households": "households", "zones_by_floor_area": "dwelling_area_m2"}
)
"""Way of the split -> column of the residences that it goes by."""


@dataclass(frozen=True)
class DemandSplit:
    """An estimate of what the residences lack, with what it was made from.

    Parameters
    ----------
    column
        Column of the residences, ``elders`` or ``population``.
    basis
        Column of the zones that was split.
    method
        Key of :data:`WEIGHTS`.
    levels
        Levels of the zones that were split, the finest that state the figure.
    zones
        Positions of those zones.
    counts
        Their figures, NaN where there is none.
    split
        By residence, and by zone in the order of ``zones``.
    outside
        Residences in no such zone, by id.
    """

    column: str
    basis: str
    method: str
    levels: tuple[str, ...]
    zones: tuple[int, ...]
    counts: Floats
    split: Split
    outside: tuple[str, ...]

    @property
    def conservation(self) -> Conservation:
        """The sums that must agree."""
        return self.split.conservation(self.counts)


def estimated_rate(split: DemandSplit, rows: Sequence[int], near: Sequence[bool]) -> Rate:
    """Return a coverage rate over own and estimated figures; it must be shown as an estimate.

    Parameters
    ----------
    rows, near
        Positions of the residences judged, and which of them are within reach.
    """
    amount = split.split.value[np.asarray(rows, dtype=np.int64)]
    known, covered = np.isfinite(amount), np.asarray(near, dtype=bool)
    return Rate(
        float(amount[known & covered].sum()), float(amount[known].sum()), int((~known).sum())
    )


def split_demand(context: Context, column: str, basis: str, method: str) -> DemandSplit:
    """Return the figure of a city's zones split over the residences that lack their own.

    Parameters
    ----------
    column, basis, method
        As :class:`DemandSplit` says.

    Raises
    ------
    MissingLayerError
        If the project has no residences or no zones.
    """
    residences, zones = context.city.residences, context.city.zones
    level = zones["level"].to_numpy(dtype=object)
    counts = zones[basis].to_numpy(dtype=float)
    rungs = [np.isin(level.astype(str), rung) for rung in RUNGS]
    at = next(
        (n for n, here in enumerate(rungs) if np.isfinite(counts[here]).any()), len(RUNGS) - 1
    )
    ids = zones["id"].to_numpy(dtype=object).astype(str)
    rows = np.flatnonzero(rungs[at])
    rows = rows[np.argsort(ids[rows], kind="stable")]
    position = {int(zone): index for index, zone in enumerate(rows)}
    member = np.asarray(
        [
            next((position[zone] for zone in chain if zone in position), -1)
            for chain in context.zone_chain()
        ],
        dtype=np.int64,
    )
    found = split_zone_counts(
        counts[rows],
        member,
        residences[WEIGHTS[method]].to_numpy(dtype=float),
        residences[column].to_numpy(dtype=float),
    )
    names = context.cells("residences", "id")
    return DemandSplit(
        column,
        basis,
        method,
        RUNGS[at],
        tuple(rows.tolist()),
        counts[rows],
        found,
        tuple(sorted(names[row] for row in np.flatnonzero(member < 0).tolist())),
    )
