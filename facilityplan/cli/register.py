"""``facilityplan register``: completed estates and their premises, to fill in and to read back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from facilityplan import files, locale
from facilityplan.cli.outputs import context_at, refuse_inputs
from facilityplan.io.table import read_table
from facilityplan.project import open_project
from facilityplan.report import (
    filled_register,
    register_counts,
    register_lines,
    register_workbook,
)


def make_register(
    project: Path,
    *,
    out: Path | None,
    filled: Sequence[Path],
    machine: bool,
    lang: str,
) -> int:
    """Print how the estates stand, and write the register with all that is filled in so far.

    Returns
    -------
    int
        0: an estate not filled in is said, it is no error.

    Raises
    ------
    MissingLayerError
        If the project has no residences.
    InputError
        If a register that was filled in cannot be used as it is; nothing is written then.
    OutputError
        If the file cannot be written, or is one that was read.
    """
    opened = open_project(project, lang=lang)
    refuse_inputs(opened, out, filled)
    context = context_at(opened, None)
    opened.city.layer("residences")
    tables = []
    for path in filled:
        table = read_table(path)
        read = filled_register(table.frame, table.rows.tolist(), table.file, context)
        if read is not None:
            tables.append(read)
    lines = register_lines(context, tables)
    as_of, place = opened.city.as_of, opened.city.name
    if out is not None:
        content = register_workbook(lines, place=place, as_of=as_of, lang=lang)
        files.write_bytes(out, content)
    if machine:
        sys.stdout.write(files.canonical_json([line.as_dict() for line in lines]))
        return 0
    said = {"place": place, "as_of": as_of.isoformat(), "number": len(lines)}
    sys.stdout.write(locale.text("register.head", lang, **said) + "\n")
    for state, number in register_counts(lines).items():
        name = locale.text(f"register.state.{state}", lang)
        line = locale.text("register.count", lang, state=name, number=number)
        sys.stdout.write(f"{line}\n")
    if out is not None:
        sys.stdout.write(locale.text("register.written", lang, path=out) + "\n")
    return 0
