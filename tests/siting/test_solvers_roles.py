"""Existing, mandatory and forbidden sites of every problem, and plans as good, against every subset."""

import functools
import itertools

import numpy as np
import pytest
from campaign import examples
from every_subset import best, place
from scipy import sparse

from facilityplan.errors import UsageError
from facilityplan.siting import (
    Limits,
    Status,
    Terms,
    budgeted_coverage,
    capacitated_coverage,
    capacitated_p_median,
    equally_good,
    lscp,
    lscp_backup,
    mclp,
    mclp_backup,
    p_center,
    p_dispersion,
    p_median,
    partial_coverage,
    staged_coverage,
)

SEEDS = range(examples(25))
N_SITES = 3


def lscp_case(town):
    call = functools.partial(lscp, sparse.csr_array(town.cover), costs=town.costs, **town.roles)
    scored = [
        (town.costs[list(sites)].sum() if (town.times(sites) >= 1).all() else np.inf, sites)
        for sites in town.choices()
    ]
    return call, scored, False


def lscp_backup_case(town):
    call = functools.partial(lscp_backup, sparse.csr_array(town.cover), 2, **town.roles)
    scored = [
        (float(len(sites)) if (town.times(sites) >= 2).all() else np.inf, sites)
        for sites in town.choices()
    ]
    return call, scored, False


def mclp_case(town):
    call = functools.partial(
        mclp, sparse.csr_array(town.cover), town.weights, N_SITES, **town.roles
    )
    return call, [(town.covered(sites), sites) for sites in town.choices(N_SITES)], True


def mclp_backup_case(town):
    again = town.weights[::-1].copy()
    call = functools.partial(
        mclp_backup, sparse.csr_array(town.cover), town.weights, N_SITES, backup_weights=again,
        **town.roles,
    )  # fmt: skip
    scored = [
        (town.covered(sites) + float(again[town.times(sites) >= 2].sum()), sites)
        for sites in town.choices(N_SITES)
    ]
    return call, scored, True


def p_median_case(town):
    call = functools.partial(p_median, town.distances, town.weights, N_SITES, **town.roles)
    scored = []
    for sites in town.choices(N_SITES):
        nearest = town.distances[:, town.there(sites)].min(axis=1, initial=np.inf)
        asked = town.weights > 0
        scored.append((float((town.weights[asked] * nearest[asked]).sum()), sites))
    return call, scored, False


def p_center_case(town):
    call = functools.partial(p_center, town.distances, N_SITES, **town.roles)
    scored = [
        (float(town.distances[:, town.there(sites)].min(axis=1, initial=np.inf).max()), sites)
        for sites in town.choices(N_SITES)
    ]
    return call, scored, False


def p_dispersion_case(town):
    m = len(town.costs)
    at = np.resize(town.distances.ravel(), 2 * m).reshape(m, 2)
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    call = functools.partial(p_dispersion, apart, 2, **town.roles)
    scored = [
        (min(apart[a, b] for a, b in itertools.combinations(town.there(sites), 2)), sites)
        for sites in town.choices(exactly=2)
    ]
    return call, scored, True


def partial_case(town):
    call = functools.partial(
        partial_coverage, sparse.csr_array(town.cover), town.weights, 0.7, costs=town.costs,
        **town.roles,
    )  # fmt: skip
    asked = 0.7 * town.weights.sum()
    scored = [
        (town.costs[list(sites)].sum() if town.covered(sites) >= asked - 1e-9 else np.inf, sites)
        for sites in town.choices()
    ]
    return call, scored, False


def budgeted_case(town):
    money = float(town.costs.sum() // 2)
    limits = Limits(N_SITES, town.costs, money, **town.roles)
    call = functools.partial(budgeted_coverage, sparse.csr_array(town.cover), town.weights, limits)
    scored = [
        (town.covered(sites), sites)
        for sites in town.choices(N_SITES)
        if town.costs[list(sites)].sum() <= money
    ]
    return call, scored, True


CASES = [
    lscp_case,
    lscp_backup_case,
    mclp_case,
    mclp_backup_case,
    p_median_case,
    p_center_case,
    p_dispersion_case,
    partial_case,
    budgeted_case,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.removesuffix("_case"))
@pytest.mark.parametrize("seed", SEEDS)
def test_roles_and_plans_as_good(seed, case):
    _, town = place(seed)
    call, scored, largest = case(town)
    found, known = call(), best(scored, largest=largest)
    if known is None:
        assert found.status is Status.INFEASIBLE
        assert found.conflict
        return
    value, plans = known
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(value, rel=1e-9)
    assert found.bound == found.objective
    assert found.lowest_index
    assert found.sites == plans[0]
    others = equally_good(call, found)
    assert others.exist is (len(plans) > 1)
    assert set(others.plans) <= set(plans[1:])
    assert len(set(others.plans)) == min(10, len(plans) - 1)
    if len(plans) <= 10:
        assert others.all_found


@pytest.mark.parametrize("seed", SEEDS)
def test_stages_with_roles_and_late_candidates(seed):
    rng, town = place(seed, 10, 6)
    late = rng.integers(0, 4, len(town.costs))
    importance = (2.0, 1.0, 3.0)
    counts = (1, 2, 3)
    found = staged_coverage(
        sparse.csr_array(town.cover), town.weights, counts, importance=importance,
        available_from=late, **town.roles,
    )  # fmt: skip
    values = []
    for last in town.choices(3):
        if (late[list(last)] > 2).any():
            continue
        subsets = [s for size in range(3) for s in itertools.combinations(last, size)]
        for second in subsets:
            for first in itertools.combinations(second, min(1, len(second))):
                if (late[list(second)] <= 1).all() and (late[list(first)] <= 0).all():
                    sets = (first, second, last)
                    score = sum(w * town.covered(s) for w, s in zip(importance, sets, strict=True))
                    values.append(score)
                sets = ((), second, last)
                if (late[list(second)] <= 1).all():
                    score = sum(w * town.covered(s) for w, s in zip(importance, sets, strict=True))
                    values.append(score)
    if not values:
        assert found.solution.status is Status.INFEASIBLE
        assert found.solution.conflict
        return
    assert found.solution.status is Status.OPTIMAL
    assert found.solution.objective == pytest.approx(max(values))
    for stage, sites in enumerate(found.stages):
        assert (late[list(sites)] <= stage).all()
        assert len(sites) <= counts[stage]
    assert set(town.mandatory) <= set(found.stages[-1])


def test_plans_as_good_are_asked_of_a_proven_plan():
    cover = sparse.csr_array(np.ones((2, 3)))
    call = functools.partial(mclp, cover, [1, 1], 1)
    found = call()
    assert equally_good(call, found).plans == ((1,), (2,))
    assert equally_good(call, found, 1).all_found is False
    with pytest.raises(UsageError):
        equally_good(mclp, found)
    with pytest.raises(UsageError):
        equally_good(call, found, 0)
    for capacitated in (
        functools.partial(capacitated_coverage, cover, [1, 1], [2, 2, 2], Terms(n_sites=1)),
        functools.partial(
            capacitated_p_median, np.ones((2, 3)), [1, 1], [2, 2, 2], Terms(n_sites=1)
        ),
    ):
        assert equally_good(capacitated, capacitated()).plans == ((1,), (2,))
    staged = functools.partial(staged_coverage, cover, [1, 1], [1, 1])
    assert equally_good(staged, staged()).exist
