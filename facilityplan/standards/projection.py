"""Elders and persons from a base year to a horizon, and what the clauses require at both.

Whose elders they are is always said: 60, 65 or 80 and over, resident or registered. A projection
is a growth rate applied to a base figure, never more; where nobody gives a rate there is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from facilityplan.standards.model import Clause, Document

BASES: Final = (
    "elders_60",
    "elders_65",
    "elders_80",
    "registered_elders_60",
    "population",
    "registered_population",
)
"""Definitions of who is counted: columns of the zones, and of a clause's basis."""


@dataclass(frozen=True)
class Figure:
    """Persons of one definition in one year, as a document gives them.

    ``at_least`` where the document says only that they are more than that.
    """

    basis: str
    year: int
    persons: float
    clause_id: str
    at_least: bool = False


@dataclass(frozen=True)
class Growth:
    """A yearly rate and where it is from: two figures of a document, or who asks."""

    basis: str
    rate: float
    source: str
    at_least: bool = False


@dataclass(frozen=True)
class Projection:
    """Persons at a base year and at a horizon; ``persons`` is ``None`` without a rate."""

    basis: str
    base_year: int
    base_persons: float
    year: int
    persons: float | None
    growth: Growth | None


@dataclass(frozen=True)
class Requirement:
    """What a clause requires of one place at the base year and at the horizon.

    Parameters
    ----------
    unit
        ``beds`` or ``m2``.
    base_required, required
        At the base year and at the horizon; ``None`` where the persons are not known.
    """

    clause_id: str
    place: str
    unit: str
    projection: Projection | None
    base_required: float | None
    required: float | None


def figures_of(document: Document) -> tuple[Figure, ...]:
    """Return the persons that a document counts or expects, by definition and year."""
    found = [
        Figure(
            basis,
            clause.base_year,
            clause.base_value,
            clause.id,
            clause.comparator is not None and clause.comparator.wants_more,
        )
        for clause in document.clauses
        if clause.unit == "persons" and clause.base_value and clause.base_year is not None
        if (basis := clause.basis.elders or clause.basis.persons) is not None
    ]
    return tuple(sorted(found, key=lambda item: (item.basis, item.year, item.clause_id)))


def growth_of(figures: Iterable[Figure]) -> dict[str, Growth]:
    """Return the yearly growth between the first and the last figure of each definition."""
    series: dict[str, list[Figure]] = {}
    for item in figures:
        series.setdefault(item.basis, []).append(item)
    found: dict[str, Growth] = {}
    for basis, items in series.items():
        first, last = min(items, key=lambda i: i.year), max(items, key=lambda i: i.year)
        if first.year < last.year:
            rate = yearly_rate(first.persons, first.year, last.persons, last.year)
            source = f"{first.clause_id}, {last.clause_id}"
            found[basis] = Growth(basis, rate, source, last.at_least)
    return found


def yearly_rate(first: float, first_year: int, last: float, last_year: int) -> float:
    """Return the yearly rate at which a figure grows to another.

    Raises
    ------
    ValueError
        If the years are not in order or a figure is not positive.
    """
    if first <= 0 or last <= 0 or first_year >= last_year:
        raise ValueError(f"{first} in {first_year}, {last} in {last_year}")
    return float((last / first) ** (1 / (last_year - first_year)) - 1)


def project(
    basis: str, base_persons: float, base_year: int, year: int, growth: Growth | None
) -> Projection:
    """Return persons at a later year by a yearly rate; none without a rate.

    Raises
    ------
    ValueError
        If the horizon lies before the base year.
    """
    if year < base_year:
        raise ValueError(f"{year} is before {base_year}")
    if year == base_year:
        return Projection(basis, base_year, base_persons, year, base_persons, growth)
    persons = None if growth is None else base_persons * (1 + growth.rate) ** (year - base_year)
    return Projection(basis, base_year, base_persons, year, persons, growth)


def required(clause: Clause, persons: float) -> tuple[float, str] | None:
    """Return what a clause requires for so many persons, with its unit; ``None`` if not by person.

    Raises
    ------
    ValueError
        If the persons are not a finite number of zero or more.
    """
    if not (math.isfinite(persons) and persons >= 0):
        raise ValueError(f"{persons} persons")
    if clause.value is None:
        return None
    whole = Fraction(repr(float(clause.value))) * Fraction(repr(float(persons)))
    if clause.measure == "beds_per_1000":
        return float(whole / 1000), "beds"
    if clause.measure == "land_per_person":
        return float(whole), "m2"
    return None


def basis_of(clause: Clause) -> str | None:
    """Return whom a clause counts; ``None`` where it counts no persons."""
    return clause.basis.elders or clause.basis.persons


def requirement(
    clause: Clause,
    place: str,
    persons: Mapping[str, float],
    *,
    base_year: int,
    horizon: int,
    growth: Mapping[str, Growth],
) -> Requirement | None:
    """Return what a clause requires of a place now and at the horizon; ``None`` if not by person.

    Parameters
    ----------
    persons
        Persons of the place at the base year, by definition; NaN or absent where unknown.
    growth
        Yearly growth, by definition.
    """
    basis = basis_of(clause)
    unit = required(clause, 0.0)
    if basis is None or unit is None:
        return None
    base = persons.get(basis, math.nan)
    if not (math.isfinite(base) and base > 0):
        return Requirement(clause.id, place, unit[1], None, None, None)
    ahead = project(basis, base, base_year, horizon, growth.get(basis))
    now = required(clause, base)
    then = None if ahead.persons is None else required(clause, ahead.persons)
    return Requirement(
        clause.id,
        place,
        unit[1],
        ahead,
        None if now is None else now[0],
        None if then is None else then[0],
    )
