"""Three road networks as they are, against networkx with every point put in.

A sample in each run; all 2,000 pairs of points in a campaign.
"""

import networkx as nx
import numpy as np
import pyogrio
import pytest
from campaign import examples

from facilityplan.network import Network, search

pytestmark = pytest.mark.real

TARGETS = 20
PAIRS = 2000


def jinan(shared):
    roads = pyogrio.read_dataframe(shared / "jinan_roads" / "edges.shp")
    return roads.set_crs("EPSG:4326").to_crs("EPSG:32650").geometry


def zhengzhou(shared):
    roads = pyogrio.read_dataframe(shared / "zhengzhou_roads" / "roads.geojson")
    return roads.to_crs("EPSG:4547").geometry


def liechtenstein(shared):
    source = next((shared / "liechtenstein").glob("*.pbf"))
    lines = pyogrio.read_dataframe(source, layer="lines", columns=["highway"])
    return lines[lines["highway"].notna()].to_crs("EPSG:32632").geometry


@pytest.fixture(scope="module", params=[jinan, zhengzhou, liechtenstein])
def city(request, shared, walker):
    """Return the network, and an oracle that holds origins, targets, homes and facilities."""
    lines = request.param(shared)
    rng = np.random.default_rng(17)
    vertices = lines.get_coordinates().to_numpy()

    def around(count, spread_m):
        at = vertices[rng.integers(0, len(vertices), count)]
        return at + rng.normal(0, spread_m, (count, 2))

    origins = around(min(PAIRS // TARGETS, examples(3)), 60)
    near = np.repeat(origins, TARGETS // 2, axis=0)
    near = near + rng.normal(0, 700, near.shape)
    far = around(len(near), 60)
    targets = np.stack([near.reshape(len(origins), -1, 2), far.reshape(len(origins), -1, 2)], 1)
    targets = targets.reshape(-1, 2)
    homes, facilities = around(examples(150), 60), around(300, 60)
    oracle = walker(lines)
    sets = (origins, targets, homes, facilities)
    graph = oracle.with_points(np.concatenate(sets))
    junction = {node for node, degree in oracle.graph.degree if degree != 2}
    # metres and how many edges are walked, the two off-network legs among them
    walks = {}
    for row in range(len(origins)):
        found, ways = nx.single_source_dijkstra(graph, row)
        for column in range(row * TARGETS, (row + 1) * TARGETS):
            way = ways.get(len(origins) + column, [])
            metres = found.get(len(origins) + column, np.inf)
            walks[row, column] = metres, sum(node in junction for node in way) + 3
    return Network.from_lines(lines), sets, graph, walks


@pytest.fixture(scope="module", params=["numba", "scipy"])
def using(request):
    if request.param == "numba":
        pytest.importorskip("numba")
    return request.param


def walked(city, using, one, two, limit_m):
    network, sets, _, _ = city
    start, end = network.snap(sets[one]), network.snap(sets[two])
    stored = search.pairs(network.search_graph, start, end, round(limit_m * 1000), using=using)
    metres = np.full(stored.shape, np.inf)
    coo = stored.tocoo()
    metres[coo.row, coo.col] = coo.data
    return metres


def test_random_pairs_of_points(city, using):
    walks = city[3]
    metres = walked(city, using, 0, 1, 1e6)
    for (row, column), (expected, edges) in walks.items():
        ours = metres[row, column]
        assert np.isinf(ours) == np.isinf(expected)
        if np.isfinite(expected):
            slack = 0.01 if expected <= 2000 else max(0.01, 0.001 * edges)
            assert abs(ours - expected) <= slack
    assert np.isfinite([expected for expected, _ in walks.values()]).sum() > len(walks) / 2
    assert min(expected for expected, _ in walks.values()) < 2000


def test_within_limits_and_nearest_of_300_facilities(city, using):
    network, (origins, targets, homes, facilities), graph, _ = city
    first_home = len(origins) + len(targets)
    first = first_home + len(homes)
    expected = np.full((len(homes), len(facilities)), np.inf)
    for column in range(len(facilities)):
        found = nx.single_source_dijkstra_path_length(graph, first + column, cutoff=1001)
        for home in range(len(homes)):
            expected[home, column] = found.get(first_home + home, np.inf)
    for limit_m in (500, 1000):
        metres = walked(city, using, 2, 3, limit_m)
        clear = np.abs(expected - limit_m) > 0.01
        assert (np.isfinite(metres) == (expected <= limit_m))[clear].all()
        both = np.isfinite(metres) & np.isfinite(expected)
        assert both.sum() > 20
        assert np.abs(metres[both] - expected[both]).max() <= 0.01
    # a limit that is exactly the distance of a pair includes it, a millimetre less does not
    row, column = np.argwhere(both)[0]
    exactly = float(metres[row, column])
    assert walked(city, using, 2, 3, exactly)[row, column] == exactly
    assert np.isinf(walked(city, using, 2, 3, exactly - 0.001)[row, column])

    sources = [first + column for column in range(len(facilities))]
    least = nx.multi_source_dijkstra_path_length(graph, sources)
    start, end = network.snap(homes), network.snap(facilities)
    nearest = search.nearest(network.search_graph, start, end, using=using)
    for home in range(len(homes)):
        metres = least.get(first_home + home, np.inf)
        assert nearest.distance_m[home] == pytest.approx(metres, abs=max(0.01, metres / 20_000))
