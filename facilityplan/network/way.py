"""The line of one shortest way, to be drawn; distances alone are searched elsewhere, and faster."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from facilityplan.network.graph import Network
from facilityplan.network.millimetres import FloatArray
from facilityplan.network.search import Links, attach, shortest_links
from facilityplan.network.snap import Snapped


def shortest_way(
    network: Network,
    start: FloatArray,
    end: FloatArray,
    *,
    within_m: float,
    max_snap_m: float | None = None,
) -> shapely.LineString | None:
    """Return the shortest way on foot between two points, both off-network legs in it.

    Parameters
    ----------
    network
        Walkable roads.
    start, end
        Two coordinates in metres each.
    within_m
        No way is longer than this: roads farther off are not looked at.
    max_snap_m
        The farthest that a point may be from the network.

    Returns
    -------
    LineString or None
        ``None`` where no way so short connects the points.
    """
    ends = np.asarray([start, end], dtype=np.float64)
    snapped = network.snap(ends, max_snap_m=max_snap_m)
    if snapped.off_network.any():
        return None
    near = shapely.box(*(ends[0] - within_m - 1), *(ends[0] + within_m + 1))
    rows = np.union1d(network.tree.query(near), snapped.edge)
    whole = network.edges
    edges = dataclasses.replace(
        whole,
        tail=whole.tail[rows],
        head=whole.head[rows],
        length_mm=whole.length_mm[rows],
        lines=whole.lines[rows],
    )
    local = dataclasses.replace(snapped, edge=np.searchsorted(rows, snapped.edge))
    links = attach(edges, [local])
    chain = _chain(links, local, within_m)
    if chain is None:
        return None
    parts = [ends[:1], _foot(edges.lines, local, 0)]
    parts += [_stretch(links, edges, link, forward=forward) for link, forward in chain]
    parts += [_foot(edges.lines, local, 1), ends[1:]]
    return shapely.LineString(np.concatenate(parts))


def _chain(links: Links, ends: Snapped, within_m: float) -> list[tuple[int, bool]] | None:
    """Return the links from the first point to the second, and whether each is walked forward."""
    first, last = (int(place) for place in links.points[0])
    ways, link = shortest_links(links)
    limit = max(0.0, math.ceil(within_m * 1000) - float(ends.off_mm.sum()) + 1)
    distance, before = dijkstra(
        ways, directed=True, indices=first, limit=limit, return_predecessors=True
    )
    if not math.isfinite(distance[last]):
        return None
    chain, here = [], last
    while here != first:
        came = int(before[here])
        row = slice(ways.indptr[came], ways.indptr[came + 1])
        at = ways.indptr[came] + int(np.flatnonzero(ways.indices[row] == here)[0])
        number = int(link[at])
        chain.append((number % len(links.edge), number < len(links.edge)))
        here = came
    return chain[::-1]


def _foot(lines: Any, ends: Snapped, at: int) -> FloatArray:
    """Return where a point meets its edge."""
    spot = shapely.line_interpolate_point(lines[ends.edge[at]], ends.position_mm[at] / 1000.0)
    return np.asarray(shapely.get_coordinates(spot), dtype=np.float64)


def _stretch(links: Links, edges: Any, link: int, *, forward: bool) -> FloatArray:
    line = edges.lines[links.edge[link]]
    whole = links.end_mm[link] == edges.length_mm[links.edge[link]]
    to_m = line.length if whole else links.end_mm[link] / 1000.0
    xy = shapely.get_coordinates(substring(line, links.begin_mm[link] / 1000.0, to_m))
    return np.asarray(xy if forward else xy[::-1], dtype=np.float64)
