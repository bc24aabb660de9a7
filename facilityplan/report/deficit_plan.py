"""A plan that closes deficits to hand on: a JSON document, a workbook, headline lines, a map."""

from __future__ import annotations

import io
import math
from typing import Any, Final

from facilityplan import locale
from facilityplan.layers import City
from facilityplan.report.sheets import Column, Row, open_book
from facilityplan.report.site_plan import conflict_text
from facilityplan.report.values import plain
from facilityplan.siting.deficits import DeficitOptions, DeficitPlan
from facilityplan.siting.proposal import Count, Proposal, ProposedSite, SitingPlan
from facilityplan.siting.solution import Status
from facilityplan.units import format_number

FORMAT: Final = 1
MODEL: Final = "deficits"


def deficit_document(plan: DeficitPlan, options: DeficitOptions, city: City) -> dict[str, Any]:
    """Return a plan as plain values: ids, message ids and figures; metres in the city's CRS."""
    terms = options.terms
    document: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "project": city.name,
            "as_of": city.as_of,
            "crs": city.crs,
            "request": {
                "model": MODEL,
                "weight": options.weight,
                "facility_kind": options.facility_kind,
                "measures": options.measures,
                "share_least_size": options.share_least_size,
                "mandatory": options.mandatory,
                "forbidden": options.forbidden,
                "n_sites": terms.most_sites,
                "budget": terms.budget,
                "year": terms.last_year,
                "then": terms.then.value,
            },
            **plan.as_dict(),
        }
    )
    return document


def deficit_proposal(plan: DeficitPlan, options: DeficitOptions) -> Proposal:
    """Return the plan as the map takes proposals: its actions as sites."""
    sites = tuple(
        ProposedSite(
            candidate_id=item.action_id,
            name=item.name,
            kind=item.place_kind,
            x=item.x,
            y=item.y,
            serves=item.serves,
            households=item.households,
            persons=Count(0.0, len(item.serves)),
            elders=item.elders,
            mends=item.mends,
            floor_area_needed_m2=math.fsum(
                share.amount for share in item.gives if share.kind == "floor_area"
            ),
            max_floor_area_m2=item.floor_area_m2,
        )
        for item in plan.actions
    )
    still = {item.unit_id for item in plan.open if item.kind == "distance"}
    closed = {unit for item in plan.actions for _, unit in item.closes} & {
        name for site in sites for name in site.serves
    }
    shown = SitingPlan(MODEL, len(sites), plan.status, plan.objective, plan.bound, plan.gap, sites)
    return Proposal(
        gaps=tuple(sorted(still | closed)),
        undecided=(),
        unreachable=tuple(
            sorted(
                item.unit_id
                for item in plan.open
                if item.kind == "distance" and item.why == "no_candidate"
            )
        ),
        candidates="given",
        facility_kind=options.facility_kind,
        weight=options.weight,
        unweighted=(),
        cover_all=None,
        best=(shown,) if sites else (),
    )


def deficit_lines(plan: DeficitPlan, lang: str | None = None) -> list[str]:
    """Return the plan in a few sentences: proof, what it closes of each kind, what stays open."""

    def said(name: str, **parameters: Any) -> str:
        return locale.text(f"deficits.line.{name}", lang, **parameters)

    lines = [locale.text(f"site.model.{MODEL}", lang)]
    if plan.status is Status.INFEASIBLE:
        lines.append(
            locale.text(
                "site.line.infeasible", lang, conflict=conflict_text(plan.conflict or {}, lang)
            )
        )
    else:
        proven = plan.status is Status.OPTIMAL
        name = "interrupted" if plan.interrupted and not proven else plan.status.value
        lines.append(
            locale.text(
                f"site.line.{name}",
                lang,
                what=locale.text(f"site.objective.{MODEL}", lang),
                objective=format_number(plan.objective),
                bound=format_number(plan.bound),
                gap="∞" if math.isinf(plan.gap) else f"{plan.gap * 100:.2f}%",
            )
        )
        cost = locale.text("deficits.cost_unknown", lang)
        if plan.cost is not None:
            cost = format_number(plan.cost)
        lines.append(said("actions", actions=len(plan.actions), cost=cost))
    lines += [
        said(
            "tally",
            kind=locale.text(f"deficits.kind.{item.kind.value}", lang),
            closed=item.closed,
            needs=item.needs,
        )
        for item in plan.tallies
    ]
    lines += [
        said(
            "shortage",
            zone=item.zone,
            kind=locale.text(f"deficits.kind.{item.kind.value}", lang),
            needed=format_number(item.needed),
            possible=format_number(item.possible),
        )
        for item in plan.shortages
    ]
    counts: dict[str, int] = {}
    for opened in plan.open:
        counts[opened.why] = counts.get(opened.why, 0) + 1
    lines += [
        said("open", count=number, reason=locale.text(f"deficits.why.{why}", lang))
        for why, number in sorted(counts.items())
    ]
    return lines


_ACTIONS: Final = (
    Column("action_id", 18),
    Column("site_name", 26),
    Column("candidate_kind", 14),
    Column("action_year", 9),
    Column("action_floor", 12),
    Column("action_beds", 9),
    Column("site_cost", 12),
    Column("gaps_served", 11),
    Column("site_households", 11),
    Column("site_elders", 11),
    Column("action_closes", 44),
    Column("action_lost", 44),
    Column("mends", 34),
)

_OPEN: Final = (
    Column("clause", 10),
    Column("unit_id", 14),
    Column("unit_name", 26),
    Column("need_kind", 14),
    Column("need_weight", 11),
    Column("need_missing", 12),
    Column("open_reason", 34),
)


def deficit_workbook(plan: DeficitPlan, city: City, lang: str | None = None) -> bytes:
    """Return an xlsx file: the actions with their reasons, requirements left open."""
    stream = io.BytesIO()
    head = locale.text("site.workbook", lang, city=city.name)
    with open_book(stream, head, city.as_of, lang) as writer:
        rows = [_action_row(item, lang) for item in plan.actions]
        writer.sheet("site_plan", _ACTIONS, rows, [head, *deficit_lines(plan, lang)])
        still = [
            Row(
                {
                    "clause": item.clause_id,
                    "unit_id": item.unit_id,
                    "unit_name": item.unit_name,
                    "need_kind": locale.text(f"deficits.kind.{item.kind.value}", lang),
                    "need_weight": item.weight,
                    "need_missing": item.missing,
                    "open_reason": locale.text(f"deficits.why.{item.why}", lang),
                }
            )
            for item in plan.open
        ]
        writer.sheet("site_open", _OPEN, still)
    return stream.getvalue()


def _action_row(item: Any, lang: str | None) -> Row:
    def listed(names: Any) -> str:
        return locale.joined((f"{clause} {unit}" for clause, unit in names), lang)

    known = f"map.candidate_kind.{item.place_kind}"
    catalogue = locale.catalogue(locale.language(lang))
    mends: dict[str, int] = {}
    for note in item.mends:
        mends[note.clause_id] = mends.get(note.clause_id, 0) + 1
    return Row(
        {
            "action_id": item.action_id,
            "site_name": item.name,
            "candidate_kind": catalogue.get(known, item.place_kind),
            "action_year": None if item.year is None else str(item.year),
            "action_floor": item.floor_area_m2,
            "action_beds": item.beds,
            "site_cost": item.cost,
            "gaps_served": float(len(item.serves)),
            "site_households": item.households.known,
            "site_elders": item.elders.known,
            "action_closes": listed(item.closes),
            "action_lost": listed(item.lost),
            "mends": locale.joined((f"{name} × {n}" for name, n in sorted(mends.items())), lang),
        }
    )
