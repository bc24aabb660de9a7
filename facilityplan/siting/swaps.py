"""Tabu search for maximal covering: drop the site that is missed least, add the one that gains most.

Gains and losses are kept up to date row by row, so that a step costs what the two sites touch. A
site that was dropped stays out for a while unless it leads to a new best; ties go to the lowest
index; the length of the ban is drawn by a small generator of its own, so that a seed gives one
answer everywhere.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facilityplan.compiled import compiled
from facilityplan.siting.arguments import Floats, Ints
from facilityplan.siting.steps import affordable


class Table(NamedTuple):
    """Who covers whom, from both sides, and the weights of the rows."""

    by_site: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    by_row: npt.NDArray[np.int32]
    sites: npt.NDArray[np.int32]
    weights: Floats


class State(NamedTuple):
    """How often each row is covered; which sites are in; what each would gain or is missed by."""

    times: npt.NDArray[np.int32]
    chosen: npt.NDArray[np.bool_]
    gain: Floats
    loss: Floats
    banned_until: Ints


@compiled
def _add(table: Table, state: State, site: int) -> float:
    gained = 0.0
    state.chosen[site] = True
    state.loss[site] = 0.0
    for at in range(table.by_site[site], table.by_site[site + 1]):
        row = table.rows[at]
        before = state.times[row]
        state.times[row] = before + 1
        if before == 0:
            gained += table.weights[row]
            state.loss[site] += table.weights[row]
            for k in range(table.by_row[row], table.by_row[row + 1]):
                state.gain[table.sites[k]] -= table.weights[row]
        elif before == 1:
            for k in range(table.by_row[row], table.by_row[row + 1]):
                if state.chosen[table.sites[k]] and table.sites[k] != site:
                    state.loss[table.sites[k]] -= table.weights[row]
    return gained


@compiled
def _drop(table: Table, state: State, site: int) -> float:
    lost = 0.0
    state.chosen[site] = False
    state.loss[site] = 0.0
    for at in range(table.by_site[site], table.by_site[site + 1]):
        row = table.rows[at]
        after = state.times[row] - 1
        state.times[row] = after
        if after == 0:
            lost += table.weights[row]
            for k in range(table.by_row[row], table.by_row[row + 1]):
                state.gain[table.sites[k]] += table.weights[row]
        elif after == 1:
            for k in range(table.by_row[row], table.by_row[row + 1]):
                if state.chosen[table.sites[k]]:
                    state.loss[table.sites[k]] += table.weights[row]
    return lost


@compiled
def _least_missed(state: State, fixed: npt.NDArray[np.bool_], step: int) -> int:
    out = -1
    for site in range(fixed.size):
        free = state.chosen[site] and not fixed[site] and state.banned_until[site] <= step
        if free and (out < 0 or state.loss[site] < state.loss[out]):
            out = site
    return out


@compiled
def _most_gained(state: State, out: int, step: int, needed: float) -> int:
    into = -1
    for site in range(state.chosen.size):
        if state.chosen[site] or site == out:
            continue
        if state.banned_until[site] > step and state.gain[site] <= needed:
            continue
        if into < 0 or state.gain[site] > state.gain[into]:
            into = site
    return out if into < 0 else into


@compiled
def _search(
    table: Table, start: Ints, fixed: npt.NDArray[np.bool_], steps: int, tenure: int, seed: int
) -> npt.NDArray[np.bool_]:
    n_sites = fixed.size
    state = State(
        np.zeros(table.weights.size, dtype=np.int32),
        np.zeros(n_sites, dtype=np.bool_),
        np.zeros(n_sites),
        np.zeros(n_sites),
        np.zeros(n_sites, dtype=np.int64),
    )
    for site in range(n_sites):
        for at in range(table.by_site[site], table.by_site[site + 1]):
            state.gain[site] += table.weights[table.rows[at]]
    value = 0.0
    for site in start:
        value += _add(table, state, site)
    best = value
    kept = state.chosen.copy()
    lot = seed % 2147483646 + 1
    for step in range(steps):
        out = _least_missed(state, fixed, step)
        if out < 0:
            continue
        value -= _drop(table, state, out)
        lot = lot * 48271 % 2147483647
        state.banned_until[out] = step + tenure + lot % (tenure + 1)
        into = _most_gained(state, out, step, best * (1.0 + 1e-12) - value)
        value += _add(table, state, into)
        lot = lot * 48271 % 2147483647
        state.banned_until[into] = step + 1 + lot % 3
        if value > best * (1.0 + 1e-12):
            best = value
            kept[:] = state.chosen
    return kept


def swap_search(
    matrix: Any,
    turned: Any,
    weights: Floats,
    start: Ints,
    fixed: Ints,
    effort: tuple[int, int, int],
) -> Ints:
    """Return sites that cover at least as much as the given ones.

    Parameters
    ----------
    matrix, turned
        CSR of rows x sites and of its transpose, no entry twice.
    weights
        One per row.
    start
        Sites to start from, each once.
    fixed
        Sites of ``start`` that must stay.
    effort
        Steps, least number of steps that a dropped site stays out, seed.
    """
    steps, tenure, seed = effort
    stay = np.zeros(turned.shape[0], dtype=bool)
    stay[fixed] = True
    kept = _search(table_of(matrix, turned, weights), start, stay, affordable(steps), tenure, seed)
    return np.flatnonzero(kept).astype(np.int64)


def table_of(matrix: Any, turned: Any, weights: Floats) -> Table:
    """Return the compiled loops' view of a cover matrix and its transpose, both CSR."""
    return Table(
        turned.indptr.astype(np.int32, copy=False),
        turned.indices.astype(np.int32, copy=False),
        matrix.indptr.astype(np.int32, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        weights,
    )
