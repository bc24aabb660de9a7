"""The map by keyboard alone: Tab comes to every control, keys do what the mouse does, all is named."""

import json
import re

import numpy as np
import pytest
from made_up_city import made_up_city

from facilityplan import checks, maps, standards

pytestmark = pytest.mark.browser

WIDE, HIGH = 1366, 768
NAMELESS = re.compile(
    r"^\s*- (button|checkbox|combobox|searchbox|textbox|spinbutton|slider|tab|dialog|img)\b(?! \")",
    re.MULTILINE,
)

CONTROLS = """() => {
    const all = "a[href], button, input, select, textarea, summary, [tabindex='0'], [contenteditable]";
    const seen = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.disabled;
    return [...document.querySelectorAll(all)].filter(seen).map((node, at) => {
        node.dataset.stop = String(at);
        return node.outerHTML.slice(0, 80);
    });
}"""

AT_FOCUS = """() => {
    const node = document.activeElement;
    const style = getComputedStyle(node);
    const label = node.closest(".desk-file");
    const drawn = label ? getComputedStyle(label) : style;
    return [node.dataset.stop ?? null, drawn.outlineStyle !== "none" && parseFloat(drawn.outlineWidth) > 0];
}"""


@pytest.fixture(scope="module")
def city():
    rng = np.random.default_rng(3)
    middle = np.array([500_000.0, 3_850_000.0])
    return made_up_city(
        middle + rng.uniform(0, 4000, (40, 2)),
        middle + rng.uniform(0, 4000, (6, 2)),
        crs="EPSG:4547",
        seed=3,
        side=2,
    )


@pytest.fixture(scope="module")
def page_file(city, tmp_path_factory):
    held = standards.resolve([standards.load("zhengzhou-2018-34")], city.as_of)
    path = tmp_path_factory.mktemp("keys") / "map.html"
    maps.city_map(city, checks.assess(city, held), standards=held).save(path)
    return path


@pytest.fixture
def desk(open_page, page_file):
    watched = open_page(page_file)
    yield watched
    assert watched.clean(), (watched.requests, watched.complaints, watched.dialogs)
    watched.page.close()


def press(desk, *keys):
    for key in keys:
        desk.page.keyboard.press(key)


def tab_to(desk, selector, most=80):
    """Press Tab until that control has the focus."""
    wanted = desk.page.locator(selector).first
    for _ in range(most):
        if wanted.evaluate("(node) => node === document.activeElement"):
            return
        press(desk, "Tab")
    pytest.fail(f"Tab does not come to {selector}")


def tab_round(desk):
    """Press Tab through the page; return which controls got the focus, and which hid it."""
    wanted = desk.page.evaluate(CONTROLS)
    desk.page.evaluate("document.activeElement.blur()")
    reached, unseen = set(), []
    for _ in range(len(wanted) + 5):
        press(desk, "Tab")
        stop, visible = desk.page.evaluate(AT_FOCUS)
        if stop is None:
            continue
        reached.add(int(stop))
        if not visible:
            unseen.append(wanted[int(stop)])
    missed = [html for at, html in enumerate(wanted) if at not in reached]
    return len(wanted), missed, unseen


STATES = {
    "verdicts": [],
    "what if": ["#desk-tab-whatif", "#desk-add", "#desk-add"],
    "table": ["#desk-open-table"],
    "before and after": ["#desk-open-swipe"],
    "print": ["#desk-print"],
}


@pytest.mark.parametrize("state", STATES)
def test_tab_comes_to_every_control_and_shows_where_it_is(desk, state):
    for selector in STATES[state]:
        desk.page.click(selector)
    count, missed, unseen = tab_round(desk)
    assert count > 10
    assert not missed
    assert not unseen
    assert not NAMELESS.findall(desk.page.locator("body").aria_snapshot())


def test_tabs_picker_search_and_table_by_keys(desk, city):
    page = desk.page
    tab_to(desk, "#desk-tab-map")
    press(desk, "ArrowRight")
    assert page.locator("#desk-sheet-whatif").is_visible()
    press(desk, "ArrowLeft")
    assert page.locator("#desk-sheet-map").is_visible()
    legend = page.locator("#desk-legend").inner_text()
    tab_to(desk, "#desk-scheme")
    press(desk, "End")
    assert page.locator("#desk-legend").inner_text() != legend
    name = city.residences["name"].iloc[5]
    page.focus("#desk-search")
    page.keyboard.type(name)
    press(desk, "Enter")
    card = page.get_by_role("dialog", name=name)
    card.wait_for()
    assert card.evaluate("(node) => node === document.activeElement")
    press(desk, "Escape")
    card.wait_for(state="detached")
    assert page.locator("#desk-search").evaluate("(node) => node === document.activeElement")
    page.focus("#desk-open-table")
    press(desk, "Enter")
    tab_to(desk, "#desk-table .desk-buttons button >> nth=1")
    press(desk, "Enter")
    tab_to(desk, "#desk-ranking tbody button")
    press(desk, "Enter")
    tab_to(desk, "#desk-table tbody button")
    press(desk, "Enter")
    assert page.get_by_role("dialog").is_visible()


def saved(desk):
    page = desk.page
    page.get_by_role("button", name="保存方案").focus()
    with page.expect_download() as file:
        press(desk, "Enter")
    return json.loads(file.value.path().read_text(encoding="utf-8"))


def test_a_facility_is_moved_by_arrow_keys(desk, city):
    page = desk.page
    row = 2
    name, place = city.facilities["name"].iloc[row], city.facilities.geometry.iloc[row]
    tab_to(desk, "#desk-tab-map")
    press(desk, "ArrowRight")
    page.focus("#desk-search")
    page.keyboard.type(name)
    press(desk, "Enter")
    tab_to(desk, "text=用方向键移动")
    press(desk, "Enter")
    centre = page.evaluate("map_city.getCenter().toString()")
    press(desk, "ArrowRight", "ArrowRight", "ArrowRight", "Shift+ArrowUp", "ArrowDown")
    assert page.evaluate("map_city.getCenter().toString()") == centre, "the map stays"
    (moved,) = saved(desk)["moved"]
    assert moved["id"] == city.facilities["id"].iloc[row]
    assert moved["x"] == pytest.approx(place.x + 30, abs=0.0011)
    assert moved["y"] == pytest.approx(place.y + 90, abs=0.0011)
    status = page.locator(".desk-whatif [role=status]").inner_text()
    assert re.search(r"\d+ 个（[+\-\d]+）", status)


def test_a_facility_is_added_resized_and_taken_back_by_keys(desk):
    page = desk.page
    page.focus("#desk-tab-whatif")
    press(desk, "Enter")
    tab_to(desk, "#desk-add")
    press(desk, "Enter", "ArrowLeft", "Enter")
    file = saved(desk)
    assert len(file["added"]) == 1
    tab_to(desk, ".desk-changes input", most=400)
    page.keyboard.type("25")
    press(desk, "Tab")
    assert saved(desk)["added"][0]["floor_area_m2"] == 25
    page.focus(".desk-changes button")
    press(desk, "Enter")
    assert saved(desk)["added"] == []


def test_a_length_is_measured_by_keys(desk):
    page = desk.page
    tab_to(desk, "#desk-measure")
    press(desk, "Enter", "Enter", "ArrowRight")
    page.wait_for_timeout(400)  # the map glides
    press(desk, "Enter")
    metres = re.search(r"([\d,]+) 米", page.locator(".desk-measured").inner_text())
    assert int(metres[1].replace(",", "")) > 50


PANELS = (
    "#desk-panel",
    ".desk-fold",
    ".leaflet-control-zoom",
    ".desk-north",
    ".leaflet-control-scale",
    ".desk-record",
    "#desk-table",
    ".desk-measured",
    ".desk-side-0",
    ".desk-side-1",
)


@pytest.mark.parametrize(
    "clicks",
    [
        ["#desk-open-table"],
        ["#desk-tab-whatif"],
        ["#desk-open-swipe"],
        ["#desk-measure"],
        ["#desk-open-table", "#desk-measure", "#desk-open-swipe"],
        [".desk-fold"],
    ],
)
def test_nothing_lies_on_anything_at_1366_by_768(desk, clicks):
    for selector in clicks:
        desk.page.click(selector)
    boxes = {}
    for name in PANELS:
        found = desk.page.locator(name)
        if found.count() and found.is_visible():
            boxes[name] = found.bounding_box()
    assert len(boxes) > 3
    for name, own in boxes.items():
        assert own["x"] >= 0, name
        assert own["x"] + own["width"] <= WIDE + 1, name
        assert own["y"] + own["height"] <= HIGH + 1, name
    names = list(boxes)
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            assert not overlap(boxes[one], boxes[other]), (one, other)


def overlap(one, other):
    return all(
        one[at] + one[size] > other[at] + 1 and other[at] + other[size] > one[at] + 1
        for at, size in (("x", "width"), ("y", "height"))
    )


@pytest.mark.parametrize("sheet", ["#desk-tab-map", "#desk-tab-whatif"])
def test_no_text_of_the_panel_is_cut_off_or_too_small(desk, sheet):
    desk.page.click(sheet)
    desk.page.click("#desk-open-table")
    small = desk.page.evaluate(
        """() => [...document.querySelectorAll("#desk-panel *, #desk-table *, .desk-record *")]
            .filter((node) => node.checkVisibility() && [...node.childNodes].some((own) => own.nodeType === 3 && own.data.trim()))
            .filter((node) => parseFloat(getComputedStyle(node).fontSize) < 11 || node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflow === "hidden")
            .map((node) => node.outerHTML.slice(0, 80))"""
    )
    assert small == []
    panel = desk.page.locator("#desk-panel")
    assert panel.evaluate("(node) => node.scrollWidth <= node.clientWidth")
