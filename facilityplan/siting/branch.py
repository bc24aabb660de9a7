"""Branch and cut for problems whose cost splits into convex pieces of the sites' shares.

Covering and median problems fit: each group of demands costs a convex, piecewise linear function
of the shares, so that cuts from any point hold everywhere (Benders). The linear relaxation is
closed first (with cuts from a point between the last one and the average of all, which keeps it
from swinging), then reduced costs settle sites, then the tree is searched best bound first.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from facilityplan.errors import SolveError
from facilityplan.siting.arguments import Floats, Ints
from facilityplan.siting.clock import Deadline
from facilityplan.siting.master import Master, Point, Side
from facilityplan.siting.solution import tie_slack

WHOLE = 1e-6
"""A share this near 0 or 1 is taken for it."""
VIOLATED = 1e-7
"""Share of the value that cuts must miss by, all groups together, to be worth adding."""
ROOT_ROUNDS = 200
NODE_ROUNDS = 30
STALLED = 0.05
"""Share of the distance to the goal that a round of cuts must close for another one at a node."""
IN_OUT_ROUNDS = 7
TIDY_ROWS = 3.0
"""Cuts per group beyond which those that do not bind are dropped."""


class Oracle(Protocol):
    """What the search must know of a problem; it minimises."""

    n_sites: int
    n_groups: int
    integral: bool

    def cuts(self, share: Floats) -> tuple[Floats, Any]:
        """Return constant and slope of each group's cut, exact at these shares."""

    def value(self, chosen: Ints) -> float:
        """Return the cost of a choice of sites, counted anew."""

    def rounded(self, share: Floats, fixed: Ints) -> Ints | None:
        """Return an allowed choice that follows the shares and holds the fixed sites."""

    def improved(self, chosen: Ints, fixed: Ints, round_number: int) -> Ints:
        """Return a choice at least as good, by local search."""


@dataclass(frozen=True)
class Node:
    """Sites decided on the way to a node, and what is known of it."""

    taken: tuple[int, ...]
    left_out: tuple[int, ...]


class BranchAndCut:
    """One search; keeps its cuts from one question to the next.

    Parameters
    ----------
    oracle
        The problem.
    side
        Rows on the site columns.
    fixed
        Sites that every plan holds.
    best
        A valid plan.
    deadline
        When to stop.
    """

    def __init__(
        self, oracle: Oracle, side: Side, fixed: Ints, best: Ints, deadline: Deadline
    ) -> None:
        self._oracle = oracle
        self._side = side
        self._fixed = fixed
        self._deadline = deadline
        self._lower = np.zeros(oracle.n_sites)
        self._upper = np.ones(oracle.n_sites)
        self._lower[fixed] = 1.0
        self._master = Master(side, oracle.n_groups, deadline)
        self._root: Point | None = None
        self._tries = 0
        self.best = best
        self.value = oracle.value(best)
        self.bound = 0.0
        self.proven = False

    # ---- primal side

    def _offer(self, chosen: Ints | None) -> bool:
        """Take a plan if it is better than the best."""
        if chosen is None or not self._side.keeps(chosen):
            return False
        value = self._oracle.value(chosen)
        if value >= self.value - self._least():
            return False
        self.best, self.value = np.sort(chosen), value
        self._deadline.report(self.value, self.bound)
        return True

    def _least(self) -> float:
        return tie_slack(self.value, integral=self._oracle.integral)

    def _goal(self) -> float:
        """Return the value that a plan must reach to better the best."""
        if self._oracle.integral:
            return self.value - 1.0 + self._least()
        return self.value - self._least()

    def try_harder(self, rounds: int) -> None:
        """Draw plans from the relaxation and improve each; lots come from the seed alone."""
        if self._root is None:
            return
        share = self._root.share
        rng = np.random.default_rng([self._deadline.options.seed, self._tries])
        for _ in range(rounds):
            if self._deadline.passed() or self.closed():
                return
            self._tries += 1
            noisy = share * rng.random(share.size) ** 0.5 + 1e-9 * rng.random(share.size)
            start = self._oracle.rounded(noisy, self._fixed)
            if start is not None:
                self._offer(self._oracle.improved(start, self._fixed, self._tries))

    def closed(self) -> bool:
        """Return whether the bound shows that nothing betters the best."""
        return self.bound > self._goal() or self._deadline.close_enough(self.value, self.bound)

    # ---- linear relaxation

    def _cut(self, point: Point, *, at: Floats | None = None) -> tuple[float, bool]:
        """Add the cuts that a point violates; return the true cost at ``at`` and if any were."""
        shares = point.share if at is None else at
        constant, slope = self._oracle.cuts(shares)
        true_cost = float((constant - slope @ shares).sum())
        short = constant - slope @ point.share - point.costs
        allowed = VIOLATED * max(1.0, abs(point.value)) / max(1, self._oracle.n_groups)
        groups = np.flatnonzero(short > max(allowed, 1e-9))
        self._master.add_cuts(constant, slope, groups)
        return true_cost, bool(groups.size)

    def relax(self) -> bool:
        """Close the linear relaxation; return whether it is closed (the time may be up)."""
        everyone = np.arange(self._oracle.n_groups)
        share = np.zeros(self._oracle.n_sites)
        share[self.best] = 1.0
        average = 0.5 * share + 0.5 * share.sum() / share.size
        for at in (share, average):
            constant, slope = self._oracle.cuts(at)
            self._master.add_cuts(constant, slope, everyone)
        self._master.bound_sites(self._lower, self._upper)
        average = np.full(share.size, share.sum() / share.size)
        for number in range(ROOT_ROUNDS):
            point = self._master.solve()
            if point is None:
                if not self._deadline.passed():
                    # Otherwise this would pass for a proof that nothing betters the known plan.
                    raise SolveError("solver_disagrees", claimed=math.inf, found=self.value)
                return False
            self._root = point
            self.bound = max(self.bound, point.value)
            self._deadline.report(self.value, self.bound)
            if self.closed():
                return True
            self._offer(self._oracle.rounded(point.share, self._fixed))
            average = 0.5 * average + 0.5 * point.share
            if number >= IN_OUT_ROUNDS:
                true_cost, violated = self._cut(point)
                if not violated or true_cost - point.value <= VIOLATED * max(1.0, true_cost):
                    break
            self._cut(point, at=average)
            if self._master.n_rows > 2 * TIDY_ROWS * self._oracle.n_groups + 50:
                self._master.tidy()
        return True

    def fix_by_reduced_costs(self, limit: float) -> int:
        """Settle the sites that no plan worth at most ``limit`` decides otherwise.

        Returns
        -------
        int
            How many sites stay open.
        """
        if self._root is not None:
            room = limit + VIOLATED * max(1.0, abs(limit)) - self._root.value
            self._upper[(self._root.reduced > room) & (self._lower < 0.5)] = 0.0
            self._lower[(-self._root.reduced > room) & (self._upper > 0.5)] = 1.0
            self._master.bound_sites(self._lower, self._upper)
        return int(np.count_nonzero(self._upper - self._lower > 0.5))

    # ---- tree

    def _node_bounds(self, node: Node) -> tuple[Floats, Floats]:
        lower, upper = self._lower.copy(), self._upper.copy()
        lower[list(node.taken)] = 1.0
        upper[list(node.left_out)] = 0.0
        return lower, upper

    def _solved(self, node: Node, limit: float) -> Point | None:
        """Return the node's relaxation with its cuts, ``None`` where it holds no plan in reach."""
        lower, upper = self._node_bounds(node)
        if (lower > upper).any():
            return None
        self._master.bound_sites(lower, upper)
        before = -math.inf
        for _ in range(NODE_ROUNDS):
            point = self._master.solve(limit + VIOLATED * max(1.0, abs(limit)))
            if point is None or point.value > limit:
                return None
            whole = self._is_whole(point)
            gained = point.value - before
            if not whole and gained < STALLED * (limit - point.value):
                return point
            before = point.value
            _, violated = self._cut(point)
            if not violated:
                return point
        return point

    def _branch(self, point: Point) -> int:
        """Return the site to decide next: the one furthest from decided, then the lowest."""
        undecided = np.minimum(point.share, 1.0 - point.share)
        undecided[undecided < WHOLE] = 0.0
        return int(np.argmax(undecided + 1e-3 * point.share * (undecided > 0)))

    def search(self, start: Node, goal: float | None) -> tuple[Ints | None, float]:
        """Search the tree below a node, best bound first.

        Parameters
        ----------
        start
            Decisions made before.
        goal
            ``None`` looks for the best plan and keeps it. A number stops at the first plan that
            costs no more.

        Returns
        -------
        tuple
            The plan that reaches the goal, if one was found, and the bound proven: infinity
            where the tree was searched whole.
        """
        heap: list[tuple[float, int, Node]] = [(self.bound, 0, start)]
        number = 0
        while heap and heap[0][0] <= self._limit(goal):
            known = heap[0][0]
            if self._halted(goal, known):
                return None, known
            _, _, node = heapq.heappop(heap)
            self._tidy()
            point = self._solved(node, self._limit(goal))
            if point is None and self._deadline.passed():
                return None, known
            if point is None:
                continue
            plan = self._plan_at(point, node, goal, number)
            if plan is not None:
                return plan, known
            if point.value <= self._limit(goal) and not self._is_whole(point):
                site = self._branch(point)
                bound = max(known, point.value)
                number += 2
                taken = Node((*node.taken, site), node.left_out)
                left_out = Node(node.taken, (*node.left_out, site))
                heapq.heappush(heap, (bound, number - 1, taken))
                heapq.heappush(heap, (bound, number, left_out))
        return None, math.inf

    def _limit(self, goal: float | None) -> float:
        return self._goal() if goal is None else goal

    @staticmethod
    def _is_whole(point: Point) -> bool:
        return bool((np.minimum(point.share, 1.0 - point.share) < WHOLE).all())

    def _halted(self, goal: float | None, known: float) -> bool:
        """Return whether to stop here: no time left, or close enough while the best is sought."""
        if goal is None:
            self.bound = max(self.bound, known)
            self._deadline.report(self.value, self.bound)
            if self._deadline.close_enough(self.value, self.bound):
                return True
        return self._deadline.passed()

    def _plan_at(self, point: Point, node: Node, goal: float | None, number: int) -> Ints | None:
        """Keep the plan that a point suggests if it betters the best; return it at the goal."""
        chosen = self._oracle.rounded(point.share, self._fixed)
        if chosen is None:
            return None
        if goal is not None:
            return np.sort(chosen) if self._reaches(chosen, node, goal) else None
        if self._offer(chosen):
            self._offer(self._oracle.improved(chosen, self._fixed, number))
            self.fix_by_reduced_costs(self._goal())
        return None

    def _reaches(self, chosen: Ints, node: Node, goal: float) -> bool:
        lower, upper = self._node_bounds(node)
        share = np.zeros(lower.size)
        share[chosen] = 1.0
        inside = bool(((share >= lower) & (share <= upper)).all())
        return inside and self._side.keeps(chosen) and self._oracle.value(chosen) <= goal

    def _tidy(self) -> None:
        if self._master.n_rows > 2 * TIDY_ROWS * self._oracle.n_groups + 50:
            self._master.tidy()

    # ---- questions

    def solve(self) -> None:
        """Find the best plan and prove it, as far as the time allows."""
        if not self.closed():
            self.fix_by_reduced_costs(self._goal())
            _, bound = self.search(Node((), ()), None)
            self.bound = max(self.bound, min(self.value, bound))
        self.proven = self.bound > self._goal()
        if self.proven:
            self.bound = self.value

    def first_of_equals(self) -> bool:
        """Make the best plan the first by index of all as good; return whether that is proven.

        Site by site: may it be part of a plan as good, given the sites decided before?
        """
        limit = self.value + self._least()
        self._lower[:], self._upper[:] = 0.0, 1.0
        self._lower[self._fixed] = 1.0
        self.fix_by_reduced_costs(limit)
        taken: list[int] = np.flatnonzero(self._lower > 0.5).tolist()
        left_out: list[int] = []
        for site in np.flatnonzero(self._upper - self._lower > 0.5).tolist():
            if site not in self.best:
                node = Node((*taken, site), tuple(left_out))
                found, _ = self.search(node, limit)
                if self._deadline.passed():
                    return False
                if found is not None:
                    self.best = found
            (taken if site in self.best else left_out).append(site)
            if len(taken) == self.best.size:
                break
        return True

    def others(self, known: Iterable[Ints], limit: int) -> tuple[list[Ints], bool]:
        """Return up to ``limit`` further plans as good as the best, and whether these are all."""
        goal = self.value + self._least()
        self._lower[:], self._upper[:] = 0.0, 1.0
        self._lower[self._fixed] = 1.0
        self.fix_by_reduced_costs(goal)
        for one in known:
            self._master.forbid(one)
        found: list[Ints] = []
        while len(found) < limit:
            plan, _ = self.search(Node((), ()), goal)
            if plan is None:
                return found, not self._deadline.passed()
            found.append(plan)
            self._master.forbid(plan)
        return found, False
