"""Minutes on foot: a distance and a pace, nothing between them."""

from __future__ import annotations

import math

import numpy as np

from facilityplan.errors import UsageError
from facilityplan.network.millimetres import FloatArray


def _checked(speed_m_per_min: float) -> float:
    if not math.isfinite(speed_m_per_min) or speed_m_per_min <= 0:
        raise UsageError("network_speed", value=speed_m_per_min)
    return float(speed_m_per_min)


def minutes(distance_m: FloatArray, speed_m_per_min: float) -> FloatArray:
    """Return walking times in minutes; what is out of reach (inf) stays so.

    Parameters
    ----------
    distance_m
        Walking distances in metres, of any shape.
    speed_m_per_min
        Walking speed.

    Raises
    ------
    UsageError
        If the speed is not a number above 0.
    """
    return np.asarray(distance_m, dtype=np.float64) / _checked(speed_m_per_min)


def metres_within(time_min: float, speed_m_per_min: float) -> float:
    """Return how far one walks in a time, as a limit for the searches.

    Parameters
    ----------
    time_min
        Minutes, at least 0.
    speed_m_per_min
        Walking speed.

    Raises
    ------
    UsageError
        If the speed is not a number above 0, or the time not one of at least 0.
    """
    if not math.isfinite(time_min) or time_min < 0:
        raise UsageError("network_time", value=time_min)
    return float(time_min) * _checked(speed_m_per_min)
