"""Which reading of a layer's numbers puts it where the roads are: swapped axes, other zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from facilityplan.crs.datums import Floats
from facilityplan.crs.systems import from_geodetic, require_metres, to_geodetic

MARGIN_M: Final = 5000.0
"""How far beyond the roads a layer of the same city may reach."""
SHARE: Final = 0.95

# CGCS2000: 3-degree zones without and with prefix, 6-degree zones with prefix. Those without are
# 3-degree zones too: same meridian, same numbers.
_ZONE_CODES: Final = (*range(4534, 4555), *range(4513, 4534), *range(4491, 4502))


@dataclass(frozen=True)
class Reading:
    """One way to read a layer's numbers.

    Parameters
    ----------
    crs
        System that the numbers are read in.
    swapped
        Whether x and y are exchanged first.
    inside
        Share of the points that then lie within the extent, 0 to 1.
    """

    crs: str
    swapped: bool
    inside: float


def readings_within(
    xy: npt.ArrayLike,
    source: Any,
    bounds_m: tuple[float, float, float, float],
    target: Any,
) -> list[Reading]:
    """Return how a layer's numbers can be read so that they lie within an extent.

    Parameters
    ----------
    xy
        The numbers as the file has them, n x 2, in ``source``.
    source
        The system declared.
    bounds_m
        West, south, east, north of the roads (or of anything that shows where the city is), metres
        in ``target``.
    target
        The project's projected system in metres.

    Returns
    -------
    list of Reading
        The declared reading first, whatever it gives; then those others that put at least 95 % of
        the points within 5 km of the extent: axes swapped, and for numbers in metres each CGCS2000
        zone of 3 and 6 degrees, with and without prefix (a 6-degree zone without prefix under the
        name of the 3-degree zone on its meridian).

    Raises
    ------
    CrsError
        If a system is unknown, or ``target`` is not in metres.
    """
    numbers = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    declared = CRS.from_user_input(source)
    system = require_metres(target)
    name = declared.to_string()
    own = Reading(name, swapped=False, inside=_share(numbers, declared, bounds_m, system))
    others = [Reading(name, True, _share(numbers[:, ::-1], declared, bounds_m, system))]
    if not declared.is_geographic:
        for code in _ZONE_CODES:
            zone = CRS.from_epsg(code)
            if zone.equals(declared, ignore_axis_order=True):
                continue
            for swapped in (False, True):
                turned = numbers[:, ::-1] if swapped else numbers
                if _like(turned, code):
                    share = _share(turned, zone, bounds_m, system)
                    others.append(Reading(f"EPSG:{code}", swapped, share))
    return [own, *(item for item in others if item.inside >= SHARE)]


def _like(numbers: Floats, code: int) -> bool:
    """Tell whether the numbers can be of that zone: its prefix stands before the easting."""
    prefix = {4513: 25, 4491: 13}
    first = 4513 if 4513 <= code < 4534 else 4491 if 4491 <= code < 4502 else None
    lead = 0 if first is None else prefix[first] + code - first
    return bool(np.median(numbers[:, 0]) // 1e6 == lead) if len(numbers) else False


def _share(
    numbers: Floats, source: CRS, bounds_m: tuple[float, float, float, float], target: CRS
) -> float:
    lon, lat = to_geodetic(source, target)(numbers[:, 0], numbers[:, 1])
    known = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90.0)
    if not known.any():
        return 0.0
    x, y = from_geodetic(target)(lon[known], lat[known])
    west, south, east, north = bounds_m
    inside = (x >= west - MARGIN_M) & (x <= east + MARGIN_M)
    inside &= (y >= south - MARGIN_M) & (y <= north + MARGIN_M)
    return float(inside.sum() / len(numbers))
