"""How many examples a property is tried on: as written, or a multiple of it in a campaign."""

import os

FACTOR = int(os.environ.get("FACILITYPLAN_CAMPAIGN", "1"))


def examples(usual):
    return usual * FACTOR
