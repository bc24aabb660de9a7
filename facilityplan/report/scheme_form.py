"""The empty sheet of a scheme: an Excel form with drop-downs, units and notes, or TOML."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

from facilityplan import locale, standards
from facilityplan.layers import RESIDENCE_STATUSES
from facilityplan.report.sheets import PAPER_A3, PAPER_A4, open_book
from facilityplan.report.word import EPOCH
from facilityplan.schemes.fields import PHASE_FIELDS, SCHEME_FIELDS, Field

SHEET: Final = "项目"
PHASES_SHEET: Final = "分期"
"""Names of the form's sheets; by them it is known again."""

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


def _how(field: Field, lang: str | None) -> str:
    return locale.text(f"scheme.form.content_{field.content}", lang)


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


_EXAMPLES: Final = {
    "flag": '"是"',
    "date": '"2026-06-30"',
    "text": '""',
    "words": "[]",
    "status": '"新建"',
    "storeys": '"1-2"',
    "count": "1250",
    "area": '"375㎡"',
    "length": '"500米"',
    "share": '"30%"',
    "number": "2.0",
}


def form_toml(lang: str | None = None) -> str:
    """Return an annotated TOML sheet; every field stands as a comment, to be filled in."""
    lines = [f"# {locale.text('scheme.form.intro', lang)}", ""]
    group = ""
    for field in SCHEME_FIELDS:
        if field.group != group:
            group = field.group
            lines += ["", f"# —— {locale.text(f'scheme.form.group_{group}', lang)} ——"]
        lines.append(_toml_line(field, lang))
    lines += ["", f"# —— {locale.text('scheme.form.group_phase', lang)} ——", "# [[phase]]"]
    lines += [_toml_line(field, lang) for field in PHASE_FIELDS[1:]]
    return "\n".join(lines) + "\n"


def _toml_line(field: Field, lang: str | None) -> str:
    note = " ".join(filter(None, (field.unit, _how(field, lang))))
    return f'# "{field.words[0]}" = {_EXAMPLES[field.content]}  # {note}'
