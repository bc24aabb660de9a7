"""How many examples a property is tried on: as written, or a multiple of it in a campaign."""

import os

FACTOR = int(os.environ.get("FACILITYPLAN_CAMPAIGN", "1"))


def examples(usual):
    return usual * FACTOR


def batches(usual, whole, size=20):
    """Return ranges of seeds: the first few, or in a campaign the whole number in batches."""
    if FACTOR == 1:
        return [range(usual)]
    return [range(first, min(first + size, whole)) for first in range(0, whole, size)]


def told(capsys, *lines):
    """Say the figures of a campaign; a test run is silent."""
    if FACTOR > 1:
        with capsys.disabled():
            print("", *lines, sep="\n  ")  # noqa: T201
