"""Zones that do not tile: gaps and overlaps between those of one level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import shapely

from facilityplan.doctor.parts import Part
from facilityplan.doctor.problems import Problem, Severity, found
from facilityplan.doctor.shapes import mean_width_m, usable
from facilityplan.doctor.thresholds import threshold

PEERS: Final = {"community": "community", "village": "community"}
"""Levels that tile a town together."""

_Row = tuple[Part, int, Any]


def tiling_problems(parts: Sequence[Part]) -> list[Problem]:
    """Return overlaps between zones of one level, and gaps between a zone and its parts.

    A zone's parts are those that name it as their parent; parts that reach beyond their whole are
    told too. What is narrower than a sliver is drawing accuracy.
    """
    rows = [
        (part, position, usable(shape))
        for part in parts
        for position, shape in enumerate(part.frame.geometry)
    ]
    # Beside a zone whose outline is unknown a gap says nothing.
    unknown = {
        part.frame["parent"].iloc[position] for part, position, shape in rows if shape is None
    }
    rows = [row for row in rows if row[2] is not None]
    levels: dict[str, list[_Row]] = defaultdict(list)
    children: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        part, position, _ = row
        level = part.frame["level"].iloc[position]
        if level is not None:
            levels[PEERS.get(level, level)].append(row)
        above = part.frame["parent"].iloc[position]
        if above is not None:
            children[above].append(row)
    problems: list[Problem] = []
    for level in sorted(levels):
        problems += _overlaps(levels[level])
    for row in rows:
        name = row[0].item(row[1])
        if name is not None and name not in unknown and children.get(name):
            problems += _against_parts(row, children[name])
    return problems


def _matters(shape: Any) -> list[Any]:
    """Return the pieces of an area that are more than drawing accuracy."""
    area_m2, width_m = threshold("tile_area_m2").high, threshold("sliver_width_m").high
    return [
        piece
        for piece in shapely.get_parts(shape)
        if piece.area > area_m2 and mean_width_m(piece) > width_m
    ]


def _overlaps(rows: Sequence[_Row]) -> list[Problem]:
    shapes = np.asarray([row[2] for row in rows], dtype=object)
    later, earlier = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    inside = shapely.STRtree(shapes).query(shapes, predicate="contains_properly")
    equal = shapely.STRtree(shapes).query(shapes, predicate="covers")
    pairs = {(max(a, b), min(a, b)) for a, b in zip(later.tolist(), earlier.tolist(), strict=True)}
    for found_pairs in (inside, equal):
        pairs |= {
            (max(a, b), min(a, b)) for a, b in zip(*found_pairs.tolist(), strict=True) if a != b
        }
    problems: list[Problem] = []
    for a, b in sorted(pairs):
        pieces = _matters(shapely.intersection(shapes[a], shapes[b]))
        if not pieces:
            continue
        part, position, _ = rows[a]
        other, at, _ = rows[b]
        problems.append(
            found(
                "zones_overlap",
                Severity.WARNING,
                part,
                position,
                other=other.item(at) or "-",
                area_m2=float(np.round(sum(piece.area for piece in pieces), 1)),
            )
        )
    return problems


def _against_parts(row: _Row, children: Sequence[_Row]) -> list[Problem]:
    part, position, whole = row
    together = shapely.union_all([child[2] for child in children])
    problems: list[Problem] = []
    for name, pieces in (
        ("zones_gap", _matters(shapely.difference(whole, together))),
        ("zones_beyond", _matters(shapely.difference(together, whole))),
    ):
        if pieces:
            problems.append(
                found(
                    name,
                    Severity.WARNING,
                    part,
                    position,
                    pieces=len(pieces),
                    area_m2=float(np.round(sum(piece.area for piece in pieces), 1)),
                )
            )
    return problems
