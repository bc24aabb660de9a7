"""Totals and increments: the beds or facilities of a region, in all or added in some years."""

from __future__ import annotations

from typing import Any

from facilityplan.checks.context import Context
from facilityplan.checks.counting import (
    Amounts,
    beds_added,
    beds_column,
    counted,
    each_one,
    figures,
    opened_in,
    shown,
    years_of,
)
from facilityplan.checks.finding import Finding, undecided
from facilityplan.checks.regions import Region, judge_regions
from facilityplan.checks.spans import above_upper, judged_within, listed
from facilityplan.standards import Adoption, Clause


def evaluate_total(context: Context) -> list[Finding]:
    """Return one finding for each region that a clause asks so many beds or facilities of."""
    return judge_regions(context, "total", _judge)


def evaluate_increment(context: Context) -> list[Finding]:
    """Return one finding for each region that has to add so many beds or facilities."""
    return judge_regions(context, "increment", _judge)


def _judge(context: Context, adoption: Adoption, region: Region) -> Finding:
    clause = adoption.clause
    selection = counted(context, clause)
    rows = context.facilities_within(region.zones)
    amounts = _amounts(context, clause).of(selection)
    span = amounts.total(rows, complete=context.city.facilities_complete)
    missing = amounts.doubtful(rows)
    evidence = {
        **shown(context, rows, amounts, clause.unit or ""),
        "sum": span.low,
        **_years(clause),
        **above_upper(clause.parameters, span.low),
    }
    if clause.unit == "beds" and years_of(clause.parameters) is None and span.high <= 0:
        return undecided(
            adoption,
            region.unit,
            "reason.no_beds_counted",
            required=clause.limit,
            evidence=evidence,
        )
    reason = _missing(clause) if len(missing) else "reason.facilities_incomplete"
    names = listed(evidence.get("missing", ()))
    return judged_within(
        adoption,
        region.unit,
        span,
        formula=_formula(clause, span.low),
        evidence=evidence,
        doubt={"id": reason, "facilities": names},
    )


def _amounts(context: Context, clause: Clause) -> Amounts:
    facilities, years = context.city.facilities, years_of(clause.parameters)
    if clause.unit == "beds":
        return (
            figures(facilities, beds_column(clause))
            if years is None
            else beds_added(facilities, years)
        )
    return each_one(facilities) if years is None else opened_in(facilities, years)


def _years(clause: Clause) -> dict[str, Any]:
    years = years_of(clause.parameters)
    return {} if years is None else {"from_year": years[0], "to_year": years[1]}


def _formula(clause: Clause, total: float) -> dict[str, Any]:
    years = years_of(clause.parameters)
    if clause.unit != "beds":
        return (
            {"id": "formula.count"}
            if years is None
            else {
                "id": "formula.facilities_opened",
                **_years(clause),
            }
        )
    if years is None:
        return {"id": "formula.total_beds", "beds": total}
    return {"id": "formula.beds_added", "beds": total, **_years(clause)}


def _missing(clause: Clause) -> str:
    if years_of(clause.parameters) is None:
        return "reason.beds_unknown" if clause.unit == "beds" else "reason.kinds_unknown"
    if clause.unit == "beds":
        return "reason.beds_added_unknown"
    return "reason.opened_unknown"
