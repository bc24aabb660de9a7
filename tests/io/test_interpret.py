"""Columns as people fill them."""

import datetime as dt

import pytest

from facilityplan.errors import BadValueError, SchemaError
from facilityplan.io.interpret import CellPlace, interpret_cells
from facilityplan.units import MU_M2


def read(cells, name, header, layer="facilities", **more):
    place = CellPlace("表.xlsx", header, list(range(2, len(cells) + 2)), **more)
    return interpret_cells(cells, name, layer=layer, place=place)


def said(readings):
    return {reading.message: reading.rows for reading in readings}


def test_plain_cells_stay_as_they_are():
    cells = [1.0, 2.5, None]
    assert read(cells, "floor_area_m2", "建筑面积") == (cells, [])
    assert read(["a", None], "name", "名称") == (["a", None], [])


def test_units_of_header_and_cell():
    cells, readings = read([1.0, "2", "3亩", "400㎡", None], "land_area_m2", "用地面积（公顷）")
    assert cells == [10_000, 20_000, pytest.approx(3 * MU_M2), 400, None]
    assert said(readings) == {"unit_of_header": (), "unit_of_cell": (4,)}


def test_mixed_units_in_one_column(refused):
    cells, _ = read(["3亩", "400㎡", "0.5公顷"], "land_area_m2", "用地面积")
    assert cells == [pytest.approx(2000), 400, 5000]
    with pytest.raises(BadValueError) as caught:
        read(["3亩", "400", 500.0], "land_area_m2", "用地面积")
    refused(caught, "figure_without_unit")
    assert caught.value.rows == (3, 4)
    with pytest.raises(BadValueError) as caught:
        read([400.0], "land_area_m2", "用地面积（公顷/亩）")
    refused(caught, "figure_without_unit")


def test_a_unit_above_the_table_goes_for_what_it_fits():
    assert read([3.0], "land_area_m2", "用地面积", unit_above="亩")[0] == [pytest.approx(2000)]
    assert read([3.0], "beds", "床位数", unit_above="亩") == ([3.0], [])
    assert read(["3㎡"], "land_area_m2", "用地面积", unit_above="亩")[0] == [3]


def test_about_and_unknown_are_said():
    cells, readings = read(["约300张", "500余", "不详", "—", None, 7.0], "beds", "床位数")
    assert cells == [300, 500, None, None, None, 7]
    assert said(readings) == {"approximate": (2, 3), "unknown": (4, 5)}


def test_other_text_is_an_error_with_row_and_value(refused):
    with pytest.raises(BadValueError) as caught:
        read([1.0, "很多", "300-400"], "beds", "床位数")
    refused(caught, "figure_text")
    assert caught.value.rows == (3, 4)
    for lang, listed in (("zh", "很多、300-400"), ("en", "很多, 300-400")):
        assert listed in caught.value.render(lang)
        assert "表.xlsx" in caught.value.render(lang)


def test_a_header_with_the_unit_of_something_else(refused):
    with pytest.raises(SchemaError) as caught:
        read([1.0], "beds", "建筑面积（㎡）")
    refused(caught, "header_unit_other")


def test_a_figure_merged_over_rows_is_nobodys(refused):
    with pytest.raises(BadValueError) as caught:
        read([300.0, 300.0], "households", "户数", layer="residences", merged=(3,))
    refused(caught, "figure_merged")
    assert read(["甲", "甲"], "zone", "街道", layer="residences", merged=(3,))[0] == ["甲", "甲"]


def test_dates():
    cells, readings = read(
        ["2026年6月", 46203.0, "不详", "2015年", "2026.6.30"], "opened", "启用时间"
    )
    day = dt.date(2026, 6, 30)
    assert cells == [day, day, None, dt.date(2015, 12, 31), day]
    assert said(readings) == {
        "date_month": (2,), "date_serial": (3,), "unknown": (4,), "date_year": (5,),
    }  # fmt: skip
    assert read([2015.0], "opened", "启用年份")[0] == [dt.date(2015, 12, 31)]
    with pytest.raises(BadValueError) as caught:
        read([2015.0], "opened", "启用时间")
    assert caught.value.message == "date_text"


def test_words_for_nothing_in_choices_and_flags():
    cells, readings = read(["运营", "—", "不详"], "status", "运营状态")
    assert cells == ["运营", None, None]
    assert said(readings) == {"unknown": (3, 4)}


def test_shares_and_percent(refused):
    assert read([96.0, 0.5], "value", "数值（%）", layer="indicators")[0] == [0.96, 0.005]
    assert read(["96%", "97％"], "value", "数值", layer="indicators")[0] == [0.96, 0.97]
    with pytest.raises(BadValueError):
        read(["96%", 97.0], "value", "数值", layer="indicators")
    assert read(["1200张"], "value", "数值", layer="indicators")[0] == [1200]
    with pytest.raises(BadValueError) as caught:
        read([0.96, 0.97], "value", "数值（%）", layer="indicators")
    refused(caught, "figure_percent")
