"""What a document asks of the premises themselves: storey, entrance, lift, size of one unit.

The attribute of the clause says what is held against its number; a flag is 1 or 0. A clause may
hold only from a storey on (a lift from the second).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from facilityplan.checks import Finding
from facilityplan.checks.finding import UnitRef, doubt_of, judged, not_applicable, undecided
from facilityplan.schemes.fields import STAGES
from facilityplan.schemes.model import Scheme
from facilityplan.standards import Adoption, Standards, Unit

MEASURE: Final = "premises"


def _lowest(scheme: Scheme) -> float:
    return math.nan if scheme.storeys is None else float(scheme.storeys[0])


def _highest(scheme: Scheme) -> float:
    return math.nan if scheme.storeys is None else float(scheme.storeys[-1])


def _flag(name: str) -> Callable[[Scheme], float]:
    def value(scheme: Scheme) -> float:
        said = scheme.flag(name)
        return math.nan if said is None else float(said)

    return value


def _smallest_unit(scheme: Scheme) -> float:
    own = scheme.number("smallest_unit_m2")
    # One place is as large as the whole.
    return scheme.elder_floor_area_m2 if math.isnan(own) and scheme.premises == 1 else own


def _first_phase(scheme: Scheme) -> float:
    """Return 1 where the premises stand in the first phase: as said, else by the phases' areas."""
    said = scheme.flag("first_phase")
    if said is not None:
        return float(said)
    areas = [phase.elder_floor_area_m2 for phase in scheme.phases]
    if not areas or any(math.isnan(area) for area in areas):
        return math.nan
    return float(sum(areas[1:]) == 0 and areas[0] > 0)


def dwellings_share(scheme: Scheme) -> float:
    """Return the share of the dwellings' floor area that is built before the premises are.

    By the phases in their order: those before the last one with premises, over all; households
    where a phase does not give its floor area. NaN without phases or figures.
    """
    for name in ("residential_floor_area_m2", "households"):
        sizes = [phase.number(name) for phase in scheme.phases]
        areas = [phase.elder_floor_area_m2 for phase in scheme.phases]
        if not sizes or any(math.isnan(value) for value in (*sizes, *areas)) or sum(sizes) <= 0:
            continue
        last = max((at for at, area in enumerate(areas) if area > 0), default=None)
        return math.nan if last is None else sum(sizes[:last]) / sum(sizes)
    return math.nan


def _handed_over(scheme: Scheme) -> float:
    return math.nan if scheme.words("handover_to") is None else 1.0


ATTRIBUTES: Final[Mapping[str, Callable[[Scheme], float]]] = MappingProxyType(
    {
        "lowest_storey": _lowest,
        "highest_storey": _highest,
        "own_entrance": _flag("own_entrance"),
        "lift": _flag("lift"),
        "smallest_unit_m2": _smallest_unit,
        "places": lambda scheme: scheme.premises,
        "floor_area_m2": lambda scheme: scheme.elder_floor_area_m2,
        "first_phase": _first_phase,
        "dwellings_share": dwellings_share,
        "handed_over": _handed_over,
        "farthest_dwelling_m": lambda scheme: scheme.number("farthest_dwelling_m"),
    }
)
"""What a clause may ask of the premises, and how a sheet answers; NaN is no answer."""

AFTER_DELIVERY: Final = frozenset({"handed_over"})
"""What is due only when the dwellings are delivered."""


def premises_findings(
    scheme: Scheme, standards: Standards, unit: Unit, ref: UnitRef
) -> list[Finding]:
    """Return one finding for each clause that asks something of the premises."""
    return [
        _judge(scheme, adoption, ref, delivered=_delivered(scheme, standards))
        for adoption in standards.binding(MEASURE, unit)
    ]


def _delivered(scheme: Scheme, standards: Standards) -> bool:
    days = [scheme.day(f"{STAGES[-1]}_dwellings")]
    days += [phase.day(f"{STAGES[-1]}_dwellings") for phase in scheme.phases]
    as_of = standards.as_of
    return any(day is not None and (as_of is None or day <= as_of) for day in days)


def _judge(scheme: Scheme, adoption: Adoption, ref: UnitRef, *, delivered: bool) -> Finding:  # noqa: PLR0911 - a return a way it may end
    clause = adoption.clause
    doubt = doubt_of(adoption)
    if doubt is not None:
        return undecided(adoption, ref, doubt)
    attribute = str(clause.parameters["attribute"])
    from_storey = clause.parameters.get("from_storey")
    if from_storey is not None:
        highest = _highest(scheme)
        if math.isnan(highest):
            return undecided(adoption, ref, "reason.premises_storey_unknown", required=clause.limit)
        if highest < from_storey:
            return not_applicable(
                adoption,
                ref,
                "reason.below_storey",
                {"highest_storey": highest},
                storey=highest,
                from_storey=from_storey,
            )
    if attribute in AFTER_DELIVERY and not delivered:
        return not_applicable(adoption, ref, "reason.delivery_not_yet_due", {})
    if attribute not in ATTRIBUTES:
        return undecided(adoption, ref, "reason.premises_attribute_unknown", attribute=attribute)
    value = ATTRIBUTES[attribute](scheme)
    if math.isnan(value):
        reason = ".".join(("reason", f"premises_no_{attribute}"))
        return undecided(adoption, ref, reason, required=clause.limit)
    return judged(
        adoption,
        ref,
        value=value,
        required=clause.limit,
        formula={"id": ".".join(("formula", f"premises_{attribute}"))},
        evidence={"file": scheme.file, "attribute": attribute},
    )
