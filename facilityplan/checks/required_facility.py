"""Facility required by tier: so many of a kind in every zone of a level, each with so many beds.

A clause on a named area asks for them in each of its zones; by the reading ``together``, in all of
them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from facilityplan.checks.context import Context
from facilityplan.checks.counting import (
    Rows,
    at_least,
    both,
    counted,
    each_one,
    flagged,
    ids,
    run_by,
)
from facilityplan.checks.finding import Finding, not_applicable, undecided
from facilityplan.checks.regions import Region, judge_regions
from facilityplan.checks.spans import above_upper, judged_within, listed
from facilityplan.provision import Selection
from facilityplan.standards import Adoption, Clause, Comparator

MEASURE = "required_facility"
TOGETHER = "together"


def evaluate(context: Context, rows: Sequence[int] | None = None) -> list[Finding]:
    """Return one finding for each zone and kind of facility that a clause requires there.

    Parameters
    ----------
    rows
        Zones to judge; ``None`` judges all of them and the named areas.
    """
    known: dict[str, tuple[Selection, Selection]] = {}

    def judge(context: Context, adoption: Adoption, region: Region) -> Finding:
        clause = adoption.clause
        if clause.id not in known:
            known[clause.id] = _selections(context, clause)
        return _judge(context, adoption, region, *known[clause.id])

    return judge_regions(context, MEASURE, judge, together=_together, rows=rows)


def _together(context: Context, clause: Clause) -> bool:
    return TOGETHER in context.chosen(clause)


def _selections(context: Context, clause: Clause) -> tuple[Selection, Selection]:
    """Return the facilities of the kind and state meant, and those that keep all that is asked."""
    facilities, parameters = context.city.facilities, clause.parameters
    of_kind = counted(context, clause)
    found = of_kind
    if "operators" in parameters:
        found = both(found, run_by(facilities, parameters["operators"]))
    if parameters.get("medical_care"):
        found = both(found, flagged(facilities, "medical_care"))
    if "min_beds" in parameters:
        found = both(found, at_least(facilities, "beds", float(parameters["min_beds"])))
    return of_kind, found


def _judge(
    context: Context,
    adoption: Adoption,
    region: Region,
    of_kind: Selection,
    selection: Selection,
) -> Finding:
    city, clause = context.city, adoption.clause
    evidence: dict[str, Any] = {}
    trigger = clause.parameters.get("trigger_households")
    if trigger is not None:
        known, exact = _households(context, region.zones)
        comparator = Comparator(clause.parameters["trigger_comparator"])
        evidence = {"households": known, "households_exact": exact}
        if not comparator.holds(known, float(trigger)):
            if not exact:
                return undecided(
                    adoption,
                    region.unit,
                    "reason.zone_households_unknown",
                    required=clause.limit,
                    evidence=evidence,
                )
            said = {"households": known, "limit": trigger}
            reason = "reason.below_trigger"
            return not_applicable(adoption, region.unit, reason, evidence, **said)
    rows = context.facilities_within(region.zones)
    span = each_one(city.facilities).of(selection).total(rows, complete=city.facilities_complete)
    doubtful = ids(context, rows[selection.undecided[rows]])
    evidence |= {
        "facilities": _shown(context, clause, rows[of_kind.counting[rows]]),
        "min_beds": clause.parameters.get("min_beds"),
        **({"missing": doubtful} if doubtful else {}),
        **above_upper(clause.parameters, span.low),
    }
    with_beds = "min_beds" in clause.parameters
    return judged_within(
        adoption,
        region.unit,
        span,
        formula={
            "id": "formula.facilities_with_beds" if with_beds else "formula.count",
            "min_beds": clause.parameters.get("min_beds", 0),
        },
        evidence=evidence,
        doubt={
            "id": "reason.facility_undescribed" if doubtful else "reason.facilities_incomplete",
            "facility": listed(doubtful),
        },
        known=span.low,
    )


def _shown(context: Context, clause: Clause, rows: Rows) -> list[dict[str, Any]]:
    """Return the facilities of the kind, with what the clause asks of each."""
    columns = ["beds"]
    columns += ["operator"] if "operators" in clause.parameters else []
    columns += ["medical_care"] if "medical_care" in clause.parameters else []
    names = ids(context, rows)
    cells = {name: context.cells("facilities", name) for name in columns}
    return [
        {"facility": name, **{column: cells[column][row] for column in columns}}
        for name, row in zip(names, rows.tolist(), strict=True)
    ]


def _households(context: Context, rows: Sequence[int]) -> tuple[float, bool]:
    found = [zone_households(context, row) for row in rows]
    return sum(known for known, _ in found), all(exact for _, exact in found)


def zone_households(context: Context, row: int) -> tuple[float, bool]:
    """Return a zone's households as far as known, and whether all are.

    The zone's own figure wins; else the sum of its residences.
    """
    zones = context.city.zones
    own = float(zones["households"].iloc[row])
    if np.isfinite(own):
        return own, True
    if not context.city.has("residences"):
        return 0.0, False
    inside = context.residences_within([row])
    households = context.city.residences["households"].to_numpy(dtype=float)[inside]
    known = np.isfinite(households)
    return float(households[known].sum()), bool(known.all()) and len(inside) > 0
