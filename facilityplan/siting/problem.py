"""From findings to a covering problem: gaps as demands, candidates as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy import sparse
from scipy.spatial import cKDTree

from facilityplan.checks import Finding, Verdict
from facilityplan.coverage import (
    DemandPoints,
    PointRule,
    Sight,
    demand_points,
    to_millimetres,
)
from facilityplan.errors import UsageError
from facilityplan.layers import City, points_of
from facilityplan.locale import Listed
from facilityplan.provision import reaching, select
from facilityplan.siting.candidates import generate_candidates
from facilityplan.standards import Clause, Standards

MEASURE = "service_radius"

EACH_ONE = "residences"
"""The weight under which each residence counts one."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Options:
    """How to site.

    Parameters
    ----------
    weight
        What the best sites are weighted by: ``households``, ``elders``, or ``residences`` (each
        counts one).
    facility_kind
        Kind of the facility to build; it must count for a radius clause. ``None`` takes the first
        that one names, and the proposal says which.
    spacing_m
        Least distance between generated candidates, and from them to the facilities that count.
    max_sites
        The best p sites are found for p = 1 up to this, or to the number that closes all gaps.
    time_limit_s
        Wall-clock limit of each solve; ``None`` solves to proof.
    """

    weight: str = "households"
    facility_kind: str | None = None
    spacing_m: float = 300.0
    max_sites: int = 10
    time_limit_s: float | None = None


@dataclass(frozen=True)
class Candidates:
    """Candidate sites in the order of their ids; ``source`` is ``given`` or ``generated``."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    xy: Floats
    max_floor_area_m2: Floats
    source: str


@dataclass(frozen=True)
class Problem:
    """A covering problem.

    Parameters
    ----------
    gaps
        Residences (positions) that miss a radius clause, by id.
    undecided
        Residences (positions) that miss none, but have one that cannot be judged, by id.
    distance_m
        Straight line from every gap to every candidate within its limit, sparse, whole
        millimetres in metres, explicit zeros kept; none for a gap whose clause does not count the
        kind to build.
    weights
        Weight of every gap; NaN where the residence has no figure.
    facility_kind
        Kind of the facility to build.
    limits
        Of every gap, the distance (m) within which a site mends it and whether it is included;
        ``None`` where the kind to build mends it nowhere.
    """

    gaps: npt.NDArray[np.int64]
    undecided: npt.NDArray[np.int64]
    candidates: Candidates
    facility_kind: str | None
    distance_m: sparse.csr_matrix
    weights: Floats
    limits: tuple[tuple[float, bool] | None, ...] = ()

    @property
    def cover(self) -> sparse.csr_matrix:
        """Which candidate covers which gap, as ones."""
        return sparse.csr_matrix(
            (
                np.ones(self.distance_m.nnz),
                self.distance_m.indices.copy(),
                self.distance_m.indptr.copy(),
            ),
            shape=self.distance_m.shape,
        )


def build_problem(
    city: City,
    standards: Standards,
    findings: Sequence[Finding],
    options: Options,
    sight: Sight | None = None,
    candidates: Candidates | None = None,
) -> Problem:
    """Return the covering problem of a city's gaps.

    Distances start where the verdicts' do. Under the farthest point a site counts for a gap where
    it alone reaches all its points. ``sight`` are the barriers that cut a line, ``None`` where
    they do not count. ``candidates`` go before the city's own and those made from its gaps.

    Raises
    ------
    UsageError
        If the weight is no column of people, or the kind to build does not count for a radius
        clause: the sites would mend nothing.
    """
    kind = _facility_kind(standards, options)
    missed, doubtful = _radius_gaps(standards, findings)
    ids = city.residences["id"].to_numpy(dtype=str)
    by_id = np.argsort(ids, kind="stable")
    gaps = np.asarray([row for row in by_id if ids[row] in missed], dtype=np.int64)
    undecided = np.asarray([row for row in by_id if ids[row] in doubtful], dtype=np.int64)
    rule = PointRule(city.reach.point)
    demand = demand_points(city.residences, city.layers.get("entrances"), rule)
    if candidates is None:
        candidates = _candidates(city, standards, gaps, options)
    limits = [_mending_limit(missed[ids[row]], kind) for row in gaps]
    distance_m = _distances(demand, gaps, candidates.xy, limits, sight)
    weights = _weights(city, options)[gaps]
    return Problem(gaps, undecided, candidates, kind, distance_m, weights, tuple(limits))


def _weights(city: City, options: Options) -> Floats:
    if options.weight == EACH_ONE:
        return np.ones(len(city.residences))
    if options.weight not in {"households", "elders"}:
        raise UsageError("siting_weight", weight=options.weight)
    weights: Floats = city.residences[options.weight].to_numpy(dtype=float)
    return weights


def _facility_kind(standards: Standards, options: Options) -> str | None:
    """Return the kind to build; documents without a radius clause leave nothing to site for."""
    kinds = [kind for clause in standards.clauses(MEASURE) for kind in clause.kinds]
    if options.facility_kind is None:
        return kinds[0] if kinds else None
    if kinds and options.facility_kind not in kinds:
        allowed = Listed(sorted(set(kinds)))
        raise UsageError("siting_kind", kind=options.facility_kind, allowed=allowed)
    return options.facility_kind


def _radius_gaps(
    standards: Standards, findings: Sequence[Finding]
) -> tuple[dict[str, list[Clause]], set[str]]:
    """Return the radius clauses that each residence misses, and those that only lack data, by id.

    More than one radius clause may bind a residence, each for other kinds of facility.
    """
    clauses = {clause.id: clause for clause in standards.clauses(MEASURE)}
    missed: dict[str, list[Clause]] = {}
    doubtful: set[str] = set()
    for item in findings:
        if item.clause_id not in clauses or item.unit_kind != "residence":
            continue
        if item.verdict is Verdict.NON_COMPLIANT:
            missed.setdefault(item.unit_id, []).append(clauses[item.clause_id])
        elif item.verdict is Verdict.INSUFFICIENT_DATA:
            doubtful.add(item.unit_id)
    return missed, doubtful - missed.keys()


def _mending_limit(missed: Sequence[Clause], kind: str | None) -> tuple[float, bool] | None:
    """Return the distance within which a site mends all that is missed, and whether it is included.

    ``None`` where one of the clauses does not count the kind to build: no site of it mends that.
    """
    if any(clause.kinds and kind not in clause.kinds for clause in missed):
        return None
    return min((clause.limit, clause.holds(clause.limit)) for clause in missed)


def _candidates(
    city: City, standards: Standards, gaps: npt.NDArray[np.int64], options: Options
) -> Candidates:
    if city.has("candidates"):
        return _given(city)
    residences = city.residences.iloc[gaps]
    inner = points_of(residences.geometry)
    existing = counting_xy(city, standards) if city.has("facilities") else None
    kept = generate_candidates(inner, spacing_m=options.spacing_m, existing=existing)
    names = [residences["name"].iloc[at] or residences["id"].iloc[at] for at in kept]
    width = len(str(len(gaps)))
    ids = tuple(f"G{number:0{width}d}" for number in range(1, len(kept) + 1))
    kinds = ("generated",) * len(kept)
    unknown = np.full(len(kept), np.nan)
    return Candidates(ids, tuple(names), kinds, inner[list(kept)], unknown, "generated")


def counting_xy(city: City, standards: Standards) -> Floats:
    """Return the facilities that count for a radius clause; a closed one keeps nothing away."""
    counting = np.zeros(len(city.facilities), dtype=bool)
    for clause in standards.clauses(MEASURE):
        chosen = select(
            city.facilities, clause.kinds, clause.statuses, clause.kinds_serving_community
        )
        counting |= reaching(city, chosen).counting
    return points_of(city.facilities.geometry)[counting]


def _given(city: City) -> Candidates:
    layer = city.layer("candidates")
    order = np.argsort(layer["id"].to_numpy(dtype=str), kind="stable")
    late = layer["available_from"].to_numpy(dtype=float)
    if city.horizon is not None:
        # A candidate that becomes free only after the horizon is none for this plan.
        order = order[~(late[order] > city.horizon)]
    sites = layer.iloc[order]
    names = [name or site for name, site in zip(sites["name"], sites["id"], strict=True)]
    return Candidates(
        tuple(sites["id"]),
        tuple(names),
        tuple(kind or "" for kind in sites["kind"]),
        points_of(sites.geometry),
        sites["max_floor_area_m2"].to_numpy(dtype=float),
        "given",
    )


def _distances(
    demand: DemandPoints,
    gaps: npt.NDArray[np.int64],
    sites_xy: Floats,
    limits: Sequence[tuple[float, bool] | None],
    sight: Sight | None,
) -> sparse.csr_matrix:
    """Return distances from gaps to the sites that mend them, by each gap's own rule."""
    indptr, indices, values = [0], [], []
    tree = cKDTree(sites_xy) if len(sites_xy) else None
    order = np.argsort(demand.owner, kind="stable")
    first = np.searchsorted(demand.owner[order], gaps, side="left")
    last = np.searchsorted(demand.owner[order], gaps, side="right")
    for gap, start, stop, mending in zip(gaps, first, last, limits, strict=True):
        doors = demand.xy[order[start:stop]]
        area = None if demand.areas is None else demand.areas[gap]
        near = _near(tree, doors, None if mending is None else mending[0])
        if mending is not None and area is not None:
            near = np.union1d(near, np.flatnonzero(shapely.intersects_xy(area, sites_xy)))
        if mending is not None and len(near):
            limit, included = mending
            farthest = demand.rule[gap] is PointRule.FARTHEST_POINT
            distance = _apart(doors, sites_xy[near], area, sight, farthest=farthest)
            within = distance <= limit if included else distance < limit
            indices.append(near[within])
            values.append(distance[within])
        indptr.append(indptr[-1] + (len(indices[-1]) if len(near) else 0))
    return sparse.csr_matrix(
        (
            np.concatenate(values) if values else np.empty(0),
            np.concatenate(indices) if indices else np.empty(0, dtype=np.int64),
            np.asarray(indptr),
        ),
        shape=(len(gaps), len(sites_xy)),
    )


def gap_distances(
    city: City, gaps: npt.NDArray[np.int64], sites_xy: Floats, sight: Sight | None
) -> Floats:
    """Return the straight line from every gap to every site, gaps x sites, metres.

    As the verdicts measure it, without a limit; infinity where no line is free.
    """
    demand = demand_points(
        city.residences, city.layers.get("entrances"), PointRule(city.reach.point)
    )
    order = np.argsort(demand.owner, kind="stable")
    first = np.searchsorted(demand.owner[order], gaps, side="left")
    last = np.searchsorted(demand.owner[order], gaps, side="right")
    table = np.full((len(gaps), len(sites_xy)), np.inf)
    if not len(sites_xy):
        return table
    for row, (gap, start, stop) in enumerate(zip(gaps, first, last, strict=True)):
        area = None if demand.areas is None else demand.areas[gap]
        farthest = demand.rule[gap] is PointRule.FARTHEST_POINT
        doors = demand.xy[order[start:stop]]
        table[row] = _apart(doors, sites_xy, area, sight, farthest=farthest)
    return table


def _apart(
    doors: Floats, sites_xy: Floats, area: Any, sight: Sight | None, *, farthest: bool
) -> Floats:
    """Return how far each site is from a gap, (sites,) metres; inf where no line is free."""
    away = sites_xy[:, None, :] - doors[None, :, :]
    apart = np.hypot(away[..., 0], away[..., 1])
    if sight is not None:
        ends = np.broadcast_arrays(doors[None, :, :], sites_xy[:, None, :])
        clear = sight.free(ends[0].reshape(-1, 2), ends[1].reshape(-1, 2))
        apart = np.where(clear.reshape(apart.shape), apart, np.inf)
    distance = apart.max(axis=1) if farthest else apart.min(axis=1)
    if area is not None:
        outright = shapely.distance(area, shapely.points(sites_xy))
        distance = np.where((outright == 0) | (sight is None), outright, distance)
    return to_millimetres(distance)


def _near(tree: cKDTree | None, doors: Floats, limit_m: float | None) -> npt.NDArray[np.int64]:
    if tree is None or limit_m is None:
        return np.empty(0, dtype=np.int64)
    found = tree.query_ball_point(doors, limit_m + 0.001)
    return np.asarray(sorted(set().union(*found)), dtype=np.int64)
