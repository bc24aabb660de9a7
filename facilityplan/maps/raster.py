"""A population grid for the map: classes of persons by cell, and where in the grid a place lies."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from facilityplan.crs import to_grid, to_lonlat
from facilityplan.io.raster import PopulationGrid
from facilityplan.layers import City
from facilityplan.maps.content import extent
from facilityplan.maps.projection import fit

Floats = npt.NDArray[np.float64]

MOST_CELLS: Final = 1_500_000
"""A grid of more cells is drawn in blocks of cells, whose persons are summed."""

CLASSES: Final = 7
"""Classes at most; the last is open above."""

_ROUND: Final = (1.0, 2.0, 5.0)
_SIDE: Final = 24
_MARGIN: Final = 0.05
_METRES_PER_DEGREE: Final = 111_320.0


def raster_content(city: City, grid: PopulationGrid) -> dict[str, Any] | None:
    """Return what the page draws a population grid from; ``None`` where it lies elsewhere.

    Parameters
    ----------
    city
        What the map is about; cells farther off are left out.
    grid
        Persons by cell.

    Returns
    -------
    dict
        ``classes`` row by row from the north-west (0: nobody, or no data), ``columns`` and
        ``rows``, the upper ``bounds`` of the classes but the last in persons per cell, ``most``
        persons of any cell, ``block`` cells of the file to a side, about how wide and high a
        ``cell`` is in metres, ``toCell`` the polynomials from degrees to columns and rows.
    """
    degrees, places = _mesh(city, grid)
    top, bottom, left, right = _window(grid, places)
    if top >= bottom or left >= right:
        return None
    persons = grid.persons[top:bottom, left:right]
    block = max(1, math.ceil(math.sqrt(persons.size / MOST_CELLS)))
    persons = _summed(persons, block)
    west, north = grid.west + left * grid.cell_width, grid.north - top * grid.cell_height
    width, height = grid.cell_width * block, grid.cell_height * block
    cells = np.column_stack([(places[:, 0] - west) / width, (north - places[:, 1]) / height])
    bounds = class_bounds(persons)
    shown = np.nan_to_num(persons, nan=0.0)
    classes = np.where(shown > 0, np.searchsorted(bounds, shown, side="left") + 1, 0)
    return {
        "classes": classes.ravel(),
        "columns": persons.shape[1],
        "rows": persons.shape[0],
        "bounds": bounds,
        "most": float(shown.max(initial=0.0)),
        "block": block,
        "cell": _cell_metres(grid, float(places[:, 1].mean()), width, height),
        "file": grid.file,
        "toCell": fit(degrees, cells),
    }


def _mesh(city: City, grid: PopulationGrid) -> tuple[Floats, Floats]:
    """Return places about the city in degrees and in the unit of the grid's system."""
    west, south, east, north = extent(city)
    pad = max(east - west, north - south, 1000.0) * _MARGIN
    x, y = np.meshgrid(
        np.linspace(west - pad, east + pad, _SIDE), np.linspace(south - pad, north + pad, _SIDE)
    )
    spots = shapely.points(np.column_stack([x.ravel(), y.ravel()]))
    degrees = shapely.get_coordinates(to_lonlat(spots, city.crs))
    return degrees, shapely.get_coordinates(to_grid(spots, city.crs, grid.crs))


def class_bounds(persons: Floats) -> list[float]:
    """Return the upper bounds of all classes but the last: 1, 2, 5, 10, 20 … below the most."""
    most = float(np.nanmax(persons, initial=0.0))
    if most <= 0:
        return []
    decade = math.floor(math.log10(most))
    steps = [
        float(f"{step * 10.0**power:.6g}")
        for power in range(decade - CLASSES, decade + 1)
        for step in _ROUND
    ]
    return [step for step in steps if step < most][-(CLASSES - 1) :]


def _window(grid: PopulationGrid, places: Floats) -> tuple[int, int, int, int]:
    """Return the first and the last row and column (these excluded) about some places."""
    rows, columns = grid.persons.shape
    across = (places[:, 0] - grid.west) / grid.cell_width
    down = (grid.north - places[:, 1]) / grid.cell_height
    return (
        max(math.floor(down.min()) - 1, 0),
        min(math.ceil(down.max()) + 1, rows),
        max(math.floor(across.min()) - 1, 0),
        min(math.ceil(across.max()) + 1, columns),
    )


def _summed(persons: Floats, block: int) -> Floats:
    """Return the persons of blocks of cells; one without any data stays without."""
    if block == 1:
        return persons
    rows, columns = (math.ceil(side / block) * block for side in persons.shape)
    padded = np.full((rows, columns), np.nan)
    padded[: persons.shape[0], : persons.shape[1]] = persons
    parts = padded.reshape(rows // block, block, columns // block, block)
    known = ~np.isnan(parts)
    sums = np.where(known, parts, 0.0).sum(axis=(1, 3))
    return np.where(known.any(axis=(1, 3)), sums, np.nan)


def _cell_metres(grid: PopulationGrid, middle: float, width: float, height: float) -> list[float]:
    """Return about how wide and high a cell is, metres; in degrees at that latitude."""
    if not grid.crs.is_geographic:
        return [round(width, 1), round(height, 1)]
    wide = width * _METRES_PER_DEGREE * math.cos(math.radians(middle))
    return [round(wide, 1), round(height * _METRES_PER_DEGREE, 1)]
