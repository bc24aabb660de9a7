"""Share of the communities, villages or towns of a region that have a facility.

A zone is covered where a facility that counts stands inside it; by the reading ``within_radius``,
where all its residences lie within the clause's radius of one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from facilityplan.checks.context import Context
from facilityplan.checks.counting import at_least, both, counted, ids
from facilityplan.checks.finding import Finding, undecided
from facilityplan.checks.regions import Region, judge_regions
from facilityplan.checks.spans import Part, judged_within, listed, share_of
from facilityplan.provision import Selection, reaching
from facilityplan.standards import Adoption, Clause

MEASURE = "coverage_share"
WITHIN_RADIUS = "within_radius"
INSIDE = "inside_boundary"
PERSONS = ("population", "registered_population")


@dataclass(frozen=True)
class Covered:
    """Whether a zone is covered (``None``: cannot be said), and the facilities that cover it."""

    yes: bool | None
    facilities: tuple[str, ...] = ()


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each region that a clause asks a coverage by count of zones of."""
    selections: dict[str, Selection] = {}

    def judge(context: Context, adoption: Adoption, region: Region) -> Finding:
        clause = adoption.clause
        if clause.id not in selections:
            selections[clause.id] = _counting(context, clause)
        return _judge(context, adoption, region, selections[clause.id])

    return judge_regions(context, MEASURE, judge)


def _counting(context: Context, clause: Clause) -> Selection:
    found = counted(context, clause)
    least = clause.parameters.get("min_floor_area_m2")
    if least is None:
        return found
    return both(found, at_least(context.city.facilities, "floor_area_m2", float(least)))


def _judge(context: Context, adoption: Adoption, region: Region, selection: Selection) -> Finding:
    clause = adoption.clause
    level = str(clause.parameters["of_level"])
    zones = context.zones_within(region.zones, level).tolist()
    if not zones:
        reason = "reason.no_zones_of_level"
        return undecided(adoption, region.unit, reason, required=clause.limit, level=level)
    ruled = WITHIN_RADIUS if WITHIN_RADIUS in context.chosen(clause) else INSIDE
    if ruled == WITHIN_RADIUS and "radius_m" not in clause.parameters:
        return undecided(adoption, region.unit, "reason.no_radius", required=clause.limit)
    if ruled == WITHIN_RADIUS and not context.city.has("residences"):
        return undecided(adoption, region.unit, "reason.no_residences_layer", required=clause.limit)
    members = {row: _is_member(context, clause, row) for row in zones}
    cover = _within_radius if ruled == WITHIN_RADIUS else _inside
    covers = cover(context, clause, selection)
    found = {row: covers(row) for row, member in members.items() if member is not False}
    share = share_of(
        Part.one(asked_for=covered.yes, counts=members[row] is True)
        for row, covered in found.items()
    )
    evidence = _evidence(context, found, members, level, ruled)
    names = listed(evidence["undecided"])
    if share.span is None:
        reason = "reason.no_zones_meant" if share.is_empty else "reason.coverage_unknown"
        return undecided(
            adoption,
            region.unit,
            reason,
            required=clause.limit,
            evidence=evidence,
            zones=names,
            level=level,
        )
    return judged_within(
        adoption,
        region.unit,
        share.span,
        formula={
            "id": "formula.coverage_share",
            "covered": share.asked,
            "zones": share.whole,
            "level": level,
        },
        evidence=evidence,
        doubt={"id": "reason.coverage_unknown", "zones": names},
    )


def _is_member(context: Context, clause: Clause, row: int) -> bool | None:
    """Return whether a clause means a zone, by its setting and persons; ``None`` if not known."""
    said: list[bool | None] = []
    if "of_setting" in clause.parameters:
        setting = context.cells("zones", "setting")[row]
        said.append(None if setting is None else setting == clause.parameters["of_setting"])
    if "min_population" in clause.parameters:
        taken = next((name for name in PERSONS if name in context.chosen(clause)), None)
        persons = context.cells("zones", taken or clause.basis.persons or PERSONS[0])[row]
        enough = persons >= clause.parameters["min_population"]
        said.append(None if np.isnan(persons) else bool(enough))
    if False in said:
        return False
    return None if None in said else True


Covers = Callable[[int], Covered]


def _inside(context: Context, _clause: Clause, selection: Selection) -> Covers:
    """Return whether a zone has a facility that counts inside its boundary."""
    return partial(_has_one, context, selection)


def _has_one(context: Context, selection: Selection, row: int) -> Covered:
    rows = context.facilities_within([row])
    counting = rows[selection.counting[rows]]
    if len(counting):
        return Covered(True, tuple(ids(context, counting)))
    maybe = rows[selection.undecided[rows]]
    if len(maybe) or not context.city.facilities_complete:
        return Covered(None, tuple(ids(context, maybe)))
    return Covered(False)


def _within_radius(context: Context, clause: Clause, selection: Selection) -> Covers:
    """Return whether all residences of a zone lie within the clause's radius of a facility."""
    radius_m = float(clause.parameters["radius_m"])
    within = reaching(context.city, selection)
    sure = np.flatnonzero(within.counting)
    maybe = np.flatnonzero(within.counting | within.undecided)
    near, perhaps = context.straight_to(sure), context.straight_to(maybe)

    def covers(row: int) -> Covered:
        homes = context.residences_within([row])
        if len(homes) == 0:
            return Covered(None)
        if bool((near.distance_m[homes] <= radius_m).all()):
            serving = sorted(set(ids(context, sure[near.facility[homes]])))
            return Covered(True, tuple(serving))
        reachable = bool((perhaps.distance_m[homes] <= radius_m).all())
        return Covered(None if reachable or not context.city.facilities_complete else False)

    return covers


def _evidence(
    context: Context,
    found: dict[int, Covered],
    members: dict[int, bool | None],
    level: str,
    ruled: str,
) -> dict[str, Any]:
    names = context.cells("zones", "id")
    unsure = [row for row in found if found[row].yes is None or members[row] is None]
    return {
        "of_level": level,
        "reading": ruled,
        "covered": [
            {"zone": names[row], "facilities": list(covered.facilities)}
            for row, covered in found.items()
            if covered.yes and row not in unsure
        ],
        "uncovered": [names[row] for row in found if found[row].yes is False and row not in unsure],
        "undecided": [names[row] for row in unsure],
    }
