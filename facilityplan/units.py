"""Physical units: the closed list that clauses may use, and numbers read from people's text.

No number leaves its unit: columns and fields carry it in their name (``distance_m``, ``area_m2``),
clauses in their ``unit``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
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


@dataclass(frozen=True)
class Quantity:
    """What a cell says of a quantity.

    Attributes
    ----------
    value
        In the unit that was asked for; NaN where nothing is said.
    written
        The unit that the cell itself gives, as written; ``None`` where it gives none.
    approximate
        Whether it says "about" (约, 近, 余, 左右).
    unknown
        Whether it says in words that nothing is known (不详, 暂无资料, —).
    """

    value: float
    written: str | None = None
    approximate: bool = False
    unknown: bool = False


_COUNTED: Final = (
    "个",
    "处",
    "项",
    "座",
    "所",
    "家",
    "套",
    "户",
    "人",
    "张",
    "床",
    "名",
    "次",
    "件",
)

UNIT_WORDS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "m2": {
            **dict.fromkeys(("m2", "m^2", "sqm", "平方米", "平米", "平方", "平", "方"), 1.0),
            **dict.fromkeys(("公顷", "ha", "hm2", "hectare", "hectares"), HECTARE_M2),
            **dict.fromkeys(("亩", "mu", "市亩"), MU_M2),
            **dict.fromkeys(("km2", "平方公里", "平方千米"), 1_000_000.0),
        },
        "households": dict.fromkeys(("户", "套", "户(套)", "households"), 1.0),
        "persons": dict.fromkeys(("人", "位", "名", "口", "persons", "people"), 1.0),
        "beds": dict.fromkeys(("张", "床", "张床", "个", "张床位", "床位", "个床位", "beds"), 1.0),
        "yuan_10000": {"万元": 1.0, "元": 0.0001, "亿元": 10_000.0, "百万元": 100.0},
        "share": {"%": 0.01, "‰": 0.001},
        "years": dict.fromkeys(("年", "年度"), 1.0),
        "items": dict.fromkeys(_COUNTED, 1.0),
        # An indicator may be a share or a count; areas and money have too many units to guess.
        "indicator": {**dict.fromkeys(_COUNTED, 1.0), "%": 0.01, "‰": 0.001},
    }
)
"""What people write after a figure, by the unit it is turned into, and what one of it is there.

Compared after :func:`plain_text`: ``㎡`` is ``m2`` then, ``％`` is ``%``.
"""

_LONGEST_FIGURE: Final = 60
_MULTIPLES: Final = MappingProxyType(
    {"百": 100.0, "千": 1_000.0, "万": 10_000.0, "百万": 1_000_000.0, "亿": 100_000_000.0}
)
_UNKNOWN: Final = frozenset(
    {
        *("不详", "未知", "不明", "不清楚", "不清", "暂无", "暂无资料", "暂无数据", "无资料"),
        *("无数据", "资料缺失", "缺失", "缺", "缺资料", "待定", "待核", "待核实", "待查", "待补"),
        *(
            "待补充",
            "待统计",
            "未统计",
            "未填",
            "未填报",
            "未提供",
            "空",
            "n/a",
            "na",
            "#n/a",
            "null",
        ),
        *("none", "nan", "unknown", "tbd", "n.a."),
    }
)
_DASHES: Final = re.compile(r"[-—–―─_/\\*?~·.]+|\.{3,}")
_FIGURE: Final = re.compile(
    r"(?P<about>大约有?|大概|约计|约为|约有|约|将近|近|~|≈|≒)?\s*"
    r"(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*"
    r"(?P<multiple>百万|百|千|万|亿)?(?P<odd>余|多)?\s*"
    r"(?P<unit>[a-z]+\^?2|[^\d\s余多左上]*?)(?P<odd_after>余|多)?\s*"
    r"(?P<around>左右|上下|\((?:约|估|估算|估计|预计)\))?"
)


def plain_text(cell: object) -> str:
    """Return text as it is compared: full width as half, ``㎡`` as ``m2``, small letters."""
    return unicodedata.normalize("NFKC", str(cell)).strip().removeprefix("'").casefold()


def says_unknown(cell: object) -> bool:
    """Return whether a cell says in words or by a dash that nothing is known."""
    plain = re.sub(r"[\s()]", "", plain_text(cell))
    return plain in _UNKNOWN or bool(plain and _DASHES.fullmatch(plain))


def unit_factor(written: str, unit: str | None) -> float:
    """Return what one of a written unit is in the unit asked for.

    Raises
    ------
    ValueError
        If it is not a unit of that quantity.
    """
    words = UNIT_WORDS.get(unit or "", {})
    plain = plain_text(written).replace(" ", "")
    if plain in words:
        return words[plain]
    for multiple, factor in _MULTIPLES.items():
        if plain.startswith(multiple) and plain.removeprefix(multiple) in words:
            return factor * words[plain.removeprefix(multiple)]
    raise ValueError(f"{written!r} is no unit of {unit}")


def is_unit(written: str) -> bool:
    """Return whether a text is a unit that people write, of whatever quantity."""
    for unit in UNIT_WORDS:
        try:
            unit_factor(written, unit)
        except ValueError:
            continue
        return True
    return False


def read_quantity(cell: object, unit: str | None, *, assumed: str | None = None) -> Quantity:
    """Return what a cell says of a quantity, as people write it.

    "4833户", "500余亩", "1.2万", "约300㎡", full-width digits; a word for "unknown" is no number.

    Parameters
    ----------
    cell
        Text, number or nothing.
    unit
        A key of :data:`UNIT_WORDS`, in which the value is wanted; ``None``: a bare number, no
        word after it is taken.
    assumed
        The unit of a cell that names none, as a table's header gives it; default ``unit``.

    Raises
    ------
    ValueError
        If the cell holds anything else, a unit of another quantity, a range, or a limit
        ("不足500", "300以上").
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return Quantity(math.nan)
    base = 1.0 if assumed is None else unit_factor(assumed, unit)
    if isinstance(cell, (int, float)):
        return Quantity(parse_number(cell) * base)
    plain = plain_text(cell)
    if not plain:
        return Quantity(math.nan)
    if says_unknown(cell):
        return Quantity(math.nan, unknown=True)
    found = _FIGURE.fullmatch(plain) if len(plain) <= _LONGEST_FIGURE else None
    if found is None:
        raise ValueError(f"{cell!r} is no quantity")
    written = found["unit"].strip() or None
    multiple = _MULTIPLES.get(found["multiple"] or "", 1.0)
    if written is not None:
        base = unit_factor(written, unit)
    elif unit == "yuan_10000" and assumed is None and found["multiple"]:
        base = UNIT_WORDS[unit]["元"]
    elif found["multiple"] and assumed is not None and plain_text(assumed)[0] in _MULTIPLES:
        # Ten thousand of ten thousand, or once only: nobody can tell.
        raise ValueError(f"{cell!r} under a header in {assumed}")
    about = any(found[name] for name in ("about", "odd", "odd_after", "around"))
    value = parse_number(found["number"]) * multiple
    shown = None if written is None else f"{found['multiple'] or ''}{written}"
    return Quantity(_exact(value * base), shown, about)


def _exact(value: float) -> float:
    """Take off what a product of decimals leaves behind: 1.1 万 is 11000."""
    whole = round(value)
    return float(whole) if abs(value - whole) < 1e-9 * max(1.0, abs(value)) else value


def whole_millimetres(metres: float) -> int:
    """Return a length as whole millimetres, half away from zero (lengths are never negative)."""
    return math.floor(metres * 1000.0 + 0.5)


def format_beside(value: float, other: float | None, digits: int = 3) -> str:
    """Return a number that reads as another only where it is that other.

    It has as many decimals more, up to nine, as that takes: 29.99 beside a limit of 30 is not 30.
    """
    shown = format_number(value, digits)
    if other is None or value == other:
        return shown
    while digits < 9 and shown == format_number(other, digits):
        digits += 1
        shown = format_number(value, digits)
    return shown


def format_number(value: float, digits: int = 3) -> str:
    """Return a number with at most that many decimals and no trailing zeros."""
    shown = f"{value:.{digits}f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return "0" if shown in {"-0", ""} else shown
