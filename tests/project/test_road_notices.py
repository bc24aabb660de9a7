"""A piece of road that nothing connects and a far estate: named in all that a run gives out."""

import json

import geopandas as gpd
import openpyxl
import pytest
import shapely

HERE = "EPSG:4547"
LAYER = '[layers.roads]\npath = "roads.gpkg"\ncolumns = { class = "kind" }\n'
ROADS = {
    "residential": shapely.LineString([(499000, 3800010), (501000, 3800010)]),
    "service": shapely.LineString([(502900, 3800010), (503100, 3800010)]),
    "trunk": shapely.LineString([(501000, 3800010), (502900, 3800010)]),
    "motorway": shapely.LineString([(499000, 3805000), (500000, 3805000)]),
}
LONELY, FAR = ("四号院", "R4"), ("五号院", "R5")


@pytest.fixture
def out(make, run):
    folder = make(more=LAYER)
    roads = gpd.GeoDataFrame({"kind": list(ROADS)}, geometry=list(ROADS.values()), crs=HERE)
    roads.to_file(folder / "roads.gpkg")
    return lambda lang: run(folder, "--lang", lang)


def test_the_documents_name_them(out):
    notices = json.loads((out("zh") / "findings.json").read_text(encoding="utf-8"))["notices"]
    told = {notice["id"]: notice for notice in notices}
    assert told["roads_in_pieces"]["parameters"]["residences"] == 1
    for name, (residence, number) in (
        ("residences_on_small_pieces", LONELY),
        ("off_network", FAR),
    ):
        assert (told[name]["names"], told[name]["ids"]) == ([residence], [number])
    assert told["facilities_off_network"]["names"] == ["一站"]
    assert told["roads_footways_unknown"]["parameters"]["length_km"] == 1.9
    assert told["roads_not_walkable"]["ids"] == ["motorway"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_line_and_the_workbook_name_them(out, capsys, lang):
    folder = out(lang)
    said = capsys.readouterr().err
    book = openpyxl.load_workbook(folder / "findings.xlsx", read_only=True)
    sheet = book[{"zh": "数据提示", "en": "Notices"}[lang]]
    rows = [tuple(row) for row in sheet.iter_rows(values_only=True)]
    for name, number in (LONELY, FAR):
        assert f"{name} ({number})" in said
        assert [row[1:3] for row in rows].count((number, name)) == 1
    assert "trunk = true" in said
    assert any("trunk = true" in row[0] for row in rows)
