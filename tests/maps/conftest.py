"""A small city made by hand: two estates, a village, two facilities, a town, a road and a river."""

import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, box

from facilityplan import checks, layers, standards
from facilityplan.siting.proposal import Count, Mended, Proposal, ProposedSite, SitingPlan
from facilityplan.siting.solution import Status

CRS = "EPSG:4547"
X0, Y0 = 500_000.0, 3_850_000.0


def frame(layer, columns, shapes):
    """Return a conformed layer; shapes are in metres from the city's own origin."""
    moved = gpd.GeoSeries(shapes, crs=CRS).translate(X0, Y0)
    kinds = standards.kind_words() if layer == "facilities" else None
    return layers.conform(gpd.GeoDataFrame(columns, geometry=moved, crs=CRS), layer, kinds=kinds)


def make_city(name="小城"):
    own = {
        "zones": frame(
            "zones",
            {"id": ["T"], "name": ["和平街道"], "level": ["town"], "setting": ["urban"]},
            [box(-2000, -2000, 4000, 2000)],
        ),
        "residences": frame(
            "residences",
            {
                "id": ["a", "b", "v"],
                "name": ["甲小区", "乙小区", None],
                "households": [600, None, 80],
                "elders": [300, 20, 40],
                "status": ["existing", "existing", "existing"],
                "setting": ["urban", "urban", "rural"],
            },
            [box(0, 0, 100, 100), box(1000, 0, 1100, 100), Point(-900, 50)],
        ),
        "facilities": frame(
            "facilities",
            {
                "id": ["f", "g"],
                "kind": ["day_care", None],
                "name": ["东站", "西站"],
                "status": ["运营", "规划"],
                "beds": [5, None],
                "floor_area_m2": [199, None],
            },
            [Point(50, 550), Point(3000, 0)],
        ),
        "candidates": frame(
            "candidates",
            {"id": ["k"], "name": ["旧厂房"], "kind": ["闲置用房"], "max_floor_area_m2": [400]},
            [Point(1050, 300)],
        ),
        "roads": frame(
            "roads",
            {"class": ["primary", "residential"]},
            [LineString([(-900, 0), (50, 0), (1100, 0)]), LineString([(50, 0), (50, 550)])],
        ),
        "barriers": frame(
            "barriers", {"kind": ["river"]}, [LineString([(-900, -500), (3000, -500)])]
        ),
    }
    return layers.City(name, CRS, dt.date(2026, 6, 30), own)


def make_proposal():
    site = ProposedSite(
        candidate_id="k",
        name="旧厂房",
        kind="idle_premises",
        x=X0 + 1050,
        y=Y0 + 300,
        serves=("b",),
        households=Count(0.0, 1),
        persons=Count(60.0, 0),
        elders=Count(20.0, 0),
        mends=(Mended("ZZ05a", "residence", "b"),),
        floor_area_needed_m2=420.0,
        max_floor_area_m2=400.0,
    )
    plan = SitingPlan("lscp", 1, Status.OPTIMAL, 1.0, 1.0, 0.0, (site,))
    return Proposal(("b",), (), (), "given", None, "households", ("b",), plan, (plan,))


@pytest.fixture
def small():
    city = make_city()
    held = standards.resolve([standards.load("zhengzhou-2018-34")], city.as_of)
    return SimpleNamespace(
        city=city,
        standards=held,
        findings=checks.assess(city, held),
        proposal=make_proposal(),
    )
