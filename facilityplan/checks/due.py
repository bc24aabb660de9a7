"""Dates of duties: the periods of a year, the anniversary of a date, and how a duty stands."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Cut(StrEnum):
    """The period that a ledger is cut by."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"


class State(StrEnum):
    """How a duty with a date stands at the judging date."""

    DONE = "done"
    DONE_LATE = "done_late"
    OVERDUE_UNREPORTED = "overdue_unreported"
    OVERDUE_REPORTED = "overdue_reported"
    DUE_THIS_MONTH = "due_this_month"
    DUE_THIS_QUARTER = "due_this_quarter"
    DUE_THIS_HALF = "due_this_half"
    DUE_THIS_YEAR = "due_this_year"
    UPCOMING = "upcoming"
    REPORTED = "reported"
    UNDATED = "undated"


MONTHS: Final[Mapping[Cut, int]] = MappingProxyType(
    {Cut.MONTH: 1, Cut.QUARTER: 3, Cut.HALF: 6, Cut.YEAR: 12}
)

CADENCES: Final[Mapping[str, Cut]] = MappingProxyType(
    {
        "month": Cut.MONTH,
        "monthly": Cut.MONTH,
        "quarter": Cut.QUARTER,
        "quarterly": Cut.QUARTER,
        "half": Cut.HALF,
        "half_year": Cut.HALF,
        "half_yearly": Cut.HALF,
        "year": Cut.YEAR,
        "yearly": Cut.YEAR,
        "annual": Cut.YEAR,
    }
)
"""What a document may call the cadence of a report."""

OPEN: Final = frozenset(
    {
        State.DUE_THIS_MONTH,
        State.DUE_THIS_QUARTER,
        State.DUE_THIS_HALF,
        State.DUE_THIS_YEAR,
        State.UPCOMING,
    }
)
"""States of a duty whose date has not passed."""


def period(day: dt.date, cut: Cut) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of the period that a day lies in."""
    months = MONTHS[cut]
    first = (day.month - 1) // months * months + 1
    last = first + months - 1
    end = calendar.monthrange(day.year, last)[1]
    return dt.date(day.year, first, 1), dt.date(day.year, last, end)


def anniversary(day: dt.date, years: int) -> dt.date:
    """Return the same day so many years on; 29 February becomes the last day of the month."""
    year = day.year + years
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))


def years_between(started: dt.date, day: dt.date) -> float:
    """Return the years from one day to a later one: whole years, and the part of the next one."""
    whole = day.year - started.year
    if anniversary(started, whole) > day:
        whole -= 1
    last, following = anniversary(started, whole), anniversary(started, whole + 1)
    return whole + (day - last).days / (following - last).days


def open_state(due: dt.date, as_of: dt.date, cut: Cut) -> State:
    """Return how a duty stands whose date has not passed: due in this period, or later."""
    if due <= period(as_of, cut)[1]:
        return State(f"due_this_{cut.value}")
    return State.UPCOMING
