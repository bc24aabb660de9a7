"""Notices: facts about the data that bear on the figures, each with the rows it speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from facilityplan.checks import Context, Finding
from facilityplan.crs.detective import Verdict
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
        *_standards(context),
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


def _standards(context: Context) -> Iterator[Notice]:
    """Clauses that do not hold at the judging date, and documents none of whose clauses do."""
    aside = tuple(sorted(item.clause_id for item in context.standards.not_in_force))
    if aside:
        yield Notice("clauses_not_in_force", "standards", aside)
    if not context.standards.clauses():
        yield Notice("no_clause_in_force", "standards")


def without_attributes(choices: Iterable[Mapping[str, Any]]) -> list[Notice]:
    """Return which layers have rows that their table of attributes says nothing of.

    Parameters
    ----------
    choices
        What was settled while reading, one entry a file.
    """
    return [
        Notice(
            "rows_without_attributes",
            choice["layer"],
            (),
            {"rows": choice["without_attributes"], "total": choice["rows"], "file": choice["path"]},
        )
        for choice in choices
        if choice["without_attributes"]
    ]


def datums(choices: Iterable[Mapping[str, Any]]) -> list[Notice]:
    """Return which layers lie otherwise than declared, though the project confirms them.

    Parameters
    ----------
    choices
        What was settled while reading, one entry a file.
    """
    return [
        Notice(
            "datum_contradicted",
            choice["layer"],
            (),
            {
                "file": choice["path"],
                "declared": choice["datum"] or choice["crs"],
                "named": choice["datum_check"]["named"],
                "reason": choice["datum_confirmed"],
            },
        )
        for choice in choices
        if choice.get("datum_check", {}).get("verdict") == Verdict.CONTRADICTS
    ]


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
