"""Tables: the register of estates, the register of facilities, the census, the ledgers."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from facilityplan.io.table import read_table
from messy_city_maker.traps import Expected, Traps

Records = list[list[Any]]


def records_of(path: Path) -> tuple[list[str], Records]:
    """Return headers and rows of a table, numbers as they were written."""
    if path.suffix == ".csv":
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        return rows[0], rows[1:]
    table = read_table(path)
    frame = table.frame
    return [str(name) for name in frame.columns], frame.to_numpy(dtype=object).tolist()


def write_csv(path: Path, headers: list[str], rows: Records, encoding: str = "utf-8-sig") -> None:
    """Write a table as Excel saves CSV."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerows([headers, *rows])
    path.write_bytes(stream.getvalue().encode(encoding))


def wide(text: str) -> str:
    """Return text in full width, as an input method for Chinese leaves it."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


GROUPS: Final = {
    "户 数": "规模",
    "人口": "规模",
    "老年人口": "规模",
    "竣工日期": "日期",
    "规划许可日期": "日期",
}
"""Headers that stand below another, over several columns."""

FIRST_ROW: Final = 4
"""Below a title and two rows of headers."""


def estates(clean: Path, out: Path, traps: Traps, zone_name: dict[str, str]) -> None:
    """Write the register of estates."""
    headers, rows = records_of(clean / "estates.xlsx")
    file = "estates.xlsx"
    headers.append("住宅建筑面积")
    at = {name: n for n, name in enumerate(headers)}
    for row in rows:
        row.append(None)

    def expect(line: int, problem: str, column: str | None = None) -> Expected:
        group = GROUPS.get(str(column))
        shown = f"{group}/{column}" if group else column
        return Expected(problem, "residences", file, None, line + FIRST_ROW, shown)

    def change(line: int, column: str, value: Any, problem: str, trap: str) -> None:
        rows[line][at[column]] = value
        # Several problems of one cell stand with a comma between them; none: read as meant.
        traps.plant(trap, *(expect(line, name, column) for name in problem.split(",") if name))

    change(12, "编号", "e0013", "key_unknown", "编号写成小写")
    change(20, "建设状态", "已 建", "unknown_word", "建设状态中间有空格")
    zone = rows[40][at["所属社区"]]
    change(40, "所属社区", wide(zone), "unknown_reference", "社区代码是全角数字")
    zone = rows[50][at["所属社区"]]
    change(50, "所属社区", zone_name[zone], "unknown_reference", "社区填了名称而不是代码")
    change(70, "老年人口", 2000.0, "part_exceeds_whole", "老年人口多于人口")
    day = rows[31][at["竣工日期"]]
    serial = (day - dt.date(1899, 12, 30)).days
    change(31, "竣工日期", str(serial), "read:date_serial", "日期是 Excel 的天数")
    people = f"{rows[80][at['人口']]:.0f}"
    change(80, "人口", f"约{people}人", "read:approximate", "人口写成“约 231 人”")
    _area_texts(change)
    # Read as they are meant, without a doubt: nothing to report.
    day = rows[30][at["竣工日期"]]
    change(30, "竣工日期", f"{day:%Y%m%d}", "", "日期写成 20110805")
    change(90, "户数", f"{rows[90][at['户数']]:.0f}户", "", "户数写成“87户”")
    change(91, "户数", wide(f"{rows[91][at['户数']]:.0f}"), "", "户数是全角数字")
    rows.append([None] * len(headers))
    rows.append(list(rows[5]))
    traps.plant("小区台账里有一空行")
    traps.plant("小区台账有一行重复", expect(len(rows) - 1, "duplicate_row"))
    total = [None] * len(headers)
    total[0], total[at["户数"]] = (
        "合计",
        sum(row[at["户数"]] for row in rows if isinstance(row[at["户数"]], (int, float))),
    )
    rows.append(total)
    traps.plant("小区台账有合计行", expect(len(rows) - 1, "read:rows_total"))
    rows.append(["注：数据截至2026年6月底", *[None] * (len(headers) - 1)])
    traps.plant("小区台账末尾有说明", expect(len(rows) - 1, "read:rows_note"))
    headers[at["户数"]] = "户 数"
    traps.plant("列名“户 数”中间有空格")
    traps.plant(
        "表头占两行，有合并单元格",
        Expected("read:header_rows", "residences", file, None, 2, None),
    )
    _write_register(out / file, headers, rows)


def _area_texts(change: Any) -> None:
    """Write floor areas as people do, each in a unit of its own."""
    name = "住宅建筑面积"
    change(60, name, "1.2万㎡", "read:unit_of_cell", "面积写成“1.2万㎡”")
    change(61, name, "待核", "read:unknown", "面积填“待核”")
    change(62, name, "500余亩", "read:unit_of_cell,read:approximate", "面积写成“500余亩”")
    change(63, name, 800.0, "error:figure_without_unit", "带单位的列里有一个没有单位")
    change(64, name, "很大", "bad_number", "面积写成文字")
    change(65, name, "-30㎡", "negative", "面积为负，带单位")


def _write_register(path: Path, headers: list[str], rows: Records) -> None:
    """Write a workbook with a title and headers in two rows, as offices make them."""
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": dt.datetime(2026, 6, 30)})  # noqa: DTZ001 - a workbook's times have no zone
        page = book.add_worksheet("小区台账")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.merge_range(0, 0, 0, len(headers) - 1, "示范市居住小区台账")
        for group in dict.fromkeys(GROUPS.values()):
            below = [n for n, name in enumerate(headers) if GROUPS.get(name) == group]
            page.merge_range(1, below[0], 1, below[-1], group)
        for n, name in enumerate(headers):
            if name in GROUPS:
                page.write_string(2, n, name)
            else:
                page.merge_range(1, n, 2, n, name)
        for line, row in enumerate(rows, start=FIRST_ROW - 1):
            for n, cell in enumerate(row):
                if isinstance(cell, (dt.date, dt.datetime)):
                    page.write_datetime(line, n, cell, day)
                elif isinstance(cell, (int, float)):
                    page.write_number(line, n, cell)
                elif cell is not None:
                    page.write_string(line, n, cell)


FACILITIES: Final = (
    # id, kind, status, dx of the place, floor area, beds, nursing, residents
    ("F901", "养老院", "规划", 0.001, 900, 0, None, None),
    ("F902", "养老院", "规划", 0.002, 100, 50, None, None),
    ("F903", "养老院", "规划", 0.003, 3000, 100, 120, None),
    ("F904", "养老院", "规划", 0.004, 3000, 100, None, 130),
    ("F905", "养老院", "规划", 0.004, 3000, 100, None, None),
    ("F906", "养老院", "规划", 0.6, 3000, 100, None, None),
)


def facilities(clean: Path, out: Path, traps: Traps, estate_name: dict[str, str]) -> None:
    """Write the register of facilities."""
    headers, rows = records_of(clean / "facilities.csv")
    file = "facilities.csv"
    headers += ["投资", "占地面积"]
    for row in rows:
        row += ["", ""]
    at = {name: n for n, name in enumerate(headers)}

    def expect(line: int, problem: str, column: str | None = None) -> Expected:
        return Expected(problem, "facilities", file, None, line + 2, column)

    def change(line: int, column: str, value: str, problem: str, trap: str) -> None:
        rows[line][at[column]] = value
        traps.plant(trap, expect(line, problem, column))

    change(2, "经度", dms(rows[2][at["经度"]]), "bad_coordinate", "经度写成度分秒")
    change(3, "纬度", rows[3][at["纬度"]] + "°N", "bad_coordinate", "纬度带 °N")
    lon, lat = rows[4][at["经度"]], rows[4][at["纬度"]]
    rows[4][at["经度"]], rows[4][at["纬度"]] = lat, lon
    traps.plant("一行经度和纬度颠倒", expect(4, "row_axes_swapped", "经度"))
    change(6, "设施类型", " ".join(rows[6][at["设施类型"]]), "unknown_word", "设施类型中间有空格")
    day = rows[8][at["启用日期"]]
    rows[8][at["启用日期"]] = day.replace("-", "")
    traps.plant("启用日期写成 20130515")
    serving = [n for n, row in enumerate(rows) if row[at["服务小区"]]]
    first, second = serving[0], serving[1]
    said = rows[first][at["服务小区"]]
    change(first, "服务小区", wide(said), "unknown_reference", "服务小区是全角字符")
    said = ";".join(estate_name[name] for name in rows[second][at["服务小区"]].split(";"))
    change(second, "服务小区", said, "unknown_reference", "服务小区填了名称")
    change(10, "投资", "-30", "negative", "投资为负")
    change(11, "占地面积", "二十亩", "bad_number", "占地面积写成汉字")
    _more_facilities(rows, at, traps, expect, (float(lon), float(lat)))
    rows.append(list(rows[0]))
    traps.plant("一个设施出现两次，完全相同", expect(len(rows) - 1, "duplicate_row"))
    rows.insert(len(rows) - 1, [""] * len(headers))
    traps.planted[-1]["problems"][0]["row"] += 1
    traps.plant("设施名录里有一空行")
    total = [""] * len(headers)
    total[0], total[at["床位数"]] = "合计", "3000"
    rows.append(total)
    traps.plant("设施名录末尾有合计行", expect(len(rows) - 1, "read:rows_total"))
    traps.plant("名录是 GBK 编码", Expected("read:encoding", "facilities", file))
    # GBK, as Excel saves CSV in Chinese.
    write_csv(out / file, headers, rows, "gb18030")


def _more_facilities(
    rows: Records, at: dict[str, int], traps: Traps, expect: Any, place: tuple[float, float]
) -> None:
    """Add planned institutions that count for nothing yet, each with something wrong."""
    problems = {
        "F901": ("beds_none", "床位数", "养老院床位数为 0"),
        "F902": ("floor_area_per_bed", "建筑面积", "每床 2 平方米"),
        "F903": ("part_exceeds_whole", "护理型床位数", "护理型床位多于床位"),
        "F904": ("part_exceeds_whole", "入住人数", "入住人数多于床位"),
        "F905": ("same_place", None, "两个设施坐标相同"),
        "F906": ("out_of_city", None, "设施坐标在市外"),
    }
    for name, kind, status, dx, area_m2, beds, nursing, residents in FACILITIES:
        row = [""] * len(at)
        for column, value in (
            ("编号", name),
            ("设施名称", f"拟建{name}"),
            ("设施类型", kind),
            ("运营状态", status),
            ("经度", f"{place[0] + dx:.9f}"),
            ("纬度", f"{place[1] + 0.0005:.9f}"),
            ("建筑面积", area_m2),
            ("床位数", beds),
            ("护理型床位数", "" if nursing is None else nursing),
            ("入住人数", "" if residents is None else residents),
            ("占地面积", 0),
        ):
            row[at[column]] = value
        rows.append(row)
        problem, column, trap = problems[name]
        traps.plant(trap, expect(len(rows) - 1, problem, column))
    rows[-1][at["运营方式"]] = "托管"
    traps.plant("运营方式不在允许的词里", expect(len(rows) - 1, "unknown_word", "运营方式"))


def dms(degrees: str) -> str:
    """Return decimal degrees as degrees, minutes and seconds, to a hundredth of a micrometre."""
    value = float(degrees)
    whole = int(value)
    minutes = int((value - whole) * 60)
    seconds = (value - whole - minutes / 60) * 3600
    return f"{whole}°{minutes:02d}′{seconds:.8f}″"


def census(out: Path, traps: Traps, zones: list[dict[str, Any]]) -> None:
    """Write a census table of the counties and towns."""
    file = "census.csv"
    rows: Records = [
        [zone["区划代码"], int(zone["常住人口"]), int(zone["总户数"]), 2025, "统计年鉴"]
        for zone in zones
        if zone["层级"] in {"县", "区", "街道", "镇", "乡"}
    ]
    rows[2][1] = int(rows[2][1] * 1.2)
    row = next(n for n, zone in enumerate(zones) if zone["区划代码"] == rows[2][0])
    traps.plant(
        "区划人口与普查相差两成",
        Expected("against_census", "zones", "zones.gpkg", "zones", row + 1, "常住人口"),
    )
    rows[3][0] = wide(rows[3][0])
    traps.plant(
        "普查表区划代码是全角数字",
        Expected("unknown_reference", "census", file, None, 5, "区划代码"),
    )
    rows.append(["888888", 1000, 400, 2025, "统计年鉴"])
    traps.plant(
        "普查表有不存在的区划",
        Expected("unknown_reference", "census", file, None, len(rows) + 1, "区划代码"),
    )
    write_csv(out / file, ["区划代码", "人口", "户数", "年份", "来源"], rows)


def ledgers(clean: Path, out: Path, traps: Traps) -> None:
    """Write the ledgers."""
    for name, line, column, change, problem, trap in (
        ("milestones.csv", 0, "完成日期", _undashed, None, "完成日期写成 20241130"),
        ("register.csv", 1, "是否建成", lambda _: "ｙｅｓ", "bad_flag", "是否建成写成全角 yes"),
        ("clocks.csv", 0, "设施编号", wide, "unknown_reference", "设施编号是全角字符"),
        ("deliveries.csv", 0, "小区编号", str.lower, "unknown_reference", "小区编号是小写"),
        ("deliveries.csv", 1, "环节", " ".join, "unknown_word", "环节中间有空格"),
    ):
        source = out / name if (out / name).exists() else clean / name
        headers, rows = records_of(source)
        at = headers.index(column)
        rows[line][at] = change(rows[line][at])
        write_csv(out / name, headers, rows)
        layer = name.removesuffix(".csv")
        told = [] if problem is None else [Expected(problem, layer, name, None, line + 2, column)]
        traps.plant(trap, *told)
    for name in ("indicators.csv", "subsidy_facts.csv"):
        (out / name).write_bytes((clean / name).read_bytes())


def _undashed(day: str) -> str:
    return day.replace("-", "")
