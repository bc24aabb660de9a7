"""Which point of a residence counts: every rule against brute force over points made by hand."""

import itertools
import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.coverage import (
    PointRule,
    beside,
    demand_points,
    outline_samples,
    straight_reach,
    walking_reach,
)
from facilityplan.errors import CrsError
from facilityplan.layers import points_of
from facilityplan.network import Network

FEW = settings(max_examples=examples(60), deadline=None)
CRS = "EPSG:4547"
FAR = (412_345.0, 3_812_345.0)


def frame(shapes, crs=CRS):
    ids = [f"R{at}" for at in range(len(shapes))]
    return gpd.GeoDataFrame({"id": ids}, geometry=shapes, crs=crs)


def whole_mm(metres):
    return math.floor(metres * 1000 + 0.5) / 1000


def along(ring, step):
    """Vertices of a ring and points between them, at most a step apart, one by one."""
    for (x, y), (u, v) in itertools.pairwise(ring.coords):
        parts = max(1, math.ceil(math.hypot(u - x, v - y) / step))
        for part in range(parts):
            yield x + (u - x) * part / parts, y + (v - y) * part / parts


def farthest(shape, facilities):
    parts = shapely.get_parts(shape)
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    return max(
        whole_mm(min(math.dist(point, spot) for spot in facilities))
        for ring in rings
        for point in along(ring, 10)
    )


def nearest(shape, facilities):
    return min(whole_mm(shapely.distance(shape, shapely.Point(spot))) for spot in facilities)


@st.composite
def shapes(draw):
    x, y = draw(st.integers(0, 900)), draw(st.integers(0, 900))
    w, h = draw(st.integers(1, 300)), draw(st.integers(1, 300))
    whole = shapely.affinity.rotate(shapely.box(x, y, x + w, y + h), draw(st.integers(0, 89)))
    hole = draw(st.booleans())
    if hole:
        whole = whole.difference(whole.centroid.buffer(min(w, h) / 4, quad_segs=2))
    if draw(st.booleans()):
        return whole
    # An estate on both sides of a street.
    return shapely.MultiPolygon([whole, shapely.affinity.translate(whole, 2 * (w + h), 10)])


SPOTS = st.lists(
    st.tuples(st.integers(0, 1200_000), st.integers(0, 1200_000)).map(
        lambda p: (p[0] / 1000, p[1] / 1000)
    ),
    min_size=1,
    max_size=8,
)


@FEW
@given(st.lists(shapes(), min_size=1, max_size=5), SPOTS, st.sampled_from([(0.0, 0.0), FAR]))
def test_outline_rules_are_those_of_brute_force(areas, spots, offset):
    areas = [shapely.affinity.translate(area, *offset) for area in areas]
    spots = [(x + offset[0], y + offset[1]) for x, y in spots]
    residences = frame(areas)
    xy = np.asarray(spots)
    found = beside(residences, points_of(residences.geometry), xy)
    for rule, oracle, aside in (
        (PointRule.NEAREST_BOUNDARY, nearest, found.nearest_boundary_m),
        (PointRule.FARTHEST_POINT, farthest, found.farthest_point_m),
    ):
        demand = demand_points(residences, None, rule)
        reach = straight_reach(demand, xy, len(areas))
        assert demand.rule == (rule,) * len(areas)
        wanted = [oracle(area, spots) for area in areas]
        # A sample lies where it is drawn only to the last digit: a millimetre may round over.
        assert reach.distance_m == pytest.approx(wanted, abs=0.0011)
        assert aside == pytest.approx(wanted, abs=0.0011)
        assert (reach.facility >= 0).all()
    inner = straight_reach(demand_points(residences), xy, len(areas)).distance_m
    assert (found.nearest_boundary_m <= inner).all()


def test_samples_keep_vertices_and_stand_at_most_ten_metres_apart():
    area = shapely.box(0, 0, 35, 10)
    xy, owner = outline_samples(np.asarray([area], dtype=object), np.asarray([0]))
    assert set(owner.tolist()) == {0}
    assert {(0, 0), (35, 0), (35, 10), (0, 10)} <= set(map(tuple, xy.tolist()))
    steps = np.hypot(*np.diff(xy, axis=0).T)
    # 35 m are four stretches of 8.75 m; 10 m are one.
    assert sorted(set(steps.round(6).tolist())) == [8.75, 10.0]


def test_a_facility_inside_is_0_m_from_the_boundary_rule():
    residences = frame([shapely.box(0, 0, 200, 200)])
    reach = straight_reach(
        demand_points(residences, None, PointRule.NEAREST_BOUNDARY), np.asarray([[100.0, 100.0]]), 1
    )
    assert (reach.distance_m[0], reach.facility[0]) == (0.0, 0)


@pytest.mark.parametrize("rule", [rule for rule in PointRule if rule is not PointRule.ENTRANCE])
def test_a_point_has_one_point_under_every_rule(rule):
    residences = frame([shapely.Point(3, 4)])
    demand = demand_points(residences, None, rule)
    assert demand.rule == (PointRule.INNER_POINT,)
    assert straight_reach(demand, np.zeros((1, 2)), 1).distance_m[0] == 5.0
    aside = beside(residences, points_of(residences.geometry), np.zeros((1, 2)))
    assert np.isnan(aside.nearest_boundary_m[0])
    assert np.isnan(aside.farthest_point_m[0])


def test_entrances_count_by_default_and_outlines_where_asked():
    residences = frame([shapely.box(0, 0, 100, 100), shapely.box(0, 300, 100, 400)])
    doors = gpd.GeoDataFrame(
        {"residence": ["R0", "R0", "elsewhere"]},
        geometry=[shapely.Point(0, 50), shapely.Point(100, 50), shapely.Point(9, 9)],
        crs=CRS,
    )
    facility = np.asarray([[150.0, 50.0]])
    default = demand_points(residences, doors)
    assert default.rule == (PointRule.ENTRANCE, PointRule.INNER_POINT)
    assert default.owner.tolist() == [0, 0, 1]
    assert straight_reach(default, facility, 2).distance_m.tolist() == [50.0, 316.228]
    boundary = demand_points(residences, doors, PointRule.NEAREST_BOUNDARY)
    assert boundary.rule == (PointRule.NEAREST_BOUNDARY,) * 2
    # hypot(150 - 100, 300 - 50) = 254.951
    assert straight_reach(boundary, facility, 2).distance_m.tolist() == [50.0, 254.951]


def test_on_foot_by_each_rule():
    # A road along y = 0 with the facility at its start; the estate's corners are 10 and 30 m off.
    network = Network.from_lines([shapely.LineString([(0, 0), (500, 0)])])
    residences = frame([shapely.box(100, 10, 140, 30)])
    facility = np.zeros((1, 2))

    def on_foot(rule, limit=500.0):
        demand = demand_points(residences, None, rule)
        return walking_reach(demand, facility, 1, network, snap_limit_m=limit)

    assert on_foot(PointRule.INNER_POINT).distance_m[0] == 120 + 20
    assert on_foot(PointRule.NEAREST_BOUNDARY).distance_m[0] == 100 + 10
    assert on_foot(PointRule.FARTHEST_POINT).distance_m[0] == 140 + 30
    # Beyond the snapping limit the near side is still on the network, the far side is not.
    assert not on_foot(PointRule.NEAREST_BOUNDARY, 15.0).off_network[0]
    lost = on_foot(PointRule.FARTHEST_POINT, 15.0)
    assert lost.off_network[0]
    assert np.isinf(lost.distance_m[0])
    assert lost.facility[0] == -1


def test_no_facility_is_endless_under_every_rule():
    residences = frame([shapely.box(0, 0, 10, 10)])
    for rule in PointRule:
        reach = straight_reach(demand_points(residences, None, rule), np.empty((0, 2)), 1)
        assert np.isinf(reach.distance_m[0])
    aside = beside(residences, points_of(residences.geometry), np.empty((0, 2)))
    assert np.isinf(aside.nearest_boundary_m[0])
    assert np.isinf(aside.farthest_point_m[0])


def test_degrees_are_refused():
    with pytest.raises(CrsError):
        demand_points(frame([shapely.Point(113, 34)], "EPSG:4326"), None, PointRule.FARTHEST_POINT)
