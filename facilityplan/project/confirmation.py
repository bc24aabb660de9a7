"""What a scenario's file claimed beside what the program finds: a document and a sentence each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from facilityplan import locale
from facilityplan.scenario.file import Confirmation, Scenario

SCENARIO_OUTPUT: Final = "scenario.json"
"""File of a run under a scenario, beside the others."""


def is_confirmation(path: Path) -> bool:
    """Return whether a file is what a run under a scenario wrote, and not a user's own."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and {"project", "changes", "confirmed", "clauses"} <= set(found)


def scenario_document(scenario: Scenario, found: tuple[Confirmation, ...]) -> dict[str, Any]:
    """Return what a scenario changed and how its claims stand, for JSON."""
    return {
        "format": 1,
        "file": scenario.file,
        "sha256": scenario.sha256,
        "project": scenario.project,
        "as_of": scenario.as_of,
        "changes": scenario_changes(scenario),
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


def scenario_changes(scenario: Scenario) -> dict[str, Any]:
    """Return what a scenario changed, by kind of change."""
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
