"""Shortest ways between points on the network, in whole millimetres.

The points become places of the graph, strung along the edges they lie on, so that two points on
one edge, a point on a node and many points at one place are nothing special. All weights are
positive integers (places 0 mm apart are one), below 2**53, so float64 sums are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from facilityplan.network.millimetres import FloatArray, IntArray, ranges
from facilityplan.network.noding import Edges
from facilityplan.network.snap import Snapped

_EXACT: Final = 2**53
"""Whole numbers up to here are exact in float64."""

_ROWS_BYTES: Final = 64 * 2**20
"""How much the dense rows of one chunk of searches may take."""

_NONE: Final = np.iinfo(np.int64).max


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


def graph(links: Links) -> Any:
    """Return the links as a symmetric CSR matrix of millimetres, shape (n_places, n_places)."""
    tail = np.concatenate([links.tail, links.head])
    head = np.concatenate([links.head, links.tail])
    length_mm = np.tile(links.end_mm - links.begin_mm, 2)
    return _matrix(tail, head, length_mm, links.n_places)


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


def nearest(edges: Edges, origins: Snapped, facilities: Snapped, limit_mm: int | None) -> Nearest:
    """Return the nearest facility of each origin; of equally near ones the lowest position."""
    links = attach(edges, (origins, facilities))
    at, facility_at = links.points
    best_mm = np.full(len(at), _NONE, dtype=np.int64)
    best = np.full(len(at), -1, dtype=np.int64)
    usable = np.flatnonzero(facility_at >= 0)
    reach_mm = int(edges.length_mm.sum() + facilities.off_mm[usable].max(initial=0))
    if limit_mm is not None:
        reach_mm = min(reach_mm, limit_mm)
    size = max(1, (_EXACT - 1) // (reach_mm + 1))
    for begin in range(0, len(usable), size):
        chunk = usable[begin : begin + size]
        found = flood(links, facility_at[chunk], facilities.off_mm[chunk], reach_mm)
        reached = np.flatnonzero(at >= 0)
        reached = reached[np.isfinite(found[at[reached]])]
        network_mm, position = np.divmod(found[at[reached]].astype(np.int64) - 1, len(chunk))
        total_mm = network_mm + origins.off_mm[reached]
        better = total_mm < best_mm[reached]
        best_mm[reached[better]] = total_mm[better]
        best[reached[better]] = chunk[position[better]]
    within = best >= 0
    if limit_mm is not None:
        within &= best_mm <= limit_mm
    return Nearest(np.where(within, best, -1), np.where(within, best_mm / 1000.0, np.inf))


@dataclass(frozen=True, eq=False)
class _Side:
    """Points of one side, sorted by place and then by off-network leg.

    ``key`` is ``rank of place * (limit + 1) + off-network leg``, ascending, so that the points of
    a place that a remaining way still reaches are a prefix, found by bisection.
    """

    point: IntArray
    off_mm: IntArray
    key: IntArray
    place: IntArray
    starts: IntArray
    limit_mm: int

    @classmethod
    def of(cls, at: IntArray, snapped: Snapped, limit_mm: int) -> _Side:
        point = np.flatnonzero((at >= 0) & (snapped.off_mm <= limit_mm))
        point = point[np.lexsort((point, snapped.off_mm[point], at[point]))]
        place, starts, rank = np.unique(at[point], return_index=True, return_inverse=True)
        off_mm = snapped.off_mm[point]
        return cls(point, off_mm, rank * (limit_mm + 1) + off_mm, place, starts, limit_mm)

    @property
    def least_mm(self) -> IntArray:
        return self.off_mm[self.starts]

    def within(self, rank: IntArray, left_mm: IntArray) -> IntArray:
        """Return how many points of each place have a leg of at most ``left_mm``."""
        upto = np.searchsorted(self.key, rank * (self.limit_mm + 1) + left_mm, side="right")
        counted: IntArray = upto - self.starts[rank]
        return counted


def _expand(source: _Side, target: _Side, rank: IntArray, rows_mm: FloatArray) -> IntArray:
    """Return (source point, target point, distance_mm) of all pairs within the limit, shape (3, n).

    ``rows_mm`` are distances on the network from the places ``rank`` of the source side to all
    places of the target side.
    """
    bound = rows_mm + source.least_mm[rank][:, None] + target.least_mm[None, :]
    row, to = np.nonzero(bound <= source.limit_mm)
    mm = rows_mm[row, to].astype(np.int64)
    origin = rank[row]
    count = source.within(origin, source.limit_mm - mm - target.least_mm[to])
    here = ranges(source.starts[origin], count)
    to, mm = np.repeat(to, count), np.repeat(mm, count) + source.off_mm[here]
    count = target.within(to, source.limit_mm - mm)
    there = ranges(target.starts[to], count)
    mm = np.repeat(mm, count) + target.off_mm[there]
    return np.stack([source.point[np.repeat(here, count)], target.point[there], mm])


def pairs(edges: Edges, origins: Snapped, destinations: Snapped, limit_mm: int) -> Any:
    """Return all pairs within the limit as a CSR array of metres, explicit zeros kept.

    Memory grows with the places and the pairs found, never with origins times destinations.
    """
    links = attach(edges, (origins, destinations))
    row_side, column_side = (
        _Side.of(at, snapped, limit_mm)
        for at, snapped in zip(links.points, (origins, destinations), strict=True)
    )
    swap = len(column_side.place) < len(row_side.place)
    source, target = (column_side, row_side) if swap else (row_side, column_side)
    ways = graph(links)
    found = [np.empty((3, 0), dtype=np.int64)]
    chunk = max(1, _ROWS_BYTES // (8 * (links.n_places + 2 * len(target.place))))
    for begin in range(0, len(source.place), chunk):
        rank = np.arange(begin, min(begin + chunk, len(source.place)))
        rows_mm = dijkstra(ways, indices=source.place[rank], limit=float(limit_mm))
        found.append(_expand(source, target, rank, rows_mm[:, target.place]))
    row, column, mm = np.concatenate(found, axis=1)
    if swap:
        row, column = column, row
    order = np.lexsort((column, row))
    shape = (len(origins.edge), len(destinations.edge))
    starts = np.searchsorted(row[order], np.arange(shape[0] + 1))
    return csr_array((mm[order] / 1000.0, column[order], starts), shape=shape)
