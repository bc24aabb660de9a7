"""Inner loops as machine code by numba where it has wheels; the same loops interpreted elsewhere.

numba takes 50 MB and a third of a second to load, so that whoever marks a loop here stands in a
module that is imported only where its loops are wanted.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

SWITCH: Final = "FACILITYPLAN_NO_NUMBA"
"""Environment variable: anything but empty or 0 leaves numba out, as on a platform without it."""

Function = TypeVar("Function", bound=Callable[..., Any])


def _compiler() -> Any:
    """Return numba, or ``None`` where it is not installed, cannot load or is not wanted."""
    if os.environ.get(SWITCH, "0") not in {"", "0"}:
        return None
    try:
        import numba  # noqa: PLC0415 - not on every system
    except (ImportError, OSError):
        # no wheel for this platform, or a library it needs is not there
        return None
    return numba


_NUMBA: Final = _compiler()

COMPILED: Final = _NUMBA is not None
"""Whether loops run as machine code."""


def compiled(function: Function) -> Function:
    """Return the function as machine code, kept on disk; without numba as it is."""
    if _NUMBA is None:
        return function
    try:
        fast = _NUMBA.njit(nogil=True, cache=True)(function)
    except RuntimeError:
        # no folder that numba may write its cache to: compiled anew in each process
        fast = _NUMBA.njit(nogil=True)(function)
    return cast("Function", fast)
