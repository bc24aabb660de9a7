"""What a planner asks of siting: the problem, its limits, and where candidates come from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from facilityplan.errors import UsageError
from facilityplan.locale import Listed


class Model(StrEnum):
    """The problems, by their names in the literature."""

    LSCP = "lscp"
    LSCP_BACKUP = "lscp_backup"
    MCLP = "mclp"
    MCLP_BACKUP = "mclp_backup"
    P_MEDIAN = "p_median"
    P_CENTER = "p_center"
    P_DISPERSION = "p_dispersion"
    PARTIAL_COVERAGE = "partial_coverage"
    CAPACITATED_COVERAGE = "capacitated_coverage"
    CAPACITATED_P_MEDIAN = "capacitated_p_median"


class Rule(StrEnum):
    """Where candidates come from."""

    GIVEN = "given"
    STREET = "street"
    CLUSTERS = "clusters"
    GRID = "grid"


COUNTED = frozenset({Model.MCLP_BACKUP, Model.P_MEDIAN, Model.P_CENTER, Model.P_DISPERSION})
"""Problems that need a number of sites."""

LIMITED = frozenset({Model.MCLP, Model.CAPACITATED_COVERAGE, Model.CAPACITATED_P_MEDIAN})
"""Problems that need a number of sites or a budget."""

BY_DISTANCE = frozenset({Model.P_MEDIAN, Model.P_CENTER})
"""Problems that serve every gap, however far it is."""

CAPACITATED = frozenset({Model.CAPACITATED_COVERAGE, Model.CAPACITATED_P_MEDIAN})
"""Problems that hold floor area against the limits of size."""

PRICED = frozenset({Model.LSCP, Model.LSCP_BACKUP, Model.PARTIAL_COVERAGE})
"""Problems that can ask for the least money instead of the fewest sites."""


@dataclass(frozen=True)
class Request:
    """What is asked.

    Parameters
    ----------
    model
        A :class:`Model`.
    n_sites, budget, share
        Limits; the budget in the unit of the candidates' cost, the share in [0, 1].
    stages
        Years with the number of sites there are by then, in all: ``((2026, 3), (2028, 8))``.
    candidates
        A :class:`Rule`; ``None`` takes the city's own where it has any, else those by street.
    spacing_m
        Least distance between generated candidates and to the facilities that count.
    weight, facility_kind
        As in :class:`facilityplan.siting.Options`.
    by_cost
        Least money instead of fewest sites (lscp, lscp_backup, partial_coverage).
    mandatory, forbidden, existing
        Ids of candidates that every plan holds, that none holds, that stand anyway; beside the
        column ``role`` of the candidates.
    least_score
        Candidates whose suitability is below this are left out; ``None`` leaves out none.
    year
        By when candidates must be available; ``None`` takes the last stage, else the horizon.
    module_m2
        Floor area comes in whole modules of this size; ``None`` takes all that a candidate holds.
    split
        Whether the floor area of one residence may be split between sites (capacitated ones).
    equals
        Up to how many equally good plans are looked for; 0 looks for none.
    curve_points
        On how many numbers of sites (and sums of money) the curve is worked out; 0 for none.
    """

    model: str = Model.MCLP.value
    n_sites: int | None = None
    budget: float | None = None
    share: float | None = None
    stages: tuple[tuple[int, int], ...] = ()
    candidates: str | None = None
    spacing_m: float = 300.0
    weight: str = "households"
    facility_kind: str | None = None
    by_cost: bool = False
    mandatory: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    existing: tuple[str, ...] = ()
    least_score: float | None = None
    year: int | None = None
    module_m2: float | None = None
    split: bool = False
    equals: int = 10
    curve_points: int = 12


def checked_request(request: Request) -> Request:
    """Return the request if it can be met at all.

    Raises
    ------
    UsageError
        If the model or the rule is unknown, a limit that the model needs is missing, one that it
        does not take is given, or a number is off.
    """
    models, rules = [str(item) for item in Model], [str(item) for item in Rule]
    if request.model not in models:
        raise UsageError("site_model", given=request.model, known=Listed([*models, "deficits"]))
    if request.candidates is not None and request.candidates not in rules:
        raise UsageError("site_candidates", given=request.candidates, known=Listed(rules))
    model = Model(request.model)
    has = {
        "sites": request.n_sites is not None,
        "budget": request.budget is not None,
        "share": request.share is not None,
        "stages": bool(request.stages),
        "by_cost": request.by_cost,
        "module": request.module_m2 is not None,
    }
    takes = _takes(model)
    for name, given in has.items():
        if given and name not in takes:
            raise UsageError("site_option", option=name, model=request.model)
    if model in COUNTED and not has["sites"]:
        raise UsageError("site_needs_sites", model=request.model)
    if model in LIMITED and not (has["sites"] or has["budget"] or has["stages"]):
        raise UsageError("site_needs_limit", model=request.model)
    if model is Model.PARTIAL_COVERAGE and not has["share"]:
        raise UsageError("site_needs_share", model=request.model)
    if has["stages"] and (has["sites"] or has["budget"]):
        raise UsageError("site_stages_alone")
    _check_numbers(request)
    return request


def _takes(model: Model) -> set[str]:
    takes = set()
    if model in COUNTED | LIMITED:
        takes.add("sites")
    if model in LIMITED:
        takes.add("budget")
    if model is Model.PARTIAL_COVERAGE:
        takes.add("share")
    if model is Model.MCLP:
        takes.add("stages")
    if model in PRICED:
        takes.add("by_cost")
    if model in CAPACITATED:
        takes.add("module")
    return takes


def _check_numbers(request: Request) -> None:
    years = [year for year, _ in request.stages]
    counts = [number for _, number in request.stages]
    if years != sorted(set(years)) or counts != sorted(counts):
        given = Listed(f"{year}:{number}" for year, number in request.stages)
        raise UsageError("site_stages", given=given)
    above_0 = {"spacing": request.spacing_m, "module": request.module_m2}
    for name, number in above_0.items():
        if number is not None and not (math.isfinite(number) and number > 0):
            raise UsageError("site_above_0", option=name, given=f"{number:g}")
    if request.budget is not None and not (math.isfinite(request.budget) and request.budget >= 0):
        raise UsageError("site_budget", given=f"{request.budget:g}")
    if request.least_score is not None and not math.isfinite(request.least_score):
        raise UsageError("site_above_0", option="min-score", given=f"{request.least_score:g}")
    if request.equals < 0 or request.curve_points < 0:
        least = min(request.equals, request.curve_points)
        raise UsageError("site_above_0", option="equals", given=str(least))
