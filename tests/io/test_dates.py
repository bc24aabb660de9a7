"""Days as people write them."""

import datetime as dt

import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.io.dates import EXCEL_EPOCH, read_date

D = dt.date
READ = [
    ("2026-06-30", D(2026, 6, 30), "day"),
    ("2026/6/30", D(2026, 6, 30), "day"),
    ("2026.6.30", D(2026, 6, 30), "day"),
    ("2026年6月30日", D(2026, 6, 30), "day"),
    ("２０２６年６月３０日", D(2026, 6, 30), "day"),
    ("2026年 6月 30号", D(2026, 6, 30), "day"),
    ("20260630", D(2026, 6, 30), "day"),
    (20260630.0, D(2026, 6, 30), "day"),
    ("2026-06-30 00:00:00", D(2026, 6, 30), "day"),
    ("2026-06-30T08:30", D(2026, 6, 30), "day"),
    ("二〇二六年六月三十日", D(2026, 6, 30), "day"),
    ("二〇二六年十二月", D(2026, 12, 31), "month"),
    ("2026年6月", D(2026, 6, 30), "month"),
    ("2026年2月底", D(2026, 2, 28), "month"),
    ("2026.6", D(2026, 6, 30), "month"),
    ("2026-06", D(2026, 6, 30), "month"),
    ("2024年", D(2024, 12, 31), "year"),
    (46203.0, D(2026, 6, 30), "day"),
    ("46203", D(2026, 6, 30), "day"),
    (46203.75, D(2026, 6, 30), "day"),
    (dt.datetime.fromisoformat("2026-06-30T12:00"), D(2026, 6, 30), "day"),
    (D(2026, 6, 30), D(2026, 6, 30), "day"),
]


@pytest.mark.parametrize(("cell", "day", "precision"), READ)
def test_a_day(cell, day, precision):
    read = read_date(cell)
    assert (read.day, read.precision) == (day, precision)


@pytest.mark.parametrize(
    "cell",
    ["2026-02-30", "2026年13月", 2015, "2015", 12.0, "6/30/2026", "26.6.30", "去年", "2026年6月至7月",
     "2026Q2", True, 10**9, "约2026年"],
)  # fmt: skip
def test_no_day(cell):
    with pytest.raises(ValueError):
        read_date(cell)


def test_a_bare_year_is_one_only_where_years_are_meant():
    assert read_date("2015", years=True).day == D(2015, 12, 31)
    assert read_date(2015.0, years=True).precision == "year"


def test_unknown_and_nothing():
    assert read_date("不详").unknown
    assert read_date("—").day is None
    assert read_date(None) == read_date("") == read_date(float("nan"))


@settings(max_examples=examples(200), deadline=None)
@given(day=st.dates(D(1940, 1, 2), D(2099, 12, 31)))
def test_every_way_of_writing_a_day_means_it(day):
    serial = (day - EXCEL_EPOCH).days
    for cell in (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        f"{day:%Y%m%d}",
        float(serial),
    ):
        assert read_date(cell).day == day
