"""Equipment by size: facilities of at least so many beds have what the clause requires."""

from __future__ import annotations

import numpy as np

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, Verdict, doubt_of, settled, undecided
from facilityplan.layers import LAYERS
from facilityplan.standards import Adoption, Unit


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each facility that is large enough, or may be."""
    if not context.city.has("facilities"):
        return []
    unit = Unit(areas=frozenset(context.city.named_areas))
    findings: list[Finding] = []
    for adoption in context.binding("equipment", unit):
        selection = context.selection(adoption.clause)
        for row in np.flatnonzero(selection.counting | selection.undecided).tolist():
            found = _judge(context, adoption, row, decided=bool(selection.counting[row]))
            if found is not None:
                findings.append(found)
    return findings


def _judge(context: Context, adoption: Adoption, row: int, *, decided: bool) -> Finding | None:
    clause = adoption.clause
    ref = context.facility_ref(row)
    doubt = doubt_of(adoption)
    if doubt is not None:
        return undecided(adoption, ref, doubt)
    beds = float(context.cells("facilities", "beds")[row])
    if np.isfinite(beds) and not clause.holds(beds):
        return None
    required = str(clause.parameters["requires"])
    evidence = {"requires": required}
    value = beds if np.isfinite(beds) else None
    has = None
    if required in LAYERS["facilities"].columns:
        has = context.cells("facilities", required)[row]
    reason = None
    if not decided:
        reason = "reason.facility_kind_unknown"
    elif value is None:
        reason = "reason.facility_beds_unknown"
    elif not isinstance(has, bool):
        reason = "reason.equipment_unknown"
    # A facility that has what is required keeps the clause whatever its size and kind.
    if reason is not None and has is not True:
        return undecided(
            adoption, ref, reason, required=clause.limit, value=value, evidence=evidence
        )
    return settled(
        adoption,
        ref,
        Verdict.COMPLIANT if has else Verdict.NON_COMPLIANT,
        value=value,
        required=clause.limit,
        formula={"id": "formula.equipped" if has else "formula.not_equipped"},
        evidence={**evidence, "equipped": has},
    )
