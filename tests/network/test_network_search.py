"""Planted cases with distances worked out by hand."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPoint, Point

from facilityplan import locale
from facilityplan.errors import (
    CrsError,
    GeographicCrsError,
    GeometryError,
    NetworkError,
    UsageError,
)
from facilityplan.network import Network, kernel, search, tiles

STREET = [LineString([(0, 0), (1000, 0)])]
CROSS = [
    LineString([(0, 0), (100, 0)]),
    LineString([(0, 0), (-100, 0)]),
    LineString([(0, 0), (0, 100)]),
    LineString([(0, 0), (0, -100)]),
]


def nearest(lines, origins, facilities, **options):
    found = Network.from_lines(lines).nearest(origins, facilities, **options)
    return found.facility.tolist(), found.distance_m.tolist()


def test_off_network_legs_count_at_both_ends():
    assert nearest(STREET, [[100, 30]], [[400, -20]]) == ([0], [350.0])


def test_one_edge_in_order_reversed_and_at_one_place():
    origins = [[100, 0], [900, 0], [500, 0]]
    assert nearest(STREET, origins, [[500, 0]]) == ([0, 0, 0], [400.0, 400.0, 0.0])


def test_the_way_round_may_be_shorter_than_the_way_along_the_edge():
    loop = [LineString([(0, 0), (0, 400), (10, 400), (10, 0)]), LineString([(0, 0), (10, 0)])]
    assert nearest(loop, [[0, 50]], [[10, 50]]) == ([0], [110.0])


def test_several_facilities_on_one_edge():
    origins = [[0, 0], [260, 5], [1000, 0], [420, 0]]
    expected = ([1, 1, 2, 0], [200.0, 65.0, 200.0, 20.0])
    assert nearest(STREET, origins, [[400, 0], [200, 0], [800, 0]]) == expected


def test_the_nearest_counts_the_facility_s_leg_not_only_the_way_to_its_snap():
    assert nearest(STREET, [[500, 0]], [[510, 200], [600, 0]]) == ([1], [100.0])
    # both facilities meet the street at one place, one of them far from it
    assert nearest(STREET, [[500, 0]], [[600, 200], [600, 7]]) == ([1], [107.0])


def test_facility_and_origin_exactly_on_a_node():
    assert nearest(CROSS, [[0, 0], [60, 0]], [[0, 0], [100, 0]]) == ([0, 1], [0.0, 40.0])


def test_of_equally_near_facilities_the_lowest_position_counts():
    facilities = [[0, 100], [0, -100], [-100, 0], [0, -100]]
    assert nearest(CROSS, [[100, 0]], facilities) == ([0], [200.0])
    assert nearest(CROSS, [[100, 0], [0, -60]], facilities[1:]) == ([0, 0], [200.0, 40.0])
    assert nearest(CROSS, [[0, -60]], facilities[::-1]) == ([0], [40.0])
    # equal through an off-network leg
    assert nearest(STREET, [[500, 0]], [[500, 40], [540, 0]]) == ([0], [40.0])
    assert nearest(STREET, [[500, 0]], [[540, 0], [500, 40]]) == ([0], [40.0])


def test_the_limit_is_inclusive_to_the_millimetre():
    facilities = [[600.001, 0], [600, 0]]
    assert nearest(STREET, [[100, 0]], facilities, limit_m=500) == ([1], [500.0])
    assert nearest(STREET, [[100, 0]], facilities[:1], limit_m=500) == ([-1], [np.inf])
    assert nearest(STREET, [[100, 0.25]], [[600, -0.75]], limit_m=501) == ([0], [501.0])
    assert nearest(STREET, [[100, 0]], [[100, 0]], limit_m=0) == ([0], [0.0])
    found = Network.from_lines(STREET).pairs([[100, 0]], facilities, limit_m=500)
    assert found.indices.tolist() == [1]
    assert found.data.tolist() == [500.0]


def test_disconnected_pieces_are_out_of_reach():
    islands = [*STREET, LineString([(0, 500), (1000, 500)])]
    assert nearest(islands, [[0, 0], [0, 500]], [[900, 0]]) == ([0, -1], [900.0, np.inf])
    found = Network.from_lines(islands).pairs([[0, 0], [0, 500]], [[900, 0]], limit_m=1e6)
    assert found.toarray().tolist() == [[900.0], [0.0]]
    assert found.nnz == 1


def test_edges_of_zero_millimetres_connect():
    lines = [
        LineString([(-100, 0), (0.00049, 0)]),
        LineString([(0.00049, 0), (0.00051, 0)]),
        LineString([(0.00051, 0), (100.0005, 0)]),
    ]
    network = Network.from_lines(lines)
    assert network.edges.length_mm.tolist() == [100_000, 0, 100_000]
    assert nearest(lines, [[-100, 0], [0.0005, 0]], [[100.0005, 0]]) == ([0, 0], [200.0, 100.0])
    assert network.pairs([[-100, 0]], [[100.0005, 0]], limit_m=200).data.tolist() == [200.0]


def test_self_loops():
    loop = [LineString([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])]
    assert Network.from_lines(loop).n_nodes == 1
    assert nearest(loop, [[90, 0], [0, 20]], [[0, 90]]) == ([0, 0], [180.0, 70.0])
    stem = [*loop, LineString([(0, 0), (-50, 0)])]
    assert nearest(stem, [[-50, 0]], [[100, 90], [0, 95]]) == ([1], [145.0])


def test_duplicate_geometry_changes_nothing():
    doubled = [*CROSS, *[line.reverse() for line in CROSS], *CROSS]
    origins, facilities = [[60, 3], [-20, 8]], [[0, 70], [0, -30]]
    assert nearest(doubled, origins, facilities) == nearest(CROSS, origins, facilities)


def test_points_beyond_the_snap_limit_are_off_the_network():
    network = Network.from_lines(STREET)
    ladder = np.array([[500.0, off] for off in (1, 10, 100, 200, 200.001, 1000, 1e5)])
    snapped = network.snap(ladder, max_snap_m=200)
    assert snapped.off_network.tolist() == [False] * 4 + [True] * 3
    assert snapped.off_mm.tolist() == [1000, 10_000, 100_000, 200_000, 200_001, 1_000_000, 10**8]
    found = network.nearest(ladder, [[500, 0]], max_snap_m=200)
    assert found.facility.tolist() == [0] * 4 + [-1] * 3
    assert np.isinf(found.distance_m[4:]).all()
    found = network.nearest([[0, 0]], ladder[::-1], max_snap_m=200)
    assert (found.facility.tolist(), found.distance_m.tolist()) == ([6], [501.0])
    stored = network.pairs(ladder, [[500, 0], [500, 300]], limit_m=1e6, max_snap_m=200)
    assert stored.nnz == 4


def test_of_equally_near_edges_the_lowest_counts():
    streets = [LineString([(0, y), (100, y)]) for y in (0, 20, 40)]
    for lines in (streets, streets[::-1]):
        network = Network.from_lines(lines)
        snapped = network.snap([[50, 10], [50, 30], [50, 20]])
        assert snapped.edge.tolist() == [0, 1, 1]
        assert [line.coords[0][1] for line in network.edges.lines] == [0, 20, 40]


def test_pairs_keep_zeros_and_sorted_indices_from_either_side():
    network = Network.from_lines(STREET)
    many = [[x, 0] for x in (700, 100, 100, 400)]
    few = [[400, 0], [100, 0]]
    expected = [[300, 600], [300, 0], [300, 0], [0, 300]]
    found = network.pairs(many, few, limit_m=600)
    assert (found.nnz, found.has_sorted_indices, found.dtype) == (8, 1, np.float64)
    assert found.toarray().tolist() == expected
    turned = network.pairs(few, many, limit_m=600)
    assert turned.nnz == 8
    assert turned.toarray().tolist() == np.transpose(expected).tolist()


def test_ten_thousand_residences_on_one_edge():
    network = Network.from_lines(STREET)
    x = np.random.default_rng(3).permutation(10_000) / 10.0
    homes = np.column_stack([x, np.full(10_000, 2.0)])
    found = network.nearest(homes, [[250, 0], [750, 0]])
    assert found.facility.tolist() == (x > 500).astype(int).tolist()
    expected = np.round(np.minimum(abs(x - 250), abs(x - 750)) + 2, 3)
    assert (found.distance_m == expected).all()
    assert network.pairs(homes, [[250, 0], [750, 0]], limit_m=102).nnz == 2 * 2001
    close = network.pairs(homes, homes, limit_m=5)
    assert close.nnz == sum(min(i, 10) + min(9999 - i, 10) + 1 for i in range(10_000))


def test_many_points_at_one_place_with_different_legs():
    network = Network.from_lines(STREET)
    legs = np.arange(300.0)
    homes = np.column_stack([np.full(300, 500.0), legs])
    clinics = homes * (1, -1) + (100, 0)
    found = network.pairs(homes, clinics, limit_m=250).tocoo()
    rows, columns = np.nonzero(legs[:, None] + legs[None, :] + 100 <= 250)
    assert (found.row == rows).all()
    assert (found.col == columns).all()
    assert (found.data == 100 + legs[rows] + legs[columns]).all()


@pytest.fixture(params=["numba", "scipy"])
def engine(request, monkeypatch):
    if request.param == "numba":
        pytest.importorskip("numba")
    monkeypatch.setattr(search, "engine", lambda: request.param)
    return request.param


def test_chunks_do_not_show(make_roads, monkeypatch, engine):
    lines, points = make_roads(11)
    network = Network.from_lines(lines)
    whole = network.nearest(points, points[::-1])
    table = network.pairs(points, points[:7], limit_m=400)
    monkeypatch.setattr(search, "_EXACT", int(network.total_length_m * 1000) * 3)
    monkeypatch.setattr(tiles, "_ROWS_BYTES", 64)
    monkeypatch.setattr(tiles, "_LEAST_TILE_M", 10.0)
    for name in ("_GROUP", "_ROOM", "_BUFFER"):
        monkeypatch.setattr(kernel, name, 1)
    again = network.nearest(points, points[::-1])
    assert (again.facility == whole.facility).all()
    assert (again.distance_m == whole.distance_m).all()
    for threads in (1, 3):
        small = network.pairs(points, points[:7], limit_m=400, threads=threads)
        assert (small.indptr == table.indptr).all()
        assert (small.indices == table.indices).all()
        assert (small.data == table.data).all()


def test_nodes_within_a_limit_stand_in_the_numbering_of_the_edges(engine):
    lines = [
        LineString([(0, 0), (100.00049, 0)]),
        LineString([(100.00049, 0), (100.00051, 0)]),
        LineString([(100.00051, 0), (100.00051, 80)]),
    ]
    network = Network.from_lines(lines)
    assert network.edges.length_mm.tolist() == [100_000, 0, 80_000]
    points = network.snap([[30, 5], [100, 40], [50, 900]], max_snap_m=100)
    starts, node, mm = search.node_distances(network.search_graph, points, 75_000)
    assert starts.tolist() == [0, 3, 6, 6]
    # both nodes of the place are there, whichever of them stands for it
    assert node.tolist() == [0, 1, 2, 1, 2, 3]
    assert mm.tolist() == [35_000, 75_000, 75_000, 40_001, 40_001, 40_001]


def test_no_points_are_no_trouble():
    network = Network.from_lines(STREET)
    assert network.nearest([[1, 1]], []).facility.tolist() == [-1]
    assert network.nearest(np.empty((0, 2)), [[1, 1]]).facility.shape == (0,)
    assert network.pairs([], [[1, 1]], limit_m=5).shape == (0, 1)
    assert network.pairs([[1, 1]], gpd.GeoSeries([]), limit_m=5).shape == (1, 0)


def test_points_in_every_form():
    roads = gpd.GeoDataFrame(geometry=STREET, crs="EPSG:4547")
    network = Network.from_lines(roads)
    xy = [[100, 5], [300, 7]]
    forms = (
        xy,
        np.array(xy),
        [Point(p) for p in xy],
        tuple(Point(p) for p in xy),
        shapely.points(xy),
        gpd.GeoSeries(shapely.points(xy)),
        gpd.GeoSeries(shapely.points(xy), index=[7, 3], crs="EPSG:4547"),
    )
    for form in forms:
        assert network.snap(form).position_mm.tolist() == [100_000, 300_000]
        assert network.snap(form).off_mm.tolist() == [5_000, 7_000]


@pytest.mark.parametrize(
    ("error", "points"),
    [
        (NetworkError, [[1.0, np.nan]]),
        (NetworkError, [[np.inf, 1.0]]),
        (NetworkError, [Point(1, 1), None]),
        (NetworkError, [Point()]),
        (GeometryError, [MultiPoint([(0, 0), (1, 1)])]),
        (GeometryError, np.zeros((2, 3))),
        (GeometryError, [1.0, 2.0]),
        (GeometryError, ["here"]),
        (CrsError, gpd.GeoSeries([Point(1, 1)], crs="EPSG:4548")),
        (GeographicCrsError, gpd.GeoSeries([Point(1, 1)], crs="EPSG:4326")),
    ],
)
def test_what_is_no_point_is_refused(error, points):
    network = Network.from_lines(gpd.GeoDataFrame(geometry=STREET, crs="EPSG:4547"))
    with pytest.raises(error) as caught:
        network.nearest(points, [[0, 0]])
    for lang in locale.LANGUAGES:
        assert caught.value.render(lang)


@pytest.mark.parametrize("limit_m", [-1.0, np.nan, np.inf])
def test_limits_that_are_none_are_refused(limit_m):
    network = Network.from_lines(STREET)
    point = [[0, 0]]
    for call in (
        lambda: network.nearest(point, point, limit_m=limit_m),
        lambda: network.pairs(point, point, limit_m=limit_m),
        lambda: network.snap(point, max_snap_m=limit_m),
        lambda: network.service_lines(point[0], limit_m),
    ):
        with pytest.raises(UsageError) as caught:
            call()
        for lang in locale.LANGUAGES:
            assert caught.value.render(lang)


def test_service_lines_are_cut_at_the_limit():
    network = Network.from_lines(CROSS)
    assert network.service_lines((0, 0), 30.5).length == pytest.approx(4 * 30.5, abs=1e-9)
    inside = network.service_lines(Point(80, 0), 100)
    assert inside.length == pytest.approx(100 + 3 * 20, abs=1e-9)
    assert inside.bounds == pytest.approx((-20, -20, 100, 20))
    # the facility's own leg is walked first
    assert network.service_lines((80, 10), 100).length == pytest.approx(100 + 3 * 10, abs=1e-9)
    assert network.service_lines((80, 10), 9.999).is_empty
    assert network.service_lines((80, 10), 500, max_snap_m=9).is_empty
    assert network.service_lines((80, 10), 1e6).length == pytest.approx(400)


def test_streets_of_several_facilities_are_those_of_each_counted_once():
    network = Network.from_lines(CROSS)
    both = network.streets_within([(80, 0), (50, 0)], 25)
    assert both.length == pytest.approx(100 - 25, abs=1e-9)
    assert len(both.geoms) == 1, "one street, whole where the areas overlap"
    # a leg of 10 m off the road leaves 15 m to walk, and one beyond the limit none
    assert network.streets_within([(0, 80), (-10, -50), (200, 0)], 25).length == pytest.approx(
        25 + 20 + 2 * 15, abs=1e-9
    )
    assert network.streets_within([], 25).is_empty


def test_service_lines_meet_from_both_sides_and_cover_loops():
    square = [
        LineString([(0, 0), (100, 0)]),
        LineString([(100, 0), (100, 100), (0, 100)]),
        LineString([(0, 100), (0, 0)]),
    ]
    network = Network.from_lines(square)
    assert network.service_lines((0, 0), 199).length == pytest.approx(398)
    assert network.service_lines((0, 0), 200).length == pytest.approx(400)
    loop = Network.from_lines([LineString([(0, 0), (9, 0), (9, 9), (0, 9), (0, 0)])])
    assert loop.service_lines((0, 0), 10).length == pytest.approx(20)
