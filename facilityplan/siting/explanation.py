"""Why each site of a plan: whom it newly serves, what it mends, what it must hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from facilityplan.checks import Finding, Verdict, assess
from facilityplan.coverage import Sight
from facilityplan.layers import City
from facilityplan.scenario import AddedFacility, changes, mended, with_facilities
from facilityplan.siting.problem import MEASURE, Problem
from facilityplan.siting.proposal import Count, Mended, ProposedSite, SitingPlan
from facilityplan.siting.solution import Solution
from facilityplan.standards import Standards

LOCATION_MEASURES = ("service_radius", "required_facility")
"""Measures that a facility's place alone can mend."""

FLOOR_AREA_MEASURE = "floor_area_per_100_households"


class Explanation:
    """Says for the sites of a plan whom they serve, what they mend and what they must hold."""

    def __init__(
        self,
        city: City,
        standards: Standards,
        findings: Sequence[Finding],
        problem: Problem,
        sight: Sight | None,
    ) -> None:
        self.city = city
        self.standards = standards
        self.findings = findings
        self.problem = problem
        self.sight = sight
        self._last: tuple[tuple[int, ...], tuple[Finding, ...]] | None = None
        self.missing_m2 = missing_floor_area(standards, findings)

    def plan(self, name: str, solution: Solution, n_sites: int) -> SitingPlan:
        """Return the plan of a solution with up to ``n_sites`` sites, each explained."""
        served = self.served(solution.sites)
        mends = self.mends(solution.sites)
        sites = tuple(self.site(at, served[at], mends.get(at, ())) for at in solution.sites)
        return SitingPlan(
            problem=name,
            n_sites=n_sites,
            status=solution.status,
            objective=solution.objective,
            bound=solution.bound,
            gap=solution.gap,
            sites=sites,
        )

    def served(self, sites: Sequence[int]) -> dict[int, list[int]]:
        """Return the gaps of each site: each goes to the nearest site within its limit."""
        served: dict[int, list[int]] = {at: [] for at in sites}
        table = self.problem.distance_m[:, list(sites)].tocsr()
        for gap in range(table.shape[0]):
            columns = table.indices[table.indptr[gap] : table.indptr[gap + 1]]
            distance = table.data[table.indptr[gap] : table.indptr[gap + 1]]
            if len(columns):
                nearest = np.lexsort((columns, distance))[0]
                served[sites[columns[nearest]]].append(int(self.problem.gaps[gap]))
        return served

    def mends(self, sites: Sequence[int]) -> dict[int, tuple[Mended, ...]]:
        """Assess the city again with the sites in it and see which misses they turn."""
        names = self._names(sites)
        found: dict[int, list[Mended]] = {}
        for item in self._mended(sites):
            for name in _named(item.evidence) & set(names):
                note = Mended(item.clause_id, item.unit_kind, item.unit_id)
                found.setdefault(names[name], []).append(note)
        return {at: tuple(notes) for at, notes in found.items()}

    def closed_by_place(self, sites: Sequence[int]) -> set[str]:
        """Return the residences whose missed radius clauses all hold with the sites in the city.

        The city is assessed again, so that nothing of the problem's own distances goes into it.
        """
        radius = {clause.id for clause in self.standards.clauses(MEASURE)}
        missed: dict[str, set[str]] = {}
        for item in self.findings:
            if (
                item.clause_id in radius
                and item.unit_kind == "residence"
                and item.verdict is Verdict.NON_COMPLIANT
            ):
                missed.setdefault(item.unit_id, set()).add(item.clause_id)
        for item in self._mended(sites):
            if item.unit_kind == "residence" and item.unit_id in missed:
                missed[item.unit_id].discard(item.clause_id)
        return {unit for unit, clauses in missed.items() if not clauses}

    def _names(self, sites: Sequence[int]) -> dict[str, int]:
        return {f"site:{self.problem.candidates.ids[at]}": at for at in sites}

    def _mended(self, sites: Sequence[int]) -> tuple[Finding, ...]:
        """Return the findings that turn with the sites; the last answer is kept."""
        key = tuple(sites)
        if self._last is None or self._last[0] != key:
            xy = self.problem.candidates.xy
            added = [
                AddedFacility(name, self.problem.facility_kind, *map(float, xy[at]))
                for name, at in self._names(sites).items()
                if self.problem.facility_kind is not None
            ]
            after = assess(
                with_facilities(self.city, added),
                self.standards,
                measures=LOCATION_MEASURES,
                sight=self.sight,
            )
            self._last = key, tuple(mended(changes(self.findings, after)))
        return self._last[1]

    def site(self, at: int, rows: Sequence[int], mends: tuple[Mended, ...]) -> ProposedSite:
        """Return a site with the residences (positions) that it serves and what it mends."""
        candidates, residences = self.problem.candidates, self.city.residences
        ids = residences["id"].to_numpy(dtype=object)[list(rows)]
        limit = float(candidates.max_floor_area_m2[at])
        return ProposedSite(
            candidate_id=candidates.ids[at],
            name=candidates.names[at],
            kind=candidates.kinds[at],
            x=float(candidates.xy[at, 0]),
            y=float(candidates.xy[at, 1]),
            serves=tuple(sorted(ids)),
            households=count(residences["households"].to_numpy(dtype=float)[list(rows)]),
            persons=count(residences["population"].to_numpy(dtype=float)[list(rows)]),
            elders=count(residences["elders"].to_numpy(dtype=float)[list(rows)]),
            mends=mends,
            floor_area_needed_m2=float(sum(self.missing_m2.get(name, 0.0) for name in ids)),
            max_floor_area_m2=limit if np.isfinite(limit) else None,
        )


def _named(evidence: Mapping[str, object]) -> set[str]:
    """Return the facilities that a finding's evidence names."""
    named = {str(evidence["facility"])} if evidence.get("facility") else set()
    listed = evidence.get("facilities", ())
    if isinstance(listed, (list, tuple)):
        named |= {str(item["facility"]) for item in listed if isinstance(item, Mapping)}
    return named


def missing_floor_area(standards: Standards, findings: Sequence[Finding]) -> dict[str, float]:
    """Return the floor area missing in each residence under the clause that binds it."""
    clauses = {clause.id for clause in standards.clauses(FLOOR_AREA_MEASURE)}
    return {
        item.unit_id: item.shortfall
        for item in findings
        if item.clause_id in clauses and item.unit_kind == "residence" and item.shortfall > 0
    }


def count(figures: npt.NDArray[np.float64]) -> Count:
    """Return the sum of the figures known and how many are not."""
    known = np.isfinite(figures)
    return Count(float(figures[known].sum()), int((~known).sum()))
