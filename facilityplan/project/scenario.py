"""A project under a scenario: the same data with what the map's page changed, run and confirmed."""

from __future__ import annotations

import dataclasses

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
    return Project(changed, project.lang, scenario)


def confirmations(project: Project, scenario: Scenario) -> tuple[Confirmation, ...]:
    """Return what the page claimed beside what the project under the scenario comes to."""
    return confirm(project.city, project.findings().findings, scenario)
