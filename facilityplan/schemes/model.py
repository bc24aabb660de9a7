"""A scheme as its sheet gives it, and its phases."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from facilityplan.provision import total_as_written
from facilityplan.schemes.fields import STAGES


@dataclass(frozen=True)
class _Sheet:
    """Values by field; a field that the sheet does not give is not a key."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def number(self, name: str) -> float:
        """Return a figure in the unit of its name; NaN where there is none."""
        value = self.values.get(name)
        return math.nan if value is None else float(value)

    def words(self, name: str) -> str | None:
        """Return a text; ``None`` where there is none."""
        value = self.values.get(name)
        return None if value is None else str(value)

    def flag(self, name: str) -> bool | None:
        """Return yes or no; ``None`` where the sheet does not say."""
        value = self.values.get(name)
        return None if value is None else bool(value)

    def day(self, name: str) -> dt.date | None:
        """Return a day; ``None`` where there is none."""
        value = self.values.get(name)
        return value if isinstance(value, dt.date) else None

    def dates_of_premises(self) -> dict[str, dt.date]:
        """Return the dates of the premises, by stage."""
        days = {stage: self.day(f"{stage}_premises") for stage in STAGES}
        return {stage: day for stage, day in days.items() if day is not None}

    def dates_of_dwellings(self) -> dict[str, dt.date]:
        """Return the dates of the dwellings, by stage."""
        days = {stage: self.day(f"{stage}_dwellings") for stage in STAGES}
        return {stage: day for stage, day in days.items() if day is not None}

    @property
    def is_dated(self) -> bool:
        """Whether it gives a date of any stage."""
        return bool(self.dates_of_dwellings() or self.dates_of_premises())


@dataclass(frozen=True)
class Phase(_Sheet):
    """One phase of a scheme, in the order of building."""

    name: str = ""
    row: int = 0

    @property
    def households(self) -> float:
        """Households of this phase, NaN where not given."""
        return self.number("households")

    @property
    def elder_floor_area_m2(self) -> float:
        """Floor area of the premises in this phase, square metres, NaN where not given."""
        return self.number("elder_floor_area_m2")


@dataclass(frozen=True)
class Scheme(_Sheet):
    """A scheme as its sheet gives it; NaN and ``None`` where it gives nothing.

    Totals of households and floor area that the sheet leaves out are the sums over its phases,
    where every phase gives them.
    """

    name: str = ""
    file: str = ""
    row: int = 0
    phases: tuple[Phase, ...] = ()

    @property
    def place(self) -> str | None:
        """Place whose documents hold."""
        return self.words("place")

    @property
    def standards(self) -> tuple[str, ...]:
        """Documents that the sheet names."""
        return tuple(self.values.get("standards") or ())

    @property
    def status(self) -> str | None:
        """``new``, ``existing`` or not said."""
        return self.words("status")

    @property
    def households(self) -> float:
        """Households in all."""
        return self._total("households")

    @property
    def elder_floor_area_m2(self) -> float:
        """Floor area of the premises in all, square metres."""
        return self._total("elder_floor_area_m2")

    @property
    def premises(self) -> float:
        """Places that the premises are in."""
        return self.number("premises")

    @property
    def storeys(self) -> tuple[int, ...] | None:
        """Storeys of the premises, ascending, negative below ground."""
        return self.values.get("storey")

    @property
    def gives_dates(self) -> bool:
        """Whether it, or a phase of it, gives a date of any stage."""
        return any(sheet.is_dated for sheet in (self, *self.phases))

    def phase_sum(self, name: str) -> float:
        """Return a figure summed over the phases; NaN without phases or where one is silent."""
        figures = [phase.number(name) for phase in self.phases]
        if not figures or not np.isfinite(figures).all():
            return math.nan
        return total_as_written(figures)

    def _total(self, name: str) -> float:
        own = self.number(name)
        return self.phase_sum(name) if math.isnan(own) else own

    def disagreements(self) -> tuple[tuple[str, float, float], ...]:
        """Return the fields whose total is not the sum of its phases, with both figures."""
        found = []
        for name in ("households", "elder_floor_area_m2"):
            own, phases = self.number(name), self.phase_sum(name)
            if math.isfinite(own) and math.isfinite(phases) and own != phases:
                found.append((name, own, phases))
        return tuple(found)
