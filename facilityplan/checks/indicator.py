"""Indicators: the figure last reported for a zone, held against the target of a clause.

A figure of a year after the target year does not show that the target was reached in time, and an
old figure below the target does not show that it was missed: both are said, neither is a verdict.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from facilityplan.checks.context import Context
from facilityplan.checks.due import Cut, State, open_state
from facilityplan.checks.finding import Finding, UnitRef, Verdict, doubt_of, judged, undecided
from facilityplan.provision import as_written
from facilityplan.standards import Adoption, Clause, Unit
from facilityplan.units import parse_number

LAYER = "indicators"


@dataclass(frozen=True)
class Reported:
    """One figure of table indicators."""

    row: int
    year: int
    value: float
    source: str | None


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each zone that an indicator clause speaks of."""
    findings: list[Finding] = []
    for ref, unit, names in _units(context):
        findings.extend(
            _judge(context, adoption, ref, names) for adoption in context.binding("indicator", unit)
        )
    return findings


def _units(context: Context) -> list[tuple[UnitRef, Unit, frozenset[str | None]]]:
    """Return the zones with the names that the table may give them.

    Where no zone is of the level of the documents, the place itself stands for it, so that a
    project without zones has its ledger too.
    """
    city = context.city
    codes = [item.jurisdiction for item in context.standards.documents]
    level = "county" if any(not code.endswith("00") for code in codes) else "city"
    found: list[tuple[UnitRef, Unit, frozenset[str | None]]] = []
    levels: list[str] = []
    if city.has("zones"):
        levels = context.cells("zones", "level")
        for row, unit in enumerate(context.zone_units()):
            names = {context.cells("zones", column)[row] for column in ("id", "name", "code")}
            own: set[str | None] = names - {None}
            if unit.level == level and levels.count(level) == 1:
                own |= {None, city.name}
            found.append((context.zone_ref(row), unit, frozenset(own)))
    if level not in levels:
        areas = frozenset(city.named_areas)
        whole = Unit(None, None, level, areas)
        found.append(
            (UnitRef("zone", city.name, city.name, 0), whole, frozenset({None, city.name}))
        )
    return found


def reported(context: Context, clause: Clause, names: frozenset[str | None]) -> list[Reported]:
    """Return the figures reported for a zone up to the judging date, by year, then row."""
    if not context.city.has(LAYER):
        return []
    columns = (context.cells(LAYER, name) for name in ("indicator", "zone", "year", "value"))
    found = [
        Reported(
            int(context.cells(LAYER, "row")[at]),
            int(year),
            float(value),
            context.cells(LAYER, "source")[at],
        )
        for at, (indicator, zone, year, value) in enumerate(zip(*columns, strict=True))
        if indicator in {clause.parameters["indicator"], clause.id}
        and zone in names
        and math.isfinite(year)
        and year <= context.city.as_of.year
        and math.isfinite(value)
    ]
    return sorted(found, key=lambda item: (item.year, item.row))


def unmatched_rows(context: Context) -> list[int]:
    """Return the row numbers of table indicators that speak of no clause in force, or no zone."""
    if not context.city.has(LAYER):
        return []
    clauses = context.standards.clauses("indicator")
    known = {str(c.parameters["indicator"]) for c in clauses} | {c.id for c in clauses}
    zones = {name for _, _, names in _units(context) for name in names}
    rows, said, named = (context.cells(LAYER, name) for name in ("row", "indicator", "zone"))
    return sorted(
        int(row)
        for row, words, zone in zip(rows, said, named, strict=True)
        if words not in known or zone not in zones
    )


def _judge(
    context: Context, adoption: Adoption, ref: UnitRef, names: frozenset[str | None]
) -> Finding:
    clause = adoption.clause
    figures = reported(context, clause, names)
    in_time = [item for item in figures if _in_time(clause, item.year)]
    latest = in_time[-1] if in_time else None
    evidence = _evidence(context, clause, figures, latest)
    doubt = doubt_of(adoption)
    said = {"id": doubt} if doubt is not None else _open(context, clause, figures, in_time)
    if said is None:
        return _held(adoption, ref, in_time[-1], _tolerance(context, clause) or 0.0, evidence)
    parameters = {key: value for key, value in said.items() if key != "id"}
    return undecided(
        adoption,
        ref,
        str(said["id"]),
        required=clause.value,
        value=None if latest is None else latest.value,
        evidence=evidence,
        **parameters,
    )


def _open(
    context: Context, clause: Clause, figures: Sequence[Reported], in_time: Sequence[Reported]
) -> dict[str, Any] | None:
    """Return why the figures give no verdict; ``None`` if the last one in time does."""
    if not in_time:
        if figures:
            return {"id": "reason.reported_after_target", "year": figures[-1].year}
        return {"id": "reason.not_reported", "indicator": clause.parameters["indicator"]}
    latest = in_time[-1]
    reason = _unfit(clause, in_time, latest)
    if reason is not None:
        return {"id": reason, "year": latest.year}
    tolerance = _tolerance(context, clause)
    if clause.parameters.get("about") and tolerance is None:
        return {"id": "reason.about_without_tolerance"}
    target, year = clause.target_year, context.city.as_of.year
    stale = target is not None and latest.year < target < year
    if stale and not _met(clause, latest.value, tolerance or 0.0):
        return {"id": "reason.not_reported_for_target", "year": latest.year, "target": target}
    return None


def _held(
    adoption: Adoption, ref: UnitRef, latest: Reported, tolerance: float, evidence: dict[str, Any]
) -> Finding:
    clause = adoption.clause
    finding = judged(
        adoption,
        ref,
        value=latest.value,
        required=clause.limit,
        formula={
            "id": "formula.indicator_about" if tolerance else "formula.indicator",
            "year": latest.year,
            "tolerance": tolerance,
        },
        evidence=evidence | ({"tolerance": tolerance} if tolerance else {}),
    )
    if not tolerance or finding.margin is None:
        return finding
    met = _met(clause, latest.value, tolerance)
    return dataclasses.replace(
        finding,
        verdict=Verdict.COMPLIANT if met else Verdict.NON_COMPLIANT,
        margin=_margin(clause, latest.value, tolerance),
    )


def _met(clause: Clause, value: float, tolerance: float) -> bool:
    """Return whether a figure keeps the clause, the user's tolerance allowed for."""
    if clause.comparator is None:
        return False
    margin = _margin(clause, value, tolerance)
    return clause.comparator.holds(margin if clause.comparator.wants_more else -margin, 0.0)


def _margin(clause: Clause, value: float, tolerance: float) -> float:
    """Return by how much a figure keeps the clause, taken of the numbers as they are written.

    At the very edge 0.6 less 0.05 is 0.55 and the margin 0, not a binary digit beside it.
    """
    wants_more = clause.comparator is not None and clause.comparator.wants_more
    above = as_written(value) - as_written(clause.limit)
    return float((above if wants_more else -above) + as_written(tolerance))


def _in_time(clause: Clause, year: int) -> bool:
    return clause.target_year is None or year <= clause.target_year


def _unfit(clause: Clause, figures: Sequence[Reported], latest: Reported) -> str | None:
    """Return why a figure cannot be held against anything; ``None`` if it can."""
    if any(item.year == latest.year and item.value != latest.value for item in figures):
        return "reason.reported_twice"
    if clause.unit == "share" and latest.value > 1:
        return "reason.share_above_one"
    return None


def _tolerance(context: Context, clause: Clause) -> float | None:
    """Return the tolerance that the user gives for a text that says "about", in its unit."""
    chosen = None
    if clause.parameters.get("about"):
        chosen = context.city.readings.get(clause.id, {}).get("tolerance")
    try:
        return None if chosen is None else parse_number(chosen)
    except ValueError:
        return None  # an answer in words ("none") gives no tolerance


def _evidence(
    context: Context, clause: Clause, figures: Sequence[Reported], latest: Reported | None
) -> dict[str, Any]:
    target = clause.target_year
    due = None if target is None else dt.date(target, 12, 31)
    tolerance = _tolerance(context, clause) or 0.0
    met = [
        item.year for item in figures if clause.is_numeric and _met(clause, item.value, tolerance)
    ]
    state = _state(context, clause, figures, met, due)
    in_time = [year for year in met if _in_time(clause, year)]
    late = [year for year in met if not _in_time(clause, year)]
    done_on = {State.DONE: in_time[-1:], State.DONE_LATE: late[:1]}.get(state, [])
    evidence: dict[str, Any] = {
        "indicator": clause.parameters["indicator"],
        "state": state.value,
        "due": None if due is None else due.isoformat(),
        "done_on": str(done_on[0]) if done_on else None,
        "reported": [
            {"row": item.row, "year": item.year, "value": item.value, "source": item.source}
            for item in figures
        ],
    }
    if latest is not None:
        evidence |= {"year": latest.year, "source": latest.source}
    if clause.base_value is not None:
        evidence["base"] = {"value": clause.base_value, "year": clause.base_year}
    upper = clause.parameters.get("upper")
    if upper is not None and latest is not None and latest.value > upper:
        evidence["above_upper"] = upper
    return evidence


def _state(
    context: Context,
    clause: Clause,
    figures: Sequence[Reported],
    met: Sequence[int],
    due: dt.date | None,
) -> State:
    """Return how the target stands: the last figure in time decides, later ones show it late."""
    as_of = context.city.as_of
    timely = [item for item in figures if _in_time(clause, item.year)]
    vague = clause.parameters.get("about") and _tolerance(context, clause) is None
    if timely and (vague or not clause.is_numeric or _unfit(clause, timely, timely[-1])):
        return State.REPORTED
    if timely and timely[-1].year in met:
        return State.DONE
    if due is None:
        return State.UNDATED
    if as_of <= due:
        return open_state(due, as_of, Cut.QUARTER)
    if any(year > due.year for year in met):
        return State.DONE_LATE
    heard = bool(timely) and timely[-1].year == due.year
    return State.OVERDUE_REPORTED if heard else State.OVERDUE_UNREPORTED
