"""Circles of time or length: minutes on foot, or metres, to the nearest facility that counts.

Minutes are the walking distance over a speed. The speed is a reading of the clause (its options
are metres a minute, ``planning`` and ``elders`` name the two in use): the one chosen decides, the
others stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from facilityplan.checks.context import Context, ServiceReach
from facilityplan.checks.finding import Finding, UnitRef, doubt_of, judged, undecided
from facilityplan.coverage import Reach
from facilityplan.standards import Adoption, Clause
from facilityplan.units import parse_number

READING: Final = "speed"

SPEEDS_M_PER_MIN: Final[Mapping[str, float]] = MappingProxyType({"planning": 60.0, "elders": 48.0})
"""Walking speeds by the name a reading may give them."""


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each residence that a circle clause speaks of."""
    if not context.city.has("residences"):
        return []
    return [
        _judge(context, adoption, row)
        for row, unit in enumerate(context.residence_units())
        for adoption in context.binding("circle", unit)
    ]


def speeds(context: Context, clause: Clause) -> dict[str, float]:
    """Return the speeds in metres a minute by their name, the one that decides first."""
    found: dict[str, float] = {}
    if READING in clause.readings:
        options = clause.readings[READING].options
        for option in dict.fromkeys((context.reading(clause, READING), *options)):
            found[option] = SPEEDS_M_PER_MIN.get(option) or parse_number(option)
    elif "speed_m_per_min" in clause.parameters:
        speed = float(clause.parameters["speed_m_per_min"])
        found[f"{speed:g}"] = speed
    return {name: speed for name, speed in found.items() if speed > 0}


def _judge(context: Context, adoption: Adoption, row: int) -> Finding:
    clause, city = adoption.clause, context.city
    ref = context.residence_ref(row)
    doubt = doubt_of(adoption)
    if doubt is not None:
        return undecided(adoption, ref, doubt)
    if not city.has("facilities"):
        return undecided(adoption, ref, "reason.no_facilities_layer", required=clause.limit)
    timed = clause.unit == "min"
    on_foot = timed or clause.parameters["metric"] == "walking"
    known = speeds(context, clause) if timed else {"": 1.0}
    reach = context.service_reach(clause)
    chosen = reach.walking if on_foot else reach.straight
    evidence = _evidence(context, reach, row)
    reason = None
    if not known:
        reason = "reason.circle_without_speed"
    elif chosen is None:
        reason = "reason.circle_without_roads"
    elif bool(chosen.off_network[row]):
        reason = "reason.circle_off_network"
    if reason is not None or chosen is None:
        return undecided(adoption, ref, str(reason), required=clause.limit, evidence=evidence)
    return _held(context, adoption, (ref, row), chosen, known, evidence)


def _held(
    context: Context,
    adoption: Adoption,
    at: tuple[UnitRef, int],
    chosen: Reach,
    known: Mapping[str, float],
    evidence: dict[str, Any],
) -> Finding:
    clause, (ref, row) = adoption.clause, at
    distance_m = float(chosen.distance_m[row])
    name, speed = next(iter(known.items()))
    value = distance_m / speed
    if clause.unit == "min":
        evidence["speeds"] = {
            option: {
                "m_per_min": pace,
                "minutes": distance_m / pace,
                "within": clause.holds(distance_m / pace),
            }
            for option, pace in known.items()
        }
        evidence["speed"] = name
    open_reason = None if clause.holds(value) else _open(context, clause, row, speed)
    if open_reason is not None:
        return undecided(
            adoption,
            ref,
            str(open_reason["id"]),
            required=clause.limit,
            value=value if np.isfinite(value) else None,
            evidence=evidence,
            **{key: said for key, said in open_reason.items() if key != "id"},
        )
    formula: dict[str, Any] = {"id": "formula.circle_straight"}
    if not np.isfinite(distance_m):
        formula = {"id": "formula.circle_unreachable"}
    elif clause.unit == "min":
        formula = {"id": "formula.circle_minutes", "distance": distance_m, "speed": speed}
    elif clause.parameters["metric"] == "walking":
        formula = {"id": "formula.circle_walking"}
    elif context.sight is not None:
        formula = {"id": "formula.circle_straight_barriers"}
    return judged(
        adoption,
        ref,
        value=value,
        required=clause.limit,
        formula=formula,
        evidence=evidence,
        accuracy=context.city.positional_accuracy_m / speed,
    )


def _open(context: Context, clause: Clause, row: int, speed: float) -> dict[str, Any] | None:
    """Return why a residence out of reach may yet be within; ``None`` if it is not.

    A facility that is not fully described can be no nearer on foot than in a straight line.
    """
    maybe = context.service_reach(clause).undecided
    nearest = float(maybe.distance_m[row])
    if np.isfinite(nearest) and clause.holds(nearest / speed):
        doubtful = context.cells("facilities", "id")[int(maybe.facility[row])]
        return {"id": "reason.facility_undescribed", "facility": doubtful}
    if not context.city.facilities_complete:
        return {"id": "reason.facilities_incomplete"}
    return None


def _evidence(context: Context, reach: ServiceReach, row: int) -> dict[str, Any]:
    def nearest(found: Reach) -> str | None:
        position = int(found.facility[row])
        return None if position < 0 else context.cells("facilities", "id")[position]

    evidence: dict[str, Any] = {
        "origin": context.demand.rule[row].value,
        "facility": nearest(reach.straight),
        "straight_m": float(reach.straight.distance_m[row]),
    }
    if reach.walking is not None:
        evidence |= {
            "walking_facility": nearest(reach.walking),
            "walking_m": float(reach.walking.distance_m[row]),
        }
    return evidence
