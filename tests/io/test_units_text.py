"""Figures as people write them."""

import math

import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.units import MU_M2, UNIT_WORDS, is_unit, read_quantity, says_unknown, unit_factor

READ = [
    ("4833户", "households", None, 4833, False),
    ("４８３３　户", "households", None, 4833, False),
    ("500余亩", "m2", None, 500 * MU_M2, True),
    ("约300㎡", "m2", None, 300, True),
    ("大约 300 平方米", "m2", None, 300, True),
    ("1.2万", "persons", None, 12_000, False),
    ("1.1万㎡", "m2", None, 11_000, False),
    ("12.5万平方米左右", "m2", None, 125_000, True),
    ("1万余人", "persons", None, 10_000, True),
    ("近五百", "persons", None, None, None),
    ("1,234.5㎡", "m2", None, 1234.5, False),
    ("３．５公顷", "m2", None, 35_000, False),
    ("2ha", "m2", None, 20_000, False),
    ("0.5km²", "m2", None, 500_000, False),
    ("120张", "beds", None, 120, False),
    ("120张床位", "beds", None, 120, False),
    ("500多张", "beds", None, 500, True),
    ("500(估)", "beds", None, 500, True),
    ("≈500", "beds", None, 500, True),
    ("96%", "indicator", None, 0.96, False),
    ("９６％", "indicator", None, 0.96, False),
    ("800万元", "yuan_10000", None, 800, False),
    ("1.2亿元", "yuan_10000", None, 12_000, False),
    ("120万", "yuan_10000", None, 120, False),
    ("5000元", "yuan_10000", None, 0.5, False),
    ("12", "m2", "公顷", 120_000, False),
    (12.0, "m2", "万㎡", 120_000, False),
    ("2公顷", "m2", "亩", 20_000, False),
    ("'500", "m2", None, 500, False),
    ("300-400", "m2", None, None, None),
    ("300~400户", "households", None, None, None),
    ("500以上", "persons", None, None, None),
    ("不足500", "persons", None, None, None),
    ("超过500人", "persons", None, None, None),
    ("无", "beds", None, None, None),
    ("约", "beds", None, None, None),
    ("500人", "households", None, None, None),
    ("500㎡", "beds", None, None, None),
    ("500户", None, None, None, None),
    ("2.5万", "m2", "万㎡", None, None),
    ("300㎡(含地下)", "m2", None, None, None),
    ("12 34", "m2", None, None, None),
    ("1,23", "m2", None, None, None),
    ("inf", "m2", None, None, None),
    ("五百", "beds", None, None, None),
    ("3+2", "beds", None, None, None),
    ("=1+1", "beds", None, None, None),
]


@pytest.mark.parametrize(("cell", "unit", "assumed", "value", "about"), READ)
def test_a_figure(cell, unit, assumed, value, about):
    if value is None:
        with pytest.raises(ValueError):
            read_quantity(cell, unit, assumed=assumed)
        return
    read = read_quantity(cell, unit, assumed=assumed)
    assert read.value == pytest.approx(value, rel=1e-12)
    assert read.approximate is about
    assert not read.unknown


@pytest.mark.parametrize(
    "cell",
    [
        "不详",
        " 不 详 ",
        "暂无资料",
        "—",
        "——",
        "-",
        "－",
        "/",
        "／",
        "N/A",
        "…",
        "未知",
        "待核实",
        "（不详）",
    ],
)
def test_unknown_is_no_number(cell):
    read = read_quantity(cell, "m2")
    assert math.isnan(read.value)
    assert read.unknown
    assert says_unknown(cell)


@pytest.mark.parametrize("cell", [None, "", "   ", math.nan])
def test_nothing_is_nothing(cell):
    read = read_quantity(cell, "m2")
    assert math.isnan(read.value)
    assert not read.unknown


@settings(max_examples=examples(200), deadline=None)
@given(
    number=st.integers(0, 10**9),
    unit=st.sampled_from(["户", "套", "", " 户"]),
    before=st.sampled_from(["", "约", "近", "大约"]),
    after=st.sampled_from(["", "左右"]),
    wide=st.booleans(),
)
def test_whatever_is_written_around_it_the_figure_is_the_same(number, unit, before, after, wide):
    digits = str(number)
    if wide:
        digits = digits.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    read = read_quantity(f"{before}{digits}{unit}{after}", "households")
    assert read.value == number
    assert read.approximate is bool(before or after)


@settings(max_examples=examples(300), deadline=None)
@given(cell=st.text(max_size=12), unit=st.sampled_from([None, *UNIT_WORDS]))
def test_any_text_is_read_or_refused(cell, unit):
    try:
        read = read_quantity(cell, unit)
    except ValueError:
        return
    assert math.isfinite(read.value) or math.isnan(read.value)


def test_units_of_area_agree_with_each_other():
    assert unit_factor("公顷", "m2") == pytest.approx(15 * unit_factor("亩", "m2"))
    assert unit_factor("平方公里", "m2") == 100 * unit_factor("公顷", "m2")
    assert unit_factor("万㎡", "m2") == unit_factor("公顷", "m2")
    assert is_unit("万平方米")
    assert not is_unit("小区")
