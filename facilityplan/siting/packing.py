"""A valid capacitated plan at once: sites, modules and demands by greedy choice."""

from __future__ import annotations

import numpy as np

from facilityplan.siting.arguments import Floats, Ints
from facilityplan.siting.sizes import Capacities, Layout, Terms, site_prices


class _Packing:
    """The plan so far, as the columns of the model."""

    def __init__(self, layout: Layout, weights: Floats, sizes: Capacities, terms: Terms) -> None:
        self.layout, self.sizes, self.terms = layout, sizes, terms
        self.price = site_prices(layout, terms)
        self.roles = terms.roles(layout.n_candidates)
        self.left = weights.copy()
        self.weights = weights
        self.money = np.inf if terms.budget is None else float(terms.budget)
        self.columns = np.zeros(layout.n_columns)

    def cheapest(self, site: int) -> float:
        """Return the least that opening a site costs, with the module it may have to take."""
        bare = self.sizes.n_kinds > 0 and self.sizes.own[site] <= 0
        return float(self.price[site]) + (float(self.sizes.cost.min()) if bare else 0.0)

    def open(self, site: int, *, stands: bool = False) -> None:
        """Open a site and take modules while there are demands, room and money for them."""
        self.columns[site] = 1.0
        self.money -= float(self.price[site])
        pairs = np.flatnonzero(self.layout.column == site)
        wanted = float(self.left[self.layout.row[pairs]].sum())
        holds, taken = float(self.sizes.own[site]), 0
        must = not stands and holds <= 0
        first = self.layout.n_candidates + site * self.sizes.n_kinds
        while self.sizes.n_kinds and taken < self.sizes.most[site]:
            fits = np.flatnonzero(self.sizes.cost <= self.money)
            if not fits.size or (holds >= wanted and not (must and not taken)):
                break
            # The size that holds most of what is wanted per cost; the cheapest where all must be.
            use = np.minimum(self.sizes.size[fits], max(0.0, wanted - holds))
            rank = np.lexsort((self.sizes.cost[fits], -use))
            kind = (
                int(fits[rank[0]])
                if self.terms.budget is None
                else int(fits[np.argmax((use + 1e-12) / (self.sizes.cost[fits] + 1e-12))])
            )
            self.columns[first + kind] += 1.0
            self.money -= float(self.sizes.cost[kind])
            holds, taken = holds + float(self.sizes.size[kind]), taken + 1
        self._fill(pairs, holds)

    def _fill(self, pairs: Ints, holds: float) -> None:
        for pair in pairs.tolist():
            row = int(self.layout.row[pair])
            whole, left = float(self.weights[row]), float(self.left[row])
            served = min(left, holds)
            if served <= 0 or (self.terms.single and served < whole):
                continue
            self.columns[self.layout.first_pair + pair] = served / whole
            self.left[row] -= served
            holds -= served

    def next_site(self) -> int:
        """Return the site that would serve most per cost, -1 where none may open."""
        m = self.layout.n_candidates
        opened = self.columns[:m] > 0.5
        new = np.count_nonzero(opened & (self.roles.counted() > 0))
        if self.terms.n_sites is not None and new >= self.terms.n_sites:
            return -1
        near = np.bincount(self.layout.column, self.left[self.layout.row], minlength=m)
        useful = np.minimum(near, self.sizes.largest())
        cost = np.array([self.cheapest(site) for site in range(m)])
        barred = opened | (self.roles.bounds()[1] < 0.5) | (cost > self.money)
        if self.sizes.n_kinds:
            barred |= (self.sizes.most < 1) & (self.sizes.own <= 0)
        useful[barred] = 0.0
        if not (useful > 0).any():
            return -1
        spend = np.where(cost > 0, cost, 1.0) if self.terms.budget is not None else 1.0
        return int(np.argmax(useful / spend))


def greedy_packing(layout: Layout, weights: Floats, sizes: Capacities, terms: Terms) -> Floats:
    """Return the columns of a plan within number, budget and capacities that serves much.

    The mandatory sites alone must keep the terms.
    """
    packing = _Packing(layout, weights, sizes, terms)
    kept = packing.roles.mandatory.tolist()
    reserved = sum(packing.cheapest(site) for site in kept)
    for site in kept:
        reserved -= packing.cheapest(site)
        packing.money -= reserved
        packing.open(site)
        packing.money += reserved
    for site in packing.roles.existing.tolist():
        packing.open(site, stands=True)
    while (site := packing.next_site()) >= 0:
        packing.open(site)
    return packing.columns
