"""Pairs within a limit against a dense table of all distances."""

import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.coverage import DemandPoints, PointRule, straight_pairs, walking_pairs
from facilityplan.network import Network


def points(xy, owner):
    rules = (PointRule.ENTRANCE,) * (max(owner, default=-1) + 1)
    return DemandPoints(np.asarray(xy, float).reshape(-1, 2), np.asarray(owner, int), rules)


def stored(table):
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    return dict(
        zip(zip(rows.tolist(), table.indices.tolist(), strict=True), table.data, strict=True)
    )


def test_exactly_at_the_limit_and_at_one_place():
    found = straight_pairs(
        points([(0, 0), (300, 400), (900, 0)], [0, 1, 2]),
        np.array([[0.0, 0.0], [0.0, 500.0005]]),
        3,
        500.0,
    )
    assert stored(found) == {(0, 0): 0.0, (1, 0): 500.0, (1, 1): pytest.approx(316.228)}


def test_the_nearest_of_several_doors_counts():
    found = straight_pairs(points([(0, 0), (100, 0)], [0, 0]), np.array([[130.0, 0.0]]), 1, 500.0)
    assert stored(found) == {(0, 0): 30.0}


def test_a_line_that_is_not_free_does_not_count():
    def free(starts, ends):
        return (starts[:, 0] < 250) == (ends[:, 0] < 250)

    demand, place = points([(0, 0), (300, 0)], [0, 1]), np.array([[200.0, 0.0]])
    assert stored(straight_pairs(demand, place, 2, 500.0, free=free)) == {(0, 0): 200.0}


def test_nothing_on_one_side():
    assert straight_pairs(points([], []), np.ones((2, 2)), 0, 9.0).shape == (0, 2)
    assert straight_pairs(points([(0, 0)], [0]), np.empty((0, 2)), 1, 9.0).shape == (1, 0)


@settings(max_examples=examples(40))
@given(st.integers(0, 2**32))
def test_a_dense_table_says_the_same(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 30), rng.integers(1, 10)
    owner = np.sort(rng.integers(0, n, n + 5))
    door, place = rng.integers(0, 60, (n + 5, 2)) * 25.0, rng.integers(0, 60, (m, 2)) * 25.0
    found = stored(straight_pairs(points(door, owner), place, n, 500.0))
    want = {}
    for at, (x, y) in zip(owner.tolist(), door, strict=True):
        for j, (u, v) in enumerate(place):
            distance = round(((x - u) ** 2 + (y - v) ** 2) ** 0.5, 3)
            if distance <= 500:
                want[at, j] = min(distance, want.get((at, j), np.inf))
    assert found == pytest.approx(want)


def test_on_foot_legs_count_and_what_is_off_the_network_has_no_pair():
    network = Network.from_lines([shapely.LineString([(0, 0), (1000, 0)])])
    demand = points([(0, 20), (900, 30), (200, 700)], [0, 0, 1])
    found = walking_pairs(demand, np.array([[500.0, 10.0]]), 2, network, 600.0, snap_limit_m=500.0)
    assert stored(found) == {(0, 0): 30 + 400 + 10}
