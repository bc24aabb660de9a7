"""Accessibility to hand on: a JSON document, a sheet, a GeoPackage layer, headline lines."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from facilityplan import locale
from facilityplan.checks import Context, tidy
from facilityplan.checks.accessibility import CityAccessibility, Summary
from facilityplan.checks.raster_coverage import RasterCoverage
from facilityplan.coverage import Accessibility, Band, Vacancy, minimum_verdicts
from facilityplan.report.partial_demand import split_head
from facilityplan.report.sheets import Cell, Column, Row, Sheet
from facilityplan.report.values import plain
from facilityplan.units import format_number

FORMAT: Final = 1

ACCESSIBILITY_FIELDS: Final = MappingProxyType(
    {
        "id": "text",
        "name": "text",
        "zone": "text",
        "catchment_clause": "text",
        "catchment_m": "number",
        "nearest_m": "number",
        "facility": "text",
        "elders": "number",
        "elders_estimated": "flag",
        "beds_2sfca": "number",
        "beds_e2sfca": "number",
        "beds_minimum": "number",
        "minimum_state": "text",
        "vacancy": "text",
        "reason": "text",
    }
)
"""Fields of a residence; the same in the JSON, the GeoPackage and the sheet."""

_WIDTHS: Final = MappingProxyType({"id": 14, "name": 24, "zone": 14, "facility": 16, "reason": 34})
_WORDS: Final = ("minimum_state", "vacancy")


def accessibility_records(found: CityAccessibility, context: Context) -> list[dict[str, Any]]:
    """Return one record a residence, in the order of the layer; beds are per 1000 elders."""
    cells = {name: context.cells("residences", name) for name in ("id", "name", "zone")}
    places = context.cells("facilities", "id")
    below, reached = minimum_verdicts(found.plain, found.minimum)
    return [
        {
            **{name: column[row] for name, column in cells.items()},
            "catchment_clause": found.clauses[row],
            "catchment_m": float(found.catchment_m[row]),
            "nearest_m": float(found.distance_m[row]),
            "facility": places[found.nearest[row]] if found.nearest[row] >= 0 else None,
            "elders": float(found.elders[row]),
            "elders_estimated": bool(found.estimated[row]),
            "beds_2sfca": _per_1000(found.plain, row),
            "beds_e2sfca": _per_1000(found.enhanced, row),
            "beds_minimum": tidy(float(found.minimum[row]) * 1000.0),
            "minimum_state": _state(found, row, below=bool(below[row]), reached=bool(reached[row])),
            "vacancy": found.vacancy[row].value,
            "reason": found.reasons[row],
        }
        for row in range(len(found.elders))
    ]


def _per_1000(figures: Accessibility, row: int) -> float:
    low, high = float(figures.low[row]), float(figures.high[row])
    return tidy(low * 1000.0) if low == high else math.nan


def _state(found: CityAccessibility, row: int, *, below: bool, reached: bool) -> str:
    if math.isnan(found.minimum[row]):
        return "no_minimum"
    return "below" if below else "reached" if reached else "insufficient_data"


def accessibility_document(found: CityAccessibility, context: Context) -> dict[str, Any]:
    """Return accessibility with all that it must state, by residence, zone and facility."""
    city, options = context.city, found.options
    records = sorted(accessibility_records(found, context), key=lambda item: str(item["id"]))
    document: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "project": city.name,
            "as_of": city.as_of,
            "metric": found.metric.value,
            "origin": sorted({rule.value for rule in context.demand.rule}),
            "supply": "beds",
            "demand": {
                "column": "elders",
                "source": city.sources.get("residences"),
                "estimated": None if found.split is None else split_head(found.split),
            },
            "options": {
                "bands_m": options.bands_m,
                "catchment_m": options.catchment_m,
                "kinds": options.kinds,
                "minimum_per_1000": options.minimum_per_1000,
                "decay": options.decay,
            },
            "minimum_clauses": sorted({name for name in found.minimum_clauses if name}),
            "bands": {name: [_band(band) for band in bands] for name, bands in found.bands.items()},
            "city": _summary(found.city),
            "zones": [_summary(item) for item in found.zones],
            "sums": _sums(found, context),
            "reaching_nobody": sorted(found.nobody),
            "near_but_full": [
                {
                    "residence": item.residence,
                    "facilities": [
                        {"facility": name, "distance_m": far, "beds": beds, "residents": residents}
                        for name, far, beds, residents in item.facilities
                    ],
                }
                for item in found.near_but_full
            ],
            "facilities": _facilities(found, context),
            "residences": records,
        }
    )
    return document


def _band(band: Band) -> dict[str, Any]:
    return {
        "above_m": band.above_m,
        "upto_m": band.upto_m,
        "amount": band.amount,
        "share": band.share,
        "within": band.within,
        "share_within": band.share_within,
        "total": band.total,
    }


def _summary(item: Summary) -> dict[str, Any]:
    return {
        "zone": item.zone,
        "residences": item.residences,
        "elders": item.elders,
        "elders_unknown": item.elders_unknown,
        "undecided": item.undecided,
        "beds_per_1000": item.beds_per_1000,
        "gini": item.gini,
        "elders_below": item.below.below,
        "elders_reached": item.below.reached,
        "elders_undecided": item.below.undecided,
        "share_below": item.below.share,
    }


def _sums(found: CityAccessibility, context: Context) -> dict[str, Any]:
    """Return the beds with elders in reach, and what the residences get of them together."""
    beds = context.city.facilities["beds"].to_numpy(dtype=float)[found.facilities]
    shared = found.plain.ratio_low == found.plain.ratio_high
    used = shared & (found.plain.demand_in_reach > 0)
    parts = np.nan_to_num(found.elders, nan=0.0) * found.plain.low
    return {
        "beds_in_reach": float(beds[used].sum()),
        "beds_received": math.fsum(parts.tolist()),
        "beds_reaching_nobody": float(np.nansum(beds[found.plain.nobody])),
    }


def _facilities(found: CityAccessibility, context: Context) -> list[dict[str, Any]]:
    names, beds = context.cells("facilities", "id"), context.cells("facilities", "beds")
    rows = found.facilities.tolist()
    same = (found.plain.ratio_low == found.plain.ratio_high).tolist()
    return [
        {
            "facility": names[row],
            "beds": beds[row],
            "elders_in_reach": float(found.plain.demand_in_reach[at]),
            "beds_per_1000": float(found.plain.ratio_low[at]) * 1000.0 if same[at] else None,
            "reaches_nobody": bool(found.plain.nobody[at]),
        }
        for at, row in enumerate(rows)
    ]


def accessibility_sheet(found: CityAccessibility, context: Context, lang: str | None) -> Sheet:
    """Return the sheet of accessibility: what it states above, one row a residence, by id."""
    columns = tuple(
        Column(f"accessibility_{name}", _WIDTHS.get(name, 12)) for name in ACCESSIBILITY_FIELDS
    )
    rows = []
    for record in sorted(accessibility_records(found, context), key=lambda item: str(item["id"])):
        said: dict[str, Cell] = {}
        for name, cell in record.items():
            said[f"accessibility_{name}"] = _cell(name, cell, lang)
        rows.append(Row(said))
    return Sheet("accessibility", columns, tuple(rows), tuple(_above(found, lang)))


def _cell(name: str, cell: Any, lang: str | None) -> Cell:
    if cell is None:
        return None
    if name in _WORDS:
        return locale.text(f"accessibility.{name}.{cell}", lang)
    if name == "reason":
        return locale.text(cell, lang)
    if name == "elders_estimated":
        return locale.text("accessibility.estimated", lang) if cell else None
    return cell if isinstance(cell, (str, float)) else str(cell)


def _above(found: CityAccessibility, lang: str | None) -> list[str]:
    metric = locale.text(f"metric.{found.metric}", lang)
    lines = [locale.text("accessibility.head", lang, metric=metric)]
    if found.split is not None:
        lines.append(locale.text("accessibility.head_estimated", lang, **_split_words(found, lang)))
    return lines


def _split_words(found: CityAccessibility, lang: str | None) -> dict[str, str]:
    if found.split is None:
        return {}
    sums = found.split.conservation
    return {
        "basis": locale.text(f"basis.{found.split.basis}", lang),
        "method": locale.text(f"accessibility.method.{found.split.method}", lang),
        "zones": format_number(sums.zones),
        "own": format_number(sums.own),
        "assigned": format_number(sums.assigned),
        "unassigned": format_number(sums.unassigned),
    }


def accessibility_lines(
    found: CityAccessibility, raster: RasterCoverage | None, lang: str | None = None
) -> list[str]:
    """Return the headline figures of accessibility and of the population grid."""
    place, lines = found.city, []
    if place.beds_per_1000 is not None:
        lines.append(
            locale.text(
                "accessibility.line.mean",
                lang,
                metric=locale.text(f"metric.{found.metric}", lang),
                beds=format_number(place.beds_per_1000, 1),
                gini="—" if place.gini is None else format_number(place.gini, 2),
                undecided=place.undecided,
            )
        )
    full = sum(word is Vacancy.FULL for word in found.vacancy)
    unknown = sum(word is Vacancy.UNKNOWN for word in found.vacancy)
    lines.append(locale.text("accessibility.line.full", lang, residences=full, unknown=unknown))
    if found.split is not None:
        lines.append(locale.text("accessibility.head_estimated", lang, **_split_words(found, lang)))
    if raster is not None:
        lines.extend(
            locale.text(
                "accessibility.line.raster",
                lang,
                clause=item.clause_id,
                radius=format_number(item.radius_m),
                within=format_number(item.within, 0),
                total=format_number(item.total, 0),
            )
            for item in raster.rates
            if item.zone is None
        )
    return lines
