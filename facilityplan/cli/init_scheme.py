"""``facilityplan init-scheme``: an empty sheet of a scheme, as TOML or as an Excel form."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from facilityplan import files, locale
from facilityplan.errors import OutputError, UsageError
from facilityplan.locale import Listed
from facilityplan.report.scheme_form import MAX_FORMS, form_sheets, form_toml, form_workbook

FORMS: Final = ("toml", "rows", "sheets")
"""TOML; Excel with one scheme a row; Excel with one scheme a sheet."""


def make_sheet(file: Path, *, form: str | None, xlsx: bool, count: int, lang: str) -> int:
    """Write an empty sheet; Excel where asked for or where the name ends so.

    Parameters
    ----------
    form
        One of ``FORMS``; ``None``: rows where Excel is asked for, else TOML.
    count
        How many schemes a workbook with one scheme a sheet is for.

    Raises
    ------
    UsageError
        If the form is none, the name ends as another kind of file does, or there are to be more
        sheets than a workbook can be handled with.
    OutputError
        If the file is there already: nothing of the user's is overwritten.
    """
    as_workbook = xlsx or file.suffix.lower() == ".xlsx"
    kind = form or ("rows" if as_workbook else "toml")
    if kind not in FORMS:
        raise UsageError("scheme_form_unknown", found=kind, known=Listed(FORMS))
    if not 1 <= count <= MAX_FORMS:
        raise UsageError("scheme_form_count", found=count, limit=MAX_FORMS)
    ending = ".toml" if kind == "toml" else ".xlsx"
    if file.suffix.lower() not in {"", ending}:
        raise UsageError("scheme_file_ending", found=file.name)
    target = file.with_suffix(ending)
    if target.exists():
        raise OutputError("scheme_file_exists", found=target.name)
    if kind == "toml":
        files.write_text(target, form_toml(lang))
    else:
        content = form_workbook(lang) if kind == "rows" else form_sheets(count, lang)
        files.write_bytes(target, content)
    sys.stdout.write(locale.text("scheme.cli.written", lang, file=target) + "\n")
    return 0
