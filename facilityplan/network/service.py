"""Service areas as streets: what lies within a walking distance, cut exactly at the limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from facilityplan.network.noding import Edges
from facilityplan.network.search import attach, graph
from facilityplan.network.snap import Snapped


def service_lines(edges: Edges, facility: Snapped, limit_mm: int) -> Any:
    """Return the stretches of street within the limit of one facility, as a MultiLineString.

    The facility's off-network leg is walked first. Nothing within reach is an empty geometry.
    """
    left_mm = limit_mm - int(facility.off_mm[0])
    if facility.off_network[0] or left_mm < 0:
        return shapely.MultiLineString()
    links = attach(edges, (facility,))
    from_facility = dijkstra(graph(links), indices=links.points[0][0], limit=float(left_mm))
    span = links.end_mm - links.begin_mm
    ahead, back = (
        np.clip(left_mm - from_facility[side], 0, span).astype(np.int64)
        for side in (links.tail, links.head)
    )
    whole = ahead + back >= span
    begin = np.concatenate([links.begin_mm, (links.end_mm - back)[~whole]])
    end = np.concatenate(
        [np.where(whole, links.end_mm, links.begin_mm + ahead), links.end_mm[~whole]]
    )
    edge = np.concatenate([links.edge, links.edge[~whole]])
    some = np.flatnonzero(end > begin)
    some = some[np.lexsort((begin[some], edge[some]))]
    pieces = []
    for number, from_mm, to_mm in zip(edge[some], begin[some], end[some], strict=True):
        line, length_mm = edges.lines[number], edges.length_mm[number]
        if from_mm == 0 and to_mm == length_mm:
            pieces.append(line)
        else:
            # the last millimetre is the end of the line, whatever the rounding of its length
            to_m = line.length if to_mm == length_mm else to_mm / 1000.0
            pieces.append(substring(line, from_mm / 1000.0, to_m))
    return shapely.MultiLineString(pieces)
