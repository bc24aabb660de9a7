"""What is lost without a site, and who could stand in its place: the plan valued anew."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from facilityplan.siting import verify
from facilityplan.siting.planner.instance import Instance
from facilityplan.siting.planner.request import BY_DISTANCE, CAPACITATED, Model
from facilityplan.siting.planner.solve import Solved, asked_weights, backup_times

Floats = npt.NDArray[np.float64]

NEARLY = 0.01
"""Share by which a plan with an alternative may be worse."""

MOST_ALTERNATIVES = 10

SLACK = 1e-9


@dataclass(frozen=True)
class Swap:
    """A candidate in the place of a site, and the plan's value with it."""

    candidate: int
    value: float


class Values:
    """Values plans of one request from the data alone.

    Parameters
    ----------
    instance, solved
        The problem and its answer.
    """

    def __init__(self, instance: Instance, solved: Solved) -> None:
        self.instance = instance
        self.model = Model(instance.request.model)
        self.weights = asked_weights(instance)
        self.cover: Any = instance.cover
        self.by_candidate: Any = self.cover.tocsc()
        priced = instance.request.by_cost
        self.price = (
            np.nan_to_num(instance.sites.cost, nan=0.0) if priced else np.ones(len(instance.sites))
        )
        free = instance.open.copy()
        free[list(instance.sites.standing)] = False
        self.free = free
        table = None if solved.call is None else solved.call.args[0]
        self.table: Floats | None = table if isinstance(table, np.ndarray) else None

    def value(self, sites: tuple[int, ...]) -> float:
        """Return the value of a plan, counted anew; infinite where it does not do what is asked."""
        chosen = list(sites)
        if self.model in {Model.LSCP, Model.LSCP_BACKUP, Model.PARTIAL_COVERAGE}:
            return math.fsum(self.price[chosen]) if self._does(sites) else math.inf
        if self.model is Model.MCLP_BACKUP:
            times = verify.times_covered(self.cover, chosen)
            return math.fsum([*self.weights[times >= 1], *self.weights[times >= 2]])
        if self.model is Model.MCLP:
            return verify.covered_weight(self.cover, self.weights, chosen)
        if self.table is None:
            raise TypeError(self.model)
        n_sites = len(self.instance.sites)
        standing = range(n_sites, self.table.shape[1])
        if self.model is Model.P_DISPERSION:
            return verify.least_distance(self.table, [*chosen, *standing])
        if self.model is Model.P_MEDIAN:
            return verify.weighted_distance(self.table, self.weights, [*chosen, *standing])
        _, far = verify.nearest_sites(self.table, [*chosen, *standing])
        return float(far.max(initial=0.0))

    def _does(self, sites: tuple[int, ...]) -> bool:
        times = verify.times_covered(self.cover, list(sites))
        if self.model is Model.LSCP:
            return bool((times >= 1).all())
        if self.model is Model.LSCP_BACKUP:
            return bool((times >= backup_times(self.instance)).all())
        asked = (self.instance.request.share or 0.0) * math.fsum(self.weights)
        return math.fsum(self.weights[times >= 1]) >= asked * (1 - SLACK)

    def alternatives(self, sites: tuple[int, ...], at: int) -> tuple[Swap, ...] | None:
        """Return who could stand in the place of a site with the plan at most 1 % worse.

        ``None`` for capacitated problems: each swap would be a problem of its own.
        """
        if self.model in CAPACITATED or at in self.instance.sites.mandatory:
            return None if self.model in CAPACITATED else ()
        rest = tuple(site for site in sites if site != at)
        best = self.value(sites)
        found = []
        budget, price = self.instance.request.budget, np.nan_to_num(self.instance.sites.cost)
        for candidate in self._worth_trying(rest, at):
            if candidate in sites:
                continue
            plan = tuple(sorted((*rest, candidate)))
            if budget is not None and math.fsum(price[list(plan)]) > budget:
                continue
            value = self.value(plan)
            if self._nearly(value, best):
                found.append(Swap(candidate, value))
        upward = self.model in {Model.MCLP, Model.MCLP_BACKUP, Model.P_DISPERSION}
        found.sort(key=lambda swap: (-swap.value if upward else swap.value, swap.candidate))
        return tuple(found[:MOST_ALTERNATIVES])

    def _nearly(self, value: float, best: float) -> bool:
        if not math.isfinite(value):
            return False
        if self.model in {Model.MCLP, Model.MCLP_BACKUP, Model.P_DISPERSION}:
            return value >= best * (1 - NEARLY) - SLACK
        return value <= best * (1 + NEARLY) + SLACK

    def _nearest_enough(self, table: Floats, rest: tuple[int, ...]) -> list[int]:
        """Return the candidates with which the rest of the plan serves at the least distance."""
        n_sites = len(self.instance.sites)
        others = table[:, [*rest, *range(n_sites, table.shape[1])]].min(axis=1, initial=np.inf)
        tried = np.setdiff1d(np.flatnonzero(self.free), rest)
        far = np.minimum(others[:, None], table[:, tried])
        if self.model is Model.P_CENTER:
            value = far.max(axis=0, initial=0.0)
        else:
            asked = self.weights > 0
            value = self.weights[asked] @ far[asked]
        first = tried[np.argsort(value, kind="stable")][: 2 * MOST_ALTERNATIVES]
        return sorted(first.tolist())

    def _worth_trying(self, rest: tuple[int, ...], at: int) -> list[int]:
        """Return candidates that could stand in for a site.

        Where all must be served, those that serve what only the site does; where weight counts,
        those that bring enough.
        """
        free = self.free
        if self.table is not None and self.model in BY_DISTANCE:
            return self._nearest_enough(self.table, rest)
        times = verify.times_covered(self.cover, list(rest))
        if self.model is Model.MCLP:
            left = np.where(times == 0, self.weights, 0.0)
            before = math.fsum(self.weights[times > 0])
            gain = np.asarray(left @ self.cover).ravel()
            best = self.value(tuple(sorted((*rest, at))))
            fine = before + gain >= best * (1 - NEARLY) - max(1.0, best) * SLACK
            fine[[*rest, at]] = False
            likely = np.flatnonzero(free & fine)
            # A few more than are kept: gains are sums that rounding may order wrongly.
            first = likely[np.argsort(-gain[likely], kind="stable")][: 2 * MOST_ALTERNATIVES]
            return sorted(first.tolist())
        if self.model is Model.LSCP:
            missing = times == 0
            serves = np.asarray(missing.astype(float) @ self.cover).ravel()
            return [int(c) for c in np.flatnonzero(free & (serves >= missing.sum()))]
        return [int(candidate) for candidate in np.flatnonzero(free)]
