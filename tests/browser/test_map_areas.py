"""Service areas follow a facility that is dragged, taken away or added, and a changed radius."""

import datetime as dt
import math

import geopandas as gpd
import pytest
from pyproj import Transformer
from shapely.geometry import LineString, Point, box

from facilityplan import checks, layers, maps, standards
from facilityplan.network import Network

pytestmark = pytest.mark.browser

CRS = "EPSG:4547"
X0, Y0 = 500_000.0, 3_850_000.0

# The circles of the first area: middles in metres from the city's origin would need the page's own
# projection, so they are compared in degrees; radii in metres.
CIRCLES = """() => {
    const found = [];
    map_city.eachLayer((layer) => {
        if (layer instanceof L.Circle) found.push([layer.getLatLng().lat, layer.getLatLng().lng, layer.getRadius()]);
    });
    return found.sort();
}"""
STREETS = """() => {
    let total = 0;
    map_city.eachLayer((layer) => {
        if (!(layer instanceof L.Polyline) || layer instanceof L.Polygon || layer.options.pane !== "desk-areas") return;
        for (const line of layer.getLatLngs()) for (let at = 1; at < line.length; at += 1) total += map_city.distance(line[at - 1], line[at]);
    });
    return total;
}"""


def frame(layer, columns, shapes):
    moved = gpd.GeoSeries(shapes, crs=CRS).translate(X0, Y0)
    kinds = standards.kind_words() if layer == "facilities" else None
    return layers.conform(gpd.GeoDataFrame(columns, geometry=moved, crs=CRS), layer, kinds=kinds)


def at(x, y):
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(X0 + x, Y0 + y)
    return lat, lon


# One straight street 6 km long, a station in its middle: 2 x 500 m of it are within a walk.
@pytest.fixture(scope="module")
def desk(open_page, tmp_path_factory):
    own = {
        "residences": frame(
            "residences",
            {
                "id": ["a", "b"],
                "name": ["甲", "乙"],
                "households": [100, 200],
                "elders": [1, 2],
                "status": ["existing"] * 2,
                "setting": ["urban"] * 2,
            },
            [box(-50, 20, 50, 120), box(1950, 20, 2050, 120)],
        ),
        "facilities": frame(
            "facilities",
            {
                "id": ["f", "h"],
                "kind": ["day_care", "elder_home"],
                "name": ["东站", "老院"],
                "status": ["运营"] * 2,
                "beds": [5, 40],
                "floor_area_m2": [199.5, 3000],
            },
            [Point(0, 0), Point(-1500, 0)],
        ),
        "roads": frame("roads", {"class": ["residential"]}, [LineString([(-3000, 0), (3000, 0)])]),
    }
    city = layers.City("小城", CRS, dt.date(2026, 6, 30), own)
    held = standards.resolve([standards.load("zhengzhou-2018-34")], city.as_of)
    network = Network.from_lines(city.layer("roads"))
    findings = checks.assess(city, held, network)
    path = tmp_path_factory.mktemp("areas") / "map.html"
    maps.city_map(city, findings, standards=held, network=network).save(path)
    opened = open_page(path)
    opened.page.check("[data-layer=streets-0]")
    opened.page.uncheck("[data-layer=residences]")
    return opened


def circles(desk):
    return desk.page.evaluate(CIRCLES)


def streets(desk):
    return desk.page.evaluate(STREETS)


# A pixel is 8 m, and a place so far off the street walks that much less of it both ways.
PIXEL_M = 8.0


def wait_for(desk, wanted, pixels=0):
    desk.page.wait_for_function(
        f"([wanted, off]) => Math.abs(({STREETS})() - wanted) < off",
        arg=[wanted, 2.0 + 2 * PIXEL_M * pixels],
    )


def drag(desk, start, end):
    page = desk.page
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, end[1], steps=3)
    page.mouse.move(*end, steps=3)


def test_the_area_goes_with_the_facility_while_it_is_dragged(desk):
    page = desk.page
    assert streets(desk) == pytest.approx(1000, rel=0.003)
    (before,) = circles(desk)
    assert before == pytest.approx([*at(0, 0), 500], abs=1e-5)
    page.click("#desk-tab-whatif")
    start = desk.centre_on(*at(0, 0), zoom=14)
    # 200 px to the east, and not let go
    drag(desk, start, (start[0] + 200, start[1]))
    (during,) = circles(desk)
    assert during[1] > before[1] + 0.01
    page.mouse.up()
    sign = page.evaluate(
        """() => {
            let found = null;
            map_city.eachLayer((layer) => { if (layer.options.title === "东站") found = layer.getLatLng(); });
            return [found.lat, found.lng];
        }"""
    )
    page.wait_for_function(f"() => Math.abs(({CIRCLES})()[0][1] - {sign[1]}) < 1e-6")
    (after,) = circles(desk)
    assert after[:2] == pytest.approx(sign, abs=1e-6)
    wait_for(desk, streets_of(1000), pixels=2)


def streets_of(metres):
    """Return the length as Leaflet measures it: on a sphere, some per mille off the ground."""
    (lat0, lon0), (lat1, lon1) = at(0, 0), at(metres, 0)
    a, b = math.radians(lat0), math.radians(lat1)
    half = (
        math.sin((b - a) / 2) ** 2
        + math.cos(a) * math.cos(b) * math.sin(math.radians(lon1 - lon0) / 2) ** 2
    )
    return 2 * 6_371_000 * math.asin(math.sqrt(half))


def test_the_area_follows_the_radius_and_says_it(desk):
    page = desk.page
    page.fill("#desk-radius-0", "800")
    page.locator("#desk-radius-0").press("Tab")
    page.wait_for_function(f"() => ({CIRCLES})()[0][2] === 800")
    wait_for(desk, streets_of(1600), pixels=2)
    assert (
        "服务范围（直线 800 米）" in page.locator("[data-layer=area-0] ~ .desk-name").text_content()
    )
    page.fill("#desk-radius-0", "500")
    page.locator("#desk-radius-0").press("Tab")
    page.wait_for_function(f"() => ({CIRCLES})()[0][2] === 500")


def test_one_more_facility_has_its_area_and_one_taken_away_has_none(desk):
    page = desk.page
    page.select_option("#desk-kind", "day_care")
    page.get_by_text("增设一处", exact=True).click()
    page.mouse.click(*desk.centre_on(*at(-2000, 0), zoom=14))
    page.wait_for_function(f"() => ({CIRCLES})().length === 2")
    middles = sorted(lon for _, lon, _ in circles(desk))
    assert middles[0] == pytest.approx(at(-2000, 0)[1], abs=2e-4)
    wait_for(desk, streets_of(2000), pixels=4)
    page.get_by_text("全部复原", exact=True).click()
    page.wait_for_function(f"() => ({CIRCLES})().length === 1")
    page.mouse.click(*desk.centre_on(*at(0, 0), zoom=15))
    page.get_by_text("撤除此设施", exact=True).click()
    page.wait_for_function(f"() => ({CIRCLES})().length === 0")
    wait_for(desk, 0)


def test_leaving_the_what_if_shows_what_is(desk):
    desk.page.click("#desk-tab-map")
    (now,) = circles(desk)
    assert now == pytest.approx([*at(0, 0), 500], abs=1e-5)
    wait_for(desk, streets_of(1000))
    assert desk.clean(), (desk.requests, desk.complaints)


def test_what_the_page_cannot_do_exactly_is_said_to_be_an_estimate(desk):
    desk.page.click("#desk-tab-whatif")
    said = desk.page.locator(".desk-estimate").inner_text()
    for part in ("估算", "容量分配", "复核"):
        assert part in said
    desk.page.click("#desk-tab-map")


def test_before_and_after_side_by_side_by_keyboard(desk):
    page = desk.page
    page.check("[data-layer=residences]")
    page.click("#desk-tab-whatif")
    page.get_by_text("全部复原", exact=True).click()
    desk.centre_on(*at(1000, 70), zoom=15)
    page.select_option("#desk-kind", "day_care")
    page.get_by_text("增设一处", exact=True).click()
    page.mouse.click(*desk.centre_on(*at(2000, 0), zoom=15))
    desk.centre_on(*at(2000, 70), zoom=15)
    page.click("#desk-open-swipe")
    slider = page.locator(".desk-swipe")
    assert slider.get_attribute("aria-label") == "前后对比"
    # estate b: not covered before, covered after; a: covered on both sides
    assert desk.near_colour("before", "#e8601c") > 1e-5
    assert desk.near_colour("residences", "#e8601c") == 0
    assert desk.near_colour("residences", "#67a9cf") > 1e-5
    clips = "() => ['before', 'residences'].map((name) => document.querySelector(`.leaflet-desk-${name}-pane`).style.clip)"
    halves = page.evaluate(clips)
    assert all(clip.startswith("rect(") for clip in halves)
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(clips) != halves
    page.click("#desk-open-swipe")
    assert page.evaluate(clips)[1] == ""
    page.get_by_text("全部复原", exact=True).click()
    page.click("#desk-tab-map")
    assert desk.clean(), (desk.requests, desk.complaints)
