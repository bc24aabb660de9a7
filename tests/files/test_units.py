"""Numbers read from people's text, and written for them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilityplan import locale, units


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234.5", 1234.5),
        ("－３．５", -3.5),
        ("1e3", 1000),
        ("+5", 5),
        (".5", 0.5),
        ("5.", 5),
        (7, 7),
        (7.25, 7.25),
        ("１，２３４", 1234),
    ],
)
def test_numbers(cell, value):
    assert units.parse_number(cell) == value


@pytest.mark.parametrize("cell", [None, "", "  ", "　", "nan", "NaN", math.nan])
def test_blanks(cell):
    assert math.isnan(units.parse_number(cell))


@pytest.mark.parametrize(
    "cell",
    ["约500", "500户", "5 00", "1,23", "1,2345", "1234,567", "0,500", "1,234,5", "inf", "-inf", math.inf, "1e999", True, "—", "0x10",
     "1_000", "=5", "五百", "5%", "5-6", "1.2.3", "200㎡", []],
)  # fmt: skip
def test_what_is_no_number(cell):
    with pytest.raises(ValueError, match=r"."):
        units.parse_number(cell)


@given(st.floats(0, 1e6) | st.integers(0, 10**6))
def test_whole_millimetres(metres):
    assert abs(units.whole_millimetres(metres) - metres * 1000) <= 0.5 + 1e-6


@pytest.mark.parametrize(
    ("metres", "millimetres"),
    [(500.0004, 500_000), (500.0006, 500_001), (0.0005, 1), (0.00049, 0), (499.9996, 500_000)],
)
def test_millimetres_at_the_edge(metres, millimetres):
    assert units.whole_millimetres(metres) == millimetres


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (500, 3, "500"),
        (500.10, 3, "500.1"),
        (0.0004, 3, "0"),
        (-0.0004, 3, "0"),
        (-1.5, 3, "-1.5"),
        (1200, 0, "1200"),
        (29.7, 3, "29.7"),
        (0.12345, 3, "0.123"),
    ],
)
def test_shown(value, digits, shown):
    assert units.format_number(value, digits) == shown


@given(st.floats(-1e12, 1e12))
def test_shown_numbers_are_near_and_plain(value):
    shown = units.format_number(value)
    assert abs(float(shown) - value) <= 0.0005 + 1e-9 * abs(value)
    assert "e" not in shown
    assert not ("." in shown and shown.endswith(("0", ".")))


def test_every_unit_has_its_word():
    for lang in locale.LANGUAGES:
        for unit in units.UNITS:
            assert locale.text(f"unit.{unit}", lang)


def test_mu_and_hectare():
    assert math.isclose(15 * units.MU_M2, units.HECTARE_M2)


def test_a_raised_digit_is_no_digit():
    with pytest.raises(ValueError):
        units.parse_number("5²")


@pytest.mark.parametrize(
    ("value", "other", "digits", "said"),
    [
        (29.9906279, 30, 1, "29.99"),  # missed by a hair: not "30 where 30 is asked for: missed"
        (30.0, 30, 1, "30"),
        (29.92, 30, 1, "29.9"),
        (0.299906279, 0.3, 3, "0.2999"),
        (500.0004, 500, 3, "500.0004"),
        (-0.0000937, 0, 3, "-0.0001"),
        (1 / 3, None, 3, "0.333"),
        (30 - 1e-12, 30, 1, "30"),
    ],
)
def test_a_figure_reads_as_the_limit_only_where_it_is_it(value, other, digits, said):
    assert units.format_beside(value, other, digits) == said
