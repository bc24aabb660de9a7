"""Adjacency: how far each health facility is from the nearest elder-care facility of its pair.

The texts at hand say "beside" and give no distance: the distance is shown, no verdict is given.
A clause that gives one is judged by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, judged, undecided
from facilityplan.provision import select
from facilityplan.standards import Adoption, Clause, Unit
from facilityplan.units import whole_millimetres


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each facility of the first kind of a clause's pairs."""
    if not context.city.has("facilities"):
        return []
    unit = Unit(areas=frozenset(context.city.named_areas))
    return [
        _judge(context, adoption, row, partners)
        for adoption in context.binding("adjacency", unit)
        for row, partners in _firsts(context, adoption.clause).items()
    ]


def pairs_of(clause: Clause) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the pairs of kinds: ``["a", "b"]``, ``"a-b"``, or lists of kinds on either side."""
    found: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    for pair in clause.parameters["pairs"]:
        sides = pair.split("-") if isinstance(pair, str) else pair
        first, second = (
            (side.strip(),) if isinstance(side, str) else tuple(side) for side in sides
        )
        found.append((first, second))
    return found


def _rows(context: Context, kinds: Sequence[str], statuses: Sequence[str]) -> list[int]:
    return np.flatnonzero(select(context.city.facilities, kinds, statuses).counting).tolist()


def _firsts(context: Context, clause: Clause) -> Mapping[int, tuple[str, ...]]:
    """Return the partner kinds of every facility that is the first of a pair, by its position."""
    found: dict[int, tuple[str, ...]] = {}
    for first, second in pairs_of(clause):
        for row in _rows(context, first, clause.statuses):
            found[row] = tuple(dict.fromkeys((*found.get(row, ()), *second)))
    return dict(sorted(found.items()))


def _judge(context: Context, adoption: Adoption, row: int, partners: tuple[str, ...]) -> Finding:
    clause, city = adoption.clause, context.city
    ref = context.facility_ref(row)
    nearest = [_nearest(context, row, kind, clause.statuses) for kind in partners]
    evidence: dict[str, Any] = {"pairs": nearest}
    known = [item["distance_m"] for item in nearest if item["distance_m"] is not None]
    value = min(known, default=None)
    if not clause.is_numeric:
        return undecided(
            adoption, ref, "reason.adjacency_without_distance", value=value, evidence=evidence
        )
    if value is None and not city.facilities_complete:
        return undecided(
            adoption, ref, "reason.facilities_incomplete", required=clause.limit, evidence=evidence
        )
    return judged(
        adoption,
        ref,
        value=float("inf") if value is None else value,
        required=clause.limit,
        formula={"id": "formula.adjacency"},
        evidence=evidence,
        accuracy=city.positional_accuracy_m,
    )


def _nearest(context: Context, row: int, kind: str, statuses: Sequence[str]) -> dict[str, Any]:
    """Return the nearest facility of a kind and its straight distance; ties go to the first id."""
    rows = context.by_id(np.asarray(_rows(context, [kind], statuses), dtype=np.int64))
    rows = rows[rows != row]
    if len(rows) == 0:
        return {"kind": kind, "facility": None, "distance_m": None}
    away = context.facilities_xy[rows] - context.facilities_xy[row]
    distance_m = [whole_millimetres(float(d)) / 1000.0 for d in np.hypot(away[:, 0], away[:, 1])]
    at = int(np.argmin(distance_m))
    return {
        "kind": kind,
        "facility": context.cells("facilities", "id")[int(rows[at])],
        "distance_m": distance_m[at],
    }
