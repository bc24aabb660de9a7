"""A valid plan at once, for a search that ends before the solver has any: greedy choice of sites."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from facilityplan.siting.arguments import Floats
from facilityplan.siting.roles import Roles


@dataclass(frozen=True)
class Room:
    """What greedy choice must keep.

    Parameters
    ----------
    roles
        Which candidates are there anyway and which may not be.
    n_sites
        How many sites at most; ``None`` for any number.
    price, budget
        Cost of each candidate (0 for those that stand) and what they may cost together.
    """

    roles: Roles
    n_sites: int | None
    price: Floats
    budget: float | None = None

    def allowed(self, chosen: list[int]) -> Floats:
        """Return 1 for each candidate that still fits, else 0."""
        counted = self.roles.counted()
        fits = self.roles.bounds()[1].copy()
        fits[chosen] = 0.0
        if self.n_sites is not None and counted[chosen].sum() >= self.n_sites:
            fits[counted > 0] = 0.0
        if self.budget is not None:
            fits[math.fsum(self.price[chosen]) + self.price > self.budget] = 0.0
        return fits


def greedy_sites(
    turned: Any,
    room: Room,
    worth: Callable[[Floats], Floats],
    *,
    enough: Callable[[Floats], bool] | None = None,
) -> list[int]:
    """Return sites in the order of their choice: those there anyway, then the most gain per cost.

    Parameters
    ----------
    turned
        CSR, candidates x rows.
    room
        What the plan must keep.
    worth
        What one more covering of each row would gain, from how often each is covered.
    enough
        Whether to stop, from the same; ``None`` goes on while anything is gained.
    """
    chosen: list[int] = room.roles.kept.tolist()
    times = np.zeros(turned.shape[1])
    for site in chosen:
        times[turned.indices[turned.indptr[site] : turned.indptr[site + 1]]] += 1.0
    price = np.where(room.price > 0, room.price, float(room.price.max(initial=0.0)) * 1e-9)
    price = np.where(price > 0, price, 1.0)
    while enough is None or not enough(times):
        gain = np.asarray(turned @ worth(times)).ravel() * room.allowed(chosen)
        if not (gain > 0).any():
            break
        best = int(np.argmax(gain / price))
        chosen.append(best)
        times[turned.indices[turned.indptr[best] : turned.indptr[best + 1]]] += 1.0
    return chosen
