"""Columns of tables on paper: no id and no word of our own is broken."""

import io
import re

import docx
import pypdfium2 as pdfium
import pytest
from matplotlib import font_manager
from office import convert, needs_office
from PIL import ImageFont

from facilityplan import locale
from facilityplan.report.official import TEXT_WIDTH_MM, add_line, column_widths, dress
from facilityplan.report.scheme_words import review_fields
from facilityplan.report.word import fill
from facilityplan.schemes import review_scheme
from facilityplan.schemes.sheet import _from_toml
from facilityplan.standards import documents_of_place, resolve

POINT_MM = 25.4 / 72
FACE = ImageFont.truetype(font_manager.findfont("DejaVu Serif"), 100)


def millimetres(text, points=9):
    """The width in DejaVu, which is wide: a machine without Times may take it."""
    return FACE.getlength(text) / 100 * points * POINT_MM


def test_ids_stay_whole_beside_words_that_no_page_is_wide_enough_for():
    ids = ("C013", "SF11a")
    widths = column_widths([*ids, "甲", "乙"], [[*ids, "q" * 50, "q" * 200]])
    assert sum(widths) == pytest.approx(TEXT_WIDTH_MM)
    for name, width in zip(ids, widths[:2], strict=True):
        assert width >= millimetres(name) + 3.8  # Word's own margins
    assert widths[2] == widths[3], "the long ones share what is left"


def test_no_word_of_the_english_form_is_broken():
    held = resolve([d for d in documents_of_place("济源市") if d.place == "济源市"], None)
    sheet = {"name": "甲", "place": "济源市", "status": "new", "households": 100}
    review = review_scheme(_from_toml(sheet, "a.toml", 1), held)
    content = fill(None, "review", review_fields(review, [], "en"), "en")
    table = docx.Document(io.BytesIO(content)).tables[1]
    compared = 0
    for row in table.rows:
        if len({id(cell._tc) for cell in row.cells}) < 7:
            continue  # a row over all columns
        for cell in row.cells[:6]:
            for word in cell.text.split():
                assert millimetres(word) + 2.0 <= cell.width.mm + 0.1, word
                compared += 1
    assert compared > 40
    assert locale.text("verdict.insufficient_data", "en") in {r.cells[5].text for r in table.rows}


def list_lines(lang, folder):
    """The lines that LibreOffice makes of a list of codes, begun at every place of a line."""
    document = docx.Document()
    dress(document, lang)
    codes = [f"C{n:03d}" for n in range(1, 150, 3)]
    for lead in range(14):
        add_line(
            document, "某" * lead + "本期新增：" + locale.joined(codes, lang) + "；权重 5013。"
        )
    path = folder / f"{lang}.docx"
    document.save(path)
    (paper,) = convert([path], "pdf", folder)
    pages = pdfium.PdfDocument(paper)
    return codes, [
        line.strip("\r\u200b ")
        for page in pages
        for line in page.get_textpage().get_text_bounded().split("\n")
    ]


@needs_office
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_line_breaks_a_code_or_starts_with_a_separator(lang, tmp_path):
    codes, lines = list_lines(lang, tmp_path)
    assert len(lines) > 90
    assert not [line for line in lines if re.match("[、，；：。,;]", line)]
    assert [code for line in lines for code in re.findall(r"C\d{3}(?!\d)", line)] == codes * 14


def test_a_line_reads_as_it_was_said():
    text = "依据 GB 50180-2018：C001、C034，near-term\n点位 JY-01。"
    said = add_line(docx.Document(), text).text
    assert said.replace("\u200b", "") == text
    assert all(code in said for code in ("GB 50180-2018", "C001", "C034", "JY-01"))
