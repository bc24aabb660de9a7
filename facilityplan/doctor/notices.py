"""Notices: facts about the data that bear on the figures, each with the rows it speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from facilityplan.checks import Context, Finding
from facilityplan.layers import City
from facilityplan.network import Network

PREMISES_MEASURE = "floor_area_per_100_households"


@dataclass(frozen=True)
class Notice:
    """One fact about the data.

    Parameters
    ----------
    id
        Message id below ``notice`` in the catalogue.
    layer
        Layer it speaks of.
    ids
        Objects it speaks of.
    parameters
        Figures for the sentence.
    """

    id: str
    layer: str
    ids: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "id": self.id,
            "layer": self.layer,
            "ids": list(self.ids),
            "parameters": dict(self.parameters),
        }


def inspect(context: Context, findings: list[Finding]) -> list[Notice]:
    """Return what is worth knowing about a city's data, in a fixed order."""
    found = [
        *_premises(context),
        *_undescribed(context.city),
        *_placeless(context),
        *_roads(context.network),
    ]
    off = tuple(
        sorted({item.unit_id for item in findings if item.evidence.get("off_network") is True})
    )
    if off:
        limit = context.city.snap_limit_m
        found.append(Notice("off_network", "residences", off, {"limit_m": limit}))
    return found


def _premises(context: Context) -> Iterator[Notice]:
    """Premises that name no residence and lie in none count for none."""
    if not (context.city.has("residences") and context.city.has("facilities")):
        return
    ids = context.city.facilities["id"]
    loose: set[str] = set()
    for clause in context.standards.clauses(PREMISES_MEASURE):
        loose |= {ids.iloc[row] for row in context.attribution(clause).unattributed}
    if loose:
        yield Notice("premises_without_residence", "facilities", tuple(sorted(loose)))


def _undescribed(city: City) -> Iterator[Notice]:
    if not city.has("facilities"):
        return
    for column in ("kind", "status"):
        absent = city.facilities["id"][city.facilities[column].isna()]
        if len(absent):
            name = f"facilities_without_{column}"
            yield Notice(name, "facilities", tuple(sorted(absent)))


def _placeless(context: Context) -> Iterator[Notice]:
    if not (context.city.has("residences") and context.city.has("zones")):
        return
    ids = context.city.residences["id"].to_numpy(dtype=object)
    outside = [ids[row] for row, chain in enumerate(context.zone_chain()) if not chain]
    if outside:
        yield Notice("residences_outside_zones", "residences", tuple(sorted(outside)))


def _roads(network: Network | None) -> Iterator[Notice]:
    if network is None:
        return
    report = network.report
    if report.components > 1:
        yield Notice(
            "roads_in_pieces",
            "roads",
            (),
            {
                "components": int(report.components),
                "largest_share": float(np.round(report.largest_share, 6)),
            },
        )
    if report.unknown_classes:
        yield Notice("unknown_road_classes", "roads", tuple(sorted(report.unknown_classes)))
    if report.lengthless_parts:
        yield Notice("roads_without_length", "roads", (), {"parts": int(report.lengthless_parts)})
    if report.excluded_rows:
        yield Notice("roads_not_walkable", "roads", (), {"rows": int(report.excluded_rows)})
