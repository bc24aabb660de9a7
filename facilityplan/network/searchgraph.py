"""The graph that is searched: built once for a network, whatever points are asked about later.

Points never cut it: a point hangs on the two ends of its edge, each with the way to it, and what
lies on one edge is measured along that edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from facilityplan.network.millimetres import FloatArray, IntArray, ranges
from facilityplan.network.morton import morton_order
from facilityplan.network.noding import Edges
from facilityplan.network.snap import Snapped

INT32_MAX: Final = int(np.iinfo(np.int32).max)

Int32Array = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Legs:
    """The ways from points to the places at both ends of their edges, sorted by point, then way.

    Attributes
    ----------
    point, place
        Position of the point and its place, shape (legs,).
    mm
        The off-network leg and the way along the edge, shape (legs,).
    """

    point: IntArray
    place: IntArray
    mm: IntArray


def _rows(
    edges: Edges, place_of: Int32Array, size: int
) -> tuple[Int32Array, Int32Array, NDArray[np.integer[Any]]]:
    """Return the ways between places in both directions, as compressed rows."""
    tail, head = place_of[edges.tail], place_of[edges.head]
    way = tail != head
    tail, head = tail[way], head[way]
    whole = np.int32 if edges.length_mm.max(initial=0) <= INT32_MAX else np.int64
    length = edges.length_mm[way].astype(whole)
    # one number a pair of places, whichever way it is walked
    pair = np.minimum(tail, head).astype(np.int64) << 32
    pair |= np.maximum(tail, head)
    order = np.lexsort((length, pair))
    pair, length = pair[order], length[order]
    del tail, head, way, order
    first = np.append(True, pair[1:] != pair[:-1])[: len(pair)]
    pair, length = pair[first], length[first]
    low, high = (pair >> 32).astype(np.int32), (pair & INT32_MAX).astype(np.int32)
    del pair, first
    row, column = np.concatenate([high, low]), np.concatenate([low, high])
    del low, high
    # the lower places of a row come first, in order, then the higher ones: rows are sorted
    both = coo_array((np.tile(length, 2), (row, column)), shape=(size, size)).tocsr()
    return both.indptr, both.indices, both.data


@dataclass(frozen=True, eq=False)
class SearchGraph:
    """Places and the ways between them, both directions, as compressed rows.

    Places are nodes of the network; those 0 mm apart are one. They are numbered along a Z-curve.
    Of several edges between two places the shortest stands; loops stand in no row.

    Attributes
    ----------
    edges
        The network's nodes and edges.
    place_of
        Place of each node, shape (n_nodes,).
    node_of
        The node that stands for each place, shape (places,).
    indptr, indices, length_mm
        Rows of the symmetric matrix; lengths are 32-bit unless an edge is too long for that.
    """

    edges: Edges
    place_of: Int32Array
    node_of: Int32Array
    indptr: Int32Array
    indices: Int32Array
    length_mm: NDArray[np.integer[Any]]

    @classmethod
    def of(cls, edges: Edges) -> SearchGraph:
        """Build the graph of a network's edges."""
        stands = np.flatnonzero(edges.place == np.arange(len(edges.place)))
        stands = stands[morton_order(edges.node_xy[stands])]
        node_of = stands.astype(np.int32)
        number = np.empty(len(edges.place), dtype=np.int32)
        number[stands] = np.arange(len(stands), dtype=np.int32)
        place_of = number[edges.place]
        return cls(edges, place_of, node_of, *_rows(edges, place_of, len(stands)))

    @property
    def n_places(self) -> int:
        """Number of places."""
        return len(self.node_of)

    @cached_property
    def xy(self) -> FloatArray:
        """Where each place is, in metres, shape (places, 2)."""
        found: FloatArray = self.edges.node_xy[self.node_of]
        return found

    @cached_property
    def tail(self) -> Int32Array:
        """The place at the start of each edge, shape (n_edges,)."""
        return self.place_of[self.edges.tail]

    @cached_property
    def head(self) -> Int32Array:
        """The place at the end of each edge, shape (n_edges,)."""
        return self.place_of[self.edges.head]

    @cached_property
    def mean_mm(self) -> float:
        """The mean length of a way between two places, 1 where there is none."""
        return float(self.length_mm.mean()) if len(self.length_mm) else 1.0

    @cached_property
    def longest_mm(self) -> int:
        """The length of the longest edge, loops included."""
        return int(self.edges.length_mm.max(initial=0))

    @cached_property
    def total_mm(self) -> int:
        """The length of all edges together: no shortest way on the network is longer."""
        return int(self.edges.length_mm.sum())

    @cached_property
    def matrix(self) -> Any:
        """The rows as scipy searches them, float64, exact below 2**53."""
        size = self.n_places
        data = self.length_mm.astype(np.float64)
        return csr_array((data, self.indices, self.indptr), shape=(size, size))

    @cached_property
    def stretch(self) -> float:
        """The most metres in a straight line that a way covers for each metre of its length.

        About 1: above it only by the rounding to millimetres, and by nodes that are one place.
        A walk is a chain of ways, so a walk of d metres ends within ``stretch * d`` of its start.
        """
        if not len(self.indices):
            return 1.0
        start = np.repeat(np.arange(self.n_places), np.diff(self.indptr))
        straight_m = np.hypot(*(self.xy[start] - self.xy[self.indices]).T)
        return float((straight_m / (self.length_mm / 1000.0)).max())

    @cached_property
    def members(self) -> tuple[IntArray, IntArray]:
        """The nodes of each place: where each place's begin, shape (places + 1,), and the nodes."""
        nodes = np.argsort(self.place_of, kind="stable")
        starts = np.searchsorted(self.place_of[nodes], np.arange(self.n_places + 1))
        return starts.astype(np.int64), nodes

    def legs(self, points: Snapped, limit_mm: int) -> Legs:
        """Return the ways from points to the ends of their edges that the limit allows."""
        length = self.edges.length_mm[points.edge]
        # at an end of its edge a point hangs on that end alone
        mm = np.stack([points.position_mm, length - points.position_mm], axis=1)
        tail, head = self.edges.tail[points.edge], self.edges.head[points.edge]
        place = np.stack([self.place_of[tail], self.place_of[head]], axis=1)
        there = np.stack([mm[:, 1] > 0, mm[:, 0] > 0], axis=1)
        there[:, 0] |= length == 0
        mm += points.off_mm[:, None]
        there &= ~points.off_network[:, None] & (mm <= limit_mm)
        turn = mm[:, 1] < mm[:, 0]
        for pair in (mm, place, there):
            pair[turn] = pair[turn, ::-1]
        point = np.repeat(np.arange(len(mm), dtype=np.int64), 2).reshape(-1, 2)
        return Legs(point[there], place[there].astype(np.int64), mm[there])


@dataclass(frozen=True, eq=False)
class Mates:
    """Points sorted along the edges they lie on, for the ways that never leave an edge.

    Attributes
    ----------
    edge
        Edges that carry points, ascending, shape (m,).
    starts
        Where the points of each begin, shape (m + 1,).
    position_mm, off_mm, point
        Along each edge ascending, shape (points,).
    """

    edge: IntArray
    starts: IntArray
    position_mm: IntArray
    off_mm: IntArray
    point: IntArray

    @classmethod
    def of(cls, points: Snapped, limit_mm: int) -> Mates:
        """Sort the points whose off-network leg is within the limit."""
        point = np.flatnonzero(~points.off_network & (points.off_mm <= limit_mm))
        edge, position = points.edge[point], points.position_mm[point]
        order = np.lexsort((point, position, edge))
        point = point[order]
        carried, starts = np.unique(edge[order], return_index=True)
        return cls(
            carried,
            np.append(starts, len(point)).astype(np.int64),
            position[order],
            points.off_mm[point],
            point,
        )

    def stretch_of(self, edge: IntArray) -> tuple[IntArray, IntArray]:
        """Return where the points on each of these edges begin and end; equal where none are."""
        if not len(self.edge):
            none = np.zeros(len(edge), dtype=np.int64)
            return none, none
        at = np.minimum(np.searchsorted(self.edge, edge), len(self.edge) - 1)
        found = self.edge[at] == edge
        return self.starts[at], np.where(found, self.starts[at + 1], self.starts[at])


def expand(starts: IntArray, values: IntArray, keys: IntArray) -> tuple[IntArray, IntArray]:
    """Return the values of each key's stretch and, for each value, the position of its key."""
    size = starts[keys + 1] - starts[keys]
    return values[ranges(starts[keys], size)], np.repeat(np.arange(len(keys)), size)
