"""Layers into the project's system and out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from facilityplan.crs.datums import DATUMS, Floats, convert
from facilityplan.crs.helmert import Helmert, shifted
from facilityplan.crs.systems import (
    Place,
    Step,
    agree,
    from_geodetic,
    name_of,
    on_same_datum,
    parse,
    refuse_unshiftable,
    require_metres,
    to_geodetic,
    unshiftable,
)
from facilityplan.errors import (
    CrsError,
    GeographicCrsError,
    ImplausibleExtentError,
    MissingCrsError,
)

AREA_MARGIN_DEG: Final = 3.0
"""How far outside its system's area of use a project may reach, in degrees."""


def source_system(own: object, stated: object, datum: str | None, place: Place) -> CRS:
    """Return the system that a layer's coordinates are in; what is stated must not contradict."""
    system = None if own is None else parse(own, place)
    if stated is not None:
        said = parse(stated, place)
        if system is not None and not agree(system, said):
            raise CrsError("crs_contradiction", stated=name_of(said), own=name_of(system), **place)
        system = said
    if datum is not None:
        if datum not in DATUMS:
            raise CrsError("crs_unknown_datum", datum=datum, known=", ".join(DATUMS), **place)
        if system is None:
            system = CRS.from_epsg(4326)
        if not system.is_geographic:
            raise CrsError("crs_datum_needs_degrees", datum=datum, crs=name_of(system), **place)
        refuse_unshiftable(system, place)
        if not on_same_datum(system):
            raise CrsError("crs_contradiction", stated=datum, own=name_of(system), **place)
    if system is None:
        raise MissingCrsError("crs_missing", **place)
    return system


def _check_shift(source: CRS, helmert: Helmert | None, place: Place) -> None:
    """Refuse an old datum without parameters, and parameters without an old datum."""
    if helmert is None:
        refuse_unshiftable(source, place)
    elif not unshiftable(source):
        raise CrsError("crs_helmert_not_for", crs=name_of(source), **place)


def _extent(xy: Floats) -> str:
    west, south = xy.min(axis=0)
    east, north = xy.max(axis=0)
    return f"{west:.6g} … {east:.6g}, {south:.6g} … {north:.6g}"


def _guess(xy: Floats) -> str:
    """Return which system the numbers look like, in words that need no language."""
    easting, northing = np.median(xy, axis=0)
    if easting < 1e7 <= northing < 5e7 or northing < 1e6 < easting < 6.5e6:
        easting, northing = northing, easting
    zone = int(easting // 1e6)
    if 1e6 < northing < 6.5e6 and 25 <= zone <= 45:
        return f"EPSG:{4513 + zone - 25}"
    if 1e6 < northing < 6.5e6 and 13 <= zone <= 23:
        return f"EPSG:{4491 + zone - 13}"
    if 1e6 < northing < 6.5e6 and 1e5 < easting < 9e5:
        return "EPSG:4534–4554"
    return "-"


def check_source(
    xy: Floats,
    source: CRS,
    place: Place,
    rows: Sequence[int] | None = None,
) -> None:
    """Refuse numbers that cannot be coordinates of that system; ``rows`` are those of the file."""
    x, y = np.abs(xy[:, 0]), np.abs(xy[:, 1])
    fits = bool(np.all((x <= 180.0) & (y <= 90.0)))
    if source.is_geographic and not fits:
        if bool(np.all((y <= 180.0) & (x <= 90.0))):
            raise ImplausibleExtentError("crs_axes_swapped", extent=_extent(xy), **place)
        odd = np.flatnonzero((x > 180.0) | (y > 90.0))
        if 2 * len(odd) < len(xy):
            # A few of many are slips of the hand, and the system is as it was said to be.
            first = f"{xy[odd[0], 0]:.10g}, {xy[odd[0], 1]:.10g}"
            raise ImplausibleExtentError(
                "crs_some_not_degrees",
                crs=name_of(source),
                count=len(odd),
                total=len(xy),
                first=first,
                **{
                    **place,
                    **({} if rows is None else {"rows": sorted({rows[int(at)] for at in odd})}),
                },
            )
        raise ImplausibleExtentError(
            "crs_not_degrees", crs=name_of(source), extent=_extent(xy), guess=_guess(xy), **place
        )
    if not source.is_geographic and fits:
        raise GeographicCrsError(
            "crs_degrees_as_metres", crs=name_of(source), extent=_extent(xy), **place
        )


def _outside(lon: Floats, lat: Floats, target: CRS) -> npt.NDArray[np.bool_]:
    """Tell which places lie outside the area of use and its margin, or nowhere at all."""
    nowhere: npt.NDArray[np.bool_] = ~(np.isfinite(lon) & np.isfinite(lat))
    area = target.area_of_use
    if area is None:
        return nowhere
    width = (area.east - area.west) % 360.0 or 360.0
    # Counted from the western edge, so that an area across 180 degrees is one piece.
    from_west = np.mod(np.where(nowhere, 0.0, lon) - area.west + AREA_MARGIN_DEG, 360.0)
    beside = from_west > width + 2.0 * AREA_MARGIN_DEG
    beyond = (lat < area.south - AREA_MARGIN_DEG) | (lat > area.north + AREA_MARGIN_DEG)
    return nowhere | beside | beyond


def _check_zone(xy: Floats, source: CRS, target: CRS, place: Place) -> None:
    """Refuse metres that would lie in the area with the prefix that the numbers have or lack."""
    if source.is_geographic:
        return
    for swapped, numbers in ((False, xy), (True, xy[:, ::-1])):
        guess = _zone_of(numbers, source)
        if guess is None or agree(source, guess):
            continue
        lon, lat = to_geodetic(guess, target)(numbers[:, 0], numbers[:, 1])
        if not _outside(lon, lat, target).any():
            bare = numbers[:, 0].max() < 1e6
            message = "crs_zone_without" if bare else "crs_zone"
            raise ImplausibleExtentError(
                f"{message}_and_axes" if swapped else message,
                crs=name_of(source),
                extent=_extent(xy),
                guess=name_of(guess),
                **place,
            )


def _zone_of(xy: Floats, source: CRS) -> CRS | None:
    """Return the CGCS2000 zone whose number stands before the eastings, or lacks there."""
    zone, last = xy[:, 0].min() // 1e6, xy[:, 0].max() // 1e6
    if zone != last:
        return None
    if 25 <= zone <= 45:
        return CRS.from_epsg(int(4513 + zone - 25))
    if 13 <= zone <= 23:
        return CRS.from_epsg(int(4491 + zone - 13))
    code = source.to_epsg() or 0
    if zone == 0 and 4513 <= code <= 4533:
        return CRS.from_epsg(code + 21)
    if zone == 0 and 4491 <= code <= 4501:
        return CRS.from_epsg(code + 11)
    return None


def _check_place(
    xy: Floats, to_degrees: Step, systems: tuple[CRS, CRS], rows: Sequence[int], place: Place
) -> None:
    source, target = systems
    lon, lat = to_degrees(xy[:, 0], xy[:, 1])
    outside = _outside(lon, lat, target)
    if not outside.any():
        return
    known = np.isfinite(lon) & np.isfinite(lat)
    extent = _extent(np.column_stack([lon[known], lat[known]])) if known.any() else "∞"
    area = target.area_of_use
    if area is not None and not _outside(*to_degrees(xy[:, 1], xy[:, 0]), target).any():
        raise ImplausibleExtentError("crs_axes_swapped", extent=_extent(xy), **place)
    if not unshiftable(source):
        _check_zone(xy, source, target, place)
    allowed = (
        "∞"
        if area is None
        else (f"{area.west:.6g} … {area.east:.6g}, {area.south:.6g} … {area.north:.6g}")
    )
    bad = sorted({row for row, off in zip(rows, outside, strict=True) if off}) if rows else ()
    raise ImplausibleExtentError(
        "crs_outside_area", crs=name_of(target), extent=extent, allowed=allowed, rows=bad, **place
    )


def to_project(
    frame: gpd.GeoDataFrame,
    project_crs: object,
    *,
    datum: str | None = None,
    crs: object = None,
    helmert: Helmert | None = None,
    file: object = None,
    layer: str | None = None,
    rows: Sequence[int] | npt.NDArray[np.int64] | None = None,
) -> gpd.GeoDataFrame:
    """Bring a layer into the project's system; nothing is rounded and nothing is guessed.

    Coordinates whose system is the project's own come out bit for bit as they went in. Heights
    are dropped. Missing and empty geometries stay what they are.

    Parameters
    ----------
    frame
        Any layer; its own ``crs`` may be ``None``.
    project_crs
        The project's projected system in metres.
    datum
        What the degrees are in (:data:`DATUMS`); only for geographic coordinates. A file's own
        WGS84 or CGCS2000 does not contradict GCJ-02 or BD-09, which no file can name.
    crs
        The system that the project states for this layer; must not contradict the file's own.
    helmert
        Parameters from Xian 1980 or Beijing 1954 to CGCS2000; without them such a layer is
        refused.
    file, layer, rows
        The place, for messages; ``rows`` has one number per row of ``frame``.

    Returns
    -------
    geopandas.GeoDataFrame
        A copy in ``project_crs``, metres, same rows in the same order.

    Raises
    ------
    MissingCrsError
        If neither file nor project says what the coordinates are in.
    CrsError
        If they contradict each other, or it is Xian 1980 or Beijing 1954, for which there are no
        public parameters.
    GeographicCrsError
        If the system is in metres and the numbers are degrees.
    ImplausibleExtentError
        If coordinates are not finite, no degrees where degrees are said, have their axes swapped,
        or lie more than three degrees outside the area of use.
    """
    place: Place = {"layer": layer, "file": file}
    target = require_metres(project_crs, layer=layer)
    refuse_unshiftable(target, {"layer": layer, "file": None})
    source = source_system(frame.crs, crs, datum, place)
    _check_shift(source, helmert, place)
    geometry = np.asarray(frame.geometry.array, dtype=object)
    xy, positions = shapely.get_coordinates(geometry, return_index=True)
    of_vertex = [] if rows is None else [int(rows[position]) for position in positions]
    finite = np.isfinite(xy).all(axis=1)
    if not finite.all():
        bad = sorted({r for r, good in zip(of_vertex, finite, strict=False) if not good})
        raise ImplausibleExtentError("crs_not_finite", rows=bad, **place)
    projected = xy
    if len(xy):
        check_source(xy, source, place, of_vertex or None)
        same = datum in (None, "wgs84", "cgcs2000")
        to_degrees = (
            to_geodetic(source, target) if helmert is None else shifted(source, helmert, place)
        )

        def placed(x: Floats, y: Floats) -> tuple[Floats, Floats]:
            return to_degrees(x, y) if same else to_degrees(*convert(x, y, str(datum), "wgs84"))

        _check_place(xy, placed, (source, target), of_vertex, place)
        if not agree(source, target):
            projected = np.column_stack(from_geodetic(target)(*placed(xy[:, 0], xy[:, 1])))
    if not np.isfinite(projected).all():
        raise ImplausibleExtentError("crs_not_finite", **place)
    moved = shapely.transform(geometry, lambda _: projected)
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=None)).set_crs(
        target, allow_override=True
    )


def to_lonlat(geometry: Any, project_crs: object) -> Any:
    """Bring geometries of the project onto the globe, for maps.

    Parameters
    ----------
    geometry
        GeoDataFrame, GeoSeries or array of geometries, coordinates in ``project_crs``.
    project_crs
        The project's projected system in metres.

    Returns
    -------
    GeoDataFrame, GeoSeries or array
        The same kind with WGS84 (or CGCS2000, the same to decimetres) degrees, longitude first;
        frames and series carry EPSG:4326.

    Raises
    ------
    CrsError
        If ``project_crs`` is not a projected system in metres.
    """
    source = require_metres(project_crs)
    target = CRS.from_epsg(4326)
    step = to_geodetic(source, target)

    def moved(shapes: Any) -> Any:
        array = np.asarray(shapes, dtype=object)
        return shapely.transform(
            array, lambda xy: np.column_stack(step(xy[:, 0], xy[:, 1])) if len(xy) else xy
        )

    if isinstance(geometry, gpd.GeoDataFrame):
        degrees = gpd.GeoSeries(moved(geometry.geometry.array), index=geometry.index)
        return geometry.set_geometry(degrees).set_crs(target, allow_override=True)
    if isinstance(geometry, gpd.GeoSeries):
        return gpd.GeoSeries(
            moved(geometry.array), index=geometry.index, name=geometry.name, crs=target
        )
    return moved(geometry)
