"""Why a verdict may differ between two runs: the data, the document, the method or the date.

Two folders cannot prove a cause; they can rule causes out. What is left is said, all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from facilityplan.scenario.difference.circumstances import data_differs, method_differs
from facilityplan.scenario.difference.record import Row, RunRecord

DATA: Final = "data"
STANDARD: Final = "standard"
METHOD: Final = "method"
DATE: Final = "date"

DATED: Final = frozenset({"expiry", "indicator", "milestone", "register", "staged_delivery"})
"""Measures whose verdicts hang on the judging date."""


@dataclass(frozen=True)
class Causes:
    """What may be behind the differences of two runs.

    Parameters
    ----------
    clauses
        Those whose demand differs.
    read_otherwise
        Those of which another reading was chosen.
    method, date, data
        Whether the way of working, the judging date and the files read differ; where the files
        are the same, no verdict turned by them.
    """

    clauses: Collection[str]
    read_otherwise: Collection[str]
    method: bool
    date: bool
    data: bool

    def of(self, a: RunRecord, b: RunRecord, before: Row, after: Row) -> list[str]:
        """Return what may have turned a verdict, in a fixed order; never nothing."""
        names = {before["clause_id"], after["clause_id"]}
        measures = {
            run.clauses[item["clause_id"]]["measure"] for run, item in ((a, before), (b, after))
        }
        others = [
            cause
            for cause, may in (
                (STANDARD, bool(names & set(self.clauses))),
                (METHOD, self.method or bool(names & set(self.read_otherwise))),
                (DATE, self.date and bool(measures & DATED)),
            )
            if may
        ]
        if others and (not self.data or _same_data(a, b, before, after)):
            return others
        return [DATA, *others]


def causes_of(found: Mapping[str, Any]) -> Causes:
    """Return what may be behind the differences, from the circumstances of two runs."""
    return Causes(
        frozenset(found["clauses"]),
        frozenset(name.split(".", 1)[0] for name in found["readings"]),
        method_differs(found),
        bool(found["as_of"]),
        data_differs(found),
    )


def _same_data(a: RunRecord, b: RunRecord, before: Row, after: Row) -> bool:
    """Return whether the figures show that the data cannot have turned the verdict.

    They do where the value is the same, and the requirement too or nothing but the clause's own
    number.
    """
    if before["value"] is None or before["value"] != after["value"]:
        return False
    if before["required"] == after["required"]:
        return True
    sides: Sequence[tuple[RunRecord, Row]] = ((a, before), (b, after))
    return all(item["required"] == run.clauses[item["clause_id"]]["value"] for run, item in sides)
