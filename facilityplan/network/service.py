"""Service areas as streets: what lies within a walking distance, cut exactly at the limit."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from facilityplan.network import search
from facilityplan.network.millimetres import FloatArray, IntArray, ranges
from facilityplan.network.noding import Edges
from facilityplan.network.searchgraph import SearchGraph, expand
from facilityplan.network.snap import Snapped


@dataclass(frozen=True, eq=False)
class Stretches:
    """Stretches of edges that facilities enter from one end or both, each array (stretches,).

    Attributes
    ----------
    facility
        Whose walk it is.
    edge
        The edge that the stretch is a part of.
    begin_mm, end_mm
        Where it begins and ends along the edge.
    begin_left_mm, end_left_mm
        How much of the limit is left at its ends; 0 where the walk does not get there.
    """

    facility: IntArray
    edge: IntArray
    begin_mm: IntArray
    end_mm: IntArray
    begin_left_mm: IntArray
    end_left_mm: IntArray

    @property
    def span_mm(self) -> IntArray:
        """Length of each."""
        return self.end_mm - self.begin_mm

    @property
    def is_whole(self) -> NDArray[np.bool_]:
        """Which are walked from end to end."""
        whole: NDArray[np.bool_] = self.begin_left_mm + self.end_left_mm >= self.span_mm
        return whole

    def at(self, rows: slice) -> Stretches:
        """Return those in some rows."""
        return Stretches(*(getattr(self, field.name)[rows] for field in fields(self)))

    def reached(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Return (facility, edge, begin_mm, end_mm) of what is walked, sorted, none twice."""
        ahead = np.minimum(self.begin_mm + self.begin_left_mm, self.end_mm)
        back = np.maximum(self.end_mm - self.end_left_mm, self.begin_mm)
        size = int(self.edge.max(initial=0)) + 1
        key, begin_mm, end_mm = _merged(
            np.tile(self.facility * size + self.edge, 2),
            np.concatenate([self.begin_mm, back]),
            np.concatenate([ahead, self.end_mm]),
        )
        facility, edge = np.divmod(key, size)
        return facility, edge, begin_mm, end_mm


def _merged(key: IntArray, begin: IntArray, end: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return stretches sorted by key, those of one key that overlap or meet as one."""
    some = np.flatnonzero(end > begin)
    some = some[np.lexsort((begin[some], key[some]))]
    key, begin, end = key[some], begin[some], end[some]
    group = np.cumsum(np.diff(key, prepend=key[:1]) > 0)
    # the farthest end so far within each key
    span = int(end.max(initial=0)) + 1
    upto = np.maximum.accumulate(group * span + end) - group * span
    fresh = np.ones(len(some), dtype=np.bool_)
    fresh[1:] = (key[1:] != key[:-1]) | (begin[1:] > upto[:-1])
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(some))[: len(first)] - 1
    return key[first], begin[first], upto[last]


@dataclass(frozen=True, eq=False)
class Bends:
    """Vertices of lines, one after the other.

    Attributes
    ----------
    xy
        In metres, shape (v, 2).
    along_m
        The way from the start of the line, shape (v,).
    starts
        First vertex of each line, and the end of the last, shape (lines + 1,).
    """

    xy: FloatArray
    along_m: FloatArray
    starts: IntArray

    @classmethod
    def of(cls, lines: NDArray[np.object_]) -> Bends:
        """Take lines apart."""
        xy, line = shapely.get_coordinates(lines, return_index=True)
        starts = np.searchsorted(line, np.arange(len(lines) + 1))
        step_m = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
        step_m[starts[:-1]] = 0.0
        # in whole nanometres, so that no line's sum depends on the lines before it
        total = np.cumsum(np.rint(step_m * 1e9).astype(np.int64))
        along_m = (total - total[starts[:-1]][line]) / 1e9
        return cls(xy, along_m, starts)

    @property
    def length_m(self) -> FloatArray:
        """Length of each line."""
        return self.along_m[self.starts[1:] - 1]


@dataclass(frozen=True, eq=False)
class Cut:
    """Parts of lines: their vertices, one part after the other.

    Attributes
    ----------
    xy, along_m, part
        In metres, (v, 2); the way along the line; the part each belongs to.
    bend
        The last vertex of the line at or before each, shape (v,).
    """

    xy: FloatArray
    along_m: FloatArray
    part: IntArray
    bend: IntArray


def cut(bends: Bends, line: IntArray, begin_m: FloatArray, end_m: FloatArray) -> Cut:
    """Cut parts out of lines; a part's own ends are put between the vertices that they fall in."""
    size = bends.starts[line + 1] - bends.starts[line]
    at = ranges(bends.starts[line], size)
    part = np.repeat(np.arange(len(line)), size)
    along_m = bends.along_m[at]
    before = np.bincount(part[along_m <= begin_m[part]], minlength=len(line))
    below = np.bincount(part[along_m < end_m[part]], minlength=len(line))
    inside = (along_m > begin_m[part]) & (along_m < end_m[part])
    kept = np.bincount(part[inside], minlength=len(line))
    starts = np.cumsum(kept + 2) - (kept + 2)
    total = int((kept + 2).sum())
    xy, way_m, bend = np.empty((total, 2)), np.empty(total), np.empty(total, dtype=np.int64)
    middle = ranges(starts + 1, kept)
    xy[middle], way_m[middle], bend[middle] = bends.xy[at[inside]], along_m[inside], at[inside]
    for row, place_m, upto in ((starts, begin_m, before), (starts + kept + 1, end_m, below)):
        low = bends.starts[line] + np.clip(upto - 1, 0, size - 2)
        low_m, high_m = bends.along_m[low], bends.along_m[low + 1]
        share = np.clip((place_m - low_m) / (high_m - low_m), 0.0, 1.0)[:, None]
        between = bends.xy[low] + share * (bends.xy[low + 1] - bends.xy[low])
        # the far vertex itself, not what rounding makes of it
        xy[row] = np.where(share == 1.0, bends.xy[low + 1], between)
        way_m[row], bend[row] = place_m, low
    return Cut(xy, way_m, np.repeat(np.arange(len(line)), kept + 2), bend)


def along_metres(bends: Bends, line: IntArray, mm: Any, length_mm: IntArray) -> FloatArray:
    """Return millimetres along lines as metres; the last one is the line's end, rounding or not."""
    return np.where(mm == length_mm, bends.length_m[line], mm / 1000.0)


def multilines(
    edges: Edges,
    facility: IntArray,
    edge: IntArray,
    begin_mm: IntArray,
    end_mm: IntArray,
    n_facilities: int,
) -> NDArray[np.object_]:
    """Return stretches as one MultiLineString each facility, shape (n_facilities,)."""
    used, line = np.unique(edge, return_inverse=True)
    found = np.full(n_facilities, shapely.MultiLineString(), dtype=object)
    if not len(used):
        return found
    bends, length_mm = Bends.of(edges.lines[used]), edges.length_mm[edge]
    parts = cut(
        bends,
        line,
        along_metres(bends, line, begin_mm, length_mm),
        along_metres(bends, line, end_mm, length_mm),
    )
    lines = shapely.linestrings(parts.xy, indices=parts.part)
    some = np.unique(facility)
    found[some] = shapely.multilinestrings(lines, indices=np.searchsorted(some, facility))
    return found


def stretches_each(graph: SearchGraph, facilities: Snapped, limit_mm: int) -> Stretches:
    """Return the stretches that each facility enters, by itself, within the limit."""
    starts, node, mm = search.node_distances(graph, facilities, limit_mm)
    edges = graph.edges
    n_edges, n_nodes = len(edges.tail), len(edges.node_xy)
    near = np.flatnonzero(~facilities.off_network & (facilities.off_mm <= limit_mm))
    facility = np.repeat(np.arange(len(facilities.edge)), np.diff(starts))
    # which edges leave each node
    leaving = np.concatenate([edges.tail, edges.head])
    order = np.argsort(leaving, kind="stable")
    starts = np.searchsorted(leaving[order], np.arange(n_nodes + 1))
    row, of = expand(starts, order, node)
    entered = facility[of] * n_edges + row % n_edges
    own = near * n_edges + facilities.edge[near]
    key = np.setdiff1d(entered, own)
    # the edge that a facility stands on is two stretches, one on each side
    key = np.concatenate([key, own, own])
    facility_of, edge_of = np.divmod(key, n_edges)
    length_mm, position = edges.length_mm[edge_of], facilities.position_mm[near]
    before, after = len(key) - 2 * len(near), len(key) - len(near)
    begin_mm, end_mm = np.zeros(len(key), dtype=np.int64), length_mm.copy()
    end_mm[before:after], begin_mm[after:] = position, position
    known = facility * n_nodes + node

    def left_mm(end: IntArray) -> IntArray:
        wanted = facility_of * n_nodes + end[edge_of]
        at = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
        found: IntArray = np.zeros(len(wanted), dtype=np.int64)
        if len(known):
            found = np.where(known[at] == wanted, limit_mm - mm[at], 0)
        return found

    begin_left, end_left = left_mm(edges.tail), left_mm(edges.head)
    end_left[before:after] = begin_left[after:] = limit_mm - facilities.off_mm[near]
    some = np.flatnonzero((end_mm > begin_mm) & (begin_left + end_left > 0))
    some = some[np.lexsort((begin_mm[some], key[some]))]
    return Stretches(
        facility_of[some],
        edge_of[some],
        begin_mm[some],
        end_mm[some],
        begin_left[some],
        end_left[some],
    )


def service_lines(graph: SearchGraph, facilities: Snapped, limit_mm: int) -> Any:
    """Return the stretches of street within the limit of any facility, as a MultiLineString.

    The facilities' off-network legs are walked first. Nothing within reach is an empty geometry.
    One search serves all facilities, however many there are.
    """
    edges, near = graph.edges, ~facilities.off_network & (facilities.off_mm <= limit_mm)
    n_edges = len(edges.tail)
    every = np.arange(n_edges)
    # each node is a point at the end of one of its edges
    edge = np.empty(len(edges.node_xy), dtype=np.int64)
    position_mm = np.empty_like(edge)
    for end, at_mm in ((edges.tail, np.zeros(n_edges)), (edges.head, edges.length_mm)):
        edge[end], position_mm[end] = every, at_mm
    nothing = np.zeros(len(edge), dtype=np.int64)
    nodes = Snapped(edge, position_mm, nothing, nothing.astype(np.bool_))
    found_m = search.nearest(graph, nodes, facilities, limit_mm).distance_m
    left = np.where(np.isfinite(found_m), limit_mm - np.rint(found_m * 1000.0), 0).astype(np.int64)
    # from either end of an edge and, on it, from where facilities stand
    at, around = facilities.edge[near], limit_mm - facilities.off_mm[near]
    edge = np.concatenate([every, every, at])
    length_mm, position_mm = edges.length_mm, facilities.position_mm[near]
    begins = [np.zeros_like(length_mm), length_mm - left[edges.head], position_mm - around]
    ends = [left[edges.tail], length_mm, position_mm + around]
    walked = _merged(
        edge,
        np.maximum(np.concatenate(begins), 0),
        np.minimum(np.concatenate(ends), length_mm[edge]),
    )
    return multilines(edges, np.zeros(len(walked[0]), dtype=np.int64), *walked, 1)[0]
