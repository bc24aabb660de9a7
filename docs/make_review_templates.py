"""Make the shipped templates of the review form: official typography, one for each language.

A bureau copies ``facilityplan/report/templates/review_zh.docx``, changes it in Word and gives it
with ``facilityplan check --template``.
"""

import io
import sys
from pathlib import Path

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt, RGBColor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from facilityplan import locale
from facilityplan.report.official import (
    BODY,
    HEADING,
    SUBHEADING,
    TITLE,
    dress,
    keep_whole,
    name_faces,
    narrow_margins,
    repeat,
    set_widths,
)
from facilityplan.report.word import same_bytes

FOLDER = Path(__file__).resolve().parents[1] / "facilityplan" / "report" / "templates"
WIDTHS = {
    "zh": (11, 25, 30, 20, 20, 19, 31),
    "en": (8.5, 24, 24, 18.5, 21.5, 25, 34.5),  # no word of the form's own is broken
}
RED = RGBColor(0xC0, 0x00, 0x00)


def run_of(paragraph, text, size, font=BODY, *, colour=None):
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    name_faces(run._element.get_or_add_rPr(), font)
    if colour is not None:
        run.font.color.rgb = colour
    return run


def paragraph(document, text, font=BODY, size=12, *, align=None):
    made = document.add_paragraph()
    run_of(made, text, size, font)
    made.paragraph_format.space_after = Pt(2)
    if align is not None:
        made.alignment = align
    return made


def heading(document, text):
    made = document.add_heading(level=1)
    run_of(made, text, 14, HEADING)
    made.paragraph_format.space_before = Pt(8)
    made.paragraph_format.space_after = Pt(3)


def cell(place, text, size=9, font=BODY):
    run_of(place.paragraphs[0], text, size, font)
    place.paragraphs[0].paragraph_format.space_after = Pt(0)


def verdict(place):
    """Write the verdict, red where a clause is missed."""
    for text, colour in (
        ("{%r if item.missed %}", None),
        ("{{ item.verdict }}", RED),
        ("{%r else %}", None),
        ("{{ item.verdict }}", None),
        ("{%r endif %}", None),
    ):
        run_of(place.paragraphs[0], text, 9, colour=colour)


def table(document, headers, cells, over, widths, below=()):
    """Add a table with a header, one row for each item of a list, and wide rows below it.

    ``below`` has pairs of condition and text; each makes a row over all columns where it holds.
    """
    made = document.add_table(rows=4 + 3 * len(below), cols=len(headers))
    made.style = "Table Grid"
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    set_widths(made, widths)
    narrow_margins(made)
    for at, (header, text) in enumerate(zip(headers, cells, strict=True)):
        cell(made.rows[0].cells[at], header, font=HEADING)
        made.rows[0].cells[at].paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        if callable(text):
            text(made.rows[2].cells[at])
        else:
            cell(made.rows[2].cells[at], text)
    made.rows[1].cells[0].paragraphs[0].add_run("{%tr for item in " + over + " %}")
    for at, (condition, text) in enumerate(below):
        first = 3 + 3 * at
        made.rows[first].cells[0].paragraphs[0].add_run("{%tr if " + condition + " %}")
        wide = made.rows[first + 1].cells[0].merge(made.rows[first + 1].cells[-1])
        cell(wide, text, font=SUBHEADING)
        keep_whole(made.rows[first + 1])
        made.rows[first + 2].cells[0].paragraphs[0].add_run("{%tr endif %}")
    made.rows[-1].cells[0].paragraphs[0].add_run("{%tr endfor %}")
    repeat(made.rows[0])
    keep_whole(made.rows[2])


def listed(document, over, nothing):
    paragraph(document, "{%p if " + over + " %}")
    paragraph(document, "{%p for item in " + over + " %}")
    paragraph(document, "{{ item }}")
    paragraph(document, "{%p endfor %}")
    paragraph(document, "{%p else %}")
    paragraph(document, nothing)
    paragraph(document, "{%p endif %}")


def make(lang):
    def said(name):
        return locale.text(f"scheme.doc.{name}", lang)

    def column(name):
        return locale.text(f"scheme.column.{name}", lang)

    colon = locale.text("scheme.conditions.colon", lang)
    document = docx.Document()
    dress(document, lang, body_pt=12, pitch_pt=None)
    paragraph(document, said("internal"), HEADING, 12)
    paragraph(document, said("title"), TITLE, 20, align=WD_ALIGN_PARAGRAPH.CENTER)
    paragraph(document, "{{ name }}", SUBHEADING, 16, align=WD_ALIGN_PARAGRAPH.CENTER)
    heading(document, said("basic"))
    made = document.add_table(rows=3, cols=2)
    made.style = "Table Grid"
    set_widths(made, (50, 106))
    made.rows[0].cells[0].paragraphs[0].add_run("{%tr for item in basic %}")
    cell(made.rows[1].cells[0], "{{ item.label }}", 10.5, HEADING)
    cell(made.rows[1].cells[1], "{{ item.text }}", 10.5)
    made.rows[2].cells[0].paragraphs[0].add_run("{%tr endfor %}")
    keep_whole(made.rows[1])
    paragraph(document, f"{said('as_of')}{colon}{{{{ as_of }}}}", size=10.5)
    heading(document, said("clauses"))
    table(
        document,
        [
            column(n)
            for n in ("number", "title", "required", "designed", "difference", "verdict", "quote")
        ],
        [
            "{{ item.number }}",
            "{{ item.clause }} {{ item.title }}",
            "{{ item.required }}\n{{ item.formula }}",
            "{{ item.designed }}",
            "{{ item.difference }}",
            verdict,
            locale.text("scheme.doc.cited", lang),
        ],
        "clauses",
        WIDTHS[lang],
        below=(
            ("item.stages", f"{said('stages')}{colon}{{{{ item.stages }}}}"),
            ("item.decision", "{{ item.decision }}"),
        ),
    )
    heading(document, said("phases"))
    paragraph(document, "{%p if phases %}")
    table(
        document,
        [
            column(n)
            for n in (
                "phase",
                "households",
                "required_m2",
                "designed_m2",
                "required_so_far",
                "designed_so_far",
                "state",
            )
        ],
        [
            "{{ item." + n + " }}"
            for n in (
                "phase",
                "households",
                "required",
                "designed",
                "required_so_far",
                "designed_so_far",
                "state",
            )
        ],
        "phases",
        (18, 24, 22, 23, 25, 25, 19),
    )
    paragraph(document, "{%p else %}")
    paragraph(document, said("nothing"))
    paragraph(document, "{%p endif %}")
    heading(document, said("remarks"))
    listed(document, "remarks + streets", said("nothing"))
    heading(document, said("conclusion"))
    paragraph(document, "{{ conclusion }}", size=14)
    paragraph(document, "{%p for item in decisions %}")
    paragraph(document, "{{ item }}")
    paragraph(document, "{%p endfor %}")
    heading(document, said("figures"))
    paragraph(document, "{%p if figure %}")
    place = paragraph(document, "{{ figure }}", align=WD_ALIGN_PARAGRAPH.CENTER)
    place.paragraph_format.keep_with_next = True
    paragraph(document, "{%p endif %}")
    paragraph(document, "{{ figure_note }}", size=10.5)
    heading(document, said("signatures"))
    boxes = document.add_table(rows=2, cols=2)
    boxes.style = "Table Grid"
    for place, name in zip(
        (*boxes.rows[0].cells, *boxes.rows[1].cells),
        ("handler", "reviewer", "civil_affairs", "bureau"),
        strict=True,
    ):
        cell(place, f"{said(name)}{colon}\n\n\n{said('date')}", 10.5)
    for row in boxes.rows:
        keep_whole(row)
    stream = io.BytesIO()
    document.core_properties.author = "facilityplan"
    document.core_properties.title = said("title")
    document.save(stream)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"review_{lang}.docx").write_bytes(same_bytes(stream.getvalue()))


if __name__ == "__main__":
    for spoken in locale.LANGUAGES:
        make(spoken)
