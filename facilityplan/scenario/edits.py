"""A base plus edits, and the difference between two assessments."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from facilityplan.checks import Finding, Verdict
from facilityplan.layers import City, conform, stack


@dataclass(frozen=True)
class AddedFacility:
    """A facility that is not there yet: its place in metres, and nothing but its place and kind.

    Floor area and beds are 0, so that only what the place itself mends is counted.
    """

    id: str
    kind: str
    x: float
    y: float


@dataclass(frozen=True)
class Change:
    """A verdict that differs between two assessments of the same units."""

    before: Finding
    after: Finding


def with_facilities(city: City, added: Sequence[AddedFacility]) -> City:
    """Return the city with facilities added, in operation; the city itself is left as it is."""
    if not added:
        return city
    frame = gpd.GeoDataFrame(
        {
            "id": [item.id for item in added],
            "kind": [item.kind for item in added],
            "status": ["operating"] * len(added),
            "floor_area_m2": np.zeros(len(added)),
            "beds": np.zeros(len(added)),
        },
        geometry=shapely.points([[item.x, item.y] for item in added]),
        crs=city.crs,
    )
    kinds: dict[str, Any] = {item.kind: () for item in added}
    new = conform(frame, "facilities", kinds=kinds)
    parts = [city.facilities, new] if city.has("facilities") else [new]
    together = stack(parts, city.crs)
    return dataclasses.replace(city, layers={**city.layers, "facilities": together})


def changes(before: Sequence[Finding], after: Sequence[Finding]) -> list[Change]:
    """Return the findings whose verdict differs, in the order of ``after``."""
    known = {(item.clause_id, item.unit_kind, item.unit_id): item for item in before}
    found: list[Change] = []
    for item in after:
        old = known.get((item.clause_id, item.unit_kind, item.unit_id))
        if old is not None and old.verdict is not item.verdict:
            found.append(Change(old, item))
    return found


def mended(found: Sequence[Change]) -> list[Finding]:
    """Return the findings that turned from a miss into a pass."""
    return [
        item.after
        for item in found
        if item.before.verdict is Verdict.NON_COMPLIANT and item.after.verdict is Verdict.COMPLIANT
    ]
