"""Compliance rate: the share of a region's new (or existing) residences that keep a measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from facilityplan.checks import (
    concentration,
    conditional_station,
    floor_area,
    service_radius,
)
from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, Verdict, undecided
from facilityplan.checks.regions import Region, judge_regions
from facilityplan.checks.spans import Part, judged_within, listed, share_of
from facilityplan.standards import Adoption, Clause

OF: Final[Mapping[str, Callable[[Context], list[Finding]]]] = MappingProxyType(
    {
        "service_radius": service_radius.evaluate,
        "floor_area_per_100_households": floor_area.evaluate,
        "concentration": concentration.evaluate,
        "conditional_station": conditional_station.evaluate,
    }
)
"""The measures of residences that a rate can be taken of."""


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each region that a clause on a compliance rate speaks of."""
    kept: dict[str, dict[str, bool | None]] = {}

    def judge(context: Context, adoption: Adoption, region: Region) -> Finding:
        measure = str(adoption.clause.parameters["of_measure"])
        if measure not in OF:
            reason = "reason.measure_of_no_residence"
            return undecided(adoption, region.unit, reason, required=adoption.clause.limit)
        if measure not in kept:
            kept[measure] = _kept(OF[measure](context))
        return _judge(context, adoption, region, kept[measure])

    return judge_regions(context, "compliance_rate", judge, layer="residences")


def _kept(findings: list[Finding]) -> dict[str, bool | None]:
    """Return whether each residence keeps all that a measure asks of it; ``None`` if not known.

    A residence that no clause speaks of, or whose clauses are not triggered, is not in it.
    """
    found: dict[str, bool | None] = {}
    for item in findings:
        if item.unit_kind != "residence" or item.verdict is Verdict.NOT_APPLICABLE:
            continue
        keeps: bool | None = {
            Verdict.COMPLIANT: True,
            Verdict.NON_COMPLIANT: False,
        }.get(item.verdict)
        before = found.get(item.unit_id, True)
        if keeps is False or before is False:
            found[item.unit_id] = False
        else:
            found[item.unit_id] = None if keeps is None or before is None else True
    return found


def _judge(
    context: Context,
    adoption: Adoption,
    region: Region,
    kept: Mapping[str, bool | None],
) -> Finding:
    clause = adoption.clause
    measure = str(clause.parameters["of_measure"])
    if not context.standards.clauses(measure):
        return undecided(
            adoption, region.unit, "reason.no_clause_of_measure", required=clause.limit
        )
    names = context.cells("residences", "id")
    members = {
        names[row]: _is_member(context, clause, row)
        for row in context.residences_within(region.zones).tolist()
    }
    found = {
        name: kept[name] for name, member in members.items() if member is not False and name in kept
    }
    share = share_of(
        Part.one(asked_for=keeps, counts=members[name] is True) for name, keeps in found.items()
    )
    evidence = _evidence(clause, found, members)
    missing = listed(evidence["undecided"])
    if share.span is None:
        reason = "reason.no_residences_meant" if share.is_empty else "reason.compliance_unknown"
        return undecided(
            adoption,
            region.unit,
            reason,
            required=clause.limit,
            evidence=evidence,
            residences=missing,
        )
    return judged_within(
        adoption,
        region.unit,
        share.span,
        formula={
            "id": "formula.compliance_rate",
            "compliant": share.asked,
            "residences": share.whole,
        },
        evidence=evidence,
        doubt={"id": "reason.compliance_unknown", "residences": missing},
    )


def _is_member(context: Context, clause: Clause, row: int) -> bool | None:
    """Return whether a residence is of the status, and approved since; ``None`` if not known."""
    status = context.cells("residences", "status")[row]
    if status is not None and status != clause.parameters["of_status"]:
        return False
    since = clause.parameters.get("approved_from")
    approved = context.cells("residences", "approved")[row]
    if since is not None and approved is not None and approved < since:
        return False
    unknown = status is None or (since is not None and approved is None)
    return None if unknown else True


def _evidence(
    clause: Clause, found: Mapping[str, bool | None], members: Mapping[str, bool | None]
) -> dict[str, Any]:
    unsure = [name for name in found if found[name] is None or members[name] is None]
    sure = {name: keeps for name, keeps in found.items() if name not in unsure}
    return {
        "of_measure": clause.parameters["of_measure"],
        "of_status": clause.parameters["of_status"],
        **(
            {"approved_from": clause.parameters["approved_from"].isoformat()}
            if "approved_from" in clause.parameters
            else {}
        ),
        "compliant": [name for name, keeps in sure.items() if keeps],
        "non_compliant": [name for name, keeps in sure.items() if not keeps],
        "undecided": unsure,
    }
