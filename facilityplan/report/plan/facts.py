"""All that the special plan says, in one place: results, and what follows from them by sums."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from facilityplan.checks import Context, Finding
from facilityplan.checks.radius_coverage import RadiusCoverage
from facilityplan.errors import UsageError
from facilityplan.report.documents import FORMAT
from facilityplan.report.headlines import totals
from facilityplan.report.plan.balance import (
    Inventory,
    StreetBalance,
    balance_of,
    count,
    inventory_of,
)
from facilityplan.report.values import plain
from facilityplan.siting import Count, Proposal, SitingPlan
from facilityplan.standards import Clause, measures


@dataclass(frozen=True)
class PlanFacts:
    """What the plan is filled from.

    Parameters
    ----------
    context, findings, coverage, proposal
        The results of a run.
    streets, inventory
        Sums by street, and by kind and state of facility.
    targets
        Findings on zones and on the city with the clause of each: the indicators.
    near_term
        Sites to be built first; ``None`` where nobody has said how many.
    costs
        Cost of each proposed site as the candidates layer gives it, by candidate; without a
        figure it is not there.
    near_term_cost
        Sum of the costs of the near-term sites, with how many have none.
    """

    context: Context
    findings: tuple[Finding, ...]
    coverage: RadiusCoverage
    proposal: Proposal
    streets: tuple[StreetBalance, ...]
    inventory: tuple[Inventory, ...]
    targets: tuple[tuple[Clause, Finding], ...]
    near_term: SitingPlan | None
    costs: dict[str, float]
    near_term_cost: Count | None


def plan_facts(
    context: Context,
    findings: Sequence[Finding],
    coverage: RadiusCoverage,
    proposal: Proposal,
    near_term: int | None,
) -> PlanFacts:
    """Return what the plan is filled from.

    Parameters
    ----------
    near_term
        How many sites come first: the best plan of so many; ``None`` where nobody has said.

    Raises
    ------
    UsageError
        If no plan of so many sites was made.
    """
    first = _near_term(proposal, near_term)
    costs = _costs(context)
    of_first = None
    if first is not None:
        figures = [costs.get(site.candidate_id, np.nan) for site in first.sites]
        of_first = count(np.asarray(figures, dtype=float))
    clauses = {clause.id: clause for clause in context.standards.clauses()}
    targets = [
        (clauses[item.clause_id], item)
        for item in findings
        if item.unit_kind in {"zone", "project"}
        and measures()[clauses[item.clause_id].measure].unit_of_assessment in {"zone", "project"}
    ]
    return PlanFacts(
        context,
        tuple(findings),
        coverage,
        proposal,
        balance_of(context, findings, proposal),
        inventory_of(context),
        tuple(sorted(targets, key=lambda pair: (pair[0].id, pair[1].unit_id))),
        first,
        costs,
        of_first,
    )


def _near_term(proposal: Proposal, n_sites: int | None) -> SitingPlan | None:
    if n_sites is None:
        return None
    for plan in proposal.best:
        if plan.n_sites == n_sites:
            return plan
    raise UsageError("plan_near_term", given=n_sites, most=len(proposal.best))


def _costs(context: Context) -> dict[str, float]:
    if not context.city.has("candidates"):
        return {}
    layer = context.city.layer("candidates")
    return {
        str(name): float(cost)
        for name, cost in zip(layer["id"], layer["cost"], strict=True)
        if not math.isnan(cost)
    }


def plan_document(facts: PlanFacts) -> dict[str, Any]:
    """Return the sums of the plan as plain values for JSON."""
    proposal = facts.proposal
    document: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "project": facts.context.city.name,
            "as_of": facts.context.city.as_of,
            "horizon": facts.context.city.horizon,
            "totals": dataclasses.asdict(totals(facts.findings)),
            "streets": [dataclasses.asdict(item) for item in facts.streets],
            "inventory": [dataclasses.asdict(item) for item in facts.inventory],
            "gaps": len(proposal.gaps),
            "undecided": len(proposal.undecided),
            "unreachable": len(proposal.unreachable),
            "near_term": None
            if facts.near_term is None
            else {
                "sites": [site.candidate_id for site in facts.near_term.sites],
                "n_sites": len(facts.near_term.sites),
                "cost": facts.near_term_cost and dataclasses.asdict(facts.near_term_cost),
            },
            "sites": {
                site.candidate_id: {
                    "residences": len(site.serves),
                    "cost": facts.costs.get(site.candidate_id),
                }
                for plan in (proposal.cover_all, *proposal.best)
                if plan is not None
                for site in plan.sites
            },
        }
    )
    return document
