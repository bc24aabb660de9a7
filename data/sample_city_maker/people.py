"""Who lives where: households, persons and elders of every estate and village."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from sample_city_maker import ground, names
from sample_city_maker.blocks import Plot
from sample_city_maker.country import Settlement
from sample_city_maker.ground import Floats, Polygon
from sample_city_maker.tiling import Cell

HOUSEHOLDS: Final = 120_000
LEAST, MOST = 40, 6000
ELDERS_60: Final = (30_000, 30_000, 20_000)
"""Elders of each county, in the order of ``names.COUNTIES``."""

TELLING_NAMES: Final = MappingProxyType(
    {
        "500m": "五百米整小区",
        "500m_1mm": "五百米零一毫米小区",
        "800m": "八百米小区",
        "across_river": "隔河相望小区",
        "unknown_kind": "类型不明旁小区",
        "institution": "养老院隔壁小区",
        "no_candidate": "断路孤岛小区",
        "far_from_roads": "三公里外小区",
        "premises_199": "一九九平小区",
        "shared_500": "共用用房五百户小区",
        "shared_1000": "共用用房千户小区",
        "no_households": "户数不详小区",
        "no_floor_area": "面积不详小区",
        "hostile_name": names.HOSTILE_ESTATE,
    }
)
VILLAGE_NAMES: Final = MappingProxyType(
    {"1000m": "一千米整村", "1000m_1mm": "一千米零一毫米村", "800m": "八百米村"}
)
FIXED_HOUSEHOLDS: Final = MappingProxyType(
    {"premises_199": 600, "shared_500": 500, "shared_1000": 1000, "no_candidate": 420}
)


@dataclass(frozen=True)
class Home:
    """An estate or a village settlement; ``planted`` names its case, or is empty."""

    id: str
    name: str
    geometry: Polygon
    cell: int
    is_village: bool
    is_new: bool
    households: int | None
    population: int | None
    elders: int | None
    completed: dt.date | None
    planted: str = ""

    @property
    def point(self) -> tuple[float, float]:
        """The point that distances are measured from."""
        inner = self.geometry.representative_point()
        return float(inner.x), float(inner.y)


def shares(total: int, weights: Floats) -> list[int]:
    """Return whole numbers in proportion to the weights that sum to the total."""
    exact = np.round(total * weights / weights.sum(), 6)
    whole = np.floor(exact).astype(int)
    order = np.argsort(-np.round(exact - whole, 6), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return [int(n) for n in whole]


@dataclass(frozen=True)
class Selection:
    """Positions of the estates that carry a planted case, and the two large communities."""

    cases: dict[int, str]
    large: dict[int, int]


def _select(plots: list[Plot], cells: list[Cell], raw: Floats) -> Selection:
    """Choose ordinary estates of the core for the cases that need no lonely place."""
    by_cell: dict[int, list[int]] = {}
    for k, plot in enumerate(plots):
        if plot.block >= 0:
            by_cell.setdefault(plot.cell, []).append(k)
    sums = {cell: float(raw[own].sum()) for cell, own in by_cell.items() if len(own) >= 9}
    near = sorted(sums, key=lambda cell: (round(abs(sums[cell] - 3000.0), 3), cell))
    one = near[0]
    other = next(cell for cell in near if cells[cell].town != cells[one].town)
    large = {one: 3000, other: 3001}
    rest = [c for c in sorted(by_cell) if c not in large and len(by_cell[c]) >= 9]
    roomy = [max(by_cell[c], key=lambda k: (round(plots[k].geometry.area, 2), k)) for c in rest]
    single = ("premises_199", "no_households", "no_floor_area", "hostile_name", "shared_1000")
    step = len(roomy) // len(single)
    cases = {roomy[number * step]: name for number, name in enumerate(single)}
    host = next(k for k, name in cases.items() if name == "shared_1000")
    own = [k for k in by_cell[plots[host].cell] if k != host]
    gaps = [round(float(plots[k].geometry.distance(plots[host].geometry)), 3) for k in own]
    cases[own[int(np.argmin(gaps))]] = "shared_500"
    cases |= {k: p.planted for k, p in enumerate(plots) if p.block < 0 and p.planted != "edge"}
    return Selection(cases, large)


def _scaled(raw: Floats, total: int) -> list[int]:
    """Return whole numbers from ``LEAST`` to ``MOST`` that follow the weights and sum up."""
    low, high = 0.0, total / float(raw.min())
    for _ in range(100):
        middle = (low + high) / 2
        if float(np.clip(raw * middle, LEAST, MOST).sum()) > total:
            high = middle
        else:
            low = middle
    return shares(total, np.clip(raw * low, LEAST, MOST))


def _households(plots: list[Plot], cells: list[Cell]) -> tuple[list[int], Selection]:
    """Return the households of each estate, half of them on either bank of the river."""
    rng = ground.generator("people")
    raw = np.asarray([plot.geometry.area for plot in plots]) ** 0.85
    raw *= rng.lognormal(sigma=0.62, size=len(plots))
    north = np.asarray([cells[plot.cell].county == 0 for plot in plots])
    counts = np.zeros(len(plots), dtype=int)
    for bank, share in ((north, 0.103), (~north, 0.06)):
        # one estate of towers on either bank
        largest = np.flatnonzero(bank)[int(np.round(raw[bank], 6).argmax())]
        raw[largest] = share * float(raw[bank].sum())
        counts[bank] = _scaled(raw[bank], HOUSEHOLDS // 2)
    selection = _select(plots, cells, counts.astype(float))
    fixed = {k: FIXED_HOUSEHOLDS[c] for k, c in selection.cases.items() if c in FIXED_HOUSEHOLDS}
    for cell, total in selection.large.items():
        own = [k for k, plot in enumerate(plots) if plot.cell == cell]
        spare = shares(total - LEAST * len(own), counts[own] - 0.9 * LEAST)
        fixed |= {k: LEAST + n for k, n in zip(own, spare, strict=True)}
    return [fixed.get(k, int(n)) for k, n in enumerate(counts)], selection


def make_estates(plots: list[Plot], cells: list[Cell]) -> tuple[list[Home], dict[int, int]]:
    """Return the estates, elders still missing, and the two communities of fixed size."""
    rng = ground.generator("estates")
    counts, selection = _households(plots, cells)
    called = names.estates(len(plots))
    size = rng.uniform(2.35, 2.75, len(plots))
    is_new = rng.random(len(plots)) < 0.13
    year = rng.integers(1984, 2026, len(plots))
    month, day = rng.integers(1, 13, len(plots)), rng.integers(1, 29, len(plots))
    homes = []
    for k, plot in enumerate(plots):
        case = selection.cases.get(k, "")
        new = bool(is_new[k]) and not case
        households = None if case == "no_households" else counts[k]
        homes.append(
            Home(
                id=f"E{k + 1:04d}",
                name=TELLING_NAMES.get(case, called[k]),
                geometry=plot.geometry,
                cell=plot.cell,
                is_village=False,
                is_new=new,
                households=households,
                population=None if households is None else round(households * float(size[k])),
                elders=None,
                completed=None if new else dt.date(int(year[k]), int(month[k]), int(day[k])),
                planted=case,
            )
        )
    return homes, selection.large


def make_villages(settlements: list[Settlement], cells: list[Cell]) -> list[Home]:
    """Return the village settlements, elders still missing."""
    rng = ground.generator("village_people")
    places = {place.name: place for place in settlements if place.is_village}
    called = names.villages(len(places))
    homes: list[Home] = []
    for k, cell in enumerate(cells):
        if not cell.is_village:
            continue
        place = places[cell.settlement]
        households = round(float(place.area.area) * float(rng.uniform(0.0036, 0.0072))) + 40
        number = len(homes) + 1
        homes.append(
            Home(
                id=f"V{number:02d}",
                name=VILLAGE_NAMES.get(place.name, called[number - 1]),
                geometry=place.area,
                cell=k,
                is_village=True,
                is_new=False,
                households=households,
                population=round(households * float(rng.uniform(3.1, 3.7))),
                elders=None,
                completed=None,
                planted=f"village_{place.name}" if place.name in VILLAGE_NAMES else "",
            )
        )
    return homes


def with_elders(homes: list[Home], cells: list[Cell]) -> list[Home]:
    """Return the homes with elders that sum to the counties' figures: more in older estates."""
    rng = ground.generator("elders")
    chance = rng.uniform(0.9, 1.1, len(homes))
    filled = list(homes)
    for county, total in enumerate(ELDERS_60):
        own = [
            k
            for k, home in enumerate(homes)
            if cells[home.cell].county == county and home.population
        ]
        weight = np.asarray(
            [(homes[k].population or 0) * _age_weight(homes[k]) * chance[k] for k in own]
        )
        for k, elders in zip(own, shares(total, weight), strict=True):
            filled[k] = replace(homes[k], elders=elders)
    return filled


def _age_weight(home: Home) -> float:
    if home.is_village:
        return 1.25
    if home.completed is None:
        return 0.45
    return 1.5 - 0.022 * (home.completed.year - 1984)
