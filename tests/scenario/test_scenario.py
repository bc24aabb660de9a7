"""A base plus edits: the base stays, and the difference is what changed and nothing else."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan import standards
from facilityplan.checks import Verdict, assess
from facilityplan.layers import City, conform
from facilityplan.scenario import AddedFacility, changes, mended, with_facilities

HERE = "EPSG:4547"
X, Y = 500000.0, 3800000.0
DOCUMENTS = standards.resolve([standards.load("zhengzhou-2018-34")], dt.date(2019, 6, 30))
RADIUS = ("service_radius",)


def city(places, stations=None):
    shapes = [shapely.Point(X + x, Y) for x in places]
    rows = {
        "id": [f"R{n}" for n in range(len(places))],
        "setting": ["urban"] * len(places),
        "status": ["existing"] * len(places),
        "households": [100] * len(places),
    }
    layers = {
        "residences": conform(gpd.GeoDataFrame(rows, geometry=shapes, crs=HERE), "residences")
    }
    if stations is not None:
        rows = {
            "id": [f"F{n}" for n in range(len(stations))],
            "kind": ["home_care_station"] * len(stations),
            "status": ["operating"] * len(stations),
            "name": [None] * len(stations),
            "serves": ["R0"] * len(stations),
            "floor_area_m2": [200.0] * len(stations),
        }
        points = [shapely.Point(X + x, Y) for x in stations]
        layers["facilities"] = conform(
            gpd.GeoDataFrame(rows, geometry=points, crs=HERE),
            "facilities",
            kinds=standards.kind_words(),
        )
    return City("小城", HERE, dt.date(2019, 6, 30), layers)


def site(name, x, kind="home_care_station"):
    return AddedFacility(name, kind, X + x, Y)


def test_nothing_added_is_the_same_city():
    base = city([0], [5000])
    assert with_facilities(base, []) is base


def test_the_base_is_left_alone():
    base = city([0], [5000])
    before = base.facilities.copy(deep=True)
    after = with_facilities(base, [site("S1", 100), site("S2", 200)])
    assert after.facilities["id"].tolist() == ["F0", "S1", "S2"]
    assert base.facilities.equals(before)
    assert len(base.facilities) == 1
    assert after.residences is base.residences
    assert after.crs == base.crs == after.facilities.crs


def test_what_is_added_has_its_place_and_kind_only():
    after = with_facilities(city([0], [5000]), [site("S1", 100)])
    new = after.facilities.iloc[1]
    assert (new["kind"], new["status"]) == ("home_care_station", "operating")
    assert (new["floor_area_m2"], new["beds"]) == (0, 0)
    assert new["serves"] == ()
    assert (new.geometry.x, new.geometry.y) == (X + 100, Y)
    old = after.facilities.iloc[0]
    assert old["name"] is None
    assert old["serves"] == ("R0",)
    assert np.isnan(old["beds"])
    assert after.facilities["floor_area_m2"].dtype == np.float64


def test_a_city_that_had_none():
    after = with_facilities(city([0]), [site("S1", 100)])
    assert after.facilities["id"].tolist() == ["S1"]


def test_changes_and_what_is_mended():
    base = city([0, 5100, 9000], [5000])
    before = assess(base, DOCUMENTS)
    after = assess(with_facilities(base, [site("S1", 400)]), DOCUMENTS)
    found = changes(before, after)
    assert [(item.after.clause_id, item.after.unit_id) for item in found] == [("ZZ05a", "R0")]
    assert found[0].before.verdict is Verdict.NON_COMPLIANT
    assert [item.unit_id for item in mended(found)] == ["R0"]
    assert mended(changes(after, before)) == [], "a miss is nothing mended"
    assert changes(before, before) == []


def test_only_units_known_before_are_compared():
    base = city([0], [5000])
    before = assess(base, DOCUMENTS)
    assert changes([], before) == []


@pytest.mark.parametrize(("x", "mends"), [(500.0, True), (500.001, False), (500.0004, True)])
def test_to_the_millimetre(x, mends):
    base = city([0], [5000])
    before = assess(base, DOCUMENTS, measures=RADIUS)
    after = assess(with_facilities(base, [site("S1", x)]), DOCUMENTS, measures=RADIUS)
    assert bool(mended(changes(before, after))) is mends


@settings(max_examples=examples(30), deadline=None)
@given(
    st.lists(st.integers(0, 4000), min_size=1, max_size=6),
    st.lists(st.integers(0, 4000), min_size=1, max_size=3),
    st.lists(st.integers(0, 4000), min_size=1, max_size=4),
)
def test_adding_a_facility_never_spoils_a_radius(places, stations, added):
    base = city(places, stations)
    before = assess(base, DOCUMENTS, measures=RADIUS)
    sites = [site(f"S{n}", x) for n, x in enumerate(added)]
    after = assess(with_facilities(base, sites), DOCUMENTS, measures=RADIUS)
    found = changes(before, after)
    assert len(mended(found)) == len(found)
    reached = {
        f"R{n}"
        for n, x in enumerate(places)
        if min(abs(x - f) for f in stations) > 500 and min(abs(x - s) for s in added) <= 500
    }
    assert {item.after.unit_id for item in found} == reached
