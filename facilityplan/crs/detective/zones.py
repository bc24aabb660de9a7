"""A layer against the zones that it must lie in: evidence beside the verdict, never a verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from facilityplan.crs.detective.hypotheses import HYPOTHESES, different, placed


def share_inside(
    xy_m: npt.ArrayLike, zones: Any, crs: Any, declared: str = "wgs84"
) -> dict[str, float]:
    """Return the share of places that lie in some zone, under each hypothesis.

    A city is wide and a datum moves a layer by a kilometre at most: only what lies near the
    boundary tells anything, and most layers say nothing here.

    Parameters
    ----------
    xy_m
        Places as they were read under the declared datum, n x 2, metres in ``crs``.
    zones
        Polygons, metres in ``crs``.
    crs
        The project's projected system in metres.
    declared
        The datum that the places were read under.

    Returns
    -------
    dict
        Share from 0 to 1 by hypothesis; empty where there are no zones or no places in China.

    Raises
    ------
    CrsError
        If the datum or the system is unknown, or the system is not in metres.
    """
    _, under = placed(different(xy_m)[0], crs, declared)
    shapes = np.asarray(zones, dtype=object)
    if not len(shapes) or not under.shape[1]:
        return {}
    tree = shapely.STRtree(shapes)
    shares = {}
    for datum, xy in zip(HYPOTHESES, under, strict=True):
        hit = tree.query(shapely.points(xy), predicate="intersects")[0]
        shares[datum] = len(np.unique(hit)) / len(xy)
    return shares
