"""Ends of the range: nothing, one, too many, wrong, out of time."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import sparse

from facilityplan.errors import SolveError, UsageError
from facilityplan.siting import Status, highs, lscp, mclp, p_center, p_median, set_cover, verify
from facilityplan.siting.clock import Deadline
from facilityplan.siting.master import Master
from facilityplan.siting.verify import covered_weight, verify_cover


def cover(*rows):
    return sparse.csr_array(np.array(rows, dtype=float))


def test_demands_that_no_candidate_covers():
    found = lscp(cover([1, 0], [0, 0], [0, 1], [0, 0]))
    assert found.status is Status.INFEASIBLE
    assert found.unreachable == (1, 3)
    assert found.conflict == {
        "demands": 4.0,
        "demands_without_candidate": 2.0,
        "candidates": 2.0,
    }
    assert found.objective == math.inf
    found = mclp(cover([1, 0], [0, 0], [0, 1]), [3, 100, 4], 2)
    assert (found.status, found.objective, found.sites) == (Status.OPTIMAL, 7.0, (0, 1))
    far = np.array([[1.0, np.inf], [np.inf, np.inf]])
    assert p_median(far, [1, 1], 1).unreachable == (1,)
    assert p_center(far, 1).unreachable == (1,)
    assert p_median(far, [1, 0], 1).assignment == (0, -1)


def test_too_few_sites_to_reach_all():
    apart = np.where(np.eye(3) > 0, 5.0, np.inf)
    for found in (p_median(apart, np.ones(3), 2), p_center(apart, 2)):
        assert found.status is Status.INFEASIBLE
        assert found.conflict == {"n_sites": 2.0, "sites_needed": 3.0}


def test_more_mandatory_sites_than_sites():
    full = np.ones((2, 3))
    for found in (
        mclp(sparse.csr_array(full), [1, 1], 1, mandatory=[0, 2]),
        p_median(full, [1, 1], 1, mandatory=[0, 2]),
        p_center(full, 1, mandatory=[0, 2]),
    ):
        assert found.status is Status.INFEASIBLE
        assert found.conflict == {"n_sites": 1.0, "mandatory_sites": 2.0}


def test_one_candidate():
    one = np.array([[3.0], [4.0]])
    assert lscp(sparse.csr_array(one)).sites == (0,)
    assert mclp(sparse.csr_array(one), [1, 2], 5).objective == 3.0
    assert p_median(one, [1, 2], 5).objective == 11.0
    assert p_center(one, 5).objective == 4.0


@pytest.mark.parametrize("n_candidates", [0, 3])
def test_no_demands_need_no_sites(n_candidates):
    nothing = np.empty((0, n_candidates))
    for found in (
        lscp(sparse.csr_array(nothing)),
        mclp(sparse.csr_array(nothing), [], 2),
        p_median(nothing, [], 2),
        p_center(nothing, 2),
    ):
        assert (found.status, found.sites, found.objective) == (Status.OPTIMAL, (), 0.0)
        assert found.gap == 0.0


def test_no_candidates():
    nobody = np.empty((2, 0))
    assert lscp(sparse.csr_array(nobody)).status is Status.INFEASIBLE
    assert mclp(sparse.csr_array(nobody), [1, 1], 2).objective == 0.0
    assert p_median(nobody, [1, 1], 2).status is Status.INFEASIBLE
    assert p_median(nobody, [0, 0], 2).status is Status.OPTIMAL
    assert p_center(nobody, 2).status is Status.INFEASIBLE


def test_weightless_demands_need_no_sites():
    full = np.ones((2, 3))
    assert mclp(sparse.csr_array(full), [0, 0], 2).sites == ()
    assert p_median(full, [0, 0], 2).sites == ()


def test_mandatory_sites_stay_and_count():
    full = cover([1, 1, 0], [1, 1, 0], [0, 1, 1])
    assert lscp(full).sites == (1,)
    assert lscp(full, mandatory=[2]).sites == (0, 2)
    assert lscp(full, mandatory=np.array([2, 2]), costs=[5, 1, 2]).objective == 3.0
    assert mclp(full, [1, 1, 5], 1, mandatory=[0]).objective == 2.0
    distances = np.array([[0.0, 9.0], [0.0, 9.0]])
    assert p_median(distances, [1, 1], 1, mandatory=[1]).objective == 18.0
    assert p_median(distances, [1, 1], 2, mandatory=[1]).sites == (0, 1)
    assert p_center(distances, 1, mandatory=[1]).objective == 9.0


def test_a_stored_distance_of_zero_covers():
    pairs = sparse.csr_array((np.array([0.0, 120.0]), ([0, 1], [0, 1])), shape=(2, 2))
    assert lscp(pairs).sites == (0, 1)
    assert covered_weight(pairs, [2, 3], [0]) == 2.0
    flags = sparse.csr_array((np.array([True, False]), ([0, 1], [0, 1])), shape=(2, 2))
    assert lscp(flags).unreachable == (1,)
    assert not verify_cover(flags, [0, 1])


def test_the_tie_rule_prefers_few_then_low():
    same = cover([1, 1, 1, 1], [1, 1, 1, 1])
    assert lscp(same).sites == (0,)
    assert mclp(same, [1, 1], 3).sites == (0,)
    # 0+3 and 1+2 both cover everyone
    crossed = cover([1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 1])
    assert lscp(crossed).sites == (0, 3)
    assert lscp(crossed, costs=[2, 1, 1, 2]).sites == (1, 2)
    assert p_median(np.full((3, 4), 7.0), [1, 1, 1], 2).sites == (0,)


def test_a_thousandth_is_no_tie():
    apart = np.eye(2)
    assert mclp(sparse.csr_array(apart), [1000.0, 1000.001], 1).sites == (1,)
    assert lscp(cover([1, 1]), costs=[1000.001, 1000.0]).sites == (1,)
    distances = np.array([[1000.001, 1000.0, 1.0], [1000.0, 1000.0005, 1.0], [5.0, 5.0, 9000.0]])
    assert p_median(distances, [1, 1, 1], 1).sites == (1,)
    assert p_center(distances, 1).sites == (1,)


def test_a_demand_may_be_left_with_its_farthest_sites():
    distances = np.array([[1.0, 50.0, 60.0], [100.0, 0.0, 100.0], [100.0, 100.0, 0.0]])
    found = p_median(distances, [1, 100, 100], 2)
    assert (found.status, found.sites, found.objective) == (Status.OPTIMAL, (1, 2), 50.0)
    assert found.assignment == (1, 1, 2)


def test_a_cheap_candidate_of_high_index_beats_ties():
    assert lscp(cover([1, 1]), costs=[0.3, 0.1 + 0.2]).sites == (0,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lscp(np.ones((2, 2))), "siting_cover_not_sparse"),
        (lambda: lscp(cover([math.nan, 1])), "siting_not_a_number"),
        (lambda: lscp(cover([1, 1]), costs=[1]), "siting_vector_length"),
        (lambda: lscp(cover([1, 1]), costs=[1, -1]), "siting_negative_number"),
        (lambda: lscp(cover([1, 1]), mandatory=[2]), "siting_mandatory"),
        (lambda: lscp(cover([1, 1]), mandatory=[-1]), "siting_mandatory"),
        (lambda: lscp(cover([1, 1]), mandatory=[0.5]), "siting_mandatory"),
        (lambda: lscp(cover([1, 1]), time_limit_s=0), "siting_time_limit"),
        (lambda: lscp(cover([1, 1]), time_limit_s=math.nan), "siting_time_limit"),
        (lambda: mclp(cover([1, 1]), [1, 1], 1), "siting_vector_length"),
        (lambda: mclp(cover([1, 1]), [[1]], 1), "siting_vector_length"),
        (lambda: mclp(cover([1, 1]), [math.inf], 1), "siting_not_a_number"),
        (lambda: mclp(cover([1, 1]), [1], 0), "siting_n_sites"),
        (lambda: mclp(cover([1, 1]), [1], 1.5), "siting_n_sites"),
        (lambda: mclp(cover([1, 1]), [1], True), "siting_n_sites"),
        (lambda: p_median([1.0, 2.0], [1], 1), "siting_distances_shape"),
        (lambda: p_median([[1.0, -2.0]], [1], 1), "siting_negative_number"),
        (lambda: p_center([[1.0, math.nan]], 1), "siting_not_a_number"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_refusals(call, message, lang):
    with pytest.raises(UsageError) as caught:
        call()
    assert caught.value.message == message
    assert "{" not in caught.value.render(lang)


@pytest.fixture
def no_time(monkeypatch):
    """The clock runs out at once, whatever the limit."""
    monkeypatch.setattr(Deadline, "left_s", lambda self: None if self.at_s is None else 0.0)


def hard_cover():
    rng = np.random.default_rng(5)
    return rng.random((50, 20)) < 0.15, rng


def test_out_of_time_is_feasible_with_an_honest_gap(no_time):
    within, rng = hard_cover()
    within[~within.any(axis=1), 0] = True
    matrix = sparse.csr_array(within)
    weights = rng.integers(1, 9, 50).astype(float)
    distances = np.where(within, 1.0, 2.0) * rng.integers(1, 50, within.shape)
    for early, whole in (
        (lscp(matrix, time_limit_s=1), lscp(matrix)),
        (p_median(distances, weights, 4, time_limit_s=1), p_median(distances, weights, 4)),
        (p_center(distances, 4, time_limit_s=1), p_center(distances, 4)),
    ):
        assert early.status is Status.FEASIBLE
        assert early.gap > 0
        assert not early.lowest_index
        assert early.bound <= whole.objective <= early.objective
    early, whole = mclp(matrix, weights, 4, time_limit_s=1), mclp(matrix, weights, 4)
    assert early.status is Status.FEASIBLE
    assert early.bound >= whole.objective >= early.objective
    assert early.gap == pytest.approx((early.bound - early.objective) / early.objective)


def test_out_of_time_without_any_plan(no_time):
    within, _ = hard_cover()
    within[~within.any(axis=1), 0] = True
    table = np.where(within, 1.0, np.inf)
    fewest = int(lscp(sparse.csr_array(within)).objective)
    with pytest.raises(SolveError) as caught:
        p_center(table, fewest - 1, time_limit_s=1)
    assert caught.value.message == "no_plan_in_time"
    with pytest.raises(SolveError):
        p_median(table, np.ones(50), fewest - 1, time_limit_s=1)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_wrong_plan_is_refused(monkeypatch, lang):
    honest = set_cover.minimum_cover
    monkeypatch.setattr(
        "facilityplan.siting.covering.minimum_cover",
        lambda *rest: dataclasses.replace(honest(*rest), sites=()),
    )
    with pytest.raises(SolveError) as caught:
        lscp(cover([1, 1]))
    assert caught.value.message == "solver_disagrees"
    assert "{" not in caught.value.render(lang)
    with pytest.raises(SolveError):
        verify.agree(1.0, 2.0)
    with pytest.raises(SolveError):
        verify.agree(1.0, math.nan)


@pytest.mark.parametrize("call", ["lscp", "mclp", "p_median"])
def test_infeasible_is_no_proof_where_a_plan_is_known(monkeypatch, call):
    within, rng = hard_cover()
    within[~within.any(axis=1), 0] = True
    matrix, ones = sparse.csr_array(within), np.ones(50)
    distances = rng.random(within.shape)
    monkeypatch.setattr(
        highs, "run", lambda *_, **__: highs.Run(highs.Ended.INFEASIBLE, None, math.inf)
    )
    monkeypatch.setattr(Master, "solve", lambda *_: None)
    with pytest.raises(SolveError) as caught:
        {
            "lscp": lambda: lscp(matrix),
            "mclp": lambda: mclp(matrix, ones, 3),
            "p_median": lambda: p_median(distances, ones, 3),
        }[call]()
    assert caught.value.message == "solver_disagrees"


def test_same_answer_twice():
    rng = np.random.default_rng(3)
    within = sparse.csr_array(rng.random((80, 30)) < 0.1)
    weights = rng.random(80)
    assert mclp(within, weights, 5) == mclp(within, weights, 5)
