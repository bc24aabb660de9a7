"""Node snapping, as common recipes do it, against the recipe itself in networkx."""

import math

import networkx as nx
import numpy as np
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.coverage import DemandPoints, PointRule, node_reach
from facilityplan.network import Network

SPOT = st.tuples(st.integers(0, 500_000), st.integers(0, 500_000)).map(
    lambda p: (p[0] / 1000, p[1] / 1000)
)


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=2, unique=True
        ),
        min_size=1,
        max_size=14,
    ),
    st.lists(SPOT, min_size=1, max_size=6),
    st.lists(SPOT, min_size=1, max_size=4),
)
def test_the_recipe(streets, homes, places):
    # Streets of a grid that is stretched unevenly, so that nodes are seldom equally near.
    grid = [[(x * 113.0 + y, y * 97.0 + 2 * x) for x, y in street] for street in streets]
    network = Network.from_lines([shapely.LineString(street) for street in grid])
    graph = nx.Graph()
    for a, b in grid:
        graph.add_edge(a, b, length=math.floor(math.dist(a, b) * 1000 + 0.5))

    def nodes(point):
        away = {node: math.dist(node, point) for node in graph}
        least = min(away.values())
        return [node for node in away if away[node] - least < 1e-9]

    # Where two nodes are equally near the recipe may take either; such cases are left out.
    if any(len(nodes(point)) > 1 for point in homes + places):
        return
    ends = {nodes(place)[0] for place in places}
    ways = nx.multi_source_dijkstra_path_length(graph, ends, weight="length")
    wanted = [ways.get(nodes(home)[0], math.inf) / 1000 for home in homes]
    rule = (PointRule.INNER_POINT,) * len(homes)
    demand = DemandPoints(np.asarray(homes), np.arange(len(homes)), rule)
    assert node_reach(demand, np.asarray(places), len(homes), network).tolist() == wanted


def test_legs_are_left_out():
    network = Network.from_lines([shapely.LineString([(0, 0), (300, 0)])])
    demand = DemandPoints(np.asarray([[20.0, 400.0]]), np.asarray([0]), (PointRule.INNER_POINT,))
    assert node_reach(demand, np.asarray([[290.0, 80.0]]), 1, network)[0] == 300.0
    assert node_reach(demand, np.asarray([[10.0, 80.0]]), 1, network)[0] == 0.0
    assert np.isinf(node_reach(demand, np.empty((0, 2)), 1, network)[0])
