"""Stages of a plan on the map: which sites come in which year, and whom they newly serve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from facilityplan.siting.proposal import SitingPlan


def stage_rows(plan: SitingPlan, rows: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the stages of a plan: year, its new sites and the gaps it closes, by position.

    Parameters
    ----------
    plan
        Any plan; one without stages has no rows.
    rows
        Position of each residence by id.
    """
    position = {site.candidate_id: at for at, site in enumerate(plan.sites)}
    return [
        {
            "year": stage.year,
            "sites": [position[name] for name in stage.new if name in position],
            "serves": [rows[name] for name in stage.serves],
        }
        for stage in plan.stages
    ]
