"""Columns of tables on paper: no id and no word of our own is broken."""

import io

import docx
import pytest
from matplotlib import font_manager
from PIL import ImageFont

from facilityplan import locale
from facilityplan.report.official import TEXT_WIDTH_MM, column_widths
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
