"""Printed maps: true scale, no tofu, the same bytes, refused where a character cannot be printed."""

import io
import re

import numpy as np
import pytest
from matplotlib import font_manager
from PIL import Image

from facilityplan.errors import OutputError
from facilityplan.project import open_project
from facilityplan.report import coverage_document, findings_document
from facilityplan.report.figures import (
    PLATES,
    Imprint,
    Paper,
    draw,
    find_typeface,
    fonts,
    map_scale,
    plates_of,
    small_png,
)
from facilityplan.report.figures.parts import wrapped

SAMPLE = "data/sample_city"


@pytest.fixture(scope="module")
def typeface():
    try:
        return find_typeface()
    except OutputError:
        pytest.skip("no Chinese typeface on this machine")


@pytest.fixture(scope="module")
def project():
    return open_project(SAMPLE)


@pytest.fixture(scope="module")
def plates(project):
    proposal = project.propose().proposal
    found = plates_of(
        project.context,
        project.coverage().coverage,
        proposal,
        "zh",
        near_term=proposal.best[2],
    )
    return {plate.name: plate for plate in found}


@pytest.fixture(scope="module")
def imprint(project):
    return Imprint(project.city.name, "CGCS2000 (EPSG:4547)", "示范局", project.city.as_of)


@pytest.fixture(scope="module")
def drawn(plates, imprint, typeface):
    return draw(plates["coverage"], Paper.of("A4"), imprint, typeface, "zh")


def test_five_maps(plates):
    assert tuple(plates) == PLATES


def test_dots_and_paper(drawn):
    picture = Image.open(io.BytesIO(drawn["png"]))
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert picture.size == pytest.approx((297 / 25.4 * 300, 210 / 25.4 * 300), abs=1)
    assert drawn["pdf"].startswith(b"%PDF")


@pytest.mark.parametrize(("name", "points"), [("A3", (1190.55, 841.89)), ("A4", (841.89, 595.28))])
def test_the_pdf_has_the_size_of_the_paper(plates, imprint, typeface, name, points):
    paper = Paper.of(name)
    made = draw(plates["current_state"], paper, imprint, typeface, "en", kinds=("pdf",))
    assert list(made) == ["pdf"]
    (box,) = re.findall(rb"/MediaBox \[ 0 0 ([0-9.]+) ([0-9.]+) \]", made["pdf"])
    assert [float(side) for side in box] == pytest.approx(points, abs=0.5)


def test_few_colours_look_the_same(drawn):
    small = small_png(drawn["png"])
    picture = Image.open(io.BytesIO(small))
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert len(small) < len(drawn["png"]) / 2
    whole, few = (
        np.asarray(item.convert("RGB")).astype(np.int16)
        for item in (Image.open(io.BytesIO(drawn["png"])), picture)
    )
    assert np.abs(whole - few).max() <= 16


def counts_of(plate):
    """What the legend says there is of each thing."""
    said = [key.text for layer in plate.layers for key in layer.keys]
    found = [re.fullmatch(r"(.*)（(\d+)）", text) for text in said]
    return {item[1]: int(item[2]) for item in found if item}


def test_the_legend_counts_what_the_results_hold(plates, project):
    findings = findings_document(
        project.findings().findings, project.standards, project=project.city.name, notices=[]
    )["findings"]
    clauses = {rate["clause"] for rate in coverage_document(
        project.coverage().coverage, project.context)["rates"]} - {None}  # fmt: skip
    verdicts = {}
    for item in findings:
        if item["clause_id"] in clauses and item["unit_kind"] == "residence":
            verdicts.setdefault(item["unit_id"], set()).add(item["verdict"])
    missed = sum("non_compliant" in own for own in verdicts.values())
    doubt = sum("insufficient_data" in own and "non_compliant" not in own
                for own in verdicts.values())  # fmt: skip
    kept = sum(own == {"compliant"} for own in verdicts.values())
    for name in ("coverage", "uncovered"):
        counts = counts_of(plates[name])
        assert counts["服务半径外"] == missed > 0
        assert counts["资料不足"] == doubt > 0
        assert counts["服务半径内"] == kept > 0
    facilities = project.city.facilities
    operating = int((facilities["status"] == "operating").sum())
    state = counts_of(plates["current_state"])
    assert state.pop("居住小区、村庄居民点") == len(project.city.residences)
    assert sum(state.values()) == operating
    layout = counts_of(plates["layout"])
    assert layout["现状设施（运营）"] == operating
    assert layout["规划新增设施"] == project.propose().proposal.cover_all.n_sites
    assert counts_of(plates["near_term"])["规划新增设施"] == 3


def test_colours_of_the_verdicts_are_on_the_map(drawn):
    pixels = np.asarray(Image.open(io.BytesIO(drawn["png"])).convert("RGB")).reshape(-1, 3)
    for colour in ((0xE8, 0x60, 0x1C), (0x67, 0xA9, 0xCF)):
        assert (pixels == colour).all(axis=1).mean() > 0.0005, colour
    assert (pixels == 255).all(axis=1).mean() < 0.99


def test_the_same_bytes(drawn, plates, imprint, typeface):
    again = draw(plates["coverage"], Paper.of("A4"), imprint, typeface, "zh")
    assert again == drawn


@pytest.mark.parametrize(
    ("width_m", "height_m", "scale"),
    [(3000, 2000, 10_000), (3001, 2000, 12_000), (300, 200, 1000), (36_000, 100, 120_000)],
)
def test_round_scales(width_m, height_m, scale):
    assert map_scale(width_m, height_m, 300, 200) == scale


def test_a_metre_on_the_map_is_true(plates, imprint, typeface):
    """Two marks a known distance apart, measured in the picture, make the scale that is printed."""
    from facilityplan.report.figures.marks import Key, Points
    from facilityplan.report.figures.plates import Plate

    west, south, east, north = plates["coverage"].bounds
    apart_m = (east - west) * 0.6
    middle = ((west + east) / 2, (south + north) / 2)
    ends = np.array([[middle[0] - apart_m / 2, middle[1]], [middle[0] + apart_m / 2, middle[1]]])
    bare = Plate(
        "coverage",
        plates["coverage"].bounds,
        (Points(ends, Key("", "s", "#ff00ff", "#ff00ff", size=3.0)),),
        (),
        (),
    )
    paper = Paper.of("A3")
    picture = Image.open(io.BytesIO(draw(bare, paper, imprint, typeface, "zh")["png"]))
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    legend = int(picture.width * (420 - 96) / 420)
    _, columns = np.nonzero((pixels[:, :legend] == (255, 0, 255)).all(axis=2))
    left = columns[columns < columns.mean()].mean()
    right = columns[columns > columns.mean()].mean()
    metres_of_paper = (right - left) / 300 * 0.0254
    scale = map_scale(east - west, north - south, 420 - 36 - 72, 297 - 46)
    assert apart_m / metres_of_paper == pytest.approx(scale, rel=0.005)
    # Two parts of the bar lie between the left edges of its black ones; four make a round length.
    row = pixels[int((297 - 22 - 8 - 0.8) / 25.4 * 300), int((420 - 72 - 18) / 25.4 * 300) :]
    black = np.flatnonzero(row.max(axis=1) < 100)
    second = black[1:][np.diff(black) > 1][0]
    bar_m = 2 * (second - black[0]) / 300 * 0.0254 * apart_m / metres_of_paper
    round_m = min(
        (k * 10.0**n for k in (1, 2, 4, 5) for n in range(1, 6)),
        key=lambda length: abs(length - bar_m),
    )
    assert bar_m == pytest.approx(round_m, rel=0.01)


def test_no_chinese_typeface_is_said_before_anything(monkeypatch):
    monkeypatch.setattr(fonts, "_system_files", list)
    monkeypatch.setenv("WINDIR", "/nowhere")
    with pytest.raises(OutputError) as refused:
        find_typeface()
    assert "中文字体" in refused.value.render("zh")
    assert "--font" in refused.value.render("en")


def test_a_face_without_chinese_is_refused():
    latin = font_manager.findfont("DejaVu Sans")
    with pytest.raises(OutputError) as refused:
        find_typeface(fonts.Path(latin))
    assert refused.value.message == "figure_font_lacks"


def test_a_character_that_would_be_a_box_is_named(plates, project, typeface):
    odd = Imprint("示范市" + chr(0x10FFFD), "CGCS2000", "", project.city.as_of)
    with pytest.raises(OutputError) as refused:
        draw(plates["current_state"], Paper.of("A4"), odd, typeface, "zh")
    assert chr(0x10FFFD) in refused.value.render("zh")


def test_no_other_paper():
    with pytest.raises(OutputError):
        Paper.of("A5")


@pytest.mark.parametrize("most", [8, 22, 40])
@pytest.mark.parametrize(
    "line",
    [
        "到 2027 年共 10 处，本期新增：C013、C034、C061、C068、C072、C091、C098、C120；覆盖权重 17073",
        "The fewest new sites that close 472 gaps in radius: 121 (proved)",
        "没有空格也没有逗号的一行说明文字要在哪里断开都可以但是不能超出图框",
        "",
    ],
)
def test_no_note_runs_out_of_the_frame(line, most):
    pieces = wrapped(line, most)
    assert max(map(len, pieces)) <= most
    assert "".join(pieces).replace(" ", "") == line.replace(" ", "")
    # What is shorter than a piece is in one.
    said = " ".join(pieces)
    assert all(word in said for word in ("2027", "C013", "C120", "17073") if word in line)
