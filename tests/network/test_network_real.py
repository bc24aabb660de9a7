"""Jinan and Zhengzhou as they are."""

import itertools
import math

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest

from facilityplan.network import Network

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def jinan(shared):
    roads = gpd.read_file(shared / "jinan_roads" / "edges.shp")
    return roads.set_crs("EPSG:4326").to_crs("EPSG:32650")


@pytest.fixture(scope="module")
def zhengzhou(shared):
    return gpd.read_file(shared / "zhengzhou_roads" / "roads.geojson").to_crs("EPSG:4547")


def test_jinan_counts_each_street_once(jinan):
    network = Network.from_lines(jinan)
    assert network.n_nodes == 12_766
    assert network.report.components == 26
    # both directions of a street are the same segments, walked from either end
    segments = {
        (min(a, b), max(a, b))
        for line in jinan.geometry
        for a, b in itertools.pairwise(line.coords)
    }
    walked_m = sum(math.dist(a, b) for a, b in segments)
    assert abs(network.total_length_m - walked_m) < 0.0005 * network.n_edges
    assert network.report.lengthless_parts == (jinan.length == 0).sum() == 1
    # two lines share a stretch: one was cut, and the stretch stands once
    lines = {min(c, c[::-1]) for c in (tuple(x.coords) for x in jinan.geometry if x.length)}
    assert network.n_edges == len(lines) + 1


def test_jinan_as_the_oracle_walks(jinan, walker):
    rng = np.random.default_rng(20)
    vertices = jinan.geometry.get_coordinates().to_numpy()
    origins = vertices[rng.integers(0, len(vertices), 25)] + rng.normal(0, 80, (25, 2))
    near = origins[:10] + rng.normal(0, 500, (10, 2))
    far = vertices[rng.integers(0, len(vertices), 10)] + rng.normal(0, 80, (10, 2))
    facilities = np.concatenate([near, far])
    oracle = walker(jinan.geometry)
    expected, ways = oracle.distances(origins, facilities)
    assert expected.size == 500

    network = Network.from_lines(jinan)
    stored = network.pairs(origins, facilities, limit_m=1e6).tocoo()
    metres = np.full(expected.shape, np.inf)
    metres[stored.row, stored.col] = stored.data
    assert (np.isinf(metres) == np.isinf(expected)).all()
    short = expected <= 2000
    assert short.sum() >= 10
    assert np.abs(metres[short] - expected[short]).max() <= 0.01
    junction = {node for node, degree in oracle.graph.degree if degree != 2}
    for (row, column), way in ways.items():
        # the two off-network legs are rounded too
        edges = sum(node in junction for node in way) + 3
        assert abs(metres[row, column] - expected[row, column]) <= max(0.01, edges * 0.001)

    for limit_m in (800.0, 3000.0, 15_000.0):
        within = network.pairs(origins, facilities, limit_m=limit_m).tocoo()
        inside = np.zeros(expected.shape, dtype=bool)
        inside[within.row, within.col] = True
        clear = np.abs(expected - limit_m) > 0.01
        assert (inside == (expected <= limit_m))[clear].all()
    found = network.nearest(origins, facilities)
    assert (found.distance_m == metres.min(axis=1)).all()
    assert (found.facility == metres.argmin(axis=1))[np.isfinite(found.distance_m)].all()


def test_zhengzhou_meets_at_shared_vertices(zhengzhou):
    network = Network.from_lines(zhengzhou)
    oracle = nx.Graph()
    for line in zhengzhou.geometry:
        oracle.add_edges_from(
            itertools.pairwise((round(x * 1000), round(y * 1000)) for x, y in line.coords)
        )
    assert nx.number_connected_components(oracle) == 10
    assert network.report.components == 10
    assert network.total_length_m == pytest.approx(zhengzhou.length.sum(), abs=10)


def test_zhengzhou_nobody_walks_on_motorways_and_building_sites(zhengzhou):
    roads = zhengzhou.rename(columns={"highway": "class"})
    network = Network.from_lines(roads)
    shut = roads["class"].isin(["motorway", "motorway_link", "construction", "raceway"])
    bare = roads["class"].isin(["trunk", "trunk_link"]) & (roads["foot"] != "yes")
    out = shut | bare
    assert (shut.sum(), bare.sum()) == (156, 237)
    assert network.report.excluded_rows == out.sum()
    told = {(item.reason, item.road_class): item.rows for item in network.report.left_out}
    assert told["no_footway", "trunk"] + told["no_footway", "trunk_link"] == 237
    assert told["class", "motorway"] == (roads["class"] == "motorway").sum()
    assert network.report.unknown_classes == ()
    alone = Network.from_lines(roads[~out].drop(columns="class"))
    assert (network.edges.length_mm == alone.edges.length_mm).all()
    on_motorway = roads[roads["class"] == "motorway"].geometry.interpolate(0.37, normalized=True)
    assert (network.snap(on_motorway).off_mm > 0).all()
    everything = Network.from_lines(roads, walkable_classes=dict.fromkeys(roads["class"], True))
    assert everything.report.excluded_rows == 0
