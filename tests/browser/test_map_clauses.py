"""Every clause can be chosen on the map, whatever it judges; areas are filled by their shares."""

import csv
import io
import json
from collections import Counter

import numpy as np
import pytest
import shapely

from facilityplan.crs import to_lonlat

pytestmark = pytest.mark.browser

VERDICTS = ("compliant", "non_compliant", "insufficient_data", "not_applicable")
COLOURS = dict(zip(VERDICTS, ("#67a9cf", "#e8601c", "#f6e8a6", "#d5d9de"), strict=True))
RATES = {30: (1, 2), 31: (0.9, 1), 32: (0.7, 0.9), 33: (0.5, 0.7), 34: (0, 0.5)}


@pytest.fixture
def desk(open_page, sample_page):
    opened = open_page(sample_page)
    yield opened
    assert opened.clean(), (opened.requests, opened.complaints, opened.dialogs)
    opened.page.close()


@pytest.fixture(scope="module")
def by_clause(sample_city):
    """Return the findings of each clause, with those of the clauses that make one demand with it."""
    findings = list(sample_city.findings())
    joined = {}
    for item in findings:
        for clause in {item.clause_id, *item.evidence.get("clauses", ())}:
            joined.setdefault(clause, set()).add(item.clause_id)
    found = {
        clause: [item for item in findings if item.clause_id in own | {clause}]
        for clause, own in joined.items()
    }
    assert len(found["SF03b"]) == 792  # of them 5 stand under SF03a, which asks for more there
    return found


def degrees(project, point):
    return shapely.get_coordinates(to_lonlat(np.asarray([point]), project.city.crs))[0].tolist()


def legend(desk, at=0):
    """Return the counts of the legend's first or second part."""
    said = desk.page.evaluate(
        """() => { const parts = []; for (const node of document.getElementById('desk-legend').children)
        { if (node.tagName === 'H2') parts.push({}); else parts[parts.length - 1][node.dataset.verdict]
        = Number(node.querySelector('.desk-count').textContent.replaceAll(',', '')); } return parts; }"""
    )
    return {int(number): n for number, n in said[at].items()} if at < len(said) else None


def choose(desk, clause):
    labels = desk.texts("#desk-scheme option")
    desk.page.select_option(
        "#desk-scheme", label=next(text for text in labels if text.startswith(f"{clause}　"))
    )


def test_every_clause_with_findings_counts_as_the_findings_do(desk, sample_city, by_clause):
    quotes = {own.id: own.quote for doc in sample_city.standards.documents for own in doc.clauses}
    desk.page.click("#desk-open-table")
    for clause, items in sorted(by_clause.items()):
        choose(desk, clause)
        counts = Counter(item.verdict.value for item in items)
        found = legend(desk)
        assert {name: found[at] for at, name in enumerate(VERDICTS)} == {
            name: counts[name] for name in VERDICTS
        }, clause
        assert f"共 {len(items):,} 条" in desk.page.locator("#desk-table h2").inner_text(), clause
        quote = desk.page.locator("#desk-table .desk-quote").inner_text()
        assert quotes[clause][:12] in quote, clause


def test_a_judged_facility_is_ringed_listed_and_answers(desk, sample_city, by_clause):
    choose(desk, "SF18")
    desk.page.click("#desk-open-table")
    own = by_clause["SF18"]
    names = desk.page.locator("#desk-table tbody th").all_inner_texts()
    assert sorted(names) == sorted(item.unit_name for item in own)
    missed = next(item for item in own if item.verdict.value == "non_compliant")
    desk.page.locator("#desk-table tbody button", has_text=missed.unit_name).first.click()
    card = desk.page.locator(".leaflet-popup-content").inner_text()
    for part in (missed.unit_name, "SF18", "不符合"):
        assert part in card
    desk.page.evaluate("void map_city.closePopup()")
    places = sample_city.facilities.set_index("id").geometry
    for item in own:
        lon, lat = degrees(sample_city, places[item.unit_id])
        desk.centre_on(lat, lon, zoom=17)
        assert desk.near_colour("links", COLOURS[item.verdict.value]) > 1e-5, item.unit_id


def test_what_has_no_place_is_listed_without_a_button(desk, by_clause):
    choose(desk, "SF25a")
    desk.page.click("#desk-open-table")
    line = desk.page.locator("#desk-table tbody tr")
    assert line.count() == 1
    assert line.locator("button").count() == 0
    with desk.page.expect_download() as waiting:
        desk.page.click("#desk-geojson")
    (feature,) = json.loads(waiting.value.path().read_text(encoding="utf-8"))["features"]
    assert feature["geometry"] is None
    assert by_clause["SF25a"][0].unit_name in feature["properties"].values()


def test_facilities_are_exported_where_they_stand(desk, sample_city, by_clause):
    choose(desk, "SF18")
    with desk.page.expect_download() as waiting:
        desk.page.click("#desk-csv")
    rows = list(csv.reader(io.StringIO(waiting.value.path().read_text(encoding="utf-8-sig"))))
    assert sorted(row[0] for row in rows[1:]) == sorted(it.unit_id for it in by_clause["SF18"])
    with desk.page.expect_download() as waiting:
        desk.page.click("#desk-geojson")
    features = json.loads(waiting.value.path().read_text(encoding="utf-8"))["features"]
    places = sample_city.facilities.set_index("id").geometry
    for feature in features:
        own = places[next(iter(feature["properties"].values()))]
        expected = pytest.approx(degrees(sample_city, own), abs=1e-6)
        assert feature["geometry"]["coordinates"] == expected


def test_areas_are_filled_by_the_share_of_households_that_comply(desk):
    for layer in ("area-0", "residences", "facilities"):
        desk.page.uncheck(f"[data-layer={layer}]")
    assert desk.painted("areas") == 0
    desk.page.click("#desk-open-table")
    desk.page.locator("#desk-table .desk-buttons button", has_text="街道").click()
    cells = desk.page.locator("#desk-ranking tbody td:nth-child(2)").all_inner_texts()
    shares = [float(text.strip().split("%")[0]) / 100 for text in cells]
    counts = {
        number: sum(low <= share < high for share in shares)
        for number, (low, high) in RATES.items()
    }
    found = legend(desk, 1)
    assert {number: found[number] for number in RATES} == counts
    assert desk.painted("areas") > 0.1
    # another clause, other shares; residences in the table, and the areas are bare again
    before = found
    choose(desk, "SF03b")
    assert legend(desk, 1) != before
    desk.page.locator("#desk-table .desk-buttons button", has_text="居住单元").first.click()
    assert desk.painted("areas") == 0
    assert legend(desk, 1) is None
    desk.page.locator("#desk-table .desk-buttons button", has_text="街道").click()
    desk.page.click("#desk-open-table")
    assert desk.painted("areas") == 0


def exported_rows(desk):
    with desk.page.expect_download() as waiting:
        desk.page.click("#desk-csv")
    return list(
        csv.reader(io.StringIO(waiting.value.path().read_text(encoding="utf-8-sig"), newline=""))
    )[1:]


def test_schemes_that_are_estates_are_shown_as_estates(desk, sample_city, by_clause):
    choose(desk, "SF22a")
    desk.page.click("#desk-open-table")
    own = by_clause["SF22a"]
    names = sample_city.residences.set_index("id")["name"]
    shown = desk.page.locator("#desk-table tbody button").all_inner_texts()
    assert sorted(shown) == sorted(names[item.unit_id.partition("/")[0]] for item in own)
    ids = [row[0] for row in exported_rows(desk)]
    assert sorted(ids) == sorted(item.unit_id.partition("/")[0] for item in own)
    desk.page.locator("#desk-table tbody button").first.click()
    assert "SF22a" in desk.page.locator(".leaflet-popup-content").inner_text()


def test_the_colouring_by_method_lists_what_it_speaks_of(desk, by_clause):
    desk.page.select_option("#desk-scheme", label="稳健或敏感（服务半径）")
    listed = {row[2] for row in exported_rows(desk)}
    assert listed == {"SF01a", "SF01b"}


def test_rings_go_with_the_facilities(desk):
    choose(desk, "SF18")
    for layer in ("served", "sites", "unreachable"):
        desk.page.uncheck(f"[data-layer={layer}]")
    assert desk.painted("links") > 0
    desk.page.uncheck("[data-layer=facilities]")
    assert desk.painted("links") == 0
    desk.page.check("[data-layer=facilities]")
    assert desk.painted("links") > 0
    desk.page.click("#desk-filter summary")
    for box in desk.page.locator("#desk-filter [data-value^=kind]").all():
        box.uncheck()
    assert desk.painted("links") == 0


def test_what_a_clause_marks_goes_while_the_what_if_is_shown(desk):
    desk.page.uncheck("[data-layer=area-0]")
    choose(desk, "SF04")
    assert desk.painted("areas") > 0.1
    judged = legend(desk)
    desk.page.click("#desk-tab-whatif")
    desk.page.locator("button", has_text="前后对比").click()
    desk.page.wait_for_timeout(200)
    assert desk.painted("areas") == 0
    assert all(row[-1] == "" for row in exported_rows(desk))
    desk.page.locator("button", has_text="前后对比").click()
    desk.page.click("#desk-tab-map")
    assert desk.painted("areas") > 0.1
    assert legend(desk) == judged


def test_a_button_of_the_table_keeps_the_focus(desk):
    desk.page.click("#desk-open-table")
    street = desk.page.locator("#desk-table .desk-buttons button", has_text="街道")
    street.focus()
    desk.page.keyboard.press("Enter")
    desk.page.locator("#desk-ranking").wait_for()
    focused = desk.page.evaluate("document.activeElement.textContent")
    assert "街道" in focused
    assert desk.page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"


def test_the_list_of_areas_outlives_the_language_and_is_printed_whole(desk, sample_city):
    desk.page.click("#desk-open-table")
    desk.page.locator("#desk-table .desk-buttons button", has_text="街道").click()
    counts = legend(desk, 1)
    desk.page.click("#desk-lang")
    pressed = desk.page.locator("#desk-table .desk-buttons [aria-pressed=true]").inner_text()
    assert "street" in pressed
    assert legend(desk, 1) == counts
    desk.page.click("#desk-print")
    seen = desk.page.evaluate(
        "(() => { const b = map_city.getBounds(); return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]; })()"
    )
    zones = sample_city.zones
    towns = to_lonlat(zones.geometry[zones["level"] == "town"].to_numpy(), sample_city.city.crs)
    west, south, east, north = shapely.total_bounds(towns)
    assert seen[0] <= west
    assert seen[1] <= south
    assert seen[2] >= east
    assert seen[3] >= north
    printed = desk.page.locator(".desk-paper-legend").inner_text()
    assert "as judged (Service radius" in printed
    desk.page.click("#desk-print-close")
