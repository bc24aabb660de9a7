"""What the planner's entrance hands back: a plan, its certificate, its reasons, its curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from facilityplan.siting.planner.request import Request
from facilityplan.siting.proposal import Count, ProposedSite, StageResult
from facilityplan.siting.solution import Status


@dataclass(frozen=True)
class Alternative:
    """Another candidate in the place of a site: the plan's value with it, and what it brings."""

    candidate_id: str
    value: float
    health_m: float
    score: float


@dataclass(frozen=True)
class SiteReasons:
    """Why a site is in the plan.

    Parameters
    ----------
    site
        Whom it newly serves, what it mends, what it must hold. Each gap is counted for the
        nearest site of the plan, so that the sites add up to the plan.
    value
        Its part of the plan's value, where values add up; ``None`` for the largest or smallest
        distance.
    lost
        Gaps that stay open without it, by id.
    lost_households, lost_elders
        Of those.
    alternatives
        Candidates in its place with which the plan is at most 1 % worse, best first; ``None``
        where that was not worked out (a capacitated plan).
    cost, available_from, health_m, score
        Of the candidate; NaN where unknown, infinite where there is no health facility.
    stage
        Year of the stage in which it comes; ``None`` without stages.
    floor_area_m2, modules
        What a capacitated plan puts there, and in how many modules.
    """

    site: ProposedSite
    value: float | None
    lost: tuple[str, ...]
    lost_households: Count
    lost_elders: Count
    alternatives: tuple[Alternative, ...] | None
    cost: float
    available_from: float
    health_m: float
    score: float
    stage: int | None = None
    floor_area_m2: float | None = None
    modules: int | None = None


@dataclass(frozen=True)
class OpenGap:
    """A gap that the plan leaves open, and why.

    Parameters
    ----------
    residence, name
        The residence.
    households
        NaN where unknown.
    reason
        ``kind_does_not_count``, ``no_candidate_in_reach``, ``candidates_barred``,
        ``no_weight``, ``number_of_sites``, ``budget``, ``share_reached``, ``no_capacity`` or
        ``distance_not_asked`` (the problem does not aim at the limit).
    limit_m
        Distance within which a site would mend it; NaN where no site would.
    nearest, nearest_m
        The nearest candidate of all, and how far it is.
    barred
        Candidates within the limit that may not be chosen, each with why.
    """

    residence: str
    name: str
    households: float
    reason: str
    limit_m: float
    nearest: str | None
    nearest_m: float
    barred: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Totals:
    """What the whole plan newly serves; the sums over its sites."""

    gaps: int
    households: Count
    persons: Count
    elders: Count
    cost: Count


@dataclass(frozen=True)
class EqualPlan:
    """A plan as good as the one proposed: its sites, and what speaks for them."""

    sites: tuple[str, ...]
    mean_health_m: float
    mean_score: float


@dataclass(frozen=True)
class Certificate:
    """How far the plan can be relied on.

    Parameters
    ----------
    status, objective, bound, gap, interrupted, first_of_equals, conflict
        As in :class:`facilityplan.siting.Solution`; the conflict is what cannot be reconciled.
    recount
        Value of the plan counted anew from the whole problem by other code; ``None`` without plan.
    closed_recount
        Gaps closed, counted anew from the whole table of distances.
    closed_reassessed
        Gaps closed when the city is assessed again with the sites in it.
    unique
        Whether no other plan with as many sites is as good; ``None`` where that was not settled.
    equals, equals_complete
        Others that are, and whether these are all.
    """

    status: Status
    objective: float
    bound: float
    gap: float
    interrupted: bool
    first_of_equals: bool
    conflict: Mapping[str, float]
    recount: float | None
    closed_recount: int
    closed_reassessed: int
    unique: bool | None
    equals: tuple[EqualPlan, ...]
    equals_complete: bool


@dataclass(frozen=True)
class CurvePoint:
    """Best coverage for so many sites or so much money."""

    limit: float
    weight: float
    bound: float
    status: Status
    n_sites: int
    cost: Count


@dataclass(frozen=True)
class Curve:
    """Coverage against a limit.

    Parameters
    ----------
    limit
        ``sites`` or ``cost``.
    points
        Ascending.
    total
        Weight of all gaps that could be closed.
    knee
        Position of the knee; ``None`` where the curve has none.
    complete
        Whether every point was worked out.
    """

    limit: str
    points: tuple[CurvePoint, ...]
    total: float
    knee: int | None
    complete: bool


@dataclass(frozen=True)
class StreetRow:
    """Need, existing, proposed and shortfall of a street, in residences and households."""

    street: str | None
    name: str | None
    need: int
    existing: int
    proposed: int
    shortfall: int
    undecided: int
    households_need: Count
    households_existing: Count
    households_proposed: Count
    households_shortfall: Count
    sites: int


@dataclass(frozen=True)
class SitePlan:
    """The answer to a request.

    Parameters
    ----------
    request
        What was asked.
    facility_kind, rule
        Kind of the facilities sited; where the candidates came from.
    n_gaps, n_asked, n_candidates
        Gaps, those that the problem could close at all, candidates that may be chosen.
    undecided, unweighted
        Residences whose radius cannot be judged; gaps asked of that have no figure of weight.
    served_by_standing
        Gaps that candidates which stand anyway close.
    no_backup
        Gaps of which only one candidate is in reach, so that no backup could be asked for.
    barred
        Candidates that may not be chosen, with why.
    certificate, sites, totals, open_gaps, stages, curves, streets
        The plan and its reasons.
    """

    request: Request
    facility_kind: str | None
    rule: str
    n_gaps: int
    n_asked: int
    n_candidates: int
    undecided: tuple[str, ...]
    unweighted: tuple[str, ...]
    served_by_standing: tuple[str, ...]
    no_backup: tuple[str, ...]
    barred: tuple[tuple[str, str], ...]
    certificate: Certificate
    sites: tuple[SiteReasons, ...]
    totals: Totals
    open_gaps: tuple[OpenGap, ...]
    stages: tuple[StageResult, ...]
    curves: tuple[Curve, ...]
    streets: tuple[StreetRow, ...]
