"""``facilityplan doctor``: every problem of a project's data, and a repaired copy."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from facilityplan import files, locale
from facilityplan.doctor import tally
from facilityplan.errors import OutputError
from facilityplan.project.diagnosis import Diagnosis, diagnose
from facilityplan.project.repair import Repair, repair
from facilityplan.report.problems import (
    problem_lines,
    problems_workbook,
    write_problems_geopackage,
)

SHOWN: Final = 20
"""How many problems a terminal is shown unless all are asked for."""

REPAIRED: Final = "repaired"


def examine_project(
    project: Path, *, out: Path | None, fix: bool, everything: bool, machine: bool, lang: str
) -> int:
    """Print the problems of a project; write them and a repaired copy where asked.

    Returns
    -------
    int
        0: a run takes the data as they are; 3: it refuses them, or a figure would be wrong.

    Raises
    ------
    OutputError
        If something cannot be written, or the copy would lie among the originals.
    """
    copy = _copy_folder(project, out) if fix else None
    diagnosis = diagnose(project)
    made = None if copy is None else repair(diagnosis, copy, lang)
    if out is not None:
        _write(diagnosis, made, out, lang)
    if machine:
        sys.stdout.write(files.canonical_json(_plain(diagnosis, made)))
    else:
        _print(diagnosis, made, out, lang, everything=everything)
    return 3 if diagnosis.refused else 0


def _copy_folder(project: Path, out: Path | None) -> Path:
    """Return the folder for the copy, which must not lie among the originals."""
    home = project.resolve()
    copy = home.with_name(f"{home.name}-{REPAIRED}") if out is None else out / REPAIRED
    if home == copy.resolve() or home in copy.resolve().parents:
        raise OutputError("repair_inside", folder=copy.name)
    return copy


def _head(diagnosis: Diagnosis, lang: str) -> str:
    reading = diagnosis.reading
    place = diagnosis.folder.name if reading is None else reading.config.project.name
    return locale.text("problems.head", lang, place=place, **tally(diagnosis.problems))


def _write(diagnosis: Diagnosis, made: Repair | None, out: Path, lang: str) -> None:
    reading = diagnosis.reading
    plain = _plain(diagnosis, made)
    if reading is not None:
        head = reading.config.project
        content = problems_workbook(
            diagnosis.problems,
            place=head.name,
            as_of=head.as_of,
            changes=plain["changes"],
            lang=lang,
        )
        files.write_bytes(out / "problems.xlsx", content)
        write_problems_geopackage(out / "problems.gpkg", diagnosis.problems, head.crs, lang)
    files.write_text(out / "problems.json", files.canonical_json(plain))


def _plain(diagnosis: Diagnosis, made: Repair | None) -> dict[str, Any]:
    return {
        "problems": [problem.as_dict() for problem in diagnosis.problems],
        "tally": tally(diagnosis.problems),
        "rows": dict(diagnosis.rows),
        "changes": [] if made is None else [asdict(change) for change in made.changes],
    }


def _print(
    diagnosis: Diagnosis, made: Repair | None, out: Path | None, lang: str, *, everything: bool
) -> None:
    sys.stdout.write(_head(diagnosis, lang) + "\n")
    problems = diagnosis.problems
    if not problems:
        sys.stdout.write(locale.text("problems.none", lang) + "\n")
    shown = len(problems) if everything else SHOWN
    for line in problem_lines(problems[:shown], lang):
        sys.stdout.write(line + "\n")
    if len(problems) > shown:
        number = len(problems) - shown
        sys.stdout.write(locale.text("problems.more", lang, number=number) + "\n")
    if out is not None:
        sys.stdout.write(locale.text("problems.written", lang, path=out.resolve()) + "\n")
    if made is not None:
        counts = {"changed": len(made.changes), "left": len(made.left)}
        sys.stdout.write(locale.text("problems.left", lang, **counts) + "\n")
        path = made.folder.resolve()
        sys.stdout.write(locale.text("problems.repaired", lang, path=path) + "\n")
