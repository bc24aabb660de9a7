"""The figures that stand first: what the command line says after a run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from facilityplan import locale
from facilityplan.checks import Finding, Verdict
from facilityplan.checks.radius_coverage import MetricRates, RadiusCoverage
from facilityplan.coverage import Rate
from facilityplan.locale import Listed
from facilityplan.siting.proposal import Proposal, StageResult
from facilityplan.units import format_number

_FLOOR_AREA: Final = frozenset({"formula.floor_area", "formula.floor_area_minimum"})


@dataclass(frozen=True)
class Totals:
    """Counts and sums over all findings that stand among the headlines."""

    floor_area_misses: int
    floor_area_short_m2: float
    mandatory_misses: int
    insufficient: int
    insufficient_mandatory: int


def totals(findings: Sequence[Finding]) -> Totals:
    """Return the headline counts and sums of findings."""
    missed = [item for item in findings if item.verdict is Verdict.NON_COMPLIANT]
    short = [item for item in missed if item.formula.get("id") in _FLOOR_AREA]
    doubt = [item for item in findings if item.verdict is Verdict.INSUFFICIENT_DATA]
    return Totals(
        len(short),
        math.fsum(item.shortfall for item in short),
        sum(item.modality == "mandatory" for item in missed),
        len(doubt),
        sum(item.modality == "mandatory" for item in doubt),
    )


def summary_lines(
    findings: Sequence[Finding],
    coverage: RadiusCoverage | None,
    proposal: Proposal | None,
    lang: str | None = None,
) -> list[str]:
    """Return the headline figures, one sentence each.

    Parameters
    ----------
    findings
        Of all clauses.
    coverage
        Under the radius clauses; ``None`` where no residence was judged.
    proposal
        Where to add; ``None`` where nothing was sited.
    lang
        ``zh`` or ``en``.
    """
    lines = [] if coverage is None else _coverage_lines(coverage, lang)
    found = totals(findings)
    missing_m2 = format_number(found.floor_area_short_m2, 1)
    misses = found.floor_area_misses
    lines.append(_say("floor_area", lang, misses=misses, missing=missing_m2))
    lines.append(_say("mandatory", lang, misses=found.mandatory_misses))
    doubt, bound = found.insufficient, found.insufficient_mandatory
    lines.append(_say("insufficient", lang, findings=doubt, mandatory=bound))
    return lines if proposal is None else [*lines, *siting_lines(proposal, lang)]


def _say(name: str, lang: str | None, **parameters: object) -> str:
    return locale.text(f"report.line.{name}", lang, **parameters)


def _coverage_lines(coverage: RadiusCoverage, lang: str | None) -> list[str]:
    judged = set(coverage.table["id"])
    if not judged:
        return [_say("no_radius", lang)]
    unscoped = {
        unit
        for unit, limit in zip(coverage.table["id"], coverage.table["limit_m"], strict=True)
        if limit is None
    }
    lines = [_say("judged", lang, residences=len(judged))]
    if unscoped:
        lines.append(_say("unscoped", lang, residences=len(unscoped)))
    separator = locale.text("report.line.separator", lang)
    radii = separator.join(
        _say("radius", lang, clause=name, limit=format_number(limit))
        for name, limit in sorted(coverage.limits_m.items())
    )
    overall = [item for item in coverage.rates if item.clause_id is None and judged]
    lines.extend(_rate_line(item, radii, lang) for item in overall)
    if any(item.metric == "walking" for item in coverage.rates):
        off = len(set(coverage.off_network))
        lines.append(_say("flips", lang, residences=len(set(coverage.flips)), off_network=off))
    return lines


def _rate_line(item: MetricRates, radii: str, lang: str | None) -> str:
    units, households = item.rates.units, item.rates.households
    return _say(
        "rate",
        lang,
        metric=locale.text(f"metric.{item.metric}", lang),
        radii=radii,
        units=format_number(units.covered),
        units_total=format_number(units.total),
        units_share=percent(units),
        households=format_number(households.covered),
        households_total=format_number(households.total),
        households_share=percent(households),
        unknown=households.unknown,
        undecided=item.undecided,
    )


def percent(rate: Rate) -> str:
    """Return a share as a percentage with one decimal; 0 and 100 are said only of none and all."""
    if rate.share is None:
        return "—"
    shown = rate.share * 100.0
    if 0 < rate.covered < rate.total:
        shown = min(max(shown, 0.1), 99.9)
    return f"{shown:.1f}%"


def siting_lines(proposal: Proposal, lang: str | None) -> list[str]:
    """Return what was found of gaps and of the fewest sites that close them, a sentence each."""
    plan = proposal.cover_all
    if not proposal.gaps:
        return [] if proposal.facility_kind is None else [_say("no_gaps", lang)]
    lines = []
    if plan is not None:
        status = f"fewest_{plan.status}"
        closable = len(proposal.gaps) - len(proposal.unreachable)
        said = {"sites": plan.n_sites, "gaps": closable, "bound": _whole(plan.bound)}
        lines.append(_say(status, lang, **said))
    if proposal.unreachable:
        lines.append(_say("unreachable", lang, residences=len(proposal.unreachable)))
    if proposal.staged is not None:
        lines += stage_lines(proposal.staged.stages, lang)
    return lines


def stage_lines(stages: Sequence[StageResult], lang: str | None) -> list[str]:
    """Return what stands by the end of each stage, a sentence each."""
    return [
        locale.text(
            "site.line.stage",
            lang,
            year=stage.year,
            sites=len(stage.sites),
            new=Listed(stage.new) or "—",
            weight=format_number(stage.weight),
        )
        for stage in stages
    ]


def _whole(bound: float) -> str:
    """Return a proven bound on a number of sites as the whole number it proves."""
    return str(math.ceil(bound - 1e-6)) if math.isfinite(bound) else "—"
