"""A city of a few rows whose run writes every output."""

import geopandas as gpd
import shapely

PROJECT = """\
[project]
name = "{name}"
standards = ["zhengzhou-2018-34"]
as_of = 2019-06-30
crs = "EPSG:4547"
[layers.residences]
path = "residences.csv"
x = "东"
y = "北"
crs = "EPSG:4547"
columns = {{ id = "编号", name = "名称", households = "户数", status = "状态" }}
constants = {{ setting = "urban" }}
[layers.facilities]
path = "facilities.csv"
x = "东"
y = "北"
crs = "EPSG:4547"
columns = {{ id = "编号", kind = "类型", status = "状态", floor_area_m2 = "面积" }}
[layers.roads]
path = "roads.gpkg"
"""


def city(folder, name):
    folder.mkdir()
    (folder / "project.toml").write_text(PROJECT.format(name=name), encoding="utf-8")
    rows = [f"R{n},{n}号院,{100 + n},{500_000 + 300 * n},3800000,已建" for n in range(8)]
    text = "\n".join(["编号,名称,户数,东,北,状态", *rows]) + "\n"
    (folder / "residences.csv").write_text(text, encoding="utf-8")
    text = "编号,类型,东,北,状态,面积\nF1,居家养老服务站点,500100,3800100,运营,200\n"
    (folder / "facilities.csv").write_text(text, encoding="utf-8")
    line = shapely.LineString([(499_000, 3_800_000), (510_000, 3_800_000)])
    gpd.GeoDataFrame({"n": [1]}, geometry=[line], crs=4547).to_file(folder / "roads.gpkg")
    return folder
