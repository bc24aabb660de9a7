"""Verdicts that turned, clause by clause, and how each clause stands in both runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from facilityplan.checks import Verdict
from facilityplan.scenario.difference.causes import Causes
from facilityplan.scenario.difference.record import FindingKey, Row, RunRecord

ADDITIVE_UNITS: Final = frozenset({"m2", "beds", "facilities", "households"})
"""Units in which what several units miss may be added up; distances and ratios may not."""


def verdict_changes(a: RunRecord, b: RunRecord, causes: Causes) -> list[dict[str, Any]]:
    """Return the findings of both runs whose verdict differs.

    The clauses with most of them come first; in one the biggest change of its margin, then by id.
    """
    found = [
        _change(a, b, key, causes)
        for key in a.by_key.keys() & b.by_key.keys()
        if a.by_key[key]["verdict"] != b.by_key[key]["verdict"]
    ]
    counts = Counter(row["clause_id"] for row in found)

    def rank(row: Mapping[str, Any]) -> tuple[Any, ...]:
        change = row["margin_change"]
        size = math.inf if change is None else -abs(change)
        key = (row["unit_kind"], row["unit_id"], row["number"])
        return -counts[row["clause_id"]], row["clause_id"], size, key

    return sorted(found, key=rank)


def _change(a: RunRecord, b: RunRecord, key: FindingKey, causes: Causes) -> dict[str, Any]:
    clause, kind, unit, number = key
    before, after = a.by_key[key], b.by_key[key]
    row = b.row_of(kind, unit) or {}
    margins = (before["margin"], after["margin"])
    change = None if None in margins else round(margins[1] - margins[0], 9)
    return {
        "clause_id": clause,
        "unit_kind": kind,
        "unit_id": unit,
        "number": number,
        "unit_name": after["unit_name"],
        "town": row.get("town"),
        "county": row.get("county"),
        "before": _side(before),
        "after": _side(after),
        "margin_change": change,
        "causes": causes.of(a, b, before, after),
    }


def _side(item: Row) -> dict[str, Any]:
    kept = ("verdict", "value", "required", "comparator", "unit", "margin", "modality", "formula")
    return {name: item[name] for name in kept}


def clause_table(
    a: RunRecord, b: RunRecord, changed: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return how every clause that was held against anything stands before and after.

    Counts of verdicts, what is missed in all where that can be summed, verdicts that turned,
    figures that moved without a turn, and findings that only one run has. The most changed first.
    """
    turned = Counter(row["clause_id"] for row in changed)
    one, two = _by_clause(a), _by_clause(b)
    rows = [
        _clause_row(a, b, name, one.get(name, {}), two.get(name, {}), turned[name])
        for name in sorted({*one, *two})
    ]
    return sorted(
        rows,
        key=lambda row: (
            -row["turned"],
            -row["moved"],
            -(row["only_before"] + row["only_after"]),
            row["clause_id"],
        ),
    )


def _by_clause(run: RunRecord) -> dict[str, dict[FindingKey, Row]]:
    found: dict[str, dict[FindingKey, Row]] = {}
    for key, item in run.by_key.items():
        found.setdefault(key[0], {})[key] = item
    return found


def _clause_row(
    a: RunRecord,
    b: RunRecord,
    name: str,
    one: Mapping[FindingKey, Row],
    two: Mapping[FindingKey, Row],
    turned: int,
) -> dict[str, Any]:
    clause = b.clauses.get(name) or a.clauses[name]
    both = one.keys() & two.keys()
    moved = sum(
        one[key]["verdict"] == two[key]["verdict"]
        and any(one[key][figure] != two[key][figure] for figure in ("value", "required"))
        for key in both
    )
    shortfalls = (_shortfall(list(one.values())), _shortfall(list(two.values())))
    return {
        "clause_id": name,
        "title": clause["title"],
        "title_en": clause["title_en"],
        "before": _counts(one),
        "after": _counts(two),
        "shortfall": [None if item is None else item[0] for item in shortfalls],
        "unit": next((item[1] for item in reversed(shortfalls) if item is not None), None),
        "turned": turned,
        "moved": moved,
        "only_before": len(one) - len(both),
        "only_after": len(two) - len(both),
    }


def _counts(items: Mapping[FindingKey, Row]) -> dict[str, int]:
    counted = Counter(item["verdict"] for item in items.values())
    return {verdict.value: counted[verdict.value] for verdict in Verdict}


def _shortfall(items: Sequence[Row]) -> tuple[float, str] | None:
    """Return what the findings of a clause miss in all, ``None`` where a sum says nothing."""
    units = {item["unit"] for item in items}
    unit = units.pop() if len(units) == 1 else None
    at_least = all(item["comparator"] in {">=", ">"} for item in items)
    if unit not in ADDITIVE_UNITS or unit is None or not at_least:
        return None
    misses = (-item["margin"] for item in items if (item["margin"] or 0) < 0)
    return math.fsum(misses), unit
