"""Before the land is sold: what the planning conditions (规划条件) have to say, with numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from facilityplan.checks.floor_area import MEASURE as FLOOR_AREA
from facilityplan.errors import InputError
from facilityplan.schemes.ledger import area_rule
from facilityplan.schemes.model import Scheme
from facilityplan.schemes.premises import MEASURE as PREMISES
from facilityplan.standards import Adoption, Clause, Modality, Standards, Standing, Unit

NEW = "new"
"""What is built on a plot that is yet to be sold."""


@dataclass(frozen=True)
class Condition:
    """One sentence of the conditions: a message id below ``scheme.conditions`` and its clause.

    ``checked``: whether the quote was held against the text of the document.
    """

    id: str
    clause: Clause
    standing: Standing
    checked: bool
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def binding(self) -> bool:
        """Whether it may be demanded, or only advised."""
        return self.clause.modality is Modality.MANDATORY


def planning_conditions(plot: Scheme, standards: Standards) -> list[Condition]:
    """Return the conditions for a plot, each with its clause, floor area first.

    Raises
    ------
    InputError
        If the plot has no planned households.
    """
    if not math.isfinite(plot.households) or plot.households <= 0:
        raise InputError("plot_without_households", file=plot.file, rows=[plot.row])
    planned = replace(plot, values={**plot.values, "status": NEW})
    unit = Unit(setting="urban", status=NEW)
    found = _floor_area(planned, standards, unit)
    for measure, made in (
        ("concentration", _value("concentration")),
        ("conditional_station", _station),
        ("staged_delivery", _stages),
        ("service_radius", _value("radius")),
        (PREMISES, _premises),
    ):
        found += [made(item) for item in standards.binding(measure, unit) if _stated(item)]
    return found


def lacks_floor_area(found: Iterable[Condition]) -> bool:
    """Return whether no condition is on floor area: such a plot must not look complete."""
    return not any(item.clause.measure == FLOOR_AREA for item in found)


def gives_area(found: Iterable[Condition]) -> bool:
    """Return whether a condition states how much floor area is to be built."""
    return any("required" in item.parameters for item in found)


def _stated(adoption: Adoption) -> bool:
    return adoption.clause.is_numeric and not adoption.undetermined


def _floor_area(plot: Scheme, standards: Standards, unit: Unit) -> list[Condition]:
    rule = area_rule(plot, standards)
    adopted = standards.binding("floor_area_per_100_households", unit)
    if rule is None:
        return [_condition("no_number", item) for item in adopted]
    rate = next(item for item in adopted if item.clause is rule.rate)
    said = {
        "required": rule.required_m2(plot.households),
        "households": plot.households,
        "rate": rule.rate.limit,
    }
    if rule.minimum is None:
        return [_condition("floor_area", rate, said)]
    least = {"minimum": rule.minimum.limit}
    return [_condition("floor_area_minimum", rate, {**said, **least})]


def _condition(name: str, adoption: Adoption, said: Mapping[str, Any] | None = None) -> Condition:
    checked = adoption.confidence == "A"
    return Condition(name, adoption.clause, adoption.standing, checked, said or {})


def _value(name: str) -> Any:
    return lambda item: _condition(name, item, {"value": item.clause.limit})


def _station(adoption: Adoption) -> Condition:
    clause = adoption.clause
    distance = float(clause.parameters["trigger_distance_m"])
    return _condition("station", adoption, {"value": clause.limit, "distance": distance})


def _stages(adoption: Adoption) -> Condition:
    clause = adoption.clause
    if clause.parameters.get("opinions"):
        return _condition("opinions", adoption)
    return _condition("stages", adoption, {"stages": tuple(clause.parameters["stages"])})


def _premises(adoption: Adoption) -> Condition:
    clause = adoption.clause
    attribute = clause.parameters["attribute"]
    return _condition(f"premises_{attribute}", adoption, {"value": clause.limit})
