"""Service areas on three real networks audit themselves: what they hold is within the limit.

Points are drawn on the streets and in the polygons, and walked by the search that verdicts rest
on; a campaign draws from more facilities.
"""

import dataclasses

import numpy as np
import pyogrio
import pytest
import shapely
from campaign import FACTOR

from facilityplan.network import Network, audit_service_areas

pytestmark = pytest.mark.real

FACILITIES = min(40 * FACTOR, 300)
PLACES = {
    "jinan": ("jinan_roads/edges.shp", "EPSG:4548"),
    "zhengzhou": ("zhengzhou_roads/roads.geojson", "EPSG:4547"),
    "liechtenstein": ("liechtenstein/liechtenstein.osm.pbf", "EPSG:32632"),
}


def read(path, crs):
    layer = {"layer": "lines"} if path.suffix == ".pbf" else {}
    roads = pyogrio.read_dataframe(path, **layer)
    if roads.crs is None:
        roads = roads.set_crs("EPSG:4326")
    roads = roads.to_crs(crs)
    if "highway" not in roads.columns:
        return roads[["geometry"]]
    roads = roads[roads["highway"].notna()]
    return roads[["highway", "geometry"]].rename(columns={"highway": "class"})


@pytest.fixture(scope="module", params=list(PLACES))
def made(request, shared):
    path, crs = PLACES[request.param]
    network = Network.from_lines(read(shared / path, crs))
    rng = np.random.default_rng(4)
    vertices = shapely.get_coordinates(network.edges.lines)
    near = vertices[rng.integers(0, len(vertices), FACILITIES)]
    facilities = near + rng.normal(0, 30, near.shape)
    return request.param, network, facilities, network.service_areas(facilities, 500)


def test_nothing_sampled_on_streets_and_hardly_anything_in_polygons_is_too_far(made):
    _, network, facilities, areas = made
    audit = audit_service_areas(network, areas, facilities, n_points=10_000, seed=5)
    assert audit.n_street_points == audit.n_polygon_points == 10_000
    assert audit.share_street_beyond == 0
    assert audit.farthest_street_m <= 500.002
    assert audit.share_polygon_beyond < 0.005


def test_plain_buffers_would_not_pass(made):
    name, network, facilities, areas = made
    buffers = shapely.buffer(areas.lines, 25)
    plain = dataclasses.replace(areas, polygons=buffers)
    audit = audit_service_areas(network, plain, facilities, n_points=10_000, seed=5)
    assert audit.share_polygon_beyond > 0.05
    if name == "jinan":
        assert 0.08 < audit.share_polygon_beyond < 0.25


def test_polygons_leave_out_nothing_that_is_near_enough(made):
    _, network, facilities, areas = made
    rng = np.random.default_rng(6)
    owner = rng.integers(0, FACILITIES, 20_000)
    box = shapely.bounds(areas.polygons)[owner]
    spots = box[:, :2] - 25 + rng.random((len(box), 2)) * (box[:, 2:] - box[:, :2] + 50)
    found = network.pairs(spots, facilities, limit_m=500).tocoo()
    own = found.col == owner[found.row]
    near = found.row[own]
    near = near[network.snap(spots[near]).off_mm <= 25_000]
    assert len(near) > 1000
    held = shapely.contains_xy(areas.polygons[owner[near]], *spots[near].T)
    assert held.mean() > 0.998


def test_polygons_are_sound(made):
    _, _, _, areas = made
    assert shapely.is_valid(areas.polygons).all()
    # every street is in its band; the grid of a millimetre moves both
    for lines, polygon in zip(areas.lines, areas.polygons, strict=True):
        assert shapely.difference(lines, polygon.buffer(0.01)).length < 0.01
    xy = shapely.get_coordinates(areas.polygons)
    assert np.abs(xy - np.round(xy, 3)).max() < 1e-8
