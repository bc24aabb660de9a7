"""``facilityplan conditions``: the wording and the numbers of the planning conditions of a plot."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docx

from facilityplan import files, locale
from facilityplan.cli.check import read_schemes, standards_of
from facilityplan.errors import OutputError
from facilityplan.report.sheets import open_book
from facilityplan.report.text import printable
from facilityplan.report.values import plain
from facilityplan.report.word import EPOCH, same_bytes, settle
from facilityplan.schemes import Scheme, parse_date
from facilityplan.schemes.conditions import Condition, planning_conditions


def show_conditions(
    plot: Path, *, place: str | None, date: str | None, out: Path | None, machine: bool, lang: str
) -> int:
    """Print the conditions of every plot of a sheet, or write them as text, Word or Excel."""
    as_of = None if date is None else parse_date(date)
    made = [
        (item, planning_conditions(item, standards_of(item, place, (), as_of, {})))
        for item in read_schemes(plot, lang)
    ]
    if machine:
        answers = [
            {
                "plot": item.name,
                "conditions": [
                    {"id": c.id, "clause": c.clause.id, "binding": c.binding,
                     "parameters": plain(c.parameters),
                     "citation": c.clause.citation.model_dump()}
                    for c in found
                ],
            }
            for item, found in made
        ]  # fmt: skip
        sys.stdout.write(json.dumps(answers, ensure_ascii=False, indent=1) + "\n")
        return 0
    lines = [line for item, found in made for line in _lines(item, found, lang)]
    if out is None:
        sys.stdout.write("\n".join(lines) + "\n")
        return 0
    content = {".txt": _text, ".docx": _word, ".xlsx": _sheet}.get(out.suffix.lower())
    if content is None:
        raise OutputError("output_failed", file=out.name, reason=".txt .docx .xlsx")
    files.write_bytes(out, content(lines, lang))
    sys.stdout.write(locale.text("scheme.cli.written", lang, file=out) + "\n")
    return 0


def _lines(plot: Scheme, found: Sequence[Condition], lang: str) -> list[str]:
    head = locale.text("scheme.conditions.title", lang)
    lines = [printable(f"{head}：{plot.name}")]
    for number, item in enumerate(found, start=1):
        said: dict[str, Any] = dict(item.parameters)
        if "stages" in said:
            words = [locale.text(f"scheme.conditions.stage_{s}", lang) for s in said["stages"]]
            said["stages"] = "、".join(words)
        text = locale.text(f"scheme.conditions.{item.id}", lang, **said)
        advice = "" if item.binding else locale.text("scheme.conditions.advisory", lang)
        clause = item.clause
        cite = {
            "document": clause.document_title,
            "number": f"{clause.document_number} {clause.number}",
        }
        quoted = locale.text("scheme.conditions.cite", lang, quote=clause.quote, **cite)
        lines.append(f"{number}. {advice}{text}{quoted}")
    return lines


def _text(lines: Sequence[str], lang: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def _word(lines: Sequence[str], lang: str) -> bytes:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    settle(document)
    stream = io.BytesIO()
    document.save(stream)
    return same_bytes(stream.getvalue())


def _sheet(lines: Sequence[str], lang: str) -> bytes:
    stream = io.BytesIO()
    with open_book(stream, lines[0], EPOCH, lang) as sheets:
        sheet = sheets.book.add_worksheet(locale.text("scheme.sheet.conditions", lang))
        sheet.set_column(0, 0, 110, sheets.formats["text", "plain"])
        for at, line in enumerate(lines):
            sheet.write_string(at, 0, line, sheets.formats["text", "plain"])
    return stream.getvalue()
