"""Coverage, gaps and sites as a GeoPackage that QGIS opens with its styles, the same bytes anew."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from facilityplan.checks import Context, Finding, Verdict
from facilityplan.checks.accessibility import CityAccessibility
from facilityplan.checks.radius_coverage import MEASURE, RadiusCoverage
from facilityplan.coverage import service_circles
from facilityplan.errors import OutputError
from facilityplan.files import whole_file
from facilityplan.layers import LAYERS, points_of
from facilityplan.report.accessibility import ACCESSIBILITY_FIELDS, accessibility_records
from facilityplan.report.sensitivity import GEOPACKAGE_FIELDS
from facilityplan.report.styles import layer_qml
from facilityplan.report.text import printable
from facilityplan.scenario import Sensitivity
from facilityplan.siting.proposal import Proposal, ProposedSite

STYLES: Final = "layer_styles"
"""Table that QGIS looks for styles in."""

GEOMETRY_COLUMN: Final = "geom"
LIST_SEPARATOR: Final = ";"

_VERDICT_FIELDS: Final = {
    "clause_id": "text",
    "verdict": "text",
    "limit_m": "number",
    "straight_m": "number",
    "facility": "text",
    "walking_m": "number",
    "walking_facility": "text",
    "walking_flips": "flag",
    "off_network": "flag",
    "fragile": "flag",
}
_AREA_FIELDS: Final = {
    "clause_id": "text",
    "limit_m": "number",
    "facility": "text",
    "kind": "text",
    "name": "text",
}
_GAP_FIELDS: Final = {
    "id": "text",
    "name": "text",
    "clause_id": "text",
    "limit_m": "number",
    "straight_m": "number",
    "shortfall_m": "number",
    "households": "number",
    "elders": "number",
    "reachable": "flag",
}
_SITE_FIELDS: Final = {
    "candidate_id": "text",
    "name": "text",
    "kind": "text",
    "problem": "text",
    "status": "text",
    "serves_count": "number",
    "serves": "text",
    "households": "number",
    "households_unknown": "number",
    "persons": "number",
    "persons_unknown": "number",
    "elders": "number",
    "elders_unknown": "number",
    "mends_count": "number",
    "mends": "text",
    "floor_area_needed_m2": "number",
    "max_floor_area_m2": "number",
    "fits": "flag",
}

_GEOMETRY_TYPES: Final = {
    "zones": "MultiPolygon",
    "service_areas": "Polygon",
    "walking_areas": "MultiPolygon",
    "walking_streets": "MultiLineString",
}

_Record = dict[str, Any]


def write_coverage_geopackage(
    path: Path,
    context: Context,
    findings: Sequence[Finding],
    coverage: RadiusCoverage | None,
    proposal: Proposal | None = None,
    *,
    sensitivity: Sensitivity | None = None,
    lang: str | None = None,
    accessibility: CityAccessibility | None = None,
) -> None:
    """Write residences, facilities, service areas, zones, gaps and proposed sites, with styles.

    Parameters
    ----------
    path
        File to write, whole or not at all.
    context
        City and standards that were assessed; everything is in the city's CRS, in metres.
    findings
        Of all clauses; those of the radius clauses are shown at the residences.
    coverage
        Under the radius clauses: which have a service area. ``None``: none has.
    proposal
        Its plan of fewest sites is shown; ``None`` leaves that layer out.
    sensitivity
        Of the radius verdicts, for a layer of its own; ``None`` leaves it out.
    lang
        Language of labels and field names; the fields themselves are named by ids.
    accessibility
        Shown at the residences in a layer of its own; ``None`` leaves that out.

    Raises
    ------
    OutputError
        If the file cannot be written; the old file is then as it was.
    """
    frames = _layers(context, findings, coverage, proposal)
    if accessibility is not None:
        points = shapely.points(points_of(context.city.residences.geometry))
        rows = accessibility_records(accessibility, context)
        frames["accessibility"] = _frame(rows, ACCESSIBILITY_FIELDS, points, context.city.crs)
    if sensitivity is not None:
        frames["sensitivity"] = _sensitivity(context, sensitivity)
    styles = _style_table(frames, context.city.as_of, lang)
    with whole_file(path) as temporary, _fixed_date(context.city.as_of):
        # GDAL makes the file itself: an empty one is not a GeoPackage.
        temporary.unlink()
        try:
            for name, frame in frames.items():
                pyogrio.write_dataframe(
                    frame,
                    temporary,
                    layer=name,
                    driver="GPKG",
                    geometry_type=_GEOMETRY_TYPES.get(name, "Point"),
                    promote_to_multi=name == "zones",
                    layer_options={"GEOMETRY_NAME": GEOMETRY_COLUMN},
                )
            pyogrio.write_dataframe(
                styles, temporary, layer=STYLES, driver="GPKG", layer_options={"FID": "id"}
            )
        except (DataSourceError, DataLayerError) as error:
            reason = str(error).replace(str(temporary), path.name)
            raise OutputError("geopackage_failed", file=path.name, reason=reason) from error


@contextlib.contextmanager
def _fixed_date(as_of: dt.date) -> Iterator[None]:
    """Make GDAL write the judging date where it would write the hour of the run."""
    name = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: f"{as_of.isoformat()}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _layers(
    context: Context,
    findings: Sequence[Finding],
    coverage: RadiusCoverage | None,
    proposal: Proposal | None,
) -> dict[str, gpd.GeoDataFrame]:
    """Return the frames by layer; the rows of each stand by id, whatever the order of the files."""
    city = context.city
    clauses = {clause.id for clause in context.standards.clauses(MEASURE)}
    radius = [
        item for item in findings if item.unit_kind == "residence" and item.clause_id in clauses
    ]
    frames: dict[str, gpd.GeoDataFrame] = {}
    if city.has("zones"):
        frames["zones"] = _zones(context)
    if city.has("facilities"):
        if coverage is not None:
            frames["service_areas"] = _service_areas(context, coverage)
            frames |= _walking_areas(context, coverage)
        records = _records(city.facilities, "facilities")
        fields = {name: column.content for name, column in LAYERS["facilities"].columns.items()}
        frames["facilities"] = _frame(
            records, fields, shapely.points(context.facilities_xy), city.crs
        )
    if city.has("residences"):
        frames["residences"] = _residences(context, radius)
        frames["gaps"] = _gaps(context, radius, proposal)
    if proposal is not None:
        frames["proposed_sites"] = _sites(proposal, city.crs)
    return frames


def _records(frame: gpd.GeoDataFrame, layer: str) -> list[_Record]:
    names = list(LAYERS[layer].columns)
    cells = zip(*(frame[name] for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in cells]


def _zones(context: Context) -> gpd.GeoDataFrame:
    zones = context.city.zones
    fields = {name: column.content for name, column in LAYERS["zones"].columns.items()}
    return _frame(_records(zones, "zones"), fields, zones.geometry.to_numpy(), context.city.crs)


def _residences(context: Context, radius: Sequence[Finding]) -> gpd.GeoDataFrame:
    """Return a row for each radius finding, and one for a residence that has none."""
    residences = context.city.residences
    of_unit: dict[str, list[Finding]] = {}
    for item in radius:
        of_unit.setdefault(item.unit_id, []).append(item)
    records: list[_Record] = []
    positions: list[int] = []
    for position, basics in enumerate(_records(residences, "residences")):
        found = of_unit.get(basics["id"], [])
        for said in [_said(item) for item in found] or [dict.fromkeys(_VERDICT_FIELDS)]:
            records.append({**basics, **said})
            positions.append(position)
    fields = {name: column.content for name, column in LAYERS["residences"].columns.items()}
    points = shapely.points(points_of(residences.geometry))[positions]
    return _frame(records, fields | _VERDICT_FIELDS, points, context.city.crs)


def _said(finding: Finding) -> _Record:
    evidence = finding.evidence
    from_evidence = (
        "straight_m",
        "facility",
        "walking_m",
        "walking_facility",
        "walking_flips",
        "off_network",
    )
    return {
        "clause_id": finding.clause_id,
        "verdict": finding.verdict.value,
        "limit_m": finding.required,
        "fragile": finding.fragile,
        **{name: evidence.get(name) for name in from_evidence},
    }


def _sensitivity(context: Context, found: Sensitivity) -> gpd.GeoDataFrame:
    """Return a row for each radius finding: robust or fragile, turned by what, and why."""
    residences = context.city.residences
    position = {unit: row for row, unit in enumerate(residences["id"])}
    columns = [found.table[name] for name in GEOPACKAGE_FIELDS]
    records = [
        dict(zip(GEOPACKAGE_FIELDS, cells, strict=True)) for cells in zip(*columns, strict=True)
    ]
    rows = [position[unit] for unit in found.table["id"]]
    points = shapely.points(points_of(residences.geometry))[rows]
    return _frame(records, GEOPACKAGE_FIELDS, points, context.city.crs)


def _service_areas(context: Context, coverage: RadiusCoverage) -> gpd.GeoDataFrame:
    """Return a circle for each radius clause and each facility that counts for it."""
    clauses = {clause.id: clause for clause in context.standards.clauses(MEASURE)}
    records: list[_Record] = []
    circles: list[Any] = []
    for name, limit_m in sorted(coverage.limits_m.items()):
        rows = np.flatnonzero(context.reaching(clauses[name]).counting)
        circles.extend(service_circles(context.facilities_xy[rows], limit_m))
        records.extend(_area_records(context, name, limit_m, rows))
    return _frame(records, _AREA_FIELDS, circles, context.city.crs)


def _walking_areas(context: Context, coverage: RadiusCoverage) -> dict[str, gpd.GeoDataFrame]:
    """Return what is within a walk, as polygons and as streets, where there are roads.

    A facility off the network keeps its row, without a place.
    """
    clauses = {clause.id: clause for clause in context.standards.clauses(MEASURE)}
    records: list[_Record] = []
    polygons: list[Any] = []
    streets: list[Any] = []
    for name, limit_m in sorted(coverage.limits_m.items()):
        found = context.walking_areas(clauses[name])
        if found is None or found.areas.polygons is None:
            return {}
        records.extend(_area_records(context, name, limit_m, found.rows))
        polygons.extend(found.areas.polygons)
        streets.extend(shapely.transform(found.areas.lines, lambda xy: np.round(xy, 3)))
    return {
        "walking_areas": _frame(records, _AREA_FIELDS, polygons, context.city.crs),
        "walking_streets": _frame(records, _AREA_FIELDS, streets, context.city.crs),
    }


def _area_records(
    context: Context, clause_id: str, limit_m: float, rows: npt.NDArray[np.int64]
) -> list[_Record]:
    facilities = context.city.facilities
    return [
        {
            "clause_id": clause_id,
            "limit_m": limit_m,
            "facility": facilities["id"].iloc[row],
            "kind": facilities["kind"].iloc[row],
            "name": facilities["name"].iloc[row],
        }
        for row in rows.tolist()
    ]


def _gaps(
    context: Context, radius: Sequence[Finding], proposal: Proposal | None
) -> gpd.GeoDataFrame:
    residences = context.city.residences
    position = {unit: row for row, unit in enumerate(residences["id"])}
    missed = [item for item in radius if item.verdict is Verdict.NON_COMPLIANT]
    unreachable = None if proposal is None else frozenset(proposal.unreachable)
    rows = [position[item.unit_id] for item in missed]
    records = [
        {
            "id": item.unit_id,
            "name": item.unit_name,
            "clause_id": item.clause_id,
            "limit_m": item.required,
            "straight_m": item.value,
            "shortfall_m": item.shortfall,
            "households": residences["households"].iloc[row],
            "elders": residences["elders"].iloc[row],
            "reachable": None if unreachable is None else item.unit_id not in unreachable,
        }
        for item, row in zip(missed, rows, strict=True)
    ]
    points = shapely.points(points_of(residences.geometry))[rows]
    return _frame(records, _GAP_FIELDS, points, context.city.crs)


def _sites(proposal: Proposal, crs: str) -> gpd.GeoDataFrame:
    plan = proposal.cover_all
    sites: Sequence[ProposedSite] = () if plan is None else plan.sites
    records = [
        {
            "candidate_id": site.candidate_id,
            "name": site.name,
            "kind": site.kind,
            "problem": None if plan is None else plan.problem,
            "status": None if plan is None else plan.status.value,
            "serves_count": len(site.serves),
            "serves": sorted(site.serves),
            "households": site.households.known,
            "households_unknown": site.households.unknown,
            "persons": site.persons.known,
            "persons_unknown": site.persons.unknown,
            "elders": site.elders.known,
            "elders_unknown": site.elders.unknown,
            "mends_count": len(site.mends),
            "mends": sorted(f"{item.clause_id} {item.unit_id}" for item in site.mends),
            "floor_area_needed_m2": site.floor_area_needed_m2,
            "max_floor_area_m2": site.max_floor_area_m2,
            "fits": site.fits,
        }
        for site in sites
    ]
    points = shapely.points(np.asarray([(s.x, s.y) for s in sites], dtype=float).reshape(-1, 2))
    return _frame(records, _SITE_FIELDS, points, crs)


def _frame(
    records: Sequence[_Record], fields: Mapping[str, str], geometry: Any, crs: str
) -> gpd.GeoDataFrame:
    """Return records as GeoPackage takes them: numbers, flags and texts, each with its blanks."""
    columns: dict[str, Any] = {}
    for name, content in fields.items():
        cells = [record[name] for record in records]
        if content in {"number", "count"}:
            columns[name] = np.asarray([_number(cell) for cell in cells], dtype=np.float64)
        elif content == "flag":
            columns[name] = pd.array(cells, dtype="boolean")
        else:
            columns[name] = pd.Series([_text(cell) for cell in cells], dtype=object)
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(list(geometry), crs=crs), crs=crs)
    keys = [name for name in ("id", "candidate_id", "clause_id", "facility") if name in fields]
    return frame.sort_values(keys, kind="stable", ignore_index=True)


def _number(cell: float | None) -> float:
    return float("nan") if cell is None or not np.isfinite(cell) else float(cell)


def _text(cell: object) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, (list, tuple)):
        return LIST_SEPARATOR.join(printable(part) for part in cell)
    return printable(cell.isoformat() if isinstance(cell, dt.date) else cell)


def _style_table(
    frames: Mapping[str, gpd.GeoDataFrame], as_of: dt.date, lang: str | None
) -> pd.DataFrame:
    names = list(frames)
    fields = {name: [c for c in frames[name].columns if c != "geometry"] for name in names}
    rows = len(names)
    return pd.DataFrame(
        {
            "f_table_catalog": [""] * rows,
            "f_table_schema": [""] * rows,
            "f_table_name": names,
            "f_geometry_column": [GEOMETRY_COLUMN] * rows,
            "styleName": names,
            "styleQML": [layer_qml(name, fields[name], lang) for name in names],
            "styleSLD": [""] * rows,
            "useAsDefault": [True] * rows,
            "description": [""] * rows,
            "owner": [""] * rows,
            "ui": [""] * rows,
            "update_time": pd.to_datetime([as_of.isoformat()] * rows, utc=True),
        }
    )
