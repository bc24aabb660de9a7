"""Classes stay apart for eyes that lack a kind of cone, and do not hang on colour alone."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from desk_script import run

# Machado, Oliveira and Fernandes 2009, severity 1: linear RGB as seen without a kind of cone.
SEEN = {
    "usual": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
# A difference of about 2.3 is just noticed between large patches side by side. Estates are a few
# pixels and lie apart, so classes that mean opposite things keep ten times that; neighbours in a
# scale, which the eye reads in order, keep five times.
APART, NEXT = 23.0, 11.5


@pytest.fixture(scope="module")
def colours():
    return run("return desk.COLOURS", {}, "verdicts", "symbols")


def lab(colour, matrix):
    """Return the CIE Lab of a #rrggbb as an eye of that sort sees it."""
    given = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)
    x, y, z = XYZ @ np.clip(np.array(matrix) @ linear, 0, 1) / WHITE
    f = [np.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(colours, one, other, eye):
    return pair_apart(colours[str(one)]["fill"], colours[str(other)]["fill"], SEEN[eye])


def pair_apart(one, other, matrix):
    return float(np.linalg.norm(lab(one, matrix) - lab(other, matrix)))


def test_the_measure_of_colours_is_right():
    assert lab("#ffffff", SEEN["usual"]) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab("#ff0000", SEEN["usual"]) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    confused = {eye: pair_apart("#c00000", "#5a5200", SEEN[eye]) for eye in SEEN}
    assert confused["deuteranopia"] < confused["usual"] / 3, "red and olive"


@pytest.mark.parametrize("eye", SEEN)
def test_verdicts_and_standings_stay_apart(colours, eye):
    for group in ([0, 1, 2, 3], [4, 5, 2]):
        for one, other in combinations(group, 2):
            assert apart(colours, one, other, eye) > APART, (eye, one, other)


@pytest.mark.parametrize("eye", SEEN)
def test_bands_and_shortfalls_keep_their_order(colours, eye):
    for classes in (range(10, 17), range(20, 25)):
        for one, other in pairwise(classes):
            assert apart(colours, one, other, eye) > NEXT, (eye, one, other)
    for classes in (range(10, 17), range(21, 25)):
        light = [lab(colours[str(own)]["fill"], SEEN[eye])[0] for own in classes]
        assert light == sorted(light, reverse=True), "lighter to darker"


def test_verdicts_differ_by_pattern_too(colours):
    kept, missed, doubt = (colours[str(own)] for own in range(3))
    assert "hatch" in doubt
    assert "rule" in missed
    assert not {"hatch", "rule"} & kept.keys()
