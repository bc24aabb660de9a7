"""Against the oracle on random streets, and what holds on any network."""

import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.network import Network

SEEDS = st.integers(0, 2**32 - 1)
EVERYTHING_M = 1e6
CM = 0.01


def table(network, origins, destinations):
    """Return metres as a dense array, inf where there is no way."""
    stored = network.pairs(origins, destinations, limit_m=EVERYTHING_M).tocoo()
    metres = np.full(stored.shape, np.inf)
    metres[stored.row, stored.col] = stored.data
    return metres


def same(one, two, tolerance):
    assert (np.isinf(one) == np.isinf(two)).all()
    some = np.isfinite(one)
    assert np.abs(one[some] - two[some]).max(initial=0) <= tolerance


@pytest.fixture(scope="module")
def tools(walker, make_roads):
    return walker, make_roads


@settings(max_examples=examples(200), deadline=None)
@given(seed=SEEDS)
def test_as_the_oracle_walks(tools, seed):
    walker, make_roads = tools
    lines, points = make_roads(seed)
    origins, facilities = points[:7], points[7:]
    expected, _ = walker(lines).distances(origins, facilities)
    network = Network.from_lines(lines)
    same(table(network, origins, facilities), expected, CM)
    found = network.nearest(origins, facilities)
    same(found.distance_m, expected.min(axis=1), CM)
    limited = network.pairs(origins, facilities, limit_m=300).toarray() > 0
    clear = np.abs(expected - 300) > CM
    assert (limited == (expected <= 300))[clear].all()


@settings(max_examples=examples(200), deadline=None)
@given(seed=SEEDS)
def test_a_walk_is_a_metric_and_the_nearest_is_the_least_of_all_pairs(tools, seed):
    lines, points = tools[1](seed)
    network = Network.from_lines(lines)
    metres = table(network, points, points)
    assert (metres == metres.T).all()
    straight = np.hypot(*(points[:, None] - points[None, :]).T)
    assert (metres >= straight.T - CM).all()
    around = (metres[:, :, None] + metres[None, :, :]).min(axis=1)
    assert (metres <= around + CM).all()
    to = np.concatenate([points[5:], points[5:8]])
    found = network.nearest(points[:5], to)
    every = table(network, points[:5], to)
    assert (found.distance_m == every.min(axis=1)).all()
    reached = np.isfinite(found.distance_m)
    assert (found.facility == np.where(reached, every.argmin(axis=1), -1)).all()
    least = np.sort(found.distance_m[reached])
    limit_m = float(least[len(least) // 2]) if len(least) else 0.0
    cut = network.nearest(points[:5], to, limit_m=limit_m)
    within = found.distance_m <= limit_m
    assert (cut.facility == np.where(within, found.facility, -1)).all()
    assert (cut.distance_m == np.where(within, found.distance_m, np.inf)).all()


@settings(max_examples=examples(200), deadline=None)
@given(seed=SEEDS)
def test_row_order_is_nothing(tools, seed):
    lines, points = tools[1](seed)
    rng = np.random.default_rng(seed)
    mixed = [
        lines[i] if rng.random() < 0.5 else lines[i].reverse() for i in rng.permutation(len(lines))
    ]
    order, other = rng.permutation(6), rng.permutation(6)
    one, two = Network.from_lines(lines), Network.from_lines(mixed)
    metres = table(one, points[:6], points[6:])
    assert (table(two, points[:6][order], points[6:][other]) == metres[np.ix_(order, other)]).all()
    plain = one.nearest(points[:6], points[6:])
    turned = two.nearest(points[:6][order], points[6:])
    assert (turned.distance_m == plain.distance_m[order]).all()
    assert (turned.facility == plain.facility[order]).all()


@settings(max_examples=examples(200), deadline=None)
@given(seed=SEEDS, dx=st.integers(-(10**6), 10**6), dy=st.integers(-(10**6), 10**6))
def test_moving_everything_changes_nothing(tools, seed, dx, dy):
    lines, points = tools[1](seed)
    by = np.array([dx, dy], dtype=float)
    moved = shapely.transform(np.array(lines), lambda xy: xy + by)
    one = table(Network.from_lines(lines), points, points)
    two = table(Network.from_lines(moved), points + by, points + by)
    same(one, two, CM)


@settings(max_examples=examples(60), deadline=None)
@given(seed=SEEDS, limit_m=st.floats(1, 600))
def test_service_lines_are_where_the_walk_is_within_the_limit(tools, seed, limit_m):
    lines, points = tools[1](seed)
    network = Network.from_lines(lines)
    rng = np.random.default_rng(seed)
    street = network.edges.lines[rng.integers(0, network.n_edges, 60)]
    on_street = shapely.line_interpolate_point(street, rng.random(60), normalized=True)
    for facility in points[1:4]:
        area = network.service_lines(facility, limit_m)
        metres = network.nearest(on_street, [facility]).distance_m
        inside = shapely.distance(area, on_street) < 0.001
        clear = np.abs(metres - limit_m) > CM
        # where streets cross without meeting, a place may lie on another street's stretch
        crossing = np.array(
            [shapely.intersects(network.edges.lines, p.buffer(0.01)).sum() > 1 for p in on_street]
        )
        assert (inside == (metres <= limit_m))[clear & ~crossing].all()
    each = shapely.union_all([network.service_lines(place, limit_m) for place in points[1:4]])
    together = network.streets_within(points[1:4], limit_m)
    assert shapely.hausdorff_distance(each, together) < CM if each.length else together.is_empty
    assert together.length <= each.length + CM
