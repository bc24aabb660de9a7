"""All outputs of a run, each whole or not at all, the manifest last."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facilityplan import files
from facilityplan.errors import OutputError, OutputLockedError
from facilityplan.project.lock import output_lock
from facilityplan.report import (
    coverage_document,
    findings_document,
    findings_workbook,
    siting_document,
    write_coverage_geopackage,
)

if TYPE_CHECKING:
    from facilityplan.project.face import Project

OUTPUTS: Final = (
    "findings.json",
    "findings.xlsx",
    "coverage.json",
    "coverage.gpkg",
    "siting.json",
    "map.html",
    "manifest.json",
)
"""Files of a run."""

COVERAGE_OUTPUTS: Final = ("coverage.json", "coverage.gpkg", "siting.json")
"""Those of a project that has residences and facilities; others have no coverage and no siting."""

_PARTS: Final = ("geopandas", "shapely", "pyproj", "scipy", "highspy", "folium", "osmnx")


def write_results(project: Project, out: Path, progress: Callable[[str], None]) -> Path:
    """Write the results of a project to a folder; see :meth:`Project.run`."""
    _refuse_inputs(project, out)
    with output_lock(out):
        # All is computed before the first file changes: what fails leaves an earlier run whole.
        texts = _texts(project, progress)
        progress("workbook")
        workbook = findings_workbook(
            project.findings().findings,
            project.standards,
            title=project.city.name,
            as_of=project.city.as_of,
            lang=project.lang,
        )
        files.sweep(out)
        _remove(out / "manifest.json")
        for name in COVERAGE_OUTPUTS:
            if not project.has_coverage:
                _remove(out / name)
        files.write_bytes(out / "findings.xlsx", workbook)
        for name, content in texts.items():
            files.write_text(out / name, content)
        if project.has_coverage:
            progress("geopackage")
            write_coverage_geopackage(
                out / "coverage.gpkg",
                project.context,
                project.findings().findings,
                project.coverage().coverage,
                project.propose().proposal,
                lang=project.lang,
            )
        files.write_text(out / "manifest.json", files.canonical_json(_manifest(project, out)))
    return out


def _texts(project: Project, progress: Callable[[str], None]) -> dict[str, str]:
    """Return the documents and the map of a run, by file name."""
    progress("findings")
    findings = project.findings().findings
    notices = [notice.as_dict() for notice in project.notices()]
    documents = {
        "findings.json": findings_document(
            findings, project.standards, project=project.city.name, notices=notices
        )
    }
    if project.has_coverage:
        progress("coverage")
        coverage = project.coverage().coverage
        documents["coverage.json"] = coverage_document(coverage, project.context)
        progress("siting")
        documents["siting.json"] = siting_document(project.propose().proposal, project.city)
    progress("map")
    page = project.map().to_html()
    return {
        **{name: files.canonical_json(document) for name, document in documents.items()},
        "map.html": page,
    }


def _refuse_inputs(project: Project, out: Path) -> None:
    """Refuse an output folder in which a result would take the place of a file of the project."""
    for name in OUTPUTS:
        target = out / name
        for path in project.inputs:
            if target.exists() and target.samefile(project.folder / path):
                raise OutputError("output_is_input", file=path)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except PermissionError as error:
        raise OutputLockedError("output_locked", file=path.name) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError("output_failed", file=path.name, reason=reason) from error


def _manifest(project: Project, out: Path) -> dict[str, Any]:
    """Return what makes a run reproducible: inputs, versions, standards, parameters, statuses."""
    city = project.city
    plans: dict[str, Any] = {}
    if project.has_coverage:
        proposal = project.propose().proposal
        closing = proposal.cover_all
        plans = {
            "lscp": None if closing is None else closing.status.value,
            "mclp": [plan.status.value for plan in proposal.best],
        }
    return {
        "format": 1,
        "project": city.name,
        "as_of": city.as_of.isoformat(),
        "inputs": dict(project.inputs),
        "reading": [dict(choice) for choice in project.reading_choices],
        "outputs": {
            name: files.sha256(out / name)
            for name in OUTPUTS
            if name != "manifest.json" and (out / name).is_file()
        },
        "versions": {
            "facilityplan": importlib.metadata.version("facilityplan"),
            **{part: importlib.metadata.version(part) for part in _PARTS},
        },
        "standards": [document.id for document in project.standards.documents],
        "readings": {clause: dict(chosen) for clause, chosen in city.readings.items()},
        "parameters": {
            "crs": city.crs,
            "facilities_complete": city.facilities_complete,
            "positional_accuracy_m": city.positional_accuracy_m,
            "snap_limit_m": city.snap_limit_m,
            "siting": {
                "weight": project.siting_options.weight,
                "facility_kind": project.siting_options.facility_kind,
                "spacing_m": project.siting_options.spacing_m,
                "max_sites": project.siting_options.max_sites,
                "time_limit_s": project.siting_options.time_limit_s,
            },
        },
        "solver": plans,
        "language": project.lang,
    }
