"""Sheets of a workbook: every figure a number, every text a text, never a formula."""

from __future__ import annotations

import datetime as dt
import functools
import io
import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

import xlsxwriter

from facilityplan import locale
from facilityplan.checks import Verdict, tidy
from facilityplan.report.text import printable

MAX_CELL_CHARACTERS: Final = 16_000
"""Excel takes 32,767 UTF-16 units a cell; a character has up to two."""

MAX_HEADER_CHARACTERS: Final = 100
"""A printed header may hold 255 characters in all, ampersands doubled."""

PAPER_A3: Final = 8
PAPER_A4: Final = 9

_LINE_POINTS: Final = 15.0
_MOST_LINES: Final = 27
"""Excel takes no row above 409 points."""

Cell = str | float | None


@dataclass(frozen=True)
class Column:
    """A column: the id of its header, its width in characters, whether a verdict colours it."""

    name: str
    width: float
    toned: bool = False


_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "plain": {},
    Verdict.NON_COMPLIANT.value: {"bg_color": "#FFC7CE", "font_color": "#9C0006"},
    Verdict.INSUFFICIENT_DATA.value: {"bg_color": "#FFEB9C", "font_color": "#7F6000"},
}


@dataclass(frozen=True)
class Row:
    """Cells by column, the verdict that colours them, and verdicts of single columns' own."""

    cells: Mapping[str, Cell]
    tone: str = "plain"
    tones: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """A sheet to be written: the id of its name, its columns and rows, lines above them."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    above: tuple[str, ...] = ()


class SheetWriter:
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
        columns: Sequence[Column],
        rows: Sequence[Row],
        above: Sequence[str] = (),
        choices: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Write one sheet: lines above the table, its header, its rows.

        Parameters
        ----------
        choices
            Words that may be picked in the cells of a column, by its name.
        """
        sheet = self.book.add_worksheet(locale.text(f"report.sheet.{name}", self.lang))
        for line, said in enumerate(above):
            sheet.write_string(line, 0, cut(said), self.title if line == 0 else None)
        header = len(above)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width)
            said = locale.text(f"report.column.{column.name}", self.lang)
            sheet.write_string(header, at, said, self.header)
        widths = [column.width for column in columns]
        heads = [locale.text(f"report.column.{column.name}", self.lang) for column in columns]
        fit_row(sheet, header, heads, widths)
        for line, row in enumerate(rows, start=header + 1):
            for at, column in enumerate(columns):
                said = row.tones.get(column.name, row.tone)
                tone = said if column.toned and said in _TONES else "plain"
                self._write(sheet, line, at, row.cells[column.name], tone)
            fit_row(sheet, line, [row.cells[column.name] for column in columns], widths)
        for at, column in enumerate(columns):
            words = (choices or {}).get(column.name)
            if words and rows:
                rule = {"validate": "list", "source": list(words)}
                sheet.data_validation(header + 1, at, header + len(rows), at, rule)
        sheet.freeze_panes(header + 1, 0)
        sheet.autofilter(header, 0, header + len(rows), len(columns) - 1)
        self._print_setup(sheet, header)

    def _write(self, sheet: Any, line: int, at: int, cell: Cell, tone: str) -> None:
        if isinstance(cell, str):
            sheet.write_string(line, at, cut(cell), self.formats["text", tone])
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


@contextmanager
def open_book(
    stream: io.BytesIO, head: str, as_of: dt.date, lang: str | None
) -> Iterator[SheetWriter]:
    """Give the writer of a new workbook, which is whole in the stream when this ends.

    Parameters
    ----------
    head
        Title of the workbook, printed above every page.
    as_of
        The only date in the file, so that the same content gives the same bytes.
    """
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties(
            {"title": cut(head)[:255], "created": dt.datetime.combine(as_of, dt.time(), dt.UTC)}
        )
        yield SheetWriter(book, lang, head)


def fit_row(sheet: Any, line: int, cells: Sequence[object], widths: Sequence[float]) -> None:
    """Make a row as high as its wrapped texts need.

    Excel does so by itself when it opens a file; LibreOffice and WPS print the lines over each other.
    """
    lines = max(
        (_lines(cell, width) for cell, width in zip(cells, widths, strict=True) if _is_text(cell)),
        default=1,
    )
    if lines > 1:
        sheet.set_row(line, _LINE_POINTS * min(lines, _MOST_LINES))


def _is_text(cell: object) -> TypeGuard[str]:
    return isinstance(cell, str) and cell != ""


@functools.lru_cache(maxsize=10_000)
def _lines(said: str, width: float) -> int:
    """Return how many lines a text takes in a column of so many characters, rather one too many."""
    room = max(1.0, width - 1.5)
    return sum(max(1, math.ceil(_width(part) / room)) for part in said[:2000].split("\n"))


def _width(said: str) -> float:
    if said.isascii():
        return float(len(said))
    wide = sum(unicodedata.east_asian_width(sign) in "WFA" for sign in said)
    return len(said) + 1.1 * wide


def cut(value: str) -> str:
    """Return text that fits into a cell and is inert there."""
    said = printable(value)
    return said if len(said) <= MAX_CELL_CHARACTERS else f"{said[: MAX_CELL_CHARACTERS - 1]}…"
