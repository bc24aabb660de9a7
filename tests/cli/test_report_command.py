"""The special plan from the command line, read back: every number in it stands in the results."""

import io
import json
import re
import zipfile

import openpyxl
import pytest
from docx import Document
from PIL import Image

from facilityplan.cli import run_command_line as main
from facilityplan.errors import OutputError
from facilityplan.report.figures import PLATES, find_typeface

NUMBER = re.compile(r"(?<![A-Za-z0-9.])\d+(?:\.\d+)?")


@pytest.fixture(scope="module", params=["zh", "en"])
def plan(request, tmp_path_factory):
    try:
        find_typeface()
    except OutputError:
        pytest.skip("no Chinese typeface on this machine")
    out = tmp_path_factory.mktemp("plan")
    code = main(
        [
            "report",
            "data/sample_city",
            "--out",
            str(out),
            "--near-term",
            "5",
            "--lang",
            request.param,
        ]
    )
    assert code == 0
    return out


def numbers_of(value, texts):
    """All numbers in a JSON value, and all its texts."""
    if isinstance(value, dict):
        for key, part in value.items():
            texts.append(str(key))
            yield from numbers_of(part, texts)
    elif isinstance(value, list):
        for part in value:
            yield from numbers_of(part, texts)
    elif isinstance(value, str):
        texts.append(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def words_of(path):
    document = Document(str(path))
    lines = [paragraph.text for paragraph in document.paragraphs]
    lines += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return document, lines


def test_every_number_stands_in_the_results(plan):
    texts = []
    known = set()
    for name in ("findings.json", "coverage.json", "siting.json", "plan.json"):
        known |= set(numbers_of(json.loads((plan / name).read_text(encoding="utf-8")), texts))
    said = " ".join(texts)
    shown = set()
    for value in known:
        for digits in range(4):
            for number in (value, 100 * value):
                text = f"{number:.{digits}f}"
                shown |= {text, text.rstrip("0").rstrip(".") if "." in text else text}
    _, lines = words_of(plan / "plan.docx")
    stray = {
        (number, line)
        for line in lines
        for number in NUMBER.findall(line)
        if number not in shown and number not in said
    }
    assert not stray
    assert sum(len(NUMBER.findall(line)) for line in lines) > 500


def test_figures_and_chapters_are_there(plan):
    document, _lines = words_of(plan / "plan.docx")
    assert len(document.inline_shapes) == len(PLATES)
    heads = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert len(heads) == 8
    assert all((plan / f"{at}_{name}.pdf").is_file() for at, name in enumerate(PLATES, start=1))


def test_figures_are_drawn_for_the_page_and_the_document_is_no_burden(plan):
    assert (plan / "plan.docx").stat().st_size < 3_000_000
    with zipfile.ZipFile(plan / "plan.docx") as archive:
        media = [archive.read(name) for name in archive.namelist() if "/media/" in name]
    assert len(set(media)) == len(PLATES)
    for content in media:
        picture = Image.open(io.BytesIO(content))
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert picture.size == pytest.approx((3508, 2480), abs=1)
        colours = picture.convert("RGB").getcolors(maxcolors=300)
        assert len(colours) > 50, "a blank sheet"


def test_a_figure_lies_on_a_page_of_its_own(plan):
    document, _lines = words_of(plan / "plan.docx")
    lying = [part for part in document.sections if part.page_width > part.page_height]
    assert len(lying) == 3
    for shape in document.inline_shapes:
        for part in lying:
            room = part.page_width - part.left_margin - part.right_margin
            assert shape.width <= room
            assert shape.height <= part.page_height - part.top_margin - part.bottom_margin


def test_missing_costs_are_named_and_not_summed(plan):
    facts = json.loads((plan / "plan.json").read_text(encoding="utf-8"))
    costs = [facts["sites"][name]["cost"] for name in facts["near_term"]["sites"]]
    known = sum(cost for cost in costs if cost is not None)
    assert facts["near_term"]["cost"]["known"] == pytest.approx(known)
    assert facts["near_term"]["cost"]["unknown"] == costs.count(None)
    assert costs.count(None) > 0
    _, lines = words_of(plan / "plan.docx")
    assert any("资料不足" in line or "insufficient data" in line for line in lines)


def test_the_sums_by_street_are_those_of_the_findings(plan):
    facts = json.loads((plan / "plan.json").read_text(encoding="utf-8"))
    findings = json.loads((plan / "findings.json").read_text(encoding="utf-8"))["findings"]
    short = sum(
        max(0.0, item["required"] - item["value"])
        for item in findings
        if item["formula"].get("id") in {"formula.floor_area", "formula.floor_area_minimum"}
        and item["verdict"] == "non_compliant"
    )
    gaps = {street["name"]: street["short_m2"] for street in facts["streets"]}
    assert sum(gap for gap in gaps.values() if gap is not None) == pytest.approx(short, rel=1e-9)
    # Of their residences, all rural, no clause asks for floor area.
    assert {name for name, gap in gaps.items() if gap is None} == {"西岫镇", "榆坡镇", "禾塘镇"}
    assert sum(street["residences"] for street in facts["streets"]) == 961


def test_tables_hold_no_formula(plan):
    book = openpyxl.load_workbook(plan / "plan.xlsx")
    assert len(book.sheetnames) == 6
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_no_macro_and_no_link(plan):
    with zipfile.ZipFile(plan / "plan.docx") as archive:
        assert not [name for name in archive.namelist() if "vba" in name.lower()]
        for name in archive.namelist():
            if name.endswith(".rels"):
                assert b'TargetMode="External"' not in archive.read(name)


def test_unknown_kind_and_too_many_sites(tmp_path, capsys):
    assert main(["report", "data/sample_city", "--out", str(tmp_path / "a"), "--kind", "x"]) != 0
    assert "--kind plan" in capsys.readouterr().err
    code = main(["figures", "data/sample_city", "--out", str(tmp_path / "b"), "--near-term", "99"])
    assert code != 0
    assert "max_sites" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
