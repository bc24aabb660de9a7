"""Straight-line coverage against brute force, and what can never happen to it."""

import math

import geopandas as gpd
import numpy as np
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.coverage import (
    DemandPoints,
    PointRule,
    coverage_rates,
    demand_points,
    land_within,
    straight_reach,
)
from facilityplan.errors import CrsError

FEW = settings(max_examples=examples(60), deadline=None)
FAR = (412_345.0, 3_812_345.0)


def demand(points):
    xy = np.asarray(points, dtype=float).reshape(-1, 2)
    rule = (PointRule.INNER_POINT,) * len(xy)
    return DemandPoints(xy, np.arange(len(xy)), rule)


def brute(origins, targets):
    """Every pair; whole millimetres, then the first of the nearest."""
    origins, targets = np.asarray(origins), np.asarray(targets)
    away = np.hypot(*(targets[None, :, :] - origins[:, None, :]).transpose(2, 0, 1))
    millimetres = np.floor(away * 1000 + 0.5).astype(int)
    return (millimetres.min(axis=1) / 1000).tolist(), millimetres.argmin(axis=1).tolist()


# Coarse grids make ties, millimetres make near ties, an offset makes the digits few.
SPOTS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda p: (p[0] * 100.0, p[1] * 100.0))
    | st.tuples(st.integers(0, 600_000), st.integers(0, 600_000)).map(
        lambda p: (p[0] / 1000, p[1] / 1000)
    ),
    min_size=1,
    max_size=12,
)


def moved(points, offset):
    return [(x + offset[0], y + offset[1]) for x, y in points]


@FEW
@given(SPOTS, SPOTS, st.sampled_from([(0.0, 0.0), FAR]))
def test_nearest_is_that_of_all_pairs(origins, targets, offset):
    origins, targets = moved(origins, offset), moved(targets, offset)
    found = straight_reach(demand(origins), np.asarray(targets), len(origins))
    distances, chosen = brute(origins, targets)
    assert found.distance_m.tolist() == distances
    assert found.facility.tolist() == chosen
    assert not found.off_network.any()


@pytest.mark.parametrize("radius", [0.0004, 1.0005, 300.0, 499.9995, 500.0005, 1000.0005])
@pytest.mark.parametrize("offset", [(0.0, 0.0), FAR])
def test_many_at_one_distance(radius, offset):
    """A ring of facilities around the origin: rounding at the half millimetre, ties everywhere."""
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    ring = np.column_stack([np.cos(turns), np.sin(turns)]) * radius + offset
    found = straight_reach(demand([offset]), ring, 1)
    distances, chosen = brute([offset], ring.tolist())
    assert found.distance_m.tolist() == distances
    assert found.facility.tolist() == chosen


def test_one_facility_and_none():
    found = straight_reach(demand([(0, 0), (3, 4)]), np.asarray([(3.0, 4.0)]), 2)
    assert found.distance_m.tolist() == [5, 0]
    none = straight_reach(demand([(0, 0)]), np.empty((0, 2)), 1)
    assert none.distance_m.tolist() == [math.inf]
    assert none.facility.tolist() == [-1]


@FEW
@given(SPOTS, SPOTS, SPOTS, st.integers(1, 900), st.integers(0, 300))
def test_more_or_farther_never_covers_fewer(origins, targets, added, radius, wider):
    few = straight_reach(demand(origins), np.asarray(targets), len(origins)).distance_m
    more = straight_reach(demand(origins), np.asarray(targets + added), len(origins)).distance_m
    assert (more <= few).all()
    assert set(np.flatnonzero(few <= radius)) <= set(np.flatnonzero(more <= radius))
    assert set(np.flatnonzero(few <= radius)) <= set(np.flatnonzero(few <= radius + wider))


@FEW
@given(SPOTS, SPOTS, st.randoms(use_true_random=False))
def test_rows_in_any_order(origins, targets, random):
    there, back = list(range(len(origins))), list(range(len(targets)))
    random.shuffle(there)
    random.shuffle(back)
    straight = straight_reach(demand(origins), np.asarray(targets), len(origins))
    turned = straight_reach(
        demand([origins[at] for at in there]),
        np.asarray([targets[at] for at in back]),
        len(origins),
    )
    assert turned.distance_m.tolist() == straight.distance_m[there].tolist()


def test_entrances_count_before_the_inner_point(frame):
    residences = frame(
        "residences", [{"id": "a", "box": (0, 0, 100, 100)}, {"id": "b", "at": (500, 0)}]
    )
    doors = frame(
        "entrances", [{"residence": "a", "at": (100, 50)}, {"residence": "a", "at": (0, 50)}]
    )
    points = demand_points(residences, doors)
    assert [rule.value for rule in points.rule] == ["entrance", "inner_point"]
    found = straight_reach(points, np.asarray([(150.0, 50.0)]), 2)
    assert found.distance_m.tolist() == [50, math.floor(math.hypot(350, 50) * 1000 + 0.5) / 1000]
    inner = demand_points(residences)
    assert straight_reach(inner, np.asarray([(150.0, 50.0)]), 2).distance_m[0] == 100


def test_degrees_are_refused(frame):
    residences = frame("residences", [{"id": "a", "at": (0, 0)}])
    for crs in ("EPSG:4490", None):
        wrong = gpd.GeoDataFrame(
            residences.drop(columns="geometry"), geometry=list(residences.geometry), crs=crs
        )
        with pytest.raises(CrsError):
            demand_points(wrong)


def test_three_rates_with_what_is_not_known(frame):
    residences = frame(
        "residences",
        [
            {"id": "a", "box": (0, 0, 100, 100), "households": 300, "population": 900},
            {"id": "b", "box": (200, 0, 300, 100), "households": None, "population": 100},
            {"id": "c", "at": (0, 0), "households": 100, "elders": 7},
        ],
    )
    rates = coverage_rates(residences, np.asarray([True, False, False]))
    assert (rates.land.covered, rates.land.total, rates.land.unknown) == (10_000, 20_000, 1)
    assert (rates.households.covered, rates.households.total) == (300, 400)
    assert rates.households.share == 0.75
    assert rates.households.unknown == 1
    assert (rates.persons.covered, rates.persons.total, rates.persons.unknown) == (900, 1000, 1)
    assert (rates.elders.covered, rates.elders.total, rates.elders.unknown) == (0, 7, 2)
    assert rates.units.share == pytest.approx(1 / 3)
    nothing = coverage_rates(residences.iloc[2:], np.asarray([True]))
    assert nothing.land.share is None


def test_land_cut_by_service_areas(frame):
    residences = frame("residences", [{"id": "a", "box": (-1000, -1000, 1000, 1000)}])
    shapes = residences.geometry.to_numpy()
    land_m2 = land_within(shapes, np.asarray([(0.0, 0.0), (10.0, 0.0)]), 300.0)
    rates = coverage_rates(residences, np.asarray([True]), land_m2=land_m2)
    # Two circles of one radius, ten metres apart: the lens counts once.
    lens = 2 * 300**2 * math.acos(5 / 300) - 5 * math.sqrt(4 * 300**2 - 10**2)
    union = 2 * math.pi * 300**2 - lens
    assert rates.land.covered == pytest.approx(union, rel=3e-4)
    assert rates.land.total == 4_000_000
    assert land_within(shapes, np.empty((0, 2)), 300.0).tolist() == [0]
    assert land_within(shapes[:0], np.asarray([(0.0, 0.0)]), 300.0).tolist() == []
    apart = frame(
        "residences",
        [
            {"id": name, "box": (x, 0, x + 1, 1)}
            for name, x in zip("abc", (900, 0, 400), strict=True)
        ],
    )
    each = land_within(apart.geometry.to_numpy(), np.asarray([(0.0, 0.0)]), 300.0)
    assert each == pytest.approx([0, 1, 0])
