"""Jinan and Zhengzhou as projects read them: once each way, noded where lines share a vertex."""

import networkx as nx
import pyogrio
import pyproj
import pytest

import facilityplan as fp
from facilityplan.network import Network

pytestmark = pytest.mark.real


def pieces(lines):
    """Return the connected pieces of lines that meet at any shared vertex, or at ends only."""
    by_vertex, by_end = nx.Graph(), nx.Graph()
    for line in lines:
        vertices = list(line.coords)
        nx.add_path(by_vertex, vertices)
        by_end.add_edge(vertices[0], vertices[-1])
    return [nx.number_connected_components(graph) for graph in (by_vertex, by_end)]


@pytest.fixture(scope="module")
def jinan(in_place):
    return fp.open_project(in_place("jinan"))


@pytest.fixture(scope="module")
def zhengzhou(in_place):
    return fp.open_project(in_place("zhengzhou"))


def test_jinan(jinan, shared):
    lines = pyogrio.read_dataframe(shared / "jinan_roads" / "edges.shp").geometry
    network = jinan.network
    assert len(jinan.city.layer("roads")) == len(lines) == 28_597
    assert (network.n_nodes, network.report.components) == (12_766, 26)
    assert network.report.lengthless_parts == 1
    assert network.report.components == pieces(lines)[0]
    assert network.report.largest_share == pytest.approx(0.991, abs=5e-4)
    # a street that stands once each way is walked once
    once = {min(tuple(line.coords), tuple(line.coords)[::-1]) for line in lines}
    assert network.n_edges == len([line for line in once if len(set(line)) > 1]) + 1


def test_zhengzhou(zhengzhou, shared):
    lines = pyogrio.read_dataframe(shared / "zhengzhou_roads" / "roads.geojson")
    assert pieces(lines.geometry) == [10, 466]
    roads = zhengzhou.city.layer("roads")
    assert len(roads) == 1085
    out = {"motorway", "motorway_link", "construction", "raceway"}
    by_class = lines["highway"].isin(out)
    # two trunk roads say that people may walk there
    bare = lines["highway"].isin({"trunk", "trunk_link"}) & (lines["foot"] != "yes")
    excluded = by_class | bare
    facts = {notice.id: notice for notice in zhengzhou.notices()}
    assert facts["roads_not_walkable"].parameters["rows"] == by_class.sum() == 156
    assert set(facts["roads_not_walkable"].ids) == out
    without = facts["roads_without_footway"]
    assert without.parameters["rows"] == bare.sum() == 237
    assert without.ids == ("trunk", "trunk_link")
    geodesic_km = pyproj.Geod(ellps="GRS80").geometry_length
    bare_km = sum(map(geodesic_km, lines.geometry[bare])) / 1000
    assert without.parameters["length_km"] == pytest.approx(bare_km, rel=2e-3)
    assert facts["roads_in_pieces"].parameters["components"] == 13
    assert pieces(lines.geometry[~excluded])[0] == 13
    opened = Network.from_lines(roads, walkable_classes={"trunk": True, "trunk_link": True})
    assert opened.report.components == pieces(lines.geometry[~by_class])[0] == 11
    everything = Network.from_lines(roads.drop(columns=["class", "walkable"]))
    assert everything.report.components == 10
    metres = roads.geometry.length.to_numpy()
    assert everything.total_length_m == pytest.approx(metres.sum(), abs=0.001 * everything.n_edges)
    assert zhengzhou.network.total_length_m == pytest.approx(
        metres[~excluded.to_numpy()].sum(), abs=0.001 * zhengzhou.network.n_edges
    )
