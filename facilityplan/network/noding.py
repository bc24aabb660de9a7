"""Lines to nodes and edges: equal vertices meet, duplicates merge, row order leaves no trace."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from facilityplan.errors import NetworkError
from facilityplan.network.millimetres import FloatArray, IntArray, ranges, whole_mm


@dataclass(frozen=True, eq=False)
class Edges:
    """Nodes and edges; edges run from tail to head, which means nothing to a walker.

    Attributes
    ----------
    node_xy
        Nodes in metres, shape (n, 2), sorted by x then y.
    place
        The node that stands for each node, shape (n,): nodes 0 mm apart are one place.
    tail, head
        Nodes at the start and the end of each edge, shape (e,).
    length_mm
        Length of each edge along its geometry, rounded once, shape (e,).
    lines
        LineString of each edge in metres, from tail to head, shape (e,).
    """

    node_xy: FloatArray
    place: IntArray
    tail: IntArray
    head: IntArray
    length_mm: IntArray
    lines: NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class _Chains:
    """Sequences of vertex ids, one after the other; chain k is ``ids[starts[k]:starts[k + 1]]``."""

    ids: IntArray
    starts: IntArray

    @property
    def chain(self) -> IntArray:
        sizes = np.diff(self.starts)
        return np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)


def _starts(sizes: IntArray) -> IntArray:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])


def _vertices(xy: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return distinct vertices by whole millimetre, sorted by x then y, and each one's number.

    The lowest coordinates stand for all that share the millimetre, whichever row came first.
    """
    mm = whole_mm(xy)
    order = np.lexsort((xy[:, 1], xy[:, 0], mm[:, 1], mm[:, 0]))
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (mm[order[1:]] != mm[order[:-1]]).any(axis=1)
    ids = np.empty(len(order), dtype=np.int64)
    ids[order] = np.cumsum(is_new) - 1
    return xy[order[is_new]], ids


def _chains(ids: IntArray, part: IntArray) -> _Chains:
    """Return the parts as chains, without repeated vertices and without parts of no length."""
    keep = np.ones(len(ids), dtype=np.bool_)
    keep[1:] = (ids[1:] != ids[:-1]) | (part[1:] != part[:-1])
    ids, part = ids[keep], part[keep]
    sizes = np.bincount(part)
    long_enough = sizes[part] >= 2
    return _Chains(ids[long_enough], _starts(sizes[sizes >= 2]))


def _distinct(chains: _Chains) -> _Chains:
    """Return the chains without copies and reversed copies, sorted by their vertices."""
    chain = chains.chain
    reverse = chains.starts[1:][chain] - 1 - (np.arange(len(chain)) - chains.starts[:-1][chain])
    backward = chains.ids[reverse]
    # the first place where a chain and its reverse differ says which of both comes first
    differing = np.flatnonzero(backward != chains.ids)
    decided, first = np.unique(chain[differing], return_index=True)
    at = differing[first]
    flip = np.zeros(len(chains.starts) - 1, dtype=np.bool_)
    flip[decided] = backward[at] < chains.ids[at]
    # big-endian bytes sort as the numbers do
    raw = np.where(flip[chain], backward, chains.ids).astype(">i8").tobytes()
    kept = sorted({raw[8 * begin : 8 * end] for begin, end in pairwise(chains.starts.tolist())})
    sizes = np.array([len(key) // 8 for key in kept], dtype=np.int64)
    return _Chains(np.frombuffer(b"".join(kept), dtype=">i8").astype(np.int64), _starts(sizes))


def _split(chains: _Chains) -> _Chains:
    """Cut the chains at their ends and wherever a vertex is used more than once."""
    is_node = np.bincount(chains.ids) >= 2
    is_node[chains.ids[chains.starts[:-1]]] = True
    is_node[chains.ids[chains.starts[1:] - 1]] = True
    cuts = np.flatnonzero(is_node[chains.ids])
    chain = chains.chain[cuts]
    together = chain[1:] == chain[:-1]
    begins, ends = cuts[:-1][together], cuts[1:][together]
    sizes = ends - begins + 1
    return _Chains(chains.ids[ranges(begins, sizes)], _starts(sizes))


def components(n_nodes: int, tail: IntArray, head: IntArray) -> IntArray:
    """Return a label for each node, shape (n_nodes,): the same where a way leads from one on."""
    ones = np.ones(len(tail), dtype=np.float64)
    links = csr_array((ones, (tail, head)), shape=(n_nodes, n_nodes))
    _, labels = connected_components(links, directed=False)
    return np.asarray(labels, dtype=np.int64)


def _places(n_nodes: int, tail: IntArray, head: IntArray, length_mm: IntArray) -> IntArray:
    short = length_mm == 0
    labels = components(n_nodes, tail[short], head[short])
    _, first = np.unique(labels, return_index=True)
    return np.asarray(first[labels], dtype=np.int64)


def build_edges(xy: FloatArray, part: IntArray) -> tuple[Edges, int, int]:
    """Return the edges between shared vertices and ends, and how many copies and dots went.

    Copies are lines and edges that stand twice, in either direction; dots are parts shorter than
    the millimetre, that have one vertex only.

    Parameters
    ----------
    xy, part
        Vertices in metres, shape (v, 2), and their parts, shape (v,), ascending.

    Raises
    ------
    NetworkError
        If no part has any length.
    """
    vertex_xy, ids = _vertices(xy)
    given = _chains(ids, part)
    if len(given.starts) == 1:
        raise NetworkError("network_empty")
    # copies go first: a street drawn twice must not become a node at each of its bends
    streets = _distinct(given)
    pieces = _split(streets)
    chains = _distinct(pieces)
    first, last = chains.ids[chains.starts[:-1]], chains.ids[chains.starts[1:] - 1]
    nodes = np.unique(np.concatenate([first, last]))
    tail, head = np.searchsorted(nodes, first), np.searchsorted(nodes, last)
    lines = shapely.linestrings(vertex_xy[chains.ids], indices=chains.chain)
    length_mm = whole_mm(shapely.length(lines))
    merged = len(given.starts) - len(streets.starts) + len(pieces.starts) - len(chains.starts)
    places = _places(len(nodes), tail, head, length_mm)
    dots = int(part[-1]) + 1 - (len(given.starts) - 1)
    return Edges(vertex_xy[nodes], places, tail, head, length_mm, lines), merged, dots
