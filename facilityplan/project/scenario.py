"""A project under a scenario: the same data with what the map's page changed, run and confirmed."""

from __future__ import annotations

import dataclasses
from typing import Any

from facilityplan import locale
from facilityplan.project.face import Project
from facilityplan.scenario.file import Confirmation, Scenario, apply_scenario, confirm


def with_scenario(project: Project, scenario: Scenario) -> Project:
    """Return the project as the scenario would have it; the given one stays as it is.

    Raises
    ------
    ProjectFileError
        If the scenario does not fit the project.
    """
    opened = project._opened  # noqa: SLF001  # the same room
    city, standards = apply_scenario(opened.city, opened.standards, scenario)
    changed = dataclasses.replace(opened, city=city, standards=standards)
    return Project(changed, project.lang, scenario=_changes(scenario))


def confirmations(project: Project, scenario: Scenario) -> tuple[Confirmation, ...]:
    """Return what the page claimed beside what the project under the scenario comes to."""
    return confirm(project.city, project.findings().findings, scenario)


def scenario_document(scenario: Scenario, found: tuple[Confirmation, ...]) -> dict[str, Any]:
    """Return what a scenario changed and how its claims stand, for JSON."""
    return {
        "format": 1,
        "project": scenario.project,
        "as_of": scenario.as_of,
        "changes": _changes(scenario),
        "confirmed": all(item.holds for item in found),
        "clauses": [
            {
                "clause": item.clause,
                "confirmed": item.holds,
                "claimed": _figures(item.claimed),
                "found": _figures(item.found),
                "covered": list(item.found.covered),
                "not_claimed": list(item.missing),
                "not_covered": list(item.surplus),
            }
            for item in found
        ],
    }


def _changes(scenario: Scenario) -> dict[str, Any]:
    return {
        "moved": {name: list(xy) for name, xy in sorted(scenario.moved.items())},
        "removed": sorted(scenario.removed),
        "resized": {name: list(size) for name, size in sorted(scenario.resized.items())},
        "added": [dict(item) for item in scenario.added],
        "limits_m": dict(sorted(scenario.limits.items())),
    }


def _figures(claim: Any) -> dict[str, Any]:
    return {
        "residences": len(claim.covered),
        "households": claim.households,
        "on_foot_households": claim.on_foot_households,
    }


def confirmation_lines(found: tuple[Confirmation, ...], lang: str) -> list[str]:
    """Return a sentence for each claim."""
    return [
        locale.text(
            "scenario.confirmed" if item.holds else "scenario.differs",
            lang,
            clause=item.clause,
            units=len(item.found.covered),
            households=f"{item.found.households:,.0f}",
            claimed_units=len(item.claimed.covered),
            claimed=f"{item.claimed.households:,.0f}",
        )
        for item in found
    ]
