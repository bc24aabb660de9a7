"""A siting plan as Excel: sites, reasons, gaps left open, equal plans, curves, stages, streets."""

from __future__ import annotations

import datetime as dt
import io
import math

from facilityplan import locale
from facilityplan.layers import City
from facilityplan.report.sheets import Cell, Column, Row, SheetWriter, open_book
from facilityplan.report.site_plan import site_plan_lines
from facilityplan.siting.planner import SitePlan
from facilityplan.siting.planner.result import Curve, SiteReasons
from facilityplan.units import format_number


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
