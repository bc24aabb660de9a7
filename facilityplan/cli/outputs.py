"""What verbs with one output file share: the project at another date, and no input overwritten."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from facilityplan import standards
from facilityplan.checks import Context
from facilityplan.errors import OutputError
from facilityplan.project import Project
from facilityplan.schemes import parse_date


def context_at(project: Project, date: str | None) -> Context:
    """Return a project's context, at another judging date where one is given.

    Raises
    ------
    UsageError
        If the date is none.
    """
    if date is None:
        return project.context
    as_of = parse_date(date)
    resolved = standards.resolve(project.standards.documents, as_of)
    return Context(dataclasses.replace(project.city, as_of=as_of), resolved, project.network)


def refuse_inputs(project: Project, out: Path | None, more: Sequence[Path] = ()) -> None:
    """Refuse an output file that is one of the files read.

    Raises
    ------
    OutputError
        If it is.
    """
    if out is None or not out.exists():
        return
    for path in (*(project.folder / name for name in project.inputs), *more):
        if path.exists() and out.samefile(path):
            raise OutputError("out_is_input", file=out.name)
