"""Two documents side by side, clause against clause, and what cannot be compared.

Clauses are set against each other where they ask the same thing: the same measure (or beds, be it
in all or per 1000), the same part or subject of it, units of one scope, kinds of facility in
common. Where the base is another (all beds or institutional beds, beds in all or per 1000 elders,
the new towns or all towns) no document is called the stricter. Cities are never mixed: a comparison judges nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from facilityplan.standards.loader import measures
from facilityplan.standards.model import Clause, Document, Modality

SUBJECTS: Final[Mapping[tuple[str, str | None], str]] = MappingProxyType(
    {
        ("beds_per_1000", "beds_per_1000_elders"): "beds",
        ("total", "beds"): "beds",
    }
)
"""Measures in a unit that ask for the same thing in other words."""

STRENGTHS: Final = ("min_beds",)
"""Parameters in which a demand is stronger the larger they are; they name no other subject."""

SCOPES: Final = ("setting", "status", "level")
BASES: Final = ("elders", "persons", "beds", "area", "households")


class Relation(StrEnum):
    """How two documents stand to each other in one demand."""

    SAME = "same"
    A_STRICTER = "a_stricter"
    B_STRICTER = "b_stricter"
    ONLY_A = "only_a"
    ONLY_B = "only_b"
    INCOMPARABLE = "incomparable"
    WITHOUT_NUMBER = "without_number"


@dataclass(frozen=True)
class Difference:
    """One thing in which two clauses differ; ``blocks`` where it forbids to call one stricter."""

    name: str
    a: Any
    b: Any
    blocks: bool = False


@dataclass(frozen=True)
class Implied:
    """What a total of beds makes per 1000 elders by the document's own figure of elders.

    ``at_most`` where the document says only that the elders are more than the figure.
    """

    clause_id: str
    value: float
    unit: str
    persons: float
    persons_clause_id: str
    year: int
    at_most: bool


@dataclass(frozen=True)
class Row:
    """One demand: the clauses of both documents, the latest target year last."""

    subject: str
    a: tuple[Clause, ...]
    b: tuple[Clause, ...]
    relation: Relation
    differences: tuple[Difference, ...] = ()
    implied: tuple[Implied, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Two documents side by side; ``text_a`` and ``text_b`` are kept as text and not compared."""

    a: Document
    b: Document
    rows: tuple[Row, ...]
    text_a: tuple[str, ...]
    text_b: tuple[str, ...]


def compare(a: Document, b: Document) -> Comparison:
    """Return two documents side by side, by subject and clause id."""
    ours, theirs = _stages(a), _stages(b)
    pairs = sorted(
        (
            (_likeness(left[-1], right[-1]), left, right)
            for left in ours
            for right in theirs
            if _same_subject(left[-1], right[-1])
        ),
        key=lambda item: ([-part for part in item[0]], item[1][-1].id, item[2][-1].id),
    )
    taken: set[str] = set()
    rows: list[Row] = []
    for _, left, right in pairs:
        if left[-1].id in taken or right[-1].id in taken:
            continue
        taken |= {left[-1].id, right[-1].id}
        rows.append(_row(a, b, left, right))
    rows += [_alone(a, item, "a") for item in ours if item[-1].id not in taken]
    rows += [_alone(b, item, "b") for item in theirs if item[-1].id not in taken]
    rows.sort(key=lambda row: (row.subject, (row.a or row.b)[-1].id))
    return Comparison(a, b, tuple(rows), _text(a), _text(b))


def subject_of(clause: Clause) -> str:
    """Return what a clause asks for: its measure, or what several measures have in common."""
    return SUBJECTS.get((clause.measure, clause.unit), clause.measure)


def _is_text(clause: Clause) -> bool:
    return clause.measure == "text" or (
        clause.modality is Modality.TEXT and clause.category != "money"
    )


def _text(document: Document) -> tuple[str, ...]:
    return tuple(clause.id for clause in document.clauses if _is_text(clause))


def _stages(document: Document) -> list[tuple[Clause, ...]]:
    """Return the clauses, those together that differ only in the year by which they are due."""
    found: dict[tuple[object, ...], list[Clause]] = {}
    for clause in document.clauses:
        if _is_text(clause):
            continue
        key: tuple[object, ...] = (
            clause.measure,
            clause.unit,
            tuple(sorted(clause.kinds)),
            repr(clause.applies_to),
            repr(clause.basis),
            repr(sorted((k, str(v)) for k, v in clause.parameters.items())),
        )
        found.setdefault(key if clause.target_year else (clause.id,), []).append(clause)
    return [
        tuple(sorted(group, key=lambda c: (c.target_year or 0, c.id))) for group in found.values()
    ]


def _identity(clause: Clause) -> tuple[str, ...]:
    measure = measures()[clause.measure]
    names = [name for name in ("part", *measure.identity) if name not in STRENGTHS]
    return tuple(str(clause.parameters.get(name)) for name in names)


def _overlap(left: Iterable[str], right: Iterable[str]) -> bool:
    """Return whether two lists have something in common; an empty one says nothing."""
    return not left or not right or bool(set(left) & set(right))


def _same_subject(a: Clause, b: Clause) -> bool:
    if subject_of(a) != subject_of(b):
        return False
    if a.measure == b.measure and _identity(a) != _identity(b):
        return False
    if bool(a.kinds) == bool(b.kinds) and not _overlap(a.kinds, b.kinds):
        return False
    return all(_overlap(getattr(a.applies_to, n), getattr(b.applies_to, n)) for n in SCOPES)


def _likeness(a: Clause, b: Clause) -> list[float]:
    scopes = sum(getattr(a.applies_to, name) == getattr(b.applies_to, name) for name in SCOPES)
    named = a.applies_to.area == b.applies_to.area and a.applies_to.places == b.applies_to.places
    kinds = set(a.kinds) | set(b.kinds)
    shared = len(set(a.kinds) & set(b.kinds)) / len(kinds) if kinds else 1.0
    strengths = sum((name in a.parameters) == (name in b.parameters) for name in STRENGTHS)
    return [float(a.measure == b.measure), float(named), strengths, scopes, shared]


def _row(a: Document, b: Document, left: tuple[Clause, ...], right: tuple[Clause, ...]) -> Row:
    first, second = left[-1], right[-1]
    differences = tuple(_differences(first, second))
    implied = tuple(
        found
        for document, clause in ((a, first), (b, second))
        for found in implied_per_1000(document, clause)
    )
    relation = _relation(first, second, differences)
    return Row(subject_of(first), left, right, relation, differences, implied)


def _alone(document: Document, clauses: tuple[Clause, ...], side: str) -> Row:
    implied = implied_per_1000(document, clauses[-1])
    subject = subject_of(clauses[-1])
    if side == "a":
        return Row(subject, clauses, (), Relation.ONLY_A, implied=implied)
    return Row(subject, (), clauses, Relation.ONLY_B, implied=implied)


def _differences(a: Clause, b: Clause) -> list[Difference]:
    found = [
        Difference("unit", a.unit, b.unit, blocks=True),
        Difference("value", a.value, b.value),
        Difference("comparator", _sign(a), _sign(b)),
        *(
            Difference(name, a.parameters.get(name), b.parameters.get(name))
            for name in sorted({*STRENGTHS, *a.parameters, *b.parameters} - {"part", "land_uses"})
        ),
        *(_basis(name, a, b) for name in BASES),
        *(
            Difference(f"scope_{name}", getattr(a.applies_to, name), getattr(b.applies_to, name))
            for name in SCOPES
        ),
        # A share of some named places and a share of all are shares of different things.
        *(
            Difference(
                f"scope_{name}",
                getattr(a.applies_to, name),
                getattr(b.applies_to, name),
                blocks=a.unit == b.unit == "share",
            )
            for name in ("area", "places")
        ),
        Difference("kinds", tuple(sorted(a.kinds)), tuple(sorted(b.kinds))),
        Difference("target_year", a.target_year, b.target_year),
        Difference("modality", a.modality.value, b.modality.value),
    ]
    return [item for item in found if item.a != item.b]


def _basis(name: str, a: Clause, b: Clause) -> Difference:
    left, right = getattr(a.basis, name), getattr(b.basis, name)
    return Difference(f"basis_{name}", left, right, blocks=None not in {left, right})


def _sign(clause: Clause) -> str | None:
    return None if clause.comparator is None else clause.comparator.value


def _relation(a: Clause, b: Clause, differences: Iterable[Difference]) -> Relation:
    if any(item.blocks for item in differences):
        return Relation.INCOMPARABLE
    if a.value is None or b.value is None or a.comparator is None or b.comparator is None:
        return Relation.WITHOUT_NUMBER
    if a.comparator.wants_more != b.comparator.wants_more:
        return Relation.INCOMPARABLE
    sign = 1 if a.comparator.wants_more else -1
    leads = [sign * (a.value - b.value)]
    # Of equal figures the one that its sign excludes is the stricter.
    if a.value == b.value:
        leads.append(("=" in b.comparator.value) - ("=" in a.comparator.value))
    leads += [a.parameters.get(n, 0) - b.parameters.get(n, 0) for n in STRENGTHS]
    if all(lead == 0 for lead in leads):
        return Relation.SAME
    if min(leads) < 0 < max(leads):
        return Relation.INCOMPARABLE
    return Relation.A_STRICTER if max(leads) > 0 else Relation.B_STRICTER


def implied_per_1000(document: Document, clause: Clause) -> tuple[Implied, ...]:
    """Return what a total of beds makes per 1000 elders by the document's own figures of elders.

    At the base year first, then at the target year; empty where the clause is no total of beds, or
    the document has no figure of elders for those years.
    """
    if clause.measure != "total" or clause.unit != "beds":
        return ()
    stages = ((clause.base_year, clause.base_value), (clause.target_year, clause.value))
    found: list[Implied] = []
    for year, beds in stages:
        for figure in document.clauses:
            persons = figure.base_value
            counts_elders = figure.unit == "persons" and figure.basis.elders is not None
            if year is None or beds is None or not persons:
                continue
            if counts_elders and figure.base_year == year:
                at_most = figure.comparator is not None and figure.comparator.wants_more
                value, unit = beds * 1000.0 / persons, "beds_per_1000_elders"
                found.append(Implied(clause.id, value, unit, persons, figure.id, year, at_most))
    return tuple(found)
