"""Layers with geometries: zones, estates, parcels, candidates, roads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from messy_city_maker.traps import Expected, Traps

MADE_ON: Final = "2026-06-30T00:00:00.000Z"
CRS: Final = "EPSG:4547"


def layer_of(clean: Path, name: str) -> gpd.GeoDataFrame:
    """Return a layer of the sample city."""
    return pyogrio.read_dataframe(clean / "city.gpkg", layer=name)


def write_layer(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    """Write one layer, the same bytes every time."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": MADE_ON})
    try:
        pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", geometry_type="Unknown")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def twice(shape: Any, at: int = 0) -> Any:
    """Return a polygon one of whose vertices stands twice."""
    xy = shapely.get_coordinates(shape.exterior)
    return shapely.polygons(np.insert(xy, at, xy[at], axis=0) if at else np.vstack([xy[:1], xy]))


def spiked(shape: Any) -> Any:
    """Return a polygon with a needle without width that leads out of a vertex and back."""
    xy = shapely.get_coordinates(shape.exterior)
    inner = shape.representative_point()
    tip = xy[1] + 0.25 * (np.array([inner.x, inner.y]) - xy[1])
    return shapely.polygons(np.vstack([xy[:2], tip[None], xy[1:]]))


def pierced(shape: Any, side_m: float = 2.0) -> Any:
    """Return a polygon with a little hole near its first vertex."""
    xy = shapely.get_coordinates(shape.exterior)
    inner = shape.representative_point()
    x, y = xy[1] + 0.3 * (np.array([inner.x, inner.y]) - xy[1])
    hole = shapely.box(x, y, x + side_m, y + side_m)
    return shapely.polygons(shape.exterior, holes=[hole.exterior])


def collected(shape: Any) -> Any:
    """Return a polygon in a collection of one."""
    return shapely.geometrycollections([shape])


def bow_tie(x: float, y: float, side_m: float = 20.0) -> Any:
    """Return a polygon that crosses itself."""
    corners = [(x, y), (x + side_m, y + side_m), (x + side_m, y), (x, y + side_m)]
    return shapely.polygons([*corners, corners[0]])


def appended(frame: gpd.GeoDataFrame, shape: Any, **cells: Any) -> gpd.GeoDataFrame:
    """Return a frame with one row more; what is not given is empty."""
    row = {name: [cells.get(name)] for name in frame.columns if name != "geometry"}
    more = gpd.GeoDataFrame(row, geometry=[shape], crs=frame.crs).astype(dict.fromkeys(row, object))
    both = pd.concat([frame.astype(dict.fromkeys(row, object)), more], ignore_index=True)
    made = gpd.GeoDataFrame(both, geometry="geometry", crs=frame.crs)
    for name in row:
        kind = frame[name].dtype
        if pd.api.types.is_integer_dtype(kind) or pd.api.types.is_float_dtype(kind):
            made[name] = pd.to_numeric(made[name]).astype("Float64")
    return made


def zones(clean: Path, out: Path, traps: Traps) -> None:
    """Write the zones."""
    frame = layer_of(clean, "zones")
    file, sheet = "zones.gpkg", "zones"

    def at(row: int, problem: str, column: str | None = None) -> Expected:
        return Expected(problem, "zones", file, sheet, row + 1, column)

    communities = frame.index[frame["层级"] == "社区"].tolist()
    a, b, c, d, e = (communities[n] for n in (3, 9, 15, 21, 27))
    for row, change, problem, trap in (
        (a, twice, "repeated_points", "区划边界有重复点"),
        (b, spiked, "geometry_invalid", "区划边界有毛刺"),
        (c, collected, "geometry_type", "区划存成几何集合"),
        (d, pierced, "small_hole", "区划里有 4 平方米的小洞"),
    ):
        frame.loc[row, "geometry"] = change(frame.geometry[row])
        traps.plant(trap, at(row, problem))
    frame.loc[e, "层级"] = "社 区"
    traps.plant("层级写成“社 区”", at(e, "unknown_word", "层级"))
    for row, name, value, problem, trap in (
        (5, "户籍人口", -4200.0, "negative", "户籍人口为负"),
        (6, "户籍人口", 3100.5, "fractional", "户籍人口有小数"),
        (8, "户籍老年人口", 99999.0, "part_exceeds_whole", "户籍老年人口多于户籍人口"),
        (10, "80岁以上", 99998.0, "part_exceeds_whole", "80 岁以上多于 65 岁以上"),
    ):
        if name not in frame:
            frame[name] = np.nan
        frame.loc[row, name] = value
        traps.plant(trap, at(row, problem, name))
    frame.loc[8, "户籍人口"] = 5000.0
    _gap_and_overlap(frame, communities, at, traps)
    last = len(frame)
    whole = frame.iloc[a]
    cells = {name: whole[name] for name in frame.columns if name != "geometry"}
    frame = appended(frame, whole.geometry, **cells)
    traps.plant("一个社区出现两次，完全相同", at(last, "duplicate_row"))
    frame = appended(frame, None)
    traps.plant("区划图层里有一条空记录", at(last + 1, "empty_row"))
    write_layer(frame, out / file, sheet)


def _gap_and_overlap(
    frame: gpd.GeoDataFrame, communities: list[int], at: Any, traps: Traps
) -> None:
    """Move a boundary where nobody lives: one community loses a piece, one takes a neighbour's."""
    by_id = dict(zip(frame["区划代码"], frame.index, strict=True))
    row, _, square = _border(frame, communities[33:], communities)
    frame.loc[row, "geometry"] = frame.geometry[row].difference(square)
    town = by_id[frame["上级代码"][row]]
    traps.plant("社区之间有空隙", at(town, "zones_gap"))
    row, other, square = _border(frame, communities[45:], communities)
    piece = frame.geometry[other].intersection(square)
    frame.loc[row, "geometry"] = shapely.union_all([frame.geometry[row], piece])
    traps.plant("两个社区重叠", at(max(row, other), "zones_overlap"))


def _border(
    frame: gpd.GeoDataFrame, rows: list[int], communities: list[int]
) -> tuple[int, int, Any]:
    """Return two communities of one town, and a square across the middle of their border."""
    for row in rows:
        for other in communities:
            if other == row or frame["上级代码"][other] != frame["上级代码"][row]:
                continue
            edge = frame.geometry[row].intersection(frame.geometry[other])
            if edge.length < 100.0:
                continue
            line = max(shapely.get_parts(shapely.line_merge(edge)), key=lambda p: p.length)
            middle = line.interpolate(0.5, normalized=True)
            square = middle.buffer(15.0, cap_style="square")
            pieces = [frame.geometry[n].intersection(square) for n in (row, other)]
            if all(p.geom_type == "Polygon" and p.area > 200.0 for p in pieces):
                return row, other, square
    raise ValueError("no border")


def estates(clean: Path, out: Path, traps: Traps) -> None:
    """Write the outlines of the estates."""
    frame = layer_of(clean, "estates")
    file, sheet = "estates.gpkg", "estates"

    def at(row: int, problem: str, column: str | None = None) -> Expected:
        return Expected(problem, "residences", file, sheet, row + 1, column)

    for row, change, problem, trap in (
        (110, twice, "repeated_points", "小区边界有重复点"),
        (220, spiked, "geometry_invalid", "小区边界有毛刺"),
        (330, collected, "geometry_type", "小区存成几何集合"),
        (440, pierced, "small_hole", "小区里有 4 平方米的小洞"),
    ):
        frame.loc[row, "geometry"] = change(frame.geometry[row])
        traps.plant(trap, at(row, problem))
    last = len(frame)
    frame = appended(frame, frame.geometry[7], 编号="E0008", 小区名称=frame["小区名称"][7])
    traps.plant("一个小区的图形出现两次", at(last, "duplicate_row"))
    write_layer(frame, out / file, sheet)


def parcels(clean: Path, out: Path, traps: Traps) -> None:
    """Write the parcels."""
    frame = layer_of(clean, "parcels")
    file, sheet = "parcels.gpkg", "parcels"

    def at(row: int, problem: str, column: str | None = None) -> Expected:
        return Expected(problem, "parcels", file, sheet, row + 1, column)

    last = len(frame)
    one = frame.geometry[30]
    west, south, east, north = one.bounds
    frame = appended(frame, one, 编号="P901", 名称="绿地1", 用地代码="G1", 用地面积=one.area)
    traps.plant("两个地块的边界完全相同", at(last, "same_shape"))
    other = frame.geometry[60]
    moved = shapely.affinity.translate(other, other.bounds[2] - other.bounds[0] - 10.0, 0.0)
    frame = appended(frame, moved, 编号="P902", 名称="绿地2", 用地代码="G1", 用地面积=moved.area)
    traps.plant("两个地块重叠", at(last + 1, "overlap"))
    strip = shapely.box(west, south - 60.0, east, south - 59.6)
    frame = appended(frame, strip, 编号="P903", 名称="绿地3", 用地代码="G1", 用地面积=strip.area)
    traps.plant("0.4 米宽的碎片", at(last + 2, "sliver"))
    del north
    write_layer(frame, out / file, sheet)


def candidates(clean: Path, out: Path, traps: Traps) -> None:
    """Write the candidate sites."""
    frame = layer_of(clean, "candidates")
    file, sheet = "candidates.gpkg", "candidates"

    def at(row: int, problem: str, column: str | None = None) -> Expected:
        return Expected(problem, "candidates", file, sheet, row + 1, column)

    x, y = frame.geometry[0].x, frame.geometry[0].y
    for cells, shape, problem, column, trap in (
        ({}, shapely.Point(x + 11, y), "id_missing", "编号", "候选点没有编号"),
        ({"编号": "C001"}, shapely.Point(x + 12, y), "id_duplicate", "编号", "候选点编号重复"),
        ({"编号": "C902"}, None, "geometry_missing", None, "候选点没有图形"),
        (
            {"编号": "C903"},
            shapely.linestrings([(x, y + 9), (x + 9, y + 9)]),
            "geometry_type",
            None,
            "候选点画成线",
        ),
        ({"编号": "C904"}, bow_tie(x + 40, y), "geometry_invalid", None, "候选地块边界自相交"),
        (
            {"编号": "C905", "类型": "仓库"},
            shapely.Point(x + 15, y),
            "unknown_word",
            "类型",
            "候选点类型不在允许的词里",
        ),
        (
            {"编号": "C906", "改造费用": -5.0},
            shapely.Point(x + 16, y),
            "negative",
            "改造费用",
            "改造费用为负",
        ),
        (
            {"编号": "C907", "可用年份": 2027.5},
            shapely.Point(x + 17, y),
            "fractional",
            "可用年份",
            "可用年份有小数",
        ),
        ({"编号": "C908"}, shapely.Point(0.0, 0.0), "out_of_area", None, "候选点坐标是 0, 0"),
        (
            {"编号": "C909"},
            shapely.Point(x - 30_000.0, y),
            "out_of_city",
            None,
            "候选点在市外",
        ),
        ({"编号": "C910"}, shapely.Point(x, y), "same_place", None, "候选点坐标与另一个相同"),
    ):
        row = len(frame)
        named = {"名称": f"候选点{row}", **cells}
        frame = appended(frame, shape, **named)
        traps.plant(trap, at(row, problem, column))
    write_layer(frame, out / file, sheet)


def roads(clean: Path, out: Path, traps: Traps) -> None:
    """Write the roads of today beside those of the sample city, all for cars alone."""
    clean_roads = layer_of(clean, "roads")
    dead = clean_roads.geometry[0].coords[0]
    file, sheet = "roads_more.gpkg", "roads"
    east = clean_roads.total_bounds[2] + 300.0
    long = shapely.linestrings([(east, dead[1]), (east, dead[1] + 400.0)])
    short = shapely.linestrings([(east + 0.4, dead[1] + 200.0), (east + 200.0, dead[1] + 200.0)])
    shapes = [
        (long, None),
        (short, "road_end_short"),
        (long, "duplicate_row"),
        (shapely.linestrings([(east + 50, dead[1]), (east + 50, dead[1])]), "line_without_length"),
        (None, "geometry_missing"),
        (shapely.Point(east + 90, dead[1]), "geometry_type"),
    ]
    names = ["绕城高速"] * 3 + ["匝道甲", "匝道乙", "匝道丙"]
    names[1] = "连接线"
    frame = gpd.GeoDataFrame(
        {"名称": names, "等级": ["motorway"] * len(shapes)},
        geometry=[shape for shape, _ in shapes],
        crs=CRS,
    )
    for row, (trap, (_, problem)) in enumerate(
        zip(
            (
                "",
                "道路端点差 0.4 米没有接上",
                "一段道路出现两次",
                "没有长度的道路",
                "没有图形的道路",
                "道路画成点",
            ),
            shapes,
            strict=True,
        )
    ):
        if problem is not None:
            traps.plant(trap, Expected(problem, "roads", file, sheet, row + 1))
    write_layer(frame, out / file, sheet)
