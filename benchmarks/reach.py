"""Reach beside its peers: scipy, networkx, pandana and the usual recipe, in one run.

``make bench`` runs it; results go to ``benchmarks/RESULTS.md``. CPU seconds of this process, one
thread unless said. Ratios (peer / ours) hold where single times do not.

The made-up graphs are perturbed grids with about 1.5 edges a node and 76 m an edge, their nodes
shuffled. Peers that would take minutes answer for a few sources and are scaled; it says so.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")


import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra

from facilityplan.network import Network, kernel, search
from facilityplan.network.noding import Edges
from facilityplan.network.searchgraph import SearchGraph
from facilityplan.network.snap import Snapped, snap_to_edges

LIMIT_MM = 1_000_000
SPACING_M = 70.0
"""Gives edges of 76 m in the mean."""


def cpu_s(action, repeat=3):
    """Return the least CPU time of some tries, and the answer."""
    best, answer = float("inf"), None
    for _ in range(repeat):
        start = time.process_time()
        answer = action()
        best = min(best, time.process_time() - start)
    return best, answer


def peak_mb():
    """Return the most memory this process has held; what its parent held does not count."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.split("VmHWM:")[1].split()[0]) / 1024


def grid_edges(side, seed=1):
    """Return a perturbed grid of ``side`` x ``side`` nodes, three quarters of its ways kept."""
    rng = np.random.default_rng(seed)
    n = side * side
    xy = np.indices((side, side)).reshape(2, -1).T * SPACING_M
    xy = xy + rng.uniform(-0.3, 0.3, xy.shape) * SPACING_M
    at = np.arange(n).reshape(side, side)
    ends = np.concatenate(
        [
            np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()]),
            np.column_stack([at[:-1].ravel(), at[1:].ravel()]),
        ]
    )
    ends = ends[rng.permutation(len(ends))[: int(1.5 * n)]]
    apart_m = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)
    length_mm = np.floor(apart_m * 1.03 * 1000 + 0.5).astype(np.int64)
    shuffled = rng.permutation(n)
    place = np.empty_like(xy)
    place[shuffled] = xy
    tail, head = shuffled[ends].T
    return place, tail, head, length_mm


def graph_of(side):
    """Return our edges (without lines) and their search graph."""
    xy, tail, head, length_mm = grid_edges(side)
    edges = Edges(xy, np.arange(len(xy)), tail, head, length_mm, None)
    return edges, SearchGraph.of(edges)


def at_nodes(edges, nodes):
    """Return nodes as points on the network; those without an edge are off it."""
    both = np.concatenate([edges.tail, edges.head])
    order = np.argsort(both, kind="stable")
    found = np.minimum(np.searchsorted(both[order], nodes), len(both) - 1)
    row = order[found]
    edge = row % len(edges.tail)
    position = np.where(row >= len(edges.tail), edges.length_mm[edge], 0)
    nothing = np.zeros(len(nodes), dtype=np.int64)
    return Snapped(edge, position, nothing, both[row] != nodes)


def places_of(graph, points):
    """Return the places of points that are nodes."""
    ends = np.where(points.position_mm == 0, graph.tail[points.edge], graph.head[points.edge])
    return ends[~points.off_network]


def at_50k(rows):
    """2,000 sources within 1000 m, the kernel alone, from node to node."""
    import peers

    edges, graph = graph_of(224)
    rng = np.random.default_rng(2)
    sources = at_nodes(edges, rng.choice(graph.n_places, 2000, replace=False))
    kernel.nodes_within(graph, at_nodes(edges, np.arange(10)), LIMIT_MM, 1)
    ours, found = cpu_s(lambda: kernel.nodes_within(graph, sources, LIMIT_MM, 1))
    start = places_of(graph, sources)
    task = f"2,000 sources within 1000 m, {graph.n_places:,} nodes, node to node"
    dense, where = cpu_s(lambda: peers.scipy_dense(graph, start[:200], LIMIT_MM), 1)
    part = int(found.indptr[-1])
    first = kernel.nodes_within(graph, _rows(sources, 200), LIMIT_MM, 1)
    rows.add(task, "scipy dense rows (200 sources, x10)", ours, dense * 10,
             f"pairs of the 200 differ by {abs(len(where[0]) - int(first.indptr[-1]))}")  # fmt: skip
    built = peers.as_networkx(graph)
    theirs, count = cpu_s(lambda: peers.networkx_pairs(built, start[:200], LIMIT_MM), 1)
    rows.add(task, "networkx (200 sources, x10)", ours, theirs * 10,
             f"pairs of the 200 differ by {abs(count - int(first.indptr[-1]))}")  # fmt: skip
    net = peers.as_pandana(graph)
    if net is None:
        rows.note("pandana is not installed here: left out.")
        return
    theirs, count = cpu_s(lambda: peers.pandana_pairs(net, start, 1000), 1)
    rows.add(task, "pandana nodes_in_range", ours, theirs, f"of {part:,} pairs {count - part:+,}")


def _rows(points, n):
    on = np.flatnonzero(~points.off_network)[:n]
    return Snapped(*(getattr(points, name)[on] for name in Snapped.__dataclass_fields__))


def many(rows):
    """20,000 sources within 1000 m at 250,000 and a million nodes; nearest of 1,000 facilities."""
    import peers

    times = {}
    for side in (500, 1000):
        edges, graph = graph_of(side)
        size = f"{graph.n_places:,} nodes"
        rng = np.random.default_rng(3)
        sources = at_nodes(edges, rng.choice(graph.n_places, 20_000, replace=False))
        every = at_nodes(edges, np.arange(graph.n_places))
        kernel.nodes_within(graph, _rows(sources, 10), LIMIT_MM, 1)
        graph.matrix  # noqa: B018 - built beforehand for the peer
        times[side], found = cpu_s(lambda: kernel.nodes_within(graph, sources, LIMIT_MM, 1))
        some = _rows(sources, 50)
        dense, where = cpu_s(lambda: peers.scipy_dense(graph, places_of(graph, some), LIMIT_MM), 1)
        of_some = kernel.nodes_within(graph, some, LIMIT_MM, 1)
        rows.add(f"20,000 sources within 1000 m, {size}, node to node",
                 "scipy dense rows (50 sources, x400)", times[side], dense * 400,
                 f"pairs of the 50 differ by {abs(len(where[0]) - int(of_some.indptr[-1]))}")  # fmt: skip
        whole, _ = cpu_s(lambda: search.pairs(graph, sources, every, LIMIT_MM), 1)
        rows.add(f"the same as a sorted table of metres, points to points, {size}",
                 "scipy dense rows (50 sources, x400)", whole, dense * 400, f"{len(found.column):,} pairs")  # fmt: skip
        _nearest(rows, edges, graph, every, rng)


def two_sizes(rows):
    """The same 20,000 sources on both graphs, in turns, so that both meet the machine alike."""
    given = {}
    for side in (500, 1000):
        edges, graph = graph_of(side)
        chosen = np.random.default_rng(3).choice(graph.n_places, 20_000, replace=False)
        given[side] = graph, at_nodes(edges, chosen)
    best = {side: float("inf") for side in given}
    for _ in range(10):
        for side, (graph, sources) in given.items():
            taken, _ = cpu_s(lambda: kernel.nodes_within(graph, sources, LIMIT_MM, 1), 1)
            best[side] = min(best[side], taken)
    rows.note(
        f"20,000 sources within 1000 m, in turns: {best[500]:.3f} CPU s at 250,000 nodes, "
        f"{best[1000]:.3f} at a million: {best[1000] / best[500]:.2f} times as much."
    )


def _nearest(rows, edges, graph, every, rng):
    import peers

    facilities = _rows(at_nodes(edges, rng.choice(graph.n_places, 1000, replace=False)), 1000)
    start = places_of(graph, facilities)
    search.nearest(graph, every, facilities, LIMIT_MM)
    for limit in (None, LIMIT_MM):
        words = "any distance" if limit is None else "1000 m"
        task = f"nearest of 1,000 facilities for {graph.n_places:,} nodes, {words}"
        far = np.inf if limit is None else float(limit)
        ours, found = cpu_s(lambda: search.nearest(graph, every, facilities, limit))
        theirs, bare = cpu_s(
            lambda: dijkstra(graph.matrix, indices=start, min_only=True, limit=far)
        )
        on = ~every.off_network
        ours_mm = np.round(found.distance_m[on] * 1000)
        same = np.array_equal(ours_mm, bare[graph.place_of][on])
        rows.add(task, "scipy dijkstra(min_only), bare", ours, theirs, f"same: {same}")
        if graph.n_places < 300_000:
            built = peers.as_networkx(graph)
            theirs, _ = cpu_s(lambda: peers.networkx_nearest(built, start, limit), 1)
            rows.add(task, "networkx multi_source", ours, theirs, "")


def hundred_thousand():
    """Print CPU, wall and peak memory of 100,000 sources at a million nodes with two threads."""
    edges, graph = graph_of(1000)
    rng = np.random.default_rng(4)
    sources = at_nodes(edges, rng.choice(graph.n_places, 100_000, replace=False))
    kernel.nodes_within(graph, _rows(sources, 10), LIMIT_MM, 2)
    cpu, wall = time.process_time(), time.perf_counter()
    found = kernel.nodes_within(graph, sources, LIMIT_MM, 2)
    said = [time.process_time() - cpu, time.perf_counter() - wall, peak_mb(), len(found.column)]
    print(json.dumps(said))


def snapping():
    """Print CPU seconds of snapping a million points to 1.5 million edges, the index included."""
    xy, tail, head, _ = grid_edges(1000)
    lines = shapely.linestrings(np.stack([xy[tail], xy[head]], axis=1))
    length_mm = np.floor(shapely.length(lines) * 1000 + 0.5).astype(np.int64)
    edges = Edges(xy, np.arange(len(xy)), tail, head, length_mm, lines)
    points = np.random.default_rng(5).uniform(0, 1000 * SPACING_M, (1_000_000, 2))
    start = time.process_time()
    snap_to_edges(edges, shapely.STRtree(lines), points, None)
    print(json.dumps([time.process_time() - start, peak_mb(), len(lines)]))


def process(*arguments):
    """Return what a run of this file in a process of its own printed."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def jinan(rows):
    """Jinan's 4,000 residences and 300 facilities: how many verdicts hang on the method."""
    import geopandas as gpd
    import peers
    import whole_city

    roads = gpd.read_file(whole_city.JINAN).set_crs(4326).to_crs(whole_city.CRS)
    lines = roads.geometry.to_numpy()
    rng = np.random.default_rng(7)
    homes = whole_city.beside(lines[shapely.length(lines) > 0], 4000, 80, rng)
    places = whole_city.beside(lines[shapely.length(lines) > 0], 300, 30, rng)
    network = Network.from_lines(roads)
    network.nearest(homes[:10], places)
    ours, found = cpu_s(lambda: network.nearest(homes, places))
    graph = network.search_graph
    built = peers.as_networkx(graph)
    tree = shapely.STRtree(shapely.points(graph.xy))

    def recipe():
        at = tree.nearest(shapely.points(places))
        reached = peers.networkx_nearest(built, at, None)
        ends = tree.nearest(shapely.points(homes))
        return np.asarray([reached.get(int(node), np.inf) for node in ends])

    theirs, nodewise = cpu_s(recipe, 1)
    wrong = np.mean((found.distance_m <= 500) != (nodewise <= 500_000))
    rows.add("Jinan, 4,000 residences to the nearest of 300, snapping included",
             "networkx from node to node", ours, theirs,
             f"verdicts at 500 m that the recipe has otherwise: {wrong:.1%}")  # fmt: skip


def whole(rows):
    """Jinan from a cold start; a made-up city of 300,000 edges."""
    import whole_city

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole_city.make_project(folder)
        theirs, _ = whole_city.process_cpu_s(whole_city.RECIPE, folder, whole_city.JINAN)
        first, said = whole_city.process_cpu_s(whole_city.OURS, folder)
        again, _ = whole_city.process_cpu_s(whole_city.OURS, folder)
    recipe = "networkx and geopandas, without sensitivity"
    task = "all of Jinan, whole process"
    rows.add(f"{task}, graph built", recipe, first, theirs, said)
    rows.add(f"{task}, graph kept", recipe, again, theirs, "")


class Rows:
    """Lines of the results."""

    def __init__(self):
        self.lines = []
        self.notes = []

    def add(self, task, peer, ours, theirs, note):
        """Keep and print one comparison."""
        line = f"| {task}; {peer} | {ours:.3f} | {theirs:.3f} | {theirs / ours:.1f} | {note} |"
        self.lines.append(line)
        print(line, flush=True)

    def note(self, text):
        """Keep and print one sentence."""
        self.notes.append(text)
        print(text, flush=True)

    def text(self):
        """Return the section."""
        return "\n".join(
            [
                "## Reach",
                "",
                "| task; peer | ours, CPU s | peer, CPU s | peer / ours | agreement |",
                "|---|---|---|---|---|",
                *self.lines,
                "",
                *(f"- {note}" for note in self.notes),
                "",
            ]
        )


def section():
    """Run everything and return the section of the results."""
    import whole_city

    rows = Rows()
    at_50k(rows)
    two_sizes(rows)
    many(rows)
    cpu, wall, mb, n_pairs = process("--one", "hundred_thousand")
    rows.note(
        f"100,000 sources within 1000 m at a million nodes, two threads, in a process of its own: "
        f"{wall:.1f} s ({cpu:.1f} CPU s), {n_pairs:,} pairs, at most {mb:.0f} MB in all."
    )
    seconds, mb, n_edges = process("--one", "snapping")
    rows.note(
        f"A million points snapped to {n_edges:,} edges: {seconds:.1f} CPU s with the index, "
        f"at most {mb:.0f} MB in all."
    )
    if whole_city.JINAN.exists():
        jinan(rows)
        whole(rows)
    else:
        rows.note("The roads of Jinan are not on this machine: left out.")
    return rows.text()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--one", choices=["hundred_thousand", "snapping"])
    one = parser.parse_args().one
    if one is None:
        section()
    else:
        {"hundred_thousand": hundred_thousand, "snapping": snapping}[one]()
