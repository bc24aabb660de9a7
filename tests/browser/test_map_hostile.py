"""Whatever a name holds, it is shown as it is written and nothing of it runs."""

import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from facilityplan import checks, layers, maps, standards
from facilityplan.siting.proposal import Count, Proposal, ProposedSite, SitingPlan
from facilityplan.siting.solution import Status

pytestmark = pytest.mark.browser

CRS = "EPSG:4547"
X0, Y0 = 500_000.0, 3_850_000.0

PAYLOADS = (
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",
    "`;alert(1);`",
    "`+alert(1)+`",
    "</script><script>alert(1)</script>",
    "</ScRiPt ><script>alert(1)//",
    "<!--<script>alert(1)",
    "-->",
    "C:\\data\\2024",
    "\\u003cimg src=x onerror=alert(1)\\u003e",
    "{{7*191}}",
    "{% for x in (1,) %}{{alert}}{% endfor %}",
    "{#hidden#}",
    "{name} {n}",
    "$& $1 $` $'",
    '"><svg onload=alert(1)>',
    "'-alert(1)-'",
    '";alert(1);//',
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<a href='javascript:alert(1)'>x</a>",
    "javascript:alert(1)",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<b>bold</b> &amp; &lt;i&gt; &#60;",
    "a\u2028alert(1)\u2029b",
    "a\rb\nc\td",
    "__proto__",
    "constructor",
    "]]><![CDATA[",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "https://tracker.example/a.png",
    "url(https://tracker.example/a.png)",
    "\u202eabc",
    "<x-y contenteditable onfocus=alert(1) autofocus>",
)
ALL = " | ".join(PAYLOADS)


def frame(layer, columns, shapes):
    moved = gpd.GeoSeries(shapes, crs=CRS).translate(X0, Y0)
    kinds = standards.kind_words() if layer == "facilities" else None
    return layers.conform(gpd.GeoDataFrame(columns, geometry=moved, crs=CRS), layer, kinds=kinds)


def make_city():
    n = len(PAYLOADS)
    names, ids = list(PAYLOADS), [f"{number} {name}" for number, name in enumerate(PAYLOADS)]
    own = {
        "zones": frame(
            "zones",
            {"id": ids, "name": names, "level": ["town"] * n},
            [box(2000 * k, 0, 2000 * k + 1900, 1900) for k in range(n)],
        ),
        "residences": frame(
            "residences",
            {
                "id": ids,
                "name": names,
                "households": [500] * n,
                "status": ["existing"] * n,
                "setting": ["urban"] * n,
            },
            [box(2000 * k, 0, 2000 * k + 100, 100) for k in range(n)],
        ),
        "facilities": frame(
            "facilities",
            {"id": ids, "name": names, "kind": ["day_care"] * n, "status": ["运营"] * n},
            [Point(2000 * k + 800, 0) for k in range(n)],
        ),
        "candidates": frame(
            "candidates", {"id": ids, "name": names}, [Point(2000 * k, 900) for k in range(n)]
        ),
        "barriers": frame("barriers", {"name": names, "kind": names}, [box(0, -9, 9, 0)] * n),
    }
    return layers.City(ALL, CRS, dt.date(2026, 6, 30), own)


def hostile_standards(as_of):
    document = standards.load("zhengzhou-2018-34")
    said = {"title": ALL, "quote": ALL, "document_title": ALL, "document_number": ALL}
    clauses = tuple(clause.model_copy(update=said) for clause in document.clauses)
    return standards.resolve([document.model_copy(update={"clauses": clauses})], as_of)


def make_proposal(city):
    sites = tuple(
        ProposedSite(
            candidate_id=unit,
            name=name,
            kind="generated",
            x=X0 + 2000 * k,
            y=Y0 + 900,
            serves=(unit,),
            households=Count(500, 0),
            persons=Count(0, 1),
            elders=Count(0, 1),
            mends=(),
            floor_area_needed_m2=0,
            max_floor_area_m2=None,
        )
        for k, (unit, name) in enumerate(
            zip(city.residences["id"], city.residences["name"], strict=True)
        )
    )
    n = len(sites)
    plan = SitingPlan("lscp", n, Status.OPTIMAL, n, n, 0, sites)
    gaps = tuple(city.residences["id"])
    return Proposal(gaps, (), gaps, "generated", None, "households", (), plan, ())


@pytest.fixture(scope="module")
def case():
    city = make_city()
    held = hostile_standards(city.as_of)
    return SimpleNamespace(city=city, standards=held, findings=checks.assess(city, held))


@pytest.fixture(scope="module")
def desk(open_page, case, tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "map.html"
    maps.city_map(
        case.city,
        case.findings,
        standards=case.standards,
        proposal=make_proposal(case.city),
        title=ALL,
    ).save(path)
    watched = open_page(path)
    for name in ("candidates", "zones-2"):
        watched.page.check(f"[data-layer={name}]")
    return watched


OPEN_ALL = """() => {
    const said = [];
    const layers = [];
    map_city.eachLayer((layer) => { if (layer.getPopup && layer.getPopup()) layers.push(layer); });
    for (const layer of layers) {
        layer.openPopup();
        const content = layer.getPopup().getElement().querySelector(".desk-card");
        said.push([content.querySelector("h2").textContent, content.textContent]);
        map_city.closePopup();
    }
    // estates lie on tiles: the table opens each
    document.querySelector("#desk-open-table").click();
    const rows = document.querySelectorAll("#desk-table tbody tr").length;
    for (let row = 0; row < rows; row += 1) {
        const button = document.querySelectorAll("#desk-table tbody th button")[row];
        const name = button.textContent;
        button.click();
        const content = document.querySelector(".leaflet-popup-pane .desk-card");
        said.push([content.querySelector("h2").textContent, content.textContent]);
        if (content.querySelector("h2").textContent !== name) said.push(["?", name]);
        map_city.closePopup();
    }
    document.querySelector("#desk-open-table").click();
    return said;
}"""


@pytest.fixture(scope="module")
def popups(desk):
    return desk.page.evaluate(OPEN_ALL)


def test_every_name_is_shown_as_it_is_written(desk, popups, case):
    headings = [heading for heading, _ in popups]
    expected = {name: headings.count(name) for name in case.city.residences["name"]}
    # estate, zone, facility, candidate, site, unreachable mark
    assert set(expected.values()) == {6}
    assert len(popups) == 6 * len(PAYLOADS)


def test_clauses_and_ids_are_shown_as_they_are_written(popups, case):
    shown = [text for _, text in popups if "ZZ05a" in text and "500 户" in text]
    assert len(shown) >= len(PAYLOADS)
    for text in shown:
        assert text.count(ALL) >= 4  # title, quote, document, number
    every = "\n".join(text for _, text in popups)
    for unit in case.city.residences["id"]:
        assert unit in every


def test_title_and_place_are_shown_as_they_are_written(desk):
    page = desk.page
    flat = " ".join(ALL.split())
    assert " ".join(page.title().split()) == flat
    assert page.locator("h1").evaluate("(node) => node.textContent") == ALL
    assert ALL in page.locator(".desk-record").evaluate("(node) => node.textContent")
    labels = page.locator("#desk-scheme option").evaluate_all("all => all.map(o => o.textContent)")
    assert sum(ALL in label for label in labels) == sum("\u3000" in x for x in labels)


def test_nothing_of_it_ran_or_became_an_element(desk, popups):
    assert popups
    desk.page.wait_for_timeout(300)
    assert desk.dialogs == []
    assert desk.requests == []
    assert desk.complaints == []
    elements = "img, iframe, object, x-y, b:empty, a[href^=javascript], body > svg, [onerror]"
    assert desk.page.locator(elements).count() == 0
    assert "1337" not in desk.page.content()


def test_the_policy_stops_a_handler_that_got_in_by_other_means(open_page, case, tmp_path):
    path = tmp_path / "map.html"
    maps.city_map(case.city, [], standards=case.standards).save(path)
    watched = open_page(path)
    watched.page.evaluate(
        """() => {
            const part = document.createElement("div");
            part.innerHTML = "<img src=x onerror='alert(1)'><a onclick='alert(2)'>x</a>";
            document.body.append(part);
            part.querySelector("a").click();
            const script = document.createElement("script");
            script.textContent = "alert(3)";
            document.body.append(script);
        }"""
    )
    watched.page.wait_for_timeout(300)
    assert watched.dialogs == []
    assert any("Content Security Policy" in said for said in watched.complaints)
