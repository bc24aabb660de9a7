"""Objects where they cannot be: out of the city, outside their zone, off every road."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

from facilityplan.doctor.parts import Part
from facilityplan.doctor.problems import Problem, Severity, found
from facilityplan.doctor.thresholds import threshold
from facilityplan.layers import points_of
from facilityplan.locale import Listed

PLACED: Final = ("residences", "facilities", "candidates", "entrances")
"""Layers of places in the city."""

WALKED_TO: Final = ("residences", "facilities")


def place_problems(
    part: Part, zones: gpd.GeoDataFrame | None, lines: Any, snap_limit_m: float
) -> list[Problem]:
    """Return objects of a part that lie where they cannot.

    Parameters
    ----------
    part
        Residences, facilities, candidates or entrances; of others nothing is said.
    zones
        Zones of the city with ``id``, metres in the project's system, ``None`` where unknown.
    lines
        Roads, (n,) geometries in metres; may be none.
    snap_limit_m
        Farther from every road there is no walking distance.
    """
    if part.layer not in PLACED:
        return []
    rows = [
        position
        for position, shape in enumerate(part.frame.geometry)
        if shape is not None and not shape.is_empty and shape.is_valid
    ]
    if not rows:
        return []
    shapes = part.frame.geometry.to_numpy()[rows]
    points = shapely.points(points_of(gpd.GeoSeries(shapes)))
    away = _out_of_city(points, zones, lines)
    problems = [
        found("out_of_city", Severity.ERROR, part, rows[n], distance_m=float(np.round(away[n])))
        for n in np.flatnonzero(away > 0.0).tolist()
    ]
    near = away <= 0.0
    problems += _outside_zone(part, rows, points, near, zones)
    if part.layer in WALKED_TO and len(lines):
        problems += _off_roads(part, rows, shapes, near, lines, snap_limit_m)
    return problems


def _out_of_city(points: Any, zones: gpd.GeoDataFrame | None, lines: Any) -> Any:
    """Return how far beyond the margin each point is, metres; 0 where it is in the city."""
    margin_m = threshold("city_margin_m").high
    if zones is not None and len(zones):
        city = shapely.union_all(zones.geometry.to_numpy())
    elif len(lines):
        city = shapely.box(*shapely.total_bounds(lines))
    else:
        return np.zeros(len(points))
    shapely.prepare(city)
    inside = shapely.covers(city, points)
    distance_m = np.zeros(len(points))
    distance_m[~inside] = shapely.distance(points[~inside], city)
    return np.where(distance_m > margin_m, distance_m, 0.0)


def _outside_zone(
    part: Part,
    rows: Sequence[int],
    points: Any,
    near: Any,
    zones: gpd.GeoDataFrame | None,
) -> list[Problem]:
    """Residences whose point is in another zone than they say, or in none."""
    if part.layer != "residences" or zones is None or not len(zones):
        return []
    shape_of = dict(zip(zones["id"], zones.geometry, strict=True))
    level_of = dict(zip(zones["id"], zones["level"], strict=True))
    problems: list[Problem] = []
    named = part.column("zone") or [None] * len(part.frame)
    for n in np.flatnonzero(near).tolist():
        own = named[rows[n]]
        shape = shape_of.get(own)
        if shape is not None and shapely.intersects(shape, points[n]):
            continue
        if own is None or shape is None:
            if not any(shapely.intersects(item, points[n]) for item in shape_of.values()):
                problems.append(found("in_no_zone", Severity.WARNING, part, rows[n]))
            continue
        there = sorted(
            name
            for name, item in shape_of.items()
            if level_of[name] == level_of[own] and shapely.intersects(item, points[n])
        )
        problems.append(
            found(
                "outside_its_zone",
                Severity.WARNING,
                part,
                rows[n],
                column="zone",
                value=own,
                zone=own,
                there=Listed(there) or "-",
                distance_m=float(np.round(shapely.distance(shape, points[n]), 1)),
            )
        )
    return problems


def _off_roads(
    part: Part, rows: Sequence[int], shapes: Any, near: Any, lines: Any, limit_m: float
) -> list[Problem]:
    tree = shapely.STRtree(lines)
    problems: list[Problem] = []
    for n in np.flatnonzero(near).tolist():
        at = tree.nearest(shapes[n])
        distance_m = float(shapely.distance(shapes[n], lines[at]))
        if distance_m > limit_m:
            problems.append(
                found(
                    "off_roads",
                    Severity.WARNING,
                    part,
                    rows[n],
                    distance_m=float(np.round(distance_m)),
                    limit_m=limit_m,
                )
            )
    return problems
