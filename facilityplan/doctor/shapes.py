"""Geometries: missing, of the wrong type, invalid, slivers, holes, copies, overlaps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
import shapely
from shapely.validation import explain_validity

from facilityplan.doctor.parts import Part
from facilityplan.doctor.problems import Action, Fix, Problem, Severity, aside, found
from facilityplan.doctor.thresholds import threshold
from facilityplan.layers import LAYERS
from facilityplan.locale import Listed

DISJOINT_LAYERS: Final = ("residences", "parcels")
"""Layers whose polygons do not overlap; zones are held against their levels."""

PLACED_ONCE: Final = ("facilities", "candidates", "residences")
"""Layers of which no two objects stand at one place."""

_POLYGONS: Final = frozenset({"Polygon", "MultiPolygon"})


def shape_problems(part: Part) -> list[Problem]:
    """Return what is wrong with each geometry of a part, taken by itself."""
    contract = LAYERS[part.layer].geometry
    problems: list[Problem] = []
    for position, shape in enumerate(part.frame.geometry):
        if position in part.unplaced:
            continue
        if shape is None or shape.is_empty:
            fix = aside(part.layer)
            problems.append(found("geometry_missing", Severity.ERROR, part, position, fix=fix))
        elif shape.geom_type not in contract:
            problems.append(_wrong_type(part, position, shape, contract))
        elif shape.geom_type in _POLYGONS:
            problems += _polygon(part, position, shape)
        elif not shape.is_valid and shape.length == 0.0 and shape.geom_type != "Point":
            problems.append(
                found(
                    "line_without_length",
                    Severity.NOTE,
                    part,
                    position,
                    fix=aside(part.layer),
                )
            )
    return problems


def _wrong_type(part: Part, position: int, shape: Any, contract: Collection[str]) -> Problem:
    """Return the problem; what holds one usable geometry and nothing else is that geometry."""
    inner = [piece for piece in shapely.get_parts(shape) if not piece.is_empty]
    usable = [piece for piece in inner if piece.geom_type in contract]
    fix = aside(part.layer)
    if len(usable) == 1 and (
        len(inner) == 1 or (usable[0].area > 0 and sum(p.area for p in inner) == usable[0].area)
    ):
        fix = Fix(Action.SHAPE, usable[0])
    return found(
        "geometry_type",
        Severity.ERROR,
        part,
        position,
        value=shape.geom_type,
        fix=fix,
        found=shape.geom_type,
        allowed=Listed(contract),
    )


def repaired(shape: Any) -> Any | None:
    """Return a polygon made valid where that needs no guess, else ``None``.

    Two ways of reading an invalid ring (by its lines, by its structure) must agree on the area
    to a hundredth; a bow tie is one triangle to one and two to the other, and stays.
    """
    limit = threshold("repair_area_share").high
    lines = _polygonal(shapely.make_valid(shape, method="linework"))
    structure = _polygonal(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    bare = _polygonal(shapely.buffer(shape, 0.0))
    areas = [item.area for item in (lines, structure, bare)]
    if min(areas) <= 0.0 or max(areas) - min(areas) > limit * max(areas):
        return None
    if abs(structure.area - abs(shape.area)) > limit * structure.area:
        return None
    return structure


def usable(shape: Any) -> Any | None:
    """Return the polygon that a geometry is or surely means, ``None`` where it means none."""
    if shape is None or shape.is_empty:
        return None
    if shape.geom_type not in _POLYGONS:
        inner = [p for p in shapely.get_parts(shape) if p.geom_type in _POLYGONS]
        return usable(inner[0]) if len(inner) == 1 else None
    return shape if shape.is_valid else repaired(shape)


def _polygonal(shape: Any) -> Any:
    pieces = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0]
    nested = [q for p in shapely.get_parts(shape) for q in shapely.get_parts(p)]
    pieces = pieces or [p for p in nested if p.geom_type == "Polygon" and p.area > 0]
    return pieces[0] if len(pieces) == 1 else shapely.multipolygons(pieces)


def _polygon(part: Part, position: int, shape: Any) -> list[Problem]:
    if not shape.is_valid:
        better = repaired(shape)
        return [
            found(
                "geometry_invalid",
                Severity.ERROR,
                part,
                position,
                fix=aside(part.layer) if better is None else Fix(Action.SHAPE, better),
                reason=explain_validity(shape),
            )
        ]
    better = _without_small_holes(shapely.remove_repeated_points(shape))
    fix = Fix(Action.SHAPE, better)
    problems: list[Problem] = []
    bare = shapely.remove_repeated_points(shape)
    many, few = shapely.get_num_coordinates([shape, bare])
    if few < many:
        count = int(many - few)
        problems.append(
            found("repeated_points", Severity.NOTE, part, position, fix=fix, count=count)
        )
    return problems + _slivers(part, position, shape) + _holes(part, position, shape, fix)


def mean_width_m(shape: Any) -> float:
    """Return area over half the perimeter: the width of a strip."""
    perimeter_m = float(shape.length)
    return 2.0 * float(shape.area) / perimeter_m if perimeter_m else 0.0


def _slivers(part: Part, position: int, shape: Any) -> list[Problem]:
    limit_m = threshold("sliver_width_m").high
    widths = [mean_width_m(piece) for piece in shapely.get_parts(shape)]
    thin = [width for width in widths if width < limit_m]
    if not thin:
        return []
    return [
        found(
            "sliver",
            Severity.WARNING,
            part,
            position,
            width_m=float(np.round(min(thin), 3)),
            pieces=len(thin),
            limit_m=limit_m,
        )
    ]


def _small(ring: Any) -> bool:
    return bool(shapely.polygons(ring).area < threshold("small_hole_m2").high)


def _without_small_holes(shape: Any) -> Any:
    filled = [
        shapely.polygons(
            piece.exterior, holes=[r for r in piece.interiors if not _small(r)] or None
        )
        for piece in shapely.get_parts(shape)
    ]
    return filled[0] if shape.geom_type == "Polygon" else shapely.multipolygons(filled)


def _holes(part: Part, position: int, shape: Any, fix: Fix) -> list[Problem]:
    """Holes too small for anything to stand in."""
    areas = [
        shapely.polygons(ring).area
        for piece in shapely.get_parts(shape)
        for ring in piece.interiors
        if _small(ring)
    ]
    if not areas:
        return []
    return [
        found(
            "small_hole",
            Severity.WARNING,
            part,
            position,
            fix=fix,
            count=len(areas),
            area_m2=float(np.round(sum(areas), 3)),
            limit_m2=threshold("small_hole_m2").high,
        )
    ]


def overlap_problems(parts: Sequence[Part]) -> list[Problem]:
    """Return pairs of one layer that overlap, coincide, or stand at one place.

    Each pair is told once, at the later row.
    """
    rows = [
        (part, position, shape)
        for part in parts
        for position, shape in enumerate(part.frame.geometry)
        if shape is not None and not shape.is_empty and shape.is_valid
    ]
    if not rows:
        return []
    layer = parts[0].layer
    problems: list[Problem] = []
    if layer in DISJOINT_LAYERS:
        problems += _overlaps([row for row in rows if row[2].geom_type in _POLYGONS])
    if layer in PLACED_ONCE:
        problems += _same_place([row for row in rows if row[2].geom_type == "Point"])
    return problems


_Row = tuple[Part, int, Any]


def _overlaps(rows: Sequence[_Row]) -> list[Problem]:
    share, width_m = threshold("overlap_share").high, threshold("sliver_width_m").high
    shapes = np.asarray([row[2] for row in rows], dtype=object)
    if not len(shapes):
        return []
    later, earlier = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    keep = later > earlier
    later, earlier = later[keep], earlier[keep]
    common = shapely.intersection(shapes[later], shapes[earlier])
    areas = shapely.area(common)
    problems: list[Problem] = []
    for a, b, piece, area in zip(later, earlier, common, areas, strict=True):
        smaller = min(shapes[a].area, shapes[b].area)
        if smaller <= 0.0 or area <= share * smaller or mean_width_m(piece) < width_m:
            continue
        part, position, _ = rows[a]
        other, at, _ = rows[b]
        name = "same_shape" if shapes[a].equals(shapes[b]) else "overlap"
        problems.append(
            found(
                name,
                Severity.WARNING,
                part,
                position,
                area_m2=float(np.round(area, 1)),
                share=float(np.round(area / smaller, 4)),
                other=other.item(at) or str(other.own.rows[at]),
                other_file=other.own.file,
            )
        )
    return problems


def _same_place(rows: Sequence[_Row]) -> list[Problem]:
    limit_m = threshold("duplicate_place_m").high
    points = np.asarray([row[2] for row in rows], dtype=object)
    if len(points) < 2:
        return []
    later, earlier = shapely.STRtree(points).query(points, predicate="dwithin", distance=limit_m)
    first: dict[int, int] = {}
    for a, b in zip(later.tolist(), earlier.tolist(), strict=True):
        if a > b:
            first[a] = min(b, first.get(a, b))
    return [
        found(
            "same_place",
            Severity.WARNING,
            rows[a][0],
            rows[a][1],
            other=rows[b][0].item(rows[b][1]) or str(rows[b][0].own.rows[rows[b][1]]),
        )
        for a, b in sorted(first.items())
    ]
