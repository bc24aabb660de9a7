"""Need, existing, proposed and shortfall by street."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from facilityplan.checks import Context, Finding, Verdict
from facilityplan.provision import zone_membership
from facilityplan.siting.explanation import count
from facilityplan.siting.planner.generate import street_of_residences
from facilityplan.siting.planner.result import StreetRow
from facilityplan.siting.problem import MEASURE, Problem


def street_table(
    context: Context,
    findings: Sequence[Finding],
    problem: Problem,
    served: npt.NDArray[np.bool_],
    sites_xy: npt.NDArray[np.float64],
) -> tuple[StreetRow, ...]:
    """Return one row a street (town), by id, and one for residences outside all of them.

    Parameters
    ----------
    context, findings
        City, and the radius verdicts of its residences.
    problem
        Its gaps.
    served
        Which gaps the plan closes.
    sites_xy
        Sites of the plan, metres.
    """
    city = context.city
    ids = city.residences["id"].tolist()
    clauses = {clause.id for clause in context.standards.clauses(MEASURE)}
    spoken = (Verdict.COMPLIANT, Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA)
    judged = {
        item.unit_id
        for item in findings
        if item.clause_id in clauses and item.unit_kind == "residence" and item.verdict in spoken
    }
    state = np.asarray(["existing" if name in judged else "" for name in ids], dtype=object)
    state[problem.undecided] = "undecided"
    state[problem.gaps] = np.where(served, "proposed", "shortfall")
    street = street_of_residences(context)
    names: dict[str, str] = {}
    sites: dict[str, int] = {}
    if city.has("zones"):
        towns = city.zones[city.zones["level"] == "town"]
        names = dict(zip(towns["id"], towns["name"], strict=True))
        inside = zone_membership(sites_xy, towns) if len(sites_xy) else np.empty(0, dtype=int)
        for at in inside[inside >= 0].tolist():
            name = str(towns["id"].iloc[at])
            sites[name] = sites.get(name, 0) + 1
    households = city.residences["households"].to_numpy(dtype=float)
    rows = []
    keys: list[str | None] = [*sorted(names), None]
    for key in keys:
        here = np.asarray([item == key for item in street], dtype=bool)
        by_state = {
            name: here & (state == name)
            for name in ("existing", "proposed", "shortfall", "undecided")
        }
        need = here & (state != "")
        outside = len(sites_xy) - sum(sites.values())
        if key is None and not need.any() and not outside:
            continue
        rows.append(
            StreetRow(
                street=key,
                name=None if key is None else names[key],
                need=int(need.sum()),
                **{name: int(mask.sum()) for name, mask in by_state.items()},
                households_need=count(households[need]),
                households_existing=count(households[by_state["existing"]]),
                households_proposed=count(households[by_state["proposed"]]),
                households_shortfall=count(households[by_state["shortfall"]]),
                sites=outside if key is None else sites.get(key, 0),
            )
        )
    return tuple(rows)
