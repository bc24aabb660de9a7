"""The look of official documents (GB/T 9704) in Word: paper, typefaces, page numbers, tables.

Only the names of typefaces are written; a machine without one takes the one named beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from facilityplan.report.text import printable

TITLE: Final = "方正小标宋简体"
HEADING: Final = "黑体"
SUBHEADING: Final = "楷体_GB2312"
BODY: Final = "仿宋_GB2312"
LATIN: Final = "Times New Roman"

TEXT_WIDTH_MM: Final = 156
"""A4 between the margins."""

_FALLBACKS: Final = {TITLE: "宋体", HEADING: "SimHei", SUBHEADING: "楷体", BODY: "仿宋"}
_THEME: Final = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")
_NUMBER: Final = re.compile(r"[-+]?[\d,]+(\.\d+)?%?|—")
_AFTER_MARK: Final = re.compile(r"(?<=[、，；：。])(?=[!-~])")
_MAY_BREAK: Final = "\u200b"
"""The space without width: nothing to see, and a line may end there."""
_WORD: Final = re.compile(r"[!-~]+|[^!-~\s]{1,3}")
_INDENT_PT: Final = 32
_LEAST_MM: Final = 11.0


def dress(document: Any, lang: str, *, body_pt: float = 16, pitch_pt: float | None = 28) -> None:
    """Set a document's paper, margins, typefaces and page numbers.

    Parameters
    ----------
    lang
        Chinese paragraphs are indented by two characters.
    body_pt, pitch_pt
        Size of the text (16 points are 三号) and distance of its lines; ``None`` is single.
    """
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    _number_pages(section)
    normal = document.styles["Normal"]
    name_faces(normal.element.get_or_add_rPr(), BODY)
    normal.font.size = Pt(body_pt)
    normal.paragraph_format.space_after = Pt(0)
    if pitch_pt is not None:
        normal.paragraph_format.line_spacing = Pt(pitch_pt)
    if lang == "zh" and pitch_pt is not None:
        normal.paragraph_format.first_line_indent = Pt(_INDENT_PT)
    for name, face, size in (
        ("Title", TITLE, 22),
        ("Heading 1", HEADING, 16),
        ("Heading 2", SUBHEADING, 16),
    ):
        _dress_heading(document.styles[name], face, size)
    _speak_chinese(document)
    _name_fallbacks(document)


def name_faces(properties: Any, east_asian: str) -> None:
    """Name the faces of a run or style; a theme's face, where one is left, would win over them."""
    fonts = properties.get_or_add_rFonts()
    for name in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{name}"), LATIN)
    fonts.set(qn("w:eastAsia"), east_asian)
    for name in _THEME:
        fonts.attrib.pop(qn(f"w:{name}"), None)


def add_line(document: Any, text: str) -> Any:
    """Add a paragraph of text, with no code in it broken and no line that starts with a mark.

    LibreOffice keeps a Chinese mark off the start of a line by taking the last sign before it
    along, even out of a code; where a line may break after each mark it takes the whole code. The
    sign that says so stands beside the code and not in it: a code copied or sought stays itself.
    """
    return document.add_paragraph(_AFTER_MARK.sub(_MAY_BREAK, printable(text)))


def grid(document: Any, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Any:
    """Add a table as wide as the text: its header repeats, no row is torn, figures stand right."""
    table = document.add_table(rows=1 + len(rows), cols=len(heads))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    widths = column_widths(heads, rows)
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for line, (row, texts) in enumerate(zip(table.rows, (heads, *rows), strict=True)):
        keep_whole(row)
        for cell, text, width in zip(row.cells, texts, widths, strict=True):
            cell.width = Mm(width)
            _fill(cell, text, head=line == 0)
    repeat(table.rows[0])
    return table


def column_widths(
    heads: Sequence[str], rows: Sequence[Sequence[str]], total_mm: float = TEXT_WIDTH_MM
) -> list[float]:
    """Return widths in millimetres by what the columns hold, none too narrow to be read."""
    columns = [tuple(texts) for texts in zip(heads, *rows, strict=True)]
    least = [max(_LEAST_MM, *(_units(part) for part in _unbroken(texts))) for texts in columns]
    asked = [
        max(low, *(_wish(text) for text in texts))
        for low, texts in zip(least, columns, strict=True)
    ]
    if sum(least) >= total_mm:
        return _capped(least, total_mm)
    wishes = sum(asked) - sum(least)
    if wishes == 0:
        return [total_mm * width / sum(asked) for width in asked]
    share = (total_mm - sum(least)) / wishes
    return [low + share * (wish - low) for low, wish in zip(least, asked, strict=True)]


def _capped(least: Sequence[float], total_mm: float) -> list[float]:
    """Return widths that fill a page too narrow for all: the widest give way, an id stays whole."""
    rest, cap = total_mm, total_mm
    for left, width in zip(range(len(least), 0, -1), sorted(least), strict=True):
        cap = rest / left
        if width >= cap:
            break
        rest -= width
    return [min(width, cap) for width in least]


def set_widths(table: Any, widths_mm: Sequence[float]) -> None:
    """Fix the widths of a table's columns; every cell says so, for Word and LibreOffice alike."""
    table.autofit = False
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths_mm, strict=True):
            cell.width = Mm(width)


def narrow_margins(table: Any, margin_mm: float = 1.0) -> None:
    """Leave so much beside the text of a table's cells; Word's own margin is near 2 mm."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(round(Mm(margin_mm).twips)))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties = table._tbl.tblPr  # noqa: SLF001 - python-docx has no other way
    # The schema has an order: the margins stand before the look.
    look = properties.find(qn("w:tblLook"))
    properties.append(margins) if look is None else look.addprevious(margins)


def repeat(row: Any) -> None:
    """Make a table's row stand again on every page."""
    _mark(row, "w:tblHeader")


def keep_whole(row: Any) -> None:
    """Keep a table's row on one page."""
    _mark(row, "w:cantSplit")


def _mark(row: Any, name: str) -> None:
    mark = OxmlElement(name)
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001 - python-docx has no other way


def _units(text: str) -> float:
    """Return the width of a text at 9 points, millimetres."""
    wide = sum(unicodedata.east_asian_width(sign) in "WFA" for sign in text)
    return 3.2 * wide + 2.05 * (len(text) - wide) + 4.6


def _unbroken(texts: Sequence[str]) -> list[str]:
    """Return the pieces that no line may be broken within: words, and signs of two characters."""
    return [part for text in texts for part in _WORD.findall(text)] or [""]


def _wish(text: str) -> float:
    """Return what a text would like: a short one its length, a long one about three lines."""
    whole = _units(text)
    return whole if whole <= 30 else min(60.0, max(30.0, whole / 3))


def _fill(cell: Any, text: str, *, head: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.first_line_indent = Pt(0)
    paragraph.paragraph_format.line_spacing = Pt(14)
    if head:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif _NUMBER.fullmatch(text):
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run(printable(text))
    run.font.size = Pt(9)
    if head:
        name_faces(run._element.get_or_add_rPr(), HEADING)  # noqa: SLF001


def _dress_heading(style: Any, face: str, size: float) -> None:
    name_faces(style.element.get_or_add_rPr(), face)
    style.font.size = Pt(size)
    style.font.bold = False
    style.font.color.rgb = RGBColor(0, 0, 0)
    style.paragraph_format.space_before = Pt(0 if style.name == "Title" else 6)
    style.paragraph_format.space_after = Pt(14 if style.name == "Title" else 0)
    style.paragraph_format.keep_with_next = True
    border = style.element.find(f"{qn('w:pPr')}/{qn('w:pBdr')}")
    if border is not None:
        border.getparent().remove(border)


def _number_pages(section: Any) -> None:
    """Put the number of each page at its foot, between dashes."""
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.first_line_indent = Pt(0)
    for text in ("— ", None, " —"):
        run = paragraph.add_run(text or "")
        run.font.size = Pt(14)
        name_faces(run._element.get_or_add_rPr(), "宋体")  # noqa: SLF001
        if text is None:
            for kind, said in (("begin", None), (None, "PAGE"), ("end", None)):
                run._element.append(_field_part(kind, said))  # noqa: SLF001


def _field_part(kind: str | None, said: str | None) -> Any:
    if kind is None:
        part = OxmlElement("w:instrText")
        part.text = said
        return part
    part = OxmlElement("w:fldChar")
    part.set(qn("w:fldCharType"), kind)
    return part


def _speak_chinese(document: Any) -> None:
    """Break Chinese lines by Chinese rules; python-docx's own template says English."""
    for said in document.styles.element.iter(qn("w:lang")):
        said.set(qn("w:eastAsia"), "zh-CN")


def _name_fallbacks(document: Any) -> None:
    """Say which face stands in for one that a machine lacks."""
    part = next(
        relation.target_part
        for relation in document.part.rels.values()
        if relation.reltype.endswith("/fontTable")
    )
    said = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/></w:font>'
        for name, other in _FALLBACKS.items()
    )
    text = part.blob.decode("utf-8")
    part._blob = text.replace("</w:fonts>", said + "</w:fonts>").encode("utf-8")  # noqa: SLF001
