"""Service areas as polygons, on streets whose areas are sums by hand, and as lines by an oracle."""

import dataclasses

import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from facilityplan import locale
from facilityplan.errors import UsageError
from facilityplan.network import AreaAudit, Network, audit_service_areas
from facilityplan.network.areas import united

STREET = [LineString([(-500, 0), (500, 0)])]
SEEDS = st.integers(0, 2**32 - 1)
# five chords of a quarter circle, ten of a half
QUARTER = 5 * 0.5 * np.sin(np.pi / 10)


def area_of(lines, facility, limit_m, **options):
    return Network.from_lines(lines).service_areas([facility], limit_m, **options)


@pytest.mark.parametrize(
    ("facility", "limit_m", "length", "area"),
    [
        # a rectangle 50 m wide and two tips of 25 m
        ((0, 0), 100, 200, 150 * 50 + 2 * 625),
        # the leg of 10 m is walked first
        ((0, 10), 100, 180, 130 * 50 + 2 * 625),
        # a square on its corner
        ((0, 0), 10, 20, 200),
        ((0, 5), 10, 10, 50),
        ((0, 10), 10, 0, 0),
        ((0, 10.001), 10, 0, 0),
        ((0, 0), 0, 0, 0),
        # half a disc where the street stops
        ((500, 0), 100, 100, 75 * 50 + 625 + 2 * QUARTER * 625),
        ((490, 0), 100, 110, 85 * 50 + 625 + 2 * QUARTER * 625),
        # 15 m are left at the end
        ((415, 0), 100, 185, 75 * 50 + 625 + 75 * 50 + 2 * (25 + 15) / 2 * 10 + 2 * QUARTER * 225),
    ],
)
def test_one_straight_street(facility, limit_m, length, area):
    found = area_of(STREET, facility, limit_m)
    assert found.lines[0].length == pytest.approx(length, abs=1e-6)
    assert found.polygons[0].area == pytest.approx(area, abs=0.2)
    assert found.lines[0].geom_type == "MultiLineString"
    assert found.polygons[0].geom_type == "MultiPolygon"
    assert found.polygons[0].is_empty == (area == 0)
    outside = shapely.difference(found.lines[0], found.polygons[0].buffer(0.002))
    assert outside.is_empty


def test_the_width_is_the_callers():
    found = area_of(STREET, (0, 0), 100, half_width_m=10)
    assert found.polygons[0].area == pytest.approx(180 * 20 + 2 * 100, abs=0.1)
    assert (found.limit_m, found.half_width_m) == (100, 10)
    nothing = area_of(STREET, (0, 0), 100, half_width_m=0)
    assert nothing.polygons[0].is_empty
    assert nothing.lines[0].length == pytest.approx(200)


def test_a_junction_counts_once():
    branch = [LineString([(-500, 0), (0, 0), (500, 0)]), LineString([(0, 0), (0, 500)])]
    found = area_of(branch, (0, 0), 100)
    assert found.lines[0].length == pytest.approx(300)
    assert found.polygons[0].area == pytest.approx(8750 + 50 * 50 + 625, abs=0.2)


def test_a_hole_is_kept_and_outer_corners_are_round():
    ring = [LineString([(0, 0), (200, 0), (200, 200), (0, 200), (0, 0)])]
    found = area_of(ring, (100, 0), 1000).polygons[0]
    (polygon,) = found.geoms
    (hole,) = polygon.interiors
    assert shapely.Polygon(hole).area == pytest.approx(150**2, abs=0.2)
    outer = 200**2 + 4 * 200 * 25 + 4 * QUARTER * 625
    assert found.area == pytest.approx(outer - 150**2, abs=0.5)
    # both walks end opposite, 395 m away: 10 m are not walked, and the ring stays open
    cut = area_of(ring, (100, 0), 395)
    assert cut.lines[0].length == pytest.approx(790)
    assert len(cut.polygons[0].geoms) == 1
    assert len(cut.polygons[0].geoms[0].interiors) == 0


def test_a_street_that_is_not_walked_takes_what_lies_nearer_to_it():
    # 20 m beside the first, met by nothing: half of the way between is its own
    beside = [*STREET, LineString([(-500, 20), (500, 20)])]
    found = area_of(beside, (0, 0), 100).polygons[0]
    tips = 625 / 2 + (10 * 15 + 10 * 10 / 2)
    assert found.area == pytest.approx(150 * (25 + 10) + 2 * tips, abs=3)
    # a bridge across: beside it all that is nearer to the bridge
    bridge = [*STREET, LineString([(50, -300), (50, 300)])]
    crossed = area_of(bridge, (0, 0), 100).polygons[0]
    assert crossed.area == pytest.approx(8750 - 4 * 25**2 / 2, abs=3)
    assert len(crossed.geoms) == 1, "the street goes on below"
    assert area_of(bridge, (0, 0), 100).lines[0].length == pytest.approx(200)


def test_each_facility_is_by_itself():
    lines = [LineString([(-500, 0), (0, 0), (500, 0)]), LineString([(0, 0), (0, 500)])]
    lines.append(LineString([(-500, 30), (-10, 40)]))
    places = [(0, 0), (0, 0), (20, 3), (4000, 0), (-300, 31), (499, 0)]
    network = Network.from_lines(lines)
    together = network.service_areas(places, 150, max_snap_m=100)
    assert together.lines.shape == together.polygons.shape == (6,)
    for number, place in enumerate(places):
        alone = network.service_areas([place], 150, max_snap_m=100)
        assert together.lines[number].wkb == alone.lines[0].wkb
        assert together.polygons[number].wkb == alone.polygons[0].wkb
    assert together.polygons[0].wkb == together.polygons[1].wkb
    # off the network: nothing
    assert together.lines[3].is_empty
    assert together.polygons[3].is_empty


def test_a_union_that_lost_something_is_made_anew():
    halves = shapely.box([0, 5], 0, [6, 10], 10)
    inside = np.array([[1.0, 1.0], [9.0, 9.0]])
    for spots in (inside, np.concatenate([inside, [[99.0, 99.0]]])):
        assert united(halves, spots).equals(shapely.box(0, 0, 10, 10))


def test_facilities_that_are_none_and_areas_that_nobody_asked_for():
    network = Network.from_lines(STREET)
    none = network.service_areas([], 100)
    assert none.lines.shape == none.polygons.shape == (0,)
    assert network.service_areas([(0, 0)], 100, polygons=False).polygons is None
    for wrong in ({"limit_m": -1.0}, {"limit_m": 5.0, "half_width_m": np.nan}):
        with pytest.raises(UsageError) as caught:
            network.service_areas([(0, 0)], **wrong)
        assert all(caught.value.render(lang) for lang in locale.LANGUAGES)


@settings(max_examples=examples(40), deadline=None)
@given(seed=SEEDS, limit_m=st.floats(1, 500))
def test_lines_are_as_long_as_the_oracle_walks(make_roads, walker, seed, limit_m):
    lines, points = make_roads(seed)
    oracle = walker(lines)
    areas = Network.from_lines(lines).service_areas(points[:4], limit_m, polygons=False)
    for number, facility in enumerate(points[:4]):
        graph = oracle.with_points([facility])
        metres = oracle.ways(graph, 0)
        walked = 0.0
        for u, v, length in graph.edges(data="weight"):
            if 0 not in (u, v):
                rest = [max(limit_m - metres.get(end, np.inf), 0.0) for end in (u, v)]
                walked += min(length, sum(rest))
        # each cut and each edge is rounded to the millimetre
        slack = 0.001 * (graph.number_of_edges() + 2)
        assert areas.lines[number].length == pytest.approx(walked, abs=slack)


@settings(max_examples=examples(40), deadline=None)
@given(seed=SEEDS, limit_m=st.floats(30, 500))
def test_polygons_hold_what_is_near_enough_and_hardly_more(make_roads, seed, limit_m):
    lines, points = make_roads(seed)
    network = Network.from_lines(lines)
    areas = network.service_areas(points, limit_m)
    assert shapely.is_valid(areas.polygons).all()
    rng = np.random.default_rng(seed)
    place = rng.uniform(-60, 500, (800, 2))
    off_m = network.snap(place).off_mm / 1000
    walk_m = np.full((len(place), len(points)), np.inf)
    found = network.pairs(place, points, limit_m=2 * limit_m + 100).tocoo()
    walk_m[found.row, found.col] = found.data
    spots = shapely.points(place)
    inside = np.stack([shapely.contains(area, spots) for area in areas.polygons], axis=1)
    edge_m = np.stack([shapely.distance(a.boundary, spots) for a in areas.polygons], axis=1)
    clear = ~(edge_m < 1.0)
    wanted = (walk_m <= limit_m) & (off_m <= 25)[:, None]
    # the band has no other edges than the area's own, but for what another's taper leaves
    assert (wanted & ~inside & clear).sum() <= 0.002 * wanted.size
    assert (inside & ~wanted & clear).sum() <= 5 + 0.02 * inside.sum()


@settings(max_examples=examples(20), deadline=None)
@given(seed=SEEDS, limit_m=st.floats(1, 500))
def test_no_street_is_beyond_the_limit(make_roads, seed, limit_m):
    lines, points = make_roads(seed)
    lines = [lines[0], *(line for line in lines[1:] if not line.crosses(lines[0]))]
    network = Network.from_lines(lines, node_at_crossings=True)
    areas = network.service_areas(points, limit_m)
    audit = audit_service_areas(network, areas, points, n_points=200, seed=seed)
    if audit.n_street_points:
        assert audit.share_street_beyond == 0
        assert audit.farthest_street_m <= limit_m + audit.rounding_m


def test_the_audit_finds_what_is_too_far():
    network = Network.from_lines(STREET)
    areas = network.service_areas([(0, 0)], 100)
    fine = audit_service_areas(network, areas, [(0, 0)], n_points=2000, seed=1)
    assert (fine.share_street_beyond, fine.share_polygon_beyond) == (0, 0)
    assert (fine.n_street_points, fine.n_polygon_points) == (2000, 2000)
    assert 95 < fine.farthest_street_m <= 100.002
    assert 95 < fine.farthest_polygon_m <= 100.002
    assert audit_service_areas(network, areas, [(0, 0)], n_points=2000, seed=1) == fine
    # streets 50 m too long at either end, and a plain buffer round the right ones
    wrong = dataclasses.replace(
        areas,
        lines=np.array([shapely.MultiLineString([[(-150, 0), (150, 0)]])]),
        polygons=shapely.buffer(areas.lines, 25, cap_style="flat"),
    )
    found = audit_service_areas(network, wrong, [(0, 0)], n_points=4000, seed=2)
    assert found.share_street_beyond == pytest.approx(100 / 300, abs=0.03)
    assert 145 < found.farthest_street_m <= 150
    # four triangles of 25 m by 25 m of 200 m by 50 m
    assert found.share_polygon_beyond == pytest.approx(1250 / 10_000, abs=0.02)
    assert 120 < found.farthest_polygon_m <= 125


def test_an_audit_of_nothing_and_one_of_what_cannot_be_reached():
    network = Network.from_lines([*STREET, LineString([(0, 400), (50, 400)])])
    empty = network.service_areas([(0, 0)], 0)
    nothing = AreaAudit(None, None, 0, 0, None, None)
    assert audit_service_areas(network, empty, [(0, 0)], n_points=10, seed=0) == nothing
    lines_only = network.service_areas([(0, 0)], 50, polygons=False)
    half = audit_service_areas(network, lines_only, [(0, 0)], n_points=10, seed=0)
    assert (half.n_street_points, half.n_polygon_points) == (10, 0)
    elsewhere = network.service_areas([(20, 400)], 50)
    lost = audit_service_areas(network, elsewhere, [(0, 0)], n_points=10, seed=0)
    assert (lost.share_street_beyond, lost.farthest_street_m) == (1, np.inf)


def test_an_audit_wants_the_facilities_of_the_areas():
    network = Network.from_lines(STREET)
    areas = network.service_areas([(0, 0), (9, 0)], 50)
    for facilities, n_points in (([(0, 0)], 5), ([(0, 0), (9, 0)], -1)):
        with pytest.raises(UsageError) as caught:
            audit_service_areas(network, areas, facilities, n_points=n_points, seed=0)
        assert all(caught.value.render(lang) for lang in locale.LANGUAGES)
