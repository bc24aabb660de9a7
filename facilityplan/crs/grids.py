"""Grids: their own system, areas of their cells, and shapes of the project brought onto them.

Counts by cell are never brought into another system, for that would make up persons between
cells; the shapes that are held against them go to the grid instead.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from pyproj import CRS, Geod

from facilityplan.crs.datums import Floats
from facilityplan.crs.reproject import source_system
from facilityplan.crs.systems import (
    Place,
    agree,
    from_geodetic,
    name_of,
    require_metres,
    to_geodetic,
)
from facilityplan.errors import CrsError

MAX_EDGE_M: Final = 25.0
"""Longest piece of an edge that stays straight on the way: it bends by a hundredth of a millimetre,
so that zones whose corners do not meet still add up."""


def grid_system(own: object, stated: object, *, file: object = None) -> CRS:
    """Return the system of a grid: the file's own, or the one stated for it.

    Raises
    ------
    MissingCrsError
        If there is neither.
    CrsError
        If they contradict each other, one is unknown, or there are no public parameters for it.
    """
    place: Place = {"layer": None, "file": file}
    return source_system(own, stated, None, place)


def row_areas_m2(
    crs: CRS, north: float, cell_width: float, cell_height: float, rows: int, *, file: object = None
) -> Floats:
    """Return the area on the ground of a cell of each row, (rows,) square metres.

    Parameters
    ----------
    crs
        System of the grid: degrees, whose cells are measured on the ellipsoid, or metres.
    north
        Upper edge of the first row, in the unit of the system.
    cell_width, cell_height
        Size of a cell in that unit.

    Raises
    ------
    CrsError
        If the system is neither in degrees nor in metres that are lengths, or rows lie beyond a
        pole.
    """
    if not crs.is_geographic:
        require_metres(crs, file=file)
        return np.full(rows, cell_width * cell_height)
    ellipsoid = crs.get_geod()
    if ellipsoid is None:
        raise CrsError("crs_not_projected", crs=name_of(crs), file=file)
    edges = north - cell_height * np.arange(rows + 1)
    if abs(edges[0]) > 90.0 + 1e-9 or abs(edges[-1]) > 90.0 + 1e-9:
        raise CrsError("crs_latitude", latitude=float(edges[np.abs(edges).argmax()]), file=file)
    zone = _zone_area_m2(ellipsoid, np.clip(edges, -90.0, 90.0))
    return np.asarray((zone[:-1] - zone[1:]) * (cell_width / 360.0))


def _zone_area_m2(geod: Geod, latitude: Floats) -> Floats:
    """Return the area of the ellipsoid from the equator to a latitude, negative in the south."""
    sine = np.sin(np.radians(latitude))
    if geod.es == 0.0:
        return np.asarray(2.0 * np.pi * geod.a**2 * sine)
    e = np.sqrt(geod.es)
    bracket = sine / (1.0 - geod.es * sine**2) + np.arctanh(e * sine) / e
    return np.asarray(np.pi * geod.b**2 * bracket)


def to_grid(geometry: Any, project_crs: object, grid_crs: CRS) -> Any:
    """Bring shapes of the project into the system of a grid.

    Coordinates stay bit for bit where the systems agree; else edges are cut into pieces of at most
    :data:`MAX_EDGE_M` first, since a straight edge of the one is none of the other.

    Parameters
    ----------
    geometry
        Array of geometries in ``project_crs``, metres.
    grid_crs
        As :func:`grid_system` returns it.

    Returns
    -------
    ndarray
        Geometries in the unit of the grid's system, x before y.

    Raises
    ------
    CrsError
        If there is no way from one to the other, or a place has no coordinates in the grid's.
    """
    source = require_metres(project_crs)
    shapes = np.asarray(geometry, dtype=object)
    if agree(source, grid_crs):
        return shapes
    down = to_geodetic(source, grid_crs)
    up = None if grid_crs.is_geographic else from_geodetic(grid_crs)

    def step(xy: Floats) -> Floats:
        if not len(xy):
            return xy
        x, y = down(xy[:, 0], xy[:, 1])
        x, y = (x, y) if up is None else up(x, y)
        moved = np.column_stack([x, y])
        if not np.isfinite(moved).all():
            raise CrsError("crs_not_finite")
        return moved

    return shapely.transform(shapely.segmentize(shapes, MAX_EDGE_M), step)
