"""The hypotheses on a layer's datum, and where a layer lies under each."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facilityplan.crs.datums import DATUMS, Floats, convert
from facilityplan.crs.systems import from_geodetic, require_metres, to_geodetic
from facilityplan.errors import CrsError

HYPOTHESES: Final = ("wgs84", "gcj02", "bd09")
"""CGCS2000 is WGS84 to decimetres, less than any layer can tell."""

MAX_POINTS: Final = 500
"""Places of a layer that are looked at."""
_SEED: Final = 20260630

# The rectangle in which GCJ-02 is applied, less what BD-09 adds and a strip whose images are
# nobody's: longitude from and to, latitude from and to, in degrees.
_RECTANGLE: Final = (72.1, 137.7, 0.9, 55.7)


def same_datum(declared: str) -> str:
    """Return the hypothesis that a declared datum means.

    Raises
    ------
    CrsError
        If there is no such datum.
    """
    if declared not in DATUMS:
        raise CrsError("crs_unknown_datum", datum=declared, known=", ".join(DATUMS))
    return "wgs84" if declared == "cgcs2000" else declared


def different(xy_m: npt.ArrayLike) -> tuple[Floats, int]:
    """Return the different places to the metre, sorted, and how many there are.

    Rows and repeats tell nothing. Of more than :data:`MAX_POINTS` as many are returned, always the
    same: more would cost time and settle nothing.
    """
    xy = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)
    xy = xy[np.isfinite(xy).all(axis=1)]
    ordered = xy[np.lexsort((xy[:, 1], xy[:, 0]))]
    _, first = np.unique(np.round(ordered), axis=0, return_index=True)
    places = ordered[np.sort(first)]
    if len(places) > MAX_POINTS:
        chosen = np.random.default_rng(_SEED).choice(len(places), MAX_POINTS, replace=False)
        return places[np.sort(chosen)], len(places)
    return places, len(places)


def placed(xy_m: Floats, crs: Any, declared: str) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Return where a layer lies under each hypothesis.

    Parameters
    ----------
    xy_m
        Places as they were read under the declared datum, n x 2, metres in ``crs``.
    crs
        The project's projected system in metres.
    declared
        The datum that they were read under.

    Returns
    -------
    tuple
        Which of the places lie where GCJ-02 is applied, and for those (k of them) the places
        under each hypothesis, 3 x k x 2, metres in ``crs``.
    """
    system = require_metres(crs)
    meant = same_datum(declared)
    lon, lat = to_geodetic(system, system)(xy_m[:, 0], xy_m[:, 1])
    west, east, south, north = _RECTANGLE
    inside = (lon > west) & (lon < east) & (lat > south) & (lat < north)
    raw = convert(lon[inside], lat[inside], "wgs84", meant)
    project = from_geodetic(system)
    under = [
        xy_m[inside]
        if datum == meant
        else np.column_stack(project(*convert(raw[0], raw[1], datum, "wgs84")))
        for datum in HYPOTHESES
    ]
    return inside, np.array(under, dtype=np.float64).reshape(len(HYPOTHESES), -1, 2)
