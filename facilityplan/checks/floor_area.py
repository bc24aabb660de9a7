"""Floor area per 100 households, with a least size where a document has one.

Required is the larger of the rate's demand and the least size; each comes from the clause that
binds for it, and the finding carries the one that decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, UnitRef, aside_of, judged, reading_of, undecided
from facilityplan.locale import Listed
from facilityplan.provision import Premises, Provided, as_written, floor_area
from facilityplan.standards import Adoption

MEASURE = "floor_area_per_100_households"


@dataclass(frozen=True)
class Demand:
    """What is asked of one estate: households, and the clauses that bind it, by part."""

    unit: UnitRef
    households: float
    rate: Adoption | None
    minimum: Adoption | None
    floor_200: str


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each residence that a floor-area clause speaks of."""
    city = context.city
    if not city.has("residences"):
        return []
    households = city.residences["households"].to_numpy(dtype=float)
    findings: list[Finding] = []
    for row, unit in enumerate(context.residence_units()):
        adopted = context.binding(MEASURE, unit)
        if not adopted:
            continue
        ref = context.residence_ref(row)
        doubt = [item for item in adopted if item.undetermined]
        if doubt:
            findings.append(undecided(doubt[0], ref, f"reason.{doubt[0].undetermined[0]}_unknown"))
            continue
        demand = demand_of(ref, float(households[row]), adopted, city.readings)
        if not city.has("facilities"):
            findings.append(undecided(adopted[0], ref, "reason.no_facilities_layer"))
            continue
        counted = next(item for item in (demand.rate, demand.minimum) if item is not None)
        own = context.premises(counted.clause).get(row, [])
        provided = floor_area(own, city.facilities)
        evidence = _evidence(own, provided, context.cells("facilities", "id"))
        findings.append(judge(demand, provided, evidence, complete=city.facilities_complete))
    return findings


def demand_of(
    ref: UnitRef,
    households: float,
    adopted: Sequence[Adoption],
    readings: Mapping[str, Mapping[str, str]],
) -> Demand:
    """Return what is asked of an estate by the clauses adopted for it, as they are read."""
    parts = {item.clause.parameters["part"]: item for item in adopted}
    minimum = parts.get("minimum")
    reading = "every_estate"
    if minimum is not None and "floor_200" in minimum.clause.readings:
        reading = reading_of(minimum.clause, "floor_200", readings)
    return Demand(ref, households, parts.get("rate"), minimum, reading)


def judge(
    demand: Demand, provided: Provided, evidence: Mapping[str, Any], *, complete: bool = True
) -> Finding:
    """Return the finding for one estate.

    Parameters
    ----------
    demand
        What is asked.
    provided
        What there is, square metres; where parts are missing the known ones may still suffice.
    evidence
        Premises and rows read.
    complete
        Whether all premises are listed.
    """
    rate, minimum = demand.rate, demand.minimum
    first = rate or minimum
    if first is None:
        raise ValueError("no clause binds")
    unknown = _not_judged(demand, provided, evidence)
    if unknown is not None:
        return unknown
    by_rate = 0.0 if rate is None else _by_rate(rate.clause.limit, demand.households)
    least = 0.0 if minimum is None else minimum.clause.limit
    readings = _readings(by_rate, least, provided.known, minimum)
    required = readings[demand.floor_200]
    binding = minimum if minimum is not None and required > by_rate else first
    adopted = [item for item in (rate, minimum) if item is not None]
    evidence = {
        **evidence,
        "clauses": [item.clause.id for item in adopted],
        **({"not_adopted": aside_of(*adopted)} if aside_of(*adopted) else {}),
        **_other_reading(demand, readings, provided, first),
    }
    formula = {
        "id": "formula.floor_area" if minimum is None else "formula.floor_area_minimum",
        "households": demand.households,
        "rate": 0.0 if rate is None else rate.clause.limit,
        "by_rate": by_rate,
        "minimum": least,
    }
    enough = first.clause.comparator is not None and first.clause.comparator.holds(
        provided.known, required
    )
    if not enough and not (provided.is_exact and complete):
        reason = "reason.floor_area_unknown" if complete else "reason.facilities_incomplete"
        return undecided(
            binding,
            demand.unit,
            reason,
            required=required,
            value=provided.known if provided.is_exact else None,
            evidence=evidence,
            facilities=Listed(provided.missing),
        )
    return judged(
        binding,
        demand.unit,
        value=provided.known,
        required=required,
        formula=formula,
        evidence=evidence,
    )


def _not_judged(demand: Demand, provided: Provided, evidence: Mapping[str, Any]) -> Finding | None:
    """Return the finding of an estate whose demand is not known; ``None`` where it is."""
    rate, minimum = demand.rate, demand.minimum
    silent = [item for item in (rate, minimum) if item and not item.clause.is_numeric]
    if silent:
        return undecided(
            silent[0],
            demand.unit,
            "reason.clause_without_number",
            value=provided.known,
            evidence=evidence,
        )
    if rate is not None and not np.isfinite(demand.households):
        return undecided(
            rate,
            demand.unit,
            "reason.households_unknown",
            value=provided.known if provided.is_exact else None,
            evidence=evidence,
        )
    if rate is not None and demand.households == 0:
        return undecided(rate, demand.unit, "reason.households_zero", evidence=evidence)
    return None


def _by_rate(per_100_m2: float, households: float) -> float:
    return float(as_written(per_100_m2) * as_written(households) / 100)


def _readings(
    by_rate: float, least: float, provided_m2: float, minimum: Adoption | None
) -> dict[str, float]:
    """Return the area required under each reading of the least size.

    ``every_estate``: it holds for all; ``procured_only``: an estate that keeps the rate procures
    nothing, so that the least size does not touch it.
    """
    strict = max(by_rate, least)
    if minimum is None:
        return {"every_estate": by_rate, "procured_only": by_rate}
    return {
        "every_estate": strict,
        "procured_only": by_rate if provided_m2 >= by_rate else strict,
    }


def _other_reading(
    demand: Demand, readings: Mapping[str, float], provided: Provided, first: Adoption
) -> dict[str, Any]:
    """Show both readings where they would judge differently."""
    comparator = first.clause.comparator
    if demand.minimum is None or comparator is None or not provided.is_exact:
        return {}
    verdicts = {
        name: comparator.holds(provided.known, required) for name, required in readings.items()
    }
    shown: dict[str, Any] = {"reading": demand.floor_200}
    if len(set(verdicts.values())) > 1:
        shown["readings"] = {
            name: {"required": required, "compliant": verdicts[name]}
            for name, required in readings.items()
        }
    return shown


def _evidence(
    premises: Sequence[Premises], provided: Provided, ids: Sequence[str]
) -> dict[str, Any]:
    """Show every part of a sum, and of shared premises by whose households it was shared."""
    shared = [
        {"facility": ids[item.facility], "households": item.part, "of_households": item.whole}
        for item in premises
        if item.shared
    ]
    return {
        "premises": [{"facility": name, "area_m2": area} for name, area in provided.parts],
        **({"missing": list(provided.missing)} if provided.missing else {}),
        **({"shared": shared} if shared else {}),
    }
