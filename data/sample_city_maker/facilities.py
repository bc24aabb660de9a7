"""Eighty-one facilities: planted ones first, then a plausible rest of every kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

import numpy as np
import shapely

from sample_city_maker import ground, names
from sample_city_maker.blocks import Plot
from sample_city_maker.people import ELDERS_60, Home
from sample_city_maker.tiling import Cell

COMMUNITY_TIER: Final = frozenset(
    {"street_centre", "community_centre", "home_care_station", "day_care", "mutual_aid_home"}
)
WITHOUT_BEDS: Final = frozenset(
    {"meal_point", "activity_centre", "elder_university", "health_facility"}
)
LONELY_M: Final = 1750.0
LONELY: Final = frozenset(ground.FRINGE) - {f"edge_{k}" for k in range(1, 8)}
BEDS_PER_1000: Final = MappingProxyType({0: 40.0, 1: 40.1, 2: 39.9})
SMALL_TOWN, EMPTY_TOWN, MEDIUM_TOWN = 5, 7, 3
"""Towns with two centres of 35 beds, with no centre of a street, and with one of 50 beds."""
EMPTY_RURAL_TOWN: Final = 11


@dataclass(frozen=True)
class Facility:
    """A facility; ``kind`` is a canonical word, ``beds`` and ``floor_area_m2`` may be unknown."""

    kind: str
    status: str
    xy: tuple[float, float]
    cell: int
    floor_area_m2: int | None
    beds: int | None
    name: str = ""
    host: str = ""
    serves: tuple[str, ...] = ()
    serves_community: bool | None = None
    planted: str = ""
    id: str = ""
    operator: str = ""
    opened: dt.date | None = None

    @property
    def counts(self) -> bool:
        """Whether it counts for service radii."""
        near_homes = self.kind in COMMUNITY_TIER or self.serves_community is True
        return self.status == "operating" and near_homes

    @property
    def has_beds(self) -> bool:
        """Whether its beds count as beds of elder care."""
        return self.status == "operating" and self.kind not in WITHOUT_BEDS


@dataclass
class Register:
    """Facilities placed so far and where the next one may stand."""

    homes: list[Home]
    cells: list[Cell]
    left_over: list[Plot]
    large: dict[int, int]
    rng: np.random.Generator
    placed: list[Facility] = field(default_factory=list)

    def home(self, planted: str) -> Home:
        """Return the home of a planted case."""
        return next(home for home in self.homes if home.planted == planted)

    def add(self, facility: Facility) -> None:
        """Take a facility in."""
        self.placed.append(facility)

    def is_free(self, xy: tuple[float, float], gap_m: float, *, counts: bool) -> bool:
        """Return whether a facility may stand there: not near others, not near a lonely case."""
        taken = [f.xy for f in self.placed if f.kind in COMMUNITY_TIER or not counts]
        if any(np.hypot(xy[0] - a, xy[1] - b) < gap_m for a, b in taken):
            return False
        lonely = [
            h.point for h in self.homes if h.planted in LONELY or (h.is_village and h.planted)
        ]
        return not counts or all(np.hypot(xy[0] - a, xy[1] - b) > LONELY_M for a, b in lonely)

    def draw(self, wanted: Callable[[Home], bool], gap_m: float, *, counts: bool = True) -> Home:
        """Return a home to stand in, the larger and the more central the likelier."""
        hosts = {f.host for f in self.placed}
        free = [
            home
            for home in self.homes
            if not home.planted
            and home.id not in hosts
            and wanted(home)
            and self.is_free(inside(home), gap_m, counts=counts)
        ]
        if not free:
            raise ValueError("no home left for a facility")
        weight = np.asarray([_pull(home) for home in free])
        return free[int(np.searchsorted(np.cumsum(weight), self.rng.random() * weight.sum()))]


def inside(home: Home) -> tuple[float, float]:
    """Return a place within a home, off its middle."""
    x, y = home.point
    corner = shapely.get_coordinates(home.geometry)[0]
    spot = ground.on_grid((x + 0.45 * (corner[0] - x), y + 0.45 * (corner[1] - y)))
    return float(spot[0]), float(spot[1])


def _pull(home: Home) -> float:
    x, y = home.point
    old_town = np.hypot(x - ground.CENTRE[0] - 900.0, y - ground.CENTRE[1] + 500.0) / 3400.0
    return float(
        np.round(((home.households or 0) + 60.0) ** 0.5 * (np.exp(-(old_town**2)) + 0.12), 9)
    )


def _at(kind: str, home: Home, area: int | None, beds: int | None) -> Facility:
    return Facility(kind, "operating", inside(home), home.cell, area, beds, host=home.id)


def _beside(register: Register, case: str, kind: str, gap: tuple[float, float]) -> Facility:
    home = register.home(case)
    x, y = home.point
    xy = round(x + gap[0], 3), round(y + gap[1], 3)
    at = shapely.points(xy)
    cell = next(k for k, c in enumerate(register.cells) if c.geometry.covers(at))
    return Facility(kind, "operating", xy, cell, None, 0, planted=case)


def plant(register: Register) -> None:
    """Place the facilities of the planted cases."""
    beside = (
        ("500m", "home_care_station", (-500.0, 0.0), 320, 6),
        ("500m_1mm", "community_centre", (-500.001, 0.0), 680, 18),
        ("800m", "day_care", (-800.0, 0.0), 410, 12),
        ("village_1000m", "mutual_aid_home", (1000.0, 0.0), 260, 10),
        ("village_1000m_1mm", "mutual_aid_home", (1000.001, 0.0), 240, 8),
        ("unknown_kind", "", (-300.0, 0.0), 300, 0),
        ("institution", "elder_home", (0.0, 250.0), 5200, 130),
    )
    for case, kind, gap, area, beds in beside:
        made = replace(_beside(register, case, kind, gap), floor_area_m2=area, beds=beds)
        register.add(replace(made, serves_community=False) if kind == "elder_home" else made)
    (x, y), (south_x, south_y) = ground.across_river()
    made = _beside(register, "across_river", "home_care_station", (south_x - x, south_y - y))
    register.add(replace(made, floor_area_m2=350, beds=5))
    within: tuple[tuple[str, str, int | None, int], ...] = (
        ("premises_199", "home_care_station", 199, 0),
        ("no_households", "home_care_station", 260, 4),
        ("no_floor_area", "day_care", None, 8),
        ("hostile_name", "home_care_station", 280, 2),
    )
    for case, kind, premises_m2, beds in within:
        register.add(replace(_at(kind, register.home(case), premises_m2, beds), planted=case))
    small, big = register.home("shared_500"), register.home("shared_1000")
    between = shapely.shortest_line(small.geometry, big.geometry).centroid
    xy = round(float(between.x), 3), round(float(between.y), 3)
    made = Facility("day_care", "operating", xy, big.cell, 300, 10, planted="shared_premises")
    register.add(replace(made, serves=(small.id, big.id)))
    for _ in range(2):
        home = register.draw(_in_town(register, SMALL_TOWN), 700.0)
        made = _at("community_centre", home, int(register.rng.integers(700, 1100)), 35)
        register.add(replace(made, planted="two_of_35_beds"))


def _in_town(register: Register, town: int) -> Callable[[Home], bool]:
    def wanted(home: Home) -> bool:
        core = register.cells[home.cell].settlement == "" or home.is_village
        return register.cells[home.cell].town == town and home.cell not in register.large and core

    return wanted


def _within(wanted: Callable[[Home], bool], allowed: set[int]) -> Callable[[Home], bool]:
    return lambda home: wanted(home) and home.cell in allowed


def _of_households(wanted: Callable[[Home], bool], least: int, most: int) -> Callable[[Home], bool]:
    return lambda home: wanted(home) and least < (home.households or 0) < most


def _in_core(register: Register) -> Callable[[Home], bool]:
    return lambda home: not home.is_village and register.cells[home.cell].settlement == ""


def place_centres(register: Register) -> None:
    """Place centres of streets and rural towns, then of communities."""
    rng = register.rng
    beds = {0: 96, 1: 74, 2: 120, MEDIUM_TOWN: 50, 4: 84, 6: 70, 8: 80, 9: 72, 10: 40}
    for town, number in beds.items():
        home = register.draw(_in_town(register, town), 600.0)
        area = int(rng.integers(150, 420)) * 10
        register.add(_at("street_centre", home, area, number))
    home = register.draw(_in_town(register, EMPTY_RURAL_TOWN), 600.0)
    register.add(replace(_at("street_centre", home, 2600, 90), status="planned"))
    core = _in_core(register)
    households: dict[int, int] = {}
    for home in register.homes:
        households[home.cell] = households.get(home.cell, 0) + (home.households or 0)
    centres = {"street_centre", "community_centre"}
    has = {f.cell for f in register.placed if f.kind in centres} | set(register.large)
    full = [c for c in sorted(households, key=lambda c: (-households[c], c)) if c not in has]
    full = [c for c in full if not register.cells[c].settlement][:5]
    small = set(range(len(register.cells))) - set(register.large)
    # most of the largest communities have a centre, then chance decides
    for number in range(12):
        allowed = {full[number]} if number < 4 else small
        home = register.draw(_within(core, allowed), 430.0)
        area, places = int(rng.integers(26, 120)) * 10, int(rng.integers(8, 33))
        register.add(_at("community_centre", home, area, places))
    for status in ("planned", "closed"):
        home = register.draw(_within(core, small), 430.0)
        register.add(replace(_at("community_centre", home, 540, 20), status=status))


def place_stations(register: Register) -> None:
    """Place home-care stations, day care and mutual-aid homes."""
    rng, core = register.rng, _in_core(register)
    for kind, count, top in (("home_care_station", 9, 8), ("day_care", 4, 20)):
        for number in range(count):
            least = 60 if number % 3 == 2 else 420
            home = register.draw(_of_households(core, least, 2500), 430.0)
            area, beds = int(rng.integers(110, 460)), int(rng.integers(0, top))
            if least == 420:
                # in large estates the premises lag or lead the rate of 20 m2 per 100 households
                area = round(0.2 * (home.households or 0) * float(rng.uniform(0.45, 1.5)))
            register.add(_at(kind, home, area, beds))

    def new(home: Home) -> bool:
        return core(home) and home.is_new

    for share in (0.7, 1.0, 1.25, 1.6):
        home = register.draw(_of_households(new, 240, 2500), 250.0, counts=False)
        area = round(0.3 * (home.households or 0) * share)
        made = _at("home_care_station", home, area, 5)
        register.add(replace(made, status="planned"))
    home = register.draw(core, 250.0, counts=False)
    register.add(replace(_at("home_care_station", home, 230, 6), status="closed"))
    for number in range(6):
        home = register.draw(lambda h: h.is_village, 2000.0)
        area, beds = int(rng.integers(16, 45)) * 10, int(rng.integers(5, 16))
        made = _at("mutual_aid_home", home, area, beds)
        register.add(replace(made, status="closed") if number == 5 else made)


def _on_plot(register: Register, kind: str, county: int, area: int, beds: int | None) -> Facility:
    """Return a facility on a plot of the core that carries no estate."""
    taken = {f.xy for f in register.placed}
    free = [
        plot
        for plot in register.left_over
        if register.cells[plot.cell].county == county
        and plot.geometry.area > 3500.0
        and all(np.hypot(plot.point[0] - x, plot.point[1] - y) > 500.0 for x, y in taken)
    ]
    plot = free[int(register.rng.integers(0, len(free)))]
    xy = round(plot.point[0], 3), round(plot.point[1], 3)
    return Facility(kind, "operating", xy, plot.cell, area, beds)


def place_institutions(register: Register) -> None:
    """Place institutions and what is neither near homes nor lived in."""
    rng = register.rng
    for kind, county, beds in (
        ("elder_home", 1, 110),
        ("nursing_home", 0, 300),
        ("nursing_home", 1, 150),
        ("welfare_centre", 1, 240),
        ("elder_home", 0, 0),
        ("elder_home", 1, 0),
    ):
        made = _on_plot(register, kind, county, int(rng.integers(300, 900)) * 10, beds)
        register.add(replace(made, serves_community=kind == "elder_home" and beds == 110))
    planned = _on_plot(register, "elder_home", 1, 6400, 180)
    register.add(replace(planned, status="planned", serves_community=False))
    for town, beds in ((8, 190), (9, 165), (EMPTY_RURAL_TOWN, 0)):
        home = register.draw(_in_town(register, town), 1500.0, counts=False)
        made = _at("rural_home", home, int(rng.integers(180, 420)) * 10, beds)
        register.add(replace(made, serves_community=False))
    for kind, count in (
        ("meal_point", 3),
        ("activity_centre", 1),
        ("elder_university", 1),
        ("health_facility", 2),
    ):
        for number in range(count):
            wards = 20 + 10 * number if kind == "health_facility" else None
            made = _on_plot(register, kind, number % 2, int(rng.integers(12, 160)) * 10, wards)
            register.add(made)


def _balanced(register: Register) -> list[Facility]:
    """Return the facilities; the last institution of each county fills up its beds."""
    filled = list(register.placed)
    for county, per_1000 in BEDS_PER_1000.items():
        own = [k for k, f in enumerate(filled) if register.cells[f.cell].county == county]
        have = sum(filled[k].beds or 0 for k in own if filled[k].has_beds)
        missing = round(per_1000 * ELDERS_60[county] / 1000) - have
        kinds = {"elder_home", "rural_home"}
        last = next(k for k in own if filled[k].kind in kinds and filled[k].beds == 0)
        if not 40 <= missing <= 460:
            raise ValueError(f"county {county}: {missing} beds are missing")
        filled[last] = replace(filled[last], beds=missing)
    return filled


def _sharing(register: Register, filled: list[Facility]) -> list[Facility]:
    """Return the facilities, five of them stating the estates that they serve."""
    out = list(filled)
    hosts = [
        k
        for k, f in enumerate(out)
        if f.kind == "community_centre" and f.status == "operating" and not f.planted
    ]
    for k in hosts[:5]:
        x, y = out[k].xy
        around = [
            (round(float(np.hypot(x - h.point[0], y - h.point[1])), 3), h.id)
            for h in register.homes
            if h.cell == out[k].cell and not h.planted and h.id != out[k].host
        ]
        near = [home for _, home in sorted(around)[:2]]
        out[k] = replace(out[k], serves=tuple(sorted([out[k].host, *near])))
    return out


def make_facilities(
    homes: list[Home], cells: list[Cell], left_over: list[Plot], large: dict[int, int]
) -> list[Facility]:
    """Return all facilities with ids and names, in the order of their zones."""
    register = Register(homes, cells, left_over, large, ground.generator("facilities"))
    plant(register)
    place_centres(register)
    place_stations(register)
    place_institutions(register)
    made = _sharing(register, _balanced(register))
    made.sort(key=lambda f: (cells[f.cell].county, cells[f.cell].town, f.cell, f.xy))
    rng = ground.generator("beds")
    operators = ("公建民营", "公建民营", "公办", "民办")
    stems = names.facility_stems(len(made))
    done = []
    for number, facility in enumerate(made):
        called = stems[number] + names.KIND_WORDS.get(facility.kind, "为老服务点")
        opened = dt.date(int(rng.integers(2009, 2026)), int(rng.integers(1, 13)), 15)
        done.append(
            replace(
                facility,
                id=f"F{number + 1:03d}",
                name=names.HOSTILE_FACILITY if facility.planted == "hostile_name" else called,
                operator=operators[int(rng.integers(0, 4))],
                opened=None if facility.status == "planned" else opened,
            )
        )
    return [*done, _in_two_places(done, homes, len(done))]


def _in_two_places(done: list[Facility], homes: list[Home], count: int) -> Facility:
    """Return premises more for a new estate that has enough already: they are in two places.

    They come last, so that they move no id; being planned they count for no service radius.
    """
    planned = [f for f in done if f.kind == "home_care_station" and f.status == "planned"]
    by_id = {home.id: home for home in homes}
    enough = [
        (f.id, f, by_id[f.host])
        for f in planned
        if (f.floor_area_m2 or 0) > 0.3 * (by_id[f.host].households or 0)
    ]
    _, first, host = max(enough)
    x, y = host.point
    xy = ground.on_grid((2 * x - first.xy[0], 2 * y - first.xy[1]))
    return replace(
        first,
        id=f"F{count + 1:03d}",
        name=f"{host.name}居家养老服务用房",
        xy=(float(xy[0]), float(xy[1])),
        floor_area_m2=40,
        beds=0,
        planted="two_places",
    )
