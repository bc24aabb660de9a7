"""Persons of a population grid inside the service areas of the radius clauses, and by zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from facilityplan.checks.context import Context
from facilityplan.checks.radius_coverage import MEASURE
from facilityplan.coverage import (
    Metric,
    persons_in,
    persons_outside,
    service_circles,
    total_persons,
)
from facilityplan.io.raster import PopulationGrid
from facilityplan.standards import Clause


@dataclass(frozen=True)
class GridRate:
    """Persons of the grid within the service areas of a clause, in a zone or in all of the grid."""

    clause_id: str
    radius_m: float
    zone: str | None
    within: float
    total: float

    @property
    def share(self) -> float | None:
        """Within over total; ``None`` where nobody lives."""
        return self.within / self.total if self.total > 0 else None


@dataclass(frozen=True)
class GridSums:
    """What must add up: persons in the zones taken together and outside of them, and all.

    ``zones`` holds the sum over the zones of each level; above ``inside`` where zones overlap.
    """

    total: float
    inside: float
    outside: float
    zones: tuple[tuple[str, float], ...]

    @property
    def relative_error(self) -> float:
        """How far inside and outside together are from all, relative to all."""
        return abs(self.inside + self.outside - self.total) / max(self.total, 1.0)


@dataclass(frozen=True)
class RasterCoverage:
    """Coverage of a population grid.

    Parameters
    ----------
    metric
        How service areas were drawn: straight line, from circles of 256 sides.
    rates
        By clause, then all of the grid, then zone by id; zones whose setting a clause does not
        speak of are left out.
    """

    grid: PopulationGrid
    metric: Metric
    rates: tuple[GridRate, ...]
    sums: GridSums


def raster_coverage(context: Context, grid: PopulationGrid) -> RasterCoverage:
    """Return the persons within the service areas of each radius clause in force.

    Facilities beyond the zones count unless the project says otherwise. Barriers cut no circle.

    Raises
    ------
    CrsError
        If there is no way from the project's system to the grid's.
    MissingLayerError
        If the project has no facilities.
    """
    crs = context.city.crs
    ids, shapes, settings, levels = _zones(context)
    everyone = total_persons(grid)
    by_zone = dict(zip(ids, persons_in(grid, shapes, crs).tolist(), strict=True))
    rates: list[GridRate] = []
    for clause in context.standards.clauses(MEASURE):
        if not clause.is_numeric:
            continue
        area = _area(context, clause)
        spoken = [row for row, word in enumerate(settings) if _speaks(clause, word)]
        parts = [area, *(shapely.intersection(shapes[row], area) for row in spoken)]
        places = [None, *(ids[row] for row in spoken)]
        for place, within in zip(places, persons_in(grid, parts, crs).tolist(), strict=True):
            total = everyone if place is None else by_zone[place]
            rates.append(GridRate(clause.id, clause.limit, place, within, total))
    whole = shapely.union_all(shapes)
    inside = float(persons_in(grid, [whole], crs)[0])
    sums = GridSums(
        everyone,
        inside,
        persons_outside(grid, whole, crs),
        tuple(
            (
                level,
                sum(by_zone[zone] for zone, own in zip(ids, levels, strict=True) if own == level),
            )
            for level in sorted(set(levels))
        ),
    )
    return RasterCoverage(grid, Metric.STRAIGHT_LINE, tuple(rates), sums)


def _zones(context: Context) -> tuple[list[str], list[Any], list[str | None], list[str]]:
    """Return ids, shapes, settings and levels of the zones, by id."""
    if not context.city.has("zones"):
        return [], [], [], []
    zones = context.city.zones
    order = np.argsort(zones["id"].to_numpy(dtype=object).astype(str), kind="stable")
    cells: Sequence[list[Any]] = [
        zones[name].iloc[order].tolist() for name in ("id", "geometry", "setting", "level")
    ]
    return cells[0], cells[1], cells[2], cells[3]


def _area(context: Context, clause: Clause) -> Any:
    counting = context.reaching(clause).counting
    return shapely.union_all(service_circles(context.facilities_xy[counting], clause.limit))


def _speaks(clause: Clause, setting: str | None) -> bool:
    """Return whether a clause may speak of a zone: of a setting that is not known, perhaps."""
    said = clause.applies_to.setting
    return not said or setting is None or setting in said
