"""Concentration: in how many places a residence's premises are."""

from __future__ import annotations

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, doubt_of, judged, not_applicable, undecided


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each residence with premises that a clause wants in one place."""
    city = context.city
    if not (city.has("residences") and city.has("facilities")):
        return []
    findings: list[Finding] = []
    for row, unit in enumerate(context.residence_units()):
        for adoption in context.binding("concentration", unit):
            ref = context.residence_ref(row)
            doubt = doubt_of(adoption)
            if doubt is not None:
                findings.append(undecided(adoption, ref, doubt))
                continue
            own = context.premises(adoption.clause).get(row, [])
            names = [
                context.cells("facilities", "id")[item.facility] for item in own if item.decided
            ]
            if not names:
                findings.append(not_applicable(adoption, ref, "reason.no_premises", {}))
                continue
            findings.append(
                judged(
                    adoption,
                    ref,
                    value=float(len(names)),
                    required=adoption.clause.limit,
                    formula={"id": "formula.count"},
                    evidence={"facilities": names},
                )
            )
    return findings
