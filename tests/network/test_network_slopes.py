"""Minutes on slopes, with times worked out by hand from Tobler's own function."""

import math

import networkx as nx
import numpy as np
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from facilityplan import locale
from facilityplan.errors import NetworkError, UsageError
from facilityplan.network import Network, SlopedNetwork, metres_within, minutes
from facilityplan.network.slopes import effort_ratio


def tobler_km_per_h(slope):
    return 6 * math.exp(-3.5 * abs(slope + 0.05))


def times(slope):
    """Return how many times as long 1 km takes as on the flat, there and back, halved."""
    return sum(tobler_km_per_h(0) / tobler_km_per_h(s) for s in (slope, -slope)) / 2


@pytest.mark.parametrize("slope", [0, 0.01, 0.05, 0.051, 0.1, 0.3, 1.0, -0.2])
def test_effort_is_the_mean_of_both_directions(slope):
    assert effort_ratio(np.array([slope]))[0] == pytest.approx(times(slope), rel=1e-12)
    assert effort_ratio(np.array([0.0]))[0] == 1.0


HILL = [LineString([(0, 0, 50), (100, 0, 50), (200, 0, 60), (300, 0, 30)])]


def test_a_hill_takes_its_time():
    network = SlopedNetwork.from_lines(HILL, speed_m_per_min=60)
    whole = 100 + 100 * times(0.1) + 100 * times(0.3)
    found = network.nearest([[0, 0], [150, 6], [250, 0]], [[300, 0]])
    expected = [whole, 6 + 50 * times(0.1) + 100 * times(0.3), 50 * times(0.3)]
    assert found.time_min == pytest.approx(np.array(expected) / 60, abs=0.003 / 60)
    back = network.pairs([[300, 0]], [[0, 0]], limit_min=100).data[0]
    assert back == found.time_min[0]
    assert network.pairs([[0, 0]], [[300, 0]], limit_min=float(back)).nnz == 1
    assert network.pairs([[0, 0]], [[300, 0]], limit_min=float(back) - 1e-4).nnz == 0
    assert network.nearest([[0, 0]], [[300, 0]], limit_min=5).facility.tolist() == [-1]
    assert (network.without_elevation, network.too_steep) == (0, 0)


def test_the_way_round_the_hill_is_sooner():
    over = LineString([(0, 0, 0), (50, 0, 20), (100, 0, 0)])
    around = LineString([(0, 0, 0), (0, 30, 0), (100, 30, 0), (100, 0, 0)])
    network = SlopedNetwork.from_lines([over, around], speed_m_per_min=80)
    assert network.nearest([[0, 0]], [[100, 0]]).time_min.tolist() == [160 / 80]
    assert Network.from_lines([over, around]).nearest([[0, 0]], [[100, 0]]).distance_m == [100]


def test_missing_and_absurd_elevations_are_told():
    lines = [*HILL, LineString([(300, 0), (400, 0)]), LineString([(0, 0, 50), (0, 10, 99)])]
    network = SlopedNetwork.from_lines(lines, speed_m_per_min=60)
    assert (network.without_elevation, network.too_steep) == (1, 1)
    found = network.nearest([[300, 0], [0, 10]], [[400, 0], [0, 0]])
    assert found.time_min == pytest.approx([100 / 60, 10 * times(1.0) / 60], abs=1e-4)
    with pytest.raises(NetworkError) as caught:
        SlopedNetwork.from_lines([LineString([(0, 0), (1, 0)])], speed_m_per_min=60)
    assert all(caught.value.render(lang) for lang in locale.LANGUAGES)


@settings(max_examples=examples(40), deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_as_networkx_walks_and_never_sooner_than_on_the_flat(make_roads, seed):
    lines, _ = make_roads(seed)

    def height(x, y):
        return 12 * math.sin(x / 90) + 9 * math.cos(y / 70)

    lines = [LineString([(x, y, height(x, y)) for x, y in line.coords]) for line in lines]
    graph = nx.Graph()
    for line in lines:
        for a, b in zip(line.coords[:-1], line.coords[1:], strict=True):
            run = math.dist(a[:2], b[:2])
            graph.add_edge(a[:2], b[:2], weight=run * times((b[2] - a[2]) / run))
    nodes = list(graph)[:8]
    expected = dict(nx.all_pairs_dijkstra_path_length(graph))
    network = SlopedNetwork.from_lines(lines, speed_m_per_min=60)
    found = network.pairs(nodes, nodes, limit_min=1e4).toarray()
    flat = Network.from_lines(lines).pairs(nodes, nodes, limit_m=1e6).toarray()
    for i, a in enumerate(nodes):
        for j, b in enumerate(nodes):
            assert found[i, j] * 60 == pytest.approx(expected[a].get(b, 0), abs=0.05)
    assert (found * 60 >= flat - 0.05).all()
    level = [LineString([(x, y, 7) for x, y, _ in line.coords]) for line in lines]
    even = SlopedNetwork.from_lines(level, speed_m_per_min=60).pairs(nodes, nodes, limit_min=1e4)
    assert np.abs(even.toarray() * 60 - flat).max() < 0.05


def test_speeds_and_times_that_are_none_are_refused():
    calls = [
        *(lambda v=v: minutes(np.array([1.0]), v) for v in (0, -1, np.nan, np.inf)),
        *(lambda v=v: metres_within(v, 60) for v in (-1, np.nan, np.inf)),
        lambda: SlopedNetwork.from_lines(HILL, speed_m_per_min=0),
    ]
    for call in calls:
        with pytest.raises(UsageError) as caught:
            call()
        assert all(caught.value.render(lang) for lang in locale.LANGUAGES)
