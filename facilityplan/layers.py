"""The layers that describe a city, the contract each keeps, and the city they make.

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
from dataclasses import dataclass, field
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
from facilityplan.units import parse_number

_YES: Final = frozenset({"true", "yes", "y", "1", "1.0", "是", "有"})
_NO: Final = frozenset({"false", "no", "n", "0", "0.0", "否", "无"})
_LIST_SEPARATORS: Final = re.compile(r"[;；、,，\s]+")


@dataclass(frozen=True)
class Column:
    """The contract of one column.

    ``content`` is one of ``id``, ``text``, ``number`` (>= 0), ``count`` (whole, >= 0), ``flag``,
    ``date``, ``ids`` (several ids in a cell), ``choice``. ``choices`` gives the canonical words and
    what people write for them; a column without choices whose content is ``choice`` takes them
    from the caller (kinds of facility are data of the standards). A required column must be there;
    its cells must be filled too unless ``may_be_blank``.
    """

    content: str
    required: bool = False
    may_be_blank: bool = False
    choices: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class LayerContract:
    """Canonical columns of a layer and the geometry types it takes (none: a plain table)."""

    columns: Mapping[str, Column]
    geometry: Collection[str] = ()


_AREAS: Final = ("Polygon", "MultiPolygon")
_AREAS_OR_POINTS: Final = (*_AREAS, "Point")
_LINES: Final = ("LineString", "MultiLineString")

_ID: Final = Column("id", required=True)
_TEXT: Final = Column("text")
_NUMBER: Final = Column("number")
_COUNT: Final = Column("count")
_FLAG: Final = Column("flag")
_DATE: Final = Column("date")

SETTINGS: Final = MappingProxyType(
    {"urban": ("城市", "城镇", "城区"), "rural": ("农村", "乡村", "村庄")}
)
LEVELS: Final = MappingProxyType(
    {
        "city": ("市", "地级市"),
        "county": ("县", "区", "县级市", "县（市、区）"),
        "town": ("街道", "镇", "乡", "乡镇", "街道（乡镇）"),
        "community": ("社区", "城市社区"),
        "village": ("村", "行政村"),
    }
)
RESIDENCE_STATUSES: Final = MappingProxyType(
    {"existing": ("已建", "已建成", "建成", "现状"), "new": ("新建", "在建", "规划")}
)
FACILITY_STATUSES: Final = MappingProxyType(
    {
        "operating": ("运营", "运营中", "在营", "正常运营"),
        "planned": ("规划", "在建", "拟建"),
        "closed": ("停业", "关闭", "注销"),
    }
)
OPERATORS: Final = MappingProxyType(
    {
        "public": ("公办", "公办公营"),
        "private": ("民办", "社会办"),
        "public_built_private_run": ("公建民营",),
    }
)
CANDIDATE_KINDS: Final = MappingProxyType(
    {
        "idle_premises": ("闲置用房", "闲置公房"),
        "vacant_land": ("空地", "闲置用地"),
        "village_office": ("村部", "村委会", "校舍"),
        "planned_plot": ("规划地块", "规划用地"),
        "generated": ("生成",),
    }
)

LAYERS: Final[Mapping[str, LayerContract]] = MappingProxyType(
    {
        "zones": LayerContract(
            {
                "id": _ID,
                "name": Column("text", required=True),
                "level": Column("choice", required=True, choices=LEVELS),
                "code": _TEXT,
                "parent": Column("text"),
                "setting": Column("choice", choices=SETTINGS),
                "population": _COUNT,
                "households": _COUNT,
                "elders_60": _COUNT,
                "elders_65": _COUNT,
                "elders_80": _COUNT,
                "registered_population": _COUNT,
                "registered_elders_60": _COUNT,
                "supported_persons": _COUNT,
            },
            _AREAS,
        ),
        "residences": LayerContract(
            {
                "id": _ID,
                "name": _TEXT,
                "zone": _TEXT,
                "setting": Column("choice", choices=SETTINGS),
                "status": Column("choice", choices=RESIDENCE_STATUSES),
                "households": _COUNT,
                "population": _COUNT,
                "elders": _COUNT,
                "approved": _DATE,
                "completed": _DATE,
                "phase": _TEXT,
            },
            _AREAS_OR_POINTS,
        ),
        "facilities": LayerContract(
            {
                "id": _ID,
                "kind": Column("choice", required=True, may_be_blank=True),
                "name": _TEXT,
                "status": Column("choice", choices=FACILITY_STATUSES),
                "owner": _TEXT,
                "operator": Column("choice", choices=OPERATORS),
                "nonprofit": _FLAG,
                "serves": Column("ids"),
                "serves_community": _FLAG,
                "floor_area_m2": _NUMBER,
                "land_area_m2": _NUMBER,
                "beds": _COUNT,
                "nursing_beds": _COUNT,
                "beds_added": _COUNT,
                "beds_added_year": _COUNT,
                "residents": _COUNT,
                "rating": _TEXT,
                "investment": _NUMBER,
                "medical_care": _FLAG,
                "opened": _DATE,
            },
            _AREAS_OR_POINTS,
        ),
        "parcels": LayerContract(
            {"id": _ID, "use": Column("text", required=True), "name": _TEXT, "area_m2": _NUMBER},
            _AREAS,
        ),
        "candidates": LayerContract(
            {
                "id": _ID,
                "name": _TEXT,
                "kind": Column("choice", choices=CANDIDATE_KINDS),
                "max_floor_area_m2": _NUMBER,
                "cost": _NUMBER,
                "available_from": _COUNT,
            },
            _AREAS_OR_POINTS,
        ),
        "roads": LayerContract(
            {
                "name": _TEXT,
                "class": _TEXT,
                "walkable": _FLAG,
                "bridge": _FLAG,
                "tunnel": _FLAG,
                "oneway": _TEXT,
            },
            _LINES,
        ),
        "barriers": LayerContract({"name": _TEXT, "kind": _TEXT}, (*_LINES, *_AREAS)),
        "entrances": LayerContract({"residence": Column("id", required=True)}, ("Point",)),
    }
)


@dataclass(frozen=True)
class Origin:
    """Where the cells of a column were read: the file, and the row number of each, (n,)."""

    file: str | None
    rows: np.ndarray[Any, Any]


@dataclass(frozen=True)
class City:
    """All layers of one place, in one projected coordinate system, and how to read them.

    Parameters
    ----------
    name
        What reports call the place.
    crs
        Projected coordinate system of every frame, in metres.
    as_of
        The judging date; nothing here ever asks for today's.
    layers
        Conformed frames by layer name. A layer that the project does not have is not a key.
    facilities_complete
        Whether the facilities layer may be taken as complete: a residence without premises then
        has 0 square metres; otherwise there is insufficient data.
    positional_accuracy_m
        Accuracy of the coordinates; a margin smaller than this is flagged fragile.
    sources
        File behind each layer, for the evidence.
    named_areas
        Zone ids by the name of an area that a clause speaks of (``central_city``).
    readings
        Readings chosen against the default, ``{"ZZ04b": {"floor_200": "procured_only"}}``.
    snap_limit_m
        A point farther from every road is off the network.
    """

    name: str
    crs: str
    as_of: dt.date
    layers: Mapping[str, gpd.GeoDataFrame]
    horizon: int | None = None
    facilities_complete: bool = True
    positional_accuracy_m: float = 1.0
    sources: Mapping[str, str] = field(default_factory=dict)
    named_areas: Mapping[str, Collection[str]] = field(default_factory=dict)
    readings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    snap_limit_m: float = 500.0

    def has(self, layer: str) -> bool:
        """Return whether the project has that layer."""
        return layer in self.layers

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer's frame.

        Raises
        ------
        MissingLayerError
            If the project does not have it.
        """
        if name not in self.layers:
            raise MissingLayerError("layer_not_in_project", layer=name)
        return self.layers[name]

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """Zones, one row each."""
        return self.layer("zones")

    @property
    def residences(self) -> gpd.GeoDataFrame:
        """Residences (estates and village settlements), one row each."""
        return self.layer("residences")

    @property
    def facilities(self) -> gpd.GeoDataFrame:
        """Facilities, one row each."""
        return self.layer("facilities")


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
    if contract.columns.get("id") is _ID:
        _refuse_duplicates(columns["id"], numbers, file, layer, shown.get("id", "id"))
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
    return None if plain is None else dt.date.fromisoformat(plain.replace("/", "-")[:10])


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
    found = "、".join(dict.fromkeys(str(cells[position])[:40] for position in bad[:5]))
    where = {"file": place.file, "layer": place.layer, "column": place.column}
    rows = place.rows[bad].tolist()
    if column.content == "choice":
        allowed = "、".join(
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
        found = "、".join(sorted(set(ids[repeated]))[:5])
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
            found="、".join(sorted(set(geometry.geom_type[wrong]))),
            allowed="、".join(contract.geometry),
        )
    invalid = ~geometry.is_valid.to_numpy()
    if invalid.any():
        raise GeometryError("geometry_invalid", file=file, layer=layer, rows=rows[invalid].tolist())
    return gpd.GeoSeries(geometry.to_numpy(), crs=geometry.crs)
