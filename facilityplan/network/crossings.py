"""Vertices where lines cross without sharing one, for data that is not noded at all."""

from __future__ import annotations

import numpy as np
import shapely

from facilityplan.network.millimetres import BoolArray, FloatArray, IntArray

TOUCH_M = 0.001
"""An end within a millimetre of another line touches it: reprojection alone moves it that far."""


CLEAR_ANGLE = 1e-6
"""Sine of the angle above which two segments from one point surely part and do not overlap."""


def _crossing_pairs(low: FloatArray, high: FloatArray, apart: BoolArray) -> tuple[IntArray, ...]:
    segments = shapely.linestrings(np.stack([low, high], axis=1))
    left, right = shapely.STRtree(segments).query(segments, predicate="dwithin", distance=TOUCH_M)
    # the pair is ordered by place, not by row: intersection(a, b) and (b, a) may differ in a bit
    rank = np.empty(len(segments), dtype=np.int64)
    rank[np.lexsort((high[:, 1], high[:, 0], low[:, 1], low[:, 0]))] = np.arange(len(segments))
    same = (low[left] == low[right]).all(axis=1) & (high[left] == high[right]).all(axis=1)
    keep = (rank[left] < rank[right]) & ~same & ~apart[left] & ~apart[right]
    left, right = left[keep], right[keep]
    noded = _meet_at_an_end_only(low, high, left, right)
    return left[~noded], right[~noded]


def _meet_at_an_end_only(
    low: FloatArray, high: FloatArray, left: IntArray, right: IntArray
) -> BoolArray:
    """Return which pairs share an end and part there at an angle: there is nothing to insert.

    Most pairs are of this kind, one segment of a street and the next.
    """
    found = np.zeros(len(left), dtype=np.bool_)
    for one, one_far in ((low, high), (high, low)):
        for other, other_far in ((low, high), (high, low)):
            first = one_far[left] - one[left]
            second = other_far[right] - other[right]
            sine = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
            size = np.hypot(*first.T) * np.hypot(*second.T)
            shared = (one[left] == other[right]).all(axis=1)
            found |= shared & (np.abs(sine) > CLEAR_ANGLE * size)
    return found


def _meeting_points(
    low: FloatArray, high: FloatArray, left: IntArray, right: IntArray
) -> tuple[FloatArray, IntArray]:
    first = shapely.linestrings(np.stack([low[left], high[left]], axis=1))
    second = shapely.linestrings(np.stack([low[right], high[right]], axis=1))
    meeting = shapely.intersection(first, second)
    apart = np.flatnonzero(shapely.is_empty(meeting))
    if len(apart):
        # not quite touching: the nearer end of one stands for the meeting
        ends = shapely.get_coordinates(shapely.shortest_line(first[apart], second[apart]))
        ends = ends.reshape(-1, 2, 2)
        on_first = ends[:, 0]
        is_end = (on_first == low[left[apart]]).all(axis=1)
        is_end |= (on_first == high[left[apart]]).all(axis=1)
        meeting[apart] = shapely.points(np.where(is_end[:, None], on_first, ends[:, 1]))
    xy, pair = shapely.get_coordinates(meeting, return_index=True)
    return xy, pair.astype(np.int64)


def with_crossings(xy: FloatArray, part: IntArray, apart: BoolArray) -> tuple[FloatArray, IntArray]:
    """Return the vertices with one more on both lines wherever two cross, touch or overlap.

    Parameters
    ----------
    xy, part
        Vertices in metres, shape (v, 2), and their parts, shape (v,), ascending.
    apart
        Which parts are bridges or tunnels, shape (parts,): they cross nothing.
    """
    begins = np.flatnonzero(part[:-1] == part[1:])
    start, end = xy[begins], xy[begins + 1]
    backward = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low = np.where(backward[:, None], end, start)
    high = np.where(backward[:, None], start, end)
    left, right = _crossing_pairs(low, high, apart[part[begins]])
    points, pair = _meeting_points(low, high, left, right)
    segment = np.concatenate([left[pair], right[pair]])
    points = np.concatenate([points, points])
    along = ((points - start[segment]) * (end[segment] - start[segment])).sum(axis=1)
    # a vertex stands before whatever is inserted into the segment that it begins
    after = np.concatenate([np.arange(len(xy)), begins[segment]])
    place = np.concatenate([np.full(len(xy), -1.0), np.maximum(along, 0.0)])
    order = np.lexsort((place, after))
    return np.concatenate([xy, points])[order], part[after[order]]
