"""The lying sheet of a printed map: title, legend, north arrow, true scale, system, imprint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matplotlib.figure import Figure

from facilityplan import locale
from facilityplan.report.figures.fonts import Typeface
from facilityplan.report.figures.parts import (
    DPI,
    FORMATS,
    INK,
    MM_PER_INCH,
    Frame,
    Imprint,
    Paper,
    Writer,
    draw_key,
    draw_map,
    draw_north,
    draw_scale_bar,
    map_scale,
    printed,
    wrapped,
)
from facilityplan.report.figures.plates import Plate

_FOOT: Final = (0.44, 0.28, 0.16, 0.12)
"""Shares of the foot: system, author, date, approval."""

_LEGEND_MM: Final = {"A3": 72.0, "A4": 56.0}
_POINTS: Final = {"A3": 1.0, "A4": 0.8}


def draw(
    plate: Plate,
    paper: Paper,
    imprint: Imprint,
    typeface: Typeface,
    lang: str,
    kinds: Sequence[str] = FORMATS,
) -> dict[str, bytes]:
    """Return the sheet as PNG (300 dots an inch) and as PDF, by format.

    Parameters
    ----------
    plate
        What to show.
    paper, imprint
        The sheet.
    typeface
        Has every character of the sheet, or the sheet is refused.
    lang
        ``zh`` or ``en``.
    kinds
        The formats wanted.

    Raises
    ------
    OutputError
        ``figure_font_lacks`` where a character would print as an empty box.
    """
    frame = _frame(plate, paper)
    figure = Figure(figsize=(paper.width_mm / MM_PER_INCH, paper.height_mm / MM_PER_INCH), dpi=DPI)
    writer = Writer(figure, paper, typeface, _POINTS[paper.name])
    draw_map(figure, plate, frame, writer)
    _head(writer, plate, paper, imprint, lang)
    _legend(writer, plate, frame, lang)
    draw_scale_bar(
        writer,
        frame.left_mm + frame.width_mm + 12,
        frame.bottom_mm + 8,
        _LEGEND_MM[paper.name] - 12,
        frame.scale,
        lang,
    )
    _foot(writer, paper, imprint, frame, lang)
    typeface.require(writer.texts)
    return printed(figure, kinds)


def _frame(plate: Plate, paper: Paper) -> Frame:
    """Return the map's frame: the ground in its middle, at a round scale."""
    edge, foot, head = 12.0, 22.0, 24.0
    width = paper.width_mm - 3 * edge - _LEGEND_MM[paper.name]
    height = paper.height_mm - foot - head
    west, south, east, north = plate.bounds
    scale = map_scale(east - west, north - south, width, height)
    return Frame(
        edge,
        foot,
        width,
        height,
        (west + east) / 2 - width / 2000 * scale,
        (south + north) / 2 - height / 2000 * scale,
        scale,
    )


def _head(writer: Writer, plate: Plate, paper: Paper, imprint: Imprint, lang: str) -> None:
    title = locale.text(f"figure.title.{plate.name}", lang, place=imprint.place)
    writer.text(paper.width_mm / 2, paper.height_mm - 14, title, 20, ha="center", va="center")
    mark = locale.text("figure.internal", lang)
    writer.text(
        paper.width_mm - 12, paper.height_mm - 9, mark, 10, ha="right", va="center", color="#b00020"
    )


def _legend(writer: Writer, plate: Plate, frame: Frame, lang: str) -> None:
    """Draw the north arrow, the legend and what the sheet has to say."""
    left = frame.left_mm + frame.width_mm + 12
    top = frame.bottom_mm + frame.height_mm
    draw_north(writer, left + 10, top - 16, lang)
    keys = [key for layer in plate.layers for key in layer.keys]
    width = 22 if lang == "zh" else 40
    lines = [part for line in plate.notes for part in wrapped(line, width)]
    y = top - 34
    room = y - frame.bottom_mm - 22
    step = min(7.0 * writer.points, room / (len(keys) + 1.5 + 0.8 * len(lines)))
    writer.text(left, y, locale.text("figure.legend", lang), 13, va="center")
    for key in keys:
        y -= step
        draw_key(writer, left, y, key, min(4.0, 0.75 * step))
        writer.text(left + 14, y, key.text, 9, va="center")
    y -= step / 2
    for part in lines:
        y -= step * 0.8
        writer.text(left, y, part, 8, va="center", color="#4d5560")


def _foot(writer: Writer, paper: Paper, imprint: Imprint, frame: Frame, lang: str) -> None:
    said = [
        locale.text("figure.system", lang, system=imprint.system),
        locale.text("figure.author", lang, author=imprint.author or "____________"),
        locale.text("figure.as_of", lang, as_of=imprint.as_of.isoformat()),
        locale.text("figure.approval", lang),
    ]
    left = frame.left_mm
    for text, share in zip(said, _FOOT, strict=True):
        writer.text(left, 11, text, 9, va="center")
        left += share * (paper.width_mm - 24)
    writer.box(
        5, 5, paper.width_mm - 10, paper.height_mm - 10, fill=False, edgecolor=INK, linewidth=1.0
    )
