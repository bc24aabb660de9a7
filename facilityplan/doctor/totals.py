"""Parts against their whole: zones against their parts, residences against zones, the census."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from facilityplan.doctor.parts import Part
from facilityplan.doctor.problems import Problem, Severity, found
from facilityplan.doctor.thresholds import threshold

ZONE_FIGURES: Final = (
    "population",
    "households",
    "elders_60",
    "elders_65",
    "elders_80",
    "registered_population",
    "registered_elders_60",
    "supported_persons",
)

RESIDENCE_FIGURES: Final = {"population": "population", "households": "households"}
"""Figure of a residence and of the zone that its residences add up to, or stay below."""


def total_problems(zones: Sequence[Part], residences: Sequence[Part]) -> list[Problem]:
    """Return zones whose parts or residences do not add up to what the zone says.

    Parts are added up only where each of them has the figure. Residences may be fewer than a zone
    has (people live elsewhere too), never more.
    """
    problems: list[Problem] = []
    children = _children(zones)
    lived = _lived(residences)
    for part in zones:
        for position in range(len(part.frame)):
            name = part.item(position)
            if name is None:
                continue
            for column in ZONE_FIGURES:
                whole = _figure(part, column, position)
                parts = [_figure(child, column, at) for child, at in children.get(name, [])]
                problems += _held(part, position, column, whole, parts)
            problems += _overfull(part, position, lived.get(name, {}))
    return problems


def census_problems(census: Sequence[Part], zones: Sequence[Part]) -> list[Problem]:
    """Return zones whose figures differ from the census table's, or that it does not know."""
    limit = threshold("total_share").high
    known = {part.item(n): (part, n) for part in zones for n in range(len(part.frame))}
    problems: list[Problem] = []
    for table in census:
        for position, zone in enumerate(table.column("zone")):
            if zone not in known:
                continue  # told as a reference
            part, at = known[zone]
            for column in ZONE_FIGURES:
                counted, own = _figure(table, column, position), _figure(part, column, at)
                if _apart(own, counted, limit):
                    problems.append(
                        found(
                            "against_census",
                            Severity.WARNING,
                            part,
                            at,
                            column=column,
                            value=f"{own:g}",
                            own=own,
                            counted=counted,
                            census=table.own.file,
                            census_row=int(table.own.rows[position]),
                        )
                    )
    return problems


def _children(zones: Sequence[Part]) -> Mapping[str, list[tuple[Part, int]]]:
    children: dict[str, list[tuple[Part, int]]] = defaultdict(list)
    for part in zones:
        for position, above in enumerate(part.column("parent")):
            if above is not None:
                children[above].append((part, position))
    return children


def _lived(residences: Sequence[Part]) -> dict[str, dict[str, float]]:
    """Return by zone the sums of what its residences say; unknown counts add nothing."""
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for part in residences:
        for position, zone in enumerate(part.column("zone")):
            if zone is None:
                continue
            for column in RESIDENCE_FIGURES:
                value = _figure(part, column, position)
                if not math.isnan(value):
                    sums[zone][column] += value
    return sums


def _figure(part: Part, column: str, position: int) -> float:
    if column not in part.frame.columns:
        return math.nan
    return float(part.frame[column].iloc[position])


def _apart(one: float, other: float, limit: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return False
    return abs(one - other) > limit * max(abs(one), abs(other))


def _held(
    part: Part, position: int, column: str, whole: float, parts: Sequence[float]
) -> list[Problem]:
    total = float(np.sum(parts)) if parts else math.nan
    if not _apart(whole, total, threshold("total_share").high):
        return []
    return [
        found(
            "parts_do_not_add_up",
            Severity.WARNING,
            part,
            position,
            column=column,
            value=f"{whole:g}",
            whole=whole,
            total=total,
            parts=len(parts),
        )
    ]


def _overfull(part: Part, position: int, sums: Mapping[str, float]) -> list[Problem]:
    limit = 1.0 + threshold("total_share").high
    problems: list[Problem] = []
    for column, zone_column in RESIDENCE_FIGURES.items():
        whole, total = _figure(part, zone_column, position), sums.get(column, math.nan)
        if total > whole * limit:
            problems.append(
                found(
                    "residences_exceed_zone",
                    Severity.WARNING,
                    part,
                    position,
                    column=zone_column,
                    value=f"{whole:g}",
                    whole=whole,
                    total=total,
                )
            )
    return problems
