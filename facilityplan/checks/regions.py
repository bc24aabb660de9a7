"""The regions that a statistic is taken of: a zone, or a named area made of zones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, UnitRef, doubt_of, undecided
from facilityplan.standards import Adoption, Clause, Unit

NO_LAYER: Final = MappingProxyType(
    {
        "facilities": "reason.no_facilities_layer",
        "residences": "reason.no_residences_layer",
    }
)


@dataclass(frozen=True)
class Region:
    """A region as a finding names it, and the zones that it is made of, by position."""

    unit: UnitRef
    zones: tuple[int, ...]


Judge = Callable[[Context, Adoption, Region], Finding]


def as_one_region(_context: Context, _clause: Clause) -> bool:
    """Return that an area's zones are one region together."""
    return True


def judge_regions(
    context: Context,
    measure: str,
    judge: Judge,
    *,
    layer: str = "facilities",
    together: Callable[[Context, Clause], bool] = as_one_region,
    rows: Sequence[int] | None = None,
) -> list[Finding]:
    """Return one finding for each zone, and each named area, that a clause speaks of.

    Parameters
    ----------
    judge
        Judges a clause that has a number against a region, with the layer at hand.
    layer
        The layer counted; without it there is insufficient data.
    together
        Whether a clause on a named area speaks of all its zones together; else of each.
    rows
        Zones to judge, and nothing else; ``None`` judges all of them and the named areas.
    """
    if not context.city.has("zones"):
        return []
    findings: list[Finding] = []

    def one(adoption: Adoption, region: Region) -> Finding:
        doubt = doubt_of(adoption)
        if doubt is not None:
            return undecided(adoption, region.unit, doubt)
        if not context.city.has(layer):
            return undecided(adoption, region.unit, NO_LAYER[layer], required=adoption.clause.limit)
        return judge(context, adoption, region)

    units = context.zone_units()
    for row in range(len(units)) if rows is None else rows:
        for adoption in context.binding(measure, units[row]):
            clause = adoption.clause
            if clause.applies_to.area is None or not together(context, clause):
                findings.append(one(adoption, Region(context.zone_ref(row), (row,))))
    if rows is not None:
        return findings
    areas = {
        str(clause.applies_to.area)
        for clause in context.standards.clauses(measure)
        if clause.applies_to.area is not None
    }
    for area in sorted(areas):
        findings.extend(_area(context, measure, area, one, together))
    return findings


def _area(
    context: Context,
    measure: str,
    area: str,
    one: Callable[[Adoption, Region], Finding],
    together: Callable[[Context, Clause], bool],
) -> list[Finding]:
    """Judge an area that a document names and the project says the zones of."""
    named = set(context.city.named_areas.get(area, ()))
    rows = [row for row, zone in enumerate(context.cells("zones", "id")) if zone in named]
    whole = len(rows) == len(named) and bool(rows)
    unit = UnitRef("zone", area, area, int(context.cells("zones", "row")[rows[0]]) if rows else 0)
    findings: list[Finding] = []
    for adoption in context.binding(measure, _unit_of(context, area, rows)):
        clause = adoption.clause
        if clause.applies_to.area != area:
            continue
        if not whole:
            findings.append(undecided(adoption, unit, "reason.area_not_named", area=area))
        elif together(context, clause):
            findings.append(one(adoption, Region(unit, tuple(rows))))
    return findings


def _unit_of(context: Context, area: str, rows: list[int]) -> Unit:
    """Return what decides which clauses speak of an area: what all its zones have in common."""

    def common(column: str) -> str | None:
        words = {context.cells("zones", column)[row] for row in rows}
        return words.pop() if len(words) == 1 else None

    return Unit(setting=common("setting"), level=common("level"), areas=frozenset({area}))
