"""Shares of beds and of facilities, by nursing, operator and medical care, in stock or added."""

from __future__ import annotations

from typing import Any

import numpy as np

from facilityplan.checks.context import Context
from facilityplan.checks.counting import (
    Amounts,
    beds_added,
    both,
    counted,
    each_one,
    figures,
    flagged,
    ids,
    run_by,
    years_of,
)
from facilityplan.checks.finding import Finding, undecided
from facilityplan.checks.regions import Region, judge_regions
from facilityplan.checks.spans import ANYTHING, Part, judged_within, listed, share_of
from facilityplan.provision import Selection
from facilityplan.standards import Adoption, Clause


def evaluate_beds(context: Context) -> list[Finding]:
    """Return one finding for each region that a clause on a share of its beds speaks of."""
    return judge_regions(context, "share_of_beds", _judge)


def evaluate_facilities(context: Context) -> list[Finding]:
    """Return one finding for each region that a clause on a share of its facilities speaks of."""
    return judge_regions(context, "share_of_facilities", _judge)


def _judge(context: Context, adoption: Adoption, region: Region) -> Finding:
    city, clause = context.city, adoption.clause
    if not _says_of_what(clause):
        return undecided(adoption, region.unit, "reason.share_unsaid", required=clause.limit)
    rows = context.facilities_within(region.zones)
    parts, counts = _parts(context, clause, rows)
    found = share_of([*parts, *([] if city.facilities_complete else [ANYTHING])])
    open_rows = [row for row, part in zip(counts, parts, strict=True) if not _is_known(part)]
    evidence = {
        "facilities": [
            {"facility": name, "asked": part.asked[0], "whole": part.asked[0] + part.rest[0]}
            for name, part in zip(ids(context, counts), parts, strict=True)
            if _is_known(part)
        ],
        "asked": found.asked,
        "whole": found.whole,
        **({"missing": ids(context, open_rows)} if open_rows else {}),
        **_asked_for(clause),
    }
    reason = _reason(clause, empty=found.is_empty, open_facilities=bool(open_rows))
    doubt = {"id": reason, "facilities": listed(evidence.get("missing", []))}
    if found.span is None:
        return undecided(
            adoption,
            region.unit,
            reason,
            required=clause.limit,
            evidence=evidence,
            facilities=doubt["facilities"],
        )
    of_beds = clause.measure == "share_of_beds"
    return judged_within(
        adoption,
        region.unit,
        found.span,
        formula={
            "id": "formula.share_beds" if of_beds else "formula.share_facilities",
            "asked": found.asked,
            "whole": found.whole,
        },
        evidence=evidence,
        doubt=doubt,
    )


def _says_of_what(clause: Clause) -> bool:
    parameters = clause.parameters
    return any(parameters.get(name) for name in ("nursing", "operators", "medical_care"))


def _asked_for(clause: Clause) -> dict[str, Any]:
    names = ("nursing", "operators", "among_operators", "medical_care", "from_year", "to_year")
    return {name: clause.parameters[name] for name in names if name in clause.parameters}


def _reason(clause: Clause, *, empty: bool, open_facilities: bool) -> str:
    beds = clause.measure == "share_of_beds"
    if open_facilities:
        return "reason.share_beds_unknown" if beds else "reason.share_facilities_unknown"
    if empty:
        return "reason.no_beds" if beds else "reason.no_facilities"
    return "reason.facilities_incomplete"


def _is_known(part: Part) -> bool:
    return part.asked[0] == part.asked[1] and part.rest[0] == part.rest[1]


def _parts(
    context: Context, clause: Clause, rows: np.ndarray[Any, np.dtype[np.int64]]
) -> tuple[list[Part], list[int]]:
    """Return what each facility that counts or may count adds, and which facilities they are."""
    facilities = context.city.facilities
    members = counted(context, clause)
    among = clause.parameters.get("among_operators")
    if among is not None:
        members = both(members, run_by(facilities, among))
    whole = _whole(context, clause)
    asked = _asked(context, clause)
    nursing = None
    if clause.measure == "share_of_beds" and clause.parameters.get("nursing"):
        nursing = _nursing(context, clause)
    parts: list[Part] = []
    counts: list[int] = []
    for row in rows.tolist():
        if not (members.counting[row] or members.undecided[row]):
            continue
        part = _part(row, whole, asked, nursing)
        parts.append(part if members.counting[row] else part.if_it_counts())
        counts.append(row)
    return parts, counts


def _whole(context: Context, clause: Clause) -> Amounts:
    facilities, years = context.city.facilities, years_of(clause.parameters)
    if clause.measure == "share_of_facilities":
        return each_one(facilities)
    return figures(facilities, "beds") if years is None else beds_added(facilities, years)


def _asked(context: Context, clause: Clause) -> Selection:
    """Return which facilities are of the operators, and have the care, that the share is of."""
    facilities, parameters = context.city.facilities, clause.parameters
    every = np.ones(len(facilities), dtype=bool)
    found = Selection(every, ~every)
    if "operators" in parameters:
        found = both(found, run_by(facilities, parameters["operators"]))
    if parameters.get("medical_care"):
        found = both(found, flagged(facilities, "medical_care"))
    return found


def _nursing(context: Context, clause: Clause) -> Amounts:
    """Return the nursing beds; of beds added, and where they exceed the beds, only a bound."""
    facilities = context.city.facilities
    known = figures(facilities, "nursing_beds")
    beds = facilities["beds"].to_numpy(dtype=float)
    if years_of(clause.parameters) is not None:
        return Amounts(np.zeros_like(known.low), known.high)
    impossible = known.low > beds
    return Amounts(np.where(impossible, 0.0, known.low), np.where(impossible, beds, known.high))


def _part(row: int, whole: Amounts, asked: Selection, nursing: Amounts | None) -> Part:
    of_all = (float(whole.low[row]), float(whole.high[row]))
    if not (asked.counting[row] or asked.undecided[row]):
        return Part.not_at_all(of_all)
    if nursing is None:
        if asked.counting[row]:
            return Part.wholly(of_all)
        return Part.partly(of_all, (0.0, of_all[1]))
    least = float(nursing.low[row]) if asked.counting[row] else 0.0
    return Part.partly(of_all, (least, float(nursing.high[row])))
