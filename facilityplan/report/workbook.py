"""Findings as an Excel workbook: every figure a number, every text a text, never a formula."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Sequence
from typing import Final

from facilityplan import locale
from facilityplan.checks import Finding, Verdict
from facilityplan.checks.wording import SIGNS, formula_text, verdict_text
from facilityplan.doctor import Notice, sentence
from facilityplan.errors import OutputError
from facilityplan.report.sensitivity import write_sheets
from facilityplan.report.sheets import Cell, Column, Row, Sheet, open_book
from facilityplan.report.tally import count_verdicts, in_order, total_shortfall
from facilityplan.report.text import printable
from facilityplan.scenario import Sensitivity
from facilityplan.standards import Clause, Standards
from facilityplan.standards.titles import number_behind

MAX_FINDINGS: Final = 1_048_575
"""Rows of an Excel sheet below its header."""

MAX_LISTED: Final = 10_000
"""Objects of one notice that the sheet of notices lists."""

_MISSES: Final = frozenset({Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA})

_SUMMARY: Final = (
    Column("clause", 10),
    Column("title", 34),
    Column("document_number", 22),
    Column("place", 14),
    Column("modality", 9),
    Column("duty_holder", 18),
    Column("standing", 22),
    *(Column(verdict.value, 11) for verdict in Verdict),
    Column("shortfall_total", 14),
    Column("unit_of_measure", 10),
)

_FINDINGS: Final = (
    Column("clause", 9),
    Column("modality", 8),
    Column("unit_id", 14),
    Column("unit_name", 24),
    Column("verdict", 16, toned=True),
    Column("value", 12, toned=True),
    Column("comparator", 6),
    Column("required", 12),
    Column("shortfall", 12, toned=True),
    Column("unit_of_measure", 10),
    Column("formula", 40),
    Column("quote", 60),
    Column("document", 36),
    Column("place", 14),
    Column("facility", 16),
    Column("straight_m", 12),
    Column("walking_m", 12),
    Column("fragile", 10),
)


_NOTICES: Final = (Column("notice", 90), Column("unit_id", 16), Column("unit_name", 30))


def findings_workbook(
    findings: Sequence[Finding],
    standards: Standards,
    *,
    title: str,
    as_of: dt.date,
    sensitivity: Sensitivity | None = None,
    lang: str | None = None,
    more: Sequence[Sheet] = (),
    notices: Sequence[Notice] = (),
) -> bytes:
    """Return an xlsx file: clauses with their counts, misses, all findings, and notices.

    Parameters
    ----------
    findings
        Every clause that they name is one of the standards'.
    standards
        What was held against the city.
    title
        Name of the place, for the head of the sheets.
    as_of
        Judging date; the only date in the file, so that the same findings give the same bytes.
    sensitivity
        Of the radius verdicts, for sheets of its own; ``None`` leaves them out.
    lang
        ``zh`` or ``en``.
    more
        Sheets that follow those of the findings.
    notices
        What a reader should know of the data; without any there is no sheet of them.

    Raises
    ------
    OutputError
        If there are more findings than a sheet has rows.
    KeyError
        If a finding names a clause that the standards do not have.
    """
    if len(findings) > MAX_FINDINGS:
        raise OutputError("workbook_too_long", findings=len(findings), limit=MAX_FINDINGS)
    ordered = in_order(findings)
    clauses = {clause.id: clause for item in standards.documents for clause in item.clauses}
    stream = io.BytesIO()
    head = locale.text("report.workbook_title", lang, title=printable(title))
    with open_book(stream, head, as_of, lang) as writer:
        dated = locale.text("report.workbook_as_of", lang, as_of=as_of.isoformat())
        writer.sheet(
            "summary", _SUMMARY, _summary_rows(ordered, standards, lang), above=(head, dated)
        )
        misses = [item for item in ordered if item.verdict in _MISSES]
        misses.sort(
            key=lambda item: (
                item.modality != "mandatory",
                item.clause_id,
                item.unit_id,
                item.unit_kind,
            )
        )

        def row_of(finding: Finding) -> Row:
            return _finding_row(finding, clauses[finding.clause_id], lang)

        writer.sheet("misses", _FINDINGS, [row_of(item) for item in misses])
        writer.sheet("all", _FINDINGS, [row_of(item) for item in ordered])
        for sheet in more:
            writer.sheet(sheet.name, sheet.columns, sheet.rows, above=sheet.above)
        if sensitivity is not None:
            write_sheets(writer, sensitivity, lang)
        if notices:
            writer.sheet("notices", _NOTICES, _notice_rows(notices, lang))
    return stream.getvalue()


def _summary_rows(findings: Sequence[Finding], standards: Standards, lang: str | None) -> list[Row]:
    """Return one row a clause of the documents, by id; those not in force say why."""
    clauses = {clause.id: clause for item in standards.documents for clause in item.clauses}
    aside = {item.clause_id: item.reason for item in standards.not_in_force}
    of_clause: dict[str, list[Finding]] = {name: [] for name in clauses}
    for finding in findings:
        of_clause[finding.clause_id].append(finding)
    counts = count_verdicts(findings, clauses)
    rows: list[Row] = []
    for name, clause in sorted(clauses.items()):
        missing = total_shortfall(of_clause[name])
        standing = (
            f"reason.{aside[name]}" if name in aside else f"standing.{standards.standing(clause)}"
        )
        rows.append(
            Row(
                {
                    "clause": name,
                    "title": _title(clause, lang),
                    "document_number": clause.document_number,
                    "place": clause.number,
                    "modality": locale.text(f"modality.{clause.modality}", lang),
                    "duty_holder": locale.text(f"duty_holder.{clause.duty_holder}", lang),
                    "standing": locale.text(standing, lang),
                    **{verdict.value: float(n) for verdict, n in counts[name].items()},
                    "shortfall_total": None if missing is None else missing[0],
                    "unit_of_measure": _unit(None if missing is None else missing[1], lang),
                }
            )
        )
    return rows


def _notice_rows(notices: Sequence[Notice], lang: str | None) -> list[Row]:
    """Return one row for each object that a notice names, or one where it names none.

    The sentence says how many there are; findings.json has those that would fill the sheet.
    """
    rows: list[Row] = []
    for notice in notices:
        said = sentence(notice, lang)
        names = notice.names or (None,) * len(notice.ids)
        listed = list(zip(notice.ids or (None,), names or (None,), strict=True))
        for item_id, name in listed[:MAX_LISTED]:
            rows.append(Row({"notice": said, "unit_id": item_id, "unit_name": name}))
    return rows


def _finding_row(finding: Finding, clause: Clause, lang: str | None) -> Row:
    evidence = finding.evidence
    missed = finding.verdict is Verdict.NON_COMPLIANT
    return Row(
        {
            "clause": finding.clause_id,
            "modality": locale.text(f"modality.{finding.modality}", lang),
            "unit_id": finding.unit_id,
            "unit_name": finding.unit_name,
            "verdict": verdict_text(finding, lang),
            "value": _number(finding.value),
            "comparator": SIGNS.get(finding.comparator or ""),
            "required": _number(finding.required),
            "shortfall": _number(finding.shortfall) if missed else None,
            "unit_of_measure": _unit(finding.unit, lang),
            "formula": _formula(finding, lang),
            "quote": clause.quote,
            "document": locale.text(
                "report.document",
                lang,
                title=clause.document_title,
                number=number_behind(clause.document_title, clause.document_number, lang),
            ),
            "place": clause.number,
            "facility": evidence.get("facility"),
            "straight_m": _number(evidence.get("straight_m")),
            "walking_m": _number(evidence.get("walking_m")),
            "fragile": locale.text("report.fragile", lang) if finding.fragile else None,
        },
        finding.verdict.value,
    )


def _formula(finding: Finding, lang: str | None) -> str:
    """Return the sum, or what is missing; an endless distance is said to be one."""
    if finding.value is not None and math.isinf(finding.value):
        return locale.text("report.no_facility", lang)
    return formula_text(finding, lang)


def _title(clause: Clause, lang: str | None) -> str:
    return clause.title if locale.language(lang) == "zh" else clause.title_en


def _unit(unit: str | None, lang: str | None) -> Cell:
    return None if unit is None else locale.text(f"unit.{unit}", lang)


def _number(value: float | None) -> Cell:
    return None if value is None or not math.isfinite(value) else float(value)
