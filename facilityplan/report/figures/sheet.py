"""The sheet round a printed map: title, legend, north arrow, true scale, system, imprint.

Sizes are millimetres of paper. The map's frame shows exactly ``scale`` metres of ground per metre
of paper, so that a ruler laid on the print measures true.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from PIL import Image

from facilityplan import locale
from facilityplan.errors import OutputError
from facilityplan.report.figures.fonts import Typeface
from facilityplan.report.figures.marks import Label
from facilityplan.report.figures.plates import Plate

MM_PER_INCH: Final = 25.4
DPI: Final = 300
FORMATS: Final = ("png", "pdf")
_CANVASES: Final[Mapping[str, tuple[Any, dict[str, None]]]] = {
    "png": (FigureCanvasAgg, {"Software": None}),
    "pdf": (FigureCanvasPdf, {"CreationDate": None, "Creator": None, "Producer": None}),
}
_STEPS: Final = (1.0, 1.2, 1.5, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
_FOOT: Final = (0.44, 0.28, 0.16, 0.12)
"""Shares of the foot: system, author, date, approval."""

_INK: Final = "#22262b"
_LEGEND_MM: Final = {"A3": 72.0, "A4": 56.0}
_POINTS: Final = {"A3": 1.0, "A4": 0.8}


_Box = tuple[float, float, float, float]
"""West, south, east, north, millimetres of the frame."""


@dataclass(frozen=True)
class Paper:
    """A sheet of paper, lying.

    Parameters
    ----------
    name
        ``A3`` or ``A4``.
    width_mm, height_mm
        Its sides.
    """

    name: str
    width_mm: float
    height_mm: float

    @classmethod
    def of(cls, name: str) -> Paper:
        """Return the paper of that name.

        Raises
        ------
        OutputError
            ``figure_paper`` for any other.
        """
        sizes = {"A3": (420.0, 297.0), "A4": (297.0, 210.0)}
        if name not in sizes:
            raise OutputError("figure_paper", given=name, allowed="、".join(sizes))
        return cls(name, *sizes[name])


@dataclass(frozen=True)
class Imprint:
    """What stands at the foot of a sheet.

    Parameters
    ----------
    place
        Name of the place.
    system
        Name of the coordinate system.
    author
        Who made it; an empty line to be filled by hand where it is not said.
    as_of
        Judging date; the only date on the sheet.
    """

    place: str
    system: str
    author: str
    as_of: dt.date


@dataclass(frozen=True)
class _Frame:
    """Where the map lies on the paper, and what ground it shows."""

    left_mm: float
    bottom_mm: float
    width_mm: float
    height_mm: float
    west_m: float
    south_m: float
    scale: int

    @property
    def east_m(self) -> float:
        return self.west_m + self.width_mm / 1000 * self.scale

    @property
    def north_m(self) -> float:
        return self.south_m + self.height_mm / 1000 * self.scale


def map_scale(width_m: float, height_m: float, width_mm: float, height_mm: float) -> int:
    """Return the largest round scale, as the N of 1:N, at which the ground fits the frame."""
    least = max(width_m / width_mm, height_m / height_mm, 0.001) * 1000
    power = 10.0 ** math.floor(math.log10(least))
    for step in (*_STEPS, 10.0):
        if step * power >= least * (1 - 1e-12):
            return round(step * power)
    raise AssertionError(least)


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
    writer = _Writer(figure, paper, typeface, _POINTS[paper.name])
    _map(figure, plate, frame, writer)
    _head(writer, plate, paper, imprint, lang)
    _legend(writer, plate, frame, lang)
    _scale_bar(writer, paper, frame, lang)
    _foot(writer, paper, imprint, frame, lang)
    typeface.require(writer.texts)
    files = {}
    for kind in kinds:
        canvas, metadata = _CANVASES[kind]
        stream = io.BytesIO()
        canvas(figure).print_figure(stream, format=kind, dpi=DPI, metadata=metadata)
        files[kind] = stream.getvalue()
    return files


def small_png(png: bytes) -> bytes:
    """Return a sheet in 256 colours of its own, a third of the bytes, for a document to hold.

    A map has few colours and their blends along edges; none moves by more than the eye can tell.
    """
    with Image.open(io.BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(
            256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    stream = io.BytesIO()
    few.save(stream, format="png", dpi=(DPI, DPI))
    return stream.getvalue()


class _Writer:
    """Draws on the paper in millimetres from its lower left corner, and keeps what it wrote."""

    def __init__(self, figure: Figure, paper: Paper, typeface: Typeface, points: float) -> None:
        self.figure, self.paper, self.points = figure, paper, points
        self.face = typeface.properties
        self.texts: list[str] = []

    def text(self, x_mm: float, y_mm: float, said: str, size: float, **style: Any) -> None:
        self.texts.append(said)
        self.figure.text(
            x_mm / self.paper.width_mm,
            y_mm / self.paper.height_mm,
            said,
            fontproperties=self.face,
            fontsize=size * self.points,
            color=style.pop("color", _INK),
            parse_math=False,
            **style,
        )

    def label(self, axes: Any, label: Label, lift: float) -> None:
        self.texts.append(label.text)
        axes.annotate(
            label.text,
            (label.x, label.y),
            xytext=(0, lift * self.points),
            textcoords="offset points",
            fontproperties=self.face,
            fontsize=label.size * self.points,
            color=label.colour,
            ha="center",
            va="center",
            parse_math=False,
            clip_on=True,
            annotation_clip=True,
            zorder=9,
            path_effects=label.halo(),
        )

    def box(
        self, x_mm: float, y_mm: float, width_mm: float, height_mm: float, **style: Any
    ) -> None:
        w, h = self.paper.width_mm, self.paper.height_mm
        self.add(
            Rectangle(
                (x_mm / w, y_mm / h),
                width_mm / w,
                height_mm / h,
                transform=self.figure.transFigure,
                **style,
            )
        )

    def line(self, x_mm: float, y_mm: float, width_mm: float, **style: Any) -> None:
        w, h = self.paper.width_mm, self.paper.height_mm
        ends = [x_mm / w, (x_mm + width_mm) / w]
        self.add(Line2D(ends, [y_mm / h] * 2, transform=self.figure.transFigure, **style))

    def polygon(self, points_mm: Sequence[tuple[float, float]], **style: Any) -> None:
        w, h = self.paper.width_mm, self.paper.height_mm
        corners = [(x / w, y / h) for x, y in points_mm]
        self.add(Polygon(corners, transform=self.figure.transFigure, **style))

    def add(self, artist: Artist) -> None:
        self.figure.add_artist(artist)


def _frame(plate: Plate, paper: Paper) -> _Frame:
    """Return the map's frame: the ground in its middle, at a round scale."""
    edge, foot, head = 12.0, 22.0, 24.0
    width = paper.width_mm - 3 * edge - _LEGEND_MM[paper.name]
    height = paper.height_mm - foot - head
    west, south, east, north = plate.bounds
    scale = map_scale(east - west, north - south, width, height)
    return _Frame(
        edge,
        foot,
        width,
        height,
        (west + east) / 2 - width / 2000 * scale,
        (south + north) / 2 - height / 2000 * scale,
        scale,
    )


def _map(figure: Figure, plate: Plate, frame: _Frame, writer: _Writer) -> None:
    paper = writer.paper
    axes: Any = figure.add_axes(
        (
            frame.left_mm / paper.width_mm,
            frame.bottom_mm / paper.height_mm,
            frame.width_mm / paper.width_mm,
            frame.height_mm / paper.height_mm,
        )
    )
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#ffffff")
    for place, layer in enumerate(plate.layers):
        layer.draw(axes, place + 1.0)
    axes.set_xlim(frame.west_m, frame.east_m)
    axes.set_ylim(frame.south_m, frame.north_m)
    taken: list[_Box] = []
    for label in plate.labels:
        lift = _free_lift(label, frame, writer.points, taken)
        writer.label(axes, label, lift)


def _free_lift(label: Label, frame: _Frame, points: float, taken: list[_Box]) -> float:
    """Return how far above its place (below: negative) a name hides no other, if anywhere near."""
    size = label.size * points * MM_PER_INCH / 72
    wide = sum(1.0 if ord(sign) > 0x2E80 else 0.55 for sign in label.text) * size
    x = (label.x - frame.west_m) * 1000 / frame.scale
    y = (label.y - frame.south_m) * 1000 / frame.scale

    def box(lift: float) -> _Box:
        middle = y + lift * points * MM_PER_INCH / 72
        return (x - wide / 2, middle - size / 2, x + wide / 2, middle + size / 2)

    def is_free(own: _Box) -> bool:
        return not any(
            own[0] < other[2] and other[0] < own[2] and own[1] < other[3] and other[1] < own[3]
            for other in taken
        )

    step = label.size + 1.0
    tried = [label.lift, -label.lift or -step, label.lift + step, -label.lift - step]
    chosen = next((lift for lift in tried if is_free(box(lift))), label.lift)
    taken.append(box(chosen))
    return chosen


def _head(writer: _Writer, plate: Plate, paper: Paper, imprint: Imprint, lang: str) -> None:
    title = locale.text(f"figure.title.{plate.name}", lang, place=imprint.place)
    writer.text(paper.width_mm / 2, paper.height_mm - 14, title, 20, ha="center", va="center")
    mark = locale.text("figure.internal", lang)
    writer.text(
        paper.width_mm - 12, paper.height_mm - 9, mark, 10, ha="right", va="center", color="#b00020"
    )


def _legend(writer: _Writer, plate: Plate, frame: _Frame, lang: str) -> None:
    """Draw the north arrow, the legend and what the sheet has to say."""
    left = frame.left_mm + frame.width_mm + 12
    top = frame.bottom_mm + frame.height_mm
    _north(writer, left + 10, top - 16, lang)
    keys = [key for layer in plate.layers for key in layer.keys]
    width = 22 if lang == "zh" else 40
    lines = [part for line in plate.notes for part in _wrapped(line, width)]
    y = top - 34
    room = y - frame.bottom_mm - 22
    step = min(7.0 * writer.points, room / (len(keys) + 1.5 + 0.8 * len(lines)))
    writer.text(left, y, locale.text("figure.legend", lang), 13, va="center")
    for key in keys:
        y -= step
        _key(writer, left, y, key, min(4.0, 0.75 * step))
        writer.text(left + 14, y, key.text, 9, va="center")
    y -= step / 2
    for part in lines:
        y -= step * 0.8
        writer.text(left, y, part, 8, va="center", color="#4d5560")


def _key(writer: _Writer, left: float, y: float, key: Any, height_mm: float) -> None:
    if key.shape == "area":
        writer.box(
            left,
            y - height_mm / 2,
            10,
            height_mm,
            facecolor=key.fill,
            edgecolor=key.line,
            linewidth=0.6,
            hatch=key.hatch,
        )
    elif key.shape == "line":
        writer.line(left, y, 10, color=key.line, linestyle=key.dash, linewidth=1.0)
    else:
        axes: Any = writer.figure.add_axes(
            (
                left / writer.paper.width_mm,
                (y - 2.5) / writer.paper.height_mm,
                10 / writer.paper.width_mm,
                5 / writer.paper.height_mm,
            )
        )
        axes.set_axis_off()
        axes.scatter(
            [0],
            [0],
            s=key.size**2,
            marker=key.shape,
            c=key.fill,
            edgecolors=key.line,
            linewidths=0.6,
        )


def _north(writer: _Writer, x: float, y: float, lang: str) -> None:
    writer.polygon(
        [(x, y + 11), (x - 4, y - 3), (x, y)], facecolor=_INK, edgecolor=_INK, linewidth=0.5
    )
    writer.polygon(
        [(x, y + 11), (x + 4, y - 3), (x, y)], facecolor="#ffffff", edgecolor=_INK, linewidth=0.5
    )
    writer.text(x + 8, y + 3, locale.text("figure.north", lang), 11, va="center")


def _scale_bar(writer: _Writer, paper: Paper, frame: _Frame, lang: str) -> None:
    """Draw a bar of a round length, in four parts, and the scale as a number."""
    left = frame.left_mm + frame.width_mm + 12
    room_m = (_LEGEND_MM[paper.name] - 12) / 1000 * frame.scale
    power = 10.0 ** math.floor(math.log10(room_m))
    length_m = max(step * power for step in (1.0, 2.0, 4.0, 5.0) if step * power <= room_m)
    length_mm = length_m / frame.scale * 1000
    y = frame.bottom_mm + 8
    for part in range(4):
        writer.box(
            left + part * length_mm / 4,
            y,
            length_mm / 4,
            1.6,
            facecolor=_INK if part % 2 == 0 else "#ffffff",
            edgecolor=_INK,
            linewidth=0.5,
        )
    writer.text(left, y + 3.2, "0", 8, ha="center")
    writer.text(left + length_mm / 2, y + 3.2, f"{length_m / 2:g}", 8, ha="center")
    end = locale.text("figure.metres", lang, length=f"{length_m:g}")
    writer.text(left + length_mm, y + 3.2, end, 8, ha="center")
    scale = locale.text("figure.scale", lang, scale=f"{frame.scale:,}")
    writer.text(left, y - 4.5, scale, 10, va="center")


def _foot(writer: _Writer, paper: Paper, imprint: Imprint, frame: _Frame, lang: str) -> None:
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
        5, 5, paper.width_mm - 10, paper.height_mm - 10, fill=False, edgecolor=_INK, linewidth=1.0
    )


_BREAKS: Final = re.compile(r"[^ 、，；：]*[ 、，；：]+|[^ 、，；：]+")
"""A word with the mark behind it, where a line may end."""


def _wrapped(line: str, most: int) -> list[str]:
    """Return a line in pieces none of which is longer than ``most``.

    Words stay whole at spaces and at Chinese commas; only a longer word is cut.
    """
    pieces, now = [], ""
    for word in _BREAKS.findall(line):
        if now and len(now) + len(word.rstrip()) > most:
            pieces.append(now.rstrip())
            now = ""
        now += word
        while len(now.rstrip()) > most:
            pieces.append(now[:most])
            now = now[most:]
    return [*pieces, now.rstrip()] if now.strip() or not pieces else pieces
