"""Streets within a walk as the page finds them, against the program's own."""

import random
from pathlib import Path

import pytest
import shapely
from desk_script import run
from whatif_parity import random_scenario

from facilityplan.layers import points_of
from facilityplan.maps import city_map
from facilityplan.maps.packing import Pack
from facilityplan.project import open_project

ROOT = Path(__file__).parents[2]
PARTS = ("unpack", "shapes", "data", "reach", "whatif", "areas")

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


@pytest.fixture(scope="module")
def project():
    return open_project(ROOT / "data" / "sample_city", lang="zh", cache=False)


def test_streets_follow_what_is_moved_added_and_taken_away(project):
    page_of = city_map(
        project.city,
        project.findings().findings,
        standards=project.standards,
        network=project.network,
        context=project.context,
    )
    desk = page_of._children["desk"].desk
    scenario = random_scenario(project.city, desk["whatif"]["rules"], random.Random(11))
    scenario["limits"] = {}
    pack = Pack()
    lean = pack.lean(desk)
    page = {"lean": lean, "pack": pack.compressed(), "scenario": scenario}
    # layers that draw are not in node
    stub = (
        "globalThis.L = { LayerGroup: { extend: () => null }, GridLayer: { extend: () => null } };"
    )
    found = run(BODY, page, *PARTS, before=stub)
    ids = project.city.facilities["id"].tolist()
    removed = {f"f{ids.index(name)}" for name in scenario["removed"]}
    moved = {f"f{ids.index(item['id'])}": (item["x"], item["y"]) for item in scenario["moved"]}
    before = points_of(project.city.facilities.geometry)
    for area, own in zip(desk["areas"], found, strict=True):
        assert own["limit"] == area["limit"]
        rows = {f"f{row}" for row in area["facilities"]}
        assert {key for key in own["keys"] if key.startswith("f")} == rows - removed
        for key, spot in zip(own["keys"], own["spots"], strict=True):
            if key in moved:
                assert tuple(spot) == moved[key]
            elif key in rows:
                assert tuple(spot) == tuple(before[int(key[1:])])
        streets = project.network.streets_within(
            shapely.points(own["spots"]), area["limit"], max_snap_m=project.city.snap_limit_m
        )
        drawn = shapely.union_all([shapely.LineString(line) for line in own["lines"]])
        assert drawn.length > 1_000
        assert drawn.length == pytest.approx(streets.length, rel=1e-6)
        # nothing of the one farther than a centimetre from the other
        assert shapely.difference(drawn, streets.buffer(0.01)).length < 0.1
        assert shapely.difference(streets, drawn.buffer(0.01)).length < 0.1
