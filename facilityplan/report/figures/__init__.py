"""Printed maps: current state, coverage, uncovered residences, proposed layout, near-term works.

And where a scheme lies, for its review form.
"""

from facilityplan.report.figures.fonts import Typeface, find_typeface
from facilityplan.report.figures.form import FORM, draw_form, scale_of
from facilityplan.report.figures.location import location_plate
from facilityplan.report.figures.parts import (
    Imprint,
    Paper,
    map_scale,
    small_png,
    system_text,
)
from facilityplan.report.figures.plates import PLATES, Plate, plates_of
from facilityplan.report.figures.sheet import draw

__all__ = [
    "FORM",
    "PLATES",
    "Imprint",
    "Paper",
    "Plate",
    "Typeface",
    "draw",
    "draw_form",
    "find_typeface",
    "location_plate",
    "map_scale",
    "plates_of",
    "scale_of",
    "small_png",
    "system_text",
]
