"""What is drawn on a printed map: areas, lines, points, labels, each with its key in the legend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from matplotlib import patheffects
from matplotlib.collections import LineCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Key:
    """An entry of the legend.

    Parameters
    ----------
    text
        What it says.
    shape
        ``area``, ``line``, or a matplotlib marker.
    fill, line
        Colours.
    hatch
        Pattern of an area, for eyes that do not tell the colours apart; ``None`` for none.
    size
        Of a marker, points.
    dash
        Of a line, as matplotlib takes it.
    """

    text: str
    shape: str
    fill: str
    line: str
    hatch: str | None = None
    size: float = 6.0
    dash: Any = "-"


@dataclass(frozen=True)
class Areas:
    """Polygons of one look."""

    shapes: Sequence[Any]
    key: Key
    width: float = 0.3
    alpha: float = 1.0

    @property
    def keys(self) -> tuple[Key, ...]:
        """What stands in the legend; nothing where nothing is drawn."""
        return (self.key,) if len(self.shapes) and self.key.text else ()

    def draw(self, axes: Any, zorder: float) -> None:
        """Draw one path of all rings."""
        rings = list(_rings(self.shapes))
        if rings:
            patch = PathPatch(
                Path.make_compound_path(*[Path(ring, closed=True) for ring in rings]),
                facecolor=self.key.fill,
                edgecolor=self.key.line,
                linewidth=self.width,
                hatch=self.key.hatch,
                alpha=self.alpha,
                zorder=zorder,
            )
            axes.add_patch(patch)


@dataclass(frozen=True)
class Lines:
    """Lines of one look."""

    shapes: Sequence[Any]
    key: Key
    width: float = 0.4

    @property
    def keys(self) -> tuple[Key, ...]:
        """What stands in the legend; nothing where nothing is drawn."""
        return (self.key,) if len(self.shapes) and self.key.text else ()

    def draw(self, axes: Any, zorder: float) -> None:
        """Draw the lines."""
        parts = shapely.get_parts(np.asarray(self.shapes, dtype=object))
        strings = [shapely.get_coordinates(part) for part in parts]
        if strings:
            lines = LineCollection(
                strings,
                colors=self.key.line,
                linewidths=self.width,
                linestyles=self.key.dash,
                zorder=zorder,
            )
            axes.add_collection(lines, autolim=False)


@dataclass(frozen=True)
class Points:
    """Points of one look; ``xy`` is (n, 2), metres."""

    xy: Floats
    key: Key

    @property
    def keys(self) -> tuple[Key, ...]:
        """What stands in the legend; nothing where nothing is drawn."""
        return (self.key,) if len(self.xy) else ()

    def draw(self, axes: Any, zorder: float) -> None:
        """Draw markers of a size on paper."""
        if len(self.xy):
            axes.scatter(
                self.xy[:, 0],
                self.xy[:, 1],
                s=self.key.size**2,
                marker=self.key.shape,
                c=self.key.fill,
                edgecolors=self.key.line,
                linewidths=0.5,
                zorder=zorder,
            )


@dataclass(frozen=True)
class Label:
    """A name on the map; ``lift`` is how far above its place it stands, points."""

    text: str
    x: float
    y: float
    size: float = 7.0
    colour: str = "#22262b"
    lift: float = 0.0

    def halo(self) -> list[Any]:
        """Return the white edge that keeps a name legible on any ground."""
        return [patheffects.withStroke(linewidth=1.6, foreground="#ffffff")]


def _rings(shapes: Sequence[Any]) -> Iterator[Floats]:
    for part in shapely.get_parts(np.asarray(shapes, dtype=object)):
        if shapely.get_type_id(part) == shapely.GeometryType.POLYGON:
            for ring in shapely.get_rings(part):
                yield shapely.get_coordinates(ring)
