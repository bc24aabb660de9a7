"""Streets of the core: a grid bent along the river, thinned unevenly, quarter by quarter.

The grid's lines follow the river near it and round off into rings farther out. Line ``v = 0`` is
the river's middle, which carries no street; only bridges cross it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sample_city_maker import ground
from sample_city_maker.ground import Floats, Line

CLASSES: Final = ("river", "primary", "secondary", "tertiary", "residential")
BRIDGE_OFFSETS: Final = (-2300.0, 150.0, 2700.0)
BANK_M: Final = 160.0
REACH: Final = (4900.0, 4350.0)
KEPT_SHARES: Final = (0.95, 0.85, 0.7, 0.5, 0.35)
UNDERPASS_GAP_M: Final = 1000.0


@dataclass(frozen=True)
class Road:
    """A piece of road between two junctions, shape (k, 2)."""

    xy: Floats
    road_class: str
    line: str = ""
    bridge: bool = False
    tunnel: bool = False
    oneway: bool = False

    @property
    def geometry(self) -> Line:
        """The piece as a line."""
        return shapely.linestrings(self.xy)


@dataclass(frozen=True)
class Axis:
    """Lines of one direction: offset, rank (index of ``CLASSES``) and quarter of each."""

    at: Floats
    rank: tuple[int, ...]
    quarter: tuple[int, ...]


@dataclass(frozen=True)
class Grid:
    """All nodes of the grid, which of them are in the core, and the cells between them."""

    u: Axis
    v: Axis
    xy: Floats
    inside: npt.NDArray[np.bool_]

    @property
    def river_row(self) -> int:
        """Index of the line that is the river's middle."""
        return self.v.rank.index(0)

    @property
    def cells(self) -> npt.NDArray[np.bool_]:
        """Which cells have all four corners in the core, shape (nu - 1, nv - 1)."""
        i = self.inside
        return np.asarray(i[:-1, :-1] & i[1:, :-1] & i[:-1, 1:] & i[1:, 1:])


def _axis(rng: np.random.Generator, start: float, end: float, first_rank: int) -> Axis:
    main = [start]
    while main[-1] < end - 500.0:
        main.append(main[-1] + rng.uniform(640.0, 1060.0))
    at: list[float] = []
    rank: list[int] = []
    quarter: list[int] = []
    for number, (low, high) in enumerate(zip(main, [*main[1:], None], strict=True)):
        at.append(low)
        rank.append(1 + (number + first_rank) % 2)
        quarter.append(number)
        if high is None:
            break
        count = round((high - low) / rng.uniform(118.0, 160.0))
        parts = np.cumsum(rng.uniform(0.75, 1.25, count))
        for step in range(count - 1):
            at.append(low + (high - low) * float(parts[step] / parts[-1]))
            rank.append(3 if step == (count - 1) // 2 else 4)
            quarter.append(number)
    return Axis(np.asarray(at), tuple(rank), tuple(quarter))


def _both_banks(north: Axis, south: Axis) -> Axis:
    offset = 1 + max(north.quarter)
    return Axis(
        np.concatenate([-south.at[::-1], [0.0], north.at]),
        (*south.rank[::-1], 0, *north.rank),
        (*(offset + q for q in south.quarter[::-1]), 0, *north.quarter),
    )


def _bend(u: Floats, v: Floats) -> Floats:
    """Return map coordinates of grid coordinates."""
    round_u = u * np.sqrt(1.0 - 0.42 * (v / 5600.0) ** 2)
    round_v = v * np.sqrt(1.0 - 0.42 * (u / 5600.0) ** 2)
    shear = np.where(v > 0, 0.10 * v, -0.15 * v)
    x = ground.CENTRE[0] + round_u + shear + 150.0 * np.sin(v / 1300.0 + u / 4000.0)
    straight = ground.CENTRE[1] + 300.0 + 70.0 * (x - ground.CENTRE[0]) / 1000.0
    near = np.exp(-((v / 1900.0) ** 2))
    away = 1.0 - np.exp(-((v / 900.0) ** 2))
    sway = 130.0 * np.sin(u / 1700.0 + 1.3) + 70.0 * np.sin(u / 800.0 - v / 1900.0)
    y = near * ground.river_y(x) + (1.0 - near) * straight + round_v + away * sway
    return np.stack([x, y], axis=-1)


def make_grid() -> Grid:
    """Return the grid of the core."""
    rng = ground.generator("streets")
    u = _axis(rng, -REACH[0], REACH[0], 0)
    v = _both_banks(
        _axis(rng, BANK_M, REACH[1] + 200.0, 1), _axis(rng, BANK_M, REACH[1] - 100.0, 1)
    )
    uu, vv = np.meshgrid(u.at, v.at, indexing="ij")
    xy = _bend(uu, vv)
    rank = np.minimum(np.asarray(u.rank)[:, None], np.asarray(v.rank)[None, :])
    loose = np.where(rank == 4, 11.0, np.where(rank == 3, 7.0, 3.0)) * (np.abs(vv) > BANK_M)
    xy = xy + np.clip(rng.normal(size=xy.shape), -1.8, 1.8) * loose[..., None]
    edge = (
        1.0
        + 0.05 * np.sin(5.0 * np.arctan2(vv, uu) + 0.7)
        + 0.03 * np.sin(11.0 * np.arctan2(vv, uu))
    )
    inside = np.abs(uu / REACH[0]) ** 2.8 + np.abs(vv / REACH[1]) ** 2.8 < edge**2.8
    return Grid(u, v, ground.on_grid(xy), inside)


@dataclass(frozen=True)
class _Edge:
    start: tuple[int, int]
    end: tuple[int, int]
    rank: int
    line: str
    quarter: tuple[int, int]


def _all_edges(grid: Grid) -> list[_Edge]:
    edges: list[_Edge] = []
    middle = grid.river_row
    for i, j in np.argwhere(grid.inside).tolist():
        quarter = grid.u.quarter[i], grid.v.quarter[j]
        if j != middle and i + 1 < len(grid.u.at) and grid.inside[i + 1, j]:
            edges.append(_Edge((i, j), (i + 1, j), grid.v.rank[j], f"v{j}", quarter))
        if j + 1 < len(grid.v.at) and grid.inside[i, j + 1] and middle not in {j, j + 1}:
            edges.append(_Edge((i, j), (i, j + 1), grid.u.rank[i], f"u{i}", quarter))
    return edges


def _avenues(grid: Grid) -> list[_Edge]:
    """Return two avenues across the grid, from corner to corner of its cells."""
    edges: list[_Edge] = []
    middle = grid.river_row
    starts = ((0.46, 2, 1, 1), (0.40, 3, -1, 1))
    for number, (share, rows, step_u, step_v) in enumerate(starts):
        i, j = int(share * len(grid.u.at)), middle + rows
        for _ in range(15):
            end = i + step_u, j + step_v
            if not grid.inside[end]:
                break
            edges.append(_Edge((i, j), end, 2, f"d{number}", (-1, number)))
            i, j = end
    return edges


def _thinned(edges: list[_Edge]) -> tuple[list[_Edge], list[_Edge]]:
    """Return the edges that are built and those that are not, quarter by quarter."""
    rng = ground.generator("thinning")
    quarters = sorted({edge.quarter for edge in edges})
    share = {
        q: KEPT_SHARES[int(k)]
        for q, k in zip(quarters, rng.integers(0, 5, len(quarters)), strict=True)
    }
    runs = sorted({(edge.line, edge.quarter) for edge in edges if edge.rank >= 3})
    draw = dict(zip(runs, rng.random(len(runs)).tolist(), strict=True))
    built: list[_Edge] = []
    left_out: list[_Edge] = []
    for edge, chance in zip(edges, rng.random(len(edges)).tolist(), strict=True):
        keeps = True
        if edge.rank == 3:
            keeps = draw[edge.line, edge.quarter] < 0.9 and chance < 0.97
        elif edge.rank == 4:
            keeps = draw[edge.line, edge.quarter] < share[edge.quarter] and chance < 0.86
        (built if keeps else left_out).append(edge)
    return built, left_out


def _as_road(grid: Grid, edge: _Edge) -> Road:
    xy = np.asarray([grid.xy[edge.start], grid.xy[edge.end]])
    return Road(xy, CLASSES[edge.rank], edge.line)


def _bridges(grid: Grid) -> list[Road]:
    middle = grid.river_row
    main = np.flatnonzero(np.asarray(grid.u.rank) <= 2)
    found = []
    for offset in BRIDGE_OFFSETS:
        i = int(main[np.abs(grid.u.at[main] - offset).argmin()])
        xy = grid.xy[i, [middle - 1, middle, middle + 1]]
        found.append(Road(xy, "primary", f"u{i}", bridge=True))
    return found


def under_railway(roads: list[Road], rail: Line, gap_m: float) -> list[Road]:
    """Return the roads without those that cross the railway, underpasses excepted."""
    kept: list[Road] = []
    passes: list[float] = []
    for road in sorted(roads, key=lambda r: CLASSES.index(r.road_class)):
        line = road.geometry
        if not line.intersects(rail):
            kept.append(road)
            continue
        at = float(rail.project(line.intersection(rail).representative_point()))
        wide = road.road_class in {"primary", "secondary"}
        if wide and all(abs(at - other) >= gap_m for other in passes):
            passes.append(at)
            kept.append(replace(road, tunnel=True))
    return kept


def node_keys(roads: list[Road]) -> tuple[list[int], list[int], int]:
    """Return the node at either end of each road, and how many nodes there are."""
    numbers: dict[tuple[float, float], int] = {}
    ends = [
        [numbers.setdefault((float(p[0]), float(p[1])), len(numbers)) for p in (r.xy[0], r.xy[-1])]
        for r in roads
    ]
    return [e[0] for e in ends], [e[1] for e in ends], len(numbers)


def pieces(roads: list[Road]) -> npt.NDArray[np.int64]:
    """Return the number of the connected piece of each road; 0 has the most roads."""
    tail, head, size = node_keys(roads)
    graph = coo_array((np.ones(len(tail)), (tail, head)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1][tail]
    order = np.argsort(-np.bincount(labels), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return np.asarray(rank[labels], dtype=np.int64)


def core_roads(grid: Grid) -> list[Road]:
    """Return the streets of the core, all connected, with three bridges."""
    rng = ground.generator("paths")
    built, left_out = _thinned(_all_edges(grid))
    roads = [_as_road(grid, edge) for edge in built + _avenues(grid)] + _bridges(grid)
    rail = ground.railway()
    roads = under_railway(roads, rail, UNDERPASS_GAP_M)
    label = pieces(roads)
    roads = [road for road, piece in zip(roads, label, strict=True) if piece == 0]
    taken = {tuple(p) for road in roads for p in (road.xy[0], road.xy[-1])}
    for edge, chance in zip(left_out, rng.random(len(left_out)).tolist(), strict=True):
        path = replace(_as_road(grid, edge), road_class="footway", line="")
        ends = {tuple(path.xy[0]), tuple(path.xy[-1])}
        if chance < 0.25 and ends <= taken and not path.geometry.intersects(rail):
            roads.append(path)
    oneway = {f"u{i}" for i in (17, 22)} | {f"v{j}" for j in (12, 41)}
    return [replace(r, oneway=r.line in oneway and not r.bridge) for r in roads]
