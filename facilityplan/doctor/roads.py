"""Roads in pieces, ends that stop just short of another road."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from facilityplan.doctor.parts import Part
from facilityplan.doctor.problems import Problem, Severity, found
from facilityplan.doctor.thresholds import threshold
from facilityplan.network import Network


def road_problems(parts: Sequence[Part], network: Network | None) -> list[Problem]:
    """Return roads that hang on no other, and ends that miss another road by a little.

    Parameters
    ----------
    parts
        Files of roads, metres.
    network
        The graph made of them, ``None`` where it could not be made.
    """
    problems: list[Problem] = []
    if network is not None and network.report.components > 1:
        problems.append(_pieces(parts[0], network))
    rows = [
        (part, position, line)
        for part in parts
        for position, line in enumerate(part.frame.geometry)
        if line is not None and not line.is_empty and line.length > 0.0
    ]
    return problems + _short_ends(rows)


def _pieces(part: Part, network: Network) -> Problem:
    return Problem(
        "roads_in_pieces",
        Severity.WARNING,
        layer="roads",
        file=part.own.file,
        sheet=part.own.sheet,
        parameters={
            "components": int(network.report.components),
            "largest_share": float(np.round(network.report.largest_share, 6)),
        },
    )


def _short_ends(rows: Sequence[tuple[Part, int, shapely.LineString]]) -> list[Problem]:
    """Return ends that touch nothing though another road passes within the limit."""
    gap = threshold("road_end_gap_m")
    lines = np.asarray([line for _, _, line in rows], dtype=object)
    if not len(lines):
        return []
    pieces, owner = shapely.get_parts(lines, return_index=True)
    ends = np.concatenate([shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)])
    owner = np.concatenate([owner, owner])
    tree = shapely.STRtree(lines)
    end, near = tree.query(ends, predicate="dwithin", distance=gap.high)
    other = owner[end] != near
    end, near = end[other], near[other]
    distance_m = shapely.distance(ends[end], lines[near])
    met = np.zeros(len(ends), dtype=bool)
    met[end[distance_m < gap.low]] = True
    problems: list[Problem] = []
    told: set[int] = set()
    for n in np.lexsort((near, distance_m, end)):
        at = int(end[n])
        if met[at] or at in told:
            continue
        told.add(at)
        part, position, _ = rows[owner[at]]
        there, beside, _ = rows[near[n]]
        problems.append(
            found(
                "road_end_short",
                Severity.WARNING,
                part,
                position,
                gap_m=float(np.round(distance_m[n], 3)),
                other=int(there.own.rows[beside]),
            )
        )
    return problems
