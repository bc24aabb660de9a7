"""Subsidies as an Excel sheet: every figure a number, every text a text, never a formula."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Final

import xlsxwriter

from facilityplan import locale
from facilityplan.report.text import printable
from facilityplan.standards import Standards
from facilityplan.subsidy import Award, formula_text, reason_text

_COLUMNS: Final = (
    ("clause", 9),
    ("programme", 28),
    ("facility_id", 14),
    ("facility_name", 24),
    ("status", 12),
    ("amount", 14),
    ("per", 10),
    ("province", 14),
    ("cap", 12),
    ("formula", 48),
    ("reason", 36),
    ("readings", 24),
    ("by_reading", 36),
    ("standing", 22),
    ("quote", 60),
)
"""Columns with their width in characters."""


def subsidy_workbook(
    awards: Sequence[Award],
    standards: Standards,
    *,
    title: str,
    as_of: dt.date,
    lang: str | None = None,
) -> bytes:
    """Return an xlsx file with one row for each award.

    Parameters
    ----------
    awards
        Every clause that they name is one of the standards'.
    title
        Name of the place, for the head.
    as_of
        Judging date; the only date in the file, so that the same awards give the same bytes.
    """
    quotes = {clause.id: clause.quote for item in standards.documents for clause in item.clauses}
    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        head = locale.text("subsidy.title", lang, title=printable(title))
        book.set_properties(
            {"title": head, "created": dt.datetime.combine(as_of, dt.time(), dt.UTC)}
        )
        # The prefix keeps a text a text when someone edits the cell in Excel.
        text = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
        bold = book.add_format({"bold": True, "text_wrap": True, "quote_prefix": True})
        money = book.add_format({"num_format": "#,##0.00", "valign": "top"})
        sheet = book.add_worksheet(locale.text("subsidy.sheet", lang))
        sheet.write_string(0, 0, head, bold)
        sheet.write_string(1, 0, locale.text("subsidy.as_of", lang, as_of=as_of.isoformat()))
        for at, (name, width) in enumerate(_COLUMNS):
            sheet.set_column(at, at, width)
            sheet.write_string(2, at, locale.text(f"subsidy.column.{name}", lang), bold)
        for line, item in enumerate(awards, start=3):
            cells = _cells(item, quotes[item.clause_id], lang)
            for at, (name, _) in enumerate(_COLUMNS):
                cell = cells[name]
                if isinstance(cell, str):
                    sheet.write_string(line, at, printable(cell), text)
                elif cell is not None:
                    sheet.write_number(line, at, cell, money)
        sheet.freeze_panes(3, 0)
        sheet.autofilter(2, 0, max(3, 2 + len(awards)), len(_COLUMNS) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)
    return stream.getvalue()


def _cells(item: Award, quote: str, lang: str | None) -> dict[str, str | float | None]:
    return {
        "clause": item.clause_id,
        "programme": item.programme,
        "facility_id": item.facility_id,
        "facility_name": item.facility_name,
        "status": locale.text(f"subsidy.status.{item.status}", lang),
        "amount": item.yuan,
        "per": locale.text(f"subsidy.per.{item.per}", lang),
        "province": item.province_yuan,
        "cap": item.cap_yuan,
        "formula": formula_text(item, lang),
        "reason": reason_text(item, lang),
        "readings": "；".join(f"{name} = {chosen}" for name, chosen in item.readings.items()),
        "by_reading": "；".join(f"{name}: {yuan:.10g}" for name, yuan in item.by_reading.items()),
        "standing": locale.text(f"standing.{item.standing}", lang),
        "quote": quote,
    }
