"""From Xian 1980 and Beijing 1954 to CGCS2000, by the parameters of the user's survey office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from pyproj import CRS, Transformer

from facilityplan.crs.datums import Floats
from facilityplan.crs.systems import Place, Step, degrees_of, name_of
from facilityplan.errors import CrsError

CONVENTIONS: Final = ("position_vector", "coordinate_frame")
"""Which way positive rotations turn: the points, or the axes."""

# Far beyond what any survey office gives; more is a slip of the unit or of the decimal point.
_MAX_SHIFT_M: Final = 1000.0
_MAX_ROTATION_ARCSEC: Final = 60.0
_MAX_SCALE_PPM: Final = 100.0


@dataclass(frozen=True)
class Helmert:
    """Parameters of a shift between datums, three or seven, towards CGCS2000.

    Parameters
    ----------
    dx_m, dy_m, dz_m
        Shift in metres.
    rx_arcsec, ry_arcsec, rz_arcsec
        Rotations in seconds of arc.
    scale_ppm
        Change of scale in millionths.
    convention
        One of :data:`CONVENTIONS`; needed where there is a rotation, since the two differ in its
        sign.
    """

    dx_m: float
    dy_m: float
    dz_m: float
    rx_arcsec: float = 0.0
    ry_arcsec: float = 0.0
    rz_arcsec: float = 0.0
    scale_ppm: float = 0.0
    convention: str | None = None


def _checked(helmert: Helmert, place: Place) -> None:
    shift = np.array([helmert.dx_m, helmert.dy_m, helmert.dz_m])
    rotation = np.array([helmert.rx_arcsec, helmert.ry_arcsec, helmert.rz_arcsec])
    limits = (
        ("dx_m, dy_m, dz_m", shift, _MAX_SHIFT_M),
        ("rx_arcsec, ry_arcsec, rz_arcsec", rotation, _MAX_ROTATION_ARCSEC),
        ("scale_ppm", np.array([helmert.scale_ppm]), _MAX_SCALE_PPM),
    )
    for name, values, limit in limits:
        if not bool((np.abs(values) <= limit).all()):  # NaN is not below it either
            raise CrsError("crs_helmert_implausible", parameter=name, limit=limit, **place)
    unsaid = helmert.convention is None and not rotation.any()
    if helmert.convention not in CONVENTIONS and not unsaid:
        raise CrsError("crs_helmert_convention", known=", ".join(CONVENTIONS), **place)


def shifted(source: CRS, helmert: Helmert, place: Place) -> Step:
    """Return the step from coordinates of a system to CGCS2000 degrees.

    Heights are taken as 0 above the ellipsoid: with the usual parameters (150 m, a few seconds)
    100 m of height move a place by less than a centimetre.

    Parameters
    ----------
    source
        System of the coordinates, on the old datum, projected or in degrees.
    helmert
        From that datum to CGCS2000.
    place
        For messages.

    Raises
    ------
    CrsError
        If a parameter is out of all proportion, or rotations come without their convention.
    """
    _checked(helmert, place)
    ellipsoid = source.ellipsoid
    if ellipsoid is None:
        raise CrsError("crs_not_projected", crs=name_of(source), **place)
    # Without rotations the two are one.
    convention = helmert.convention or CONVENTIONS[0]
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=cart +a={ellipsoid.semi_major_metre!r} +rf={ellipsoid.inverse_flattening!r} "
        f"+step +proj=helmert +x={helmert.dx_m!r} +y={helmert.dy_m!r} +z={helmert.dz_m!r} "
        f"+rx={helmert.rx_arcsec!r} +ry={helmert.ry_arcsec!r} +rz={helmert.rz_arcsec!r} "
        f"+s={helmert.scale_ppm!r} +convention={convention} "
        "+step +inv +proj=cart +a=6378137.0 +rf=298.257222101 "
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    across = Transformer.from_pipeline(pipeline)
    own = degrees_of(source)

    def step(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        lon, lat = own(x, y)
        lon, lat, _ = across.transform(lon, lat, np.zeros_like(lon))
        return lon, lat

    return step
