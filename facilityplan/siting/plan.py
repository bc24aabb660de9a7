"""The planner's entrance: a city and its findings in; gaps, plans and reasons out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facilityplan.checks import Finding
from facilityplan.coverage import Sight
from facilityplan.crs import require_layers_in_metres
from facilityplan.layers import City
from facilityplan.siting.covering import lscp, mclp
from facilityplan.siting.explanation import Explanation
from facilityplan.siting.problem import Options, build_problem
from facilityplan.siting.proposal import Proposal, SitingPlan
from facilityplan.standards import Standards


def propose(
    city: City,
    standards: Standards,
    findings: Sequence[Finding],
    options: Options | None = None,
    *,
    sight: Sight | None = None,
) -> Proposal:
    """Return the gaps of a city, the fewest sites that close them and the best 1, 2, 3 … sites.

    Parameters
    ----------
    city, standards
        What was assessed.
    findings
        Its findings; radius findings that do not comply are the gaps.
    options
        Weight, kind to build, spacing, number of sites, time limit.
    sight
        The barriers that cut a line, as the findings know them; ``None`` where they do not count.

    Returns
    -------
    Proposal
        Candidates are taken in the order of their ids, so that the order of the input changes
        nothing.

    Raises
    ------
    CrsError
        If a layer of the city is not in metres.
    """
    require_layers_in_metres(city)
    chosen = options or Options()
    problem = build_problem(city, standards, findings, chosen, sight)
    ids = city.residences["id"].to_numpy(dtype=object)
    reached = np.diff(problem.distance_m.indptr) > 0
    closable = np.flatnonzero(reached)
    weights = problem.weights[closable]
    explain = Explanation(city, standards, findings, problem, sight)
    cover_all: SitingPlan | None = None
    best: list[SitingPlan] = []
    if len(closable):
        cover = problem.cover[closable]
        fewest = lscp(cover, time_limit_s=chosen.time_limit_s)
        cover_all = explain.plan("lscp", fewest, len(fewest.sites))
        known = np.nan_to_num(weights, nan=0.0)
        # Where no gap has a figure there is no best: every choice would weigh nothing.
        most = min(chosen.max_sites, len(fewest.sites)) if known.any() else 0
        for n_sites in range(1, most + 1):
            found = mclp(cover, known, n_sites, time_limit_s=chosen.time_limit_s)
            best.append(explain.plan("mclp", found, n_sites))
    return Proposal(
        gaps=tuple(ids[problem.gaps]),
        undecided=tuple(ids[problem.undecided]),
        unreachable=tuple(ids[problem.gaps[~reached]]),
        candidates=problem.candidates.source,
        facility_kind=problem.facility_kind,
        weight=chosen.weight,
        unweighted=tuple(ids[problem.gaps[closable[np.isnan(weights)]]]),
        cover_all=cover_all,
        best=tuple(best),
    )
