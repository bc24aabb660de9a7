"""How many steps of a search to take: fewer where its loops are interpreted."""

from __future__ import annotations

from facilityplan.compiled import COMPILED

STEPS = 50
"""How many times as many steps a compiled loop is given as an interpreted one."""


def affordable(steps: int) -> int:
    """Return how many steps of a search to take."""
    return steps if COMPILED else max(1, steps // STEPS)
