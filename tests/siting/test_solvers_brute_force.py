"""Every subset of the candidates, one by one: value, status and tie rule on small instances."""

import itertools

import numpy as np
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from facilityplan.siting import Status, lscp, mclp, p_center, p_median

EXAMPLES = settings(max_examples=examples(60), deadline=None)


def subsets(n_candidates, mandatory, most):
    for size in range(most + 1):
        for sites in itertools.combinations(range(n_candidates), size):
            if set(mandatory) <= set(sites):
                yield sites


def first_best(scored):
    """Lowest value and, of all that tie with it, fewest sites, then first by index."""
    least = min((value for value, _ in scored), default=np.inf)
    if least == np.inf:
        return None
    tied = [sites for value, sites in scored if value - least <= 1e-9 * abs(least)]
    return least, min(tied, key=lambda sites: (len(sites), sites))


@st.composite
def instances(draw):
    seed = draw(st.integers(0, 10**6))
    n_demands = draw(st.integers(1, 14))
    n_candidates = draw(st.integers(1, 10))
    rng = np.random.default_rng(seed)
    cover = rng.random((n_demands, n_candidates)) < draw(st.sampled_from([0.1, 0.25, 0.4, 0.7]))
    # few distinct values: ties are the point
    weights = rng.integers(0, draw(st.sampled_from([2, 4, 1000])), n_demands).astype(float)
    distances = rng.integers(0, draw(st.sampled_from([3, 8, 10_000])), cover.shape).astype(float)
    if draw(st.booleans()):
        distances[rng.random(cover.shape) < 0.3] = np.inf
    # shares, metres from millimetres, persons: the size of the numbers must not matter
    unit = draw(st.sampled_from([1.0, 1e-3, 1e-9, 3e7]))
    weights, distances = weights * unit, distances * unit
    n_sites = draw(st.integers(1, 6))
    mandatory = tuple(rng.permutation(n_candidates)[: draw(st.integers(0, 2))].tolist())
    return cover, weights, distances, n_sites, mandatory


def check(found, scored, *, largest=False):
    best = first_best(scored)
    if best is None:
        assert found.status is Status.INFEASIBLE
        assert found.conflict
        assert found.sites == ()
        return
    assert found.status is Status.OPTIMAL
    assert found.gap == 0.0
    assert found.objective == found.bound
    assert found.objective == pytest.approx(-best[0] if largest else best[0], rel=1e-9)
    assert found.lowest_index
    assert found.sites == best[1]


@EXAMPLES
@given(instances())
def test_lscp(instance):
    cover, _, _, _, mandatory = instance
    n = cover.shape[1]
    scored = [
        (float(len(sites)) if cover[:, list(sites)].any(axis=1).all() else float("inf"), sites)
        for sites in subsets(n, mandatory, n)
    ]
    check(lscp(sparse.csr_array(cover), mandatory=mandatory), scored)


@EXAMPLES
@given(instances(), st.sampled_from([2, 5]))
def test_lscp_with_costs(instance, dearest):
    cover, _, distances, _, mandatory = instance
    n = cover.shape[1]
    unit = min(distances[(distances > 0) & np.isfinite(distances)].min(initial=np.inf), 1e9)
    costs = np.rint(np.where(np.isfinite(distances[0]), distances[0], 0.0) / unit) % dearest * unit
    scored = [
        (
            float(costs[list(sites)].sum())
            if cover[:, list(sites)].any(axis=1).all()
            else float("inf"),
            sites,
        )
        for sites in subsets(n, mandatory, n)
    ]
    check(lscp(sparse.csr_array(cover), costs=costs, mandatory=mandatory), scored)


@EXAMPLES
@given(instances())
def test_mclp(instance):
    cover, weights, _, n_sites, mandatory = instance
    scored = [
        (-float(weights[cover[:, list(sites)].any(axis=1)].sum()), sites)
        for sites in subsets(cover.shape[1], mandatory, n_sites)
    ]
    found = mclp(sparse.csr_array(cover), weights, n_sites, mandatory=mandatory)
    check(found, scored, largest=True)


@EXAMPLES
@given(instances())
def test_p_median(instance):
    _, weights, distances, n_sites, mandatory = instance
    asked = weights > 0
    scored = []
    for sites in subsets(distances.shape[1], mandatory, n_sites):
        nearest = distances[:, list(sites)].min(axis=1, initial=np.inf)
        scored.append((float((weights[asked] * nearest[asked]).sum()), sites))
    found = p_median(distances, weights, n_sites, mandatory=mandatory)
    check(found, scored)
    if found.status is Status.OPTIMAL:
        served = np.array(found.assignment)
        assert set(served.tolist()) <= {*found.sites, -1}
        assert (served[asked] >= 0).all()


@EXAMPLES
@given(instances())
def test_p_center(instance):
    _, _, distances, n_sites, mandatory = instance
    scored = [
        (float(distances[:, list(sites)].min(axis=1, initial=np.inf).max()), sites)
        for sites in subsets(distances.shape[1], mandatory, n_sites)
    ]
    found = p_center(distances, n_sites, mandatory=mandatory)
    check(found, scored)
    if found.status is Status.OPTIMAL:
        every = np.arange(len(distances))
        assert distances[every, np.array(found.assignment)].max() == found.objective
