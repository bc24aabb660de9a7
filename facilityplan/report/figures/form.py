"""The upright sheet within a form: as wide as its text, legend and scale below the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import shapely
from matplotlib.figure import Figure

from facilityplan import locale
from facilityplan.report.figures.fonts import Typeface
from facilityplan.report.figures.marks import Key
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
    width_of,
    wrapped,
)
from facilityplan.report.figures.plates import Plate

FORM: Final = Paper("form", 156.0, 200.0)
"""As wide as the text of an A4 page in official form, so that it prints at its own scale there."""

_EDGE, _HEAD, _FOOT, _BELOW = 5.0, 17.0, 15.0, 58.0
_POINTS: Final = 0.85
_SIDE_MM: Final = 46.0
"""Width of the column with arrow and scale."""

_KEY_MM: Final = 9.0
_STEP_MM: Final = 4.0


def shown(bounds: tuple[float, float, float, float]) -> Any:
    """Return the ground that the frame shows, where these bounds are to be seen."""
    frame = _frame(bounds)
    return shapely.box(frame.west_m, frame.south_m, frame.east_m, frame.north_m)


def scale_of(plate: Plate) -> int:
    """Return the N of 1:N at which a plate is drawn."""
    return _frame(plate.bounds).scale


def draw_form(
    plate: Plate,
    imprint: Imprint,
    typeface: Typeface,
    lang: str,
    kinds: Sequence[str] = FORMATS,
) -> dict[str, bytes]:
    """Return the sheet as PNG (300 dots an inch) and as PDF, by format.

    Raises
    ------
    OutputError
        ``figure_font_lacks`` where a character would print as an empty box.
    """
    frame = _frame(plate.bounds)
    size = (FORM.width_mm / MM_PER_INCH, FORM.height_mm / MM_PER_INCH)
    figure = Figure(figsize=size, dpi=DPI)
    writer = Writer(figure, FORM, typeface, _POINTS)
    draw_map(figure, plate, frame, writer)
    _head(writer, plate, imprint, lang)
    lowest = _legend(writer, plate, lang)
    _notes(writer, plate, lowest, lang)
    left = FORM.width_mm - _EDGE - _SIDE_MM + 4
    top = frame.bottom_mm - 4
    draw_north(writer, left + 6, top - 14, lang)
    draw_scale_bar(writer, left, top - 27, _SIDE_MM - 14, frame.scale, lang)
    _foot(writer, imprint, lang)
    typeface.require(writer.texts)
    return printed(figure, kinds)


def _frame(bounds: tuple[float, float, float, float]) -> Frame:
    bottom = _FOOT + _BELOW
    width = FORM.width_mm - 2 * _EDGE
    height = FORM.height_mm - bottom - _HEAD
    west, south, east, north = bounds
    scale = map_scale(east - west, north - south, width, height)
    return Frame(
        _EDGE,
        bottom,
        width,
        height,
        (west + east) / 2 - width / 2000 * scale,
        (south + north) / 2 - height / 2000 * scale,
        scale,
    )


def _head(writer: Writer, plate: Plate, imprint: Imprint, lang: str) -> None:
    title = locale.text(f"figure.title.{plate.name}", lang, place=imprint.place)
    room = FORM.width_mm - 2 * _EDGE
    size = min(16.0, 16.0 * room / width_of(title, 16.0 * _POINTS))
    middle = FORM.width_mm / 2
    writer.text(middle, FORM.height_mm - 12, title, size, ha="center", va="center")
    mark = locale.text("figure.internal", lang)
    right = FORM.width_mm - _EDGE
    writer.text(right, FORM.height_mm - 5.5, mark, 9, ha="right", va="center", color="#b00020")


def _legend(writer: Writer, plate: Plate, lang: str) -> float:
    """Write the legend in two columns beside the scale; return where it ends."""
    column = (FORM.width_mm - 2 * _EDGE - _SIDE_MM) / 2
    room = column - _KEY_MM - 4
    keys = [key for layer in plate.layers for key in layer.keys]
    entries = [(key, _fitting(key.text, room)) for key in keys]
    y = _FOOT + _BELOW - 5
    writer.text(_EDGE, y, locale.text("figure.legend", lang), 11, va="center")
    y -= 5
    half = sum(len(words) for _, words in entries) / 2
    lowest, now, left, at = y, 0, _EDGE, y
    for key, words in entries:
        if now >= half and left == _EDGE:
            left, at = _EDGE + column, y
        _entry(writer, left, at, key, words)
        now += len(words)
        at -= _STEP_MM * (1 + 0.75 * (len(words) - 1))
        lowest = min(lowest, at)
    return lowest


def _fitting(text: str, room_mm: float) -> list[str]:
    """Return words in as few lines as fit a column."""
    wide = width_of(text, 8 * _POINTS)
    return [text] if wide <= room_mm else wrapped(text, int(len(text) * room_mm / wide))


def _entry(writer: Writer, left: float, y: float, key: Key, words: Sequence[str]) -> None:
    draw_key(writer, left, y, key, 2.8)
    for line, part in enumerate(words):
        writer.text(left + _KEY_MM + 3, y - 0.75 * _STEP_MM * line, part, 8, va="center")


def _notes(writer: Writer, plate: Plate, top: float, lang: str) -> None:
    """Write what the figure has to say below the legend, as close as there is room for."""
    most = 52 if lang == "zh" else 96
    lines = [part for line in plate.notes for part in wrapped(line, most)]
    step = min(3.4, (top - _FOOT) / max(len(lines), 1))
    for at, part in enumerate(lines):
        y = top - 0.5 - step * (at + 0.3)
        writer.text(_EDGE, y, part, min(7.5, 7.5 * step / 3.0), va="center", color="#4d5560")


def _foot(writer: Writer, imprint: Imprint, lang: str) -> None:
    middle = _EDGE + 0.62 * (FORM.width_mm - 2 * _EDGE)
    for x, y, said in (
        (_EDGE, 11.0, locale.text("figure.system", lang, system=imprint.system)),
        (middle, 11.0, locale.text("figure.as_of", lang, as_of=imprint.as_of.isoformat())),
        (_EDGE, 6.5, locale.text("figure.author", lang, author=imprint.author or "____________")),
        (middle, 6.5, locale.text("figure.approval", lang)),
    ):
        writer.text(x, y, said, 8, va="center")
    width, height = FORM.width_mm - 4, FORM.height_mm - 4
    writer.box(2, 2, width, height, fill=False, edgecolor=INK, linewidth=0.8)
