"""Xian 1980 and Beijing 1954 by the user's parameters, against the formulas written out."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer

from facilityplan import crs
from facilityplan.crs import Helmert
from facilityplan.errors import CrsError

PROJECT = "EPSG:4547"
XIAN = (6378140.0, 298.257)
KRASSOVSKY = (6378245.0, 298.3)
CGCS2000 = (6378137.0, 298.257222101)
ARCSEC = np.pi / 180 / 3600

THREE = Helmert(12.5, -145.25, -78.0)
SEVEN = Helmert(12.5, -145.25, -78.0, 0.6, -1.2, 2.4, 3.5, "position_vector")
PLACES = np.array([(113.62, 34.75), (114.0, 34.0), (112.6, 35.07), (115.4, 33.1)])


def to_xyz(lon, lat, ellipsoid):
    a, f = ellipsoid[0], 1 / ellipsoid[1]
    e2 = f * (2 - f)
    phi, lam = np.radians(lat), np.radians(lon)
    n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    return np.array(
        [n * np.cos(phi) * np.cos(lam), n * np.cos(phi) * np.sin(lam), n * (1 - e2) * np.sin(phi)]
    )


def to_degrees(xyz, ellipsoid):
    a, f = ellipsoid[0], 1 / ellipsoid[1]
    e2 = f * (2 - f)
    x, y, z = xyz
    p = np.hypot(x, y)
    phi = np.arctan2(z, p * (1 - e2))
    for _ in range(20):
        n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
        phi = np.arctan2(z + e2 * n * np.sin(phi), p)
    return np.degrees(np.arctan2(y, x)), np.degrees(phi)


def moved(lon, lat, ellipsoid, helmert, sign=1):
    rx, ry, rz = sign * ARCSEC * np.array([helmert.rx_arcsec, helmert.ry_arcsec, helmert.rz_arcsec])
    turn = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]])
    shift = np.array([[helmert.dx_m], [helmert.dy_m], [helmert.dz_m]])
    xyz = shift + (1 + helmert.scale_ppm * 1e-6) * turn @ to_xyz(lon, lat, ellipsoid)
    return to_degrees(xyz, CGCS2000)


def frame_of(system):
    xy = PLACES
    if not isinstance(system, int) or system not in (4610, 4214):
        geographic = 4610 if system in (2383, 2362) else 4214
        there = Transformer.from_crs(geographic, system, always_xy=True).transform
        xy = np.column_stack(there(*PLACES.T))
    return gpd.GeoDataFrame(geometry=[shapely.Point(*place) for place in xy], crs=system)


@pytest.mark.parametrize(
    ("system", "ellipsoid"),
    [
        (4610, XIAN),
        (2383, XIAN),
        (2362, XIAN),
        (4214, KRASSOVSKY),
        (2435, KRASSOVSKY),
        (2414, KRASSOVSKY),
    ],
)
@pytest.mark.parametrize("helmert", [THREE, SEVEN])
def test_as_the_formulas_say(system, ellipsoid, helmert):
    got = crs.to_project(frame_of(system), PROJECT, helmert=helmert)
    lon, lat = moved(*PLACES.T, ellipsoid, helmert)
    ours = Transformer.from_crs(4490, 4547, always_xy=True).transform(lon, lat)
    off_m = np.hypot(*(shapely.get_coordinates(got.geometry.to_numpy()) - np.column_stack(ours)).T)
    assert off_m.max() < 1e-3
    bare = np.column_stack(Transformer.from_crs(4490, 4547, always_xy=True).transform(*PLACES.T))
    assert np.hypot(*(np.column_stack(ours) - bare).T).min() > 40


def test_the_convention_turns_the_sign():
    other = Helmert(12.5, -145.25, -78.0, -0.6, 1.2, -2.4, 3.5, "coordinate_frame")
    one, two = (
        crs.to_project(frame_of(2383), PROJECT, helmert=helmert) for helmert in (SEVEN, other)
    )
    assert np.allclose(
        shapely.get_coordinates(one.geometry.to_numpy()),
        shapely.get_coordinates(two.geometry.to_numpy()),
        atol=1e-4,
    )


@pytest.mark.parametrize(
    ("system", "helmert", "message"),
    [
        (2383, None, "crs_no_shift"),
        (4547, THREE, "crs_helmert_not_for"),
        (4490, THREE, "crs_helmert_not_for"),
        (2383, Helmert(12.5, -145.25, -78.0, 0.6), "crs_helmert_convention"),
        (2383, Helmert(12.5, -145.25, -78.0, 0.6, convention="bursa"), "crs_helmert_convention"),
        (2383, Helmert(12500.0, -145.25, -78.0), "crs_helmert_implausible"),
        (2383, Helmert(12.5, float("nan"), -78.0), "crs_helmert_implausible"),
        (2383, Helmert(0, 0, 0, 61.0, convention="position_vector"), "crs_helmert_implausible"),
        (2383, Helmert(0, 0, 0, scale_ppm=1000.0), "crs_helmert_implausible"),
    ],
)
def test_refusals(system, helmert, message):
    xy = [(113.6, 34.7)] if system == 4490 else [(463351.0, 3841384.0)]
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(*place) for place in xy], crs=system)
    with pytest.raises(CrsError) as caught:
        crs.to_project(frame, PROJECT, helmert=helmert, layer="roads")
    assert caught.value.message == message
    for lang in ("zh", "en"):
        assert "roads" in caught.value.render(lang)
