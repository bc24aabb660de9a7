"""What every printed map is made of: paper, a frame at a true scale, names, key, arrow, scale bar.

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

import pyproj
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from PIL import Image

from facilityplan import locale
from facilityplan.errors import OutputError
from facilityplan.locale import Listed
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
INK: Final = "#22262b"
"""Colour of words and edges."""


Box = tuple[float, float, float, float]
"""West, south, east, north, millimetres of the frame."""


@dataclass(frozen=True)
class Paper:
    """A sheet of paper.

    Parameters
    ----------
    name
        ``A3`` or ``A4``, lying; ``form`` within a form.
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
            raise OutputError("figure_paper", given=name, allowed=Listed(sizes))
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
class Frame:
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
        """Eastern edge of the ground shown."""
        return self.west_m + self.width_mm / 1000 * self.scale

    @property
    def north_m(self) -> float:
        """Northern edge of the ground shown."""
        return self.south_m + self.height_mm / 1000 * self.scale


def map_scale(width_m: float, height_m: float, width_mm: float, height_mm: float) -> int:
    """Return the largest round scale, as the N of 1:N, at which the ground fits the frame."""
    least = max(width_m / width_mm, height_m / height_mm, 0.001) * 1000
    power = 10.0 ** math.floor(math.log10(least))
    for step in (*_STEPS, 10.0):
        if step * power >= least * (1 - 1e-12):
            return round(step * power)
    raise AssertionError(least)


def printed(figure: Figure, kinds: Sequence[str]) -> dict[str, bytes]:
    """Return a drawn sheet as files, by format; no time of day and no program is in them."""
    made = {}
    for kind in kinds:
        canvas, metadata = _CANVASES[kind]
        stream = io.BytesIO()
        canvas(figure).print_figure(stream, format=kind, dpi=DPI, metadata=metadata)
        made[kind] = stream.getvalue()
    return made


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


class Writer:
    """Draws on the paper in millimetres from its lower left corner, and keeps what it wrote."""

    def __init__(self, figure: Figure, paper: Paper, typeface: Typeface, points: float) -> None:
        self.figure, self.paper, self.points = figure, paper, points
        self.face = typeface.properties
        self.texts: list[str] = []

    def text(self, x_mm: float, y_mm: float, said: str, size: float, **style: Any) -> None:
        """Write words."""
        self.texts.append(said)
        self.figure.text(
            x_mm / self.paper.width_mm,
            y_mm / self.paper.height_mm,
            said,
            fontproperties=self.face,
            fontsize=size * self.points,
            color=style.pop("color", INK),
            parse_math=False,
            **style,
        )

    def label(self, axes: Any, label: Label, lift: float) -> None:
        """Write a name on the map, over a white edge."""
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
        """Draw a rectangle."""
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
        """Draw a level line."""
        w, h = self.paper.width_mm, self.paper.height_mm
        ends = [x_mm / w, (x_mm + width_mm) / w]
        self.add(Line2D(ends, [y_mm / h] * 2, transform=self.figure.transFigure, **style))

    def polygon(self, points_mm: Sequence[tuple[float, float]], **style: Any) -> None:
        """Draw a polygon."""
        w, h = self.paper.width_mm, self.paper.height_mm
        corners = [(x / w, y / h) for x, y in points_mm]
        self.add(Polygon(corners, transform=self.figure.transFigure, **style))

    def add(self, artist: Artist) -> None:
        """Put any mark on the sheet."""
        self.figure.add_artist(artist)


def draw_map(figure: Figure, plate: Plate, frame: Frame, writer: Writer) -> None:
    """Draw the plate in its frame; of names that would hide another one, each is moved."""
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
    taken: list[Box] = []
    for label in plate.labels:
        lift = _free_lift(label, frame, writer.points, taken)
        writer.label(axes, label, lift)


def _free_lift(label: Label, frame: Frame, points: float, taken: list[Box]) -> float:
    """Return how far above its place (below: negative) a name hides no other, if anywhere near."""
    size = label.size * points * MM_PER_INCH / 72
    wide = width_of(label.text, label.size * points)
    x = (label.x - frame.west_m) * 1000 / frame.scale
    y = (label.y - frame.south_m) * 1000 / frame.scale

    def box(lift: float) -> Box:
        middle = y + lift * points * MM_PER_INCH / 72
        return (x - wide / 2, middle - size / 2, x + wide / 2, middle + size / 2)

    def is_free(own: Box) -> bool:
        return not any(
            own[0] < other[2] and other[0] < own[2] and own[1] < other[3] and other[1] < own[3]
            for other in taken
        )

    step = label.size + 1.0
    tried = [label.lift, -label.lift or -step, label.lift + step, -label.lift - step]
    chosen = next((lift for lift in tried if is_free(box(lift))), label.lift)
    taken.append(box(chosen))
    return chosen


def draw_key(writer: Writer, left: float, y: float, key: Any, height_mm: float) -> None:
    """Draw an entry of the legend, without its words."""
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


def draw_north(writer: Writer, x: float, y: float, lang: str) -> None:
    """Draw the arrow to the north of the grid, which is the map's upward."""
    writer.polygon(
        [(x, y + 11), (x - 4, y - 3), (x, y)], facecolor=INK, edgecolor=INK, linewidth=0.5
    )
    writer.polygon(
        [(x, y + 11), (x + 4, y - 3), (x, y)], facecolor="#ffffff", edgecolor=INK, linewidth=0.5
    )
    writer.text(x + 8, y + 3, locale.text("figure.north", lang), 11, va="center")


def draw_scale_bar(
    writer: Writer, left: float, y: float, room_mm: float, scale: int, lang: str
) -> None:
    """Draw a bar of a round length, in four parts, and the scale as a number."""
    room_m = room_mm / 1000 * scale
    power = 10.0 ** math.floor(math.log10(room_m))
    length_m = max(step * power for step in (1.0, 2.0, 4.0, 5.0) if step * power <= room_m)
    length_mm = length_m / scale * 1000
    for part in range(4):
        writer.box(
            left + part * length_mm / 4,
            y,
            length_mm / 4,
            1.6,
            facecolor=INK if part % 2 == 0 else "#ffffff",
            edgecolor=INK,
            linewidth=0.5,
        )
    writer.text(left, y + 3.2, "0", 8, ha="center")
    writer.text(left + length_mm / 2, y + 3.2, f"{length_m / 2:g}", 8, ha="center")
    end = locale.text("figure.metres", lang, length=f"{length_m:g}")
    writer.text(left + length_mm, y + 3.2, end, 8, ha="center")
    said = locale.text("figure.scale", lang, scale=f"{scale:,}")
    writer.text(left, y - 4.5, said, 10, va="center")


_BREAKS: Final = re.compile(r"[^ 、，；：]*[ 、，；：]+|[^ 、，；：]+")
"""A word with the mark behind it, where a line may end."""


def wrapped(line: str, most: int) -> list[str]:
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


def width_of(text: str, points: float) -> float:
    """Return about how wide words of a size in points are on paper, millimetres."""
    size = points * MM_PER_INCH / 72
    return sum(1.0 if ord(sign) > 0x2E80 else 0.55 for sign in text) * size


def system_text(crs: Any) -> str:
    """Return a coordinate system as a sheet names it."""
    return f"{pyproj.CRS.from_user_input(crs).name} ({crs})"
