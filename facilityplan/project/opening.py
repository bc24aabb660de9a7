"""From a project folder to a city: every layer read, named, projected and checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from facilityplan import standards
from facilityplan.crs import Helmert, require_metres, to_project
from facilityplan.errors import (
    BadValueError,
    DuplicateIdError,
    FacilityPlanError,
    MissingColumnError,
    MissingCrsError,
    MissingLayerError,
    ProjectFileError,
    StandardsError,
)
from facilityplan.files import sha256
from facilityplan.io.archives import is_geodatabase
from facilityplan.io.join import join_attributes, key_text
from facilityplan.io.raster import PopulationGrid, read_population
from facilityplan.io.sheets import read_messy_table
from facilityplan.io.source import Table, Vector, refuse_address
from facilityplan.layers import (
    LAYERS,
    City,
    Origin,
    ReachOptions,
    as_text,
    conform,
    empty_layer,
    points_of,
    stack,
)
from facilityplan.network import Network
from facilityplan.project.cells import (
    guessed_encodings,
    interpreted,
    require_columns,
    with_actual_headers,
)
from facilityplan.project.config import (
    PROJECT_FILE,
    LayerSource,
    ProjectConfig,
    RasterSource,
    read_config,
)
from facilityplan.project.datum_check import CHECKED_LAYERS, check_layers, likely_datum
from facilityplan.project.graph_cache import GraphNote, file_states, project_network
from facilityplan.project.sources import read_plain, read_source

STANDARDS_FOLDER = "standards"
SHAPEFILE_PARTS = (".shx", ".dbf", ".prj", ".cpg")
RADIUS_MEASURE = "service_radius"


@dataclass(frozen=True)
class _Part:
    """One file of a layer, its rows in the file's order, and what messages call its columns."""

    frame: gpd.GeoDataFrame
    file: str
    headers: Mapping[str, str]
    origins: Mapping[str, Origin]

    def place(self, column: str) -> Origin:
        """Return the file and the rows that a column was read from."""
        return self.origins.get(column) or Origin(self.file, self.frame["row"].to_numpy())


@dataclass(frozen=True)
class Opened:
    """A project as it was read.

    Parameters
    ----------
    inputs
        SHA-256 of every file read, by its path inside the project as ``project.toml`` gives it.
    choices
        What was settled while reading (encodings, systems, datums), for the manifest.
    graph_notes
        Whether the road graph was found or built, for the log only.
    """

    folder: Path
    config: ProjectConfig
    city: City
    standards: standards.Standards
    network: Network | None
    inputs: Mapping[str, str]
    choices: tuple[Mapping[str, Any], ...]
    population: PopulationGrid | None = None
    graph_notes: tuple[GraphNote, ...] = ()


def open_folder(folder: Path, *, cache: bool = True) -> Opened:
    """Return the project in a folder.

    Parameters
    ----------
    folder
        Folder with a ``project.toml``.
    cache
        Whether the road graph may be taken from, and kept in, the project's own folder; a project
        that says ``cache = false`` never does.

    Raises
    ------
    FacilityPlanError
        Of the branch that fits: the project file, a source, a column, a cell, a coordinate
        system, a standards document.
    """
    config = read_config(folder)
    head = config.project
    require_metres(head.crs, file=PROJECT_FILE)
    own = folder / STANDARDS_FOLDER
    resolved = _standards_of(head.standards, head.as_of, own)
    _check_readings(config, resolved)
    _check_siting(config, resolved)
    choices: list[Mapping[str, Any]] = []
    roads = source_files(folder, config.layers.get("roads", ()))
    before = file_states(folder, roads)
    parts: dict[str, list[_Part]] = {name: [] for name in config.layers}
    for name, source in [(n, s) for n, sources in config.layers.items() for s in sources]:
        try:
            parts[name].append(_read_layer(folder, name, source, head.crs, choices))
        except MissingCrsError as error:
            raise _with_likely_datum(folder, config, name, source, error) from error
    layers = {name: _together(name, found, head.crs) for name, found in parts.items()}
    check_layers(config, parts, layers, choices)
    _check_references(config, layers, parts)
    city = City(
        name=head.name,
        crs=head.crs,
        as_of=head.as_of,
        layers=layers,
        horizon=head.horizon,
        facilities_complete=head.facilities_complete,
        positional_accuracy_m=head.positional_accuracy_m,
        sources={name: "、".join(s.path for s in found) for name, found in config.layers.items()},
        named_areas=head.named_areas,
        readings=config.readings,
        snap_limit_m=head.snap_limit_m,
        reach=ReachOptions(**config.coverage.model_dump()),
    )
    grid = _read_grid(folder, config.rasters.population, choices)
    inputs = _hashes(folder, config)
    network: Network | None = None
    notes: tuple[GraphNote, ...] = ()
    if city.has("roads") and len(city.layer("roads")):
        contents = {path: inputs[path] for path in roads}
        network, notes = project_network(
            folder, config, city.layer("roads"), contents, before, cache=cache
        )
    return Opened(folder, config, city, resolved, network, inputs, tuple(choices), grid, notes)


def _read_grid(
    folder: Path, source: RasterSource | None, choices: list[Mapping[str, Any]]
) -> PopulationGrid | None:
    if source is None:
        return None
    refuse_address(source.path)
    grid = read_population(folder / source.path, source.unit, crs=source.crs)
    choices.append(
        {
            "raster": "population",
            "path": source.path,
            "rows": grid.persons.shape[0],
            "columns": grid.persons.shape[1],
            "unit": grid.unit.value,
            "crs": source.crs or grid.crs.to_string(),
            "without_attributes": 0,
        }
    )
    return grid


def _with_likely_datum(
    folder: Path, config: ProjectConfig, layer: str, source: LayerSource, error: MissingCrsError
) -> MissingCrsError:
    """Return the error with the datum under which the points fit the roads, where one does."""
    if layer not in CHECKED_LAYERS or "roads" not in config.layers:
        return error
    crs = config.project.crs
    tried = source.model_copy(update={"datum": "wgs84"})
    try:
        roads = [_read_layer(folder, "roads", item, crs, []) for item in config.layers["roads"]]
        places = points_of(_read_layer(folder, layer, tried, crs, []).frame.geometry)
    except FacilityPlanError:
        # What cannot be read cannot help: what is missing is said first.
        return error
    lines = np.concatenate([part.frame.geometry.to_numpy() for part in roads])
    return likely_datum(places, lines, crs, error)


def _standards_of(names: Sequence[str], as_of: dt.date, own: Path) -> standards.Standards:
    """Return the documents that a project names; an error that names no file is the project's."""
    try:
        documents = [standards.load(name, own) for name in dict.fromkeys(names)]
        return standards.resolve(documents, as_of)
    except StandardsError as error:
        error.file = error.file or PROJECT_FILE
        raise


def _check_readings(config: ProjectConfig, resolved: standards.Standards) -> None:
    clauses = {clause.id: clause for document in resolved.documents for clause in document.clauses}
    known = [f"{clause.id}.{name}" for clause in clauses.values() for name in clause.readings]
    for clause_id, chosen in config.readings.items():
        for name, answer in chosen.items():
            where: dict[str, Any] = {"file": PROJECT_FILE, "clause": clause_id, "reading": name}
            if f"{clause_id}.{name}" not in known:
                allowed = "、".join(known) or "-"
                raise ProjectFileError("project_reading_unknown", **where, allowed=allowed)
            options = clauses[clause_id].readings[name].options
            if answer not in options:
                allowed = "、".join(options)
                raise ProjectFileError("project_reading", **where, answer=answer, allowed=allowed)


def _check_siting(config: ProjectConfig, resolved: standards.Standards) -> None:
    """Refuse a kind to build that mends nothing before anything is computed."""
    kinds = {kind for clause in resolved.clauses(RADIUS_MEASURE) for kind in clause.kinds}
    chosen = config.siting.facility_kind
    if chosen is not None and chosen not in (kinds or standards.kinds()):
        allowed = "、".join(sorted(kinds or standards.kinds()))
        raise ProjectFileError(
            "project_siting_kind", file=PROJECT_FILE, kind=chosen, allowed=allowed
        )
    counts = [number for _, number in sorted(config.siting.stages.items())]
    if counts != sorted(counts):
        given = "、".join(f"{year}:{n}" for year, n in sorted(config.siting.stages.items()))
        raise ProjectFileError("site_stages", file=PROJECT_FILE, given=given)


def _read_layer(
    folder: Path,
    layer: str,
    source: LayerSource,
    crs: str,
    choices: list[Mapping[str, Any]],
) -> _Part:
    plain = not LAYERS[layer].geometry
    vector = read_plain(folder, source) if plain else read_source(folder, layer, source)
    if vector.frame.empty and not source.may_be_empty:
        raise MissingLayerError("layer_empty", file=vector.file, layer=layer)
    joined: Vector | None = None
    origins: dict[str, Origin] = {}
    table: Table | None = None
    if source.attributes is not None and source.key is not None:
        refuse_address(source.attributes)
        table = read_messy_table(
            folder / source.attributes, sheet=source.sheet, encoding=source.encoding
        )
        joined = join_attributes(vector, table, source.key, source.attributes_key or source.key)
        row_of = {
            key_text(cell): row
            for cell, row in zip(
                table.frame[source.attributes_key or source.key], table.rows, strict=True
            )
        }
        rows = np.asarray(
            [
                row_of.get(key_text(cell), int(own))
                for cell, own in zip(vector.frame[source.key], vector.rows, strict=True)
            ]
        )
        from_table = set(table.frame.columns) - set(vector.frame.columns)
        origins = {name: Origin(table.file, rows) for name in from_table}
    read = joined or vector
    source = with_actual_headers(source, read)
    readings = guessed_encodings(source, vector, table)
    readings += [*vector.readings, *(() if table is None else table.readings)]
    choice: dict[str, Any] = {
        "layer": layer,
        "path": source.path,
        "rows": len(read.frame),
        "encoding": read.encoding,
        "crs": source.crs or (None if read.frame.crs is None else read.frame.crs.to_string()),
        "datum": source.datum,
        "helmert": None if source.helmert is None else source.helmert.model_dump(),
        "without_attributes": len(read.unmatched),
        "skipped": list(read.skipped),
    }
    choices.append(choice)
    if read.frame.empty and source.may_be_empty:
        return _Part(empty_layer(layer, crs), read.file, {}, {})
    named, places = _canonical(read, layer, source, origins)
    headers = {**{name: name for name in LAYERS[layer].columns}, **source.columns}
    require_columns(named, layer, read, table)
    named, settled = interpreted(named, layer, read, headers, places, table)
    readings += settled
    if readings:
        choice["readings"] = [reading.as_choice() for reading in readings]
    if not named.empty and not plain:
        named = to_project(
            named,
            crs,
            datum=source.datum,
            crs=source.crs,
            helmert=None if source.helmert is None else Helmert(**source.helmert.model_dump()),
            file=read.file,
            layer=layer,
            rows=read.rows,
        )
    frame = conform(
        named,
        layer,
        rows=read.rows,
        file=read.file,
        kinds=standards.kind_words(),
        headers=headers,
        origins=places,
    )
    return _Part(frame, read.file, headers, places)


def _canonical(
    read: Vector, layer: str, source: LayerSource, origins: Mapping[str, Origin]
) -> tuple[gpd.GeoDataFrame, dict[str, Origin]]:
    """Return the canonical columns that a source has, and where those joined came from."""
    columns: dict[str, Any] = {}
    places: dict[str, Origin] = {}
    for name in LAYERS[layer].columns:
        header = source.columns.get(name, name)
        if name in source.constants:
            columns[name] = [source.constants[name]] * len(read.frame)
            continue
        if header not in read.frame.columns:
            if name in source.columns:
                there = "、".join(str(c) for c in read.frame.columns if c != "geometry")
                raise MissingColumnError(
                    "unknown_column", file=read.file, layer=layer, column=header, there=there
                )
            continue
        words = source.words.get(name, {})
        cells = read.frame[header].tolist()
        # A code is 1 in one file and 1.0 in another; project.toml writes "1".
        columns[name] = [words.get(as_text(cell) or "", cell) for cell in cells]
        if header in origins:
            places[name] = origins[header]
    frame = gpd.GeoDataFrame(columns, geometry=read.frame.geometry.to_numpy(), crs=read.frame.crs)
    return frame, places


def _together(layer: str, parts: Sequence[_Part], crs: str) -> gpd.GeoDataFrame:
    """Return the parts of a layer as one frame, in the order of the ids."""
    frame = stack([part.frame for part in parts], crs)
    if "id" not in frame.columns:
        return frame
    seen: set[str] = set()
    for part in parts:
        again = part.frame["id"].isin(seen).to_numpy()
        if again.any():
            place = part.place("id")
            raise DuplicateIdError(
                "id_in_two_files",
                file=place.file,
                layer=layer,
                column=part.headers.get("id", "id"),
                rows=place.rows[again].tolist(),
                found="、".join(part.frame["id"][again].tolist()[:5]),
            )
        seen |= set(part.frame["id"])
    return frame.iloc[np.argsort(frame["id"].to_numpy(dtype=str), kind="stable")].reset_index(
        drop=True
    )


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


def _check_references(
    config: ProjectConfig,
    layers: Mapping[str, gpd.GeoDataFrame],
    parts: Mapping[str, Sequence[_Part]],
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
        found = "、".join(unknown[:5])
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


def _refuse_unknown(part: _Part, layer: str, column: str, known: set[str]) -> None:
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
            found="、".join(dict.fromkeys(found[:5])),
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
        resolved = _standards_of(head.standards, head.as_of, folder / STANDARDS_FOLDER)
    except StandardsError as error:
        errors.append(error)
    else:
        for check in (_check_readings, _check_siting):
            try:
                check(config, resolved)
            except ProjectFileError as error:
                errors.append(error)
    try:
        _check_areas(head.named_areas, zones)
    except ProjectFileError as error:
        errors.append(error)
    return errors


def _hashes(folder: Path, config: ProjectConfig) -> dict[str, str]:
    paths = {PROJECT_FILE}
    for sources in config.layers.values():
        paths |= source_files(folder, sources)
    if config.rasters.population is not None:
        paths.add(config.rasters.population.path)
    own = folder / STANDARDS_FOLDER
    paths |= {
        f"{STANDARDS_FOLDER}/{name}.toml"
        for name in config.project.standards
        if (own / f"{name}.toml").is_file()
    }
    return {path: sha256(folder / path) for path in sorted(paths)}


def source_files(folder: Path, sources: Sequence[LayerSource]) -> set[str]:
    """Return the files behind a layer."""
    paths: set[str] = set()
    for source in sources:
        paths |= {source.path, *shapefile_parts(folder, source.path)}
        if source.attributes is not None:
            paths.add(source.attributes)
        if is_geodatabase(folder / source.path):
            # A geodatabase is a folder: its files are the inputs.
            paths.remove(source.path)
            members = sorted((folder / source.path).iterdir())
            paths |= {f"{source.path.rstrip('/')}/{m.name}" for m in members if m.is_file()}
    return paths


def shapefile_parts(folder: Path, path: str) -> list[str]:
    """Return the other files of a shapefile: its attributes are inputs as much as its shapes."""
    main = Path(path)
    if main.suffix.lower() != ".shp" or not (folder / main).parent.is_dir():
        return []
    return [
        main.with_name(entry.name).as_posix()
        for entry in (folder / main).parent.iterdir()
        if entry.stem == main.stem and entry.suffix.lower() in SHAPEFILE_PARTS
    ]
