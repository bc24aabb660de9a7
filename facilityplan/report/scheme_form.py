"""The empty sheet of a scheme: an Excel form with drop-downs, units and notes, or TOML."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from facilityplan import locale, standards
from facilityplan.layers import RESIDENCE_STATUSES
from facilityplan.report.sheets import PAPER_A3, PAPER_A4, open_book
from facilityplan.report.word import EPOCH
from facilityplan.schemes.fields import PHASE_FIELDS, SCHEME_FIELDS, Field
from facilityplan.schemes.forms import PHASE_COLUMNS, PHASES_SHEET, SHEET

ROWS_WITH_LISTS: Final = 2000

_DROPDOWNS: Final = {"flag": ("是", "否")}


def header_of(field: Field) -> str:
    """Return what the form heads a field's column with: its name and the unit in brackets."""
    return field.words[0] + (f"（{field.unit}）" if field.unit else "")


def form_workbook(lang: str | None = None) -> bytes:
    """Return an empty form: one scheme a row, its phases on a sheet of their own, and notes."""
    stream = io.BytesIO()
    with open_book(stream, SHEET, EPOCH, lang) as sheets:
        book = sheets.book
        header = book.add_format(
            {"bold": True, "bg_color": "#DDE7F0", "border": 1, "text_wrap": True, "valign": "top"}
        )
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, fields in ((SHEET, SCHEME_FIELDS), (PHASES_SHEET, PHASE_FIELDS)):
            _blank(book.add_worksheet(name), fields, header, day, lang)
        _notes(book.add_worksheet(locale.text("scheme.form.notes", lang)), header, lang)
    return stream.getvalue()


def _blank(sheet: Any, fields: Sequence[Field], header: Any, day: Any, lang: str | None) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.set_paper(PAPER_A3)
    # Some sixty columns on one page could not be read: they go on over pages, the name on each.
    sheet.repeat_rows(0)
    sheet.repeat_columns(0)
    for at, field in enumerate(fields):
        said = header_of(field)
        sheet.write_string(0, at, said, header)
        sheet.set_column(
            at, at, max(10, 2 * len(said) + 2), day if field.content == "date" else None
        )
        sheet.write_comment(0, at, _how(field, lang), {"author": ""})
        words = _choices(field)
        if words:
            rule = {"validate": "list", "source": list(words), "error_type": "warning"}
            sheet.data_validation(1, at, ROWS_WITH_LISTS, at, rule)


def _choices(field: Field) -> Sequence[str]:
    if field.name == "place":
        documents = (standards.read_document(item) for item in standards.document_files().values())
        return sorted({item.place for item in documents if item.jurisdiction[2:] != "0000"})
    if field.content == "status":
        return [words[0] for words in RESIDENCE_STATUSES.values()]
    return _DROPDOWNS.get(field.content, ())


_OWN_NOTES: Final = frozenset({"community_households", "crs", "outline", "standards"})
"""Fields whose name and kind do not say enough."""


def _how(field: Field, lang: str | None) -> str:
    name = f"field_{field.name}" if field.name in _OWN_NOTES else f"content_{field.content}"
    return locale.text(f"scheme.form.{name}", lang)


def _notes(sheet: Any, header: Any, lang: str | None) -> None:
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, 60)
    sheet.write_string(0, 0, locale.text("scheme.form.intro", lang))
    for at, name in enumerate(("note", "unit", "how")):
        sheet.write_string(1, at, locale.text(f"scheme.form.{name}", lang), header)
    line, group = 2, ""
    for field in (*SCHEME_FIELDS, *PHASE_FIELDS):
        if field.group != group:
            group = field.group
            sheet.write_string(line, 0, locale.text(f"scheme.form.group_{group}", lang), header)
            line += 1
        for at, said in enumerate((field.words[0], field.unit, _how(field, lang))):
            sheet.write_string(line, at, said)
        line += 1
    sheet.freeze_panes(2, 0)
    sheet.set_paper(PAPER_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)


MAX_FORMS: Final = 200
"""Most sheets of one workbook; who has more fills in one row per scheme."""

_PHASE_ROWS: Final = 12
_FORM_TOP: Final = 3
_UNITS: Final = {"area": ("㎡", "万㎡", "公顷", "亩"), "length": ("米", "公里")}
"""Units to choose from beside a figure."""


class _FormWriter:
    """Writes forms of one scheme: a field a line, then its phases."""

    def __init__(self, book: Any, lang: str | None) -> None:
        basis = {"border": 1, "border_color": "#BFBFBF", "valign": "vcenter"}
        entry = {**basis, "bg_color": "#FFF8DC", "text_wrap": True}
        self.lang = lang
        self.book = book
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.note = book.add_format({"font_color": "#595959", "text_wrap": True, "valign": "top"})
        self.header = book.add_format({**basis, "bold": True, "bg_color": "#DDE7F0"})
        self.wrapped = book.add_format(
            {**basis, "bold": True, "bg_color": "#DDE7F0", "text_wrap": True}
        )
        self.label = book.add_format(basis)
        self.how = book.add_format({**basis, "font_color": "#595959", "font_size": 9})
        self.entry = book.add_format(entry)
        self.day = book.add_format({**entry, "num_format": "yyyy-mm-dd", "align": "left"})

    def said(self, name: str) -> str:
        return locale.text(f"scheme.form.{name}", self.lang)

    def write(self, number: int) -> None:
        """Write the form of one scheme on a sheet of its own."""
        sheet = self.book.add_worksheet(f"{SHEET}{number}")
        for at, width in enumerate((28, 34, 10, 46)):
            sheet.set_column(at, at, width)
        sheet.set_column(4, len(PHASE_COLUMNS) - 1, 16)
        sheet.write_string(0, 0, self.said("title"), self.title)
        sheet.merge_range(1, 0, 1, 3, self.said("intro_sheets"), self.note)
        sheet.set_row(1, 48)
        for at, name in enumerate(("note", "value", "unit", "how")):
            sheet.write_string(2, at, self.said(name), self.header)
        line, group = _FORM_TOP, ""
        for field in SCHEME_FIELDS:
            if field.group != group:
                group = field.group
                for at in range(4):
                    said = self.said(f"group_{group}") if at == 0 else ""
                    sheet.write_string(line, at, said, self.header)
                line += 1
            self._line(sheet, line, field)
            line += 1
        self._phases(sheet, line + 1)
        sheet.freeze_panes(_FORM_TOP, 1)
        # As wide as the phases are: they are part of what is handed in.
        sheet.set_landscape()
        sheet.set_paper(PAPER_A3)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)
        sheet.print_area(0, 0, line + 2 + _PHASE_ROWS, len(PHASE_COLUMNS) - 1)

    def _line(self, sheet: Any, line: int, field: Field) -> None:
        sheet.write_string(line, 0, field.words[0], self.label)
        self._entry(sheet, line, 1, field)
        sheet.write_string(line, 2, field.unit, self.label)
        units = _UNITS.get(field.content)
        if units:
            sheet.data_validation(line, 2, line, 2, {"validate": "list", "source": list(units)})
        how = _how(field, self.lang)
        if self.lang == "en":
            how = f"{locale.text(f'scheme.field.{field.name}', self.lang)}: {how}"
        sheet.write_string(line, 3, how, self.how)

    def _entry(self, sheet: Any, line: int, at: int, field: Field) -> None:
        sheet.write_blank(line, at, None, self.day if field.content == "date" else self.entry)
        words = _choices(field)
        if words:
            rule = {"validate": "list", "source": list(words), "error_type": "warning"}
            sheet.data_validation(line, at, line, at, rule)

    def _phases(self, sheet: Any, line: int) -> None:
        sheet.write_string(line, 0, self.said("phases_below"), self.note)
        for at, field in enumerate(PHASE_COLUMNS):
            sheet.write_string(line + 1, at, header_of(field), self.wrapped)
            for row in range(line + 2, line + 2 + _PHASE_ROWS):
                self._entry(sheet, row, at, field)


def form_sheets(count: int = 1, lang: str | None = None) -> bytes:
    """Return empty forms, one scheme a sheet: fields down the page, phases below."""
    stream = io.BytesIO()
    with open_book(stream, SHEET, EPOCH, lang) as sheets:
        writer = _FormWriter(sheets.book, lang)
        for number in range(1, count + 1):
            writer.write(number)
    return stream.getvalue()


_EXAMPLES: Final = {
    "flag": '"是"',
    "date": '"2026-06-30"',
    "text": '""',
    "words": "[]",
    "status": '"新建"',
    "storeys": '"1-2"',
    "count": "3",
    "area": '"375㎡"',
    "length": '"500米"',
    "share": '"30%"',
    "number": "2.0",
}
"""What a field may be filled in with, by what it holds."""

_OWN_EXAMPLES: Final = {
    "households": "1250",
    "population": "3750",
    "land_area_m2": '"5.2公顷"',
    "plot_ratio": "2.5",
    "building_density": '"20%"',
    "green_ratio": '"35%"',
    "total_floor_area_m2": '"15.6万㎡"',
    "counted_floor_area_m2": '"13万㎡"',
    "residential_floor_area_m2": '"12.5万㎡"',
    "premises": "1",
    "smallest_unit_m2": '"375㎡"',
    "x": "113.65",
    "y": "34.76",
    "crs": '"cgcs2000"',
    "distance_to_centre_m": '"620米"',
    "farthest_dwelling_m": '"280米"',
    "station_area_m2": '"200㎡"',
    "community_households": "3200",
    "community_centre_beds": "12",
    "planned_dwellings": '"2024-03-15"',
    "planned_premises": '"2024-03-15"',
}
"""The same by name, where a figure of the kind at large would be absurd."""

_PHASE_EXAMPLES: Final = {
    "phase": '"一期"',
    "households": "700",
    "residential_floor_area_m2": '"7万㎡"',
    "elder_floor_area_m2": '"210㎡"',
}


def form_toml(lang: str | None = None) -> str:
    """Return an annotated TOML sheet; every field stands as a comment, to be filled in."""
    lines = [f"# {locale.text('scheme.form.intro_toml', lang)}", ""]
    group = ""
    for field in SCHEME_FIELDS:
        if field.group != group:
            group = field.group
            lines += ["", f"# —— {locale.text(f'scheme.form.group_{group}', lang)} ——"]
        lines.append(_toml_line(field, _OWN_EXAMPLES, lang))
    lines += ["", f"# —— {locale.text('scheme.form.group_phase', lang)} ——", "# [[phase]]"]
    lines += [_toml_line(field, _PHASE_EXAMPLES, lang) for field in PHASE_FIELDS[1:]]
    return "\n".join(lines) + "\n"


def _toml_line(field: Field, own: Mapping[str, str], lang: str | None) -> str:
    note = " ".join(filter(None, (field.unit, _how(field, lang))))
    return f'# "{field.words[0]}" = {own.get(field.name, _EXAMPLES[field.content])}  # {note}'
