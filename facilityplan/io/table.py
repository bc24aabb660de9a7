"""Tables in: CSV and workbooks (xlsx, xls, xlsb, ods)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from facilityplan.errors import (
    BadValueError,
    MissingColumnError,
    MissingLayerError,
    SchemaError,
    SourceLimitError,
    UnreadableSourceError,
)
from facilityplan.io.formats import refuse_foreign
from facilityplan.io.guard import guarded
from facilityplan.io.limits import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, check_zipped
from facilityplan.io.records import check_compound
from facilityplan.io.source import Table, Vector, decode, local_file, read_bytes
from facilityplan.units import parse_number

_Pick = Callable[[Any], dict[str, list[list[Any]]]]
"""What takes sheets out of an open workbook: their rows by name."""

_LINE_ENDS: Final = ("\n", "\r", "\x1a")
_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What the stream of an xls workbook is called in its compound file, small letters.
_BOOK_STREAMS: Final = tuple(name.encode("utf-16-le") for name in ("workbook", "book"))
# Web pages saved as .xls, PDF, pictures, databases: what people rename into a table.
_NO_TABLE: Final = (
    b"<",
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"SQLite format 3\0",
    b"Rar!",
    b"7z",
)


def is_empty(cell: object) -> bool:
    """Return whether a cell holds nothing but blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _cell(cell: Any) -> Any:
    """Return a cell as we keep it: empty is ``None``, a number is a float."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, int) and not isinstance(cell, bool):
        return float(cell)
    return cell


def header_text(cell: object) -> str:
    """Return what a cell says as a header: whole numbers without decimals, dates as ISO."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return str(cell).strip()


def column_letters(position: int) -> str:
    """Return a column's letters as Excel shows them, counted from 0."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _table(records: list[list[Any]], file: str, encoding: str | None) -> Table:
    """Return the table of some records, the first of which is the header."""
    while records and all(is_empty(cell) for cell in records[-1]):
        records.pop()
    if not records:
        raise SchemaError("table_without_header", file=file)
    width = max(
        (n + 1 for record in records for n, cell in enumerate(record) if not is_empty(cell)),
        default=0,
    )
    padded = [(record + [None] * (width - len(record)))[:width] for record in records]
    names = [header_text(cell) for cell in padded[0]]
    nameless = [column_letters(n) for n, name in enumerate(names) if not name]
    if len(nameless) == width:
        raise SchemaError("table_without_header", file=file)
    if nameless:
        raise SchemaError("table_header_empty", file=file, columns=", ".join(nameless))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SchemaError("table_header_duplicate", file=file, columns=", ".join(twice))
    body = padded[1:]
    frame = pd.DataFrame(
        {
            name: pd.Series([record[n] for record in body], dtype=object)
            for n, name in enumerate(names)
        },
        columns=pd.Index(names, dtype=object),
    )
    rows = np.arange(2, len(body) + 2, dtype=np.int64)
    return Table(frame=frame, rows=rows, file=file, encoding=encoding)


@dataclass(frozen=True, eq=False)
class Grid:
    """The cells of a sheet or CSV file, before anyone says which of them are headers.

    Attributes
    ----------
    records
        Rows from the first; cells as of :class:`Table`.
    merged
        Merged ranges ``(top, left, bottom, right)``, counted from 0; ``None`` where the format or
        its reader does not tell.
    file, encoding
        As of :class:`Table`.
    """

    records: list[list[Any]]
    merged: tuple[tuple[int, int, int, int], ...] | None
    file: str
    encoding: str | None


def _read_csv(content: bytes, file: str, stated: str | None) -> Grid:
    text, encoding = decode(content, stated, file)
    # Excel's "Unicode text" sets cells apart by tabs.
    head = text[:4096].partition("\n")[0]
    delimiter = "\t" if "\t" in head and "," not in head else ","
    records: list[list[Any]] = []
    cells = 0
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            cells += len(record)
            if len(records) >= MAX_ROWS or len(record) > MAX_COLUMNS or cells > MAX_CELLS:
                raise SourceLimitError(
                    "table_too_large",
                    file=file,
                    sheet="csv",
                    table_rows=len(records) + 1,
                    table_columns=len(record),
                    max_rows=MAX_ROWS,
                    max_columns=MAX_COLUMNS,
                    max_cells=MAX_CELLS,
                )
            records.append([_cell(cell) for cell in record])
    except csv.Error as error:
        raise UnreadableSourceError(
            "source_unreadable", file=file, rows=(len(records) + 1,), reason=error
        ) from error
    if len(records) > 1 and len(records[-1]) < len(records[0]) and not text.endswith(_LINE_ENDS):
        # Programs end the last line too, and it has all its cells: this file was cut.
        raise UnreadableSourceError("table_cut", file=file, rows=(len(records),))
    return Grid(records, None, file, encoding)


def _records(workbook: Any, name: str) -> list[list[Any]]:
    sheet = workbook.get_sheet_by_name(name)
    return [[_cell(cell) for cell in record] for record in sheet.to_python(skip_empty_area=False)]


def _choose(workbook: Any, sheet: str | None, file: str) -> tuple[str, list[list[Any]]]:
    """Return the sheet that is asked for, or the only visible one that holds anything."""
    names = [
        entry.name for entry in workbook.sheets_metadata if entry.typ == SheetTypeEnum.WorkSheet
    ]
    if sheet is not None:
        if sheet not in names:
            raise MissingLayerError(
                "table_no_such_sheet", file=file, sheet=sheet, sheets=", ".join(names)
            )
        return sheet, _records(workbook, sheet)
    held = {name: _records(workbook, name) for name in _visible(workbook)}
    filled = [
        name
        for name, records in held.items()
        if any(not is_empty(cell) for record in records for cell in record)
    ]
    if len(filled) > 1:
        raise MissingLayerError("table_which_sheet", file=file, sheets=", ".join(filled))
    if not filled:
        raise SchemaError("table_without_header", file=file)
    return filled[0], held[filled[0]]


def _merged(workbook: Any, name: str) -> tuple[tuple[int, int, int, int], ...] | None:
    ranges = workbook.get_sheet_by_name(name).merged_cell_ranges
    return None if ranges is None else tuple(sorted((*start, *end) for start, end in ranges))


def _visible(workbook: Any) -> list[str]:
    return [
        entry.name
        for entry in workbook.sheets_metadata
        if entry.typ == SheetTypeEnum.WorkSheet and entry.visible == SheetVisibleEnum.Visible
    ]


def _read_workbook(content: bytes, file: str, pick: _Pick) -> dict[str, Grid]:
    """Read the sheets of a workbook that are picked from it, by name."""
    uncalculated: dict[str, list[int]] = {}
    if content.startswith(_ZIP):
        content, uncalculated = check_zipped(content, file)
    else:
        if not any(name in content.lower() for name in _BOOK_STREAMS):
            raise SourceLimitError("format_et", file=file)
        check_compound(content, file)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            grids = {
                name: Grid(records, _merged(workbook, name), file, None)
                for name, records in pick(workbook).items()
            }
    except CalamineError as error:
        raise UnreadableSourceError("source_unreadable", file=file, reason=error) from error
    except BaseException as error:
        # A panic of the reader's is no Exception; anything else is not ours to stop.
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableSourceError("source_unreadable", file=file, reason=error) from error
    for name in grids:
        if uncalculated.get(name):
            raise BadValueError("table_formula_not_calculated", file=file, rows=uncalculated[name])
    return grids


def _read(path: str | Path, pick: Callable[[str], _Pick], encoding: str | None) -> dict[str, Grid]:
    """Read a workbook's sheets as they are picked, or a CSV file as the sheet without a name."""
    place = local_file(path)
    content = read_bytes(place)
    if content.startswith((_ZIP, _COMPOUND)):
        return _read_workbook(content, place.name, pick(place.name))
    refuse_foreign(content[:4096], place.name)
    if content.lstrip()[:16].startswith(_NO_TABLE):
        raise SourceLimitError("table_not_taken", file=place.name)
    return {"": _read_csv(content, place.name, encoding)}


@guarded
def read_grids(path: str | Path, *, encoding: str | None = None) -> dict[str, Grid]:
    """Read the cells of every visible sheet that holds anything, by name, in their order.

    A CSV file is one sheet without a name. Parameters and errors as of :func:`read_table`.
    """
    found = _read(
        path,
        lambda _: lambda book: {name: _records(book, name) for name in _visible(book)},
        encoding,
    )
    return {
        name: grid
        for name, grid in found.items()
        if any(not is_empty(cell) for record in grid.records for cell in record)
    }


@guarded
def read_grid(path: str | Path, *, sheet: str | None = None, encoding: str | None = None) -> Grid:
    """Read the cells of a table; parameters and errors as of :func:`read_table`."""

    def pick(file: str) -> _Pick:
        return lambda book: dict([_choose(book, sheet, file)])

    (grid,) = _read(path, pick, encoding).values()
    return grid


def read_table(path: str | Path, *, sheet: str | None = None, encoding: str | None = None) -> Table:
    """Read a table; what it is is told by its content, not by its name.

    A cell with an error (``#N/A``) is empty. Empty rows at the end are dropped, those in between
    are kept, so that row numbers hold.

    Parameters
    ----------
    path
        CSV, xlsx, xls, xlsb or ods, on this machine.
    sheet
        Name of the sheet; may be left out where only one visible sheet holds anything.
    encoding
        Encoding of a CSV file; left out: by its mark, else UTF-8, else GB18030, strictly.

    Returns
    -------
    Table
        Header from the first row, row numbers as Excel and WPS show them.

    Raises
    ------
    UnreadableSourceError
        If there is no such file, or it is damaged, or its encoding is none of these.
    SourceLimitError
        If it has more than 1,048,576 rows, 512 columns or 20 million cells, or is no table.
    SchemaError
        If a column has no name, or two have the same.
    MissingLayerError
        If the sheet is not there, or several could be meant.
    BadValueError
        If the sheet has formulas that were never calculated: their cells would read as empty.
    """
    grid = read_grid(path, sheet=sheet, encoding=encoding)
    return _table(grid.records, grid.file, grid.encoding)


def _numbers(table: Table, column: str) -> tuple[np.ndarray[Any, np.dtype[np.float64]], list[int]]:
    """Return a column's numbers and the rows that hold none."""
    if column not in table.frame.columns:
        raise MissingColumnError(
            "table_no_such_column",
            file=table.file,
            column=column,
            columns=", ".join(map(str, table.frame.columns)),
        )
    numbers = np.full(len(table.frame), np.nan)
    for n, cell in enumerate(table.frame[column]):
        try:
            numbers[n] = parse_number(cell)
        except ValueError:
            continue
    return numbers, [int(row) for row in table.rows[np.isnan(numbers)]]


def points_from_table(table: Table, x_column: str, y_column: str) -> Vector:
    """Make points of a table's coordinates; the table's columns stay, no system is assumed.

    Parameters
    ----------
    table
        Any table.
    x_column, y_column
        Columns with longitude and latitude, or easting and northing.

    Returns
    -------
    Vector
        Points without a coordinate system, with the table's row numbers.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    BadValueError
        If a coordinate is missing or no number; with the rows.
    SchemaError
        If the table has a column ``geometry``.
    """
    if "geometry" in table.frame.columns:
        raise SchemaError("table_reserved_column", file=table.file, column="geometry")
    coordinates = []
    for column in (x_column, y_column):
        numbers, bad = _numbers(table, column)
        if bad:
            raise BadValueError("table_bad_coordinate", file=table.file, column=column, rows=bad)
        coordinates.append(numbers)
    points = gpd.GeoDataFrame(table.frame.copy(), geometry=shapely.points(*coordinates))
    return Vector(
        frame=points,
        rows=table.rows,
        file=table.file,
        encoding=table.encoding,
        readings=table.readings,
        merged=table.merged,
        units=table.units,
    )
