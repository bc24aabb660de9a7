"""Human decisions (人工认定): shown beside what was computed, never over it."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from facilityplan.checks import Finding
from facilityplan.errors import BadValueError, InputError, SchemaError
from facilityplan.layers import as_text
from facilityplan.locale import Listed
from facilityplan.schemes import cells
from facilityplan.schemes.register import Review

WORDS: Final = {
    "scheme": ("项目",),
    "clause": ("条款",),
    "decision": ("认定",),
    "by": ("认定人",),
    "on": ("日期",),
    "reason": ("理由",),
    "document": ("文号",),
}
"""Keys of one decision; all are needed."""

PHASE: Final = ("phase", "分期")
"""Key of the phase that a decision is on; without it the decision is on all of them."""

TABLES: Final = ("decision", "认定")
"""What the tables of decisions are called; a file has one of the two."""


@dataclass(frozen=True)
class Decision:
    """What a person decided on one clause of one scheme, or of one phase of it."""

    scheme: str
    clause: str
    decision: str
    by: str
    on: str
    reason: str
    document: str
    phase: str | None = None

    def speaks_of(self, scheme: str, finding: Finding) -> bool:
        """Return whether it is on that finding of that scheme."""
        if (self.scheme, self.clause) != (scheme, finding.clause_id):
            return False
        return self.phase is None or finding.unit_id == f"{scheme}/{self.phase}"


def read_decisions(content: bytes, file: str) -> list[Decision]:
    """Return the decisions of a TOML file's ``[[decision]]`` (``[["认定"]]``) tables.

    Raises
    ------
    SchemaError
        If it is no TOML, a decision lacks who, when, why or its document, or there is a name
        that is none of ours: what it says would vanish in silence.
    """
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SchemaError("scheme_syntax", file=file, reason=str(error)) from error
    named = [name for name in TABLES if name in table]
    other = [*(name for name in table if name not in TABLES), *named[1:]]
    if other or not named:
        said = Listed(other) or "—"
        known = Listed(f"[[{name}]]" for name in TABLES)
        raise SchemaError("decision_unknown", file=file, found=said, known=known)
    rows = table[named[0]]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SchemaError("decision_field", file=file, found="[[decision]]")
    return [_decision(row, file, number) for number, row in enumerate(rows, start=1)]


def _decision(row: Mapping[str, Any], file: str, number: int) -> Decision:
    given: dict[str, Any] = {}
    used: set[str] = set()
    for name, words in WORDS.items():
        key = next((key for key in (name, *words) if key in row), None)
        said = None if key is None else _said(name, row[key], file, number)
        if key is None or said is None:
            lacking = f"{name}（{words[0]}）"
            raise SchemaError("decision_field", file=file, rows=[number], found=lacking)
        given[name] = said
        used.add(key)
    phase = next((key for key in PHASE if key in row), None)
    if phase is not None:
        given["phase"] = as_text(row[phase])
        if given["phase"] is None:
            # An empty one would be read as all phases.
            lacking = f"{PHASE[0]}（{PHASE[1]}）"
            raise SchemaError("decision_field", file=file, rows=[number], found=lacking)
        used.add(phase)
    other = [key for key in row if key not in used]
    if other:
        known = Listed(f"{name}（{words[0]}）" for name, words in WORDS.items())
        raise SchemaError(
            "decision_unknown", file=file, rows=[number], found=Listed(other), known=known
        )
    return Decision(**given)


def _said(name: str, value: object, file: str, number: int) -> str | None:
    """Return what a key says; its day as year-month-day, however it is written."""
    if name != "on":
        return as_text(value)
    try:
        day = cells.date(value).value
    except ValueError as error:
        raise BadValueError(
            "scheme_bad_date", file=file, column="日期", rows=[number], found=str(value)[:40]
        ) from error
    return None if day is None else day.isoformat()


def check_decisions(decisions: Sequence[Decision], reviews: Sequence[Review], file: str) -> None:
    """Refuse decisions on what is not there: they would vanish in silence.

    Raises
    ------
    InputError
        If a decision names no scheme or no clause of the reviews, or a scheme whose name
        several have: nobody could say whose it is.
    """
    findings = [(item.scheme.name, finding) for item in reviews for finding in item.findings]
    lost = [item for item in decisions if not any(item.speaks_of(*of) for of in findings)]
    if lost:
        said = Listed(
            "/".join(filter(None, (item.scheme, item.clause, item.phase))) for item in lost[:5]
        )
        raise InputError("decision_of_none", file=file, found=said)
    schemes = Counter(item.scheme.name for item in reviews)
    shared = dict.fromkeys(item.scheme for item in decisions if schemes[item.scheme] > 1)
    if shared:
        raise InputError("decision_of_several", file=file, found=Listed(shared))
