"""What a run found as plain values for JSON: ids and parameters, no prose of ours, all finite."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import shapely

from facilityplan.checks import Context, Finding
from facilityplan.checks.context import AUDIT_SEED
from facilityplan.checks.demand_split import DemandSplit
from facilityplan.checks.radius_coverage import MEASURE, MetricRates, RadiusCoverage
from facilityplan.checks.raster_coverage import RasterCoverage
from facilityplan.coverage import SAMPLE_STEP_M, Rate
from facilityplan.layers import City
from facilityplan.report.partial_demand import partial_demand
from facilityplan.report.tally import count_verdicts, in_order
from facilityplan.report.values import plain
from facilityplan.siting.proposal import Proposal, ProposedSite, SitingPlan
from facilityplan.standards import Clause, Standards

FORMAT: Final = 1
"""Version of the documents; a reader refuses one that it does not know."""


def findings_document(
    findings: Sequence[Finding],
    standards: Standards,
    *,
    project: str,
    notices: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return all findings with the clauses and documents behind them.

    Parameters
    ----------
    findings
        In any order; they stand by clause, kind of unit and unit.
    standards
        What was held against the city.
    project
        Name of the place.
    notices
        What else the reader must know, each a message id and parameters, in the caller's order.
    """
    counts = count_verdicts(findings, (clause.id for clause in standards.clauses()))
    aside = {item.clause_id for item in standards.not_in_force}
    as_of = standards.as_of
    document: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "project": project,
            "as_of": as_of,
            "standards": [
                {
                    "id": item.id,
                    "number": item.number,
                    "title": item.title,
                    "title_en": item.title_en,
                    "in_force": item.in_force,
                    "term_end": item.term_end,
                    "term_over": None if as_of is None else item.term_over(as_of),
                }
                for item in sorted(standards.documents, key=lambda item: item.id)
            ],
            "clauses": {
                clause.id: _clause(
                    clause, None if clause.id in aside else standards.standing(clause).value
                )
                for item in standards.documents
                for clause in item.clauses
            },
            "summary": {
                name: {verdict.value: number for verdict, number in verdicts.items()}
                for name, verdicts in counts.items()
            },
            "not_in_force": [
                {"clause": item.clause_id, "reason": item.reason, "by": item.by}
                for item in sorted(standards.not_in_force, key=lambda item: item.clause_id)
            ],
            "findings": [item.as_dict() for item in in_order(findings)],
            "notices": list(notices),
        }
    )
    return document


def _clause(clause: Clause, standing: str | None) -> dict[str, Any]:
    return {
        "document": clause.document_id,
        "group": clause.group,
        "number": clause.number,
        "title": clause.title,
        "title_en": clause.title_en,
        "quote": clause.quote,
        "modality": clause.modality.value,
        "duty_holder": clause.duty_holder.value,
        "standing": standing,
        "measure": clause.measure,
        "comparator": None if clause.comparator is None else clause.comparator.value,
        "value": clause.value,
        "unit": clause.unit,
        "kinds": clause.kinds,
        "kinds_serving_community": clause.kinds_serving_community,
        "statuses": clause.statuses,
        "parameters": clause.parameters,
        "target_year": clause.target_year,
    }


def coverage_document(
    coverage: RadiusCoverage,
    context: Context,
    *,
    splits: Mapping[str, DemandSplit] | None = None,
    raster: RasterCoverage | None = None,
) -> dict[str, Any]:
    """Return the coverage rates, each with all that it must state, and the residences behind them.

    Parameters
    ----------
    coverage
        Of the radius clauses.
    context
        City and standards that it was worked out from.
    splits
        What was estimated from the zones; rates over it stand apart, as estimates.
    raster
        Coverage of the population grid, where the project has one.
    """
    city = context.city
    document: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "project": city.name,
            "as_of": city.as_of,
            **partial_demand(coverage, context, splits or {}, raster),
            "reach": reach_options(context),
            "rates": [_rates(item, coverage, context) for item in coverage.rates],
            "walking_areas": _walking_areas(coverage, context),
            "flips": sorted(set(coverage.flips)),
            "off_network": sorted(set(coverage.off_network)),
            "residences": _rows(coverage.table),
        }
    )
    return document


def reach_options(context: Context) -> dict[str, Any]:
    """Return how reach was measured, for the documents and the manifest."""
    return {
        **dataclasses.asdict(context.city.reach),
        "sample_step_m": SAMPLE_STEP_M,
        "snap_limit_m": context.city.snap_limit_m,
    }


def _rates(item: MetricRates, coverage: RadiusCoverage, context: Context) -> dict[str, Any]:
    city = context.city
    names = sorted(coverage.limits_m) if item.clause_id is None else [item.clause_id]
    return {
        "metric": item.metric.value,
        "clause": item.clause_id,
        "clauses": [
            {
                "id": name,
                "radius_m": coverage.limits_m[name],
                "kinds": coverage.kinds[name],
                "kinds_serving_community": coverage.kinds_serving_community[name],
                "statuses": coverage.statuses[name],
            }
            for name in names
        ],
        "origin": _origins(coverage, context, item.clause_id),
        "population": {"source": city.sources.get("residences"), "as_of": city.as_of},
        "undecided": item.undecided,
        "land_rule": item.land_rule.value,
        "land": _rate(item.rates.land),
        "households": _rate(item.rates.households),
        "persons": _rate(item.rates.persons),
        "elders": _rate(item.rates.elders),
        "units": _rate(item.rates.units),
    }


def _walking_areas(coverage: RadiusCoverage, context: Context) -> list[dict[str, Any]]:
    """Return how true the walking service areas of each clause are; empty without roads.

    They are for display: no figure of this document comes from them.
    """
    clauses = {clause.id: clause for clause in context.standards.clauses(MEASURE)}
    documents = []
    for name in sorted(coverage.limits_m):
        found = context.walking_areas(clauses[name])
        if found is None:
            continue
        audit = found.audit
        empty = shapely.is_empty(found.areas.lines)
        ids = context.city.facilities["id"].to_numpy()[found.rows[empty]]
        documents.append(
            {
                "clause": name,
                "limit_m": found.areas.limit_m,
                "half_width_m": found.areas.half_width_m,
                "facilities": len(found.rows),
                "without_streets": sorted(ids.tolist()),
                "audit": {
                    "seed": AUDIT_SEED,
                    "rounding_m": audit.rounding_m,
                    "street_points": audit.n_street_points,
                    "share_street_beyond": audit.share_street_beyond,
                    "farthest_street_m": audit.farthest_street_m,
                    "polygon_points": audit.n_polygon_points,
                    "share_polygon_beyond": audit.share_polygon_beyond,
                    "farthest_polygon_m": audit.farthest_polygon_m,
                },
            }
        )
    return documents


def _origins(coverage: RadiusCoverage, context: Context, clause_id: str | None) -> dict[str, int]:
    """Return how many of the residences are measured from which point."""
    rules = dict(zip(context.city.residences["id"], context.demand.rule, strict=True))
    columns = (coverage.table[name] for name in ("id", "clause_id", "limit_m"))
    counted = [
        rules[str(unit)].value
        for unit, clause, limit in zip(*columns, strict=True)
        if clause_id is None or (clause == clause_id and limit is not None)
    ]
    return dict(Counter(counted))


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "covered": rate.covered,
        "total": rate.total,
        "share": rate.share,
        "unknown": rate.unknown,
    }


def table_rows(table: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    """Return columns of equal length as one mapping a row."""
    return [dict(zip(table, cells, strict=True)) for cells in zip(*table.values(), strict=True)]


def _rows(table: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    return sorted(table_rows(table), key=lambda row: (str(row["id"]), str(row["clause_id"])))


def siting_document(proposal: Proposal, city: City) -> dict[str, Any]:
    """Return gaps and plans, site by site; x and y are metres in the city's CRS."""
    document: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "project": city.name,
            "as_of": city.as_of,
            "crs": city.crs,
            "gaps": sorted(proposal.gaps),
            "undecided": sorted(proposal.undecided),
            "unreachable": sorted(proposal.unreachable),
            "candidates": proposal.candidates,
            "facility_kind": proposal.facility_kind,
            "weight": proposal.weight,
            "unweighted": sorted(proposal.unweighted),
            "cover_all": None if proposal.cover_all is None else _plan(proposal.cover_all),
            "best": [_plan(item) for item in sorted(proposal.best, key=lambda p: p.n_sites)],
            **({} if proposal.staged is None else {"staged": _staged(proposal.staged)}),
        }
    )
    return document


def _plan(plan: SitingPlan) -> dict[str, Any]:
    return {
        "problem": plan.problem,
        "n_sites": plan.n_sites,
        "status": plan.status.value,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "sites": [_site(item) for item in sorted(plan.sites, key=lambda s: s.candidate_id)],
    }


def _staged(plan: SitingPlan) -> dict[str, Any]:
    stages = [
        {
            "year": stage.year,
            "n_sites": stage.n_sites,
            "sites": sorted(stage.sites),
            "new": sorted(stage.new),
            "weight": stage.weight,
            "serves": sorted(stage.serves),
        }
        for stage in plan.stages
    ]
    return {**_plan(plan), "stages": stages}


def _site(site: ProposedSite) -> dict[str, Any]:
    mends = sorted((item.clause_id, item.unit_kind, item.unit_id) for item in site.mends)
    return {
        "candidate_id": site.candidate_id,
        "name": site.name,
        "kind": site.kind,
        "x": site.x,
        "y": site.y,
        "serves": sorted(site.serves),
        "households": {"known": site.households.known, "unknown": site.households.unknown},
        "persons": {"known": site.persons.known, "unknown": site.persons.unknown},
        "elders": {"known": site.elders.known, "unknown": site.elders.unknown},
        "mends": [
            {"clause_id": clause, "unit_kind": kind, "unit_id": unit}
            for clause, kind, unit in mends
        ],
        "floor_area_needed_m2": site.floor_area_needed_m2,
        "max_floor_area_m2": site.max_floor_area_m2,
        "fits": site.fits,
    }
