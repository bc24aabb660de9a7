"""Straight lines past barriers: brute force over every pair, and openings by hand."""

import math

import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.coverage import nearest_in_sight, sight_past
from facilityplan.network import Network

FEW = settings(max_examples=examples(60), deadline=None)
RIVER = shapely.box(-1000, 400, 3000, 500)
RAILWAY = shapely.LineString([(-1000, 450), (3000, 450)])


def barriers(*shapes):
    return np.asarray(shapes, dtype=object)


def roads(*lines):
    return Network.from_lines([shapely.LineString(line) for line in lines])


def free(sight, origin, target):
    return bool(sight.free(np.asarray([origin], float), np.asarray([target], float))[0])


GRID = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(lambda p: (p[0] * 50.0, p[1] * 50.0))
FINE = st.tuples(st.integers(0, 400_000), st.integers(0, 400_000)).map(
    lambda p: (p[0] / 1000, p[1] / 1000)
)
SPOTS = st.lists(GRID | FINE, min_size=1, max_size=9)
WALLS = st.lists(
    st.lists(GRID, min_size=2, max_size=3, unique=True).map(shapely.LineString)
    | st.tuples(GRID, st.integers(1, 100), st.integers(1, 100)).map(
        lambda b: shapely.box(b[0][0], b[0][1], b[0][0] + b[1], b[0][1] + b[2])
    ),
    max_size=4,
)


@FEW
@given(SPOTS, SPOTS, WALLS)
def test_nearest_with_a_free_line_is_that_of_all_pairs(origins, targets, walls):
    sight = sight_past(barriers(*walls), None, 50.0)
    found, chosen = nearest_in_sight(np.asarray(origins), np.asarray(targets), sight)
    for row, origin in enumerate(origins):
        best, at = math.inf, -1
        for number, target in enumerate(targets):
            line = shapely.LineString([origin, target])
            # Interiors meet, by the matrix of nine intersections; two equal points have no line.
            cut = origin != target and any(shapely.relate(line, wall)[0] != "F" for wall in walls)
            metres = math.floor(math.dist(origin, target) * 1000 + 0.5) / 1000
            if not cut and metres < best:
                best, at = metres, number
        assert (found[row], chosen[row]) == (best, at)


@FEW
@given(SPOTS, SPOTS)
def test_without_barriers_every_line_counts(origins, targets):
    origins, targets = np.asarray(origins), np.asarray(targets)
    found, _ = nearest_in_sight(origins, targets, sight_past(barriers(), None, 50.0))
    away = np.hypot(*(targets[None] - origins[:, None]).transpose(2, 0, 1)).min(axis=1)
    assert found == pytest.approx(away, abs=0.0005001)


@pytest.mark.parametrize("barrier", [RIVER, RAILWAY], ids=["river", "railway"])
def test_an_opening_is_as_wide_as_said_to_either_side_of_the_road(barrier):
    bridge = roads([(500, 0), (500, 1000)])
    sight = sight_past(barriers(barrier), bridge, 50.0)
    for x in (450.0, 500.0, 550.0):
        assert free(sight, (x, 0), (x, 900))
    for x in (449.99, 550.01, 2000.0):
        assert not free(sight, (x, 0), (x, 900))
    narrow = sight_past(barriers(barrier), bridge, 10.0)
    assert free(narrow, (510, 0), (510, 900))
    assert not free(narrow, (510.01, 0), (510.01, 900))
    assert not free(sight_past(barriers(barrier), None, 50.0), (500, 0), (500, 900))


@pytest.mark.parametrize(
    "line",
    [
        [(500, 0), (500, 450)],  # a pier, or a road that ends at the railway
        [(500, 0), (500, 400)],  # ends on the bank
        [(0, 380), (1000, 380)],  # runs beside it
        [(-500, 450), (900, 450)],  # runs on the railway, or down the river
    ],
)
def test_a_road_that_does_not_pass_opens_nothing(line):
    sight = sight_past(barriers(RIVER, RAILWAY), roads(line), 50.0)
    assert not free(sight, (500, 0), (500, 900))


def test_a_bridge_of_two_lines_that_meet_on_it_opens():
    halves = roads([(500, 0), (500, 450)], [(500, 450), (500, 900)])
    assert free(sight_past(barriers(RIVER), halves, 50.0), (500, 0), (500, 900))
    assert free(sight_past(barriers(RAILWAY), halves, 50.0), (500, 0), (500, 900))


def test_a_motorway_is_no_crossing():
    bridge = shapely.LineString([(500, 0), (500, 900)])
    path = shapely.LineString([(0, 0), (500, 0)])
    import geopandas as gpd

    frame = gpd.GeoDataFrame(
        {"class": ["motorway", "residential"]}, geometry=[bridge, path], crs="EPSG:4547"
    )
    sight = sight_past(barriers(RIVER), Network.from_lines(frame), 50.0)
    assert not free(sight, (500, 0), (500, 900))


def test_what_only_touches_is_free():
    sight = sight_past(barriers(RIVER), None, 50.0)
    assert free(sight, (0, 400), (900, 400)), "along the bank"
    assert free(sight, (0, 0), (0, 400)), "to the bank"
    assert not free(sight, (0, 400), (0, 500))
    assert free(sight, (0, 450), (0, 450)), "nothing stands between a place and itself"


def test_islands_reach_nothing_however_many_facilities():
    moat = shapely.Point(0, 0).buffer(60).difference(shapely.Point(0, 0).buffer(50))
    ring = [(200 * math.cos(a), 200 * math.sin(a)) for a in range(40)]
    sight = sight_past(barriers(moat), None, 50.0)
    found, chosen = nearest_in_sight(np.zeros((1, 2)), np.asarray(ring), sight)
    assert math.isinf(found[0])
    assert chosen[0] == -1
    inside = np.asarray([*ring, (0.0, 30.0)])
    found, chosen = nearest_in_sight(np.zeros((1, 2)), inside, sight)
    assert (found[0], chosen[0]) == (30.0, 40)


def test_missing_and_empty_shapes_stand_in_nobodys_way():
    sight = sight_past(barriers(None, shapely.LineString()), roads([(0, 0), (9, 9)]), 50.0)
    assert free(sight, (0, 0), (900, 900))
