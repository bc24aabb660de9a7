"""Smaller problems with the same optimum: merging, dominance, components.

All of it works on CSR matrices of ones, demands x candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from facilityplan.siting.arguments import Floats, Ints, is_integral

PRODUCT_LIMIT = 200_000_000
"""Pair comparisons beyond which dominance is not looked for: skipping it costs time in the
solver, never the optimum."""
BLOCK_PAIRS = 4_000_000
BLOCK_ROWS = 100_000
MAX_ROUNDS = 20

Flags = npt.NDArray[np.bool_]


def sizes(matrix: Any) -> Ints:
    """Return the number of entries of each row of a CSR matrix."""
    return np.asarray(np.diff(matrix.indptr), dtype=np.int64)


def _column_keys(n_columns: int) -> npt.NDArray[np.uint64]:
    """Return a well-mixed 64-bit number per column (splitmix64), the same everywhere."""
    key = np.arange(1, n_columns + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))


def _same_as(matrix: Any, like: Ints) -> bool:
    """Return whether every row has the columns of the row that stands for it, all compared."""
    size = sizes(matrix)
    if (size != size[like]).any():
        return False
    starts = matrix.indptr[:-1].astype(np.int64)
    for begin in range(0, size.size, BLOCK_ROWS):
        rows = np.arange(begin, min(begin + BLOCK_ROWS, size.size))
        rows = rows[like[rows] != rows]
        shift = np.repeat(starts[like[rows]] - starts[rows], size[rows])
        ends = np.cumsum(size[rows])
        first = np.repeat(starts[rows] - (ends - size[rows]), size[rows])
        at = first + np.arange(first.size)
        if (matrix.indices[at] != matrix.indices[at + shift]).any():
            return False
    return True


def _by_bytes(matrix: Any) -> Ints:
    """Return for each row a number that equal rows share, by their whole content."""
    wide = np.asarray(matrix.indices, dtype=">i8")
    keys = [
        wide[start:stop].tobytes()
        for start, stop in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    ]
    position = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return np.fromiter((position[key] for key in keys), dtype=np.int64, count=len(keys))


def merge_rows(matrix: Any) -> tuple[Any, Ints]:
    """Return the distinct rows in an order that depends on their content alone, and each row's.

    Rows are told apart by a 64-bit sum over their columns; then every row is compared with the
    one that stands for it, so that nothing is merged by mistake. The order of the demands never
    reaches the solver.

    Parameters
    ----------
    matrix
        CSR with sorted indices.
    """
    ends = np.zeros(matrix.indices.size + 1, dtype=np.uint64)
    np.cumsum(_column_keys(matrix.shape[1])[matrix.indices], out=ends[1:])
    mark = ends[matrix.indptr[1:]] - ends[matrix.indptr[:-1]]
    del ends
    _, first, group = np.unique(mark, return_index=True, return_inverse=True)
    group = group.astype(np.int64, copy=False)
    if not _same_as(matrix, first[group]):
        _, first, group = np.unique(_by_bytes(matrix), return_index=True, return_inverse=True)
        group = group.astype(np.int64, copy=False)
    return matrix[first], group


def sum_by_group(weights: Floats, group: Ints, n_groups: int) -> Floats:
    """Return the weight of each group, the same to the last bit for any order of the demands."""
    if is_integral(weights):
        return np.bincount(group, weights=weights, minlength=n_groups).astype(np.float64)
    total = np.zeros(n_groups)
    if group.size:
        order = np.lexsort((weights, group))
        ordered = group[order]
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        total[ordered[starts]] = np.add.reduceat(weights[order], starts)
    return total


def covered_rows(matrix: Any, columns: Ints) -> Flags:
    """Return which rows of a matrix of ones some of the columns cover."""
    share = np.zeros(matrix.shape[1])
    share[columns] = 1.0
    return np.asarray(matrix @ share).ravel() > 0.5


def _blocks(matrix: Any, work: Ints) -> Iterator[tuple[int, int]]:
    ends = np.cumsum(work)
    start = 0
    while start < matrix.shape[0]:
        done = int(ends[start - 1]) if start else 0
        stop = int(np.searchsorted(ends, done + BLOCK_PAIRS, side="right"))
        stop = max(stop, start + 1)
        yield start, stop
        start = stop


def _never() -> bool:
    return False


def _contained(matrix: Any, stop_now: Callable[[], bool]) -> Iterator[tuple[Ints, Ints]]:
    """Yield pairs (row, other) where every entry of ``row`` is an entry of ``other``."""
    turned = matrix.T.tocsr()
    work = np.asarray(matrix @ sizes(turned)).astype(np.int64)
    if int(work.sum()) > PRODUCT_LIMIT:
        return
    size = sizes(matrix)
    for start, stop in _blocks(matrix, work):
        if stop_now():
            return
        shared = (matrix[start:stop] @ turned).tocoo()
        row = np.asarray(shared.row, dtype=np.int64) + start
        other = np.asarray(shared.col, dtype=np.int64)
        whole = (np.asarray(shared.data) >= size[row]) & (row != other)
        yield row[whole], other[whole]


def redundant_rows(matrix: Any, stop_now: Callable[[], bool] = _never) -> Flags:
    """Return the demands that are covered whenever some other demand is (rows not empty).

    Some of them only where ``stop_now`` says that the time is up.
    """
    size = sizes(matrix)
    drop = np.zeros(matrix.shape[0], dtype=bool)
    for inner, outer in _contained(matrix, stop_now):
        larger = (size[outer] > size[inner]) | (outer > inner)
        drop[outer[larger]] = True
    return drop


def dominated_columns(
    matrix: Any, costs: Floats, *, keep_ties: bool, stop_now: Callable[[], bool] = _never
) -> Flags:
    """Return the candidates that some other candidate can always stand in for.

    Parameters
    ----------
    matrix
        CSR, demands x candidates.
    costs
        One per candidate.
    keep_ties
        Drop a candidate only for one that is cheaper or, at the same cost, has the lower index.
        The plan that comes first under the tie rule then survives: swapping the one for the
        other never makes a plan worse, dearer, larger or later.
    stop_now
        Some of them only where this says that the time is up.
    """
    columns = matrix.T.tocsr()
    size = sizes(columns)
    drop = size < 1
    for inner, outer in _contained(columns, stop_now):
        lower = outer < inner
        better = lower if keep_ties else (size[outer] > size[inner]) | lower
        stands_in = (costs[outer] < costs[inner]) | ((costs[outer] <= costs[inner]) & better)
        drop[inner[stands_in]] = True
    return drop


@dataclass(frozen=True)
class Reduced:
    """What is left of a covering problem.

    Parameters
    ----------
    matrix
        CSR, rows x columns left.
    columns
        Position of each column left in the given matrix, ascending.
    taken
        Columns that every cover of the reduced problem holds (only candidate of some demand).
    """

    matrix: Any
    columns: Ints
    taken: Ints


def reduce_cover(
    matrix: Any, costs: Floats, *, keep_ties: bool, stop_now: Callable[[], bool] = _never
) -> Reduced:
    """Return a covering problem without redundant demands and dominated candidates.

    Parameters
    ----------
    matrix
        CSR, demands x candidates, no row empty.
    costs
        One per candidate.
    keep_ties
        See :func:`dominated_columns`.
    stop_now
        Whether the time is up: what is reduced by then is valid, and is returned.
    """
    columns = np.arange(matrix.shape[1], dtype=np.int64)
    taken: list[int] = []
    left, _ = merge_rows(matrix)
    for _ in range(MAX_ROUNDS):
        before = left.shape
        left = left[np.flatnonzero(~redundant_rows(left, stop_now))]
        drop = dominated_columns(left, costs[columns], keep_ties=keep_ties, stop_now=stop_now)
        keep = np.flatnonzero(~drop)
        left, columns = left[:, keep].tocsr(), columns[keep]
        left.sort_indices()
        only = np.unique(left.indices[left.indptr[:-1][sizes(left) == 1]])
        if only.size:
            taken.extend(columns[only].tolist())
            left = left[np.flatnonzero(np.asarray(left[:, only].sum(axis=1)).ravel() < 1)]
        left, _ = merge_rows(left)
        if left.shape == before or not left.shape[0]:
            break
    used = np.flatnonzero(sizes(left.T.tocsr()))
    left = left[:, used].tocsr()
    left.sort_indices()
    return Reduced(left, columns[used], np.array(sorted(taken), dtype=np.int64))


def components(matrix: Any) -> list[tuple[Ints, Ints]]:
    """Return the independent parts of a covering problem as (rows, columns), by lowest column."""
    n_rows = matrix.shape[0]
    if not n_rows:
        return []
    graph = sparse.block_array([[None, matrix], [matrix.T, None]], format="csr")
    count, label = csgraph.connected_components(graph, directed=False)
    rows = [np.flatnonzero(label[:n_rows] == part) for part in range(count)]
    columns = [np.flatnonzero(label[n_rows:] == part) for part in range(count)]
    parts = [(r, c) for r, c in zip(rows, columns, strict=True) if r.size]
    return sorted(parts, key=lambda part: int(part[1][0]))


def part_of(matrix: Any, rows: Ints | None, columns: Ints | None) -> Any:
    """Return some rows and columns (``None``: all) of a CSR matrix, with its indices sorted."""
    part = matrix if rows is None else matrix[rows]
    if columns is not None and columns.size < matrix.shape[1]:
        part = part[:, columns].tocsr()
        part.sort_indices()
    return part
