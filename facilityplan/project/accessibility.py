"""Accessibility, estimates and population grids as a notebook shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from facilityplan import locale
from facilityplan.checks import Context
from facilityplan.checks.accessibility import CityAccessibility
from facilityplan.checks.demand_split import DemandSplit, split_demand
from facilityplan.checks.raster_coverage import RasterCoverage
from facilityplan.coverage import ZoneSplit
from facilityplan.doctor import Notice
from facilityplan.project.config import DemandConfig
from facilityplan.project.results import html_table
from facilityplan.report.accessibility import ACCESSIBILITY_FIELDS, accessibility_records
from facilityplan.units import format_number


def splits_of(context: Context, config: DemandConfig) -> Mapping[str, DemandSplit]:
    """Return what a project wants estimated from its zones, by column of the residences.

    Raises
    ------
    MissingLayerError
        If it wants anything and has no residences or no zones.
    """
    basis = {"elders": f"elders_{config.age}", "population": "population"}
    asked = {"elders": config.elders, "population": config.population}
    return {
        column: split_demand(context, column, basis[column], method)
        for column, method in asked.items()
        if method is not None
    }


def demand_notices(context: Context, splits: Mapping[str, DemandSplit]) -> list[Notice]:
    """Return what a reader must know of the estimates: zones exceeded, people left over."""
    found: list[Notice] = []
    for column, item in sorted(splits.items()):
        names = context.cells("zones", "id")
        over, left = [], []
        for at, zone in enumerate(item.zones):
            rest = item.split.unassigned[at]
            if item.split.status[at] is ZoneSplit.EXCEEDED:
                over.append(names[zone])
            elif rest > 0:
                left.append(names[zone])
        said = {"column": column, "basis": item.basis}
        if over:
            found.append(Notice("demand_exceeded", "zones", tuple(sorted(over)), said))
        if left:
            rest = sum(amount for amount in item.split.unassigned.tolist() if amount > 0)
            more = {**said, "persons": format_number(rest, 0)}
            found.append(Notice("demand_left_over", "zones", tuple(sorted(left)), more))
        if item.outside:
            found.append(Notice("demand_outside", "residences", item.outside, said))
    return found


@dataclass(frozen=True)
class AccessibilityResult:
    """Accessibility of a city; shows itself by zone."""

    accessibility: CityAccessibility
    context: Context
    lang: str

    def __repr__(self) -> str:
        return self.table().to_string(index=False)

    def table(self) -> pd.DataFrame:
        """Return the whole city and each zone: beds per 1000 elders, Gini, share below."""
        rows = []
        for item in (self.accessibility.city, *self.accessibility.zones):
            cells = {
                "place": item.name,
                "residences": str(item.residences),
                "elders": format_number(item.elders, 0),
                "beds_2sfca": _number(item.beds_per_1000, 1),
                "gini": _number(item.gini, 3),
                "share_below": _percent(item.below.share),
                "undecided": str(item.undecided),
            }
            rows.append({self._column(name): cell for name, cell in cells.items()})
        return pd.DataFrame(rows)

    def bands(self) -> pd.DataFrame:
        """Return the share of residences, households and elders within each distance."""
        found = self.accessibility.bands
        rows = []
        for at, first in enumerate(found["units"]):
            beyond = first.upto_m == float("inf")
            name = "beyond" if beyond else "within"
            metres = format_number(first.above_m if beyond else first.upto_m)
            row = {self._said("column", "band"): self._said("band", name, metres=metres)}
            for weight, bands in found.items():
                share = bands[at].share if beyond else bands[at].share_within
                row[self._heading(weight)] = _percent(share)
            rows.append(row)
        return pd.DataFrame(rows)

    def residences(self) -> pd.DataFrame:
        """Return one row a residence, under the names of the fields."""
        records = accessibility_records(self.accessibility, self.context)
        return pd.DataFrame(records, columns=list(ACCESSIBILITY_FIELDS))

    def near_but_full(self) -> pd.DataFrame:
        """Return the residences near facilities all of which are full, one row a facility."""
        names = ("residence", "name", "facility", "distance_m", "beds", "residents")
        rows = [
            (item.residence, item.name, *facility)
            for item in self.accessibility.near_but_full
            for facility in item.facilities
        ]
        return pd.DataFrame(rows, columns=[self._said("column", name) for name in names])

    def _said(self, group: str, name: str, **parameters: object) -> str:
        return locale.text(f"accessibility.{group}.{name}", self.lang, **parameters)

    def _column(self, name: str) -> str:
        return self._heading(name) if name == "elders" else self._said("column", name)

    def _heading(self, weight: str) -> str:
        is_estimate = weight == "elders" and self.accessibility.split is not None
        return locale.text(
            f"rate.{weight}_estimated" if is_estimate else f"rate.{weight}", self.lang
        )

    def _repr_html_(self) -> str:
        return html_table(self.table(), locale.text("accessibility.title", self.lang))


@dataclass(frozen=True)
class RasterResult:
    """Persons of the population grid within service areas; shows itself by clause and zone."""

    coverage: RasterCoverage
    lang: str

    def __repr__(self) -> str:
        return self.table().to_string(index=False)

    def table(self) -> pd.DataFrame:
        """Return one row for each clause and zone, the whole grid first."""
        rows = []
        for item in self.coverage.rates:
            cells = {
                "clause": item.clause_id,
                "radius": format_number(item.radius_m),
                "place": item.zone or locale.text("accessibility.whole_grid", self.lang),
                "within": format_number(item.within, 0),
                "total": format_number(item.total, 0),
                "share": _percent(item.share),
            }
            rows.append(
                {locale.text(f"accessibility.column.{k}", self.lang): v for k, v in cells.items()}
            )
        return pd.DataFrame(rows)

    def _repr_html_(self) -> str:
        return html_table(self.table(), locale.text("accessibility.raster_title", self.lang))


def _number(figure: float | None, decimals: int) -> str:
    return "—" if figure is None else format_number(figure, decimals)


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.1f}%"
