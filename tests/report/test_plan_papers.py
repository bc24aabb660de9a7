"""The special plan: hostile names arrive as text, and what is missing is named as a gap."""

import datetime as dt
import io
import re
import zipfile
from xml.etree import ElementTree as ET

import geopandas as gpd
import openpyxl
import pytest
from docx import Document
from hostile_text import hostile_texts, visible
from PIL import Image
from shapely.geometry import Point, box

from facilityplan import checks, layers, standards
from facilityplan.checks.radius_coverage import radius_coverage
from facilityplan.report.plan import plan_document, plan_facts, plan_words, plan_workbook
from facilityplan.siting.plan import propose

CRS = "EPSG:4547"
# A tab is one blank and a name is kept whole, but nothing needs names of thousands of signs here.
TEXTS = [text for text in hostile_texts() if len(text) < 3000 and visible(text)]


def facts_of(names, *, households=None, elders=None, beds=None, towns=True, candidates=True,
             near_term=None, document="zhengzhou-2018-34", areas=None, settings=None):  # fmt: skip
    """A row of estates two kilometres apart, one town and one candidate each; a facility far off."""
    n = len(names)
    at = [2000.0 * place for place in range(n)]
    frames = {
        "residences": ({"id": [f"R{k:04d}" for k in range(n)], "name": names,
                        "status": ["existing"] * n, "setting": settings or ["urban"] * n,
                        "households": households or [None] * n, "elders": elders or [None] * n},
                       [box(x - 50, -50, x + 50, 50) for x in at]),
        "facilities": ({"id": [f"F{k:04d}" for k in range(n)], "name": names,
                        "kind": ["day_care"] * n, "status": ["operating"] * n,
                        "beds": beds or [None] * n, "floor_area_m2": areas or [None] * n},
                       [Point(x, 900 if areas is None else 0) for x in at]),
    }  # fmt: skip
    if towns:
        frames["zones"] = ({"id": [f"Z{k:04d}" for k in range(n)], "name": names,
                            "level": ["town"] * n},
                           [box(x - 1000, -1000, x + 1000, 1000) for x in at])  # fmt: skip
    if candidates:
        frames["candidates"] = ({"id": [f"C{k:04d}" for k in range(n)], "name": names,
                                 "kind": ["idle_premises"] * n}, [Point(x, 100) for x in at])  # fmt: skip
    held_layers = {
        name: layers.conform(
            gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS),
            name,
            **({"kinds": standards.kind_words()} if name == "facilities" else {}),
        )
        for name, (columns, shapes) in frames.items()
    }
    city = layers.City(names[0], CRS, dt.date(2019, 6, 30), held_layers, sources={})
    held = standards.resolve([standards.load(document)], city.as_of)
    context = checks.Context(city, held, None)
    findings = checks.assess_context(context)
    proposal = propose(city, held, findings)
    return plan_facts(context, findings, radius_coverage(context, findings), proposal, near_term)


def picture():
    stream = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(stream, format="png")
    return stream.getvalue()


def words(facts, lang="zh"):
    names = ("current_state", "coverage", "uncovered", "layout", "near_term")
    return plan_words(facts, dict.fromkeys(names, picture()), lang)


def lines(content):
    document = Document(io.BytesIO(content))
    cells = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    return [paragraph.text for paragraph in document.paragraphs], cells


@pytest.fixture(scope="module")
def hostile():
    return facts_of(TEXTS)


def test_hostile_names_are_text_in_the_plan(hostile):
    content = words(hostile)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        page = ET.fromstring(archive.read("word/document.xml"))
        for entry in archive.namelist():
            assert not re.search(r"vba|embeddings|oleObject", entry)
            if entry.endswith((".xml", ".rels")):
                text = archive.read(entry)
                ET.fromstring(text)
                assert b'TargetMode="External"' not in text
    shown = visible("".join(page.itertext()))
    assert [text for text in TEXTS if visible(text) not in shown] == []


def test_hostile_names_are_text_in_the_tables(hostile):
    content = plan_workbook(hostile, "zh")
    assert content == plan_workbook(hostile, "zh")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [e for e in archive.namelist() if re.search(r"vba|externalLink|hyperlink", e)]
        table = ET.fromstring(archive.read("xl/sharedStrings.xml"))
        sheets = [archive.read(e) for e in archive.namelist() if "worksheets/sheet" in e]
    assert not [sheet for sheet in sheets if b"<f" in sheet or b"<hyperlink" in sheet]
    unescaped = [
        re.sub("_x([0-9A-Fa-f]{4})_", lambda sign: chr(int(sign[1], 16)), "".join(node.itertext()))
        for node in table
    ]
    shown = {visible(text) for text in unescaped}
    assert [text for text in TEXTS if visible(text) not in shown] == []


NAMES = ["甲", "乙", "丙"]


def test_without_any_figure_every_figure_is_missing_and_none_is_zero():
    facts = facts_of(NAMES)
    said, cells = lines(words(facts))
    (inventory,) = [row for row in cells if row[0] == "日间照料中心"]
    assert inventory[2:] == ["3", "资料不足", "资料不足"]
    streets = [row for row in cells if row[0] in NAMES]
    assert len(streets) == 3
    for row in streets:
        # residences are counted; households, elders, the areas and the beds have no figure
        assert row[1] == "1"
        assert row[2:] == ["资料不足"] * 6
    book = openpyxl.load_workbook(io.BytesIO(plan_workbook(facts, "zh")))
    facilities = list(book["现状设施一览表"].iter_rows(min_row=4, values_only=True))
    assert [row[6:9] for row in facilities] == [("资料不足",) * 3] * 3
    estates = list(book["小区达标台账"].iter_rows(min_row=4, values_only=True))
    assert [row[4] for row in estates] == ["资料不足"] * 3
    assert any("近期建设哪些点位，项目未指明" in line for line in said)


def test_partly_known_figures_say_how_many_are_missing():
    facts = facts_of(NAMES, households=[100, None, 300], elders=[10, 20, None], beds=[5, None, 7])
    _said, cells = lines(words(facts))
    (inventory,) = [row for row in cells if row[0] == "日间照料中心"]
    assert inventory[3] == "12（另有 1 处缺资料）"
    document = plan_document(facts)
    assert document["inventory"][0]["beds"] == {"known": 12, "unknown": 1}
    assert [street["elders"]["unknown"] for street in document["streets"]] == [0, 0, 1]


@pytest.mark.parametrize(("lang", "gap"), [("zh", "没有街道"), ("en", "no zones of streets")])
def test_without_streets_both_chapters_and_the_table_say_so(lang, gap):
    facts = facts_of(NAMES, towns=False)
    said, _cells = lines(words(facts, lang))
    assert len([line for line in said if gap in line]) == 2
    book = openpyxl.load_workbook(io.BytesIO(plan_workbook(facts, lang)))
    assert gap in str(book.worksheets[1]["A3"].value)


def test_without_costs_no_sum_is_made_up():
    facts = facts_of(NAMES, households=[100, 200, 300], near_term=2)
    assert len(facts.near_term.sites) == 2
    said, cells = lines(words(facts))
    assert any("都没有费用" in line for line in said)
    assert not any("费用合计" in line for line in said)
    assert [row[-1] for row in cells if row[0].startswith("C") and len(row) == 5][-2:] == [
        "资料不足",
        "资料不足",
    ]


def test_without_a_plan_of_sites_the_chapter_and_the_table_say_so():
    facts = facts_of(NAMES, document="xuchang-2022-33")
    assert facts.proposal.cover_all is None
    said, _cells = lines(words(facts))
    assert any("没有布点方案" in line for line in said)
    book = openpyxl.load_workbook(io.BytesIO(plan_workbook(facts, "zh")))
    assert "没有布点方案" in str(book["规划布点一览表"]["A3"].value)


@pytest.mark.parametrize(("lang", "said"), [("zh", "不适用"), ("en", "not applicable")])
def test_a_street_that_no_floor_area_is_asked_of_does_not_say_nothing_is_missing(lang, said):
    settings = ["rural", "urban", "urban"]
    facts = facts_of(NAMES, households=[100] * 3, areas=[100, 300, 10], settings=settings)
    first, *others = plan_document(facts)["streets"]
    assert [first[name] for name in ("required_m2", "provided_m2", "short_m2")] == [None] * 3
    assert [street["provided_m2"] for street in others] == [300, 10]
    assert others[0]["short_m2"] == 0 < others[1]["short_m2"]
    texts, cells = lines(words(facts, lang))
    streets = [row for row in cells if row[0] in NAMES]
    assert streets[0][4:7] == [said] * 3
    assert streets[1][5:7] == ["300", "0"]
    guides = [texts[at + 1] for at, line in enumerate(texts) if line in NAMES]
    assert [said in line for line in guides] == [True, False, False]
    assert " 0 ㎡" in guides[1] or ": 0 m²" in guides[1]
    book = openpyxl.load_workbook(io.BytesIO(plan_workbook(facts, lang)))
    table = list(book.worksheets[1].iter_rows(min_row=4, max_row=6, values_only=True))
    assert table[0][9:12] == (said,) * 3
    assert table[1][10:12] == (300, 0)
