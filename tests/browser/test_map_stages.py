"""The slider of stages: sites built so far, residences newly covered and the rates, by keyboard."""

import pytest
import row_of_estates

from facilityplan.project import open_project

pytestmark = pytest.mark.browser

STAGES = "[siting.stages]\n2027 = 1\n2030 = 2\n"
NEWLY = "#e6b0dd"


@pytest.fixture(scope="module")
def desk(open_page, tmp_path_factory):
    folder = row_of_estates.write(tmp_path_factory.mktemp("staged") / "city", STAGES)
    path = folder.parent / "map.html"
    open_project(folder, lang="zh", cache=False).map().save(path)
    return open_page(path)


def choose(desk, part):
    label = next(text for text in desk.texts("#desk-plan option") if part in text)
    desk.page.select_option("#desk-plan", label=label)


def by_radius(desk):
    label = next(text for text in desk.texts("#desk-scheme option") if text.startswith("ZZ05a"))
    desk.page.select_option("#desk-scheme", label=label)


def legend(desk):
    return {
        int(row.get_attribute("data-verdict")): int(row.locator(".desk-count").inner_text())
        for row in desk.page.locator("#desk-legend [data-verdict]").all()
    }


def sites(desk):
    return desk.page.locator(".desk-site").count()


# Six estates: R6 is covered today; A covers R1 to R3 in 2027, B covers R5 in 2030, R4 stays open.
# Households: 150 of 1650 today, then 750, then 1250.
def test_stages_are_walked_by_keyboard(desk):
    page = desk.page
    assert page.locator("#desk-stage").count() == 0
    by_radius(desk)
    before = legend(desk)
    assert (before[1], before[0]) == (5, 1)
    choose(desk, "分期")
    slider = page.locator("#desk-stage")
    assert slider.get_attribute("aria-label") == "分期"
    slider.focus()
    assert (sites(desk), legend(desk)[6], legend(desk)[1]) == (1, 3, 2)
    assert "2027" in slider.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    assert (sites(desk), legend(desk)[6], legend(desk)[1]) == (2, 4, 1)
    assert slider.get_attribute("aria-valuetext") == "到 2030 年末：建成 2 处，新覆盖 4 个居住单元"
    assert desk.near_colour("residences", NEWLY) > 1e-5
    page.keyboard.press("Home")
    assert sites(desk) == 0
    assert legend(desk) == before
    assert desk.near_colour("residences", NEWLY) == 0
    rows = [
        [cell.inner_text() for cell in row.locator("th, td").all()]
        for row in page.locator("#desk-stage-rates tbody tr").all()
    ]
    assert rows == [
        ["现状", "0", "16.7%", "9.1%"],
        ["2027 年末", "1", "66.7%", "45.5%"],
        ["2030 年末", "2", "83.3%", "75.8%"],
    ]


def test_a_site_says_its_stage(desk):
    choose(desk, "分期")
    desk.page.locator(".desk-site").first.dispatch_event("click")
    assert "2027 年末" in desk.popup()


def test_only_radius_colours_follow_the_stages(desk):
    choose(desk, "分期")
    label = next(text for text in desk.texts("#desk-scheme option") if "用房" in text)
    desk.page.select_option("#desk-scheme", label=label)
    assert 6 not in legend(desk)
    by_radius(desk)
    assert legend(desk)[6] == 3


def test_another_plan_has_no_slider_and_the_colours_of_today(desk):
    choose(desk, "分期")
    choose(desk, "补齐")
    assert desk.page.locator("#desk-stage").count() == 0
    assert 6 not in legend(desk)


def test_in_english(desk):
    desk.page.click("#desk-lang")
    choose(desk, "by stage")
    assert desk.page.locator("#desk-stage").get_attribute("aria-label") == "Stages"
    assert "End of 2027" in desk.page.locator("#desk-stage-rates").inner_text()
    desk.page.click("#desk-lang")
    assert desk.clean(), (desk.requests, desk.complaints)
