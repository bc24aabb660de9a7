"""Coordinate systems and datums: the only place that reprojects.

Lengths and areas are taken in one projected system of the project, in metres. Everything that
comes in is brought there by :func:`to_project`, everything that goes onto a map leaves by
:func:`to_lonlat`. Nothing is guessed: a layer says its system or its datum, or it is refused.
Coordinates are always x before y, east before north, whatever a system's own axis order is.
"""

from __future__ import annotations

from facilityplan.crs.conversion import PLAIN_DATUMS, Target, converted
from facilityplan.crs.datums import DATUMS, convert
from facilityplan.crs.grids import grid_system, row_areas_m2, to_grid
from facilityplan.crs.helmert import Helmert
from facilityplan.crs.reproject import AREA_MARGIN_DEG, to_lonlat, to_project
from facilityplan.crs.systems import numbers_in, require_layers_in_metres, require_metres

__all__ = [
    "AREA_MARGIN_DEG",
    "DATUMS",
    "PLAIN_DATUMS",
    "Helmert",
    "Target",
    "convert",
    "converted",
    "grid_system",
    "numbers_in",
    "require_layers_in_metres",
    "require_metres",
    "row_areas_m2",
    "to_grid",
    "to_lonlat",
    "to_project",
]
