"""A scenario dragged and saved in a browser is confirmed by the command line, and opens again."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from facilityplan.cli.app import build_app
from facilityplan.project import open_project

pytestmark = pytest.mark.browser

FOLDER = Path(__file__).parents[2] / "data" / "sample_city"


@pytest.fixture(scope="module")
def desk(open_page, sample_page):
    return open_page(sample_page)


def figures(desk):
    return desk.page.locator("#desk-figures").inner_text()


def test_a_dragged_facility_is_confirmed_by_the_command_line(desk, tmp_path):
    page = desk.page
    page.click("#desk-tab-whatif")
    before = figures(desk)
    for box in page.locator(".desk-sites input").all()[:2]:
        box.check()
    spot = page.evaluate(
        """() => [...document.querySelectorAll(".leaflet-marker-draggable")].map((node) => {
            const { x, y, width, height } = node.getBoundingClientRect();
            return [x + width / 2, y + height / 2, node];
        }).find(([x, y, node]) => x > 400 && y > 60 && node.contains(document.elementFromPoint(x, y)))
            .slice(0, 2)"""
    )
    page.mouse.move(*spot)
    page.mouse.down()
    page.mouse.move(spot[0] + 40, spot[1] + 25, steps=4)
    page.mouse.up()
    page.fill("#desk-radius-0", "650.5")
    page.press("#desk-radius-0", "Tab")
    assert figures(desk) != before
    with page.expect_download() as saved:
        page.get_by_text("保存方案", exact=True).click()
    file = tmp_path / "scenario.json"
    saved.value.save_as(file)
    said = json.loads(file.read_text(encoding="utf-8"))
    assert len(said["moved"]) + len(said["added"]) == 3
    assert list(said["limits"].values()) == [650.5]
    out = tmp_path / "out"
    options = ["run", str(FOLDER), "--out", str(out), "--scenario", str(file), "--no-cache"]
    done = CliRunner().invoke(build_app("zh"), options)
    assert done.exit_code == 0, done.output
    found = json.loads((out / "scenario.json").read_text(encoding="utf-8"))
    assert found["confirmed"]
    for clause in found["clauses"]:
        assert clause["covered"] == sorted(said["claims"][clause["clause"]]["covered"])
    # the same by the run's own results and the estates' households, read here
    findings = json.loads((out / "findings.json").read_text(encoding="utf-8"))["findings"]
    residences = open_project(FOLDER).residences
    households = dict(zip(residences["id"], residences["households"], strict=True))
    for clause, claim in said["claims"].items():
        covered = sorted(
            item["unit_id"]
            for item in findings
            if item["clause_id"] == clause and item["verdict"] == "compliant"
        )
        assert covered == sorted(claim["covered"])
        assert len(covered) > 5
        known = [households[unit] for unit in covered if households[unit] > 0]
        assert claim["households"] == sum(known)
    moved = figures(desk)
    page.get_by_text("全部复原", exact=True).click()
    assert figures(desk) == before
    page.set_input_files("#desk-open-scenario", file)
    page.wait_for_function(
        "([text]) => document.querySelector('#desk-figures').innerText === text", arg=[moved]
    )
    assert desk.clean()


def test_it_prints_one_page_with_a_true_scale(desk, tmp_path):
    page = desk.page
    page.click("#desk-print")
    page.wait_for_timeout(500)
    scale = page.locator(".desk-paper-scale")
    metres, width_px = (float(scale.get_attribute(f"data-{name}")) for name in ("metres", "width"))
    # the ground under the bar's width in the middle of the map, measured by Leaflet itself
    ground = page.evaluate(
        """(width) => {
            const y = map_city.getSize().y / 2;
            const x = map_city.getSize().x / 2;
            const at = (dx) => map_city.containerPointToLatLng([x + dx, y]);
            return map_city.distance(at(-width / 2), at(width / 2));
        }""",
        width_px,
    )
    assert ground == pytest.approx(metres, rel=0.01)
    drawn = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", drawn)) == 1
    for part in ("内部资料", "审图号", "EPSG:4547", "2026-06-30", "图例", "编制单位"):
        assert part in page.locator(".desk-paper").inner_text()
    page.click("#desk-print-close")
    assert page.locator("#desk-panel").is_visible()


def test_the_other_language_keeps_what_was_tried(desk):
    page = desk.page
    page.click("#desk-lang")
    ours = " ".join(desk.texts("#desk-panel h2"))
    assert not re.search(r"[\u4e00-\u9fff]", ours)
    page.click("#desk-lang")
    assert "判定结论" in page.locator("#desk-panel").inner_text()
    assert desk.clean()
