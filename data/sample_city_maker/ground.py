"""The lie of the land: outline, river, railway, motorway, and where the planted cases stand.

Coordinates are metres in EPSG:4547; ``CENTRE`` is the middle of the city. Everything that chance
decides draws from :func:`generator`, one stream a topic, so that a change to one part of the city
leaves the others where they were.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Polygon = Any
Line = Any

CRS: Final = "EPSG:4547"
CENTRE: Final = (492_000.0, 3_842_000.0)
SEED: Final = 20_260_101
TOPICS: Final = (
    "streets",
    "thinning",
    "paths",
    "quarters",
    "villages",
    "lanes",
    "links",
    "zones",
    "cells",
    "blocks",
    "edge_plots",
    "choice",
    "people",
    "estates",
    "village_people",
    "elders",
    "zone_figures",
    "names",
    "estate_names",
    "community_names",
    "village_names",
    "road_names",
    "facilities",
    "facility_names",
    "beds",
    "candidates",
    "candidate_figures",
    "parcels",
    "housing",
    "ledgers",
    "approvals",
)

FRINGE: Final = MappingProxyType(
    {
        # planted groups, each far from every facility that counts but its own
        "500m": (7000.0, 3600.0),
        "500m_1mm": (6600.0, -3600.0),
        "800m": (-7000.0, 3400.0),
        "across_river": (6900.0, 0.0),
        "unknown_kind": (-6700.0, -1600.0),
        "institution": (1200.0, 7000.0),
        "no_candidate": (-2200.0, -7000.0),
        # ordinary new quarters at the edge of the town
        "edge_1": (-3200.0, 6600.0),
        "edge_2": (4600.0, 6000.0),
        "edge_3": (2200.0, -6800.0),
        "edge_4": (5200.0, -5600.0),
        "edge_5": (-5600.0, -4900.0),
        "edge_6": (-5600.0, 5600.0),
        "edge_7": (-6900.0, 1000.0),
    }
)
"""Quarters outside the core, as offsets from the centre; each becomes a community."""

PLANTED_VILLAGES: Final = MappingProxyType(
    {"1000m": (11_000.0, 4500.0), "1000m_1mm": (-10_500.0, -8000.0), "800m": (-8600.0, 3400.0)}
)
"""Village settlements with a planted distance, as offsets from the centre."""


def generator(topic: str) -> np.random.Generator:
    """Return the stream of chance of that topic."""
    return np.random.Generator(np.random.PCG64([SEED, TOPICS.index(topic)]))


def place(offset: tuple[float, float]) -> tuple[float, float]:
    """Return map coordinates of an offset from the centre."""
    return CENTRE[0] + offset[0], CENTRE[1] + offset[1]


def on_grid(xy: Any) -> Floats:
    """Return coordinates on whole millimetres."""
    return np.asarray(np.round(np.asarray(xy, dtype=np.float64), 3), dtype=np.float64)


def river_y(x: Any) -> Floats:
    """Return the northing of the river's centre line."""
    t = (np.asarray(x, dtype=np.float64) - CENTRE[0]) / 1000.0
    bends = 420.0 * np.sin(t / 2.6 + 0.8) + 160.0 * np.sin(t / 1.1)
    return np.asarray(CENTRE[1] + 300.0 + 70.0 * t + bends, dtype=np.float64)


def river_half_width(x: Any) -> Floats:
    """Return half the river's width, measured northwards."""
    t = (np.asarray(x, dtype=np.float64) - CENTRE[0]) / 1000.0
    return np.asarray(95.0 + 18.0 * np.sin(t / 1.7), dtype=np.float64)


def is_north(x: Any, y: Any) -> npt.NDArray[np.bool_]:
    """Return which places lie north of the river's centre line."""
    return np.asarray(np.asarray(y) > river_y(x))


def river() -> Polygon:
    """Return the river as a band from edge to edge of the map."""
    x = np.arange(475_500.0, 508_501.0, 100.0)
    half = river_half_width(x)
    north = np.column_stack([x, river_y(x) + half])
    south = np.column_stack([x, river_y(x) - half])[::-1]
    return shapely.polygons(on_grid(np.concatenate([north, south])))


def railway() -> Line:
    """Return the railway, south of the river."""
    x = np.arange(475_500.0, 508_501.0, 150.0)
    t = (x - CENTRE[0]) / 1000.0
    y = CENTRE[1] - 2500.0 + 90.0 * t + 700.0 * np.sin(t / 6.0 + 1.0)
    return shapely.linestrings(on_grid(np.column_stack([x, y])))


def motorway() -> Line:
    """Return the motorway, north of the town; no other road joins it."""
    x = np.arange(479_500.0, 504_501.0, 500.0)
    t = (x - CENTRE[0]) / 1000.0
    y = CENTRE[1] + 8700.0 - 14.0 * t**2 + 120.0 * np.sin(t / 1.9)
    return shapely.linestrings(on_grid(np.column_stack([x, y])))


def outline() -> Polygon:
    """Return the boundary of the city, about 30 by 24 km."""
    angle = np.linspace(0.0, 2.0 * np.pi, 241)[:-1]
    cosine, sine = np.cos(angle), np.sin(angle)
    radius = (np.abs(cosine / 14_600.0) ** 2.6 + np.abs(sine / 11_700.0) ** 2.6) ** (-1 / 2.6)
    waves = (
        0.020 * np.sin(7 * angle + 1.0) + 0.012 * np.sin(17 * angle) + 0.006 * np.sin(43 * angle)
    )
    radius = radius * (1.0 + waves)
    ring = np.column_stack([CENTRE[0] + radius * cosine, CENTRE[1] + radius * sine])
    return shapely.polygons(on_grid(ring))


def rectangle(x: float, y: float, width: float, height: float) -> Polygon:
    """Return the axis-aligned rectangle round a point."""
    return shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def across_river() -> tuple[tuple[float, float], tuple[float, float]]:
    """Return an estate's place north of the river and a facility's south of it.

    The estate is 100 m by 70 m and stays clear of the water.
    """
    x = CENTRE[0] + FRINGE["across_river"][0]
    along = np.arange(x - 60.0, x + 61.0, 10.0)
    north = float(np.ceil((river_y(along) + river_half_width(along)).max())) + 35.0 + 12.0
    south = float(np.floor((river_y(x) - river_half_width(x)).min())) - 16.0
    return (x, north), (x, south)
