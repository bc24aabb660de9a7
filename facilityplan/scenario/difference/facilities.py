"""Facilities opened, closed, moved, resized and otherwise changed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from facilityplan.scenario.difference.circumstances import pairs
from facilityplan.scenario.difference.record import OPERATING, Row, RunRecord

WHAT: Final = ("opened", "closed", "planned", "dropped", "status", "moved", "resized", "changed")
"""What may happen to a facility, in the order of the list. ``opened`` and ``closed`` are of
operation; ``planned`` and ``dropped`` come and go without ever being in operation."""

SIZES: Final = ("floor_area_m2", "land_area_m2", "beds", "nursing_beds")

_WHERE: Final = frozenset({"x", "y"})
_QUIET: Final = frozenset({*SIZES, "status", "town", "county"})


def facility_changes(
    a: RunRecord, b: RunRecord, newly: Sequence[Row], lost: Sequence[Row]
) -> list[dict[str, Any]]:
    """Return every facility that differs, by what happened to it, the biggest change first.

    Parameters
    ----------
    newly, lost
        Residences newly covered and no longer: how many have this facility nearest.
    """
    one, two = a.rows["facilities"], b.rows["facilities"]
    found = []
    for name in sorted({*one, *two}):
        before, after = one.get(name), two.get(name)
        if before != after:
            found.append(_change(name, before, after))
    _mark_renumbered(found)
    for row in found:
        row["newly_covered"] = sum(item["after"]["facility"] == row["id"] for item in newly)
        row["lost"] = sum(item["before"]["facility"] == row["id"] for item in lost)
    return sorted(found, key=_order)


def _change(name: str, before: Row | None, after: Row | None) -> dict[str, Any]:
    here = after or before or {}
    fields = pairs(_plain(before), _plain(after)) if before and after else {}
    moved = _distance(before, after) if before and after else 0.0
    return {
        "id": name,
        "name": here.get("name"),
        "kind": here.get("kind"),
        "town": here.get("town"),
        "county": here.get("county"),
        "what": _what(before, after, fields, moved),
        "fields": fields,
        "moved_m": moved,
        "before": before,
        "after": after,
        "same_as": None,
    }


def _plain(row: Row) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _WHERE}


def _distance(before: Row, after: Row) -> float:
    # Points stand in whole millimetres.
    return round(math.hypot(after["x"] - before["x"], after["y"] - before["y"]), 3)


def _what(
    before: Row | None, after: Row | None, fields: Mapping[str, Any], moved: float
) -> list[str]:
    ran = before is not None and before.get("status") == OPERATING
    runs = after is not None and after.get("status") == OPERATING
    happened = {
        "opened": runs and not ran,
        "closed": ran and not runs,
        "planned": before is None and not runs,
        "dropped": after is None and not ran,
        "status": before is not None
        and after is not None
        and not (ran or runs)
        and "status" in fields,
        "moved": moved > 0,
        "resized": any(name in fields for name in SIZES),
        "changed": any(name not in _QUIET for name in fields),
    }
    return [name for name in WHAT if happened[name]] or ["changed"]


def _mark_renumbered(found: Sequence[dict[str, Any]]) -> None:
    """Say of one that came and one that went on the same spot or by the same name: perhaps one.

    A facility under a new number cannot be told from another: both are shown, each names the other.
    """
    gone: dict[Any, list[dict[str, Any]]] = {}
    for row in found:
        for mark in _marks(row["before"]) if row["after"] is None else ():
            gone.setdefault(mark, []).append(row)
    pairs_found = {
        tuple(sorted((row["id"], other["id"]))): (row, other)
        for row in found
        if row["before"] is None
        for mark in _marks(row["after"])
        for other in gone.get(mark, ())
    }
    # In the order of both ids, so that the comparison the other way round pairs the same.
    for _, (row, other) in sorted(pairs_found.items(), key=lambda item: item[0]):
        if row["same_as"] is None and other["same_as"] is None:
            row["same_as"], other["same_as"] = other["id"], row["id"]


def _marks(row: Row) -> list[Any]:
    """Return what tells a facility apart beside its number: its spot, and its name if it has one."""
    name = row.get("name")
    return [(row["x"], row["y"]), *(() if name is None else (name,))]


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    first = row["what"][0]
    return WHAT.index(first), -_size(row, first), row["id"]


def _size(row: Mapping[str, Any], what: str) -> float:
    """Return the size of a change: residences turned, metres moved, or floor area."""
    if what == "moved":
        return float(row["moved_m"])
    if what in {"opened", "closed"}:
        turned = row["newly_covered"] + row["lost"]
        return float(turned) * 1e9 + _figure(row["after"] or row["before"], "floor_area_m2")
    sides = [_figure(row[side] or {}, "floor_area_m2") for side in ("before", "after")]
    return abs(sides[1] - sides[0])


def _figure(row: Row, name: str) -> float:
    return float(row.get(name) or 0.0)
