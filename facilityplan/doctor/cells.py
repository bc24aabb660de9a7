"""Cells against their contract: every one that cannot be read, not only the first column's."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from facilityplan.doctor.parts import Part
from facilityplan.doctor.problems import Action, Fix, Problem, Severity, aside, found
from facilityplan.layers import Column, as_text, read_cell
from facilityplan.units import parse_number

_PLAIN_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")


@dataclass(frozen=True)
class BadCell:
    """A cell that its column does not take: where, why, and what it surely means."""

    position: int
    why: str
    cell: Any
    fix: Fix | None


def read_cells(
    cells: Sequence[Any], column: Column, header: str, kinds: Mapping[str, Collection[str]]
) -> tuple[Any, list[BadCell]]:
    """Return a column as conforming does, unreadable cells empty, and what those were.

    Parameters
    ----------
    cells
        As they were read.
    column
        The contract.
    header
        What the file calls the column.
    kinds
        Kinds of facility and their words, for a choice without choices of its own.
    """
    values: list[Any] = []
    bad: list[BadCell] = []
    for position, cell in enumerate(cells):
        try:
            value = read_cell(cell, column, kinds)
        except (ValueError, OverflowError):
            why, fix = _diagnosis(cell, column, header, kinds)
            bad.append(BadCell(position, why, cell, fix))
            value = float("nan") if column.content in {"number", "count"} else None
            if column.content == "ids":
                value = ()
        values.append(value)
    if column.required and not column.may_be_blank:
        bad.extend(
            BadCell(position, "blank_cell", None, None)
            for position, value in enumerate(values)
            if value is None and not any(item.position == position for item in bad)
        )
    if column.content in {"number", "count"}:
        return np.asarray(values, dtype=np.float64), bad
    return pd.Series(values, dtype=object), bad


def cell_problems(part: Part, name: str, bad: Sequence[BadCell]) -> list[Problem]:
    """Return the problems that unreadable cells of a canonical column are."""
    return [
        found(
            item.why if item.why != "blank_cell" or name != "id" else "id_missing",
            Severity.ERROR,
            part,
            item.position,
            column=name,
            value=None if item.cell is None else str(item.cell)[:40],
            fix=item.fix or aside(part.layer),
            **({} if item.cell is None else {"found": str(item.cell)[:40]}),
        )
        for item in bad
    ]


def _diagnosis(
    cell: Any, column: Column, header: str, kinds: Mapping[str, Collection[str]]
) -> tuple[str, Fix | None]:
    """Return why a cell cannot be read, and its repair where that needs no guess."""
    clear = Fix(Action.CLEAR, None, header)
    emptied = clear if column.may_be_blank or not column.required else None
    if column.content in {"number", "count"}:
        return _bad_number(cell), emptied
    plain = unicodedata.normalize("NFKC", as_text(cell) or "")
    plain = re.sub(r"\s+", "", plain)
    again = _dashed(plain) if column.content == "date" else plain
    try:
        value = read_cell(again, column, kinds)
    except (ValueError, OverflowError):
        value = None
    why = "unknown_word" if column.content == "choice" else f"bad_{column.content}"
    if value is None:
        return why, emptied
    return why, Fix(Action.SET, value if isinstance(value, dt.date) else again, header)


def _bad_number(cell: Any) -> str:
    try:
        value = parse_number(cell)
    except ValueError:
        return "bad_number"
    return "negative" if value < 0 else "fractional"


def _dashed(plain: str) -> str:
    """Return 20240501 as 2024-05-01."""
    written = _PLAIN_DATE.fullmatch(plain)
    return "-".join(written.groups()) if written else plain
