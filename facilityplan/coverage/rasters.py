"""Persons of a grid inside of shapes, each cell by the exact share of it that lies inside.

exactextract says which cells a shape touches and how much of each it covers, in single precision;
the cells that its edge passes through are measured again in double precision, so that the parts of
a partition add up to the whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from facilityplan.crs import to_grid
from facilityplan.io.raster import PopulationGrid

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SINGLE_PRECISION: Final = 1e-6
"""How far two measures of one share of a cell may be apart before the slower one decides."""


@dataclass(frozen=True)
class CellShares:
    """The cells that a shape covers: their positions in the flattened grid and the share of each."""

    cell: Integers
    share: Floats


def persons_in(grid: PopulationGrid, shapes: Iterable[Any], project_crs: object) -> Floats:
    """Return the persons inside each shape, (k,); cells without data hold nobody.

    Parameters
    ----------
    grid
        Persons by cell.
    shapes
        Polygons in ``project_crs``, metres; they go to the grid's system, never the grid to theirs.

    Raises
    ------
    CrsError
        If there is no way from the project's system to the grid's.
    """
    persons = np.nan_to_num(grid.persons, nan=0.0).ravel()
    found = [
        cell_shares(grid, shape)
        for shape in to_grid(np.asarray(list(shapes)), project_crs, grid.crs)
    ]
    return np.asarray(
        [math.fsum((persons[item.cell] * item.share).tolist()) for item in found], dtype=np.float64
    )


def persons_outside(grid: PopulationGrid, shape: Any, project_crs: object) -> float:
    """Return the persons of a grid outside of a shape, measured there and not by subtraction."""
    rows, columns = grid.persons.shape
    whole = shapely.box(
        grid.west,
        grid.north - rows * grid.cell_height,
        grid.west + columns * grid.cell_width,
        grid.north,
    )
    (inside,) = to_grid(np.asarray([shape], dtype=object), project_crs, grid.crs)
    rest = cell_shares(grid, shapely.difference(whole, inside))
    persons = np.nan_to_num(grid.persons, nan=0.0).ravel()
    return math.fsum((persons[rest.cell] * rest.share).tolist())


def total_persons(grid: PopulationGrid) -> float:
    """Return all persons of a grid."""
    return float(np.nansum(grid.persons))


def cell_shares(grid: PopulationGrid, shape: Any) -> CellShares:
    """Return the cells of a grid that a shape covers, with the share of each inside of it.

    Parameters
    ----------
    shape
        Polygon or MultiPolygon in the grid's own system; anything without area covers nothing.
    """
    cell, share = _extracted(grid, shape)
    if not len(cell):
        return CellShares(cell, share)
    at = np.flatnonzero(_rim(cell, share, grid.persons.shape[1]))
    share = share.copy()
    share[at] = _measured(grid, shape, cell[at], share[at])
    return CellShares(cell, share)


def _extracted(grid: PopulationGrid, shape: Any) -> tuple[Integers, Floats]:
    if shapely.area(shape) == 0.0:
        return np.empty(0, dtype=np.int64), np.empty(0)
    from exactextract import exact_extract  # noqa: PLC0415  few projects have a grid
    from exactextract.feature import JSONFeatureSource  # noqa: PLC0415 - with it
    from exactextract.raster import NumPyRasterSource  # noqa: PLC0415 - with it

    rows, columns = grid.persons.shape
    system = grid.crs.to_wkt()
    source = NumPyRasterSource(
        grid.persons,
        grid.west,
        grid.north - rows * grid.cell_height,
        grid.west + columns * grid.cell_width,
        grid.north,
        srs_wkt=system,
    )
    feature = {"type": "Feature", "properties": {}, "geometry": shape.__geo_interface__}
    found = exact_extract(
        source, JSONFeatureSource(feature, srs_wkt=system), ["cell_id", "coverage"]
    )[0]["properties"]
    return (
        np.asarray(found["cell_id"], dtype=np.int64),
        np.asarray(found["coverage"], dtype=np.float64),
    )


def _rim(cell: Integers, share: Floats, columns: int) -> npt.NDArray[np.bool_]:
    """Return which cells the shape's edge may pass through: not covered, or beside one that is not.

    A cell covered but for a thirty-millionth is whole in single precision.
    """
    row, column = np.divmod(cell, columns)
    top, left = row.min() - 1, column.min() - 1
    full = np.zeros((row.max() - top + 2, column.max() - left + 2), dtype=bool)
    at = row - top, column - left
    full[at] = share == 1.0
    inner = full.copy()
    inner[1:-1, 1:-1] &= full[:-2, 1:-1] & full[2:, 1:-1] & full[1:-1, :-2] & full[1:-1, 2:]
    return np.asarray(~inner[at])


def _measured(grid: PopulationGrid, shape: Any, cell: Integers, rough: Floats) -> Floats:
    """Return the share of cells inside a shape in double precision.

    The shape is cut into the rows of the grid first: a union of service areas has too many corners
    to look through for every cell.
    """
    row, column = np.divmod(cell, grid.persons.shape[1])
    south = grid.north - (row + 1) * grid.cell_height
    north = grid.north - row * grid.cell_height
    west = grid.west + column * grid.cell_width
    east = grid.west + (column + 1) * grid.cell_width
    area = np.empty(len(cell))
    for line in np.unique(row).tolist():
        mine = np.flatnonzero(row == line)
        strip = shapely.clip_by_rect(
            shape, west[mine].min(), south[mine[0]], east[mine].max(), north[mine[0]]
        )
        for at in mine.tolist():
            part = shapely.clip_by_rect(strip, west[at], south[at], east[at], north[at])
            area[at] = shapely.area(part)
    box = shapely.box(west, south, east, north)
    whole = shapely.area(box)
    # Cutting by a rectangle is quick and has slips: where the two disagree the overlay decides.
    odd = np.abs(area / whole - rough) > SINGLE_PRECISION
    area[odd] = shapely.area(shapely.intersection(box[odd], shape))
    share: Floats = np.minimum(area / whole, 1.0)
    return share
