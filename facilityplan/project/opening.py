"""From a project folder to a city: every layer read, named, projected and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from facilityplan import standards
from facilityplan.crs import require_metres, to_project
from facilityplan.errors import BadValueError, MissingColumnError, ProjectFileError
from facilityplan.files import sha256
from facilityplan.io.join import join_attributes, key_text
from facilityplan.io.osm import read_osm, read_osm_xml_roads
from facilityplan.io.source import Vector, read_start
from facilityplan.io.table import points_from_table, read_table
from facilityplan.io.vector import read_vector
from facilityplan.layers import LAYERS, City, Origin, conform, empty_layer, stack
from facilityplan.network import Network
from facilityplan.project.config import PROJECT_FILE, LayerSource, ProjectConfig, read_config

STANDARDS_FOLDER = "standards"


@dataclass(frozen=True)
class Opened:
    """A project as it was read.

    Parameters
    ----------
    inputs
        SHA-256 of every file read, by its path inside the project as ``project.toml`` gives it.
    choices
        What was settled while reading (encodings, systems, datums), for the manifest.
    """

    config: ProjectConfig
    city: City
    standards: standards.Standards
    network: Network | None
    inputs: Mapping[str, str]
    choices: tuple[Mapping[str, Any], ...]


def open_folder(folder: Path) -> Opened:
    """Return the project in a folder.

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
    documents = [standards.load(name, own) for name in dict.fromkeys(head.standards)]
    resolved = standards.resolve(documents, head.as_of)
    _check_readings(config, resolved)
    choices: list[Mapping[str, Any]] = []
    layers: dict[str, gpd.GeoDataFrame] = {}
    for name, sources in config.layers.items():
        parts = [_read_layer(folder, name, source, head.crs, choices) for source in sources]
        layers[name] = _together(name, parts, head.crs)
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
    )
    check_references(city)
    network = None
    if city.has("roads") and len(city.layer("roads")):
        network = Network.from_lines(city.layer("roads"))
    return Opened(config, city, resolved, network, _hashes(folder, config), tuple(choices))


def _check_readings(config: ProjectConfig, resolved: standards.Standards) -> None:
    clauses = {clause.id: clause for document in resolved.documents for clause in document.clauses}
    for clause_id, chosen in config.readings.items():
        for name, answer in chosen.items():
            clause = clauses.get(clause_id)
            options = clause.readings[name].options if clause and name in clause.readings else ()
            if answer not in options:
                raise ProjectFileError(
                    "project_reading",
                    file=PROJECT_FILE,
                    clause=clause_id,
                    reading=name,
                    answer=answer,
                    allowed="、".join(options) or "-",
                )


def _read_layer(
    folder: Path,
    layer: str,
    source: LayerSource,
    crs: str,
    choices: list[Mapping[str, Any]],
) -> gpd.GeoDataFrame:
    vector = _read_source(folder, source)
    joined: Vector | None = None
    origins: dict[str, Origin] = {}
    if source.attributes is not None and source.key is not None:
        table = read_table(folder / source.attributes, sheet=source.sheet, encoding=source.encoding)
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
    choices.append(
        {
            "layer": layer,
            "path": source.path,
            "rows": len(read.frame),
            "encoding": read.encoding,
            "crs": source.crs or (None if read.frame.crs is None else read.frame.crs.to_string()),
            "datum": source.datum,
            "without_attributes": len(read.unmatched),
            "skipped": list(read.skipped),
        }
    )
    if read.frame.empty and source.may_be_empty:
        return empty_layer(layer, crs)
    named, places = _canonical(read, layer, source, origins)
    if not named.empty:
        named = to_project(
            named,
            crs,
            datum=source.datum,
            crs=source.crs,
            file=read.file,
            layer=layer,
            rows=read.rows,
        )
    headers = {**{name: name for name in LAYERS[layer].columns}, **source.columns}
    return conform(
        named,
        layer,
        rows=read.rows,
        file=read.file,
        kinds=standards.kind_words(),
        headers=headers,
        origins=places,
    )


def _read_source(folder: Path, source: LayerSource) -> Vector:
    path = folder / source.path
    if source.osm is not None:
        if source.osm.take == "roads" and read_start(path).lstrip().startswith(b"<"):
            return read_osm_xml_roads(path)
        tags = {
            key: value if value is True else list(value) for key, value in source.osm.tags.items()
        }
        return read_osm(path, layer=source.osm.take, tags=tags or None)
    if source.x is not None and source.y is not None:
        table = read_table(path, sheet=source.sheet, encoding=source.encoding)
        return points_from_table(table, source.x, source.y)
    return read_vector(path, layer=source.layer, encoding=source.encoding)


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
        columns[name] = [words.get(str(cell), cell) for cell in cells] if words else cells
        if header in origins:
            places[name] = origins[header]
    frame = gpd.GeoDataFrame(columns, geometry=read.frame.geometry.to_numpy(), crs=read.frame.crs)
    return frame, places


def _together(layer: str, parts: list[gpd.GeoDataFrame], crs: str) -> gpd.GeoDataFrame:
    """Return the parts of a layer as one frame, in the order of the ids."""
    frame = stack(parts, crs)
    if "id" not in frame.columns:
        return frame
    repeated = frame["id"].duplicated(keep=False)
    if repeated.any():
        found = "、".join(sorted(set(frame["id"][repeated]))[:5])
        raise BadValueError("id_in_two_files", layer=layer, column="id", found=found)
    return frame.iloc[np.argsort(frame["id"].to_numpy(dtype=str), kind="stable")].reset_index(
        drop=True
    )


def check_references(city: City) -> None:
    """Refuse names of zones and residences that are not there.

    Raises
    ------
    BadValueError
        With the rows that name what does not exist.
    """
    if city.has("zones"):
        zones = set(city.zones["id"])
        for layer, column in (("residences", "zone"), ("zones", "parent")):
            if city.has(layer):
                _refuse_unknown(city, layer, column, zones)
        named = {zone for members in city.named_areas.values() for zone in members}
        if named - zones:
            found = "、".join(sorted(named - zones)[:5])
            raise ProjectFileError("project_area", file=PROJECT_FILE, found=found)
    if city.has("facilities") and city.has("residences"):
        _refuse_unknown(city, "facilities", "serves", set(city.residences["id"]))
    if city.has("entrances"):
        _refuse_unknown(city, "entrances", "residence", set(city.residences["id"]))


def _refuse_unknown(city: City, layer: str, column: str, known: set[str]) -> None:
    frame = city.layer(layer)
    bad: list[int] = []
    found: list[str] = []
    for row, cell in zip(frame["row"], frame[column], strict=True):
        names = cell if isinstance(cell, tuple) else (cell,)
        unknown = [name for name in names if name is not None and name not in known]
        if unknown:
            bad.append(int(row))
            found.extend(unknown)
    if bad:
        raise BadValueError(
            "unknown_reference",
            file=city.sources.get(layer),
            layer=layer,
            column=column,
            rows=bad,
            found="、".join(dict.fromkeys(found[:5])),
        )


def _hashes(folder: Path, config: ProjectConfig) -> dict[str, str]:
    paths = {PROJECT_FILE}
    for sources in config.layers.values():
        for source in sources:
            paths.add(source.path)
            if source.attributes is not None:
                paths.add(source.attributes)
    own = folder / STANDARDS_FOLDER
    paths |= {
        f"{STANDARDS_FOLDER}/{name}.toml"
        for name in config.project.standards
        if (own / f"{name}.toml").is_file()
    }
    return {path: sha256(folder / path) for path in sorted(paths)}
