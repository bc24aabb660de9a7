"""Many schemes at once: one line each, failures first, and the rate of those that keep the rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from facilityplan.checks import Finding, Verdict
from facilityplan.checks.floor_area import MEASURE as FLOOR_AREA
from facilityplan.checks.spans import Part, Span, share_of
from facilityplan.locale import Listed
from facilityplan.schemes.contradictions import contradictions
from facilityplan.schemes.ledger import PhaseLine, Remark, lacks_number, phase_ledger, remarks
from facilityplan.schemes.model import Scheme
from facilityplan.schemes.review import complies, in_order, review
from facilityplan.schemes.surroundings import RADIUS, Surroundings, without_city
from facilityplan.standards import Clause, DutyHolder, Modality, Standards, Unit

COMPLIANCE_RATE: Final = "compliance_rate"
"""Measure of clauses on the share of schemes that keep another."""


class Outcome(StrEnum):
    """What is said of a scheme as a whole."""

    FAILS = "fails"
    UNDECIDED = "undecided"
    COMPLIES = "complies"


@dataclass(frozen=True)
class Review:
    """A scheme with all that is said of it."""

    scheme: Scheme
    standards: Standards
    findings: tuple[Finding, ...]
    phases: tuple[PhaseLine, ...]
    remarks: tuple[Remark, ...]
    surroundings: Surroundings | None = None

    @property
    def complies(self) -> bool:
        """Whether every applicable mandatory duty of the developer is kept."""
        return complies(self.findings)

    @property
    def outcome(self) -> Outcome:
        """Fails where a mandatory duty of the developer is missed, undecided where none is judged."""
        if self.complies:
            return Outcome.COMPLIES
        missed = any(
            item.verdict is Verdict.NON_COMPLIANT
            and item.modality == Modality.MANDATORY
            and item.duty_holder == DutyHolder.DEVELOPER
            for item in self.findings
        )
        return Outcome.FAILS if missed else Outcome.UNDECIDED

    def with_verdict(self, verdict: Verdict) -> list[Finding]:
        """Return the findings of one verdict."""
        return [item for item in self.findings if item.verdict is verdict]


def review_scheme(
    scheme: Scheme, standards: Standards, surroundings: Surroundings | None = None
) -> Review:
    """Return the whole review of one scheme.

    Parameters
    ----------
    surroundings
        What the city around it says; its findings stand beside, and in the place of those that
        the sheet could not decide. Without it what needs the city is insufficient data.
    """
    findings = review(scheme, standards)
    if surroundings is None:
        findings = in_order([*findings, *without_city(scheme, standards)])
    else:
        known = {(item.clause_id, item.unit_id) for item in surroundings.findings}
        findings = [item for item in findings if (item.clause_id, item.unit_id) not in known]
        findings = [_beside_city(item) for item in findings]
        findings = in_order([*findings, *surroundings.findings])
    lines = phase_ledger(scheme, standards)
    said = [*circumstances(scheme, standards, surroundings), *remarks(scheme, lines, findings)]
    return Review(scheme, standards, tuple(findings), tuple(lines), tuple(said), surroundings)


def _beside_city(finding: Finding) -> Finding:
    """Return a finding as it reads where a city is given: to ask for one would lead nowhere."""
    if finding.formula["id"] != "reason.community_households_unknown":
        return finding
    reason = "reason.community_not_in_city"
    evidence = {**finding.evidence, "reason": reason}
    return dataclasses.replace(finding, formula={"id": reason}, evidence=evidence)


ABOUT: Final = MappingProxyType(
    {"households": "about.households", "elder_floor_area_m2": "about.elder_floor_area_m2"}
)
"""What is said of figures that decide and are only about so much, by field."""


def circumstances(
    scheme: Scheme, standards: Standards, surroundings: Surroundings | None
) -> list[Remark]:
    """Return under which circumstances a review holds that its reader may not be aware of."""
    found = []
    if standards.as_of is None and scheme.gives_dates:
        found.append(Remark("no_judging_date", {}))
    sheets = (scheme, *scheme.phases)
    found += [
        Remark(said, {})
        for name, said in ABOUT.items()
        if any(name in sheet.values.get("approximate", ()) for sheet in sheets)
    ]
    found += [Remark("contradiction", dataclasses.asdict(item)) for item in contradictions(scheme)]
    if lacks_number(scheme, standards):
        documents = Listed(item.number for item in standards.documents)
        where = "no_local_number" if surroundings is None else "no_local_number_in_city"
        found.append(Remark(where, {"documents": documents}))
    places = {name for item in standards.documents for name in (item.place, *item.place_aliases)}
    said = scheme.place or ""
    if said and not any(name in said or said in name for name in places):
        documents = Listed(item.number for item in standards.documents)
        found.append(Remark("other_place", {"place": said, "documents": documents}))
    farthest = scheme.number("farthest_dwelling_m")
    unit = Unit(setting="urban", status=scheme.status)
    limits = [
        item.clause.limit for item in standards.binding(RADIUS, unit) if item.clause.is_numeric
    ]
    if limits and farthest > min(limits):
        # The clause counts facilities in operation; how the scheme's own will lie is said beside it.
        found.append(Remark("farthest_dwelling", {"distance": farthest, "limit": min(limits)}))
    if surroundings is not None and surroundings.outside > 0:
        found.append(Remark("outside_streets", {"percent": surroundings.outside * 100}))
    return found


@dataclass(frozen=True)
class Rate:
    """How many of the schemes keep the rules; undecided ones are no pass and no miss."""

    total: int
    complying: int
    failing: int

    @property
    def undecided(self) -> int:
        """Schemes that cannot be judged."""
        return self.total - self.complying - self.failing

    @property
    def low(self) -> float:
        """Share if every undecided one turned out to fail."""
        return self.complying / self.total if self.total else 0.0

    @property
    def high(self) -> float:
        """Share if every undecided one turned out to comply."""
        return (self.complying + self.undecided) / self.total if self.total else 0.0


def compliance_rate(reviews: Sequence[Review]) -> Rate:
    """Return the rate of schemes that keep the rules, between its bounds."""
    outcomes = [item.outcome for item in reviews]
    return Rate(len(outcomes), outcomes.count(Outcome.COMPLIES), outcomes.count(Outcome.FAILS))


@dataclass(frozen=True)
class ClauseRate:
    """What a clause on the rate of complying schemes says of many: the share between its bounds.

    ``low`` and ``high`` are ``None`` where no scheme is surely meant. ``undecided`` schemes are
    not judged, or may not be meant at all.
    """

    clause: Clause
    meant: int
    complying: int
    undecided: int
    low: float | None
    high: float | None

    @property
    def verdict(self) -> Verdict:
        """What holds whatever the undecided schemes turn out to be."""
        clause = self.clause
        if self.low is None or self.high is None or clause.comparator is None:
            return Verdict.INSUFFICIENT_DATA
        if Span(self.low, self.high).deciding(clause.comparator, clause.limit) is None:
            return Verdict.INSUFFICIENT_DATA
        kept = clause.comparator.holds(self.low, clause.limit)
        return Verdict.COMPLIANT if kept else Verdict.NON_COMPLIANT


def rates_by_clause(reviews: Sequence[Review]) -> list[ClauseRate]:
    """Return what the documents' clauses on the rate of complying schemes say of these."""
    asked: dict[str, tuple[Clause, list[Review]]] = {}
    for item in reviews:
        for clause in item.standards.clauses(COMPLIANCE_RATE):
            if clause.parameters.get("of_measure") == FLOOR_AREA and clause.is_numeric:
                asked.setdefault(clause.id, (clause, []))[1].append(item)
    return [_rate_of(clause, own) for _, (clause, own) in sorted(asked.items())]


def _rate_of(clause: Clause, reviews: Sequence[Review]) -> ClauseRate:
    members = [(item, _is_meant(clause, item.scheme)) for item in reviews]
    judged = [(_keeps_area(item), meant) for item, meant in members if meant is not False]
    share = share_of(Part.one(asked_for=keeps, counts=meant is True) for keeps, meant in judged)
    sure = [keeps for keeps, meant in judged if meant is True and keeps is not None]
    span = share.span
    return ClauseRate(
        clause,
        len(judged),
        sure.count(True),
        len(judged) - len(sure),
        None if span is None else span.low,
        None if span is None else span.high,
    )


def _is_meant(clause: Clause, scheme: Scheme) -> bool | None:
    """Return whether a scheme is one that a rate is taken of; ``None`` where that is not known."""
    since, approved = clause.parameters.get("approved_from"), scheme.day("approved")
    if scheme.status is not None and scheme.status != clause.parameters.get("of_status"):
        return False
    if since is not None and approved is not None and approved < since:
        return False
    unknown = scheme.status is None or (since is not None and approved is None)
    return None if unknown else True


def _keeps_area(review: Review) -> bool | None:
    """Return whether a scheme has the floor area that is required; ``None`` where not known."""
    own = {clause.id for clause in review.standards.clauses(FLOOR_AREA)}
    verdicts = {item.verdict for item in review.findings if item.clause_id in own}
    if Verdict.NON_COMPLIANT in verdicts:
        return False
    return True if verdicts == {Verdict.COMPLIANT} else None


def failures_first(reviews: Sequence[Review]) -> list[Review]:
    """Return the reviews, failing ones first, then undecided ones; else by file and row."""
    rank = list(Outcome)
    return sorted(
        reviews, key=lambda item: (rank.index(item.outcome), item.scheme.file, item.scheme.row)
    )
