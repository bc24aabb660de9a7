"""Synchronised delivery: premises planned, built, accepted and delivered no later than dwellings.

A stage that the dwellings have not reached is not yet due and never a miss. A stage that they have
reached without a date for the premises cannot be judged. Where the text asks for opinions of the
civil-affairs bureau, each is due with its stage and has to be dated no later than it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from facilityplan.checks.context import Context
from facilityplan.checks.finding import (
    Finding,
    UnitRef,
    Verdict,
    doubt_of,
    not_applicable,
    settled,
    undecided,
)
from facilityplan.standards import Adoption

MEASURE = "staged_delivery"

LAYER = "deliveries"

STAGES: Final = ("planned", "built", "accepted", "delivered")
"""The stages in their order."""

STAGE_OF_OPINION: Final[Mapping[str, str]] = MappingProxyType(
    {"design_opinion": "planned", "completion_opinion": "accepted"}
)
"""The stage with which an opinion is due."""


class StageState(StrEnum):
    """How one stage stands at the judging date."""

    KEPT = "kept"
    LATE = "late"
    UNKNOWN = "unknown"
    NOT_YET_DUE = "not_yet_due"


@dataclass(frozen=True)
class Step:
    """The dates that table deliveries gives for one stage, and the row they stand in."""

    row: int
    stage: str
    dwellings: dt.date | None
    premises: dt.date | None
    document: str | None


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each residence, or each phase of it, that a clause speaks of."""
    if not context.city.has("residences"):
        return []
    steps = _steps(context)
    findings: list[Finding] = []
    for row, unit in enumerate(context.residence_units()):
        own = steps.get(context.cells("residences", "id")[row], {None: []})
        findings.extend(
            judge(adoption, _ref(context, row, phase), found, context.city.as_of)
            for adoption in context.binding("staged_delivery", unit)
            for phase, found in own.items()
        )
    return findings


def _steps(context: Context) -> dict[str, dict[str | None, list[Step]]]:
    """Return the rows of table deliveries by residence and phase."""
    found: dict[str, dict[str | None, list[Step]]] = {}
    if not context.city.has(LAYER):
        return found
    names = ("residence", "phase", "row", "stage", "dwellings", "premises", "document")
    for residence, phase, row, *rest in zip(
        *(context.cells(LAYER, name) for name in names), strict=True
    ):
        own = found.setdefault(residence, {})
        own.setdefault(phase, []).append(Step(int(row), *rest))
    return found


def _ref(context: Context, row: int, phase: str | None) -> UnitRef:
    whole = context.residence_ref(row)
    if phase is None:
        return UnitRef("scheme", whole.id, whole.name, whole.row)
    return UnitRef("scheme", f"{whole.id}/{phase}", f"{whole.name} {phase}", whole.row)


def judge(adoption: Adoption, ref: UnitRef, steps: Sequence[Step], as_of: dt.date) -> Finding:
    """Return the finding for one scheme, or one phase of it.

    Parameters
    ----------
    steps
        The dates of every stage that is reported.
    as_of
        The judging date; a dwelling's date after it has not been reached.
    """
    clause = adoption.clause
    doubt = doubt_of(adoption)
    if doubt is not None and doubt != "reason.clause_without_number":
        return undecided(adoption, ref, doubt)
    if not steps:
        return undecided(adoption, ref, "reason.delivery_not_reported")
    wanted = [stage for stage in STAGES if stage in clause.parameters["stages"]]
    shown = [_stage(stage, steps, as_of) for stage in wanted]
    shown += [_opinion(name, steps, as_of) for name in clause.parameters.get("opinions", ())]
    evidence: dict[str, Any] = {"stages": shown}
    states = [item["state"] for item in shown]
    due = [state for state in states if state != StageState.NOT_YET_DUE]
    if not due:
        return not_applicable(adoption, ref, "reason.delivery_not_yet_due", evidence)
    kept = states.count(StageState.KEPT)
    late = [item["stage"] for item in shown if item["state"] == StageState.LATE]
    unknown = [item["stage"] for item in shown if item["state"] == StageState.UNKNOWN]
    if unknown and not late:
        return undecided(
            adoption,
            ref,
            "reason.delivery_date_missing",
            required=float(len(due)),
            value=float(kept),
            evidence={**evidence, "unknown": unknown},
        )
    return settled(
        adoption,
        ref,
        Verdict.NON_COMPLIANT if late else Verdict.COMPLIANT,
        value=float(kept),
        required=float(len(due)),
        formula={"id": "formula.stages_late" if late else "formula.stages", "due": len(due)},
        evidence={**evidence, "late": late, "unknown": unknown},
    )


def _reached(stage: str, steps: Sequence[Step], as_of: dt.date) -> bool:
    """Return whether the dwellings have reached a stage, or one that comes after it."""
    after = STAGES[STAGES.index(stage) :]
    return any(
        step.stage in after and step.dwellings is not None and step.dwellings <= as_of
        for step in steps
    )


def _stage(stage: str, steps: Sequence[Step], as_of: dt.date) -> dict[str, Any]:
    own = [step for step in steps if step.stage == stage]
    dwellings = min((step.dwellings for step in own if step.dwellings is not None), default=None)
    lacking = not own or any(step.premises is None for step in own)
    premises = max((step.premises for step in own if step.premises is not None), default=None)
    reached = _reached(stage, steps, as_of)
    return _shown(stage, own, dwellings, None if lacking else premises, as_of, reached=reached)


def _opinion(name: str, steps: Sequence[Step], as_of: dt.date) -> dict[str, Any]:
    """Hold an opinion's date (in either column) against that of its stage."""
    stage = STAGE_OF_OPINION.get(name, STAGES[-1])
    own = [step for step in steps if step.stage == name]
    given = [day for step in own for day in (step.premises, step.dwellings) if day is not None]
    reference = min(
        (s.dwellings for s in steps if s.stage == stage and s.dwellings is not None), default=None
    )
    reached = _reached(stage, steps, as_of)
    return _shown(name, own, reference, max(given, default=None), as_of, reached=reached)


def _shown(
    stage: str,
    own: Sequence[Step],
    dwellings: dt.date | None,
    premises: dt.date | None,
    as_of: dt.date,
    *,
    reached: bool,
) -> dict[str, Any]:
    state = StageState.UNKNOWN
    if not reached:
        state = StageState.NOT_YET_DUE
    elif dwellings is not None and dwellings <= as_of and premises is not None:
        state = StageState.KEPT if premises <= dwellings else StageState.LATE
    late = state is StageState.LATE and dwellings is not None and premises is not None
    return {
        "stage": stage,
        "state": state.value,
        "dwellings": None if dwellings is None else dwellings.isoformat(),
        "premises": None if premises is None else premises.isoformat(),
        "days_late": (premises - dwellings).days if late and premises and dwellings else None,
        "rows": [step.row for step in own],
        "documents": [step.document for step in own if step.document is not None],
    }
