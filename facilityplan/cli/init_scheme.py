"""``facilityplan init-scheme``: an empty sheet of a scheme, as TOML or as an Excel form."""

from __future__ import annotations

import sys
from pathlib import Path

from facilityplan import files, locale
from facilityplan.errors import OutputError
from facilityplan.report.scheme_form import form_toml, form_workbook


def make_sheet(file: Path, *, xlsx: bool, lang: str) -> int:
    """Write an empty sheet; Excel where asked for or where the name ends so.

    Raises
    ------
    OutputError
        If the file is there already: nothing of the user's is overwritten.
    """
    as_workbook = xlsx or file.suffix.lower() == ".xlsx"
    target = file.with_suffix(".xlsx" if as_workbook else ".toml")
    if target.exists():
        raise OutputError("output_exists", folder=target.name)
    if as_workbook:
        files.write_bytes(target, form_workbook(lang))
    else:
        files.write_text(target, form_toml(lang))
    sys.stdout.write(locale.text("scheme.cli.written", lang, file=target) + "\n")
    return 0
