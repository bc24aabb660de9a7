"""Columns joined from Excel are shown with the rows of Excel; geometries with those of the layer."""

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely

TOML = """\
[project]
name = "小城"
standards = ["zhengzhou-2018-34"]
as_of = 2019-06-30
crs = "EPSG:4547"
[layers.residences]
path = "estates.gpkg"
attributes = "estates.xlsx"
key = "编号"
constants = { setting = "urban" }
[layers.residences.columns]
id = "编号"
name = "名称"
zone = "社区"
households = "户数"
status = "状态"
[layers.zones]
path = "zones.gpkg"
columns = { id = "代码", name = "名称", level = "层级", parent = "上级" }
"""
HEADER = ["编号", "名称", "户数", "状态", "社区"]
ROWS = [[f"R{i}", f"{i}号院", 100 * i, "已建", "Z1"] for i in range(1, 5)]
HERE = "EPSG:4547"


def square(x, y=3800000, half=40):
    return shapely.box(x - half, y - half, x + half, y + half)


@pytest.fixture
def joined(make):
    """Return what makes a project of GeoPackages and a workbook; shapes lie in another order."""

    def build(change=None, *, ids=("R4", "R3", "R2", "R1"), shapes=None, crs=HERE, parent="Z2"):
        folder = make(toml=TOML)
        drawn = shapes or [square(500000 + 200 * n) for n in range(len(ids))]
        estates = gpd.GeoDataFrame({"编号": list(ids)}, geometry=drawn, crs=crs)
        estates.to_file(folder / "estates.gpkg")
        area = shapely.box(490000, 3790000, 510000, 3810000)
        gpd.GeoDataFrame(
            {
                "代码": ["Z1", "Z2"],
                "名称": ["一社区", "一街道"],
                "层级": ["社区", "街道"],
                "上级": [parent, None],
            },
            geometry=[area, area],
            crs=HERE,
        ).to_file(folder / "zones.gpkg")
        book = openpyxl.Workbook()
        cells = [list(row) for row in ROWS]
        if change is not None:
            row, column, value = change
            cells[row - 2][HEADER.index(column)] = value
        for row in [HEADER, *cells]:
            book.active.append(row)
        book.save(folder / "estates.xlsx")
        return folder

    return build


def test_the_project_itself_runs(joined, run):
    assert (run(joined()) / "manifest.json").is_file()


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (3, "户数", -200),
        (4, "户数", "三百"),
        (5, "状态", "旧"),
        (3, "社区", "Z9"),
        (5, "编号", "R77"),
        (2, "编号", None),
    ],
)
def test_rows_of_excel(joined, refused, rows, row, column, value):
    found = str(value) if value is not None else column
    refused(joined((row, column, value)), 3, "estates.xlsx", column, found, rows(row))


def test_a_key_twice_in_the_workbook(joined, refused, rows):
    refused(joined((4, "编号", "R1")), 3, "estates.xlsx", "编号", "R1", rows(2, 4))


def test_an_id_twice_in_the_layer(joined, refused, rows):
    refused(joined(ids=("R1", "R2", "R2", "R3")), 3, "estates.gpkg", "编号", "R2", rows(2, 3))


def test_unknown_parent(joined, refused, rows):
    refused(joined(parent="Z7"), 3, "zones.gpkg", "上级", "Z7", rows(1))


def test_an_area_of_a_zone_and_its_own_part(joined, refused, run):
    folder = joined()
    path = folder / "project.toml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(f'{whole}[project.named_areas]\nold_town = ["Z1", "Z2"]\n', encoding="utf-8")
    refused(folder, 3, "project.toml", "old_town", "Z1", "Z2")
    path.write_text(f'{whole}[project.named_areas]\nold_town = ["Z1"]\n', encoding="utf-8")
    assert (run(folder) / "manifest.json").is_file()


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_file_without_crs(joined, refused):
    refused(joined(crs=None), 3, "estates.gpkg", "residences", "EPSG:4547")


def test_degrees_where_metres_are_said(joined, refused):
    shapes = [square(114.0 + n / 100, 34.3, 0.001) for n in range(4)]
    refused(joined(shapes=shapes), 3, "estates.gpkg", "residences", "EPSG:4547")


BOWTIE = shapely.Polygon([(0, 0), (80, 80), (80, 0), (0, 80)])


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (shapely.transform(BOWTIE, lambda xy: xy + np.array([500000, 3800000])), "QGIS"),
        (shapely.LineString([(500000, 3800000), (500100, 3800000)]), "LineString"),
        (shapely.Polygon(), "residences"),
    ],
    ids=["crosses itself", "line", "empty"],
)
def test_shapes(joined, refused, rows, shape, said):
    shapes = [square(500000), square(500200), shape, square(500600)]
    refused(joined(shapes=shapes), 3, "estates.gpkg", said, rows(3))
