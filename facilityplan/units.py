"""Physical units: the closed list that clauses may use, and numbers read from people's text.

No number leaves its unit: columns and fields carry it in their name (``distance_m``, ``area_m2``),
clauses in their ``unit``.
"""

from __future__ import annotations

import math
import re
from typing import Final

MU_M2: Final = 10_000 / 15
"""Square metres in one mu (亩)."""

HECTARE_M2: Final = 10_000.0
"""Square metres in one hectare (公顷)."""

UNITS: Final = frozenset(
    {
        "m",
        "m2",
        "m2_per_100_households",
        "m2_per_person",
        "beds",
        "beds_per_1000_elders",
        "beds_per_1000_persons",
        "facilities",
        "flag",
        "households",
        "hectares",
        "items",
        "min",
        "per_1000",
        "persons",
        "share",
        "stages",
        "storeys",
        "years",
        "yuan",
        "yuan_10000",
        "yuan_per_bed",
    }
)
"""Units that a clause may state its value in."""

FIGURE_UNITS: Final = {"m2_per_100_households": "m2"}
"""What the figures of a finding are in where its clause states a ratio that is multiplied out."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－＋　", "0123456789.,-+ ")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")


def parse_number(cell: object) -> float:
    """Return the number in a cell; an empty cell is NaN.

    Full-width digits and thousands separators are read; anything else beside the number is
    refused, so that "约500" or "500户" never becomes a figure by accident.

    Raises
    ------
    ValueError
        If the cell holds text that is no finite number.
    """
    if cell is None:
        return math.nan
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if math.isinf(cell):
            raise ValueError("not finite")
        return float(cell)
    plain = str(cell).translate(_FULL_WIDTH).strip()
    if not plain or plain.lower() == "nan":
        return math.nan
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"{cell!r} is no number")
    value = float(plain)
    if not math.isfinite(value):
        raise ValueError("not finite")
    return value


def whole_millimetres(metres: float) -> int:
    """Return a length as whole millimetres, half away from zero (lengths are never negative)."""
    return math.floor(metres * 1000.0 + 0.5)


def format_number(value: float, digits: int = 3) -> str:
    """Return a number with at most that many decimals and no trailing zeros."""
    shown = f"{value:.{digits}f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return "0" if shown in {"-0", ""} else shown
