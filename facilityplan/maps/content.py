"""What a map shows of a city: its layers in degrees, packed, beside the columns popups need."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

from facilityplan import locale
from facilityplan.crs import to_lonlat
from facilityplan.layers import CANDIDATE_KINDS, LEVELS, City, points_of
from facilityplan.maps.packing import SCALE, Pen, outlines, points
from facilityplan.network import Network
from facilityplan.provision import reaching, select
from facilityplan.standards import Clause, Standards, kinds

ROAD_WEIGHTS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "major": ("motorway", "trunk", "primary", "快速路", "主干路", "主干道"),
        "middle": ("secondary", "tertiary", "次干路", "次干道"),
        "minor": (),
        "path": ("footway", "path", "pedestrian", "steps", "cycleway", "track", "人行道", "步行街"),
    }
)
"""How heavy a road is drawn, by the words of its class; a word not listed is ``minor``."""

BARRIER_LOOKS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "water": ("water", "river", "canal", "stream", "lake", "河流", "河", "水域", "湖泊", "渠"),
        "railway": ("railway", "rail", "铁路"),
        "other": (),
    }
)
"""How a barrier is drawn, by the words of its kind; a word not listed is ``other``."""


MANY: Final = 20_000
"""More residences than this are drawn to 1.1 m instead of 0.11 m, and named at their middle."""


def base(city: City) -> dict[str, Any]:
    """Return roads by weight, barriers by look, and zones."""
    return {
        "roads": _grouped(city, "roads", "class", ROAD_WEIGHTS, "minor"),
        "barriers": _grouped(city, "barriers", "kind", BARRIER_LOOKS, "other"),
        "zones": _zones(city),
    }


def _grouped(
    city: City, layer: str, column: str, words: Mapping[str, Sequence[str]], rest: str
) -> dict[str, Any]:
    """Return lines and areas of a layer by look, in the order of the looks."""
    if not city.has(layer):
        return {}
    frame = city.layer(layer)
    look_of = {word: look for look, known in words.items() for word in known}
    looks = [look_of.get(str(name).removesuffix("_link"), rest) for name in frame[column]]
    groups: dict[str, Any] = {}
    degrees = to_lonlat(frame.geometry.to_numpy(), city.crs)
    for look in words:
        own = [shape for shape, name in zip(degrees, looks, strict=True) if name == look]
        if own:
            groups[look] = _lines_and_areas(own)
    return groups


def _lines_and_areas(shapes: Sequence[Any]) -> dict[str, Any]:
    pen = Pen()
    linear = [shape for shape in shapes if shape.geom_type.endswith("LineString")]
    areal = [shape for shape in shapes if not shape.geom_type.endswith("LineString")]
    lines = [line for shape in linear for line in pen.lines(shape)]
    return {"lines": lines, "areas": [pen.polygons(shape) for shape in areal]}


def _zones(city: City) -> dict[str, Any]:
    if not city.has("zones"):
        return {"name": [], "level": [], "shape": [], "label": []}
    zones = city.zones
    pen = Pen()
    degrees = to_lonlat(zones.geometry.to_numpy(), city.crs)
    levels = list(LEVELS)
    return {
        "name": zones["name"].tolist(),
        "id": zones["id"].tolist(),
        "level": [levels.index(level) for level in zones["level"]],
        "shape": [pen.place(shape) for shape in degrees],
        "label": points(to_lonlat(shapely.points(points_of(zones.geometry)), city.crs)),
    }


def residences(city: City) -> dict[str, Any]:
    """Return residences: outline, inner point, name, households, elders."""
    if not city.has("residences"):
        columns = ("name", "id", "point", "households", "elders")
        return {**{name: [] for name in columns}, "outline": outlines(np.empty(0, dtype=object))}
    frame = city.residences
    many = len(frame) > MANY
    return {
        "name": _names(frame),
        "id": frame["id"].tolist(),
        "outline": outlines(to_lonlat(frame.geometry.to_numpy(), city.crs), 10 if many else 1),
        "point": []
        if many
        else points(to_lonlat(shapely.points(points_of(frame.geometry)), city.crs)),
        "households": _numbers(frame, "households"),
        "elders": _numbers(frame, "elders"),
    }


def facilities(city: City, lang: str) -> dict[str, Any]:
    """Return facilities: place, name, kind with its tier, status, beds, floor area."""
    if not city.has("facilities"):
        return {"name": [], "id": [], "point": [], "kind": [], "kinds": [], "status": []}
    frame = city.facilities
    known = list(kinds().values())
    number = {kind.id: row for row, kind in enumerate(known)}
    return {
        "name": _names(frame),
        "id": frame["id"].tolist(),
        "point": points(to_lonlat(shapely.points(points_of(frame.geometry)), city.crs)),
        "kind": [number.get(kind, -1) for kind in frame["kind"]],
        "kinds": [
            {"tier": kind.tier, "name": kind.zh if lang == "zh" else kind.en} for kind in known
        ],
        "status": frame["status"].tolist(),
        "beds": _numbers(frame, "beds"),
        "floorArea": _numbers(frame, "floor_area_m2"),
    }


def candidates(city: City, lang: str) -> dict[str, Any]:
    """Return the candidate sites given with the project."""
    if not city.has("candidates"):
        return {"name": [], "id": [], "point": [], "kind": []}
    frame = city.layer("candidates")
    return {
        "name": _names(frame),
        "id": frame["id"].tolist(),
        "point": points(to_lonlat(shapely.points(points_of(frame.geometry)), city.crs)),
        "kind": [candidate_kind(kind, lang) for kind in frame["kind"]],
        "floorArea": _numbers(frame, "max_floor_area_m2"),
    }


def candidate_kind(kind: str | None, lang: str) -> str:
    """Return what a candidate's kind is called; empty where it is not known."""
    return locale.text(f"map.candidate_kind.{kind}", lang) if kind in CANDIDATE_KINDS else ""


def service_areas(
    city: City, standards: Standards, network: Network | None, lang: str
) -> list[dict[str, Any]]:
    """Return for each service radius the facilities that count, and the streets within a walk.

    Clauses of one limit that count the same facilities share an entry. Without a network there
    are no streets.
    """
    if not city.has("facilities"):
        return []
    shared: dict[tuple[float, tuple[int, ...]], list[Clause]] = {}
    for clause in standards.clauses("service_radius"):
        if clause.is_numeric:
            chosen = select(
                city.facilities, clause.kinds, clause.statuses, clause.kinds_serving_community
            )
            rows = tuple(np.flatnonzero(reaching(city, chosen).counting).tolist())
            shared.setdefault((clause.limit, rows), []).append(clause)
    return [
        {
            "limit": limit,
            "facilities": list(rows),
            "ids": [clause.id for clause in clauses],
            "clauses": [
                f"{clause.id} {clause.title if lang == 'zh' else clause.title_en}"
                for clause in clauses
            ],
            "streets": None if network is None else _streets(city, network, rows, limit),
        }
        for (limit, rows), clauses in sorted(shared.items())
    ]


def _streets(city: City, network: Network, rows: Sequence[int], limit_m: float) -> list[list[int]]:
    xy = points_of(city.facilities.geometry)
    within = network.streets_within(xy[list(rows)], limit_m, max_snap_m=city.snap_limit_m)
    streets = shapely.line_merge(within)
    return Pen().lines(to_lonlat(np.asarray([streets], dtype=object), city.crs)[0])


def bounds(city: City) -> list[list[int]] | None:
    """Return the south-west and north-east corner of what the map is about, lat before lon.

    Roads and barriers may run far beyond the place; they count only where there is nothing else.
    ``None`` where the city has nothing to show.
    """
    layers = _about(city)
    boxes = [to_lonlat(city.layer(name).geometry, city.crs).total_bounds for name in layers]
    if not boxes:
        return None
    whole = np.asarray(boxes)
    west, south = np.rint(whole[:, :2].min(axis=0) * SCALE).astype(np.int64).tolist()
    east, north = np.rint(whole[:, 2:].max(axis=0) * SCALE).astype(np.int64).tolist()
    return [[south, west], [north, east]]


def extent(city: City) -> tuple[float, float, float, float]:
    """Return west, south, east and north of what the map is about, metres; it has something."""
    whole = np.asarray([city.layer(name).total_bounds for name in _about(city)])
    west, south = whole[:, :2].min(axis=0).tolist()
    east, north = whole[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _about(city: City) -> list[str]:
    about = ("zones", "residences", "facilities", "candidates")
    filled = sorted(name for name, frame in city.layers.items() if frame.geometry.notna().any())
    return [name for name in about if name in filled] or filled


def _names(frame: gpd.GeoDataFrame) -> list[str]:
    return [name or unit for name, unit in zip(frame["name"], frame["id"], strict=True)]


def _numbers(frame: gpd.GeoDataFrame, column: str) -> list[float | int | None]:
    return [number(value) for value in frame[column].to_numpy(dtype=float).tolist()]


def number(value: float | None) -> float | int | None:
    """Return a figure for JSON: whole numbers without decimals, nothing where it is not known."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(value)
