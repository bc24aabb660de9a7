"""A new residential scheme: its sheet, and its review clause by clause.

A scheme is an urban residential district (居住小区): clauses on urban residences speak of it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from facilityplan.checks import Finding, Verdict, staged_delivery
from facilityplan.checks.finding import UnitRef, doubt_of, judged, not_applicable, undecided
from facilityplan.checks.floor_area import MEASURE as FLOOR_AREA
from facilityplan.checks.floor_area import demand_of
from facilityplan.checks.floor_area import judge as judge_floor_area
from facilityplan.checks.staged_delivery import Step
from facilityplan.errors import UsageError
from facilityplan.locale import Listed
from facilityplan.provision import Provided
from facilityplan.schemes.contradictions import without_contradictions
from facilityplan.schemes.fields import STAGES
from facilityplan.schemes.ledger import phase_ledger, served_by
from facilityplan.schemes.model import Phase, Scheme
from facilityplan.schemes.premises import premises_findings
from facilityplan.standards import (
    Adoption,
    Comparator,
    DutyHolder,
    Modality,
    Standards,
    Unit,
)


def review(
    scheme: Scheme,
    standards: Standards,
    readings: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Finding]:
    """Return what the documents say of a scheme: floor area, concentration, station.

    Parameters
    ----------
    scheme
        Its sheet.
    standards
        The documents that hold there.
    readings
        Readings chosen against the default, by clause.

    Notes
    -----
    What a clause asks and the sheet does not give, or contradicts itself on, is insufficient data,
    never a pass. Clauses
    that need the city around the scheme (its service radius) are not judged here; see
    :func:`facilityplan.schemes.surroundings.around`.
    """
    scheme = without_contradictions(scheme)
    unit = Unit(setting="urban", status=scheme.status)
    ref = ref_of(scheme)
    findings = _floor_area(scheme, standards, unit, ref, readings or {})
    findings.extend(
        _concentration(scheme, adoption, ref)
        for adoption in standards.binding("concentration", unit)
    )
    findings.extend(
        _station(scheme, adoption, ref)
        for adoption in standards.binding("conditional_station", unit)
    )
    findings.extend(_community_centre(scheme, standards, ref))
    findings.extend(_delivery(scheme, standards, unit, ref))
    findings.extend(premises_findings(scheme, standards, unit, ref))
    return in_order(findings)


def ref_of(scheme: Scheme) -> UnitRef:
    """Return a scheme as a finding names it."""
    return UnitRef("scheme", scheme.name, scheme.name, scheme.row)


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings by clause, then the scheme before its phases in their order."""
    return sorted(findings, key=lambda item: item.clause_id)


def _delivery(scheme: Scheme, standards: Standards, unit: Unit, ref: UnitRef) -> list[Finding]:
    """Judge the four stages: phase by phase where the sheet has dates by phase, else once.

    Without a judging date every date that is given has been reached.
    """
    adopted = standards.binding(staged_delivery.MEASURE, unit)
    as_of = standards.as_of or dt.date.max
    opinions = _opinions(scheme)
    if not any(phase.is_dated for phase in scheme.phases):
        steps = _steps(scheme, [scheme])
        return [_judge_delivery(item, ref, steps, opinions, as_of) for item in adopted]
    serving = served_by(scheme, phase_ledger(scheme, standards))
    findings = []
    for adoption in adopted:
        for phase, served in zip(scheme.phases, serving, strict=True):
            own = UnitRef("scheme", f"{ref.id}/{phase.name}", f"{ref.name} {phase.name}", phase.row)
            if served is None:
                findings.append(undecided(adoption, own, "reason.phase_need_unknown"))
            elif not served:
                findings.append(_served_before(adoption, own, scheme, phase, opinions, as_of))
            else:
                steps = _steps(phase, [scheme.phases[at] for at in served])
                findings.append(_judge_delivery(adoption, own, steps, opinions, as_of))
    return findings


def _served_before(
    adoption: Adoption,
    ref: UnitRef,
    scheme: Scheme,
    phase: Phase,
    opinions: Sequence[Step],
    as_of: dt.date,
) -> Finding:
    """Judge a phase that needs no premises of its own: those built before it have to be there.

    Where they are, their own phase answers for them.
    """
    earlier = scheme.phases[: scheme.phases.index(phase)]
    steps = _steps(phase, [item for item in earlier if item.elder_floor_area_m2 > 0])
    found = _judge_delivery(adoption, ref, steps, opinions, as_of)
    if found.verdict in {Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA}:
        return found
    return not_applicable(adoption, ref, "reason.phase_served_before", {})


def _judge_delivery(
    adoption: Adoption,
    ref: UnitRef,
    steps: Sequence[Step],
    opinions: Sequence[Step],
    as_of: dt.date,
) -> Finding:
    doubt = doubt_of(adoption)
    if not steps and doubt in {None, "reason.clause_without_number"}:
        return not_applicable(adoption, ref, "reason.delivery_not_yet_due", {})
    return staged_delivery.judge(adoption, ref, [*steps, *opinions], as_of)


def _steps(dwellings: Scheme | Phase, premises: Sequence[Scheme | Phase]) -> list[Step]:
    """Return the stages of some dwellings, held against the premises that serve them.

    Dwellings of a phase that lags are served by premises of later phases: the last date of all
    that serve them counts, so that a phase without premises is no way round the stages.
    """
    steps = []
    for stage in STAGES:
        own = dwellings.day(f"{stage}_dwellings")
        days = [item.day(f"{stage}_premises") for item in premises]
        given = [day for day in days if day is not None]
        if own is None and not given:
            continue
        last = max(given, default=None)
        # One that is late is late, whatever the others that serve them give.
        late = own is not None and last is not None and last > own
        sheets = [dwellings, *(item for item in premises if item is not dwellings)]
        said = [item.words(f"{stage}_document") for item in sheets]
        steps.append(
            Step(
                dwellings.row,
                stage,
                own,
                last if late or len(given) == len(days) else None,
                Listed(filter(None, said)) or None,
            )
        )
    return steps


def _opinions(scheme: Scheme) -> list[Step]:
    """Return the opinions of the civil-affairs bureau; they are the whole scheme's."""
    return [
        Step(scheme.row, name, None, scheme.day(name), scheme.words(f"{name}_document"))
        for name in staged_delivery.STAGE_OF_OPINION
        if scheme.day(name) is not None
    ]


def _community_centre(scheme: Scheme, standards: Standards, ref: UnitRef) -> list[Finding]:
    """Judge the centre of a large community by what the sheet says of it, the scheme counted in.

    A sheet that says nothing of its community leaves that to the city around it.
    """
    findings = []
    households = scheme.number("community_households")
    beds = scheme.number("community_centre_beds")
    unit = Unit(setting="urban", level="community")
    for adoption in standards.binding("required_facility", unit):
        clause = adoption.clause
        trigger = clause.parameters.get("trigger_households")
        if trigger is None or "community" not in clause.applies_to.level:
            continue
        if np.isnan(households):
            findings.append(
                undecided(
                    adoption, ref, "reason.community_households_unknown", required=clause.limit
                )
            )
            continue
        evidence = {"file": scheme.file, "community_households": households}
        if not Comparator(clause.parameters["trigger_comparator"]).holds(households, trigger):
            findings.append(
                not_applicable(
                    adoption,
                    ref,
                    "reason.below_trigger",
                    evidence,
                    households=households,
                    limit=float(trigger),
                )
            )
            continue
        if np.isnan(beds):
            findings.append(
                undecided(
                    adoption, ref, "reason.community_centre_beds_unknown", required=clause.limit
                )
            )
            continue
        enough = beds >= float(clause.parameters.get("min_beds", 0))
        findings.append(
            judged(
                adoption,
                ref,
                value=float(enough),
                required=clause.limit,
                formula={
                    "id": "formula.facilities_with_beds",
                    "min_beds": clause.parameters.get("min_beds", 0),
                },
                evidence={**evidence, "beds": beds},
            )
        )
    return findings


def _floor_area(
    scheme: Scheme,
    standards: Standards,
    unit: Unit,
    ref: UnitRef,
    readings: Mapping[str, Mapping[str, str]],
) -> list[Finding]:
    adopted = standards.binding(FLOOR_AREA, unit)
    if not adopted:
        return []
    doubt = [item for item in adopted if item.undetermined]
    if doubt:
        return [undecided(doubt[0], ref, "reason.scheme_status_unknown")]
    torn = scheme.disagreements()
    if torn:
        field, total, phases = torn[0]
        return [
            undecided(
                adopted[0],
                ref,
                ".".join(("reason", f"phases_disagree_{field}")),
                total=total,
                phases=phases,
            )
        ]
    demand = demand_of(ref, scheme.households, adopted, readings)
    area = scheme.elder_floor_area_m2
    given = bool(np.isfinite(area))
    provided = Provided(
        area if given else 0.0,
        () if given else ("elder_floor_area_m2",),
        ((scheme.name, area),) if given else (),
    )
    finding = judge_floor_area(demand, provided, {"file": scheme.file})
    if finding.formula["id"] != "reason.floor_area_unknown":
        return [finding]
    # There is no facility to name: it is the sheet that says nothing of the area.
    reason = "reason.scheme_area_unknown"
    kept = {name: said for name, said in finding.evidence.items() if name != "facilities"}
    return [
        dataclasses.replace(finding, formula={"id": reason}, evidence={**kept, "reason": reason})
    ]


def _concentration(scheme: Scheme, adoption: Adoption, ref: UnitRef) -> Finding:
    """Judge the number of places where the sheet gives it."""
    doubt = doubt_of(adoption)
    if doubt is not None:
        return undecided(adoption, ref, doubt)
    if not np.isfinite(scheme.premises):
        return undecided(
            adoption, ref, "reason.premises_count_unknown", required=adoption.clause.limit
        )
    if scheme.premises == 0:
        return not_applicable(adoption, ref, "reason.no_premises", {})
    return judged(
        adoption,
        ref,
        value=scheme.premises,
        required=adoption.clause.limit,
        formula={"id": "formula.count"},
        evidence={"file": scheme.file, "attribute": "places"},
    )


def _station(scheme: Scheme, adoption: Adoption, ref: UnitRef) -> Finding:
    doubt = doubt_of(adoption)
    if doubt is not None:
        return undecided(adoption, ref, doubt)
    distance = scheme.number("distance_to_centre_m")
    if not np.isfinite(distance):
        return undecided(
            adoption, ref, "reason.centre_distance_unknown", required=adoption.clause.limit
        )
    return station_finding(scheme, adoption, ref, distance)


def station_finding(
    scheme: Scheme,
    adoption: Adoption,
    ref: UnitRef,
    distance_m: float,
    reading: str | None = None,
    *,
    community: str | None = None,
) -> Finding:
    """Return the finding on the station that a scheme far from its community's centre needs.

    Parameters
    ----------
    distance_m
        To the nearest centre of the scheme's own community; infinite where it has none.
    reading
        What holds for a community without a centre (``insufficient_data``, ``not_applicable`` or
        ``triggered``).
    community
        Its name, where it is known.
    """
    clause = adoption.clause
    limit = float(clause.parameters["trigger_distance_m"])
    evidence: dict[str, Any] = {"file": scheme.file}
    if community is not None:
        evidence["community"] = community
    if np.isfinite(distance_m):
        evidence["centre_m"] = distance_m
        if not Comparator(clause.parameters["trigger_comparator"]).holds(distance_m, limit):
            return not_applicable(
                adoption, ref, "reason.within_centre", evidence, distance=distance_m, limit=limit
            )
    else:
        evidence["reading"] = reading
        missing = "reason.community_without_centre"
        if reading == "insufficient_data":
            return undecided(
                adoption,
                ref,
                missing,
                required=clause.limit,
                evidence=evidence,
                community=community,
            )
        if reading == "not_applicable":
            return not_applicable(adoption, ref, missing, evidence, community=community)
    if not np.isfinite(scheme.number("station_area_m2")):
        return undecided(
            adoption, ref, "reason.station_area_unknown", required=clause.limit, evidence=evidence
        )
    return judged(
        adoption,
        ref,
        value=scheme.number("station_area_m2"),
        required=clause.limit,
        formula={"id": "formula.station"},
        evidence=evidence,
    )


def complies(findings: Sequence[Finding]) -> bool:
    """Return whether every applicable mandatory duty of the developer is kept.

    Where no such duty can be found nothing was judged, and that is no pass.
    """
    duties = [
        item
        for item in findings
        if item.modality == Modality.MANDATORY and item.duty_holder == DutyHolder.DEVELOPER
    ]
    applicable = [item for item in duties if item.verdict is not Verdict.NOT_APPLICABLE]
    return bool(applicable) and all(item.verdict is Verdict.COMPLIANT for item in applicable)


def parse_date(value: str) -> dt.date:
    """Return a judging date written as 2026-06-30.

    Raises
    ------
    UsageError
        If it is written otherwise.
    """
    try:
        return dt.date.fromisoformat(value.strip())
    except ValueError as error:
        raise UsageError("bad_date_option", value=value) from error
