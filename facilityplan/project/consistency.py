"""Whether a project agrees with itself: documents, readings, sites to plan, names of places."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd

from facilityplan import standards
from facilityplan.errors import (
    BadValueError,
    FacilityPlanError,
    ProjectFileError,
    StandardsError,
)
from facilityplan.locale import Listed
from facilityplan.project.config import PROJECT_FILE, STANDARDS_FOLDER, ProjectConfig
from facilityplan.project.layer_parts import LayerPart

RADIUS_MEASURE = "service_radius"


def standards_of(names: Sequence[str], as_of: dt.date, own: Path) -> standards.Standards:
    """Return the documents that a project names; an error that names no file is the project's."""
    try:
        documents = [standards.load(name, own) for name in dict.fromkeys(names)]
        return standards.resolve(documents, as_of)
    except StandardsError as error:
        error.file = error.file or PROJECT_FILE
        raise


def check_readings(config: ProjectConfig, resolved: standards.Standards) -> None:
    """Refuse a reading of a clause that no document of the project offers."""
    clauses = {clause.id: clause for document in resolved.documents for clause in document.clauses}
    known = [f"{clause.id}.{name}" for clause in clauses.values() for name in clause.readings]
    for clause_id, chosen in config.readings.items():
        for name, answer in chosen.items():
            where: dict[str, Any] = {"file": PROJECT_FILE, "clause": clause_id, "reading": name}
            if f"{clause_id}.{name}" not in known:
                allowed = Listed(known) or "-"
                raise ProjectFileError("project_reading_unknown", **where, allowed=allowed)
            options = clauses[clause_id].readings[name].options
            if answer not in options:
                allowed = Listed(options)
                raise ProjectFileError("project_reading", **where, answer=answer, allowed=allowed)


def check_siting(config: ProjectConfig, resolved: standards.Standards) -> None:
    """Refuse a kind to build that mends nothing before anything is computed."""
    kinds = {kind for clause in resolved.clauses(RADIUS_MEASURE) for kind in clause.kinds}
    chosen = config.siting.facility_kind
    if chosen is not None and chosen not in (kinds or standards.kinds()):
        allowed = Listed(sorted(kinds or standards.kinds()))
        raise ProjectFileError(
            "project_siting_kind", file=PROJECT_FILE, kind=chosen, allowed=allowed
        )
    counts = [number for _, number in sorted(config.siting.stages.items())]
    if counts != sorted(counts):
        given = Listed(f"{year}:{n}" for year, n in sorted(config.siting.stages.items()))
        raise ProjectFileError("site_stages", file=PROJECT_FILE, given=given)


REFERENCES = (
    ("residences", "zone", "zones"),
    ("zones", "parent", "zones"),
    ("facilities", "serves", "residences"),
    ("entrances", "residence", "residences"),
    ("deliveries", "residence", "residences"),
    ("register", "residence", "residences"),
    ("clocks", "facility", "facilities"),
)
"""Layer, column, and the layer whose ids it names."""


def check_references(
    config: ProjectConfig,
    layers: Mapping[str, gpd.GeoDataFrame],
    parts: Mapping[str, Sequence[LayerPart]],
) -> None:
    """Refuse names of zones and residences that are not there, with the rows that name them."""
    for layer, column, target in REFERENCES:
        if target in layers:
            known = set(layers[target]["id"])
            for part in parts.get(layer, ()):
                _refuse_unknown(part, layer, column, known)
    _check_areas(config.project.named_areas, layers.get("zones"))


def _check_areas(areas: Mapping[str, Sequence[str]], zones: gpd.GeoDataFrame | None) -> None:
    """Refuse areas of zones that are not there, or of a zone and a part of it: it counted twice."""
    parent = {} if zones is None else dict(zip(zones["id"], zones["parent"], strict=True))
    unknown = sorted({zone for members in areas.values() for zone in members} - parent.keys())
    if unknown:
        found = Listed(unknown[:5])
        raise ProjectFileError("project_area", file=PROJECT_FILE, found=found)
    for area, members in areas.items():
        for zone in members:
            above: set[str] = set()
            upper = parent[zone]
            while upper is not None and upper not in above:
                above.add(upper)
                upper = parent.get(upper)
            for whole in sorted((above & set(members)) - {zone}):
                raise ProjectFileError(
                    "project_area_nested", file=PROJECT_FILE, area=area, whole=whole, part=zone
                )


def _refuse_unknown(part: LayerPart, layer: str, column: str, known: set[str]) -> None:
    place = part.place(column)
    bad: list[int] = []
    found: list[str] = []
    for row, cell in zip(place.rows, part.frame[column], strict=True):
        names = cell if isinstance(cell, tuple) else (cell,)
        unknown = [name for name in names if name is not None and name not in known]
        if unknown:
            bad.append(int(row))
            found.extend(unknown)
    if bad:
        raise BadValueError(
            "unknown_reference",
            file=place.file,
            layer=layer,
            column=part.headers.get(column, column),
            rows=bad,
            found=Listed(dict.fromkeys(found[:5])),
        )


def check_project(
    config: ProjectConfig, folder: Path, zones: gpd.GeoDataFrame | None
) -> list[FacilityPlanError]:
    """Return what is wrong with the description itself: documents, readings, areas.

    Parameters
    ----------
    zones
        Zones with ``id`` and ``parent``, ``None`` where the project has none.
    """
    head = config.project
    errors: list[FacilityPlanError] = []
    try:
        resolved = standards_of(head.standards, head.as_of, folder / STANDARDS_FOLDER)
    except StandardsError as error:
        errors.append(error)
    else:
        for check in (check_readings, check_siting):
            try:
                check(config, resolved)
            except ProjectFileError as error:
                errors.append(error)
    try:
        _check_areas(head.named_areas, zones)
    except ProjectFileError as error:
        errors.append(error)
    return errors
