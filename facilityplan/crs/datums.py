"""Degrees of one datum as degrees of another: WGS84, CGCS2000, GCJ-02, BD-09."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, overload

import numpy as np
import numpy.typing as npt

from facilityplan.errors import CrsError

Floats = npt.NDArray[np.float64]

DATUMS: Final = ("wgs84", "cgcs2000", "gcj02", "bd09")
"""Datums that degrees may be stated in."""

# The public GCJ-02 polynomial: Krassovsky ellipsoid and the rectangle in which it is applied.
_GCJ_A: Final = 6378245.0
_GCJ_EE: Final = 0.00669342162296594323
_GCJ_WEST, _GCJ_EAST, _GCJ_SOUTH, _GCJ_NORTH = 72.004, 137.8347, 0.8293, 55.8271
_BD_FREQUENCY: Final = np.pi * 3000.0 / 180.0

_STEP_DEG: Final = 1e-12
_MAX_STEPS: Final = 80
# The square roots in the polynomial have no derivative at 105 E: full steps can go to and fro
# there, half steps cannot.
_FULL_STEPS: Final = 12

_RUNG: Final = {"wgs84": 0, "cgcs2000": 0, "gcj02": 1, "bd09": 2}


def _in_china(lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = (
        (lon >= _GCJ_WEST) & (lon <= _GCJ_EAST) & (lat >= _GCJ_SOUTH) & (lat <= _GCJ_NORTH)
    )
    return inside


def _gcj_everywhere(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return GCJ-02 degrees of WGS84 degrees by the bare polynomial, rectangle or not."""
    x, y = lon - 105.0, lat - 35.0
    pi = np.pi
    root, short = np.sqrt(np.abs(x)), 20.0 * np.sin(6.0 * pi * x) + 20.0 * np.sin(2.0 * pi * x)
    long_y = 20.0 * np.sin(pi * y) + 40.0 * np.sin(pi * y / 3.0)
    long_y = long_y + 160.0 * np.sin(pi * y / 12.0) + 320.0 * np.sin(pi * y / 30.0)
    long_x = 20.0 * np.sin(pi * x) + 40.0 * np.sin(pi * x / 3.0)
    long_x = long_x + 150.0 * np.sin(pi * x / 12.0) + 300.0 * np.sin(pi * x / 30.0)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m = north_m + (short + long_y) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m = east_m + (short + long_x) * 2.0 / 3.0
    latitude = np.radians(lat)
    curve = 1.0 - _GCJ_EE * np.sin(latitude) ** 2
    meridian_m = _GCJ_A * (1.0 - _GCJ_EE) / (curve * np.sqrt(curve))
    parallel_m = _GCJ_A / np.sqrt(curve) * np.cos(latitude)
    return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _gcj_of_wgs(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    inside = _in_china(lon, lat)
    shifted_lon, shifted_lat = lon.copy(), lat.copy()
    shifted_lon[inside], shifted_lat[inside] = _gcj_everywhere(lon[inside], lat[inside])
    return shifted_lon, shifted_lat


def _wgs_of_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    inside = _in_china(lon, lat)
    plain_lon, plain_lat = lon.copy(), lat.copy()
    plain_lon[inside], plain_lat[inside] = _inverse(_gcj_everywhere, lon[inside], lat[inside])
    if not _in_china(plain_lon[inside], plain_lat[inside]).all():
        # A strip along the rectangle's edge, some hundred metres wide, is nobody's image.
        raise CrsError("crs_datum_not_invertible")
    return plain_lon, plain_lat


def _bd_of_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_FREQUENCY)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_FREQUENCY)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _gcj_of_bd(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return _inverse(_bd_of_gcj, lon, lat)


def _inverse(
    forward: Callable[[Floats, Floats], tuple[Floats, Floats]], lon: Floats, lat: Floats
) -> tuple[Floats, Floats]:
    """Return what ``forward`` maps onto these degrees, by fixed-point iteration."""
    guess_lon, guess_lat = lon.copy(), lat.copy()
    for step in range(_MAX_STEPS):
        mapped_lon, mapped_lat = forward(guess_lon, guess_lat)
        off_lon, off_lat = lon - mapped_lon, lat - mapped_lat
        weight = 1.0 if step < _FULL_STEPS else 0.5
        guess_lon, guess_lat = guess_lon + weight * off_lon, guess_lat + weight * off_lat
        if bool(np.all((np.abs(off_lon) < _STEP_DEG) & (np.abs(off_lat) < _STEP_DEG))):
            return guess_lon, guess_lat
    raise CrsError("crs_datum_not_invertible")


_UP: Final = (_gcj_of_wgs, _bd_of_gcj)
_DOWN: Final = (_wgs_of_gcj, _gcj_of_bd)


@overload
def convert(x: float, y: float, source: str, target: str) -> tuple[float, float]: ...
@overload
def convert(x: Floats, y: Floats, source: str, target: str) -> tuple[Floats, Floats]: ...
def convert(x: Any, y: Any, source: str, target: str) -> tuple[Any, Any]:
    """Bring degrees from one datum to another.

    WGS84 and CGCS2000 are taken for the same: they differ by decimetres, less than any layer a
    plan is made from. GCJ-02 follows the public polynomial and leaves places outside its rectangle
    round China where they are; BD-09 is made from GCJ-02. The ways back are iterated until a step
    is below 1e-12 degrees, a ten-millionth of a metre.

    Parameters
    ----------
    x, y
        Longitude and latitude in degrees, scalars or arrays of one shape.
    source, target
        One of ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``.

    Returns
    -------
    tuple
        Longitude and latitude in degrees of ``target``, of the same shape.

    Raises
    ------
    CrsError
        If a datum is unknown, a coordinate is not finite, or the way back has no end (possible
        only at the very edge of the rectangle).
    """
    for datum in (source, target):
        if datum not in _RUNG:
            raise CrsError("crs_unknown_datum", datum=datum, known=", ".join(DATUMS))
    lon, lat = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    shape = lon.shape
    if shape != lat.shape:
        raise CrsError("crs_shapes_differ", x=lon.shape, y=lat.shape)
    lon, lat = lon.ravel(), lat.ravel()
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise CrsError("crs_not_finite")
    if lat.size and np.abs(lat).max() > 90.0:
        raise CrsError("crs_latitude", latitude=float(lat[np.abs(lat).argmax()]))
    rung, goal = _RUNG[source], _RUNG[target]
    while rung < goal:
        lon, lat = _UP[rung](lon, lat)
        rung += 1
    while rung > goal:
        rung -= 1
        lon, lat = _DOWN[rung](lon, lat)
    if shape == ():
        return float(lon[0]), float(lat[0])
    return lon.reshape(shape).copy(), lat.reshape(shape).copy()
