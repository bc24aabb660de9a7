"""Other ways to measure a service radius, and what each says of every residence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from facilityplan.checks import Context, Finding, Verdict
from facilityplan.coverage import node_reach, straight_reach, to_millimetres
from facilityplan.standards import Clause

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Outcomes = npt.NDArray[np.int8]

HOLDS, MISSES, OPEN = 1, 0, -1
"""The limit is kept; it is missed; that cannot be said."""


class Variant(StrEnum):
    """A way to hold a residence against its service radius."""

    STRAIGHT_LINE = "straight_line"
    WALKING = "walking"
    DETOUR = "detour"
    LIMIT_LESS = "limit_less"
    LIMIT_MORE = "limit_more"
    ERROR_NEARER = "error_nearer"
    ERROR_FARTHER = "error_farther"
    SLOW_WALK = "slow_walk"
    NODE_SNAP = "node_snap"


ON_FOOT = frozenset({Variant.WALKING, Variant.SLOW_WALK, Variant.NODE_SNAP})
"""Variants that need roads."""


@dataclass(frozen=True)
class SensitivityOptions:
    """By how much the method is varied.

    Parameters
    ----------
    coordinate_error_m
        The straight line is taken this much shorter and this much longer.
    detour_factor
        What a straight line is multiplied by where there are no roads.
    limit_change
        The limit is taken smaller and larger by this share.
    planning_m_per_min, elders_m_per_min
        Walking speeds: of planning (TD/T 1062), and of elders. The walking distance is held against
        the limit x elders / planning.
    """

    coordinate_error_m: float = 15.0
    detour_factor: float = 1.3
    limit_change: float = 0.1
    planning_m_per_min: float = 60.0
    elders_m_per_min: float = 48.0


@dataclass(frozen=True)
class Rows:
    """The radius findings of residences, one row each.

    Parameters
    ----------
    findings
        By clause, then residence.
    residence
        (r,) positions of the residences.
    verdict
        (r,) what the findings say.
    distance_m
        Straight line, walking distance and the way from node to node, (r,) metres each; NaN where
        the clause could not be settled, or there are no roads.
    facility, off_network
        (r,) the nearest facility in a straight line, -1 for none; whether off the roads.
    outcome
        What each variant says, (r,).
    """

    findings: tuple[Finding, ...]
    residence: Integers
    verdict: Outcomes
    distance_m: Mapping[str, Floats]
    facility: Integers
    off_network: npt.NDArray[np.bool_]
    outcome: Mapping[Variant, Outcomes]


def variants_of(context: Context) -> tuple[Variant, ...]:
    """Return the variants that a city's layers allow: without roads none is on foot."""
    return tuple(
        variant for variant in Variant if context.network is not None or variant not in ON_FOOT
    )


@dataclass
class _Distances:
    """Distances to the facilities that count and to those not fully described, by selection."""

    context: Context
    _nodes: dict[Any, Floats] = field(default_factory=dict)
    _maybe: dict[Any, Floats] = field(default_factory=dict)

    def nodes(self, clause: Clause) -> Floats | None:
        """Return the ways from node to node, (n,) metres."""
        context, key = self.context, _selection(clause)
        if context.network is None:
            return None
        if key not in self._nodes:
            rows = np.flatnonzero(context.reaching(clause).counting)
            self._nodes[key] = node_reach(
                context.demand,
                context.facilities_xy[rows],
                len(context.city.residences),
                context.network,
            )
        return self._nodes[key]

    def maybe(self, clause: Clause) -> Floats:
        """Return the least that an undescribed facility can be away, whatever lies between."""
        context, key = self.context, _selection(clause)
        if context.sight is None:
            return context.service_reach(clause).undecided.distance_m
        if key not in self._maybe:
            rows = np.flatnonzero(context.reaching(clause).undecided)
            size = len(context.city.residences)
            found = straight_reach(context.demand, context.facilities_xy[rows], size)
            self._maybe[key] = found.distance_m
        return self._maybe[key]


def _selection(clause: Clause) -> tuple[Any, ...]:
    return (clause.kinds, clause.kinds_serving_community, clause.statuses)


def evaluate(
    context: Context, findings: Sequence[Finding], measure: str, options: SensitivityOptions
) -> Rows:
    """Return what each variant says of every residence that a radius clause binds.

    Distances are taken once for each selection of facilities; a clause's limit is compared with
    them as data.
    """
    clauses = {clause.id: clause for clause in context.standards.clauses(measure)}
    position = {unit: row for row, unit in enumerate(context.cells("residences", "id"))}
    mine = tuple(
        sorted(
            (f for f in findings if f.clause_id in clauses and f.unit_kind == "residence"),
            key=lambda item: (item.clause_id, item.unit_id),
        )
    )
    size = len(mine)
    residence = np.fromiter((position[item.unit_id] for item in mine), np.int64, size)
    verdict = np.fromiter((_VERDICTS.get(item.verdict, OPEN) for item in mine), np.int8, size)
    distance = {name: np.full(size, np.nan) for name in ("straight", "walking", "node")}
    facility, off = np.full(size, -1, dtype=np.int64), np.zeros(size, dtype=bool)
    outcome = {variant: np.full(size, OPEN, dtype=np.int8) for variant in variants_of(context)}
    names = np.asarray([item.clause_id for item in mine], dtype=object)
    asked = np.asarray([item.required is not None for item in mine], dtype=bool)
    shared = _Distances(context)
    for name in sorted({item.clause_id for item in mine if item.required is not None}):
        clause = clauses[name]
        rows = np.flatnonzero((names == name) & asked)
        at = residence[rows]
        if not context.city.has("facilities"):
            continue
        reach = context.service_reach(clause)
        distance["straight"][rows] = reach.straight.distance_m[at]
        facility[rows] = reach.straight.facility[at]
        nodes = shared.nodes(clause)
        if reach.walking is not None and nodes is not None:
            distance["walking"][rows] = reach.walking.distance_m[at]
            distance["node"][rows] = nodes[at]
            off[rows] = reach.walking.off_network[at]
        undescribed = reach.undecided.distance_m[at], shared.maybe(clause)[at]
        own = {key: metres[rows] for key, metres in distance.items()}
        known = verdict[rows] != OPEN
        complete = context.city.facilities_complete
        for variant, column in outcome.items():
            said = _held(variant, clause, own, undescribed, options, complete=complete)
            column[rows] = np.where(known, said, OPEN)
    return Rows(mine, residence, verdict, distance, facility, off, outcome)


_VERDICTS = {Verdict.COMPLIANT: HOLDS, Verdict.NON_COMPLIANT: MISSES}


def _held(
    variant: Variant,
    clause: Clause,
    distance_m: Mapping[str, Floats],
    undescribed_m: tuple[Floats, Floats],
    options: SensitivityOptions,
    *,
    complete: bool,
) -> Outcomes:
    """Return what a variant says: held, missed, or open for want of what is not described."""
    name = {Variant.WALKING: "walking", Variant.SLOW_WALK: "walking", Variant.NODE_SNAP: "node"}
    limit = changed_limit(variant, clause.limit, options)
    measured = changed_distance(variant, distance_m[name.get(variant, "straight")], options)
    nearest = undescribed_m[1 if variant in ON_FOOT else 0]
    perhaps = _keeps(clause, changed_distance(variant, nearest, options), limit)
    doubtful = perhaps if complete else np.ones(len(measured), dtype=bool)
    missed = np.where(doubtful, OPEN, MISSES)
    return np.where(_keeps(clause, measured, limit), HOLDS, missed).astype(np.int8)


def _keeps(clause: Clause, distance_m: Floats, limit_m: float) -> npt.NDArray[np.bool_]:
    if clause.comparator is None:
        raise ValueError(f"clause {clause.id} has no comparator")
    # A comparator is typed for one figure; numpy compares a column with the same sign.
    held: Any = clause.comparator.holds(distance_m, limit_m)  # type: ignore[arg-type]
    return np.asarray(held, dtype=bool) & np.isfinite(distance_m)


def changed_limit(variant: Variant, limit_m: float, options: SensitivityOptions) -> float:
    """Return the limit that a variant holds its distance against, in whole millimetres."""
    factor = {
        Variant.LIMIT_LESS: 1.0 - options.limit_change,
        Variant.LIMIT_MORE: 1.0 + options.limit_change,
        Variant.SLOW_WALK: options.elders_m_per_min / options.planning_m_per_min,
    }.get(variant)
    if factor is None:
        return limit_m
    return float(to_millimetres(np.asarray([limit_m * factor]))[0])


def changed_distance(variant: Variant, distance_m: Floats, options: SensitivityOptions) -> Floats:
    """Return the distance as a variant takes it, metres from whole millimetres."""
    if variant is Variant.DETOUR:
        return to_millimetres(distance_m * options.detour_factor)
    if variant is Variant.ERROR_NEARER:
        return np.maximum(to_millimetres(distance_m - options.coordinate_error_m), 0.0)
    if variant is Variant.ERROR_FARTHER:
        return to_millimetres(distance_m + options.coordinate_error_m)
    return distance_m
