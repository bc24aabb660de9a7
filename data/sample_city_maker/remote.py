"""An estate three kilometres from every road, on a spur of land beyond the villages' lanes.

It is joined on when all else is made, so that nothing else in the city hangs on it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import shapely

from sample_city_maker import ground
from sample_city_maker.people import TELLING_NAMES, Home
from sample_city_maker.streets import Road
from sample_city_maker.tiling import Cell

CASE: Final = "far_from_roads"
OFFSET: Final = (-13_740.0, -6600.0)
SPUR_M: Final = 480.0
LEAST_M: Final = 3000.0
CLEAR_M: Final = 30.0
HOUSEHOLDS: Final = 180


def with_spur(cells: list[Cell]) -> tuple[list[Cell], int]:
    """Return the cells, one of them with the land round the estate, and which one that is."""
    spot = shapely.points(ground.place(OFFSET))
    land = shapely.buffer(spot, SPUR_M)
    at = int(shapely.distance([cell.geometry for cell in cells], spot).argmin())
    # the spur touches its own cell alone, so that all borders between cells stay as they are
    others = [cell.geometry for number, cell in enumerate(cells) if number != at]
    free = shapely.difference(land, shapely.buffer(shapely.union_all(others), CLEAR_M))
    grown = shapely.union(cells[at].geometry, free, grid_size=0.001)
    if grown.geom_type != "Polygon":
        raise ValueError("the spur does not join the village's land")
    whole = list(cells)
    whole[at] = replace(cells[at], geometry=grown)
    return whole, at


def make_estate(number: int, cell: int, roads: list[Road]) -> Home:
    """Return the estate: planned, so that nobody lives there yet.

    Raises
    ------
    ValueError
        If a road comes nearer than three kilometres.
    """
    shape = ground.rectangle(*ground.place(OFFSET), 120.0, 90.0)
    if min(shape.distance(road.geometry) for road in roads) < LEAST_M:
        raise ValueError("a road is nearer than three kilometres")
    return Home(
        id=f"E{number:04d}",
        name=TELLING_NAMES[CASE],
        geometry=shape,
        cell=cell,
        is_village=False,
        is_new=True,
        households=HOUSEHOLDS,
        population=0,
        elders=0,
        completed=None,
        planted=CASE,
    )
