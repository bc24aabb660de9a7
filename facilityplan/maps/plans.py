"""Proposed sites on the map: each plan with its sites, whom they serve and what they mend."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from facilityplan.crs import to_lonlat
from facilityplan.layers import City
from facilityplan.maps.content import candidate_kind, number
from facilityplan.maps.packing import points
from facilityplan.maps.stages import stage_rows
from facilityplan.siting.proposal import Proposal, ProposedSite, SitingPlan


def proposal_content(city: City, proposal: Proposal, lang: str) -> dict[str, Any]:
    """Return the gaps and the plans that close them, residences by their position.

    Parameters
    ----------
    city
        The city that was sited for.
    proposal
        What siting proposes.
    lang
        Language of the candidates' kinds.
    """
    rows = {name: row for row, name in enumerate(city.residences["id"])}
    plans = [] if proposal.cover_all is None else [proposal.cover_all]
    if proposal.staged is not None and proposal.staged.sites:
        plans.append(proposal.staged)
    return {
        "gaps": len(proposal.gaps),
        "undecided": len(proposal.undecided),
        "unreachable": [rows[name] for name in proposal.unreachable],
        "kind": proposal.facility_kind,
        "generated": proposal.candidates == "generated",
        "weight": proposal.weight,
        "plans": [_plan(city, plan, rows, lang) for plan in (*plans, *proposal.best)],
    }


def _plan(city: City, plan: SitingPlan, rows: dict[str, int], lang: str) -> dict[str, Any]:
    xy = np.asarray([(site.x, site.y) for site in plan.sites], dtype=np.float64).reshape(-1, 2)
    return {
        "problem": plan.problem,
        "count": plan.n_sites,
        "optimal": plan.status.value == "optimal",
        "point": points(to_lonlat(shapely.points(xy), city.crs)),
        "sites": [_site(site, rows, lang) for site in plan.sites],
        "stages": stage_rows(plan, rows),
    }


def _site(site: ProposedSite, rows: dict[str, int], lang: str) -> dict[str, Any]:
    mended: dict[str, int] = {}
    for item in site.mends:
        mended[item.clause_id] = mended.get(item.clause_id, 0) + 1
    return {
        "id": site.candidate_id,
        "x": round(site.x, 3),
        "y": round(site.y, 3),
        "name": site.name or site.candidate_id,
        "kind": candidate_kind(site.kind, lang),
        "serves": [rows[name] for name in site.serves],
        "households": [number(site.households.known), site.households.unknown],
        "persons": [number(site.persons.known), site.persons.unknown],
        "elders": [number(site.elders.known), site.elders.unknown],
        "mends": sorted(mended.items()),
        "needed": number(site.floor_area_needed_m2),
        "available": number(site.max_floor_area_m2),
        "fits": site.fits,
    }
