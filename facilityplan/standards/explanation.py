"""One clause at one place and date: whether it holds there, what beats it, what it comes to."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from facilityplan.standards.comparison import Implied, implied_per_1000
from facilityplan.standards.model import Clause, Document, Modality
from facilityplan.standards.precedence import Adoption, Standards, Standing, Unit, resolve
from facilityplan.standards.projection import (
    Requirement,
    basis_of,
    figures_of,
    growth_of,
    requirement,
)


@dataclass(frozen=True)
class Explanation:
    """A clause at a place.

    Parameters
    ----------
    of_place
        Whether its document is one of the place or of what contains it; another city's is not, and
        is never applied there.
    out
        Why it is not in force at the date, and the clause or document in its place.
    adoptions
        What is adopted there where this clause speaks, one for each setting and level it names;
        this clause or the one that sets it aside, with all others set aside and why.
    requirements
        What it comes to for the persons that the place's documents count, at base and horizon.
    implied
        What a total of beds makes per 1000 elders.
    """

    clause: Clause
    document: Document
    place: str
    as_of: dt.date | None
    of_place: bool
    standing: Standing | None
    out: tuple[str, str | None] | None
    adoptions: tuple[tuple[Unit, Adoption], ...]
    requirements: tuple[Requirement, ...]
    implied: tuple[Implied, ...]


def explain(
    clause: Clause,
    document: Document,
    documents: Sequence[Document],
    place: str,
    as_of: dt.date | None,
) -> Explanation:
    """Return what a clause means at a place.

    Parameters
    ----------
    clause, document
        The clause and the document that it stands in.
    documents
        The documents of the place and of what contains it.
    as_of
        Judging date; without one terms and dates of coming into force are not examined.
    """
    held = resolve(documents, as_of)
    here = any(item.id == document.id for item in documents)
    out = next(
        ((item.reason, item.by) for item in held.not_in_force if item.clause_id == clause.id),
        None,
    )
    return Explanation(
        clause=clause,
        document=document,
        place=place,
        as_of=as_of,
        of_place=here,
        standing=held.standing(clause) if here else None,
        out=out if here else None,
        adoptions=_adoptions(clause, held),
        requirements=_requirements(clause, document, place) if here else (),
        implied=implied_per_1000(document, clause),
    )


def _adoptions(clause: Clause, held: Standards) -> tuple[tuple[Unit, Adoption], ...]:
    """Return what binds the units that a clause speaks of, under its measure."""
    if clause.measure == "text" or clause.modality is Modality.TEXT:
        return ()
    scope = clause.applies_to
    areas = frozenset({scope.area} if scope.area else ())
    found: list[tuple[Unit, Adoption]] = []
    for setting, status, level in itertools.product(
        scope.setting or (None,), scope.status or (None,), scope.level or (None,)
    ):
        unit = Unit(setting, status, level, areas)
        binding = held.binding(clause.measure, unit)
        own = [
            item
            for item in binding
            if clause.id in {item.clause.id, *(aside.clause_id for aside in item.set_aside)}
        ]
        # Another city's clause: what this place has under the same measure.
        found.extend((unit, item) for item in own or binding)
    return tuple(found)


def _requirements(clause: Clause, document: Document, place: str) -> tuple[Requirement, ...]:
    """Return what a clause comes to for the persons that its own document counts."""
    basis = basis_of(clause)
    figures = [item for item in figures_of(document) if item.basis == basis]
    if not figures:
        return ()
    first = min(figures, key=lambda item: item.year)
    horizon = clause.target_year or (document.term_end or document.in_force).year
    found = requirement(
        clause,
        place,
        {item.basis: item.persons for item in (first,)},
        base_year=first.year,
        horizon=max(horizon, first.year),
        growth=growth_of(figures),
    )
    return () if found is None else (found,)
