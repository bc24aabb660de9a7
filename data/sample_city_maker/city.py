"""The whole sample city, made once."""

from __future__ import annotations

from dataclasses import dataclass

from sample_city_maker import (
    blocks,
    country,
    facilities,
    ground,
    ledgers,
    people,
    remote,
    sites,
    streets,
    tiling,
    zoning,
)
from sample_city_maker.ground import Line, Polygon


@dataclass(frozen=True)
class SampleCity:
    """All layers of the sample city, and the smallest zones with their ids."""

    zones: list[zoning.Zone]
    cells: list[tiling.Cell]
    cell_ids: list[str]
    estates: list[people.Home]
    villages: list[people.Home]
    facilities: list[facilities.Facility]
    candidates: list[sites.Candidate]
    parcels: list[sites.Parcel]
    roads: list[streets.Road]
    river: Polygon
    railway: Line
    large: dict[int, int]
    ledgers: ledgers.Ledgers

    @property
    def homes(self) -> list[people.Home]:
        """Estates and villages."""
        return self.estates + self.villages


def make() -> SampleCity:
    """Return the sample city."""
    grid = streets.make_grid()
    core = streets.core_roads(grid)
    settlements = country.settlements()
    roads = core + country.country_roads(grid, core, settlements)
    cells = tiling.make_cells(grid, settlements)
    plots, left_over, core_blocks = blocks.choose_plots(core, settlements, cells)
    estates, large = people.make_estates(plots, cells)
    villages = people.make_villages(settlements, cells)
    homes = people.with_elders(estates + villages, cells)
    made = facilities.make_facilities(homes, cells, left_over, large)
    land, at = remote.with_spur(cells)
    far = remote.make_estate(len(estates) + 1, at, roads)
    return SampleCity(
        zones=zoning.make_zones(land, [*homes, far]),
        cells=land,
        cell_ids=zoning.cell_ids(land),
        estates=[*homes[: len(estates)], far],
        villages=homes[len(estates) :],
        facilities=made,
        candidates=sites.make_candidates(homes, made),
        parcels=sites.make_parcels(plots, left_over, core_blocks, homes, cells),
        roads=roads,
        river=ground.river(),
        railway=ground.railway(),
        large=large,
        ledgers=ledgers.make(homes[: len(estates)], made, cells),
    )
