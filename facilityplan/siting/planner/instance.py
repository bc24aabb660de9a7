"""A city's gaps and candidates as the numbers that the problems take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.checks import Context, Finding
from facilityplan.siting.explanation import missing_floor_area
from facilityplan.siting.planner.generate import generated
from facilityplan.siting.planner.request import BY_DISTANCE, Model, Request, Rule
from facilityplan.siting.planner.sites import SiteSet, given_candidates, site_set
from facilityplan.siting.problem import (
    Candidates,
    Options,
    Problem,
    build_problem,
    counting_xy,
    gap_distances,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Instance:
    """Gaps, candidates and what the problem is asked of.

    Parameters
    ----------
    context, request
        What was asked of which city.
    problem
        Gaps by id, candidates by id, distances within the limits.
    sites
        The candidates with cost, roles, scores.
    weights
        Of every gap; 0 where it has no figure.
    missing_m2
        Floor area that every gap lacks under the clause that binds it.
    standing_xy
        Facilities that count and candidates that stand anyway, metres.
    rows
        Gaps (positions) that the problem is asked of.
    """

    context: Context
    request: Request
    problem: Problem
    sites: SiteSet
    weights: Floats
    missing_m2: Floats
    standing_xy: Floats
    rows: Ints

    @property
    def ids(self) -> list[str]:
        """Ids of the gaps."""
        names = self.context.city.residences["id"].to_numpy(dtype=object)
        return [str(name) for name in names[self.problem.gaps]]

    @property
    def cover(self) -> sparse.csr_matrix:
        """Which candidate covers which gap asked of, as ones."""
        return self.problem.cover[self.rows]

    @property
    def open(self) -> npt.NDArray[np.bool_]:
        """Which candidates may be chosen or stand."""
        free = np.ones(len(self.sites), dtype=bool)
        free[list(self.sites.forbidden)] = False
        return free

    def distances(self) -> Floats:
        """Return gaps asked of x (candidates, then what stands), metres; infinity: no free line."""
        xy = np.vstack([self.sites.candidates.xy, self.standing_xy])
        return gap_distances(
            self.context.city, self.problem.gaps[self.rows], xy, self.context.sight
        )


def build_instance(context: Context, findings: Sequence[Finding], request: Request) -> Instance:
    """Return a city's gaps and candidates as numbers.

    Raises
    ------
    UsageError
        If the weight, the kind to build or an id of a candidate is off.
    MissingLayerError
        If the candidates are to be the city's own and it has none.
    """
    city, standards = context.city, context.standards
    options = Options(request.weight, request.facility_kind, request.spacing_m)
    rule = _rule(context, request)
    if rule is Rule.GIVEN:
        candidates = given_candidates(city)
    else:
        nothing = Candidates((), (), (), np.empty((0, 2)), np.empty(0), rule.value)
        empty = build_problem(city, standards, findings, options, context.sight, nothing)
        candidates = generated(context, empty, rule, request.spacing_m)
    problem = build_problem(city, standards, findings, options, context.sight, candidates)
    sites = site_set(city, standards, candidates, request)
    missing = missing_floor_area(standards, findings)
    names = city.residences["id"].to_numpy(dtype=object)[problem.gaps]
    instance = Instance(
        context,
        request,
        problem,
        sites,
        np.nan_to_num(problem.weights, nan=0.0),
        np.asarray([missing.get(name, 0.0) for name in names]),
        _standing(context, sites),
        np.arange(len(problem.gaps)),
    )
    return replace(instance, rows=_asked(instance))


def _rule(context: Context, request: Request) -> Rule:
    if request.candidates is not None:
        return Rule(request.candidates)
    return Rule.GIVEN if context.city.has("candidates") else Rule.STREET


def _standing(context: Context, sites: SiteSet) -> Floats:
    city = context.city
    counting = counting_xy(city, context.standards) if city.has("facilities") else np.empty((0, 2))
    return np.vstack([counting, sites.candidates.xy[list(sites.standing)]])


def served_by_standing(instance: Instance) -> npt.NDArray[np.bool_]:
    """Return which gaps a candidate that stands anyway closes."""
    column = np.zeros(len(instance.sites))
    column[list(instance.sites.standing)] = 1.0
    return np.asarray(instance.problem.cover @ column).ravel() > 0


def _asked(instance: Instance) -> Ints:
    """Return the gaps that the problem is asked of: those that it could close at all."""
    if Model(instance.request.model) in BY_DISTANCE:
        fine = np.isfinite(instance.distances()).any(axis=1)
        mended = np.asarray([item is not None for item in instance.problem.limits], dtype=bool)
        return np.flatnonzero(fine & mended)
    reach = np.asarray(instance.problem.cover @ instance.open.astype(float)).ravel()
    return np.flatnonzero((reach > 0) & ~served_by_standing(instance))
