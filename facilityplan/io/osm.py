"""OpenStreetMap extracts in: buildings, land use and facilities as areas, and roads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import osmium
import shapely

from facilityplan.errors import SourceLimitError, UnreadableSourceError, UsageError
from facilityplan.io.guard import guarded
from facilityplan.io.limits import check_xml
from facilityplan.io.source import Vector, local_file, read_bytes, read_start

ROAD_KEYS: Final = ("highway", "name", "bridge", "tunnel", "oneway", "foot", "access", "sidewalk")
"""Tags of a road that are kept; ``highway`` becomes ``class``."""

SIDES: Final = ("both", "left", "right")
"""Sides of a road for which ``sidewalk:`` has a tag of its own; they become one ``sidewalk``."""

_SIDE_KEYS: Final = tuple(f"sidewalk:{side}" for side in SIDES)

Tags = Mapping[str, Sequence[str] | bool]
_PBF_HEADER: Final = b"OSMHeader"


def _extract(path: str | Path) -> tuple[Path, Any]:
    place = local_file(path)
    start = read_start(place)
    if _PBF_HEADER in start[4:32]:
        return place, osmium.io.File(str(place), "pbf")
    if b"<osm" in start and b"<!DOCTYPE" not in start.upper():
        return place, osmium.io.File(str(place), "osm")
    raise SourceLimitError("osm_not_pbf", file=place.name)


@contextlib.contextmanager
def _osmium_errors(file: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, OSError) as error:
        raise UnreadableSourceError("source_unreadable", file=file, reason=error) from error


def _wanted(tags: Any, asked: Tags) -> bool:
    """Tell whether an object carries one of the tags asked for."""
    for key, values in asked.items():
        value = tags.get(key)
        if value is not None and (values is True or (values and value in values)):
            return True
    return False


def _vector(
    columns: dict[str, list[Any]],
    shapes: list[Any],
    file: str,
    skipped: list[str],
    crs: Any = "EPSG:4326",
) -> Vector:
    frame = gpd.GeoDataFrame(columns, geometry=np.array(shapes, dtype=object), crs=crs)
    rows = np.arange(1, len(frame) + 1, dtype=np.int64)
    return Vector(frame=frame, rows=rows, file=file, encoding="utf-8", skipped=tuple(skipped))


def _places(source: Any, asked: Tags, *, nodes: bool) -> Iterator[tuple[str, Any, Any]]:
    """Give id, tags and geometry of areas, and of nodes where asked; geometry may be ``None``.

    Ways and relations are only taken as the areas that they make, so nothing is there twice.
    """
    factory = osmium.geom.WKBFactory()
    keys = osmium.filter.KeyFilter(*asked)
    things: Any = osmium.FileProcessor(source).with_areas(keys).with_filter(keys)
    for thing in things:
        if thing.is_area():
            if not _wanted(thing.tags, asked):
                continue
            # Area ids are made of the id twice over, odd for relations.
            kind = "way" if thing.id % 2 == 0 else "relation"
            try:
                shape = shapely.from_wkb(bytes.fromhex(factory.create_multipolygon(thing)))
            except RuntimeError:
                shape = None
            yield f"{kind}/{thing.orig_id()}", dict(thing.tags), shape
        elif thing.is_way() and thing.is_closed() and _wanted(thing.tags, asked):
            if not all(node.location.valid() for node in thing.nodes):
                # Cut by the extract's edge: no area comes of it, so it is said.
                yield f"way/{thing.id}", dict(thing.tags), None
        elif nodes and thing.is_node() and _wanted(thing.tags, asked):
            point = shapely.Point(thing.lon, thing.lat) if thing.location.valid() else None
            yield f"node/{thing.id}", dict(thing.tags), point


def _roads(source: Any) -> Iterator[tuple[str, Any, Any]]:
    """Give id, tags and each unbroken run of a road; a road cut by the extract's edge has gaps."""
    keys = osmium.filter.KeyFilter("highway")
    ways: Any = osmium.FileProcessor(source).with_locations().with_filter(keys)
    for way in ways:
        if not way.is_way():
            continue
        name, tags = f"way/{way.id}", dict(way.tags)
        runs: list[list[tuple[float, float]]] = [[]]
        whole = True
        for node in way.nodes:
            if node.location.valid():
                runs[-1].append((node.lon, node.lat))
            else:
                whole = False
                runs.append([])
        for run in runs:
            if len(set(run)) > 1:
                yield name, tags, shapely.LineString(run)
        if not whole:
            yield name, tags, None


@guarded
def read_osm(
    path: str | Path,
    *,
    layer: Literal["areas", "features", "roads"],
    tags: Tags | None = None,
) -> Vector:
    """Read one layer of an OpenStreetMap extract.

    Parameters
    ----------
    path
        A PBF or XML file on this machine.
    layer
        ``areas``: closed ways and multipolygons; ``features``: these and nodes; ``roads``: ways
        with ``highway``.
    tags
        What to take of areas and features: per key the values, or ``True`` for any. One key that
        fits is enough. Not for roads, of which all are taken.

    Returns
    -------
    Vector
        In EPSG:4326, with ``osm_id`` (``way/123``, ``relation/45``, ``node/6``), ``name`` and the
        keys asked for; roads have ``class``, ``bridge`` and ``tunnel`` (``yes``, ``no`` or nothing;
        a viaduct is a bridge), ``oneway``, ``foot``, ``access`` and ``sidewalk`` (the sides of
        ``sidewalk:left`` and the like are words of it), and one row per unbroken run. ``skipped``
        has the ids whose geometry is not whole in the extract.

    Raises
    ------
    UnreadableSourceError
        If there is no such file or it is damaged.
    SourceLimitError
        If it is neither PBF nor XML of OpenStreetMap.
    UsageError
        If tags are missing, or given for roads.
    """
    if (layer == "roads") == bool(tags):
        raise UsageError("osm_tags", wanted=layer)
    place, source = _extract(path)
    road_keys = (*ROAD_KEYS, *_SIDE_KEYS)
    asked = {key: ["yes"] for key in road_keys} if layer == "roads" else dict(tags or {})
    keys = [key for key in asked if key != "name"]
    columns: dict[str, list[Any]] = {"osm_id": [], "name": [], **{key: [] for key in keys}}
    shapes: list[Any] = []
    skipped: list[str] = []
    with _osmium_errors(place.name):
        found = (
            _roads(source)
            if layer == "roads"
            else _places(source, asked, nodes=layer == "features")
        )
        for osm_id, held, shape in found:
            if shape is None:
                skipped.append(osm_id)
                continue
            columns["osm_id"].append(osm_id)
            for key in ("name", *keys):
                columns[key].append(held.get(key))
            shapes.append(shape)
    if layer == "roads":
        _as_roads(columns)
    return _vector(columns, shapes, place.name, skipped)


def _as_roads(columns: dict[str, list[Any]]) -> None:
    """Give roads a ``class``, and bridges and tunnels a plain yes whatever kind they are."""
    columns["class"] = columns.pop("highway")
    for key in ("bridge", "tunnel"):
        columns[key] = [value if value in {None, "no"} else "yes" for value in columns[key]]
    of_sides = zip(*(columns.pop(key) for key in _SIDE_KEYS), strict=True)
    columns["sidewalk"] = [
        _sidewalk(whole, sides) for whole, sides in zip(columns["sidewalk"], of_sides, strict=True)
    ]


def _sidewalk(whole: str | None, sides: Sequence[str | None]) -> str | None:
    """Return what is said of the footways of a road, ``sidewalk:left=yes`` as ``left``.

    Words that differ are set apart by semicolons, as OpenStreetMap does.
    """
    said = [] if whole is None else [whole]
    said += [
        side if word == "yes" else word
        for side, word in zip(SIDES, sides, strict=True)
        if word is not None
    ]
    return ";".join(dict.fromkeys(said)) or None


@contextlib.contextmanager
def way_tags(settings: Any) -> Iterator[None]:
    """Let osmnx keep the tags that we need, and put its settings back."""
    before = settings.useful_tags_way
    settings.useful_tags_way = [*ROAD_KEYS, *_SIDE_KEYS]
    try:
        yield
    finally:
        settings.useful_tags_way = before


@guarded
def read_osm_xml_roads(path: str | Path) -> Vector:
    """Read the roads of an OpenStreetMap XML file, each piece between two nodes by itself.

    Parameters
    ----------
    path
        An ``.osm`` file on this machine.

    Returns
    -------
    Vector
        In EPSG:4326, columns as of ``read_osm(..., layer="roads")``; a piece that may be driven
        both ways stands twice.

    Raises
    ------
    UnreadableSourceError
        If there is no such file, it is damaged, or holds no roads.
    SourceLimitError
        If it is no OpenStreetMap XML.
    """
    place = local_file(path)
    start = read_start(place)
    if b"<osm" not in start or b"<!DOCTYPE" in start.upper():
        raise SourceLimitError("osm_not_xml", file=place.name)
    check_xml(read_bytes(place), place.name)
    import osmnx  # noqa: PLC0415  heavy, and only this function needs it

    try:
        with way_tags(osmnx.settings):
            graph = osmnx.graph_from_xml(place, simplify=False, retain_all=True)
        edges = osmnx.graph_to_gdfs(graph, nodes=False)
    except (ValueError, KeyError, OSError, SyntaxError) as error:
        raise UnreadableSourceError("source_unreadable", file=place.name, reason=error) from error
    if "highway" not in edges.columns:
        raise UnreadableSourceError("osm_without_roads", file=place.name)
    return roads_from_edges(edges, place.name)


def roads_from_edges(edges: gpd.GeoDataFrame, file: str) -> Vector:
    """Return the roads among a graph's edges, as osmnx gives them.

    Parameters
    ----------
    edges
        Edges with ``osmid`` and ``highway``; several values of one edge are a list.
    file
        Name of the file they are from.
    """
    # osmnx makes edges of every way that the file holds, houses and fields too.
    edges = edges[edges["highway"].notna()]
    columns: dict[str, list[Any]] = {
        "osm_id": [
            ";".join(f"way/{number}" for number in _several(osmid)) for osmid in edges["osmid"]
        ]
    }
    for key in (*ROAD_KEYS, *_SIDE_KEYS):
        kept = edges[key] if key in edges.columns else [None] * len(edges)
        columns[key] = [_tag(value) for value in kept]
    _as_roads(columns)
    return _vector(columns, list(edges.geometry), file, [], crs=edges.crs)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _tag(value: Any) -> str | None:
    """Return a tag as OpenStreetMap writes it; osmnx makes truth values and NaN of some.

    Several, of ways that osmnx joined, are set apart by semicolons.
    """
    if isinstance(value, list):
        words = [word for one in value if (word := _tag(one)) is not None]
        return ";".join(dict.fromkeys(words)) or None
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    return value if isinstance(value, str) else None
