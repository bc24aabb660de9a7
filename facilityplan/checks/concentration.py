"""Concentration: in how many places a residence's premises are."""

from __future__ import annotations

import math
from typing import Any

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, doubt_of, judged, not_applicable, undecided
from facilityplan.locale import Listed
from facilityplan.standards import Adoption


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each residence with premises that a clause wants in one place."""
    city = context.city
    if not (city.has("residences") and city.has("facilities")):
        return []
    findings: list[Finding] = []
    for row, unit in enumerate(context.residence_units()):
        for adoption in context.binding("concentration", unit):
            doubt = doubt_of(adoption)
            if doubt is not None:
                findings.append(undecided(adoption, context.residence_ref(row), doubt))
            else:
                findings.append(_judge(context, adoption, row))
    return findings


def _judge(context: Context, adoption: Adoption, row: int) -> Finding:
    """Judge the places known; those that may count must not be able to turn the verdict."""
    clause, ref = adoption.clause, context.residence_ref(row)
    ids = context.cells("facilities", "id")
    own = context.premises(clause).get(row, [])
    names = [ids[item.facility] for item in own if item.decided]
    doubtful = [ids[item.facility] for item in own if not item.decided]
    evidence: dict[str, Any] = {"facilities": names}
    least = float(len(names))
    most = least + len(doubtful) if context.city.facilities_complete else math.inf
    if most == 0:
        return not_applicable(adoption, ref, "reason.no_premises", {})
    if least < most and (least == 0 or clause.holds(least) != clause.holds(most)):
        reason = "reason.facility_undescribed" if doubtful else "reason.facilities_incomplete"
        return undecided(
            adoption,
            ref,
            reason,
            required=clause.limit,
            value=least,
            evidence=evidence,
            facility=Listed(doubtful),
        )
    return judged(
        adoption,
        ref,
        value=least,
        required=clause.limit,
        formula={"id": "formula.count"},
        evidence=evidence,
    )
