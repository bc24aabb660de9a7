"""Schemes from their sheets: TOML, or a table with one scheme a row and its phases below."""

from __future__ import annotations

import functools
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from facilityplan.errors import BadValueError, InputError, SchemaError
from facilityplan.io.aliases import split_header
from facilityplan.io.source import Reading, Table
from facilityplan.layers import RESIDENCE_STATUSES, as_text
from facilityplan.locale import Listed
from facilityplan.schemes import cells
from facilityplan.schemes.fields import PHASE_FIELDS, SCHEME_FIELDS, Field
from facilityplan.schemes.model import Phase, Scheme

MAX_TOML_BYTES: Final = 1_000_000
MAX_DOTS: Final = 200
"""More dots in a line are a key of so many parts that parsing it takes minutes."""

PHASE_KEYS: Final = ("phase", "分期")
SCHEME_KEYS: Final = ("scheme", "项目")


@dataclass(frozen=True)
class Header:
    """A column, or a line of a form, as it is headed: its field and its unit.

    ``own_unit``: it names several units, so that each cell has to name its own.
    """

    field: Field
    unit: str
    spoken: str
    own_unit: bool = False


def _key(name: str) -> str:
    return "".join(split_header(name).levels) or cells.narrow(name).lower()


@functools.cache
def _words(fields: tuple[Field, ...]) -> Mapping[str, Field]:
    return {_key(word): field for field in fields for word in (field.name, *field.words)}


def _known(fields: Iterable[Field]) -> str:
    return Listed(f"{field.name}（{field.words[0]}）" for field in fields)


def header_of(name: str, fields: tuple[Field, ...]) -> Header | None:
    """Return what a header, its levels set apart by "/", stands for; ``None`` if nothing known.

    Raises
    ------
    ValueError
        If it names a unit that its field cannot be in.
    """
    words, said = _words(fields), split_header(name)
    # A name may itself end in brackets; only what is left unknown loses them.
    for plain in (_key(name), *said.levels[-1:], said.plain):
        field = words.get(plain)
        if field is None:
            continue
        unit = said.unit or ""
        if field.content == "length":
            bracket = cells.BRACKET.search(cells.narrow(name))
            unit = bracket[1] if bracket and cells.unit_fits(field, bracket[1]) else ""
        if unit and not cells.unit_fits(field, unit):
            raise ValueError(f"{name!r} is not in {unit}")
        return Header(field, unit, name, said.several_units)
    return None


def _headers(
    names: Iterable[str], fields: tuple[Field, ...], file: str, *, strict: bool
) -> tuple[list[Header | None], list[str]]:
    """Return what each column holds, and the columns that hold nothing of ours.

    Parameters
    ----------
    strict
        Refuse every unknown name; else only one that has a name of ours in it.

    Raises
    ------
    SchemaError
        If a column is unknown, its unit is none of its kind, or two mean the same field.
    """
    found: list[Header | None] = []
    refused: list[str] = []
    unused: list[str] = []
    for name in names:
        try:
            header = header_of(name, fields)
        except ValueError:
            header = None
            refused.append(name)
        else:
            if header is None:
                doubtful = strict or any(len(w) > 2 and w in _key(name) for w in _words(fields))
                (refused if doubtful else unused).append(name)
        found.append(header)
    known = [item for item in found if item is not None]
    twice = len({item.field.name for item in known}) != len(known)
    if refused or twice or not (known or strict):
        said = Listed(refused or [item.spoken for item in known] or unused)
        raise SchemaError("scheme_column", file=file, found=said, known=_known(fields))
    return found, unused


class _Notes:
    """What was settled while reading the cells of a sheet: by what it was and its column."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str, str], tuple[dict[str, Any], list[int]]] = {}

    def add(self, message: str, header: Header, row: int, unit: str = "") -> None:
        said = _conversion(header.field, unit) if unit else {}
        key = (message, header.spoken, unit)
        self.found.setdefault(key, (said, []))[1].append(row)

    def add_all(self, header: Header, value: cells.Figure | cells.Day, row: int) -> None:
        for message in value.notes:
            self.add(message, header, row)
        written = value.written if isinstance(value, cells.Figure) else ""
        if written and cells.factor_of(header.field, written) != 1:
            self.add("unit_of_cell", header, row, written)

    def readings(self) -> list[Reading]:
        return [
            Reading(message, column, tuple(rows), said)
            for (message, column, _), (said, rows) in self.found.items()
        ]


def _conversion(field: Field, unit: str) -> dict[str, Any]:
    return {"unit": unit, "factor": cells.factor_of(field, unit), "target": field.unit}


def _converted(headers: Iterable[Header | None]) -> list[Reading]:
    """Return the units of headers that make another figure of what stands in the cells."""
    return [
        Reading("unit_of_header", item.spoken, parameters=_conversion(item.field, item.unit))
        for item in headers
        if item is not None and item.unit and item.field.content != "share"
        if cells.factor_of(item.field, item.unit) != 1
    ]


def _values(
    headers: Sequence[Header | None],
    row_cells: Sequence[Any],
    file: str,
    row: int,
    notes: _Notes | None = None,
) -> dict[str, Any]:
    """Return the values of a row by field; empty cells are left out.

    Fields whose figure is only about so much are named in ``approximate``.

    Raises
    ------
    BadValueError
        If a cell cannot be what its field holds.
    """
    values: dict[str, Any] = {}
    about: list[str] = []
    notes = _Notes() if notes is None else notes
    for header, cell in zip(headers, row_cells, strict=True):
        if header is None:
            continue
        try:
            value = cells.value_of(header.field, cell, header.unit, own_unit=header.own_unit)
        except (ValueError, TypeError, OverflowError) as error:
            raise _refused(header, cell, file, row) from error
        if isinstance(value, (cells.Figure, cells.Day)):
            notes.add_all(header, value, row)
            about += [header.field.name] if "approximate" in value.notes else []
            value = value.value
        if value is not None and value == value and value != ():  # noqa: PLR0124 - NaN is empty
            values[header.field.name] = value
    if about:
        values["approximate"] = tuple(about)
    return values


def _refused(header: Header, cell: object, file: str, row: int) -> BadValueError:
    where: dict[str, Any] = {"file": file, "column": header.spoken, "rows": [row]}
    found = str(cell)[:40]
    content = header.field.content
    if content == "status":
        allowed = Listed(f"{name}（{said[0]}）" for name, said in RESIDENCE_STATUSES.items())
        return BadValueError("unknown_word", found=found, allowed=allowed, **where)
    message = {
        "count": "bad_count",
        "flag": "scheme_bad_flag",
        "date": "scheme_bad_date",
        "storeys": "scheme_bad_storey",
    }.get(content, "bad_number")
    return BadValueError(message, found=found, **where)


_MOST_NAMED: Final = 10
"""Cells that one message names; the rows are all said."""


def _all_of(wrong: Sequence[BadValueError]) -> BadValueError:
    """Return one error for the first unreadable cell of every row that has one."""
    first = wrong[0]
    where: dict[str, Any] = {
        "file": first.file,
        "rows": [row for error in wrong for row in error.rows],
    }
    found = [error.parameters.get("found", "") for error in wrong[:_MOST_NAMED]]
    if len({(error.message, error.column) for error in wrong}) == 1:
        parameters = {**first.parameters, "found": Listed(dict.fromkeys(found))}
        return BadValueError(first.message, column=first.column, **where, **parameters)
    named = Listed(f"{error.column} {said}" for error, said in zip(wrong, found, strict=False))
    return BadValueError("scheme_bad_cells", found=named, count=len(wrong), **where)


def schemes_from_table(table: Table, phases: Table | None = None) -> list[Scheme]:
    """Return the schemes of a sheet, one a row; see :func:`read_rows`."""
    return read_rows(table, phases)[0]


def read_rows(table: Table, phases: Table | None = None) -> tuple[list[Scheme], list[Reading]]:
    """Return the schemes of a sheet, one a row, and what was settled while reading.

    Parameters
    ----------
    table
        One scheme a row, columns under our names or the usual Chinese ones; a unit may stand in
        brackets behind a header, in a line above the table, or beside a figure. Columns that hold
        nothing of ours are left out and named.
    phases
        One phase a row, in the order of building, with the name of its scheme.

    Raises
    ------
    SchemaError
        If a column may be one of ours and is not quite, or two columns mean the same field.
    BadValueError
        If a figure is no number of zero or more, or a word is not known.
    InputError
        If there is no row, or a phase names no scheme of the sheet, or one that several rows are.
    """
    notes = _Notes()
    headers, unused = _table_headers(table, SCHEME_FIELDS)
    readings = [*table.readings, *_unused(unused), *_converted(headers)]
    found: dict[str, list[Phase]] = {}
    if phases is not None:
        found, said = _phases(phases)
        readings += said
    schemes, wrong = [], []
    for row_cells, row in _filled(table):
        try:
            values = _values(headers, row_cells, table.file, row, notes)
        except BadValueError as error:
            # The other rows are read too: who mends one cell should not meet the next.
            wrong.append(error)
            continue
        name = str(values.get("name") or f"{table.file}#{row}")
        schemes.append(Scheme(values, name, table.file, row))
    if wrong:
        raise _all_of(wrong)
    if not schemes:
        raise InputError("no_scheme", file=table.file)
    times = Counter(item.name for item in schemes)
    twice = [item for item in schemes if item.name in found and times[item.name] > 1]
    if twice:
        names = Listed(dict.fromkeys(item.name for item in twice))
        rows = [item.row for item in twice]
        raise InputError("scheme_phase_of_several", file=table.file, rows=rows, found=names)
    schemes = [replace(item, phases=tuple(found.pop(item.name, ()))) for item in schemes]
    if found and phases is not None:
        lost = sorted(item.row for items in found.values() for item in items)
        raise InputError(
            "scheme_phase_of_none", file=phases.file, rows=lost, found=Listed(sorted(found))
        )
    return schemes, [*readings, *notes.readings()]


def _unused(names: Sequence[str]) -> list[Reading]:
    if not names:
        return []
    return [Reading("columns_unused", parameters={"columns": Listed(names)})]


def _table_headers(
    table: Table, fields: tuple[Field, ...]
) -> tuple[list[Header | None], list[str]]:
    """Return what each column of a table holds, with the unit that a line above it gives.

    Raises
    ------
    BadValueError
        If a figure stands in a merged cell that spans rows: whose it is nobody can say.
    """
    headers, unused = _headers(map(str, table.frame.columns), fields, table.file, strict=False)
    for at, header in enumerate(headers):
        if header is None:
            continue
        if header.field.content in cells.FIGURES and header.spoken in table.merged:
            rows = table.merged[header.spoken]
            raise BadValueError(
                "figure_merged", file=table.file, column=header.spoken, rows=rows, found=""
            )
        above = table.units.get(header.spoken, "")
        if not header.unit and above and cells.unit_fits(header.field, above):
            headers[at] = replace(header, unit=above)
    return headers, unused


def _filled(table: Table) -> Iterable[tuple[tuple[Any, ...], int]]:
    for row_cells, row in zip(
        table.frame.itertuples(index=False, name=None), table.rows, strict=True
    ):
        if any(as_text(cell) is not None for cell in row_cells):
            yield row_cells, int(row)


def _phases(table: Table) -> tuple[dict[str, list[Phase]], list[Reading]]:
    """Return the phases of a table by the scheme they name, and what was settled."""
    notes = _Notes()
    headers, unused = _table_headers(table, PHASE_FIELDS)
    found: dict[str, list[Phase]] = {}
    for row_cells, row in _filled(table):
        values = _values(headers, row_cells, table.file, row, notes)
        own = found.setdefault(str(values.pop("scheme", "")), [])
        own.append(_phase(values, len(own) + 1, row))
    settled = [*table.readings, *_unused(unused), *_converted(headers)]
    return found, [*settled, *notes.readings()]


def read_pairs(
    pairs: Sequence[tuple[Header, Any, int]], phases: Table | None, file: str, name: str
) -> tuple[Scheme | None, list[Reading]]:
    """Return the scheme of a form, and what was settled; ``None`` where nothing is filled in.

    Parameters
    ----------
    pairs
        Header, cell and row of each line of the form.
    phases
        Its phases, one a row.
    name
        What it is called where the form does not say.

    Raises
    ------
    SchemaError
        If two lines mean the same field.
    BadValueError
        If a figure is no number of zero or more, or a word is not known.
    """
    notes, values = _Notes(), dict[str, Any]()
    filled = [item for item in pairs if as_text(item[1]) is not None]
    for header, cell, row in filled:
        own = _values([header], [cell], file, row, notes)
        about = (*values.get("approximate", ()), *own.pop("approximate", ()))
        if header.field.name in values:
            raise SchemaError(
                "scheme_column", file=file, rows=[row], found=header.spoken,
                known=_known(SCHEME_FIELDS),
            )  # fmt: skip
        values |= own | ({"approximate": about} if about else {})
    found, readings = ({}, []) if phases is None else _phases(phases)
    own_phases = tuple(phase for items in found.values() for phase in items)
    if not filled and not own_phases:
        return None, []
    said = str(values.get("name") or name)
    row = filled[0][2] if filled else own_phases[0].row
    converted = _converted(header for header, _, _ in filled)
    return Scheme(values, said, file, row, own_phases), [*readings, *converted, *notes.readings()]


def _phase(values: dict[str, Any], number: int, row: int) -> Phase:
    return Phase(values, str(values.pop("phase", number)), row)


def scheme_from_toml(content: bytes, file: str) -> list[Scheme]:
    """Return the scheme of a TOML file, or those of its ``[[scheme]]`` tables.

    Phases are ``[[phase]]`` tables of the scheme, in the order of building.

    Raises
    ------
    SchemaError
        If it is no TOML, or a field is unknown.
    BadValueError
        If a figure is no number of zero or more, or a word is not known.
    """
    if len(content) > MAX_TOML_BYTES or any(
        line.count(b".") > MAX_DOTS for line in content.splitlines()
    ):
        raise SchemaError("scheme_too_large", file=file, limit=MAX_TOML_BYTES, dots=MAX_DOTS)
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SchemaError("scheme_syntax", file=file, reason=str(error)) from error
    rows = next((table.pop(key) for key in SCHEME_KEYS if key in table), None)
    if isinstance(rows, Mapping):
        rows = [rows]
    if rows is None:
        rows, table = [table], {}
    if table or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        found = Listed(table) or "scheme"
        raise SchemaError("scheme_column", file=file, found=found, known=_known(SCHEME_FIELDS))
    schemes = [_from_toml(row, file, number) for number, row in enumerate(rows, start=1)]
    if not schemes:
        raise InputError("no_scheme", file=file)
    return schemes


def _from_toml(table: dict[str, Any], file: str, number: int) -> Scheme:
    key = next((key for key in PHASE_KEYS if isinstance(table.get(key), list)), None)
    rows = table.pop(key) if key is not None else []
    if not all(isinstance(row, dict) for row in rows):
        raise SchemaError("scheme_column", file=file, found=key, known=_known(PHASE_FIELDS))
    headers, _ = _headers(table, SCHEME_FIELDS, file, strict=True)
    values = _values(headers, list(table.values()), file, number)
    phases = []
    for at, row in enumerate(rows, start=1):
        own_headers, _ = _headers(row, PHASE_FIELDS[1:], file, strict=True)
        own = _values(own_headers, list(row.values()), file, number)
        phases.append(_phase(own, at, at))
    name = str(values.get("name") or f"{file}#{number}")
    return Scheme(values, name, file, number, tuple(phases))
