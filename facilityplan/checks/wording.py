"""Findings in words: the figures with their units, the sum, and what is missing."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any, Final

from facilityplan import locale
from facilityplan.checks.finding import Finding
from facilityplan.units import format_beside

SIGNS: Final = MappingProxyType({">=": "≥", "<=": "≤", ">": ">", "<": "<"})
"""How comparators are written."""


def figure(
    value: float | None, unit: str | None, lang: str | None = None, *, beside: float | None = None
) -> str:
    """Return a figure with its unit; a dash where there is none.

    At most three decimals, more where it would read as the figure that it stands ``beside``.
    """
    if value is None:
        return "—"
    if math.isinf(value):
        return locale.text("unreachable", lang)
    number = format_beside(value, beside)
    return number if unit is None else f"{number} {locale.text(f'unit.{unit}', lang)}"


def value_text(finding: Finding, lang: str | None = None) -> str:
    """Return the value found, with its unit."""
    return figure(finding.value, finding.unit, lang, beside=finding.required)


def required_text(finding: Finding, lang: str | None = None) -> str:
    """Return the value required, with comparator and unit."""
    if finding.required is None:
        return "—"
    sign = SIGNS.get(finding.comparator or "", "")
    return f"{sign} {figure(finding.required, finding.unit, lang)}".strip()


def margin_text(finding: Finding, lang: str | None = None) -> str:
    """Return by how much the clause is kept (+) or missed (-), with its unit."""
    if finding.margin is None:
        return "—"
    said = figure(finding.margin, finding.unit, lang, beside=0.0)
    return f"+{said}" if finding.margin > 0 else said


def formula_text(finding: Finding, lang: str | None = None) -> str:
    """Return the sum behind a finding, or what is missing for it; both readings where they differ."""
    parameters: dict[str, Any] = {k: v for k, v in finding.formula.items() if k != "id"}
    for name in ("basis", "level"):
        if parameters.get(name):
            parameters[name] = locale.text(f"{name}.{parameters[name]}", lang)
    said = [locale.text(str(finding.formula["id"]), lang, **parameters)]
    for name, reading in finding.evidence.get("readings", {}).items():
        verdict = "compliant" if reading["compliant"] else "non_compliant"
        said.append(
            locale.text(
                "by_reading",
                lang,
                reading=locale.text(f"reading.{name}", lang),
                required=figure(reading["required"], finding.unit, lang),
                verdict=locale.text(f"verdict.{verdict}", lang),
            )
        )
    said += _other_bases(finding, lang)
    return locale.text("and_reading", lang).join(said)


def _other_bases(finding: Finding, lang: str | None) -> list[str]:
    """Return the same beds over other definitions of an elder, and over the text's own number."""
    if finding.formula["id"] != "formula.beds" or finding.unit != "beds_per_1000_elders":
        return []
    said = [
        locale.text(
            "by_basis",
            lang,
            basis=locale.text(f"basis.{name}", lang),
            value=figure(value, finding.unit, lang),
        )
        for name, value in finding.evidence.get("other_bases", {}).items()
    ]
    implied = finding.evidence.get("implied_base")
    if implied:
        value = figure(implied["value"], finding.unit, lang)
        said.append(locale.text("by_implied", lang, elders=implied["elders"], value=value))
    return said


def verdict_text(finding: Finding, lang: str | None = None) -> str:
    """Return the verdict; a missed advisory or target clause is said to be one."""
    said = locale.text(f"verdict.{finding.verdict}", lang)
    if finding.verdict == "non_compliant" and finding.modality != "mandatory":
        modality = locale.text(f"modality.{finding.modality}", lang)
        return locale.text("verdict_of_modality", lang, verdict=said, modality=modality)
    return said
