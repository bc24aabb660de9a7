"""Backup, dispersion, partial, budgeted, staged and capacitated siting against every subset."""

import itertools

import numpy as np
import pytest
from campaign import examples
from scipy import sparse

from facilityplan.siting import (
    Limits,
    Status,
    Terms,
    budgeted_coverage,
    capacitated_coverage,
    lscp_backup,
    mclp_backup,
    p_dispersion,
    partial_coverage,
    staged_coverage,
)

SEEDS = range(examples(25))


def instance(seed):
    rng = np.random.default_rng(seed)
    n_demands, n_candidates = int(rng.integers(1, 13)), int(rng.integers(2, 9))
    cover = rng.random((n_demands, n_candidates)) < rng.choice([0.2, 0.4, 0.7])
    weights = rng.integers(0, 20, n_demands).astype(float)
    costs = rng.integers(1, 9, n_candidates).astype(float)
    return rng, cover, weights, costs


def subsets(n, sizes=None):
    for size in range(n + 1) if sizes is None else sizes:
        yield from itertools.combinations(range(n), size)


@pytest.mark.parametrize("seed", SEEDS)
def test_covered_so_many_times(seed):
    _, cover, _, costs = instance(seed)
    found = lscp_backup(sparse.csr_array(cover), 2, costs=costs)
    prices = [
        costs[list(sites)].sum()
        for sites in subsets(cover.shape[1])
        if (cover[:, list(sites)].sum(axis=1) >= 2).all()
    ]
    if not prices:
        assert found.status is Status.INFEASIBLE
        return
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(min(prices))
    assert (cover[:, list(found.sites)].sum(axis=1) >= 2).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_covered_and_covered_again(seed):
    rng, cover, weights, _ = instance(seed)
    again = rng.integers(0, 20, len(weights)).astype(float)
    found = mclp_backup(sparse.csr_array(cover), weights, 3, backup_weights=again)
    times = [cover[:, list(sites)].sum(axis=1) for sites in subsets(cover.shape[1], range(4))]
    best = max(weights[t >= 1].sum() + again[t >= 2].sum() for t in times)
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(best)


@pytest.mark.parametrize("seed", SEEDS)
def test_as_far_apart_as_can_be(seed):
    rng, cover, _, _ = instance(seed)
    xy = rng.integers(0, 6, (cover.shape[1], 2)).astype(float)
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    found = p_dispersion(apart, 2 if len(xy) < 3 else 3)
    size = 2 if len(xy) < 3 else 3
    best = max(
        min(apart[a, b] for a, b in itertools.combinations(sites, 2))
        for sites in subsets(len(xy), [size])
    )
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(best)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.5, 0.9, 1.0])
def test_a_share_of_the_weight(seed, share):
    _, cover, weights, costs = instance(seed)
    found = partial_coverage(sparse.csr_array(cover), weights, share, costs=costs)
    need = share * weights.sum()
    prices = [
        costs[list(sites)].sum()
        for sites in subsets(cover.shape[1])
        if weights[cover[:, list(sites)].any(axis=1)].sum() >= need - 1e-9
    ]
    if not prices:
        assert found.status is Status.INFEASIBLE
        return
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(min(prices))


@pytest.mark.parametrize("seed", SEEDS)
def test_within_a_number_and_a_budget(seed):
    _, cover, weights, costs = instance(seed)
    budget = float(costs.sum() / 2)
    found = budgeted_coverage(
        sparse.csr_array(cover), weights, Limits(n_sites=3, costs=costs, budget=budget)
    )
    best = max(
        weights[cover[:, list(sites)].any(axis=1)].sum()
        for sites in subsets(cover.shape[1], range(4))
        if costs[list(sites)].sum() <= budget
    )
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(best)
    assert costs[list(found.sites)].sum() <= budget


@pytest.mark.parametrize("seed", SEEDS)
def test_nested_stages_over_all_stages_together(seed):
    _, cover, weights, _ = instance(seed)
    found = staged_coverage(sparse.csr_array(cover), weights, (1, 2))

    def value(sites):
        return weights[cover[:, list(sites)].any(axis=1)].sum()

    best = max(
        value(first) + value(second)
        for second in subsets(cover.shape[1], range(3))
        for size in (0, 1)
        for first in itertools.combinations(second, min(size, len(second)))
    )
    assert found.solution.status is Status.OPTIMAL
    assert found.solution.objective == pytest.approx(best)
    assert set(found.stages[0]) <= set(found.stages[1])
    assert found.covered == pytest.approx([value(stage) for stage in found.stages])


@pytest.mark.parametrize("seed", SEEDS)
def test_no_site_holds_more_than_it_can(seed):
    rng, cover, weights, _ = instance(seed)
    holds = rng.integers(0, 40, cover.shape[1]).astype(float)
    found = capacitated_coverage(sparse.csr_array(cover), weights, holds, Terms(n_sites=2))

    def served(sites):
        """Most that the sites serve, split at will: the least cut of who covers whom."""
        flows = []
        for kept in subsets(len(sites)):
            inside = [sites[k] for k in kept]
            outside = [s for k, s in enumerate(sites) if k not in kept]
            reached = cover[:, inside].any(axis=1)
            flows.append(weights[reached].sum() + holds[outside].sum())
        return min(flows)

    best = max(served(sites) for sites in subsets(cover.shape[1], range(3)))
    assert found.solution.status is Status.OPTIMAL
    assert found.solution.objective == pytest.approx(best)
