"""How many examples a property is tried on: as written, or a multiple of it in a campaign."""

import os

FACTOR = int(os.environ.get("FACILITYPLAN_CAMPAIGN", "1"))


def examples(usual):
    return usual * FACTOR


def told(capsys, *lines):
    """Say the figures of a campaign; a test run is silent."""
    if FACTOR > 1:
        with capsys.disabled():
            print("", *lines, sep="\n  ")  # noqa: T201
