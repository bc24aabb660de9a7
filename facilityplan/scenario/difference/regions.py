"""Coverage, floor area, facilities and beds by county and street, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from facilityplan.checks import Verdict
from facilityplan.checks.floor_area import MEASURE as FLOOR_AREA
from facilityplan.checks.radius_coverage import MEASURE as RADIUS
from facilityplan.provision import total_as_written
from facilityplan.scenario.difference.coverage import deciding, is_covered, is_walked
from facilityplan.scenario.difference.record import OPERATING, Row, RunRecord
from facilityplan.standards import kinds

LEVELS: Final = ("city", "county", "town")
"""The whole place, its counties, its streets; of the last two, where there are any, also what lies
in none."""

_WEIGHTS: Final = ("households", "elders")


def region_table(
    a: RunRecord,
    b: RunRecord,
    coverage: Mapping[str, Sequence[Row]],
    turned: Sequence[Row],
) -> list[dict[str, Any]]:
    """Return one row a region: its figures in both runs, and what turned in it.

    The whole place first, then counties, then streets; in each level the one whose covered
    households changed most first, then missing floor area, then verdicts turned, then by id.
    """
    rows: list[dict[str, Any]] = []
    for level in LEVELS:
        if level != "city" and not any(
            _regions(run.rows["zones"].values(), level) for run in (a, b)
        ):
            continue
        one, two = _figures(a, level), _figures(b, level)
        counts = {
            "newly_covered": _count(coverage["newly_covered"], level),
            "lost": _count(coverage["lost"], level),
            "turned": _count(turned, level),
        }
        rows += [
            _row(a, b, level, zone, (one.get(zone), two.get(zone)), counts) for zone in {*one, *two}
        ]
    return sorted(rows, key=_order)


def _row(
    a: RunRecord,
    b: RunRecord,
    level: str,
    zone: str | None,
    sides: tuple[Row | None, Row | None],
    counts: Mapping[str, Mapping[str | None, int]],
) -> dict[str, Any]:
    row = b.rows["zones"].get(zone or "") or a.rows["zones"].get(zone or "") or {}
    return {
        "level": level,
        "id": zone,
        "name": b.project if level == "city" else row.get("name"),
        "county": row.get("county"),
        "before": sides[0],
        "after": sides[1],
        **{name: counted.get(zone, 0) for name, counted in counts.items()},
    }


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    one, two = (row[side] or _figures_of([], [], {}, {}) for side in ("before", "after"))
    covered = abs(two["households"]["covered"] - one["households"]["covered"])
    short = abs(two["short_m2"] - one["short_m2"])
    return LEVELS.index(row["level"]), -covered, -short, -row["turned"], row["id"] or "\uffff"


def _zone_of(row: Row, level: str) -> str | None:
    return None if level == "city" else row.get(level)


def _count(rows: Iterable[Row], level: str) -> Counter[str | None]:
    return Counter(_zone_of(row, level) for row in rows)


def _figures(run: RunRecord, level: str) -> dict[str | None, dict[str, Any]]:
    """Return the figures of every region of a level, by its id; ``None`` is what lies in none."""
    residences: dict[str | None, list[Row]] = {}
    facilities: dict[str | None, list[Row]] = {}
    zones: Iterable[str | None] = (
        [None] if level == "city" else _regions(run.rows["zones"].values(), level)
    )
    for zone in zones:
        residences[zone], facilities[zone] = [], []
    for row in run.rows["residences"].values():
        residences.setdefault(_zone_of(row, level), []).append(row)
    for row in run.rows["facilities"].values():
        facilities.setdefault(_zone_of(row, level), []).append(row)
    found = run.of_residences
    return {
        zone: _figures_of(
            residences.get(zone, []), facilities.get(zone, []), found[RADIUS], found[FLOOR_AREA]
        )
        for zone in {*residences, *facilities}
    }


def _regions(zones: Iterable[Row], level: str) -> list[str]:
    return [str(row["id"]) for row in zones if row["level"] == level]


def _figures_of(
    residences: Sequence[Row],
    facilities: Sequence[Row],
    radius: Mapping[str, Sequence[Row]],
    floor_area: Mapping[str, Sequence[Row]],
) -> dict[str, Any]:
    bound = [(row, deciding(radius.get(row["id"], ()))) for row in residences]
    judged = [(row, item) for row, item in bound if item is not None]
    covered = [row for row, item in judged if is_covered(item)]
    walked = [row for row, _ in judged if is_walked(radius[row["id"]])]
    undecided = Verdict.INSUFFICIENT_DATA.value
    areas = [item for row in residences for item in floor_area.get(row["id"], ())]
    known = [item for item in areas if item["verdict"] != undecided]
    care = {name for name, kind in kinds().items() if kind.tier in {"community", "institution"}}
    running = [
        row for row in facilities if row.get("status") == OPERATING and row.get("kind") in care
    ]
    return {
        "residences": len(residences),
        "bound": len(judged),
        "undecided": sum(item["verdict"] == undecided for _, item in judged),
        "units": {"covered": len(covered), "walked": len(walked), "total": len(judged)},
        **{name: _weight(name, [row for row, _ in judged], covered, walked) for name in _WEIGHTS},
        "required_m2": total_as_written(item["required"] or 0.0 for item in known),
        "provided_m2": total_as_written(item["value"] or 0.0 for item in known),
        "short_m2": total_as_written(max(-(item["margin"] or 0.0), 0.0) for item in known),
        "floor_area_undecided": len(areas) - len(known),
        "facilities": len(running),
        "floor_area_m2": _known(running, "floor_area_m2"),
        "beds": _known(running, "beds"),
    }


def _weight(
    name: str, judged: Sequence[Row], covered: Sequence[Row], walked: Sequence[Row]
) -> dict[str, float]:
    def total(rows: Sequence[Row]) -> float:
        return total_as_written(row[name] for row in rows if name in row)

    return {
        "covered": total(covered),
        "walked": total(walked),
        "total": total(judged),
        "unknown": sum(name not in row for row in judged),
    }


def _known(rows: Sequence[Row], name: str) -> dict[str, float]:
    """Return the sum of what is known, and how many have no figure."""
    return {
        "known": total_as_written(row[name] for row in rows if name in row),
        "unknown": sum(name not in row for row in rows),
    }
