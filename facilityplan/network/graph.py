"""The walking network: built once from lines, asked many times, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import shapely

from facilityplan.network import areas, search, service
from facilityplan.network.areas import HALF_WIDTH_M, ServiceAreas
from facilityplan.network.crossings import with_crossings
from facilityplan.network.lines import read_lines
from facilityplan.network.millimetres import IntArray, limit_as_mm
from facilityplan.network.noding import Edges, build_edges, components
from facilityplan.network.search import Nearest
from facilityplan.network.searchgraph import SearchGraph
from facilityplan.network.snap import Snapped, point_coordinates, snap_to_edges
from facilityplan.network.walkable import LeftOut, Walked


@dataclass(frozen=True)
class NetworkReport:
    """What became of the lines.

    Attributes
    ----------
    components
        Number of pieces that no way connects.
    largest_share
        Share of the network's length that lies in the largest piece, 0 to 1.
    unknown_classes
        Classes of road that the table does not know, sorted; they count as walkable.
    unknown_words
        Words of ``foot``, ``sidewalk`` and ``access`` that the tables do not know, as
        ``column=word``, sorted; they say nothing.
    footways_stated
        Whether any row says anything at all of walkers or of a footway.
    dropped_rows
        Rows without a geometry.
    left_out
        Rows that nobody walks on, by reason and class.
    merged_duplicates
        Lines and edges that were copies of others, in the same or the other direction.
    lengthless_parts
        Line parts that begin and end at one place and go nowhere; they are left out.
    """

    components: int
    largest_share: float
    unknown_classes: tuple[str, ...]
    unknown_words: tuple[str, ...]
    footways_stated: bool
    dropped_rows: int
    left_out: tuple[LeftOut, ...]
    merged_duplicates: int
    lengthless_parts: int

    @property
    def excluded_rows(self) -> int:
        """Number of rows that nobody walks on."""
        return sum(item.rows for item in self.left_out)


def _by_size(labels: IntArray, edges: Edges) -> tuple[IntArray, float]:
    """Return components numbered from the longest down, and the longest one's share."""
    total_mm = np.zeros(labels.max() + 1, dtype=np.int64)
    np.add.at(total_mm, labels[edges.tail], edges.length_mm)
    order = np.lexsort((np.unique(labels, return_index=True)[1], -total_mm))
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    everything_mm = int(total_mm.sum())
    share = int(total_mm[order[0]]) / everything_mm if everything_mm else 1.0
    return np.asarray(number[labels], dtype=np.int64), share


@dataclass(frozen=True, eq=False)
class Network:
    """Roads as a graph for walkers: both directions, lengths in whole millimetres.

    Attributes
    ----------
    edges
        Nodes and edges as arrays.
    components
        Label of the connected piece of each node, shape (n_nodes,); 0 is the longest.
    report
        What became of the lines.
    crs
        Coordinate system of the roads, ``None`` where they came without one.
    threads
        How many threads a search may take where the caller says nothing; no number hangs on it.
    """

    edges: Edges
    components: IntArray
    report: NetworkReport
    crs: Any
    threads: int = 1

    @classmethod
    def from_lines(
        cls,
        roads: Any,
        *,
        node_at_crossings: bool = False,
        walkable_classes: Mapping[str, Walked] | None = None,
    ) -> Self:
        """Build the network; lines meet where they share a vertex, to the millimetre.

        Parameters
        ----------
        roads
            A GeoDataFrame in a projected CRS in metres, or a GeoSeries, an array or a sequence of
            LineStrings and MultiLineStrings in metres. Optional columns of a frame: ``walkable``
            (wins), ``class``, ``foot``, ``sidewalk`` and ``access`` (looked up in
            ``walkable.toml``), ``bridge`` and ``tunnel``.
        node_at_crossings
            Whether lines also meet where they cross without a shared vertex, bridges and tunnels
            excepted.
        walkable_classes
            Classes of road to judge otherwise than ``walkable.toml`` does: true, false, or
            ``"with_footway"`` for only where the row says that there is one.

        Raises
        ------
        MissingCrsError, GeographicCrsError, WebMercatorError, CrsError
            If a frame has no CRS, or lengths in the CRS are not metres.
        GeometryError
            If a geometry is no line.
        BadValueError
            If the ``walkable`` column holds something other than yes, no or nothing.
        NetworkError
            If a coordinate is not finite or there is no walkable line.
        """
        given = read_lines(roads, walkable_classes)
        xy, part = given.xy, given.part
        if node_at_crossings:
            xy, part = with_crossings(xy, part, given.apart)
        edges, merged, dots = build_edges(xy, part)
        labels, share = _by_size(components(len(edges.node_xy), edges.tail, edges.head), edges)
        report = NetworkReport(
            components=int(labels.max()) + 1,
            largest_share=share,
            unknown_classes=given.unknown_classes,
            unknown_words=given.unknown_words,
            footways_stated=given.footways_stated,
            dropped_rows=given.dropped_rows,
            left_out=given.left_out,
            merged_duplicates=merged,
            lengthless_parts=dots,
        )
        return cls(edges, labels, report, given.crs)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.edges.node_xy)

    @property
    def n_edges(self) -> int:
        """Number of edges, each counted once whatever its directions."""
        return len(self.edges.tail)

    @property
    def total_length_m(self) -> float:
        """Length of all edges in metres."""
        return int(self.edges.length_mm.sum()) / 1000.0

    @cached_property
    def tree(self) -> Any:
        """Spatial index over the edges, built when the first point is snapped."""
        return shapely.STRtree(self.edges.lines)

    @cached_property
    def search_graph(self) -> SearchGraph:
        """The graph that searches walk on, built when the first one is asked for."""
        return SearchGraph.of(self.edges)

    @property
    def search_engine(self) -> search.Engine:
        """What searches here: ``numba``, or ``scipy`` where numba is not to be had."""
        return search.engine()

    def snap(self, points: Any, *, max_snap_m: float | None = None) -> Snapped:
        """Return the nearest place on the network of each point.

        Parameters
        ----------
        points
            An array of shape (n, 2) in metres, a GeoSeries of Points, or a sequence of Points.
        max_snap_m
            The farthest that a point may be from the network, inclusive; those beyond are
            ``off_network``. ``None`` takes any distance.

        Raises
        ------
        CrsError, GeometryError, NetworkError, UsageError
            If the points' CRS is another one, something is no point, a coordinate is missing or
            not finite, or the limit is negative.
        """
        xy = point_coordinates(points, self.crs)
        return snap_to_edges(self.edges, self.tree, xy, limit_as_mm(max_snap_m, "max_snap_m"))

    def nearest(
        self,
        origins: Any,
        facilities: Any,
        *,
        limit_m: float | None = None,
        max_snap_m: float | None = None,
    ) -> Nearest:
        """Return the nearest facility of each origin by walking distance.

        The distance is the origin's off-network leg, the way on the network and the facility's
        off-network leg. Of equally near facilities the lowest position counts.

        Parameters
        ----------
        origins, facilities
            Points, as for :meth:`snap`.
        limit_m
            The farthest to walk, inclusive; ``None`` for any distance.
        max_snap_m
            As for :meth:`snap`; points beyond neither reach nor are reached.

        Raises
        ------
        CrsError, GeometryError, NetworkError, UsageError
            As for :meth:`snap`.
        """
        limit_mm = limit_as_mm(limit_m, "limit_m")
        start = self.snap(origins, max_snap_m=max_snap_m)
        end = self.snap(facilities, max_snap_m=max_snap_m)
        return search.nearest(self.search_graph, start, end, limit_mm)

    def nearest_snapped(
        self, origins: Snapped, facilities: Snapped, *, limit_m: float | None = None
    ) -> Nearest:
        """Return the nearest facility of each origin, of points that :meth:`snap` has placed.

        Parameters
        ----------
        origins, facilities
            Places on the network.
        limit_m
            As for :meth:`nearest`.

        Raises
        ------
        UsageError
            If the limit is none.
        """
        limit_mm = limit_as_mm(limit_m, "limit_m")
        return search.nearest(self.search_graph, origins, facilities, limit_mm)

    def pairs(
        self,
        origins: Any,
        destinations: Any,
        *,
        limit_m: float,
        max_snap_m: float | None = None,
        threads: int = 1,
    ) -> Any:
        """Return the walking distances of all pairs within a limit.

        Parameters
        ----------
        origins, destinations
            Points, as for :meth:`snap`.
        limit_m
            The farthest to walk, inclusive.
        max_snap_m
            As for :meth:`snap`.
        threads
            How many threads search; the numbers are the same for any.

        Returns
        -------
        csr_array
            Metres, shape (origins, destinations), indices sorted, explicit zeros kept: what is
            not stored is farther than the limit.

        Raises
        ------
        CrsError, GeometryError, NetworkError, UsageError
            As for :meth:`snap`.
        """
        limit_mm = limit_as_mm(float(limit_m), "limit_m") or 0
        start = self.snap(origins, max_snap_m=max_snap_m)
        end = self.snap(destinations, max_snap_m=max_snap_m)
        return search.pairs(self.search_graph, start, end, limit_mm, threads=threads)

    def pairs_snapped(
        self, origins: Snapped, destinations: Snapped, *, limit_m: float, threads: int = 1
    ) -> Any:
        """Return all pairs within a limit, of points that :meth:`snap` has placed.

        Parameters
        ----------
        origins, destinations
            Places on the network.
        limit_m, threads
            As for :meth:`pairs`.

        Returns
        -------
        csr_array
            As :meth:`pairs` does.

        Raises
        ------
        UsageError
            If the limit is none.
        """
        limit_mm = limit_as_mm(float(limit_m), "limit_m") or 0
        return search.pairs(self.search_graph, origins, destinations, limit_mm, threads=threads)

    def service_lines(
        self, facility: Any, limit_m: float, *, max_snap_m: float | None = None
    ) -> Any:
        """Return the streets within a walking distance of one facility, cut at the limit.

        Parameters
        ----------
        facility
            One Point, or its two coordinates in metres.
        limit_m, max_snap_m
            As for :meth:`streets_within`.

        Returns
        -------
        MultiLineString
            In metres, empty where the facility's off-network leg alone exceeds the limit.

        Raises
        ------
        CrsError, GeometryError, NetworkError, UsageError
            As for :meth:`snap`.
        """
        return self.streets_within([facility], limit_m, max_snap_m=max_snap_m)

    def streets_within(
        self, facilities: Any, limit_m: float, *, max_snap_m: float | None = None
    ) -> Any:
        """Return the streets within a walking distance of any facility, cut at the limit.

        Parameters
        ----------
        facilities
            Points, as for :meth:`snap`.
        limit_m
            The farthest to walk, the facility's off-network leg included.
        max_snap_m
            As for :meth:`snap`; a facility beyond serves no street.

        Returns
        -------
        MultiLineString
            In metres, empty where every facility's off-network leg alone exceeds the limit.

        Raises
        ------
        CrsError, GeometryError, NetworkError, UsageError
            As for :meth:`snap`.
        """
        limit_mm = limit_as_mm(float(limit_m), "limit_m") or 0
        snapped = self.snap(facilities, max_snap_m=max_snap_m)
        return service.service_lines(self.search_graph, snapped, limit_mm)

    def service_areas(
        self,
        facilities: Any,
        limit_m: float,
        *,
        half_width_m: float = HALF_WIDTH_M,
        polygons: bool = True,
        max_snap_m: float | None = None,
    ) -> ServiceAreas:
        """Return what lies within a walking distance of each facility, by itself.

        Parameters
        ----------
        facilities
            Points, as for :meth:`snap`.
        limit_m
            The farthest to walk, the facility's off-network leg included.
        half_width_m
            The farthest that the polygons reach from a street; the way there counts.
        polygons
            Whether to make polygons too, which takes most of the time. They are for display:
            :func:`facilityplan.network.audit_service_areas` says how true they are.
        max_snap_m
            As for :meth:`snap`; a facility beyond has an empty area.

        Raises
        ------
        CrsError, GeometryError, NetworkError, UsageError
            As for :meth:`snap`.
        """
        limit_mm = limit_as_mm(float(limit_m), "limit_m") or 0
        width_mm = limit_as_mm(float(half_width_m), "half_width_m") or 0
        snapped = self.snap(facilities, max_snap_m=max_snap_m)
        stretches = service.stretches_each(self.search_graph, snapped, limit_mm)
        count, limit, width = len(snapped.edge), limit_mm / 1000.0, width_mm / 1000.0
        bands = (
            areas.polygons(self.edges, self.tree, stretches, count, width, limit)
            if polygons
            else None
        )
        lines = service.multilines(self.edges, *stretches.reached(), count)
        return ServiceAreas(lines, bands, limit, width)
