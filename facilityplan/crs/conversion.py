"""Coordinates from one datum or system to another, for files that go to other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from facilityplan.crs.datums import DATUMS, convert
from facilityplan.crs.reproject import check_source, source_system
from facilityplan.crs.systems import (
    Place,
    from_geodetic,
    name_of,
    on_same_datum,
    parse,
    refuse_unshiftable,
    to_geodetic,
)
from facilityplan.errors import CrsError, ImplausibleExtentError, MissingCrsError

PLAIN_DATUMS = ("wgs84", "cgcs2000")
"""Datums that a coordinate system can name; the others are shifted degrees without a name."""


@dataclass(frozen=True)
class Target:
    """What coordinates are to be in: a datum in degrees, or a system.

    Parameters
    ----------
    datum
        One of :data:`DATUMS`; ``None`` where a system is named.
    crs
        A coordinate system; ``None`` where a datum is named.
    """

    datum: str | None
    crs: str | None


def converted(
    frame: gpd.GeoDataFrame,
    target: Target,
    *,
    datum: str | None,
    crs: object,
    file: object = None,
) -> gpd.GeoDataFrame:
    """Bring a layer from what its coordinates are in to something else.

    Parameters
    ----------
    frame
        Any layer; heights are dropped, missing geometries stay.
    target
        What the coordinates are to be in.
    datum
        What the degrees are in; always needed for degrees: no file can name GCJ-02 or BD-09, so
        that a file's own WGS84 says too little.
    crs
        The system that is stated for the layer, where the file has none.
    file
        For messages.

    Returns
    -------
    geopandas.GeoDataFrame
        Same rows; its ``crs`` is that of the target, none for GCJ-02 and BD-09.

    Raises
    ------
    MissingCrsError
        If nothing says what the coordinates are in.
    CrsError
        If it contradicts itself, or there is no public way from one to the other.
    ImplausibleExtentError
        If the numbers cannot be coordinates of what is stated.
    """
    place: Place = {"file": file}
    if frame.crs is None and crs is None and datum is None:
        raise MissingCrsError("convert_datum_missing", known=", ".join(DATUMS), **place)
    source = source_system(frame.crs, crs, datum, place)
    refuse_unshiftable(source, place)
    if source.is_geographic and datum is None:
        raise MissingCrsError("convert_datum_missing", known=", ".join(DATUMS), **place)
    goal, goal_datum = _goal(target, place)
    geometry = np.asarray(frame.geometry.array, dtype=object)
    xy = shapely.get_coordinates(geometry)
    if not np.isfinite(xy).all():
        raise ImplausibleExtentError("crs_not_finite", **place)
    if len(xy):
        check_source(xy, source, place)
        xy = _moved(xy, source, datum or "wgs84", goal, goal_datum)
    moved = shapely.transform(geometry, lambda _: xy)
    named = goal if goal_datum in PLAIN_DATUMS else None
    series = gpd.GeoSeries(moved, index=frame.index, crs=None)
    return frame.set_geometry(series).set_crs(named, allow_override=True)


def _goal(target: Target, place: Place) -> tuple[CRS, str]:
    """Return the system of the target and the datum of its degrees."""
    if target.datum is not None:
        if target.datum not in DATUMS:
            known = ", ".join(DATUMS)
            raise CrsError("crs_unknown_datum", datum=target.datum, known=known, **place)
        return CRS.from_epsg(4490 if target.datum == "cgcs2000" else 4326), target.datum
    if target.crs is None:
        raise MissingCrsError("convert_target_missing", known=", ".join(DATUMS), **place)
    system = parse(target.crs, place)
    refuse_unshiftable(system, place)
    if not on_same_datum(system):
        raise CrsError("crs_no_way", source="WGS 84", target=name_of(system), **place)
    return system, "wgs84"


def _moved(xy: Any, source: CRS, datum: str, goal: CRS, goal_datum: str) -> Any:
    if source.equals(goal, ignore_axis_order=True) and datum == goal_datum:
        return xy
    lon, lat = to_geodetic(source, CRS.from_epsg(4326))(xy[:, 0], xy[:, 1])
    lon, lat = convert(lon, lat, datum, goal_datum)
    if goal.is_geographic:
        return np.column_stack([lon, lat])
    return np.column_stack(from_geodetic(goal)(lon, lat))
