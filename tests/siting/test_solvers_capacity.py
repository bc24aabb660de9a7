"""Capacities, modules and single assignment against every choice, made by other code."""

import dataclasses
import itertools

import numpy as np
import pytest
from campaign import examples
from every_subset import place
from scipy import sparse
from scipy.optimize import linprog

from facilityplan.siting import (
    Modules,
    Status,
    Terms,
    capacitated_coverage,
    capacitated_p_median,
)

SEEDS = range(examples(25))


def sized(seed, *, roles=True):
    """A place of up to 6 demands and 5 candidates, with what each candidate holds."""
    rng, town = place(seed, 6, 5, roles=roles)
    holds = rng.integers(0, int(rng.choice([8, 30])), len(town.costs)).astype(float)
    return rng, town, holds


def split_cost(town, there, holds, reach, price):
    """Least price of serving the most that can be, and how much that is; a linear program."""
    pairs = [(i, j) for i in range(len(town.weights)) for j in there if reach[i, j]]
    if not pairs:
        return 0.0, 0.0
    n, m = len(town.weights), len(town.costs)
    rows = np.zeros((n + m, len(pairs)))
    for at, (i, j) in enumerate(pairs):
        rows[i, at] = rows[n + j, at] = 1.0
    most = np.concatenate([town.weights, holds])
    filled = linprog(-np.ones(len(pairs)), rows, most)
    served = -filled.fun
    cost = np.array([price[i, j] for i, j in pairs])
    cheap = linprog(cost, rows, most, np.ones((1, len(pairs))), [served])
    return served, cheap.fun


def whole(town, there, holds, reach):
    """Every assignment of whole demands that fits: the site of each, or -1."""
    options = [[-1, *(j for j in there if reach[i, j])] for i in range(len(town.weights))]
    for sites in itertools.product(*options):
        load = np.zeros(len(town.costs))
        for demand, site in enumerate(sites):
            if site >= 0:
                load[site] += town.weights[demand]
        if (load <= holds + 1e-9).all():
            yield sites


def most_served(town, there, holds, *, single):
    if not single:
        return split_cost(town, there, holds, town.cover, np.zeros(town.cover.shape))[0]
    return max(
        sum(w for w, site in zip(town.weights, sites, strict=True) if site >= 0)
        for sites in whole(town, there, holds, town.cover)
    )


def least_walked(town, there, holds, *, single):
    """Weight x distance where everyone with weight is served, else infinity."""
    reach = np.isfinite(town.distances)
    if not single:
        served, cost = split_cost(town, there, holds, reach, town.distances)
        return cost if served >= town.weights.sum() - 1e-7 else np.inf
    costs = [
        sum(
            w * town.distances[i, site]
            for i, (w, site) in enumerate(zip(town.weights, sites, strict=True))
            if w > 0
        )
        for sites in whole(town, there, holds, reach)
        if all(site >= 0 or w <= 0 for w, site in zip(town.weights, sites, strict=True))
    ]
    return min(costs, default=np.inf)


def plans(town, terms):
    for sites in town.choices(terms.n_sites):
        if terms.budget is None or town.costs[list(sites)].sum() <= terms.budget:
            yield sites


def holds_what_it_can(found, town, holds):
    table = found.shares.toarray()
    load = town.weights @ table
    assert (load <= holds).all()
    assert load == pytest.approx(found.load)
    assert (table.sum(axis=1) <= 1 + 1e-6).all()
    assert set(np.flatnonzero(table.any(axis=0))) <= {*found.solution.sites, *town.existing}


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_most_served_within_capacity(seed, single):
    _, town, holds = sized(seed)
    terms = Terms(2, town.costs, float(town.costs.sum() // 2), single, **town.roles)
    found = capacitated_coverage(sparse.csr_array(town.cover), town.weights, holds, terms)
    values = [most_served(town, town.there(s), holds, single=single) for s in plans(town, terms)]
    if not values:
        assert found.solution.status is Status.INFEASIBLE
        (limit, needed) = found.solution.conflict.values()
        assert limit < needed
        return
    assert found.solution.status is Status.OPTIMAL
    assert found.solution.objective == pytest.approx(max(values))
    holds_what_it_can(found, town, holds)
    if single:
        assert set(np.unique(found.shares.toarray())) <= {0.0, 1.0}


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_everyone_served_within_capacity(seed, single):
    rng, town, holds = sized(seed)
    if seed % 3 == 0:
        cut_off = rng.random(town.distances.shape) < 0.2
        town = dataclasses.replace(town, distances=np.where(cut_off, np.inf, town.distances))
    terms = Terms(3, town.costs, float(town.costs.sum() * 0.7), single, **town.roles)
    found = capacitated_p_median(town.distances, town.weights, holds, terms)
    values = [least_walked(town, town.there(s), holds, single=single) for s in plans(town, terms)]
    least = min(values, default=np.inf)
    if not np.isfinite(least):
        assert found.solution.status is Status.INFEASIBLE
        said_how_much(found.solution.conflict, town, holds, terms)
        return
    assert found.solution.status is Status.OPTIMAL
    assert found.solution.objective == pytest.approx(least)
    holds_what_it_can(found, town, holds)
    asked = town.weights > 0
    assert found.shares.toarray().sum(axis=1)[asked] == pytest.approx(1.0)


def said_how_much(conflict, town, holds, terms):
    """The numbers of a conflict are those that every subset gives."""
    if "mandatory_sites" in conflict or "mandatory_sites_cost" in conflict:
        limit, needed = conflict.values()
        assert limit < needed
        return
    reached = [
        most_served_anywhere(town, town.there(s), holds, single=terms.single)
        for s in plans(town, terms)
    ]
    assert conflict["weight"] == pytest.approx(town.weights.sum())
    assert conflict["weight_served_at_most"] == pytest.approx(max(reached))
    enough = [
        town.costs[list(s)].sum()
        for s in town.choices(terms.n_sites)
        if np.isfinite(least_walked(town, town.there(s), holds, single=terms.single))
    ]
    if enough:
        assert conflict["budget_needed"] == pytest.approx(min(enough))
        assert conflict["budget"] == terms.budget < conflict["budget_needed"]
    else:
        assert "budget_needed" not in conflict


def most_served_anywhere(town, there, holds, *, single):
    everywhere = np.isfinite(town.distances)
    if not single:
        return split_cost(town, there, holds, everywhere, np.zeros(everywhere.shape))[0]
    return max(
        sum(w for w, site in zip(town.weights, sites, strict=True) if site >= 0)
        for sites in whole(town, there, holds, everywhere)
    )


def module_counts(most, kinds):
    for counts in itertools.product(range(most + 1), repeat=kinds):
        if sum(counts) <= most:
            yield counts


@pytest.mark.parametrize("seed", SEEDS)
def test_modules_of_size(seed):
    rng, town, own = sized(seed)
    own = own * (rng.random(own.size) < 0.4)
    modules = Modules((5.0, 12.0), (2.0, 4.0), 2, own)
    terms = Terms(2, town.costs, float(rng.integers(3, 16)), **town.roles)
    found = capacitated_coverage(sparse.csr_array(town.cover), town.weights, modules, terms)
    size, cost = np.array(modules.capacity), np.array(modules.cost)
    values = []
    for sites in town.choices(2):
        there = town.there(sites)
        for counts in itertools.product(*[list(module_counts(2, 2)) for _ in there]):
            bare = any(
                not any(count) and own[site] <= 0 and site in sites
                for site, count in zip(there, counts, strict=True)
            )
            spent = town.costs[list(sites)].sum() + sum(cost @ count for count in counts)
            if bare or spent > terms.budget:
                continue
            holds = np.zeros(own.size)
            for site, count in zip(there, counts, strict=True):
                holds[site] = own[site] + size @ count
            values.append(cut_served(town, there, holds))
    if not values:
        assert found.solution.status is Status.INFEASIBLE
        limit, needed = found.solution.conflict.values()
        assert limit < needed
        return
    assert found.solution.status is Status.OPTIMAL
    assert found.solution.objective == pytest.approx(max(values))
    assert (found.modules >= 0).all()
    assert (found.modules.sum(axis=1) <= 2).all()
    there = [*found.solution.sites, *town.existing]
    is_open = np.isin(np.arange(own.size), there)
    assert not found.modules[~is_open].any()
    holds_what_it_can(found, town, np.where(is_open, own + found.modules @ size, 0.0))
    spent = town.costs[list(found.solution.sites)].sum() + (found.modules @ cost).sum()
    assert spent <= terms.budget + 1e-9


def cut_served(town, there, holds):
    """Most that these sites serve, split at will: the least cut of who covers whom."""
    flows = []
    for size in range(len(there) + 1):
        for inside in itertools.combinations(there, size):
            outside = [site for site in there if site not in inside]
            reached = town.cover[:, list(inside)].any(axis=1)
            flows.append(town.weights[reached].sum() + holds[outside].sum())
    return min(flows)


@pytest.mark.parametrize("seed", range(examples(8)))
def test_no_city_overfills_a_site(seed):
    """Cities of 40 demands and 12 candidates: no site beyond its beds, modules whole."""
    rng = np.random.default_rng(seed)
    demands, candidates = rng.uniform(0, 3000, (40, 2)), rng.uniform(0, 3000, (12, 2))
    apart = np.hypot(*(demands[:, None] - candidates[None]).transpose(2, 0, 1))
    elders = rng.integers(1, 60, 40).astype(float)
    modules = Modules((30.0, 80.0), (3.0, 6.5), rng.integers(1, 4, 12))
    terms = Terms(5, rng.integers(2, 9, 12).astype(float), 60.0)
    cover = sparse.csr_array(apart <= 900)
    found = capacitated_coverage(cover, elders, modules, terms)
    assert found.solution.status is Status.OPTIMAL
    load = elders @ found.shares.toarray()
    assert (load <= found.modules @ np.array([30.0, 80.0])).all()
    assert (found.modules.sum(axis=1) <= modules.most).all()
    assert found.modules.dtype.kind == "i"
    assert found.solution.objective <= elders.sum()
