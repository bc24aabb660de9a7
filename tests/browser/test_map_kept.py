"""What the map shows agrees with what it says, under the what-if and over a change of language."""

import csv
import io

import pytest

pytestmark = pytest.mark.browser

CHECKED = """() => [...document.querySelectorAll("#desk-panel [data-layer], #desk-filter input")]
    .filter((box) => !box.checked).map((box) => box.dataset.layer || box.dataset.value).sort()"""
CUT = """() => {
    const side = document.querySelector(".desk-paper-side").getBoundingClientRect();
    return [...document.querySelectorAll(".desk-paper-legend span, .desk-paper-legend svg")]
        .map((node) => node.getBoundingClientRect())
        .filter((box) => box.right > side.right + 0.5 || box.bottom > side.bottom + 0.5).length;
}"""


@pytest.fixture
def desk(sample_page, open_page):
    watched = open_page(sample_page)
    yield watched
    assert watched.clean()
    watched.page.close()


def complying(page, where):
    return page.locator(f"{where} [data-verdict='0'] .desk-count").inner_text()


def within_reach(page, column):
    row = page.locator("#desk-figures table").first.locator("tbody tr").first
    return row.locator("td").nth(column).inner_text()


def test_the_printed_legend_counts_what_the_scenario_paints(desk):
    page = desk.page
    now = complying(page, "#desk-legend")
    page.click("#desk-tab-whatif")
    page.get_by_text("下一处最佳", exact=True).click()
    page.wait_for_timeout(300)
    assert within_reach(page, 0) == now
    assert within_reach(page, 1) != now
    page.click("#desk-print")
    assert complying(page, ".desk-paper-legend") == within_reach(page, 1)
    assert "服务半径（推演）" in page.locator(".desk-paper-legend").inner_text()
    page.click("#desk-print-close")
    page.click("#desk-open-table")
    assert page.locator("#desk-table-judged").is_visible()
    page.click("#desk-tab-map")
    assert complying(page, "#desk-legend") == now


def test_the_swipe_ends_with_the_what_if(desk):
    page = desk.page
    page.click("#desk-open-swipe")
    page.click("#desk-tab-map")
    assert page.get_attribute("#desk-open-swipe", "aria-pressed") == "false"
    assert page.locator(".desk-swiping").is_hidden()


@pytest.mark.parametrize("paper", ["A3", "A4"])
def test_no_word_of_the_printed_legend_is_cut(desk, paper):
    page = desk.page
    page.click("#desk-lang")
    for box in page.locator("#desk-panel [data-layer]").all():
        box.check()
    page.click("#desk-print")
    page.select_option("#desk-paper-size", paper)
    page.wait_for_timeout(300)
    assert page.locator(".desk-paper-legend .desk-row").count() > 20
    assert page.evaluate(CUT) == 0


def test_the_other_language_keeps_what_was_chosen(desk):
    page = desk.page
    page.select_option("#desk-scheme", index=5)
    page.select_option("#desk-plan", index=1)
    page.uncheck("[data-layer=roads]")
    page.click("#desk-filter summary")
    page.locator("#desk-filter input").first.uncheck()
    page.fill("#desk-review", "豫S〔2026〕1号")
    page.click("#desk-tab-whatif")
    page.get_by_text("下一处最佳", exact=True).click()
    page.click("#desk-open-table")
    tried = within_reach(page, 1)
    off = page.evaluate(CHECKED)
    page.click("#desk-lang")
    assert page.get_attribute("#desk-tab-whatif", "aria-selected") == "true"
    assert page.locator("#desk-table").is_visible()
    assert page.input_value("#desk-review") == "豫S〔2026〕1号"
    assert [page.input_value(f"#desk-{name}") for name in ("scheme", "plan")] == ["5", "1"]
    assert page.evaluate(CHECKED) == off
    assert len(off) > 2
    assert page.locator(".desk-changes li").count() == 1
    assert within_reach(page, 1) == tried != within_reach(page, 0)


def test_a_click_on_a_sign_measures_and_a_double_click_sets_one_corner(desk):
    page = desk.page
    page.click("#desk-measure")
    box = page.locator(".desk-site").first.bounding_box()
    page.mouse.click(1250, 100)
    page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    said = page.locator(".desk-measured").inner_text()
    assert "米" in said
    assert "公顷" not in said, "two corners, no area"
    assert page.locator(".leaflet-popup").count() == 0
    page.click("#desk-tab-whatif")
    page.click("#desk-add")
    assert page.get_attribute("#desk-measure", "aria-pressed") == "false"
    page.click("#desk-tab-map")
    page.mouse.click(1250, 600)
    page.click("#desk-tab-whatif")
    assert page.locator(".desk-changes li").count() == 0


def exported(page):
    with page.expect_download() as file:
        page.click("#desk-csv")
    text = file.value.path().read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_an_export_holds_what_is_shown(desk):
    page = desk.page
    page.click("#desk-tab-whatif")
    page.get_by_text("下一处最佳", exact=True).click()
    page.wait_for_timeout(300)
    shown = {row["编号"]: row["图上所示：服务半径（推演）"] for row in exported(page)}
    assert sum(own == "符合" for own in shown.values()) == int(within_reach(page, 1))
    page.click("#desk-tab-map")
    page.click("#desk-open-table")
    page.locator("#desk-table .desk-buttons button").last.click()
    street = page.locator("#desk-table tbody th button").first
    street.click()
    listed = page.locator("#desk-table h2 small").inner_text()
    rows = exported(page)
    assert 0 < len(rows) < len(shown)
    assert str(len(rows)) in listed
