"""What is packed into a map is what the city and its findings hold."""

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from facilityplan import maps
from facilityplan.checks import Verdict
from facilityplan.layers import points_of
from facilityplan.maps.packing import Pen, outlines
from facilityplan.network import Network

lon = st.floats(73, 135, allow_nan=False)
lat = st.floats(18, 53, allow_nan=False)


def unpack(lists):
    """Follow the steps of several flat lists with one pen, in plain Python."""
    x = y = 0
    paths = []
    for steps in lists:
        path = []
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + dx, y + dy
            path.append((x / 1e6, y / 1e6))
        paths.append(path)
    return paths


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.lists(st.tuples(lon, lat), min_size=2, max_size=6), min_size=1, max_size=5))
def test_lines_come_back_to_half_a_step(lines):
    pen = Pen()
    packed = [steps for line in lines for steps in pen.lines(LineString(line))]
    for found, line in zip(unpack(packed), lines, strict=True):
        kept = iter(found)
        at = next(kept)
        for vertex in line:
            if not math.dist(at, vertex) < 1e-6:
                at = next(kept)
            assert abs(at[0] - vertex[0]) <= 5.1e-7
            assert abs(at[1] - vertex[1]) <= 5.1e-7


def test_polygons_keep_rings_and_parts():
    ring = [(113.0, 34.0), (113.1, 34.0), (113.1, 34.1), (113.0, 34.1)]
    hole = [(113.02, 34.02), (113.04, 34.02), (113.04, 34.04)]
    shape = MultiPolygon([Polygon(ring, [hole]), Polygon([(1, 1), (2, 1), (2, 2)])])
    packed = Pen().place(shape)
    assert [len(rings) for rings in packed] == [2, 1]
    flat = [steps for rings in packed for steps in rings]
    assert unpack(flat) == [ring, hole, [(1, 1), (2, 1), (2, 2)]]


def desk_of(small, **options):
    return (
        maps.city_map(
            small.city,
            options.pop("findings", small.findings),
            standards=small.standards,
            proposal=options.pop("proposal", small.proposal),
            **options,
        )
        ._children["desk"]
        .desk
    )


def test_points_lie_where_the_city_says(small):
    desk = desk_of(small)
    to_degrees = Transformer.from_crs(small.city.crs, "EPSG:4326", always_xy=True)
    for name in ("residences", "facilities"):
        expected = np.column_stack(
            to_degrees.transform(*points_of(small.city.layer(name).geometry).T)
        )
        found = [path[0] for path in unpack(desk[name]["point"])]
        assert np.abs(np.asarray(found) - expected).max() < 6e-7
    (south, west), (north, east) = desk["bounds"]
    assert west < min(x for x, _ in found) * 1e6 < east
    assert south < min(y for _, y in found) * 1e6 < north


def test_columns_hold_every_finding_once(small):
    desk = desk_of(small)
    rows = []
    for clause, columns in zip(desk["clauses"], desk["findings"], strict=True):
        for row, unit in enumerate(columns["unit"]):
            kind = columns["unitKind"]
            layer = {"residence": "residences", "zone": "zones", "facility": "facilities"}.get(kind)
            # A milestone, or an indicator of the whole place, is on no layer.
            unit_id = small.city.layer(layer)["id"].iloc[unit] if isinstance(unit, int) else unit
            required = columns["required"]
            required = required[row] if isinstance(required, list) else required
            verdict = list(Verdict)[columns["verdict"][row]].value
            rows.append((clause["id"], unit_id, verdict, columns["value"][row], required))
    layers_drawn = ("residences", "zones", "facilities")
    on_a_layer = {name for layer in layers_drawn for name in small.city.layer(layer)["id"]}

    def shown(item):
        return item.unit_id if item.unit_id in on_a_layer else item.unit_name

    expected = [
        (item.clause_id, shown(item), item.verdict.value, item.value, item.required)
        for item in small.findings
    ]

    def plain(value):
        if isinstance(value, float) and math.isinf(value):
            return None
        return int(value) if isinstance(value, float) and value.is_integer() else value

    assert sorted(map(repr, rows)) == sorted(repr(tuple(plain(v) for v in row)) for row in expected)


def test_a_finding_on_no_layer_keeps_its_name(small):
    stray = replace(small.findings[0], unit_kind="zone", unit_id="central", unit_name="中心城区")
    desk = desk_of(small, findings=[stray])
    assert desk["findings"][0]["unit"] == ["中心城区"]


def test_infinite_figures_become_nothing(small):
    far = replace(small.findings[0], value=math.inf, margin=-math.inf)
    columns = desk_of(small, findings=[far])["findings"][0]
    assert columns["value"] == [None]
    assert columns["margin"] == 1  # value less required: nothing where there is no value


def test_quotes_stand_once(small):
    page = maps.city_map(small.city, small.findings, standards=small.standards).to_html()
    quote = "城市社区、行政村养老服务设施服务半径,应分别不超过500米和1000米"
    clauses = {item.clause_id for item in small.findings}
    assert page.count(quote) == len(clauses & {"ZZ05a", "ZZ05b"})


def test_service_areas_have_the_facilities_that_count(small):
    areas = desk_of(small)["areas"]
    assert [area["limit"] for area in areas] == [500, 1000]
    assert [area["facilities"] for area in areas] == [[0], [0]]
    assert [area["streets"] for area in areas] == [None, None]


def test_streets_within_a_walk_end_at_the_limit(small):
    network = Network.from_lines(small.city.layer("roads"))
    streets = desk_of(small, network=network)["areas"][1]["streets"]
    to_metres = Transformer.from_crs("EPSG:4326", small.city.crs, always_xy=True)
    lines = [
        LineString(np.column_stack(to_metres.transform(*np.asarray(p).T))) for p in unpack(streets)
    ]
    # 550 m down to the main road, then 450 m to each side of the crossing
    assert shapely.union_all(lines).length == pytest.approx(550 + 2 * 450, abs=1.0)


def test_sites_name_residences_by_position(small):
    plans = desk_of(small)["proposal"]["plans"]
    assert len(plans) == 2
    site = plans[0]["sites"][0]
    assert site["serves"] == [1]
    assert site["households"] == [0, 1]
    assert site["mends"] == [("ZZ05a", 1)]
    assert site["fits"] is False
    assert desk_of(small, proposal=None)["proposal"] is None


def test_nothing_given_is_changed(small):
    before = {name: layer.copy() for name, layer in small.city.layers.items()}
    desk_of(small)
    for name, layer in small.city.layers.items():
        assert layer.geometry.geom_equals(before[name].geometry).all()
        assert layer.drop(columns="geometry").equals(before[name].drop(columns="geometry"))


def test_unit_ids_of_points_and_areas(small):
    desk = desk_of(small)
    assert desk["residences"]["name"] == ["甲小区", "乙小区", "v"]
    assert desk["residences"]["households"] == [600, None, 80]
    assert desk["facilities"]["status"] == ["operating", "planned"]
    assert desk["facilities"]["kind"][1] == -1
    outline = desk["residences"]["outline"]
    assert outline["rings"].tolist() == [1, 1, 0]
    assert outline["sizes"].tolist() == [4, 4, 1]


def test_outlines_are_the_shapes_vertex_by_vertex():
    ring = [(113.0, 34.0), (113.1, 34.0), (113.1, 34.1), (113.0, 34.1)]
    hole = [(113.02, 34.02), (113.04, 34.02), (113.04, 34.04)]
    several = MultiPolygon([Polygon(ring, [hole]), Polygon([(1, 1), (2, 1), (2, 2)])])
    shapes = np.array([Point(5, 6), several, Polygon(ring[:3])], dtype=object)
    packed = outlines(shapes)
    assert packed["rings"].tolist() == [0, 3, 1]
    assert packed["sizes"].tolist() == [1, 4, 3, 3, 3]
    begin = np.append(0, np.cumsum(packed["sizes"])[:-1])
    moves = np.zeros((packed["sizes"].sum(), 2))
    moves[np.setdiff1d(np.arange(len(moves)), begin)] = np.column_stack(
        list(packed["steps"].values())
    )
    xy = (
        np.vstack(
            [
                first + np.cumsum(part, axis=0)
                for first, part in zip(
                    np.column_stack(list(packed["first"].values())),
                    np.split(moves, begin[1:]),
                    strict=True,
                )
            ]
        )
        / 1e6
    )
    flat = [(5, 6), *ring, hole[0], hole[2], hole[1], (1, 1), (2, 1), (2, 2), *ring[:3]]
    assert np.abs(xy - np.array(flat)).max() < 6e-7
