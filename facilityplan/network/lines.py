"""Road lines as coordinates: what a caller hands over, checked and taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from facilityplan.errors import (
    CrsError,
    GeographicCrsError,
    GeometryError,
    MissingCrsError,
    NetworkError,
    WebMercatorError,
)
from facilityplan.network.millimetres import BoolArray, FloatArray, IntArray, usable, whole_mm
from facilityplan.network.walkable import (
    LeftOut,
    Walked,
    grade_separated_rows,
    judge_rows,
    left_out,
)

_LINES: Final = (1, 2, 5)
"""shapely's type numbers of LineString, LinearRing and MultiLineString."""

_MULTI: Final = 5


@dataclass(frozen=True, eq=False)
class RoadLines:
    """Vertices of all walkable line parts, one after the other.

    Attributes
    ----------
    xy
        Vertices in metres, shape (v, 2).
    z
        Their elevations in metres, NaN where a line has none, shape (v,).
    part
        The part each vertex belongs to, shape (v,), ascending.
    apart
        Which parts are bridges or tunnels, shape (parts,).
    crs
        Coordinate system of the frame, ``None`` where the caller gave bare geometries.
    unknown_classes
        Classes of road that the table does not know, sorted; they count as walkable.
    unknown_words
        Words of ``foot``, ``sidewalk`` and ``access`` that the tables do not know, sorted.
    footways_stated
        Whether any row says anything at all of walkers or of a footway.
    dropped_rows
        Rows without a geometry.
    left_out
        Rows that nobody walks on, by reason and class.
    """

    xy: FloatArray
    z: FloatArray
    part: IntArray
    apart: BoolArray
    crs: Any
    unknown_classes: tuple[str, ...]
    unknown_words: tuple[str, ...]
    footways_stated: bool
    dropped_rows: int
    left_out: tuple[LeftOut, ...]


def check_crs(crs: Any, layer: str = "roads") -> None:
    """Refuse a coordinate system in which lengths are not metres.

    Raises
    ------
    GeographicCrsError, WebMercatorError, CrsError
        For degrees, for Web Mercator, for a unit other than the metre.
    """
    if crs.is_geographic:
        raise GeographicCrsError("network_crs_geographic", layer=layer, crs=crs.name)
    operation = crs.coordinate_operation
    method = "" if operation is None else str(operation.method_name)
    if "Pseudo Mercator" in method or crs.to_epsg() == 3857:
        raise WebMercatorError("network_crs_web_mercator", layer=layer, crs=crs.name)
    units = {axis.unit_name for axis in crs.axis_info[:2] if axis.unit_conversion_factor != 1.0}
    if units:
        raise CrsError(
            "network_crs_units", layer=layer, crs=crs.name, unit=", ".join(sorted(units))
        )


def same_crs(one: Any, other: Any) -> bool:
    """Return whether two coordinate systems are one, whoever wrote their definition."""
    code = one.to_epsg()
    return bool(one == other or (code is not None and code == other.to_epsg()))


def geometry_array(values: Any) -> NDArray[np.object_]:
    """Return geometries as an array of objects; missing ones are ``None``.

    Raises
    ------
    GeometryError
        If something in it is no geometry.
    """
    listed = values.to_numpy() if hasattr(values, "to_numpy") else list(values)
    geometries = np.fromiter(listed, dtype=object, count=len(listed))
    geometries[pd.isna(geometries)] = None
    wrong = ~shapely.is_geometry(geometries) & ~shapely.is_missing(geometries)
    if wrong.any():
        raise GeometryError("network_not_geometry", rows=(np.flatnonzero(wrong) + 1).tolist())
    return geometries


def _checked_lines(geometries: NDArray[np.object_]) -> BoolArray:
    present: BoolArray = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
    wrong = present & ~np.isin(shapely.get_type_id(geometries), _LINES)
    if wrong.any():
        raise GeometryError("network_not_lines", rows=(np.flatnonzero(wrong) + 1).tolist())
    xy, row = shapely.get_coordinates(geometries, return_index=True)
    bad_rows = np.unique(row[~usable(xy)])
    if len(bad_rows):
        raise NetworkError("network_coordinates", rows=(bad_rows + 1).tolist())
    return present


def read_lines(roads: Any, walkable_classes: Mapping[str, Walked] | None) -> RoadLines:
    """Take roads apart into the vertices of their walkable line parts.

    Parameters
    ----------
    roads
        A GeoDataFrame in a projected CRS in metres, with the optional columns ``walkable``,
        ``class``, ``foot``, ``sidewalk``, ``access``, ``bridge`` and ``tunnel``; or a GeoSeries, an array or a sequence of
        LineStrings and MultiLineStrings in metres.
    walkable_classes
        Classes of road to judge otherwise than the table does.

    Raises
    ------
    CrsError, GeometryError, BadValueError, NetworkError
        If the CRS is missing (of a frame) or not metric, a geometry is no line, a flag is neither
        yes nor no, a coordinate is not finite, or nothing walkable is left.
    """
    is_frame = hasattr(roads, "columns") and hasattr(roads, "geometry")
    crs = getattr(roads, "crs", None)
    if is_frame and crs is None:
        raise MissingCrsError("network_crs_missing")
    if crs is not None:
        check_crs(crs)
    geometries = geometry_array(roads.geometry if is_frame else roads)
    present = _checked_lines(geometries)
    walked, apart = np.ones_like(present), np.zeros_like(present)
    judged = judge_rows(roads, walkable_classes) if is_frame else None
    out: tuple[LeftOut, ...] = ()
    if judged is not None:
        walked, apart = judged.walked, grade_separated_rows(roads)
        gone = np.flatnonzero(present & ~walked)
        out = left_out(judged, gone, whole_mm(shapely.length(geometries[gone])))
    rows = np.flatnonzero(present & walked)
    if not len(rows):
        raise NetworkError("network_empty")
    parts, part_row = geometries[rows], np.arange(len(rows))
    if (shapely.get_type_id(parts) == _MULTI).any():
        parts, part_row = shapely.get_parts(parts, return_index=True)
    some = ~shapely.is_empty(parts)
    parts, part_row = parts[some], part_row[some]
    xyz, part = shapely.get_coordinates(parts, include_z=True, return_index=True)
    return RoadLines(
        xy=np.ascontiguousarray(xyz[:, :2]),
        z=xyz[:, 2],
        part=part.astype(np.int64),
        apart=apart[rows][part_row],
        crs=crs,
        unknown_classes=() if judged is None else judged.unknown_classes,
        unknown_words=() if judged is None else judged.unknown_words,
        footways_stated=judged is not None and judged.footways_stated,
        dropped_rows=int((~present).sum()),
        left_out=out,
    )
