"""What must hold whatever the numbers are."""

import numpy as np
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from facilityplan.siting import Status, lscp, mclp, p_center, p_median

EXAMPLES = settings(max_examples=examples(25), deadline=None)


def town(seed, n_demands=40, n_candidates=25):
    rng = np.random.default_rng(seed)
    demands = rng.random((n_demands, 2)) * 3000
    candidates = rng.random((n_candidates, 2)) * 3000
    # whole hundreds of metres: many ties
    distances = (
        np.rint(np.hypot(*(demands[:, None] - candidates[None]).transpose(2, 0, 1)) / 100) * 100
    )
    return distances, rng.integers(1, 50, n_demands) / 4.0


@EXAMPLES
@given(st.integers(0, 10**6))
def test_a_cover_with_k_sites_lets_k_sites_cover_everyone(seed):
    distances, weights = town(seed)
    cover = sparse.csr_array(distances <= 1500)
    fewest = lscp(cover)
    if fewest.status is Status.INFEASIBLE:
        assert fewest.unreachable == tuple(np.flatnonzero((distances > 1500).all(axis=1)))
        return
    k = int(fewest.objective)
    assert mclp(cover, weights, k).objective == weights.sum()
    assert mclp(cover, weights, k).sites == fewest.sites
    if k > 1:
        assert mclp(cover, weights, k - 1).objective < weights.sum()


@EXAMPLES
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_order_of_demands_never_matters(seed, n_sites):
    distances, weights = town(seed)
    order = np.random.default_rng(seed + 1).permutation(len(weights))
    cover, shuffled = sparse.csr_array(distances <= 600), sparse.csr_array(distances[order] <= 600)
    assert mclp(cover, weights, n_sites) == mclp(shuffled, weights[order], n_sites)
    near = sparse.csr_array(distances <= 1500)
    assert lscp(near).sites == lscp(near[order]).sites
    median = p_median(distances, weights, n_sites)
    again = p_median(distances[order], weights[order], n_sites)
    assert (median.sites, median.objective) == (again.sites, again.objective)
    center = p_center(distances, n_sites)
    assert center.sites == p_center(distances[order], n_sites).sites


@EXAMPLES
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_order_of_candidates_changes_no_value(seed, n_sites):
    distances, weights = town(seed, 25, 12)
    order = np.random.default_rng(seed + 1).permutation(distances.shape[1])
    moved = distances[:, order]
    assert mclp(sparse.csr_array(distances <= 700), weights, n_sites).objective == (
        mclp(sparse.csr_array(moved <= 700), weights, n_sites).objective
    )
    assert p_median(distances, weights, n_sites).objective == pytest.approx(
        p_median(moved, weights, n_sites).objective, rel=1e-12
    )
    assert p_center(distances, n_sites).objective == p_center(moved, n_sites).objective


@EXAMPLES
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(0, 39))
def test_more_weight_never_covers_less(seed, n_sites, demand):
    distances, weights = town(seed)
    cover = sparse.csr_array(distances <= 600)
    more = weights.copy()
    more[demand] += 10
    assert mclp(cover, more, n_sites).objective >= mclp(cover, weights, n_sites).objective


@EXAMPLES
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_one_more_site_never_hurts(seed, n_sites):
    distances, weights = town(seed)
    cover = sparse.csr_array(distances <= 600)
    few, many = n_sites, n_sites + 1
    assert mclp(cover, weights, many).objective >= mclp(cover, weights, few).objective
    assert p_median(distances, weights, many).objective <= (
        p_median(distances, weights, few).objective
    )
    assert p_center(distances, many).objective <= p_center(distances, few).objective


@EXAMPLES
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_inputs_stay_as_they_are(seed, n_sites):
    distances, weights = town(seed)
    cover = sparse.csr_array(np.where(distances <= 900, distances, 0))
    before = [part.copy() for part in (distances, weights, cover.data, cover.indices)]
    mclp(cover, weights, n_sites)
    p_median(distances, weights, n_sites)
    p_center(distances, n_sites)
    after = (distances, weights, cover.data, cover.indices)
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
