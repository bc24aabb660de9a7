"""Regard for zones against every subset: a least share, the worst first, the least inequality."""

import functools
from fractions import Fraction

import numpy as np
import pytest
from campaign import examples
from every_subset import place
from scipy import sparse

from facilityplan.siting import (
    Aim,
    Fairness,
    Limits,
    Status,
    budgeted_coverage,
    equally_good,
)

SEEDS = range(examples(25))


def case(seed):
    rng, town = place(seed, 12, 7)
    zones = rng.integers(0, int(rng.integers(1, 5)), len(town.weights))
    limits = Limits(3, town.costs, float(town.costs.sum() * 0.6), **town.roles)
    plans = [s for s in town.choices(3) if town.costs[list(s)].sum() <= limits.budget]
    return rng, town, zones, limits, plans


def shares(town, zones, sites):
    """Covered share of each zone with weight, exact."""
    reached = town.times(sites) >= 1
    found = []
    for zone in np.unique(zones):
        inside = zones == zone
        total = int(town.weights[inside].sum())
        if total:
            found.append(Fraction(int(town.weights[inside & reached].sum()), total))
    return found


def solved(town, limits, fairness):
    call = functools.partial(
        budgeted_coverage, sparse.csr_array(town.cover), town.weights, limits, fairness=fairness
    )
    return call, call()


def has_no_plan(found, plans):
    if plans:
        return False
    assert found.status is Status.INFEASIBLE
    limit, needed = found.conflict.values()
    assert limit < needed
    return True


@pytest.mark.parametrize("seed", SEEDS)
def test_no_zone_below_a_share(seed):
    rng, town, zones, limits, plans = case(seed)
    least = float(rng.choice([0.25, 0.5, 0.8, 1.0]))
    _, found = solved(town, limits, Fairness(zones, least))
    if has_no_plan(found, plans):
        return
    asked = Fraction(least).limit_denominator(100)
    kept = [s for s in plans if min(shares(town, zones, s), default=Fraction(1)) >= asked]
    if not kept:
        assert found.status is Status.INFEASIBLE
        worst = max(min(shares(town, zones, s)) for s in plans)
        assert found.conflict["least_share"] == least
        assert found.conflict["least_share_reached_at_most"] == pytest.approx(
            float(worst), abs=1e-6
        )
        return
    assert found.status is Status.OPTIMAL
    assert found.objective == max(town.covered(s) for s in kept)
    assert min(shares(town, zones, found.sites), default=Fraction(1)) >= asked


@pytest.mark.parametrize("seed", SEEDS)
def test_the_worst_zone_first(seed):
    _, town, zones, limits, plans = case(seed)
    call, found = solved(town, limits, Fairness(zones, 0.0, Aim.WORST_FIRST))
    if has_no_plan(found, plans):
        return
    ranked = {s: (tuple(sorted(shares(town, zones, s))), town.covered(s)) for s in plans}
    best = max(ranked.values())
    assert found.status is Status.OPTIMAL
    assert ranked[found.sites] == best
    assert found.objective == best[1]
    as_good = [s for s in plans if ranked[s] == best]
    fewest = sorted(s for s in as_good if len(s) == min(map(len, as_good)))
    assert found.sites == fewest[0]
    assert equally_good(call, found).exist is (len(fewest) > 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_least_inequality(seed):
    _, town, zones, limits, plans = case(seed)
    _, found = solved(town, limits, Fairness(zones, 0.0, Aim.EQUAL))
    if has_no_plan(found, plans):
        return

    def value(sites):
        each = shares(town, zones, sites)
        if not each:
            return Fraction(0)
        apart = sum(abs(a - b) for a in each for b in each)
        return sum(each) / len(each) - apart / (2 * len(each) ** 2)

    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(float(max(map(value, plans))), abs=1e-9)
