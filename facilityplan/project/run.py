"""All outputs of a run, each whole or not at all, the manifest last."""

from __future__ import annotations

import dataclasses
import importlib.metadata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from facilityplan import files
from facilityplan.checks import Context
from facilityplan.doctor import Notice
from facilityplan.errors import OutputError
from facilityplan.project.accessibility import AccessibilityResult, RasterResult
from facilityplan.project.confirmation import (
    SCENARIO_OUTPUT,
    is_confirmation,
    scenario_changes,
    scenario_document,
)
from facilityplan.project.lock import output_lock
from facilityplan.project.results import (
    CoverageResult,
    FindingsResult,
    ProposalResult,
    SensitivityResult,
)
from facilityplan.report import (
    accessibility_document,
    accessibility_sheet,
    coverage_document,
    findings_document,
    findings_workbook,
    layers_document,
    reach_options,
    sensitivity_document,
    siting_document,
    write_coverage_geopackage,
)
from facilityplan.report.sheets import Sheet
from facilityplan.scenario import SensitivityOptions
from facilityplan.scenario.file import Scenario, confirm
from facilityplan.siting import Options

if TYPE_CHECKING:
    from facilityplan.maps import CityMap

OUTPUTS: Final = (
    "findings.json",
    "findings.xlsx",
    "layers.json",
    "coverage.json",
    "coverage.gpkg",
    "sensitivity.json",
    "accessibility.json",
    "siting.json",
    "map.html",
    "manifest.json",
)
"""Files of a run."""

COVERAGE_OUTPUTS: Final = (
    "coverage.json",
    "coverage.gpkg",
    "sensitivity.json",
    "accessibility.json",
    "siting.json",
)
"""Those of a project that has residences and facilities; others have no coverage and no siting."""

_PARTS: Final = ("geopandas", "shapely", "pyproj", "scipy", "highspy", "folium", "osmnx")


class Results(Protocol):
    """What a run writes; a :class:`facilityplan.project.Project` is one."""

    lang: str
    scenario: Scenario | None

    @property
    def folder(self) -> Path:
        """The project's folder."""

    @property
    def context(self) -> Context:
        """City, standards and road graph."""

    @property
    def inputs(self) -> Mapping[str, str]:
        """SHA-256 of every file read."""

    @property
    def reading_choices(self) -> tuple[Mapping[str, Any], ...]:
        """What was settled while reading."""

    @property
    def network_options(self) -> Mapping[str, Any]:
        """How the roads were made a graph."""

    @property
    def siting_options(self) -> Options:
        """How sites were found."""

    @property
    def siting_stages(self) -> tuple[tuple[int, int], ...]:
        """Years of the stages with the number of sites by then."""

    @property
    def sensitivity_options(self) -> SensitivityOptions:
        """By how much the method was varied."""

    @property
    def has_coverage(self) -> bool:
        """Whether there are residences and facilities to hold against each other."""

    def findings(self) -> FindingsResult:
        """Return all findings."""

    def coverage(self) -> CoverageResult:
        """Return the coverage under the radius clauses."""

    def accessibility(self) -> AccessibilityResult:
        """Return accessibility beyond yes or no."""

    def raster_coverage(self) -> RasterResult | None:
        """Return the coverage of the population grid."""

    def sensitivity(self) -> SensitivityResult:
        """Return the radius verdicts under other ways to measure."""

    def propose(self) -> ProposalResult:
        """Return gaps and sites."""

    def notices(self) -> tuple[Notice, ...]:
        """Return what to know of the data."""

    def map(self) -> CityMap:
        """Return the interactive map."""


def write_results(project: Results, out: Path, progress: Callable[[str], None]) -> Path:
    """Write the results of a project to a folder; see :meth:`Project.run`."""
    _refuse_inputs(project, out)
    with output_lock(out):
        # All is computed before the first file changes: what fails leaves an earlier run whole.
        texts = _texts(project, progress)
        progress("workbook")
        workbook = findings_workbook(
            project.findings().findings,
            project.context.standards,
            title=project.context.city.name,
            as_of=project.context.city.as_of,
            sensitivity=project.sensitivity().sensitivity if project.has_coverage else None,
            lang=project.lang,
            more=_sheets(project),
            notices=project.notices(),
        )
        files.sweep(out)
        with files.staged(out, "manifest.json", _stale(project, out)) as stage:
            _write_all(project, stage, texts, workbook, progress)
    return out


def _write_all(
    project: Results,
    stage: Path,
    texts: Mapping[str, str],
    workbook: bytes,
    progress: Callable[[str], None],
) -> None:
    """Write every file of a run into a folder."""
    files.write_bytes(stage / "findings.xlsx", workbook)
    for name, content in texts.items():
        files.write_text(stage / name, content)
    if project.has_coverage:
        progress("geopackage")
        write_coverage_geopackage(
            stage / "coverage.gpkg",
            project.context,
            project.findings().findings,
            project.coverage().coverage,
            project.propose().proposal,
            sensitivity=project.sensitivity().sensitivity,
            lang=project.lang,
            accessibility=project.accessibility().accessibility,
        )
    manifest = files.canonical_json(_manifest(project, stage))
    files.write_text(stage / "manifest.json", manifest)


def _stale(project: Results, out: Path) -> tuple[str, ...]:
    """Return the files of an earlier run in the folder that this run does not write."""
    stale = () if project.has_coverage else COVERAGE_OUTPUTS
    confirmed = project.scenario is None and is_confirmation(out / SCENARIO_OUTPUT)
    return (*stale, SCENARIO_OUTPUT) if confirmed else stale


def _texts(project: Results, progress: Callable[[str], None]) -> dict[str, str]:
    """Return the documents and the map of a run, by file name."""
    progress("findings")
    findings = project.findings().findings
    notices = [notice.as_dict() for notice in project.notices()]
    documents = {
        "findings.json": findings_document(
            findings, project.context.standards, project=project.context.city.name, notices=notices
        ),
        "layers.json": layers_document(project.context),
    }
    if project.has_coverage:
        progress("coverage")
        coverage = project.coverage().coverage
        raster = project.raster_coverage()
        documents["coverage.json"] = coverage_document(
            coverage,
            project.context,
            splits=project.coverage().splits,
            raster=None if raster is None else raster.coverage,
        )
        progress("accessibility")
        documents["accessibility.json"] = accessibility_document(
            project.accessibility().accessibility, project.context
        )
        progress("sensitivity")
        found = project.sensitivity().sensitivity
        documents["sensitivity.json"] = sensitivity_document(found, project.context)
        progress("siting")
        documents["siting.json"] = siting_document(project.propose().proposal, project.context.city)
    if project.scenario is not None:
        held = confirm(project.context.city, findings, project.scenario)
        documents[SCENARIO_OUTPUT] = scenario_document(project.scenario, held)
    progress("map")
    page = project.map().to_html()
    return {
        **{name: files.canonical_json(document) for name, document in documents.items()},
        "map.html": page,
    }


def _sheets(project: Results) -> tuple[Sheet, ...]:
    """Return the sheets beside the findings."""
    if not project.has_coverage:
        return ()
    found = project.accessibility().accessibility
    return (accessibility_sheet(found, project.context, project.lang),)


def _refuse_inputs(project: Results, out: Path) -> None:
    """Refuse an output folder in which a result would take the place of a file of the project."""
    for name in OUTPUTS:
        target = out / name
        for path in project.inputs:
            if target.exists() and target.samefile(project.folder / path):
                raise OutputError("output_is_input", file=path)


def _manifest(project: Results, out: Path) -> dict[str, Any]:
    """Return what makes a run reproducible: inputs, versions, standards, parameters, statuses."""
    city = project.context.city
    plans: dict[str, Any] = {}
    if project.has_coverage:
        proposal = project.propose().proposal
        closing = proposal.cover_all
        plans = {
            "lscp": None if closing is None else closing.status.value,
            "mclp": [plan.status.value for plan in proposal.best],
        }
        if proposal.staged is not None:
            plans["staged"] = proposal.staged.status.value
    stages = {str(year): number for year, number in project.siting_stages}
    given = project.scenario
    # Only where there is one: without a scenario the results are those of the inputs.
    changed: dict[str, Any] = {}
    if given is not None:
        said = {"file": given.file, "sha256": given.sha256, **scenario_changes(given)}
        changed = {"scenario": said}
    return {
        "format": 1,
        "project": city.name,
        "as_of": city.as_of.isoformat(),
        "inputs": dict(project.inputs),
        **changed,
        "reading": [dict(choice) for choice in project.reading_choices],
        "outputs": {
            name: files.sha256(out / name)
            for name in (*OUTPUTS, SCENARIO_OUTPUT)
            if name != "manifest.json" and (out / name).is_file()
        },
        "versions": {
            "facilityplan": importlib.metadata.version("facilityplan"),
            **{part: importlib.metadata.version(part) for part in _PARTS},
        },
        "standards": [document.id for document in project.context.standards.documents],
        "readings": {clause: dict(chosen) for clause, chosen in city.readings.items()},
        "parameters": {
            "crs": city.crs,
            "facilities_complete": city.facilities_complete,
            "positional_accuracy_m": city.positional_accuracy_m,
            "snap_limit_m": city.snap_limit_m,
            "coverage": reach_options(project.context),
            "sensitivity": dataclasses.asdict(project.sensitivity_options),
            "network": dict(project.network_options),
            "siting": {
                "weight": project.siting_options.weight,
                "facility_kind": project.siting_options.facility_kind,
                "spacing_m": project.siting_options.spacing_m,
                "max_sites": project.siting_options.max_sites,
                "time_limit_s": project.siting_options.time_limit_s,
                **({"stages": stages} if stages else {}),
            },
        },
        "solver": plans,
        "language": project.lang,
    }
