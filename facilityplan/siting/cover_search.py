"""Row-weighting local search for set covering with equal costs (Gao, Weise and Li, 2015, RWLS).

Whenever a cover is found one column is taken out and the search goes on for a cover of fewer. In
each step the column that is missed least leaves, and one that covers a row picked from those
left bare comes in; every row that stays bare grows in weight, so that the search is driven away
from where it was. Columns that no neighbour has changed since they left may not come back, and
the last one in does not leave at once. Lots are drawn by a small generator of its own: a seed
gives one answer everywhere.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facilityplan.compiled import compiled
from facilityplan.siting.arguments import Ints
from facilityplan.siting.clock import Deadline
from facilityplan.siting.steps import affordable

SLICE = 20_000
"""Steps between looks at the clock."""


class Rows(NamedTuple):
    """Who covers whom, from both sides."""

    by_column: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    by_row: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]


class State(NamedTuple):
    """Where the search stands.

    ``score`` is the weight that a column's change would gain (negative for chosen ones: lost).
    ``bare`` lists the rows left bare, ``place`` each row's position in it; ``in_use`` lists the
    chosen columns, ``seat`` each one's position in it. ``size`` holds the lengths of both.
    """

    times: npt.NDArray[np.int32]
    weight: Ints
    score: Ints
    changed_at: Ints
    may_return: npt.NDArray[np.bool_]
    bare: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    in_use: npt.NDArray[np.int32]
    seat: npt.NDArray[np.int32]
    size: Ints


@compiled
def _add(table: Rows, state: State, column: int) -> None:
    state.seat[column] = state.size[1]
    state.in_use[state.size[1]] = column
    state.size[1] += 1
    state.score[column] = -state.score[column]
    for at in range(table.by_column[column], table.by_column[column + 1]):
        row = table.rows[at]
        before = state.times[row]
        state.times[row] = before + 1
        if before == 0:
            state.size[0] -= 1
            last = state.bare[state.size[0]]
            state.bare[state.place[row]] = last
            state.place[last] = state.place[row]
        for k in range(table.by_row[row], table.by_row[row + 1]):
            other = table.columns[k]
            if other == column:
                continue
            state.may_return[other] = True
            if before == 0:
                state.score[other] -= state.weight[row]
            elif before == 1 and state.seat[other] >= 0:
                state.score[other] += state.weight[row]


@compiled
def _drop(table: Rows, state: State, column: int) -> None:
    state.size[1] -= 1
    last = state.in_use[state.size[1]]
    state.in_use[state.seat[column]] = last
    state.seat[last] = state.seat[column]
    state.seat[column] = -1
    state.score[column] = -state.score[column]
    state.may_return[column] = False
    for at in range(table.by_column[column], table.by_column[column + 1]):
        row = table.rows[at]
        after = state.times[row] - 1
        state.times[row] = after
        if after == 0:
            state.place[row] = state.size[0]
            state.bare[state.size[0]] = row
            state.size[0] += 1
        for k in range(table.by_row[row], table.by_row[row + 1]):
            other = table.columns[k]
            if other == column:
                continue
            state.may_return[other] = True
            if after == 0:
                state.score[other] += state.weight[row]
            elif after == 1 and state.seat[other] >= 0:
                state.score[other] -= state.weight[row]


@compiled
def _least_missed(state: State, spared: int) -> int:
    """Return the chosen column with the least loss, the one longest unchanged of equals."""
    out = -1
    for at in range(state.size[1]):
        column = state.in_use[at]
        if column == spared:
            continue
        if (
            out < 0
            or state.score[column] > state.score[out]
            or (
                state.score[column] == state.score[out]
                and (
                    state.changed_at[column] < state.changed_at[out]
                    or (state.changed_at[column] == state.changed_at[out] and column < out)
                )
            )
        ):
            out = column
    return out


@compiled
def _best_for(table: Rows, state: State, row: int) -> int:
    """Return the column that covers a row and gains most, of equals the one longest unchanged."""
    into = -1
    for k in range(table.by_row[row], table.by_row[row + 1]):
        column = table.columns[k]
        if not state.may_return[column]:
            continue
        if (
            into < 0
            or state.score[column] > state.score[into]
            or (
                state.score[column] == state.score[into]
                and (state.changed_at[column] < state.changed_at[into])
            )
        ):
            into = column
    return into


@compiled
def _start(table: Rows, chosen: Ints) -> State:
    n_columns, n_rows = table.by_column.size - 1, table.by_row.size - 1
    state = State(
        np.zeros(n_rows, dtype=np.int32),
        np.ones(n_rows, dtype=np.int64),
        np.zeros(n_columns, dtype=np.int64),
        np.zeros(n_columns, dtype=np.int64),
        np.ones(n_columns, dtype=np.bool_),
        np.arange(n_rows).astype(np.int32),
        np.arange(n_rows).astype(np.int32),
        np.zeros(n_columns + 1, dtype=np.int32),
        np.full(n_columns, -1).astype(np.int32),
        np.array([n_rows, 0]),
    )
    for column in range(n_columns):
        state.score[column] = table.by_column[column + 1] - table.by_column[column]
    for column in chosen:
        _add(table, state, column)
    return state


@compiled
def _search(table: Rows, state: State, memory: Ints, best: Ints, steps: int, enough: int) -> Ints:
    """Search for so many steps more; ``memory`` is the step, the lot and the column spared."""
    step, lot, spared = memory[0], memory[1], memory[2]
    for _ in range(steps):
        step += 1
        while state.size[0] == 0:
            best = np.sort(state.in_use[: state.size[1]]).astype(np.int64)
            if best.size <= enough:
                return best
            out = _least_missed(state, -1)
            _drop(table, state, out)
            state.changed_at[out] = step
        out = _least_missed(state, spared)
        if out >= 0:
            _drop(table, state, out)
            state.changed_at[out] = step
        lot = lot * 48271 % 2147483647
        into = _best_for(table, state, state.bare[lot % state.size[0]])
        if into >= 0:
            _add(table, state, into)
            state.changed_at[into] = step
            spared = into
        for at in range(state.size[0]):
            row = state.bare[at]
            state.weight[row] += 1
            for k in range(table.by_row[row], table.by_row[row + 1]):
                state.score[table.columns[k]] += 1
    memory[0], memory[1], memory[2] = step, lot, spared
    return best


def smaller_cover(matrix: Any, chosen: Ints, steps: int, enough: int, deadline: Deadline) -> Ints:
    """Return a cover with at most as many columns as the given one.

    Parameters
    ----------
    matrix
        CSR of ones, no row empty.
    chosen
        Columns of a cover.
    steps
        When to give up.
    enough
        Stop at a cover with no more columns than this.
    deadline
        When to stop, looked at every :data:`SLICE` steps; its options hold the seed.
    """
    turned = matrix.T.tocsr()
    table = Rows(
        turned.indptr.astype(np.int32, copy=False),
        turned.indices.astype(np.int32, copy=False),
        matrix.indptr.astype(np.int32, copy=False),
        matrix.indices.astype(np.int32, copy=False),
    )
    best = chosen.astype(np.int64)
    state = _start(table, best)
    memory = np.array([0, deadline.options.seed % 2147483646 + 1, -1], dtype=np.int64)
    left = affordable(steps)
    while left > 0 and best.size > max(enough, 1) and not deadline.passed():
        best = _search(table, state, memory, best, min(left, affordable(SLICE)), enough)
        left -= affordable(SLICE)
    return best
