"""Saves the sample city the way a bureau would have it: GeoPackage, workbook, CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
import xlsxwriter
from pyproj import Transformer

from facilityplan.crs import convert
from sample_city_maker import ground, names
from sample_city_maker.city import SampleCity
from sample_city_maker.ground import Floats
from sample_city_maker.streets import Road

MADE_ON: Final = "2026-06-30T00:00:00.000Z"
ESTATE_HEADERS: Final = (
    "编号",
    "小区名称",
    "所属社区",
    "建设状态",
    "户数",
    "人口",
    "老年人口",
    "竣工日期",
    "规划许可日期",
)
FACILITY_HEADERS: Final = (
    "编号",
    "设施名称",
    "设施类型",
    "运营状态",
    "经度",
    "纬度",
    "建筑面积",
    "床位数",
    "服务小区",
    "面向社区",
    "运营方式",
    "启用日期",
    "护理型床位数",
    "新增床位数",
    "新增年份",
    "入住人数",
    "医疗服务",
)
STATUS_WORDS: Final = {"operating": "运营", "planned": "规划", "closed": "停业"}
PROJECT: Final = """\
# 示范市（虚构）：供演示和测试的样例项目。 Sample City is made up; a project to try things on.

[project]
name = "示范市"
standards = ["shifan-2026-1"]
as_of = 2026-06-30
horizon = 2030
crs = "EPSG:4547"

[project.named_areas]
central_city = ["999901", "999902"]
pilot_street = ["999901001"]

[layers.zones]
path = "city.gpkg"
layer = "zones"
[layers.zones.columns]
id = "区划代码"
name = "名称"
level = "层级"
setting = "城乡"
parent = "上级代码"
population = "常住人口"
households = "总户数"
elders_60 = "60岁以上"
elders_65 = "65岁以上"
supported_persons = "特困人员"

[[layers.residences]]
path = "city.gpkg"
layer = "estates"
attributes = "estates.xlsx"
key = "编号"
constants = { setting = "urban" }
[layers.residences.columns]
id = "编号"
name = "小区名称"
zone = "所属社区"
status = "建设状态"
households = "户数"
population = "人口"
elders = "老年人口"
completed = "竣工日期"
approved = "规划许可日期"

[[layers.residences]]
path = "city.gpkg"
layer = "villages"
constants = { setting = "rural", status = "existing" }
[layers.residences.columns]
id = "编号"
name = "村庄名称"
zone = "所属行政村"
households = "户数"
population = "人口"
elders = "老年人口"

[layers.facilities]
path = "facilities.csv"
x = "经度"
y = "纬度"
datum = "gcj02"
[layers.facilities.columns]
id = "编号"
name = "设施名称"
kind = "设施类型"
status = "运营状态"
floor_area_m2 = "建筑面积"
beds = "床位数"
serves = "服务小区"
serves_community = "面向社区"
operator = "运营方式"
opened = "启用日期"
nursing_beds = "护理型床位数"
beds_added = "新增床位数"
beds_added_year = "新增年份"
residents = "入住人数"
medical_care = "医疗服务"

[layers.candidates]
path = "city.gpkg"
layer = "candidates"
[layers.candidates.columns]
id = "编号"
name = "名称"
kind = "类型"
max_floor_area_m2 = "可用建筑面积"
cost = "改造费用"
available_from = "可用年份"

[layers.parcels]
path = "city.gpkg"
layer = "parcels"
[layers.parcels.columns]
id = "编号"
name = "名称"
use = "用地代码"
area_m2 = "用地面积"

[layers.roads]
path = "city.gpkg"
layer = "roads"
[layers.roads.columns]
name = "名称"
class = "等级"
bridge = "桥梁"
tunnel = "隧道"
oneway = "单行"

[[layers.barriers]]
path = "city.gpkg"
layer = "water"
[layers.barriers.columns]
name = "名称"
kind = "类别"

[[layers.barriers]]
path = "city.gpkg"
layer = "railway"
[layers.barriers.columns]
name = "名称"
kind = "类别"

[layers.indicators]
path = "indicators.csv"
[layers.indicators.columns]
indicator = "指标"
zone = "地区"
year = "年份"
value = "数值"
source = "来源"

[layers.milestones]
path = "milestones.csv"
[layers.milestones.columns]
milestone = "事项"
name = "项目名称"
stage = "阶段"
done = "完成日期"
quantity = "完成数量"
source = "来源"

[layers.deliveries]
path = "deliveries.csv"
[layers.deliveries.columns]
residence = "小区编号"
stage = "环节"
dwellings = "住宅日期"
premises = "设施日期"
document = "文件"

[layers.register]
path = "register.csv"
[layers.register.columns]
residence = "小区编号"
built = "是否建成"
handed_over = "是否移交"
use = "现状用途"
filled_by = "填报人"

[layers.clocks]
path = "clocks.csv"
[layers.clocks.columns]
facility = "设施编号"
clock = "事项"
started = "起算日期"

[layers.subsidy_facts]
path = "subsidy_facts.csv"
[layers.subsidy_facts.columns]
facility = "设施编号"
up_to_standard = "是否符合标准"

[siting]
weight = "households"
facility_kind = "home_care_station"

[siting.stages]
2027 = 10
2028 = 25
2030 = 50
"""


def gcj02_text(xy: Floats) -> list[tuple[str, str]]:
    """Return longitude and latitude in GCJ-02 with nine decimals, as the file has them."""
    lonlat = Transformer.from_crs(ground.CRS, "EPSG:4490", always_xy=True).transform(*xy.T)
    lon, lat = convert(np.asarray(lonlat[0]), np.asarray(lonlat[1]), "cgcs2000", "gcj02")
    return [(f"{x:.9f}", f"{y:.9f}") for x, y in zip(lon, lat, strict=True)]


def read_back(texts: list[tuple[str, str]]) -> Floats:
    """Return map coordinates of such text, the way a reader of the file gets them."""
    given = np.asarray(texts, dtype=np.float64)
    lon, lat = convert(given[:, 0].copy(), given[:, 1].copy(), "gcj02", "cgcs2000")
    to_map = Transformer.from_crs("EPSG:4490", ground.CRS, always_xy=True)
    return np.column_stack(to_map.transform(lon, lat))


def _frame(columns: dict[str, list[Any]], geometry: list[Any]) -> gpd.GeoDataFrame:
    typed = {
        name: pd.array(cells, dtype="Int64") if _is_whole(cells) else pd.Series(cells, dtype=object)
        for name, cells in columns.items()
    }
    return gpd.GeoDataFrame(typed, geometry=geometry, crs=ground.CRS)


def _is_whole(cells: list[Any]) -> bool:
    return all(cell is None or isinstance(cell, int) for cell in cells)


def _zones(city: SampleCity) -> gpd.GeoDataFrame:
    return _frame(
        {
            "区划代码": [z.id for z in city.zones],
            "名称": [z.name for z in city.zones],
            "层级": [z.level for z in city.zones],
            "城乡": [z.setting or None for z in city.zones],
            "上级代码": [z.parent or None for z in city.zones],
            "常住人口": [z.population for z in city.zones],
            "总户数": [z.households for z in city.zones],
            "60岁以上": [z.elders_60 for z in city.zones],
            "65岁以上": [z.elders_65 for z in city.zones],
            "特困人员": [city.ledgers.supported.get(z.id) for z in city.zones],
        },
        [z.geometry for z in city.zones],
    )


def _residences(city: SampleCity) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    estates = _frame(
        {"编号": [h.id for h in city.estates], "小区名称": [h.name for h in city.estates]},
        [h.geometry for h in city.estates],
    )
    villages = _frame(
        {
            "编号": [h.id for h in city.villages],
            "村庄名称": [h.name for h in city.villages],
            "所属行政村": [city.cell_ids[h.cell] for h in city.villages],
            "户数": [h.households for h in city.villages],
            "人口": [h.population for h in city.villages],
            "老年人口": [h.elders for h in city.villages],
        },
        [h.geometry for h in city.villages],
    )
    return estates, villages


def _line_of(road: Road) -> str:
    is_small = road.road_class == "residential" and (road.line[-1:] in {"1", "4", "7"})
    return "" if is_small or not road.line else road.line


def _roads(roads: list[Road]) -> gpd.GeoDataFrame:
    lines = sorted({_line_of(road) for road in roads} - {""})
    called = names.roads(lines)
    return _frame(
        {
            "名称": [called.get(_line_of(road)) for road in roads],
            "等级": [road.road_class for road in roads],
            "桥梁": ["是" if road.bridge else "否" for road in roads],
            "隧道": ["是" if road.tunnel else "否" for road in roads],
            "单行": ["是" if road.oneway else "否" for road in roads],
        },
        [road.geometry for road in roads],
    )


def _sites(city: SampleCity) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    candidates = _frame(
        {
            "编号": [c.id for c in city.candidates],
            "名称": [c.name for c in city.candidates],
            "类型": [c.kind for c in city.candidates],
            "可用建筑面积": [c.max_floor_area_m2 for c in city.candidates],
            "改造费用": [c.cost for c in city.candidates],
            "可用年份": [c.available_from for c in city.candidates],
        },
        [shapely.points(c.xy) for c in city.candidates],
    )
    parcels = _frame(
        {
            "编号": [p.id for p in city.parcels],
            "名称": [p.name for p in city.parcels],
            "用地代码": [p.use for p in city.parcels],
            "用地面积": [p.area_m2 for p in city.parcels],
        },
        [p.geometry for p in city.parcels],
    )
    candidates["改造费用"] = candidates["改造费用"].astype("float64")
    parcels["用地面积"] = parcels["用地面积"].astype("float64")
    return candidates, parcels


def write_geopackage(city: SampleCity, path: Path) -> None:
    """Write the layers into one GeoPackage, the same bytes every time."""
    estates, villages = _residences(city)
    candidates, parcels = _sites(city)
    water = _frame({"名称": [names.RIVER], "类别": ["河流"]}, [city.river])
    railway = _frame({"名称": [names.RAILWAY], "类别": ["铁路"]}, [city.railway])
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": MADE_ON})
    try:
        for name, frame in (
            ("zones", _zones(city)),
            ("estates", estates),
            ("villages", villages),
            ("roads", _roads(city.roads)),
            ("water", water),
            ("railway", railway),
            ("candidates", candidates),
            ("parcels", parcels),
        ):
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=path.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def write_estates(city: SampleCity, path: Path) -> None:
    """Write the register of estates as a workbook of one sheet."""
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": "小区台账", "created": dt.datetime(2026, 6, 30)})  # noqa: DTZ001 - a workbook's times have no zone
        sheet = book.add_worksheet("小区台账")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ESTATE_HEADERS, book.add_format({"bold": True}))
        sheet.set_column(1, 2, 18)
        sheet.set_column(7, 8, 12)
        for row, home in enumerate(city.estates, start=1):
            sheet.write_string(row, 0, home.id)
            sheet.write_string(row, 1, home.name)
            sheet.write_string(row, 2, city.cell_ids[home.cell])
            sheet.write_string(row, 3, "新建" if home.is_new else "已建")
            for column, count in enumerate((home.households, home.population, home.elders), 4):
                if count is not None:
                    sheet.write_number(row, column, count)
            if home.completed is not None:
                sheet.write_datetime(row, 7, home.completed, day)
            approved = city.ledgers.approved.get(home.id)
            if approved is not None:
                sheet.write_datetime(row, 8, approved, day)


def write_facilities(city: SampleCity, path: Path) -> None:
    """Write the register of facilities as CSV with a byte order mark."""
    places = gcj02_text(np.asarray([f.xy for f in city.facilities]))
    flags = {True: "是", False: "否", None: ""}
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(FACILITY_HEADERS)
    for facility, (lon, lat) in zip(city.facilities, places, strict=True):
        more = city.ledgers.figures[facility.id]
        writer.writerow(
            [
                facility.id,
                facility.name,
                names.KIND_WORDS.get(facility.kind, ""),
                STATUS_WORDS[facility.status],
                lon,
                lat,
                facility.floor_area_m2,
                facility.beds,
                ";".join(facility.serves),
                flags[facility.serves_community],
                facility.operator,
                facility.opened,
                more.nursing_beds,
                more.beds_added,
                more.beds_added_year,
                more.residents,
                flags[more.medical_care],
            ]
        )
    path.write_bytes(buffer.getvalue().encode("utf-8-sig"))


def write_tables(city: SampleCity, folder: Path) -> None:
    """Write the plain tables as CSV with a byte order mark."""
    for name, (headers, rows) in city.ledgers.tables.items():
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\r\n")
        writer.writerow(headers)
        writer.writerows(rows)
        (folder / name).write_bytes(buffer.getvalue().encode("utf-8-sig"))


def write(city: SampleCity, planted: dict[str, Any], folder: Path) -> None:
    """Write all files of the sample city into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_geopackage(city, folder / "city.gpkg")
    write_estates(city, folder / "estates.xlsx")
    write_facilities(city, folder / "facilities.csv")
    write_tables(city, folder)
    (folder / "project.toml").write_bytes(PROJECT.encode())
    text = json.dumps(planted, ensure_ascii=False, indent=1) + "\n"
    (folder / "planted.json").write_bytes(text.encode())
