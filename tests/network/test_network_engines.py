"""Compiled or not, any number of threads, any grouping: the same numbers to the millimetre."""

import os
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from facilityplan.compiled import COMPILED, SWITCH
from facilityplan.errors import NetworkError
from facilityplan.network import Network, kernel, metres_within, minutes, search
from facilityplan.network.morton import morton_order

needs_numba = pytest.mark.skipif(not COMPILED, reason="numba is not here")
SEEDS = st.integers(0, 2**32 - 1)


def awkward(make_roads, seed):
    """Return random roads with hair-thin edges, loops, copies and points at one place and on nodes."""
    lines, points = make_roads(seed)
    rng = np.random.default_rng(seed)
    x, y = lines[0].coords[0]
    lines = [
        *lines,
        lines[0].reverse(),
        LineString([(x, y), (x + 0.0011, y), (x + 0.0019, y + 0.0003)]),
        LineString([(x + 0.0019, y + 0.0003), (x + 0.0024, y + 0.0003), (x + 40, y + 60)]),
        LineString([(x, y), (x - 25, y + 3), (x - 20, y + 30), (x, y)]),
    ]
    on_nodes = [(x, y), lines[1].coords[1], (x - 24, y + 5)]
    points = np.concatenate([points, points[:2], on_nodes])
    return lines, points[rng.permutation(len(points))]


def both(function, *arguments, **options):
    return [function(*arguments, using=using, **options) for using in ("numba", "scipy")]


@needs_numba
@settings(max_examples=examples(60), deadline=None)
@given(seed=SEEDS, limit_mm=st.integers(0, 10**6), max_snap_m=st.sampled_from([None, 20.0]))
def test_the_two_engines_agree(make_roads, seed, limit_mm, max_snap_m):
    lines, points = awkward(make_roads, seed)
    network = Network.from_lines(lines)
    graph = network.search_graph
    start = network.snap(points[:9], max_snap_m=max_snap_m)
    end = network.snap(points[5:], max_snap_m=max_snap_m)
    for one, two in ((start, end), (end, start), (start, start)):
        compiled, plain = both(search.pairs, graph, one, two, limit_mm)
        assert (compiled.indptr == plain.indptr).all()
        assert (compiled.indices == plain.indices).all()
        assert (compiled.data == plain.data).all()
        assert compiled.has_sorted_indices
        for limit in (limit_mm, None):
            compiled, plain = both(search.nearest, graph, one, two, limit)
            assert (compiled.facility == plain.facility).all()
            assert (compiled.distance_m == plain.distance_m).all()
    for compiled, plain in zip(*both(search.node_distances, graph, start, limit_mm), strict=True):
        assert (compiled == plain).all()


@pytest.fixture(scope="module")
def grid():
    """Return a bent grid of 40 by 40 and 3,000 points on and beside it."""
    rng = np.random.default_rng(4)
    xy = np.stack(np.meshgrid(np.arange(40), np.arange(40)), axis=-1) * 70.0
    xy = np.round(xy + rng.uniform(-20, 20, xy.shape), 3)
    along = [*zip(xy[:, :-1].reshape(-1, 2), xy[:, 1:].reshape(-1, 2), strict=True)]
    across = [*zip(xy[:-1].reshape(-1, 2), xy[1:].reshape(-1, 2), strict=True)]
    lines = [LineString(pair) for pair in along + across if rng.random() < 0.85]
    return Network.from_lines(lines), rng.uniform(-50, 2800, (3000, 2))


@needs_numba
def test_any_number_of_threads_and_any_grouping(grid, monkeypatch):
    network, xy = grid
    points = network.snap(xy)
    whole = network.pairs_snapped(points, points, limit_m=300)
    assert whole.nnz > 50_000
    assert abs(whole - whole.T).nnz == 0
    monkeypatch.setattr(kernel, "_GROUP", 97)
    monkeypatch.setattr(kernel, "_BUFFER", 1000)
    monkeypatch.setattr(kernel, "_ROOM", 50)
    for threads in (1, 4):
        again = network.pairs_snapped(points, points, limit_m=300, threads=threads)
        assert (again.indptr == whole.indptr).all()
        assert (again.indices == whole.indices).all()
        assert (again.data == whole.data).all()


def test_scipy_s_tiles_leave_nothing_out(grid):
    network, xy = grid
    points = network.snap(xy[:300])
    graph = network.search_graph
    assert 1.0 <= graph.stretch < 1.01
    for limit_mm in (40_000, 400_000):
        tiled = search.pairs(graph, points, points, limit_mm, using="scipy")
        everything = search.pairs(graph, points, points, 10**8, using="scipy").tocoo()
        near = everything.data <= limit_mm / 1000
        rows = np.bincount(everything.row[near], minlength=300)
        assert (np.diff(tiled.indptr) == rows).all()
        assert (tiled.data == everything.data[near]).all()


@pytest.mark.parametrize("using", ["numba", "scipy"])
def test_ten_thousand_on_one_edge_in_linear_time(using):
    if using == "numba" and not COMPILED:
        pytest.skip("numba is not here")
    network = Network.from_lines([LineString([(0, 0), (1000, 0)])])
    x = np.random.default_rng(8).permutation(10_000) / 10.0
    points = network.snap(np.column_stack([x, np.full(10_000, 3.0)]))
    graph = network.search_graph
    found = search.nearest(graph, points, points, using=using)
    # everyone is a facility: each has itself, both legs walked
    assert (found.facility == np.arange(10_000)).all()
    assert (found.distance_m == 6.0).all()
    close = search.pairs(graph, points, points, 6_500, using=using)
    assert close.nnz == sum(min(i, 5) + min(9999 - i, 5) + 1 for i in range(10_000))


@pytest.mark.parametrize("using", ["numba", "scipy"])
def test_long_edges_and_far_limits(using):
    if using == "numba" and not COMPILED:
        pytest.skip("numba is not here")
    # one edge is longer than 32 bits of millimetres
    lines = [LineString([(0, 0), (3e6, 0)]), LineString([(3e6, 0), (3e6, 50)])]
    network = Network.from_lines(lines)
    points = network.snap([[10, 0], [2_999_990, 4], [3e6, 50]])
    graph = network.search_graph
    assert graph.length_mm.dtype == np.int64
    for limit_mm in (10**12, 3_000_040_000):
        metres = search.pairs(graph, points, points, limit_mm, using=using).toarray()
        assert metres[0].tolist() == [0, 2_999_984, 3_000_040]
        assert metres[1].tolist() == [2_999_984, 8, 64]
    assert search.pairs(graph, points, points, 3_000_039_999, using=using)[0, 2] == 0
    found = search.nearest(graph, points, network.snap([[3e6, 45]]), using=using)
    assert found.distance_m.tolist() == [3_000_035, 59, 5]


@pytest.mark.parametrize("using", ["numba", "scipy"])
def test_off_network_points_and_empty_sets(using):
    if using == "numba" and not COMPILED:
        pytest.skip("numba is not here")
    network = Network.from_lines([LineString([(0, 0), (100, 0)])])
    graph = network.search_graph
    some = network.snap([[10, 5], [20, 500]], max_snap_m=100)
    none = network.snap(np.empty((0, 2)))
    off = network.snap([[0, 900]], max_snap_m=1)
    assert search.pairs(graph, some, some, 10**6, using=using).toarray().tolist() == [
        [10, 0],
        [0, 0],
    ]
    for one, two in ((some, none), (none, some), (none, none), (some, off), (off, some)):
        table = search.pairs(graph, one, two, 10**6, using=using)
        assert (table.shape, table.nnz) == ((len(one.edge), len(two.edge)), 0)
        assert (search.nearest(graph, one, two, using=using).facility == -1).all()
    starts, node, mm = search.node_distances(graph, off, 10**6, using=using)
    assert (starts.tolist(), node.tolist(), mm.tolist()) == ([0, 0], [], [])


@settings(max_examples=examples(20), deadline=None)
@given(seed=SEEDS)
def test_another_projected_crs_changes_a_thousandth_at_most(make_roads, seed):
    lines, _ = make_roads(seed)
    roads = gpd.GeoSeries(lines).translate(467_000, 3_850_000).set_crs("EPSG:4547")
    vertices = roads.get_coordinates().to_numpy()
    at = np.random.default_rng(seed).integers(0, len(vertices), 8)
    here = gpd.GeoSeries(shapely.points(vertices[at]), crs=roads.crs)

    def table(crs):
        network = Network.from_lines(roads.to_crs(crs))
        metres = network.pairs(here.to_crs(crs), here.to_crs(crs), limit_m=1e6)
        return metres.toarray(), metres.nnz

    first, count = table("EPSG:4547")
    for crs in ("EPSG:32649", "EPSG:4546", "EPSG:32650"):
        other, stored = table(crs)
        assert stored == count
        # each edge is rounded anew
        assert (np.abs(other - first) <= 0.001 * first + 0.02).all()


def test_z_order_keeps_neighbours_together():
    xy = np.stack(np.meshgrid(np.arange(4), np.arange(4)), axis=-1).reshape(-1, 2) + 0.5
    order = morton_order(xy - (1e6, 3e5))
    assert xy[order][:5].tolist() == [[0.5, 0.5], [1.5, 0.5], [0.5, 1.5], [1.5, 1.5], [2.5, 0.5]]
    assert sorted(order) == list(range(16))
    assert morton_order(np.empty((0, 2))).tolist() == []


def test_roads_that_are_none_and_points_that_are_none():
    for lines in ([], [LineString()], [LineString([(0, 0), (0, 0.0001)])]):
        with pytest.raises(NetworkError):
            Network.from_lines(lines)
    network = Network.from_lines([LineString([(0, 0), (9, 0)])])
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(NetworkError):
            network.snap([[0.0, 0.0], [bad, 1.0]])


def test_minutes_and_how_far_one_walks_in_them():
    assert minutes(np.array([0.0, 90.0, np.inf]), 60).tolist() == [0.0, 1.5, np.inf]
    assert metres_within(15, 60) == 900.0


WITHOUT = """
import numpy as np, sys
from facilityplan.network import Network
from shapely import LineString
network = Network.from_lines([LineString([(0, 0), (100, 0)]), LineString([(100, 0), (100, 80)])])
assert network.search_engine == "scipy"
points = [[10, 0], [100, 50]]
print(network.pairs(points, points, limit_m=200).toarray().tolist())
print(network.nearest(points, points[1:], limit_m=140).distance_m.tolist())
assert "numba" not in sys.modules
"""


def test_without_numba_everything_works():
    environment = {**os.environ, SWITCH: "1"}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines() == ["[[0.0, 140.0], [140.0, 0.0]]", "[140.0, 0.0]"]


def test_what_only_reads_and_checks_loads_no_numba():
    code = """
import sys
import facilityplan.cli.run, facilityplan.project, facilityplan.report, facilityplan.siting
assert "numba" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_where_numba_cannot_be_imported_scipy_searches():
    broken = "import sys; sys.modules['numba'] = None\n" + WITHOUT.replace(
        'assert "numba" not in sys.modules', ""
    )
    done = subprocess.run(
        [sys.executable, "-c", broken], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["[[0.0, 140.0], [140.0, 0.0]]", "[140.0, 0.0]"]
