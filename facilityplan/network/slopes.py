"""Minutes on foot where the roads carry elevations: a climb costs time, a steep descent too.

Each stretch between two vertices has an effort: the flat way that would take as long. Tobler's
hiking function (W. Tobler, Three presentations on geographical analysis and modeling, NCGIA
Technical Report 93-1, 1993) gives the speed on a slope s, rise over run, as
6 exp(-3.5 |s + 0.05|) km/h. Only its ratio to the flat is used, as the mean of both directions: the
pace on the flat is the caller's, and a way takes as long to a facility as back from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import shapely
from scipy.sparse import csr_array

from facilityplan.errors import NetworkError
from facilityplan.network import search
from facilityplan.network.lines import read_lines
from facilityplan.network.millimetres import FloatArray, IntArray, limit_as_mm, whole_mm
from facilityplan.network.noding import Edges, build_edges
from facilityplan.network.pace import metres_within, minutes
from facilityplan.network.searchgraph import SearchGraph
from facilityplan.network.snap import Snapped, point_coordinates, snap_to_edges

STEEPEST: Final = 1.0
"""Rise over run beyond which a slope is an error of the elevations: it counts as this and is told."""


def effort_ratio(slope: FloatArray) -> FloatArray:
    """Return how many times as long a way takes as on the flat, the mean of both directions.

    Parameters
    ----------
    slope
        Rise over run, of either sign and any shape.
    """
    up, down = (np.exp(3.5 * (np.abs(sign * slope + 0.05) - 0.05)) for sign in (1, -1))
    return np.asarray((up + down) / 2.0, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class NearestInTime:
    """The nearest facility of each origin, by time.

    Attributes
    ----------
    facility
        Position of the facility, shape (origins,); -1 where none is within reach.
    time_min
        Walking time in minutes with both off-network legs, shape (origins,); inf where none.
    """

    facility: IntArray
    time_min: FloatArray


@dataclass(frozen=True, eq=False)
class SlopedNetwork:
    """Roads with elevations, for searches in minutes.

    Attributes
    ----------
    edges
        Nodes and edges, an edge for each stretch between two vertices; lengths on the flat.
    effort
        The search graph, its lengths the effort of each edge in whole millimetres on the flat.
    speed_m_per_min
        Walking speed on the flat.
    crs
        Coordinate system of the roads, ``None`` where they came without one.
    tree
        Spatial index over the edges.
    without_elevation
        Edges that lack an elevation at an end and count as flat.
    too_steep
        Edges steeper than ``STEEPEST``.
    """

    edges: Edges
    effort: SearchGraph
    speed_m_per_min: float
    crs: Any
    tree: Any
    without_elevation: int
    too_steep: int

    @classmethod
    def from_lines(
        cls,
        roads: Any,
        *,
        speed_m_per_min: float,
        walkable_classes: Mapping[str, bool] | None = None,
    ) -> Self:
        """Build the network from lines with a third coordinate, the elevation in metres.

        Where lines that share a vertex disagree about its elevation, the lowest counts.

        Parameters
        ----------
        roads, walkable_classes
            As for ``Network.from_lines``.
        speed_m_per_min
            Walking speed on the flat.

        Raises
        ------
        CrsError, GeometryError, BadValueError, NetworkError
            As for ``Network.from_lines``, and if no vertex has an elevation.
        UsageError
            If the speed is not a number above 0.
        """
        metres_within(0.0, speed_m_per_min)
        given = read_lines(roads, walkable_classes)
        if not np.isfinite(given.z).any():
            raise NetworkError("network_no_elevation")
        # a stretch of one slope is an edge, so that a share of it takes that share of its time
        begin = np.flatnonzero(given.part[1:] == given.part[:-1])
        pairs = np.stack([begin, begin + 1], axis=1).ravel()
        edges, _, _ = build_edges(given.xy[pairs], np.repeat(np.arange(len(begin)), 2))
        elevation_m = _elevations(edges, given.xy, given.z)
        rise_m = np.abs(elevation_m[edges.head] - elevation_m[edges.tail])
        run_m = shapely.length(edges.lines)
        slope = np.where(np.isfinite(rise_m), rise_m, 0.0) / run_m
        ratio = effort_ratio(np.minimum(slope, STEEPEST))
        # the length is rounded before and the effort after, so that the flat is the flat exactly
        effort_mm = whole_mm(edges.length_mm / 1000.0 * ratio)
        return cls(
            edges,
            SearchGraph.of(replace(edges, length_mm=effort_mm)),
            float(speed_m_per_min),
            given.crs,
            shapely.STRtree(edges.lines),
            int((~np.isfinite(rise_m)).sum()),
            int((slope > STEEPEST).sum()),
        )

    def snap(self, points: Any, *, max_snap_m: float | None = None) -> Snapped:
        """Return the nearest place on the network of each point, positions in effort.

        Parameters
        ----------
        points, max_snap_m
            As for ``Network.snap``.

        Raises
        ------
        CrsError, GeometryError, NetworkError, UsageError
            As for ``Network.snap``.
        """
        xy = point_coordinates(points, self.crs)
        flat = snap_to_edges(self.edges, self.tree, xy, limit_as_mm(max_snap_m, "max_snap_m"))
        length_mm = np.maximum(self.edges.length_mm[flat.edge], 1)
        effort_mm = self.effort.edges.length_mm[flat.edge]
        share = flat.position_mm / length_mm
        return replace(flat, position_mm=np.floor(share * effort_mm + 0.5).astype(np.int64))

    def nearest(
        self,
        origins: Any,
        facilities: Any,
        *,
        limit_min: float | None = None,
        max_snap_m: float | None = None,
    ) -> NearestInTime:
        """Return the facility that each origin reaches soonest, ties to the lowest position.

        Parameters
        ----------
        origins, facilities, max_snap_m
            As for ``Network.nearest``; off-network legs are walked on the flat.
        limit_min
            The longest to walk in minutes, inclusive; ``None`` for any time.

        Raises
        ------
        CrsError, GeometryError, NetworkError, UsageError
            As for ``Network.nearest``.
        """
        limit_m = None if limit_min is None else metres_within(limit_min, self.speed_m_per_min)
        start, end = (self.snap(x, max_snap_m=max_snap_m) for x in (origins, facilities))
        found = search.nearest(self.effort, start, end, limit_as_mm(limit_m, "limit_min"))
        return NearestInTime(found.facility, minutes(found.distance_m, self.speed_m_per_min))

    def pairs(
        self,
        origins: Any,
        destinations: Any,
        *,
        limit_min: float,
        max_snap_m: float | None = None,
        threads: int = 1,
    ) -> Any:
        """Return the walking times of all pairs within a time.

        Parameters
        ----------
        origins, destinations, max_snap_m, threads
            As for ``Network.pairs``; off-network legs are walked on the flat.
        limit_min
            The longest to walk in minutes, inclusive.

        Returns
        -------
        csr_array
            Minutes, as ``Network.pairs`` gives metres.

        Raises
        ------
        CrsError, GeometryError, NetworkError, UsageError
            As for ``Network.pairs``.
        """
        limit_mm = limit_as_mm(metres_within(limit_min, self.speed_m_per_min), "limit_min") or 0
        start, end = (self.snap(x, max_snap_m=max_snap_m) for x in (origins, destinations))
        found = search.pairs(self.effort, start, end, limit_mm, threads=threads)
        time_min = minutes(found.data, self.speed_m_per_min)
        return csr_array((time_min, found.indices, found.indptr), shape=found.shape)


def _elevations(edges: Edges, xy: FloatArray, z: FloatArray) -> FloatArray:
    """Return the lowest elevation given for each node, shape (n_nodes,), NaN where none is."""
    nodes_mm, vertices_mm = whole_mm(edges.node_xy), whole_mm(xy)
    both = np.concatenate([nodes_mm, vertices_mm])
    _, number = np.unique(both, axis=0, return_inverse=True)
    number = number.reshape(-1)
    lowest = np.full(number.max() + 1, np.inf)
    known = np.isfinite(z)
    np.minimum.at(lowest, number[len(nodes_mm) :][known], z[known])
    found = lowest[number[: len(nodes_mm)]]
    return np.where(np.isfinite(found), found, np.nan)
