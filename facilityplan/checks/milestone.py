"""Milestones: named projects and tasks with a date, held against what table milestones reports.

A row reports something where it gives a date of completion, or says that nothing was completed
(quantity 0). A row with neither is a line still to be filled in. The date of a clause may lie
before that of its document: the text says so, and nothing is wrong with it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from facilityplan.checks.context import Context
from facilityplan.checks.due import CADENCES, Cut, State, open_state, period
from facilityplan.checks.finding import Finding, UnitRef, Verdict, settled
from facilityplan.standards import Adoption, Clause, Unit

LAYER = "milestones"


@dataclass(frozen=True)
class Report:
    """One row of table milestones."""

    row: int
    name: str | None
    due: dt.date | None
    done: dt.date | None
    quantity: float
    source: str | None

    @property
    def says_something(self) -> bool:
        """Whether the row reports anything."""
        return self.done is not None or self.quantity == 0

    def counts(self, demanded: float) -> float:
        """Return how many of the things demanded the row stands for, once done.

        A row that gives no quantity is one thing where it names it, and the whole otherwise.
        """
        if math.isfinite(self.quantity):
            return self.quantity
        return demanded if self.name is None else 1.0


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each milestone of the documents in force."""
    clauses = context.standards.clauses("milestone")
    # A milestone is the whole place's: no area and no level keeps it out.
    areas = frozenset(
        name for c in clauses for name in (c.applies_to.area, *c.applies_to.places) if name
    )
    return [
        _judge(context, adoption) for adoption in context.binding("milestone", Unit(areas=areas))
    ]


def reports_of(context: Context, clause: Clause) -> list[Report]:
    """Return the rows of table milestones that speak of a clause, in the table's order.

    A row names the milestone as the clause does, by its id or by its title, and the stage where
    the clause has one.
    """
    names = {str(clause.parameters["milestone"]), clause.title}
    stage = clause.parameters.get("stage")
    return [
        _report(context, at)
        for at, named in enumerate(_cells(context, "milestone"))
        if named == clause.id or (named in names and _cells(context, "stage")[at] == stage)
    ]


def unmatched_rows(context: Context) -> list[int]:
    """Return the row numbers of table milestones that speak of no clause in force."""
    if not context.city.has(LAYER):
        return []
    spoken = {
        report.row
        for clause in context.standards.clauses("milestone")
        for report in reports_of(context, clause)
    }
    return sorted({int(row) for row in context.cells(LAYER, "row")} - spoken)


def _cells(context: Context, column: str) -> list[Any]:
    return context.cells(LAYER, column) if context.city.has(LAYER) else []


def _report(context: Context, at: int) -> Report:
    row, name, due, done, quantity, source = (
        context.cells(LAYER, column)[at]
        for column in ("row", "name", "due", "done", "quantity", "source")
    )
    return Report(int(row), name, due, done, float(quantity), source)


def due_date(context: Context, clause: Clause, reports: Sequence[Report]) -> dt.date | None:
    """Return the day by which a milestone is to be reached: the text's, else the project's own."""
    cadence = CADENCES.get(str(clause.parameters.get("cadence")))
    if cadence is not None:
        return _report_due(context, clause, cadence, kept=bool(reports))
    due = clause.parameters.get("due")
    if isinstance(due, dt.date):
        return due
    year = clause.parameters.get("due_year") or clause.target_year
    if year is not None:
        return dt.date(int(year), 12, 31)
    return max((item.due for item in reports if item.due is not None), default=None)


def _report_due(context: Context, clause: Clause, cadence: Cut, *, kept: bool) -> dt.date:
    """Return the day of a report that comes round again.

    Where the table keeps record of such reports it is the end of the last period that is over;
    where it keeps none, nothing can be said of the past and it is the end of this period.
    """
    since = clause.in_force or context.standards.document_of(clause).in_force
    start, end = period(context.city.as_of, cadence)
    before = period(start - dt.timedelta(days=1), cadence)[1]
    return before if kept and before >= since else end


def _within(clause: Clause, due: dt.date | None, reports: Sequence[Report]) -> list[Report]:
    """Return the rows that speak of the period due, for a report that comes round again."""
    cadence = CADENCES.get(str(clause.parameters.get("cadence")))
    if cadence is None or due is None:
        return list(reports)
    first = period(due, cadence)[0]
    return [
        item
        for item in reports
        if (item.due is not None and first <= item.due <= due)
        or (item.due is None and item.done is not None and first <= item.done <= due)
    ]


def _judge(context: Context, adoption: Adoption) -> Finding:
    clause, as_of = adoption.clause, context.city.as_of
    every = reports_of(context, clause)
    due = due_date(context, clause, every)
    reports = _within(clause, due, every)
    demanded = clause.value if clause.value is not None else 1.0
    done_on, amount = _completion(clause, reports, demanded, as_of)
    vague = done_on is None and _is_vague(reports, demanded)
    heard = any(item.says_something for item in reports) and not vague
    state = _state(due, done_on, as_of, heard=heard)
    ref = UnitRef(
        "project",
        str(clause.parameters["milestone"]),
        clause.title,
        reports[0].row if reports else 0,
    )
    evidence: dict[str, Any] = {
        "state": state.value,
        "due": None if due is None else due.isoformat(),
        "done_on": None if done_on is None else done_on.isoformat(),
        "stage": clause.parameters.get("stage"),
        "reported": heard,
        "reports": [_shown(item) for item in reports],
    }
    if state is State.DONE_LATE and due is not None and done_on is not None:
        evidence["days_late"] = (done_on - due).days
    formula = _formula(state, due, done_on, vague=vague)
    if _VERDICTS[state] in {Verdict.INSUFFICIENT_DATA, Verdict.NOT_APPLICABLE}:
        evidence["reason"] = formula["id"]
    return settled(
        adoption,
        ref,
        _VERDICTS[state],
        value=amount if heard else None,
        required=demanded,
        formula=formula,
        evidence=evidence,
    )


def _is_vague(reports: Sequence[Report], demanded: float) -> bool:
    """Return whether one row says that it is done, but not how much of the number demanded."""
    return (
        demanded > 1
        and len(reports) == 1
        and reports[0].done is not None
        and math.isnan(reports[0].quantity)
    )


def _completion(
    clause: Clause, reports: Sequence[Report], demanded: float, as_of: dt.date
) -> tuple[dt.date | None, float]:
    """Return the day on which the number demanded was reached, if it was, and how many are done."""
    total, reached = 0.0, None
    finished = [item for item in reports if item.done is not None and item.done <= as_of]
    for item in sorted(finished, key=lambda report: (report.done or as_of, report.row)):
        total += item.counts(demanded)
        enough = clause.holds(total) if clause.is_numeric else total >= demanded
        if enough and reached is None:
            reached = item.done
    return reached, total


_VERDICTS = {
    State.DONE: Verdict.COMPLIANT,
    State.DONE_LATE: Verdict.NON_COMPLIANT,
    State.OVERDUE_REPORTED: Verdict.NON_COMPLIANT,
    State.OVERDUE_UNREPORTED: Verdict.INSUFFICIENT_DATA,
    State.UNDATED: Verdict.INSUFFICIENT_DATA,
    State.DUE_THIS_QUARTER: Verdict.NOT_APPLICABLE,
    State.UPCOMING: Verdict.NOT_APPLICABLE,
}

_REASONS = {
    State.OVERDUE_UNREPORTED: "reason.milestone_overdue_unreported",
    State.UNDATED: "reason.milestone_undated",
    State.DUE_THIS_QUARTER: "reason.milestone_due_this_quarter",
    State.UPCOMING: "reason.milestone_upcoming",
}


def _state(due: dt.date | None, done_on: dt.date | None, as_of: dt.date, *, heard: bool) -> State:
    if done_on is not None:
        return State.DONE if due is None or done_on <= due else State.DONE_LATE
    if due is None:
        return State.UNDATED
    if as_of > due:
        return State.OVERDUE_REPORTED if heard else State.OVERDUE_UNREPORTED
    return open_state(due, as_of, Cut.QUARTER)


def _formula(
    state: State, due: dt.date | None, done_on: dt.date | None, *, vague: bool
) -> dict[str, Any]:
    said: dict[str, Any] = {"due": "—" if due is None else due.isoformat()}
    if vague:
        return {"id": "reason.milestone_quantity_missing", **said}
    if done_on is not None:
        said["done_on"] = done_on.isoformat()
        return {"id": "formula.milestone_done" if due else "formula.milestone_undated", **said}
    if state is State.OVERDUE_REPORTED:
        return {"id": "formula.milestone_not_done", **said}
    return {"id": _REASONS[state], **said}


def _shown(report: Report) -> dict[str, Any]:
    return {
        "row": report.row,
        "name": report.name,
        "due": None if report.due is None else report.due.isoformat(),
        "done": None if report.done is None else report.done.isoformat(),
        "quantity": report.quantity if math.isfinite(report.quantity) else None,
        "source": report.source,
    }
