"""A zone's elders over its residences: by hand, and no one lost or made up."""

import math

import numpy as np
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.coverage import ZoneSplit, split_zone_counts
from facilityplan.errors import UsageError

NONE = math.nan


def split(counts, zone, weights, own=None):
    return split_zone_counts(
        np.array(counts, float),
        np.array(zone, int),
        np.array(weights, float),
        None if own is None else np.array(own, float),
    )


def test_by_households():
    found = split([100, 60], [0, 0, 1, 0], [100, 300, 50, 0])
    assert found.value.tolist() == [25, 75, 60, 0]
    assert found.estimated.all()
    assert found.status == (ZoneSplit.SPREAD, ZoneSplit.SPREAD)


def test_own_figures_stay_and_the_rest_is_spread():
    found = split([100], [0, 0, 0], [100, 100, 300], [NONE, 40, NONE])
    assert found.value.tolist() == [15, 40, 45]
    assert found.estimated.tolist() == [True, False, True]
    assert (found.own[0], found.assigned[0], found.unassigned[0]) == (40, 60, 0)


def test_own_figures_above_the_zones_are_said_and_nothing_is_spread():
    found = split([100], [0, 0], [1, 1], [101, NONE])
    assert found.status == (ZoneSplit.EXCEEDED,)
    assert found.unassigned.tolist() == [-1]
    assert np.isnan(found.value[1])


@pytest.mark.parametrize(
    ("counts", "zone", "weights", "own", "status", "left"),
    [
        ([70], [-1], [5], None, ZoneSplit.NO_RESIDENCES, 70),
        ([70], [0], [NONE], None, ZoneSplit.NO_WEIGHTS, 70),
        ([70], [0, 0], [5, NONE], None, ZoneSplit.NO_WEIGHTS, 70),
        ([70], [0, 0], [0, 0], None, ZoneSplit.NO_WEIGHTS, 70),
        ([70], [0], [5], [30], ZoneSplit.ALL_KNOWN, 40),
        ([NONE], [0], [5], None, ZoneSplit.NO_COUNT, NONE),
    ],
)
def test_what_cannot_be_spread_stays_with_the_zone(counts, zone, weights, own, status, left):
    found = split(counts, zone, weights, own)
    assert found.status == (status,)
    assert not found.estimated.any()
    assert found.unassigned == pytest.approx([left], nan_ok=True)


def test_no_zones_and_no_residences():
    assert np.isnan(split([], [-1, -1], [1, 2]).value).all()
    assert split([9], [], []).status == (ZoneSplit.NO_RESIDENCES,)


@pytest.mark.parametrize(
    ("counts", "zone", "weights"),
    [([-1], [0], [1]), ([1], [1], [1]), ([1], [-2], [1]), ([1], [0], [-1]), ([1], [0, 0], [1])],
)
def test_what_cannot_be_is_refused(counts, zone, weights):
    with pytest.raises(UsageError):
        split(counts, zone, weights)


@settings(max_examples=examples(80))
@given(st.integers(0, 2**32))
def test_nobody_is_lost_or_made_up(seed):
    rng = np.random.default_rng(seed)
    z, n = rng.integers(1, 8), rng.integers(0, 40)
    counts = np.where(rng.random(z) < 0.1, NONE, rng.integers(0, 10**6, z))
    zone = rng.integers(-1, z, n)
    weights = np.where(rng.random(n) < 0.05, NONE, rng.uniform(0, 1e5, n))
    own = np.where(rng.random(n) < 0.7, NONE, rng.integers(0, 10**5, n))
    found = split_zone_counts(counts, zone, weights, own)
    sums = found.conservation(counts)
    assert sums.relative_error <= 1e-12
    for here in range(z):
        members = zone == here
        value = math.fsum(v for v in found.value[members] if not math.isnan(v))
        if found.status[here] is ZoneSplit.SPREAD:
            assert value == pytest.approx(counts[here], rel=1e-9)
            ratio = found.value[members & found.estimated] / weights[members & found.estimated]
            assert np.nanmax(ratio, initial=0) == pytest.approx(
                np.nanmin(ratio, initial=np.nanmax(ratio, initial=0)), rel=1e-9
            )
        else:
            assert not found.estimated[members].any()
    order = rng.permutation(n)
    again = split_zone_counts(counts, zone[order], weights[order], own[order])
    assert again.value == pytest.approx(found.value[order], rel=1e-12, nan_ok=True)
