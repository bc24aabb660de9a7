"""From a project folder to a city: every layer read, named, projected and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from facilityplan import standards
from facilityplan.crs import require_metres
from facilityplan.errors import FacilityPlanError, MissingCrsError
from facilityplan.files import sha256
from facilityplan.io.archives import is_geodatabase
from facilityplan.io.raster import PopulationGrid, read_population
from facilityplan.io.source import refuse_address
from facilityplan.layers import City, ReachOptions, points_of
from facilityplan.locale import Listed
from facilityplan.network import Network
from facilityplan.project.config import (
    PROJECT_FILE,
    STANDARDS_FOLDER,
    LayerSource,
    ProjectConfig,
    RasterSource,
    read_config,
)
from facilityplan.project.consistency import (
    check_readings,
    check_references,
    check_siting,
    standards_of,
)
from facilityplan.project.datum_check import CHECKED_LAYERS, check_layers, likely_datum
from facilityplan.project.graph_cache import GraphNote, file_states, project_network
from facilityplan.project.layer_parts import LayerPart, read_layer, together

SHAPEFILE_PARTS = (".shx", ".dbf", ".prj", ".cpg")


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
    resolved = standards_of(head.standards, head.as_of, own)
    check_readings(config, resolved)
    check_siting(config, resolved)
    choices: list[Mapping[str, Any]] = []
    roads = source_files(folder, config.layers.get("roads", ()))
    before = file_states(folder, roads)
    parts: dict[str, list[LayerPart]] = {name: [] for name in config.layers}
    for name, source in [(n, s) for n, sources in config.layers.items() for s in sources]:
        try:
            parts[name].append(read_layer(folder, name, source, head.crs, choices))
        except MissingCrsError as error:
            raise _with_likely_datum(folder, config, name, source, error) from error
    layers = {name: together(name, found, head.crs) for name, found in parts.items()}
    check_layers(config, parts, layers, choices)
    check_references(config, layers, parts)
    city = City(
        name=head.name,
        crs=head.crs,
        as_of=head.as_of,
        layers=layers,
        horizon=head.horizon,
        facilities_complete=head.facilities_complete,
        positional_accuracy_m=head.positional_accuracy_m,
        sources={name: Listed(s.path for s in found) for name, found in config.layers.items()},
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
        roads = [read_layer(folder, "roads", item, crs, []) for item in config.layers["roads"]]
        places = points_of(read_layer(folder, layer, tried, crs, []).frame.geometry)
    except FacilityPlanError:
        # What cannot be read cannot help: what is missing is said first.
        return error
    lines = np.concatenate([part.frame.geometry.to_numpy() for part in roads])
    return likely_datum(places, lines, crs, error)


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
