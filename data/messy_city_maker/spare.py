"""Files of candidate sites that cannot be used as they are: systems, datums, formats, sheets.

No finding rests on candidates, so that a repaired copy can leave such a file aside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
import xlsxwriter
from pyproj import Transformer

from facilityplan.crs import convert
from messy_city_maker.shapes import CRS, layer_of, write_layer
from messy_city_maker.tables import write_csv
from messy_city_maker.traps import Expected, Traps

COLUMNS: Final = {"id": "编号", "name": "名称"}


class Spare:
    """The files as they are made, and what project.toml says of them."""

    def __init__(self, clean: Path, out: Path, traps: Traps) -> None:
        self.out, self.traps = out, traps
        self.sources: list[dict[str, Any]] = []
        # Along roads, as what has an address is, and where no candidate stands yet.
        lines = layer_of(clean, "roads").geometry[::52].to_numpy()
        middles = shapely.line_interpolate_point(lines, 0.37, normalized=True)
        self.xy = shapely.get_coordinates(middles) + 4.0
        to_degrees = Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
        self.lonlat = np.column_stack(to_degrees.transform(*self.xy.T))

    def declare(self, path: str, trap: str, problem: str, /, **keys: Any) -> None:
        """Write down a source, and the problem that it is."""
        column = keys.pop("column", None)
        self.sources.append({"path": path, **keys, "columns": dict(COLUMNS)})
        sheet = keys.get("layer") or keys.get("sheet")
        self.traps.plant(trap, Expected(problem, "candidates", path, sheet, None, column))

    def table(self, path: str, x: Any, y: Any, count: int = 150) -> None:
        """Write points as a table."""
        stem = path.removesuffix(".csv").upper()
        rows = [
            [f"{stem}-{n:03d}", f"点{n}", f"{a:.7f}", f"{b:.7f}"]
            for n, (a, b) in enumerate(zip(x[:count], y[:count], strict=True))
        ]
        write_csv(self.out / path, ["编号", "名称", "X", "Y"], rows)


def datums(spare: Spare) -> None:
    """Plant datums that are not what is declared, or not declared at all."""
    lon, lat = spare.lonlat.T
    gcj, bd = (convert(lon, lat, "wgs84", name) for name in ("gcj02", "bd09"))
    xy: dict[str, Any] = {"x": "X", "y": "Y"}
    spare.table("bd09.csv", *bd)
    spare.declare(
        "bd09.csv", "百度坐标当作 GCJ-02", "error:crs_datum_contradicts", **xy, datum="gcj02"
    )
    spare.table("gcj02.csv", *gcj)
    spare.declare(
        "gcj02.csv", "火星坐标当作 WGS84", "error:crs_datum_contradicts", **xy, datum="wgs84"
    )
    spare.table("bare.csv", *bd)
    spare.declare("bare.csv", "百度坐标，什么也没说", "error:crs_missing_likely", **xy)
    spare.table("few.csv", lon, lat, 5)
    spare.declare("few.csv", "经纬度没有说明坐标系", "error:crs_missing", **xy)
    spare.table("mars.csv", *gcj, 8)
    spare.declare("mars.csv", "不认识的坐标名称", "error:crs_unknown_datum", **xy, datum="火星")
    spare.table("swapped.csv", lat, lon, 8)
    spare.declare(
        "swapped.csv", "经度纬度两列颠倒", "axes_swapped", **xy, datum="wgs84", column="X"
    )


def systems(spare: Spare) -> None:
    """Plant systems that are wrong, missing, or cannot be brought into the project's."""
    east, north = spare.xy.T
    lon, lat = spare.lonlat.T
    xy: dict[str, Any] = {"x": "X", "y": "Y"}
    for path, x, y, crs, problem, trap in (
        ("axes.csv", north, east, CRS, "crs_axes_swapped", "X 是北、Y 是东"),
        ("prefix.csv", east + 38e6, north, CRS, "crs_zone", "东坐标带 38 带号，声明的坐标系不带"),
        ("bare_zone.csv", east, north, "EPSG:4526", "crs_zone_without", "声明带带号，数值不带"),
        ("degrees.csv", lon, lat, CRS, "crs_degrees_as_metres", "度当作米"),
        ("metres.csv", east, north, "EPSG:4490", "crs_not_degrees", "米当作度"),
        ("unknown.csv", east, north, "EPSG:999999", "crs_unknown", "不存在的坐标系编号"),
        ("xian.csv", east, north, "EPSG:2383", "crs_no_shift", "西安 80 坐标没有转换参数"),
        ("beijing.csv", east, north, "EPSG:2435", "crs_no_shift", "北京 54 坐标没有转换参数"),
    ):
        spare.table(path, x, y, 8)
        spare.declare(path, trap, f"error:{problem}", **xy, crs=crs)
    frame = gpd.GeoDataFrame(
        {"编号": ["K1"], "名称": ["点"]}, geometry=[shapely.Point(spare.xy[0])], crs=CRS
    )
    write_layer(frame, spare.out / "stated.gpkg", "points")
    spare.declare(
        "stated.gpkg",
        "声明的坐标系与文件自带的矛盾",
        "error:crs_contradiction",
        layer="points",
        crs="EPSG:4526",
    )


def formats(spare: Spare) -> None:
    """Plant files that are missing, broken, or not what their names say."""
    out = spare.out
    spare.declare("missing.gpkg", "文件不存在", "error:file_not_found")
    (out / "virtual.geojson").write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="a"/></OGRVRTDataSource>', encoding="utf-8"
    )
    spare.declare("virtual.geojson", "名为 GeoJSON，其实是虚拟图层", "error:vector_not_taken")
    (out / "broken.geojson").write_text('{"type": "FeatureCollection", "feat', encoding="utf-8")
    spare.declare("broken.geojson", "GeoJSON 不完整", "error:source_unreadable")
    (out / "empty.csv").write_bytes(b"")
    spare.declare("empty.csv", "空文件", "error:source_empty", x="X", y="Y", datum="wgs84")
    (out / "torn.csv").write_bytes("编号,名称,X,Y\r\n".encode() + b"\xff\xfe\x80\x81,a,1,2\r\n")
    spare.declare("torn.csv", "文字编码损坏", "error:source_encoding", x="X", y="Y", datum="wgs84")
    whole = (out / "stated.gpkg").read_bytes()
    (out / "cut.gpkg").write_bytes(whole[: len(whole) // 2])
    spare.declare("cut.gpkg", "GeoPackage 被截断", "error:source_truncated")
    (out / "alone.shp").write_bytes(b"\x00\x00\x27\x0a" + bytes(96))
    spare.declare("alone.shp", "Shapefile 缺 dbf 和 shx", "error:shapefile_part_missing")
    spare.declare(
        "stated.gpkg", "GeoPackage 里没有这个图层", "error:vector_no_such_layer", layer="sites"
    )


def sheets(spare: Spare) -> None:
    """Plant tables whose headers or sheets leave open what is meant."""
    out = spare.out
    xy: dict[str, Any] = {"x": "X", "y": "Y", "datum": "wgs84"}
    head = ["编号", "名称", "X", "Y"]
    row = ["S1", "点", "113.6", "34.7"]
    write_csv(out / "double.csv", [*head, "名称"], [[*row, "又"]])
    spare.declare("double.csv", "两列同名", "error:table_header_duplicate", **xy)
    write_csv(out / "nameless.csv", ["编号", "", "X", "Y"], [row])
    spare.declare("nameless.csv", "有一列没有列名", "error:table_header_empty", **xy)
    with xlsxwriter.Workbook(str(out / "sheets.xlsx")) as book:
        for name in ("甲", "乙"):
            page = book.add_worksheet(name)
            page.write_row(0, 0, head)
            page.write_row(1, 0, row)
    spare.declare("sheets.xlsx", "两个工作表，没有说用哪一个", "error:table_which_sheet", **xy)
    spare.declare("sheets.xlsx", "没有这个工作表", "error:table_no_such_sheet", **xy, sheet="丙")


def make(clean: Path, out: Path, traps: Traps) -> list[dict[str, Any]]:
    """Write all of them and return what project.toml says of them."""
    spare = Spare(clean, out, traps)
    for plant in (datums, systems, formats, sheets):
        plant(spare)
    return spare.sources
