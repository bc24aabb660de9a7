"""Out of time, interrupted, and the edges of every problem; more is never worse."""

import functools
import math
import os
import signal
import threading

import numpy as np
import pytest
from campaign import examples
from scipy import sparse

from facilityplan.errors import UsageError
from facilityplan.siting import (
    Aim,
    Fairness,
    Limits,
    Modules,
    SolveOptions,
    Status,
    Terms,
    budgeted_coverage,
    capacitated_coverage,
    capacitated_p_median,
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

SECOND = SolveOptions(time_limit_s=1.0)


def plain(found):
    return getattr(found, "solution", found)


@functools.cache
def hard():
    """3,000 demands, 400 candidates, 12 of them within reach of each."""
    rng = np.random.default_rng(7)
    demands, candidates = rng.random((3000, 2)), rng.random((400, 2))
    distances = np.hypot(*(demands[:, None] - candidates[None]).transpose(2, 0, 1))
    apart = np.hypot(*(candidates[:, None] - candidates[None]).transpose(2, 0, 1))
    cover = sparse.csr_array(distances <= math.sqrt(12 / (math.pi * 400)))
    weights = rng.integers(1, 100, 3000).astype(float)
    costs = rng.integers(3, 20, 400).astype(float)
    zones = (demands[:, 0] * 6).astype(int) + 6 * (demands[:, 1] * 6).astype(int)
    return cover, distances, apart, weights, costs, zones


def hard_calls():
    cover, distances, apart, weights, costs, zones = hard()
    limits = Limits(20, costs, 150.0)
    terms = Terms(20, costs, 300.0)
    return {
        "lscp": functools.partial(lscp, cover),
        "mclp": functools.partial(mclp, cover, weights, 25),
        "mclp_backup": functools.partial(mclp_backup, cover, weights, 80),
        "p_median": functools.partial(p_median, distances, weights, 8),
        "p_center": functools.partial(p_center, distances, 10),
        "p_dispersion": functools.partial(p_dispersion, apart, 20),
        "partial": functools.partial(partial_coverage, cover, weights, 0.9, costs=costs),
        "budgeted": functools.partial(budgeted_coverage, cover, weights, limits),
        "worst first": functools.partial(
            budgeted_coverage, cover, weights, limits,
            fairness=Fairness(zones, aim=Aim.WORST_FIRST),
        ),
        "equal": functools.partial(
            budgeted_coverage, cover, weights, limits, fairness=Fairness(zones, aim=Aim.EQUAL)
        ),
        "staged": functools.partial(staged_coverage, cover, weights, (5, 15, 25)),
        "capacitated": functools.partial(
            capacitated_coverage, cover, weights, np.full(400, 4000.0), terms
        ),
        "modules": functools.partial(
            capacitated_coverage, cover, weights, Modules((1000.0, 3000.0), (5.0, 9.0), 2), terms
        ),
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(hard_calls()))
def test_a_second_gives_a_plan_and_its_gap(name):
    found = plain(hard_calls()[name](options=SECOND))
    assert found.status is Status.FEASIBLE
    assert found.sites
    assert 0 < found.gap < math.inf
    assert found.gap == pytest.approx(abs(found.objective - found.bound) / found.objective)
    assert not found.interrupted
    assert not found.lowest_index


@pytest.mark.skipif(os.name == "nt", reason="no such signal to send on Windows")
@pytest.mark.parametrize(
    "name", ["lscp", "mclp", "p_median", "p_center", "p_dispersion", "worst first"]
)
def test_ctrl_c_gives_the_best_so_far(name, heard):
    usual = signal.getsignal(signal.SIGINT)
    later = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    call = hard_calls()[name]
    later.start()
    # A signal that is lost must fail the test, not hold it up for ever.
    found = plain(call(options=SolveOptions(time_limit_s=60)))
    later.join()
    assert found.status is Status.FEASIBLE
    assert found.interrupted
    assert found.sites
    assert 0 < found.gap < math.inf
    assert signal.getsignal(signal.SIGINT) is usual


def test_progress_may_stop_a_search_and_sees_both_sides():
    seen = []

    def tell(progress):
        seen.append(progress)
        if len(seen) == 3:
            raise KeyboardInterrupt

    found = hard_calls()["mclp"](options=SolveOptions(progress=tell))
    assert found.interrupted
    assert found.status is Status.FEASIBLE
    assert len(seen) == 3
    assert all(progress.bound >= progress.objective for progress in seen)


def small(seed=3):
    rng = np.random.default_rng(seed)
    demands, candidates = rng.random((60, 2)), rng.random((20, 2))
    distances = np.hypot(*(demands[:, None] - candidates[None]).transpose(2, 0, 1))
    weights = rng.integers(1, 50, 60).astype(float)
    return distances, sparse.csr_array(distances <= 0.3), weights, rng


def small_calls(seed=3):
    distances, cover, weights, rng = small(seed)
    costs = rng.integers(1, 9, 20).astype(float)
    return [
        functools.partial(lscp, sparse.csr_array(distances <= 0.6)),
        functools.partial(mclp, cover, weights, 4),
        functools.partial(p_median, distances, weights, 4),
        functools.partial(p_center, distances, 4),
        functools.partial(mclp_backup, cover, weights, 4),
        functools.partial(partial_coverage, cover, weights, 0.6, costs=costs),
        functools.partial(budgeted_coverage, cover, weights, Limits(4, costs, 15.0)),
        functools.partial(staged_coverage, cover, weights, (1, 3)),
        functools.partial(
            capacitated_coverage, cover, weights, np.full(20, 200.0), Terms(n_sites=4)
        ),
    ]


@pytest.mark.parametrize("at", range(9))
def test_threads_and_seed_change_no_proven_plan(at):
    call = small_calls()[at]
    known = plain(call())
    assert known.status is Status.OPTIMAL
    for options in (SolveOptions(threads=2), SolveOptions(seed=7), SolveOptions(time_limit_s=600)):
        again = plain(call(options=options))
        assert (again.sites, again.status) == (known.sites, Status.OPTIMAL)
        assert again.objective == pytest.approx(known.objective)


@pytest.mark.parametrize("name", ["lscp", "mclp", "partial", "budgeted"])
def test_an_accepted_gap_ends_early_and_is_kept(name):
    found = plain(hard_calls()[name](options=SolveOptions(gap=0.3, time_limit_s=60)))
    assert found.gap <= 0.3
    assert (found.status is Status.OPTIMAL) == (found.gap <= 0.0)


# ---- edges


def everyone(distances, cover, weights, n_sites=2):
    """Every problem on one instance."""
    n_candidates = cover.shape[1]
    return {
        "lscp": lambda: lscp(cover),
        "lscp_backup": lambda: lscp_backup(cover, 1),
        "mclp": lambda: mclp(cover, weights, n_sites),
        "mclp_backup": lambda: mclp_backup(cover, weights, n_sites),
        "p_median": lambda: p_median(distances, weights, n_sites),
        "p_center": lambda: p_center(distances, n_sites),
        "partial": lambda: partial_coverage(cover, weights, 0.5),
        "budgeted": lambda: budgeted_coverage(cover, weights, Limits(n_sites)),
        "staged": lambda: staged_coverage(cover, weights, (n_sites,)),
        "capacitated": lambda: capacitated_coverage(
            cover, weights, np.full(n_candidates, 10.0), Terms(n_sites)
        ),
        "capacitated_p_median": lambda: capacitated_p_median(
            distances, weights, np.full(n_candidates, 10.0), Terms(n_sites)
        ),
    }


WEIGHTED = ["mclp", "mclp_backup", "p_median", "partial", "budgeted", "staged", "capacitated",
            "capacitated_p_median"]  # fmt: skip
NAMES = ["lscp", "lscp_backup", "p_center", *WEIGHTED]


@pytest.mark.parametrize("name", WEIGHTED)
@pytest.mark.parametrize("bad", [math.nan, -1.0, math.inf])
def test_weights_that_are_none(name, bad):
    full = np.ones((2, 3))
    with pytest.raises(UsageError):
        everyone(full, sparse.csr_array(full), [1.0, bad])[name]()


@pytest.mark.parametrize("name", ["p_median", "p_center", "capacitated_p_median"])
@pytest.mark.parametrize("bad", [math.nan, -1.0])
def test_distances_that_are_none(name, bad):
    table = np.array([[1.0, bad], [2.0, 3.0]])
    with pytest.raises(UsageError):
        everyone(table, sparse.csr_array(np.ones((2, 2))), [1.0, 1.0])[name]()


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name not in {"lscp", "lscp_backup", "partial"}]
)
def test_no_sites_are_no_number_of_sites(name):
    full = np.ones((2, 3))
    with pytest.raises(UsageError) as caught:
        everyone(full, sparse.csr_array(full), [1.0, 1.0], 0)[name]()
    assert caught.value.message == "siting_n_sites"


@pytest.mark.parametrize("name", NAMES)
def test_no_candidates(name):
    nobody = np.empty((2, 0))
    found = plain(everyone(nobody, sparse.csr_array(nobody), [1.0, 1.0])[name]())
    must_serve = {"lscp", "lscp_backup", "p_center", "p_median", "partial", "capacitated_p_median"}
    if name in must_serve:
        assert found.status is Status.INFEASIBLE
        assert found.conflict
    else:
        assert (found.status, found.objective, found.sites) == (Status.OPTIMAL, 0.0, ())


@pytest.mark.parametrize("name", NAMES)
def test_no_demands(name):
    nothing = np.empty((0, 3))
    found = plain(everyone(nothing, sparse.csr_array(nothing), [])[name]())
    assert (found.status, found.objective, found.sites) == (Status.OPTIMAL, 0.0, ())


@pytest.mark.parametrize("name", NAMES)
def test_more_sites_than_candidates(name):
    table = np.array([[1.0, 5.0], [5.0, 1.0]])
    found = plain(everyone(table, sparse.csr_array(table < 3), [4.0, 6.0], 9)[name]())
    assert found.status is Status.OPTIMAL
    assert found.sites == ((1,) if name == "partial" else (0, 1))


@pytest.mark.parametrize("name", NAMES)
def test_candidates_at_one_place(name):
    table = np.array([[1.0, 1.0, 9.0], [9.0, 9.0, 1.0]])
    found = plain(everyone(table, sparse.csr_array(table < 3), [4.0, 6.0])[name]())
    assert found.status is Status.OPTIMAL
    if name == "mclp_backup":
        # 4 twice, or 4 and 6
        assert found.objective == 10.0
    assert found.sites == ((2,) if name == "partial" else (0, 2))


@pytest.mark.parametrize("name", NAMES)
def test_parts_without_a_way_between_them(name):
    table = np.where(np.kron(np.eye(3), np.ones((2, 2))) > 0, 1.0, np.inf)
    cover = sparse.csr_array(np.isfinite(table))
    found = plain(everyone(table, cover, np.ones(6), 3)[name]())
    assert found.status is Status.OPTIMAL
    first = {"partial": (0, 2), "mclp_backup": (0, 1, 2)}
    assert found.sites == first.get(name, (0, 2, 4))
    if name in {"p_median", "p_center", "capacitated_p_median"}:
        assert plain(everyone(table, cover, np.ones(6), 2)[name]()).status is Status.INFEASIBLE


def test_all_is_served_already():
    table = np.array([[1.0, 1.0, 9.0], [9.0, 1.0, 1.0]])
    cover, weights = sparse.csr_array(table < 3), [4.0, 6.0]
    there = {"existing": [1]}
    for found in (
        lscp(cover, **there),
        lscp_backup(cover, 1, **there),
        partial_coverage(cover, weights, 1.0, **there),
    ):
        assert (found.status, found.sites, found.objective) == (Status.OPTIMAL, (), 0.0)
    for found in (
        mclp(cover, weights, 2, **there),
        budgeted_coverage(cover, weights, Limits(2, **there)),
        staged_coverage(cover, weights, (1, 2), **there).solution,
        capacitated_coverage(cover, weights, [0, 10, 10], Terms(2, **there)).solution,
    ):
        assert (found.status, found.sites) == (Status.OPTIMAL, ())
    assert p_median(table, weights, 1, **there).sites == ()
    assert p_center(table, 1, **there).sites == ()
    allotted = capacitated_p_median(table, weights, [9, 10, 9], Terms(1, **there))
    assert (allotted.solution.sites, allotted.solution.objective) == ((), 10.0)
    assert allotted.load.tolist() == [0.0, 10.0, 0.0]


def test_conflicts_name_both_numbers():
    table = np.array([[1.0, 5.0], [5.0, 1.0]])
    cover, weights = sparse.csr_array(table < 3), [4.0, 6.0]
    short = capacitated_p_median(table, weights, [3, 5], Terms(2)).solution
    assert short.conflict == {"weight": 10.0, "weight_served_at_most": 8.0}
    poor = capacitated_p_median(table, weights, [9, 9], Terms(2, [5.0, 7.0], 11.0)).solution
    assert poor.conflict == {
        "weight": 10.0, "weight_served_at_most": 9.0, "budget": 11.0, "budget_needed": 12.0,
    }  # fmt: skip
    dear = budgeted_coverage(cover, weights, Limits(2, [5.0, 7.0], 6.0, mandatory=[1])).conflict
    assert dear == {"budget": 6.0, "mandatory_sites_cost": 7.0}
    late = staged_coverage(cover, weights, (1, 2), mandatory=[0], available_from=[2, 0]).solution
    assert late.conflict == {"stages": 2.0, "mandatory_site_from_stage": 2.0}
    thin = partial_coverage(cover, weights, 1.0, forbidden=[0]).conflict
    assert thin == {"weight_asked": 10.0, "weight_in_reach": 6.0}


# ---- more is never worse


@pytest.mark.parametrize("seed", range(examples(5)))
def test_a_candidate_a_radius_or_a_budget_more_is_never_worse(seed):
    distances, _, weights, rng = small(seed)
    costs = rng.integers(1, 9, 20).astype(float)

    def values(n_candidates, radius, budget):
        table, price = distances[:, :n_candidates], costs[:n_candidates]
        cover = sparse.csr_array(table <= radius)
        least = lscp(cover)
        holds = np.full(n_candidates, 120.0)
        return np.array(
            [
                -least.objective,
                mclp(cover, weights, 3).objective,
                mclp_backup(cover, weights, 3).objective,
                -p_median(table, weights, 3).objective,
                -p_center(table, 3).objective,
                budgeted_coverage(cover, weights, Limits(5, price, budget)).objective,
                -partial_coverage(cover, weights, 0.4, costs=price).objective,
                capacitated_coverage(
                    cover, weights, holds, Terms(3, price, budget)
                ).solution.objective,
            ]
        )

    base = values(15, 0.2, 10.0)
    for more in ((20, 0.2, 10.0), (15, 0.25, 10.0), (15, 0.2, 13.0)):
        assert (values(*more) >= base - 1e-6).all()
