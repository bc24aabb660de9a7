"""Schemes from their sheets: TOML, or a table with one scheme a row and its phases below."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from facilityplan.errors import BadValueError, InputError, SchemaError
from facilityplan.io.source import Table
from facilityplan.layers import RESIDENCE_STATUSES, as_text
from facilityplan.schemes import cells
from facilityplan.schemes.fields import PHASE_FIELDS, SCHEME_FIELDS, Field
from facilityplan.schemes.model import Phase, Scheme

MAX_TOML_BYTES: Final = 1_000_000
MAX_DOTS: Final = 200
"""More dots in a line are a key of so many parts that parsing it takes minutes."""

PHASE_KEYS: Final = ("phase", "分期")
SCHEME_KEYS: Final = ("scheme", "项目")


@dataclass(frozen=True)
class _Header:
    """A column as it is headed: its field and the unit in brackets."""

    field: Field
    unit: str
    spoken: str


def _words(fields: Iterable[Field]) -> dict[str, Field]:
    return {
        cells.narrow(word).lower(): field for field in fields for word in (field.name, *field.words)
    }


def _known(fields: Iterable[Field]) -> str:
    return "、".join(f"{field.name}（{field.words[0]}）" for field in fields)


def _headers(names: Iterable[str], fields: Sequence[Field], file: str) -> list[_Header]:
    """Return what each column holds.

    Raises
    ------
    SchemaError
        If a column is unknown, its unit is none of its kind, or two mean the same field.
    """
    words, found, unknown = _words(fields), [], []
    for name in names:
        # A name may itself end in brackets; only what is left unknown loses them.
        whole = words.get(cells.narrow(name).lower())
        plain, unit = (cells.narrow(name), "") if whole else cells.split_header(name)
        field = whole or words.get(plain.lower())
        if field is None or (unit and not _unit_fits(field, unit)):
            unknown.append(name)
        else:
            found.append(_Header(field, unit, name))
    if unknown or len({item.field.name for item in found}) != len(found):
        said = "、".join(unknown or [item.spoken for item in found])
        raise SchemaError("scheme_column", file=file, found=said, known=_known(fields))
    return found


def _unit_fits(field: Field, unit: str) -> bool:
    if field.content in cells.UNIT_FACTORS:
        return cells.knows_unit(field.content, unit)
    return True


def _values(
    headers: Sequence[_Header], row_cells: Sequence[Any], file: str, row: int
) -> dict[str, Any]:
    """Return the values of a row by field; empty cells are left out.

    Raises
    ------
    BadValueError
        If a cell cannot be what its field holds.
    """
    values: dict[str, Any] = {}
    for header, cell in zip(headers, row_cells, strict=True):
        try:
            value = cells.value_of(header.field, cell, header.unit)
        except (ValueError, OverflowError) as error:
            raise _refused(header, cell, file, row) from error
        if value is not None and value == value and value != ():  # noqa: PLR0124 - NaN is empty
            values[header.field.name] = value
    return values


def _refused(header: _Header, cell: object, file: str, row: int) -> BadValueError:
    where: dict[str, Any] = {"file": file, "column": header.spoken, "rows": [row]}
    found = str(cell)[:40]
    content = header.field.content
    if content == "status":
        allowed = "、".join(f"{name}（{said[0]}）" for name, said in RESIDENCE_STATUSES.items())
        return BadValueError("unknown_word", found=found, allowed=allowed, **where)
    message = {
        "count": "bad_count",
        "flag": "scheme_bad_flag",
        "date": "scheme_bad_date",
        "storeys": "scheme_bad_storey",
    }.get(content, "bad_number")
    return BadValueError(message, found=found, **where)


def schemes_from_table(table: Table, phases: Table | None = None) -> list[Scheme]:
    """Return the schemes of a sheet, one a row; columns under our names or the usual Chinese ones.

    Parameters
    ----------
    table
        One scheme a row; a unit may stand in brackets behind a header or beside a figure.
    phases
        One phase a row, in the order of building, with the name of its scheme.

    Raises
    ------
    SchemaError
        If a column is unknown, or two columns mean the same field.
    BadValueError
        If a figure is no number of zero or more, or a word is not known.
    InputError
        If there is no row, or a phase names no scheme of the sheet.
    """
    headers = _headers(map(str, table.frame.columns), SCHEME_FIELDS, table.file)
    found = _phases(phases) if phases is not None else {}
    schemes = []
    for row_cells, row in _filled(table):
        values = _values(headers, row_cells, table.file, row)
        name = str(values.get("name") or f"{table.file}#{row}")
        schemes.append(Scheme(values, name, table.file, row, tuple(found.pop(name, ()))))
    if not schemes:
        raise InputError("no_scheme", file=table.file)
    if found and phases is not None:
        lost = sorted(item.row for items in found.values() for item in items)
        raise InputError(
            "scheme_phase_of_none", file=phases.file, rows=lost, found="、".join(sorted(found))
        )
    return schemes


def _filled(table: Table) -> Iterable[tuple[tuple[Any, ...], int]]:
    for row_cells, row in zip(
        table.frame.itertuples(index=False, name=None), table.rows, strict=True
    ):
        if any(as_text(cell) is not None for cell in row_cells):
            yield row_cells, int(row)


def _phases(table: Table) -> dict[str, list[Phase]]:
    headers = _headers(map(str, table.frame.columns), PHASE_FIELDS, table.file)
    found: dict[str, list[Phase]] = {}
    for row_cells, row in _filled(table):
        values = _values(headers, row_cells, table.file, row)
        own = found.setdefault(str(values.pop("scheme", "")), [])
        own.append(_phase(values, len(own) + 1, row))
    return found


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
        found = "、".join(table) or "scheme"
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
    headers = _headers(table, SCHEME_FIELDS, file)
    values = _values(headers, list(table.values()), file, number)
    phases = []
    for at, row in enumerate(rows, start=1):
        own = _values(_headers(row, PHASE_FIELDS[1:], file), list(row.values()), file, number)
        phases.append(_phase(own, at, at))
    name = str(values.get("name") or f"{file}#{number}")
    return Scheme(values, name, file, number, tuple(phases))
