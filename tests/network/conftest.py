"""An oracle: networkx on single segments, points put in by brute force, plain floats."""

import itertools
import math
import os
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


class Walker:
    """Every vertex is a node and every segment an edge; nothing is merged into longer edges."""

    def __init__(self, lines):
        self.graph = nx.Graph()
        ends = {}
        for line in lines:
            for part in getattr(line, "geoms", [line]):
                for a, b in itertools.pairwise(part.coords):
                    u, v = self.key(a), self.key(b)
                    if u != v:
                        ends[u, v] = (a[:2], b[:2])
                        self.graph.add_edge(u, v, weight=math.dist(a[:2], b[:2]))
        self.names = list(ends)
        self.a = np.array([ends[name][0] for name in self.names])
        self.b = np.array([ends[name][1] for name in self.names])

    @staticmethod
    def key(xy):
        return (math.floor(xy[0] * 1000 + 0.5), math.floor(xy[1] * 1000 + 0.5))

    def place(self, xy):
        """Return the nearest segment, the share along it and the distance to it."""
        along = self.b - self.a
        share = ((xy - self.a) * along).sum(axis=1) / (along**2).sum(axis=1)
        share = share.clip(0, 1)
        off = np.hypot(*(self.a + share[:, None] * along - xy).T)
        best = int(off.argmin())
        return self.names[best], share[best], off[best]

    def with_points(self, points):
        """Return a graph that holds the points as nodes 0, 1, ..., their off-network legs too."""
        graph, cuts = self.graph.copy(), {}
        for number, xy in enumerate(np.asarray(points, dtype=float)):
            (u, v), share, off = self.place(xy)
            if u > v:
                u, v, share = v, u, 1 - share
            cuts.setdefault((u, v), []).append((share, number, off))
        for (u, v), here in cuts.items():
            length = graph[u][v]["weight"]
            graph.remove_edge(u, v)
            stops = [(0.0, u)] + [(s, ("on", n)) for s, n, _ in sorted(here)] + [(1.0, v)]
            for (s, p), (t, q) in itertools.pairwise(stops):
                graph.add_edge(p, q, weight=(t - s) * length)
            for _, number, off in here:
                graph.add_edge(("on", number), number, weight=off)
        return graph

    @staticmethod
    def ways(graph, source):
        """Return metres from a node of a graph to every node that a way leads to."""
        return nx.single_source_dijkstra_path_length(graph, source)

    def distances(self, sources, targets):
        """Return metres, shape (sources, targets), inf where there is no way, and the ways.

        A point's own leg is a dead end, so that no way leads through another point.
        """
        graph = self.with_points(np.concatenate([sources, targets]))
        metres = np.full((len(sources), len(targets)), np.inf)
        ways = {}
        for row in range(len(sources)):
            found, paths = nx.single_source_dijkstra(graph, row)
            for column in range(len(targets)):
                name = len(sources) + column
                if name in found:
                    metres[row, column] = found[name]
                    ways[row, column] = paths[name]
        return metres, ways


@pytest.fixture(scope="session")
def walker():
    return Walker


@pytest.fixture(scope="session")
def shared():
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"the shared data is not there: {SHARED}")
        pytest.skip("the shared data (../shared/data) is not on this machine")
    return SHARED


def random_roads(seed):
    """Return a bent grid with gaps, loops, parallels and detached bits, and points around it."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 6))
    xy = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1) * 100.0
    # multiples of 2**-10 m stay exact when moved by whole metres
    xy = np.round((xy + rng.uniform(-35, 35, xy.shape)) * 1024) / 1024
    lines = []
    for i, j in itertools.product(range(size), range(size)):
        for di, dj in ((0, 1), (1, 0)):
            if i + di < size and j + dj < size and rng.random() < 0.8:
                a, b = xy[i, j], xy[i + di, j + dj]
                middle = np.round(((a + b) / 2 + rng.uniform(-20, 20, 2)) * 1024) / 1024
                lines.append(shapely.LineString([a, middle, b]))
                if rng.random() < 0.2:
                    lines.append(shapely.LineString([b, middle, a]))
                if rng.random() < 0.2:
                    lines.append(shapely.LineString([a, b]))
    lines.append(shapely.LineString([xy[0, 0], xy[0, 0] - (30, 9), xy[0, 0] - (7, 41), xy[0, 0]]))
    lines.append(shapely.LineString([(1000, 0), (1100, 37)]))
    points = rng.uniform(-80, size * 100, (12, 2))
    points[:2] = rng.uniform((1000, -20), (1100, 60), (2, 2))
    return lines, np.round(points * 1024) / 1024


@pytest.fixture(scope="session")
def make_roads():
    return random_roads
