"""Headers to columns."""

import tomllib
from pathlib import Path

import pytest

from facilityplan.errors import SchemaError
from facilityplan.io import aliases
from facilityplan.io.aliases import (
    propose_columns,
    propose_coordinates,
    quantity_of,
    require_clear,
    split_header,
)
from facilityplan.io.sheets import read_messy_table
from facilityplan.layers import LAYERS
from facilityplan.units import UNIT_WORDS

ROOT = Path(__file__).resolve().parents[2]
WORDS = tomllib.loads((Path(aliases.__file__).with_suffix(".toml")).read_text(encoding="utf-8"))


def test_every_canonical_column_has_words_in_both_languages():
    for layer, contract in LAYERS.items():
        assert set(WORDS["layers"][layer]) == set(contract.columns), layer
        for column in contract.columns:
            names = WORDS["layers"][layer][column]["names"]
            assert any("\u4e00" <= sign <= "\u9fff" for name in names for sign in name), column
            # The canonical name is English and always counts.
            assert propose_columns([column], layer).columns[column].score == 1.0


def test_a_sure_word_stands_for_one_column_of_its_layer():
    for layer, columns in WORDS["layers"].items():
        sure = [name for said in columns.values() for name in said["names"]]
        assert len(sure) == len(set(sure)), layer


def test_every_figure_of_a_layer_has_a_unit():
    figures = {
        name
        for contract in LAYERS.values()
        for name, column in contract.columns.items()
        if column.content in {"number", "count"}
    }
    assert all(quantity_of(name) in UNIT_WORDS for name in figures)
    assert {name for name in figures if name.endswith("_m2")} == {
        name for name in figures if quantity_of(name) == "m2"
    }


@pytest.mark.parametrize(
    ("header", "levels", "unit", "several"),
    [
        ("用地面积（公顷）", ("用地面积",), "公顷", False),
        ("规模/用地面积（公顷）", ("规模", "用地面积"), "公顷", False),
        ("建筑面积\n（平方米）", ("建筑面积",), "平方米", False),
        ("面积(单位：亩)", ("面积",), "亩", False),
        ("建筑面积 ㎡", ("建筑面积",), "m2", False),
        ("建筑面积㎡", ("建筑面积",), "m2", False),
        ("总户数/户", ("总户数",), "户", False),
        ("床位数【张】", ("床位数",), "张", False),
        ("用地面积(公顷/亩/㎡)", ("用地面积",), None, True),
        ("建筑面积(地上)", ("建筑面积(地上)",), None, False),
        ("户（套）数", ("户(套)数",), None, False),
        ("1、床位数（张）", ("床位数",), "张", False),
        ("小区", ("小区",), None, False),
    ],
)
def test_a_header_taken_apart(header, levels, unit, several):
    found = split_header(header)
    assert (found.levels, found.unit, found.several_units) == (levels, unit, several)


def test_a_survey_of_estates():
    headers = ["序号", "街道", "小区名称", "规模/户数（户）", "规模/住宅建筑面积（万㎡）", "建成时间",
               "位置/经度", "位置/纬度", "备注"]  # fmt: skip
    found = propose_columns(headers, "residences")
    assert {name: match.header for name, match in found.columns.items()} == {
        "id": "序号",
        "zone": "街道",
        "name": "小区名称",
        "households": "规模/户数（户）",
        "dwelling_area_m2": "规模/住宅建筑面积（万㎡）",
        "completed": "建成时间",
    }
    assert found.columns["households"].unit == "户"
    assert (
        found.columns["name"].score > found.columns["households"].score > found.columns["id"].score
    )
    assert found.unused == ("位置/经度", "位置/纬度", "备注")
    assert propose_coordinates(headers) == ("位置/经度", "位置/纬度")


def test_what_is_ambiguous_is_refused_with_the_candidates():
    found = propose_columns(["编号", "户数", "总户数"], "residences")
    assert found.ambiguous == {"households": ("户数", "总户数")}
    assert "households" not in found.columns
    with pytest.raises(SchemaError) as caught:
        require_clear(found, file="a.csv", layer="residences")
    assert caught.value.message == "columns_ambiguous"
    for lang in ("zh", "en"):
        assert "户数、总户数" in caught.value.render(lang)
    area = propose_columns(["编号", "类型", "面积（㎡）"], "facilities")
    assert set(area.ambiguous) == {"floor_area_m2", "land_area_m2"}
    assert require_clear(propose_columns(["编号", "户数"], "residences"), file="a", layer="b")


def test_a_better_header_settles_it():
    found = propose_columns(["编号", "类型", "面积", "用地面积", "建筑面积"], "facilities")
    assert found.columns["floor_area_m2"].header == "建筑面积"
    assert found.columns["land_area_m2"].header == "用地面积"
    assert not found.ambiguous


def test_nothing_depends_on_the_order_of_columns():
    headers = ["编号", "名称", "类型", "运营情况", "床位（张）", "面积", "建筑面积"]
    assert propose_columns(headers, "facilities").columns == (
        propose_columns(headers[::-1], "facilities").columns
    )


def test_no_header_stands_for_two_columns():
    for layer in LAYERS:
        headers = [name for said in WORDS["layers"][layer].values() for name in said["names"][:1]]
        used = [match.header for match in propose_columns(headers, layer).columns.values()]
        assert len(used) == len(set(used))


def test_the_sample_city_is_found_as_its_project_says():
    config = tomllib.loads((ROOT / "data/sample_city/project.toml").read_text(encoding="utf-8"))
    for layer, said in config["layers"].items():
        for source in said if isinstance(said, list) else [said]:
            columns = source["columns"]
            found = propose_columns(list(columns.values()), layer)
            assert {name: match.header for name, match in found.columns.items()} == columns


def test_traditional_characters(shared):
    characters = WORDS["characters"]
    assert len(characters["traditional"]) == len(characters["simplified"])
    table = read_messy_table(shared / "taipei" / "nursing_homes.csv")
    found = propose_columns(list(table.frame.columns), "facilities")
    assert {name: match.header for name, match in found.columns.items()} == {
        "id": "序號", "name": "機構名稱", "beds": "開放床數",
    }  # fmt: skip
    assert propose_coordinates(list(table.frame.columns)) == ("lon", "lat")


def test_the_census(shared):
    table = read_messy_table(shared / "census2020" / "census2020_counties.csv")
    found = propose_columns(list(table.frame.columns), "zones")
    assert {name: match.header for name, match in found.columns.items()} == {
        "id": "区划代码", "name": "区县", "population": "常住人口", "households": "家庭户数",
        "elders_60": "60岁及以上",
    }  # fmt: skip
    assert not table.readings
