"""A scheme's review as a workbook that can be followed and changed, and the register of many.

Where the law is a sum the cell holds the sum as a formula and its computed value; a reviewer who
changes the households or the area sees required, difference and verdict follow. No text of a
user's ever becomes a formula.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import math
from collections.abc import Sequence
from typing import Any, Final

from facilityplan import locale
from facilityplan.checks import Finding, Verdict, tidy
from facilityplan.checks.finding import UNVERIFIED
from facilityplan.checks.floor_area import MEASURE as FLOOR_AREA
from facilityplan.checks.wording import formula_text, verdict_text
from facilityplan.report import live_text
from facilityplan.report.scheme_tables import TableWriter
from facilityplan.report.scheme_words import (
    basic_rows,
    bracketed,
    clause_of,
    clause_rate_texts,
    conclusion,
    decision_text,
    decisive,
    finding_row,
    judging_date_text,
    remark_text,
)
from facilityplan.report.sheets import PAPER_A4, cut, fit_row, open_book
from facilityplan.report.word import EPOCH
from facilityplan.schemes import Review, area_rule, compliance_rate, failures_first
from facilityplan.schemes.decisions import Decision
from facilityplan.schemes.register import Rate
from facilityplan.standards import Comparator

_CLAUSES: Final = (
    ("number", 5),
    ("clause", 9),
    ("title", 24),
    ("households", 10),
    ("per_100", 11),
    ("minimum", 10),
    ("required", 11),
    ("designed", 11),
    ("difference", 11),
    ("unit", 8),
    ("verdict", 15),
    ("modality", 8),
    ("duty_holder", 13),
    ("formula", 32),
    ("quote", 42),
    ("document", 20),
    ("place", 11),
    ("decision", 24),
)

_REGISTER: Final = (
    ("number", 6),
    ("scheme", 26),
    ("outcome", 12),
    ("households", 10),
    ("per_100", 11),
    ("minimum", 10),
    ("required_m2", 11),
    ("designed_m2", 11),
    ("difference_m2", 11),
    ("area_verdict", 14),
    ("missed", 20),
    ("missing", 20),
    ("file", 22),
    ("row", 6),
)

_PHASES: Final = (
    ("phase", 14),
    ("households", 12),
    ("required_m2", 14),
    ("designed_m2", 14),
    ("required_so_far", 16),
    ("designed_so_far", 16),
    ("state", 12),
)

_STREETS: Final = (
    ("street", 22),
    ("share", 12),
    ("households_before", 12),
    ("households_added", 12),
    ("need_before", 14),
    ("need_after", 14),
    ("gap_before", 14),
    ("gap_after", 14),
)

_SUMS: Final = frozenset(
    {
        "formula.floor_area",
        "formula.floor_area_minimum",
        "reason.households_unknown",
        "reason.households_zero",
        "reason.scheme_area_unknown",
    }
)
"""What is said of floor area that can follow the figures."""


def review_workbook(
    review: Review, decisions: Sequence[Decision] = (), lang: str | None = None
) -> bytes:
    """Return one scheme's review with live formulas; the same review gives the same bytes.

    Households and floor area stand in coloured cells above the table; every row of floor area
    refers to them.
    """
    stream = io.BytesIO()
    head = review.scheme.name
    with open_book(stream, head, review.standards.as_of or EPOCH, lang) as sheets:
        writer = TableWriter(sheets.book, lang, head)
        _clauses(writer, review, [d for d in decisions if d.scheme == head])
        if review.phases:
            _phases(writer, review)
        if review.remarks:
            _remarks(writer, review)
        if review.surroundings is not None and review.surroundings.streets:
            _streets(writer, review)
        _basic(writer, review)
    return stream.getvalue()


_TOP: Final = 5
"""Row of the header of the clause table, from 0; households in D3, floor area in H3."""


def _clauses(writer: TableWriter, review: Review, decisions: Sequence[Decision]) -> None:
    sheet = writer.sheet("clauses", _CLAUSES, _TOP)
    sheet.write_string(0, 0, cut(review.scheme.name), writer.title)
    _inputs(writer, sheet, review)
    for at, finding in enumerate(review.findings):
        _clause_row(writer, sheet, review, finding, at, decisions)
    last = _TOP + len(review.findings)
    # The sums follow a change; a sentence cannot, and says so.
    said = locale.text("scheme.doc.as_submitted", writer.lang, said=conclusion(review, writer.lang))
    dated = judging_date_text(review.standards.as_of, writer.lang)
    sheet.write_string(3, 0, cut(f"{said} {dated}"))
    words = {
        locale.text("verdict.non_compliant", writer.lang): writer.red,
        locale.text("verdict.insufficient_data", writer.lang): writer.yellow,
    }
    writer.tones(sheet, _TOP + 1, last, 10, words)


def _inputs(writer: TableWriter, sheet: Any, review: Review) -> None:
    """Write the households and the floor area that the sums refer to; sums over phases, if any."""
    for at, label, name, column in (
        (3, "households", "households", "B"),
        (7, "designed_m2", "elder_floor_area_m2", "D"),
    ):
        value = getattr(review.scheme, name)
        sheet.write_string(1, at, writer.said(label), writer.header)
        if review.phases and math.isnan(review.scheme.number(name)):
            span = _span(writer, review, column)
            formula = f'=IF(COUNT({span})={len(review.phases)},SUM({span}),"")'
            shown = value if math.isfinite(value) else ""
            sheet.write_formula(2, at, formula, writer.input, shown)
        elif math.isfinite(value):
            sheet.write_number(2, at, value, writer.input)
        else:
            sheet.write_blank(2, at, None, writer.input)
        kind = "integer" if name == "households" else "decimal"
        sheet.data_validation(2, at, 2, at, {"validate": kind, "criteria": ">=", "value": 0})


def _span(writer: TableWriter, review: Review, column: str) -> str:
    sheet = locale.text("scheme.sheet.phases", writer.lang)
    return f"'{sheet}'!${column}$2:${column}${len(review.phases) + 1}"


def _agrees(writer: TableWriter, review: Review) -> str:
    """Return the condition that totals are the sums of the phases, as the program demands it."""
    if not review.phases:
        return "TRUE"
    said = []
    for cell, column in (("$D$3", "B"), ("$H$3", "D")):
        span = _span(writer, review, column)
        silent = f"COUNT({span})<{len(review.phases)}"
        said.append(f"OR({silent},ROUND(SUM({span})-N({cell}),9)=0,NOT(ISNUMBER({cell})))")
    return f"AND({','.join(said)})"


def _clause_row(
    writer: TableWriter,
    sheet: Any,
    review: Review,
    finding: Finding,
    at: int,
    decisions: Sequence[Decision],
) -> None:
    line = _TOP + 1 + at
    row = finding_row(review, finding, writer.lang, at + 1)
    own = [
        decision_text(item, writer.lang)
        for item in decisions
        if item.speaks_of(review.scheme.name, finding)
    ]
    unit = "" if finding.unit is None else locale.text(f"unit.{finding.unit}", writer.lang)
    also = locale.text("and_reading", writer.lang)
    formula = also.join(filter(None, (row["formula"], row["stages"])))
    texts = {
        "number": float(at + 1),
        "clause": row["clause"],
        "title": row["title"],
        "unit": unit,
        "verdict": row["verdict"],
        "modality": row["modality"],
        "duty_holder": row["duty_holder"],
        "formula": formula,
        "quote": row["quote"],
        "document": row["document"] + bracketed(row["standing"], writer.lang),
        "place": row["place"],
        "decision": also.join(own),
        "households": None,
        "per_100": None,
        "minimum": None,
        "required": finding.required,
        "designed": finding.value,
        "difference": finding.margin,
    }
    for column, (name, _) in enumerate(_CLAUSES):
        writer.cell(sheet, line, column, texts[name])
    fit_row(sheet, line, [texts[name] for name, _ in _CLAUSES], [wide for _, wide in _CLAUSES])
    _sums(writer, sheet, review, finding, line)


def _sums(writer: TableWriter, sheet: Any, review: Review, finding: Finding, line: int) -> None:
    """Put formulas over the figures of a row, where its verdict follows from them."""
    n = line + 1
    rule = area_rule(review.scheme, review.standards)
    is_area = clause_of(review, finding).measure == FLOOR_AREA
    unverified = finding.evidence.get("reason") == UNVERIFIED
    if is_area and rule is not None and not unverified and not review.scheme.disagreements():
        writer.formula(sheet, line, 3, 'IF(ISNUMBER($D$3),$D$3,"")', review.scheme.households)
        writer.cell(sheet, line, 4, rule.rate.limit)
        least = None if rule.minimum is None else rule.minimum.limit
        writer.cell(sheet, line, 5, least)
        required = rule.required_m2(review.scheme.households)
        by_rate = f"ROUND(D{n}*E{n}/100,9)"
        formula = by_rate if least is None else f"MAX({by_rate},F{n})"
        agrees = _agrees(writer, review)
        given = f"AND(N($D$3)>0,{agrees})"
        shown = required if review.scheme.households > 0 else ""
        writer.formula(sheet, line, 6, f'IF({given},{formula},"")', shown)
        area = review.scheme.elder_floor_area_m2
        writer.formula(sheet, line, 7, 'IF(ISNUMBER($H$3),$H$3,"")', area)
        _difference(writer, sheet, finding, line, area - required)
        holds = f"H{n}{_sign(finding)}G{n}"
        known = f"AND(ISNUMBER($D$3),ISNUMBER($H$3),N($D$3)>0,{agrees})"
        missing = locale.text("verdict.insufficient_data", writer.lang)
        formula = f'IF({known},IF({holds},{_words(finding, writer.lang)}),"{missing}")'
        writer.formula(sheet, line, 10, formula, verdict_text(finding, writer.lang))
        _sum_in_words(writer, sheet, review, finding, line)
    elif finding.margin is not None and not unverified and finding.value is not None:
        _difference(writer, sheet, finding, line, finding.margin)
        known = f"AND(ISNUMBER(H{n}),ISNUMBER(G{n}))"
        missing = locale.text("verdict.insufficient_data", writer.lang)
        holds = f"H{n}{_sign(finding)}G{n}"
        formula = f'IF({known},IF({holds},{_words(finding, writer.lang)}),"{missing}")'
        writer.formula(sheet, line, 10, formula, verdict_text(finding, writer.lang))


def _sum_in_words(
    writer: TableWriter, sheet: Any, review: Review, finding: Finding, line: int
) -> None:
    """Let the sum in words follow the figures.

    How another reading would judge is said of the figures submitted: it goes when they change.
    """
    rule = area_rule(review.scheme, review.standards)
    if rule is None or finding.formula["id"] not in _SUMS:
        return
    formula = live_text.floor_area_sum(
        line + 1,
        has_minimum=rule.minimum is not None,
        agrees=_agrees(writer, review),
        lang=writer.lang,
    )
    said = formula_text(finding, writer.lang)
    plain = formula_text(dataclasses.replace(finding, evidence={}), writer.lang)
    if said != plain:
        scheme = review.scheme
        same = f"AND($D$3={scheme.households!r},$H$3={scheme.elder_floor_area_m2!r})"
        aside = live_text.quoted(said.removeprefix(plain))
        formula = f'{formula}&IF({same},{aside},"")'
    at = [name for name, _ in _CLAUSES].index("formula")
    writer.formula(sheet, line, at, formula, said)


def _difference(writer: TableWriter, sheet: Any, finding: Finding, line: int, value: float) -> None:
    n = line + 1
    wants_more = Comparator(finding.comparator or ">=").wants_more
    sides = f"H{n}-G{n}" if wants_more else f"G{n}-H{n}"
    formula = f'IF(AND(ISNUMBER(H{n}),ISNUMBER(G{n})),ROUND({sides},9),"")'
    writer.formula(sheet, line, 8, formula, tidy(value) if math.isfinite(value) else value)


def _sign(finding: Finding) -> str:
    return finding.comparator or ">="


def _words(finding: Finding, lang: str | None) -> str:
    """Return the two words between which a verdict's formula chooses."""
    kept = locale.text("verdict.compliant", lang)
    missed = locale.text("verdict.non_compliant", lang)
    if finding.modality != "mandatory":
        modality = locale.text(f"modality.{finding.modality}", lang)
        missed = locale.text("verdict_of_modality", lang, verdict=missed, modality=modality)
    return f'"{kept}","{missed}"'


def _phases(writer: TableWriter, review: Review) -> None:
    sheet = writer.sheet("phases", _PHASES, 0)
    rule = area_rule(review.scheme, review.standards)
    last = len(review.phases)
    for line, item in enumerate(review.phases, start=1):
        n = line + 1
        writer.cell(sheet, line, 0, item.phase)
        for at, value in ((1, item.households), (3, item.designed_m2)):
            writer.cell(sheet, line, at, value)
        rate = 0.0 if rule is None else rule.rate.limit
        known = f"ISNUMBER(B{n})"
        writer.formula(
            sheet, line, 2, f'IF({known},ROUND(B{n}*{rate!r}/100,9),"")', item.required_m2
        )
        for at, column, value in (
            (4, "C", item.required_so_far_m2),
            (5, "D", item.designed_so_far_m2),
        ):
            span = f"{column}$2:{column}{n}"
            formula = f'IF(COUNT({span})={line},SUM({span}),"")'
            writer.formula(sheet, line, at, formula, value)
        said = {
            state: locale.text(f"scheme.phase_state.{state}", writer.lang)
            for state in ("kept", "lag", "short", "unknown")
        }
        enough = f"SUM(D$2:D${last + 1})>=SUM(C$2:C${last + 1})"
        known = f"AND(ISNUMBER(E{n}),ISNUMBER(F{n}))"
        late = f'IF({enough},"{said["lag"]}","{said["short"]}")'
        formula = f'IF({known},IF(F{n}>=E{n},"{said["kept"]}",{late}),"{said["unknown"]}")'
        writer.formula(sheet, line, 6, formula, said[item.state])
    looks = {"lag": writer.yellow, "short": writer.red, "unknown": writer.yellow}
    words = {
        locale.text(f"scheme.phase_state.{name}", writer.lang): look for name, look in looks.items()
    }
    writer.tones(sheet, 1, last, 6, words)


def _remarks(writer: TableWriter, review: Review) -> None:
    sheet = writer.sheet("remarks", (("number", 6), ("remark", 100)), 0)
    for line, item in enumerate(review.remarks, start=1):
        writer.cell(sheet, line, 0, float(line))
        said = remark_text(item, writer.lang)
        writer.cell(sheet, line, 1, said)
        fit_row(sheet, line, [said], [100])


def _streets(writer: TableWriter, review: Review) -> None:
    sheet = writer.sheet("streets", _STREETS, 0)
    streets = () if review.surroundings is None else review.surroundings.streets
    for line, item in enumerate(streets, start=1):
        after = item.required_before_m2 + item.required_added_m2
        cells: tuple[object, ...] = (
            item.name,
            f"{item.share:.1%}",
            item.households_before,
            item.households_added,
            item.required_before_m2,
            after,
            item.gap_before_m2,
            item.gap_after_m2,
        )
        for at, cell in enumerate(cells):
            writer.cell(sheet, line, at, cell)


def _basic(writer: TableWriter, review: Review) -> None:
    sheet = writer.book.add_worksheet(locale.text("scheme.sheet.basic", writer.lang))
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 60)
    for line, row in enumerate(basic_rows(review, writer.lang)):
        sheet.write_string(line, 0, cut(row["label"]), writer.header)
        writer.cell(sheet, line, 1, row["text"])
        fit_row(sheet, line, [row["label"], row["text"]], [24, 60])
    sheet.set_paper(PAPER_A4)
    sheet.fit_to_pages(1, 0)


def rate_text(rate: Rate, lang: str | None) -> str:
    """Return the compliance rate, between its bounds where some schemes cannot be judged."""
    low = f"{rate.low:.1%}"
    if rate.undecided:
        low = locale.text("scheme.rate.between", lang, low=low, high=f"{rate.high:.1%}")
    return locale.text(
        "scheme.rate.said",
        lang,
        total=rate.total,
        complying=rate.complying,
        failing=rate.failing,
        undecided=rate.undecided,
        low=low,
    )


def register_workbook(reviews: Sequence[Review], lang: str | None = None) -> bytes:
    """Return the register of many schemes, one a row, failures first, with the compliance rate."""
    stream = io.BytesIO()
    days = [item.standards.as_of for item in reviews if item.standards.as_of is not None]
    as_of: dt.date = max(days, default=EPOCH)
    head = locale.text("scheme.doc.title", lang)
    with open_book(stream, head, as_of, lang) as sheets:
        writer = TableWriter(sheets.book, lang, head)
        sheet = writer.sheet("register", _REGISTER, 2)
        sheet.write_string(0, 0, head, writer.title)
        said = judging_date_text(max(days, default=None), lang)
        rates = [rate_text(compliance_rate(reviews), lang), *clause_rate_texts(reviews, lang)]
        sheet.write_string(1, 0, cut(" ".join((*rates, said))))
        for at, review in enumerate(failures_first(reviews)):
            _register_row(writer, sheet, review, at)
        last = 2 + len(reviews)
        sheet.autofilter(2, 0, last, len(_REGISTER) - 1)
        for column in (2, 9):
            words = {
                locale.text("verdict.non_compliant", lang): writer.red,
                locale.text("scheme.outcome.fails", lang): writer.red,
                locale.text("verdict.insufficient_data", lang): writer.yellow,
                locale.text("scheme.outcome.undecided", lang): writer.yellow,
            }
            writer.tones(sheet, 3, last, column, words)
    return stream.getvalue()


def _register_row(writer: TableWriter, sheet: Any, review: Review, at: int) -> None:
    line, scheme, lang = 3 + at, review.scheme, writer.lang
    n = line + 1
    rule = area_rule(scheme, review.standards)
    area = next((f for f in review.findings if clause_of(review, f).measure == FLOOR_AREA), None)
    cells: tuple[object, ...] = (
        float(at + 1),
        scheme.name,
        locale.text(f"scheme.outcome.{review.outcome.value}", lang),
        scheme.households,
        None if rule is None else rule.rate.limit,
        None if rule is None or rule.minimum is None else rule.minimum.limit,
        None if area is None else area.required,
        scheme.elder_floor_area_m2,
        None if area is None else area.margin,
        locale.text("verdict.insufficient_data", lang)
        if area is None
        else verdict_text(area, lang),
        locale.joined(decisive(review, Verdict.NON_COMPLIANT), lang),
        locale.joined(decisive(review, Verdict.INSUFFICIENT_DATA), lang),
        scheme.file,
        float(scheme.row),
    )
    for column, cell in enumerate(cells):
        writer.cell(sheet, line, column, cell)
    fit_row(sheet, line, cells, [wide for _, wide in _REGISTER])
    torn = scheme.disagreements()
    if rule is None or area is None or torn or area.evidence.get("reason") == UNVERIFIED:
        return
    required = rule.required_m2(scheme.households)
    formula = f'IF(ISNUMBER(D{n}),MAX(ROUND(D{n}*E{n}/100,9),N(F{n})),"")'
    writer.formula(sheet, line, 6, formula, required)
    difference = scheme.elder_floor_area_m2 - required
    formula = f'IF(AND(ISNUMBER(H{n}),ISNUMBER(G{n})),ROUND(H{n}-G{n},9),"")'
    shown = tidy(difference) if math.isfinite(difference) else difference
    writer.formula(sheet, line, 8, formula, shown)
    missing = locale.text("verdict.insufficient_data", lang)
    known = f"AND(ISNUMBER(D{n}),ISNUMBER(H{n}),N(D{n})>0)"
    holds = f"H{n}{_sign(area)}G{n}"
    formula = f'IF({known},IF({holds},{_words(area, lang)}),"{missing}")'
    writer.formula(sheet, line, 9, formula, verdict_text(area, lang))
