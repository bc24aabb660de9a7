"""From findings to needs and actions: every miss a requirement, every clause its own measure of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from facilityplan.checks import Context, Finding, Verdict
from facilityplan.coverage import PointRule, Sight, demand_points
from facilityplan.crs import require_layers_in_metres
from facilityplan.errors import UsageError
from facilityplan.layers import City, conform
from facilityplan.siting.deficits.terms import (
    Act,
    Action,
    DeficitProblem,
    Need,
    NeedKind,
    Servings,
    checked_problem,
)
from facilityplan.siting.deficits.works import DeficitOptions, Offer, Site, offered
from facilityplan.siting.problem import EACH_ONE, _distances
from facilityplan.standards import Clause, Standards

KINDS = {
    "service_radius": NeedKind.DISTANCE,
    "floor_area_per_100_households": NeedKind.FLOOR_AREA,
    "required_facility": NeedKind.TIER,
    "beds_per_1000": NeedKind.BEDS,
}
"""Measure -> kind of need."""

NOT_BY_WORKS = ("operators", "medical_care")
"""What a clause may ask of a facility beyond its kind and beds; works do not say that they give it."""


@dataclass(frozen=True)
class Requirement:
    """The finding behind a need.

    Parameters
    ----------
    residence, zone
        Position of the unit in its layer; ``None`` where it is of the other.
    """

    finding: Finding
    clauses: tuple[str, ...]
    residence: int | None
    zone: int | None


@dataclass(frozen=True)
class CityDeficits:
    """A city's deficits as a problem, and what each of its numbers stands for.

    Parameters
    ----------
    problem
        Needs and actions by id.
    requirements, sites
        One for each need, one for each action.
    undecided
        Findings of these measures without a verdict: (clause, unit); no deficit is made of them.
    aside
        Misses that no works can be held against: of a named area.
    unweighted
        Needs whose unit has no figure: they weigh nothing.
    size_unknown, cost_unknown
        Places without a size (they close no gap of floor area) or without a cost.
    """

    problem: DeficitProblem
    requirements: tuple[Requirement, ...]
    sites: tuple[Site, ...]
    undecided: tuple[tuple[str, str], ...]
    aside: tuple[tuple[str, str], ...]
    unweighted: tuple[str, ...]
    size_unknown: tuple[str, ...]
    cost_unknown: tuple[str, ...]


def deficit_problem(
    city: City,
    standards: Standards,
    findings: Sequence[Finding],
    options: DeficitOptions | None = None,
    *,
    sight: Sight | None = None,
) -> CityDeficits:
    """Return the deficits of a city and what can be done about them.

    Limits, amounts and kinds come from the clauses behind the findings. Premises may serve the
    residences that lie within their service radius, under the radius clause that binds them.

    Raises
    ------
    CrsError
        If a layer of the city is not in metres.
    UsageError
        If the weight is no column of people, works are off, or money decides and a cost is not
        known.
    """
    require_layers_in_metres(city)
    chosen = options or DeficitOptions()
    if chosen.weight not in {"households", "elders", EACH_ONE}:
        raise UsageError("siting_weight", weight=chosen.weight)
    clauses = {clause.id: clause for clause in standards.clauses()}
    offer = offered(city, chosen, _default_kind(standards, chosen))
    context = Context(_with_sites(city, offer), standards)
    rows = _requirements(city, clauses, findings, chosen)
    needs, unweighted = _needs(context, rows.taken, chosen)
    pairs = [
        *_radius_pairs(city, clauses, rows.taken, offer, sight),
        *_floor_pairs(city, clauses, rows.taken, findings, offer, chosen, sight),
        *_zone_pairs(context, clauses, rows.taken, offer),
    ]
    pairs.sort()
    table = np.array(pairs, dtype=np.float64).reshape(-1, 3)
    servings = Servings(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])
    problem = checked_problem(DeficitProblem(needs, offer.actions, servings), chosen.terms)
    cost_unknown = {
        site.place
        for action, site in zip(offer.actions, offer.sites, strict=True)
        if math.isnan(action.cost)
    }
    return CityDeficits(
        problem,
        tuple(rows.taken),
        offer.sites,
        rows.undecided,
        rows.aside,
        unweighted,
        tuple(sorted({site.place for site in offer.sites if not site.size_known})),
        tuple(sorted(cost_unknown)),
    )


def _default_kind(standards: Standards, options: DeficitOptions) -> str | None:
    if options.facility_kind is not None:
        return options.facility_kind
    kinds = [kind for clause in standards.clauses("service_radius") for kind in clause.kinds]
    return kinds[0] if kinds else None


def _with_sites(city: City, offer: Offer) -> City:
    """Return the city with a facility at each action, so that the checks' own rules say its zone."""
    if not offer.sites:
        return city
    frame = gpd.GeoDataFrame(
        {
            "id": [f"action:{at}" for at in range(len(offer.sites))],
            "kind": [site.facility_kind for site in offer.sites],
            "status": ["operating"] * len(offer.sites),
        },
        geometry=shapely.points(offer.xy),
        crs=city.crs,
    )
    kinds: dict[str, Any] = {site.facility_kind: () for site in offer.sites}
    return dataclasses.replace(
        city, layers={**city.layers, "facilities": conform(frame, "facilities", kinds=kinds)}
    )


@dataclass(frozen=True)
class _Taken:
    taken: list[Requirement]
    undecided: tuple[tuple[str, str], ...]
    aside: tuple[tuple[str, str], ...]


def _requirements(
    city: City,
    clauses: Mapping[str, Clause],
    findings: Sequence[Finding],
    options: DeficitOptions,
) -> _Taken:
    residences = _positions(city, "residences")
    zones = _positions(city, "zones")
    taken: list[Requirement] = []
    undecided, aside = [], []
    for item in sorted(findings, key=lambda f: (f.clause_id, f.unit_kind, f.unit_id)):
        clause = clauses.get(item.clause_id)
        if clause is None or clause.measure not in options.measures or clause.measure not in KINDS:
            continue
        if item.verdict is Verdict.INSUFFICIENT_DATA:
            undecided.append((item.clause_id, item.unit_id))
        if item.verdict is not Verdict.NON_COMPLIANT:
            continue
        residence = residences.get(item.unit_id) if item.unit_kind == "residence" else None
        zone = zones.get(item.unit_id) if item.unit_kind == "zone" else None
        if residence is None and zone is None:
            aside.append((item.clause_id, item.unit_id))
            continue
        named = tuple(str(name) for name in item.evidence.get("clauses", (item.clause_id,)))
        taken.append(Requirement(item, named, residence, zone))
    return _Taken(taken, tuple(undecided), tuple(aside))


def _positions(city: City, layer: str) -> dict[str, int]:
    if not city.has(layer):
        return {}
    return {str(name): row for row, name in enumerate(city.layer(layer)["id"])}


def _needs(
    context: Context, requirements: Sequence[Requirement], options: DeficitOptions
) -> tuple[tuple[Need, ...], tuple[str, ...]]:
    needs, unweighted = [], []
    measure = {clause.id: clause.measure for clause in context.standards.clauses()}
    for item in requirements:
        finding = item.finding
        kind = KINDS[measure[finding.clause_id]]
        name = f"{finding.clause_id}|{finding.unit_id}"
        weight = _weight(context, item, options.weight)
        if not math.isfinite(weight):
            unweighted.append(name)
        needs.append(
            Need(
                id=name,
                kind=kind,
                weight=weight if math.isfinite(weight) else 0.0,
                amount=_amount(kind, finding),
                zone=_zone(context, item),
                pool=name if kind is NeedKind.BEDS else finding.clause_id,
            )
        )
    return tuple(needs), tuple(unweighted)


def _amount(kind: NeedKind, finding: Finding) -> float:
    """Return what is missing: square metres, whole beds, whole facilities, or one."""
    if kind is NeedKind.FLOOR_AREA:
        return _rounded_up(finding.shortfall)
    if kind is NeedKind.BEDS:
        missing = float(finding.evidence["beds_required"]) - float(finding.evidence["beds"])
        return float(math.ceil(missing - 1e-9))
    if kind is NeedKind.TIER:
        return max(1.0, float(math.ceil(finding.shortfall - 1e-9)))
    return 1.0


def _rounded_up(area_m2: float) -> float:
    """Return an area in whole square centimetres, none of it lost; binary dust is no area."""
    return math.ceil(round(area_m2 * 1e4, 4)) / 1e4


def _weight(context: Context, item: Requirement, weight: str) -> float:
    if weight == EACH_ONE:
        return 1.0
    column = context.city.residences[weight].to_numpy(dtype=float)
    if item.residence is not None:
        return float(column[item.residence])
    assert item.zone is not None
    inside = context.residences_within([item.zone])
    return float(column[inside].sum()) if len(inside) else math.nan


def _zone(context: Context, item: Requirement) -> str:
    if item.zone is not None:
        return item.finding.unit_id
    # What is no zone's is a residence's, which the type does not say.
    chain = context.zone_chain()[item.residence] if context.city.has("zones") else ()  # type: ignore[index]
    return str(context.cells("zones", "id")[chain[0]]) if chain else ""


def _counts(clause: Clause, action: Action, site: Site) -> bool:
    """Return whether what an action makes is of a kind that a clause counts."""
    return action.act is not Act.KEEP and (not clause.kinds or site.facility_kind in clause.kinds)


def _radius_pairs(
    city: City,
    clauses: Mapping[str, Clause],
    requirements: Sequence[Requirement],
    offer: Offer,
    sight: Sight | None,
) -> list[tuple[int, int, float]]:
    limits = {
        at: clauses[item.finding.clause_id]
        for at, item in enumerate(requirements)
        if clauses[item.finding.clause_id].measure == "service_radius"
    }
    near = _within(city, requirements, limits, offer, sight)
    return [
        (need, action, 1.0)
        for need, action in near
        if offer.sites[action].facility_row is None
        and _counts(limits[need], offer.actions[action], offer.sites[action])
    ]


def _within(
    city: City,
    requirements: Sequence[Requirement],
    limits: Mapping[int, Clause],
    offer: Offer,
    sight: Sight | None,
) -> list[tuple[int, int]]:
    """Return which needs of residences lie within their radius of which actions."""
    if not limits or not offer.sites:
        return []
    rule = PointRule(city.reach.point)
    demand = demand_points(city.residences, city.layers.get("entrances"), rule)
    needs = sorted(limits)
    rows = np.array([requirements[at].residence for at in needs], dtype=np.int64)
    allowed = [(limits[at].limit, limits[at].holds(limits[at].limit)) for at in needs]
    table = _distances(demand, rows, offer.xy, allowed, sight).tocoo()
    return [(needs[row], int(column)) for row, column in zip(table.row, table.col, strict=True)]


def _floor_pairs(
    city: City,
    clauses: Mapping[str, Clause],
    requirements: Sequence[Requirement],
    findings: Sequence[Finding],
    offer: Offer,
    options: DeficitOptions,
    sight: Sight | None,
) -> list[tuple[int, int, float]]:
    radius: dict[str, Clause] = {}
    for finding in findings:
        clause = clauses.get(finding.clause_id)
        if clause is None or clause.measure != "service_radius" or clause.value is None:
            continue
        held = radius.get(finding.unit_id)
        if held is None or clause.limit < held.limit:
            radius[finding.unit_id] = clause
    asked = {
        at: radius[item.finding.unit_id]
        for at, item in enumerate(requirements)
        if clauses[item.finding.clause_id].measure == "floor_area_per_100_households"
        and item.finding.unit_id in radius
    }
    found = []
    for need, at in _within(city, requirements, asked, offer, sight):
        action, site, item = offer.actions[at], offer.sites[at], requirements[need]
        if not all(_counts(clauses[name], action, site) for name in item.clauses):
            continue
        amount = _rounded_up(item.finding.shortfall)
        formula = item.finding.formula
        if action.act is Act.COMBINE and options.share_least_size:
            least = float(formula.get("minimum", 0.0))
            by_rate = float(formula.get("by_rate", 0.0)) - float(item.finding.value or 0.0)
            if action.floor_area.largest >= least:
                amount = _rounded_up(max(0.0, by_rate))
        most = action.floor_area.largest
        if most > 0 and (most >= amount or not options.terms.single):
            found.append((need, at, amount))
    return found


def _zone_pairs(
    context: Context,
    clauses: Mapping[str, Clause],
    requirements: Sequence[Requirement],
    offer: Offer,
) -> list[tuple[int, int, float]]:
    """Return which actions lie in which zone and are of the kind and size that its clause asks."""
    found: list[tuple[int, int, float]] = []
    if not offer.sites:
        return found
    for need, item in enumerate(requirements):
        if item.zone is None:
            continue
        clause = clauses[item.finding.clause_id]
        if any(name in clause.parameters for name in NOT_BY_WORKS):
            continue
        beds = clause.measure == "beds_per_1000"
        for at in context.facilities_within([item.zone]).tolist():
            action, site = offer.actions[at], offer.sites[at]
            if not _counts(clause, action, site):
                continue
            if beds and action.beds.largest <= 0:
                continue
            if beds:
                missing = _amount(NeedKind.BEDS, item.finding)
                found.append((need, at, missing))
            elif _reaches(context, clause, item, action, site):
                found.append((need, at, 1.0))
    return found


def _reaches(
    context: Context, clause: Clause, item: Requirement, action: Action, site: Site
) -> bool:
    """Return whether an action makes a facility that a tier clause does not count yet."""
    del context
    asked = float(clause.parameters.get("min_beds", 0.0))
    before = 0.0
    if site.facility_row is not None:
        listed = {
            str(entry["facility"]): entry.get("beds")
            for entry in item.finding.evidence["facilities"]
        }
        known = listed.get(site.place)
        if known is None or not math.isfinite(float(known)) or float(known) >= asked:
            return False
        before = float(known)
    smallest = action.beds.base + action.beds.step * action.beds.least
    return before + smallest >= asked
