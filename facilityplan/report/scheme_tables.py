"""The tables of a scheme's review: text as text, figures as figures, our own sums as formulas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from facilityplan import locale
from facilityplan.checks import tidy
from facilityplan.report.sheets import PAPER_A3, PAPER_A4, cut, fit_row

_RED: Final = {"bg_color": "#FFC7CE", "font_color": "#9C0006"}
_YELLOW: Final = {"bg_color": "#FFEB9C", "font_color": "#7F6000"}

_FORMULA_START: Final = "="


class TableWriter:
    """Writes tables cell by cell: text as text, figures as figures, our own sums as formulas."""

    def __init__(self, book: Any, lang: str | None, head: str) -> None:
        basis = {"valign": "top", "border": 1, "border_color": "#BFBFBF"}
        self.book, self.lang, self.head = book, lang, head
        self.text = book.add_format({**basis, "text_wrap": True, "quote_prefix": True})
        self.figure = book.add_format({**basis, "num_format": "#,##0.###"})
        self.whole = book.add_format({**basis, "num_format": "#,##0"})
        self.input = book.add_format({**basis, "num_format": "#,##0.###", "bg_color": "#FFF8DC"})
        self.ordinal = book.add_format({**basis, "align": "center"})
        self.computed = book.add_format({**basis, "text_wrap": True})
        self.header = book.add_format(
            {**basis, "bold": True, "text_wrap": True, "bg_color": "#D9E2EC", "quote_prefix": True}
        )
        self.title = book.add_format({"bold": True, "font_size": 14, "quote_prefix": True})
        self.red, self.yellow = book.add_format(_RED), book.add_format(_YELLOW)

    def said(self, name: str) -> str:
        """Return the header of a column."""
        return locale.text(f"scheme.column.{name}", self.lang)

    def sheet(self, name: str, columns: Sequence[tuple[str, float]], top: int) -> Any:
        """Add a sheet with its header in a row, set up for print."""
        sheet = self.book.add_worksheet(locale.text(f"scheme.sheet.{name}", self.lang))
        for at, (column, width) in enumerate(columns):
            sheet.set_column(at, at, width)
            sheet.write_string(top, at, self.said(column), self.header)
        fit_row(sheet, top, [self.said(name) for name, _ in columns], [wide for _, wide in columns])
        sheet.freeze_panes(top + 1, 3 if len(columns) > 8 else 1)
        sheet.set_landscape()
        # Eighteen columns on A4 would be read with a glass.
        sheet.set_paper(PAPER_A3 if len(columns) > 14 else PAPER_A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(top)
        sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        said = self.head.replace("\n", " ")[:100].replace("&", "&&")
        sheet.set_header(f"&L{said}&R&A")
        sheet.set_footer("&C&P / &N")
        return sheet

    def cell(self, sheet: Any, line: int, at: int, value: object) -> None:
        """Write a value; a figure that is not known stays blank."""
        if isinstance(value, str):
            sheet.write_string(line, at, cut(value), self.text)
        elif value is None or not math.isfinite(float(str(value))):
            sheet.write_blank(line, at, None, self.text)
        else:
            number = tidy(float(str(value)))
            look = self.ordinal if at == 0 else self.whole if number % 1 == 0 else self.figure
            sheet.write_number(line, at, number, look)

    def formula(self, sheet: Any, line: int, at: int, formula: str, value: object) -> None:
        """Write one of our own formulas with its computed value."""
        shown = "" if isinstance(value, float) and not math.isfinite(value) else value
        look = self.computed if isinstance(shown, str) else self.figure
        sheet.write_formula(line, at, _FORMULA_START + formula, look, shown)

    def tones(self, sheet: Any, first: int, last: int, at: int, words: dict[str, Any]) -> None:
        """Colour cells by how their text begins, so that the colour follows a recalculation."""
        for word, look in words.items():
            rule = {"type": "text", "criteria": "begins with", "value": word, "format": look}
            sheet.conditional_format(first, at, max(first, last), at, rule)
