"""From lines to a network: what meets, what merges, what is left out, what is refused."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, Point, Polygon

from facilityplan import locale
from facilityplan.errors import (
    BadValueError,
    CrsError,
    GeographicCrsError,
    GeometryError,
    MissingCrsError,
    NetworkError,
    WebMercatorError,
)
from facilityplan.network import Network

CRS = "EPSG:4547"


def frame(lines, crs=CRS, **columns):
    return gpd.GeoDataFrame(columns, geometry=lines, crs=crs)


ROW = [LineString([(0, 0), (100, 0)]), LineString([(100, 0), (200, 0)])]


def test_lines_meet_at_shared_vertices_not_only_at_ends():
    network = Network.from_lines(
        [LineString([(0, 0), (50, 0), (100, 0)]), LineString([(50, -40), (50, 0), (50, 40)])]
    )
    assert (network.n_nodes, network.n_edges) == (5, 4)
    assert network.total_length_m == 180.0
    assert network.report.components == 1


def test_bends_stay_inside_the_edge():
    network = Network.from_lines([LineString([(0, 0), (30, 40), (60, 0)])])
    assert (network.n_nodes, network.n_edges, network.total_length_m) == (2, 1, 100.0)
    assert network.snap([[30.0, 50.0]]).off_mm.tolist() == [10_000]


def test_vertices_meet_to_the_millimetre_and_no_farther():
    near = Network.from_lines([ROW[0], LineString([(100.0004, 0), (200, 0)])])
    far = Network.from_lines([ROW[0], LineString([(100.0006, 0), (200, 0)])])
    assert (near.report.components, far.report.components) == (1, 2)


def test_both_directions_and_copies_are_one_edge_and_bends_no_nodes():
    bent = LineString([(0, 0), (30, 40), (60, 0)])
    network = Network.from_lines([bent, bent.reverse(), bent])
    assert (network.n_nodes, network.n_edges) == (2, 1)
    assert network.report.merged_duplicates == 2


def test_parallel_ways_of_different_shape_both_stay():
    network = Network.from_lines(
        [LineString([(0, 0), (100, 0)]), LineString([(0, 0), (50, 20), (100, 0)])]
    )
    assert (network.n_nodes, network.n_edges) == (2, 2)


def test_overlapping_lines_share_the_pieces_they_have_in_common():
    network = Network.from_lines(
        [LineString([(0, 0), (50, 0), (100, 0)]), LineString([(50, 0), (100, 0), (150, 0)])]
    )
    assert (network.n_nodes, network.n_edges, network.total_length_m) == (4, 3, 150.0)


def test_rings_started_anywhere_are_the_same_ring():
    ring = [(0, 0), (10, 0), (10, 10), (0, 10)]
    network = Network.from_lines([LineString([*ring, ring[0]]), LineString([*ring[2:], *ring[:3]])])
    assert network.total_length_m == 40.0
    assert network.report.components == 1


def test_multilines_rings_heights_and_repeated_vertices():
    network = Network.from_lines(
        [
            MultiLineString([[(0, 0), (0, 0), (100, 0)], [(100, 0), (100, 50)]]),
            shapely.LinearRing([(0, 0), (-10, 0), (-10, -10)]),
            LineString([(100, 50, 7), (100, 60, 9)]),
        ]
    )
    assert network.report.components == 1
    assert network.total_length_m == pytest.approx(150 + 10 + 20 + np.sqrt(200), abs=0.001)


def test_missing_empty_and_lengthless_lines():
    network = Network.from_lines(
        frame([*ROW, None, LineString(), LineString([(5, 5), (5, 5)])], name=list("abcde"))
    )
    assert (network.report.dropped_rows, network.report.lengthless_parts) == (2, 1)
    assert (network.n_edges, network.total_length_m) == (2, 200.0)


def test_components_are_numbered_from_the_longest_down():
    network = Network.from_lines([LineString([(0, 0), (10, 0)]), LineString([(50, 0), (80, 0)])])
    assert network.components.tolist() == [1, 1, 0, 0]
    assert network.report.largest_share == 0.75


def test_taking_out_the_bridge_gives_two_islands():
    bridge = LineString([(200, 0), (300, 0)])
    islands = [*ROW, LineString([(300, 0), (400, 0)])]
    assert Network.from_lines([*islands, bridge]).report.components == 1
    assert Network.from_lines(islands).report.components == 2


def test_crossings_are_nodes_on_request_except_bridges_and_tunnels():
    lines = [
        LineString([(0, 0), (100, 0)]),
        LineString([(20, -50), (20, 50)]),
        LineString([(40, -50), (40, 50)]),
        LineString([(60, -50), (60, 50)]),
        LineString([(80, 0.0000001), (80, 50)]),
        LineString([(90, 0), (130, 0)]),
    ]
    roads = frame(
        lines, bridge=[None, "no", "yes", None, None, float("nan")], tunnel=[0, 0, 0, 1, 0, 0]
    )
    apart = Network.from_lines(roads)
    assert apart.report.components == 6
    met = Network.from_lines(roads, node_at_crossings=True)
    # the bridge and the tunnel stay alone; a crossing, a touch and an overlap meet
    assert met.report.components == 3
    assert met.total_length_m == 100 + 100 + 100 + 100 + 50 + 30
    assert met.nearest([[20, 50]], [[130, 0]]).distance_m.tolist() == [160.0]


@pytest.mark.parametrize("turn", [[[1, 0], [0, 1]], [[-1, 0], [0, 1]], [[0, 1], [-1, 0]]])
def test_bridges_and_near_touches_from_any_side(turn):
    lines = [
        LineString([(0, 0), (100, 0)]),
        LineString([(50, -50), (50, 50)]),
        LineString([(70, 0.0007), (70, 50)]),
        LineString([(90, 0.0012), (90, 50)]),
    ]
    lines = [shapely.transform(line, lambda xy: xy @ np.array(turn, dtype=float)) for line in lines]
    for bridge in ([1, 0, 0, 0], [0, 1, 0, 0]):
        roads = frame(lines[:2], bridge=bridge[:2])
        assert Network.from_lines(roads, node_at_crossings=True).report.components == 2
    network = Network.from_lines(lines, node_at_crossings=True)
    assert network.report.components == 2
    # the touching end itself became the node, not a second place a hair away from it
    assert network.edges.length_mm.min() >= 20_000
    ends = np.array([[50.0, 50.0], [70.0, 50.0]]) @ np.array(turn, dtype=float)
    assert network.nearest(ends[:1], ends[1:]).distance_m == pytest.approx(120, abs=0.002)


def test_classes_flags_and_unknown_classes():
    classes = ["motorway", "residential", "Motorway_Link", "wurzelweg", None, ["motorway", "path"]]
    lines = [LineString([(0, 10 * i), (100, 10 * i)]) for i in range(6)]
    network = Network.from_lines(frame(lines, **{"class": classes}))
    assert (network.n_edges, network.report.excluded_rows) == (4, 2)
    assert network.report.unknown_classes == ("wurzelweg",)
    flags = [True, False, None, 0, float("nan"), 1]
    network = Network.from_lines(frame(lines, **{"class": classes, "walkable": flags}))
    assert sorted({line.coords[0][1] for line in network.edges.lines}) == [0, 40, 50]
    overridden = {"motorway": True, "wurzelweg": False}
    network = Network.from_lines(frame(lines, **{"class": classes}), walkable_classes=overridden)
    assert sorted({line.coords[0][1] for line in network.edges.lines}) == [0, 10, 40, 50]
    assert network.report.unknown_classes == ()


def test_inputs_stay_as_they_are():
    roads = frame(ROW, **{"class": ["a", "b"]})
    before = roads.copy(deep=True)
    points = np.array([[10.0, 5.0], [150.0, -5.0]])
    kept = points.copy()
    network = Network.from_lines(roads, node_at_crossings=True)
    network.nearest(points, points)
    network.pairs(points, points, limit_m=500)
    assert roads.equals(before)
    assert (points == kept).all()


def test_series_arrays_and_sequences_are_the_same_network():
    makers = (list, tuple, np.array, gpd.GeoSeries, lambda x: gpd.GeoSeries(x, crs=CRS))
    for roads in (make(ROW) for make in makers):
        assert Network.from_lines(roads).total_length_m == 200.0


DEGREES = [LineString([(113.0, 34.0), (113.1, 34.0)])]


@pytest.mark.parametrize(
    ("error", "roads"),
    [
        (MissingCrsError, frame(ROW, crs=None)),
        (GeographicCrsError, frame(DEGREES, crs="EPSG:4490")),
        (GeographicCrsError, gpd.GeoSeries(DEGREES, crs="EPSG:4326")),
        (WebMercatorError, frame(ROW, crs="EPSG:3857")),
        (WebMercatorError, frame(ROW, crs="ESRI:102100")),
        (CrsError, frame(ROW, crs="EPSG:2263")),
        (GeometryError, frame([*ROW, Point(1, 1)])),
        (GeometryError, [*ROW, Polygon([(0, 0), (1, 0), (1, 1)])]),
        (GeometryError, [*ROW, "LINESTRING (0 0, 1 1)"]),
        (NetworkError, [*ROW, LineString([(0, 0), (np.nan, 1)])]),
        (NetworkError, [*ROW, LineString([(0, 0), (np.inf, 1)])]),
        (NetworkError, [*ROW, LineString([(0, 0), (1e300, 1)])]),
        (NetworkError, []),
        (NetworkError, [None]),
        (NetworkError, [LineString([(3, 3), (3, 3)])]),
        (NetworkError, frame(ROW, walkable=[False, False])),
        (BadValueError, frame(ROW, walkable=[True, "perhaps"])),
    ],
)
def test_what_cannot_be_a_network_is_refused(error, roads):
    with pytest.raises(error) as caught:
        Network.from_lines(roads)
    assert type(caught.value) is error
    for lang in locale.LANGUAGES:
        assert caught.value.render(lang)


@pytest.mark.parametrize("at", [False, True])
def test_row_order_and_direction_leave_no_trace(make_roads, at):
    rng = np.random.default_rng(5)
    for seed in range(5):
        lines, _ = make_roads(seed)
        # crossing lines and coordinates that share a millimetre but not their bits
        lines += [LineString([(-9, 33.3), (240, 71.7)]), LineString([(12.3, -9), (177.7, 400)])]
        lines.append(shapely.transform(lines[0], lambda xy: xy + 1e-7))
        shuffled = [lines[i] for i in rng.permutation(len(lines))]
        shuffled = [line.reverse() if rng.random() < 0.5 else line for line in shuffled]
        one, two = (Network.from_lines(x, node_at_crossings=at) for x in (lines, shuffled))
        assert (one.edges.node_xy == two.edges.node_xy).all()
        assert (one.edges.length_mm == two.edges.length_mm).all()
        assert shapely.equals_exact(one.edges.lines, two.edges.lines, 0).all()
        assert (one.components == two.components).all()
        assert one.report == two.report
