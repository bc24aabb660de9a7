"""The ledger of indicators and milestones: lines for a screen, sheets for a bureau."""

from __future__ import annotations

import io

from facilityplan import locale
from facilityplan.checks import Verdict
from facilityplan.checks.due import OPEN, State
from facilityplan.checks.ledger import Ledger, LedgerEntry, of_state
from facilityplan.checks.wording import formula_text, required_text, value_text
from facilityplan.locale import Listed
from facilityplan.report.sheets import Column, Row, open_book
from facilityplan.report.text import printable

_COLUMNS = (
    Column("state", 16, toned=True),
    Column("due", 12),
    Column("done_on", 12),
    Column("clause", 9),
    Column("title", 34),
    Column("stage", 12),
    Column("unit_name", 20),
    Column("reported_value", 14),
    Column("target", 16),
    Column("formula", 36),
    Column("modality", 9),
    Column("duty_holder", 18),
    Column("standing", 22),
    Column("quote", 50),
    Column("document_number", 22),
    Column("place", 14),
)

_COUNTS = (Column("state", 24, toned=True), Column("entries", 12))

_TONES = {
    State.OVERDUE_UNREPORTED: Verdict.INSUFFICIENT_DATA.value,
    State.OVERDUE_REPORTED: Verdict.NON_COMPLIANT.value,
    State.DONE_LATE: Verdict.NON_COMPLIANT.value,
}


def ledger_lines(ledger: Ledger, lang: str | None = None) -> list[str]:
    """Return the ledger as lines of text: its date and period, then the entries by state."""
    first, last = ledger.period
    lines = [
        locale.text(
            "ledger.head",
            lang,
            place=printable(ledger.place),
            as_of=ledger.as_of.isoformat(),
            first=first.isoformat(),
            last=last.isoformat(),
        )
    ]
    for state, number in ledger.counts().items():
        said = locale.text(f"state.{state}", lang)
        lines.append(locale.text("ledger.state", lang, state=said, number=number))
        lines += [_line(entry, lang) for entry in of_state(ledger.entries, state)]
    if not ledger.entries:
        lines.append(locale.text("ledger.nothing", lang))
    for layer, rows in ledger.unmatched.items():
        shown = Listed(map(str, rows[:10]), "…" if len(rows) > 10 else "")
        lines.append(locale.text("ledger.unmatched", lang, table=layer, rows=shown))
    return lines


def _line(entry: LedgerEntry, lang: str | None) -> str:
    return locale.text(
        "ledger.line",
        lang,
        due="—" if entry.due is None else entry.due.isoformat(),
        clause=entry.clause.id,
        title=_title(entry, lang),
        value=value_text(entry.finding, lang),
        required=required_text(entry.finding, lang),
    )


def _title(entry: LedgerEntry, lang: str | None) -> str:
    title = entry.clause.title if locale.language(lang) == "zh" else entry.clause.title_en
    if entry.finding.unit_kind == "project":
        return printable(title)
    more = entry.finding.unit_name
    return locale.text("ledger.titled", lang, title=printable(title), more=printable(more))


def ledger_workbook(ledger: Ledger, lang: str | None = None) -> bytes:
    """Return an xlsx file: how many entries are in each state, what is due or overdue, and all.

    The judging date is the only date of making in it: the same ledger gives the same bytes.
    """
    stream = io.BytesIO()
    head = locale.text("ledger.title", lang, place=printable(ledger.place))
    first, last = ledger.period
    dated = locale.text(
        "ledger.head",
        lang,
        place=printable(ledger.place),
        as_of=ledger.as_of.isoformat(),
        first=first.isoformat(),
        last=last.isoformat(),
    )
    with open_book(stream, head, ledger.as_of, lang) as writer:
        counts = [
            Row(
                {"state": locale.text(f"state.{state}", lang), "entries": float(number)},
                _TONES.get(state, "plain"),
            )
            for state, number in ledger.counts().items()
        ]
        writer.sheet("ledger_counts", _COUNTS, counts, above=(head, dated))
        due = [
            entry
            for entry in ledger.entries
            if entry.state in _TONES or (entry.state in OPEN and entry.state is not State.UPCOMING)
        ]
        writer.sheet("ledger_due", _COLUMNS, [_row(entry, lang) for entry in due])
        writer.sheet("ledger_all", _COLUMNS, [_row(entry, lang) for entry in ledger.entries])
    return stream.getvalue()


def _row(entry: LedgerEntry, lang: str | None) -> Row:
    clause, finding = entry.clause, entry.finding
    return Row(
        {
            "state": locale.text(f"state.{entry.state}", lang),
            "due": None if entry.due is None else entry.due.isoformat(),
            "done_on": entry.done_on,
            "clause": clause.id,
            "title": clause.title if locale.language(lang) == "zh" else clause.title_en,
            "stage": entry.stage,
            "unit_name": finding.unit_name,
            "reported_value": value_text(finding, lang),
            "target": required_text(finding, lang),
            "formula": formula_text(finding, lang),
            "modality": locale.text(f"modality.{finding.modality}", lang),
            "duty_holder": locale.text(f"duty_holder.{finding.duty_holder}", lang),
            "standing": locale.text(f"standing.{finding.standing}", lang),
            "quote": clause.quote,
            "document_number": clause.document_number,
            "place": clause.number,
        },
        _TONES.get(entry.state, "plain"),
    )
