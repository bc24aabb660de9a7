"""Beds per 1000 elders, or per 1000 persons, of a zone or of a named area made of zones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, UnitRef, doubt_of, judged, undecided
from facilityplan.provision import beds
from facilityplan.standards import Adoption, Unit

MEASURE = "beds_per_1000"
OTHER_AGES = ("elders_60", "elders_65", "elders_80", "registered_elders_60")


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each zone, and each named area, that a bed clause speaks of."""
    if not context.city.has("zones"):
        return []
    findings: list[Finding] = []
    for row, unit in enumerate(context.zone_units()):
        for adoption in context.binding(MEASURE, unit):
            if adoption.clause.applies_to.area is None:
                ref = context.zone_ref(row)
                findings.append(_zone(context, adoption, ref, [row]))
    areas = {clause.applies_to.area for clause in context.standards.clauses(MEASURE)} - {None}
    for area in sorted(str(name) for name in areas):
        findings.extend(_area(context, area))
    return findings


def _area(context: Context, area: str) -> list[Finding]:
    """Judge an area that a document names and the project says the zones of."""
    zones = context.city.zones
    named = set(context.city.named_areas.get(area, ()))
    rows = [row for row, zone in enumerate(zones["id"]) if zone in named]
    ref = UnitRef("zone", area, area, int(zones["row"].iloc[rows[0]]) if rows else 0)
    adopted = context.binding(MEASURE, Unit(areas=frozenset({area})))
    own = [item for item in adopted if item.clause.applies_to.area == area]
    if len(rows) != len(named) or not rows:
        return [undecided(item, ref, "reason.area_not_named", area=area) for item in own]
    return [_zone(context, item, ref, rows) for item in own]


def _zone(context: Context, adoption: Adoption, ref: UnitRef, rows: Sequence[int]) -> Finding:
    city, clause = context.city, adoption.clause
    doubt = doubt_of(adoption)
    if doubt is not None:
        return undecided(adoption, ref, doubt)
    if not city.has("facilities"):
        return undecided(adoption, ref, "reason.no_facilities_layer", required=clause.limit)
    basis = clause.basis.elders or clause.basis.persons or ""
    persons = city.zones[basis].to_numpy(dtype=float)[list(rows)] if basis else np.asarray([np.nan])
    inside = np.unique(np.concatenate([context.facilities_of_zone(row) for row in rows]))
    found = beds(inside, city.facilities, context.selection(clause))
    total = float(persons.sum())
    evidence = _evidence(context, rows, found.parts, basis)
    if not np.isfinite(total) or total <= 0:
        return undecided(
            adoption,
            ref,
            "reason.persons_unknown",
            required=clause.limit,
            evidence=evidence,
            basis=basis,
        )
    value = found.known * 1000.0 / total
    if not clause.holds(value) and not (found.is_exact and city.facilities_complete):
        reason = "reason.facilities_incomplete" if found.is_exact else "reason.beds_unknown"
        return undecided(
            adoption,
            ref,
            reason,
            required=clause.limit,
            evidence=evidence,
            facilities="、".join(found.missing),
        )
    return judged(
        adoption,
        ref,
        value=value,
        required=clause.limit,
        formula={"id": "formula.beds", "beds": found.known, "persons": total, "basis": basis},
        evidence={**evidence, "beds_required": clause.limit * total / 1000.0},
    )


def _evidence(
    context: Context, rows: Sequence[int], parts: Sequence[tuple[str, float]], basis: str
) -> dict[str, Any]:
    """Show the beds counted and the same beds over the other definitions of an elder."""
    zones = context.city.zones.iloc[list(rows)]
    total = sum(number for _, number in parts)
    others: dict[str, float] = {}
    for column in OTHER_AGES:
        persons = float(zones[column].to_numpy(dtype=float).sum())
        if column != basis and np.isfinite(persons) and persons > 0:
            others[column] = total * 1000.0 / persons
    return {
        "basis": basis,
        "beds": total,
        "facilities": [{"facility": name, "beds": number} for name, number in parts],
        **({"other_bases": others} if others else {}),
    }
