"""Cells as people write them -> cells of a canonical column, and what was settled on the way.

::

    interpret_cells(cells, name, layer=..., place=CellPlace(...)) -> (cells, readings)

Plain cells come out as they went in; what is off after this is refused by
:func:`facilityplan.layers.conform.conform` as before. "About" is read and said, "unknown" is no
value and is said, a unit is turned into the column's own and is said, any other text is an error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from facilityplan.errors import BadValueError, SchemaError
from facilityplan.io.aliases import Header, quantity_of, split_header
from facilityplan.io.dates import read_date
from facilityplan.io.source import Reading
from facilityplan.layers.contracts import LAYERS
from facilityplan.locale import Listed
from facilityplan.units import UNIT_WORDS, Quantity, read_quantity, says_unknown, unit_factor

_YEAR_HEADERS: Final = ("年份", "年度", "年代", "(年)")
_SHOWN: Final = 5
_PERCENT: Final = 0.01


@dataclass(frozen=True)
class CellPlace:
    """Where the cells of a column stand.

    Attributes
    ----------
    file, header
        Name of the file and the column's header in it.
    rows
        Row number of each cell, as the user's program shows it.
    unit_above
        Unit that a line above the table gives, as written.
    merged
        Rows filled from a merged cell.
    """

    file: str
    header: str
    rows: Sequence[int]
    unit_above: str | None = None
    merged: Sequence[int] = field(default_factory=tuple)


def interpret_cells(
    cells: Sequence[Any], name: str, *, layer: str, place: CellPlace
) -> tuple[list[Any], list[Reading]]:
    """Return the cells of a canonical column, and what was settled.

    Parameters
    ----------
    cells
        As read.
    name
        Canonical name of the column.
    layer
        A key of :data:`facilityplan.layers.contracts.LAYERS`.
    place
        Where they stand.

    Raises
    ------
    BadValueError
        If text stands where a figure or date should; a figure spans merged rows; a figure without
        a unit stands among others with one.
    SchemaError
        If the header names a unit of another quantity.
    """
    content = LAYERS[layer].columns[name].content
    if content in {"number", "count"}:
        return _figures(cells, name, layer, place)
    if content == "date":
        return _dates(cells, layer, place)
    if content in {"choice", "flag", "ids"}:
        return _words(cells, place)
    return list(cells), []


def _rows(place: CellPlace, positions: Iterable[int]) -> tuple[int, ...]:
    return tuple(int(place.rows[n]) for n in positions)


def _bad(
    message: str,
    cells: Sequence[Any],
    bad: Sequence[int],
    layer: str,
    place: CellPlace,
    **more: Any,
) -> BadValueError:
    found = Listed(dict.fromkeys(str(cells[n])[:40] for n in bad[:_SHOWN]))
    return BadValueError(
        message,
        file=place.file,
        layer=layer,
        column=place.header,
        rows=_rows(place, bad),
        found=found,
        **more,
    )


def _header_unit(header: Header, unit: str | None, layer: str, place: CellPlace) -> str | None:
    """Return the unit of bare figures: what the header says, else the line above, if it fits."""
    if header.unit is not None:
        try:
            unit_factor(header.unit, unit)
        except ValueError as error:
            expected = Listed(UNIT_WORDS.get(unit or "", ())) or "-"
            raise SchemaError(
                "header_unit_other",
                file=place.file,
                layer=layer,
                column=place.header,
                unit=header.unit,
                expected=expected,
            ) from error
        return header.unit
    if place.unit_above is not None:
        try:
            unit_factor(place.unit_above, unit)
        except ValueError:
            return None
        return place.unit_above
    return None


def _is_plain(cells: Sequence[Any]) -> bool:
    return all(cell is None or isinstance(cell, (int, float)) for cell in cells)


def _figures(
    cells: Sequence[Any], name: str, layer: str, place: CellPlace
) -> tuple[list[Any], list[Reading]]:
    unit = quantity_of(name)
    header = split_header(place.header)
    assumed = _header_unit(header, unit, layer, place)
    merged = set(place.merged)
    shared = [n for n, row in enumerate(place.rows) if int(row) in merged]
    if shared:
        raise _bad("figure_merged", cells, shared, layer, place)
    if assumed is None and not header.several_units and _is_plain(cells):
        return list(cells), []
    if assumed is not None and unit_factor(assumed, unit) == _PERCENT:
        small = [n for n, c in enumerate(cells) if isinstance(c, float) and 0 < abs(c) <= 1]
        if small and not any(isinstance(c, float) and abs(c) > 1 for c in cells):
            # A cell that shows 96% holds 0.96: is the header's sign said again or not?
            raise _bad("figure_percent", cells, small, layer, place)
    read: list[Quantity] = []
    bad: list[int] = []
    for n, cell in enumerate(cells):
        try:
            read.append(read_quantity(cell, unit, assumed=assumed))
        except (ValueError, TypeError, OverflowError):
            bad.append(n)
            read.append(Quantity(math.nan))
    if bad:
        expected = Listed(UNIT_WORDS.get(unit or "", ())) or "-"
        raise _bad("figure_text", cells, bad, layer, place, units=expected)
    converted = _written_units(read, unit)
    bare = [
        n
        for n, one in enumerate(read)
        if one.written is None and not math.isnan(one.value) and one.value != 0
    ]
    if (
        bare
        and assumed is None
        and (header.several_units or any(f != 1 for f, _ in converted.values()))
    ):
        units = Listed(converted) or "-"
        raise _bad("figure_without_unit", cells, bare, layer, place, units=units)
    values = [None if math.isnan(one.value) else one.value for one in read]
    return values, _said(read, unit, assumed, converted, place)


def _written_units(
    read: Sequence[Quantity], unit: str | None
) -> dict[str, tuple[float, list[int]]]:
    """Return per unit written in a cell its factor, and the positions of those cells."""
    found: dict[str, tuple[float, list[int]]] = {}
    for n, one in enumerate(read):
        if one.written is not None:
            found.setdefault(one.written, (unit_factor(one.written, unit), []))[1].append(n)
    return found


def _said(
    read: Sequence[Quantity],
    unit: str | None,
    assumed: str | None,
    converted: Mapping[str, tuple[float, Sequence[int]]],
    place: CellPlace,
) -> list[Reading]:
    readings = []
    if assumed is not None and (factor := unit_factor(assumed, unit)) != 1:
        readings.append(
            Reading(
                "unit_of_header",
                place.header,
                parameters={"unit": assumed, "factor": factor, "target": unit},
            )
        )
    for written, (factor, positions) in converted.items():
        if factor == 1:
            continue
        readings.append(
            Reading(
                "unit_of_cell",
                place.header,
                _rows(place, positions),
                {"unit": written, "factor": factor, "target": unit},
            )
        )
    for message, chosen in (
        ("approximate", [n for n, one in enumerate(read) if one.approximate]),
        ("unknown", [n for n, one in enumerate(read) if one.unknown]),
    ):
        if chosen:
            readings.append(Reading(message, place.header, _rows(place, chosen)))
    return readings


def _dates(cells: Sequence[Any], layer: str, place: CellPlace) -> tuple[list[Any], list[Reading]]:
    years = any(word in place.header for word in _YEAR_HEADERS)
    values: list[Any] = []
    bad: list[int] = []
    noted: dict[str, list[int]] = {}
    for n, cell in enumerate(cells):
        try:
            read = read_date(cell, years=years)
        except (ValueError, TypeError, OverflowError):
            bad.append(n)
            continue
        values.append(read.day)
        if read.unknown:
            noted.setdefault("unknown", []).append(n)
        elif read.serial:
            noted.setdefault("date_serial", []).append(n)
        elif read.precision != "day":
            noted.setdefault(f"date_{read.precision}", []).append(n)
    if bad:
        raise _bad("date_text", cells, bad, layer, place)
    return values, [
        Reading(message, place.header, _rows(place, found))
        for message, found in sorted(noted.items())
    ]


def _words(cells: Sequence[Any], place: CellPlace) -> tuple[list[Any], list[Reading]]:
    unknown = [n for n, cell in enumerate(cells) if isinstance(cell, str) and says_unknown(cell)]
    hidden = set(unknown)
    values = [None if n in hidden else cell for n, cell in enumerate(cells)]
    said = [Reading("unknown", place.header, _rows(place, unknown))] if unknown else []
    return values, said
