"""A city, its findings and a request in; a plan with its certificate and reasons out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from facilityplan.checks import Context, Finding
from facilityplan.crs import require_layers_in_metres
from facilityplan.errors import SolveError
from facilityplan.siting import verify
from facilityplan.siting.capacity import Allocation
from facilityplan.siting.equals import MODELS, equally_good
from facilityplan.siting.explanation import Explanation, count
from facilityplan.siting.options import SolveOptions
from facilityplan.siting.planner.curve import curves
from facilityplan.siting.planner.gaps import closed_gaps, open_gaps
from facilityplan.siting.planner.instance import Instance, build_instance, served_by_standing
from facilityplan.siting.planner.request import (
    CAPACITATED,
    Model,
    Request,
    checked_request,
)
from facilityplan.siting.planner.result import (
    Alternative,
    Certificate,
    EqualPlan,
    SitePlan,
    SiteReasons,
    Totals,
)
from facilityplan.siting.planner.solve import Solved, backup_times, solve
from facilityplan.siting.planner.streets import street_table
from facilityplan.siting.planner.swaps import Values
from facilityplan.siting.proposal import StageResult
from facilityplan.siting.solution import Solution, Status
from facilityplan.siting.stages import Staged

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Told = Callable[[str], None]
"""Called with a message id below ``progress`` when a part begins."""


def _silent(_: str) -> None:
    return None


def plan_sites(
    context: Context,
    findings: Sequence[Finding],
    request: Request | None = None,
    *,
    options: SolveOptions | None = None,
    told: Told = _silent,
) -> SitePlan:
    """Return the plan that was asked for, with its certificate and its reasons.

    Gaps and candidates are taken in the order of their ids, so that the order of the rows of the
    input changes nothing.

    Parameters
    ----------
    context
        City, standards and barriers, as they were assessed.
    findings
        The findings of that city; radius findings that do not comply are the gaps.
    request
        The problem, its limits, the candidates.
    options
        Time limit, gap, threads, seed, progress.
    told
        Called when a part begins.

    Returns
    -------
    SitePlan
        ``certificate.status`` is ``infeasible`` where no plan does what was asked; the conflict
        then says by how much.

    Raises
    ------
    UsageError
        If the request is off.
    MissingLayerError
        If the candidates are to be the city's own and it has none.
    CrsError
        If a layer of the city is not in metres.
    SolveError
        ``no_plan_in_time``; ``solver_disagrees`` where a recount does not confirm the plan.
    """
    require_layers_in_metres(context.city)
    asked = checked_request(request or Request())
    how = options or SolveOptions()
    told("site_reading")
    instance = build_instance(context, findings, asked)
    told("site_solving")
    solved = _solved(instance, how)
    told("site_explaining")
    explain = Explanation(
        context.city, context.standards, findings, instance.problem, context.sight
    )
    parts = _Parts(instance, solved, explain)
    told("site_equals")
    certificate = parts.certificate(how)
    stopped = solved.solution.interrupted
    told("site_curve")
    reach = () if stopped or not len(instance.rows) else curves(instance, how)
    candidates, residences = instance.sites.candidates, context.city.residences
    ids = np.asarray(instance.ids, dtype=object)
    few = Model(asked.model) is Model.LSCP_BACKUP and len(instance.rows)
    return SitePlan(
        request=asked,
        facility_kind=instance.problem.facility_kind,
        rule=candidates.source,
        n_gaps=len(ids),
        n_asked=len(instance.rows),
        n_candidates=int(instance.open.sum()) - len(instance.sites.standing),
        undecided=tuple(residences["id"].to_numpy(dtype=object)[instance.problem.undecided]),
        unweighted=tuple(ids[instance.rows][np.isnan(instance.problem.weights[instance.rows])]),
        served_by_standing=tuple(ids[served_by_standing(instance)]),
        no_backup=tuple(ids[instance.rows][backup_times(instance) < 2]) if few else (),
        barred=tuple(
            (candidates.ids[at], why) for at, why in sorted(instance.sites.barred.items())
        ),
        certificate=certificate,
        sites=parts.sites(),
        totals=parts.totals(),
        open_gaps=open_gaps(instance, solved.solution, parts.closed),
        stages=parts.stages(),
        curves=reach,
        streets=street_table(
            context,
            findings,
            instance.problem,
            parts.closed,
            candidates.xy[list(solved.solution.sites)],
        ),
    )


def _solved(instance: Instance, options: SolveOptions) -> Solved:
    """Solve; with no gap to ask of there is nothing to build."""
    if len(instance.rows):
        return solve(instance, options)
    nothing = Solution(
        sites=instance.sites.mandatory, objective=0.0, bound=0.0, gap=0.0, status=Status.OPTIMAL
    )
    return Solved(nothing, None, nothing)


class _Parts:
    """The parts of a plan, from what was solved."""

    def __init__(self, instance: Instance, solved: Solved, explain: Explanation) -> None:
        self.instance = instance
        self.solved = solved
        self.explain = explain
        self.chosen = solved.solution.sites
        self.mends = explain.mends(self.chosen)
        self.served = explain.served(self.chosen)
        self.closed = self._closed()
        self.values = Values(instance, solved) if solved.call is not None else None

    def _closed(self) -> Bools:
        closed = closed_gaps(self.instance, self.chosen)
        if Model(self.instance.request.model) not in CAPACITATED or not self.chosen:
            return closed
        # A gap without a need for floor area is closed by the place; others by what is held.
        shares = self._shares()
        full = np.zeros(len(closed), dtype=bool)
        full[self.instance.rows] = shares.sum(axis=1) >= 1 - 1e-6
        return np.asarray(closed & (full | (self.instance.missing_m2 <= 0)), dtype=bool)

    def _shares(self) -> Floats:
        answer = self.solved.answer
        if not isinstance(answer, Allocation):
            return np.zeros((len(self.instance.rows), len(self.instance.sites)))
        return np.asarray(answer.shares.toarray())

    def _assigned(self) -> dict[int, list[int]]:
        """Return the residences (positions) of each site; those of a full site stay out."""
        gap_of = {int(gap): row for row, gap in enumerate(self.instance.problem.gaps)}
        if Model(self.instance.request.model) in CAPACITATED:
            served: dict[int, list[int]] = {at: [] for at in self.chosen}
            shares = self._shares()
            for at, row in enumerate(self.instance.rows.tolist()):
                if self.closed[row] and shares[at].any():
                    site = int(np.argmax(shares[at]))
                    served[site].append(int(self.instance.problem.gaps[row]))
            for site, residences in self.served.items():
                served[site] += [
                    gap
                    for gap in residences
                    if self.closed[gap_of[gap]] and self.instance.missing_m2[gap_of[gap]] <= 0
                ]
            return served
        standing = served_by_standing(self.instance)
        return {
            site: [gap for gap in residences if not standing[gap_of[gap]]]
            for site, residences in self.served.items()
        }

    def sites(self) -> tuple[SiteReasons, ...]:
        """Return the reasons of every site, by id."""
        assigned = self._assigned()
        years = self._years()
        return tuple(self._site(at, assigned[at], years.get(at)) for at in self.chosen)

    def _site(self, at: int, rows: Sequence[int], year: int | None) -> SiteReasons:
        sites = self.instance.sites
        lost = self._lost(at)
        residences = self.instance.context.city.residences
        swaps = None if self.values is None else self.values.alternatives(self.chosen, at)
        answer = self.solved.answer
        held = answer if isinstance(answer, Allocation) else None
        return SiteReasons(
            site=self.explain.site(at, rows, self.mends.get(at, ())),
            value=self._value(at, rows),
            lost=tuple(self.explain.city.residences["id"].to_numpy(dtype=object)[lost]),
            lost_households=count(residences["households"].to_numpy(dtype=float)[lost]),
            lost_elders=count(residences["elders"].to_numpy(dtype=float)[lost]),
            alternatives=None
            if swaps is None
            else tuple(
                Alternative(
                    sites.candidates.ids[swap.candidate],
                    swap.value,
                    float(sites.health_m[swap.candidate]),
                    float(sites.score[swap.candidate]),
                )
                for swap in swaps
            ),
            cost=float(sites.cost[at]),
            available_from=float(sites.available_from[at]),
            health_m=float(sites.health_m[at]),
            score=float(sites.score[at]),
            stage=year,
            floor_area_m2=None if held is None else float(held.load[at]),
            modules=None if held is None else int(held.modules[at].sum()),
        )

    def _lost(self, at: int) -> npt.NDArray[np.int64]:
        """Return the residences (positions) that no other site of the plan serves."""
        rest = tuple(site for site in self.chosen if site != at)
        if Model(self.instance.request.model) in CAPACITATED:
            return np.asarray(sorted(self._assigned()[at]), dtype=np.int64)
        lost = closed_gaps(self.instance, self.chosen) & ~closed_gaps(self.instance, rest)
        return self.instance.problem.gaps[lost]

    def _value(self, at: int, rows: Sequence[int]) -> float | None:
        """Return the site's part of the objective, where objectives are sums over sites."""
        model, request = Model(self.instance.request.model), self.instance.request
        gap_of = {int(gap): row for row, gap in enumerate(self.instance.problem.gaps)}
        positions = [gap_of[row] for row in rows]
        if model is Model.MCLP:
            return math.fsum(self.instance.weights[positions])
        if model in {Model.LSCP, Model.LSCP_BACKUP, Model.PARTIAL_COVERAGE}:
            return float(self.instance.sites.cost[at]) if request.by_cost else 1.0
        if model is Model.CAPACITATED_COVERAGE and isinstance(self.solved.answer, Allocation):
            return float(self.solved.answer.load[at])
        return None

    def totals(self) -> Totals:
        """Return what the plan newly serves, worked out apart from its sites."""
        residences = self.instance.context.city.residences
        new = self.closed & ~served_by_standing(self.instance)
        rows = self.instance.problem.gaps[new]
        return Totals(
            gaps=int(new.sum()),
            households=count(residences["households"].to_numpy(dtype=float)[rows]),
            persons=count(residences["population"].to_numpy(dtype=float)[rows]),
            elders=count(residences["elders"].to_numpy(dtype=float)[rows]),
            cost=count(self.instance.sites.cost[list(self.chosen)]),
        )

    def _years(self) -> dict[int, int]:
        answer = self.solved.answer
        if not isinstance(answer, Staged):
            return {}
        years: dict[int, int] = {}
        for (year, _), sites in zip(self.instance.request.stages, answer.stages, strict=False):
            for site in sites:
                years.setdefault(site, year)
        return years

    def stages(self) -> tuple[StageResult, ...]:
        """Return the stages of the plan."""
        answer = self.solved.answer
        if not isinstance(answer, Staged) or not answer.stages:
            return ()
        ids = self.instance.sites.candidates.ids
        gaps = np.asarray(self.instance.ids, dtype=object)
        found, before = [], set[int]()
        closed = served_by_standing(self.instance)
        for (year, number), sites, weight in zip(
            self.instance.request.stages, answer.stages, answer.covered, strict=True
        ):
            new = tuple(ids[site] for site in sites if site not in before)
            by_then = closed_gaps(self.instance, tuple(sites))
            serves = tuple(gaps[by_then & ~closed])
            named = tuple(ids[s] for s in sites)
            found.append(StageResult(year, number, named, new, weight, serves))
            before, closed = before | set(sites), by_then
        return tuple(found)

    def certificate(self, options: SolveOptions) -> Certificate:
        """Return how far the plan can be relied on.

        Raises
        ------
        SolveError
            ``solver_disagrees`` where a recount does not confirm the plan.
        """
        solution = self.solved.solution
        recount = self._recount()
        by_place = closed_gaps(self.instance, self.chosen) & ~served_by_standing(self.instance)
        reassessed = self.explain.closed_by_place(self.chosen)
        placed = {self.instance.ids[row] for row in np.flatnonzero(by_place)}
        if self.chosen and not placed <= reassessed:
            raise SolveError("solver_disagrees", claimed=len(placed), found=len(reassessed))
        unique, equals, complete = self._equals(options)
        return Certificate(
            status=solution.status,
            objective=solution.objective,
            bound=solution.bound,
            gap=solution.gap,
            interrupted=solution.interrupted,
            first_of_equals=solution.lowest_index,
            conflict=dict(solution.conflict or {}),
            recount=recount,
            closed_recount=int(by_place.sum()),
            closed_reassessed=len(reassessed & set(self.instance.ids)),
            unique=unique,
            equals=equals,
            equals_complete=complete,
        )

    def _recount(self) -> float | None:
        solution, answer = self.solved.solution, self.solved.answer
        if solution.status is Status.INFEASIBLE or self.values is None:
            return None
        if isinstance(answer, Staged):
            found = math.fsum(
                verify.covered_weight(self.instance.cover, self.values.weights, list(sites))
                for sites in answer.stages
            )
        elif isinstance(answer, Allocation):
            shares = answer.shares.toarray()
            need = self.instance.missing_m2[self.instance.rows]
            if Model(self.instance.request.model) is Model.CAPACITATED_COVERAGE:
                found = math.fsum(verify.assigned_loads(need, shares))
            else:
                table = self.solved.call.args[0] if self.solved.call else shares
                used = shares > 0
                found = math.fsum((need[:, None] * shares)[used] * table[used])
        else:
            found = self.values.value(self.chosen)
        if not (math.isinf(found) and math.isinf(solution.objective)):
            verify.agree(solution.objective, found, within=verify.SOLVER_AGREEMENT)
        return found

    def _equals(self, options: SolveOptions) -> tuple[bool | None, tuple[EqualPlan, ...], bool]:
        """Return whether the plan is the only one as good, and up to so many others."""
        solution, call = self.solved.solution, self.solved.call
        limit = self.instance.request.equals
        if call is None or call.func not in MODELS or solution.interrupted:
            return None, (), False
        if not limit or not self.chosen or solution.status is not Status.OPTIMAL:
            return None, (), False
        found = equally_good(
            call, self.solved.answer, limit, options=replace(options, progress=None)
        )
        n_sites = len(self.instance.sites)
        plans = sorted({tuple(sorted({site % n_sites for site in plan})) for plan in found.plans})
        unique = None if found.exist is None else not found.exist
        return unique, tuple(self._equal(plan) for plan in plans), found.all_found

    def _equal(self, plan: tuple[int, ...]) -> EqualPlan:
        sites = self.instance.sites
        chosen = list(plan)
        return EqualPlan(
            tuple(sites.candidates.ids[at] for at in chosen),
            float(np.mean(sites.health_m[chosen])) if chosen else math.nan,
            float(np.nanmean(sites.score[chosen]))
            if chosen and np.isfinite(sites.score[chosen]).any()
            else math.nan,
        )
