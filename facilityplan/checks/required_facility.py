"""Facility required by tier: so many of a kind in every zone of a level, each with so many beds."""

from __future__ import annotations

from typing import Any

import numpy as np

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, doubt_of, judged, not_applicable, undecided
from facilityplan.standards import Adoption, Comparator


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each zone and kind of facility that a clause requires there."""
    if not context.city.has("zones"):
        return []
    findings: list[Finding] = []
    for row, unit in enumerate(context.zone_units()):
        for adoption in context.binding("required_facility", unit):
            ref = context.zone_ref(row)
            doubt = doubt_of(adoption)
            if doubt is not None:
                findings.append(undecided(adoption, ref, doubt))
            elif not context.city.has("facilities"):
                findings.append(undecided(adoption, ref, "reason.no_facilities_layer"))
            else:
                findings.append(_judge(context, adoption, row))
    return findings


def _judge(context: Context, adoption: Adoption, row: int) -> Finding:
    city, clause = context.city, adoption.clause
    ref = context.zone_ref(row)
    evidence: dict[str, Any] = {}
    trigger = clause.parameters.get("trigger_households")
    if trigger is not None:
        known, exact = zone_households(context, row)
        comparator = Comparator(clause.parameters["trigger_comparator"])
        evidence = {"households": known, "households_exact": exact}
        if not comparator.holds(known, float(trigger)):
            if not exact:
                return undecided(
                    adoption,
                    ref,
                    "reason.zone_households_unknown",
                    required=clause.limit,
                    evidence=evidence,
                )
            return not_applicable(
                adoption, ref, "reason.below_trigger", evidence, households=known, limit=trigger
            )
    counted, doubtful, facilities = _count(context, adoption, row)
    evidence |= {"facilities": facilities, "min_beds": clause.parameters.get("min_beds")}
    if not clause.holds(float(counted)) and (doubtful or not city.facilities_complete):
        reason = "reason.facility_undescribed" if doubtful else "reason.facilities_incomplete"
        return undecided(
            adoption,
            ref,
            reason,
            required=clause.limit,
            value=float(counted),
            evidence=evidence,
            facility="、".join(doubtful),
        )
    with_beds = "min_beds" in clause.parameters
    return judged(
        adoption,
        ref,
        value=float(counted),
        required=clause.limit,
        formula={
            "id": "formula.facilities_with_beds" if with_beds else "formula.count",
            "min_beds": clause.parameters.get("min_beds", 0),
        },
        evidence=evidence,
    )


def _count(
    context: Context, adoption: Adoption, row: int
) -> tuple[int, list[str], list[dict[str, Any]]]:
    """Return how many facilities count, those that may, and all of the kind with their beds."""
    city, clause = context.city, adoption.clause
    selection = context.selection(clause)
    inside = context.facilities_of_zone(row)
    least = clause.parameters.get("min_beds")
    beds = city.facilities["beds"].to_numpy(dtype=float)
    counted, doubtful, shown = 0, [], []
    for at in inside.tolist():
        if not (selection.counting[at] or selection.undecided[at]):
            continue
        name = context.cells("facilities", "id")[at]
        enough = least is None or (np.isfinite(beds[at]) and beds[at] >= least)
        unknown = least is not None and not np.isfinite(beds[at])
        if selection.counting[at]:
            shown.append({"facility": name, "beds": float(beds[at])})
            counted += int(enough)
        if unknown or (selection.undecided[at] and enough):
            doubtful.append(name)
    return counted, doubtful, shown


def zone_households(context: Context, row: int) -> tuple[float, bool]:
    """Return a zone's households as far as known, and whether all are.

    The zone's own figure wins; else the sum of its residences.
    """
    zones = context.city.zones
    own = float(zones["households"].iloc[row])
    if np.isfinite(own):
        return own, True
    if not context.city.has("residences"):
        return 0.0, False
    inside = context.residences_of_zone().get(row, [])
    households = context.city.residences["households"].to_numpy(dtype=float)[inside]
    known = np.isfinite(households)
    return float(households[known].sum()), bool(known.all()) and len(inside) > 0
