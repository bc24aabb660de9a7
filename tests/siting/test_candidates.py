"""Generated candidates keep their spacing and leave no place far from one."""

import math

import numpy as np
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.errors import UsageError
from facilityplan.siting import generate_candidates


def by_hand(points, spacing_m, existing=()):
    placed, kept = [tuple(point) for point in existing], []
    for position, point in enumerate(points):
        if all(math.hypot(point[0] - x, point[1] - y) >= spacing_m for x, y in placed):
            placed.append(tuple(point))
            kept.append(position)
    return kept


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1.0, 50.0, 300.0, 5000.0]), st.booleans())
def test_against_a_double_loop(seed, spacing_m, far_east):
    rng = np.random.default_rng(seed)
    # CGCS2000 eastings and northings, whole tens of metres so that exact distances occur
    origin = np.array([38_512_340.0, 3_412_780.0]) if far_east else np.zeros(2)
    points = origin + np.rint(rng.random((80, 2)) * 100) * 10
    existing = points[:7] + 20
    assert generate_candidates(points, spacing_m=spacing_m).tolist() == by_hand(points, spacing_m)
    kept = generate_candidates(points, spacing_m=spacing_m, existing=existing)
    assert kept.tolist() == by_hand(points, spacing_m, existing)


def test_exactly_the_spacing_is_far_enough():
    assert generate_candidates([[0, 0], [300, 0]], spacing_m=300.0).tolist() == [0, 1]
    assert generate_candidates([[0, 0], [299.999, 0]], spacing_m=300.0).tolist() == [0]
    assert generate_candidates([[0, 0], [0, 0]], spacing_m=0.001).tolist() == [0]


def test_order_decides():
    line = np.array([[0.0, 0.0], [200.0, 0.0], [400.0, 0.0]])
    assert generate_candidates(line, spacing_m=300.0).tolist() == [0, 2]
    assert generate_candidates(line[[1, 0, 2]], spacing_m=300.0).tolist() == [0]


def test_existing_sites_keep_candidates_away():
    points = [[0, 0], [1000, 0]]
    assert generate_candidates(points, spacing_m=300, existing=[[0, 100]]).tolist() == [1]


def test_nothing_gives_nothing():
    for nothing in ([], np.empty((0, 2))):
        kept = generate_candidates(nothing, spacing_m=100.0, existing=nothing)
        assert kept.tolist() == []
        assert kept.dtype == np.int64


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: generate_candidates([[0, 0]], spacing_m=0.0), "siting_spacing"),
        (lambda: generate_candidates([[0, 0]], spacing_m=math.nan), "siting_spacing"),
        (lambda: generate_candidates([[0, 0, 0]], spacing_m=1.0), "siting_points_shape"),
        (lambda: generate_candidates([0, 0], spacing_m=1.0), "siting_points_shape"),
        (lambda: generate_candidates([[0, math.nan]], spacing_m=1.0), "siting_not_a_number"),
        (
            lambda: generate_candidates([[0, 0]], spacing_m=1.0, existing=[[math.inf, 0]]),
            "siting_not_a_number",
        ),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_refusals(call, message, lang):
    with pytest.raises(UsageError) as caught:
        call()
    assert caught.value.message == message
    assert "{" not in caught.value.render(lang)
