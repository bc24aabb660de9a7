"""Blocks between streets, and the plots that estates and parcels stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from sample_city_maker import ground
from sample_city_maker.country import Settlement
from sample_city_maker.ground import Floats, Polygon
from sample_city_maker.streets import Road
from sample_city_maker.tiling import Cell

ESTATES: Final = 900
EDGE_ESTATES: Final = 4
SIZES_M: Final = (85.0, 85.0, 115.0, 115.0, 150.0, 210.0, 330.0)


@dataclass(frozen=True)
class Plot:
    """A rectangle that an estate can stand on, and the smallest zone it lies in.

    ``planted`` names the case, empty for an ordinary plot.
    """

    geometry: Polygon
    cell: int
    block: int
    planted: str = ""

    @property
    def point(self) -> tuple[float, float]:
        """The point that distances to the plot are measured from."""
        inner = self.geometry.representative_point()
        return float(inner.x), float(inner.y)


def core_blocks(core: list[Road]) -> list[Polygon]:
    """Return the blocks between the core's streets, clear of streets, river and railway."""
    lines = np.asarray([road.geometry for road in core])
    faces = shapely.get_parts(shapely.polygonize(lines))
    order = np.lexsort(shapely.get_coordinates(shapely.point_on_surface(faces)).T)
    faces = faces[order]
    wet = shapely.buffer(ground.river(), 25.0)
    rail = shapely.buffer(ground.railway(), 30.0)
    strips = shapely.buffer(lines, 11.0, cap_style="flat")
    tree = shapely.STRtree(strips)
    blocks = []
    for face in faces:
        near = strips[tree.query(face, predicate="intersects")]
        clear = face - shapely.unary_union([*near, wet, rail])
        blocks += [part for part in shapely.get_parts(clear) if part.area > 2500.0]
    return blocks


def _packed(block: Polygon, rng: np.random.Generator) -> list[Polygon]:
    """Return rectangles in a block, all turned like the block itself."""
    frame = shapely.get_coordinates(shapely.minimum_rotated_rectangle(block))[:4]
    along, across = frame[1] - frame[0], frame[3] - frame[0]
    size = SIZES_M[int(rng.integers(0, len(SIZES_M)))] * rng.uniform(0.9, 1.2)
    length, width = float(np.hypot(*along)), float(np.hypot(*across))
    nu, nv = max(1, round(length / size)), max(1, round(width / (size * 0.85)))
    shapely.prepare(block)
    found = []
    for i in range(nu):
        for j in range(nv):
            for inset in (0.03, 0.12, 0.22):
                span_u = np.asarray([i + inset, i + 1 - inset]) / nu
                span_v = np.asarray([j + inset, j + 1 - inset]) / nv
                corners = [(span_u[a], span_v[b]) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))]
                ring = np.asarray([frame[0] + p * along + q * across for p, q in corners])
                shape = shapely.polygons(ground.on_grid(ring))
                if shape.area > 1800.0 and shapely.contains(block, shape):
                    found.append(shape)
                    break
    return found


def _core_plots(blocks: list[Polygon], cells: list[Cell]) -> list[Plot]:
    rng = ground.generator("blocks")
    shapes = [
        (shape, number) for number, block in enumerate(blocks) for shape in _packed(block, rng)
    ]
    owner = cells_at(cells, [shape.representative_point() for shape, _ in shapes])
    # where no street runs along a community's boundary a rectangle may lie in two of them
    return [
        Plot(shape, cell, block)
        for (shape, block), cell in zip(shapes, owner, strict=True)
        if shapely.contains(cells[cell].geometry, shape)
    ]


def cells_at(cells: list[Cell], points: list[Any]) -> list[int]:
    """Return the smallest zone round each point."""
    tree = shapely.STRtree([cell.geometry for cell in cells])
    which, cell = tree.query(np.asarray(points), predicate="within")
    owner = np.full(len(points), -1)
    owner[which] = cell
    if (owner < 0).any():
        raise ValueError("a place lies in no zone")
    return [int(c) for c in owner]


def _edge_plots(settlements: list[Settlement], cells: list[Cell]) -> list[Plot]:
    """Return plots between the lanes of the quarters at the edge, planted ones in the middle."""
    rng = ground.generator("edge_plots")
    number = {cell.settlement: k for k, cell in enumerate(cells) if not cell.is_village}
    plots: list[Plot] = []
    for place in settlements:
        if place.is_village or place.name not in number:
            continue
        cell, planted = number[place.name], not place.name.startswith("edge")
        if planted:
            spot = ground.across_river()[0] if place.name == "across_river" else place.centre
            width, height = (100.0, 70.0) if place.name == "across_river" else (120.0, 90.0)
            plots.append(Plot(ground.rectangle(*spot, width, height), cell, -1, place.name))
        if place.name == "no_candidate":
            continue
        shapes = [_in_lanes(place.nodes, i, j) for i in range(3) for j in range(3)]
        free = [s for s in shapes if not planted or not s.intersects(plots[-1].geometry)]
        drawn = sorted(rng.choice(len(free), EDGE_ESTATES, replace=False).tolist())
        plots += [Plot(free[k], cell, -1, "edge") for k in drawn]
    return plots


def _in_lanes(nodes: Floats, i: int, j: int) -> Polygon:
    corners = np.stack([nodes[i, j], nodes[i + 1, j], nodes[i + 1, j + 1], nodes[i, j + 1]])
    # Off the middle, so that no estate stands equally near two lanes.
    middle = corners.mean(axis=0)
    shape = middle + np.asarray([4.0, 2.5]) + (corners - middle) * np.asarray([0.66, 0.66])
    return shapely.polygons(ground.on_grid(shape))


def _weight(plot: Plot) -> float:
    """Return how likely a plot is built: the middle of the town first."""
    x, y = plot.point
    away = np.hypot((x - ground.CENTRE[0]) / 4900.0, (y - ground.CENTRE[1] - 300.0) / 4350.0)
    return float(np.exp(-1.7 * away**2)) + 0.02


def choose_plots(
    core: list[Road], settlements: list[Settlement], cells: list[Cell]
) -> tuple[list[Plot], list[Plot], list[Polygon]]:
    """Return the plots of all estates, the plots left over, and the blocks of the core."""
    rng = ground.generator("choice")
    blocks = core_blocks(core)
    plots = _core_plots(blocks, cells)
    edge = _edge_plots(settlements, cells)
    key = rng.exponential(size=len(plots)) / np.asarray([_weight(plot) for plot in plots])
    order = np.argsort(np.round(key, 9), kind="stable")
    wanted = ESTATES - len(edge)
    # every community has at least three estates
    chosen: set[int] = set()
    for number, cell in enumerate(cells):
        if not cell.settlement:
            chosen |= set([int(k) for k in order if plots[k].cell == number][:3])
    chosen |= set([int(k) for k in order if int(k) not in chosen][: wanted - len(chosen)])
    built = edge + [plots[k] for k in sorted(chosen)]
    built.sort(key=lambda plot: (cells[plot.cell].town, plot.cell, plot.point))
    left_over = [plot for k, plot in enumerate(plots) if k not in chosen]
    return built, left_over, blocks
