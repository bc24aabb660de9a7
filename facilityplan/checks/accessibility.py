"""Accessibility of a city's residences: bands, floating catchments, minimum, near but full.

Which facilities count for a residence, and how far, is what the radius clauses in force say of it;
a caller may name kinds and a catchment instead. On foot where there are roads, else in a straight
line. Nothing here is a verdict: it stands beside the findings.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from facilityplan.checks.catchments import (
    DECAYS,
    AccessibilityOptions,
    Rule,
    catchments,
    lost_on_foot,
    nearest_of,
    pairs_of,
    rules_of,
    supply_of,
)
from facilityplan.checks.context import FINEST_FIRST, Context
from facilityplan.checks.demand_split import DemandSplit
from facilityplan.checks.finding import doubt_of
from facilityplan.coverage import (
    Accessibility,
    Band,
    BelowMinimum,
    Metric,
    Vacancy,
    below_minimum,
    distance_bands,
    gini,
    near_but_full,
    two_step,
)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

BEDS_MEASURE: Final = "beds_per_1000"
BEDS_UNIT: Final = "beds_per_1000_elders"


@dataclass(frozen=True)
class Summary:
    """A place: all residences, or those of a zone.

    ``beds_per_1000`` is the mean over the elders whose figure is known; ``elders_unknown`` and
    ``undecided`` count residences without elders and without a known figure.
    """

    zone: str | None
    name: str
    residences: int
    elders: float
    elders_unknown: int
    undecided: int
    beds_per_1000: float | None
    gini: float | None
    below: BelowMinimum


@dataclass(frozen=True)
class FullFinding:
    """A residence near facilities all of which are full: each with distance, beds, residents."""

    residence: str
    name: str
    facilities: tuple[tuple[str, float, float, float], ...]


@dataclass(frozen=True)
class CityAccessibility:
    """Accessibility of all residences of a city, by position in its frame.

    Parameters
    ----------
    metric
        How distances were measured.
    clauses
        (n,) radius clause whose limit is the catchment; ``None`` where none binds.
    catchment_m
        (n,) metres; NaN where the residence has none.
    distance_m, nearest
        (n,) metres to the nearest facility that counts, and its position, -1 for none.
    elders, estimated
        (n,) demand, and whether it is an estimate from the zones.
    plain, enhanced
        2SFCA and E2SFCA, in beds per elder.
    minimum
        (n,) beds per elder that are demanded; NaN where nothing is.
    minimum_clauses
        (n,) clause that demands it, ``None`` where it is the caller's or there is none.
    vacancy
        (n,) whether what is near has room.
    reasons
        (n,) message id of why a figure is not known, ``None`` where it is.
    bands
        By weight: ``units``, ``households``, ``elders``.
    facilities
        Positions of the facilities in the order of ``plain``'s ratios.
    """

    options: AccessibilityOptions
    metric: Metric
    clauses: tuple[str | None, ...]
    catchment_m: Floats
    distance_m: Floats
    nearest: Integers
    elders: Floats
    estimated: Flags
    split: DemandSplit | None
    plain: Accessibility
    enhanced: Accessibility
    minimum: Floats
    minimum_clauses: tuple[str | None, ...]
    vacancy: tuple[Vacancy, ...]
    reasons: tuple[str | None, ...]
    bands: dict[str, tuple[Band, ...]]
    facilities: Integers
    nobody: tuple[str, ...]
    near_but_full: tuple[FullFinding, ...]
    city: Summary
    zones: tuple[Summary, ...]


def accessibility(
    context: Context,
    options: AccessibilityOptions | None = None,
    split: DemandSplit | None = None,
) -> CityAccessibility:
    """Return the accessibility of a city's residences.

    Parameters
    ----------
    context
        City, standards and road graph.
    options
        What the caller chose.
    split
        Estimated elders of residences that lack their own; without it these stay unknown.

    Raises
    ------
    MissingLayerError
        If the project has no residences or no facilities.
    UsageError
        If a band, a catchment or a minimum cannot be.
    """
    chosen = options or AccessibilityOptions()
    rules, n = rules_of(context, chosen), len(context.city.residences)
    elders, estimated = _elders(context, split)
    catchment_m, clauses = catchments(rules, n)
    facilities, pairs = pairs_of(context, rules)
    supply, residents = supply_of(context, rules, facilities)
    lost = lost_on_foot(rules, n)
    unknown = np.isnan(catchment_m) | lost
    reach_m = np.nan_to_num(catchment_m, nan=0.0)
    plain, enhanced = (
        _spanned(
            context, two_step(pairs, supply, elders, catchment_m=reach_m, decay=decay), unknown
        )
        for decay in (None, DECAYS[chosen.decay]())
    )
    minimum, demanded_by = _minimum(context, chosen)
    vacancy = _vacancy(context, near_but_full(pairs, supply, residents, reach_m), unknown)
    distance_m, nearest = nearest_of(rules, n)
    summaries = _summaries(context, plain, minimum, elders)
    names = context.cells("facilities", "id")
    return CityAccessibility(
        options=chosen,
        metric=_metric(context, rules),
        clauses=clauses,
        catchment_m=catchment_m,
        distance_m=distance_m,
        nearest=nearest,
        elders=elders,
        estimated=estimated,
        split=split,
        plain=plain,
        enhanced=enhanced,
        minimum=minimum,
        minimum_clauses=demanded_by,
        vacancy=vacancy,
        reasons=_reasons(context, plain, catchment_m, lost, elders),
        bands=_bands(context, distance_m, elders, chosen),
        facilities=facilities,
        nobody=tuple(names[row] for row in facilities[plain.nobody].tolist()),
        near_but_full=_full(context, pairs, facilities, supply, residents, vacancy),
        city=summaries[0],
        zones=summaries[1:],
    )


def _elders(context: Context, split: DemandSplit | None) -> tuple[Floats, Flags]:
    if split is not None:
        return split.split.value, split.split.estimated
    own = context.city.residences["elders"].to_numpy(dtype=float)
    return own, np.zeros(len(own), dtype=bool)


def _metric(context: Context, rules: Sequence[Rule]) -> Metric:
    if rules:
        return rules[0].reach.metric
    return Metric.STRAIGHT_LINE if context.network is None else Metric.WALKING


def _bands(
    context: Context, distance_m: Floats, elders: Floats, options: AccessibilityOptions
) -> dict[str, tuple[Band, ...]]:
    households = context.city.residences["households"].to_numpy(dtype=float)
    weights = {"units": np.ones(len(elders)), "households": households, "elders": elders}
    return {
        name: distance_bands(distance_m, weight, options.bands_m)
        for name, weight in weights.items()
    }


def _spanned(context: Context, found: Accessibility, unknown: Flags) -> Accessibility:
    """Return the figures with no upper bound where more may count than is listed."""
    open_end = unknown | (not context.city.facilities_complete)
    return dataclasses.replace(found, high=np.where(open_end, np.inf, found.high))


def _vacancy(context: Context, found: Sequence[Vacancy], unknown: Flags) -> tuple[Vacancy, ...]:
    """Return the words with no certainty where more may count than is listed."""
    open_end = unknown | (not context.city.facilities_complete)
    return tuple(
        Vacancy.UNKNOWN if may and word is not Vacancy.FREE else word
        for word, may in zip(found, open_end.tolist(), strict=True)
    )


def _minimum(
    context: Context, options: AccessibilityOptions
) -> tuple[Floats, tuple[str | None, ...]]:
    """Return the beds per elder that each residence's places demand, the strictest of them.

    A demand on a city or a county is one on the whole of it; here it is held against its parts as
    a yardstick.
    """
    n = len(context.city.residences)
    if options.minimum_per_1000 is not None:
        return np.full(n, options.minimum_per_1000 / 1000.0), (None,) * n
    found: dict[Any, tuple[float, str | None]] = {}
    rows: list[tuple[float, str | None]] = []
    for unit in context.residence_units():
        if unit not in found:
            binding = [
                adoption.clause
                for level in FINEST_FIRST
                for adoption in context.binding(
                    BEDS_MEASURE, dataclasses.replace(unit, status=None, level=level)
                )
                if doubt_of(adoption) is None
                and adoption.clause.unit == BEDS_UNIT
                and adoption.clause.comparator is not None
                and adoption.clause.comparator.wants_more
            ]
            strict = max(binding, key=lambda clause: (clause.limit, clause.id), default=None)
            found[unit] = (np.nan, None) if strict is None else (strict.limit / 1000.0, strict.id)
        rows.append(found[unit])
    return np.asarray([value for value, _ in rows], dtype=float), tuple(name for _, name in rows)


def _reasons(
    context: Context, plain: Accessibility, catchment_m: Floats, lost: Flags, elders: Floats
) -> tuple[str | None, ...]:
    """Return why a figure is not known, the first reason that holds."""
    known = plain.known
    why = np.select(
        [known, np.isnan(catchment_m), lost, np.isnan(elders)],
        ["", "no_radius", "off_network", "elders_unknown"],
        default="catchment_unknown" if context.city.facilities_complete else "incomplete",
    )
    return tuple(f"accessibility.reason.{name}" if name else None for name in why.tolist())


def _full(
    context: Context,
    pairs: csr_array,
    facilities: Integers,
    supply: Floats,
    residents: Floats,
    vacancy: Sequence[Vacancy],
) -> tuple[FullFinding, ...]:
    names = context.cells("facilities", "id")
    found: list[FullFinding] = []
    for row, word in enumerate(vacancy):
        if word is not Vacancy.FULL:
            continue
        part = slice(pairs.indptr[row], pairs.indptr[row + 1])
        at, distance = pairs.indices[part].tolist(), pairs.data[part].tolist()
        near = sorted(
            (names[int(facilities[j])], float(d), float(supply[j]), float(residents[j]))
            for j, d in zip(at, distance, strict=True)
            if supply[j] > 0
        )
        unit = context.residence_ref(row)
        found.append(FullFinding(unit.id, unit.name, tuple(near)))
    return tuple(sorted(found, key=lambda item: item.residence))


def _summaries(
    context: Context, plain: Accessibility, minimum: Floats, elders: Floats
) -> tuple[Summary, ...]:
    """Return the whole city, then each zone with residences in it, by id."""

    def summary(zone: str | None, name: str, rows: Integers) -> Summary:
        here = Accessibility(
            plain.low[rows],
            plain.high[rows],
            plain.ratio_low,
            plain.ratio_high,
            plain.demand_in_reach,
            plain.nobody,
        )
        weight = elders[rows]
        counted = np.isfinite(weight) & here.known
        total = float(weight[counted].sum())
        mean = float((here.low * weight)[counted].sum()) * 1000.0 / total if total > 0 else None
        return Summary(
            zone,
            name,
            len(rows),
            float(np.nansum(weight)),
            int(np.isnan(weight).sum()),
            int((~here.known).sum()),
            mean,
            gini(here.value, weight),
            below_minimum(here, minimum[rows], weight),
        )

    found = [summary(None, context.city.name, np.arange(len(elders)))]
    if context.city.has("zones"):
        refs = sorted(
            ((context.zone_ref(row), row) for row in range(len(context.city.zones))),
            key=lambda pair: pair[0].id,
        )
        for ref, row in refs:
            members = context.residences_within([row])
            if len(members):
                found.append(summary(ref.id, ref.name, members))
    return tuple(found)
