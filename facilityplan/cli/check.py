"""``facilityplan check``: a new residential scheme against the documents of its place."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from facilityplan import locale, standards
from facilityplan.checks import Finding
from facilityplan.checks.wording import (
    formula_text,
    margin_text,
    required_text,
    value_text,
    verdict_text,
)
from facilityplan.errors import StandardsError, UnreadableSourceError, UsageError
from facilityplan.io.source import local_file, read_bytes
from facilityplan.io.table import read_table
from facilityplan.schemes import (
    Scheme,
    complies,
    parse_date,
    review,
    scheme_from_toml,
    schemes_from_table,
)
from facilityplan.standards import Standards


def check_schemes(
    paths: Sequence[Path],
    *,
    place: str | None,
    standards: Sequence[str],
    date: str | None,
    machine: bool,
    lang: str,
) -> int:
    """Print what the documents say of every scheme.

    Returns
    -------
    int
        0 where every applicable mandatory duty of the developer is kept; else 1.
    """
    as_of = None if date is None else parse_date(date)
    kept = True
    answers: list[dict[str, Any]] = []
    memo: dict[Any, Standards] = {}
    schemes = [scheme for path in paths for scheme in _read(path)]
    # Every scheme has its documents before the first is judged: no half of an answer.
    chosen = [_standards_of(scheme, place, standards, as_of, memo) for scheme in schemes]
    for scheme, resolved in zip(schemes, chosen, strict=True):
        findings = review(scheme, resolved)
        passed = complies(findings)
        kept &= passed
        if machine:
            answers.append(_answer(scheme, resolved, findings, passed=passed))
        else:
            _print(scheme, resolved, findings, passed=passed, lang=lang)
    if machine:
        sys.stdout.write(json.dumps(answers, ensure_ascii=False, indent=1) + "\n")
    return 0 if kept else 1


def _read(path: Path) -> list[Scheme]:
    ending = path.suffix.lower()
    if ending == ".toml":
        return scheme_from_toml(read_bytes(local_file(path)), path.name)
    if ending in {".csv", ".xlsx", ".xls", ".xlsb", ".ods"}:
        return schemes_from_table(read_table(path))
    raise UnreadableSourceError("scheme_format", file=path.name)


def _of_place(place: str, as_of: dt.date | None) -> list[standards.Document]:
    """Return a place's documents; those above it only where a date says whether they hold."""
    documents = standards.documents_of_place(place)
    own = [item for item in documents if place in {item.place, *item.place_aliases}]
    return own if as_of is None else list(documents)


def _standards_of(
    scheme: Scheme,
    place: str | None,
    named: Sequence[str],
    as_of: dt.date | None,
    memo: dict[Any, Standards],
) -> Standards:
    """Return the documents: those the sheet names, else those of the call, else of the place."""
    ids = scheme.standards or tuple(named)
    key = ids or scheme.place or place
    if not key:
        raise UsageError("no_place", file=scheme.file, rows=[scheme.row])
    if key not in memo:
        try:
            documents = (
                [standards.load(document) for document in dict.fromkeys(ids)]
                if ids
                else _of_place(str(key), as_of)
            )
            memo[key] = standards.resolve(documents, as_of)
        except StandardsError as error:
            if error.file is not None:
                raise
            where = {"file": scheme.file, "rows": [scheme.row]}
            raise type(error)(error.message, **{**error.parameters, **where}) from error
    return memo[key]


def _clause(resolved: Standards, clause_id: str) -> standards.Clause:
    return next(clause for clause in resolved.clauses() if clause.id == clause_id)


def _answer(
    scheme: Scheme, resolved: Standards, findings: Sequence[Finding], *, passed: bool
) -> dict[str, Any]:
    return {
        "scheme": scheme.name,
        "file": scheme.file,
        "row": scheme.row,
        "standards": [document.id for document in resolved.documents],
        "complies": passed,
        "findings": [
            item.as_dict() | {"citation": _clause(resolved, item.clause_id).citation.model_dump()}
            for item in findings
        ],
    }


def _print(
    scheme: Scheme,
    resolved: Standards,
    findings: Sequence[Finding],
    *,
    passed: bool,
    lang: str,
) -> None:
    def line(name: str, /, **parameters: Any) -> None:
        sys.stdout.write(locale.text(f"check.{name}", lang, **parameters) + "\n")

    line("scheme", name=scheme.name, file=scheme.file, row=scheme.row)
    if not findings:
        line("nothing")
    for item in findings:
        clause = _clause(resolved, item.clause_id)
        title = clause.title if lang == "zh" else clause.title_en
        line("clause", id=item.clause_id, title=title, verdict=verdict_text(item, lang))
        line("required", required=required_text(item, lang), formula=formula_text(item, lang))
        line("value", value=value_text(item, lang), margin=margin_text(item, lang))
        line(
            "quote",
            document=clause.document_number,
            number=clause.number,
            quote=clause.quote,
            standing=locale.text(f"standing.{item.standing}", lang),
        )
        for aside in item.evidence.get("not_adopted", ()):
            said = {"clause": aside["clause"], "by": aside["by"]}
            reason = locale.text(f"reason.{aside['reason']}", lang)
            text = locale.text("explain.not_adopted", lang, reason=reason, **said)
            sys.stdout.write(f"    {text}\n")
    line("complies" if passed else "fails")
