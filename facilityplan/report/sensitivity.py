"""Sensitivity as plain values for JSON, as sheets, as lines and as rows of a GeoPackage."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from facilityplan import locale
from facilityplan.checks import Context
from facilityplan.coverage import Rate
from facilityplan.report.documents import FORMAT, reach_options, table_rows
from facilityplan.report.headlines import percent
from facilityplan.report.sheets import Cell, Column, Row, SheetWriter
from facilityplan.report.values import plain
from facilityplan.scenario import Sensitivity
from facilityplan.scenario.wording import reasons_text, variant_text, variants_text
from facilityplan.units import format_number

MOST_NAMES: Final = 10
"""Residences that a line names; the documents name all."""

GEOPACKAGE_FIELDS: Final = {
    "id": "text",
    "name": "text",
    "clause_id": "text",
    "limit_m": "number",
    "verdict": "text",
    "straight_m": "number",
    "walking_m": "number",
    "node_m": "number",
    "standing": "text",
    "turned_by": "text",
    "reasons": "text",
    "barriers": "text",
}

_BY_METHOD: Final = ("turned", "units_covered", "households_covered")


def sensitivity_document(found: Sensitivity, context: Context) -> dict[str, Any]:
    """Return the sensitivity of the radius verdicts; large tables as columns of equal length."""
    zones = {name: column for name, column in found.zones.items() if ":" not in name}
    methods = {
        variant.value: {name: found.zones.get(f"{name}:{variant}", []) for name in _BY_METHOD}
        for variant in found.variants
    }
    document: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "project": context.city.name,
            "as_of": context.city.as_of,
            "options": dataclasses.asdict(found.options),
            "reach": reach_options(context),
            "judged": found.judged,
            "fragile": found.fragile,
            "undecided": found.undecided,
            "off_network": [{"id": unit, "name": name} for unit, name in found.off_network],
            "cut_off": [{"id": unit, "name": name} for unit, name in found.cut_off],
            "methods": table_rows(found.totals),
            "zones": {**zones, "by_method": methods} if zones else {},
            "residences": found.table,
        }
    )
    return document


def sensitivity_lines(found: Sensitivity, lang: str | None = None) -> list[str]:
    """Return the headline figures: how many verdicts are fragile, and whom no road serves."""
    if not found.judged:
        return []
    said = [
        locale.text(
            "report.line.fragile",
            lang,
            fragile=found.fragile,
            judged=found.judged,
            undecided=found.undecided,
        )
    ]
    if found.off_network:
        said.append(
            locale.text("report.line.off_network", lang, names=_names(found.off_network, lang))
        )
    if found.cut_off:
        said.append(locale.text("report.line.cut_off", lang, names=_names(found.cut_off, lang)))
    return said


def _names(units: Sequence[tuple[str, str]], lang: str | None) -> str:
    separator = locale.text("report.line.separator", lang)
    said = separator.join(f"{name} ({unit})" for unit, name in units[:MOST_NAMES])
    more = len(units) - MOST_NAMES
    return said if more <= 0 else said + locale.text("report.line.and_more", lang, more=more)


def method_lines(found: Sensitivity, lang: str | None = None) -> list[str]:
    """Return one line a way to measure: both rates, and how many residences turn."""
    lines = []
    for at, variant in enumerate(found.variants):
        rates = _rates(found.totals, at)
        lines.append(
            locale.text(
                "report.line.method",
                lang,
                method=variant_text(variant, found.options, lang),
                units=format_number(rates[0].covered),
                units_total=format_number(rates[0].total),
                units_share=percent(rates[0]),
                households=format_number(rates[1].covered),
                households_total=format_number(rates[1].total),
                households_share=percent(rates[1]),
                turned=found.totals["turned"][at],
            )
        )
    return lines


def _rates(table: dict[str, list[Any]], at: int, of: str = "") -> tuple[Rate, Rate]:
    units = Rate(table[f"units_covered{of}"][at], table["units"][at], 0)
    unknown = table["households_unknown"][at]
    return units, Rate(table[f"households_covered{of}"][at], table["households"][at], unknown)


def write_sheets(writer: SheetWriter, found: Sensitivity, lang: str | None) -> None:
    """Write a sheet of all residences and, where there are zones, one of zones and methods."""
    above = (*sensitivity_lines(found, lang), *method_lines(found, lang))
    columns = (
        Column("clause", 9),
        Column("unit_id", 14),
        Column("unit_name", 24),
        Column("limit_m", 10),
        Column("verdict", 14),
        Column("straight_m", 12),
        Column("walking_m", 12),
        Column("node_m", 12),
        *(Column(variant.value, 12) for variant in found.variants),
        Column("standing_of_method", 12),
        Column("turned_by", 40),
        Column("reasons", 40),
        Column("barriers", 16),
    )
    writer.sheet("sensitivity", columns, _residence_rows(found, lang), above=above)
    if found.zones:
        writer.sheet("sensitivity_zones", _ZONES, _zone_rows(found, lang))


_ZONES: Final = (
    Column("level", 10),
    Column("zone_id", 16),
    Column("zone_name", 20),
    Column("method", 36),
    Column("turned", 12),
    Column("units", 10),
    Column("units_covered", 12),
    Column("units_share", 10),
    Column("households", 12),
    Column("households_covered", 12),
    Column("households_share", 10),
    Column("households_unknown", 12),
)


def _residence_rows(found: Sensitivity, lang: str | None) -> list[Row]:
    table = found.table
    said = {
        name: locale.text(f"verdict.{name}", lang)
        for name in ("compliant", "non_compliant", "insufficient_data")
    }
    rows = []
    for at in range(len(table["id"])):
        cells: dict[str, Cell] = {
            "clause": table["clause_id"][at],
            "unit_id": table["id"][at],
            "unit_name": table["name"][at],
            "standing_of_method": locale.text(
                f"sensitivity.standing.{table['standing'][at]}", lang
            ),
            "turned_by": variants_text(table["turned_by"][at], found.options, lang) or None,
            "reasons": reasons_text(table["reasons"][at], (), lang) or None,
            "barriers": locale.joined(table["barriers"][at], lang) or None,
            "verdict": said[table["verdict"][at]],
        }
        for name in ("limit_m", "straight_m", "walking_m", "node_m"):
            cells[name] = table[name][at]
        cells |= {variant.value: said[table[variant.value][at]] for variant in found.variants}
        rows.append(Row(cells))
    return rows


def _zone_rows(found: Sensitivity, lang: str | None) -> list[Row]:
    zones = found.zones
    rows = []
    for at in range(len(zones["id"])):
        for variant in found.variants:
            units, households = _rates(zones, at, f":{variant}")
            rows.append(
                Row(
                    {
                        "level": locale.text(f"level.{zones['level'][at]}", lang),
                        "zone_id": zones["id"][at],
                        "zone_name": zones["name"][at],
                        "method": variant_text(variant, found.options, lang),
                        "turned": zones[f"turned:{variant}"][at],
                        "units": units.total,
                        "units_covered": units.covered,
                        "units_share": _percentage(units),
                        "households": households.total,
                        "households_covered": households.covered,
                        "households_share": _percentage(households),
                        "households_unknown": float(households.unknown),
                    }
                )
            )
    return rows


def _percentage(rate: Rate) -> float | None:
    return None if rate.share is None else round(rate.share * 100.0, 1)
