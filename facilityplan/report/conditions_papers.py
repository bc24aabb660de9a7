"""Planning conditions (规划条件) as text, Word and Excel, each sentence with its clause."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from facilityplan import locale
from facilityplan.report.official import dress
from facilityplan.report.scheme_words import standing_text
from facilityplan.report.sheets import PAPER_A4, cut, fit_row, open_book
from facilityplan.report.text import printable, readable
from facilityplan.report.word import EPOCH, same_bytes, settle
from facilityplan.schemes import Scheme
from facilityplan.schemes.conditions import Condition, lacks_floor_area
from facilityplan.standards.titles import title_and_number

Plots = Sequence[tuple[Scheme, Sequence[Condition]]]
"""Plots with their conditions."""

_COLUMNS: Final = (
    ("number", 6),
    ("wording", 56),
    ("modality", 8),
    ("clause", 9),
    ("quote", 46),
    ("document", 22),
    ("place", 14),
)


def wording(item: Condition, lang: str | None) -> str:
    """Return a condition in a sentence; advice is said to be advice."""
    said: dict[str, Any] = dict(item.parameters)
    if "stages" in said:
        words = [locale.text(f"scheme.conditions.stage_{s}", lang) for s in said["stages"]]
        said["stages"] = locale.text("scheme.conditions.and", lang).join(words)
    text = locale.text(f"scheme.conditions.{item.id}", lang, **said)
    return text if item.binding else locale.text("scheme.conditions.advisory", lang) + text


def citation(item: Condition, lang: str | None) -> str:
    """Return the clause of a condition: document, number, quote, and whether it holds."""
    clause = item.clause
    document = title_and_number(clause.document_title, clause.document_number)
    cite = {"document": document, "number": clause.number, "quote": clause.quote}
    cite["standing"] = standing(item, lang)
    return locale.text("scheme.conditions.cite", lang, **cite)


def standing(item: Condition, lang: str | None) -> str:
    """Return whether the clause holds at the date, and whether its quote is the document's."""
    return standing_text(item.standing, lang, checked=item.checked)


def lines_of(plot: Scheme, found: Sequence[Condition], lang: str | None) -> list[str]:
    """Return the conditions of a plot, a heading and a numbered line each."""
    lines = [_head(plot, lang), *_warnings(found, lang)]
    for number, item in enumerate(found, start=1):
        lines.append(f"{number}. {wording(item, lang)}{citation(item, lang)}")
    return lines


def conditions_text(plots: Plots, lang: str | None) -> bytes:
    """Return the conditions as text that Windows opens right."""
    lines = [line for plot, found in plots for line in lines_of(plot, found, lang)]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def conditions_document(plots: Plots, lang: str) -> bytes:
    """Return the conditions as a Word document, a plot a page."""
    document: Any = docx.Document()
    dress(document, lang)
    for at, (plot, found) in enumerate(plots):
        head = document.add_heading(_head(plot, lang), 0)
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        head.paragraph_format.first_line_indent = Pt(0)
        head.paragraph_format.page_break_before = at > 0
        for line in lines_of(plot, found, lang)[1:]:
            document.add_paragraph(printable(line))
    settle(document)
    stream = io.BytesIO()
    document.save(stream)
    return same_bytes(stream.getvalue())


def conditions_workbook(plots: Plots, lang: str | None) -> bytes:
    """Return the conditions as a workbook, one a row, the plots below each other."""
    stream = io.BytesIO()
    with open_book(stream, locale.text("scheme.conditions.title", lang), EPOCH, lang) as writer:
        sheet = writer.book.add_worksheet(locale.text("scheme.sheet.conditions", lang))
        look = writer.formats["text", "plain"]
        widths = [width for _, width in _COLUMNS]
        for at, width in enumerate(widths):
            sheet.set_column(at, at, width)
        line = 0
        for plot, found in plots:
            sheet.write_string(line, 0, cut(_head(plot, lang)), writer.title)
            for at, (name, _) in enumerate(_COLUMNS):
                said = locale.text(f"scheme.column.{name}", lang)
                sheet.write_string(line + 1, at, said, writer.header)
            line += 2
            for said in _warnings(found, lang):
                sheet.write_string(line, 1, cut(said), look)
                fit_row(sheet, line, ["", said], widths)
                line += 1
            for number, item in enumerate(found, start=1):
                cells = _cells(item, lang)
                sheet.write_number(line, 0, number, writer.formats["whole", "plain"])
                for at, said in enumerate(cells, start=1):
                    sheet.write_string(line, at, cut(said), look)
                fit_row(sheet, line, ["", *cells], widths)
                line += 1
            line += 1
        sheet.freeze_panes(2, 0)
        sheet.set_landscape()
        sheet.set_paper(PAPER_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P / &N")
    return stream.getvalue()


def _warnings(found: Sequence[Condition], lang: str | None) -> list[str]:
    return [locale.text("scheme.conditions.no_number", lang)] if lacks_floor_area(found) else []


def _cells(item: Condition, lang: str | None) -> list[str]:
    clause = item.clause
    document = title_and_number(clause.document_title, clause.document_number)
    return [
        wording(item, lang),
        locale.text(f"modality.{clause.modality}", lang),
        clause.id,
        clause.quote,
        f"{document}（{standing(item, lang)}）",
        clause.number,
    ]


def _head(plot: Scheme, lang: str | None) -> str:
    return readable(
        f"{locale.text('scheme.conditions.title', lang)}{locale.text('scheme.conditions.colon', lang)}{plot.name}"
    )
