"""What the clauses require for the persons of a project's zones, now and at its horizon."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from facilityplan import locale
from facilityplan.checks import Context
from facilityplan.checks.wording import figure
from facilityplan.project.results import html_table
from facilityplan.standards.projection import (
    BASES,
    Growth,
    Requirement,
    figures_of,
    growth_of,
    requirement,
)
from facilityplan.units import format_number

MEASURES = ("beds_per_1000", "land_per_person")


@dataclass(frozen=True)
class RequirementsResult:
    """Requirements at base and horizon side by side; shows itself as a table."""

    requirements: tuple[Requirement, ...]
    lang: str

    def table(self) -> pd.DataFrame:
        """Return one row for each clause and zone: persons and requirement, now and then."""
        names = ("clause", "place", "basis", "base", "base_required", "horizon", "required", "how")
        header = {name: locale.text(f"requirements.{name}", self.lang) for name in names}
        rows = [self._row(item) for item in self.requirements]
        return pd.DataFrame({header[name]: [row[name] for row in rows] for name in names})

    def _row(self, item: Requirement) -> dict[str, str]:
        ahead = item.projection
        row = {
            "clause": item.clause_id,
            "place": item.place,
            "base_required": figure(item.base_required, item.unit, self.lang),
            "required": figure(item.required, item.unit, self.lang),
        }
        if ahead is None:
            unknown = locale.text("requirements.unknown", self.lang)
            return {**row, "basis": "—", "base": "—", "horizon": "—", "how": unknown}
        then = "—" if ahead.persons is None else format_number(ahead.persons, 0)
        how = locale.text("requirements.no_rate", self.lang)
        if ahead.growth is not None:
            how = locale.text(
                "requirements.rate_at_least" if ahead.growth.at_least else "requirements.rate",
                self.lang,
                rate=format_number(ahead.growth.rate * 100, 2),
                source=ahead.growth.source,
            )
        return {
            **row,
            "basis": locale.text(f"basis.{ahead.basis}", self.lang),
            "base": f"{ahead.base_year}: {format_number(ahead.base_persons, 0)}",
            "horizon": f"{ahead.year}: {then}",
            "how": how,
        }

    def _repr_html_(self) -> str:
        return html_table(self.table(), locale.text("requirements.title", self.lang))


def requirements_of(
    context: Context, growth: Mapping[str, float] | None = None
) -> tuple[Requirement, ...]:
    """Return what the clauses by person require of each zone that they speak of.

    The persons are those of the zones layer, taken as of the judging date; the horizon is the
    project's. A rate given wins; else the one between two figures of the documents; else there is
    no projection.

    Parameters
    ----------
    growth
        Yearly rates by definition of persons, ``{"elders_60": 0.03}``.

    Raises
    ------
    ValueError
        If a rate is for no known definition, or the horizon lies before the judging date.
    """
    city = context.city
    strangers = sorted(set(growth or {}) - set(BASES))
    if strangers:
        raise ValueError(f"{', '.join(strangers)}: {', '.join(BASES)}")
    if not city.has("zones"):
        return ()
    figures = [item for doc in context.standards.documents for item in figures_of(doc)]
    given = {name: Growth(name, rate, "given") for name, rate in (growth or {}).items()}
    rates = {**growth_of(figures), **given}
    base_year = city.as_of.year
    found: list[Requirement] = []
    for row, unit in enumerate(context.zone_units()):
        persons = {name: float(context.cells("zones", name)[row] or math.nan) for name in BASES}
        for measure in MEASURES:
            for adoption in context.binding(measure, unit):
                item = requirement(
                    adoption.clause,
                    context.zone_ref(row).name,
                    persons,
                    base_year=base_year,
                    horizon=city.horizon or base_year,
                    growth=rates,
                )
                if item is not None:
                    found.append(item)
    return tuple(sorted(found, key=lambda item: (item.clause_id, item.place)))
