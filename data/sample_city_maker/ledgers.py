"""What the bureau and the streets write down about places that stand: figures, dates, registers.

Every measure of the city's document is kept somewhere and missed somewhere. What decides is planted
by hand, at its threshold or one step beside it; chance fills up the rest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import shapely

from sample_city_maker import ground, names
from sample_city_maker.facilities import WITHOUT_BEDS, Facility
from sample_city_maker.people import Home
from sample_city_maker.tiling import Cell
from sample_city_maker.zoning import county_id, town_id

INSTITUTIONS: Final = frozenset({"elder_home", "nursing_home", "rural_home", "welfare_centre"})
COUNTING: Final = frozenset({"street_centre", "community_centre", "home_care_station", "day_care"})
PILOT_TOWN: Final = 0
SINCE: Final = dt.date(2025, 1, 1)
RATE: Final = 0.3
"""Square metres of premises a household, new estates."""

NURSING_BEDS: Final = ((300, 60, 0), (150, 0, 60, 150), (120, 60, 60))
"""Nursing beds of the institutions of each county, in the order of their ids; no more there.

360 of 1200 beds are 30 %; 360 of 1203 are less; 240 of 798 are more; together 960 of 3201.
"""
SUPPORTED: Final = ((8, 190), (9, 166), (10, 40), (11, 120))
"""Supported persons of the rural towns: as many as beds, one more, no beds at all, fewer."""


@dataclass(frozen=True)
class Figures:
    """What the register of facilities says beside the place, the area and the beds."""

    nursing_beds: int | None = None
    beds_added: int | None = None
    beds_added_year: int | None = None
    residents: int | None = None
    medical_care: bool | None = None


@dataclass(frozen=True)
class Ledgers:
    """Columns by the id of their row, and tables of rows as written."""

    figures: dict[str, Figures]
    approved: dict[str, dt.date]
    supported: dict[str, int]
    tables: dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]


def make(estates: Sequence[Home], facilities: Sequence[Facility], cells: Sequence[Cell]) -> Ledgers:
    """Return what is written down about the estates and the facilities."""
    cell_list = list(cells)
    return Ledgers(
        figures=_figures(facilities, cells),
        approved=_approved(estates, facilities, cells),
        supported={town_id(cell_list, town): count for town, count in SUPPORTED},
        tables={
            "indicators.csv": _indicators(),
            "milestones.csv": _milestones(),
            "deliveries.csv": _deliveries([h for h in _pilot(estates, cells) if h.is_new]),
            "register.csv": _register([h for h in _pilot(estates, cells) if not h.is_new]),
            "clocks.csv": _clocks(_institutions(facilities, cells, 1)),
            "subsidy_facts.csv": _facts(facilities),
        },
    )


def _pilot(estates: Sequence[Home], cells: Sequence[Cell]) -> list[Home]:
    return [home for home in estates if cells[home.cell].town == PILOT_TOWN]


def _institutions(
    facilities: Sequence[Facility], cells: Sequence[Cell], county: int
) -> list[Facility]:
    return [
        f
        for f in facilities
        if f.kind in INSTITUTIONS and f.status == "operating" and cells[f.cell].county == county
    ]


def _figures(facilities: Sequence[Facility], cells: Sequence[Cell]) -> dict[str, Figures]:
    """Return the figures of all facilities: nothing in most, what is planted in institutions."""
    found: dict[str, dict[str, Any]] = {}
    for f in facilities:
        beds = f.kind not in WITHOUT_BEDS and f.beds is not None
        found[f.id] = {"nursing_beds": 0 if beds else None, "beds_added": 0 if beds else None}
        if not f.kind:
            found[f.id]["residents"] = 0
    for county in range(len(names.COUNTIES)):
        own = _institutions(facilities, cells, county)
        for f, count in zip(own, NURSING_BEDS[county], strict=True):
            found[f.id]["nursing_beds"] = count
    north, south, far = (_institutions(facilities, cells, county) for county in range(3))
    # beds added in 2024 and 2025: 60 + 40 = 100; 99; 100, but in 2023
    added = ((north[1], 60, 2024), (north[0], 40, 2025), (south[2], 99, 2025), (far[0], 100, 2023))
    for f, count, year in added:
        found[f.id] |= {"beds_added": count, "beds_added_year": year}
    # public homes: 72 of 130 beds, 131 of 240, 400 of 589; the others are rather full
    public = {north[2].id: 72, south[0].id: 131, far[0].id: 150, far[1].id: 110, far[2].id: 140}
    without_care = {north[2].id, far[0].id}
    rng = ground.generator("ledgers")
    for f in (*north, *south, *far):
        full = round((f.beds or 0) * float(rng.uniform(0.6, 0.9)))
        found[f.id]["residents"] = public.get(f.id, full)
        found[f.id]["medical_care"] = f.id not in without_care
    found[south[2].id]["medical_care"] = None
    return {number: Figures(**values) for number, values in found.items()}


def _premises_m2(home: Home, facilities: Sequence[Facility]) -> float:
    """Return the premises of an estate; where they serve several, as if all were its own."""
    return float(
        sum(
            f.floor_area_m2 or 0
            for f in facilities
            if f.kind in COUNTING
            and f.status in {"operating", "planned"}
            and (
                home.id in f.serves or (not f.serves and shapely.contains_xy(home.geometry, *f.xy))
            )
        )
    )


def _approved(
    estates: Sequence[Home], facilities: Sequence[Facility], cells: Sequence[Cell]
) -> dict[str, dt.date]:
    """Return when new estates were approved: since 2025 only a few of those with premises.

    In the north those that keep the rate, in the south one that keeps it and one that does not.
    """
    rng = ground.generator("approvals")
    found = {
        home.id: dt.date(int(rng.integers(2021, 2025)), int(rng.integers(1, 13)), 20)
        for home in estates
        if home.is_new
    }
    kept: dict[int, list[str]] = {}
    missed: dict[int, list[str]] = {}
    for home in estates:
        area = _premises_m2(home, facilities) if home.is_new else 0.0
        if area:
            side = kept if area >= RATE * (home.households or 0) else missed
            side.setdefault(cells[home.cell].county, []).append(home.id)
    late = [*kept[0], kept[1][0], missed[1][0]]
    return found | {number: SINCE.replace(day=k + 1) for k, number in enumerate(late)}


def _indicators() -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return reported figures: at the target, below it, and one county that did not report."""
    trained, managed = "养老护理人员岗前培训率", "65岁以上老年人健康管理率"
    north, south = county_id(0), county_id(1)
    return ("指标", "地区", "年份", "数值", "来源"), [
        (trained, names.CITY, 2020, 0.96, "民政局年报"),
        (trained, north, 2024, 0.97, "民政局年报"),
        (trained, north, 2025, 0.98, "民政局年报"),
        (trained, south, 2025, 0.979, "民政局年报"),
        (managed, names.CITY, 2020, 0.705, "卫生健康委年报"),
        (managed, names.CITY, 2025, 0.72, "卫生健康委年报"),
    ]


def _milestones() -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return reported projects: done, done too late, not done, and not reported at all."""
    adapted, centre = "特殊困难老年人家庭适老化改造", "县级康养中心"
    day = dt.date
    return ("事项", "项目名称", "阶段", "完成日期", "完成数量", "来源"), [
        (adapted, "第一批", "", day(2024, 11, 30), 1200, "民政局"),
        (adapted, "第二批", "", day(2025, 12, 31), 800, "民政局"),
        (centre, "", "前期工作", day(2026, 4, 1), "", "远岫县"),
        (centre, "", "招投标", "", 0, "远岫县"),
    ]


def _deliveries(homes: Sequence[Home]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return stages and dates of new estates of the pilot street.

    The first keeps all; the second delivers its premises a day late; the third gives no date of
    acceptance; the fourth is only to be planned; the fifth lacks nothing but its opinion came a day
    late; the others say nothing.
    """
    day = dt.date
    words = ("规划", "建设", "验收", "交付")
    dates = (day(2023, 3, 1), day(2024, 5, 6), day(2025, 9, 10), day(2025, 12, 20))
    rows: list[tuple[Any, ...]] = []
    first, second, third, fourth, fifth = (home.id for home in homes[:5])
    for number in (first, second, third, fifth):
        for word, at in zip(words, dates, strict=True):
            premises: Any = at
            if number == second and word == "交付":
                premises = at + dt.timedelta(days=1)
            if number == third and word == "验收":
                premises = ""
            rows.append((number, word, at, premises, ""))
        late = dt.timedelta(days=1 if number == fifth else 0)
        rows.append((number, "民政设计审核意见", "", dates[0] + late, "民政函"))
        rows.append((number, "民政竣工验收意见", "", dates[2], "民政函"))
    rows.append((fourth, "规划", day(2026, 9, 1), "", ""))
    return ("小区编号", "环节", "住宅日期", "设施日期", "文件"), rows


def _register(homes: Sequence[Home]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return the streets' register: premises let, misused, not handed over, and most in use."""
    odd = {
        0: ("是", "是", "出租"),
        1: ("是", "是", "挪用"),
        2: ("是", "否", ""),
        3: ("否", "", ""),
        4: ("是", "是", "闲置"),
        5: ("是", "", ""),
    }
    usual = ("是", "是", "养老服务")
    return ("小区编号", "是否建成", "是否移交", "现状用途", "填报人"), [
        (home.id, *odd.get(k, usual), f"{names.STREETS[PILOT_TOWN]}街道")
        for k, home in enumerate(homes)
    ]


def _clocks(homes: Sequence[Facility]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return clocks of five years at 2026-06-30: its last day, a day over, not begun, no date."""
    day = dt.date
    started: tuple[Any, ...] = (day(2021, 6, 30), day(2021, 6, 29), day(2026, 7, 1), "")
    return ("设施编号", "事项", "起算日期"), [
        (f.id, "功能变更备案", at) for f, at in zip(homes, started, strict=True)
    ]


def _facts(facilities: Sequence[Facility]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return whether premises are up to standard: all but one, and one that nobody looked at."""
    own = [f for f in facilities if f.kind in COUNTING and f.status == "operating"]
    said = {0: "否", 1: ""}
    return ("设施编号", "是否符合标准"), [(f.id, said.get(k, "是")) for k, f in enumerate(own)]
