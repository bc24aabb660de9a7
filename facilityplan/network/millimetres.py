"""Whole millimetres: lengths are added and compared as integers, so no order changes a sum."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facilityplan.errors import UsageError
from facilityplan.units import whole_millimetres

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]

FARTHEST_M = 1e9
"""Coordinates beyond this are no place on Earth, and their millimetres would overflow."""


def whole_mm(metres: FloatArray) -> IntArray:
    """Return metres as whole millimetres, half upwards; same shape."""
    return np.floor(metres * 1000.0 + 0.5).astype(np.int64)


def limit_as_mm(limit_m: float | None, argument: str) -> int | None:
    """Return a limit in whole millimetres; ``None`` stays ``None`` (no limit).

    Raises
    ------
    UsageError
        If the limit is negative, not finite, or farther than any place on Earth.
    """
    if limit_m is None:
        return None
    if not math.isfinite(limit_m) or not 0 <= limit_m <= FARTHEST_M:
        raise UsageError("network_limit", argument=argument, value=limit_m)
    return whole_millimetres(float(limit_m))


def usable(xy: FloatArray) -> BoolArray:
    """Return which coordinates, shape (n, 2), are finite and on Earth; shape (n,)."""
    return np.asarray((np.abs(xy) < FARTHEST_M).all(axis=1), dtype=np.bool_)


def ranges(begins: IntArray, sizes: IntArray) -> IntArray:
    """Return ``begin, begin + 1, ...`` of each size, one after the other."""
    offsets = np.cumsum(sizes) - sizes
    counted: IntArray = np.repeat(begins - offsets, sizes) + np.arange(sizes.sum(), dtype=np.int64)
    return counted
