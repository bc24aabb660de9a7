"""Which law holds: the documents of a place at a date, and the one rule between their clauses.

The rule: level first (law, provincial regulation, mandatory national standard, municipal document,
recommended standard); within a level the newer before the older, the special before the general;
else the stricter. A clause replaces another only for the same measure and the same parameter; what
the stronger one is silent on stays: a clause without number sets no number aside. Targets of one
document for different years stand beside one another. A document that nobody read (confidence C)
sets nothing aside. The order in which documents are named means nothing.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from facilityplan.errors import StandardConflictError
from facilityplan.standards.loader import measures
from facilityplan.standards.model import Clause, Document, Modality


class Standing(StrEnum):
    """Whether a clause holds at the judging date."""

    IN_FORCE = "in_force"
    TERM_OVER = "term_over"
    FOR_THE_RECORD = "for_the_record"
    UNDATED = "undated"


@dataclass(frozen=True)
class SetAside:
    """A clause that was not adopted, and why."""

    clause_id: str
    reason: str
    by: str | None = None


@dataclass(frozen=True)
class Adoption:
    """The clause that binds a unit for one measure and parameter, and those set aside."""

    clause: Clause
    standing: Standing
    set_aside: tuple[SetAside, ...] = ()
    undetermined: tuple[str, ...] = ()
    confidence: str = "A"


@dataclass(frozen=True)
class Unit:
    """What decides whether a clause speaks of a unit; ``None`` where it is unknown.

    ``names`` are those of the places it is or lies in; ``None`` keeps no named place out.
    """

    setting: str | None = None
    status: str | None = None
    level: str | None = None
    areas: frozenset[str] = frozenset()
    names: frozenset[str] | None = None


@dataclass(frozen=True)
class Standards:
    """The documents considered at a place and a date, in the order of their ids."""

    documents: tuple[Document, ...]
    as_of: dt.date | None
    not_in_force: tuple[SetAside, ...] = ()

    def clauses(self, measure: str | None = None) -> tuple[Clause, ...]:
        """Return the clauses in force (of one measure), by id."""
        out = {item.clause_id for item in self.not_in_force}
        found = [
            clause
            for document in self.documents
            for clause in document.clauses
            if clause.id not in out and measure in {None, clause.measure}
        ]
        return tuple(sorted(found, key=lambda clause: clause.id))

    def document_of(self, clause: Clause) -> Document:
        """Return the document that a clause belongs to."""
        return next(item for item in self.documents if item.id == clause.document_id)

    def standing(self, clause: Clause) -> Standing:
        """Return whether the clause holds, its term is over, or it is judged for the record."""
        if self.as_of is None:
            return Standing.UNDATED
        expired = clause.target_year is not None and self.as_of.year > clause.target_year
        if clause.modality is Modality.TARGET and expired:
            return Standing.FOR_THE_RECORD
        if not self.document_of(clause).term_over(self.as_of):
            return Standing.IN_FORCE
        is_target = clause.modality is Modality.TARGET
        return Standing.FOR_THE_RECORD if is_target else Standing.TERM_OVER

    def binding(self, measure: str, unit: Unit) -> tuple[Adoption, ...]:
        """Return what binds a unit under a measure, by clause id.

        One adoption per parameter; a document with targets for several years has one per year.
        """
        rivals: dict[tuple[object, ...], list[tuple[Clause, tuple[str, ...]]]] = {}
        for clause in self.clauses(measure):
            if clause.modality is Modality.TEXT:
                continue  # kept and shown, never judged
            unknown = unknown_scope(clause, unit)
            if unknown is not None:
                rivals.setdefault(_parameter(clause), []).append((clause, unknown))
        adopted = [item for group in rivals.values() for item in self._adopt(group)]
        return tuple(sorted(adopted, key=lambda item: item.clause.id))

    def _adopt(self, group: Sequence[tuple[Clause, tuple[str, ...]]]) -> list[Adoption]:
        ranked = sorted(group, key=lambda pair: self._strength(pair[0]))
        winner = ranked[0][0]
        staged = {winner.target_year: ranked[0]}
        for clause, unknown in ranked[1:]:
            years = {winner.target_year, clause.target_year}
            if clause.document_id == winner.document_id and None not in years:
                staged.setdefault(clause.target_year, (clause, unknown))
        adopted = {clause.id for clause, _ in staged.values()}
        aside = tuple(
            SetAside(clause.id, self._why(winner, clause), winner.id)
            for clause, _ in ranked
            if clause.id not in adopted
        )
        confidence = self.document_of(winner).confidence
        return [
            Adoption(
                clause,
                self.standing(clause),
                aside if clause is winner else (),
                unknown,
                confidence,
            )
            for clause, unknown in staged.values()
        ]

    def _strength(self, clause: Clause) -> tuple[bool, bool, int, int, int, float, str]:
        document = self.document_of(clause)
        since = clause.in_force or document.in_force
        return (
            not document.is_verified,
            not clause.is_numeric,
            document.level.rank,
            -since.toordinal(),
            -_speciality(clause, document),
            _laxity(clause),
            clause.id,
        )

    def _why(self, winner: Clause, loser: Clause) -> str:
        reasons = (
            "standard_unverified",
            "clause_without_number",
            "lower_level",
            "older",
            "more_general",
            "less_strict",
            "same_demand",
        )
        ours, theirs = self._strength(winner), self._strength(loser)
        differs = (a != b for a, b in zip(ours, theirs, strict=True))
        return next(reason for reason, found in zip(reasons, differs, strict=True) if found)


def resolve(documents: Iterable[Document], as_of: dt.date | None) -> Standards:
    """Return the standards that hold, from the documents considered.

    Parameters
    ----------
    documents
        Documents considered; their order means nothing.
    as_of
        The judging date. Without one, terms and dates of coming into force are not examined and
        every finding says so.

    Raises
    ------
    StandardConflictError
        If documents of places that do not contain one another are asked for together, or two
        documents use one clause id.
    """
    considered = tuple(sorted(documents, key=lambda document: document.id))
    places = sorted(considered, key=lambda document: len(document.stem))
    for upper, lower in itertools.pairwise(places):
        if not lower.stem.startswith(upper.stem):
            raise StandardConflictError("standard_mixed_places", a=upper.id, b=lower.id)
    owners: dict[str, str] = {}
    aside: list[SetAside] = []
    for document in considered:
        for clause in document.clauses:
            if clause.id in owners:
                raise StandardConflictError(
                    "standard_clause_twice", clause=clause.id, a=owners[clause.id], b=document.id
                )
            owners[clause.id] = document.id
            if as_of is not None and as_of < (clause.in_force or document.in_force):
                aside.append(SetAside(clause.id, "not_yet_in_force"))
            elif clause.superseded_by or document.superseded_by:
                by = clause.superseded_by or document.superseded_by
                aside.append(SetAside(clause.id, "superseded", by))
    return Standards(considered, as_of, tuple(aside))


def unknown_scope(clause: Clause, unit: Unit) -> tuple[str, ...] | None:
    """Return what is not known of a unit that may be in a clause's scope; ``None`` if it is not."""
    unknown: list[str] = []
    scope = clause.applies_to
    sides: tuple[tuple[str, Collection[str], str | None], ...] = (
        ("setting", scope.setting, unit.setting),
        ("status", scope.status, unit.status),
        ("level", scope.level, unit.level),
    )
    for name, wanted, found in sides:
        if not wanted:
            continue
        if found is None:
            unknown.append(name)
        elif found not in wanted:
            return None
    if scope.area is not None and scope.area not in unit.areas:
        return None
    if scope.places and unit.names is not None and unit.names.isdisjoint(scope.places):
        return None
    return tuple(unknown)


def _parameter(clause: Clause) -> tuple[object, ...]:
    """Return what two clauses must share to replace one another."""
    measure = measures()[clause.measure]
    # A clause without number has no unit of its own; it asks for the same as one that has.
    part_unit = measure.part_units.get(str(clause.parameters.get("part")))
    only = measure.units[0] if len(measure.units) == 1 else None
    return (
        clause.measure,
        clause.unit or part_unit or only,
        tuple(str(clause.parameters.get(name)) for name in ("part", *measure.identity)),
        () if "part" in clause.parameters else tuple(sorted(clause.kinds)),
    )


def _speciality(clause: Clause, document: Document) -> int:
    scope = clause.applies_to
    said = sum(map(bool, (scope.setting, scope.status, scope.level, scope.area, scope.places)))
    return 10 * len(document.stem) + said


def _laxity(clause: Clause) -> float:
    """Smaller is stricter; a clause without number is the laxest."""
    if clause.value is None or clause.comparator is None:
        return float("inf")
    return -clause.value if clause.comparator.wants_more else clause.value
