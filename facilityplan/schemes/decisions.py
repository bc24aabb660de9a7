"""Human decisions (人工认定): shown beside what was computed, never over it."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from facilityplan.errors import InputError, SchemaError
from facilityplan.layers import as_text
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


@dataclass(frozen=True)
class Decision:
    """What a person decided on one clause of one scheme."""

    scheme: str
    clause: str
    decision: str
    by: str
    on: str
    reason: str
    document: str


def read_decisions(content: bytes, file: str) -> list[Decision]:
    """Return the decisions of a TOML file's ``[[decision]]`` (``[["认定"]]``) tables.

    Raises
    ------
    SchemaError
        If it is no TOML, or a decision lacks who, when, why or its document.
    """
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SchemaError("scheme_syntax", file=file, reason=str(error)) from error
    rows = table.get("decision", table.get("认定", []))
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SchemaError("decision_field", file=file, found="[[decision]]")
    found = []
    for number, row in enumerate(rows, start=1):
        given = {}
        for name, words in WORDS.items():
            value = next((row[key] for key in (name, *words) if key in row), None)
            said = value.isoformat() if isinstance(value, dt.date) else as_text(value)
            if said is None:
                lacking = f"{name}（{words[0]}）"
                raise SchemaError("decision_field", file=file, rows=[number], found=lacking)
            given[name] = said
        found.append(Decision(**given))
    return found


def check_decisions(decisions: Sequence[Decision], reviews: Sequence[Review], file: str) -> None:
    """Refuse decisions on what is not there: they would vanish in silence.

    Raises
    ------
    InputError
        If a decision names no scheme or no clause of the reviews.
    """
    known = {(item.scheme.name, f.clause_id) for item in reviews for f in item.findings}
    lost = [item for item in decisions if (item.scheme, item.clause) not in known]
    if lost:
        said = "、".join(f"{item.scheme}/{item.clause}" for item in lost[:5])
        raise InputError("decision_of_none", file=file, found=said)
