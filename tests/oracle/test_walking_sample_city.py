"""Walking distances of the sample city against networkx with every point inserted into the graph.

Nothing of ours measures here: the roads are noded, the points projected onto their nearest line
and the ways searched with shapely and networkx alone.
"""

import itertools
import math
from collections import Counter
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from shapely.strtree import STRtree

import facilityplan as fp

CITY = Path(__file__).resolve().parents[2] / "data" / "sample_city"
NOBODY_WALKS_ON = {"motorway"}


def key(point):
    return (round(point[0], 3), round(point[1], 3))


def pieces_of(lines):
    """Cut lines at every vertex that more than one of them uses."""
    uses = Counter()
    for line in lines:
        uses.update({key(p) for p in line.coords})
        uses.update([key(line.coords[0]), key(line.coords[-1])])
    for line in lines:
        run = [line.coords[0]]
        for point in line.coords[1:]:
            run.append(point)
            if uses[key(point)] > 1:
                yield shapely.LineString(run)
                run = [point]
        if len(run) > 1:
            yield shapely.LineString(run)


def graph_with(edges, points):
    """Return the graph with each point joined to the nearest line; its own leg is an edge."""
    tree = STRtree(edges)
    nearest = tree.query_nearest(shapely.points(points), all_matches=False)[1]
    cuts = {}
    for number, (edge, point) in enumerate(zip(nearest, points, strict=True)):
        along = edges[edge].project(shapely.Point(point))
        cuts.setdefault(int(edge), []).append((along, number))
    graph = nx.Graph()

    def join(a, b, length):
        if graph.has_edge(a, b):
            length = min(length, graph[a][b]["length"])
        graph.add_edge(a, b, length=length)

    for index, edge in enumerate(edges):
        start, end = key(edge.coords[0]), key(edge.coords[-1])
        stops = [(0.0, start)]
        for along, number in sorted(cuts.get(index, [])):
            stops.append((along, ("snap", number)))
            off = edge.distance(shapely.Point(points[number]))
            join(("snap", number), ("point", number), off)
        stops.append((edge.length, end))
        for (at, a), (to, b) in itertools.pairwise(stops):
            if a != b:
                join(a, b, to - at)
    return graph


@pytest.fixture(scope="module")
def world():
    project = fp.open_project(CITY)
    roads = gpd.read_file(CITY / "city.gpkg", layer="roads")
    walkable = roads[~roads["等级"].isin(NOBODY_WALKS_ON)]
    edges = np.asarray(list(pieces_of(walkable.geometry)), dtype=object)
    clause = next(c for c in project.standards.clauses() if c.id == "SF01a")
    counting = np.flatnonzero(project.context.selection(clause).counting)
    origins = shapely.get_coordinates(project.residences.geometry.representative_point())
    places = shapely.get_coordinates(project.facilities.geometry)[counting]
    points = np.vstack([origins, places])
    graph = graph_with(edges, points)
    return project, counting, len(origins), graph


def test_every_residence_walks_as_far_as_the_oracle_says(world):
    project, counting, size, graph = world
    best = np.full(size, math.inf)
    for position in range(len(counting)):
        found = nx.single_source_dijkstra_path_length(
            graph, ("point", size + position), weight="length"
        )
        for residence in range(size):
            best[residence] = min(best[residence], found.get(("point", residence), math.inf))
    table = project.coverage().table()
    ours = dict(zip(table["id"], table["walking_m"], strict=True))
    ids = project.residences["id"].tolist()
    off = set(project.coverage().coverage.off_network)
    assert len(off) == 1
    compared = 0
    for residence, expected in zip(ids, best, strict=True):
        if residence not in ours:
            continue
        found = ours[residence]
        compared += 1
        if residence in off:
            # the graph walks any distance to a road, a person does not
            assert math.isinf(found)
            continue
        if math.isinf(expected):
            assert found is None or math.isinf(found)
            continue
        # 1 cm up to 2 km; beyond, a millimetre for each of the edges walked (about 80 m each).
        slack = 0.01 if expected <= 2000 else max(0.01, 0.001 * expected / 20)
        assert found == pytest.approx(expected, abs=slack), residence
    assert compared == 961
    assert np.isfinite(best).sum() > 900


@pytest.mark.parametrize("limit_m", [500.0, 1000.0])
def test_the_same_residences_are_within_a_limit(world, limit_m):
    project, counting, size, graph = world
    sources = [("point", size + position) for position in range(len(counting))]
    found = nx.multi_source_dijkstra_path_length(
        graph, sources, cutoff=limit_m + 10, weight="length"
    )
    table = project.coverage().table()
    ours = dict(zip(table["id"], table["walking_m"], strict=True))
    inside = outside = 0
    for row, residence in enumerate(project.residences["id"]):
        expected = found.get(("point", row), math.inf)
        if abs(expected - limit_m) < 0.01:
            continue
        within = ours[residence] is not None and ours[residence] <= limit_m
        assert within == (expected <= limit_m), residence
        inside += within
        outside += not within
    assert inside > 50
    assert outside > 50
