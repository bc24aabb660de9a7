"""Parts of a problem of deficits that have nothing to do with one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from facilityplan.siting.deficits.terms import DeficitProblem, Servings


@dataclass(frozen=True)
class Part:
    """A part and the positions of its needs and actions in the whole."""

    problem: DeficitProblem
    needs: tuple[int, ...]
    actions: tuple[int, ...]


def parts_of(problem: DeficitProblem) -> tuple[Part, ...]:
    """Return the parts, by their first action; needs that nothing serves come last, together."""
    n_needs, n_actions = len(problem.needs), len(problem.actions)
    places = {name: at for at, name in enumerate(sorted({a.place for a in problem.actions}))}
    where = np.array([places[action.place] for action in problem.actions], dtype=np.int64)
    pairs = problem.servings
    row = np.concatenate([pairs.need, n_needs + np.arange(n_actions)])
    column = n_needs + n_actions + np.concatenate([where[pairs.action], where])
    size = n_needs + n_actions + len(places)
    graph = sparse.csr_array((np.ones(row.size), (row, column)), shape=(size, size))
    _, label = sparse.csgraph.connected_components(graph, directed=False)
    by_label: dict[int, list[int]] = {}
    for at in range(n_actions):
        by_label.setdefault(int(label[n_needs + at]), []).append(at)
    members: dict[int, list[int]] = {name: [] for name in by_label}
    alone: list[int] = []
    for at in range(n_needs):
        members.get(int(label[at]), alone).append(at)
    groups = [(tuple(members[name]), tuple(actions)) for name, actions in by_label.items()]
    groups += [(tuple(alone), ())] if alone or not groups else []
    pair_label = label[pairs.need]
    order = np.argsort(pair_label, kind="stable")
    bounds = np.searchsorted(pair_label[order], np.arange(size + 1))
    return tuple(
        Part(_sub(problem, needs, actions, order, bounds, label), needs, actions)
        for needs, actions in groups
    )


def _sub(
    problem: DeficitProblem,
    needs: tuple[int, ...],
    actions: tuple[int, ...],
    order: np.ndarray,
    bounds: np.ndarray,
    label: np.ndarray,
) -> DeficitProblem:
    pairs = problem.servings
    chosen = np.empty(0, dtype=np.int64)
    if needs and actions:
        name = int(label[needs[0]])
        chosen = np.sort(order[bounds[name] : bounds[name + 1]])
    return DeficitProblem(
        tuple(problem.needs[at] for at in needs),
        tuple(problem.actions[at] for at in actions),
        Servings(
            np.searchsorted(np.array(needs, dtype=np.int64), pairs.need[chosen]),
            np.searchsorted(np.array(actions, dtype=np.int64), pairs.action[chosen]),
            pairs.amount[chosen],
        ),
    )
