"""Clocks that run out: a facility may do something for so many years from a date on.

The last day is the anniversary of the first one and belongs to the time allowed.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from facilityplan.checks.context import Context
from facilityplan.checks.due import anniversary, years_between
from facilityplan.checks.finding import (
    Finding,
    UnitRef,
    doubt_of,
    judged,
    not_applicable,
    undecided,
)
from facilityplan.standards import Adoption, Unit

LAYER = "clocks"


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each clock of a facility that a clause speaks of.

    A facility without a row in table clocks makes no use of the clause.
    """
    if not context.city.has(LAYER):
        return []
    unit = Unit(areas=frozenset(context.city.named_areas))
    findings: list[Finding] = []
    for adoption in context.binding("expiry", unit):
        clock = adoption.clause.parameters["clock"]
        findings.extend(
            _judge(context, adoption, at)
            for at, name in enumerate(context.cells(LAYER, "clock"))
            if name in {clock, adoption.clause.id}
        )
    return findings


def _facility(context: Context, at: int) -> UnitRef:
    name = context.cells(LAYER, "facility")[at]
    if context.city.has("facilities"):
        known = context.cells("facilities", "id")
        if name in known:
            return context.facility_ref(known.index(name))
    return UnitRef("facility", name, name, int(context.cells(LAYER, "row")[at]))


def _judge(context: Context, adoption: Adoption, at: int) -> Finding:
    clause, as_of = adoption.clause, context.city.as_of
    ref = _facility(context, at)
    doubt = doubt_of(adoption)
    if doubt is not None:
        return undecided(adoption, ref, doubt)
    started: dt.date | None = context.cells(LAYER, "started")[at]
    evidence: dict[str, Any] = {"clock": clause.parameters["clock"]}
    if started is None:
        return undecided(
            adoption, ref, "reason.clock_start_unknown", required=clause.limit, evidence=evidence
        )
    ends = anniversary(started, int(clause.limit))
    dates = {"started": started.isoformat(), "ends": ends.isoformat()}
    if started > as_of:
        return not_applicable(
            adoption,
            ref,
            "reason.clock_not_begun",
            evidence | dates | {"state": "upcoming"},
            **dates,
        )
    value = years_between(started, as_of)
    state = "running" if clause.holds(value) else "expired"
    return judged(
        adoption,
        ref,
        value=value,
        required=clause.limit,
        formula={"id": "formula.clock", **dates},
        evidence={**evidence, **dates, "state": state, "days_left": (ends - as_of).days},
    )
