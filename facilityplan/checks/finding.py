"""A finding: one clause held against one unit, with all that is needed to redo it by hand."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np

from facilityplan.standards import Adoption, Clause
from facilityplan.units import FIGURE_UNITS

UNVERIFIED: Final = "reason.standard_unverified"
"""Why a clause of a document of confidence C gives no verdict."""


class Verdict(StrEnum):
    """What a finding says. Missing data is never a pass."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non_compliant"
    INSUFFICIENT_DATA = "insufficient_data"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class UnitRef:
    """The unit that a finding speaks of."""

    kind: str
    id: str
    name: str
    row: int


@dataclass(frozen=True)
class Finding:
    """One clause held against one unit.

    Parameters
    ----------
    unit_kind
        ``residence``, ``zone``, ``facility``, ``scheme`` or ``project``.
    value, required
        In ``unit``; ``None`` where there is none.
    margin
        By how much the clause is kept (positive) or missed (negative), in ``unit``.
    formula
        Message id and parameters of the sum; text is made at the edge.
    fragile
        Whether the margin is smaller than the accuracy of the data.
    evidence
        Rows read, facilities, distances and choices made.
    """

    clause_id: str
    unit_kind: str
    unit_id: str
    unit_name: str
    verdict: Verdict
    value: float | None
    required: float | None
    unit: str | None
    comparator: str | None
    margin: float | None
    modality: str
    duty_holder: str
    standing: str
    formula: Mapping[str, Any]
    fragile: bool = False
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shortfall(self) -> float:
        """What is missing, in ``unit``; 0 where the clause is kept or nothing can be said."""
        return -self.margin if self.margin is not None and self.margin < 0 else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: ids and numbers, no prose."""
        return {
            "clause_id": self.clause_id,
            "unit_kind": self.unit_kind,
            "unit_id": self.unit_id,
            "unit_name": self.unit_name,
            "verdict": self.verdict.value,
            "value": _plain(self.value),
            "required": _plain(self.required),
            "unit": self.unit,
            "comparator": self.comparator,
            "margin": _plain(self.margin),
            "modality": self.modality,
            "duty_holder": self.duty_holder,
            "standing": self.standing,
            "formula": _plain(self.formula),
            "fragile": self.fragile,
            "evidence": _plain(self.evidence),
        }


def tidy(number: float) -> float:
    """Return a figure without the dust of binary fractions (nine decimals), for showing only."""
    return round(float(number), 9)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else tidy(number)


def doubt_of(adoption: Adoption) -> str | None:
    """Return the message id of why a clause cannot be held against a unit; ``None`` if it can."""
    if adoption.undetermined:
        return f"reason.{adoption.undetermined[0]}_unknown"
    return None if adoption.clause.is_numeric else "reason.clause_without_number"


def reading_of(clause: Clause, name: str, chosen: Mapping[str, Mapping[str, str]]) -> str:
    """Return the reading of a clause's open question: the one chosen, else the default."""
    return chosen.get(clause.id, {}).get(name) or clause.readings[name].default


def undecided(
    adoption: Adoption,
    unit: UnitRef,
    reason: str,
    *,
    required: float | None = None,
    value: float | None = None,
    evidence: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> Finding:
    """Return a finding of insufficient data, with the message id of what is missing."""
    said = {"reason": reason, **parameters, **(evidence or {})}
    return _finding(
        adoption,
        unit,
        Verdict.INSUFFICIENT_DATA,
        value,
        required,
        {"id": reason, **parameters},
        said,
    )


def not_applicable(
    adoption: Adoption, unit: UnitRef, reason: str, evidence: Mapping[str, Any], **parameters: Any
) -> Finding:
    """Return a finding for a clause whose trigger is not met."""
    return _finding(
        adoption,
        unit,
        Verdict.NOT_APPLICABLE,
        None,
        None,
        {"id": reason, **parameters},
        {"reason": reason, **evidence},
    )


def judged(
    adoption: Adoption,
    unit: UnitRef,
    *,
    value: float,
    required: float,
    formula: Mapping[str, Any],
    evidence: Mapping[str, Any],
    accuracy: float = 0.0,
) -> Finding:
    """Return a finding with the verdict that the clause's comparator gives.

    Parameters
    ----------
    accuracy
        Accuracy of the value, in its unit; a smaller margin is flagged fragile.
    """
    clause = adoption.clause
    if clause.comparator is None:
        raise ValueError(f"clause {clause.id} has no comparator")
    holds = clause.comparator.holds(value, required)
    margin = value - required if clause.comparator.wants_more else required - value
    verdict = Verdict.COMPLIANT if holds else Verdict.NON_COMPLIANT
    finding = _finding(adoption, unit, verdict, value, required, formula, evidence)
    if finding.verdict is not verdict:
        return finding
    return dataclasses.replace(finding, margin=margin, fragile=abs(margin) < accuracy)


def settled(
    adoption: Adoption,
    unit: UnitRef,
    verdict: Verdict,
    *,
    value: float | None,
    required: float | None,
    formula: Mapping[str, Any],
    evidence: Mapping[str, Any],
) -> Finding:
    """Return a finding whose verdict follows from dates or flags, not from its two figures."""
    return _finding(adoption, unit, verdict, value, required, formula, evidence)


def aside_of(*adoptions: Adoption) -> list[dict[str, Any]]:
    """Return the clauses that were not adopted, and why."""
    return [
        {"clause": item.clause_id, "reason": item.reason, "by": item.by}
        for adoption in adoptions
        for item in adoption.set_aside
    ]


def _finding(
    adoption: Adoption,
    unit: UnitRef,
    verdict: Verdict,
    value: float | None,
    required: float | None,
    formula: Mapping[str, Any],
    evidence: Mapping[str, Any],
) -> Finding:
    clause: Clause = adoption.clause
    if adoption.confidence == "C" and verdict in {Verdict.COMPLIANT, Verdict.NON_COMPLIANT}:
        # Nobody held its figure against the text: it informs, and concludes nothing either way.
        evidence = {**evidence, "reason": UNVERIFIED, "unverified_outcome": verdict.value}
        formula, verdict = {"id": UNVERIFIED}, Verdict.INSUFFICIENT_DATA
    aside = aside_of(adoption)
    return Finding(
        clause_id=clause.id,
        unit_kind=unit.kind,
        unit_id=unit.id,
        unit_name=unit.name,
        verdict=verdict,
        value=value,
        required=required,
        unit=None if clause.unit is None else FIGURE_UNITS.get(clause.unit, clause.unit),
        comparator=None if clause.comparator is None else clause.comparator.value,
        margin=None,
        modality=clause.modality.value,
        duty_holder=clause.duty_holder.value,
        standing=adoption.standing.value,
        formula=formula,
        evidence={
            "row": unit.row,
            "confidence": adoption.confidence,
            **({"not_adopted": aside} if aside else {}),
            **evidence,
        },
    )
