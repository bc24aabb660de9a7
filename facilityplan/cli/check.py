"""``facilityplan check``: a new residential scheme against the documents of its place."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facilityplan import files, locale, standards
from facilityplan.checks import Context, Finding, Verdict
from facilityplan.cli.standards_files import document_named
from facilityplan.doctor.notices import sentence
from facilityplan.doctor.readings import readings
from facilityplan.errors import (
    StandardNotFoundError,
    StandardsError,
    UnreadableSourceError,
    UsageError,
)
from facilityplan.io.source import local_file, read_bytes
from facilityplan.io.table import read_grids
from facilityplan.locale import Listed
from facilityplan.report.scheme_words import (
    clause_of,
    clause_rate_texts,
    decision_text,
    decisive,
    finding_row,
    judging_date_text,
    phase_row,
    remark_text,
    review_fields,
    stage_texts,
    street_texts,
)
from facilityplan.report.scheme_workbook import rate_text, register_workbook, review_workbook
from facilityplan.report.text import printable
from facilityplan.report.values import plain
from facilityplan.report.word import fill
from facilityplan.schemes import (
    Review,
    Scheme,
    around,
    compliance_rate,
    failures_first,
    floor_area_needs,
    is_placed,
    parse_date,
    review_scheme,
    scheme_from_toml,
)
from facilityplan.schemes.decisions import Decision, check_decisions, read_decisions
from facilityplan.schemes.forms import schemes_of_grids
from facilityplan.standards import Standards

if TYPE_CHECKING:
    from facilityplan.cli.location import LocationFigure
    from facilityplan.report.figures import Typeface

ENDINGS: Final = (".toml", ".csv", ".xlsx", ".xls", ".xlsb", ".ods")
"""What a sheet of schemes may be."""

MAX_FORMS: Final = 100
"""So many review forms are written at most; of more schemes only the register."""


@dataclass(frozen=True)
class CheckOptions:
    """What a check is asked for beside the schemes.

    Parameters
    ----------
    city
        Project folder of the city around the schemes; its documents and judging date hold where
        the call names none.
    out
        Folder for the review forms and the register; ``None`` writes nothing.
    template, decisions
        A review form of the bureau's own, and a file of human decisions.
    font
        A font file for the location figures; ``None`` takes an installed one.
    """

    place: str | None = None
    standards: tuple[str, ...] = ()
    date: str | None = None
    city: Path | None = None
    out: Path | None = None
    template: Path | None = None
    decisions: Path | None = None
    machine: bool = False
    lang: str = "zh"
    font: Path | None = None


def check_schemes(paths: Sequence[Path], options: CheckOptions) -> int:
    """Print what the documents say of every scheme; of a folder, a table with failures first.

    Returns
    -------
    int
        0 where every applicable mandatory duty of the developer is kept; else 1.
    """
    _refuse_idle(options)
    files = [file for path in paths for file in _files(path)]
    schemes = [scheme for path in files for scheme in read_schemes(path, options.lang)]
    # No answer is printed and no file written by a run that could not make its papers: the face is
    # looked for before the city is read, and the papers are made before the first answer.
    typeface = _typeface(schemes, options)
    context = None if options.city is None else _city(options)
    reviews = _reviews(schemes, context, options)
    decided = _decisions(options.decisions, reviews)
    papers: Mapping[str, bytes] = {}
    if options.out is not None:
        figures = (
            {}
            if context is None or typeface is None
            else _figures(reviews, context, typeface, options.lang)
        )
        papers = _papers(reviews, decided, figures, options)
    as_table = any(path.is_dir() for path in paths)
    if options.machine:
        answers = [_answer(item, decided) for item in reviews]
        sys.stdout.write(json.dumps(answers, ensure_ascii=False, indent=1) + "\n")
    elif as_table:
        _print_table(reviews, options.lang)
    else:
        for item in reviews:
            _print(item, decided, options.lang)
    if options.out is not None:
        _write(papers, options.out, options)
    return 0 if all(item.complies for item in reviews) else 1


def _refuse_idle(options: CheckOptions) -> None:
    """Refuse an option that would do nothing: its user would wait for what never comes."""
    if options.out is not None:
        return
    for option, value in (("--template", options.template), ("--font", options.font)):
        if value is not None:
            raise UsageError("scheme_option_idle", option=option)


def _files(path: Path) -> list[Path]:
    """Return the sheets of a folder in the order of their names, or the file itself."""
    if not path.is_dir() or path.suffix.lower() in ENDINGS:
        return [path]
    found = sorted(item for item in path.iterdir() if item.suffix.lower() in ENDINGS)
    found = [item for item in found if not item.name.startswith(("~$", "."))]
    if not found:
        raise UnreadableSourceError("no_scheme_files", file=path.name)
    return found


def _reviews(
    schemes: Sequence[Scheme], context: Context | None, options: CheckOptions
) -> list[Review]:
    if context is not None:
        _refuse_other_standards(schemes, context.standards)
        _refuse_other_city(schemes, context.standards)
    needs = None if context is None else floor_area_needs(context)
    memo: dict[Any, Standards] = {}
    as_of = None if options.date is None else parse_date(options.date)
    # Every scheme has its documents before the first is judged: no half of an answer.
    chosen = [
        context.standards
        if context is not None
        else standards_of(scheme, options.place, options.standards, as_of, memo)
        for scheme in schemes
    ]
    return [
        review_scheme(scheme, resolved, None if context is None else around(scheme, context, needs))
        for scheme, resolved in zip(schemes, chosen, strict=True)
    ]


def _city(options: CheckOptions) -> Context:
    """Return the city around the schemes, with the documents and the date of the call."""
    from facilityplan.project import Project, open_project
    from facilityplan.project.config import STANDARDS_FOLDER

    project: Project = open_project(str(options.city), lang=options.lang)
    documents = project.standards.documents
    as_of = project.city.as_of if options.date is None else parse_date(options.date)
    if options.standards:
        own = Path(str(options.city)) / STANDARDS_FOLDER
        documents = tuple(document_named(name, own) for name in dict.fromkeys(options.standards))
    elif options.place is not None:
        documents = tuple(_of_place(options.place, as_of))
    resolved = standards.resolve(documents, as_of)
    city = dataclasses.replace(project.city, as_of=as_of)
    return Context(city, resolved, project.network)


def _refuse_other_standards(schemes: Sequence[Scheme], used: Standards) -> None:
    """Refuse a sheet that names documents which the city does not use: no half of its wish.

    Raises
    ------
    UsageError
        If there is one.
    """
    known = {item.id for item in used.documents}
    for scheme in schemes:
        other = [name for name in scheme.standards if name not in known]
        if other:
            raise UsageError(
                "scheme_other_standards",
                file=scheme.file,
                rows=[scheme.row],
                found=Listed(other),
                known=Listed(sorted(known)),
            )


def _refuse_other_city(schemes: Sequence[Scheme], used: Standards) -> None:
    """Refuse a scheme of a place whose own documents are known and not those used.

    A place that is in no document (a district, a new name) is taken; the review says so.

    Raises
    ------
    UsageError
        If there is one.
    """
    places = {name for item in used.documents for name in (item.place, *item.place_aliases)}
    for scheme in schemes:
        if scheme.place not in places and _documents_of(scheme.place):
            raise UsageError(
                "scheme_other_city",
                file=scheme.file,
                rows=[scheme.row],
                place=scheme.place,
                known=Listed(item.number for item in used.documents),
            )


def _documents_of(place: str | None) -> set[str]:
    """Return the documents of a place itself; none where no document names it."""
    if place is None:
        return set()
    try:
        return {item.id for item in _of_place(place, None)}
    except StandardNotFoundError:
        return set()


def _decisions(path: Path | None, reviews: Sequence[Review]) -> list[Decision]:
    if path is None:
        return []
    decided = read_decisions(read_bytes(local_file(path)), path.name)
    check_decisions(decided, reviews, path.name)
    return decided


def read_schemes(path: Path, lang: str) -> list[Scheme]:
    """Return the schemes of a sheet, by its ending; what was settled while reading is told aloud.

    Raises
    ------
    InputError
        If it cannot be read, or is no sheet of schemes.
    """
    ending = path.suffix.lower()
    if ending == ".toml":
        return scheme_from_toml(read_bytes(local_file(path)), path.name)
    if ending not in ENDINGS:
        raise UnreadableSourceError("scheme_format", file=path.name)
    schemes, settled = schemes_of_grids(read_grids(path))
    choice = {"path": path.name, "readings": [item.as_choice() for item in settled]}
    for notice in readings([choice]):
        sys.stderr.write(printable(sentence(notice, lang)) + "\n")
    return schemes


def _of_place(place: str, as_of: dt.date | None) -> list[standards.Document]:
    """Return a place's documents; those above it only where a date says whether they hold."""
    documents = standards.documents_of_place(place)
    own = [item for item in documents if place in {item.place, *item.place_aliases}]
    return own if as_of is None else list(documents)


def standards_of(
    scheme: Scheme,
    place: str | None,
    named: Sequence[str],
    as_of: dt.date | None,
    memo: dict[Any, Standards],
) -> Standards:
    """Return the documents: those the sheet names, else those of the call, else of the place.

    Only the call may name a file: a sheet comes from someone else.
    """
    ids = scheme.standards or tuple(named)
    if not ids and place and scheme.place and _documents_of(place) != _documents_of(scheme.place):
        said = {"place": scheme.place, "asked": place}
        raise UsageError("scheme_place_differs", file=scheme.file, rows=[scheme.row], **said)
    read = standards.load if scheme.standards else document_named
    key = ids or scheme.place or place
    if not key:
        raise UsageError("no_place", file=scheme.file, rows=[scheme.row])
    if key not in memo:
        try:
            documents = (
                [read(document) for document in dict.fromkeys(ids)]
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


def _answer(review: Review, decided: Sequence[Decision]) -> dict[str, Any]:
    scheme, resolved = review.scheme, review.standards
    around_it = review.surroundings
    own = [dataclasses.asdict(item) for item in decided if item.scheme == scheme.name]
    return {
        "scheme": scheme.name,
        "file": scheme.file,
        "row": scheme.row,
        "standards": [document.id for document in resolved.documents],
        "as_of": None if resolved.as_of is None else resolved.as_of.isoformat(),
        "complies": review.complies,
        "outcome": review.outcome.value,
        "findings": [
            item.as_dict() | {"citation": clause_of(review, item).citation.model_dump()}
            for item in review.findings
        ],
        "phases": [plain(dataclasses.asdict(line)) for line in review.phases],
        "remarks": [plain(dataclasses.asdict(item)) for item in review.remarks],
        **({"decisions": own} if own else {}),
        **(
            {}
            if around_it is None
            else {
                "community": around_it.community,
                "streets": [plain(dataclasses.asdict(item)) for item in around_it.streets],
                "placed": around_it.placed,
                "outside_share": around_it.outside,
            }
        ),
    }


def _print_table(reviews: Sequence[Review], lang: str) -> None:
    """Print a line a scheme, cells set apart by tabs; no text of a sheet breaks line or cell."""

    def one(text: str) -> str:
        return " ".join(printable(text).split())

    heads = [
        judging_date_text(reviews[0].standards.as_of, lang),
        rate_text(compliance_rate(reviews), lang),
        *clause_rate_texts(reviews, lang),
    ]
    sys.stdout.write("".join(f"{one(head)}\n" for head in heads))
    for item in failures_first(reviews):
        row = locale.text(
            "scheme.cli.row",
            lang,
            outcome=locale.text(f"scheme.outcome.{item.outcome.value}", lang),
            name=one(item.scheme.name),
            file=one(item.scheme.file),
            row=item.scheme.row,
            missed=Listed(decisive(item, Verdict.NON_COMPLIANT)) or "—",
            missing=Listed(decisive(item, Verdict.INSUFFICIENT_DATA)) or "—",
        )
        sys.stdout.write(row + "\n")


def _print(review: Review, decided: Sequence[Decision], lang: str) -> None:
    def line(name: str, /, **parameters: Any) -> None:
        sys.stdout.write(locale.text(name, lang, **parameters) + "\n")

    scheme = review.scheme
    line("check.scheme", name=scheme.name, file=scheme.file, row=scheme.row)
    sys.stdout.write(f"  {judging_date_text(review.standards.as_of, lang)}\n")
    if not review.findings:
        line("check.nothing")
    for item in review.findings:
        _print_finding(review, item, lang)
        for decision in decided:
            if decision.speaks_of(scheme.name, item):
                sys.stdout.write(f"    {decision_text(decision, lang)}\n")
    for phase in (phase_row(item, lang) for item in review.phases):
        said = {"required": phase["required_so_far"], "designed": phase["designed_so_far"]}
        line("scheme.cli.phases", phase=phase["phase"], state=phase["state"], **said)
    for remark in review.remarks:
        line("scheme.cli.remark", said=remark_text(remark, lang))
    if review.surroundings is not None:
        for street in street_texts(review.surroundings.streets, lang):
            line("scheme.cli.street", said=street)
    line("check.complies" if review.complies else "check.fails")


def _print_finding(review: Review, item: Finding, lang: str) -> None:
    def line(name: str, /, **parameters: Any) -> None:
        sys.stdout.write(locale.text(f"check.{name}", lang, **parameters) + "\n")

    clause = clause_of(review, item)
    row = finding_row(review, item, lang, 0)
    line("clause", id=item.clause_id, title=row["title"], verdict=row["verdict"])
    line("required", required=row["required"], formula=row["formula"])
    line("value", value=row["designed"], margin=row["difference"])
    for stage in stage_texts(item, lang):
        sys.stdout.write(f"    {stage}\n")
    line(
        "quote",
        document=clause.document_number,
        number=clause.number,
        quote=clause.quote,
        standing=row["standing"],
    )
    for aside in item.evidence.get("not_adopted", ()):
        said = {"clause": aside["clause"], "by": aside["by"]}
        reason = locale.text(f"reason.{aside['reason']}", lang)
        text = locale.text("explain.not_adopted", lang, reason=reason, **said)
        sys.stdout.write(f"    {text}\n")


def _typeface(schemes: Sequence[Scheme], options: CheckOptions) -> Typeface | None:
    """Return the face of the location figures; ``None`` where no form gets one.

    Raises
    ------
    OutputError
        If there is a figure to be drawn and no face to write it in.
    """
    if options.city is None or options.out is None or len(schemes) > MAX_FORMS:
        return None
    if not any(is_placed(scheme) for scheme in schemes):
        return None
    from facilityplan.report.figures import find_typeface

    return find_typeface(options.font)


def _figures(
    reviews: Sequence[Review], context: Context, typeface: Typeface, lang: str
) -> dict[int, LocationFigure]:
    """Return the location figures of the schemes that say where they are, by position."""
    from facilityplan.cli.location import location_figure

    drawn = {
        place: location_figure(item, context, typeface, lang) for place, item in enumerate(reviews)
    }
    return {place: figure for place, figure in drawn.items() if figure is not None}


def _papers(
    reviews: Sequence[Review],
    decided: Sequence[Decision],
    figures: Mapping[int, LocationFigure],
    options: CheckOptions,
) -> dict[str, bytes]:
    """Return the register, and for each scheme its form, its table and its figure, by file name."""
    lang = options.lang
    made: dict[str, bytes] = {}
    for number, item in enumerate(reviews[: MAX_FORMS + 1], start=1):
        if len(reviews) > MAX_FORMS:
            sys.stderr.write(locale.text("scheme.cli.only_register", lang, limit=MAX_FORMS) + "\n")
            break
        stem = f"{number:03d}_{files.safe_name(item.scheme.name)}"
        figure = figures.get(number - 1)
        scale = None if figure is None else figure.scale
        fields = review_fields(item, decided, lang, scale)
        if figure is not None:
            fields["figure"] = figure.picture
            made |= {f"{stem}_location.{kind}": data for kind, data in figure.files.items()}
        made[f"{stem}.docx"] = fill(options.template, "review", fields, lang)
        made[f"{stem}.xlsx"] = review_workbook(item, decided, lang)
    made["register.xlsx"] = register_workbook(reviews, lang)
    return made


def _write(papers: Mapping[str, bytes], out: Path, options: CheckOptions) -> None:
    for name, content in papers.items():
        files.write_bytes(out / name, content)
        said = locale.text("scheme.cli.written", options.lang, file=out / name)
        if not options.machine:
            sys.stdout.write(said + "\n")
