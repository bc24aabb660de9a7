"""Floating catchments against sums by hand and a loop over everything, and what is not known."""

import math
import time

import numpy as np
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from facilityplan.coverage import (
    Gaussian,
    Steps,
    Uniform,
    Vacancy,
    below_minimum,
    distance_bands,
    gini,
    minimum_verdicts,
    near_but_full,
    two_step,
)
from facilityplan.errors import UsageError

NONE = math.nan


def table(rows, width):
    """Return pairs written row by row as {facility: metres}; zeros stay stored."""
    data = [d for row in rows for d in row.values()]
    columns = [j for row in rows for j in row]
    start = np.cumsum([0, *(len(row) for row in rows)])
    return csr_array(
        (np.array(data, float), np.array(columns, int), start), shape=(len(rows), width)
    )


# Three residences, two homes; all within 1000 m but the pair R3-F1.
PAIRS = [{0: 0.0, 1: 900.0}, {0: 400.0, 1: 1000.0}, {1: 100.0}]
BEDS, ELDERS = np.array([30.0, 40.0]), np.array([100.0, 200.0, 100.0])


def test_three_residences_and_two_homes_by_hand():
    found = two_step(table(PAIRS, 2), BEDS, ELDERS, catchment_m=1000.0)
    # F1: 30 beds for 100 + 200 elders, F2: 40 beds for 100 + 200 + 100.
    assert found.ratio_low.tolist() == [0.1, 0.1]
    assert found.value.tolist() == [0.2, 0.2, 0.1]
    assert (found.value * ELDERS).sum() == pytest.approx(70.0, rel=1e-12)
    assert not found.nobody.any()


def test_steps_by_hand():
    decay = Steps(ends=(0.25, 0.5, 1.0), values=(1.0, 0.5, 0.25))
    found = two_step(table(PAIRS, 2), BEDS, ELDERS, catchment_m=1000.0, decay=decay)
    # F1 counts all of R1 and half of R2, F2 a quarter of both and all of R3.
    r1, r2 = 30 / 200, 40 / 175
    assert found.demand_in_reach.tolist() == [200.0, 175.0]
    want = [r1 + 0.25 * r2, 0.5 * r1 + 0.25 * r2, r2]
    assert found.value == pytest.approx(want, rel=1e-14)


def test_the_edge_of_a_catchment_and_of_a_ring_is_inside():
    found = two_step(table(PAIRS, 2), BEDS, ELDERS, catchment_m=999.999)
    assert found.ratio_low[1] == 40 / 200
    rings = Steps(ends=(0.5, 1.0), values=(1.0, 0.5))
    assert rings.weights(np.array([0.0, 0.5, 0.5000001, 1.0])).tolist() == [1, 1, 0.5, 0.5]
    bell = Gaussian().weights(np.array([0.0, 0.5, 1.0]))
    assert bell[0] == 1
    assert bell[2] == 0
    assert bell[1] == pytest.approx((math.exp(-0.125) - math.exp(-0.5)) / (1 - math.exp(-0.5)))


def test_each_residence_may_have_its_own_catchment():
    reach_m = np.array([500.0, 1000.0, 50.0])
    found = two_step(table(PAIRS, 2), BEDS, ELDERS, catchment_m=reach_m)
    assert found.value.tolist() == [0.1, 0.1 + 40 / 200, 0.0]


def test_beds_that_reach_nobody_are_said_and_not_infinite():
    found = two_step(table(PAIRS, 2), BEDS, np.array([0.0, 0.0, 100.0]), catchment_m=1000.0)
    assert found.nobody.tolist() == [True, False]
    assert found.value.tolist() == [0.4, 0.4, 0.4]
    assert np.isfinite(found.high).all()


def test_unknown_beds_are_a_span_and_never_zero():
    found = two_step(table(PAIRS, 2), np.array([NONE, 40.0]), ELDERS, catchment_m=1000.0)
    assert found.low.tolist() == [0.1, 0.1, 0.1]
    assert found.high.tolist() == [math.inf, math.inf, 0.1]
    assert np.isnan(found.value[:2]).all()
    assert found.value[2] == 0.1
    below, reached = minimum_verdicts(found, np.full(3, 0.15))
    assert below.tolist() == [False, False, True]
    assert not reached.any()
    assert minimum_verdicts(found, np.full(3, 0.1))[1].all(), "at least is kept at the limit"
    counted = below_minimum(found, np.full(3, 0.15), ELDERS)
    assert (counted.below, counted.reached, counted.undecided) == (100, 0, 300)
    assert counted.share == 1


def test_unknown_elders_leave_the_catchments_they_are_in_unknown():
    elders = np.array([100.0, NONE, 100.0])
    found = two_step(table(PAIRS, 2), BEDS, elders, catchment_m=1000.0)
    assert np.isnan(found.value).all()
    assert found.low.tolist() == [0, 0, 0]
    assert found.high.tolist() == [0.3 + 0.2, 0.3 + 0.2, 0.2]
    alone = two_step(table([{0: 1.0}], 1), np.array([5.0]), np.array([NONE]), catchment_m=10.0)
    assert alone.high.tolist() == [math.inf]
    assert not alone.nobody.any(), "the unknown may be somebody"
    empty = two_step(table([{0: 1.0}], 1), np.array([0.0]), np.array([NONE]), catchment_m=10.0)
    assert empty.value.tolist() == [0.0], "no beds are no beds, whoever there is"


def test_nothing_in_reach_is_zero_and_known():
    found = two_step(table([{}, {}], 1), np.array([9.0]), np.array([1.0, NONE]), catchment_m=5.0)
    assert found.value.tolist() == [0.0, 0.0]
    assert found.nobody.tolist() == [True]
    none = two_step(csr_array((2, 0)), np.empty(0), np.ones(2), catchment_m=5.0)
    assert none.value.tolist() == [0.0, 0.0]
    assert two_step(csr_array((0, 1)), np.ones(1), np.empty(0), catchment_m=5.0).nobody.all()


def by_hand(distance, supply, demand, reach, weight):
    """A loop over everything, dense, in plain Python."""
    n, m = distance.shape
    ratio = []
    for j in range(m):
        there = [
            weight(distance[i, j] / reach) * demand[i] for i in range(n) if distance[i, j] <= reach
        ]
        taken = math.fsum(there)
        ratio.append(supply[j] / taken if taken > 0 else 0.0)
    value = [
        math.fsum(
            weight(distance[i, j] / reach) * ratio[j] for j in range(m) if distance[i, j] <= reach
        )
        for i in range(n)
    ]
    return value, [j for j in range(m) if ratio[j] == 0 and supply[j] > 0]


DECAYS = {
    "plain": (Uniform(), lambda _: 1.0),
    "steps": (Steps(), lambda x: 1.0 if x <= 1 / 3 else 0.68 if x <= 2 / 3 else 0.22),
    "bell": (
        Gaussian(),
        lambda x: (math.exp(-x * x / 2) - math.exp(-0.5)) / (1 - math.exp(-0.5)),
    ),
}


@settings(max_examples=examples(60))
@given(st.integers(0, 2**32), st.sampled_from(sorted(DECAYS)))
def test_a_loop_over_everything_says_the_same_and_no_bed_is_lost(seed, name):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 25), rng.integers(1, 9)
    distance = np.floor(rng.uniform(0, 2000, (n, m)))
    supply = rng.integers(0, 60, m).astype(float)
    demand = rng.integers(0, 300, n).astype(float)
    decay, weight = DECAYS[name]
    rows = [{j: distance[i, j] for j in range(m) if distance[i, j] <= 1000} for i in range(n)]
    found = two_step(table(rows, m), supply, demand, catchment_m=1000.0, decay=decay)
    want, nobody = by_hand(distance, supply, demand, 1000.0, weight)
    assert found.value == pytest.approx(want, rel=1e-12, abs=1e-15)
    assert np.flatnonzero(found.nobody).tolist() == nobody
    reached = supply[~found.nobody].sum()
    assert math.fsum(found.value * demand) == pytest.approx(reached, rel=1e-9)


@settings(max_examples=examples(40))
@given(st.integers(0, 2**32))
def test_whatever_the_missing_figures_are_the_truth_lies_in_the_span(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 12), rng.integers(1, 6)
    distance = rng.uniform(0, 1500, (n, m))
    rows = [{j: distance[i, j] for j in range(m) if distance[i, j] <= 1000} for i in range(n)]
    supply, demand = rng.integers(0, 60, m).astype(float), rng.integers(0, 300, n).astype(float)
    whole = two_step(table(rows, m), supply, demand, catchment_m=1000.0)
    gone_supply = np.where(rng.random(m) < 0.3, NONE, supply)
    gone_demand = np.where(rng.random(n) < 0.2, NONE, demand)
    part = two_step(table(rows, m), gone_supply, gone_demand, catchment_m=1000.0)
    inside = demand > 0
    slack = 1e-9 * (1 + whole.low)
    assert (part.low <= whole.low + slack)[inside].all()
    assert (part.high >= whole.high - slack)[inside].all()
    known = part.known & inside
    assert part.value[known] == pytest.approx(whole.value[known], rel=1e-12)


@settings(max_examples=examples(60))
@given(
    st.lists(
        st.tuples(st.floats(0, 1e6), st.integers(1, 50)),
        min_size=1,
        max_size=30,
    )
)
def test_gini_is_half_the_mean_absolute_difference_over_the_mean(rows):
    values = np.array([value for value, _ in rows])
    weights = np.array([float(weight) for _, weight in rows])
    everyone = np.repeat(values, weights.astype(int))
    found = gini(values, weights)
    if everyone.sum() == 0:
        assert found is None
        return
    difference = np.abs(everyone[:, None] - everyone[None, :]).mean()
    assert found == pytest.approx(difference / (2 * everyone.mean()), rel=1e-9, abs=1e-12)
    assert 0 <= found < 1


def test_gini_leaves_out_what_is_not_known():
    values = np.array([1.0, NONE, 3.0, 5.0])
    assert gini(values, np.array([1.0, 9.0, 1.0, NONE])) == pytest.approx(0.25)
    assert gini(np.array([NONE]), np.ones(1)) is None
    assert gini(np.array([2.0, 2.0]), np.ones(2)) == 0


def test_bands_are_inclusive_and_beyond_holds_the_rest():
    distance = np.array([0.0, 250.0, 250.001, 1500.0, 1500.001, math.inf])
    weights = np.array([1.0, 2.0, 4.0, 8.0, 16.0, NONE])
    bands = distance_bands(distance, weights)
    assert [band.upto_m for band in bands] == [250, 500, 750, 1000, 1500, math.inf]
    assert [band.amount for band in bands] == [3, 4, 0, 0, 8, 16]
    assert [band.within for band in bands] == [3, 7, 7, 7, 15, 31]
    assert bands[-1].share == 16 / 31
    assert bands[0].share_within == 3 / 31
    assert distance_bands(np.empty(0), np.empty(0), [100])[0].share is None


@pytest.mark.parametrize("bands", [[], [0, 5], [500, 250], [5, 5], [math.inf], [math.nan]])
def test_bands_that_do_not_ascend_are_refused(bands):
    with pytest.raises(UsageError):
        distance_bands(np.ones(1), np.ones(1), bands)


def test_near_but_full():
    beds = np.array([50.0, 50.0, NONE, 0.0, 30.0])
    residents = np.array([50.0, 49.0, 10.0, NONE, NONE])
    rows = [
        {0: 10.0},  # full
        {0: 10.0, 1: 20.0},  # the second has room
        {0: 10.0, 1: 501.0},  # it is too far
        {0: 10.0, 2: 20.0},  # the third may have room
        {0: 10.0, 3: 20.0},  # a station without beds offers none
        {3: 20.0},
        {4: 500.0},
        {},
    ]
    found = near_but_full(table(rows, 5), beds, residents, 500.0)
    assert [item.value for item in found] == [
        "near_but_full",
        "free",
        "near_but_full",
        "insufficient_data",
        "near_but_full",
        "no_supply",
        "insufficient_data",
        "not_near",
    ]
    over = near_but_full(table([{0: 1.0}], 1), np.array([5.0]), np.array([7.0]), 5.0)
    assert over == (Vacancy.FULL,)


@pytest.mark.parametrize(
    ("supply", "demand", "reach"),
    [
        ([-1.0, 2.0], ELDERS, 100.0),
        ([1.0, math.inf], ELDERS, 100.0),
        (BEDS, [1.0, -2.0, 3.0], 100.0),
        (BEDS, ELDERS, -1.0),
        (BEDS[:1], ELDERS, 100.0),
    ],
)
def test_what_cannot_be_is_refused(supply, demand, reach):
    with pytest.raises(UsageError):
        two_step(table(PAIRS, 2), np.array(supply), np.array(demand), catchment_m=reach)


@pytest.mark.parametrize(
    ("ends", "values"), [((), ()), ((0.5, 0.5, 1), (1, 1, 1)), ((0.5,), (1,)), ((1.0,), (2,))]
)
def test_rings_that_are_none_are_refused(ends, values):
    with pytest.raises(UsageError):
        Steps(ends, values)


@pytest.mark.slow
def test_a_province_in_a_second():
    rng = np.random.default_rng(1)
    n, m, each = 100_000, 3_000, 20
    columns = np.sort(rng.integers(0, m, (n, each)), axis=1).ravel()
    pairs = csr_array(
        (rng.uniform(0, 1000, n * each), columns, np.arange(0, n * each + 1, each)), shape=(n, m)
    )
    supply, demand = rng.integers(0, 200, m).astype(float), rng.integers(0, 500, n).astype(float)
    started = time.process_time()
    found = two_step(pairs, supply, demand, catchment_m=1000.0, decay=Gaussian())
    gini(found.value, demand)
    near_but_full(pairs, supply, supply, 1000.0)
    assert time.process_time() - started < 1.0
    assert math.fsum(found.value * demand) == pytest.approx(supply.sum(), rel=1e-9)
