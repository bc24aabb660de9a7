"""Streets within a walk as the page finds them, against the program's own."""

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely
from desk_script import run

from facilityplan import checks, layers
from facilityplan.layers import points_of
from facilityplan.maps import city_map
from facilityplan.maps.packing import Pack
from facilityplan.network import Network

CRS = "EPSG:4547"
X0, Y0 = 500_000.0, 3_850_000.0
PARTS = ("unpack", "shapes", "data", "reach", "model", "scenario", "whatif", "areas")

# What draws is not in node.
STUB = "globalThis.L = { LayerGroup: { extend: () => null }, GridLayer: { extend: () => null } };"
BODY = """
    const packed = desk.unpack(JSON.stringify(input.lean), input.pack);
    const city = desk.read(packed, "zh", desk.readShapes(packed));
    const geometry = { holders: desk.holders(city.shapes.residences, city.residences.id, city.zones) };
    const model = new desk.Model(city.whatif, city.residences, geometry);
    desk.applyState(model, desk.readScenario(input.scenario, { city }));
    return city.areas.map((area) => {
        const { counting, limit } = desk.areaNow({ area }, model);
        const lines = desk.streetsWithin(model.roads, counting.map(({ place }) => place), limit);
        return { limit, keys: counting.map(({ key }) => key), spots: counting.map(({ x, y }) => [x, y]), lines };
    });
"""


def streets():
    """Return a grid of crooked streets, 250 m apart, some of them missing."""
    rng = np.random.default_rng(5)
    across = np.arange(-1500, 2501, 250)
    corners = {(i, j): (x, y) for i, x in enumerate(across) for j, y in enumerate(across - 500)}
    lines = []
    for (i, j), (x, y) in corners.items():
        for other in ((i + 1, j), (i, j + 1)):
            if other not in corners or rng.random() < 0.15:
                continue
            x1, y1 = corners[other]
            bend = ((x + x1) / 2 + rng.normal(0, 20), (y + y1) / 2 + rng.normal(0, 20))
            lines.append(shapely.LineString([(x, y), bend, (x1, y1)]))
    moved = gpd.GeoSeries(lines, crs=CRS).translate(X0, Y0)
    frame = gpd.GeoDataFrame({"class": ["residential"] * len(lines)}, geometry=moved, crs=CRS)
    return layers.conform(frame, "roads")


SCENARIO = {
    "format": "facilityplan-scenario",
    "version": 1,
    "crs": CRS,
    "moved": [{"id": "f", "x": X0 + 612.345, "y": Y0 + 187.5}],
    "removed": ["g"],
    "added": [
        {
            "id": f"new-{n}",
            "name": f"新 {n}",
            "kind": kind,
            "x": X0 + x,
            "y": Y0 + y,
            "floor_area_m2": 0,
            "beds": 0,
            "candidate": None,
        }
        for n, (kind, x, y) in enumerate(
            [("day_care", 640.0, 240.0), ("day_care", -700.25, -380.0), ("elder_home", 1500, 0)]
        )
    ],
    "limits": {"ZZ05a": 650.5},
}


def test_streets_follow_what_is_moved_added_and_taken_away(small):
    city = dataclasses.replace(small.city, layers={**small.city.layers, "roads": streets()})
    network = Network.from_lines(city.layer("roads"))
    findings = checks.assess(city, small.standards, network)
    made = city_map(city, findings, standards=small.standards, network=network)
    desk = made._children["desk"].desk
    pack = Pack()
    lean = pack.lean(desk)
    page = {"lean": lean, "pack": pack.compressed(), "scenario": SCENARIO}
    found = run(BODY, page, *PARTS, before=STUB)
    assert {own["limit"] for own in found} == {650.5, 1000}
    for own in found:
        # f has moved, g of no known kind is gone, and a home for elders counts for no radius
        assert sorted(own["keys"]) == ["+new-0", "+new-1", "f0"]
        assert own["spots"][own["keys"].index("f0")] == [X0 + 612.345, Y0 + 187.5]
        ours = network.streets_within(
            shapely.points(own["spots"]), own["limit"], max_snap_m=city.snap_limit_m
        )
        drawn = shapely.union_all([shapely.LineString(line) for line in own["lines"]])
        assert drawn.length > 5_000
        assert drawn.length == pytest.approx(ours.length, rel=1e-6)
        # nothing of the one farther than a centimetre from the other
        assert shapely.difference(drawn, ours.buffer(0.01)).length < 0.1
        assert shapely.difference(ours, drawn.buffer(0.01)).length < 0.1
    rows = points_of(city.facilities.geometry)
    assert [own["facilities"] for own in desk["areas"]] == [[0]] * len(desk["areas"])
    assert tuple(rows[0]) != tuple(found[0]["spots"][0])
