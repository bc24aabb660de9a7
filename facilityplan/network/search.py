"""Shortest ways between points on the network, in whole millimetres.

Nearest facilities, all pairs within a limit and all nodes within a limit, on one graph that no
point ever cuts. With numba the search is compiled; without it scipy finds the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from facilityplan.network import tiles
from facilityplan.network.millimetres import FloatArray, IntArray
from facilityplan.network.noding import Edges
from facilityplan.network.searchgraph import Mates, SearchGraph, expand
from facilityplan.network.snap import Snapped

_EXACT: Final = 2**53
"""Whole numbers up to here are exact in float64, in which scipy searches."""

_NONE: Final = np.iinfo(np.int64).max

Engine = Literal["numba", "scipy"]


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest facility of each origin.

    Attributes
    ----------
    facility
        Position of the facility, shape (origins,); -1 where none is within reach.
    distance_m
        Walking distance with both off-network legs, shape (origins,); inf where none.
    """

    facility: IntArray
    distance_m: FloatArray


def engine() -> Engine:
    """Return what searches here: ``numba``, or ``scipy`` where numba is not to be had."""
    # numba takes its time to load, and not every run searches
    from facilityplan.compiled import COMPILED  # noqa: PLC0415 - loads the compiler

    return "numba" if COMPILED else "scipy"


def nearest(
    graph: SearchGraph,
    origins: Snapped,
    facilities: Snapped,
    limit_mm: int | None = None,
    *,
    using: Engine | None = None,
) -> Nearest:
    """Return the nearest facility of each origin; of equally near ones the lowest position.

    Parameters
    ----------
    graph
        The network's search graph.
    origins, facilities
        Points on the network; those off the network neither reach nor are reached.
    limit_mm
        The farthest to walk, inclusive; ``None`` for any distance.
    using
        What to search with; ``None`` takes :func:`engine`.
    """
    usable = np.flatnonzero(~facilities.off_network)
    reach_mm = graph.total_mm + int(facilities.off_mm[usable].max(initial=0))
    if limit_mm is not None:
        reach_mm = min(reach_mm, limit_mm)
    # the position rides in the lowest digits of the distance, which must stay exact
    size = max(1, (_EXACT - 1) // (reach_mm + graph.longest_mm + 1) - 1)
    best_mm, best = _nearest_of(graph, origins, facilities, usable[:size], reach_mm, using)
    for begin in range(size, len(usable), size):
        chunk = usable[begin : begin + size]
        mm, position = _nearest_of(graph, origins, facilities, chunk, reach_mm, using)
        better = (mm >= 0) & ((best_mm < 0) | (mm < best_mm))
        np.copyto(best_mm, mm, where=better)
        np.copyto(best, position, where=better)
    if limit_mm is not None:
        best[best_mm > limit_mm] = -1
    distance_m = best_mm / 1000.0
    distance_m[best < 0] = np.inf
    return Nearest(best, distance_m)


def _nearest_of(
    graph: SearchGraph,
    origins: Snapped,
    facilities: Snapped,
    chunk: IntArray,
    reach_mm: int,
    using: Engine | None,
) -> tuple[IntArray, IntArray]:
    """Return distances and positions of the chunk's, -1 where none, over nodes and along edges."""
    if not len(chunk):
        nothing = np.full(len(origins.edge), -1, dtype=np.int64)
        return nothing, nothing.copy()
    scale = len(chunk)
    mine = Snapped(*(getattr(facilities, name)[chunk] for name in Snapped.__dataclass_fields__))
    legs = graph.legs(mine, reach_mm)
    keys = legs.mm * scale + legs.point + 1
    order = np.argsort(keys, kind="stable")
    seeds = legs.place[order], keys[order]
    limit = reach_mm * scale + scale
    if (using or engine()) == "numba":
        from facilityplan.network import kernel  # noqa: PLC0415 - compiled only where it is used

        mm, label = kernel.nearest_of(graph, origins, seeds, scale, limit)
    else:
        mm, label = tiles.nearest_of(graph, origins, seeds, scale, limit)
    carries = np.zeros(len(graph.tail), dtype=np.bool_)
    carries[mine.edge] = True
    near = np.flatnonzero(carries[origins.edge] & ~origins.off_network)
    if len(near):
        along_mm, along = _along_edges(graph, origins, near, mine)
        better = (mm[near] < 0) | (along_mm < mm[near])
        better |= (along_mm == mm[near]) & (along < label[near])
        mm[near[better]], label[near[better]] = along_mm[better], along[better]
    if scale == int(chunk[-1]) + 1:
        # the chunk is the first so many facilities: positions in it are positions in all
        return mm, label
    return mm, np.where(label >= 0, chunk[label], -1)


def _along_edges(
    graph: SearchGraph, origins: Snapped, near: IntArray, facilities: Snapped
) -> tuple[IntArray, IntArray]:
    """Return the nearest facility on an origin's own edge, along that edge.

    A running minimum from either end of each edge, over all edges at once: keys are replaced by
    their ranks, and the ranks of a later edge made smaller than all of an earlier one.
    """
    mates = Mates.of(facilities, _NONE)
    scale, edges = len(mates.point), len(mates.edge)
    of_edge = np.repeat(np.arange(edges), np.diff(mates.starts))
    span = graph.longest_mm + 1
    place = of_edge * span + mates.position_mm
    at = np.searchsorted(mates.edge, origins.edge[near])
    where = at * span + origins.position_mm[near]
    best = np.full(len(near), _NONE, dtype=np.int64)
    for sign in (1, -1):
        key = (mates.off_mm - sign * mates.position_mm) * scale + mates.point
        ascending = np.sort(key)
        rank = np.searchsorted(ascending, key)
        if sign > 0:
            running = np.minimum.accumulate(rank - of_edge * scale) + of_edge * scale
            last = np.searchsorted(place, where, side="right") - 1
            some = last >= mates.starts[at]
        else:
            turned = np.minimum.accumulate((rank + of_edge * scale)[::-1])[::-1]
            running = turned - of_edge * scale
            last = np.searchsorted(place, where)
            some = last < mates.starts[at + 1]
        least = ascending[running[last[some]]]
        least += sign * origins.position_mm[near[some]] * scale
        best[some] = np.minimum(best[some], least)
    mm, label = np.divmod(best, scale)
    return mm + origins.off_mm[near], label


def _rows_within(
    graph: SearchGraph,
    origins: Snapped,
    points: Snapped | None,
    limit_mm: int,
    threads: int,
    using: Engine | None,
) -> tuple[Any, Any, Any]:
    """Return rows (indptr, column, millimetres) of places, or of points if there are any."""
    if (using or engine()) == "numba":
        from facilityplan.network import kernel  # noqa: PLC0415 - compiled only where it is used

        if points is None:
            found = kernel.nodes_within(graph, origins, limit_mm, threads)
        else:
            found = kernel.points_within(graph, origins, points, limit_mm, threads)
        return found.indptr, found.column, found.mm
    if points is None:
        return tiles.nodes_within(graph, origins, limit_mm)
    return tiles.points_within(graph, origins, points, limit_mm)


def pairs(
    graph: SearchGraph,
    origins: Snapped,
    destinations: Snapped,
    limit_mm: int,
    *,
    threads: int = 1,
    using: Engine | None = None,
) -> Any:
    """Return all pairs within the limit as a CSR array of metres, explicit zeros kept.

    Memory grows with the pairs found, never with origins times destinations, and time with what
    lies within the limit, never with the rest of the network.

    Parameters
    ----------
    graph
        The network's search graph.
    origins, destinations
        Points on the network; those off the network neither reach nor are reached.
    limit_mm
        The farthest to walk, inclusive.
    threads
        How many threads search; the numbers are the same for any.
    using
        What to search with; ``None`` takes :func:`engine`.
    """
    shape = (len(origins.edge), len(destinations.edge))
    # a walk is as long either way: search from the fewer
    swap = shape[1] < shape[0]
    source, target = (destinations, origins) if swap else (origins, destinations)
    indptr, column, mm = _rows_within(graph, source, target, limit_mm, threads, using)
    table = csr_array((mm / 1000.0, column, indptr), shape=shape[::-1] if swap else shape)
    if swap:
        # turning the table sorts its rows as well
        return table.T.tocsr()
    table.sort_indices()
    return table


def node_distances(
    graph: SearchGraph,
    points: Snapped,
    limit_mm: int,
    *,
    threads: int = 1,
    using: Engine | None = None,
) -> tuple[IntArray, IntArray, IntArray]:
    """Return for each point the nodes within the limit, as rows.

    Parameters
    ----------
    graph, limit_mm, threads, using
        As for :func:`pairs`.
    points
        Points on the network; the row of one off the network is empty.

    Returns
    -------
    tuple
        ``indptr``, shape (points + 1,); ``node``, ascending in each row; ``mm``, the walking
        distance with the point's off-network leg.
    """
    indptr, place, mm = _rows_within(graph, points, None, limit_mm, threads, using)
    starts, nodes = graph.members
    node, of = expand(starts, nodes, place)
    row = np.repeat(np.arange(len(points.edge)), np.diff(indptr))[of]
    order = np.lexsort((node, row))
    ends = np.searchsorted(row, np.arange(len(points.edge) + 1))
    return ends.astype(np.int64), node[order], mm[of[order]].astype(np.int64)


@dataclass(frozen=True, eq=False)
class Links:
    """The edges, cut where points lie on them.

    Attributes
    ----------
    n_places
        Places of the graph: nodes first, then the points' places.
    edge, begin_mm, end_mm
        The stretch of an edge that each link is, shape (links,).
    tail, head
        Places at both ends of each link, shape (links,).
    points
        For each set of points the place of each; -1 for those off the network.
    """

    n_places: int
    edge: IntArray
    begin_mm: IntArray
    end_mm: IntArray
    tail: IntArray
    head: IntArray
    points: tuple[IntArray, ...]


def attach(edges: Edges, sets: Sequence[Snapped]) -> Links:
    """Cut the edges at the points of all sets."""
    n_nodes, n_edges = len(edges.node_xy), len(edges.tail)
    on = np.concatenate([~points.off_network for points in sets])
    edge = np.concatenate([points.edge for points in sets])
    position = np.concatenate([points.position_mm for points in sets])
    place = np.where(position == 0, edges.tail[edge], edges.head[edge])
    inside = on & (position > 0) & (position < edges.length_mm[edge])
    # distinct cuts, sorted along each edge
    cuts, number = np.unique(
        np.column_stack([edge[inside], position[inside]]), axis=0, return_inverse=True
    )
    place[inside] = n_nodes + number.reshape(-1)
    # each edge is its start, its cuts and its end, one row each
    every = np.arange(n_edges, dtype=np.int64)
    row_edge = np.concatenate([every, cuts[:, 0], every])
    row_mm = np.concatenate([np.zeros(n_edges, dtype=np.int64), cuts[:, 1], edges.length_mm])
    row_kind = np.repeat([0, 1, 2], [n_edges, len(cuts), n_edges])
    row_place = np.concatenate([edges.tail, n_nodes + np.arange(len(cuts)), edges.head])
    order = np.lexsort((row_mm, row_kind, row_edge))
    begin = order[:-1][row_edge[order[:-1]] == row_edge[order[1:]]]
    end = order[1:][row_edge[order[:-1]] == row_edge[order[1:]]]
    stands_for = np.concatenate([edges.place, n_nodes + np.arange(len(cuts))])
    place = np.where(on, stands_for[place], -1)
    bounds = np.cumsum([len(points.edge) for points in sets])[:-1]
    return Links(
        n_places=n_nodes + len(cuts),
        edge=row_edge[begin],
        begin_mm=row_mm[begin],
        end_mm=row_mm[end],
        tail=stands_for[row_place[begin]],
        head=stands_for[row_place[end]],
        points=tuple(np.split(place, bounds)),
    )


def _matrix(tail: IntArray, head: IntArray, weight: IntArray, size: int) -> Any:
    """Return one-way links as a CSR matrix; of several between two places the shortest."""
    order = np.lexsort((weight, head, tail))
    tail, head, weight = tail[order], head[order], weight[order]
    keep = tail != head
    keep[1:] &= (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    starts = np.searchsorted(tail[keep], np.arange(size + 1))
    return csr_array((weight[keep].astype(np.float64), head[keep], starts), shape=(size, size))


def shortest_links(links: Links) -> tuple[Any, IntArray]:
    """Return the links both ways as a CSR matrix of millimetres, and the link behind each entry.

    Of several links between two places the shortest. Entry numbers from the number of links on
    are links walked from their end to their begin.
    """
    tail = np.concatenate([links.tail, links.head])
    head = np.concatenate([links.head, links.tail])
    weight = np.tile(links.end_mm - links.begin_mm, 2)
    order = np.lexsort((weight, head, tail))
    tail, head = tail[order], head[order]
    keep = tail != head
    keep[1:] &= (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    starts = np.searchsorted(tail[keep], np.arange(links.n_places + 1))
    ways = csr_array(
        (weight[order][keep].astype(np.float64), head[keep], starts),
        shape=(links.n_places, links.n_places),
    )
    return ways, order[keep]


def flood(links: Links, place: IntArray, off_mm: IntArray, reach_mm: int) -> FloatArray:
    """Return ``distance_mm * k + position + 1`` of the nearest of k facilities, for each place.

    One search from an extra place that leads to every facility: the position rides in the lowest
    digits, so that of two facilities equally far the lower position wins, exactly.
    """
    k, source = len(place), links.n_places
    length_mm = (links.end_mm - links.begin_mm) * k
    tail = np.concatenate([links.tail, links.head, np.full(k, source)])
    head = np.concatenate([links.head, links.tail, place])
    weight = np.concatenate([length_mm, length_mm, off_mm * k + np.arange(k) + 1])
    ways = _matrix(tail, head, weight, source + 1)
    found = dijkstra(ways, directed=True, indices=source, limit=float(reach_mm * k + k))
    return np.asarray(found[:source], dtype=np.float64)
