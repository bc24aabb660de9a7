"""Clause -> finding: one module per measure, dispatched by the clause's measure name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

from facilityplan.checks import (
    adjacency,
    beds,
    circle,
    compliance_rate,
    concentration,
    conditional_station,
    coverage_share,
    equipment,
    expiry,
    floor_area,
    indicator,
    land,
    milestone,
    occupancy,
    register,
    required_facility,
    service_radius,
    shares,
    staged_delivery,
    supported_beds,
    totals,
)
from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, UnitRef, Verdict, tidy
from facilityplan.coverage import Sight
from facilityplan.layers import City
from facilityplan.network import Network
from facilityplan.standards import Standards

MEASURES: Final[Mapping[str, Callable[[Context], list[Finding]]]] = MappingProxyType(
    {
        "service_radius": service_radius.evaluate,
        "floor_area_per_100_households": floor_area.evaluate,
        "concentration": concentration.evaluate,
        "conditional_station": conditional_station.evaluate,
        "required_facility": required_facility.evaluate,
        "beds_per_1000": beds.evaluate,
        "land_per_person": land.evaluate,
        "beds_for_supported": supported_beds.evaluate,
        "coverage_share": coverage_share.evaluate,
        "total": totals.evaluate_total,
        "increment": totals.evaluate_increment,
        "share_of_beds": shares.evaluate_beds,
        "share_of_facilities": shares.evaluate_facilities,
        "occupancy": occupancy.evaluate,
        "compliance_rate": compliance_rate.evaluate,
        "circle": circle.evaluate,
        "equipment": equipment.evaluate,
        "adjacency": adjacency.evaluate,
        "staged_delivery": staged_delivery.evaluate,
        "indicator": indicator.evaluate,
        "milestone": milestone.evaluate,
        "expiry": expiry.evaluate,
        "register": register.evaluate,
    }
)
"""What judges each measure; the names are those of ``standards/measures.toml``."""


def assess(
    city: City,
    standards: Standards,
    network: Network | None = None,
    *,
    measures: Collection[str] | None = None,
    sight: Sight | None = None,
) -> list[Finding]:
    """Return every clause in force held against every unit it speaks of.

    Parameters
    ----------
    city
        Conformed layers in one projected CRS.
    standards
        The documents that hold there, resolved at the judging date.
    network
        Road graph for the walking distance beside the straight line; ``None`` leaves it out.
    measures
        Judge only clauses of these measures; ``None`` judges all.
    sight
        The view past the barriers where it is known already; ``None`` works it out where barriers
        count.

    Returns
    -------
    list of Finding
        By clause, then unit; clauses that do not speak of a unit leave no finding.
    """
    return assess_context(Context(city, standards, network, sight), measures=measures)


def assess_context(context: Context, *, measures: Collection[str] | None = None) -> list[Finding]:
    """Return the findings of a context whose shared figures may be used afterwards."""
    wanted = {clause.measure for clause in context.standards.clauses()}
    if measures is not None:
        wanted &= set(measures)
    findings = [
        finding
        for measure, evaluate in MEASURES.items()
        if measure in wanted
        for finding in evaluate(context)
    ]
    return sorted(findings, key=lambda item: (item.clause_id, item.unit_kind, item.unit_id))


__all__ = [
    "MEASURES",
    "Context",
    "Finding",
    "UnitRef",
    "Verdict",
    "assess",
    "assess_context",
    "tidy",
]
