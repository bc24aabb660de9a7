"""Candidate sites near the gaps, and parcels with their planned use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from sample_city_maker import ground
from sample_city_maker.blocks import Plot, cells_at
from sample_city_maker.facilities import Facility
from sample_city_maker.ground import Floats, Polygon
from sample_city_maker.people import Home
from sample_city_maker.tiling import Cell

CANDIDATES: Final = 150
NEAR_GAPS: Final = 110
VILLAGE_OFFICES: Final = 30
SHUN_M: Final = 900.0
"""No candidate within this distance of the estate that none may reach."""
ELDER_LAND_M2: Final = (0.242, 0.168, 0.226)
"""Land for elder care per person in each county, about."""
HOUSING: Final = 130


@dataclass(frozen=True)
class Candidate:
    """A place where a facility could be set up."""

    id: str
    name: str
    kind: str
    xy: tuple[float, float]
    max_floor_area_m2: int | None
    cost: float | None
    available_from: int | None


@dataclass(frozen=True)
class Parcel:
    """A parcel with the code of its planned use."""

    id: str
    use: str
    name: str
    geometry: Polygon

    @property
    def area_m2(self) -> float:
        """Its area as the register states it."""
        return round(float(self.geometry.area), 1)


def uncovered(homes: list[Home], facilities: list[Facility]) -> list[Home]:
    """Return the homes beyond the radius of every facility that counts."""
    counting = np.asarray([f.xy for f in facilities if f.counts])
    away = []
    for home in homes:
        gap = np.hypot(*(counting - np.asarray(home.point)).T).min()
        if gap > (1000.0 if home.is_village else 500.0):
            away.append(home)
    return away


def _spots(
    homes: list[Home], facilities: list[Facility], city: Polygon
) -> list[tuple[str, Floats]]:
    """Return kind and place of each candidate: by gaps, in villages, anywhere."""
    rng = ground.generator("candidates")
    gaps = uncovered(homes, facilities)
    lone = np.asarray(next(h for h in homes if h.planted == "no_candidate").point)
    water = shapely.buffer(ground.river(), 20.0)
    spots: list[tuple[str, Floats]] = []

    def fits(spot: Floats, gap_m: float) -> bool:
        far = all(np.hypot(*(spot - other)) >= gap_m for _, other in spots)
        dry = not shapely.contains_xy(water, *spot)
        return bool(
            far and dry and np.hypot(*(spot - lone)) > SHUN_M and shapely.contains_xy(city, *spot)
        )

    urban = [home for home in gaps if not home.is_village and home.planted != "no_candidate"]
    for gap_m in (430.0, 330.0, 240.0, 120.0):
        for k in rng.permutation(len(urban)):
            angle, reach = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(40.0, 260.0)
            spot = np.asarray(urban[k].point) + reach * np.asarray([np.cos(angle), np.sin(angle)])
            if len(spots) < NEAR_GAPS and fits(spot := ground.on_grid(spot), gap_m):
                spots.append(("闲置用房" if rng.random() < 0.68 else "规划地块", spot))
    villages = [home for home in gaps if home.is_village]
    for k in sorted(rng.permutation(len(villages))[:VILLAGE_OFFICES].tolist()):
        spot = ground.on_grid(np.asarray(villages[k].point) + rng.uniform(-60.0, 60.0, 2))
        spots.append(("村部", spot))
    while len(spots) < CANDIDATES:
        spot = ground.on_grid(np.asarray(ground.CENTRE) + rng.uniform(-4300.0, 4300.0, 2))
        if fits(spot, 150.0):
            spots.append(("闲置用房", spot))
    return spots


def make_candidates(homes: list[Home], facilities: list[Facility]) -> list[Candidate]:
    """Return the candidate sites from west to east; some figures are missing."""
    spots = _spots(homes, facilities, ground.outline())
    spots.sort(key=lambda item: (float(item[1][0]), float(item[1][1])))
    rng = ground.generator("candidate_figures")
    made = []
    for number, (kind, spot) in enumerate(spots):
        area = (
            int(rng.integers(12, 90)) * 10 if kind != "规划地块" else int(rng.integers(6, 30)) * 100
        )
        cost = round(float(area * rng.uniform(0.12, 0.34)), 1)
        no_area, no_cost, dated = rng.random(3)
        made.append(
            Candidate(
                id=f"C{number + 1:03d}",
                name=f"{kind}{number + 1}号",
                kind=kind,
                xy=(float(spot[0]), float(spot[1])),
                max_floor_area_m2=None if no_area < 0.1 else area,
                cost=None if no_cost < 0.14 else cost,
                available_from=int(rng.integers(2026, 2030)) if dated < 0.4 else None,
            )
        )
    return made


def _elder_land(
    left_over: list[Plot], homes: list[Home], cells: list[Cell]
) -> list[tuple[str, Polygon, int]]:
    """Return parcels for elder care until each county has about its land per person."""
    rng = ground.generator("parcels")
    found: list[tuple[str, Polygon, int]] = []
    for county, per_person in enumerate(ELDER_LAND_M2):
        people = sum(h.population or 0 for h in homes if cells[h.cell].county == county)
        if county == 2:
            villages = [h for h in homes if h.is_village and cells[h.cell].county == county]
            pool = [(_outside(villages[k]), -1) for k in rng.permutation(len(villages)).tolist()]
        else:
            own = [p for p in left_over if cells[p.cell].county == county]
            own = [p for p in own if 2500.0 < p.geometry.area < 9000.0]
            pool = [(own[k].geometry, own[k].block) for k in rng.permutation(len(own)).tolist()]
        used: set[int] = set()
        for shape, block in pool:
            missing = per_person * people - sum(s.area for _, s, c in found if c == county)
            if missing <= 0.0:
                break
            if block in used and block >= 0:
                continue
            used.add(block)
            share = min(1.0, float(np.sqrt(missing / shape.area)))
            found.append((f"b{block}", shape if share == 1.0 else _shrunk(shape, share), county))
    return found


def _outside(village: Home) -> Polygon:
    """Return a rectangle just east of a village."""
    _, south, east, north = shapely.bounds(village.geometry)
    x, y = round(float(east)) + 90.0, round(float(south + north) / 2)
    return ground.rectangle(x, y, 70.0, 60.0)


def _shrunk(shape: Polygon, share: float) -> Polygon:
    ring = shapely.get_coordinates(shape)
    middle = ring[:-1].mean(axis=0)
    return shapely.polygons(ground.on_grid(middle + (ring - middle) * share))


def make_parcels(
    estates: list[Plot],
    left_over: list[Plot],
    blocks: list[Polygon],
    homes: list[Home],
    cells: list[Cell],
) -> list[Parcel]:
    """Return parcels for elder care and for housing; none overlaps another."""
    rng = ground.generator("housing")
    care = _elder_land(left_over, homes, cells)
    taken = {int(block[1:]) for block, _, _ in care}
    lived_in = sorted({plot.block for plot in estates if plot.block >= 0} - taken)
    chosen = sorted(rng.permutation(len(lived_in))[:HOUSING].tolist())
    shapes = [("080601", "养老用地", shape) for _, shape, _ in care]
    for k in chosen:
        block = shapely.set_precision(shapely.simplify(blocks[lived_in[k]], 0.5), 0.001)
        shapes.append(("R2", "二类居住用地", shapely.normalize(block)))
    cells_at(cells, [shape.representative_point() for _, _, shape in shapes])
    return [
        Parcel(f"P{number + 1:03d}", use, f"{name}{number + 1}", shape)
        for number, (use, name, shape) in enumerate(shapes)
    ]
