"""Schemes from the cells of a workbook or CSV file, whatever way it is laid out.

Rows: one scheme a row, headers above, phases on a sheet of their own (sheets 项目 and 分期).
Form: one scheme a sheet, a field a line with its value to the right, its phases in a table below.
Which of the two a sheet is shows in where its field names stand: across, or down the page.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final

from facilityplan.errors import InputError, MissingLayerError
from facilityplan.io.sheets import untangle
from facilityplan.io.source import Reading, Table
from facilityplan.io.table import Grid, is_empty
from facilityplan.locale import Listed
from facilityplan.schemes.fields import PHASE_FIELDS, SCHEME_FIELDS, Field
from facilityplan.schemes.model import Scheme
from facilityplan.schemes.sheet import Header, header_of, read_pairs, read_rows
from facilityplan.units import is_unit

SHEET: Final = "项目"
PHASES_SHEET: Final = "分期"
"""Names of the sheets of the form with one scheme a row; by them it is known again."""

PHASE_COLUMNS: Final = PHASE_FIELDS[1:]
"""What a phase table below a form has: its scheme is that of the form."""

_LONGEST_LABEL: Final = 40


def schemes_of_grids(grids: Mapping[str, Grid]) -> tuple[list[Scheme], list[Reading]]:
    """Return the schemes of a file's sheets, and what was settled while reading.

    Raises
    ------
    MissingLayerError
        If several sheets could be meant and none is a form.
    InputError
        If there is no scheme in them, or they cannot be read; see :mod:`.sheet`.
    """
    if SHEET in grids:
        phases = grids.get(PHASES_SHEET)
        return read_rows(untangle(grids[SHEET]), None if phases is None else _body(phases))
    forms = {name: grid for name, grid in grids.items() if is_form(grid)}
    if forms:
        return _of_forms(forms, [name for name in grids if name not in forms])
    if len(grids) > 1:
        file = next(iter(grids.values())).file
        raise MissingLayerError("table_which_sheet", file=file, sheets=", ".join(grids))
    for grid in grids.values():
        return read_rows(untangle(grid))
    return [], []


def _body(grid: Grid) -> Table | None:
    """Return a table of phases; ``None`` where only its header is there."""
    table = untangle(grid)
    return table if len(table.frame) else None


def _of_forms(
    forms: Mapping[str, Grid], others: Sequence[str]
) -> tuple[list[Scheme], list[Reading]]:
    schemes: list[Scheme] = []
    readings: list[Reading] = []
    if others:
        readings.append(Reading("sheets_unused", parameters={"sheets": Listed(others)}))
    for name, grid in forms.items():
        file = f"{grid.file} [{name}]" if name else grid.file
        scheme, said = _of_form(dataclasses.replace(grid, file=file), name or grid.file)
        schemes += [] if scheme is None else [scheme]
        readings += said
    if not schemes:
        raise InputError("no_scheme", file=next(iter(forms.values())).file)
    return schemes, readings


def _label(cell: Any, fields: tuple[Field, ...] = SCHEME_FIELDS) -> Header | None:
    """Return what a cell names; ``None`` where it is no field's name."""
    if not isinstance(cell, str) or not cell.strip() or len(cell) > _LONGEST_LABEL:
        return None
    try:
        return header_of(cell, fields)
    except ValueError:
        return None


def is_form(grid: Grid) -> bool:
    """Return whether field names stand down the page rather than across it."""
    top = grid.records[: _phase_row(grid)]
    across = max((_labels(record) for record in top), default=0)
    return sum(_labels(record) > 0 for record in top) > max(across, 1)


def _labels(record: Sequence[Any]) -> int:
    return sum(_label(cell) is not None for cell in record)


def _phase_row(grid: Grid) -> int:
    """Return the row, from 0, of the header of the phases below a form; the end without one."""
    for row, record in enumerate(grid.records):
        filled = [cell for cell in record if not is_empty(cell)]
        found = [_label(cell, PHASE_COLUMNS) for cell in filled]
        names = [item.field.name for item in found if item is not None]
        if len(names) > 1 and names[0] == "phase":
            return row
    return len(grid.records)


def _of_form(grid: Grid, name: str) -> tuple[Scheme | None, list[Reading]]:
    end = _phase_row(grid)
    pairs = [pair for row in range(end) for pair in _pairs(grid, row)]
    return read_pairs(pairs, _phases_below(grid, end), grid.file, name)


def _pairs(grid: Grid, row: int) -> list[tuple[Header, Any, int]]:
    """Return the fields of a line, each with the cell to the right of its name.

    The unit in the cell after the value holds for a bare figure where the name gives none: ours
    are chosen there.
    """
    record, found, at = grid.records[row], [], 0
    while at < len(record):
        header = _label(record[at])
        if header is None:
            at += 1
            continue
        value_at = _after(grid, row, at)
        value = record[value_at] if value_at < len(record) else None
        if _label(value) is not None and header.field.content != "text":
            value, value_at = None, at  # a name follows a name: this one has no value
        unit_at = _after(grid, row, value_at)
        unit = record[unit_at] if value_at > at and unit_at < len(record) else None
        if isinstance(unit, str) and not header.unit and _label(unit) is None:
            header = _with_unit(header, unit.strip())
        found.append((header, value, row + 1))
        at = max(value_at, at) + 1
    return found


def _with_unit(header: Header, unit: str) -> Header:
    try:
        named = header_of(f"{header.field.words[0]}（{unit}）", SCHEME_FIELDS)
    except ValueError:
        named = None
    is_ours = named is not None and (is_unit(unit) or named.unit == unit)
    return dataclasses.replace(header, unit=unit) if is_ours and unit else header


def _after(grid: Grid, row: int, column: int) -> int:
    """Return the column to the right of a cell, or of the merged range that it begins."""
    for top, left, bottom, right in grid.merged or ():
        if left == column and top <= row <= bottom:
            return right + 1
    return column + 1


def _phases_below(grid: Grid, start: int) -> Table | None:
    """Return the table of phases that begins at a row; ``None`` where it holds nothing."""
    records = grid.records[start:]
    if len(records) < 2 or all(is_empty(cell) for record in records[1:] for cell in record):
        return None
    merged = grid.merged
    if merged is not None:
        merged = tuple(
            (top - start, left, bottom - start, right)
            for top, left, bottom, right in merged
            if top >= start
        )
    table = _body(dataclasses.replace(grid, records=records, merged=merged))
    if table is None:
        return None
    said = [
        dataclasses.replace(item, rows=tuple(row + start for row in item.rows))
        for item in table.readings
    ]
    return dataclasses.replace(table, rows=table.rows + start, readings=tuple(said))
