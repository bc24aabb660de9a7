"""A file in another datum, system or format; whole or not at all, never over another unasked."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
import xlsxwriter

from facilityplan import files
from facilityplan.crs import PLAIN_DATUMS, Target, converted
from facilityplan.errors import GeometryError, OutputError, UsageError
from facilityplan.files import inert_cell
from facilityplan.io.aliases import propose_coordinates
from facilityplan.io.sheets import read_messy_table
from facilityplan.io.source import local_file, read_start
from facilityplan.io.table import points_from_table
from facilityplan.io.vector import read_vector
from facilityplan.locale import Listed

DRIVERS: Final = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".json": "GeoJSON"}
TABLES: Final = (".csv", ".xlsx")
_TABLE_STARTS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_VECTOR_STARTS: Final = (b"\x00\x00\x27\x0a", b"SQLite format 3\0", b"{", b"<")
DEGREE_DIGITS: Final = 9
"""A ten-thousandth of a millimetre in degrees."""


@dataclass(frozen=True)
class Request:
    """What is to be converted into what.

    Parameters
    ----------
    source, target
        The files.
    from_datum, from_crs
        What the coordinates are in.
    to
        What they are to be in.
    layer, sheet, encoding, x, y
        Where in the source, as in ``project.toml``.
    force
        Whether an existing file may be replaced.
    """

    source: Path
    target: Path
    from_datum: str | None
    from_crs: str | None
    to: Target
    layer: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    x: str | None = None
    y: str | None = None
    force: bool = False


@dataclass(frozen=True)
class Converted:
    """What was written."""

    features: int
    encoding: str | None
    nameless: bool
    """Whether the file's coordinates are in a datum that the file itself cannot name."""
    source: str
    """What the coordinates were in."""


def convert_file(request: Request) -> Converted:
    """Write a file's features in another datum, system or format.

    Raises
    ------
    UsageError
        If the target's format is none that is written, or cannot hold what is asked.
    OutputError
        If the target is there already, or is the source, or cannot be written.
    InputError
        If the source cannot be read, or nothing says what its coordinates are in.
    """
    ending = request.target.suffix.lower()
    if ending not in (*DRIVERS, *TABLES):
        known = ", ".join([*DRIVERS, *TABLES])
        raise UsageError("convert_format", file=request.target.name, known=known)
    source = local_file(request.source)
    if request.target.exists():
        if request.target.samefile(source):
            raise OutputError("out_is_input", file=request.target.name)
        if not request.force:
            raise OutputError("convert_exists", file=request.target.name)
    read, columns = _read(source, request)
    frame = converted(
        read.frame,
        request.to,
        datum=request.from_datum,
        crs=request.from_crs,
        file=read.file,
    )
    degrees = frame.crs is None or frame.crs.is_geographic
    if DRIVERS.get(ending) == "GeoJSON" and not degrees:
        raise UsageError("convert_geojson", file=request.target.name)
    if ending in TABLES:
        table = _as_table(frame, columns, degrees=degrees, file=read.file)
        content = _csv(table) if ending == ".csv" else _workbook(table)
        files.write_bytes(request.target, content)
    else:
        # The columns of a table say the old coordinates; the geometry says the new ones.
        _write_layer(frame.drop(columns=list(columns or ())), request.target, DRIVERS[ending])
    nameless = request.to.datum is not None and request.to.datum not in PLAIN_DATUMS
    source_name = request.from_datum or request.from_crs or read.frame.crs.to_string()
    return Converted(len(frame), read.encoding, nameless, source_name)


def _read(path: Path, request: Request) -> tuple[Any, tuple[str, str] | None]:
    """Return the features, and the columns of the coordinates where it is a table."""
    start = read_start(path, 100).lstrip(b"\xef\xbb\xbf \t\r\n")
    zipped = start.startswith(_TABLE_STARTS)
    if not zipped and start.startswith(_VECTOR_STARTS):
        return read_vector(path, layer=request.layer, encoding=request.encoding), None
    table = read_messy_table(path, sheet=request.sheet, encoding=request.encoding)
    columns = (request.x, request.y)
    if columns[0] is None or columns[1] is None:
        headers = [str(name) for name in table.frame.columns]
        found = propose_coordinates(headers)
        if found is None:
            raise UsageError("convert_columns", file=path.name, columns=Listed(headers))
        columns = found
    x, y = str(columns[0]), str(columns[1])
    return points_from_table(table, x, y), (x, y)


def _as_table(
    frame: gpd.GeoDataFrame, columns: tuple[str, str] | None, *, degrees: bool, file: str
) -> pd.DataFrame:
    """Return points as rows, coordinates in the columns they came from or in two new ones."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    if not all(shape is not None and shape.geom_type == "Point" for shape in shapes):
        raise GeometryError("convert_points_only", file=file)
    x, y = columns or (("经度", "纬度") if degrees else ("X", "Y"))
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    digits = DEGREE_DIGITS if degrees else 4
    table[x] = np.round(shapely.get_x(shapes), digits)
    table[y] = np.round(shapely.get_y(shapes), digits)
    return table


def _plain(cell: Any) -> Any:
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return None
    if isinstance(cell, (float, np.floating)):
        value = float(cell)
        return None if np.isnan(value) else int(value) if value.is_integer() else value
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date()
    return cell.item() if isinstance(cell, np.generic) else cell


def _csv(table: pd.DataFrame) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([inert_cell(str(name)) for name in table.columns])
    for row in table.itertuples(index=False):
        cells = [_plain(cell) for cell in row]
        writer.writerow([inert_cell(c) if isinstance(c, str) else c for c in cells])
    # With a mark, so that Excel and WPS read it as UTF-8.
    return stream.getvalue().encode("utf-8-sig")


def _workbook(table: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"created": dt.datetime(2026, 1, 1)})  # noqa: DTZ001 - Excel knows no zone
        page = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, name in enumerate(table.columns):
            page.write_string(0, at, str(name))
        for line, row in enumerate(table.itertuples(index=False), start=1):
            for at, cell in enumerate(map(_plain, row)):
                if isinstance(cell, bool):
                    page.write_boolean(line, at, cell)
                elif isinstance(cell, (int, float)):
                    page.write_number(line, at, cell)
                elif isinstance(cell, dt.date):
                    page.write_datetime(line, at, cell, day)
                elif cell is not None:
                    page.write_string(line, at, str(cell))
    return stream.getvalue()


def _write_layer(frame: gpd.GeoDataFrame, path: Path, driver: str) -> None:
    # Without a fixed date a GeoPackage has other bytes each time.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-01T00:00:00.000Z"})
    options = {"COORDINATE_PRECISION": DEGREE_DIGITS} if driver == "GeoJSON" else {}
    try:
        with files.whole_file(path) as temporary:
            temporary.unlink()
            pyogrio.write_dataframe(frame, temporary, layer=path.stem, driver=driver, **options)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
