"""500 m in the project's system against the ellipsoid; whatever measures refuses other numbers."""

import dataclasses
import datetime as dt

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from facilityplan import checks, crs, layers, siting, standards
from facilityplan.coverage import demand_points, straight_reach
from facilityplan.coverage.rates import coverage_rates
from facilityplan.crs.detective import RoadPoints, against_names, against_roads, share_inside
from facilityplan.errors import GeographicCrsError, WebMercatorError
from facilityplan.network import Network
from facilityplan.provision import land_of

# Longitude, latitude and the one system of a project there.
PLACES = {
    "济源": (112.60, 35.07, "EPSG:4547"),
    "郑州": (113.62, 34.75, "EPSG:4547"),
    "长治": (113.12, 36.20, "EPSG:4547"),
    "许昌": (113.85, 34.03, "EPSG:4547"),
    "泾源": (106.33, 35.49, "EPSG:4544"),
}
GEOD = Geod(ellps="WGS84")


def conformed(layer, shapes, system, **columns):
    raw = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=system)
    return layers.conform(raw, layer, kinds=standards.kind_words())


@pytest.mark.parametrize("place", PLACES)
def test_500_m_is_500_m(place):
    lon, lat, system = PLACES[place]
    azimuth = np.arange(0.0, 360.0, 10.0)
    for east, north in ((0, 0), (-0.25, 0.2), (0.25, -0.2)):
        here = lon + east, lat + north
        there = GEOD.fwd(np.full(36, here[0]), np.full(36, here[1]), azimuth, np.full(36, 500.0))
        ids = [f"R{number}" for number in range(36)]
        degrees = conformed("residences", shapely.points(there[0], there[1]), 4326, id=ids)
        residences = crs.to_project(degrees, system)
        middle = crs.to_project(gpd.GeoDataFrame(geometry=[shapely.Point(here)], crs=4326), system)
        reach = straight_reach(demand_points(residences), layers.points_of(middle.geometry), 36)
        assert np.abs(reach.distance_m - 500.0).max() < 0.2


def in_degrees(system):
    """Return a city whose numbers are degrees, or metres of Web Mercator."""
    at = (113.6, 34.7) if system == "EPSG:4326" else (12_645_000.0, 4_123_000.0)
    square, point = shapely.box(at[0], at[1], at[0] + 1, at[1] + 1), shapely.Point(at)
    frames = {
        "residences": conformed("residences", [square], system, id=["R1"], households=[10]),
        "facilities": conformed("facilities", [point], system, id=["F1"], kind=["elder_home"]),
        "zones": conformed("zones", [square], system, id=["Z1"], name=["甲"], level=["county"]),
        "parcels": conformed("parcels", [square], system, id=["P1"], use=["A6"]),
        "candidates": conformed("candidates", [point], system, id=["C1"]),
        "roads": conformed(
            "roads", [shapely.LineString([at, (at[0] + 1, at[1])])], system, name=["路"]
        ),
    }
    return layers.City("度", "EPSG:4547", dt.date(2020, 6, 30), frames)


def one_layer_off(city, name):
    """Return a city in metres but for one layer."""
    frames = {
        key: frame if key == name else frame.set_crs("EPSG:4547", allow_override=True)
        for key, frame in city.layers.items()
    }
    return dataclasses.replace(city, layers=frames)


LAW = standards.resolve([standards.load("zhengzhou-2018-34")], dt.date(2020, 6, 30))

MEASURES = {
    "assess": lambda city: checks.assess(city, LAW),
    "context": lambda city: checks.Context(city, LAW),
    "propose": lambda city: siting.propose(city, LAW, ()),
    "demand points": lambda city: demand_points(city.residences),
    "rates": lambda city: coverage_rates(city.residences, np.array([True])),
    "land": lambda city: land_of(city.zones.geometry[0], city.layer("parcels"), ["A6"]),
    "network": lambda city: Network.from_lines(city.layer("roads")),
}


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("system", "kind"), [("EPSG:4326", GeographicCrsError), ("EPSG:3857", WebMercatorError)]
)
def test_whatever_measures_refuses(measure, system, kind):
    with pytest.raises(kind) as caught:
        MEASURES[measure](in_degrees(system))
    assert caught.value.render("zh")
    assert caught.value.render("en")


@pytest.mark.parametrize("layer", ["residences", "facilities", "zones", "parcels", "candidates"])
def test_one_layer_in_degrees_is_enough(layer):
    city = one_layer_off(in_degrees("EPSG:4326"), layer)
    for measure in ("assess", "propose"):
        with pytest.raises(GeographicCrsError) as caught:
            MEASURES[measure](city)
        assert caught.value.layer == layer


@pytest.mark.parametrize(
    ("system", "kind"), [("EPSG:4490", GeographicCrsError), ("EPSG:3857", WebMercatorError)]
)
def test_the_project_and_the_detective_refuse(system, kind):
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(113.6, 34.7)], crs=4326)
    xy = np.column_stack([np.linspace(113.0, 113.5, 30), np.full(30, 34.5)])
    for measure in (
        lambda: crs.require_metres(system),
        lambda: crs.to_project(frame, system),
        lambda: crs.to_lonlat(frame, system),
        lambda: crs.numbers_in(xy, system, "EPSG:4526"),
        lambda: against_roads(xy, RoadPoints.of([]), system),
        lambda: against_names(xy, list("abc") * 10, xy, list("abc") * 10, system),
        lambda: share_inside(xy, [shapely.box(113, 34, 114, 35)], system),
    ):
        with pytest.raises(kind):
            measure()
