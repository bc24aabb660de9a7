"""Findings as an Excel workbook: every figure a number, every text a text, never a formula."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import xlsxwriter

from facilityplan import locale
from facilityplan.checks import Finding, Verdict, tidy
from facilityplan.checks.wording import SIGNS, formula_text, verdict_text
from facilityplan.errors import OutputError
from facilityplan.report.tally import count_verdicts, in_order, total_shortfall
from facilityplan.report.text import printable
from facilityplan.standards import Clause, Standards

MAX_FINDINGS: Final = 1_048_575
"""Rows of an Excel sheet below its header."""

MAX_CELL_CHARACTERS: Final = 16_000
"""Excel takes 32,767 UTF-16 units a cell; a character has up to two."""

MAX_HEADER_CHARACTERS: Final = 100
"""A printed header may hold 255 characters in all, ampersands doubled."""

PAPER_A4: Final = 9

_MISSES: Final = frozenset({Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA})

Cell = str | float | None


@dataclass(frozen=True)
class _Column:
    """A column: the id of its header, its width in characters, whether a verdict colours it."""

    name: str
    width: float
    toned: bool = False


_SUMMARY: Final = (
    _Column("clause", 10),
    _Column("title", 34),
    _Column("document_number", 22),
    _Column("place", 14),
    _Column("modality", 9),
    _Column("duty_holder", 18),
    _Column("standing", 22),
    *(_Column(verdict.value, 11) for verdict in Verdict),
    _Column("shortfall_total", 14),
    _Column("unit_of_measure", 10),
)

_FINDINGS: Final = (
    _Column("clause", 9),
    _Column("modality", 8),
    _Column("unit_id", 14),
    _Column("unit_name", 24),
    _Column("verdict", 16, toned=True),
    _Column("value", 12, toned=True),
    _Column("comparator", 6),
    _Column("required", 12),
    _Column("shortfall", 12, toned=True),
    _Column("unit_of_measure", 10),
    _Column("formula", 40),
    _Column("quote", 60),
    _Column("document", 36),
    _Column("place", 14),
    _Column("facility", 16),
    _Column("straight_m", 12),
    _Column("walking_m", 12),
    _Column("fragile", 10),
)

_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "plain": {},
    Verdict.NON_COMPLIANT.value: {"bg_color": "#FFC7CE", "font_color": "#9C0006"},
    Verdict.INSUFFICIENT_DATA.value: {"bg_color": "#FFEB9C", "font_color": "#7F6000"},
}


def findings_workbook(
    findings: Sequence[Finding],
    standards: Standards,
    *,
    title: str,
    as_of: dt.date,
    lang: str | None = None,
) -> bytes:
    """Return an xlsx file: clauses with their counts, misses, and all findings.

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
    lang
        ``zh`` or ``en``.

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
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        head = locale.text("report.workbook_title", lang, title=printable(title))
        book.set_properties(
            {"title": _cut(head), "created": dt.datetime.combine(as_of, dt.time(), dt.UTC)}
        )
        writer = _Writer(book, lang, head)
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

        def row_of(finding: Finding) -> _Row:
            return _finding_row(finding, clauses[finding.clause_id], lang)

        writer.sheet("misses", _FINDINGS, [row_of(item) for item in misses])
        writer.sheet("all", _FINDINGS, [row_of(item) for item in ordered])
    return stream.getvalue()


@dataclass(frozen=True)
class _Row:
    """Cells by column, and the verdict that colours them."""

    cells: Mapping[str, Cell]
    tone: str = "plain"


class _Writer:
    """Writes sheets into one workbook, with the formats that they share."""

    def __init__(self, book: Any, lang: str | None, head: str) -> None:
        self.book = book
        self.lang = lang
        self.head = head
        basis = {"valign": "top", "border": 1, "border_color": "#BFBFBF"}
        # The prefix keeps a text a text when someone edits the cell in Excel.
        kinds: dict[str, dict[str, Any]] = {
            "text": {"text_wrap": True, "quote_prefix": True},
            "whole": {"num_format": "#,##0"},
            "decimal": {"num_format": "#,##0.0##"},
        }
        self.formats = {
            (kind, tone): book.add_format({**basis, **look, **colour})
            for kind, look in kinds.items()
            for tone, colour in _TONES.items()
        }
        self.header = book.add_format(
            {**basis, "bold": True, "text_wrap": True, "bg_color": "#D9E2EC", "quote_prefix": True}
        )
        self.title = book.add_format({"bold": True, "font_size": 14, "quote_prefix": True})

    def sheet(
        self,
        name: str,
        columns: Sequence[_Column],
        rows: Sequence[_Row],
        above: Sequence[str] = (),
    ) -> None:
        """Write one sheet: lines above the table, its header, its rows."""
        sheet = self.book.add_worksheet(locale.text(f"report.sheet.{name}", self.lang))
        for line, said in enumerate(above):
            sheet.write_string(line, 0, _cut(said), self.title if line == 0 else None)
        header = len(above)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width)
            said = locale.text(f"report.column.{column.name}", self.lang)
            sheet.write_string(header, at, said, self.header)
        for line, row in enumerate(rows, start=header + 1):
            for at, column in enumerate(columns):
                tone = row.tone if column.toned and row.tone in _TONES else "plain"
                self._write(sheet, line, at, row.cells[column.name], tone)
        sheet.freeze_panes(header + 1, 0)
        sheet.autofilter(header, 0, header + len(rows), len(columns) - 1)
        self._print_setup(sheet, header)

    def _write(self, sheet: Any, line: int, at: int, cell: Cell, tone: str) -> None:
        if isinstance(cell, str):
            sheet.write_string(line, at, _cut(cell), self.formats["text", tone])
        elif cell is None or not math.isfinite(cell):
            sheet.write_blank(line, at, None, self.formats["text", tone])
        else:
            kind = "whole" if float(cell).is_integer() else "decimal"
            sheet.write_number(line, at, tidy(cell), self.formats[kind, tone])

    def _print_setup(self, sheet: Any, header: int) -> None:
        sheet.set_landscape()
        sheet.set_paper(PAPER_A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(header)
        sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        said = self.head.replace("\n", " ")[:MAX_HEADER_CHARACTERS].replace("&", "&&")
        sheet.set_header(f"&L{said}&R&A")
        sheet.set_footer("&C&P / &N")


def _summary_rows(
    findings: Sequence[Finding], standards: Standards, lang: str | None
) -> list[_Row]:
    """Return one row a clause of the documents, by id; those not in force say why."""
    clauses = {clause.id: clause for item in standards.documents for clause in item.clauses}
    aside = {item.clause_id: item.reason for item in standards.not_in_force}
    of_clause: dict[str, list[Finding]] = {name: [] for name in clauses}
    for finding in findings:
        of_clause[finding.clause_id].append(finding)
    counts = count_verdicts(findings, clauses)
    rows: list[_Row] = []
    for name, clause in sorted(clauses.items()):
        missing = total_shortfall(of_clause[name])
        standing = (
            f"reason.{aside[name]}" if name in aside else f"standing.{standards.standing(clause)}"
        )
        rows.append(
            _Row(
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


def _finding_row(finding: Finding, clause: Clause, lang: str | None) -> _Row:
    evidence = finding.evidence
    missed = finding.verdict is Verdict.NON_COMPLIANT
    return _Row(
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
                number=clause.document_number,
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


def _cut(value: str) -> str:
    said = printable(value)
    return said if len(said) <= MAX_CELL_CHARACTERS else f"{said[: MAX_CELL_CHARACTERS - 1]}…"
