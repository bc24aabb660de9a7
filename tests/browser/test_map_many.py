"""Facilities and candidates by the thousand: drawn on tiles, answering, filtered, lifted to move."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pytest
import shapely
from campaign import examples
from pyproj import Transformer

from facilityplan import checks, layers, maps, standards

pytestmark = pytest.mark.browser

CRS = "EPSG:4547"
X0, Y0 = 500_000.0, 3_850_000.0
N_FACILITIES, N_CANDIDATES = min(examples(2_500), 20_000), min(examples(5_000), 50_000)
MOST_STALL_MS = 3_000  # a tenth of that on a machine at rest; a marker each took minutes
FACILITY, PLAN = "#12564a", "#9b1b8a"

STALL = """async () => {
    let [last, worst, on] = [performance.now(), 0, true];
    const tick = () => {
        const now = performance.now();
        worst = Math.max(worst, now - last);
        last = now;
        if (on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    for (let step = 0; step < 6; step += 1) {
        map_city.panBy([60, 30], { animate: false });
        await new Promise((done) => setTimeout(done, 80));
    }
    map_city.setZoom(map_city.getZoom() + 1, { animate: false });
    await new Promise((done) => setTimeout(done, 400));
    on = false;
    return worst;
}"""


def at(x, y):
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
    return lat, lon


def frame(layer, columns, xy):
    kinds = standards.kind_words() if layer == "facilities" else None
    made = gpd.GeoDataFrame(columns, geometry=shapely.points(xy), crs=CRS)
    return layers.conform(made, layer, kinds=kinds)


@pytest.fixture(scope="module")
def spots():
    rng = np.random.default_rng(3)
    middle = np.array([X0, Y0])
    cloud = rng.normal(0, 4000, (N_FACILITIES, 2)) + middle
    cloud[0] = (X0 + 30_000, Y0)  # alone, so that a click can only mean this one
    cloud[1] = (X0 + 31_000, Y0)
    sites = rng.normal(0, 4000, (N_CANDIDATES, 2)) + middle
    sites[0] = (X0 + 30_500, Y0)
    return cloud, sites


@pytest.fixture(scope="module")
def desk(open_page, spots, tmp_path_factory):
    cloud, sites = spots
    n = len(cloud)
    kinds = ["day_care" if row % 2 == 0 else "elder_home" for row in range(n)]
    own = {
        "residences": frame(
            "residences",
            {
                "id": ["a"],
                "name": ["甲"],
                "households": [100],
                "elders": [1],
                "status": ["existing"],
                "setting": ["urban"],
            },
            [(X0 + 30_000, Y0 + 200)],
        ),
        "facilities": frame(
            "facilities",
            {
                "id": [f"f{row}" for row in range(n)],
                "name": [f"站{row}" for row in range(n)],
                "kind": kinds,
                "status": ["停业" if row % 5 == 4 else "运营" for row in range(n)],
                "beds": [5] * n,
                "floor_area_m2": [200.0] * n,
            },
            cloud,
        ),
        "candidates": frame(
            "candidates",
            {
                "id": [f"c{row:05d}" for row in range(len(sites))],
                "name": [f"地{row}" for row in range(len(sites))],
                "kind": ["闲置用房"] * len(sites),
            },
            sites,
        ),
    }
    city = layers.City("大城", CRS, dt.date(2026, 6, 30), own)
    held = standards.resolve([standards.load("zhengzhou-2018-34")], city.as_of)
    path = tmp_path_factory.mktemp("many") / "map.html"
    maps.city_map(city, checks.assess(city, held), standards=held).save(path)
    return open_page(path)


def test_there_is_no_element_for_each_and_nothing_stalls(desk, spots):
    page = desk.page
    assert page.locator(".desk-sign").count() == 0
    desk.centre_on(*at(X0, Y0), zoom=12)
    assert desk.near_colour("points", FACILITY) > 1e-3
    assert desk.painted("candidates") == 0
    page.check("[data-layer=candidates]")
    assert desk.near_colour("candidates", PLAN) > 1e-3
    assert page.evaluate(STALL) < MOST_STALL_MS
    page.uncheck("[data-layer=candidates]")


def test_each_answers_a_click_and_the_pointer(desk, spots):
    cloud, sites = spots
    said = desk.click_map(*at(*cloud[0]), zoom=16)
    for part in ("站0", "日间照料中心", "运营", "5 张", "200 ㎡"):
        assert part in said
    desk.page.mouse.move(*desk.centre_on(*at(*cloud[1]), zoom=16))
    desk.page.wait_for_function("() => document.querySelector('.desk-hover').textContent === '站1'")
    desk.page.check("[data-layer=candidates]")
    assert "地0" in desk.click_map(*at(*sites[0]), zoom=16)
    desk.page.uncheck("[data-layer=candidates]")


def test_kinds_and_states_are_filtered(desk, spots):
    cloud, _ = spots
    page = desk.page
    page.evaluate("document.querySelector('#desk-filter').open = true")
    counts = dict(text.split("\n") for text in desk.texts("#desk-filter label"))
    n = len(cloud)
    shut = len(range(4, n, 5))
    assert counts["停业"] == f"{shut:,}"
    assert counts["运营"] == f"{n - shut:,}"
    desk.centre_on(*at(*cloud[0]), zoom=18)
    assert desk.near_colour("points", FACILITY) > 0
    page.locator("#desk-filter label", has_text="日间照料中心").locator("input").uncheck()
    assert desk.painted("points") == 0
    page.mouse.click(*desk.centre_on(*at(*cloud[0]), zoom=18))
    assert page.locator(".leaflet-popup-content").count() == 0
    page.locator("#desk-filter label", has_text="日间照料中心").locator("input").check()
    assert desk.near_colour("points", FACILITY) > 0


def test_one_is_lifted_out_to_be_moved(desk, spots):
    cloud, _ = spots
    page = desk.page
    page.click("#desk-tab-whatif")
    before = page.locator("#desk-figures").inner_text()
    assert "步行" not in before  # without roads nothing is known of walks
    start = desk.centre_on(*at(*cloud[0]), zoom=14)
    page.mouse.click(*start)
    page.get_by_text("迁移此设施", exact=False).click()
    assert page.locator(".desk-sign").count() == 1
    assert page.locator(".leaflet-marker-draggable").count() == 1
    start = desk.centre_on(*at(*cloud[0]), zoom=14)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0], start[1] + 150, steps=4)
    page.mouse.up()
    # 200 m from estate a before, over a kilometre after
    assert page.locator("#desk-figures").inner_text() != before
    assert "迁移：站0" in page.locator(".desk-changes").inner_text()
    page.click("#desk-tab-map")
    assert page.locator(".desk-sign").count() == 0
    assert "站0" in desk.click_map(*at(*cloud[0]), zoom=16)
    assert desk.clean(), (desk.requests, desk.complaints)
