"""A network to arrays and back: the same to the last bit, and nothing damaged gets through."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from facilityplan.errors import NetworkError
from facilityplan.locale import LANGUAGES
from facilityplan.network import Network
from facilityplan.network.stored import from_arrays, to_arrays

CRS = "EPSG:4547"


def same(one, two):
    """Tell whether two networks are one, to the last bit and in every field."""
    pairs = [(getattr(one.edges, name), getattr(two.edges, name)) for name in FIELDS]
    pairs.append((one.components, two.components))
    alike = all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in pairs)
    coords = [shapely.get_coordinates(x.edges.lines, return_index=True) for x in (one, two)]
    bits = all(a.tobytes() == b.tobytes() for a, b in zip(*coords, strict=True))
    return alike and bits and one.report == two.report and one.crs == two.crs


FIELDS = ("node_xy", "place", "tail", "head", "length_mm")


def town(crs=CRS):
    shapes = [
        LineString([(0, 0), (50, 20), (100, 0)]),
        LineString([(100, 0), (100.0001, 0.0001), (200, 0)]),
        LineString([(100, 0), (100, 0.0004)]),
        LineString([(0, 500), (0, 600), (60, 560), (0, 500)]),
        LineString([(0, 900), (70, 900)]),
        LineString([(0, 950), (70, 950)]),
    ]
    columns = {
        "class": ["residential", "wurzelweg", None, "service", "trunk", "motorway"],
        "foot": [None, "vielleicht", None, None, None, None],
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


@pytest.mark.parametrize("roads", [town(), town().geometry[:4].to_numpy(), town().geometry[:1]])
def test_there_and_back(roads):
    network = Network.from_lines(roads)
    again = from_arrays(to_arrays(network))
    assert same(network, again)
    points = np.array([[10.0, 5.0], [150.0, -5.0], [3.0, 555.0]])
    for one, two in zip(network.snap(points).__dict__.values(),
                        again.snap(points).__dict__.values(), strict=True):  # fmt: skip
        assert (one == two).all()
    limits = {"limit_m": 1000.0}
    assert (
        network.pairs(points, points, **limits) != again.pairs(points, points, **limits)
    ).nnz == 0
    assert all(values.flags.writeable for values in (again.components, again.edges.tail))


def test_no_objects_and_the_same_arrays_for_the_same_network():
    first, second = (to_arrays(Network.from_lines(roads)) for roads in (town(), town()[::-1]))
    assert not any(values.dtype.hasobject for values in first.values())
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


@settings(max_examples=examples(15))
@given(seed=st.integers(0, 10_000), crossings=st.booleans())
def test_any_roads_there_and_back(make_roads, seed, crossings):
    network = Network.from_lines(make_roads(seed)[0], node_at_crossings=crossings)
    assert same(network, from_arrays(to_arrays(network)))


def spoilt(name, change):
    arrays = to_arrays(Network.from_lines(town()))
    arrays[name] = change(arrays[name])
    return arrays


def about(**changes):
    def change(raw):
        said = json.loads(raw.tobytes()) | changes
        return np.frombuffer(json.dumps(said).encode(), dtype="|u1")

    return change


def put(at, value):
    def change(values):
        values = values.copy()
        values[at] = value
        return values

    return change


DAMAGE = [
    *((name, lambda values: values[:-1]) for name in (*FIELDS, "components", "line_xy")),
    *((name, lambda values: values[:0]) for name in (*FIELDS, "line_start", "line_xy", "about")),
    *((name, lambda values: values.astype("<f4")) for name in (*FIELDS, "components", "about")),
    *((name, lambda values: values.astype(">i8")) for name in ("tail", "place")),
    *((name, lambda values: values.astype(object)) for name in ("node_xy", "tail")),
    *((name, put(0, -1)) for name in ("tail", "head", "place", "components", "length_mm")),
    *((name, put(0, 10**9)) for name in ("tail", "head", "place", "components", "line_start")),
    ("line_start", put(1, 0)),
    ("line_start", put(-1, 2)),
    ("line_xy", put((0, 0), np.nan)),
    ("node_xy", put((0, 1), np.inf)),
    ("node_xy", lambda values: values + 1.0),
    ("tail", put(0, 3)),
    ("line_xy", lambda values: np.column_stack([values, values[:, 0]])),
    ("about", lambda raw: raw[:-3]),
    ("about", lambda raw: raw[::-1].copy()),
    ("about", about(report={})),
    ("about", about(report=7)),
    ("about", about(crs="EPSG:none of these")),
    ("about", about(crs=4)),
]


@pytest.mark.parametrize(("name", "change"), DAMAGE)
def test_damage_is_refused(name, change):
    with pytest.raises(NetworkError) as caught:
        from_arrays(spoilt(name, change))
    assert caught.value.message == "network_stored_damaged"
    for lang in LANGUAGES:
        assert caught.value.render(lang)


def test_another_format_is_refused():
    with pytest.raises(NetworkError) as caught:
        from_arrays(spoilt("about", about(format=0)))
    assert caught.value.message == "network_stored_format"
    for lang in LANGUAGES:
        assert "0" in caught.value.render(lang)


@pytest.mark.parametrize("name", sorted(to_arrays(Network.from_lines(town()))))
def test_nothing_may_be_missing(name):
    arrays = to_arrays(Network.from_lines(town()))
    del arrays[name]
    with pytest.raises(NetworkError):
        from_arrays(arrays)
