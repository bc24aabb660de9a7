"""Occupancy: residents over beds of the facilities run so, in a region."""

from __future__ import annotations

import math

from facilityplan.checks.context import Context
from facilityplan.checks.counting import both, counted, figures, ids, run_by
from facilityplan.checks.finding import Finding, undecided
from facilityplan.checks.regions import Region, judge_regions
from facilityplan.checks.spans import Span, judged_within, listed
from facilityplan.provision import as_written
from facilityplan.standards import Adoption, Clause
from facilityplan.units import parse_number


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each region that a clause on occupancy speaks of."""
    return judge_regions(context, "occupancy", _judge)


def tolerance_of(context: Context, clause: Clause) -> float | None:
    """Return the tolerance to judge with: the user's, else the clause's own; else none."""
    chosen = context.city.readings.get(clause.id, {}).get("tolerance")
    if chosen is None and "tolerance" in clause.readings:
        chosen = clause.readings["tolerance"].default
    try:
        given = math.nan if chosen is None else parse_number(chosen)
    except ValueError:
        given = math.nan  # an answer in words gives no tolerance
    own = clause.parameters.get("tolerance")
    return own if math.isnan(given) else given


def _judge(context: Context, adoption: Adoption, region: Region) -> Finding:
    city, clause = context.city, adoption.clause
    selection = counted(context, clause)
    if "operators" in clause.parameters:
        selection = both(selection, run_by(city.facilities, clause.parameters["operators"]))
    rows = context.facilities_within(region.zones)
    beds = figures(city.facilities, "beds").of(selection)
    residents = figures(city.facilities, "residents").of(selection)
    beds_sum = beds.total(rows, complete=city.facilities_complete)
    residents_sum = residents.total(rows, complete=city.facilities_complete)
    doubtful = {*beds.doubtful(rows).tolist(), *residents.doubtful(rows).tolist()}
    missing = ids(context, [row for row in rows.tolist() if row in doubtful])
    names = context.cells("facilities", "id")
    evidence = {
        "facilities": [
            {
                "facility": names[row],
                "beds": float(beds.low[row]),
                "residents": float(residents.low[row]),
            }
            for row in rows.tolist()
            if selection.counting[row] and names[row] not in missing
        ],
        **({"missing": missing} if missing else {}),
        "beds": beds_sum.low,
        "residents": residents_sum.low,
    }
    reason = "reason.occupancy_unknown" if missing else "reason.facilities_incomplete"
    if beds_sum.low <= 0:
        reason = "reason.no_beds" if beds_sum.high <= 0 else reason
        said = listed(missing)
        return undecided(
            adoption,
            region.unit,
            reason,
            required=clause.limit,
            evidence=evidence,
            facilities=said,
        )
    low = 0.0 if math.isinf(beds_sum.high) else residents_sum.low / beds_sum.high
    span = Span(low, residents_sum.high / beds_sum.low)
    return _against(context, adoption, region, span, evidence, reason)


def _against(
    context: Context,
    adoption: Adoption,
    region: Region,
    span: Span,
    evidence: dict[str, object],
    reason: str,
) -> Finding:
    """Judge an occupancy; a text that says "about" only with a tolerance that someone gave."""
    clause = adoption.clause
    tolerance = tolerance_of(context, clause)
    if tolerance is None and clause.parameters.get("about"):
        return undecided(
            adoption,
            region.unit,
            "reason.occupancy_about",
            required=clause.limit,
            value=span.low if span.is_exact else None,
            evidence=evidence,
        )
    required = clause.limit
    if tolerance is not None and clause.comparator is not None:
        side = -1 if clause.comparator.wants_more else 1
        required = float(as_written(clause.limit) + side * as_written(tolerance))
        evidence = {**evidence, "tolerance": tolerance}
    formula = {
        "id": "formula.occupancy",
        "residents": evidence["residents"],
        "beds": evidence["beds"],
    }
    missing = evidence.get("missing", [])
    names = [str(name) for name in missing] if isinstance(missing, list) else []
    return judged_within(
        adoption,
        region.unit,
        span,
        formula=formula,
        evidence=evidence,
        doubt={"id": reason, "facilities": listed(names)},
        required=required,
    )
