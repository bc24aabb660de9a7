"""A site plan to hand on: a JSON document, a workbook, headline lines, sites for the map."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import math
from collections.abc import Sequence
from typing import Any, Final

from facilityplan import locale
from facilityplan.layers import City
from facilityplan.report.headlines import stage_lines
from facilityplan.report.sheets import Cell, Column, Row, SheetWriter, open_book
from facilityplan.report.values import plain
from facilityplan.siting.planner import SitePlan
from facilityplan.siting.planner.result import Curve, SiteReasons
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


def site_plan_workbook(plan: SitePlan, city: City, lang: str | None = None) -> bytes:
    """Return an xlsx file: the plan, its reasons, gaps left open, curve, stages, streets.

    Parameters
    ----------
    plan
        The plan.
    city
        For its name and its judging date, the only date in the file.
    lang
        ``zh`` or ``en``.
    """
    stream = io.BytesIO()
    as_of: dt.date = city.as_of
    head = locale.text("site.workbook", lang, city=city.name)
    with open_book(stream, head, as_of, lang) as writer:
        _write_plan(writer, plan, head, lang)
        _write_reasons(writer, plan, lang)
        _write_open(writer, plan, lang)
        _write_equals(writer, plan)
        for curve in plan.curves:
            _write_curve(writer, curve, lang)
        if plan.stages:
            _write_stages(writer, plan)
        _write_streets(writer, plan, lang)
    return stream.getvalue()


def _number(value: float | None) -> Cell:
    return None if value is None or not math.isfinite(value) else float(value)


def _write_plan(writer: SheetWriter, plan: SitePlan, head: str, lang: str | None) -> None:
    columns = (
        *(Column(name, width) for name, width in (("site_id", 16), ("site_name", 26))),
        Column("candidate_kind", 14),
        Column("stage_year", 9),
        *(
            Column(name, 11)
            for name in ("gaps_served", "site_households", "site_persons", "site_elders")
        ),
        *(Column(name, 13) for name in ("site_cost", "floor_needed", "floor_most", "floor_held")),
        *(Column(name, 11) for name in ("health_m", "suitability", "available_from")),
        *(Column(name, 14) for name in ("x_m", "y_m")),
    )
    rows = []
    for item in plan.sites:
        site = item.site
        rows.append(
            Row(
                {
                    "site_id": site.candidate_id,
                    "site_name": site.name,
                    "candidate_kind": _kind(site.kind, lang),
                    "stage_year": None if item.stage is None else str(item.stage),
                    "gaps_served": float(len(site.serves)),
                    "site_households": site.households.known,
                    "site_persons": site.persons.known,
                    "site_elders": site.elders.known,
                    "site_cost": _number(item.cost),
                    "floor_needed": site.floor_area_needed_m2,
                    "floor_most": _number(site.max_floor_area_m2),
                    "floor_held": _number(item.floor_area_m2),
                    "health_m": _number(item.health_m),
                    "suitability": _number(item.score),
                    "available_from": None
                    if math.isnan(item.available_from)
                    else f"{item.available_from:.0f}",
                    "x_m": site.x,
                    "y_m": site.y,
                }
            )
        )
    totals: dict[str, Cell] = {column.name: None for column in columns}
    totals |= {
        "site_id": locale.text("site.total", lang),
        "gaps_served": float(plan.totals.gaps),
        "site_households": plan.totals.households.known,
        "site_persons": plan.totals.persons.known,
        "site_elders": plan.totals.elders.known,
        "site_cost": plan.totals.cost.known,
    }
    writer.sheet("site_plan", columns, [*rows, Row(totals)], [head, *site_plan_lines(plan, lang)])


def _kind(kind: str, lang: str | None) -> str:
    known = f"map.candidate_kind.{kind}"
    return locale.text(known, lang) if known in locale.catalogue(locale.language(lang)) else kind


def _write_reasons(writer: SheetWriter, plan: SitePlan, lang: str | None) -> None:
    columns = (
        Column("site_id", 16),
        Column("site_name", 26),
        Column("serves", 44),
        Column("mends", 34),
        Column("lost_gaps", 12),
        Column("lost_households", 12),
        Column("lost_elders", 12),
        Column("lost_ids", 40),
        Column("alternatives", 44),
    )
    rows = []
    for item in plan.sites:
        mends: dict[str, int] = {}
        for note in item.site.mends:
            mends[note.clause_id] = mends.get(note.clause_id, 0) + 1
        rows.append(
            Row(
                {
                    "site_id": item.site.candidate_id,
                    "site_name": item.site.name,
                    "serves": locale.joined(item.site.serves, lang),
                    "mends": locale.joined(
                        (f"{name} × {n}" for name, n in sorted(mends.items())), lang
                    ),
                    "lost_gaps": float(len(item.lost)),
                    "lost_households": item.lost_households.known,
                    "lost_elders": item.lost_elders.known,
                    "lost_ids": locale.joined(item.lost, lang),
                    "alternatives": _alternatives(item, lang),
                }
            )
        )
    writer.sheet("site_reasons", columns, rows)


def _alternatives(item: SiteReasons, lang: str | None) -> str:
    if item.alternatives is None:
        return locale.text("site.alternatives_unknown", lang)
    if not item.alternatives:
        return locale.text("site.alternatives_none", lang)
    named = (f"{other.candidate_id}（{format_number(other.value)}）" for other in item.alternatives)
    return locale.joined(named, lang)


def _write_open(writer: SheetWriter, plan: SitePlan, lang: str | None) -> None:
    columns = (
        Column("unit_id", 14),
        Column("unit_name", 26),
        Column("site_households", 10),
        Column("open_reason", 34),
        Column("site_limit_m", 11),
        Column("nearest_candidate", 16),
        Column("nearest_m", 13),
        Column("barred", 40),
    )
    rows = [
        Row(
            {
                "unit_id": item.residence,
                "unit_name": item.name,
                "site_households": _number(item.households),
                "open_reason": locale.text(f"site.reason.{item.reason}", lang),
                "site_limit_m": _number(item.limit_m),
                "nearest_candidate": item.nearest,
                "nearest_m": _number(item.nearest_m),
                "barred": locale.joined(
                    (
                        f"{name}（{locale.text(f'site.barred.{why}', lang)}）"
                        for name, why in item.barred
                    ),
                    lang,
                ),
            }
        )
        for item in plan.open_gaps
    ]
    writer.sheet("site_open", columns, rows)


def _write_equals(writer: SheetWriter, plan: SitePlan) -> None:
    columns = (
        Column("equal_plan", 9),
        Column("sites_only_there", 50),
        Column("sites_only_here", 50),
        Column("mean_health_m", 14),
        Column("mean_score", 12),
    )
    own = {item.site.candidate_id for item in plan.sites}
    rows = [
        Row(
            {
                "equal_plan": float(number),
                "sites_only_there": locale.joined(sorted(set(other.sites) - own), writer.lang),
                "sites_only_here": locale.joined(sorted(own - set(other.sites)), writer.lang),
                "mean_health_m": _number(other.mean_health_m),
                "mean_score": _number(other.mean_score),
            }
        )
        for number, other in enumerate(plan.certificate.equals, start=1)
    ]
    writer.sheet("site_equals", columns, rows)


def _write_curve(writer: SheetWriter, curve: Curve, lang: str | None) -> None:
    columns = (
        Column(f"limit_{curve.limit}", 12),
        Column("weight_served", 14),
        Column("share_percent", 11),
        Column("curve_bound", 14),
        Column("solve_status", 20),
        Column("n_sites", 9),
        Column("site_cost", 13),
        Column("knee", 10),
    )
    rows = [
        Row(
            {
                f"limit_{curve.limit}": point.limit,
                "weight_served": point.weight,
                "share_percent": round(point.weight / curve.total * 100, 2),
                "curve_bound": _number(point.bound),
                "solve_status": locale.text(f"solve.{point.status.value}", lang),
                "n_sites": float(point.n_sites),
                "site_cost": point.cost.known,
                "knee": locale.text("site.knee", lang) if at == curve.knee else None,
            }
        )
        for at, point in enumerate(curve.points)
    ]
    name = "whole" if curve.complete else "cut"
    above = [locale.text(f"site.curve_{name}", lang), locale.text("site.knee_method", lang)]
    writer.sheet(f"site_curve_{curve.limit}", columns, rows, above)


def _write_stages(writer: SheetWriter, plan: SitePlan) -> None:
    columns = (
        Column("stage_year", 9),
        Column("n_sites", 9),
        Column("stage_new", 50),
        Column("stage_sites", 60),
        Column("weight_served", 14),
    )
    rows = [
        Row(
            {
                "stage_year": str(stage.year),
                "n_sites": float(len(stage.sites)),
                "stage_new": locale.joined(stage.new, writer.lang),
                "stage_sites": locale.joined(stage.sites, writer.lang),
                "weight_served": stage.weight,
            }
        )
        for stage in plan.stages
    ]
    writer.sheet("site_stages", columns, rows)


def _write_streets(writer: SheetWriter, plan: SitePlan, lang: str | None) -> None:
    counts = ("need", "existing", "proposed", "shortfall")
    columns = (
        Column("street_id", 14),
        Column("street", 20),
        *(Column(f"street_{name}", 12) for name in (*counts, "undecided")),
        *(Column(f"street_households_{name}", 14) for name in counts),
        Column("street_sites", 10),
    )
    rows = [
        Row(
            {
                "street_id": item.street,
                "street": item.name or locale.text("site.no_street", lang),
                **{f"street_{name}": float(getattr(item, name)) for name in (*counts, "undecided")},
                **{
                    f"street_households_{name}": getattr(item, f"households_{name}").known
                    for name in counts
                },
                "street_sites": float(item.sites),
            }
        )
        for item in plan.streets
    ]
    writer.sheet("site_streets", columns, rows)
