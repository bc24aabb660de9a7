"""Cells as people fill them in: full-width digits, units beside the figure, dates in many forms."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from facilityplan.io.dates import read_date
from facilityplan.layers import as_text
from facilityplan.schemes.fields import FLAG_WORDS, STATUS_WORDS, Field
from facilityplan.units import read_quantity, says_unknown, unit_factor

LENGTH_WORDS: Final[Mapping[str, float]] = MappingProxyType(
    {**dict.fromkeys(("米", "m"), 1.0), **dict.fromkeys(("公里", "千米", "km"), 1000.0)}
)
"""What people write after a length, and what one of it is in metres."""

_COUNTED: Final = {"户": "households", "人": "persons", "张": "beds", "处": "items"}

FIGURES: Final = frozenset({"area", "length", "count", "share", "number"})
"""Contents of fields that are figures."""

BRACKET: Final = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]$")
"""What stands in brackets at the end of a header."""

FIRST_YEAR: Final = 1940
"""No scheme is older; as for Excel's serials, see :mod:`facilityplan.io.dates`."""

_LENGTH: Final = re.compile(r"(.{1,60}?)\s*(公里|千米|km|米|m)(左右|上下)?")
_STOREY: Final = re.compile(r"([+-]?)(\d+)")
_CHINESE: Final = MappingProxyType(
    {word: n for n, word in enumerate("一二三四五六七八九十", start=1)} | {"首": 1}
)
_COUNT: Final = re.compile("([一二两三四五六七八九十])([^0-9一二两三四五六七八九十百千万亿]{0,2})")
NOTHING: Final = frozenset({"无", "没有"})
"""What people write where there is none to tell of."""

_BELOW: Final = ("半地下", "地下", "负", "B", "b")
MEZZANINE: Final = ("夹层",)


def narrow(value: object) -> str:
    """Return text with full-width letters, digits and signs made plain, blanks at its ends gone.

    Square-metre signs become ``m2``.
    """
    return unicodedata.normalize("NFKC", str(value)).strip().replace("−", "-")


def quantity_of(field: Field) -> str | None:
    """Return the unit that a field is in (a key of ``units.UNIT_WORDS``), if it has one there."""
    if field.content == "count":
        return _COUNTED[field.unit]
    return {"area": "m2", "share": "share"}.get(field.content)


def factor_of(field: Field, unit: str) -> float:
    """Return what one of a written unit is in the field's own.

    Raises
    ------
    ValueError
        If it can be no unit of the field.
    """
    if field.content != "length":
        return unit_factor(unit, quantity_of(field))
    plain = narrow(unit).lower()
    if plain not in LENGTH_WORDS:
        raise ValueError(f"{unit!r} is no unit of length")
    return LENGTH_WORDS[plain]


def unit_fits(field: Field, unit: str) -> bool:
    """Return whether a unit can be one of a field."""
    try:
        factor_of(field, unit)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Figure:
    """A figure as a cell gives it, in our unit; NaN where it gives none.

    ``guessed``: a share that does not say whether it is per cent, read by its size; ``written``:
    the unit beside the figure, as written.
    """

    value: float
    approximate: bool = False
    unknown: bool = False
    guessed: bool = False
    written: str = ""

    @property
    def notes(self) -> list[str]:
        """What was settled, as the ids of readings."""
        said = {
            "approximate": self.approximate,
            "unknown": self.unknown,
            "share_guessed": self.guessed,
        }
        return [name for name, holds in said.items() if holds]


def quantity(
    field: Field, cell: object, header_unit: str = "", *, own_unit: bool = False
) -> Figure:
    """Return the figure in a cell.

    The unit beside the figure wins over that of the header; a bare figure without either is in
    our unit. A bare share of more than 1 is per cent, and so is said.

    Parameters
    ----------
    own_unit
        Whether the header names several units, so that each cell has to name its own.

    Raises
    ------
    ValueError
        If it is no figure of zero or more, in a unit of that kind.
    """
    if as_text(cell) in NOTHING:
        return Figure(math.nan, unknown=True)
    unit = quantity_of(field)
    if field.content == "length":
        found = _length(cell, header_unit)
    elif field.content == "share":
        found = _share(cell, header_unit)
    else:
        cell = _in_digits(cell) if field.content == "count" else cell
        read = read_quantity(cell, unit, assumed=header_unit or None)
        if own_unit and read.written is None and not math.isnan(read.value):
            raise ValueError(f"{cell!r} does not say its unit")
        converted = read.written is not None or bool(header_unit)
        value = _clean(read.value, converted=converted)
        found = Figure(value, read.approximate, read.unknown, written=read.written or "")
    if found.value < 0 or (field.content == "count" and found.value % 1 > 0):
        raise ValueError(f"{cell!r} is no figure of zero or more")
    return found


def _in_digits(cell: object) -> object:
    """Return a count up to ten in digits, the word behind it kept: "一处", "两处"."""
    found = _COUNT.fullmatch(narrow(cell)) if isinstance(cell, str) else None
    if found is None:
        return cell
    return f"{2 if found[1] == '两' else _CHINESE[found[1]]}{found[2]}"


def _clean(value: float, *, converted: bool = True) -> float:
    """Take off what a sum of binary fractions leaves behind, which no program shows.

    A cell of Excel has 15 digits: 63.9 - 31.8 is 32.1 there and not a little less. A factor of a
    power of ten leaves more: 0.02997 万 is 299.7.
    """
    return value if math.isnan(value) else float(f"{value:.{12 if converted else 15}g}")


def _length(cell: object, header_unit: str) -> Figure:
    factor = LENGTH_WORDS[narrow(header_unit).lower()] if header_unit else 1.0
    said = narrow(cell).lower() if isinstance(cell, str) else ""
    own = _LENGTH.fullmatch(said)
    if own is not None:
        cell, factor = own[1] + (own[3] or ""), LENGTH_WORDS[own[2]]
    read = read_quantity(cell, None)
    value = _clean(read.value * factor)
    written = "" if own is None else own[2]
    return Figure(value, read.approximate, read.unknown, written=written)


def _share(cell: object, header_unit: str) -> Figure:
    read = read_quantity(cell, "share")
    bare = read.written is None and not math.isnan(read.value)
    if not bare:
        return Figure(_clean(read.value), read.approximate, read.unknown)
    # Excel keeps 30% as 0.3, whatever the header says; nobody builds on a hundredth of a plot.
    percent = read.value > 1
    value = _clean(read.value * 0.01) if percent else read.value
    return Figure(value, read.approximate, guessed=percent != bool(header_unit))


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


@dataclass(frozen=True)
class Day:
    """A day as a cell gives it; ``None`` where it gives none."""

    value: dt.date | None
    serial: bool = False
    unknown: bool = False

    @property
    def notes(self) -> list[str]:
        """What was settled, as the ids of readings."""
        said = {"date_serial": self.serial, "unknown": self.unknown}
        return [name for name, holds in said.items() if holds]


def date(cell: object) -> Day:
    """Return the day in a cell, in any of the forms that :mod:`facilityplan.io.dates` reads.

    Raises
    ------
    ValueError
        If it is none. A month is none either: which of two came first could not be said.
    """
    if as_text(cell) in {None, *NOTHING}:
        return Day(None)
    read = read_date(cell)
    if read.precision != "day":
        raise ValueError(f"{cell!r} names no day")
    if read.day is not None and read.day.year < FIRST_YEAR:
        raise ValueError(f"{cell!r} is a slip: 0024 for 2024 would be before every dwelling")
    return Day(read.day, read.serial, read.unknown)


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


def value_of(field: Field, cell: Any, header_unit: str = "", *, own_unit: bool = False) -> Any:
    """Return what a cell says: a :class:`Figure`, a :class:`Day`, or the value itself.

    Raises
    ------
    ValueError, OverflowError
        If the cell cannot be what its field holds.
    """
    if field.content in FIGURES:
        return quantity(field, cell, header_unit, own_unit=own_unit)
    if field.content == "date":
        return date(cell)
    if field.content == "words":
        listed = cell if isinstance(cell, list) else re.split("[;；、,，]", as_text(cell) or "")
        return tuple(str(item).strip() for item in listed if str(item).strip())
    if isinstance(cell, str) and says_unknown(cell):
        return None
    if field.content == "text":
        return as_text(cell)
    return {"flag": flag, "status": status, "storeys": storeys}[field.content](cell)
