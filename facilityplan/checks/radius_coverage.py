"""Coverage of all residences under the radius clauses that bind them: rates, flips, bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, Verdict
from facilityplan.coverage import Metric, Rates, coverage_rates

MEASURE = "service_radius"


@dataclass(frozen=True)
class MetricRates:
    """Rates under one metric, for all residences judged or those that one clause binds."""

    metric: Metric
    clause_id: str | None
    rates: Rates
    undecided: int


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
    statuses: dict[str, tuple[str, ...]]
    rates: tuple[MetricRates, ...]
    table: dict[str, list[object]]
    flips: tuple[str, ...]
    off_network: tuple[str, ...]


def radius_coverage(context: Context, findings: Sequence[Finding]) -> RadiusCoverage:
    """Return the coverage that the radius findings of a city amount to.

    A residence that cannot be judged is counted as not covered and said under ``undecided``.
    """
    clauses = {clause.id: clause for clause in context.standards.clauses(MEASURE)}
    judged = [
        item
        for item in findings
        if item.clause_id in clauses and item.unit_kind == "residence" and item.required is not None
    ]
    position = {unit: row for row, unit in enumerate(context.city.residences["id"])}
    rows = np.asarray([position[item.unit_id] for item in judged], dtype=np.int64)
    covered = np.asarray([item.verdict is Verdict.COMPLIANT for item in judged], dtype=bool)
    on_foot = np.asarray(
        [item.evidence.get("walking_within") is True for item in judged], dtype=bool
    )
    names = np.asarray([item.clause_id for item in judged], dtype=object)
    rates: list[MetricRates] = []
    groups: list[str | None] = [None, *sorted(set(names))]
    for name in groups:
        inside = np.ones(len(judged), dtype=bool) if name is None else names == name
        doubt = sum(
            item.verdict is Verdict.INSUFFICIENT_DATA
            for item, chosen in zip(judged, inside, strict=True)
            if chosen
        )
        straight = _straight(context, rows[inside], covered[inside], names[inside])
        rates.append(MetricRates(Metric.STRAIGHT_LINE, name, straight, doubt))
        if context.network is not None:
            frame = context.city.residences.iloc[rows[inside]]
            walking = coverage_rates(frame, on_foot[inside])
            rates.append(MetricRates(Metric.WALKING, name, walking, doubt))
    return RadiusCoverage(
        limits_m={name: clauses[name].limit for name in sorted(set(names))},
        kinds={name: clauses[name].kinds for name in sorted(set(names))},
        statuses={name: clauses[name].statuses for name in sorted(set(names))},
        rates=tuple(rates),
        table=_table(judged),
        flips=tuple(i.unit_id for i in judged if i.evidence.get("walking_flips") is True),
        off_network=tuple(i.unit_id for i in judged if i.evidence.get("off_network") is True),
    )


def _straight(
    context: Context,
    rows: npt.NDArray[np.int64],
    covered: npt.NDArray[np.bool_],
    names: npt.NDArray[np.object_],
) -> Rates:
    """Return straight-line rates; land is cut by the service areas of the facilities that count."""
    frame = context.city.residences.iloc[rows]
    clauses = {clause.id: clause for clause in context.standards.clauses(MEASURE)}
    selections = {name: context.selection(clauses[name]).counting for name in sorted(set(names))}
    same = {tuple(np.flatnonzero(chosen)) for chosen in selections.values()}
    if len(same) != 1 or not context.city.has("facilities"):
        return coverage_rates(frame, covered)
    limits = np.asarray([clauses[name].limit for name in names], dtype=float)
    xy = context.facilities_xy[list(same.pop())]
    return coverage_rates(frame, covered, facilities_xy=xy, limit_m=limits)


def _table(judged: Sequence[Finding]) -> dict[str, list[object]]:
    return {
        "id": [item.unit_id for item in judged],
        "name": [item.unit_name for item in judged],
        "clause_id": [item.clause_id for item in judged],
        "limit_m": [item.required for item in judged],
        "verdict": [item.verdict.value for item in judged],
        "facility": [item.evidence.get("facility") for item in judged],
        "straight_m": [item.evidence.get("straight_m") for item in judged],
        "walking_facility": [item.evidence.get("walking_facility") for item in judged],
        "walking_m": [item.evidence.get("walking_m") for item in judged],
        "walking_flips": [bool(item.evidence.get("walking_flips")) for item in judged],
        "fragile": [item.fragile for item in judged],
    }
