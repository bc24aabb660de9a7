"""``facilityplan diff``: what differs between two runs of one place."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from facilityplan import files, locale
from facilityplan.errors import OutputError
from facilityplan.project.lock import output_lock
from facilityplan.project.run_folder import read_run
from facilityplan.report.difference import WORKBOOK, difference_lines
from facilityplan.report.difference_workbook import difference_workbook
from facilityplan.report.values import plain
from facilityplan.scenario.difference import difference

DOCUMENT: Final = "diff.json"


def compare_runs(a: Path, b: Path, *, out: Path | None, machine: bool, lang: str) -> int:
    """Print what differs between two runs, and write it where a folder is named.

    Returns
    -------
    int
        0: a difference is said, it is no error.

    Raises
    ------
    FacilityPlanError
        If a folder is not that of a whole run, the two are not of one place, or the output cannot
        be written.
    """
    _refuse_runs(out, a, b)
    found: dict[str, Any] = plain(difference(read_run(a), read_run(b)))
    document = files.canonical_json(found)
    if out is not None:
        _write(out, document, difference_workbook(found, lang))
    if machine:
        sys.stdout.write(document)
        return 0
    for line in difference_lines(found, lang):
        sys.stdout.write(f"{line}\n")
    if out is not None:
        said = locale.text(
            "diff.written", lang, folder=out.resolve(), files=locale.Listed((WORKBOOK, DOCUMENT))
        )
        sys.stdout.write(f"{said}\n")
    return 0


def _refuse_runs(out: Path | None, *runs: Path) -> None:
    """Refuse to write into a run: its folder holds what one run wrote and nothing else."""
    if out is not None and any(run.exists() and out.exists() and out.samefile(run) for run in runs):
        raise OutputError("diff_out_is_run", file=out.name)


def _write(out: Path, document: str, workbook: bytes) -> None:
    with output_lock(out):
        files.sweep(out)
        with files.staged(out, DOCUMENT) as stage:
            files.write_bytes(stage / WORKBOOK, workbook)
            files.write_text(stage / DOCUMENT, document)
