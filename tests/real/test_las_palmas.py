"""Las Palmas from its extract alone, against distances on the ellipsoid.

Nothing of ours is used but the figures under test: the geometry comes from the nodes and from
GDAL, pyproj measures.
"""

import heapq
import itertools
import math

import numpy as np
import osmium
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely

import facilityplan as fp

pytestmark = pytest.mark.real

HOMES = ("residential", "apartments", "house")
CARE = ("social_facility", "nursing_home", "community_centre")
LIMIT_M = 500.0
NOT_WALKED = {"motorway", "motorway_link", "raceway", "construction", "busway"}
FENCED = {"trunk", "trunk_link"}
INVITED = {"yes", "designated", "permissive", "destination"}
GEOD = pyproj.Geod(ellps="WGS84")
TO_METRES = pyproj.Transformer.from_crs(4326, 32628, always_xy=True).transform
TO_DEGREES = pyproj.Transformer.from_crs(32628, 4326, always_xy=True).transform


@pytest.fixture(scope="module")
def project(in_place):
    return fp.open_project(in_place("las_palmas"), lang="en")


@pytest.fixture(scope="module")
def coverage(project):
    return project.coverage().coverage


@pytest.fixture(scope="module")
def table(coverage):
    return pd.DataFrame(coverage.table).set_index("id")


@pytest.fixture(scope="module")
def extract(shared):
    return shared / "las_palmas" / "las_palmas.osm.pbf"


def inner_points(shapes):
    """Return metres of a point inside each, from degrees."""
    metres = shapely.transform(shapes, lambda xy: np.column_stack(TO_METRES(*xy.T)))
    return shapely.get_coordinates(shapely.point_on_surface(metres))


class Extract(osmium.SimpleHandler):
    """Closed ways of buildings, and every stretch between two neighbours of a way walked on."""

    def __init__(self):
        super().__init__()
        self.homes, self.stretches = {}, set()

    def way(self, way):
        tags, whole = way.tags, all(node.location.valid() for node in way.nodes)
        if tags.get("building") in HOMES and way.is_closed() and whole:
            ring = [(node.lon, node.lat) for node in way.nodes]
            self.homes[f"way/{way.id}"] = shapely.Polygon(ring)
        if "highway" not in tags or tags["highway"] in NOT_WALKED:
            return
        foot = tags.get("foot")
        if foot in {"no", "private"} or (tags.get("access") == "no" and foot not in INVITED):
            return
        beside = tags.get("sidewalk") in {"both", "left", "right"}
        if tags["highway"] in FENCED and not (foot in INVITED or beside):
            return
        for a, b in itertools.pairwise(way.nodes):
            if a.location.valid() and b.location.valid() and a.location != b.location:
                ends = ((a.lon, a.lat), (b.lon, b.lat))
                self.stretches.add((min(ends), max(ends)))


@pytest.fixture(scope="module")
def ways(extract):
    handler = Extract()
    handler.apply_file(str(extract), locations=True)
    return handler


@pytest.fixture(scope="module")
def places(extract, ways):
    """Homes and facilities, by id: points in metres. Ways node by node, the rest by GDAL.

    GDAL would draw the buildings that the extract cuts, so they are left to nobody.
    """
    areas = pyogrio.read_dataframe(extract, layer="multipolygons", on_invalid="ignore")
    is_way = areas["osm_way_id"].notna()
    areas["id"] = np.where(
        is_way, "way/" + areas["osm_way_id"].astype(str), "relation/" + areas["osm_id"].astype(str)
    )
    nodes = pyogrio.read_dataframe(extract, layer="points")
    nodes["id"] = "node/" + nodes["osm_id"].astype(str)
    pattern = '"amenity"=>"(?:' + "|".join(CARE) + ')"'
    nodes = nodes[nodes["other_tags"].str.contains(pattern, na=False)]
    of_relations = areas[areas["building"].isin(HOMES) & ~is_way]
    care = pd.concat([nodes, areas[areas["amenity"].isin(CARE)]])

    def by_id(ids, shapes):
        points = inner_points(np.asarray(shapes, dtype=object)).tolist()
        return dict(zip(ids, points, strict=True))

    homes = by_id(ways.homes, list(ways.homes.values()))
    homes |= by_id(of_relations["id"], of_relations.geometry)
    return homes, by_id(care["id"], care.geometry)


@pytest.fixture(scope="module")
def geodesic(table, places):
    """Metres on the ellipsoid from each home to its nearest facility, in the table's order."""
    homes, care = places
    lon, lat = TO_DEGREES(*np.array([homes[home] for home in table.index]).T)
    metres = []
    for x, y in care.values():
        there = TO_DEGREES(x, y)
        away = np.broadcast_to(np.array(there)[:, None], (2, len(lon)))
        metres.append(GEOD.inv(lon, lat, *away)[2])
    return np.min(metres, axis=0)


def test_reads_the_buildings_and_facilities_of_the_extract(project, places):
    ids = project.residences["id"]
    assert ids.str.split("/").str[0].value_counts().to_dict() == {"way": 6527, "relation": 737}
    homes, care = places
    assert set(ids) == set(homes)
    assert set(project.facilities["id"]) == set(care)
    assert len(care) == 22


def test_straight_line_is_that_on_the_ellipsoid(table, geodesic):
    assert len(table) == 7264
    # the projection's scale off its central meridian: less than 0.4 per thousand
    assert (np.abs(table["straight_m"] - geodesic) <= 0.0004 * geodesic + 0.05).all()
    clear = np.abs(geodesic - LIMIT_M) > 0.5
    assert (~clear).sum() < 20
    within = (table["verdict"] == "compliant").to_numpy()
    assert (within == (geodesic <= LIMIT_M))[clear].all()
    assert within.sum() == (table["straight_m"] <= LIMIT_M).sum()


def test_rates_are_those_of_the_residences(project, coverage, table, places):
    straight, walking = coverage.rates[:2]
    assert (straight.metric, walking.metric) == ("straight_line", "walking")
    for rates, column in ((straight, "straight_m"), (walking, "walking_m")):
        units = rates.rates.units
        assert (units.total, units.unknown) == (7264, 0)
        assert units.covered == (table[column] <= LIMIT_M).sum()
        for absent in (rates.rates.households, rates.rates.persons, rates.rates.elders):
            assert (absent.share, absent.unknown) == (None, 7264)
    homes = project.residences.geometry.to_numpy()
    care = shapely.points(list(places[1].values()))
    reach = shapely.union_all(shapely.buffer(care, LIMIT_M, quad_segs=128))
    shapely.prepare(reach)
    land_m2 = shapely.area(shapely.intersection(homes, reach)).sum()
    assert straight.rates.land.covered == pytest.approx(land_m2, rel=2e-4)
    assert straight.rates.land.total == pytest.approx(shapely.area(homes).sum())
    on_foot = (table["walking_m"] <= LIMIT_M).to_numpy()
    assert walking.rates.land.covered == pytest.approx(shapely.area(homes)[on_foot].sum())


def test_the_walking_distance_stands_beside_and_says_what_it_turns(project, coverage, table):
    on_foot, straight = table["walking_m"] <= LIMIT_M, table["straight_m"] <= LIMIT_M
    # straight legs and streets are never shorter than the straight line; a millimetre each rounded
    assert (table["walking_m"] >= table["straight_m"] - 0.05).all()
    assert list(coverage.flips) == table.index[on_foot != straight].tolist()
    assert (straight & ~on_foot).sum() == len(coverage.flips) > 500
    facts = {notice.id: notice for notice in project.notices()}
    assert facts["unknown_road_classes"].ids == ("bus_stop",)
    assert "unknown_road_words" not in facts
    by_hand = coverage.rates[0].rates.units.share - coverage.rates[1].rates.units.share
    assert 0.05 < by_hand == pytest.approx(len(coverage.flips) / 7264)
    shown = project.coverage().rates()
    assert shown["residences"].tolist()[:2] == [
        f"{straight.mean():.1%}",
        f"{on_foot.mean():.1%}",
    ]


class Walk:
    """Ways on foot from the facilities to anywhere, on single stretches and plain floats."""

    def __init__(self, stretches):
        self.ends = sorted(stretches)
        xy = np.array(TO_METRES(*np.array(self.ends).reshape(-1, 2).T)).T.reshape(-1, 2, 2)
        self.a, self.along = xy[:, 0], xy[:, 1] - xy[:, 0]
        self.length = np.hypot(*self.along.T)

    def place(self, xy):
        """Return the nearest stretch, the share along it, and how far off it the point is."""
        share = ((xy - self.a) * self.along).sum(axis=1) / self.length**2
        share = share.clip(0, 1)
        off = np.hypot(*(self.a + share[:, None] * self.along - xy).T)
        best = int(off.argmin())
        return best, float(share[best]), float(off[best])

    def nearest(self, facilities, homes):
        """Return metres from each home to the nearest facility."""
        graph, starts = {}, {}
        for (u, v), length in zip(self.ends, self.length.tolist(), strict=True):
            graph.setdefault(u, []).append((v, length))
            graph.setdefault(v, []).append((u, length))
        placed = [self.place(xy) for xy in facilities]
        for stretch, share, off in placed:
            for node, part in zip(self.ends[stretch], (share, 1 - share), strict=True):
                way = off + part * float(self.length[stretch])
                starts[node] = min(starts.get(node, math.inf), way)
        metres = self._spread(graph, starts)
        found = []
        for xy in homes:
            stretch, share, off = self.place(xy)
            length = float(self.length[stretch])
            ways = [
                off + part * length + metres.get(node, math.inf)
                for node, part in zip(self.ends[stretch], (share, 1 - share), strict=True)
            ]
            ways += [
                off + leg + abs(share - there) * length
                for at, there, leg in placed
                if at == stretch
            ]
            found.append(min(ways))
        return np.array(found)

    @staticmethod
    def _spread(graph, starts):
        metres, heap = {}, [(way, node) for node, way in starts.items()]
        heapq.heapify(heap)
        while heap:
            way, node = heapq.heappop(heap)
            if node not in metres:
                metres[node] = way
                for other, length in graph[node]:
                    if other not in metres:
                        heapq.heappush(heap, (way + length, other))
        return metres


def test_walking_distances_as_an_oracle_walks(ways, table, places):
    homes, care = places
    sample = table.iloc[:: len(table) // 300]
    expected = Walk(ways.stretches).nearest(
        np.array(list(care.values())), np.array([homes[home] for home in sample.index])
    )
    walked = sample["walking_m"].to_numpy(dtype=float)
    assert (np.isinf(expected) == np.isinf(walked)).all()
    assert np.isfinite(walked).mean() > 0.9
    reached = np.isfinite(walked)
    # the network rounds each edge to the millimetre
    apart_m = np.abs(walked[reached] - expected[reached])
    assert apart_m.max() <= 0.02
    near = expected[reached] < 1000
    assert near.sum() > 100
    assert apart_m[near].max() <= 0.01
