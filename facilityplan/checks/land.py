"""Land for elder care per person: planned parcels of the uses that a clause names, over all ages."""

from __future__ import annotations

from typing import Any

import numpy as np

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, doubt_of, judged, undecided
from facilityplan.provision import as_written, land_of
from facilityplan.standards import Adoption


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each zone that a land clause speaks of."""
    if not context.city.has("zones"):
        return []
    findings: list[Finding] = []
    for row, unit in enumerate(context.zone_units()):
        findings.extend(
            _judge(context, adoption, row) for adoption in context.binding("land_per_person", unit)
        )
    return findings


def _judge(context: Context, adoption: Adoption, row: int) -> Finding:
    city, clause = context.city, adoption.clause
    ref = context.zone_ref(row)
    doubt = doubt_of(adoption)
    if doubt is not None:
        return undecided(adoption, ref, doubt)
    evidence = _facility_land(context, row)
    if not city.has("parcels"):
        return undecided(
            adoption, ref, "reason.no_parcels_layer", required=clause.limit, evidence=evidence
        )
    basis = clause.basis.persons or ""
    persons = float(city.zones[basis].iloc[row]) if basis else np.nan
    found = land_of(
        city.zones.geometry.iloc[row], city.layer("parcels"), clause.parameters["land_uses"]
    )
    evidence |= {
        "basis": basis,
        "parcels": [{"id": name, "area_m2": m2} for name, m2 in found.parts],
    }
    if not np.isfinite(persons) or persons <= 0:
        return undecided(
            adoption,
            ref,
            "reason.persons_unknown",
            required=clause.limit,
            evidence=evidence,
            basis=basis,
        )
    return judged(
        adoption,
        ref,
        value=float(as_written(found.known) / as_written(persons)),
        required=clause.limit,
        formula={"id": "formula.land", "land": found.known, "persons": persons},
        evidence={**evidence, "land_required_m2": clause.limit * persons},
    )


def _facility_land(context: Context, row: int) -> dict[str, Any]:
    """Show the land of the facilities standing in the zone beside the planned land."""
    city = context.city
    if not city.has("facilities"):
        return {}
    inside = context.facilities_within([row])
    land = city.facilities["land_area_m2"].to_numpy(dtype=float)[inside]
    return {
        "facility_land_m2": float(np.nansum(land)),
        "facilities_without_land": int(np.isnan(land).sum()),
    }
