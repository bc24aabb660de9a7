"""Figures known only within bounds, and the verdicts that hold for every value in them.

What is missing never counts as zero and never as enough: a clause is kept, or missed, only where
it would be so whatever the missing figures are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from facilityplan.checks.finding import Finding, UnitRef, judged, undecided
from facilityplan.locale import Listed
from facilityplan.standards import Adoption, Comparator

NAMES_SHOWN = 10


@dataclass(frozen=True)
class Span:
    """The least and the most that a figure can be, infinite where nothing bounds it."""

    low: float
    high: float

    @property
    def is_exact(self) -> bool:
        """Whether the figure is known."""
        return self.low == self.high

    def deciding(self, comparator: Comparator, limit: float) -> float | None:
        """Return the end next to the limit where all values judge alike; else ``None``."""
        at_low, at_high = comparator.holds(self.low, limit), comparator.holds(self.high, limit)
        if at_low != at_high:
            return None
        return self.low if at_low == comparator.wants_more else self.high


@dataclass(frozen=True)
class Part:
    """What one member adds to a share: least and most of what is asked for, and of the rest.

    ``whole`` is the least that both together add.
    """

    asked: tuple[float, float]
    rest: tuple[float, float]
    whole: float

    @classmethod
    def wholly(cls, whole: tuple[float, float]) -> Part:
        """Return a member all of which is asked for."""
        return cls(whole, (0.0, 0.0), whole[0])

    @classmethod
    def not_at_all(cls, whole: tuple[float, float]) -> Part:
        """Return a member none of which is asked for."""
        return cls((0.0, 0.0), whole, whole[0])

    @classmethod
    def partly(cls, whole: tuple[float, float], asked: tuple[float, float]) -> Part:
        """Return a member of which something between two bounds is asked for."""
        least, most = min(asked[0], whole[1]), min(asked[1], whole[1])
        rest = (0.0 if math.isinf(most) else max(0.0, whole[0] - most), whole[1] - least)
        return cls((least, most), rest, max(whole[0], least))

    @classmethod
    def one(cls, *, asked_for: bool | None, counts: bool) -> Part:
        """Return one zone or estate, asked for or not (``None``: not known)."""
        whole = (1.0, 1.0)
        part = cls.partly(whole, (0.0, 1.0))
        if asked_for is not None:
            part = cls.wholly(whole) if asked_for else cls.not_at_all(whole)
        return part if counts else part.if_it_counts()

    def if_it_counts(self) -> Part:
        """Return the member as one that may not count at all."""
        return Part((0.0, self.asked[1]), (0.0, self.rest[1]), 0.0)


ANYTHING = Part((0.0, math.inf), (0.0, math.inf), 0.0)
"""What members that nobody listed may add."""


@dataclass(frozen=True)
class Share:
    """A share of several members: its bounds, and the sums it is of where they are known.

    ``span`` is ``None`` where the whole may be nothing at all; ``is_empty`` where it is.
    """

    span: Span | None
    asked: float
    whole: float
    is_empty: bool


def share_of(parts: Iterable[Part]) -> Share:
    """Return the share that what is asked for has in the whole of all members.

    The least share is that of the least asked for beside the most of the rest.
    """
    members = list(parts)
    asked = [math.fsum(part.asked[side] for part in members) for side in (0, 1)]
    rest = [math.fsum(part.rest[side] for part in members) for side in (0, 1)]
    empty = asked[1] + rest[1] == 0
    if math.fsum(part.whole for part in members) <= 0:
        return Share(None, asked[0], asked[0] + rest[1], empty)
    low = 0.0 if math.isinf(rest[1]) else asked[0] / (asked[0] + rest[1])
    high = 1.0 if math.isinf(asked[1]) else asked[1] / (asked[1] + rest[0])
    return Share(Span(low, high), asked[0], asked[0] + rest[1], empty)


def judged_within(
    adoption: Adoption,
    unit: UnitRef,
    span: Span,
    *,
    formula: Mapping[str, Any],
    evidence: Mapping[str, Any],
    doubt: Mapping[str, Any],
    required: float | None = None,
    known: float | None = None,
) -> Finding:
    """Return the verdict that holds for every value of a span; insufficient data if none does.

    Parameters
    ----------
    formula
        The sum, where the figure is known.
    doubt
        Message id (``id``) and parameters of what is missing, where the figure is not known.
    required
        What is demanded, where it is not the clause's own number.
    known
        What is surely there, shown beside insufficient data.
    """
    clause = adoption.clause
    if clause.comparator is None:
        raise ValueError(f"clause {clause.id} has no comparator")
    limit = clause.limit if required is None else required
    value = span.deciding(clause.comparator, limit)
    if not span.is_exact:
        evidence = {**evidence, "value_between": [span.low, span.high]}
    if value is None:
        said = {key: part for key, part in doubt.items() if key != "id"}
        return undecided(
            adoption,
            unit,
            str(doubt["id"]),
            required=limit,
            value=known,
            evidence=evidence,
            **said,
        )
    if not span.is_exact:
        unbounded = math.isinf(span.high)
        formula = {
            "id": "formula.at_least" if unbounded else "formula.between",
            "low": span.low,
            **({} if unbounded else {"high": span.high}),
        }
    return judged(adoption, unit, value=value, required=limit, formula=formula, evidence=evidence)


def above_upper(parameters: Mapping[str, Any], value: float) -> dict[str, Any]:
    """Return the note that a figure is above the upper end of the text's range: never a miss."""
    upper = parameters.get("upper")
    return {} if upper is None else {"upper": upper, "above_upper": value > float(upper)}


def listed(names: Sequence[str]) -> str:
    """Return the first few names, for a sentence; the evidence has them all."""
    return Listed(names[:NAMES_SHOWN], "……" if len(names) > NAMES_SHOWN else "")
