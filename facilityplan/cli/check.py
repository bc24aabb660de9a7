"""``facilityplan check``: a new residential scheme against the documents of its place."""

from __future__ import annotations

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
from facilityplan.errors import UnreadableSourceError, UsageError
from facilityplan.io.source import read_bytes
from facilityplan.io.table import read_table
from facilityplan.schemes import (
    Scheme,
    complies,
    parse_date,
    review,
    scheme_from_toml,
    schemes_from_table,
)


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
    for scheme in [scheme for path in paths for scheme in _read(path)]:
        resolved = _standards_of(scheme, place, standards, as_of)
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
        return scheme_from_toml(read_bytes(path), path.name)
    if ending in {".csv", ".xlsx", ".xls", ".xlsb", ".ods"}:
        return schemes_from_table(read_table(path))
    raise UnreadableSourceError("scheme_format", file=path.name)


def _standards_of(
    scheme: Scheme, place: str | None, named: Sequence[str], as_of: Any
) -> standards.Standards:
    """Return the documents: those of the sheet first, else those of the call."""
    ids = scheme.standards or tuple(named)
    if ids:
        documents = [standards.load(document) for document in dict.fromkeys(ids)]
    elif scheme.place or place:
        documents = list(standards.documents_of_place(str(scheme.place or place)))
    else:
        raise UsageError("no_place", file=scheme.file, rows=[scheme.row])
    return standards.resolve(documents, as_of)


def _clause(resolved: standards.Standards, clause_id: str) -> standards.Clause:
    return next(clause for clause in resolved.clauses() if clause.id == clause_id)


def _answer(
    scheme: Scheme, resolved: standards.Standards, findings: Sequence[Finding], *, passed: bool
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
    resolved: standards.Standards,
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
        for name, reading in item.evidence.get("readings", {}).items():
            answer = "compliant" if reading["compliant"] else "non_compliant"
            line(
                "reading",
                reading=locale.text(f"reading.{name}", lang),
                required=reading["required"],
                verdict=locale.text(f"verdict.{answer}", lang),
            )
        line(
            "quote",
            document=clause.document_number,
            number=clause.number,
            quote=clause.quote,
            standing=locale.text(f"standing.{item.standing}", lang),
        )
    line("complies" if passed else "fails")
