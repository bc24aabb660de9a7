"""Service radius: how far the nearest facility that counts is from a residence.

The plain reading of a service radius is the straight line: it gives the verdict. The walking
distance stands beside it, with whether it would turn the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from facilityplan.checks.context import Context, ServiceReach
from facilityplan.checks.finding import Finding, doubt_of, judged, undecided
from facilityplan.coverage import Metric, Reach
from facilityplan.standards import Adoption

FORMULAS: Final[Mapping[Metric, str]] = MappingProxyType(
    {
        Metric.STRAIGHT_LINE: "service_radius",
        Metric.STRAIGHT_LINE_BARRIERS: "service_radius_barriers",
    }
)
"""How the sum behind a finding is called, by the metric of its verdict."""


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each residence that a radius clause speaks of."""
    if not context.city.has("residences"):
        return []
    findings: list[Finding] = []
    for row, unit in enumerate(context.residence_units()):
        findings.extend(
            _judge(context, adoption, row) for adoption in context.binding("service_radius", unit)
        )
    return findings


def _judge(context: Context, adoption: Adoption, row: int) -> Finding:
    city, clause = context.city, adoption.clause
    ref = context.residence_ref(row)
    doubt = doubt_of(adoption)
    if doubt is not None:
        return undecided(adoption, ref, doubt)
    if not city.has("facilities"):
        return undecided(adoption, ref, "reason.no_facilities_layer", required=clause.limit)
    reach = context.service_reach(clause)
    evidence = _evidence(context, reach, row)
    distance = float(reach.straight.distance_m[row])
    if np.isfinite(distance) and clause.holds(distance):
        return _with_walking(
            adoption, ref, distance, reach, row, evidence, city.positional_accuracy_m
        )
    maybe = float(reach.undecided.distance_m[row])
    value = distance if np.isfinite(distance) else None
    if np.isfinite(maybe) and clause.holds(maybe):
        doubtful = context.cells("facilities", "id")[int(reach.undecided.facility[row])]
        return undecided(
            adoption,
            ref,
            "reason.facility_undescribed",
            required=clause.limit,
            value=value,
            evidence=evidence,
            facility=doubtful,
        )
    if not city.facilities_complete:
        return undecided(
            adoption,
            ref,
            "reason.facilities_incomplete",
            required=clause.limit,
            value=value,
            evidence=evidence,
        )
    return _with_walking(adoption, ref, distance, reach, row, evidence, city.positional_accuracy_m)


def _with_walking(
    adoption: Adoption,
    ref: Any,
    distance: float,
    reach: ServiceReach,
    row: int,
    evidence: dict[str, Any],
    accuracy: float,
) -> Finding:
    clause = adoption.clause
    covered = clause.holds(distance)
    if reach.walking is not None:
        on_foot = bool(clause.holds(float(reach.walking.distance_m[row])))
        evidence = {**evidence, "walking_within": on_foot, "walking_flips": on_foot != covered}
    return judged(
        adoption,
        ref,
        value=distance,
        required=clause.limit,
        formula={"id": f"formula.{FORMULAS[reach.straight.metric]}"},
        evidence=evidence,
        accuracy=accuracy,
    )


def _evidence(context: Context, reach: ServiceReach, row: int) -> dict[str, Any]:

    def nearest(found: Reach) -> str | None:
        at = int(found.facility[row])
        return None if at < 0 else context.cells("facilities", "id")[at]

    evidence: dict[str, Any] = {
        "metric": reach.straight.metric.value,
        "origin": context.demand.rule[row].value,
        "facility": nearest(reach.straight),
        "straight_m": float(reach.straight.distance_m[row]),
    }
    if context.sight is not None:
        evidence["barrier_opening_m"] = context.sight.opening_m
    boundary_m = float(reach.beside.nearest_boundary_m[row])
    if not np.isnan(boundary_m):
        # By the rules that do not decide; a residence that is a point has no outline.
        evidence |= {
            "nearest_boundary_m": boundary_m,
            "farthest_point_m": float(reach.beside.farthest_point_m[row]),
        }
    if reach.walking is not None:
        evidence |= {
            "walking_facility": nearest(reach.walking),
            "walking_m": float(reach.walking.distance_m[row]),
            "off_network": bool(reach.walking.off_network[row]),
        }
    return evidence
