"""Figures that contradict each other or what is plausible."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from typing import Any, Final

import numpy as np

from facilityplan.doctor.parts import Part
from facilityplan.doctor.problems import Problem, Severity, found
from facilityplan.doctor.thresholds import threshold

PARTS_OF: Final = (
    ("zones", "elders_60", "population"),
    ("zones", "elders_65", "elders_60"),
    ("zones", "elders_80", "elders_65"),
    ("zones", "registered_elders_60", "registered_population"),
    ("zones", "supported_persons", "population"),
    ("residences", "elders", "population"),
    ("facilities", "nursing_beds", "beds"),
    ("facilities", "residents", "beds"),
    ("facilities", "beds_added", "beds"),
)
"""Layer, a part, and the whole that it cannot exceed."""

ORDER_OF: Final = (("residences", "approved", "completed"),)
"""Layer, a date, and the date that cannot come before it."""


def count_problems(part: Part, bed_kinds: Collection[str], as_of: dt.date) -> list[Problem]:
    """Return what contradicts itself in the rows of one part.

    Parameters
    ----------
    part
        Zones, residences or facilities; of other layers nothing is said.
    bed_kinds
        Kinds of facility that people live in: without beds they are none.
    as_of
        The judging date.
    """
    problems: list[Problem] = []
    for layer, small, whole in PARTS_OF:
        if part.layer == layer:
            problems += _exceeding(part, small, whole)
    if part.layer in {"zones", "residences"}:
        problems += _households(part)
    if part.layer == "facilities":
        problems += _beds(part, bed_kinds)
    for layer, earlier, later in ORDER_OF:
        if part.layer == layer:
            problems += _dates(part, earlier, later)
    problems += _ahead(part, as_of)
    return problems


def _numbers(part: Part, name: str) -> list[float]:
    cells = part.column(name)
    return [float(cell) for cell in cells] if cells else [math.nan] * len(part.frame)


def _exceeding(part: Part, small: str, whole: str) -> list[Problem]:
    pairs = zip(_numbers(part, small), _numbers(part, whole), strict=True)
    return [
        found(
            "part_exceeds_whole",
            Severity.WARNING,
            part,
            position,
            column=small,
            value=f"{few:g}",
            few=few,
            many=many,
            whole=part.headers.get(whole, whole),
        )
        for position, (few, many) in enumerate(pairs)
        if few > many
    ]


def _households(part: Part) -> list[Problem]:
    """Persons in a household outside what is plausible; nobody in none is."""
    plausible = threshold("persons_per_household")
    problems: list[Problem] = []
    pairs = zip(_numbers(part, "population"), _numbers(part, "households"), strict=True)
    for position, (persons, households) in enumerate(pairs):
        if math.isnan(persons) or math.isnan(households) or persons == households == 0:
            continue
        rate = persons / households if households else math.inf
        if not plausible.holds(rate):
            problems.append(
                found(
                    "persons_per_household",
                    Severity.WARNING,
                    part,
                    position,
                    column="households",
                    value=f"{households:g}",
                    households=households,
                    persons=persons,
                    low=plausible.low,
                    high=plausible.high,
                )
            )
    return problems


def _beds(part: Part, bed_kinds: Collection[str]) -> list[Problem]:
    plausible = threshold("floor_area_per_bed_m2")
    problems: list[Problem] = []
    rows = zip(
        part.column("kind"),
        part.column("status"),
        _numbers(part, "beds"),
        _numbers(part, "floor_area_m2"),
        strict=True,
    )
    for position, (kind, status, beds, area_m2) in enumerate(rows):
        if status == "closed" or math.isnan(beds):
            continue
        if beds == 0:
            if kind in bed_kinds:
                problems.append(
                    found("beds_none", Severity.WARNING, part, position, column="beds", value="0")
                )
            continue
        rate = area_m2 / beds
        if not math.isnan(rate) and not plausible.holds(rate):
            problems.append(
                found(
                    "floor_area_per_bed",
                    Severity.WARNING,
                    part,
                    position,
                    column="floor_area_m2",
                    value=f"{area_m2:g}",
                    area_m2=area_m2,
                    beds=beds,
                    rate_m2=float(np.round(rate, 1)),
                    low=plausible.low,
                    high=plausible.high,
                )
            )
    return problems


def _dates(part: Part, earlier: str, later: str) -> list[Problem]:
    problems: list[Problem] = []
    pairs = zip(part.column(earlier), part.column(later), strict=True)
    for position, (before, after) in enumerate(pairs):
        if before is not None and after is not None and after < before:
            problems.append(
                found(
                    "dates_in_wrong_order",
                    Severity.WARNING,
                    part,
                    position,
                    column=later,
                    value=after.isoformat(),
                    before=before.isoformat(),
                    after=after.isoformat(),
                    other=part.headers.get(earlier, earlier),
                )
            )
    return problems


_DONE: Final = (
    ("facilities", "status", "operating", "opened"),
    ("residences", "status", "existing", "completed"),
)
"""Layer, column, the word that says it is there, and the date since when."""


def _ahead(part: Part, as_of: dt.date) -> list[Problem]:
    """Return what is said to be there and will be only after the judging date."""
    problems: list[Problem] = []
    for layer, column, word, date in _DONE:
        if part.layer != layer:
            continue
        pairs: Any = zip(part.column(column), part.column(date), strict=True)
        for position, (status, when) in enumerate(pairs):
            if status == word and when is not None and when > as_of:
                problems.append(
                    found(
                        "date_ahead",
                        Severity.WARNING,
                        part,
                        position,
                        column=date,
                        value=when.isoformat(),
                        when=when.isoformat(),
                        as_of=as_of.isoformat(),
                    )
                )
    return problems
