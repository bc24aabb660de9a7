"""Findings counted: by clause and verdict, and what is missing in all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from facilityplan.checks import Finding, Verdict

ADDITIVE_UNITS: Final = frozenset({"m2", "beds", "facilities", "households"})
"""Units in which what several units miss may be added up; distances and ratios may not."""


def count_verdicts(
    findings: Iterable[Finding], clause_ids: Iterable[str]
) -> dict[str, dict[Verdict, int]]:
    """Return how many findings of each verdict every clause has, zeros included, by clause id."""
    counts = {name: dict.fromkeys(Verdict, 0) for name in sorted(set(clause_ids))}
    for finding in findings:
        counts.setdefault(finding.clause_id, dict.fromkeys(Verdict, 0))[finding.verdict] += 1
    return dict(sorted(counts.items()))


def total_shortfall(findings: Sequence[Finding]) -> tuple[float, str] | None:
    """Return what the findings of one clause miss in all, and the unit.

    ``None`` where a sum says nothing: distances, ratios, and clauses that set an upper limit.
    Findings without a figure add nothing; they are counted as insufficient data.
    """
    units = {item.unit for item in findings}
    unit = next(iter(units)) if len(units) == 1 else None
    at_least = all(item.comparator in {">=", ">"} for item in findings)
    if unit not in ADDITIVE_UNITS or unit is None or not at_least:
        return None
    return math.fsum(item.shortfall for item in findings), unit


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by clause, kind of unit and unit."""
    return sorted(findings, key=lambda item: (item.clause_id, item.unit_kind, item.unit_id))
