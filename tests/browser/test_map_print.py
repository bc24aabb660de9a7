"""The printed sheet, measured in the PDF itself: one page, a true scale, every character drawn."""

import datetime as dt
import re
from itertools import combinations, pairwise
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdf
import pytest
from pyproj import Geod, Transformer
from scipy import ndimage
from shapely.geometry import Point, box

from facilityplan import checks, layers, maps, standards

pytestmark = pytest.mark.browser

CRS = "EPSG:4547"
X0, Y0 = 500_000.0, 3_850_000.0
# Lower left corners of estates 300 m wide that all miss the radius; the only orange on the sheet.
ESTATES = {"a": (0, 0), "b": (9000, 0), "c": (0, 6000)}
ORANGE = np.array([232, 96, 28])
TITLE = "量角尺与比例尺验证街道图甲乙丙丁"
MM = 25.4 / 72
SHEETS = {"A3": (420, 297), "A4": (297, 210)}
DPI = 200
BESIDE = 72  # millimetres right of the map: its legend has orange as well


def frame(layer, columns, shapes):
    moved = gpd.GeoSeries(shapes, crs=CRS).translate(X0, Y0)
    kinds = standards.kind_words() if layer == "facilities" else None
    return layers.conform(gpd.GeoDataFrame(columns, geometry=moved, crs=CRS), layer, kinds=kinds)


def make_city():
    corners = list(ESTATES.values())
    n = len(corners)
    own = {
        "residences": frame(
            "residences",
            {
                "id": list(ESTATES),
                "name": list(ESTATES),
                "households": [300] * n,
                "status": ["existing"] * n,
                "setting": ["urban"] * n,
            },
            [box(x, y, x + 300, y + 300) for x, y in corners],
        ),
        "facilities": frame(
            "facilities",
            {"id": ["f"], "kind": ["day_care"], "name": ["站"], "status": ["运营"]},
            [Point(9000, 6000)],
        ),
    }
    return layers.City("小城", CRS, dt.date(2026, 6, 30), own)


@pytest.fixture(scope="module")
def desk(open_page, tmp_path_factory):
    city = make_city()
    held = standards.resolve([standards.load("zhengzhou-2018-34")], city.as_of)
    path = tmp_path_factory.mktemp("print") / "map.html"
    found = checks.assess(city, held)
    maps.city_map(city, found, standards=held, title=TITLE).save(path)
    return open_page(path)


@pytest.fixture(scope="module", params=SHEETS)
def sheet(desk, request):
    page = desk.page
    page.click("#desk-print")
    page.select_option("#desk-paper-size", request.param)
    page.evaluate("void map_city.fitBounds(map_city.getBounds().pad(-0.05), { animate: false })")
    assert desk.near_colour("residences", "#e8601c") > 0  # drawn anew
    drawn = page.pdf(prefer_css_page_size=True, print_background=True)
    page.click("#desk-print-close")
    document = pdfium.PdfDocument(drawn)
    image = np.asarray(document[0].render(scale=DPI / 72).to_pil().convert("RGB"), dtype=np.int16)
    return SimpleNamespace(
        name=request.param,
        document=document,
        page=document[0],
        image=image,
        text=document[0].get_textpage().get_text_range(),
    )


def bar_mm(sheet):
    """Return the length of the scale bar: four rectangles of one size, each beginning the next."""
    bounds = [
        item.get_bounds()
        for item in sheet.page.get_objects(filter=[pdf.FPDF_PAGEOBJ_PATH], max_depth=5)
    ]
    rows = {}
    for left, bottom, right, top in bounds:
        rows.setdefault((round(bottom, 1), round(top, 1)), []).append((left, right))
    found = []
    for spans in rows.values():
        if len(spans) != 4:
            continue
        widths = [right - left for left, right in spans]
        meets = all(abs(one[1] - two[0]) < 0.05 for one, two in pairwise(spans))
        if meets and max(widths) - min(widths) < 0.05:
            found.append(spans[-1][1] - spans[0][0])
    assert len(found) == 1
    return found[0] * MM


def stated(sheet):
    """Return what the paper says: metres of the bar and N of 1:N."""
    length, unit = re.search(r"0 – ([\d.,]+) (千米|米)", sheet.text).groups()
    ratio = re.search(r"1:([\d,]+)", sheet.text)[1]
    metres = float(length.replace(",", "")) * (1000 if unit == "千米" else 1)
    return metres, float(ratio.replace(",", ""))


def estates_mm(sheet):
    """Return the middles of the orange estates on the map by their rough place."""
    right = int((SHEETS[sheet.name][0] - BESIDE) / 25.4 * DPI)
    orange = np.abs(sheet.image[:, :right] - ORANGE).max(axis=2) < 40
    groups, count = ndimage.label(orange)
    sizes = np.bincount(groups.ravel(), minlength=count + 1)[1:]
    largest = np.argsort(sizes)[-3:]
    assert sizes[largest].min() > 4 * np.delete(sizes, largest).max(initial=0)
    boxes = ndimage.find_objects(groups)
    spots = [box_middle(boxes[n]) for n in largest]
    left = sorted(spots)[:2]
    return {
        "a": np.array(max(left, key=lambda spot: spot[1])),
        "b": np.array(max(spots)),
        "c": np.array(min(left, key=lambda spot: spot[1])),
    }


def box_middle(slices):
    rows, columns = slices
    inch = 25.4 / DPI
    return (columns.start + columns.stop) / 2 * inch, (rows.start + rows.stop) / 2 * inch


def ground(one, other):
    """Return metres between the middles of two estates on the ellipsoid."""
    transformer = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    ends = [
        transformer.transform(X0 + ESTATES[name][0] + 150, Y0 + ESTATES[name][1] + 150)
        for name in (one, other)
    ]
    return Geod(ellps="WGS84").inv(*ends[0], *ends[1])[2]


def test_it_is_one_page_of_that_paper(sheet):
    assert len(sheet.document) == 1
    size = [side * MM for side in sheet.page.get_size()]
    assert size == pytest.approx(SHEETS[sheet.name], abs=0.5)


def test_the_bar_and_the_scale_are_true_on_the_paper(sheet):
    metres, ratio = stated(sheet)
    assert bar_mm(sheet) / 1000 * ratio == pytest.approx(metres, rel=0.01)
    spots = estates_mm(sheet)
    for one, other in combinations(ESTATES, 2):
        on_paper = float(np.hypot(*(spots[one] - spots[other])))
        assert on_paper > 40, "long enough to measure"
        assert on_paper / 1000 * ratio == pytest.approx(ground(one, other), rel=0.01)
        by_bar = on_paper / bar_mm(sheet) * metres
        assert by_bar == pytest.approx(ground(one, other), rel=0.01)


def test_the_sheet_says_what_a_map_must_say(sheet):
    for part in (
        "内部资料",
        "审图号",
        "编制单位",
        CRS,
        "2026-06-30",
        "图例",
        "不符合",
        TITLE,
        "北",
    ):
        assert part in sheet.text
    assert "\ufffd" not in sheet.text


def test_every_font_is_in_the_file(sheet):
    fonts = [
        pdf.FPDFFont_GetIsEmbedded(pdf.FPDFTextObj_GetFont(item.raw))
        for item in sheet.page.get_objects(filter=[pdf.FPDF_PAGEOBJ_TEXT], max_depth=5)
    ]
    assert len(fonts) > 10
    assert set(fonts) == {1}


def test_no_character_is_a_box(sheet):
    """Where a font lacks characters all of them are drawn alike, or not at all."""
    words = sheet.page.get_textpage()
    height = sheet.page.get_height()
    scale = DPI / 72
    glyphs = {}
    for at in range(words.count_chars()):
        char = words.get_text_range(at, 1)
        if not char.strip():
            continue
        left, bottom, right, top = words.get_charbox(at, loose=True)
        rows = slice(int((height - top) * scale), int((height - bottom) * scale) + 1)
        cut = sheet.image[rows, int(left * scale) : int(right * scale) + 1].mean(axis=2)
        assert cut.max() - cut.min() > 60, f"nothing is drawn for {char!r}"
        glyphs.setdefault(char, cut)
    title = [glyphs[char] for char in dict.fromkeys(TITLE)]
    assert len(title) == len(set(TITLE))
    side = [min(cut.shape[n] for cut in title) for n in (0, 1)]
    ink = [cut[: side[0], : side[1]] < 128 for cut in title]
    for one, two in combinations(ink, 2):
        differing = (one != two).sum() / max(1, min(one.sum(), two.sum()))
        assert differing > 0.2


def test_nothing_complained(desk):
    assert desk.clean()
