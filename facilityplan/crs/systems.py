"""Coordinate systems: which ones lengths may be taken in, and the way from one to another."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError as ForeignCrsError
from pyproj.exceptions import ProjError

from facilityplan.crs.datums import Floats
from facilityplan.errors import (
    CrsError,
    GeographicCrsError,
    MissingCrsError,
    WebMercatorError,
)
from facilityplan.layers import LAYERS, City

Place = dict[str, Any]
"""Keywords that say where an error is: ``layer``, ``file``."""

Step = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""From x and y to x and y."""

_SAME_DATUM: Final = frozenset(
    {
        "World Geodetic System 1984",
        "World Geodetic System 1984 ensemble",
        "WGS 84",
        "WGS_1984",
        "China 2000",
        "D_China_2000",
    }
)
_UNSHIFTABLE_CODES: Final = frozenset({4610, 4214, 4555})
_UNSHIFTABLE_NAME: Final = re.compile(
    r"xi.?an.?(19)?80|beijing.?(19)?54|new.?beijing", re.IGNORECASE
)
# An unnamed datum on one of their ellipsoids (semi-major axis in metres, inverse flattening).
_UNSHIFTABLE_ELLIPSOIDS: Final = ((6378140.0, 298.257), (6378245.0, 298.3))

_WEB_MERCATOR_TEXT: Final = re.compile(r"\s*(EPSG:)?(900913|3785)\s*", re.IGNORECASE)


def parse(crs: object, place: Place) -> CRS:
    """Return the horizontal system that the text, number or object names."""
    if isinstance(crs, (str, int)) and _WEB_MERCATOR_TEXT.fullmatch(str(crs)):
        raise WebMercatorError("crs_web_mercator", crs=crs, **place)
    try:
        parsed = CRS.from_user_input(crs)
    except ForeignCrsError as error:
        raise CrsError("crs_unknown", crs=crs, **place) from error
    # Heights are no concern of ours; a shift bound to a system is not the bureau's word for it.
    while parsed.is_compound or parsed.is_bound:
        inner = parsed.sub_crs_list[0] if parsed.is_compound else parsed.source_crs
        if inner is None:
            break
        parsed = inner
    return parsed


def name_of(crs: CRS) -> str:
    """Return the system's name and code, for messages."""
    authority = crs.to_authority()
    return f"{crs.name} ({':'.join(authority)})" if authority else str(crs.name)


def _is_mercator(crs: CRS) -> bool:
    operation = crs.coordinate_operation
    method = operation.method_name.casefold() if operation is not None else ""
    return "mercator" in method and not re.search("transverse|oblique", method)


def require_metres(crs: object, *, layer: str | None = None, file: object = None) -> CRS:
    """Return a projected system in metres, or refuse.

    Parameters
    ----------
    crs
        Anything that names a system (``"EPSG:4547"``, WKT, a pyproj CRS) or ``None``.
    layer, file
        The place, for the message.

    Returns
    -------
    pyproj.CRS
        The horizontal part of the system.

    Raises
    ------
    MissingCrsError
        If it is ``None``.
    GeographicCrsError
        If its coordinates are degrees.
    WebMercatorError
        If it is Web Mercator or another Mercator on the equator, whose lengths are no metres.
    CrsError
        If it is unknown, neither projected nor geographic, or its axes are not in metres.
    """
    place: Place = {"layer": layer, "file": file}
    if crs is None:
        raise MissingCrsError("crs_missing", **place)
    parsed = parse(crs, place)
    if parsed.is_geographic:
        raise GeographicCrsError("crs_geographic", crs=name_of(parsed), **place)
    if _is_mercator(parsed):
        raise WebMercatorError("crs_web_mercator", crs=name_of(parsed), **place)
    if not parsed.is_projected:
        raise CrsError("crs_not_projected", crs=name_of(parsed), **place)
    for axis in parsed.axis_info:
        if axis.unit_conversion_factor != 1.0:
            raise CrsError("crs_not_metres", crs=name_of(parsed), unit=axis.unit_name, **place)
    return parsed


def require_layers_in_metres(city: City) -> None:
    """Refuse a city any of whose layers is not in metres, or not in the city's own system.

    Raises
    ------
    CrsError
        Of the branch that fits, with the layer.
    """
    own = require_metres(city.crs)
    for name, frame in city.layers.items():
        if not LAYERS[name].geometry:
            continue
        system = require_metres(frame.crs, layer=name)
        if not agree(own, system):
            raise CrsError(
                "crs_contradiction", stated=name_of(own), own=name_of(system), layer=name
            )


def _geodetic(crs: CRS) -> CRS:
    return crs.geodetic_crs or crs


def _datum_name(crs: CRS) -> str:
    datum = _geodetic(crs).datum
    return "" if datum is None else str(datum.name)


def on_same_datum(crs: CRS) -> bool:
    """Tell whether degrees of that system are WGS84 or CGCS2000 degrees."""
    return _datum_name(crs) in _SAME_DATUM


def unshiftable(crs: CRS) -> bool:
    """Tell whether it is Xian 1980 or Beijing 1954."""
    datum, ellipsoid = _datum_name(crs), crs.ellipsoid
    found = (
        _geodetic(crs).to_epsg() in _UNSHIFTABLE_CODES
        or _UNSHIFTABLE_NAME.search(datum) is not None
    )
    if not found and datum.casefold().startswith("unknown") and ellipsoid is not None:
        found = any(
            abs(ellipsoid.semi_major_metre - axis) < 0.5
            and abs(ellipsoid.inverse_flattening - flattening) < 1e-3
            for axis, flattening in _UNSHIFTABLE_ELLIPSOIDS
        )
    return found


def refuse_unshiftable(crs: CRS, place: Place) -> None:
    """Refuse Xian 1980 and Beijing 1954: there are no public parameters, PROJ shifts nothing."""
    if unshiftable(crs):
        raise CrsError("crs_no_shift", crs=name_of(crs), **place)


def degrees_of(crs: CRS) -> Step:
    """Return the step from the system's coordinates to its own degrees, longitude first."""
    if crs.is_geographic:
        return lambda lon, lat: (lon, lat)
    return _transformer(crs, _geodetic(crs))


def agree(one: CRS, other: CRS) -> bool:
    """Tell whether two systems give the same coordinates to the same place."""
    if one.equals(other, ignore_axis_order=True):
        return True
    same_datum = _datum_name(one) == _datum_name(other)
    if not same_datum and not (on_same_datum(one) and on_same_datum(other)):
        return False
    if one.is_geographic or other.is_geographic:
        return bool(one.is_geographic and other.is_geographic)
    area = one.area_of_use or other.area_of_use
    if area is None:
        return False
    lon = np.linspace(area.west, area.east, 5)
    lat = np.linspace(area.south, area.north, 5)
    there, here = from_geodetic(one)(lon, lat), from_geodetic(other)(lon, lat)
    return bool(np.all(np.abs(np.array(there) - np.array(here)) < 1e-3))


def _transformer(source: CRS, target: CRS) -> Step:
    try:
        # Where PROJ knows no shift it would take the numbers over as they are ("ballpark").
        return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False).transform
    except ProjError as error:
        raise CrsError("crs_no_way", source=name_of(source), target=name_of(target)) from error


def from_geodetic(crs: CRS) -> Step:
    """Return the step from the system's own degrees to its coordinates."""
    return _transformer(_geodetic(crs), crs)


def to_geodetic(source: CRS, target: CRS) -> Step:
    """Return the step from ``source`` to the degrees that ``target`` is projected from."""
    if on_same_datum(source) and on_same_datum(target):
        if source.is_geographic:
            return lambda lon, lat: (lon, lat)
        return _transformer(source, _geodetic(source))
    return _transformer(source, _geodetic(target))


def numbers_in(xy_m: Floats, project_crs: object, crs: object) -> Floats:
    """Return coordinates of the project as they stand in another system, x before y.

    Parameters
    ----------
    xy_m
        n x 2, metres in ``project_crs``.
    project_crs, crs
        The project's projected system, and the other.

    Raises
    ------
    CrsError
        If a system is unknown or there is no way from one to the other.
    """
    own, other = require_metres(project_crs), parse(crs, {})
    lon, lat = to_geodetic(own, other)(xy_m[:, 0], xy_m[:, 1])
    if other.is_geographic:
        return np.column_stack([lon, lat])
    return np.column_stack(from_geodetic(other)(lon, lat))
