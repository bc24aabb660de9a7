"""Beds for the supported persons (特困) of a zone who want to live in a home."""

from __future__ import annotations

import numpy as np

from facilityplan.checks.context import Context
from facilityplan.checks.counting import beds_column, counted, figures, shown
from facilityplan.checks.finding import Finding, undecided
from facilityplan.checks.regions import Region, judge_regions
from facilityplan.checks.spans import Span, judged_within, listed
from facilityplan.standards import Adoption

PERSONS = "supported_persons"


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each region that has to house its supported persons."""
    return judge_regions(context, "beds_for_supported", _judge)


def _judge(context: Context, adoption: Adoption, region: Region) -> Finding:
    city, clause = context.city, adoption.clause
    rows = context.facilities_within(region.zones)
    amounts = figures(city.facilities, beds_column(clause)).of(counted(context, clause))
    beds = amounts.total(rows, complete=city.facilities_complete)
    persons = float(city.zones[PERSONS].to_numpy(dtype=float)[list(region.zones)].sum())
    evidence = {**shown(context, rows, amounts, "beds"), "beds": beds.low}
    if not np.isfinite(persons) or persons <= 0:
        nobody = np.isfinite(persons)
        reason = "reason.nobody_supported" if nobody else "reason.supported_unknown"
        return undecided(adoption, region.unit, reason, required=clause.limit, evidence=evidence)
    missing = evidence.get("missing", [])
    names = missing if isinstance(missing, list) else []
    return judged_within(
        adoption,
        region.unit,
        Span(beds.low / persons, beds.high / persons),
        formula={"id": "formula.beds_for_supported", "beds": beds.low, "persons": persons},
        evidence={**evidence, "persons": persons, "beds_required": clause.limit * persons},
        doubt={
            "id": "reason.beds_unknown" if names else "reason.facilities_incomplete",
            "facilities": listed(names),
        },
    )
