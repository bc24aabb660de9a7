"""Which facilities count for a statistic, how much each adds, and what is not known of either."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from facilityplan.checks.context import Context
from facilityplan.checks.spans import Span
from facilityplan.provision import Selection, select
from facilityplan.standards import Clause

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

CANTEEN_COUNTS = "canteen_counts"
"""The answer, of a clause that asks, by which its alternative kinds count."""


@dataclass(frozen=True)
class Amounts:
    """The least and the most that each facility adds, (m,); infinite where nothing bounds it."""

    low: Floats
    high: Floats

    def of(self, selection: Selection) -> Amounts:
        """Return the amounts of those that count; those undecided may add nothing."""
        may = selection.counting | selection.undecided
        return Amounts(np.where(selection.counting, self.low, 0.0), np.where(may, self.high, 0.0))

    def total(self, rows: Rows, *, complete: bool) -> Span:
        """Return the sum over facilities; without bound where not all are listed."""
        high = float(self.high[rows].sum()) if complete else float("inf")
        return Span(float(self.low[rows].sum()), high)

    def doubtful(self, rows: Rows) -> Rows:
        """Return those of the rows whose amount is not known."""
        found: Rows = rows[self.low[rows] != self.high[rows]]
        return found


def counted(context: Context, clause: Clause) -> Selection:
    """Return which facilities a clause counts by kind, alternative kind, status, and more.

    Alternative kinds count unless the clause asks whether they do and the answer taken is no.
    """
    facilities, parameters = context.city.facilities, clause.parameters
    found = context.selection(clause)
    alternatives = tuple(parameters.get("alternative_kinds", ()))
    if alternatives and clause.kinds and alternatives_count(context, clause):
        kinds = (*clause.kinds, *alternatives)
        found = select(facilities, kinds, clause.statuses, clause.kinds_serving_community)
    return found


def alternatives_count(context: Context, clause: Clause) -> bool:
    """Return whether the alternative kinds of a clause count, by the reading taken."""
    asked = any(CANTEEN_COUNTS in reading.options for reading in clause.readings.values())
    return not asked or CANTEEN_COUNTS in context.chosen(clause)


def both(one: Selection, other: Selection) -> Selection:
    """Return what two tests say together: no where either says no."""
    counting = one.counting & other.counting
    may = (one.counting | one.undecided) & (other.counting | other.undecided)
    return Selection(counting, may & ~counting)


def run_by(facilities: gpd.GeoDataFrame, operators: Collection[str]) -> Selection:
    """Return which facilities are run so; undecided where the operator is not said."""
    operator = facilities["operator"].to_numpy(dtype=object)
    return Selection(
        np.asarray([word in operators for word in operator], dtype=bool),
        np.asarray([word is None for word in operator], dtype=bool),
    )


def flagged(facilities: gpd.GeoDataFrame, column: str) -> Selection:
    """Return which facilities have a flag; undecided where nothing is said."""
    cells = facilities[column].to_numpy(dtype=object)
    return Selection(
        np.asarray([cell is True for cell in cells], dtype=bool),
        np.asarray([cell is None for cell in cells], dtype=bool),
    )


def at_least(facilities: gpd.GeoDataFrame, column: str, least: float) -> Selection:
    """Return which facilities have so much; undecided where the figure is missing."""
    figures = facilities[column].to_numpy(dtype=float)
    return Selection(figures >= least, np.isnan(figures))


def figures(facilities: gpd.GeoDataFrame, column: str) -> Amounts:
    """Return a column as amounts: anything where a cell is empty."""
    cells = facilities[column].to_numpy(dtype=float)
    return Amounts(np.nan_to_num(cells, nan=0.0), np.nan_to_num(cells, nan=np.inf))


def each_one(facilities: gpd.GeoDataFrame) -> Amounts:
    """Return one for each facility."""
    return Amounts(np.ones(len(facilities)), np.ones(len(facilities)))


def beds_column(clause: Clause) -> str:
    """Return the column that holds the beds a clause speaks of."""
    return "nursing_beds" if clause.basis.beds == "nursing" else "beds"


def years_of(parameters: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the first and last year of an increment, both included; ``None`` for the stock."""
    if "from_year" not in parameters and "to_year" not in parameters:
        return None
    return int(parameters.get("from_year", dt.MINYEAR)), int(parameters.get("to_year", dt.MAXYEAR))


def beds_added(facilities: gpd.GeoDataFrame, years: tuple[int, int]) -> Amounts:
    """Return the beds that each facility added in the years.

    A place opened after them added none; beds added in a year that is not said may be of them.
    """
    added = facilities["beds_added"].to_numpy(dtype=float)
    year = facilities["beds_added_year"].to_numpy(dtype=float)
    opened = _opened_year(facilities)
    outside = (year < years[0]) | (year > years[1]) | (opened > years[1])
    low = np.where(np.isnan(added) | np.isnan(year) | outside, 0.0, added)
    high = np.where(outside, 0.0, np.nan_to_num(added, nan=np.inf))
    return Amounts(low, high)


def opened_in(facilities: gpd.GeoDataFrame, years: tuple[int, int]) -> Amounts:
    """Return one for each facility opened in the years; perhaps one where no date is said."""
    opened = _opened_year(facilities)
    inside = ((opened >= years[0]) & (opened <= years[1])).astype(float)
    return Amounts(inside, np.where(np.isnan(opened), 1.0, inside))


def _opened_year(facilities: gpd.GeoDataFrame) -> Floats:
    return np.asarray(
        [float("nan") if day is None else day.year for day in facilities["opened"]], dtype=float
    )


def ids(context: Context, rows: Sequence[int] | Rows) -> list[str]:
    """Return the ids of facilities."""
    names = context.cells("facilities", "id")
    return [names[int(row)] for row in rows]


def shown(context: Context, rows: Rows, amounts: Amounts, name: str) -> dict[str, Any]:
    """Return the facilities that add to a sum, with what they add, and those not known."""
    doubtful = amounts.doubtful(rows).tolist()
    parts = [
        {"facility": context.cells("facilities", "id")[row], name: float(amounts.low[row])}
        for row in rows.tolist()
        if row not in doubtful and amounts.high[row] > 0
    ]
    missing = ids(context, doubtful)
    return {"facilities": parts, **({"missing": missing} if missing else {})}
