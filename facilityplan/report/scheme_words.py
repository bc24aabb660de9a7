"""A scheme's review in words: what the form, the sheets and the screen show of it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

from facilityplan import locale
from facilityplan.checks import Finding, Verdict
from facilityplan.checks.wording import (
    formula_text,
    margin_text,
    required_text,
    value_text,
    verdict_text,
)
from facilityplan.locale import Listed
from facilityplan.report.text import printable, readable
from facilityplan.schemes import (
    Outcome,
    PhaseLine,
    Remark,
    Review,
    StreetNeed,
    rates_by_clause,
)
from facilityplan.schemes.decisions import Decision
from facilityplan.schemes.fields import BASIC, PREMISES, SCHEME_FIELDS, Field
from facilityplan.standards import Clause, DutyHolder, Modality
from facilityplan.standards.titles import number_behind
from facilityplan.units import format_number


def clause_of(review: Review, finding: Finding) -> Clause:
    """Return the clause behind a finding."""
    return next(item for item in review.standards.clauses() if item.id == finding.clause_id)


def number(value: float, digits: int = 3) -> str:
    """Return a figure without its unit, a dash where there is none."""
    return "—" if not math.isfinite(value) else format_number(value, digits)


def field_text(field: Field, value: Any, lang: str | None) -> str:  # noqa: PLR0911 - a return a kind of value
    """Return what the sheet gives for a field, with its unit."""
    if value is None or value == ():
        return "—"
    if field.content == "flag":
        return locale.text("scheme.flag.yes" if value else "scheme.flag.no", lang)
    if field.content == "status":
        return locale.text(f"scheme.status.{value}", lang)
    if field.content == "share":
        return f"{format_number(float(value) * 100, 2)}%"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return locale.joined((str(item) for item in value), lang)
    if isinstance(value, float):
        unit = {"area": "m2", "length": "m"}.get(field.content)
        said = format_number(value)
        return said if unit is None else f"{said} {locale.text(f'unit.{unit}', lang)}"
    return printable(value)


def field_label(field: Field, lang: str | None) -> str:
    """Return what a field is called in a language."""
    return locale.text(f"scheme.field.{field.name}", lang)


def basic_rows(review: Review, lang: str | None) -> list[dict[str, str]]:
    """Return label and text of what the sheet gives of the scheme, totals taken over its phases."""
    scheme = review.scheme
    values = dict(scheme.values)
    for name in ("households", "elder_floor_area_m2"):
        total = getattr(scheme, name)
        if math.isfinite(total):
            values[name] = total
    fields = [item for item in (*BASIC, *PREMISES) if item.name in values and item.name != "name"]
    return [
        {"label": field_label(item, lang), "text": field_text(item, values[item.name], lang)}
        for item in fields
    ]


def finding_row(review: Review, finding: Finding, lang: str | None, at: int) -> dict[str, Any]:
    """Return the texts of one clause's row."""
    clause = clause_of(review, finding)
    whole = finding.unit_id == review.scheme.name
    title = clause.title if lang == "zh" else clause.title_en
    also = locale.text("and_reading", lang)
    return {
        "number": str(at),
        "clause": finding.clause_id,
        "title": title if whole else title + bracketed(finding.unit_name, lang),
        "required": required_text(finding, lang),
        "formula": also.join((formula_text(finding, lang), *distance_texts(finding, lang))),
        "designed": value_text(finding, lang),
        "difference": margin_text(finding, lang),
        "verdict": verdict_text(finding, lang),
        "document": clause.document_number,
        "place": clause.number,
        "quote": clause.quote,
        "modality": locale.text(f"modality.{finding.modality}", lang),
        "duty_holder": locale.text(f"duty_holder.{finding.duty_holder}", lang),
        "standing": standing_text(
            finding.standing, lang, checked=review.standards.document_of(clause).confidence == "A"
        ),
        "stages": also.join(stage_texts(finding, lang)),
        "missed": finding.verdict is Verdict.NON_COMPLIANT,
    }


def bracketed(said: str, lang: str | None) -> str:
    """Return a text in the brackets of a language."""
    return locale.text("scheme.doc.bracketed", lang, said=said)


def standing_text(standing: str, lang: str | None, *, checked: bool) -> str:
    """Return whether a clause holds at the date, and whether its quote is the document's.

    Parameters
    ----------
    checked
        Whether the quote was held against the text of the document.
    """
    said = locale.text(f"standing.{standing}", lang)
    return said if checked else said + locale.text("scheme.conditions.unchecked", lang)


def distance_texts(finding: Finding, lang: str | None) -> list[str]:
    """Return the distances that stand beside the one judged: on foot, to the farthest dwelling."""
    evidence, said = finding.evidence, []
    walking = evidence.get("walking_m")
    if walking is not None and math.isfinite(float(walking)):
        name = "walking_flips" if evidence.get("walking_flips") else "walking"
        said.append(locale.text(f"scheme.distance.{name}", lang, metres=float(walking)))
    elif walking is not None:
        said.append(locale.text("scheme.distance.no_way", lang))
    farthest = evidence.get("farthest_dwelling_m")
    if farthest is not None:
        said.append(locale.text("scheme.distance.farthest", lang, metres=float(farthest)))
    return said


def stage_texts(finding: Finding, lang: str | None) -> list[str]:
    """Return how each stage of a delivery stands, with dates, days late and document numbers."""
    said = []
    for stage in finding.evidence.get("stages", ()):
        name = locale.text(f"scheme.stage.{stage['stage']}", lang)
        state = locale.text(f"scheme.stage_state.{stage['state']}", lang)
        dates = f"{stage['dwellings'] or '—'}/{stage['premises'] or '—'}"
        numbers = locale.joined(stage["documents"], lang)
        said.append(" ".join(filter(None, (name, state, dates, numbers))))
    return said


def remark_text(remark: Remark, lang: str | None) -> str:
    """Return a remark with its source."""
    given = {
        name: locale.text(f"scheme.field.{value}", lang) if name in {"field", "other"} else value
        for name, value in remark.parameters.items()
    }
    said = locale.text(f"scheme.remark.{remark.id}", lang, **given)
    if not remark.source:
        return said
    source = {"source": remark.source, "confidence": remark.confidence}
    return locale.text("scheme.remark.with_source", lang, said=said, **source)


def phase_row(line: PhaseLine, lang: str | None) -> dict[str, str]:
    """Return the texts of one phase's row."""
    return {
        "phase": line.phase,
        "households": number(line.households),
        "required": number(line.required_m2),
        "designed": number(line.designed_m2),
        "required_so_far": number(line.required_so_far_m2),
        "designed_so_far": number(line.designed_so_far_m2),
        "state": locale.text(f"scheme.phase_state.{line.state}", lang),
    }


def _two_decimals(figure: float) -> str:
    """Return a figure that a share of land makes a fraction; a dash where it is not known."""
    return "—" if math.isnan(figure) else f"{round(figure, 2):.10g}"


def street_texts(streets: Sequence[StreetNeed], lang: str | None) -> list[str]:
    """Return what the scheme adds to each street."""
    said = []
    for item in streets:
        said.append(
            locale.text(
                "scheme.street.line",
                lang,
                name=item.name,
                share=f"{item.share:.1%}",
                before=_two_decimals(item.households_before),
                after=_two_decimals(item.households_before + item.households_added),
                need_before=_two_decimals(item.required_before_m2),
                need_after=_two_decimals(item.required_before_m2 + item.required_added_m2),
                gap_before=_two_decimals(item.gap_before_m2),
                gap_after=_two_decimals(item.gap_after_m2),
            )
        )
        if item.undecided:
            count = item.undecided
            said.append(locale.text("scheme.street.unknown", lang, name=item.name, count=count))
    return said


def decisive(review: Review, verdict: Verdict) -> list[str]:
    """Return the clauses of a verdict that are mandatory duties of the developer, each once."""
    return list(
        dict.fromkeys(
            item.clause_id
            for item in review.with_verdict(verdict)
            if item.modality == Modality.MANDATORY and item.duty_holder == DutyHolder.DEVELOPER
        )
    )


def conclusion(review: Review, lang: str | None) -> str:
    """Return the conclusion in one sentence, naming the clauses that decide it."""
    outcome = review.outcome
    named = {
        Outcome.FAILS: decisive(review, Verdict.NON_COMPLIANT),
        Outcome.UNDECIDED: decisive(review, Verdict.INSUFFICIENT_DATA),
        Outcome.COMPLIES: [],
    }[outcome]
    if outcome is Outcome.UNDECIDED and not named:
        silent = [item.clause_id for item in review.with_verdict(Verdict.INSUFFICIENT_DATA)]
        if not silent:
            return locale.text("scheme.doc.conclusion_nothing", lang)
        named = list(dict.fromkeys(silent))
    said = {"clauses": Listed(named)}
    return locale.text(f"scheme.doc.conclusion_{outcome.value}", lang, **said)


def clause_rate_texts(reviews: Sequence[Review], lang: str | None) -> list[str]:
    """Return what clauses on the rate of complying schemes say of these, each in one line."""
    said = []
    for item in rates_by_clause(reviews):
        low = "—" if item.low is None else f"{item.low:.1%}"
        if item.low is not None and item.high is not None and item.low != item.high:
            low = locale.text("scheme.rate.between", lang, low=low, high=f"{item.high:.1%}")
        clause = item.clause
        said.append(
            locale.text(
                "scheme.rate.clause",
                lang,
                clause=clause.id,
                title=clause.title if lang == "zh" else clause.title_en,
                share=low,
                meant=item.meant,
                complying=item.complying,
                undecided=item.undecided,
                comparator="" if clause.comparator is None else clause.comparator.value,
                required=f"{clause.limit:.0%}",
                verdict=locale.text(f"verdict.{item.verdict.value}", lang),
                document=clause.document_number,
            )
        )
    return said


def judging_date_text(as_of: dt.date | None, lang: str | None) -> str:
    """Return at which date was judged, or that none was given and what that means."""
    if as_of is None:
        return locale.text("scheme.doc.no_judging_date", lang)
    return locale.text("scheme.cli.judging_date", lang, date=as_of.isoformat())


def review_fields(
    review: Review, decisions: Sequence[Decision], lang: str | None, scale: int | None = None
) -> dict[str, Any]:
    """Return the fields that a review form may use, all of them text, lists of text or of rows.

    Parameters
    ----------
    review, decisions
        What is shown.
    lang
        ``zh`` or ``en``.
    scale
        The N of 1:N of the location figure that the form gets; ``None`` where it gets none.

    Notes
    -----
    ``field`` holds every field of the sheet by its name, a dash where the sheet gives nothing.
    """
    scheme, as_of = review.scheme, review.standards.as_of
    own = [item for item in decisions if item.scheme == scheme.name]
    rows = []
    for at, item in enumerate(review.findings, start=1):
        row = finding_row(review, item, lang, at)
        said = [decision_text(found, lang) for found in own if found.speaks_of(scheme.name, item)]
        rows.append({**row, "decision": locale.text("and_reading", lang).join(said)})
    streets = [] if review.surroundings is None else review.surroundings.streets
    values = {
        item.name: field_text(item, scheme.values.get(item.name), lang) for item in SCHEME_FIELDS
    }
    fields = {
        "name": scheme.name,
        "file": scheme.file,
        "row": str(scheme.row),
        "as_of": as_of.isoformat() if as_of else locale.text("scheme.doc.no_judging_date", lang),
        "documents": [
            item.title + number_behind(item.title, item.number, lang)
            for item in review.standards.documents
        ],
        "outcome": locale.text(f"scheme.outcome.{review.outcome.value}", lang),
        "conclusion": conclusion(review, lang),
        "basic": basic_rows(review, lang),
        "clauses": rows,
        "phases": [phase_row(line, lang) for line in review.phases],
        "remarks": [remark_text(item, lang) for item in review.remarks],
        "streets": street_texts(streets, lang),
        "decisions": [decision_text(item, lang) for item in own],
        "figure": "",
        "figure_note": figure_note(review, lang, scale),
        "field": values,
    }
    cleaned: dict[str, Any] = _clean(fields)
    return cleaned


def figure_note(review: Review, lang: str | None, scale: int | None) -> str:
    """Return what stands below the location figure, or why there is none."""
    if scale is not None:
        return locale.text("scheme.doc.figure_drawn", lang, scale=f"{scale:,}")
    unplaced = review.surroundings is not None and not review.surroundings.placed
    return locale.text(f"scheme.doc.figure_{'no_place' if unplaced else 'no_city'}", lang)


def decision_text(decision: Decision, lang: str | None) -> str:
    """Return a human decision with who, when, why and its document."""
    return locale.text(
        "scheme.decision.said",
        lang,
        decision=decision.decision,
        by=decision.by,
        on=decision.on,
        document=decision.document,
        reason=decision.reason,
    )


def _clean(value: Any) -> Any:
    """Return texts as a page can hold them."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value
