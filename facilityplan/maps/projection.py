"""The way between degrees and a project's metres, as polynomials that a page can work out.

Over a city a projection is smooth: a polynomial of low degree in longitude and latitude keeps it to
far below a millimetre. A place dragged on the map has its metres from it, and those are its place.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from facilityplan.crs import to_lonlat

Floats = npt.NDArray[np.float64]

DEGREE: Final = 6
_SIDE: Final = 24
_MARGIN: Final = 0.05
CLOSE_M: Final = 0.001
"""How far the polynomial may be from the projection."""


def projection(crs: str, extent: tuple[float, float, float, float]) -> dict[str, Any]:
    """Return the polynomials between degrees and metres over an extent.

    Parameters
    ----------
    crs
        The project's coordinate system, in metres.
    extent
        West, south, east and north in metres; a margin is added.

    Returns
    -------
    dict
        ``toMetres`` and ``toDegrees``, each with ``middle`` and ``half`` of what goes in, the terms
        of both coordinates that come out, and ``off``: the farthest seen from the projection.
    """
    west, south, east, north = extent
    pad = max(east - west, north - south, 1000.0) * _MARGIN
    x, y = np.meshgrid(
        np.linspace(west - pad, east + pad, _SIDE), np.linspace(south - pad, north + pad, _SIDE)
    )
    metres = np.column_stack([x.ravel(), y.ravel()])
    degrees = shapely.get_coordinates(to_lonlat(shapely.points(metres), crs))
    return {"toMetres": fit(degrees, metres), "toDegrees": fit(metres, degrees)}


def fit(given: Floats, wanted: Floats) -> dict[str, Any]:
    """Return the polynomials that lead from (n, 2) coordinates to others, and how far off they are."""
    low, high = given.min(axis=0), given.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    terms = _terms((given - middle) / half)
    found = np.linalg.lstsq(terms, wanted, rcond=None)[0]
    off = np.abs(terms @ found - wanted).max()
    # plain figures: the last digits of a fit are not worth their bytes, nor alike everywhere
    return {
        "middle": middle.tolist(),
        "half": half.tolist(),
        "terms": [[float(f"{term:.12g}") for term in column] for column in found.T.tolist()],
        "off": float(f"{off:.2g}"),
    }


def _terms(at: Floats) -> Floats:
    """Return u^i v^j for i + j up to the degree, i ascending within each sum."""
    u, v = at.T
    columns = [u**i * v ** (total - i) for total in range(DEGREE + 1) for i in range(total + 1)]
    return np.column_stack(columns)
