"""Problems: what is wrong with which cell, row or shape, what to do, and what repairs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np

from facilityplan import locale
from facilityplan.doctor.parts import Part
from facilityplan.errors import FacilityPlanError


class Severity(StrEnum):
    """How much a problem matters."""

    ERROR = "error"
    """A run refuses the data as they are, or a figure would be wrong."""
    WARNING = "warning"
    """The data contradict themselves or what is plausible; someone has to look."""
    NOTE = "note"
    """Worth knowing; nothing has to be done."""


class Action(StrEnum):
    """What a repair does to the copy."""

    SET = "set"
    """A cell gets another value."""
    CLEAR = "clear"
    """A cell that cannot be true is emptied: unknown, never a guess."""
    DROP = "drop"
    """A row that says nothing, or only what another row says, is left out."""
    SHAPE = "shape"
    """A geometry is replaced."""
    PROJECT = "project"
    """``project.toml`` says something else of the file."""
    SET_ASIDE = "set_aside"
    """A row or file that bears on no finding and cannot be used is left out."""


@dataclass(frozen=True, eq=False)
class Fix:
    """A repair that needs no guess.

    Parameters
    ----------
    action
        What is done.
    new
        The new cell (``None``: empty), the new geometry, or the new keys of the source.
    column
        Header of the cell in the file; ``None`` where it is no cell.
    """

    action: Action
    new: Any = None
    column: str | None = None


@dataclass(frozen=True, eq=False)
class Problem:
    """One thing that is wrong.

    Parameters
    ----------
    id
        Message id below ``problem`` in the catalogue, or of an error with ``error:`` before it.
    severity
        How much it matters.
    layer, file, sheet, row, column
        Where: layer of the project, file as ``project.toml`` names it, layer or sheet inside it,
        row number as the user's program shows it, header of the column.
    value
        What stands there.
    item
        Id of the object.
    parameters
        Figures for the sentence and its remedy.
    at
        Where on the map, (x, y) in metres of the project's system.
    fix
        What repairs it without guessing; ``None``: it is left for the user.
    """

    id: str
    severity: Severity
    layer: str | None = None
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    item: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    at: tuple[float, float] | None = None
    fix: Fix | None = None

    def text(self, lang: str | None = None) -> str:
        """Return what is wrong, in words."""
        return _said(self, "text", lang)

    def remedy(self, lang: str | None = None) -> str:
        """Return what to do about it."""
        return _said(self, "fix", lang)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: ids and figures, no prose."""
        return {
            "id": self.id,
            "severity": str(self.severity),
            "layer": self.layer,
            "file": self.file,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "item": self.item,
            "parameters": {key: _plain(value) for key, value in self.parameters.items()},
            "at": None if self.at is None else [round(float(value), 3) for value in self.at],
            "fix": None if self.fix is None else str(self.fix.action),
        }


UNJUDGED: Final = ("candidates", "roads", "barriers", "entrances")
"""Layers of which a row that cannot be used says nothing that a finding rests on."""


def aside(layer: str) -> Fix | None:
    """Return the setting aside of a row, where no finding rests on it."""
    return Fix(Action.SET_ASIDE) if layer in UNJUDGED else None


ERROR_PREFIX: Final = "error:"
"""Before the id of a problem that a reader raised as an error."""


READ_PREFIX: Final = "read:"
"""Before the id of what a reader settled by itself."""


def _said(problem: Problem, part: str, lang: str | None) -> str:
    if problem.id.startswith(READ_PREFIX):
        if part == "fix":
            return locale.text("problems.settled", lang)
        name = f"notice.read_{problem.id.removeprefix(READ_PREFIX)}"
    elif problem.id.startswith(ERROR_PREFIX):
        name = f"error.{problem.id.removeprefix(ERROR_PREFIX)}.{part}"
    else:
        name = f"problem.{problem.id}.{part}"
    return locale.text(name, lang, **problem.parameters)


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    if isinstance(value, (float, np.floating)):
        return float(np.round(float(value), 6)) if np.isfinite(value) else str(value)
    return str(value)


def of_error(
    error: FacilityPlanError, layer: str | None, file: str | None, sheet: str | None = None
) -> Problem:
    """Return the problem that an error of a reader is."""
    return Problem(
        f"{ERROR_PREFIX}{error.message}",
        Severity.ERROR,
        layer=error.layer or layer,
        file=file or error.file,
        sheet=sheet,
        row=error.rows[0] if error.rows else None,
        column=error.column,
        parameters=error.parameters,
    )


def found(
    problem_id: str,
    severity: Severity,
    part: Part,
    position: int,
    *,
    column: str | None = None,
    value: object = None,
    fix: Fix | None = None,
    **parameters: Any,
) -> Problem:
    """Return a problem of one row of a part, with its place, its id and where it lies.

    Parameters
    ----------
    position
        Which row of the part, from 0.
    column
        Canonical column that the problem is in; ``None``: the geometry or the whole row.
    """
    place = part.place(column)
    return Problem(
        problem_id,
        severity,
        layer=part.layer,
        file=place.file,
        sheet=place.sheet,
        row=int(place.rows[position]),
        column=None if column is None else part.headers.get(column, column),
        value=None if value is None else str(value),
        item=part.item(position),
        parameters=parameters,
        at=part.at(position),
        fix=fix,
    )


_RANK: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems by severity, layer, file, row, column and id: the same order every time."""
    return sorted(
        problems,
        key=lambda p: (
            _RANK[p.severity],
            p.layer or "",
            p.file or "",
            p.sheet or "",
            -1 if p.row is None else p.row,
            p.column or "",
            p.id,
            p.item or "",
            sorted((key, str(value)) for key, value in p.parameters.items()),
        ),
    )


def tally(problems: Sequence[Problem]) -> dict[str, int]:
    """Return how many problems there are of each severity."""
    return {str(severity): sum(p.severity is severity for p in problems) for severity in Severity}
