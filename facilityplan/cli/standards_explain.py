"""``facilityplan standards explain``: one clause at one place, in one page."""

from __future__ import annotations

import json
import sys
from typing import Any

from facilityplan import locale, standards
from facilityplan.checks.wording import figure
from facilityplan.cli.standards_compare import clause_line, implied_text
from facilityplan.errors import StandardNotFoundError
from facilityplan.locale import Listed
from facilityplan.schemes import parse_date
from facilityplan.standards.explanation import Explanation, explain
from facilityplan.standards.projection import Requirement
from facilityplan.units import HECTARE_M2, format_number


def explain_clause(
    clause_id: str, place: str, *, date: str | None, machine: bool, lang: str
) -> int:
    """Print what a clause, or every clause of a group, requires at a place, and why.

    Raises
    ------
    StandardNotFoundError
        If there is no such clause, or no document for the place.
    UsageError
        If the date is none.
    """
    as_of = None if date is None else parse_date(date)
    every = [standards.load(name) for name in standards.document_files()]
    chosen = [
        (document, clause)
        for document in every
        for clause in document.clauses
        if clause_id in {clause.id, clause.group}
    ]
    if not chosen:
        raise StandardNotFoundError("clause_unknown", clause=clause_id)
    # A document of confidence C informs only: it is looked at where it is asked for.
    unread = any(not doc.is_verified for doc, _ in chosen)
    documents = standards.documents_of_place(place, unverified=unread)
    found = [explain(clause, doc, documents, place, as_of) for doc, clause in chosen]
    if machine:
        answers = [_answer(item) for item in found]
        sys.stdout.write(json.dumps(answers, ensure_ascii=False, indent=1) + "\n")
        return 0
    for item in found:
        for line in _page(item, lang):
            sys.stdout.write(f"{line}\n")
        sys.stdout.write("\n")
    return 0


def _page(item: Explanation, lang: str) -> list[str]:
    def word(name: str, **parameters: Any) -> str:
        return locale.text(f"explain.{name}", lang, **parameters)

    clause, document = item.clause, item.document
    lines = [
        clause_line(clause, lang),
        word("source", number=document.number, place=clause.number, quote=clause.quote),
        word("duty", holder=locale.text(f"duty_holder.{clause.duty_holder}", lang)),
    ]
    if clause.kinds:
        kinds = standards.kinds()
        names = [kinds[kind].zh if lang == "zh" else kinds[kind].en for kind in clause.kinds]
        lines.append(word("kinds", kinds=Listed(names)))
    dated = word("undated") if item.as_of is None else item.as_of.isoformat()
    lines.append(word("here", place=item.place, date=dated))
    lines += [f"  {line}" for line in _standing(item, lang)]
    lines += [f"  {line}" for line in _adopted(item, lang)]
    lines += [f"  {line}" for line in _numbers(item, lang)]
    if clause.ambiguity:
        lines.append(word("open", text="；".join(clause.ambiguity)))
    if clause.reading:
        lines.append(word("reading", text=clause.reading))
    for reading in clause.readings.values():
        question = reading.question if lang == "zh" else reading.question_en
        options = " | ".join(reading.options)
        lines.append(word("question", question=question, default=reading.default, options=options))
    return lines


def _standing(item: Explanation, lang: str) -> list[str]:
    if not item.of_place:
        return [locale.text("explain.elsewhere", lang, document=item.document.place)]
    if item.out is not None:
        reason = locale.text(f"reason.{item.out[0]}", lang)
        return [locale.text("explain.out", lang, reason=reason, by=item.out[1] or "—")]
    lines = [locale.text(f"standing.{item.standing}", lang)]
    if not item.document.is_verified:
        lines.append(locale.text("explain.unverified", lang))
    return lines


def _adopted(item: Explanation, lang: str) -> list[str]:
    lines: list[str] = []
    for unit, adoption in item.adoptions:
        words = (
            ("setting", unit.setting),
            ("residence_status", unit.status),
            ("level", unit.level),
        )
        where = [locale.text(f"{name}.{word}", lang) for name, word in words if word is not None]
        clause = adoption.clause
        lines.append(
            locale.text(
                "explain.adopted",
                lang,
                where=" ".join(where) or "—",
                clause=clause_line(clause, lang),
                document=clause.document_number,
                standing=locale.text(f"standing.{adoption.standing}", lang),
            )
        )
        for aside in adoption.set_aside:
            reason = locale.text(f"reason.{aside.reason}", lang)
            said = {"clause": aside.clause_id, "reason": reason, "by": aside.by or "—"}
            lines.append("  " + locale.text("explain.not_adopted", lang, **said))
    return list(dict.fromkeys(lines)) or [locale.text("explain.nothing", lang)]


def _numbers(item: Explanation, lang: str) -> list[str]:
    lines = [requirement_text(found, lang) for found in item.requirements]
    return lines + [implied_text(found, lang) for found in item.implied]


def requirement_text(item: Requirement, lang: str) -> str:
    """Return what a clause comes to at the base year and at the horizon, with the assumption."""
    ahead = item.projection
    if ahead is None:
        return locale.text("explain.persons_unknown", lang)
    said = {
        "basis": locale.text(f"basis.{ahead.basis}", lang),
        "base_year": ahead.base_year,
        "base_persons": format_number(ahead.base_persons, 0),
        "base": _amount(item.base_required, item.unit, lang),
    }
    if ahead.year == ahead.base_year:
        return locale.text("explain.base", lang, **said)
    said["year"] = ahead.year
    if ahead.persons is None or ahead.growth is None:
        return locale.text("explain.no_rate", lang, **said)
    return locale.text(
        "explain.horizon_at_least" if ahead.growth.at_least else "explain.horizon",
        lang,
        **said,
        persons=format_number(ahead.persons, 0),
        required=_amount(item.required, item.unit, lang),
        rate=format_number(ahead.growth.rate * 100, 2),
        source=ahead.growth.source,
    )


def _amount(value: float | None, unit: str, lang: str) -> str:
    if value is not None and unit == "m2":
        return figure(value / HECTARE_M2, "hectares", lang)
    return figure(value, unit, lang)


def _answer(item: Explanation) -> dict[str, Any]:
    return {
        "clause": item.clause.id,
        "document": item.document.id,
        "place": item.place,
        "date": None if item.as_of is None else item.as_of.isoformat(),
        "of_place": item.of_place,
        "standing": None if item.standing is None else item.standing.value,
        "not_in_force": None if item.out is None else item.out[0],
        "adopted": [
            {
                "setting": unit.setting,
                "status": unit.status,
                "level": unit.level,
                "clause": adoption.clause.id,
                "standing": adoption.standing.value,
                "not_adopted": [vars(aside) for aside in adoption.set_aside],
            }
            for unit, adoption in item.adoptions
        ],
        "requirements": [
            {
                "unit": found.unit,
                "base_required": found.base_required,
                "required": found.required,
                "basis": None if found.projection is None else found.projection.basis,
                "base_year": None if found.projection is None else found.projection.base_year,
                "year": None if found.projection is None else found.projection.year,
            }
            for found in item.requirements
        ],
        "implied": [vars(found) for found in item.implied],
    }
