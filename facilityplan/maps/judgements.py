"""Clauses and findings as compact columns: each quote once, each text once, a row a finding."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from facilityplan import locale
from facilityplan.checks import Finding, Verdict
from facilityplan.checks.wording import formula_text
from facilityplan.layers import City
from facilityplan.maps.methods import method_marks, methods
from facilityplan.scenario import Sensitivity
from facilityplan.standards import Clause, Standards, measures
from facilityplan.standards.titles import number_behind
from facilityplan.units import FIGURE_UNITS

VERDICTS: Final = tuple(Verdict)
"""Verdicts by the number that stands for them in a map."""

_DIGITS: Final = 6


@dataclass
class Texts:
    """Texts of a map, each kept once."""

    found: dict[str, int] = field(default_factory=dict)

    def index(self, text: str) -> int:
        """Return the number of a text."""
        return self.found.setdefault(text, len(self.found))


def judgements(
    city: City,
    findings: Sequence[Finding],
    standards: Standards,
    lang: str,
    sensitivity: Sensitivity | None = None,
) -> dict[str, Any]:
    """Return clauses, columns of findings by clause, and the texts of their sums and reasons.

    Parameters
    ----------
    city
        What was assessed; units are named by their position in its frames.
    findings
        Findings to show; those on nothing that the city has are kept aside by name.
    standards
        Documents that the findings' clauses stand in.
    lang
        Language of titles and texts.
    sensitivity
        Of the radius verdicts among the findings.
    """
    clauses = {clause.id: clause for document in standards.documents for clause in document.clauses}
    by_clause: dict[str, list[Finding]] = {}
    for finding in findings:
        by_clause.setdefault(finding.clause_id, []).append(finding)
    for finding in findings:
        for name in finding.evidence.get("clauses", ()):
            by_clause.setdefault(name, [])
    names = sorted(by_clause)
    texts = Texts()

    positions = {
        "residence": _positions(city, "residences"),
        "zone": _positions(city, "zones"),
        "facility": _positions(city, "facilities"),
    }
    columns = [_columns(by_clause[name], positions, texts, lang) for name in names]
    if sensitivity is not None:
        marks = method_marks(sensitivity)
        for name, column in zip(names, columns, strict=True):
            own = [marks.get((name, item.unit_id)) for item in by_clause[name]]
            if any(mark is not None for mark in own):
                column["method"] = own
    # Where no clause sets a radius there is nothing to colour by.
    varied = None if sensitivity is None or not sensitivity.table["id"] else sensitivity
    return {
        "methods": None if varied is None else methods(varied, lang),
        "clauses": [
            _clause(clauses[name], lang)
            | {
                "together": _together(name, names, findings),
                "unitKind": _shown_by(clauses[name], by_clause[name], positions),
            }
            for name in names
        ],
        "findings": columns,
        "texts": list(texts.found),
    }


def _together(name: str, names: Sequence[str], findings: Sequence[Finding]) -> list[int]:
    """Return the clauses whose findings carry this one's demand too: the stricter one decides."""
    also = {
        finding.clause_id
        for finding in findings
        if finding.clause_id != name and name in finding.evidence.get("clauses", ())
    }
    return sorted(names.index(other) for other in also)


def _shown_by(
    clause: Clause, findings: Sequence[Finding], positions: Mapping[str, Mapping[str, int]]
) -> str:
    """Return the kind a clause is shown by: estates where schemes are estates of the city."""
    kind = measures()[clause.measure].unit_of_assessment
    drawn = {_drawn_as(finding, positions) for finding in findings}
    return "residence" if kind == "scheme" and "residence" in drawn else kind


def _positions(city: City, layer: str) -> dict[str, int]:
    return (
        {name: row for row, name in enumerate(city.layer(layer)["id"])} if city.has(layer) else {}
    )


def _clause(clause: Clause, lang: str) -> dict[str, Any]:
    unit = None if clause.unit is None else FIGURE_UNITS.get(clause.unit, clause.unit)
    return {
        "id": clause.id,
        "title": clause.title if lang == "zh" else clause.title_en,
        "measure": clause.measure,
        "mandatory": clause.modality.value == "mandatory",
        "modality": locale.text(f"modality.{clause.modality.value}", lang),
        "holder": locale.text(f"duty_holder.{clause.duty_holder.value}", lang),
        "comparator": None if clause.comparator is None else clause.comparator.value,
        "unit": "" if unit is None else locale.text(f"unit.{unit}", lang),
        "metres": unit == "m",
        "document": clause.document_title,
        "behind": number_behind(clause.document_title, clause.document_number, lang),
        "place": clause.number,
        "quote": clause.quote,
    }


def _columns(
    findings: Sequence[Finding],
    positions: Mapping[str, Mapping[str, int]],
    texts: Texts,
    lang: str,
) -> dict[str, Any]:
    """Return one list a column; a unit that is on no layer is given by its name."""
    kinds = [_drawn_as(finding, positions) for finding in findings]
    units = [
        positions.get(kind, {}).get(_estate(finding), finding.unit_name)
        for kind, finding in zip(kinds, findings, strict=True)
    ]
    columns: dict[str, Any] = {
        "unitKind": _shared(kinds),
        "unit": units,
        "verdict": [VERDICTS.index(finding.verdict) for finding in findings],
        "value": [_figure(finding.value) for finding in findings],
        "required": _shared([_figure(finding.required) for finding in findings]),
        "margin": _margins(findings),
        "text": _shared([texts.index(formula_text(finding, lang)) for finding in findings]),
        "standing": _shared([texts.index(_standing(finding, lang)) for finding in findings]),
        "fragile": [row for row, finding in enumerate(findings) if finding.fragile],
    }
    if any("facility" in finding.evidence for finding in findings):
        facilities = positions["facility"]
        columns["nearest"] = [
            facilities.get(str(finding.evidence.get("facility")), -1) for finding in findings
        ]
    if any("walking_m" in finding.evidence for finding in findings):
        columns |= _walking(findings)
    return columns


def _estate(finding: Finding) -> str:
    """Return the id of the unit; of a phase, that of its estate."""
    return finding.unit_id.partition("/")[0] if finding.unit_kind == "scheme" else finding.unit_id


def _drawn_as(finding: Finding, positions: Mapping[str, Mapping[str, int]]) -> str:
    """Return the kind of the unit; a scheme that is an estate of the city is drawn as that estate."""
    is_estate = finding.unit_kind == "scheme" and _estate(finding) in positions["residence"]
    return "residence" if is_estate else finding.unit_kind


def _margins(findings: Sequence[Finding]) -> list[Any] | int:
    """Return the margins, or the sign by which they are all value less what is required."""
    margins = [_figure(finding.margin) for finding in findings]
    for sign in (1, -1):
        if margins == [_difference(finding, sign) for finding in findings]:
            return sign
    return margins


def _difference(finding: Finding, sign: int) -> float | int | None:
    value, required = _figure(finding.value), _figure(finding.required)
    if value is None or required is None or VERDICTS.index(finding.verdict) > 1:
        return None
    return _figure(sign * (value - required))


def _shared(column: list[Any]) -> Any:
    """Return the value that all rows have, else the column."""
    same = bool(column) and all(value == column[0] for value in column)
    return column[0] if same else column


def _walking(findings: Sequence[Finding]) -> dict[str, list[Any]]:
    """Return metres on foot (none where there is no way), whether it flips, whether off roads."""
    said = [finding.evidence for finding in findings]
    flips = [evidence.get("walking_flips") for evidence in said]
    return {
        "walkingM": [_figure(evidence.get("walking_m")) for evidence in said],
        "walkingFlips": [None if flip is None else int(bool(flip)) for flip in flips],
        "walkingOff": [int(bool(evidence.get("off_network", False))) for evidence in said],
    }


def _figure(value: float | None) -> float | int | None:
    if value is None or not math.isfinite(value):
        return None
    rounded = round(float(value), _DIGITS)
    return int(rounded) if rounded.is_integer() else rounded


def _standing(finding: Finding, lang: str) -> str:
    in_force = finding.standing == "in_force"
    return "" if in_force else locale.text(f"standing.{finding.standing}", lang)
