"""Findings in words: the figures with their units, the sum, and what is missing."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any, Final

from facilityplan import locale
from facilityplan.checks.finding import Finding
from facilityplan.units import format_number

SIGNS: Final = MappingProxyType({">=": "≥", "<=": "≤", ">": ">", "<": "<"})
"""How comparators are written."""


def figure(value: float | None, unit: str | None, lang: str | None = None) -> str:
    """Return a figure with its unit, at most three decimals; a dash where there is none."""
    if value is None:
        return "—"
    if math.isinf(value):
        return locale.text("unreachable", lang)
    number = format_number(value)
    return number if unit is None else f"{number} {locale.text(f'unit.{unit}', lang)}"


def finding_unit(finding: Finding) -> str | None:
    """Return the unit that a finding's figures are in.

    A clause per 100 households is judged in square metres.
    """
    return "m2" if finding.unit == "m2_per_100_households" else finding.unit


def value_text(finding: Finding, lang: str | None = None) -> str:
    """Return the value found, with its unit."""
    return figure(finding.value, finding_unit(finding), lang)


def required_text(finding: Finding, lang: str | None = None) -> str:
    """Return the value required, with comparator and unit."""
    if finding.required is None:
        return "—"
    sign = SIGNS.get(finding.comparator or "", "")
    return f"{sign} {figure(finding.required, finding_unit(finding), lang)}".strip()


def margin_text(finding: Finding, lang: str | None = None) -> str:
    """Return by how much the clause is kept (+) or missed (-), with its unit."""
    if finding.margin is None:
        return "—"
    said = figure(finding.margin, finding_unit(finding), lang)
    return f"+{said}" if finding.margin > 0 else said


def formula_text(finding: Finding, lang: str | None = None) -> str:
    """Return the sum behind a finding, or what is missing for it."""
    parameters: dict[str, Any] = {k: v for k, v in finding.formula.items() if k != "id"}
    if parameters.get("basis"):
        parameters["basis"] = locale.text(f"basis.{parameters['basis']}", lang)
    return locale.text(str(finding.formula["id"]), lang, **parameters)


def verdict_text(finding: Finding, lang: str | None = None) -> str:
    """Return the verdict; a missed advisory or target clause is said to be one."""
    said = locale.text(f"verdict.{finding.verdict}", lang)
    if finding.verdict == "non_compliant" and finding.modality != "mandatory":
        modality = locale.text(f"modality.{finding.modality}", lang)
        return locale.text("verdict_of_modality", lang, verdict=said, modality=modality)
    return said
