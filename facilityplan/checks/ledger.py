"""The ledger: every indicator and milestone of the documents against what is reported."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from facilityplan.checks import indicator, milestone
from facilityplan.checks.context import Context
from facilityplan.checks.due import OPEN, Cut, State, open_state, period
from facilityplan.checks.finding import Finding
from facilityplan.standards import Clause

STATE_ORDER = tuple(
    State(name)
    for name in (
        "overdue_unreported",
        "overdue_reported",
        "done_late",
        "due_this_month",
        "due_this_quarter",
        "due_this_half",
        "due_this_year",
        "upcoming",
        "undated",
        "reported",
        "done",
    )
)
"""What is to be seen to comes first."""


@dataclass(frozen=True)
class LedgerEntry:
    """One line of the ledger: a clause, its unit, and how it stands.

    Parameters
    ----------
    due
        The day by which it is due; ``None`` where the text gives none.
    done_on
        The day on which a milestone was reached, or the year whose figure reaches the target.
    """

    clause: Clause
    finding: Finding
    state: State
    due: dt.date | None
    done_on: str | None

    @property
    def stage(self) -> str | None:
        """The stage of a milestone that comes in several."""
        stage = self.clause.parameters.get("stage")
        return None if stage is None else str(stage)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: ids and numbers, no prose."""
        return {
            "state": self.state.value,
            "due": None if self.due is None else self.due.isoformat(),
            "done_on": self.done_on,
            "stage": self.stage,
            "measure": self.clause.measure,
            "group": self.clause.group,
            "document": self.clause.document_id,
            **self.finding.as_dict(),
        }


@dataclass(frozen=True)
class Ledger:
    """The ledger of a place at a date, cut by a period.

    Parameters
    ----------
    entries
        What is overdue first, then by date and clause.
    unmatched
        Rows by table that speak of no clause in force.
    """

    place: str
    as_of: dt.date
    cut: Cut
    entries: tuple[LedgerEntry, ...]
    unmatched: dict[str, list[int]]

    @property
    def period(self) -> tuple[dt.date, dt.date]:
        """First and last day of the period that the judging date lies in."""
        return period(self.as_of, self.cut)

    def counts(self) -> dict[State, int]:
        """Return how many entries are in each state, in the ledger's order."""
        found = Counter(entry.state for entry in self.entries)
        return {state: found[state] for state in STATE_ORDER if found[state]}

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        first, last = self.period
        return {
            "place": self.place,
            "as_of": self.as_of.isoformat(),
            "cut": self.cut.value,
            "period": [first.isoformat(), last.isoformat()],
            "counts": {state.value: number for state, number in self.counts().items()},
            "entries": [entry.as_dict() for entry in self.entries],
            "unmatched": self.unmatched,
        }


def ledger(context: Context, cut: Cut = Cut.QUARTER) -> Ledger:
    """Return the ledger of a city under its standards.

    Parameters
    ----------
    cut
        Period of "due this period": the month, quarter, half-year or year of the judging date.
    """
    findings = [*indicator.evaluate(context), *milestone.evaluate(context)]
    clauses = {clause.id: clause for clause in context.standards.clauses()}
    entries = [_entry(clauses[item.clause_id], item, context.city.as_of, cut) for item in findings]
    entries.sort(
        key=lambda entry: (
            STATE_ORDER.index(entry.state),
            entry.due or dt.date.max,
            entry.clause.id,
            entry.finding.unit_id,
        )
    )
    unmatched = {
        indicator.LAYER: indicator.unmatched_rows(context),
        milestone.LAYER: milestone.unmatched_rows(context),
    }
    return Ledger(
        context.city.name,
        context.city.as_of,
        cut,
        tuple(entries),
        {name: rows for name, rows in unmatched.items() if rows},
    )


def _entry(clause: Clause, finding: Finding, as_of: dt.date, cut: Cut) -> LedgerEntry:
    evidence = finding.evidence
    state = State(evidence["state"])
    due = None if evidence["due"] is None else dt.date.fromisoformat(evidence["due"])
    if state in OPEN and due is not None:
        state = open_state(due, as_of, cut)
    done_on = evidence.get("done_on")
    return LedgerEntry(clause, finding, state, due, None if done_on is None else str(done_on))


def of_state(entries: Sequence[LedgerEntry], state: State) -> list[LedgerEntry]:
    """Return the entries of one state, in their order."""
    return [entry for entry in entries if entry.state is state]
