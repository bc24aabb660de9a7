"""The candidates of a plan: the city's own or generated ones, each with what speaks for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from facilityplan.errors import UsageError
from facilityplan.layers import City, points_of
from facilityplan.provision import select
from facilityplan.siting.planner.request import CAPACITATED, Request, Rule
from facilityplan.siting.problem import Candidates
from facilityplan.standards import Standards

Floats = npt.NDArray[np.float64]

HEALTH_KINDS = ("health_facility",)
"""Kinds whose nearness speaks for a site where no clause in force names any (XC15, an advisory
clause without a distance: health facilities are to be planned beside elder-care facilities)."""

HEALTH_STATUSES = ("operating", "planned")
"""Those that count for it, as in XC15."""


@dataclass(frozen=True)
class SiteSet:
    """Candidates in the order of their ids.

    Parameters
    ----------
    candidates
        Ids, names, kinds, places, limits of size.
    cost
        In the unit of the city's column; NaN where unknown.
    available_from
        Year from which it can be used; NaN for any time.
    health_m
        Straight line to the nearest health facility in metres (XC15); infinite without one.
    score
        Suitability by the layer of that name, the least of those that overlap; NaN outside it.
    barred
        Why a candidate may not be chosen, by position: ``forbidden``, ``excluded``, ``too_late``,
        ``score_too_low``, ``cost_unknown``, ``size_unknown``.
    mandatory, standing
        Positions of those that every plan holds and of those that stand anyway.
    """

    candidates: Candidates
    cost: Floats
    available_from: Floats
    health_m: Floats
    score: Floats
    barred: Mapping[int, str]
    mandatory: tuple[int, ...]
    standing: tuple[int, ...]

    @property
    def forbidden(self) -> tuple[int, ...]:
        """Positions of those that may not be chosen, ascending."""
        return tuple(sorted(self.barred))

    def __len__(self) -> int:
        return len(self.candidates.ids)


def given_candidates(city: City) -> Candidates:
    """Return the city's own candidates, all of them.

    Raises
    ------
    MissingLayerError
        If it has none.
    """
    layer = _sorted_layer(city)
    names = [name or site for name, site in zip(layer["name"], layer["id"], strict=True)]
    return Candidates(
        tuple(layer["id"]),
        tuple(names),
        tuple(kind or "" for kind in layer["kind"]),
        points_of(layer.geometry),
        layer["max_floor_area_m2"].to_numpy(dtype=float),
        Rule.GIVEN.value,
    )


def _sorted_layer(city: City) -> gpd.GeoDataFrame:
    layer = city.layer("candidates")
    return layer.iloc[np.argsort(layer["id"].to_numpy(dtype=str), kind="stable")]


def site_set(city: City, standards: Standards, candidates: Candidates, request: Request) -> SiteSet:
    """Return candidates with their cost, roles and scores, and why some may not be chosen.

    Raises
    ------
    UsageError
        If an id of the request is none of a candidate's, or one has two roles.
    """
    n_sites = len(candidates.ids)
    cost, available, roles = np.full(n_sites, np.nan), np.full(n_sites, np.nan), [None] * n_sites
    if candidates.source == Rule.GIVEN.value:
        layer = _sorted_layer(city)
        cost = layer["cost"].to_numpy(dtype=float)
        available = layer["available_from"].to_numpy(dtype=float)
        roles = list(layer["role"])
    asked = {
        "mandatory": request.mandatory,
        "forbidden": request.forbidden,
        "existing": request.existing,
    }
    places = {
        role: _positions(candidates.ids, wanted)
        | {at for at, said in enumerate(roles) if said == role}
        for role, wanted in asked.items()
    }
    _refuse_two_roles(candidates.ids, places)
    score = suitability(city, candidates.xy)
    barred = dict.fromkeys(places["forbidden"], "forbidden")
    late = available > _year(city, request)
    poor = (score < request.least_score) if request.least_score is not None else np.zeros(0, bool)
    needs_cost = request.budget is not None or request.by_cost
    reasons: list[tuple[str, npt.NDArray[np.bool_]]] = [
        ("excluded", excluded(city, candidates.xy)),
        ("too_late", late),
        ("score_too_low", poor),
        ("cost_unknown", np.isnan(cost) if needs_cost else np.zeros(0, bool)),
        (
            "size_unknown",
            np.isnan(candidates.max_floor_area_m2)
            if request.model in CAPACITATED
            else np.zeros(0, bool),
        ),
    ]
    for reason, hit in reasons:
        for at in np.flatnonzero(hit).tolist():
            if at not in places["existing"]:
                barred.setdefault(at, reason)
    held = sorted(places["mandatory"] & barred.keys())
    if held:
        first = held[0]
        raise UsageError("site_mandatory_barred", id=candidates.ids[first], reason=barred[first])
    return SiteSet(
        candidates,
        cost,
        available,
        health_distance(city, standards, candidates.xy),
        score,
        barred,
        tuple(sorted(places["mandatory"])),
        tuple(sorted(places["existing"])),
    )


def _year(city: City, request: Request) -> float:
    if request.year is not None:
        return request.year
    if request.stages:
        return request.stages[-1][0]
    return np.inf if city.horizon is None else city.horizon


def _positions(ids: Sequence[str], wanted: Collection[str]) -> set[int]:
    known = {name: at for at, name in enumerate(ids)}
    for name in wanted:
        if name not in known:
            raise UsageError("site_unknown_candidate", id=name, candidates=len(ids))
    return {known[name] for name in wanted}


def _refuse_two_roles(ids: Sequence[str], places: Mapping[str, set[int]]) -> None:
    names = sorted(places)
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            both = sorted(places[one] & places[other])
            if both:
                raise UsageError("siting_two_roles", given=ids[both[0]])


def excluded(city: City, xy: Floats) -> npt.NDArray[np.bool_]:
    """Return which points lie in an area of the layers exclusions and barriers (water, rails)."""
    hit = np.zeros(len(xy), dtype=bool)
    for name in ("exclusions", "barriers"):
        if city.has(name):
            shapes = city.layer(name).geometry.to_numpy()
            areas = shapes[shapely.get_dimensions(shapes) == 2]
            tree = shapely.STRtree(areas)
            inside, _ = tree.query(shapely.points(xy.reshape(-1, 2)), predicate="intersects")
            hit[inside] = True
    return hit


def suitability(city: City, xy: Floats) -> Floats:
    """Return the least score of the areas of the layer suitability at each point, NaN outside."""
    score = np.full(len(xy), np.nan)
    if not city.has("suitability"):
        return score
    layer = city.layer("suitability")
    values = layer["score"].to_numpy(dtype=float)
    tree = shapely.STRtree(layer.geometry.to_numpy())
    point, area = tree.query(shapely.points(xy.reshape(-1, 2)), predicate="intersects")
    for at, row in zip(point.tolist(), area.tolist(), strict=True):
        score[at] = np.fmin(score[at], values[row])
    return score


def health_distance(city: City, standards: Standards, xy: Floats) -> Floats:
    """Return the straight line from each point to the nearest health facility, metres.

    The kinds are those that the adjacency clauses in force put first in their pairs, else
    :data:`HEALTH_KINDS`; infinite where the city has none.
    """
    nothing = np.full(len(xy), np.inf)
    if not city.has("facilities"):
        return nothing
    pairs = [
        pair
        for clause in standards.clauses("adjacency")
        for pair in clause.parameters.get("pairs", ())
    ]
    kinds = sorted({str(pair[0]) for pair in pairs}) or HEALTH_KINDS
    counting = select(city.facilities, kinds, HEALTH_STATUSES).counting
    if not counting.any() or not len(xy):
        return nothing
    tree = cKDTree(points_of(city.facilities.geometry)[counting])
    found: Floats = np.round(tree.query(xy)[0], 3)
    return found
