"""``facilityplan subsidy``: what the documents promise each facility, by programme."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from facilityplan import files, locale
from facilityplan.project import Project, open_project
from facilityplan.report.subsidy_sheet import subsidy_workbook
from facilityplan.subsidy import (
    Award,
    AwardStatus,
    formula_text,
    programmes_elsewhere,
    reason_text,
    subsidies,
)
from facilityplan.units import format_number


def subsidy_project(project: Path, *, out: Path | None, machine: bool, lang: str) -> int:
    """Print the subsidies of a project's facilities, and write them to a workbook where asked.

    Raises
    ------
    FacilityPlanError
        If the project or a money clause cannot be used as it is, or the workbook not written.
    """
    opened = open_project(project, lang=lang)
    awards = subsidies(opened.city, opened.standards)
    if out is not None:
        content = subsidy_workbook(
            awards,
            opened.standards,
            title=opened.city.name,
            as_of=opened.city.as_of,
            lang=lang,
        )
        files.write_bytes(out, content)
    if machine:
        rows = [item.as_dict() for item in awards]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return 0
    for line in _lines(opened, awards, lang):
        sys.stdout.write(f"{line}\n")
    return 0


def _lines(project: Project, awards: Sequence[Award], lang: str) -> list[str]:
    lines: list[str] = []
    clauses = {clause.id: clause for clause in project.standards.clauses()}
    for clause_id in dict.fromkeys(item.clause_id for item in awards):
        clause = clauses[clause_id]
        said = {"programme": clause.parameters["programme"], "clause": clause_id}
        lines.append(locale.text("subsidy.programme", lang, **said, number=clause.document_number))
        for item in awards:
            if item.clause_id == clause_id:
                lines += [f"  {line}" for line in _award(item, lang)]
    known = [item for item in awards if item.yuan is not None and item.per == "once"]
    missing = sum(item.status is AwardStatus.INSUFFICIENT_DATA for item in awards)
    if awards:
        total = _money(sum(item.yuan or 0.0 for item in known), lang)
        lines.append(locale.text("subsidy.sum", lang, amount=total, missing=missing))
    else:
        lines.append(locale.text("subsidy.nothing", lang))
    reached = {item.clause_id for item in awards}
    others = [item for item in programmes_elsewhere(project.standards) if item.id not in reached]
    if others:
        names = "；".join(f"{item.id} {item.parameters['programme']}" for item in others)
        lines.append(locale.text("subsidy.elsewhere", lang, clauses=names))
    return lines


def _award(item: Award, lang: str) -> list[str]:
    amount = (
        locale.text("subsidy.amount_missing", lang)
        if item.yuan is None
        else f"{_money(item.yuan, lang)} {locale.text(f'subsidy.per.{item.per}', lang)}"
    )
    named = {"clause": item.clause_id, "facility": item.facility_name, "id": item.facility_id}
    lines = [locale.text("subsidy.line", lang, **named, amount=amount)]
    reason = reason_text(item, lang)
    if reason:
        lines.append(locale.text("subsidy.reason", lang, reason=reason))
    else:
        lines.append(locale.text("subsidy.how", lang, formula=formula_text(item, lang)))
    if item.capped and item.cap_yuan is not None:
        lines.append(locale.text("subsidy.capped", lang, cap=_money(item.cap_yuan, lang)))
    if item.province_yuan is not None:
        province = _money(item.province_yuan, lang)
        lines.append(locale.text("subsidy.province", lang, amount=province))
    for name, chosen in item.readings.items():
        if item.by_reading:
            each = "；".join(f"{key} {_money(yuan, lang)}" for key, yuan in item.by_reading.items())
            said = {"name": name, "chosen": chosen, "all": each}
            lines.append(locale.text("subsidy.reading", lang, **said))
    return lines


def _money(yuan: float, lang: str) -> str:
    return locale.text("subsidy.yuan_10000", lang, amount=format_number(yuan / 10_000, 4))
