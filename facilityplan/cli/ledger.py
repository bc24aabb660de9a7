"""``facilityplan ledger``: indicators and milestones against what is reported."""

from __future__ import annotations

import sys
from pathlib import Path

from facilityplan import files, locale
from facilityplan.checks.due import Cut
from facilityplan.checks.ledger import ledger
from facilityplan.cli.outputs import context_at, refuse_inputs
from facilityplan.errors import UsageError
from facilityplan.locale import Listed
from facilityplan.project import open_project
from facilityplan.report import ledger_lines, ledger_workbook


def show_ledger(
    project: Path, *, out: Path | None, cut: str, date: str | None, machine: bool, lang: str
) -> int:
    """Print the ledger of a project, and write it as Excel where a file is named.

    Returns
    -------
    int
        0: what is overdue is said, it is no error.

    Raises
    ------
    UsageError
        If the period or the date is none.
    OutputError
        If the file cannot be written or is one of the project's own.
    """
    if cut not in list(Cut):
        raise UsageError("bad_cut", value=cut, known=Listed(Cut))
    opened = open_project(project, lang=lang)
    refuse_inputs(opened, out)
    found = ledger(context_at(opened, date), Cut(cut))
    if out is not None:
        files.write_bytes(out, ledger_workbook(found, lang))
    if machine:
        sys.stdout.write(files.canonical_json(found.as_dict()))
        return 0
    for line in ledger_lines(found, lang):
        sys.stdout.write(f"{line}\n")
    if out is not None:
        sys.stdout.write(locale.text("ledger.written", lang, path=out) + "\n")
    return 0
