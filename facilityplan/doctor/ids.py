"""Ids missing, double, or named and not there; rows that are copies of others."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from facilityplan.doctor.parts import Part
from facilityplan.doctor.problems import Action, Fix, Problem, Severity, aside, found
from facilityplan.locale import Listed


def duplicate_rows(part: Part) -> tuple[list[Problem], frozenset[int]]:
    """Return rows that say, cell for cell, what an earlier row says, and those that say nothing.

    Returns
    -------
    tuple
        The problems, and the positions of the rows: nothing else is said of them.
    """
    first: dict[str, int] = {}
    problems: list[Problem] = []
    again: set[int] = set()
    for position, row in enumerate(part.whole_rows):
        if not row:
            again.add(position)
            problems.append(
                found("empty_row", Severity.ERROR, part, position, fix=Fix(Action.DROP))
            )
        elif row in first:
            again.add(position)
            other = int(part.own.rows[first[row]])
            # Two lines of a road that coincide change nothing; two facilities count twice.
            severity = Severity.ERROR if "id" in part.frame.columns else Severity.NOTE
            problems.append(
                found(
                    "duplicate_row",
                    severity,
                    part,
                    position,
                    fix=Fix(Action.DROP),
                    other=other,
                )
            )
        else:
            first[row] = position
    return problems, frozenset(again)


def id_problems(parts: Sequence[Part]) -> list[Problem]:
    """Return ids that stand more than once in a layer, at every row but the first.

    Missing ids are cells that their column does not take and are told there.
    """
    seen: dict[str, tuple[Part, int]] = {}
    problems: list[Problem] = []
    for part in parts:
        for position, name in enumerate(part.column("id")):
            if name is None:
                continue
            if name not in seen:
                seen[name] = part, position
                continue
            other, at = seen[name]
            place = other.place("id")
            problems.append(
                found(
                    "id_duplicate",
                    Severity.ERROR,
                    part,
                    position,
                    column="id",
                    value=name,
                    fix=aside(part.layer),
                    other=int(place.rows[at]),
                    other_file=place.file,
                )
            )
    return problems


def reference_problems(
    part: Part, column: str, ids: Collection[str], names: Mapping[str, str]
) -> list[Problem]:
    """Return cells that name what is not there.

    Parameters
    ----------
    part
        The rows that name.
    column
        Canonical column with one id or several.
    ids
        Ids that are there.
    names
        Id by name, for names that only one object has.
    """
    known = set(ids)
    alike: dict[str, set[str]] = defaultdict(set)
    for name in known:
        alike[_plain(name)].add(name)
    problems: list[Problem] = []
    for position, cell in enumerate(part.column(column)):
        said = cell if isinstance(cell, tuple) else (cell,)
        strange = [name for name in said if name is not None and name not in known]
        if not strange:
            continue
        meant = [_meant(name, known, alike, names) for name in said if name is not None]
        fix = None
        if all(name is not None for name in meant):
            header = part.headers.get(column, column)
            fix = Fix(Action.SET, ";".join(str(name) for name in meant), header)
        problems.append(
            found(
                "unknown_reference",
                Severity.ERROR,
                part,
                position,
                column=column,
                value=Listed(strange),
                fix=fix,
                found=Listed(strange),
            )
        )
    return problems


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _meant(
    name: str, known: set[str], alike: Mapping[str, set[str]], names: Mapping[str, str]
) -> str | None:
    """Return the only id that is spelt alike or whose object has that name."""
    if name in known:
        return name
    same = alike.get(_plain(name), set())
    if len(same) == 1:
        return next(iter(same))
    return names.get(name)
