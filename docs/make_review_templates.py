"""Make the shipped templates of the review form: official typography, one for each language.

A bureau copies ``facilityplan/report/templates/review_zh.docx``, changes it in Word and gives it
with ``facilityplan check --template``.
"""

import io
import sys
from pathlib import Path

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from facilityplan import locale
from facilityplan.report.word import same_bytes

FOLDER = Path(__file__).resolve().parents[1] / "facilityplan" / "report" / "templates"

# GB/T 9704: title in small standard Song, first level in Hei, body in FangSong. Only names are
# embedded; a machine without the first takes the second.
FONTS = {"方正小标宋简体": "宋体", "黑体": "SimHei", "仿宋_GB2312": "仿宋", "楷体_GB2312": "楷体"}
TITLE, HEADING, BODY = "方正小标宋简体", "黑体", "仿宋_GB2312"
LATIN = "Times New Roman"


def fonts(element, east_asian):
    """Name a font for Chinese and one for Latin; the theme's would win otherwise."""
    properties = element.get_or_add_rPr()
    found = properties.find(qn("w:rFonts"))
    if found is None:
        found = OxmlElement("w:rFonts")
        properties.insert(0, found)
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        found.attrib.pop(qn(f"w:{name}"), None)
    for name in ("ascii", "hAnsi", "cs"):
        found.set(qn(f"w:{name}"), LATIN)
    found.set(qn("w:eastAsia"), east_asian)


def fallbacks(document):
    """Say which font stands in for one that a machine lacks."""
    part = next(
        rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/fontTable")
    )
    said = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/></w:font>'
        for name, other in FONTS.items()
    )
    text = part.blob.decode("utf-8")
    part._blob = text.replace("</w:fonts>", said + "</w:fonts>").encode("utf-8")


def paragraph(document, text, font=BODY, size=12, *, align=None, bold=False):
    made = document.add_paragraph()
    run = made.add_run(text)
    run.font.size = Pt(size)
    run.bold = bold
    fonts(run._element, font)
    made.paragraph_format.space_after = Pt(2)
    if align is not None:
        made.alignment = align
    return made


def heading(document, text):
    made = document.add_heading(level=1)
    run = made.add_run(text)
    run.font.size = Pt(14)
    run.font.color.rgb = docx.shared.RGBColor(0, 0, 0)
    run.bold = False
    fonts(run._element, HEADING)
    made.paragraph_format.space_before = Pt(8)
    made.paragraph_format.space_after = Pt(3)


def cell(place, text, size=9, font=BODY):
    made = place.paragraphs[0]
    run = made.add_run(text)
    run.font.size = Pt(size)
    fonts(run._element, font)
    made.paragraph_format.space_after = Pt(0)


def repeat_header(row):
    properties = row._tr.get_or_add_trPr()
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    properties.append(mark)


def whole_row(row):
    mark = OxmlElement("w:cantSplit")
    row._tr.get_or_add_trPr().append(mark)


def table(document, headers, cells, over, widths):
    """Add a table with a header and one row for each item of a list."""
    made = document.add_table(rows=4, cols=len(headers))
    made.style = "Table Grid"
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    made.autofit = False
    for at, (header, text, width) in enumerate(zip(headers, cells, widths, strict=True)):
        cell(made.rows[0].cells[at], header, font=HEADING)
        cell(made.rows[2].cells[at], text)
        for row in made.rows:
            row.cells[at].width = Mm(width)
    for column, width in zip(made.columns, widths, strict=True):
        column.width = Mm(width)
    made.rows[1].cells[0].paragraphs[0].add_run("{%tr for item in " + over + " %}")
    made.rows[3].cells[0].paragraphs[0].add_run("{%tr endfor %}")
    repeat_header(made.rows[0])
    whole_row(made.rows[2])


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

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.orientation = WD_ORIENT.PORTRAIT
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    style = document.styles["Normal"]
    style.font.name, style.font.size = LATIN, Pt(12)
    fonts(style.element, BODY)
    fonts(document.styles["Heading 1"].element, HEADING)
    fallbacks(document)
    paragraph(document, said("internal"), HEADING, 12)
    paragraph(document, said("title"), TITLE, 20, align=WD_ALIGN_PARAGRAPH.CENTER)
    paragraph(document, "{{ name }}", "楷体_GB2312", 16, align=WD_ALIGN_PARAGRAPH.CENTER)
    heading(document, said("basic"))
    made = document.add_table(rows=3, cols=2)
    made.style = "Table Grid"
    made.autofit = False
    made.rows[0].cells[0].paragraphs[0].add_run("{%tr for item in basic %}")
    cell(made.rows[1].cells[0], "{{ item.label }}", 10.5, HEADING)
    cell(made.rows[1].cells[1], "{{ item.text }}", 10.5)
    made.rows[2].cells[0].paragraphs[0].add_run("{%tr endfor %}")
    for row in made.rows:
        row.cells[0].width, row.cells[1].width = Mm(50), Mm(106)
    made.columns[0].width, made.columns[1].width = Mm(50), Mm(106)
    paragraph(document, f"{said('as_of')}：{{{{ as_of }}}}", size=10.5)
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
            "{{ item.designed }}{% if item.stages %}\n{{ item.stages }}{% endif %}",
            "{{ item.difference }}",
            "{{ item.verdict }}{% if item.decision %}\n{{ item.decision }}{% endif %}",
            "{{ item.document }} {{ item.place }}（{{ item.modality }}，{{ item.standing }}）“{{ item.quote }}”",
        ],
        "clauses",
        (9, 27, 32, 22, 16, 20, 32),
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
        (20, 22, 24, 24, 24, 24, 20),
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
    paragraph(document, said("figures_none"))
    heading(document, said("signatures"))
    boxes = document.add_table(rows=2, cols=2)
    boxes.style = "Table Grid"
    for place, name in zip(
        (*boxes.rows[0].cells, *boxes.rows[1].cells),
        ("handler", "reviewer", "civil_affairs", "bureau"),
        strict=True,
    ):
        cell(place, f"{said(name)}：\n\n\n{said('date')}", 10.5)
    for row in boxes.rows:
        whole_row(row)
    stream = io.BytesIO()
    document.core_properties.author = "facilityplan"
    document.core_properties.title = said("title")
    document.save(stream)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"review_{lang}.docx").write_bytes(same_bytes(stream.getvalue()))


if __name__ == "__main__":
    for spoken in locale.LANGUAGES:
        make(spoken)
