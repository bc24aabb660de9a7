"""Outside the core: villages, quarters at the edge of the town, and the roads that join them.

Every settlement has its own small grid of lanes; country roads run from the rim of one grid to the
rim of another and cross nothing on the way: no street, no river, and the railway only by a few
underpasses.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
import shapely.ops
from scipy.spatial import Delaunay

from sample_city_maker import ground
from sample_city_maker.ground import Floats, Polygon
from sample_city_maker.streets import Grid, Road, pieces

VILLAGES: Final = 60
VILLAGE_GAP_M: Final = 1750.0
PIECE_M: Final = 420.0
QUARTER_STEP_M: Final = 240.0
COUNTRY_UNDERPASSES: Final = 6
APART: Final = "no_candidate"
SOUTH_BANK: Final = "south_bank"


@dataclass(frozen=True)
class Settlement:
    """A village or a quarter at the edge of the town, with its lanes.

    ``nodes`` has shape (nx, ny, 2).
    """

    name: str
    is_village: bool
    centre: tuple[float, float]
    nodes: Floats
    area: Polygon
    joined: bool = True

    @property
    def rim(self) -> Floats:
        """Outer nodes of the lanes, shape (k, 2)."""
        n = self.nodes
        return np.concatenate([n[0], n[-1], n[1:-1, 0], n[1:-1, -1]])


def _lanes(
    centre: tuple[float, float], size: tuple[int, int], step: tuple[float, float], angle: float
) -> Floats:
    i = (np.arange(size[0]) - (size[0] - 1) / 2) * step[0]
    j = (np.arange(size[1]) - (size[1] - 1) / 2) * step[1]
    x, y = np.meshgrid(i, j, indexing="ij")
    cosine, sine = np.cos(angle), np.sin(angle)
    xy = np.stack([centre[0] + x * cosine - y * sine, centre[1] + x * sine + y * cosine], axis=-1)
    return ground.on_grid(xy)


def _quarters() -> list[Settlement]:
    """Return the quarters at the edge of the town; planted ones stand square to the grid."""
    rng = ground.generator("quarters")
    (north_x, north_y), (south_x, south_y) = ground.across_river()
    made = []
    for name, offset in ground.FRINGE.items():
        centre, angle = ground.place(offset), 0.0
        if name.startswith("edge"):
            angle = float(rng.uniform(-0.5, 0.5))
        if name == "across_river":
            centre = north_x, north_y + 420.0
        # Off the middle, so that no estate stands equally near two lanes.
        corner = centre[0] + 8.5, centre[1] + 5.0
        nodes = _lanes(corner, (4, 4), (QUARTER_STEP_M, QUARTER_STEP_M), angle)
        area = shapely.convex_hull(shapely.multipoints(nodes.reshape(-1, 2)))
        made.append(Settlement(name, False, centre, nodes, area, name != APART))
    centre = south_x, south_y - 380.0
    nodes = _lanes(centre, (3, 3), (QUARTER_STEP_M, QUARTER_STEP_M), 0.0)
    area = shapely.convex_hull(shapely.multipoints(nodes.reshape(-1, 2)))
    return [*made, Settlement(SOUTH_BANK, False, centre, nodes, area)]


def _village(name: str, centre: tuple[float, float], rng: np.random.Generator) -> Settlement:
    size = int(rng.integers(3, 6)), int(rng.integers(3, 5))
    step = float(rng.uniform(62.0, 105.0)), float(rng.uniform(55.0, 85.0))
    angle = float(rng.uniform(-0.7, 0.7))
    jitter = rng.normal(scale=5.0, size=(*size, 2))
    if name in ground.PLANTED_VILLAGES:
        nodes = _lanes(centre, (3, 3), (90.0, 70.0), 0.0)
        return Settlement(name, True, centre, nodes, ground.rectangle(*centre, 260.0, 210.0))
    nodes = ground.on_grid(_lanes(centre, size, step, angle) + np.clip(jitter, -12.0, 12.0))
    hull = shapely.convex_hull(shapely.multipoints(nodes.reshape(-1, 2)))
    area = shapely.buffer(hull, 38.0, join_style="mitre", mitre_limit=2.0)
    ring = ground.on_grid(shapely.get_coordinates(area))
    return Settlement(name, True, centre, nodes, shapely.polygons(ring))


def _village_places() -> dict[str, tuple[float, float]]:
    rng = ground.generator("villages")
    places = {name: ground.place(offset) for name, offset in ground.PLANTED_VILLAGES.items()}
    room = shapely.buffer(ground.outline(), -650.0)
    for obstacle, clear_m in (
        (ground.river(), 420.0),
        (ground.railway(), 420.0),
        (ground.motorway(), 420.0),
    ):
        room = room - shapely.buffer(obstacle, clear_m)
    edge = [ground.place(offset) for offset in ground.FRINGE.values()]
    room = room - shapely.buffer(shapely.convex_hull(shapely.multipoints(edge)), 1050.0)
    shapely.prepare(room)
    taken = list(places.values())
    while len(places) < VILLAGES:
        x, y = rng.uniform(-15_000.0, 15_000.0), rng.uniform(-12_000.0, 12_000.0)
        spot = float(np.round(ground.CENTRE[0] + x)), float(np.round(ground.CENTRE[1] + y))
        near = min(np.hypot(spot[0] - a, spot[1] - b) for a, b in taken) < VILLAGE_GAP_M
        if not near and shapely.contains_xy(room, *spot):
            taken.append(spot)
            places[f"village_{len(places)}"] = spot
    return places


def settlements() -> list[Settlement]:
    """Return the quarters at the edge of the town and the villages."""
    rng = ground.generator("lanes")
    villages = [_village(name, spot, rng) for name, spot in _village_places().items()]
    return _quarters() + villages


def lanes_of(settlement: Settlement) -> list[Road]:
    """Return the lanes of a settlement."""
    nodes, roads = settlement.nodes, []
    nx, ny = nodes.shape[:2]
    kind = "residential" if settlement.is_village else "tertiary"
    for i in range(nx):
        for j in range(ny):
            for k, m in ((i + 1, j), (i, j + 1)):
                if k < nx and m < ny:
                    inner = 0 < i < nx - 1 and 0 < j < ny - 1
                    road_class = "footway" if settlement.is_village and inner else kind
                    xy = np.asarray([nodes[i, j], nodes[k, m]])
                    roads.append(Road(xy, road_class))
    return roads


def _gates(grid: Grid, core: list[Road]) -> Floats:
    """Return ends of main streets at the core's rim, thinned to one in 650 m."""
    main = [r for r in core if r.road_class in {"primary", "secondary"} and not r.bridge]
    ends = np.concatenate([[r.xy[0], r.xy[-1]] for r in main])
    keys, counts = np.unique(ends, axis=0, return_counts=True)
    every = np.concatenate([[r.xy[0], r.xy[-1]] for r in core])
    degree = {
        tuple(k): c for k, c in zip(*np.unique(every, axis=0, return_counts=True), strict=True)
    }
    loose = [
        tuple(k) for k, c in zip(keys, counts, strict=True) if c == 1 and degree[tuple(k)] <= 3
    ]
    rim = shapely.boundary(shapely.convex_hull(shapely.multipoints(grid.xy[grid.inside])))
    chosen: list[tuple[float, float]] = []
    for spot in loose:
        outer = shapely.distance(rim, shapely.points(spot)) < 500.0
        if outer and all(np.hypot(spot[0] - a, spot[1] - b) > 650.0 for a, b in chosen):
            chosen.append(spot)
    return np.asarray(chosen)


def _wander(start: Floats, end: Floats, sway: float, rng: np.random.Generator) -> Floats:
    """Return a bent way from start to end by moving midpoints sideways, four times over."""
    way = np.stack([start, end])
    for _ in range(4):
        step = np.diff(way, axis=0)
        side = np.column_stack([-step[:, 1], step[:, 0]])
        middle = way[:-1] + step / 2 + side * rng.uniform(-sway, sway, len(step))[:, None]
        mixed = np.empty((len(way) + len(middle), 2))
        mixed[0::2], mixed[1::2] = way, middle
        way = mixed
    return ground.on_grid(way)


def _links(points: Floats, gates: int) -> list[tuple[int, int]]:
    """Return pairs of the Gabriel graph, shortest first; the first ``gates`` points never pair."""
    pairs = set()
    for triangle in Delaunay(points).simplices.tolist():
        for a, b in ((0, 1), (1, 2), (0, 2)):
            pairs.add(tuple(sorted((triangle[a], triangle[b]))))
    kept = []
    for a, b in pairs:
        middle, radius = (points[a] + points[b]) / 2, np.hypot(*(points[a] - points[b])) / 2
        inside = np.hypot(*(points - middle).T) < radius - 1e-6
        if b >= gates and not inside.any():
            kept.append((float(np.round(2 * radius, 3)), a, b))
    return [(a, b) for _, a, b in sorted(kept)]


@dataclass
class _Survey:
    """Roads accepted so far and what a new one must keep clear of."""

    lines: list[object]
    railway: object
    river: object
    underpasses: int = 0

    def takes(self, way: Floats) -> bool:
        line = shapely.linestrings(way)
        length = line.length
        if length < 60.0 or line.intersects(self.river) or not line.is_simple:
            return False
        body = shapely.ops.substring(line, 12.0, length - 12.0)
        if shapely.dwithin(np.asarray(self.lines), body, 5.0).any():
            return False
        crossing = shapely.get_num_geometries(line.intersection(self.railway))
        if line.intersects(self.railway):
            if crossing > 1 or self.underpasses >= COUNTRY_UNDERPASSES:
                return False
            self.underpasses += 1
        self.lines.append(line)
        return True


def _cut(way: Floats, road_class: str, line: str) -> list[Road]:
    """Return a way in pieces of about ``PIECE_M``, the one below the railway flagged."""
    steps = np.hypot(*np.diff(way, axis=0).T)
    part = np.floor(np.concatenate([[0.0], np.cumsum(steps)]) / PIECE_M).astype(int)
    cuts = [0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), len(way) - 1]
    rail = ground.railway()
    roads = []
    for low, high in pairwise(cuts):
        if high > low:
            xy = way[low : high + 1]
            below = bool(shapely.linestrings(xy).intersects(rail))
            roads.append(Road(xy, road_class, line, tunnel=below))
    return roads


def _ends(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Return the nearest pair of rim nodes of two places."""
    gap = np.hypot(one[:, None, 0] - other[None, :, 0], one[:, None, 1] - other[None, :, 1])
    a, b = np.unravel_index(int(np.round(gap, 3).argmin()), gap.shape)
    return one[a], other[b]


def country_roads(grid: Grid, core: list[Road], places: list[Settlement]) -> list[Road]:
    """Return all roads outside the core: lanes, country roads and the motorway."""
    rng = ground.generator("links")
    lanes = [road for place in places for road in lanes_of(place)]
    gates = _gates(grid, core)
    joined = [place for place in places if place.joined]
    rims = [gate[None, :] for gate in gates] + [place.rim for place in joined]
    points = np.concatenate([gates, [place.centre for place in joined]])
    shut = [place.area for place in places if not place.joined]
    fixed = [road.geometry for road in core + lanes] + [shapely.buffer(a, 200.0) for a in shut]
    survey = _Survey(fixed, ground.railway(), ground.river())
    roads: list[Road] = []
    for number, (a, b) in enumerate(_links(points, len(gates))):
        start, end = _ends(rims[a], rims[b])
        wide = a < len(gates)
        road_class = "secondary" if wide else ("tertiary" if number % 5 < 2 else "unclassified")
        for sway in (0.10, 0.05, 0.0):
            way = _wander(start, end, sway, rng)
            if survey.takes(way):
                roads += _cut(way, road_class, f"c{number}")
                break
    roads += _reconnect(core + lanes + roads, joined, rims[: len(gates)], survey)
    motorway = shapely.get_coordinates(
        shapely.intersection(ground.motorway(), shapely.buffer(ground.outline(), 300.0))
    )
    return lanes + roads + _cut(ground.on_grid(motorway), "motorway", "m0")


def _reconnect(
    roads: list[Road], joined: list[Settlement], gates: list[Floats], survey: _Survey
) -> list[Road]:
    """Return more roads, so that every settlement but the planted one hangs on to the core."""
    added: list[Road] = []
    for number in range(40):
        label = pieces(roads + added)
        main = {tuple(p) for r, k in zip(roads + added, label, strict=True) if k == 0 for p in r.xy}
        lost = [p for p in joined if tuple(p.nodes[0, 0]) not in main]
        if not lost:
            return added
        rims = [p.rim for p in joined if tuple(p.nodes[0, 0]) in main] + gates
        for place in lost:
            pairs = [_ends(place.rim, rim) for rim in rims]
            order = np.argsort([np.round(np.hypot(*(a - b)), 3) for a, b in pairs], kind="stable")
            way = next((w for k in order[:12] if survey.takes(w := np.stack(pairs[k]))), None)
            if way is not None:
                added += _cut(way, "unclassified", f"r{number}")
                break
        else:
            break
    raise ValueError(f"no road to {[place.name for place in lost]}")
