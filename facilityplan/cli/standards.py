"""``facilityplan standards``: the clauses, as a list and one by one."""

from __future__ import annotations

import json
import sys
from typing import Any, Final, get_args

from facilityplan import locale, standards
from facilityplan.checks.wording import figure
from facilityplan.errors import StandardNotFoundError
from facilityplan.locale import Listed
from facilityplan.standards.titles import number_and_title

CATEGORIES: Final = get_args(standards.Clause.model_fields["category"].annotation)
"""The classes of clauses, as the model has them."""


def _all() -> list[tuple[standards.Document, standards.Clause]]:
    documents = [standards.load(name) for name in standards.document_files()]
    return [(document, clause) for document in documents for clause in document.clauses]


def list_standards(
    *,
    document: str | None,
    measure: str | None,
    category: str | None,
    modality: str | None,
    machine: bool,
    lang: str,
) -> int:
    """Print the clauses, one line each.

    Raises
    ------
    StandardNotFoundError
        If there is no such document, measure, class or modality.
    """
    if document is not None:
        standards.load(document)
    if measure is not None and measure not in standards.measures():
        known = Listed(standards.measures())
        raise StandardNotFoundError("measure_unknown", measure=measure, known=known)
    for word, words in ((category, CATEGORIES), (modality, tuple(standards.Modality))):
        if word is not None and word not in words:
            raise StandardNotFoundError("standards_word", word=word, known=Listed(words))
    chosen = [
        (doc, clause)
        for doc, clause in _all()
        if document in {None, doc.id}
        and measure in {None, clause.measure}
        and category in {None, clause.category}
        and modality in {None, clause.modality}
    ]
    if machine:
        rows = [_row(doc, clause) for doc, clause in chosen]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return 0
    for doc, clause in chosen:
        title = clause.title if lang == "zh" else clause.title_en
        said = "" if clause.value is None else demand_text(clause, lang)
        sys.stdout.write(f"{clause.id:6}  {doc.number}  {title}  {said}\n")
    return 0


def _row(document: standards.Document, clause: standards.Clause) -> dict[str, Any]:
    return {
        "document": document.id,
        "group": clause.group,
        "id": clause.id,
        "title": clause.title,
        "class": clause.category,
        "modality": clause.modality.value,
        "duty_holder": clause.duty_holder.value,
        "measure": clause.measure,
        "comparator": None if clause.comparator is None else clause.comparator.value,
        "value": clause.value,
        "unit": clause.unit,
        "target_year": clause.target_year,
    }


def demand_text(clause: standards.Clause, lang: str) -> str:
    """Return what a clause demands: comparator, figure and unit; a dash where it has no number."""
    sign = "" if clause.comparator is None else str(clause.comparator.value)
    return f"{sign} {figure(clause.value, clause.unit, lang)}".strip()


def show_clause(clause_id: str, *, machine: bool, lang: str) -> int:
    """Print one clause, or all clauses of a group, in full.

    Raises
    ------
    StandardNotFoundError
        If there is no such clause.
    """
    chosen = [(doc, clause) for doc, clause in _all() if clause_id in {clause.id, clause.group}]
    if not chosen:
        raise StandardNotFoundError("clause_unknown", clause=clause_id)
    if machine:
        rows = [clause.model_dump(mode="json") for _, clause in chosen]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return 0
    for doc, clause in chosen:
        for name, value in _facts(doc, clause, lang):
            label = locale.text(f"clause.{name}", lang)
            sys.stdout.write(locale.text("clause.line", lang, label=label, value=value) + "\n")
        sys.stdout.write("\n")
    return 0


def _facts(
    document: standards.Document, clause: standards.Clause, lang: str
) -> list[tuple[str, Any]]:
    kinds = standards.kinds()
    names = [kinds[kind].zh if lang == "zh" else kinds[kind].en for kind in clause.kinds]
    facts: list[tuple[str, Any]] = [
        ("id", clause.id),
        ("title", clause.title if lang == "zh" else clause.title_en),
        ("document", number_and_title(document.number, document.title)),
        ("number", clause.number),
        ("quote", clause.quote),
        ("limit", demand_text(clause, lang)),
        ("modality", locale.text(f"modality.{clause.modality}", lang)),
        ("duty_holder", locale.text(f"duty_holder.{clause.duty_holder}", lang)),
        ("kinds", locale.joined(names, lang)),
        ("target_year", clause.target_year),
        ("after", clause.after),
        ("reading", clause.reading),
        ("ambiguity", "；".join(clause.ambiguity)),
    ]
    for reading in clause.readings.values():
        answers = (reading.default, *reading.options)
        question = reading.question if lang == "zh" else reading.question_en
        facts.append(("question", f"{question} ({' | '.join(dict.fromkeys(answers))})"))
    return [(name, value) for name, value in facts if value]
