"""The map in a real browser, network off: what is drawn, what a click shows, what switches do."""

import datetime as dt
import re
from types import SimpleNamespace

import geopandas as gpd
import pytest
from pyproj import Transformer
from shapely.geometry import LineString, Point, box

from facilityplan import checks, layers, maps, standards
from facilityplan.network import Network
from facilityplan.siting.proposal import Count, Mended, Proposal, ProposedSite, SitingPlan
from facilityplan.siting.solution import Status

pytestmark = pytest.mark.browser

CRS = "EPSG:4547"
X0, Y0 = 500_000.0, 3_850_000.0
BLUE, ORANGE, HATCH, ROAD, RIVER, PLAN = (
    "#67a9cf",
    "#e8601c",
    "#f6e8a6",
    "#d9c9a3",
    "#a9cfe4",
    "#9b1b8a",
)
QUOTE = "城市社区、行政村养老服务设施服务半径,应分别不超过500米和1000米"


def frame(layer, columns, shapes):
    moved = gpd.GeoSeries(shapes, crs=CRS).translate(X0, Y0)
    kinds = standards.kind_words() if layer == "facilities" else None
    return layers.conform(gpd.GeoDataFrame(columns, geometry=moved, crs=CRS), layer, kinds=kinds)


def at(x, y):
    """Return latitude and longitude of metres from the city's origin, by pyproj alone."""
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(X0 + x, Y0 + y)
    return lat, lon


# Facility f at (50, 50). Estate "near" holds it; "edge" is 500.001 m off, "far" 1200 m; "odd" is
# within reach of facility q alone, whose kind is not known; the village is 700 m from f.
def make_city():
    own = {
        "zones": frame(
            "zones",
            {
                "id": ["C", "T"],
                "name": ["小城市", "和平街道"],
                "level": ["city", "town"],
                "population": [100_000, None],
                "elders_60": [20_000, None],
            },
            [box(-3000, -3000, 4000, 3000), box(-1000, -2000, 3500, 2000)],
        ),
        "residences": frame(
            "residences",
            {
                "id": ["near", "edge", "far", "odd", "v"],
                "name": ["近园", "边园", "远园", "疑园", "南村"],
                "households": [600, 500, 400, 300, 80],
                "elders": [300, 250, 200, 150, 40],
                "status": ["existing"] * 5,
                "setting": ["urban"] * 4 + ["rural"],
            },
            [
                box(0, 0, 100, 100),
                box(500.001, 0, 600.001, 100),
                box(1200, 0, 1300, 100),
                box(2900, 0, 3000, 100),
                Point(50, -650),
            ],
        ),
        "facilities": frame(
            "facilities",
            {
                "id": ["f", "q", "x"],
                "kind": ["day_care", None, "elder_home"],
                "name": ["东站", "疑站", "老院"],
                "status": ["运营", "运营", "停业"],
                "beds": [5, None, 40],
                "floor_area_m2": [199.5, None, 3000],
            },
            [Point(50, 50), Point(3100, 50), Point(-500, 500)],
        ),
        "candidates": frame(
            "candidates",
            {"id": ["k"], "name": ["旧厂房"], "kind": ["闲置用房"], "max_floor_area_m2": [400]},
            [Point(1250, 400)],
        ),
        "roads": frame(
            "roads",
            {"class": ["primary", "residential"]},
            [
                LineString([(50, -900), (50, 50), (50, 400), (550, 400), (550, 50)]),
                LineString([(550, 400), (3100, 400)]),
            ],
        ),
        "barriers": frame(
            "barriers", {"kind": ["河流"]}, [LineString([(-2000, -300), (3500, -300)])]
        ),
    }
    return layers.City("小城", CRS, dt.date(2026, 6, 30), own)


def site(name, serves):
    return ProposedSite(
        candidate_id="k",
        name=name,
        kind="idle_premises",
        x=X0 + 1250,
        y=Y0 + 400,
        serves=serves,
        households=Count(900.0, 1),
        persons=Count(2700.0, 0),
        elders=Count(450.0, 0),
        mends=(Mended("ZZ05a", "residence", "edge"), Mended("ZZ05a", "residence", "far")),
        floor_area_needed_m2=420.25,
        max_floor_area_m2=400.0,
    )


def make_proposal():
    both = SitingPlan("lscp", 1, Status.OPTIMAL, 1, 1, 0, (site("旧厂房", ("edge", "far")),))
    one = SitingPlan("mclp", 1, Status.FEASIBLE, 1, 1, 0, (site("新址", ("far",)),))
    return Proposal(
        ("edge", "far", "odd"), (), ("odd",), "given", None, "households", (), both, (one,)
    )


@pytest.fixture(scope="module")
def case():
    city = make_city()
    held = standards.resolve([standards.load("zhengzhou-2018-34")], city.as_of)
    network = Network.from_lines(city.layer("roads"))
    findings = checks.assess(city, held, network)
    return SimpleNamespace(
        city=city, standards=held, network=network, findings=findings, proposal=make_proposal()
    )


@pytest.fixture(scope="module")
def shown(case):
    def make(**options):
        return maps.city_map(
            case.city,
            case.findings,
            standards=case.standards,
            proposal=case.proposal,
            network=case.network,
            **options,
        )

    return make


@pytest.fixture(scope="module")
def page_file(shown, tmp_path_factory):
    path = tmp_path_factory.mktemp("map") / "map.html"
    shown().save(path)
    return path


@pytest.fixture
def desk(open_page, page_file):
    watched = open_page(page_file)
    yield watched
    assert watched.clean(), (watched.requests, watched.complaints, watched.dialogs)


def test_every_layer_is_drawn(desk):
    desk.centre_on(*at(1000, 0), zoom=14)
    assert desk.near_colour("residences", BLUE) > 1e-4
    assert desk.near_colour("residences", ORANGE) > 1e-4
    assert desk.near_colour("residences", HATCH) > 2e-5
    assert desk.near_colour("roads", ROAD) > 3e-4
    assert desk.near_colour("barriers", RIVER) > 3e-4
    assert desk.near_colour("links", PLAN) > 1e-4
    assert desk.page.locator(".desk-sign").count() == 3 + 1 + 1  # facilities, site, unreachable
    assert desk.page.locator(".desk-zone").all_inner_texts() == ["和平街道"]


def test_a_residence_shows_every_figure_of_its_clauses(desk):
    said = desk.click_map(*at(550, 80))
    assert "边园" in said
    assert "500" in said
    assert "500.001 米" in said
    assert "≤ 500 米" in said
    assert "缺口 0.001 米" in said
    assert "ZZ05a" in said
    assert QUOTE in said
    assert "郑政〔2018〕34号" in said
    assert "东站" in said
    # 350 m up, 500 m across, 350 m down from the middle of the estate
    assert "步行 1,200 米" in said
    assert "按步行计结论不变" in said
    assert "余量小于坐标精度" in said
    assert "500 户 ÷ 100 × 20 ㎡ = 100 ㎡" in said


def test_whole_metres_away_from_the_limit_and_a_verdict_that_walking_turns(desk):
    assert "1,200 米" in desk.click_map(*at(1250, 80))
    said = desk.click_map(*at(50, -650), zoom=17)
    assert "南村" in said
    assert "700 米" in said
    assert "≤ 1,000 米" in said
    assert "余量 300 米" in said


def test_what_cannot_be_judged_says_why(desk):
    said = desk.click_map(*at(2950, 80))
    assert "资料不足" in said
    assert "范围内的设施 q" in said


def test_facility_site_candidate_and_zone_answer(desk):
    desk.page.uncheck("[data-layer=residences]")
    said = desk.click_map(*at(50, 50), zoom=17)
    for part in ("东站", "日间照料中心", "运营", "5 张", "199.5 ㎡"):
        assert part in said
    said = desk.click_map(*at(3100, 50), zoom=17)
    assert "未注明" in said
    assert "不详" in said
    x, y = desk.centre_on(*at(1250, 400))
    desk.page.mouse.click(x, y - 20)
    said = desk.popup()
    for part in (
        "旧厂房",
        "闲置用房",
        "2 个：边园、远园",
        "900 户（另有 1 个单元不详）",
        "2,700 人",
        "450 人",
        "ZZ05a：2 个单元",
        "420.25 ㎡",
        "400 ㎡",
        "不足",
    ):
        assert part in said
    desk.page.uncheck("[data-layer=sites]")
    desk.page.check("[data-layer=candidates]")
    assert "旧厂房" in desk.click_map(*at(1250, 400))
    desk.page.check("[data-layer=zones-0]")
    desk.page.evaluate("void map_city.setZoom(12, { animate: false })")
    desk.page.get_by_text("小城市", exact=True).click()
    said = desk.popup()
    assert "每千名老人" in said or "ZZ" in said


def test_an_unreachable_gap_says_so(desk):
    desk.page.evaluate("void map_city.setZoom(15, { animate: false })")
    assert "无候选点可达" in desk.click_map(*at(2950, 50))


def legend(desk):
    rows = desk.page.locator("#desk-legend [data-verdict]")
    return {
        int(row.get_attribute("data-verdict")): int(
            row.locator(".desk-count").inner_text().replace(",", "")
        )
        for row in rows.all()
    }


def test_the_clause_picker_recolours_and_counts(desk, case):
    order = list(checks.Verdict)
    labels = desk.texts("#desk-scheme option")
    assert labels[0] == "服务半径（全部条款）"
    # A finding stands under the clause that decides and is found under those it also carries.
    carried = [{item.clause_id, *item.evidence.get("clauses", ())} for item in case.findings]
    clauses = sorted(set().union(*carried))
    picked = [label for label in labels if re.match(r"ZZ\d", label)]
    assert [label.split("　")[0] for label in picked] == clauses
    assert "SF" not in "".join(labels)
    radius = [item for item in case.findings if item.clause_id in {"ZZ05a", "ZZ05b"}]
    expected = {n: sum(item.verdict is v for item in radius) for n, v in enumerate(order)}
    assert legend(desk) == expected
    for label in picked:
        desk.page.select_option("#desk-scheme", label=label)
        name = label.split("　")[0]
        own = [item for item, names in zip(case.findings, carried, strict=True) if name in names]
        found = legend(desk)
        for number, verdict in enumerate(order):
            assert found[number] == sum(item.verdict is verdict for item in own)
    desk.page.select_option("#desk-scheme", label="全部强制性条款（取最不利结论）")
    mandatory = {}
    for item in case.findings:
        if item.modality == "mandatory" and item.unit_kind == "residence":
            mandatory.setdefault(item.unit_id, set()).add(item.verdict)
    worst = [next(n for n in (1, 2, 0, 3) if order[n] in found) for found in mandatory.values()]
    found = legend(desk)
    assert {n: found[n] for n in range(4)} == {n: worst.count(n) for n in range(4)}


def test_choosing_a_clause_of_zones_fills_the_zones(desk):
    desk.page.evaluate("void map_city.setZoom(13, { animate: false })")
    desk.page.uncheck("[data-layer=area-0]")
    before = desk.painted("areas")
    clause = next(text for text in desk.texts("#desk-scheme option") if text.startswith("ZZ10"))
    desk.page.select_option("#desk-scheme", label=clause)
    assert before == 0
    assert desk.painted("areas") > 0.1


def test_the_layer_switch_takes_layers_off_and_puts_them_back(desk):
    desk.centre_on(*at(1000, 0), zoom=14)
    for key, pane, colour in (
        ("residences", "residences", ORANGE),
        ("roads", "roads", ROAD),
        ("barriers", "barriers", RIVER),
        ("served", "links", PLAN),
    ):
        box_ = desk.page.locator(f"[data-layer={key}]")
        assert box_.is_checked()
        box_.uncheck()
        assert desk.near_colour(pane, colour) == 0
        box_.check()
        assert desk.near_colour(pane, colour) > 0
    for key, count in (("facilities", 3), ("sites", 1), ("unreachable", 1)):
        before = desk.page.locator(".desk-sign").count()
        desk.page.uncheck(f"[data-layer={key}]")
        assert desk.page.locator(".desk-sign").count() == before - count
    assert desk.page.locator("[data-layer=streets-0]").count() == 1


def test_another_plan_brings_its_own_sites(desk):
    assert "新覆盖居住单元 2 个" in desk.page.locator("#desk-panel").inner_text()
    assert "已证明最优" in desk.page.locator("#desk-panel").inner_text()
    desk.page.select_option("#desk-plan", index=1)
    assert "未证明最优" in desk.page.locator("#desk-panel").inner_text()
    assert "新覆盖居住单元 1 个" in desk.page.locator("#desk-panel").inner_text()
    assert desk.page.locator(".desk-site").get_attribute("title") == "新址"
    desk.page.select_option("#desk-plan", label="不显示方案")
    assert desk.page.locator(".desk-site").count() == 0


def test_what_a_map_must_say_is_on_it(desk):
    record = desk.page.locator(".desk-record").inner_text()
    for part in ("小城", "2026-06-30", "EPSG:4547", "内部资料", "审图号"):
        assert part in record
    assert desk.page.locator("#desk-review").input_value() == ""
    assert desk.page.locator("h1").inner_text() == "小城养老服务设施布局图"
    assert re.search(r"\d+ k?m", desk.page.locator(".leaflet-control-scale-line").inner_text())
    assert desk.page.locator(".desk-north svg").is_visible()
    assert desk.page.locator(".leaflet-attribution-flag").count() == 0
    assert desk.page.locator("a[href^=http]").count() == 0


def test_controls_do_not_overlap(desk):
    names = (
        "#desk-panel",
        ".leaflet-control-zoom",
        ".desk-north",
        ".leaflet-control-scale",
        ".desk-record",
        ".desk-fold",
    )
    boxes = [desk.page.locator(name).bounding_box() for name in names]
    for n, one in enumerate(boxes):
        for other in boxes[n + 1 :]:
            assert (
                one["x"] + one["width"] <= other["x"] + 1
                or other["x"] + other["width"] <= one["x"] + 1
                or one["y"] + one["height"] <= other["y"] + 1
                or other["y"] + other["height"] <= one["y"] + 1
            )


def test_folding_the_panel_gives_the_map_its_room(desk):
    wide = desk.page.locator(".folium-map").bounding_box()["width"]
    desk.page.click(".desk-fold")
    assert desk.page.locator(".folium-map").bounding_box()["width"] == wide + 300
    assert not desk.page.locator("#desk-panel").is_visible()
    desk.page.click(".desk-fold")
    assert desk.page.locator(".folium-map").bounding_box()["width"] == wide


def test_english(open_page, shown, tmp_path):
    path = tmp_path / "map.html"
    shown(lang="en", title="Small City").save(path)
    desk = open_page(path)
    assert desk.page.locator("h1").inner_text() == "Small City"
    ours = " ".join(desk.texts(".desk-name:not(.desk-sites *)") + desk.texts("#desk-panel h2"))
    assert not re.search(r"[\u4e00-\u9fff]", ours)
    assert "≤ 500 m" in desk.click_map(*at(550, 80))
    assert desk.clean()


def test_a_notebook_shows_it_in_a_frame(open_page, shown, tmp_path):
    path = tmp_path / "notebook.html"
    html = shown()._repr_html_()
    path.write_text(f"<!doctype html><body style='width: 1000px'>{html}", encoding="utf-8")
    desk = open_page(path, ready="iframe")
    inside = desk.page.frame_locator("iframe")
    inside.locator("body[data-ready=true]").wait_for(timeout=30_000)
    assert inside.locator("h1").inner_text() == "小城养老服务设施布局图"
    assert not [url for url in desk.requests if not url.startswith("about:")]
    assert not desk.complaints


def test_a_city_without_findings_or_plan_still_opens(open_page, case, tmp_path):
    path = tmp_path / "map.html"
    for name in ("residences", "zones", "barriers"):
        one = layers.City("一", CRS, case.city.as_of, {name: case.city.layer(name)})
        maps.city_map(one, [], standards=case.standards).save(path)
        assert open_page(path).clean()
