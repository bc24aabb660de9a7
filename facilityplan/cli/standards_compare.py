"""``facilityplan standards compare``: two documents side by side."""

from __future__ import annotations

import json
import sys
from typing import Any

from facilityplan import locale, standards
from facilityplan.checks.wording import figure
from facilityplan.locale import Listed
from facilityplan.standards.comparison import (
    Comparison,
    Difference,
    Implied,
    Relation,
    Row,
    compare,
)
from facilityplan.standards.titles import number_and_title
from facilityplan.units import format_number

_ALONE = frozenset({Relation.ONLY_A, Relation.ONLY_B})


def compare_documents(a: str, b: str, *, machine: bool, lang: str) -> int:
    """Print two documents side by side.

    Raises
    ------
    StandardNotFoundError
        If there is no such document.
    """
    found = compare(standards.load(a), standards.load(b))
    if machine:
        sys.stdout.write(json.dumps(_answer(found), ensure_ascii=False, indent=1) + "\n")
        return 0
    for line in _lines(found, lang):
        sys.stdout.write(f"{line}\n")
    return 0


def _lines(found: Comparison, lang: str) -> list[str]:
    def word(name: str, **parameters: Any) -> str:
        return locale.text(f"compare.{name}", lang, **parameters)

    lines = [
        word("head", side=side, document=number_and_title(document.number, document.title))
        for side, document in (("A", found.a), ("B", found.b))
    ]
    lines.append("")
    for row in found.rows:
        if row.relation not in _ALONE:
            lines += _paired(row, lang)
    for relation in (Relation.ONLY_A, Relation.ONLY_B):
        lines.append(word(relation.value))
        for row in found.rows:
            if row.relation is relation:
                clauses = row.a or row.b
                lines += [f"  {clause_line(clause, lang)}" for clause in clauses]
                lines += [f"    {implied_text(item, lang)}" for item in row.implied]
    for side, names in (("A", found.text_a), ("B", found.text_b)):
        lines.append(word("text", side=side, clauses=Listed(names) or "—"))
    lines.append(word("never_mixed"))
    return lines


def _paired(row: Row, lang: str) -> list[str]:
    first, second = row.a[-1], row.b[-1]
    titles = dict.fromkeys(_title(clause, lang) for clause in (first, second))
    lines = [" / ".join(titles)]
    for side, clauses in (("A", row.a), ("B", row.b)):
        lines += [f"  {side} {clause_line(clause, lang, titled=False)}" for clause in clauses]
    lines += [f"    {implied_text(item, lang)}" for item in row.implied]
    lines.append("  " + locale.text(f"compare.relation.{row.relation}", lang))
    shown = [item for item in row.differences if item.name not in {"value", "comparator"}]
    lines += [f"    {difference_text(item, lang)}" for item in shown]
    return lines


def _title(clause: standards.Clause, lang: str) -> str:
    return clause.title if lang == "zh" else clause.title_en


def clause_line(clause: standards.Clause, lang: str, *, titled: bool = True) -> str:
    """Return a clause in a line: id, title, demand, base, beds, year, modality."""
    parts = [clause.id]
    if titled:
        parts.append(_title(clause, lang))
    sign = "" if clause.comparator is None else f"{clause.comparator.value} "
    if clause.value is not None and clause.unit == "share":
        parts.append(f"{sign}{format_number(clause.value * 100)} %")
    elif clause.value is not None:
        parts.append(f"{sign}{figure(clause.value, clause.unit, lang)}")
    if clause.basis.beds is not None:
        parts.append(locale.text(f"compare.beds.{clause.basis.beds}", lang))
    if clause.basis.elders or clause.basis.persons:
        basis = clause.basis.elders or clause.basis.persons
        parts.append(locale.text(f"basis.{basis}", lang))
    if "min_beds" in clause.parameters:
        least = clause.parameters["min_beds"]
        parts.append(locale.text("compare.min_beds", lang, beds=least))
    if clause.target_year is not None:
        parts.append(str(clause.target_year))
    parts.append(locale.text(f"modality.{clause.modality}", lang))
    return "  ".join(parts)


def implied_text(item: Implied, lang: str) -> str:
    """Return what a total of beds makes per 1000 elders, and by which figure."""
    name = "implied_at_most" if item.at_most else "implied"
    said = figure(item.value, item.unit, lang)
    return locale.text(
        f"compare.{name}",
        lang,
        clause=item.clause_id,
        value=said,
        persons=format_number(item.persons),
        source=item.persons_clause_id,
        year=item.year,
    )


def difference_text(item: Difference, lang: str) -> str:
    """Return one thing in which two clauses differ."""
    key = f"compare.difference.{item.name}"
    known = key in locale.catalogue(lang)
    label = locale.text(key, lang) if known else item.name
    name = "blocks" if item.blocks else "differs"
    return locale.text(
        f"compare.{name}",
        lang,
        label=label,
        a=_said(item.name, item.a, lang),
        b=_said(item.name, item.b, lang),
    )


_WORDS = {
    "scope_setting": "setting",
    "scope_status": "residence_status",
    "scope_level": "level",
    "modality": "modality",
    "unit": "unit",
    "basis_elders": "basis",
    "basis_persons": "basis",
    "basis_beds": "compare.beds",
}
"""Difference -> catalogue of its words."""


def _said(name: str, value: Any, lang: str) -> str:
    if isinstance(value, (list, tuple)):
        return locale.joined((_said(name, item, lang) for item in value), lang) or "—"
    if value is None:
        return "—"
    if name == "kinds":
        kind = standards.kinds()[value]
        return kind.zh if lang == "zh" else kind.en
    key = f"{_WORDS.get(name)}.{value}"
    return locale.text(key, lang) if key in locale.catalogue(lang) else str(value)


def _answer(found: Comparison) -> dict[str, Any]:
    def plain(clause: standards.Clause) -> dict[str, Any]:
        names = {"id", "group", "title", "measure", "comparator", "value", "unit", "modality"}
        names |= {"parameters", "applies_to", "basis", "kinds", "target_year", "quote"}
        return clause.model_dump(mode="json", include=names)

    return {
        "a": found.a.id,
        "b": found.b.id,
        "rows": [
            {
                "subject": row.subject,
                "a": [plain(clause) for clause in row.a],
                "b": [plain(clause) for clause in row.b],
                "relation": row.relation.value,
                "differences": [
                    {"name": item.name, "a": item.a, "b": item.b, "blocks": item.blocks}
                    for item in row.differences
                ],
                "implied": [vars(item) for item in row.implied],
            }
            for row in found.rows
        ],
        "text_a": list(found.text_a),
        "text_b": list(found.text_b),
    }
