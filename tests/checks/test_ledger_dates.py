"""Periods, anniversaries and five-year clocks, against the calendar counted day by day."""

import datetime as dt

import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import clause, judge

from facilityplan.checks.due import Cut, anniversary, open_state, period, years_between

FEW = settings(max_examples=examples(60), deadline=None)
DAYS = st.dates(dt.date(1999, 1, 1), dt.date(2060, 12, 31))
CLOCK = clause("expiry", comparator="<=", value=5, unit="years", parameters={"clock": "功能变更"})
HOME = {"id": "院", "kind": "elder_home", "at": (0, 0)}


@FEW
@given(DAYS, st.sampled_from(list(Cut)))
def test_a_period_holds_its_day_and_meets_the_next(day, cut):
    first, last = period(day, cut)
    assert first <= day <= last
    assert first.day == 1
    assert (last + dt.timedelta(days=1)).day == 1
    after = period(last + dt.timedelta(days=1), cut)
    assert after[0] == last + dt.timedelta(days=1)
    months = {Cut.MONTH: 1, Cut.QUARTER: 3, Cut.HALF: 6, Cut.YEAR: 12}[cut]
    inside = {(first + dt.timedelta(days=n)).month for n in range((last - first).days + 1)}
    assert len(inside) == months
    assert first.year == last.year == day.year


@FEW
@given(DAYS, st.integers(0, 20))
def test_an_anniversary_is_the_same_day_or_the_end_of_february(day, years):
    found = anniversary(day, years)
    assert found.year == day.year + years
    assert found.month == day.month
    if found.day != day.day:
        assert (day.month, day.day, found.day) == (2, 29, 28)


@FEW
@given(DAYS, st.integers(0, 4000))
def test_years_between_grow_and_are_whole_on_anniversaries(day, days):
    later = day + dt.timedelta(days=days)
    years = years_between(day, later)
    assert abs(years - days / 365.25) < 0.01
    assert years_between(day, later + dt.timedelta(days=1)) > years
    for whole in range(4):
        assert years_between(day, anniversary(day, whole)) == whole


@pytest.mark.parametrize(
    ("cut", "state"),
    [
        (Cut.MONTH, "upcoming"),
        (Cut.QUARTER, "due_this_quarter"),
        (Cut.HALF, "due_this_half"),
        (Cut.YEAR, "due_this_year"),
    ],
)
def test_due_in_this_period(cut, state):
    assert open_state(dt.date(2023, 9, 30), dt.date(2023, 8, 1), cut) == state


@pytest.mark.parametrize(
    ("started", "verdict", "state", "ends"),
    [
        ("2018-09-01", "compliant", "running", "2023-09-01"),
        ("2018-08-31", "non_compliant", "expired", "2023-08-31"),
        ("2023-09-01", "compliant", "running", "2028-09-01"),
        ("2023-09-02", "not_applicable", "upcoming", "2028-09-02"),
    ],
)
def test_a_clock_of_five_years(started, verdict, state, ends):
    clocks = [{"facility": "院", "clock": "功能变更", "started": started}]
    (found,) = judge(CLOCK, dt.date(2023, 9, 1), facilities=[HOME], clocks=clocks)
    assert (found.verdict, found.evidence["state"]) == (verdict, state)
    assert found.evidence["ends"] == ends
    assert (found.unit_kind, found.unit_id) == ("facility", "院")


def test_a_clock_without_its_start_and_a_facility_without_a_clock():
    clocks = [{"facility": "院", "clock": "功能变更"}, {"facility": "院", "clock": "别的"}]
    (found,) = judge(CLOCK, dt.date(2023, 9, 1), facilities=[HOME], clocks=clocks)
    assert found.verdict == "insufficient_data"
    assert found.formula["id"] == "reason.clock_start_unknown"
    assert judge(CLOCK, dt.date(2023, 9, 1), facilities=[HOME]) == []


@FEW
@given(st.dates(dt.date(2015, 1, 2), dt.date(2024, 12, 31)))
def test_a_clock_runs_on_its_last_day_and_not_after(started):
    month_ends = (started.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    five_on = dt.date(started.year + 5, month_ends.month, 1)
    if month_ends.month == 1:
        five_on = dt.date(started.year + 6, 1, 1)
    length = (five_on - dt.timedelta(days=1)).day
    last = dt.date(started.year + 5, started.month, min(started.day, length))
    clocks = [{"facility": "院", "clock": "功能变更", "started": started}]
    for day, verdict in ((last, "compliant"), (last + dt.timedelta(days=1), "non_compliant")):
        (found,) = judge(CLOCK, day, facilities=[HOME], clocks=clocks)
        assert found.verdict == verdict
