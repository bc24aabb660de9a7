"""The tables of the special plan as a workbook."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Final

from facilityplan import locale
from facilityplan.checks import Finding, Verdict
from facilityplan.checks.floor_area import MEASURE as FLOOR_AREA
from facilityplan.checks.wording import SIGNS, required_text, value_text
from facilityplan.report.plan.balance import StreetBalance
from facilityplan.report.plan.facts import PlanFacts
from facilityplan.report.sheets import Cell, Column, Row, open_book
from facilityplan.report.text import printable
from facilityplan.siting import Count, ProposedSite
from facilityplan.standards import kinds
from facilityplan.units import format_beside

_FACILITIES: Final = (
    Column("special_number", 6),
    Column("special_id", 12),
    Column("special_name", 30),
    Column("special_kind", 20),
    Column("special_status", 10),
    Column("special_street", 16),
    Column("special_floor_area_m2", 12),
    Column("special_beds", 8),
    Column("special_nursing_beds", 8),
    Column("special_opened", 12),
)
_STREETS: Final = (
    Column("special_number", 6),
    Column("special_street", 16),
    Column("special_residences", 10),
    Column("special_households", 10),
    Column("special_households_unknown", 10),
    Column("special_elders", 10),
    Column("special_elders_unknown", 10),
    Column("special_radius_missed", 10),
    Column("special_radius_undecided", 10),
    Column("special_required_m2", 12),
    Column("special_provided_m2", 12),
    Column("special_short_m2", 12, toned=True),
    Column("special_area_undecided", 10),
    Column("special_facilities", 9),
    Column("special_beds", 9),
    Column("special_beds_unknown", 9),
    Column("special_proposed", 9),
)
_ESTATES: Final = (
    Column("special_number", 6),
    Column("special_id", 12),
    Column("special_name", 24),
    Column("special_street", 16),
    Column("special_households", 10),
    Column("special_radius_verdict", 12, toned=True),
    Column("special_facility", 12),
    Column("special_straight_m", 11),
    Column("special_walking_m", 11),
    Column("special_required_m2", 12),
    Column("special_provided_m2", 12),
    Column("special_short_m2", 12),
    Column("special_area_verdict", 12, toned=True),
    Column("special_site", 10),
)
_SITES: Final = (
    Column("special_number", 6),
    Column("special_id", 10),
    Column("special_name", 20),
    Column("special_candidate_kind", 14),
    Column("special_builds", 18),
    Column("special_x", 13),
    Column("special_y", 13),
    Column("special_serves", 9),
    Column("special_households", 10),
    Column("special_elders", 10),
    Column("special_needed_m2", 12),
    Column("special_available_m2", 12),
    Column("special_cost", 12),
    Column("special_when", 12),
)
_TARGETS: Final = (
    Column("special_number", 6),
    Column("clause", 9),
    Column("title", 34),
    Column("special_zone", 16),
    Column("value", 18),
    Column("required", 18),
    Column("special_year", 8),
    Column("verdict", 12, toned=True),
    Column("document_number", 22),
)
_PROJECTS: Final = (
    Column("special_number", 6),
    Column("special_id", 10),
    Column("special_name", 20),
    Column("special_builds", 18),
    Column("special_households", 10),
    Column("special_cost", 12),
    Column("special_missing", 26),
)


def plan_workbook(facts: PlanFacts, lang: str) -> bytes:
    """Return the tables as an xlsx file; a cell without a figure is empty and said beside it."""
    city = facts.context.city
    stream = io.BytesIO()
    head = locale.text("report.plan.title", lang, place=printable(city.name))
    dated = locale.text("report.workbook_as_of", lang, as_of=city.as_of.isoformat())
    with open_book(stream, head, city.as_of, lang) as writer:
        for name, columns, rows in (
            ("special_facilities", _FACILITIES, _facilities(facts, lang)),
            ("special_streets", _STREETS, _streets(facts, lang)),
            ("special_estates", _ESTATES, _estates(facts, lang)),
            ("special_sites", _SITES, _sites(facts, lang)),
            ("special_targets", _TARGETS, _targets(facts, lang)),
            ("special_projects", _PROJECTS, _projects(facts, lang)),
        ):
            title = locale.text(f"report.sheet.{name}", lang)
            gap = _gap_of(name, facts)
            said = () if gap is None else (locale.text(f"plan_text.{gap}", lang),)
            numbered = [
                Row({**row.cells, "special_number": float(place)}, row.tone)
                for place, row in enumerate(rows, start=1)
            ]
            writer.sheet(name, columns, numbered, above=(title, dated, *said))
    return stream.getvalue()


def _gap_of(sheet: str, facts: PlanFacts) -> str | None:
    """Return why a table has no rows, as a message id; an empty table would say nothing."""
    gaps = {
        "special_streets": (not facts.streets, "no_streets"),
        "special_sites": (facts.proposal.cover_all is None, "no_sites"),
        "special_targets": (not facts.targets, "no_targets_at_all"),
        "special_projects": (facts.near_term is None, "near_unsaid"),
    }
    holds, gap = gaps.get(sheet, (False, None))
    return gap if holds else None


def kind_name(kind: str | None, lang: str) -> str:
    """Return what a kind of facility is called; empty where it is not known."""
    if kind is None:
        return ""
    found = kinds()[kind]
    return found.zh if lang == "zh" else found.en


def candidate_name(kind: str, lang: str) -> str:
    """Return what a kind of candidate is called; empty where it is not known."""
    return locale.text(f"map.candidate_kind.{kind}", lang) if kind else ""


def value_and_required(finding: Finding, lang: str) -> tuple[str, str]:
    """Return what was found and what is asked; a share is said in per cent."""
    if finding.unit != "share":
        return value_text(finding, lang), required_text(finding, lang)
    found = "—" if finding.value is None else _percent(finding.value, finding.required)
    if finding.required is None:
        return found, "—"
    sign = SIGNS.get(finding.comparator or "", "")
    return found, f"{sign} {_percent(finding.required)}".strip()


def _percent(share: float, beside: float | None = None) -> str:
    return f"{format_beside(100 * share, None if beside is None else 100 * beside, 1)}%"


def street_of(facts: PlanFacts) -> tuple[dict[int, str], dict[int, str]]:
    """Return the street's name of each residence and of each facility, by position."""
    ids = facts.context.city.zones["id"].astype(str).tolist() if facts.streets else []
    residences: dict[int, str] = {}
    facilities: dict[int, str] = {}
    for street in facts.streets:
        row = ids.index(street.zone_id)
        residences |= dict.fromkeys(facts.context.residences_within([row]).tolist(), street.name)
        facilities |= dict.fromkeys(facts.context.facilities_within([row]).tolist(), street.name)
    return residences, facilities


def _facilities(facts: PlanFacts, lang: str) -> list[Row]:
    table = facts.context.city.facilities
    streets = street_of(facts)[1]
    rows = []
    for row in sorted(range(len(table)), key=lambda at: str(table["id"].iloc[at])):
        own = table.iloc[row]
        status = own["status"]
        rows.append(
            Row(
                {
                    "special_id": str(own["id"]),
                    "special_name": str(own["name"] or ""),
                    "special_kind": kind_name(own["kind"], lang),
                    "special_status": locale.text(f"facility_status.{status}", lang)
                    if status
                    else "",
                    "special_street": streets.get(row, ""),
                    "special_floor_area_m2": _or_gap(own["floor_area_m2"], lang),
                    "special_beds": _or_gap(own["beds"], lang),
                    "special_nursing_beds": _or_gap(own["nursing_beds"], lang),
                    "special_opened": str(own["opened"])[:10] if own["opened"] is not None else "",
                }
            )
        )
    return rows


def _streets(facts: PlanFacts, lang: str) -> list[Row]:
    return [
        Row(
            {
                "special_street": item.name,
                "special_residences": item.residences,
                "special_households": _known(item.households, lang),
                "special_households_unknown": item.households.unknown,
                "special_elders": _known(item.elders, lang),
                "special_elders_unknown": item.elders.unknown,
                "special_radius_missed": item.radius_missed,
                "special_radius_undecided": item.radius_undecided,
                "special_required_m2": _area(item.required_m2, item, lang),
                "special_provided_m2": _area(item.provided_m2, item, lang),
                "special_short_m2": _area(item.short_m2, item, lang),
                "special_area_undecided": item.floor_area_undecided,
                "special_facilities": item.facilities,
                "special_beds": _known(item.beds, lang),
                "special_beds_unknown": item.beds.unknown,
                "special_proposed": len(item.proposed),
            },
            Verdict.NON_COMPLIANT.value if item.short_m2 else "plain",
        )
        for item in facts.streets
    ]


def _area(m2: float | None, street: StreetBalance, lang: str) -> Cell:
    """Return a street's floor area; that it does not apply where no clause asks for any."""
    if m2 is None:
        return _verdict(Verdict.NOT_APPLICABLE.value, lang)
    return _known(Count(m2, street.floor_area_undecided), lang)


def _estates(facts: PlanFacts, lang: str) -> list[Row]:
    context = facts.context
    measure = {clause.id: clause.measure for clause in context.standards.clauses()}
    area: dict[str, Finding] = {
        item.unit_id: item
        for item in facts.findings
        if item.unit_kind == "residence" and measure[item.clause_id] == FLOOR_AREA
    }
    table = facts.coverage.table
    reach = {name: place for place, name in enumerate(table["id"])}
    streets = street_of(facts)[0]
    site_of: dict[str, str] = {}
    if facts.proposal.cover_all is not None:
        site_of = {
            name: site.candidate_id
            for site in facts.proposal.cover_all.sites
            for name in site.serves
        }
    residences = context.city.residences
    rows = []
    for row in sorted(range(len(residences)), key=lambda at: str(residences["id"].iloc[at])):
        name = str(residences["id"].iloc[row])
        place, own = reach.get(name), area.get(name)
        radius = "" if place is None else str(table["verdict"][place])
        rows.append(
            Row(
                {
                    "special_id": name,
                    "special_name": str(residences["name"].iloc[row] or ""),
                    "special_street": streets.get(row, ""),
                    "special_households": _or_gap(residences["households"].iloc[row], lang),
                    "special_radius_verdict": _verdict(radius, lang),
                    "special_facility": _cell(table, "facility", place) or "",
                    "special_straight_m": _cell(table, "straight_m", place),
                    "special_walking_m": _cell(table, "walking_m", place),
                    "special_required_m2": None if own is None else _or_gap(own.required, lang),
                    "special_provided_m2": None if own is None else _or_gap(own.value, lang),
                    "special_short_m2": _short(own, lang),
                    "special_area_verdict": ""
                    if own is None
                    else _verdict(own.verdict.value, lang),
                    "special_site": site_of.get(name, ""),
                },
                radius,
                {"special_area_verdict": "plain" if own is None else own.verdict.value},
            )
        )
    return rows


def _verdict(verdict: str, lang: str) -> str:
    return locale.text(f"verdict.{verdict}", lang) if verdict else ""


def _cell(table: dict[str, list[object]], column: str, place: int | None) -> Cell:
    if place is None or column not in table:
        return None
    found = table[column][place]
    return found if isinstance(found, str | float | int) else None


def _sites(facts: PlanFacts, lang: str) -> list[Row]:
    plan = facts.proposal.cover_all
    first = set() if facts.near_term is None else {s.candidate_id for s in facts.near_term.sites}
    return [
        Row(
            {
                **_site(facts, site, lang),
                "special_candidate_kind": candidate_name(site.kind, lang),
                "special_x": site.x,
                "special_y": site.y,
                "special_serves": len(site.serves),
                "special_elders": _known(site.elders, lang),
                "special_needed_m2": _or_gap(site.floor_area_needed_m2, lang),
                "special_available_m2": _or_gap(site.max_floor_area_m2, lang),
                "special_when": locale.text(
                    "report.plan.near" if site.candidate_id in first else "report.plan.later", lang
                )
                if facts.near_term is not None
                else "",
            }
        )
        for site in (() if plan is None else plan.sites)
    ]


def _site(facts: PlanFacts, site: ProposedSite, lang: str) -> dict[str, Cell]:
    return {
        "special_id": site.candidate_id,
        "special_name": site.name,
        "special_builds": kind_name(facts.proposal.facility_kind, lang),
        "special_households": _known(site.households, lang),
        "special_cost": _or_gap(facts.costs.get(site.candidate_id), lang),
    }


def _known(found: Count, lang: str) -> Cell:
    """Return a sum; that it is missing where not one figure of it is known."""
    return _or_gap(None if found.known == 0 and found.unknown else found.known, lang)


def _or_gap(value: float | None, lang: str) -> Cell:
    """Return a figure; where there is none, that it is missing."""
    if value is None or math.isnan(value):
        return locale.text("plan_text.unknown", lang)
    return float(value)


def _short(own: Finding | None, lang: str) -> Cell:
    if own is None or own.verdict is Verdict.NOT_APPLICABLE:
        return None
    judged = own.verdict is not Verdict.INSUFFICIENT_DATA
    return own.shortfall if judged else locale.text("plan_text.unknown", lang)


def _targets(facts: PlanFacts, lang: str) -> list[Row]:
    return [
        Row(
            {
                "clause": clause.id,
                "title": clause.title if lang == "zh" else clause.title_en,
                "special_zone": item.unit_name,
                **dict(zip(("value", "required"), value_and_required(item, lang), strict=True)),
                "special_year": None if clause.target_year is None else str(clause.target_year),
                "verdict": _verdict(item.verdict.value, lang),
                "document_number": clause.document_number,
            },
            item.verdict.value,
        )
        for clause, item in facts.targets
    ]


def _projects(facts: PlanFacts, lang: str) -> Sequence[Row]:
    if facts.near_term is None:
        return []
    missing = locale.text("report.plan.cost_missing", lang)
    return [
        Row(
            {
                **_site(facts, site, lang),
                "special_missing": "" if site.candidate_id in facts.costs else missing,
            }
        )
        for site in facts.near_term.sites
    ]
