"""Dates as people write them: 2026年6月, 2026.6.30, 20260630, a serial of Excel's."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import Final, Literal

from facilityplan.units import plain_text, says_unknown

EXCEL_EPOCH: Final = dt.date(1899, 12, 30)
"""Day 0 of Excel's and WPS's serials from March 1900 on."""

FIRST_SERIAL: Final = 14_611
"""1 January 1940. A smaller number may be a year or a count; it is never taken for a date."""
LAST_SERIAL: Final = 73_050
"""31 December 2099."""

Precision = Literal["day", "month", "year"]

_SIGN: Final = r"\s*[-/.年]\s*"
_DAY: Final = re.compile(
    rf"(\d{{4}}){_SIGN}(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})\s*[日号]?"
    r"(?:[\st]*(?:星期|周)?[一二三四五六日天]?[\st]*(?:\d{1,2}:\d{2}(?::\d{2}(?:\.\d*)?)?)?z?)?"
)
_COMPACT: Final = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_MONTH: Final = re.compile(rf"(\d{{4}}){_SIGN}(\d{{1,2}})\s*月?\s*(份|底|末)?")
_YEAR: Final = re.compile(r"(\d{4})\s*年\s*(底|末)?")
_BARE_YEAR: Final = re.compile(r"(?:19|20)\d{2}")
_CHINESE: Final = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_TENS: Final = re.compile(r"([1-9])?十([1-9])?")


@dataclass(frozen=True)
class ReadDate:
    """What a cell says of a day.

    Attributes
    ----------
    day
        The day; the last one of a month or year where no more is said. ``None``: nothing.
    precision
        What was said: a day, a month, a year.
    serial
        Whether it was a bare number of days, as Excel keeps dates.
    unknown
        Whether it says in words that nothing is known.
    """

    day: dt.date | None
    precision: Precision = "day"
    serial: bool = False
    unknown: bool = False


def _chinese_digits(text: str) -> str:
    plain = text.translate(_CHINESE)
    return _TENS.sub(lambda m: f"{m[1] or 1}{m[2] or 0}", plain)


def _last_day(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _of_number(number: float, *, years: bool) -> ReadDate:
    if math.isnan(number):
        return ReadDate(None)
    if years and number.is_integer() and 1900 <= number <= 2100:
        return ReadDate(_last_day(int(number), 12), "year")
    if number.is_integer() and _COMPACT.fullmatch(str(int(number))):
        return _of_text(str(int(number)), years=years)
    if FIRST_SERIAL <= number <= LAST_SERIAL:
        return ReadDate(EXCEL_EPOCH + dt.timedelta(days=math.floor(number)), serial=True)
    raise ValueError(f"{number!r} is no date")


def _of_text(text: str, *, years: bool) -> ReadDate:
    for pattern in (_DAY, _COMPACT):
        if (found := pattern.fullmatch(text)) is not None:
            return ReadDate(dt.date(int(found[1]), int(found[2]), int(found[3])))
    if (found := _MONTH.fullmatch(text)) is not None:
        return ReadDate(_last_day(int(found[1]), int(found[2])), "month")
    if (found := _YEAR.fullmatch(text)) is not None:
        return ReadDate(_last_day(int(found[1]), 12), "year")
    if years and _BARE_YEAR.fullmatch(text):
        return ReadDate(_last_day(int(text), 12), "year")
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return _of_number(float(text), years=years)
    raise ValueError(f"{text!r} is no date")


def read_date(cell: object, *, years: bool = False) -> ReadDate:
    """Return the day that a cell means.

    Of a month or a year the last day is taken: whatever happened in it had happened by then, and a
    term that ends in it ends then. The precision says so.

    Parameters
    ----------
    cell
        Date, text, number or nothing.
    years
        Whether a bare ``2015`` is a year, as it is under a header 建成年份; else it is refused.

    Raises
    ------
    ValueError
        If it is anything else, or a day that there never was.
    """
    if cell is None or cell != cell:  # noqa: PLR0124  NaN and NaT
        return ReadDate(None)
    if isinstance(cell, dt.date):
        return ReadDate(cell.date() if isinstance(cell, dt.datetime) else cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _of_number(float(cell), years=years)
    plain = plain_text(cell)
    if not plain:
        return ReadDate(None)
    if says_unknown(cell):
        return ReadDate(None, unknown=True)
    return _of_text(_chinese_digits(plain), years=years)
