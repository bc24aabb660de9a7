"""A site plan to hand on: a JSON document, headline lines, sites for the map."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, Final

from facilityplan import locale
from facilityplan.layers import City
from facilityplan.report.headlines import stage_lines
from facilityplan.report.values import plain
from facilityplan.siting.planner import SitePlan
from facilityplan.siting.planner.result import SiteReasons
from facilityplan.siting.proposal import Count, Proposal, SitingPlan
from facilityplan.siting.solution import Status
from facilityplan.units import format_number

FORMAT: Final = 1

MOST_LISTED: Final = 20
"""Gaps and equally good plans that a cell or a line lists; the JSON has all."""


def site_plan_document(plan: SitePlan, city: City) -> dict[str, Any]:
    """Return a plan as plain values: ids, message ids and figures; metres in the city's CRS."""
    document: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "project": city.name,
            "as_of": city.as_of,
            "crs": city.crs,
            "request": dataclasses.asdict(plan.request),
            "facility_kind": plan.facility_kind,
            "candidates": {
                "rule": plan.rule,
                "open": plan.n_candidates,
                "barred": [{"id": name, "reason": why} for name, why in plan.barred],
            },
            "gaps": {
                "all": plan.n_gaps,
                "asked": plan.n_asked,
                "undecided": sorted(plan.undecided),
                "unweighted": sorted(plan.unweighted),
                "served_by_standing": sorted(plan.served_by_standing),
                "no_backup": sorted(plan.no_backup),
                "open": [dataclasses.asdict(item) for item in plan.open_gaps],
            },
            "certificate": dataclasses.asdict(plan.certificate),
            "totals": dataclasses.asdict(plan.totals),
            "sites": [_site(item) for item in plan.sites],
            "stages": [dataclasses.asdict(item) for item in plan.stages],
            "curves": [dataclasses.asdict(item) for item in plan.curves],
            "streets": [dataclasses.asdict(item) for item in plan.streets],
        }
    )
    return document


def _site(item: SiteReasons) -> dict[str, Any]:
    said = dataclasses.asdict(item)
    own = said.pop("site")
    return {**own, **said, "fits": item.site.fits}


def site_plan_proposal(plan: SitePlan, unreachable_reasons: Sequence[str] = ()) -> Proposal:
    """Return the plan as the map and the GeoPackage take proposals.

    Parameters
    ----------
    plan
        The plan.
    unreachable_reasons
        Reasons under which an open gap is shown as unreachable; by default those of place.
    """
    place = set(unreachable_reasons) or {
        "no_candidate_in_reach",
        "candidates_barred",
        "kind_does_not_count",
    }
    shown = shown_plan(plan)
    closed = [name for item in plan.sites for name in item.site.serves]
    gaps = sorted({*closed, *(item.residence for item in plan.open_gaps)})
    return Proposal(
        gaps=tuple(gaps),
        undecided=plan.undecided,
        unreachable=tuple(item.residence for item in plan.open_gaps if item.reason in place),
        candidates="given" if plan.rule == "given" else "generated",
        facility_kind=plan.facility_kind,
        weight=plan.request.weight,
        unweighted=plan.unweighted,
        cover_all=None,
        best=(shown,) if plan.sites and not plan.stages else (),
        staged=shown if plan.stages else None,
    )


def shown_plan(plan: SitePlan) -> SitingPlan:
    """Return the sites of a plan with their stages, without the reasons."""
    certificate = plan.certificate
    return SitingPlan(
        problem="staged" if plan.request.stages else plan.request.model,
        n_sites=len(plan.sites),
        status=certificate.status,
        objective=certificate.objective,
        bound=certificate.bound,
        gap=certificate.gap,
        sites=tuple(item.site for item in plan.sites),
        stages=plan.stages,
    )


def site_plan_lines(plan: SitePlan, lang: str | None = None) -> list[str]:
    """Return the plan in a few sentences: what was asked, how far it is proven, what it brings."""

    def said(name: str, **parameters: Any) -> str:
        return locale.text(f"site.line.{name}", lang, **parameters)

    certificate, totals = plan.certificate, plan.totals
    lines = [
        said(
            "asked",
            model=locale.text(f"site.model.{plan.request.model}", lang),
            gaps=plan.n_gaps,
            asked=plan.n_asked,
            candidates=plan.n_candidates,
            rule=locale.text(f"site.rule.{plan.rule}", lang),
        ),
        *_proof_lines(plan, lang),
    ]
    if certificate.status is not Status.INFEASIBLE:
        lines.append(
            said(
                "brings",
                sites=len(plan.sites),
                gaps=totals.gaps,
                households=_counted(totals.households, lang),
                elders=_counted(totals.elders, lang),
                cost=_counted(totals.cost, lang),
            )
        )
    lines += stage_lines(plan.stages, lang)
    for curve in plan.curves:
        if curve.knee is not None:
            point = curve.points[curve.knee]
            lines.append(
                said(
                    f"knee_{curve.limit}",
                    limit=format_number(point.limit),
                    share=_percent(point.weight, curve.total),
                )
            )
    counts: dict[str, list[str]] = {}
    for item in plan.open_gaps:
        counts.setdefault(item.reason, []).append(item.residence)
    lines += [
        said(
            "open",
            reason=locale.text(f"site.reason.{reason}", lang),
            count=len(names),
            ids=_listed(names, lang),
        )
        for reason, names in sorted(counts.items())
    ]
    return lines


def _proof_lines(plan: SitePlan, lang: str | None) -> list[str]:
    certificate = plan.certificate
    if certificate.status is Status.INFEASIBLE:
        return [
            locale.text(
                "site.line.infeasible", lang, conflict=conflict_text(certificate.conflict, lang)
            )
        ]
    what = "staged" if plan.stages else plan.request.model
    unit = locale.text(f"site.objective.{what}", lang)
    proven = certificate.status is Status.OPTIMAL
    name = "interrupted" if certificate.interrupted and not proven else certificate.status.value
    lines = [
        locale.text(
            f"site.line.{name}",
            lang,
            what=unit,
            objective=format_number(certificate.objective),
            bound=format_number(certificate.bound),
            gap=_gap(certificate.gap),
        )
    ]
    if certificate.unique is not None:
        said = "unique" if certificate.unique else "equals"
        more = "" if certificate.equals_complete else "+"
        lines.append(
            locale.text(f"site.line.{said}", lang, count=f"{len(certificate.equals)}{more}")
        )
    return lines


def conflict_text(conflict: Any, lang: str | None = None) -> str:
    """Return the numbers that cannot be reconciled, by name."""
    parts = [
        locale.text(f"site.conflict.{name}", lang, value=format_number(value))
        for name, value in sorted(conflict.items())
    ]
    return locale.text("where.separator", lang).join(parts)


def _gap(gap: float) -> str:
    return "∞" if math.isinf(gap) else f"{gap * 100:.2f}%"


def _percent(part: float, whole: float) -> str:
    return f"{part / whole * 100:.1f}%" if whole > 0 else "—"


def _listed(names: Sequence[str], lang: str | None) -> str:
    shown = locale.joined(names[:MOST_LISTED], lang)
    return shown if len(names) <= MOST_LISTED else f"{shown}…"


def _counted(number: Count, lang: str | None) -> str:
    known = format_number(number.known)
    if not number.unknown:
        return known
    return locale.text("site.with_unknown", lang, known=known, unknown=number.unknown)
