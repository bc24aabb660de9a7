"""Frames as read -> frames that keep their layer's contract, or one error with all bad rows.

A frame that went through :func:`conform` has every canonical column of its layer (a column that
the file does not have is there, empty), ids as text, numbers as float64 with NaN where a cell is
empty, and a ``row`` column with the row number that the user's program shows. Analyses rely on it
and never look for columns.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from facilityplan.errors import (
    BadValueError,
    DuplicateIdError,
    GeometryError,
    MissingColumnError,
    MissingLayerError,
    UnknownKindError,
)
from facilityplan.layers.contracts import LAYERS, Column, LayerContract
from facilityplan.locale import Listed
from facilityplan.units import parse_number

_YES: Final = frozenset({"true", "yes", "y", "1", "1.0", "是", "有"})
_NO: Final = frozenset({"false", "no", "n", "0", "0.0", "否", "无"})
_DATE_TEXT: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?")
_LIST_SEPARATORS: Final = re.compile(r"[;；、,，\s]+")


@dataclass(frozen=True)
class Origin:
    """Where the cells of a column were read: the file, and the row number of each, (n,)."""

    file: str | None
    rows: np.ndarray[Any, Any]


def empty_layer(name: str, crs: str) -> gpd.GeoDataFrame:
    """Return a conformed frame of that layer without rows."""
    columns: dict[str, Any] = {"row": np.empty(0, dtype=np.int64)}
    for column, contract in LAYERS[name].columns.items():
        columns[column] = _empty_column(contract, 0)
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=crs), crs=crs)


def stack(parts: Sequence[gpd.GeoDataFrame], crs: str) -> gpd.GeoDataFrame:
    """Return conformed frames of one layer as one frame, rows in the order given."""
    columns: dict[str, Any] = {}
    for name in parts[0].columns:
        if name != "geometry":
            cells = np.concatenate([part[name].to_numpy() for part in parts])
            # The type is said, since pandas would turn the None of an object column into NaN.
            columns[name] = pd.Series(cells, dtype=cells.dtype)
    geometry = np.concatenate([part.geometry.to_numpy() for part in parts])
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=crs)


def conform(
    frame: gpd.GeoDataFrame,
    layer: str,
    *,
    rows: Collection[int] | None = None,
    file: str | None = None,
    kinds: Mapping[str, Collection[str]] | None = None,
    headers: Mapping[str, str] | None = None,
    origins: Mapping[str, Origin] | None = None,
) -> gpd.GeoDataFrame:
    """Return the frame with the canonical columns of its layer, every cell checked.

    Parameters
    ----------
    frame
        One row per object; columns already under their canonical names.
    layer
        Name of the layer (a key of :data:`LAYERS`).
    rows
        Row number of each row as the user's program shows it; default 1, 2, 3 …
    file
        File name for messages.
    kinds
        Kinds of facility and what people write for them.
    headers
        What the user's file calls a canonical column, for messages.
    origins
        File and rows of the columns that were joined from another table, for messages.

    Raises
    ------
    MissingColumnError, DuplicateIdError, BadValueError, UnknownKindError
        With all offending rows of the first column that has any.
    MissingLayerError
        If there are no rows.
    GeometryError
        If a geometry is empty, invalid or of a type that the layer does not take.
    """
    contract = LAYERS[layer]
    shown = headers or {}
    numbers = np.arange(1, len(frame) + 1) if rows is None else np.asarray(list(rows), dtype=int)
    if frame.empty:
        raise MissingLayerError("layer_empty", file=file, layer=layer)
    columns: dict[str, Any] = {"row": numbers}
    for name, column in contract.columns.items():
        header = shown.get(name, name)
        if name not in frame.columns:
            if column.required:
                raise MissingColumnError("missing_column", file=file, layer=layer, column=header)
            columns[name] = _empty_column(column, len(frame))
            continue
        takes_kinds = column.content == "choice" and not column.choices
        full = dataclasses.replace(column, choices=kinds or {}) if takes_kinds else column
        origin = (origins or {}).get(name, Origin(file, numbers))
        place = _Place(origin.file, layer, header, origin.rows)
        columns[name] = _read_column(frame[name].tolist(), full, place)
    if "id" in contract.columns:
        _refuse_duplicates(columns["id"], numbers, file, layer, shown.get("id", "id"))
    if not contract.geometry:
        # A plain table keeps the shape of a layer, without places.
        return gpd.GeoDataFrame(columns, geometry=[None] * len(numbers))
    geometry = _checked_geometry(frame.geometry, contract, numbers, file, layer)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=frame.crs)


def points_of(geometry: gpd.GeoSeries) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return points as they are and an inner point of every polygon, (n, 2), the frame's unit."""
    inner = shapely.point_on_surface(geometry.to_numpy())
    return np.column_stack([shapely.get_x(inner), shapely.get_y(inner)])


@dataclass(frozen=True)
class _Place:
    file: str | None
    layer: str
    column: str
    rows: np.ndarray[Any, Any]


def _empty_column(column: Column, size: int) -> Any:
    if column.content in {"number", "count"}:
        return np.full(size, np.nan)
    if column.content == "ids":
        return pd.Series([()] * size, dtype=object)
    return pd.Series([None] * size, dtype=object)


def _is_blank(cell: object) -> bool:
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return True
    if isinstance(cell, float):
        return math.isnan(cell)
    return isinstance(cell, str) and not cell.strip()


def as_text(cell: object) -> str | None:
    """Return a cell as trimmed text (12.0 as "12"), ``None`` where it is blank."""
    if _is_blank(cell):
        return None
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    return unicodedata.normalize("NFC", str(cell)).strip()


def _as_flag(cell: object) -> bool | None:
    plain = as_text(cell)
    if plain is None:
        return None
    if plain.lower() in _YES:
        return True
    if plain.lower() in _NO:
        return False
    raise ValueError(plain)


def _as_date(cell: object) -> dt.date | None:
    if _is_blank(cell):  # NaT calls itself a datetime
        return None
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    plain = as_text(cell)
    if plain is None:
        return None
    written = _DATE_TEXT.fullmatch(plain)
    if written is None:
        raise ValueError(plain)
    return dt.date(int(written[1]), int(written[2]), int(written[3]))


def _as_number(cell: object) -> float:
    value = parse_number(None if _is_blank(cell) else cell)
    if value < 0:
        raise ValueError(cell)
    return value


def _as_count(cell: object) -> float:
    value = _as_number(cell)
    if not math.isnan(value) and value != math.floor(value):
        raise ValueError(cell)
    return value


def _as_ids(cell: object) -> tuple[str, ...]:
    plain = as_text(cell)
    return () if plain is None else tuple(filter(None, _LIST_SEPARATORS.split(plain)))


_READERS: Final[Mapping[str, Callable[[object], Any]]] = MappingProxyType(
    {
        "id": as_text,
        "text": as_text,
        "flag": _as_flag,
        "date": _as_date,
        "number": _as_number,
        "count": _as_count,
        "ids": _as_ids,
    }
)


def _choice_reader(choices: Mapping[str, Collection[str]]) -> Callable[[object], str | None]:
    words = {name: name for name in choices}
    for name, spoken in choices.items():
        words |= dict.fromkeys(spoken, name)

    def read(cell: object) -> str | None:
        plain = as_text(cell)
        if plain is None:
            return None
        if plain not in words:
            raise ValueError(plain)
        return words[plain]

    return read


def read_cell(cell: object, column: Column, kinds: Mapping[str, Collection[str]]) -> Any:
    """Return one cell as its column takes it, as :func:`conform` does.

    Parameters
    ----------
    kinds
        Words of a choice that has none of its own.

    Raises
    ------
    ValueError
        If the column does not take it.
    """
    if column.content == "choice":
        return _choice_reader(column.choices or kinds)(cell)
    return _READERS[column.content](cell)


def _read_column(cells: list[Any], column: Column, place: _Place) -> Any:
    read = (
        _choice_reader(column.choices) if column.content == "choice" else _READERS[column.content]
    )
    values: list[Any] = []
    bad: list[int] = []
    for position, cell in enumerate(cells):
        try:
            value = read(cell)
        except (ValueError, OverflowError):
            bad.append(position)
            value = None
        values.append(value)
    if bad:
        _raise_bad_cells(cells, bad, column, place)
    if column.required and not column.may_be_blank:
        blank = [position for position, value in enumerate(values) if value is None]
        if blank:
            rows = place.rows[blank].tolist()
            raise BadValueError(
                "blank_cell", file=place.file, layer=place.layer, column=place.column, rows=rows
            )
    if column.content in {"number", "count"}:
        return np.asarray(values, dtype=np.float64)
    return pd.Series(values, dtype=object)


def _raise_bad_cells(cells: list[Any], bad: list[int], column: Column, place: _Place) -> None:
    found = Listed(dict.fromkeys(str(cells[position])[:40] for position in bad[:5]))
    where = {"file": place.file, "layer": place.layer, "column": place.column}
    rows = place.rows[bad].tolist()
    if column.content == "choice":
        allowed = Listed(
            f"{name}（{next(iter(words))}）" if words else name
            for name, words in column.choices.items()
        )
        kind = UnknownKindError if place.layer == "facilities" else BadValueError
        raise kind("unknown_word", **where, rows=rows, found=found, allowed=allowed)
    raise BadValueError(f"bad_{column.content}", **where, rows=rows, found=found)


def _refuse_duplicates(
    ids: pd.Series, rows: np.ndarray[Any, Any], file: str | None, layer: str, header: str
) -> None:
    repeated = ids.duplicated(keep=False).to_numpy()
    if repeated.any():
        found = Listed(sorted(set(ids[repeated]))[:5])
        raise DuplicateIdError(
            "duplicate_id",
            file=file,
            layer=layer,
            column=header,
            rows=rows[repeated].tolist(),
            found=found,
        )


def _checked_geometry(
    geometry: gpd.GeoSeries,
    contract: LayerContract,
    rows: np.ndarray[Any, Any],
    file: str | None,
    layer: str,
) -> gpd.GeoSeries:
    absent = (geometry.isna() | geometry.is_empty).to_numpy()
    if absent.any():
        raise GeometryError("geometry_empty", file=file, layer=layer, rows=rows[absent].tolist())
    wrong = ~geometry.geom_type.isin(list(contract.geometry)).to_numpy()
    if wrong.any():
        raise GeometryError(
            "geometry_type",
            file=file,
            layer=layer,
            rows=rows[wrong].tolist(),
            found=Listed(sorted(set(geometry.geom_type[wrong]))),
            allowed=Listed(contract.geometry),
        )
    # A line without length is "invalid" too; the road graph drops and counts those.
    finite = np.isfinite(geometry.bounds.to_numpy()).all(axis=1)
    lines = geometry.geom_type.isin(["LineString", "MultiLineString"]).to_numpy()
    invalid = ~geometry.is_valid.to_numpy() & ~(lines & finite)
    if invalid.any():
        raise GeometryError("geometry_invalid", file=file, layer=layer, rows=rows[invalid].tolist())
    return gpd.GeoSeries(geometry.to_numpy(), crs=geometry.crs)
