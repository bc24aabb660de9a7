"""Lines of sight that rivers, railways and expressways cut, except where a road crosses them.

A straight line counts only where it is free. Openings are cut into a barrier where a walkable road
crosses it; a line that passes exactly along the edge of an opening is free.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from facilityplan.network import Network

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FIRST_NEIGHBOURS: Final = 2
"""Facilities tried first from each point: the nearest, and the next to tell a tie."""

MORE: Final = 4
"""How much farther each round searches where no line was free."""

_LINES: Final = 400_000
"""Lines drawn at a time, so that memory does not grow with the points."""

_SURE_M: Final = 0.002
"""What the search tree may be off, and half a millimetre of rounding on either side."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What stands between two points: barriers with their openings cut out.

    Parameters
    ----------
    pieces
        (p,) lines and polygons in metres.
    opening_m
        Width of an opening to either side of the road that crosses.
    """

    pieces: npt.NDArray[Any]
    opening_m: float
    _tree: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        shapely.prepare(self.pieces)
        object.__setattr__(self, "_tree", shapely.STRtree(self.pieces))

    def free(self, origins: Floats, targets: Floats) -> Flags:
        """Return whether nothing stands between each origin and its target, both (n, 2) metres."""
        clear = np.ones(len(origins), dtype=bool)
        for start in range(0, len(origins), _LINES):
            part = slice(start, start + _LINES)
            clear[start + self._cut(origins[part], targets[part])[0]] = False
        return clear

    def between(self, origins: Floats, targets: Floats) -> tuple[Integers, Integers]:
        """Return (line, piece) of every piece that stands in a line, sorted."""
        line, piece = self._cut(origins, targets)
        order = np.lexsort((piece, line))
        return line[order], piece[order]

    def _cut(self, origins: Floats, targets: Floats) -> tuple[Integers, Integers]:
        nothing = np.empty(0, dtype=np.int64)
        if len(self.pieces) == 0 or len(origins) == 0:
            return nothing, nothing
        lines = shapely.linestrings(np.stack([origins, targets], axis=1))
        line, piece = self._tree.query(lines)
        hit = shapely.intersects(self.pieces[piece], lines[line])
        line, piece = line[hit], piece[hit]
        # Two points at one place have nothing between them, whatever they lie in.
        apart = (origins[line] != targets[line]).any(axis=1)
        through = apart & ~shapely.touches(self.pieces[piece], lines[line])
        return line[through].astype(np.int64), piece[through].astype(np.int64)


def sight_past(barriers: npt.NDArray[Any], network: Network | None, opening_m: float) -> Sight:
    """Return what barriers leave of the view once openings are cut where roads cross them.

    Parameters
    ----------
    barriers
        Lines and polygons in metres.
    network
        Walkable roads; without any there is no crossing.
    opening_m
        Width of an opening to either side of the road, metres.
    """
    parts = shapely.get_parts(barriers[~shapely.is_missing(barriers)])
    parts = parts[~shapely.is_empty(parts)]
    if network is None or opening_m <= 0:
        return Sight(parts, opening_m)
    roads, ends = network.edges.lines, _dead_ends(network)
    tree = shapely.STRtree(roads)
    pieces: list[Any] = []
    for part in parts:
        near = tree.query(part, predicate="intersects")
        cuts = _crossings(part, roads[np.sort(near)], ends)
        if len(cuts):
            doors = shapely.union_all(shapely.buffer(cuts, opening_m))
            pieces.extend(shapely.get_parts(shapely.difference(part, doors)))
        else:
            pieces.append(part)
    left = np.asarray(pieces, dtype=object)
    return Sight(left[~shapely.is_empty(left)], opening_m)


def _dead_ends(network: Network) -> Any:
    """Return the nodes at which a single edge ends, as one MultiPoint."""
    edges = network.edges
    degree = np.bincount(
        np.concatenate([edges.place[edges.tail], edges.place[edges.head]]),
        minlength=len(edges.node_xy),
    )
    return shapely.multipoints(edges.node_xy[degree == 1])


def _crossings(barrier: Any, roads: npt.NDArray[Any], dead_ends: Any) -> npt.NDArray[Any]:
    """Return where roads pass a barrier: points on a line, stretches of road across an area.

    A road that ends at a barrier, or inside it, does not cross it.
    """
    if shapely.get_dimensions(barrier) == 2:
        within = shapely.line_merge(shapely.union_all(shapely.intersection(roads, barrier)))
        stretches = _connected(shapely.get_parts(within))
        banks = shapely.intersection(stretches, shapely.boundary(barrier))
        inside = shapely.length(stretches) > shapely.length(banks)
        through = inside & (shapely.get_num_geometries(banks) >= 2)
        return np.asarray(stretches[through], dtype=object)
    met = shapely.get_parts(shapely.intersection(roads, barrier))
    spots = met[shapely.get_dimensions(met) == 0]
    return np.asarray(spots[~shapely.intersects(spots, dead_ends)], dtype=object)


def _connected(lines: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return lines that meet as one MultiLineString each."""
    lines = lines[shapely.get_dimensions(lines) == 1]
    if len(lines) < 2:
        return lines
    one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
    group = np.arange(len(lines))
    while True:
        lowest = group.copy()
        np.minimum.at(lowest, one, group[other])
        if (lowest == group).all():
            break
        group = lowest
    return np.asarray(
        [shapely.union_all(lines[group == number]) for number in np.unique(group)], dtype=object
    )


def nearest_in_sight(origins: Floats, targets: Floats, sight: Sight) -> tuple[Floats, Integers]:
    """Return the nearest target with a free line from each origin.

    Parameters
    ----------
    origins, targets
        (n, 2) and (m, 2) metres.
    sight
        What stands between them.

    Returns
    -------
    tuple
        (n,) metres from whole millimetres, inf where no line is free; (n,) positions, -1 there. Of
        equally near targets the lowest position counts.
    """
    distance_m = np.full(len(origins), np.inf)
    chosen = np.full(len(origins), -1, dtype=np.int64)
    if len(targets) == 0 or len(origins) == 0:
        return distance_m, chosen
    tree = cKDTree(targets)
    waiting = np.arange(len(origins))
    count = min(FIRST_NEIGHBOURS, len(targets))
    while len(waiting):
        done = np.zeros(len(waiting), dtype=bool)
        size = max(1, _LINES // count)
        for start in range(0, len(waiting), size):
            rows = waiting[start : start + size]
            metres, facility, sure = _first_free(origins[rows], targets, tree, count, sight)
            distance_m[rows[sure]], chosen[rows[sure]] = metres[sure], facility[sure]
            done[start : start + size] = sure
        waiting = waiting[~done]
        count = min(count * MORE, len(targets))
    return distance_m, chosen


def _first_free(
    origins: Floats, targets: Floats, tree: cKDTree, count: int, sight: Sight
) -> tuple[Floats, Integers, Flags]:
    """Return the nearest free target among the ``count`` nearest, and where none can be nearer."""
    found, near = tree.query(origins, k=list(range(1, count + 1)))
    away = targets[near] - origins[:, None, :]
    metres = np.floor(np.hypot(away[..., 0], away[..., 1]) * 1000.0 + 0.5) / 1000.0
    lines = np.repeat(origins, count, axis=0)
    open_ = sight.free(lines, targets[near].reshape(-1, 2)).reshape(near.shape)
    metres = np.where(open_, metres, np.inf)
    order = np.lexsort((near, metres), axis=1)[:, 0]
    row = np.arange(len(origins))
    best, facility = metres[row, order], near[row, order].astype(np.int64)
    every = count == len(targets)
    sure = every | (best < found[:, -1] - _SURE_M)
    return best, np.where(np.isfinite(best), facility, -1), np.asarray(sure, dtype=bool)
