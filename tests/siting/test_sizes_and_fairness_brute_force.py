"""Modules, single assignment, capacitated p-median, fairness and ties against every plan."""

import functools
import itertools
import math

import numpy as np
import pytest
from campaign import examples
from scipy import sparse
from scipy.optimize import linprog

from facilityplan.siting import (
    Aim,
    Fairness,
    Limits,
    Modules,
    Status,
    Terms,
    budgeted_coverage,
    capacitated_coverage,
    capacitated_p_median,
    equally_good,
    lscp,
    mclp,
    p_center,
    p_median,
)

SEEDS = range(examples(25))


def subsets(n, sizes=None):
    for size in range(n + 1) if sizes is None else sizes:
        yield from itertools.combinations(range(n), size)


def demands_and_sites(seed, most_demands=6, most_sites=5):
    rng = np.random.default_rng([seed, 5])
    n, m = int(rng.integers(1, most_demands + 1)), int(rng.integers(2, most_sites + 1))
    distances = np.hypot(*(rng.integers(0, 9, (n, 1, 2)) - rng.integers(0, 9, (1, m, 2))).T).T
    return rng, np.round(distances * 100) / 100, rng.integers(0, 9, n).astype(float)


def cheapest_split(distances, weights, holds):
    """Least weight x distance that serves everyone, split at will: a transport problem."""
    n, m = distances.shape
    asked = weights > 0
    serve = np.kron(np.eye(n), np.ones(m))[asked]
    load = np.kron(weights, np.eye(m))
    found = linprog(
        (weights[:, None] * distances).ravel(),
        A_ub=load,
        b_ub=holds,
        A_eq=serve if asked.any() else None,
        b_eq=np.ones(asked.sum()) if asked.any() else None,
        bounds=(0, 1),
    )
    return found.fun if found.status == 0 else math.inf


def cheapest_whole(distances, weights, holds):
    """Least weight x distance where every demand goes to one site: all assignments tried."""
    asked = np.flatnonzero(weights > 0)
    open_sites = np.flatnonzero(holds >= 0)
    best = math.inf
    for goes in itertools.product(open_sites, repeat=asked.size):
        load = np.bincount(goes, weights[asked], holds.size) if asked.size else np.zeros(holds.size)
        if (load <= np.maximum(holds, 0.0)).all():
            price = sum(weights[i] * distances[i, j] for i, j in zip(asked, goes, strict=True))
            best = min(best, price)
    return best


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_everyone_served_within_capacity(seed, single):
    rng, distances, weights = demands_and_sites(seed, 5, 4)
    holds = rng.integers(0, 20, distances.shape[1]).astype(float)
    found = capacitated_p_median(distances, weights, holds, Terms(n_sites=2, single=single))
    cheapest = cheapest_whole if single else cheapest_split
    best = math.inf
    for sites in subsets(len(holds), range(3)):
        kept = np.full(len(holds), -1.0 if single else 0.0)
        kept[list(sites)] = holds[list(sites)]
        best = min(best, cheapest(distances, weights, kept))
    if math.isinf(best):
        assert found.solution.status is Status.INFEASIBLE
        conflict = found.solution.conflict
        assert conflict["weight_served_at_most"] < conflict["weight"]
        return
    assert found.solution.status is Status.OPTIMAL
    assert found.solution.objective == pytest.approx(best, abs=1e-6)
    assert (found.load <= holds + 1e-9).all()
    if single:
        assert set(np.unique(found.shares.toarray())) <= {0.0, 1.0}


@pytest.mark.parametrize("seed", SEEDS)
def test_modules_of_whole_numbers(seed):
    rng, distances, weights = demands_and_sites(seed, 5, 3)
    cover = distances <= 4
    m = distances.shape[1]
    modules = Modules(capacity=(5.0, 8.0), cost=(3.0, 4.0), most=2)
    site_costs = rng.integers(0, 5, m).astype(float)
    budget = float(rng.integers(3, 18))
    terms = Terms(site_costs=site_costs, budget=budget)
    found = capacitated_coverage(sparse.csr_array(cover), weights, modules, terms)
    choices = [(a, b) for a in range(3) for b in range(3 - a)]

    def served(holds):
        """Most weight served, split at will: the least cut."""
        return min(
            weights[cover[:, list(kept)].any(axis=1)].sum()
            + sum(holds[j] for j in range(m) if j not in kept)
            for kept in subsets(m)
        )

    best = 0.0
    for plan in itertools.product(choices, repeat=m):
        price = sum(3 * a + 4 * b + site_costs[j] for j, (a, b) in enumerate(plan) if a + b > 0)
        if price <= budget:
            best = max(best, served([5 * a + 8 * b for a, b in plan]))
    assert found.solution.status is Status.OPTIMAL
    assert found.solution.objective == pytest.approx(best)
    spent = found.modules @ np.array([3.0, 4.0]) + site_costs * found.modules.any(axis=1)
    assert spent.sum() <= budget
    assert (found.modules.sum(axis=1) <= 2).all()
    assert (found.load <= found.modules @ np.array([5.0, 8.0]) + 1e-9).all()


def by_zone(cover, weights, zones, sites):
    served = cover[:, list(sites)].any(axis=1)
    present = [z for z in np.unique(zones) if weights[zones == z].sum() > 0]
    return np.array(
        [weights[(zones == z) & served].sum() / weights[zones == z].sum() for z in present]
    )


def zoned(seed):
    rng = np.random.default_rng([seed, 6])
    n, m = int(rng.integers(3, 13)), int(rng.integers(2, 8))
    cover = rng.random((n, m)) < rng.choice([0.2, 0.4, 0.6])
    zones = rng.integers(0, 3, n)
    return cover, rng.integers(0, 9, n).astype(float), zones


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("least", [0.3, 0.6])
def test_no_zone_below_a_share(seed, least):
    cover, weights, zones = zoned(seed)
    found = budgeted_coverage(
        sparse.csr_array(cover), weights, Limits(n_sites=2), fairness=Fairness(zones, least)
    )
    fair = [
        sites
        for sites in subsets(cover.shape[1], range(3))
        if (by_zone(cover, weights, zones, sites) >= least - 1e-12).all()
    ]
    if not fair:
        assert found.status is Status.INFEASIBLE
        worst = max(
            by_zone(cover, weights, zones, sites).min()
            for sites in subsets(cover.shape[1], range(3))
        )
        # The bound of the relaxation's solve is the proven one; it is never below the truth.
        assert found.conflict["least_share"] == least
        assert found.conflict["least_share_reached_at_most"] == pytest.approx(worst, abs=1e-6)
        return
    assert found.status is Status.OPTIMAL
    best = max(weights[cover[:, list(sites)].any(axis=1)].sum() for sites in fair)
    assert found.objective == pytest.approx(best)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_worst_zone_first(seed):
    cover, weights, zones = zoned(seed)
    found = budgeted_coverage(
        sparse.csr_array(cover),
        weights,
        Limits(n_sites=2),
        fairness=Fairness(zones, aim=Aim.WORST_FIRST),
    )

    def rank(sites):
        shares = np.sort(by_zone(cover, weights, zones, sites)).round(9)
        return (*shares, weights[cover[:, list(sites)].any(axis=1)].sum())

    best = max(rank(sites) for sites in subsets(cover.shape[1], range(3)))
    assert found.status is Status.OPTIMAL
    assert rank(found.sites) == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_least_inequality(seed):
    cover, weights, zones = zoned(seed)
    found = budgeted_coverage(
        sparse.csr_array(cover),
        weights,
        Limits(n_sites=2),
        fairness=Fairness(zones, aim=Aim.EQUAL),
    )

    def worth(sites):
        shares = by_zone(cover, weights, zones, sites)
        if not len(shares):
            return 0.0
        return shares.mean() - np.abs(shares[:, None] - shares[None]).mean() / 2

    best = max(worth(sites) for sites in subsets(cover.shape[1], range(3)))
    assert found.status is Status.OPTIMAL
    if len(by_zone(cover, weights, zones, ())):
        assert found.objective == pytest.approx(best, abs=1e-6)
        assert worth(found.sites) == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_which_plans_are_equally_good(seed):
    rng = np.random.default_rng([seed, 7])
    n, m = int(rng.integers(2, 9)), int(rng.integers(3, 8))
    cover = rng.random((n, m)) < 0.45
    weights = rng.integers(1, 4, n).astype(float)
    distances = rng.integers(1, 5, (n, m)).astype(float)
    table = sparse.csr_array(cover)
    problems = {
        "mclp": (
            functools.partial(mclp, table, weights, 2),
            lambda sites: -weights[cover[:, list(sites)].any(axis=1)].sum(),
        ),
        "lscp": (
            functools.partial(lscp, table),
            lambda sites: len(sites) if cover[:, list(sites)].any(axis=1).all() else math.inf,
        ),
        "p_median": (
            functools.partial(p_median, distances, weights, 2),
            lambda sites: (weights * distances[:, list(sites)].min(axis=1, initial=99)).sum(),
        ),
        "p_center": (
            functools.partial(p_center, distances, 2),
            lambda sites: distances[:, list(sites)].min(axis=1, initial=99).max(),
        ),
    }
    for name, (problem, value) in problems.items():
        solution = problem()
        if solution.status is not Status.OPTIMAL:
            continue
        best = value(solution.sites)
        others = {
            sites
            for sites in subsets(m, [len(solution.sites)])
            if value(sites) == best and sites != solution.sites
        }
        found = equally_good(problem, solution, 100)
        assert set(found.plans) == others, name
        assert found.exist is bool(others)
        assert found.all_found
        few = equally_good(problem, solution, 1)
        assert len(few.plans) == min(1, len(others))
        assert set(few.plans) <= others
