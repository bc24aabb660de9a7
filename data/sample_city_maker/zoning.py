"""The table of zones: every level a sum of the one below it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely

from sample_city_maker import ground, names
from sample_city_maker.ground import Polygon
from sample_city_maker.people import Home, shares
from sample_city_maker.tiling import Cell

CITY_ID: Final = "999900"


@dataclass(frozen=True)
class Zone:
    """A zone with its figures."""

    id: str
    name: str
    level: str
    setting: str
    parent: str
    geometry: Polygon
    population: int
    households: int
    elders_60: int
    elders_65: int


def county_id(county: int) -> str:
    """Return the id of a county."""
    return f"9999{county + 1:02d}"


def town_id(cells: list[Cell], town: int) -> str:
    """Return the id of a town, the county's id with three digits more."""
    county = next(cell.county for cell in cells if cell.town == town)
    return f"{county_id(county)}{town + 1:03d}"


def cell_ids(cells: list[Cell]) -> list[str]:
    """Return the id of each community and village, the town's id with three digits more."""
    seen: dict[int, int] = {}
    ids = []
    for cell in cells:
        seen[cell.town] = seen.get(cell.town, 0) + 1
        first = 200 if cell.is_village else 0
        ids.append(f"{town_id(cells, cell.town)}{first + seen[cell.town]:03d}")
    return ids


def _smallest(cells: list[Cell], homes: list[Home]) -> list[Zone]:
    rng = ground.generator("zone_figures")
    ids = cell_ids(cells)
    urban = names.communities(sum(not cell.is_village for cell in cells))
    village = {home.cell: home.name for home in homes if home.is_village}
    own: dict[int, list[Home]] = {}
    for home in homes:
        own.setdefault(home.cell, []).append(home)
    elders = [sum(h.elders or 0 for h in own[k]) for k in range(len(cells))]
    weight = np.asarray(elders) * rng.uniform(0.96, 1.04, len(cells))
    elders_65 = shares(round(0.71 * sum(elders)), weight)
    zones = []
    for k, cell in enumerate(cells):
        zones.append(
            Zone(
                id=ids[k],
                name=village[k] if cell.is_village else urban[k],
                level="行政村" if cell.is_village else "社区",
                setting="乡村" if cell.is_village else "城镇",
                parent=town_id(cells, cell.town),
                geometry=cell.geometry,
                population=sum(h.population or 0 for h in own[k]),
                households=sum(h.households or 0 for h in own[k]),
                elders_60=elders[k],
                elders_65=elders_65[k],
            )
        )
    return zones


def _sum(parts: list[Zone], zone_id: str, called: str, level: str, setting: str) -> Zone:
    geometry = shapely.coverage_union_all([part.geometry for part in parts])
    return Zone(
        id=zone_id,
        name=called,
        level=level,
        setting=setting,
        parent="",
        geometry=shapely.normalize(geometry),
        population=sum(part.population for part in parts),
        households=sum(part.households for part in parts),
        elders_60=sum(part.elders_60 for part in parts),
        elders_65=sum(part.elders_65 for part in parts),
    )


def make_zones(cells: list[Cell], homes: list[Home]) -> list[Zone]:
    """Return all zones: the city, counties, towns, communities and villages."""
    small = _smallest(cells, homes)
    towns = []
    for town in range(len(names.STREETS) + len(names.RURAL_TOWNS)):
        own = [zone for zone, cell in zip(small, cells, strict=True) if cell.town == town]
        is_street = town < len(names.STREETS)
        called = f"{names.STREETS[town]}街道" if is_street else f"{names.RURAL_TOWNS[town - 8]}镇"
        word, setting = ("街道", "城镇") if is_street else ("镇", "乡村")
        towns.append(_sum(own, town_id(cells, town), called, word, setting))
    counties = []
    for county, called in enumerate(names.COUNTIES):
        own = [zone for zone in towns if zone.id.startswith(county_id(county))]
        counties.append(_sum(own, county_id(county), called, called[-1], ""))
    city = _sum(counties, CITY_ID, names.CITY, "市", "")
    above = {zone.id: zone.id[:6] for zone in towns} | {z.id: CITY_ID for z in counties}
    upper = [replace(z, parent=above.get(z.id, "")) for z in [city, *counties, *towns]]
    return upper + small
