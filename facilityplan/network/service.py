"""Service areas as streets: what lies within a walking distance, cut exactly at the limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from shapely.ops import substring

from facilityplan.network.noding import Edges
from facilityplan.network.search import attach, flood
from facilityplan.network.snap import Snapped


def service_lines(edges: Edges, facilities: Snapped, limit_mm: int) -> Any:
    """Return the stretches of street within the limit of any facility, as a MultiLineString.

    The facilities' off-network legs are walked first. Nothing within reach is an empty geometry.
    One search serves all facilities, however many there are.
    """
    near = np.flatnonzero(~facilities.off_network & (facilities.off_mm <= limit_mm))
    if not len(near):
        return shapely.MultiLineString()
    links = attach(edges, (facilities,))
    off_mm = facilities.off_mm[near]
    # no way is longer than all edges together: the sums stay exact whatever the limit
    reach_mm = min(limit_mm, int(edges.length_mm.sum() + off_mm.max()))
    found = flood(links, links.points[0][near], off_mm, reach_mm)
    left_mm = limit_mm - np.floor((found - 1.0) / len(near))
    span = links.end_mm - links.begin_mm
    ahead, back = (
        np.clip(left_mm[side], 0, span).astype(np.int64) for side in (links.tail, links.head)
    )
    whole = ahead + back >= span
    begin = np.concatenate([links.begin_mm, (links.end_mm - back)[~whole]])
    end = np.concatenate(
        [np.where(whole, links.end_mm, links.begin_mm + ahead), links.end_mm[~whole]]
    )
    edge = np.concatenate([links.edge, links.edge[~whole]])
    some = np.flatnonzero(end > begin)
    some = some[np.lexsort((begin[some], edge[some]))]
    edge, begin, end = edge[some], begin[some], end[some]
    # stretches of one edge that meet where a facility stands are one
    fresh = np.ones(len(some), dtype=np.bool_)
    fresh[1:] = (edge[1:] != edge[:-1]) | (begin[1:] > end[:-1])
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(some)) - 1
    pieces = []
    for number, from_mm, to_mm in zip(edge[first], begin[first], end[last], strict=True):
        line, length_mm = edges.lines[number], edges.length_mm[number]
        if from_mm == 0 and to_mm == length_mm:
            pieces.append(line)
        else:
            # the last millimetre is the end of the line, whatever the rounding of its length
            to_m = line.length if to_mm == length_mm else to_mm / 1000.0
            pieces.append(substring(line, from_mm / 1000.0, to_m))
    return shapely.MultiLineString(pieces)
