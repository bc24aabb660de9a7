"""Printed maps: current state, coverage, uncovered residences, proposed layout, near-term works."""

from facilityplan.report.figures.fonts import Typeface, find_typeface
from facilityplan.report.figures.parts import Imprint, Paper, map_scale, small_png
from facilityplan.report.figures.plates import PLATES, Plate, plates_of
from facilityplan.report.figures.sheet import draw

__all__ = [
    "PLATES",
    "Imprint",
    "Paper",
    "Plate",
    "Typeface",
    "draw",
    "find_typeface",
    "map_scale",
    "plates_of",
    "small_png",
]
