"""Points to the network: the nearest place on the true line of an edge, not the nearest node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from facilityplan.errors import CrsError, GeometryError, NetworkError
from facilityplan.network.lines import check_crs, geometry_array, same_crs
from facilityplan.network.millimetres import BoolArray, FloatArray, IntArray, usable, whole_mm
from facilityplan.network.morton import morton_order
from facilityplan.network.noding import Edges

_CHUNK: Final = 2**17
"""Points that are looked up at a time."""


@dataclass(frozen=True, eq=False)
class Snapped:
    """Where points meet the network, each array of shape (points,).

    Attributes
    ----------
    edge
        The nearest edge; of equally near ones the lowest.
    position_mm
        The way along that edge from its start.
    off_mm
        The way from the point to the edge (off-network leg), straight.
    off_network
        Which points are farther from the network than the caller allows; nothing reaches them.
    """

    edge: IntArray
    position_mm: IntArray
    off_mm: IntArray
    off_network: BoolArray


def point_coordinates(points: Any, crs: Any = None) -> FloatArray:
    """Return points as coordinates in metres, shape (n, 2).

    Parameters
    ----------
    points
        An array of shape (n, 2), a frame or GeoSeries of Points, or a sequence of Points.
    crs
        The network's coordinate system; a GeoSeries that states another one is refused.

    Raises
    ------
    CrsError, GeometryError, NetworkError
        If the coordinate system differs or is not metric, something is no point, or a coordinate
        is missing or not finite.
    """
    points = getattr(points, "geometry", points)
    own = getattr(points, "crs", None)
    if own is not None:
        check_crs(own, "points")
        if crs is not None and not same_crs(own, crs):
            raise CrsError("network_crs_differs", crs=own.name, network=crs.name)
    values = np.asarray(points)
    if values.size == 0:
        return np.empty((0, 2), dtype=np.float64)
    if values.dtype.kind in "fiu":
        if values.ndim != 2 or values.shape[1] != 2:
            raise GeometryError("network_points_shape", shape=values.shape)
        xy = values.astype(np.float64)
    else:
        geometries = geometry_array(points)
        present = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
        wrong = present & (shapely.get_type_id(geometries) != 0)
        if wrong.any():
            raise GeometryError("network_not_points", rows=(np.flatnonzero(wrong) + 1).tolist())
        xy = np.full((len(geometries), 2), np.nan)
        xy[present] = shapely.get_coordinates(geometries[present])
    bad = ~usable(xy)
    if bad.any():
        raise NetworkError("network_point_coordinates", rows=(np.flatnonzero(bad) + 1).tolist())
    return xy


def snap_to_edges(
    edges: Edges, tree: shapely.STRtree, xy: FloatArray, max_snap_mm: int | None
) -> Snapped:
    """Return the nearest place on the network of each point.

    Parameters
    ----------
    edges, tree
        The edges and the index over their lines.
    xy
        Points in metres, shape (n, 2).
    max_snap_mm
        The farthest that a point may be from the network, inclusive; ``None`` for any distance.
    """
    edge, along_m, off_m = np.empty(len(xy), np.int64), np.empty(len(xy)), np.empty(len(xy))
    # neighbours ask the index for the same pages of it: three times as fast as in any order
    order = morton_order(xy)
    for begin in range(0, len(xy), _CHUNK):
        chunk = order[begin : begin + _CHUNK]
        edge[chunk], along_m[chunk], off_m[chunk] = _nearest_edge(edges, tree, xy[chunk])
    off_mm = whole_mm(off_m)
    beyond = np.zeros(len(xy), dtype=np.bool_) if max_snap_mm is None else off_mm > max_snap_mm
    return Snapped(
        edge=edge,
        position_mm=np.clip(whole_mm(along_m), 0, edges.length_mm[edge]),
        off_mm=off_mm,
        off_network=beyond,
    )


def _nearest_edge(
    edges: Edges, tree: shapely.STRtree, xy: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return the lowest of the nearest edges of each point, the way along it and to it."""
    points = shapely.points(xy)
    found, distance_m = tree.query_nearest(points, all_matches=True, return_distance=True)
    point, edge = found.astype(np.int64)
    order = np.lexsort((edge, point))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = point[order[1:]] != point[order[:-1]]
    best = order[first]
    edge = edge[best]
    return edge, shapely.line_locate_point(edges.lines[edge], points), distance_m[best]
