"""500 m in the project's system against the ellipsoid; whatever measures refuses other numbers."""

import dataclasses
import datetime as dt
import importlib
import inspect
import pkgutil

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod

import facilityplan
from facilityplan import checks, crs, layers, siting, standards
from facilityplan.coverage import demand_points, straight_reach
from facilityplan.coverage.beside import beside
from facilityplan.coverage.rasters import persons_in, persons_outside
from facilityplan.coverage.rates import coverage_rates
from facilityplan.crs.detective import RoadPoints, against_names, against_roads, share_inside
from facilityplan.crs.detective.hypotheses import placed
from facilityplan.errors import GeographicCrsError, WebMercatorError
from facilityplan.io.raster import GridUnit, PopulationGrid
from facilityplan.network import Network
from facilityplan.network.snap import point_coordinates
from facilityplan.provision import land_of
from facilityplan.scenario.file import extent

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


# What takes layers or a system and measures nothing: why degrees do no harm there.
MEASURES_NOTHING = {
    "checks.counting": "counts rows and sums columns",
    "crs.reproject.to_project": "brings degrees into metres; its target is checked",
    "crs.conversion.converted": "brings a layer into another system",
    "crs.systems": "tells systems apart",
    "scenario.file.apply_scenario": "edits rows; a scenario of another system is refused",
    "scenario.file.confirm": "compares figures that are there",
    "crs.grids.row_areas_m2": "measures degrees on the ellipsoid",
    "layers": "frames and columns",
    "provision.select": "chooses rows",
    "provision.reaching": "leaves rows out by name",
    "provision.attribute_premises": "goes by names of what is served",
    "provision.floor_area": "sums a column",
    "provision.beds": "sums a column",
    "provision.zone_membership": "lies in or not, in any system",
    "network.lines.check_crs": "is the check itself",
    "scenario.edits.with_facilities": "adds rows; who measures checks the city",
    "subsidy.awards.subsidies": "goes by counts and areas that are given",
}
SQUARE = shapely.box(0, 0, 1, 1)
GRID = PopulationGrid(
    np.ones((2, 2)), 0.0, 2.0, 1.0, 1.0, CRS.from_epsg(4547), GridUnit.PERSONS, "a.tif"
)
XY = np.column_stack([np.linspace(113.0, 113.5, 30), np.full(30, 34.5)])
REFUSES = {
    "checks.assess": MEASURES["assess"],
    "checks.accessibility.accessibility": MEASURES["context"],
    "coverage.beside.beside": lambda city: beside(city.residences, XY[:1], XY[:1]),
    "coverage.points.demand_points": MEASURES["demand points"],
    "coverage.rates.coverage_rates": MEASURES["rates"],
    "coverage.rasters.persons_in": lambda city: persons_in(GRID, [SQUARE], city.residences.crs),
    "coverage.rasters.persons_outside": lambda city: persons_outside(
        GRID, SQUARE, city.residences.crs
    ),
    "crs.detective.hypotheses.placed": lambda city: placed(XY, city.residences.crs, "wgs84"),
    "crs.detective.names.against_names": lambda city: against_names(
        XY, list("abc") * 10, XY, list("abc") * 10, city.residences.crs
    ),
    "crs.detective.roads.against_roads": lambda city: against_roads(
        XY, RoadPoints.of([]), city.residences.crs
    ),
    "crs.detective.zones.share_inside": lambda city: share_inside(
        XY, [SQUARE], city.residences.crs
    ),
    "crs.grids.to_grid": lambda city: crs.to_grid([SQUARE], city.residences.crs, None),
    "crs.reproject.to_lonlat": lambda city: crs.to_lonlat([SQUARE], city.residences.crs),
    "crs.systems.numbers_in": lambda city: crs.numbers_in(XY, city.residences.crs, 4490),
    "crs.systems.require_metres": lambda city: crs.require_metres(city.residences.crs),
    "crs.systems.require_layers_in_metres": crs.require_layers_in_metres,
    "network.snap.point_coordinates": lambda city: point_coordinates(
        city.residences.geometry, city.residences.crs
    ),
    "provision.land_of": MEASURES["land"],
    "scenario.file.extent": extent,
    "siting.plan.propose": MEASURES["propose"],
}
ROOMS = ("checks", "coverage", "crs", "layers", "network", "provision", "scenario", "subsidy")


def public_functions():
    """Give the public functions that take a city, a layer or a system, by room and name."""
    for found in pkgutil.walk_packages(facilityplan.__path__, "facilityplan."):
        name = found.name.removeprefix("facilityplan.")
        if name.split(".")[0] not in ROOMS:
            continue
        module = importlib.import_module(found.name)
        for key, value in vars(module).items():
            if key.startswith("_") or getattr(value, "__module__", None) != found.name:
                continue
            if inspect.isfunction(value):
                taken = {
                    str(parameter.annotation).split(".")[-1].split(" ")[0]
                    for parameter in inspect.signature(value).parameters.values()
                } | {word for word in inspect.signature(value).parameters if word.endswith("crs")}
                if taken & {"GeoDataFrame", "GeoSeries", "City", "crs", "project_crs"}:
                    yield f"{name}.{key}"


def test_every_public_function_that_takes_a_layer_is_known_to_refuse_or_not_to_measure():
    unknown = [
        name
        for name in public_functions()
        if name not in REFUSES
        and not any(name == known or name.startswith(f"{known}.") for known in MEASURES_NOTHING)
    ]
    assert unknown == [], "refuse degrees and Web Mercator there, and say so here"


@pytest.mark.parametrize("name", REFUSES)
@pytest.mark.parametrize(
    ("system", "kind"), [("EPSG:4326", GeographicCrsError), ("EPSG:3857", WebMercatorError)]
)
def test_each_of_them_refuses(name, system, kind):
    with pytest.raises(kind):
        REFUSES[name](in_degrees(system))
