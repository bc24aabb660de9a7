"""A small city with every verdict in it, small enough to redo by hand.

=====  ==========  =========  ========  =======================================================
id     households  status     at x (m)  what holds there
=====  ==========  =========  ========  =======================================================
a      600         existing   0         facility f inside: 199 m2, 0 m away
b      1250        new        1000      f is 1000 m away, on foot too; no premises
c      300         existing   450       f is 450 m away in a line, 650 m on foot
d      unknown     new        5000      f is 5000 m away; the households are missing
e      80          existing   9000      nothing says whether urban or rural
=====  ==========  =========  ========  =======================================================
"""

import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, box

from facilityplan import checks, layers, standards
from facilityplan.checks.radius_coverage import radius_coverage
from facilityplan.network import Network
from facilityplan.siting.plan import propose

CRS = "EPSG:4547"
AS_OF = dt.date(2026, 6, 30)
PLACES = {"a": 0, "b": 1000, "c": 450, "d": 5000, "e": 9000}


def small_city(names=None, *, reverse=False, zones=True):
    ids = list(PLACES)
    residences = gpd.GeoDataFrame(
        {
            "id": ids,
            "name": names or ["甲", "乙", "丙", "丁", "戊"],
            "households": [600, 1250, 300, None, 80],
            "status": ["existing", "new", "existing", "new", "existing"],
            "setting": ["urban", "urban", "urban", "urban", None],
            "approved": ["2015-05-01", None, None, None, None],
        },
        geometry=[box(x - 50, 950, x + 50, 1050) for x in PLACES.values()],
        crs=CRS,
    )
    facilities = gpd.GeoDataFrame(
        {
            "id": ["f", "g", "h", "closed"],
            "kind": ["day_care", "elder_home", "elder_home", "day_care"],
            "status": ["operating", "operating", "operating", "closed"],
            "serves_community": [None, "是", "否", None],
            "floor_area_m2": [199, 0, 0, 5000],
            "beds": [0, 10, 20, 5],
            "serves": ["", "", "", "b"],
        },
        geometry=[Point(0, 1000), Point(0, 90000), Point(9000, 1000), Point(0, 95000)],
        crs=CRS,
    )
    if reverse:
        residences, facilities = residences[::-1], facilities[::-1]
    found = {
        "residences": layers.conform(residences, "residences"),
        "facilities": layers.conform(facilities, "facilities", kinds=standards.kind_words()),
    }
    if zones:
        zone = {"id": ["z"], "name": ["某镇"], "level": ["town"], "elders_60": [1000]}
        frame = gpd.GeoDataFrame(zone, geometry=[box(-100, 0, 9100, 2000)], crs=CRS)
        found["zones"] = layers.conform(frame, "zones")
    return layers.City("示例市", CRS, AS_OF, found, sources={"residences": "estates.gpkg"})


def walking_network():
    """A road along the estates, with a detour of 200 m between a and c."""
    straight = LineString([(450, 1000), (1000, 1000), (5000, 1000)])
    detour = LineString([(0, 1000), (0, 1100), (450, 1100), (450, 1000)])
    return Network.from_lines([straight, detour])


def run_of(city, *, on_foot=True):
    held = standards.resolve([standards.load("zhengzhou-2018-34")], city.as_of)
    context = checks.Context(city, held, walking_network() if on_foot else None)
    findings = checks.assess_context(context)
    return SimpleNamespace(
        city=city,
        standards=held,
        context=context,
        findings=findings,
        coverage=radius_coverage(context, findings),
        proposal=propose(city, held, findings),
    )


@pytest.fixture(scope="session")
def build():
    """Makes a city with other names or another order of rows, assessed."""
    return lambda *args, on_foot=True, **kwargs: run_of(
        small_city(*args, **kwargs), on_foot=on_foot
    )


@pytest.fixture(scope="session")
def run(build):
    return build()
