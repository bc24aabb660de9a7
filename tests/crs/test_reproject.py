import geopandas as gpd
import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from facilityplan import crs
from facilityplan.errors import (
    CrsError,
    GeographicCrsError,
    ImplausibleExtentError,
    MissingCrsError,
)

PROJECT = "EPSG:4547"
ESRI_ZONE = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_114E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
ESRI_XIAN = (
    'PROJCS["Xian_1980_3_Degree_GK_CM_114E",GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",'
    'SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


def layer(*places, system=None):
    return gpd.GeoDataFrame(
        {"name": [f"n{n}" for n in range(len(places))]},
        geometry=[shapely.Point(*place) for place in places],
        crs=system,
    )


def gauss_kruger(lon, lat, central=114.0, false_easting=500000.0):
    """Transverse Mercator by its series, on the CGCS2000 ellipsoid: shares nothing with PROJ."""
    a, f = 6378137.0, 1 / 298.257222101
    e2 = f * (2 - f)
    phi, lam = np.radians(lat), np.radians(lon - central)
    second = e2 / (1 - e2)
    nu = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    t, c = np.tan(phi) ** 2, second * np.cos(phi) ** 2
    ell = lam * np.cos(phi)
    steps = np.linspace(0, phi, 20001)
    curve = a * (1 - e2) / (1 - e2 * np.sin(steps) ** 2) ** 1.5
    arc = (
        (phi / 20000)
        * (curve[0] + curve[-1] + 4 * curve[1:-1:2].sum() + 2 * curve[2:-1:2].sum())
        / 3
    )
    east = (
        ell + (1 - t + c) * ell**3 / 6 + (5 - 18 * t + t * t + 72 * c - 58 * second) * ell**5 / 120
    )
    north = ell**2 / 2 + (5 - t + 9 * c + 4 * c * c) * ell**4 / 24
    north = north + (61 - 58 * t + t * t + 600 * c - 330 * second) * ell**6 / 720
    return false_easting + nu * east, arc + nu * np.tan(phi) * north


@pytest.mark.parametrize("system", ["EPSG:4326", "EPSG:4490", "OGC:CRS84"])
def test_degrees_land_where_the_series_says(system):
    places = [(113.62, 34.75), (114.0, 34.0), (112.6, 35.07), (115.4, 40.1)]
    frame = layer(*places, system=system)
    moved = crs.to_project(frame, PROJECT)
    assert moved.crs.to_epsg() == 4547
    assert frame.crs == CRS.from_user_input(system)
    for place, point in zip(places, moved.geometry, strict=True):
        assert (point.x, point.y) == pytest.approx(gauss_kruger(*place), abs=1e-3)


@given(
    lon=st.floats(111.0, 117.0, allow_nan=False),
    lat=st.floats(25.0, 45.0, allow_nan=False),
)
@settings(max_examples=examples(60), deadline=None)
def test_out_and_back(lon, lat):
    moved = crs.to_project(layer((lon, lat), system=4490), PROJECT)
    back = crs.to_lonlat(moved, PROJECT)
    assert back.crs.to_epsg() == 4326
    assert (back.geometry[0].x, back.geometry[0].y) == pytest.approx((lon, lat), abs=1e-9)


def test_to_lonlat_takes_frames_series_and_arrays():
    moved = crs.to_project(layer((113.6, 34.7), system=4326), PROJECT)
    series = crs.to_lonlat(moved.geometry, PROJECT)
    array = crs.to_lonlat(moved.geometry.to_numpy(), PROJECT)
    assert isinstance(series, gpd.GeoSeries)
    assert series.crs.to_epsg() == 4326
    assert isinstance(array, np.ndarray)
    assert array[0].equals(series[0])
    assert len(crs.to_lonlat(moved.geometry.to_numpy()[:0], PROJECT)) == 0


def test_same_system_comes_out_bit_for_bit():
    for system in (PROJECT, ESRI_ZONE):
        frame = layer((463351.8564321, 3841384.3791234), system=system)
        moved = crs.to_project(frame, PROJECT)
        assert moved.geometry[0].equals(frame.geometry[0])
        assert moved.crs.to_epsg() == 4547


def test_prefixed_zone_becomes_the_projects():
    x, y = gauss_kruger(113.62, 34.75, false_easting=38500000.0)
    moved = crs.to_project(layer((x, y), system=4526), PROJECT)
    assert moved.geometry[0].x == pytest.approx(x - 38e6, abs=1e-3)
    assert moved.geometry[0].y == pytest.approx(y, abs=1e-3)


def test_neighbouring_zone_and_utm_agree_with_the_series():
    x, y = gauss_kruger(113.0, 35.0, central=111.0)
    utm = Transformer.from_crs(4326, 32649, always_xy=True).transform(113.0, 35.0)
    for place, system in (((x, y), 4546), (utm, 32649)):
        moved = crs.to_project(layer(place, system=system), PROJECT)
        assert (moved.geometry[0].x, moved.geometry[0].y) == pytest.approx(
            gauss_kruger(113.0, 35.0), abs=2e-3
        )


def test_every_vertex_moves_and_empty_rows_stay():
    ring = [(113.0, 34.0), (113.1, 34.0), (113.1, 34.1), (113.0, 34.0)]
    shape = shapely.Polygon(ring, [[(113.05, 34.02), (113.06, 34.02), (113.06, 34.03)]])
    frame = gpd.GeoDataFrame(
        {"id": [1, 2, 3]}, geometry=[shape, None, shapely.Point()], crs=4326, index=[9, 8, 7]
    ).rename_geometry("shape")
    moved = crs.to_project(frame, PROJECT, rows=[2, 3, 4])
    assert moved.geometry.name == "shape"
    assert list(moved.index) == [9, 8, 7]
    assert moved.geometry.iloc[1] is None
    assert moved.geometry.iloc[2].is_empty
    was, now = shapely.get_coordinates(shape), shapely.get_coordinates(moved.geometry.iloc[0])
    for place, point in zip(was, now, strict=True):
        assert tuple(point) == pytest.approx(gauss_kruger(*place), abs=1e-3)


def test_heights_are_dropped_and_empty_layers_pass():
    high = layer((113.0, 34.0, 88.0), system=4326)
    assert not crs.to_project(high, PROJECT).geometry[0].has_z
    empty = crs.to_project(high.iloc[:0], PROJECT)
    assert len(empty) == 0
    assert empty.crs.to_epsg() == 4547


@pytest.mark.parametrize("system", [None, 4326, 4490])
@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_stated_datum_is_taken_off(datum, system):
    shifted = crs.convert(113.62, 34.75, "wgs84", datum)
    moved = crs.to_project(layer(shifted, system=system), PROJECT, datum=datum)
    assert (moved.geometry[0].x, moved.geometry[0].y) == pytest.approx(
        gauss_kruger(113.62, 34.75), abs=1e-3
    )


def test_nothing_stated_is_refused_and_stated_is_taken():
    frame = layer((113.62, 34.75))
    with pytest.raises(MissingCrsError) as caught:
        crs.to_project(frame, PROJECT, file="a.shp", layer="roads")
    assert "datum" in caught.value.render("zh")
    for stated in ({"crs": 4326}, {"datum": "wgs84"}, {"datum": "cgcs2000"}):
        moved = crs.to_project(frame, PROJECT, **stated)
        assert moved.geometry[0].x == pytest.approx(gauss_kruger(113.62, 34.75)[0], abs=1e-3)


@pytest.mark.parametrize(
    ("own", "stated"),
    [
        (4547, {"crs": 4546}),
        (4547, {"crs": 4526}),
        (4326, {"crs": 4547}),
        (4547, {"datum": "wgs84"}),
        (4547, {"datum": "gcj02"}),
        (None, {"crs": 4547, "datum": "gcj02"}),
        (4267, {"datum": "wgs84"}),
        (4326, {"datum": "gcj-02"}),
        (4326, {"crs": "nonsense"}),
    ],
)
def test_contradictions_are_refused(own, stated):
    frame = layer((463351.0, 3841384.0) if own == 4547 else (113.6, 34.7), system=own)
    with pytest.raises(CrsError) as caught:
        crs.to_project(frame, PROJECT, **stated)
    assert type(caught.value) is CrsError
    assert caught.value.render("zh")
    assert caught.value.render("en")


def test_two_names_of_one_system_are_no_contradiction():
    place = gauss_kruger(113.62, 34.75)
    for own, stated in ((ESRI_ZONE, 4547), (4547, ESRI_ZONE), (4547, "EPSG:4547")):
        crs.to_project(layer(place, system=own), PROJECT, crs=stated)
    crs.to_project(layer((113.62, 34.75), system=4326), PROJECT, crs=4490)


@pytest.mark.parametrize(
    "system",
    [
        4610,
        4214,
        4555,
        2383,
        2362,
        2435,
        2414,
        2334,
        ESRI_XIAN,
        "+proj=longlat +ellps=krass",
        "+proj=tmerc +lon_0=114 +x_0=500000 +a=6378140 +rf=298.257 +units=m",
    ],
)
def test_systems_without_public_parameters_are_refused(system):
    frame = layer((113.6, 34.7) if CRS(system).is_geographic else (463000.0, 3841000.0))
    for own, stated in ((system, None), (None, system)):
        with pytest.raises(CrsError) as caught:
            crs.to_project(frame.set_crs(own), PROJECT, crs=stated)
        assert caught.value.message == "crs_no_shift"
        assert caught.value.render("zh")
    with pytest.raises(CrsError):
        crs.to_project(layer((113.6, 34.7), system=4326), 2383)


def test_a_way_that_is_not_known_is_refused():
    with pytest.raises(CrsError) as caught:
        crs.to_project(layer((113.6, 34.7), system=4267), PROJECT)
    assert caught.value.message == "crs_no_way"


@pytest.mark.parametrize(
    ("place", "system", "kind", "message"),
    [
        ((34.7, 113.6), 4326, ImplausibleExtentError, "crs_axes_swapped"),
        ((40.0, 80.0), 4326, ImplausibleExtentError, "crs_axes_swapped"),
        ((3841384.0, 463351.0), 4547, ImplausibleExtentError, "crs_axes_swapped"),
        ((463351.0, 3841384.0), 4326, ImplausibleExtentError, "crs_not_degrees"),
        ((38463351.0, 3841384.0), 4490, ImplausibleExtentError, "crs_not_degrees"),
        ((113.6, 34.7), 4547, GeographicCrsError, "crs_degrees_as_metres"),
        ((38463351.0, 3841384.0), 4547, ImplausibleExtentError, "crs_zone"),
        ((3841384.0, 38463351.0), 4547, ImplausibleExtentError, "crs_zone_and_axes"),
        ((19734000.0, 3841384.0), 4547, ImplausibleExtentError, "crs_zone"),
        ((463351.0, 3841384.0), 4526, ImplausibleExtentError, "crs_zone_without"),
        ((3841384.0, 463351.0), 4526, ImplausibleExtentError, "crs_zone_without_and_axes"),
        ((734000.0, 3841384.0), 4497, ImplausibleExtentError, "crs_zone_without"),
        ((60463351.0, 3841384.0), 4547, ImplausibleExtentError, "crs_outside_area"),
        ((0.0, 0.0), 4326, ImplausibleExtentError, "crs_outside_area"),
        ((-113.6, 34.7), 4326, ImplausibleExtentError, "crs_outside_area"),
        ((1e20, 1e300), 4547, ImplausibleExtentError, "crs_outside_area"),
        ((np.inf, 34.7), 4326, ImplausibleExtentError, "crs_not_finite"),
        ((np.nan, 34.7), 4326, ImplausibleExtentError, "crs_not_finite"),
    ],
)
def test_implausible_coordinates(place, system, kind, message):
    target = "EPSG:4535" if place == (40.0, 80.0) else PROJECT
    with pytest.raises(kind) as caught:
        crs.to_project(layer(place, system=system), target, file="a.gpkg", layer="zones", rows=[2])
    assert caught.value.message == message
    for lang in ("zh", "en"):
        assert "a.gpkg" in caught.value.render(lang)


def test_metres_in_degrees_suggest_a_system():
    for place, guess in (((38463351.0, 3841384.0), "4526"), ((19463351.0, 3841384.0), "4497")):
        with pytest.raises(ImplausibleExtentError) as caught:
            crs.to_project(layer(place, system=4490), PROJECT)
        assert guess in caught.value.render("en")


def test_one_stray_point_is_named_by_its_row():
    frame = layer((113.6, 34.7), (0.0, 0.0), (113.7, 34.8), system=4326)
    with pytest.raises(ImplausibleExtentError) as caught:
        crs.to_project(frame, PROJECT, rows=np.array([2, 3, 4]))
    assert caught.value.rows == (3,)


@given(
    lon=st.floats(112.6, 115.4, allow_nan=False),
    lat=st.floats(22.0, 45.0, allow_nan=False),
)
@settings(max_examples=examples(60), deadline=None)
def test_swapped_degrees_are_always_found(lon, lat):
    with pytest.raises(ImplausibleExtentError) as caught:
        crs.to_project(layer((lat, lon), system=4326), PROJECT)
    assert caught.value.message == "crs_axes_swapped"


def test_area_margin_is_three_degrees():
    crs.to_project(layer((109.6, 34.0), (118.4, 34.0), system=4326), PROJECT)
    for lon in (109.4, 118.6):
        with pytest.raises(ImplausibleExtentError):
            crs.to_project(layer((lon, 34.0), system=4326), PROJECT)


def test_area_across_the_date_line():
    crs.to_project(layer((179.9, -44.0), (-179.9, -44.0), system=4326), "EPSG:32760")


def test_a_few_swapped_among_many_are_not_called_metres():
    xy = np.array([[117.02, 36.66]] * 5 + [[36.66, 117.02]])
    places = gpd.GeoDataFrame(geometry=shapely.points(xy), crs="EPSG:4326")
    with pytest.raises(ImplausibleExtentError) as refused:
        crs.to_project(places, "EPSG:4547", datum="wgs84", rows=[3, 4, 5, 6, 7, 8])
    assert refused.value.rows == (8,)
    assert refused.value.message == "crs_some_not_degrees"
    for lang in ("zh", "en"):
        assert "36.66, 117.02" in refused.value.render(lang)
