"""Beds per 1000 elders, or per 1000 persons, of a zone or of a named area made of zones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from facilityplan.checks.context import Context
from facilityplan.checks.counting import beds_column, counted, figures, shown
from facilityplan.checks.finding import Finding, undecided
from facilityplan.checks.regions import Region, judge_regions
from facilityplan.checks.spans import Span, judged_within, listed
from facilityplan.standards import Adoption, Clause

MEASURE = "beds_per_1000"
OTHER_AGES = ("elders_60", "elders_65", "elders_80", "registered_elders_60")


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each zone, and each named area, that a bed clause speaks of."""
    return judge_regions(context, MEASURE, _judge)


def _judge(context: Context, adoption: Adoption, region: Region) -> Finding:
    city, clause = context.city, adoption.clause
    zones = list(region.zones)
    basis = clause.basis.elders or clause.basis.persons or ""
    persons = city.zones[basis].to_numpy(dtype=float)[zones] if basis else np.asarray([np.nan])
    rows = context.facilities_within(zones)
    amounts = figures(city.facilities, beds_column(clause)).of(counted(context, clause))
    beds = amounts.total(rows, complete=city.facilities_complete)
    total = float(persons.sum())
    counts = shown(context, rows, amounts, "beds")
    evidence = {
        "basis": basis,
        "beds": beds.low,
        **({"beds_of": clause.basis.beds} if clause.basis.beds else {}),
        **counts,
        **_other_bases(context, zones, beds.low, basis),
        **_implied(clause, beds.low),
    }
    if not np.isfinite(total) or total <= 0:
        return undecided(
            adoption,
            region.unit,
            "reason.persons_unknown",
            required=clause.limit,
            evidence=evidence,
            basis=basis,
        )
    if beds.high <= 0:
        # Nothing in the data says that there are beds at all: a table without them looks the same.
        return undecided(
            adoption,
            region.unit,
            "reason.no_beds_counted",
            required=clause.limit,
            evidence=evidence,
        )
    missing = counts.get("missing", [])
    return judged_within(
        adoption,
        region.unit,
        Span(beds.low * 1000.0 / total, beds.high * 1000.0 / total),
        formula={"id": "formula.beds", "beds": beds.low, "persons": total, "basis": basis},
        evidence={**evidence, "beds_required": clause.limit * total / 1000.0},
        doubt={
            "id": "reason.beds_unknown" if missing else "reason.facilities_incomplete",
            "facilities": listed(missing),
        },
    )


def _other_bases(context: Context, rows: Sequence[int], beds: float, basis: str) -> dict[str, Any]:
    """Show the same beds over the other definitions of an elder."""
    zones = context.city.zones.iloc[list(rows)]
    others: dict[str, float] = {}
    for column in OTHER_AGES:
        persons = float(zones[column].to_numpy(dtype=float).sum())
        if column != basis and np.isfinite(persons) and persons > 0:
            others[column] = beds * 1000.0 / persons
    return {"other_bases": others} if others else {}


def _implied(clause: Clause, beds: float) -> dict[str, Any]:
    """Show the same beds over the number of elders that the text's own figures come to."""
    persons = clause.parameters.get("implied_elders")
    if persons is None:
        return {}
    return {"implied_base": {"elders": persons, "value": beds * 1000.0 / persons}}
