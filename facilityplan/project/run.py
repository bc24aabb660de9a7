"""All outputs of a run, each whole or not at all, the manifest last."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facilityplan import files
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
"""Files of a run; a project without residences has no coverage and no siting."""

_PARTS: Final = ("geopandas", "shapely", "pyproj", "scipy", "highspy", "folium", "osmnx")


def write_results(project: Project, out: Path, progress: Callable[[str], None]) -> Path:
    """Write the results of a project to a folder; see :meth:`Project.run`."""
    with output_lock(out):
        files.sweep(out)
        (out / "manifest.json").unlink(missing_ok=True)
        progress("findings")
        findings = project.findings().findings
        notices = [notice.as_dict() for notice in project.notices()]
        document = findings_document(
            findings, project.standards, project=project.city.name, notices=notices
        )
        files.write_text(out / "findings.json", files.canonical_json(document))
        progress("workbook")
        workbook = findings_workbook(
            findings,
            project.standards,
            title=project.city.name,
            as_of=project.city.as_of,
            lang=project.lang,
        )
        files.write_bytes(out / "findings.xlsx", workbook)
        if project.city.has("residences"):
            _write_coverage(project, out, progress)
        progress("map")
        files.write_text(out / "map.html", project.map().to_html())
        files.write_text(out / "manifest.json", files.canonical_json(_manifest(project, out)))
    return out


def _write_coverage(project: Project, out: Path, progress: Callable[[str], None]) -> None:
    progress("coverage")
    findings = project.findings().findings
    coverage = project.coverage().coverage
    document = coverage_document(coverage, project.context)
    files.write_text(out / "coverage.json", files.canonical_json(document))
    progress("siting")
    proposal = project.propose().proposal
    files.write_text(
        out / "siting.json", files.canonical_json(siting_document(proposal, project.city))
    )
    progress("geopackage")
    write_coverage_geopackage(
        out / "coverage.gpkg", project.context, findings, coverage, proposal, lang=project.lang
    )


def _manifest(project: Project, out: Path) -> dict[str, Any]:
    """Return what makes a run reproducible: inputs, versions, standards, parameters, statuses."""
    city = project.city
    plans: dict[str, Any] = {}
    if city.has("residences"):
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
