"""``project.toml``: what it may say, and clear words where it says something else."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from facilityplan.coverage import BANDS_M
from facilityplan.errors import ProjectFileError, expected_instead
from facilityplan.io.download import NOMINATIM, OVERPASS
from facilityplan.layers import LAYERS
from facilityplan.locale import Listed
from facilityplan.project.map_config import BaseMapConfig, MapConfig, check_map

PROJECT_FILE = "project.toml"
STANDARDS_FOLDER = "standards"
MAX_BYTES = 1_000_000
MAX_DOTS = 200
"""More dots in a line are a key of so many parts that parsing it takes minutes."""

UNITS_JUDGED: Final = ("residences", "zones", "facilities")
"""Layers of which a project needs at least one."""

Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
# Infinity and NaN are numbers in TOML; no length of ours is one.
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Metres = Finite
# Elsewhere a flag is no number either, but to Python 1 is True.
WalkedOn = Annotated[
    Literal[True, False, "with_footway"],
    BeforeValidator(lambda said: said if isinstance(said, bool) else str(said)),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ProjectHead(_Strict):
    """The ``[project]`` table."""

    name: str = Field(min_length=1)
    standards: tuple[str, ...] = Field(min_length=1)
    as_of: Annotated[dt.date, Field(strict=True)]
    crs: str = Field(min_length=1)
    horizon: Whole | None = None
    facilities_complete: Flag = True
    positional_accuracy_m: Metres = Field(default=1.0, ge=0)
    snap_limit_m: Metres = Field(default=500.0, gt=0)
    named_areas: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class OsmSource(_Strict):
    """What to take of an OpenStreetMap extract."""

    take: Literal["areas", "features", "roads"]
    tags: Mapping[str, tuple[str, ...] | Literal[True]] = Field(default_factory=dict)


class HelmertSource(_Strict):
    """Parameters from Xian 1980 or Beijing 1954 to CGCS2000."""

    dx_m: Metres
    dy_m: Metres
    dz_m: Metres
    rx_arcsec: Finite = 0.0
    ry_arcsec: Finite = 0.0
    rz_arcsec: Finite = 0.0
    scale_ppm: Finite = 0.0
    convention: Literal["position_vector", "coordinate_frame"] | None = None


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
    helmert: HelmertSource | None = None
    datum_checked: str | None = Field(default=None, min_length=1)
    x: str | None = None
    y: str | None = None
    osm: OsmSource | None = None
    may_be_empty: Flag = False
    columns: Mapping[str, str] = Field(default_factory=dict)
    constants: Mapping[str, str | int | float | bool | dt.date] = Field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)


Year = Annotated[str, Field(pattern=r"^[0-9]{4}$")]
Money = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]


class WorksConfig(_Strict):
    """A ``[[siting.actions]]`` table: one kind of works, its size and its money.

    The fields are those of :class:`facilityplan.siting.deficits.Works`; money is in the unit of
    the candidates' cost (10,000 yuan).
    """

    act: Literal["new", "extend", "convert", "combine"]
    kind: str = Field(min_length=1)
    at: tuple[str, ...] = ()
    cost: Money = 0.0
    subsidy: Money = 0.0
    candidate_cost: bool = True
    floor_area_step_m2: Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)] | None = (
        None
    )
    cost_per_m2: Money = 0.0
    subsidy_per_m2: Money = 0.0
    beds: Money = 0.0
    beds_step: Money = 0.0
    least_bed_modules: Whole = Field(default=0, ge=0)
    most_bed_modules: Whole = Field(default=0, ge=0)
    cost_per_bed: Money = 0.0
    subsidy_per_bed: Money = 0.0
    most_added_m2: Money = 0.0


class SitingConfig(_Strict):
    """The ``[siting]`` table; from ``actions`` on it is for closing all deficits at once."""

    weight: Literal["households", "elders", "residences"] = "households"
    facility_kind: str | None = None
    spacing_m: Metres = Field(default=300.0, gt=0)
    max_sites: Whole = Field(default=10, ge=1)
    time_limit_s: Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)] | None = None
    stages: dict[Year, Annotated[int, Field(strict=True, ge=1)]] = Field(default_factory=dict)
    actions: tuple[WorksConfig, ...] = ()
    share_least_size: bool = False
    budget_by_year: dict[Year, Money] = Field(default_factory=dict)
    carry_over: bool = False


class DemandConfig(_Strict):
    """The ``[demand]`` table: what is estimated from the zones; by default nothing."""

    elders: Literal["zones_by_households", "zones_by_floor_area"] | None = None
    population: Literal["zones_by_households", "zones_by_floor_area"] | None = None
    age: Literal[60, 65, 80] = 60


class RasterSource(_Strict):
    """A grid of persons."""

    path: str = Field(min_length=1)
    unit: Literal["persons", "persons_per_km2"]
    crs: str | None = None


class RastersConfig(_Strict):
    """The ``[rasters]`` table."""

    population: RasterSource | None = None


class AccessibilityConfig(_Strict):
    """The ``[accessibility]`` table."""

    bands_m: tuple[Metres, ...] = Field(default=BANDS_M, min_length=1)
    catchment_m: Metres | None = Field(default=None, gt=0)
    kinds: tuple[str, ...] = ()
    minimum_per_1000: Metres | None = Field(default=None, gt=0)
    decay: Literal["steps", "gaussian"] = "steps"


class CoverageConfig(_Strict):
    """The ``[coverage]`` table."""

    point: Literal["inner_point", "nearest_boundary", "farthest_point"] = "inner_point"
    barriers: Flag = False
    barrier_opening_m: Metres = Field(default=50.0, ge=0)
    facilities_outside: Flag = True


class SensitivityConfig(_Strict):
    """The ``[sensitivity]`` table."""

    coordinate_error_m: Metres = Field(default=15.0, ge=0)
    detour_factor: Metres = Field(default=1.3, ge=1)
    limit_change: Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, lt=1)] = 0.1
    planning_m_per_min: Metres = Field(default=60.0, gt=0)
    elders_m_per_min: Metres = Field(default=48.0, gt=0)


class NetworkConfig(_Strict):
    """The ``[network]`` table: how the roads become a graph."""

    node_at_crossings: Flag = False
    walkable: Mapping[str, WalkedOn] = Field(default_factory=dict)
    threads: Whole = Field(default=1, ge=1, le=256)
    cache: Flag = True


class DownloadConfig(_Strict):
    """The ``[download]`` table: which OpenStreetMap servers ``facilityplan download`` asks."""

    overpass: str = Field(default=OVERPASS, min_length=1)
    nominatim: str = Field(default=NOMINATIM, min_length=1)


class ProjectConfig(_Strict):
    """A whole ``project.toml``."""

    project: ProjectHead
    layers: Mapping[str, Annotated[tuple[LayerSource, ...], Field(min_length=1)]]
    readings: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    siting: SitingConfig = SitingConfig()
    demand: DemandConfig = DemandConfig()
    rasters: RastersConfig = RastersConfig()
    accessibility: AccessibilityConfig = AccessibilityConfig()
    coverage: CoverageConfig = CoverageConfig()
    sensitivity: SensitivityConfig = SensitivityConfig()
    network: NetworkConfig = NetworkConfig()
    download: DownloadConfig = DownloadConfig()
    map: MapConfig = MapConfig()


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
    if any(line.count(b".") > MAX_DOTS for line in content.splitlines()):
        raise ProjectFileError("project_dots", file=PROJECT_FILE, limit=MAX_DOTS)
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
        # Before all else: a typo in a layer's name leaves gaps elsewhere that would be said first.
        for name in layers:
            if name not in LAYERS:
                known = Listed(LAYERS)
                raise ProjectFileError("project_layer", file=PROJECT_FILE, layer=name, known=known)
        # A layer of one file is a table, a layer of several an array of tables.
        several = {
            name: source if isinstance(source, list) else [source]
            for name, source in layers.items()
        }
        table = {**table, "layers": several}
    try:
        config = ProjectConfig.model_validate(table)
    except ValidationError as error:
        raise _key_error(error, table) from error
    for name, sources in config.layers.items():
        for source in sources:
            _check_source(name, source)
    if not any(config.layers.get(name) for name in UNITS_JUDGED):
        raise ProjectFileError("project_no_layers", file=PROJECT_FILE)
    if config.coverage.barriers and not config.layers.get("barriers"):
        raise ProjectFileError("project_no_barriers", file=PROJECT_FILE)
    if not config.coverage.facilities_outside and not config.layers.get("zones"):
        raise ProjectFileError("project_no_boundary", file=PROJECT_FILE)
    check_map(config.map, PROJECT_FILE)
    return config


def _key_error(error: ValidationError, table: Mapping[str, Any]) -> ProjectFileError:
    """Return the message for the first mistake; a typo in a key before the key it leaves out."""
    found = min(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    expected = expected_instead(str(found["type"]))
    context = found.get("ctx", {})
    return ProjectFileError(
        f"project_key_{expected}",
        file=PROJECT_FILE,
        key=_written(found["loc"], table),
        found=str(found["input"])[:40],
        known=Listed(_fields_at(found["loc"])),
        allowed=_choices(context.get("expected", "")),
        limit=" ".join(f"{_SIGNS[name]} {context[name]:g}" for name in _SIGNS if name in context),
        reason=found["msg"],
    )


def _choices(expected: str) -> str:
    """Return what pydantic expects (``True, False or 'a'``) as TOML has it: ``true、false、"a"``."""
    words = expected.replace(" or ", ", ").split(", ")
    flags = {"True": "true", "False": "false"}
    # Beside flags, text needs its quotes; alone it is plain enough.
    mark = '"' if not flags.keys().isdisjoint(words) else ""
    return Listed(flags.get(word) or word.replace("'", mark) for word in words)


_SIGNS: Final = MappingProxyType({"gt": ">", "ge": "≥", "lt": "<", "le": "≤"})


def _written(location: tuple[int | str, ...], table: Mapping[str, Any]) -> str:
    """Return a key as the file writes it: a layer's only file has no number, types no place."""
    here: Any = table
    shown = ""
    for part in location:
        if isinstance(part, int):
            shown += f"[{part + 1}]" if len(here) > 1 else ""
            here = here[part]
            continue
        shown += f".{part}" if shown else part
        if not (isinstance(here, Mapping) and part in here):
            break
        here = here[part]
        if not isinstance(here, (Mapping, list)):
            break
    return shown


_NESTED: Final[Mapping[str, type[_Strict]]] = MappingProxyType(
    {"osm": OsmSource, "helmert": HelmertSource}
)


def _fields_at(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that may stand where an unknown one does."""
    models: dict[int | str, type[BaseModel]] = {
        "project": ProjectHead,
        "layers": _NESTED.get(str(location[-2]), LayerSource),
        "siting": SitingConfig,
        "demand": DemandConfig,
        "rasters": RasterSource if len(location) > 2 else RastersConfig,
        "accessibility": AccessibilityConfig,
        "coverage": CoverageConfig,
        "sensitivity": SensitivityConfig,
        "network": NetworkConfig,
        "download": DownloadConfig,
        "map": BaseMapConfig if len(location) > 2 else MapConfig,
    }
    known = models.get(location[0], ProjectConfig) if len(location) > 1 else ProjectConfig
    return list(known.model_fields)


def _check_source(layer: str, source: LayerSource) -> None:
    canonical = {*LAYERS[layer].columns}
    for table in (source.columns, source.constants, source.words):
        for column in table:
            if column not in canonical:
                known = Listed(sorted(canonical))
                raise ProjectFileError(
                    "project_column", file=PROJECT_FILE, layer=layer, column=column, known=known
                )
    if (source.x is None) != (source.y is None):
        raise ProjectFileError("project_xy", file=PROJECT_FILE, layer=layer)
    if source.attributes is not None and source.key is None:
        raise ProjectFileError("project_attributes_key", file=PROJECT_FILE, layer=layer)
