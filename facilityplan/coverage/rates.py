"""Three rates of coverage side by side, and the land inside service areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from facilityplan.crs import require_metres

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CIRCLE_QUAD_SEGS: Final = 64
"""Segments a quarter circle where an area is cut by service areas (area 0.01 % too small)."""


@dataclass(frozen=True)
class Rate:
    """A share with its parts: covered, total, and rows that could not be counted."""

    covered: float
    total: float
    unknown: int

    @property
    def share(self) -> float | None:
        """Covered over total; ``None`` where there is nothing to count."""
        return self.covered / self.total if self.total > 0 else None


@dataclass(frozen=True)
class Rates:
    """The coverage rates side by side; none of them is "the" coverage."""

    land: Rate
    households: Rate
    persons: Rate
    elders: Rate
    units: Rate


def coverage_rates(
    residences: gpd.GeoDataFrame, covered: Flags, *, land_m2: Floats | None = None
) -> Rates:
    """Return the rates of coverage side by side.

    Parameters
    ----------
    residences
        One row a residence, projected CRS in metres.
    covered
        (n,) whether the residence is within reach.
    land_m2
        (n,) land of each residence inside the service areas (:func:`land_within`); without it the
        whole land of the residences covered.

    Returns
    -------
    Rates
        A residence without a figure is counted in ``unknown``, never as zero. Points have no land.

    Raises
    ------
    CrsError
        If the residences are not in metres.
    """
    require_metres(residences.crs, layer="residences")
    area_m2 = residences.geometry.area.to_numpy()
    has_land = area_m2 > 0
    within = np.where(covered, area_m2, 0.0) if land_m2 is None else land_m2
    return Rates(
        land=Rate(
            float(within[has_land].sum()), float(area_m2[has_land].sum()), int((~has_land).sum())
        ),
        households=_weighted(residences["households"].to_numpy(dtype=float), covered),
        persons=_weighted(residences["population"].to_numpy(dtype=float), covered),
        elders=_weighted(residences["elders"].to_numpy(dtype=float), covered),
        units=_weighted(np.ones(len(residences)), covered),
    )


def _weighted(weights: Floats, covered: Flags) -> Rate:
    known = np.isfinite(weights)
    total = float(weights[known].sum())
    return Rate(float(weights[known & covered].sum()), total, int((~known).sum()))


def land_within(geometry: npt.NDArray[Any], facilities_xy: Floats, limit_m: float) -> Floats:
    """Return the area of each geometry inside the service areas of facilities, (n,) square metres.

    Parameters
    ----------
    geometry
        (n,) polygons in metres.
    facilities_xy
        (m, 2) metres.
    limit_m
        Radius of the service areas.
    """
    land_m2 = np.zeros(len(geometry))
    if len(geometry) == 0 or len(facilities_xy) == 0:
        return land_m2
    areas = service_circles(facilities_xy, limit_m)
    tree = shapely.STRtree(areas)
    whole = np.unique(tree.query(geometry, predicate="within")[0])
    land_m2[whole] = shapely.area(geometry[whole])
    # Only what a rim cuts has to be cut, and joined first only where several rims cut it.
    cut = np.ones(len(geometry), dtype=bool)
    cut[whole] = False
    rest = np.flatnonzero(cut)
    row, area = tree.query(geometry[rest], predicate="intersects")
    times = np.bincount(row, minlength=len(rest))
    single = times[row] == 1
    one = rest[row[single]]
    land_m2[one] = shapely.area(shapely.intersection(geometry[one], areas[area[single]]))
    order = np.argsort(row, kind="stable")
    for at in np.flatnonzero(times > 1):
        first, last = np.searchsorted(row[order], [at, at + 1])
        together = shapely.union_all(areas[area[order[first:last]]])
        land_m2[rest[at]] = shapely.area(shapely.intersection(geometry[rest[at]], together))
    return land_m2


def service_circles(facilities_xy: Floats, limit_m: float) -> npt.NDArray[Any]:
    """Return straight-line service areas as polygons, for areas and display, never for verdicts."""
    circles: npt.NDArray[Any] = shapely.buffer(
        shapely.points(facilities_xy), limit_m, quad_segs=CIRCLE_QUAD_SEGS
    )
    return circles
