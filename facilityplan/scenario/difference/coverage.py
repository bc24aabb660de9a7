"""Who is newly within reach and who no longer is, residence by residence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from facilityplan.checks import Verdict
from facilityplan.checks.radius_coverage import MEASURE as RADIUS
from facilityplan.scenario.difference.causes import Causes
from facilityplan.scenario.difference.record import Row, RunRecord

_ORDER: Final = (Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA, Verdict.COMPLIANT)


def deciding(found: Sequence[Row]) -> Row | None:
    """Return the radius finding that decides for a residence: the worst, then the least margin.

    A residence that several documents bind is covered where all of them say so; ``None`` where
    none applies.
    """
    bound = [item for item in found if item["verdict"] != Verdict.NOT_APPLICABLE.value]

    def rank(item: Row) -> tuple[int, float, str]:
        margin = -math.inf if item["margin"] is None else float(item["margin"])
        return _ORDER.index(Verdict(item["verdict"])), margin, item["clause_id"]

    return min(bound, key=rank, default=None)


def is_covered(item: Row | None) -> bool | None:
    """Return whether a deciding finding says covered; ``None`` where no clause applies."""
    return None if item is None else bool(item["verdict"] == Verdict.COMPLIANT.value)


def is_walked(found: Sequence[Row]) -> bool | None:
    """Return whether a residence is within reach on foot; ``None`` where that was not measured."""
    said = [item["evidence"].get("walking_within") for item in found]
    known = [item for item in said if item is not None]
    return all(known) if known else None


def coverage_changes(a: RunRecord, b: RunRecord, causes: Causes) -> dict[str, Any]:
    """Return the residences of both runs that are newly covered and no longer, in either metric.

    The biggest come first; households are those of the run in which the residence is covered.
    """
    newly: list[dict[str, Any]] = []
    lost: list[dict[str, Any]] = []
    walked: list[dict[str, Any]] = []
    unwalked: list[dict[str, Any]] = []
    one, two = a.of_residences[RADIUS], b.of_residences[RADIUS]
    for unit in sorted(one.keys() & two.keys()):
        before, after = deciding(one[unit]), deciding(two[unit])
        if before is None or after is None:
            continue
        turned = (is_covered(before), is_covered(after))
        on_foot = (is_walked(one[unit]), is_walked(two[unit]))
        for pair, gained, gone in ((turned, newly, lost), (on_foot, walked, unwalked)):
            if None in pair or pair[0] == pair[1]:
                continue
            covered, rows = (b, gained) if pair[1] else (a, gone)
            rows.append(_row(covered, unit, before, after, causes.of(a, b, before, after)))
    return {
        "newly_covered": by_households(newly),
        "lost": by_households(lost),
        "on_foot": {"newly_covered": by_households(walked), "lost": by_households(unwalked)},
    }


def by_households(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows, those of most households first, those without a figure last, then by id."""
    return sorted(rows, key=lambda row: (-(row["households"] or 0), row["id"]))


def _row(run: RunRecord, unit: str, before: Row, after: Row, causes: list[str]) -> dict[str, Any]:
    row = run.row_of("residence", unit) or {}
    return {
        "id": unit,
        "name": after["unit_name"],
        "town": row.get("town"),
        "county": row.get("county"),
        "households": row.get("households"),
        "elders": row.get("elders"),
        "before": _side(before),
        "after": _side(after),
        "causes": causes,
    }


def _side(item: Row) -> dict[str, Any]:
    said = item["evidence"]
    return {
        "clause_id": item["clause_id"],
        "verdict": item["verdict"],
        "limit_m": item["required"],
        "straight_m": said.get("straight_m"),
        "facility": said.get("facility"),
        "walking_m": said.get("walking_m"),
        "walking_facility": said.get("walking_facility"),
    }
