"""Zones that tile the city: cells cut from one set of lines, so that neighbours share edges.

Communities of the core follow streets; those at the edge of the town and the villages are made of
small cells, each given to the nearest settlement on its bank. The river's middle is always a
boundary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from sample_city_maker import ground
from sample_city_maker.country import SOUTH_BANK, Settlement
from sample_city_maker.ground import Floats, Polygon
from sample_city_maker.streets import Grid

COMMUNITIES: Final = 70
CELL_M: Final = 330.0
TOWN_WIDTHS: Final = (-2700.0, 0.0, 2700.0)
"""Offsets that part the four streets on either bank from one another."""
RURAL_PART: Final = 600.0
"""Offset that parts the western town of either bank from the eastern one."""


@dataclass(frozen=True)
class Cell:
    """A community or a village: the smallest zone.

    ``settlement`` is the name of its settlement, empty in the core; ``town`` the number of its
    town, 0 to 7 for streets, 8 to 11 for rural towns; ``county`` 0, 1 or 2.
    """

    settlement: str
    is_village: bool
    town: int
    county: int
    geometry: Polygon


def _medians(points: Floats, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the group of each point after a few rounds of k-means."""
    centres = points[rng.choice(len(points), count, replace=False)]
    for _ in range(12):
        group = cKDTree(centres).query(points)[1]
        centres = np.stack([points[group == k].mean(axis=0) for k in range(count)])
    # square distances make boundaries follow the streets of the grid
    return np.asarray(cKDTree(centres).query(points, p=np.inf)[1], dtype=np.int64)


def core_labels(grid: Grid) -> npt.NDArray[np.int64]:
    """Return the community of each cell of the grid, -1 outside, shape (nu - 1, nv - 1)."""
    rng = ground.generator("zones")
    cells = grid.cells
    mid_u = (grid.u.at[1:] + grid.u.at[:-1]) / 2
    mid_v = (grid.v.at[1:] + grid.v.at[:-1]) / 2
    labels = np.full(cells.shape, -1, dtype=np.int64)
    wanted = COMMUNITIES - len(ground.FRINGE)
    north = cells & (mid_v > 0)[None, :]
    count_north = round(wanted * float(north.sum()) / float(cells.sum()))
    first = 0
    for bank, count in ((north, count_north), (cells & ~north, wanted - count_north)):
        at = np.argwhere(bank)
        points = np.column_stack([mid_u[at[:, 0]], mid_v[at[:, 1]]])
        labels[at[:, 0], at[:, 1]] = first + _medians(points, count, rng)
        first += count
    return labels


def _core_polygons(grid: Grid, labels: npt.NDArray[np.int64]) -> list[Polygon]:
    xy = grid.xy
    rings = np.stack([xy[:-1, :-1], xy[1:, :-1], xy[1:, 1:], xy[:-1, 1:]], axis=2)
    quads = shapely.polygons(rings)
    return [shapely.coverage_union_all(quads[labels == k]) for k in range(int(labels.max()) + 1)]


def _river_outside(grid: Grid) -> list[Any]:
    """Return the river's middle west and east of the core, up to beyond the outline."""
    row = grid.river_row
    ends = grid.xy[grid.inside[:, row], row]
    west, east = ends[0], ends[-1]
    before = np.arange(475_500.0, west[0] - 50.0, 150.0)
    after = np.arange(508_500.0, east[0] + 50.0, -150.0)
    return [
        shapely.linestrings(
            np.vstack([ground.on_grid(np.column_stack([x, ground.river_y(x)])), end])
        )
        for x, end in ((before, west), (after, east))
    ]


def _small_cells(grid: Grid, core: list[Polygon]) -> list[Polygon]:
    """Return faces that tile the city: the core's communities whole, small cells outside."""
    rng = ground.generator("cells")
    city = ground.outline()
    west, south, east, north = shapely.bounds(city)
    x, y = np.meshgrid(np.arange(west, east, CELL_M), np.arange(south, north, CELL_M))
    spots = np.column_stack([x.ravel(), y.ravel()]) + rng.uniform(-0.38, 0.38, (x.size, 2)) * CELL_M
    core_area = shapely.coverage_union_all(core)
    edges = shapely.voronoi_polygons(shapely.multipoints(spots), only_edges=True)
    edges = shapely.intersection(edges, city - core_area)
    edges = [e for e in shapely.get_parts(edges) if e.length > 0]
    lines = [*edges, shapely.boundary(city), *map(shapely.boundary, core), *_river_outside(grid)]
    noded = shapely.unary_union(np.asarray(lines), grid_size=0.001)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inner = shapely.point_on_surface(faces)
    faces = faces[shapely.contains(city, inner)]
    order = np.lexsort(shapely.get_coordinates(shapely.point_on_surface(faces)).T)
    return list(faces[order])


def _owners(
    faces: list[Polygon], core: list[Polygon], places: list[Settlement]
) -> npt.NDArray[np.int64]:
    """Return the smallest zone of each face: the core's first, then the settlements'."""
    inner = shapely.point_on_surface(np.asarray(faces))
    xy = shapely.get_coordinates(inner)
    owner = np.full(len(faces), -1, dtype=np.int64)
    for number, community in enumerate(core):
        shapely.prepare(community)
        owner[shapely.contains(community, inner)] = number
    seeds = np.asarray([place.centre for place in places])
    bank, seed_bank = ground.is_north(*xy.T), ground.is_north(*seeds.T)
    for north in (False, True):
        mine = np.flatnonzero(seed_bank == north)
        free = np.flatnonzero((owner == -1) & (bank == north))
        owner[free] = len(core) + mine[cKDTree(seeds[mine]).query(xy[free])[1]]
    return owner


def _joined(faces: list[Polygon], owner: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return owners such that each zone is one piece: stray bits go to a neighbour."""
    owner = owner.copy()
    array = np.asarray(faces)
    left, right = shapely.STRtree(array).query(array, predicate="touches")
    for _ in range(5):
        moved = 0
        for number in np.unique(owner):
            mine = np.flatnonzero(owner == number)
            parts = shapely.get_parts(shapely.coverage_union_all(array[mine]))
            if len(parts) == 1:
                continue
            keep = parts[int(shapely.area(parts).argmax())]
            stray = mine[~shapely.contains(keep, shapely.point_on_surface(array[mine]))]
            for face in stray:
                near = right[(left == face) & (owner[right] != number)]
                same = ground.is_north(
                    *shapely.get_coordinates(shapely.point_on_surface(array[near])).T
                )
                at = shapely.get_coordinates(shapely.point_on_surface(array[face]))[0]
                near = near[same == ground.is_north(*at)]
                shared = shapely.length(shapely.intersection(array[near], array[face]))
                if len(near):
                    owner[face] = owner[near[int(np.round(shared, 3).argmax())]]
                    moved += 1
        if not moved:
            return owner
    raise ValueError("zones fall apart")


def _town(settlement: Settlement | None, geometry: Polygon) -> int:
    inner = shapely.point_on_surface(geometry)
    x, y = (inner.x, inner.y) if settlement is None else settlement.centre
    south = not bool(ground.is_north(x, y))
    offset = x - ground.CENTRE[0]
    if settlement is not None and settlement.is_village:
        return 8 + 2 * int(south) + int(offset > RURAL_PART)
    return 4 * int(south) + int(np.searchsorted(TOWN_WIDTHS, offset))


def _county(town: int) -> int:
    """Return the county of a town: north, south with the south-western town, and the rest."""
    if town < 4:
        return 0
    return 1 if town < 8 or town == 10 else 2


def make_cells(grid: Grid, settlements: list[Settlement]) -> list[Cell]:
    """Return the smallest zones: communities first, then villages."""
    places = [place for place in settlements if place.name != SOUTH_BANK]
    core = _core_polygons(grid, core_labels(grid))
    faces = _small_cells(grid, core)
    owner = _joined(faces, _owners(faces, core, places))
    array = np.asarray(faces)
    cells = []
    for number in range(len(core) + len(places)):
        geometry = shapely.coverage_union_all(array[owner == number])
        place = None if number < len(core) else places[number - len(core)]
        town = _town(place, geometry)
        is_village = place is not None and place.is_village
        geometry = shapely.normalize(geometry)
        cells.append(
            Cell("" if place is None else place.name, is_village, town, _county(town), geometry)
        )
    return cells
