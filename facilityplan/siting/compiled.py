"""Inner loops compiled by numba where it has wheels; the same loops interpreted elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

numba: Any
try:
    import numba
except ImportError:  # no wheel for this platform
    numba = None

COMPILED = numba is not None
"""Whether loops run as machine code; a search takes :data:`STEPS` times as many steps then."""

STEPS = 50


def compiled(function: Function) -> Function:
    """Return the function as machine code, kept on disk; without numba as it is."""
    if not COMPILED:
        return function
    fast: Any = numba.njit(cache=True, nogil=True)(function)
    return fast  # type: ignore[no-any-return]


def affordable(steps: int) -> int:
    """Return how many steps of a search to take: fewer where loops are interpreted."""
    return steps if COMPILED else max(1, steps // STEPS)
