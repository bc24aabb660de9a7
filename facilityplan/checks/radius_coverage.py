"""Coverage of all residences under the radius clauses that bind them: rates, flips, bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, Verdict
from facilityplan.coverage import Metric, Rates, coverage_rates, land_within

MEASURE = "service_radius"


class LandRule(StrEnum):
    """How much of a residence's land counts as covered."""

    SERVICE_AREAS = "service_areas"
    WHOLE_RESIDENCES = "whole_residences"


@dataclass(frozen=True)
class MetricRates:
    """Rates under one metric, for all residences judged or those that one clause binds.

    ``rows`` are their positions, ``near`` says which of them are within reach.
    """

    metric: Metric
    clause_id: str | None
    rates: Rates
    undecided: int
    land_rule: LandRule
    rows: tuple[int, ...] = ()
    near: tuple[bool, ...] = ()


@dataclass(frozen=True)
class RadiusCoverage:
    """Coverage under the radius clauses, with all that a rate must state.

    Parameters
    ----------
    table
        Column name -> values, one per residence judged: id, clause, limit, distances, verdict.
    flips
        Residences whose verdict would turn on foot, by id.
    off_network
        Residences farther from every road than the snapping limit, by id.
    """

    limits_m: dict[str, float]
    kinds: dict[str, tuple[str, ...]]
    kinds_serving_community: dict[str, tuple[str, ...]]
    statuses: dict[str, tuple[str, ...]]
    rates: tuple[MetricRates, ...]
    table: dict[str, list[object]]
    flips: tuple[str, ...]
    off_network: tuple[str, ...]


def radius_coverage(context: Context, findings: Sequence[Finding]) -> RadiusCoverage:
    """Return the coverage that the radius findings of a city amount to.

    A residence that cannot be judged, for want of its setting or of a facility's kind, is counted
    as not covered and said under ``undecided``; it never leaves the total.
    """
    clauses = {clause.id: clause for clause in context.standards.clauses(MEASURE)}
    judged = [
        item for item in findings if item.clause_id in clauses and item.unit_kind == "residence"
    ]
    bound = sorted({item.clause_id for item in judged if item.required is not None})
    rates: list[MetricRates] = []
    straight = Metric.STRAIGHT_LINE if context.sight is None else Metric.STRAIGHT_LINE_BARRIERS
    for name in [None, *bound]:
        # Without its setting a residence is bound by no clause in particular, only by one of them.
        inside = [
            item
            for item in judged
            if name is None or (item.clause_id == name and item.required is not None)
        ]
        rates.append(_rates(context, name, inside, straight))
        if context.network is not None:
            rates.append(_rates(context, name, inside, Metric.WALKING))
    return RadiusCoverage(
        limits_m={name: clauses[name].limit for name in bound},
        kinds={name: clauses[name].kinds for name in bound},
        kinds_serving_community={name: clauses[name].kinds_serving_community for name in bound},
        statuses={name: clauses[name].statuses for name in bound},
        rates=tuple(rates),
        table=_table(judged),
        flips=tuple(i.unit_id for i in judged if i.evidence.get("walking_flips") is True),
        off_network=tuple(i.unit_id for i in judged if i.evidence.get("off_network") is True),
    )


def _rates(
    context: Context, name: str | None, judged: Sequence[Finding], metric: Metric
) -> MetricRates:
    position = {unit: row for row, unit in enumerate(context.cells("residences", "id"))}
    rows = np.asarray([position[item.unit_id] for item in judged], dtype=np.int64)
    frame = context.city.residences.iloc[rows]
    if metric is Metric.WALKING:
        near = [item.evidence.get("walking_within") is True for item in judged]
        land_m2, rule = None, LandRule.WHOLE_RESIDENCES
    else:
        near = [item.verdict is Verdict.COMPLIANT for item in judged]
        # A circle sees no barrier: where barriers count only whole residences can be said.
        cut = metric is Metric.STRAIGHT_LINE
        land_m2 = _land_m2(context, judged, rows) if cut else None
        rule = LandRule.SERVICE_AREAS if cut else LandRule.WHOLE_RESIDENCES
    doubt = sum(item.verdict is Verdict.INSUFFICIENT_DATA for item in judged)
    covered = np.asarray(near, dtype=bool)
    rates = coverage_rates(frame, covered, land_m2=land_m2)
    return MetricRates(metric, name, rates, doubt, rule, tuple(rows.tolist()), tuple(near))


def _land_m2(
    context: Context, judged: Sequence[Finding], rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return each residence's land inside the service areas of what its own clause counts."""
    clauses = {clause.id: clause for clause in context.standards.clauses(MEASURE)}
    geometry = context.city.residences.geometry.to_numpy()[rows]
    land_m2 = np.zeros(len(rows))
    for name in sorted({item.clause_id for item in judged if item.required is not None}):
        mine = np.asarray(
            [item.clause_id == name and item.required is not None for item in judged], dtype=bool
        )
        xy = context.facilities_xy[context.reaching(clauses[name]).counting]
        land_m2[mine] = land_within(geometry[mine], xy, clauses[name].limit)
    return land_m2


def _table(judged: Sequence[Finding]) -> dict[str, list[object]]:
    return {
        "id": [item.unit_id for item in judged],
        "name": [item.unit_name for item in judged],
        "clause_id": [item.clause_id for item in judged],
        "limit_m": [item.required for item in judged],
        "verdict": [item.verdict.value for item in judged],
        "facility": [item.evidence.get("facility") for item in judged],
        "straight_m": [item.evidence.get("straight_m") for item in judged],
        "nearest_boundary_m": [item.evidence.get("nearest_boundary_m") for item in judged],
        "farthest_point_m": [item.evidence.get("farthest_point_m") for item in judged],
        "walking_facility": [item.evidence.get("walking_facility") for item in judged],
        "walking_m": [item.evidence.get("walking_m") for item in judged],
        "walking_flips": [bool(item.evidence.get("walking_flips")) for item in judged],
        "fragile": [item.fragile for item in judged],
    }
