"""Figures of a sheet that cannot both be right: told, and the doubtful one counts as not given."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

from facilityplan.schemes.model import Scheme


@dataclass(frozen=True)
class Contradiction:
    """A field whose figure cannot be, and the one that it contradicts.

    Parameters
    ----------
    field
        The one that counts as not given.
    value
        Its figure.
    other, limit
        The field beside it, and its figure.
    """

    field: str
    value: float
    other: str
    limit: float


NOT_ABOVE: Final = (
    ("smallest_unit_m2", "elder_floor_area_m2"),
    ("residential_floor_area_m2", "total_floor_area_m2"),
    ("households", "community_households"),
)
"""A part and the whole that it lies in. A station is not among them: sheets give it within the
premises or beside them."""

DOUBTED: Final = {"households": "community_households"}
"""What counts as not given where that is not the part itself: a decisive figure is kept."""


def contradictions(scheme: Scheme) -> list[Contradiction]:
    """Return the pairs of figures of a sheet that cannot both be right."""
    figures = {
        "households": scheme.households,
        "elder_floor_area_m2": scheme.elder_floor_area_m2,
    }

    def figure(name: str) -> float:
        return figures.get(name, scheme.number(name))

    found = []
    for part, whole in NOT_ABOVE:
        if figure(part) > figure(whole):
            field = DOUBTED.get(part, part)
            other = whole if field == part else part
            found.append(Contradiction(field, figure(field), other, figure(other)))
    area = scheme.elder_floor_area_m2
    if scheme.premises == 0 and area > 0:
        found.append(Contradiction("premises", 0.0, "elder_floor_area_m2", area))
    return found


def without_contradictions(scheme: Scheme) -> Scheme:
    """Return a scheme without the figures that cannot be; what needs one is insufficient data."""
    doubted = {item.field for item in contradictions(scheme)}
    if not doubted:
        return scheme
    kept = {name: value for name, value in scheme.values.items() if name not in doubted}
    return dataclasses.replace(scheme, values=kept)
