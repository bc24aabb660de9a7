"""Which facilities count for which residences, how far, and the pairs that follow from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from facilityplan.checks.context import Context
from facilityplan.checks.finding import doubt_of
from facilityplan.checks.radius_coverage import MEASURE
from facilityplan.coverage import (
    BANDS_M,
    Decay,
    Gaussian,
    Reach,
    Steps,
    straight_pairs,
    walking_pairs,
    walking_reach,
)
from facilityplan.errors import UsageError
from facilityplan.locale import Listed
from facilityplan.provision import Selection, reaching, select
from facilityplan.standards import Comparator, kinds

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

DECAYS: Final[dict[str, type[Decay]]] = {"steps": Steps, "gaussian": Gaussian}


@dataclass(frozen=True)
class AccessibilityOptions:
    """What a caller may choose.

    Parameters
    ----------
    bands_m
        Upper ends of the distance bands.
    catchment_m
        How far every residence reaches; ``None`` takes the limit of its radius clause.
    kinds
        Kinds of operating facilities that count for every residence; none takes those that the
        radius clauses count. Needs a catchment.
    minimum_per_1000
        Beds per 1000 elders below which a residence is flagged; ``None`` takes the clauses' own.
    decay
        Weights of the enhanced form, ``steps`` or ``gaussian``.
    """

    bands_m: tuple[float, ...] = BANDS_M
    catchment_m: float | None = None
    kinds: tuple[str, ...] = ()
    minimum_per_1000: float | None = None
    decay: str = "steps"


@dataclass(frozen=True)
class Rule:
    """Facilities that count for some residences, and how far."""

    name: str | None
    rows: Flags
    selection: Selection
    limit_m: float
    reach: Reach


def rules_of(context: Context, options: AccessibilityOptions) -> list[Rule]:
    """Return which facilities count for which residences: the caller's choice, or the clauses'."""
    _check_options(options)
    n = len(context.city.residences)
    if options.kinds and options.catchment_m is not None:
        counted = select(context.city.facilities, options.kinds, ("operating",))
        found = reaching(context.city, counted)
        everywhere = np.ones(n, dtype=bool)
        return [
            Rule(None, everywhere, found, options.catchment_m, _reach_to(context, found.counting))
        ]
    bound: dict[str, list[int]] = {}
    clauses = {clause.id: clause for clause in context.standards.clauses(MEASURE)}
    for row, unit in enumerate(context.residence_units()):
        for adoption in context.binding(MEASURE, unit):
            if doubt_of(adoption) is None:
                bound.setdefault(adoption.clause.id, []).append(row)
    rules: list[Rule] = []
    for name, members in sorted(bound.items()):
        clause = clauses[name]
        rows = np.zeros(n, dtype=bool)
        rows[members] = True
        reach = context.service_reach(clause)
        limit_m = clause.limit if options.catchment_m is None else options.catchment_m
        if clause.comparator is Comparator.LESS_THAN and options.catchment_m is None:
            limit_m = float(np.nextafter(limit_m, 0.0))
        rules.append(Rule(name, rows, reach.selection, limit_m, reach.walking or reach.straight))
    return rules


def _check_options(options: AccessibilityOptions) -> None:
    strangers = sorted(set(options.kinds) - set(kinds()))
    if strangers:
        known = Listed(sorted(kinds()))
        raise UsageError("accessibility_kinds", found=Listed(strangers), known=known)
    if options.kinds and options.catchment_m is None:
        raise UsageError("accessibility_catchment")
    if options.decay not in DECAYS:
        known = Listed(DECAYS)
        raise UsageError("accessibility_decay", found=options.decay, known=known)
    for name in ("catchment_m", "minimum_per_1000"):
        figure = getattr(options, name)
        if figure is not None and not 0 < figure < float("inf"):
            raise UsageError("accessibility_negative", name=name)


def _reach_to(context: Context, counting: Flags) -> Reach:
    rows = context.by_id(np.flatnonzero(counting))
    if context.network is None:
        found = context.straight_to(rows)
    else:
        found = walking_reach(
            context.demand,
            context.facilities_xy[rows],
            len(context.city.residences),
            context.network,
            snap_limit_m=context.city.snap_limit_m,
            snapped=context.snapped_demand,
        )
    at = np.where(found.facility >= 0, rows[found.facility] if len(rows) else -1, -1)
    return dataclasses.replace(found, facility=at)


def catchments(rules: Sequence[Rule], n: int) -> tuple[Floats, tuple[str | None, ...]]:
    """Return the farthest catchment of each residence and the clause that gives it."""
    catchment_m = np.full(n, np.nan)
    clauses = np.full(n, None, dtype=object)
    for rule in rules:
        wider = rule.rows & ~(catchment_m >= rule.limit_m)
        catchment_m[wider], clauses[wider] = rule.limit_m, rule.name
    return catchment_m, tuple(clauses.tolist())


def pairs_of(context: Context, rules: Sequence[Rule]) -> tuple[Integers, csr_array]:
    """Return the facilities that may count, by id, and the pairs that some rule lets count."""
    size, n = len(context.city.facilities), len(context.city.residences)
    may = np.zeros(size, dtype=bool)
    for rule in rules:
        may |= rule.selection.counting | rule.selection.undecided
    # What is known to have no beds and may not even count bears on nothing.
    beds = context.city.facilities["beds"].to_numpy(dtype=float)
    may &= ~(_undecided(rules, size) & (beds == 0))
    facilities = context.by_id(np.flatnonzero(may))
    if not len(facilities):
        return facilities, csr_array((n, 0))
    xy, limit_m = context.facilities_xy[facilities], max(rule.limit_m for rule in rules)
    if context.network is None:
        sight = context.sight
        free = None if sight is None else sight.free
        table = straight_pairs(context.demand, xy, n, limit_m, free=free)
    else:
        table = walking_pairs(
            context.demand, xy, n, context.network, limit_m, snap_limit_m=context.city.snap_limit_m
        )
    row = np.repeat(np.arange(n), np.diff(table.indptr))
    kept = np.zeros(len(row), dtype=bool)
    for rule in rules:
        counts = (rule.selection.counting | rule.selection.undecided)[facilities]
        kept |= rule.rows[row] & counts[table.indices] & (table.data <= rule.limit_m)
    start = np.searchsorted(row[kept], np.arange(n + 1))
    return facilities, csr_array((table.data[kept], table.indices[kept], start), shape=table.shape)


def _undecided(rules: Sequence[Rule], size: int) -> Flags:
    found = np.zeros(size, dtype=bool)
    for rule in rules:
        found |= rule.selection.undecided
    return found


def supply_of(
    context: Context, rules: Sequence[Rule], facilities: Integers
) -> tuple[Floats, Floats]:
    """Return beds and residents; of what may not even count neither is known."""
    frame = context.city.facilities
    doubtful = _undecided(rules, len(frame))[facilities]
    beds = frame["beds"].to_numpy(dtype=float)[facilities]
    residents = frame["residents"].to_numpy(dtype=float)[facilities]
    return np.where(doubtful, np.nan, beds), np.where(doubtful, np.nan, residents)


def lost_on_foot(rules: Sequence[Rule], n: int) -> Flags:
    """Return the residences whose distances on foot are not known: too far from every road."""
    found = np.zeros(n, dtype=bool)
    for rule in rules:
        found |= rule.rows & rule.reach.off_network
    return found


def nearest_of(rules: Sequence[Rule], n: int) -> tuple[Floats, Integers]:
    """Return metres to the nearest facility of each residence, and its position, -1 for none."""
    distance_m, nearest = np.full(n, np.inf), np.full(n, -1, dtype=np.int64)
    for rule in rules:
        closer = rule.rows & (rule.reach.distance_m < distance_m)
        distance_m[closer] = rule.reach.distance_m[closer]
        nearest[closer] = rule.reach.facility[closer]
    return distance_m, nearest
