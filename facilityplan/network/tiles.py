"""The same searches without a compiler: scipy on small pieces of the graph, tile by tile.

scipy writes a dense row for each origin, as long as its graph. So the origins of a square are
searched together on what lies near the square and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from facilityplan.network.millimetres import FloatArray, IntArray, ranges
from facilityplan.network.searchgraph import Legs, Mates, SearchGraph
from facilityplan.network.snap import Snapped

_ROWS_BYTES: Final = 32 * 2**20
"""How much the dense rows of one batch may take."""

_LEAST_TILE_M: Final = 500.0

NOWHERE: Final = int(np.iinfo(np.int64).max)


def _tiles(graph: SearchGraph, legs: Legs, limit_mm: int) -> Iterator[IntArray]:
    """Yield the legs of the origins whose first place lies in a square, square by square."""
    if not len(legs.point):
        return
    first = np.searchsorted(legs.point, legs.point)
    side = max(1.5 * limit_mm / 1000.0, _LEAST_TILE_M)
    cell = np.floor((graph.xy[legs.place[first]] - graph.xy.min(axis=0)) / side).astype(np.int64)
    order = np.lexsort((cell[:, 0], cell[:, 1]))
    new = np.flatnonzero((np.diff(cell[order], axis=0) != 0).any(axis=1)) + 1
    yield from np.split(order, new)


def _near(graph: SearchGraph, places: IntArray, limit_mm: int) -> tuple[IntArray, Any]:
    """Return the places that a walk from some places may pass, and the ways between them.

    No walk of d metres ends farther than ``stretch * d`` from its start in a straight line; a
    centimetre more is for the arithmetic of that sentence.
    """
    reach_m = graph.stretch * limit_mm / 1000.0 + 0.01
    low, high = graph.xy[places].min(axis=0) - reach_m, graph.xy[places].max(axis=0) + reach_m
    inside = np.flatnonzero(((graph.xy >= low) & (graph.xy <= high)).all(axis=1))
    return inside, graph.matrix[inside][:, inside]


def _walks(
    graph: SearchGraph, legs: Legs, limit_mm: int
) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
    """Yield (origin, place, millimetres) within the limit, each origin and place once."""
    for tile in _tiles(graph, legs, limit_mm):
        inside, ways = _near(graph, legs.place[tile], limit_mm)
        # both legs of an origin stay together: a leg alone does not know the shorter way
        origin, number = np.unique(legs.point[tile], return_inverse=True)
        size = max(1, _ROWS_BYTES // (8 * 4 * len(inside)))
        for begin in range(0, len(origin), size):
            mine = tile[(number >= begin) & (number < begin + size)]
            rows, mm = _rows(ways, inside, legs, mine, limit_mm)
            row, at = np.nonzero(mm <= limit_mm)
            yield rows[row], inside[at], mm[row, at].astype(np.int64)


def _rows(
    ways: Any, inside: IntArray, legs: Legs, mine: IntArray, limit_mm: int
) -> tuple[IntArray, FloatArray]:
    """Return the origins of some legs and their distances to all places inside, inf beyond."""
    place, at = np.unique(legs.place[mine], return_inverse=True)
    found = dijkstra(ways, indices=np.searchsorted(inside, place), limit=float(limit_mm))
    mine = mine[np.argsort(legs.point[mine], kind="stable")]
    at = np.searchsorted(place, legs.place[mine])
    origin, first, count = np.unique(legs.point[mine], return_index=True, return_counts=True)
    second = first + count - 1
    mm = found[at[first]] + legs.mm[mine[first], None]
    return origin, np.minimum(mm, found[at[second]] + legs.mm[mine[second], None])


def _table(
    found: tuple[IntArray, IntArray, IntArray], n_rows: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Return rows (indptr, column, millimetres), the least of what stands twice, sorted."""
    row, column, mm = found
    order = np.lexsort((mm, column, row))
    row, column, mm = row[order], column[order], mm[order]
    first = np.ones(len(row), dtype=np.bool_)
    first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    row = row[first]
    return np.searchsorted(row, np.arange(n_rows + 1)), column[first], mm[first]


def nodes_within(
    graph: SearchGraph, origins: Snapped, limit_mm: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Return for each origin the places within the limit, as rows (indptr, place, millimetres)."""
    found = [*_walks(graph, graph.legs(origins, limit_mm), limit_mm)]
    return _table(_joined(found), len(origins.edge))


def _joined(
    found: list[tuple[IntArray, IntArray, IntArray]],
) -> tuple[IntArray, IntArray, IntArray]:
    none = np.empty((3, 0), dtype=np.int64)
    row, column, mm = np.concatenate([none, *(np.stack(part) for part in found)], axis=1)
    return row, column, mm


def points_within(
    graph: SearchGraph, origins: Snapped, points: Snapped, limit_mm: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Return for each origin the points within the limit, as rows (indptr, point, millimetres)."""
    hooks = graph.legs(points, limit_mm)
    order = np.lexsort((hooks.mm, hooks.place))
    hung, hung_mm = hooks.point[order], hooks.mm[order]
    starts = np.searchsorted(hooks.place[order], np.arange(graph.n_places + 1))
    # the points of a place that a remaining way still reaches are a prefix, found by bisection
    key = hooks.place[order] * (limit_mm + 1) + hung_mm
    n_rows = len(origins.edge)
    found = [*_along_edges(origins, points, limit_mm)]
    for row, place, mm in _walks(graph, graph.legs(origins, limit_mm), limit_mm):
        upto = np.searchsorted(key, place * (limit_mm + 1) + limit_mm - mm, side="right")
        count = upto - starts[place]
        at = ranges(starts[place], count)
        reached = np.repeat(row, count), hung[at], np.repeat(mm, count) + hung_mm[at]
        # a point hangs on two places: the farther way goes at once
        indptr, column, least = _table(reached, n_rows)
        found.append((np.repeat(np.arange(n_rows), np.diff(indptr)), column, least))
    return _table(_joined(found), n_rows)


def _along_edges(
    origins: Snapped, points: Snapped, limit_mm: int
) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
    """Yield (origin, point, millimetres) of the ways within the limit that stay on one edge."""
    mates = Mates.of(points, limit_mm)
    usable = np.flatnonzero(~origins.off_network & (origins.off_mm <= limit_mm))
    low, high = mates.stretch_of(origins.edge[usable])
    usable, low, high = (part[low < high] for part in (usable, low, high))
    left = limit_mm - origins.off_mm[usable]
    # one number for the edge and the position on it, so that one bisection serves all edges
    span = int(max(mates.position_mm.max(initial=0), origins.position_mm.max(initial=0))) + 1
    rank = np.repeat(np.arange(len(mates.edge)), np.diff(mates.starts))
    key = rank * span + mates.position_mm
    base = np.searchsorted(mates.starts, low, side="right") - 1
    position = origins.position_mm[usable]
    begin = np.searchsorted(key, base * span + np.maximum(position - left, 0))
    end = np.searchsorted(key, base * span + np.minimum(position + left, span - 1), side="right")
    count = end - begin
    batch = np.cumsum(count) // (_ROWS_BYTES // 32)
    for part in np.split(np.arange(len(usable)), np.flatnonzero(np.diff(batch)) + 1):
        at = ranges(begin[part], count[part])
        row = np.repeat(part, count[part])
        mm = np.abs(mates.position_mm[at] - position[row])
        mm += origins.off_mm[usable[row]] + mates.off_mm[at]
        within = mm <= limit_mm
        yield usable[row[within]], mates.point[at[within]], mm[within]


def nearest_of(
    graph: SearchGraph,
    origins: Snapped,
    seeds: tuple[IntArray, IntArray],
    scale: int,
    limit: int,
) -> tuple[IntArray, IntArray]:
    """Return for each origin the least distance in millimetres, -1 where none, and its label.

    One search from an extra place that leads to every seed; arguments as of the compiled one.
    """
    size = graph.n_places
    first = np.unique(seeds[0], return_index=True)[1]
    ways = graph.matrix
    given = csr_array(
        (
            np.concatenate([ways.data * scale, seeds[1][first].astype(np.float64)]),
            np.concatenate([ways.indices, seeds[0][first]]),
            np.append(ways.indptr, len(ways.indices) + len(first)),
        ),
        shape=(size + 1, size + 1),
    )
    found = dijkstra(given, directed=True, indices=size, limit=float(limit))[:size]
    reached = np.isfinite(found)
    key = np.full(size, NOWHERE, dtype=np.int64)
    key[reached] = found[reached].astype(np.int64)
    best = np.full(len(origins.edge), NOWHERE, dtype=np.int64)
    length = graph.edges.length_mm[origins.edge]
    ends = (graph.tail, origins.position_mm), (graph.head, length - origins.position_mm)
    for place, along in ends:
        at = key[place[origins.edge]]
        leg = (along + origins.off_mm) * scale
        best = np.where(at < NOWHERE, np.minimum(best, np.where(at < NOWHERE, at, 0) + leg), best)
    none = (best == NOWHERE) | origins.off_network
    mm, label = np.divmod(best - 1, scale)
    return np.where(none, -1, mm), np.where(none, -1, label)
