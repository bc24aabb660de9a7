"""Layers that share names, zones, and the extent: the detective's other witnesses."""

import itertools

import numpy as np
import pytest
import shapely
from campaign import FACTOR, told
from pyproj import Transformer

from facilityplan import crs
from facilityplan.crs import detective
from facilityplan.crs.detective import Verdict, against_names, readings_within, share_inside

HERE = "EPSG:4547"
TO_METRES = Transformer.from_crs(4326, 4547, always_xy=True).transform
TO_DEGREES = Transformer.from_crs(4547, 4326, always_xy=True).transform
DATUMS = ("wgs84", "gcj02", "bd09")
TRIALS = 60 if FACTOR == 1 else 12_000


def read_as(xy, true, declared):
    raw = crs.convert(*TO_DEGREES(*xy.T), "wgs84", true)
    return np.column_stack(TO_METRES(*crs.convert(*raw, declared, "wgs84")))


def two_layers(rng, n):
    """Return places of estates, and of their namesakes: up to 200 m off, one in ten elsewhere."""
    one = np.array([465_000.0, 3_845_000.0]) + rng.uniform(-8000, 8000, (n, 2))
    angle, size = rng.uniform(0, 2 * np.pi, n), rng.uniform(0, 200, n)
    other = one + size[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    other[: n // 10] += rng.uniform(1000, 5000, (n // 10, 2))
    return one, other


def test_ten_common_names(capsys):
    rng = np.random.default_rng(9)
    names = [f"小区{number}" for number in range(10)]
    named = wrong = trials = 0
    for declared, true in itertools.product(crs.DATUMS, DATUMS):
        for _ in range(TRIALS // 12 or 1):
            one, other = two_layers(rng, 10)
            said = against_names(read_as(one, true, declared), names, other, names, HERE, declared)
            agrees = true == detective.same_datum(declared)
            named += said.named is not None
            wrong += said.named not in (None, declared if agrees else true)
            wrong += (said.verdict is Verdict.CONTRADICTS) and agrees
            trials += 1
    told(capsys, f"10 common names: {named} named, {wrong} wrong of {trials}")
    assert trials >= 60
    assert named >= 0.8 * trials
    assert wrong <= 0.001 * trials


def test_namesakes_that_are_others_name_nothing():
    rng = np.random.default_rng(10)
    names = [f"小区{number}" for number in range(10)]
    for _ in range(TRIALS):
        one, other = (
            np.add(rng.uniform(0, 12_000, (10, 2)), [460_000, 3_840_000]) for _ in range(2)
        )
        assert against_names(one, names, other, names, HERE).verdict is Verdict.UNDECIDED
        moved = one + rng.uniform(1500, 3000) * np.array([-0.6, -0.8])
        assert against_names(one, names, moved, names, HERE).verdict is Verdict.UNDECIDED


def test_names_that_count_and_how_far_apart():
    rng = np.random.default_rng(11)
    one, other = two_layers(rng, 9)
    names = [f"小区{number}" for number in range(9)]
    shifted = read_as(one, "gcj02", "wgs84")
    said = against_names(shifted, names, other, names[::-1], HERE)
    assert said.used == 9
    said = against_names(shifted, names, other, names, HERE)
    assert (said.verdict, said.named, said.used) == ("contradicts", "gcj02", 9)
    fits = {fit.datum: fit.median_m for fit in said.fits}
    assert fits["wgs84"] == pytest.approx(np.median(np.hypot(*(shifted - other).T)), abs=1e-6)
    assert fits["gcj02"] == pytest.approx(np.median(np.hypot(*(one - other).T)), abs=1e-3)
    # A name that stands twice is nobody's; neither is none at all.
    twice = [*names[:7], names[0], None]
    said = against_names(shifted, twice, other, names, HERE)
    assert (said.verdict, said.reason, said.used) == ("undecided", "few_names", 6)
    far = np.tile([500_000.0, 3_111_000.0], (9, 1)) + one - one[0]
    said = against_names(far, names, far, names, "EPSG:32628")
    assert (said.verdict, said.reason) == ("undecided", "outside_china")


def test_share_inside_zones_is_evidence_only():
    zone = shapely.box(460_000, 3_840_000, 464_000, 3_844_000)
    rng = np.random.default_rng(12)
    # All of them along the inner side of the western boundary.
    xy = np.column_stack([rng.uniform(460_010, 460_100, 40), rng.uniform(3.8405e6, 3.8435e6, 40)])
    shares = share_inside(read_as(xy, "gcj02", "wgs84"), [zone], HERE, "wgs84")
    assert shares == {"wgs84": 1.0, "gcj02": 1.0, "bd09": 0.0}
    shares = share_inside(xy, [zone], HERE, "wgs84")
    assert shares == {"wgs84": 1.0, "gcj02": 0.0, "bd09": 0.0}
    assert share_inside(xy, [], HERE) == {}


BOUNDS = (455_000.0, 3_835_000.0, 475_000.0, 3_855_000.0)


@pytest.mark.parametrize(
    ("made_in", "declared", "swap", "expected"),
    [
        ("EPSG:4546", "EPSG:4547", False, [("EPSG:4546", False)]),
        ("EPSG:4526", "EPSG:4547", False, [("EPSG:4526", False)]),
        ("EPSG:4547", "EPSG:4526", False, [("EPSG:4547", False)]),
        ("EPSG:4547", "EPSG:4547", True, [("EPSG:4547", True)]),
        ("EPSG:4526", "EPSG:4547", True, [("EPSG:4526", True)]),
        ("EPSG:4497", "EPSG:4547", False, [("EPSG:4497", False)]),
        ("EPSG:4546", "EPSG:4548", False, [("EPSG:4546", False)]),
        ("EPSG:4547", "EPSG:4547", False, []),
        ("EPSG:4490", "EPSG:4490", True, [("EPSG:4490", True)]),
        ("EPSG:4490", "EPSG:4490", False, []),
    ],
)
def test_readings_that_lie_among_the_roads(made_in, declared, swap, expected):
    rng = np.random.default_rng(13)
    xy = rng.uniform(BOUNDS[:2], BOUNDS[2:], (30, 2))
    numbers = np.column_stack(Transformer.from_crs(4547, made_in, always_xy=True).transform(*xy.T))
    numbers = numbers[:, ::-1] if swap else numbers
    own, *others = readings_within(numbers, declared, BOUNDS, HERE)
    assert (own.crs, own.swapped) == (declared, False)
    assert own.inside == (0.0 if expected else 1.0)
    assert [(item.crs, item.swapped) for item in others if item.inside == 1.0] == expected


def test_numbers_in_another_system():
    rng = np.random.default_rng(14)
    xy = rng.uniform(BOUNDS[:2], BOUNDS[2:], (30, 2))
    assert crs.numbers_in(xy, HERE, "EPSG:4526") == pytest.approx(np.add(xy, [38e6, 0]))
    assert crs.numbers_in(xy, HERE, 4490) == pytest.approx(np.column_stack(TO_DEGREES(*xy.T)))
