"""What a zone amounts to: what its row says, coverage of its residences, facilities within it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from facilityplan.checks import Context, Finding, Verdict
from facilityplan.checks.radius_coverage import MEASURE
from facilityplan.maps.content import number

OPERATING: Final = "operating"

SAID: Final = ("population", "households", "elders_60", "elders_65")
"""Columns of the zones that are shown as they are."""

_SUMS: Final = ("units", "near", "unitHouseholds", "householdsNear", "householdsUnknown")
_HELD: Final = ("facilities", "beds", "bedsUnknown", "floorArea", "floorAreaUnknown")


def zone_facts(context: Context, findings: Sequence[Finding]) -> dict[str, list[Any]] | None:
    """Return the figures of every zone, a list a figure; ``None`` where there are no zones.

    Parameters
    ----------
    context
        City and standards.
    findings
        Of that context; the radius findings say which residences are within reach. What cannot be
        judged is not within reach.

    Returns
    -------
    dict
        The columns of :data:`SAID`; residences judged and within reach, their households, those
        within reach, and residences whose households are not known; facilities in operation with
        their beds and floor area, and how many of them have no figure.
    """
    city = context.city
    if not city.has("zones"):
        return None
    zones = city.zones
    facts: dict[str, list[Any]] = {
        name: [number(value) for value in zones[name].to_numpy(dtype=float)] for name in SAID
    }
    facts |= {name: [0] * len(zones) for name in (*_SUMS, *_HELD)}
    if city.has("residences"):
        _count_residences(context, findings, facts)
    if city.has("facilities"):
        _count_facilities(context, facts)
    rounded = ("unitHouseholds", "householdsNear", "beds", "floorArea")
    return facts | {name: [number(float(value)) for value in facts[name]] for name in rounded}


def _count_residences(
    context: Context, findings: Sequence[Finding], facts: dict[str, list[Any]]
) -> None:
    clauses = {clause.id for clause in context.standards.clauses(MEASURE)}
    position = {name: row for row, name in enumerate(context.city.residences["id"])}
    households = context.city.residences["households"].to_numpy(dtype=float)
    chain = context.zone_chain()
    for finding in findings:
        if finding.clause_id not in clauses or finding.unit_kind != "residence":
            continue
        row = position[finding.unit_id]
        near = finding.verdict is Verdict.COMPLIANT
        known = bool(np.isfinite(households[row]))
        own = float(households[row]) if known else 0.0
        for zone in chain[row]:
            facts["units"][zone] += 1
            facts["near"][zone] += int(near)
            facts["unitHouseholds"][zone] += own
            facts["householdsNear"][zone] += own if near else 0.0
            facts["householdsUnknown"][zone] += int(not known)


def _count_facilities(context: Context, facts: dict[str, list[Any]]) -> None:
    frame = context.city.facilities
    operating = frame["status"].to_numpy(dtype=object) == OPERATING
    figures = {
        "beds": frame["beds"].to_numpy(dtype=float),
        "floorArea": frame["floor_area_m2"].to_numpy(dtype=float),
    }
    for zone in range(len(context.city.zones)):
        inside = context.facilities_within([zone])
        own = inside[operating[inside]] if len(inside) else inside
        facts["facilities"][zone] = len(own)
        for name, values in figures.items():
            facts[name][zone] = float(np.nansum(values[own]))
            facts[f"{name}Unknown"][zone] = int(np.isnan(values[own]).sum())
