"""``project.toml``: what it may say, and clear words where it says something else."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from facilityplan.errors import ProjectFileError
from facilityplan.layers import LAYERS

PROJECT_FILE = "project.toml"
MAX_BYTES = 1_000_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ProjectHead(_Strict):
    """The ``[project]`` table."""

    name: str = Field(min_length=1)
    standards: tuple[str, ...] = Field(min_length=1)
    as_of: dt.date
    crs: str = Field(min_length=1)
    horizon: int | None = None
    facilities_complete: bool = True
    positional_accuracy_m: float = Field(default=1.0, ge=0)
    snap_limit_m: float = Field(default=500.0, gt=0)
    named_areas: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class OsmSource(_Strict):
    """What to take of an OpenStreetMap extract."""

    take: Literal["areas", "features", "roads"]
    tags: Mapping[str, tuple[str, ...] | Literal[True]] = Field(default_factory=dict)


class LayerSource(_Strict):
    """One file behind a layer."""

    path: str = Field(min_length=1)
    layer: str | None = None
    attributes: str | None = None
    sheet: str | None = None
    key: str | None = None
    attributes_key: str | None = None
    encoding: str | None = None
    crs: str | None = None
    datum: str | None = None
    x: str | None = None
    y: str | None = None
    osm: OsmSource | None = None
    may_be_empty: bool = False
    columns: Mapping[str, str] = Field(default_factory=dict)
    constants: Mapping[str, str | int | float | bool] = Field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)


class SitingConfig(_Strict):
    """The ``[siting]`` table."""

    weight: str = "households"
    facility_kind: str = "home_care_station"
    spacing_m: float = Field(default=300.0, gt=0)
    max_sites: int = Field(default=10, ge=1)
    time_limit_s: float | None = Field(default=None, gt=0)


class ProjectConfig(_Strict):
    """A whole ``project.toml``."""

    project: ProjectHead
    layers: Mapping[str, tuple[LayerSource, ...]]
    readings: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    siting: SitingConfig = SitingConfig()


def read_config(folder: Path) -> ProjectConfig:
    """Return what a project folder's ``project.toml`` says.

    Raises
    ------
    ProjectFileError
        If there is none, it is no TOML, or a key is unknown, missing or of the wrong type.
    """
    path = folder / PROJECT_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProjectFileError("project_missing", file=PROJECT_FILE, folder=folder.name) from error
    if len(content) > MAX_BYTES:
        raise ProjectFileError("project_too_large", file=PROJECT_FILE, limit=MAX_BYTES)
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ProjectFileError("project_encoding", file=PROJECT_FILE) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProjectFileError("project_syntax", file=PROJECT_FILE, reason=str(error)) from error
    return _validated(table)


def _validated(table: dict[str, Any]) -> ProjectConfig:
    layers = table.get("layers", {})
    if isinstance(layers, dict):
        # A layer of one file is a table, a layer of several an array of tables.
        several = {
            name: source if isinstance(source, list) else [source]
            for name, source in layers.items()
        }
        table = {**table, "layers": several}
    try:
        config = ProjectConfig.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ProjectFileError(
            "project_key", file=PROJECT_FILE, key=key, reason=first["msg"]
        ) from error
    for name, sources in config.layers.items():
        if name not in LAYERS:
            known = "、".join(LAYERS)
            raise ProjectFileError("project_layer", file=PROJECT_FILE, layer=name, known=known)
        for source in sources:
            _check_source(name, source)
    return config


def _check_source(layer: str, source: LayerSource) -> None:
    canonical = {*LAYERS[layer].columns}
    for table in (source.columns, source.constants, source.words):
        for column in table:
            if column not in canonical:
                known = "、".join(sorted(canonical))
                raise ProjectFileError(
                    "project_column", file=PROJECT_FILE, layer=layer, column=column, known=known
                )
    if (source.x is None) != (source.y is None):
        raise ProjectFileError("project_xy", file=PROJECT_FILE, layer=layer)
    if source.attributes is not None and source.key is None:
        raise ProjectFileError("project_attributes_key", file=PROJECT_FILE, layer=layer)
