"""Cells as people fill them in: full-width digits, units beside the figure, dates in many forms."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from facilityplan.layers import as_text
from facilityplan.schemes.fields import FLAG_WORDS, STATUS_WORDS, Field
from facilityplan.units import HECTARE_M2, MU_M2, parse_number

_AREA: Final = {
    **dict.fromkeys(("㎡", "m2", "m^2", "平方米", "平米", "平方"), 1.0),
    **dict.fromkeys(("公顷", "ha", "hm2"), HECTARE_M2),
    "亩": MU_M2,
    **dict.fromkeys(("万㎡", "万m2", "万平方米", "万平米"), 10_000.0),
}
_LENGTH: Final = {
    **dict.fromkeys(("米", "m"), 1.0),
    **dict.fromkeys(("公里", "千米", "km"), 1000.0),
}
_COUNT: Final = dict.fromkeys(("户", "套", "处", "个", "人", "张", "床"), 1.0)
UNIT_FACTORS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "area": MappingProxyType(_AREA),
        "length": MappingProxyType(_LENGTH),
        "count": MappingProxyType(_COUNT),
        "share": MappingProxyType({"%": 0.01, "‰": 0.001}),
        "number": MappingProxyType({}),
    }
)
"""Factor to our unit, by content and by the unit as it is written."""

MAX_CELL: Final = 200_000
"""Longest text of a cell that is looked at; an outline may be long."""

_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(:00)?)?")
_HEADER_UNIT: Final = re.compile(r"^(.*?)[(（\[【]([^()（）]*)[)）\]】]$")
_STOREY: Final = re.compile(r"([+-]?)(\d+)")
_CHINESE: Final = MappingProxyType(
    {word: n for n, word in enumerate("一二三四五六七八九十", start=1)} | {"首": 1}
)
_BELOW: Final = ("半地下", "地下", "负", "B", "b")
MEZZANINE: Final = ("夹层",)


def narrow(value: object) -> str:
    """Return text with full-width letters, digits and signs made plain, blanks at its ends gone.

    Square-metre signs become ``m2``.
    """
    return unicodedata.normalize("NFKC", str(value)).strip().replace("−", "-")


def split_header(header: str) -> tuple[str, str]:
    """Return a column's name and the unit that stands in brackets behind it.

    The unit is empty where there is none.
    """
    found = _HEADER_UNIT.match(narrow(header).replace("\n", ""))
    if found is None:
        return narrow(header).replace("\n", ""), ""
    return found[1].strip(), found[2].strip()


def _plain_factor(content: str, unit: str) -> float | None:
    factors = {narrow(name).lower(): factor for name, factor in UNIT_FACTORS[content].items()}
    return factors.get(narrow(unit).lower())


def knows_unit(content: str, unit: str) -> bool:
    """Return whether a unit can be one of a field of that content."""
    return content in UNIT_FACTORS and _plain_factor(content, unit) is not None


def quantity(cell: object, content: str, header_unit: str = "") -> float:
    """Return the figure in a cell, in our unit; NaN where the cell is empty.

    The unit beside the figure wins over that of the header; a bare figure without either is in
    our unit.

    Raises
    ------
    ValueError
        If it is no figure of zero or more, in a unit of that kind.
    """
    factor = 1.0
    if header_unit:
        factor = _plain_factor(content, header_unit) or 1.0
    if isinstance(cell, str) and cell.strip():
        said = narrow(cell)[:MAX_CELL]
        if said in {"/", "-", "—", "--", "无"}:
            return math.nan
        found = re.match(r"^([+-]?[\d,.]+)\s*([^\d\s].*)?$", said)
        if found is not None and found[2]:
            own = _plain_factor(content, found[2])
            if own is None:
                raise ValueError(f"{cell!r} has no unit of this kind")
            cell, factor = found[1], own
        else:
            cell = said
    value = parse_number(cell)
    if math.isnan(value):
        return value
    # A factor of a power of ten must not leave dust: 3.75 万 is 37500.
    scaled = float(f"{value * factor:.12g}") if factor != 1.0 else value
    if scaled < 0 or (content == "count" and scaled % 1 > 0):
        raise ValueError(f"{cell!r} is no figure of zero or more")
    return scaled


def flag(cell: object) -> bool | None:
    """Return yes or no; ``None`` where the cell is empty.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if isinstance(cell, bool):
        return cell
    said = as_text(cell)
    if said is None:
        return None
    said = narrow(said).lower()
    if said in FLAG_WORDS:
        return FLAG_WORDS[said]
    raise ValueError(f"{cell!r} is neither yes nor no")


def date(cell: object) -> dt.date | None:
    """Return a day; ``None`` where the cell is empty.

    Raises
    ------
    ValueError
        If it is none: year, month and day are needed, in that order.
    """
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    said = as_text(cell)
    if said is None or narrow(said) in {"-", "/", "—"}:
        return None
    found = _DATE.fullmatch(narrow(said))
    if found is None:
        raise ValueError(f"{cell!r} is no day")
    return dt.date(int(found[1]), int(found[2]), int(found[3]))


def status(cell: object) -> str | None:
    """Return ``new`` or ``existing``; ``None`` where the cell is empty.

    Raises
    ------
    ValueError
        If it is no known word.
    """
    said = as_text(cell)
    if said is None:
        return None
    if said not in STATUS_WORDS:
        raise ValueError(f"{cell!r} is no status")
    return STATUS_WORDS[said]


def storeys(cell: object) -> tuple[int, ...] | None:
    """Return the storeys a cell names, ascending; storeys below ground are negative.

    "1-2层", "地上一层", "首层", "-1", "地下一层", "半地下" (which is -1), "B1" are read.

    Raises
    ------
    ValueError
        If no storey can be read.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if math.isnan(cell):
            return None
        if cell % 1 or cell == 0:
            raise ValueError(f"{cell!r} is no storey")
        return (int(cell),)
    said = as_text(cell)
    if said is None:
        return None
    found: set[int] = set()
    for part in re.split(r"[、,，;；/及和]", narrow(said)):
        found |= _storeys_of(part)
    if not found:
        raise ValueError(f"{cell!r} names no storey")
    return tuple(sorted(found))


def _storeys_of(part: str) -> set[int]:
    if not part or part in MEZZANINE:
        return set() if not part else {1}
    below = any(word in part for word in _BELOW)
    plain = "".join(str(_CHINESE[c]) if c in _CHINESE else c for c in part)
    span = re.search(r"(?<![\d])([+-]?\d+)\s*[-~至到—]+\s*([+-]?\d+)", plain)
    if span is not None and not below:
        low, high = sorted((int(span[1]), int(span[2])))
        if not (-10 <= low <= high <= 200):
            raise ValueError(f"{part!r} is no span of storeys")
        return {storey for storey in range(low, high + 1) if storey != 0}
    numbers = [int(sign + digits) for sign, digits in _STOREY.findall(plain)]
    if not numbers and below:
        return {-1}
    if any(number == 0 or abs(number) > 200 for number in numbers):
        raise ValueError(f"{part!r} is no storey")
    return {-abs(number) if below else number for number in numbers}


def value_of(field: Field, cell: Any, header_unit: str = "") -> Any:
    """Return a cell's value by what its field holds.

    Raises
    ------
    ValueError, OverflowError
        If the cell cannot be that.
    """
    if field.content in UNIT_FACTORS:
        return quantity(cell, field.content, header_unit)
    if field.content == "words":
        listed = cell if isinstance(cell, list) else re.split("[;；、,，]", as_text(cell) or "")
        return tuple(str(item).strip() for item in listed if str(item).strip())
    if field.content == "text":
        return as_text(cell)
    return {"flag": flag, "date": date, "status": status, "storeys": storeys}[field.content](cell)
