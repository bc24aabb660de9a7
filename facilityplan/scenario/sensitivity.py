"""How much a verdict hangs on the method: the same residences under several ways to measure.

A verdict that every way confirms is robust; one that any of them turns is fragile, with the ways
that turn it and why. What cannot be judged stays so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from facilityplan.checks import Context, Finding
from facilityplan.checks.radius_coverage import MEASURE
from facilityplan.coverage import Sight
from facilityplan.layers import LEVELS
from facilityplan.scenario.variants import (
    HOLDS,
    MISSES,
    ON_FOOT,
    OPEN,
    Floats,
    Integers,
    Rows,
    SensitivityOptions,
    Variant,
    evaluate,
)

Flags = npt.NDArray[np.bool_]
Table = dict[str, list[Any]]


class Standing(StrEnum):
    """Whether a verdict depends on the method."""

    ROBUST = "robust"
    FRAGILE = "fragile"
    UNDECIDED = "undecided"


class Reason(StrEnum):
    """Why a verdict turns; texts stand below ``sensitivity.reason`` in the catalogue."""

    OFF_NETWORK = "off_network"
    NO_WAY = "no_way"
    BARRIER = "barrier"
    LONGER_ON_FOOT = "longer_on_foot"
    NEAR_ON_FOOT = "near_on_foot"
    DETOUR_FACTOR = "detour_factor"
    NEAR_LIMIT = "near_limit"
    MARGIN_BELOW_ERROR = "margin_below_error"
    PACE = "pace"
    NODE_SNAPPING = "node_snapping"


OUTCOMES: Mapping[int, str] = {
    HOLDS: "compliant",
    MISSES: "non_compliant",
    OPEN: "insufficient_data",
}
"""What a variant says, as the verdicts are called."""


@dataclass(frozen=True)
class Sensitivity:
    """The same residences under several ways to measure.

    Parameters
    ----------
    options
        By how much the method was varied.
    variants
        The ways, the verdict's own first.
    table
        Columns by name, a row a residence and clause: id, name, clause_id, limit_m, verdict, the
        distances, one column a variant with what it says, standing, turned_by (variants), reasons
        (ids), barriers (names of what lies across the straight line).
    zones
        Columns by name, a row a zone with residences that are judged, the highest level first.
    totals
        Columns by name, a row a variant: residences turned, and both rates of coverage.
    judged, fragile, undecided
        How many rows of the table there are, and of which standing.
    off_network, cut_off
        Id and name of residences too far from every road, and of those on roads that lead to no
        facility that counts.
    """

    options: SensitivityOptions
    variants: tuple[Variant, ...]
    table: Table
    zones: Table
    totals: Table
    judged: int
    fragile: int
    undecided: int
    off_network: tuple[tuple[str, str], ...]
    cut_off: tuple[tuple[str, str], ...]


def sensitivity(
    context: Context, findings: Sequence[Finding], options: SensitivityOptions | None = None
) -> Sensitivity:
    """Return how the radius verdicts of a city stand under several ways to measure.

    Parameters
    ----------
    context
        City, standards and roads; its distances are used again. Without roads the ways on foot
        are left out.
    findings
        Of that context; those of the radius clauses are varied.
    options
        By how much.
    """
    chosen = options or SensitivityOptions()
    rows = evaluate(context, findings, MEASURE, chosen)
    variants = tuple(rows.outcome)
    turned = {variant: _turned(rows, variant) for variant in variants}
    any_turned = np.any([*turned.values()], axis=0)
    open_ = np.any([outcome == OPEN for outcome in rows.outcome.values()], axis=0)
    names = np.asarray([Standing.ROBUST, Standing.FRAGILE, Standing.UNDECIDED], dtype=object)
    standing = names[np.where(any_turned, 1, np.where(open_, 2, 0))]
    table = _table(context, rows, turned, standing, chosen)
    judged = rows.verdict != OPEN
    on_roads = ~np.isnan(rows.distance_m["walking"])
    cut_off = on_roads & ~rows.off_network & ~np.isfinite(rows.distance_m["walking"])
    by_residence = _by_residence(context, rows, turned, any_turned)
    return Sensitivity(
        options=chosen,
        variants=variants,
        table=table,
        zones=_zones(context, by_residence),
        totals=_totals(by_residence, variants),
        judged=int(judged.sum()),
        fragile=int(any_turned.sum()),
        undecided=int((standing == Standing.UNDECIDED).sum()),
        off_network=_named(context, rows.residence[rows.off_network]),
        cut_off=_named(context, rows.residence[cut_off & (rows.facility >= 0)]),
    )


def _turned(rows: Rows, variant: Variant) -> Flags:
    said = rows.outcome[variant]
    return np.asarray((said != OPEN) & (rows.verdict != OPEN) & (said != rows.verdict), dtype=bool)


def _named(context: Context, residences: Integers) -> tuple[tuple[str, str], ...]:
    refs = [context.residence_ref(int(row)) for row in np.unique(residences)]
    return tuple(sorted((ref.id, ref.name) for ref in refs))


def _table(
    context: Context,
    rows: Rows,
    turned: Mapping[Variant, Flags],
    standing: npt.NDArray[np.object_],
    options: SensitivityOptions,
) -> Table:
    crossed = _crossed(context, rows, turned)
    said = np.asarray([OUTCOMES[HOLDS], OUTCOMES[MISSES], OUTCOMES[OPEN]], dtype=object)
    by_row: list[list[str]] = [[] for _ in rows.findings]
    for variant, flags in turned.items():
        for row in np.flatnonzero(flags).tolist():
            by_row[row].append(variant.value)
    reasons: list[list[str]] = [[] for _ in rows.findings]
    for reason, flags in _reasons(rows, turned, crossed, options).items():
        for row in np.flatnonzero(flags).tolist():
            reasons[row].append(reason.value)
    columns: Table = {
        "id": [item.unit_id for item in rows.findings],
        "name": [item.unit_name for item in rows.findings],
        "clause_id": [item.clause_id for item in rows.findings],
        "limit_m": [item.required for item in rows.findings],
        "verdict": [item.verdict.value for item in rows.findings],
    }
    for name, metres in rows.distance_m.items():
        columns[f"{name}_m"] = [None if np.isnan(d) else d for d in metres.tolist()]
    for variant, outcome in rows.outcome.items():
        # -1, the outcome that is open, is the last entry.
        columns[variant.value] = said[1 - outcome].tolist()
    columns["standing"] = [item.value for item in standing]
    columns["turned_by"] = by_row
    columns["reasons"] = reasons
    columns["barriers"] = [list(crossed.get(row, ())) for row in range(len(rows.findings))]
    return columns


def _reasons(
    rows: Rows,
    turned: Mapping[Variant, Flags],
    crossed: Mapping[int, Sequence[str]],
    options: SensitivityOptions,
) -> dict[Reason, Flags]:
    """Return which rows turn for which reason; every variant that turns one has a reason there."""
    nowhere = np.zeros(len(rows.findings), dtype=bool)
    across = nowhere.copy()
    across[list(crossed)] = True
    foot = turned.get(Variant.WALKING, nowhere)
    lost = foot & (rows.verdict == HOLDS)
    reached = np.isfinite(rows.distance_m["walking"])
    found = {
        Reason.OFF_NETWORK: lost & rows.off_network,
        Reason.NO_WAY: lost & ~rows.off_network & ~reached,
        Reason.BARRIER: lost & across,
        Reason.LONGER_ON_FOOT: lost & reached & ~across,
        Reason.NEAR_ON_FOOT: foot & ~lost,
        Reason.DETOUR_FACTOR: turned[Variant.DETOUR],
        Reason.NEAR_LIMIT: turned[Variant.LIMIT_LESS] | turned[Variant.LIMIT_MORE],
        Reason.PACE: turned.get(Variant.SLOW_WALK, nowhere) & ~foot,
        Reason.NODE_SNAPPING: turned.get(Variant.NODE_SNAP, nowhere) & ~foot,
    }
    if options.coordinate_error_m > 0:
        error = turned[Variant.ERROR_NEARER] | turned[Variant.ERROR_FARTHER]
        found[Reason.MARGIN_BELOW_ERROR] = error
    return found


def _crossed(
    context: Context, rows: Rows, turned: Mapping[Variant, Flags]
) -> dict[int, tuple[str, ...]]:
    """Return the barriers across the straight line of every verdict that is lost on foot."""
    lost = [flags for variant, flags in turned.items() if variant in ON_FOOT]
    if not lost or not context.city.has("barriers"):
        return {}
    asked = np.flatnonzero(np.any(lost, axis=0) & (rows.verdict == HOLDS) & (rows.facility >= 0))
    frame = context.city.layer("barriers")
    kept = np.flatnonzero(frame.geometry.notna().to_numpy() & ~frame.geometry.is_empty.to_numpy())
    sight = Sight(frame.geometry.to_numpy()[kept], 0.0)
    targets = context.facilities_xy[rows.facility[asked]]
    line, feature = sight.between(_starts(context, rows.residence[asked], targets), targets)
    names = [
        str(name or kind or "") for name, kind in zip(frame["name"], frame["kind"], strict=True)
    ]
    found: dict[int, set[str]] = {}
    for row, number in zip(asked[line].tolist(), kept[feature].tolist(), strict=True):
        found.setdefault(row, set()).add(names[number])
    return {row: tuple(sorted(filter(None, said))) for row, said in sorted(found.items())}


def _starts(context: Context, residences: Integers, targets: Floats) -> Floats:
    """Return for each residence that of its points which is nearest to its facility."""
    demand = context.demand
    order = np.argsort(demand.owner, kind="stable")
    owner = demand.owner[order]
    first = np.searchsorted(owner, residences, side="left")
    size = np.searchsorted(owner, residences, side="right") - first
    line = np.repeat(np.arange(len(residences)), size)
    offset = np.arange(len(line)) - np.repeat(np.cumsum(size) - size, size)
    points = demand.xy[order[np.repeat(first, size) + offset]]
    away = np.hypot(*(points - targets[line]).T)
    best = np.unique(line[np.lexsort((away, line))], return_index=True)[1]
    return np.asarray(points[np.lexsort((away, line))[best]], dtype=np.float64)


@dataclass(frozen=True)
class _ByResidence:
    """Residences that are judged: whether each variant covers and turns them.

    A residence that several clauses bind is covered where all are kept, and turns where one does.
    """

    rows: Integers
    covered: Mapping[Variant, Flags]
    turned: Mapping[Variant, Flags]
    fragile: Flags
    households: Floats


def _by_residence(
    context: Context, rows: Rows, turned: Mapping[Variant, Flags], fragile: Flags
) -> _ByResidence:
    residence, number = np.unique(rows.residence, return_inverse=True)

    def every(flags: Flags) -> Flags:
        kept = np.ones(len(residence), dtype=bool)
        np.logical_and.at(kept, number, flags)
        return kept

    def some(flags: Flags) -> Flags:
        return ~every(~flags)

    return _ByResidence(
        residence,
        {variant: every(outcome == HOLDS) for variant, outcome in rows.outcome.items()},
        {variant: some(flags) for variant, flags in turned.items()},
        some(fragile),
        context.city.residences["households"].to_numpy(dtype=float)[residence],
    )


def _totals(units: _ByResidence, variants: Sequence[Variant]) -> Table:
    everything = np.zeros(len(units.rows), dtype=np.int64)
    counts = _counts(units, np.arange(len(units.rows)), everything, 1)
    return {
        "variant": [variant.value for variant in variants],
        **{
            name: [counts[f"{name}:{variant}"][0] for variant in variants]
            for name in ("turned", "units_covered", "households_covered")
        },
        **{
            name: counts[name] * len(variants)
            for name in ("units", "households", "households_unknown")
        },
    }


def _counts(units: _ByResidence, member: Integers, group: Integers, size: int) -> Table:
    """Return the sums of each group over its members (positions in ``units``)."""
    known = np.isfinite(units.households)
    households = np.where(known, units.households, 0.0)

    def total(weights: npt.NDArray[Any]) -> list[Any]:
        summed = np.bincount(group, weights=weights[member].astype(np.float64), minlength=size)
        return [
            int(figure) if figure.is_integer() else figure
            for figure in summed.astype(np.float64).tolist()
        ]

    columns: Table = {
        "units": total(np.ones(len(units.rows))),
        "households": total(households),
        "households_unknown": total(~known),
        "fragile": total(units.fragile),
    }
    for variant, covered in units.covered.items():
        columns[f"turned:{variant}"] = total(units.turned[variant])
        columns[f"units_covered:{variant}"] = total(covered)
        columns[f"households_covered:{variant}"] = total(np.where(covered, households, 0.0))
    return columns


def _zones(context: Context, units: _ByResidence) -> Table:
    """Return the counts of every zone that holds a residence judged, the highest level first."""
    if not context.city.has("zones"):
        return {}
    chains = context.zone_chain()
    pairs = [(at, zone) for at, row in enumerate(units.rows.tolist()) for zone in chains[row]]
    member, zone = np.asarray(pairs, dtype=np.int64).reshape(-1, 2).T
    zones, group = np.unique(zone, return_inverse=True)
    counts = _counts(units, member, group, len(zones))
    ids, names, levels = (context.cells("zones", name) for name in ("id", "name", "level"))
    rank = {level: number for number, level in enumerate(LEVELS)}
    order = sorted(range(len(zones)), key=lambda at: (rank[levels[zones[at]]], str(ids[zones[at]])))
    return {
        "level": [levels[zones[at]] for at in order],
        "id": [ids[zones[at]] for at in order],
        "name": [names[zones[at]] for at in order],
        **{name: [column[at] for at in order] for name, column in counts.items()},
    }
