"""``facilityplan figures`` and ``facilityplan report``: what a bureau hands in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from facilityplan import files
from facilityplan.errors import MissingLayerError, UsageError
from facilityplan.project import Project, open_project
from facilityplan.project.lock import output_lock
from facilityplan.report import coverage_document, findings_document, siting_document
from facilityplan.report.figures import (
    Imprint,
    Paper,
    Plate,
    draw,
    find_typeface,
    plates_of,
    small_png,
    system_text,
)
from facilityplan.report.plan import (
    PlanFacts,
    plan_document,
    plan_facts,
    plan_words,
    plan_workbook,
)

KINDS: Final = ("plan",)

_LAST: Final = "plan.json"
"""Of a report the file that comes last: where it stands, the others are of one run."""


def print_figures(
    project: Path,
    out: Path,
    *,
    paper: str,
    font: Path | None,
    author: str,
    near_term: int | None,
    lang: str,
) -> int:
    """Write the five printed maps as PNG and PDF; all are drawn before the first is written.

    Raises
    ------
    FacilityPlanError
        If the project cannot be used, no typeface fits or the folder cannot be written.
    """
    sheet = Paper.of(paper)
    typeface = find_typeface(font)
    opened = _opened(project, lang)
    facts = _facts(opened, near_term)
    imprint = _imprint(opened, author)
    drawn = {
        f"{place}_{plate.name}_{sheet.name}.{kind}": content
        for place, plate in enumerate(_plates(opened, facts), start=1)
        for kind, content in draw(plate, sheet, imprint, typeface, lang).items()
    }
    _write(out, drawn)
    return 0


def print_report(
    project: Path,
    out: Path,
    *,
    kind: str,
    font: Path | None,
    author: str,
    near_term: int | None,
    lang: str,
) -> int:
    """Write the special plan: Word, Excel, figures, and the results it is filled from.

    Raises
    ------
    FacilityPlanError
        If the kind is not known, the project cannot be used, no typeface fits or the folder
        cannot be written.
    """
    if kind not in KINDS:
        raise UsageError("report_kind", given=kind)
    typeface = find_typeface(font)
    opened = _opened(project, lang)
    facts = _facts(opened, near_term)
    imprint = _imprint(opened, author)
    plates = _plates(opened, facts)
    sheets = {plate.name: draw(plate, Paper.of("A3"), imprint, typeface, lang) for plate in plates}
    # In the text a sheet lies on an A4 page; drawn for A4 its words stay legible there.
    small = {
        plate.name: small_png(
            draw(plate, Paper.of("A4"), imprint, typeface, lang, kinds=("png",))["png"]
        )
        for plate in plates
    }
    words = plan_words(facts, small, lang)
    coverage = opened.coverage()
    results = {
        "findings.json": findings_document(
            facts.findings,
            opened.standards,
            project=opened.city.name,
            notices=[notice.as_dict() for notice in opened.notices()],
        ),
        "coverage.json": coverage_document(
            coverage.coverage, opened.context, splits=coverage.splits
        ),
        "siting.json": siting_document(facts.proposal, opened.city),
        "plan.json": plan_document(facts),
    }
    content = {
        "plan.docx": words,
        "plan.xlsx": plan_workbook(facts, lang),
        **{
            f"{place}_{name}.{kind}": data
            for place, (name, drawn) in enumerate(sheets.items(), start=1)
            for kind, data in drawn.items()
        },
        **{
            name: files.canonical_json(document).encode("utf-8")
            for name, document in results.items()
        },
    }
    _write(out, content)
    return 0


def _opened(project: Path, lang: str) -> Project:
    opened = open_project(project, lang=lang)
    if not opened.has_coverage:
        raise MissingLayerError("plan_needs_coverage", file=project.name)
    return opened


def _facts(project: Project, near_term: int | None) -> PlanFacts:
    return plan_facts(
        project.context,
        project.findings().findings,
        project.coverage().coverage,
        project.propose().proposal,
        near_term,
    )


def _plates(project: Project, facts: PlanFacts) -> tuple[Plate, ...]:
    return plates_of(
        project.context, facts.coverage, facts.proposal, project.lang, near_term=facts.near_term
    )


def _imprint(project: Project, author: str) -> Imprint:
    system = system_text(project.city.crs)
    return Imprint(project.city.name, system, author, project.city.as_of)


def _write(out: Path, content: dict[str, bytes]) -> None:
    with output_lock(out):
        files.sweep(out)
        with files.staged(out, _LAST) as stage:
            for name, data in content.items():
                files.write_bytes(stage / name, data)
    for name in content:
        sys.stdout.write(f"{out / name}\n")
