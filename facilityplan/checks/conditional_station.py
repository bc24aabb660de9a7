"""Conditional station: estates farther than a distance from their own community's centre.

The trigger is the distance, in a straight line, to the nearest centre of the community that the
estate belongs to; another community's centre does not count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from facilityplan.checks.context import Context
from facilityplan.checks.finding import (
    Finding,
    doubt_of,
    judged,
    not_applicable,
    reading_of,
    undecided,
)
from facilityplan.coverage import DemandPoints, Metric, Reach, straight_reach
from facilityplan.locale import Listed
from facilityplan.provision import Provided, floor_area, select, zone_membership
from facilityplan.standards import Adoption, Clause, Comparator

EXISTING = "existing"
"""What a residence whose status is not known is taken for first: nothing planned counts."""


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each residence that a station clause speaks of."""
    city = context.city
    if not city.has("residences"):
        return []
    findings: list[Finding] = []
    memo: dict[str, Any] = {}
    for row, unit in enumerate(context.residence_units()):
        for adoption in context.binding("conditional_station", unit):
            doubt = doubt_of(adoption)
            if doubt is not None:
                ref = context.residence_ref(row)
                findings.append(undecided(adoption, ref, doubt))
            else:
                findings.append(_judge(context, adoption, row, memo))
    return findings


def _judge(context: Context, adoption: Adoption, row: int, memo: dict[str, Any]) -> Finding:
    city, clause = context.city, adoption.clause
    ref = context.residence_ref(row)
    if not (city.has("zones") and city.has("facilities")):
        return undecided(adoption, ref, "reason.no_zones_or_facilities", required=clause.limit)
    community = next(
        (
            at
            for at in context.zone_chain()[row]
            if context.cells("zones", "level")[at] == "community"
        ),
        None,
    )
    if community is None:
        return undecided(adoption, ref, "reason.no_community", required=clause.limit)
    name = context.cells("zones", "name")[community]
    if clause.id not in memo:
        centres = select(city.facilities, clause.parameters["centre_kinds"], ("operating",))
        memo[clause.id] = (
            centre_reach(context, centres.counting),
            centre_reach(context, centres.undecided),
        )
    known, maybe = memo[clause.id]
    distance = float(known.distance_m[row])
    evidence: dict[str, Any] = {"community": name}
    trigger = Comparator(clause.parameters["trigger_comparator"])
    limit = float(clause.parameters["trigger_distance_m"])
    if not np.isfinite(distance):
        answer = reading_of(clause, "no_centre", city.readings)
        evidence["reading"] = answer
        if answer == "insufficient_data":
            return undecided(
                adoption,
                ref,
                "reason.community_without_centre",
                required=clause.limit,
                evidence=evidence,
                community=name,
            )
        if answer == "not_applicable":
            return not_applicable(
                adoption, ref, "reason.community_without_centre", evidence, community=name
            )
    else:
        evidence["centre_m"] = distance
        if not trigger.holds(distance, limit):
            return not_applicable(
                adoption, ref, "reason.within_centre", evidence, distance=distance, limit=limit
            )
    undescribed = None
    if np.isfinite(maybe.distance_m[row]) and not trigger.holds(
        float(maybe.distance_m[row]), limit
    ):
        undescribed = context.cells("facilities", "id")[int(maybe.facility[row])]
    return _station(context, adoption, row, evidence, undescribed)


def _station(
    context: Context,
    adoption: Adoption,
    row: int,
    evidence: dict[str, Any],
    undescribed: str | None,
) -> Finding:
    """Judge the largest single station of a residence that must have one.

    ``undescribed`` is a facility that would be its centre, near enough, if it is one at all.
    """
    city, clause = context.city, adoption.clause
    ref = context.residence_ref(row)
    status = context.cells("residences", "status")[row]
    provided = _stations(context, clause, status or EXISTING, row)
    largest = max((area for _, area in provided.parts), default=0.0)
    if status is None and not clause.holds(largest):
        wider = _stations(context, clause, None, row)
        if any(clause.holds(area) for _, area in wider.parts):
            return undecided(adoption, ref, "reason.status_unknown", required=clause.limit)
    evidence["stations"] = [{"facility": name, "area_m2": area} for name, area in provided.parts]
    if not clause.holds(largest) and undescribed is not None:
        return undecided(
            adoption,
            ref,
            "reason.facility_undescribed",
            required=clause.limit,
            evidence=evidence,
            facility=undescribed,
        )
    if not clause.holds(largest) and not (provided.is_exact and city.facilities_complete):
        reason = "reason.floor_area_unknown"
        if provided.is_exact:
            reason = "reason.facilities_incomplete"
        return undecided(
            adoption,
            ref,
            reason,
            required=clause.limit,
            evidence=evidence,
            facilities=Listed(provided.missing),
        )
    return judged(
        adoption,
        ref,
        value=largest,
        required=clause.limit,
        formula={"id": "formula.station"},
        evidence=evidence,
    )


def _stations(context: Context, clause: Clause, status: str | None, row: int) -> Provided:
    """Return a residence's stations; for some residences fewer states of a station may count."""
    fewer = clause.parameters.get(f"statuses_{status}")
    counted = clause if fewer is None else clause.model_copy(update={"statuses": tuple(fewer)})
    return floor_area(context.premises(counted).get(row, []), context.city.facilities)


def centre_reach(context: Context, chosen: npt.NDArray[np.bool_]) -> Reach:
    """Return the straight way of each residence to the nearest centre of its own community.

    Parameters
    ----------
    chosen
        (m,) facilities taken as centres.
    """
    city = context.city
    rows = context.by_id(np.flatnonzero(chosen))
    zones = city.zones
    communities = np.flatnonzero((zones["level"] == "community").to_numpy())
    member = zone_membership(context.facilities_xy[rows], zones.iloc[communities])
    home = np.where(member >= 0, communities[member] if len(communities) else -1, -1)
    own = np.asarray(
        [
            next((at for at in chain if context.cells("zones", "level")[at] == "community"), -1)
            for chain in context.zone_chain()
        ]
    )
    size = len(city.residences)
    distance, facility = np.full(size, np.inf), np.full(size, -1, dtype=np.int64)
    demand = context.demand
    community_of_point = own[demand.owner]
    for community in np.unique(home[home >= 0]):
        centres = rows[home == community]
        # Of the community's own residences only, or the work grows with their product.
        inside, members = community_of_point == community, np.flatnonzero(own == community)
        owner = np.searchsorted(members, demand.owner[inside])
        points = DemandPoints(
            demand.xy[inside],
            owner,
            tuple(demand.rule[at] for at in members),
            None if demand.areas is None else demand.areas[members],
        )
        reach = straight_reach(points, context.facilities_xy[centres], len(members), context.sight)
        distance[members] = reach.distance_m
        facility[members] = centres[reach.facility]
    return Reach(Metric.STRAIGHT_LINE, distance, facility, np.zeros(size, dtype=bool))
