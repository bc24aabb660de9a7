"""``facilityplan conditions``: the wording and the numbers of the planning conditions of a plot."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from facilityplan import files, locale
from facilityplan.cli.check import read_schemes, standards_of
from facilityplan.errors import UsageError
from facilityplan.report.conditions_papers import (
    conditions_document,
    conditions_text,
    conditions_workbook,
    lines_of,
)
from facilityplan.report.values import plain
from facilityplan.schemes import parse_date
from facilityplan.schemes.conditions import gives_area, planning_conditions


def show_conditions(
    plot: Path,
    *,
    place: str | None,
    named: Sequence[str] = (),
    date: str | None,
    out: Path | None,
    machine: bool,
    lang: str,
) -> int:
    """Print the conditions of every plot of a sheet, or write them as text, Word or Excel.

    Returns
    -------
    int
        0 where the floor area of every plot is stated; else 1: such conditions are not whole.
    """
    as_of = None if date is None else parse_date(date)
    made = []
    for item in read_schemes(plot, lang):
        found = planning_conditions(item, standards_of(item, place, named, as_of, {}))
        made.append((item, found))
    code = 0 if all(gives_area(found) for _, found in made) else 1
    if machine:
        answers = [
            {
                "plot": item.name,
                "missing": [] if gives_area(found) else ["floor_area"],
                "conditions": [
                    {"id": c.id, "clause": c.clause.id, "binding": c.binding,
                     "parameters": plain(c.parameters),
                     "citation": c.clause.citation.model_dump()}
                    for c in found
                ],
            }
            for item, found in made
        ]  # fmt: skip
        sys.stdout.write(json.dumps(answers, ensure_ascii=False, indent=1) + "\n")
        return code
    if out is None:
        lines = [line for item, found in made for line in lines_of(item, found, lang)]
        sys.stdout.write("\n".join(lines) + "\n")
        return code
    content = {
        ".txt": conditions_text,
        ".docx": conditions_document,
        ".xlsx": conditions_workbook,
    }.get(out.suffix.lower())
    if content is None:
        raise UsageError("conditions_ending", found=out.name)
    files.write_bytes(out, content(made, lang))
    sys.stdout.write(locale.text("scheme.cli.written", lang, file=out) + "\n")
    return code
