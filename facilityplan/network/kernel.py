"""The one compiled search: bounded shortest ways in whole millimetres, from many origins at once.

A bucket queue, doubly linked so that a place stands in it once. Buckets are wider than the
shortest edge, so a place may be looked at again while its bucket is worked on; each time its
distance has shrunk by a whole unit within one bucket, so this ends, and the distances are exact
whatever the width. Everything is integers and nothing depends on the number of threads.

Nothing here is imported before a search is asked for: numba takes its time to load.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from facilityplan.compiled import compiled
from facilityplan.network.millimetres import IntArray
from facilityplan.network.searchgraph import INT32_MAX, Int32Array, Legs, Mates, SearchGraph
from facilityplan.network.snap import Snapped

_MOST_BUCKETS: Final = 2**16

_GROUP: Final = 1024
"""Origins that a thread takes at a time."""

_ROOM: Final = 2**16
"""How long a queue is at first; it grows where that is too short."""

_BUFFER: Final = 2**19
"""How many distances a thread writes to one buffer; more if one row alone has more."""

_MOST_AT_FIRST: Final = 2**26
"""How many distances to make room for before more than a group of them are known."""


def buckets(mean: float, longest: int, limit: int) -> tuple[int, int]:
    """Return the width of a bucket as a power of two and how many there are, also a power of two.

    Parameters
    ----------
    mean, longest, limit
        The mean and the longest step of the graph and the farthest to go, in one unit.
    """
    shift = max(0, int(mean / 8.0).bit_length() - 1)
    span = min(longest, limit)
    while (span >> shift) + 2 > _MOST_BUCKETS:
        shift += 1
    return shift, 1 << ((span >> shift) + 1).bit_length()


@compiled
def _search(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one loop, as the compiler wants it
    ways: Any,
    scale: Any,
    seeds: Any,
    begin: Any,
    end: Any,
    limit: Any,
    shift: Any,
    state: Any,
    mark: Any,
) -> Any:
    """Walk from the seeds ``begin`` to ``end``, ascending by key; return how many are touched.

    ``dist[touched[:count]]`` are final and within the limit; -1 says that the queue was too short.
    """
    indptr, indices, weight = ways
    seed_place, seed_key = seeds
    head, dist, stamp, touched, after, place, since = state
    mask = len(head) - 1
    room = len(place)
    count, size, queued = 0, 0, 0
    if begin == end:
        return 0
    current = seed_key[begin] >> shift
    while True:
        while begin < end and seed_key[begin] >> shift <= current:
            v, key = seed_place[begin], seed_key[begin]
            begin += 1
            if key > limit or (stamp[v] == mark and dist[v] <= key):
                continue
            if stamp[v] != mark:
                stamp[v] = mark
                touched[count] = v
                count += 1
            dist[v] = key
            if size == room:
                head[:] = -1
                return -1
            bucket = (key >> shift) & mask
            after[size], place[size], since[size] = head[bucket], v, key
            head[bucket] = size
            size += 1
            queued += 1
        entry = head[current & mask]
        while entry >= 0:
            head[current & mask] = after[entry]
            queued -= 1
            u, here = place[entry], since[entry]
            # a shorter way was found since: this entry is stale
            if here == dist[u]:
                for arc in range(indptr[u], indptr[u + 1]):
                    key = here + weight[arc] * scale
                    if key > limit:
                        continue
                    v = indices[arc]
                    if stamp[v] != mark:
                        stamp[v] = mark
                        touched[count] = v
                        count += 1
                    elif dist[v] <= key:
                        continue
                    dist[v] = key
                    if size == room:
                        head[:] = -1
                        return -1
                    bucket = (key >> shift) & mask
                    after[size], place[size], since[size] = head[bucket], v, key
                    head[bucket] = size
                    size += 1
                    queued += 1
            entry = head[current & mask]
        if queued > 0:
            current += 1
        elif begin == end:
            return count
        else:
            current = seed_key[begin] >> shift


@compiled
def _to_places(ways: Any, seeds: Any, bounds: Any, state: Any, rows: Any, out: Any) -> Any:
    """Write the places within the limit of the origins from ``rows[0]`` to ``rows[1]``.

    Returns how many origins were done, and whether it was the queue rather than the buffer that
    was too short for the next; ``ends[i]`` is where the row of the i-th ends.
    """
    starts, seed_place, seed_key, order = seeds
    limit, shift, mark = bounds
    column, mm, ends = out
    dist, touched = state[1], state[3]
    size = 0
    for i in range(rows[0], rows[1]):
        row = order[i]
        count = _search(
            ways,
            1,
            (seed_place, seed_key),
            starts[row],
            starts[row + 1],
            limit,
            shift,
            state,
            mark + i - rows[0],
        )
        if count < 0 or size + count > len(column):
            return i - rows[0], count < 0
        for t in range(count):
            column[size + t] = touched[t]
            mm[size + t] = dist[touched[t]]
        size += count
        ends[i - rows[0]] = size
    return rows[1] - rows[0], False


@compiled
def _to_points(  # noqa: C901, PLR0912 - one loop, as the compiler wants it
    ways: Any, seeds: Any, bounds: Any, state: Any, rows: Any, out: Any, hooks: Any, mates: Any
) -> Any:
    """Write the points within the limit of the origins, as :func:`_to_places` does places.

    ``hooks`` are the points that hang on each place, nearest first; ``mates`` those that share the
    origin's edge, in order along it.
    """
    starts, seed_place, seed_key, order = seeds
    limit, shift, mark = bounds
    column, mm, ends = out
    dist, touched = state[1], state[3]
    size = 0
    hook_start, hook_point, hook_mm, seen, slot = hooks
    from_mm, from_off, low, high, mate_mm, mate_off, mate_point = mates
    for i in range(rows[0], rows[1]):
        row = order[i]
        count = _search(
            ways,
            1,
            (seed_place, seed_key),
            starts[row],
            starts[row + 1],
            limit,
            shift,
            state,
            mark + i - rows[0],
        )
        if count < 0:
            return i - rows[0], True
        for t in range(count):
            here = dist[touched[t]]
            for hook in range(hook_start[touched[t]], hook_start[touched[t] + 1]):
                total = here + hook_mm[hook]
                if total > limit:
                    break
                point = hook_point[hook]
                if seen[point] != mark + i - rows[0]:
                    if size == len(column):
                        return i - rows[0], False
                    seen[point] = mark + i - rows[0]
                    slot[point] = size
                    column[size] = point
                    mm[size] = total
                    size += 1
                elif mm[slot[point]] > total:
                    mm[slot[point]] = total
        left = limit - from_off[row]
        first, last = low[row], high[row]
        while first < last:
            middle = (first + last) // 2
            if mate_mm[middle] < from_mm[row] - left:
                first = middle + 1
            else:
                last = middle
        for mate in range(first, high[row]):
            if mate_mm[mate] - from_mm[row] > left:
                break
            total = abs(mate_mm[mate] - from_mm[row]) + from_off[row] + mate_off[mate]
            if total > limit:
                continue
            point = mate_point[mate]
            if seen[point] != mark + i - rows[0]:
                if size == len(column):
                    return i - rows[0], False
                seen[point] = mark + i - rows[0]
                slot[point] = size
                column[size] = point
                mm[size] = total
                size += 1
            elif mm[slot[point]] > total:
                mm[slot[point]] = total
        ends[i - rows[0]] = size
    return rows[1] - rows[0], False


@compiled
def _put_rows(values: Any, ends: Any, order: Any, begin: Any, target: Any, indptr: Any) -> None:
    """Copy rows that were found in ``order`` to where the caller has them."""
    for i in range(len(ends) - 1):
        to = indptr[order[i] - begin] - ends[i]
        for k in range(ends[i], ends[i + 1]):
            target[to + k] = values[k]


@compiled
def _flood(ways: Any, scale: Any, seeds: Any, bounds: Any, state: Any) -> Any:
    """Search once from all seeds together; a key is a distance times ``scale`` and a label."""
    limit, shift, mark = bounds
    return _search(ways, scale, seeds, 0, len(seeds[0]), limit, shift, state, mark)


@compiled
def _read(state: Any, scale: Any, mark: Any, ends: Any, origins: Any, out: Any) -> None:
    """Write for each origin the least distance over both ends of its edge, and its label."""
    dist, stamp = state[1], state[2]
    tail, head, length_mm = ends
    edge, position_mm, off_mm, off_network = origins
    mm, label = out
    for i in range(len(edge)):
        if off_network[i]:
            continue
        e = edge[i]
        best = np.int64(-1)
        if stamp[tail[e]] == mark:
            best = dist[tail[e]] + (position_mm[i] + off_mm[i]) * scale
        if stamp[head[e]] == mark:
            other = dist[head[e]] + (length_mm[e] - position_mm[i] + off_mm[i]) * scale
            if best < 0 or other < best:
                best = other
        if best >= 0:
            # one division for both: it is what this loop spends most on
            way = (best - 1) // scale
            mm[i] = way
            label[i] = best - 1 - way * scale


def _state(n_places: int, n_buckets: int, room: int) -> tuple[Any, ...]:
    return (
        np.full(n_buckets, -1, dtype=np.int32),
        np.zeros(n_places, dtype=np.int64),
        np.zeros(n_places, dtype=np.int32),
        np.empty(n_places, dtype=np.int32),
        *_queue(room),
    )


def _queue(room: int) -> tuple[Any, ...]:
    return (
        np.empty(room, dtype=np.int32),
        np.empty(room, dtype=np.int32),
        np.empty(room, dtype=np.int64),
    )


def _buffer(size: int, limit_mm: int) -> tuple[Any, Any]:
    whole = np.int32 if limit_mm <= INT32_MAX else np.int64
    return np.empty(size, dtype=np.int32), np.empty(size, dtype=whole)


def _ways(graph: SearchGraph) -> tuple[Any, ...]:
    return graph.indptr, graph.indices, graph.length_mm


@dataclass(frozen=True, eq=False)
class Rows:
    """What was found for each origin, in the order of the origins; within a row in no order.

    Attributes
    ----------
    indptr
        Where each row begins, shape (origins + 1,), int64.
    column
        Places or points, int32.
    mm
        Distances in millimetres, int32 unless the limit is too far for that.
    """

    indptr: IntArray
    column: Int32Array
    mm: NDArray[np.integer[Any]]


class _Worker:
    """What one thread searches with: made once, used for group after group."""

    def __init__(self, graph: SearchGraph, seeds: Any, targets: Any, limit_mm: int) -> None:
        shift, n_buckets = buckets(graph.mean_mm, graph.longest_mm, limit_mm)
        self.ways, self.seeds, self.targets = _ways(graph), seeds, targets
        self.limit_mm, self.shift, self.mark = limit_mm, shift, 1
        self.state = _state(graph.n_places, n_buckets, _ROOM)
        self.buffer = _buffer(_BUFFER, limit_mm)
        n_points = 0 if targets is None else targets[2]
        self.seen = np.zeros(n_points, dtype=np.int32), np.empty(n_points, dtype=np.int64)

    def rows(self, begin: int, end: int, order: IntArray) -> tuple[Any, ...]:
        """Return sizes, columns and millimetres of the rows from begin to end, in this order."""
        pieces = [*self._pieces(begin, end, order)]
        sizes = np.zeros(end - begin + 1, dtype=np.int64)
        at = begin
        for ends, _, _ in pieces:
            sizes[order[at : at + len(ends) - 1] - begin + 1] = np.diff(ends)
            at += len(ends) - 1
        indptr = np.cumsum(sizes)
        parts = _buffer(int(indptr[-1]), self.limit_mm)
        for which, part in enumerate(parts):
            at = begin
            for piece in pieces:
                _put_rows(piece[1 + which], piece[0], order[at:], begin, part, indptr)
                at += len(piece[0]) - 1
        return sizes[1:], *parts

    def _pieces(self, begin: int, end: int, order: IntArray) -> Iterator[tuple[Any, ...]]:
        while begin < end:
            ends = np.zeros(end - begin + 1, dtype=np.int64)
            bounds = (self.limit_mm, self.shift, self.mark)
            out = (*self.buffer, ends[1:])
            given = (self.ways, (*self.seeds, order), bounds, self.state, (begin, end), out)
            if self.targets is None:
                done, short = _to_places(*given)
            else:
                hooks, mates, _ = self.targets
                done, short = _to_points(*given, (*hooks, *self.seen), mates)
            # no mark twice, the one of the row that was given up included
            self.mark += done + 1
            begin += done
            if short:
                self.state = (*self.state[:4], *_queue(2 * len(self.state[4])))
            if done:
                yield (ends[: done + 1], *self.buffer)
            if begin < end:
                # what was yielded keeps its buffer; one row that fits in none needs a longer one
                room = len(self.buffer[0])
                self.buffer = _buffer(room if done or short else 2 * room, self.limit_mm)


def _search_all(
    graph: SearchGraph, legs: Legs, n_origins: int, limit_mm: int, threads: int, targets: Any
) -> Rows:
    """Search from every origin, group by group in the caller's order.

    Within a group the origins are searched along the Z-curve and then put back, so that no more
    than a group of rows is ever held twice.
    """
    starts = np.searchsorted(legs.point, np.arange(n_origins + 1)).astype(np.int64)
    first = np.full(n_origins, graph.n_places, dtype=np.int64)
    some = np.flatnonzero(starts[1:] > starts[:-1])
    first[some] = legs.place[starts[some]]
    seeds = (starts, legs.place.astype(np.int32), legs.mm)
    size = max(1, min(_GROUP, -(-n_origins // (2 * threads)))) if threads > 1 else _GROUP
    group = np.arange(n_origins) // size
    order = np.lexsort((first, group))
    begins = range(0, n_origins, size)
    at_once = max(1, min(threads, len(begins)))
    # made here and not in their threads, each of which would take memory from a heap of its own
    idle = [_Worker(graph, seeds, targets, limit_mm) for _ in range(at_once)]

    def one(begin: int) -> tuple[Any, ...]:
        worker = idle.pop()
        found = worker.rows(begin, min(begin + size, n_origins), order)
        idle.append(worker)
        return found

    if at_once > 1:
        with ThreadPoolExecutor(at_once) as pool:
            return _joined(pool.map(one, begins), n_origins, limit_mm)
    return _joined(map(one, begins), n_origins, limit_mm)


def _joined(found: Iterable[tuple[Any, ...]], n_origins: int, limit_mm: int) -> Rows:
    """Join groups of rows as they come.

    The first group tells about how long the whole will be, and what is not written to takes no
    memory; where it was too little, the arrays grow where they are, mostly without a copy.
    """
    sizes = [np.zeros(1, dtype=np.int64)]
    whole = _buffer(0, limit_mm)
    filled = 0
    for counts, *parts in found:
        if len(sizes) == 1:
            likely = int(1.05 * len(parts[0]) * n_origins / len(counts))
            whole = _buffer(min(likely, _MOST_AT_FIRST), limit_mm)
        sizes.append(counts)
        end = filled + len(parts[0])
        for target, part in zip(whole, parts, strict=True):
            if end > len(target):
                target.resize(max(end, len(target) + len(target) // 16), refcheck=False)
            target[filled:end] = part
        filled = end
    for target in whole:
        target.resize(filled, refcheck=False)
    return Rows(np.cumsum(np.concatenate(sizes)), *whole)


def nodes_within(graph: SearchGraph, origins: Snapped, limit_mm: int, threads: int) -> Rows:
    """Return for each origin the places within the limit."""
    legs = graph.legs(origins, limit_mm)
    return _search_all(graph, legs, len(origins.edge), limit_mm, threads, None)


def points_within(
    graph: SearchGraph, origins: Snapped, points: Snapped, limit_mm: int, threads: int
) -> Rows:
    """Return for each origin the points within the limit."""
    hooks = graph.legs(points, limit_mm)
    order = np.lexsort((hooks.mm, hooks.place))
    hook_start = np.zeros(graph.n_places + 1, dtype=np.int64)
    np.cumsum(np.bincount(hooks.place, minlength=graph.n_places), out=hook_start[1:])
    hung = hooks.point[order].astype(np.int32), hooks.mm[order]
    mates = Mates.of(points, limit_mm)
    low, high = mates.stretch_of(origins.edge)
    # nobody sets out from a point that is off the network
    high = np.where(origins.off_network | (origins.off_mm > limit_mm), low, high)
    beside = (origins.position_mm, origins.off_mm, low, high, mates.position_mm, mates.off_mm)
    targets = (hook_start, *hung), (*beside, mates.point.astype(np.int32)), len(points.edge)
    legs = graph.legs(origins, limit_mm)
    return _search_all(graph, legs, len(origins.edge), limit_mm, threads, targets)


def nearest_of(
    graph: SearchGraph,
    origins: Snapped,
    seeds: tuple[IntArray, IntArray],
    scale: int,
    limit: int,
) -> tuple[IntArray, IntArray]:
    """Return for each origin the least distance in millimetres, -1 where none, and its label.

    Parameters
    ----------
    seeds
        Places and keys, ascending by key; a key is ``distance_mm * scale + label + 1``.
    limit
        The greatest key to reach.
    """
    room = len(seeds[0]) + len(graph.indices)
    shift, n_buckets = buckets(graph.mean_mm * scale, graph.longest_mm * scale, limit)
    state = _state(graph.n_places, n_buckets, room)
    mark = 1
    given = (_ways(graph), scale, (seeds[0].astype(np.int32), seeds[1]))
    while _flood(*given, (limit, shift, mark), state) < 0:
        state = (*state[:4], *_queue(2 * len(state[4])))
        mark += 1
    mm = np.full(len(origins.edge), -1, dtype=np.int64)
    label = np.full(len(origins.edge), -1, dtype=np.int64)
    ends = graph.tail, graph.head, graph.edges.length_mm
    at = origins.edge, origins.position_mm, origins.off_mm, origins.off_network
    _read(state, scale, mark, ends, at, (mm, label))
    return mm, label
