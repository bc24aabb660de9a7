"""The base maps of a project: from what ``project.toml`` says, its files and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from facilityplan.errors import MissingLayerError, ProjectFileError
from facilityplan.files import sha256
from facilityplan.io.source import refuse_address
from facilityplan.io.tiles import read_tiles
from facilityplan.layers import City
from facilityplan.maps.base_maps import BaseMap, tianditu, tile_box
from facilityplan.project.config import PROJECT_FILE
from facilityplan.project.map_config import (
    DEFAULT_BUDGET_MB,
    DEFAULT_MAX_ZOOM,
    BaseMapConfig,
    MapConfig,
    plain_template,
)


def base_maps_of(
    config: MapConfig, folder: Path, city: City, environment: Mapping[str, str]
) -> tuple[BaseMap, ...]:
    """Return the base maps that a project's map offers; files of tiles are read now.

    Parameters
    ----------
    config
        As checked by :func:`facilityplan.project.map_config.check_map`.
    folder
        The project's folder.
    city
        Whose place tiles are taken for.
    environment
        Where a Tianditu key may stand.

    Raises
    ------
    ProjectFileError
        If the key is not in the environment.
    InputError
        If a file of tiles is not there, damaged, of vector tiles, of elsewhere, or too large.
    """
    return tuple(_base_map(base, folder, city, environment) for base in config.base)


def tile_files(config: MapConfig, folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of tiles by its path in the project."""
    paths = sorted({base.path for base in config.base if base.path is not None})
    return {path: sha256(folder / path) for path in paths}


def _base_map(
    base: BaseMapConfig, folder: Path, city: City, environment: Mapping[str, str]
) -> BaseMap:
    review = base.review_number or ""
    if base.kind == "tianditu":
        key = base.key if base.key_env is None else environment.get(base.key_env, "").strip()
        if not key:
            raise ProjectFileError("base_key_environment", file=PROJECT_FILE, name=base.key_env)
        labels = base.labels is not False
        return tianditu(str(base.layer), key, labels=labels, review_number=review, shown=base.shown)
    names = _both(base.name, base.name_en)
    credit = _both(base.attribution, base.attribution_en)
    gcj02 = base.datum == "gcj02"
    if base.url is not None:
        return BaseMap(
            names=names,
            gcj02=gcj02,
            min_zoom=base.min_zoom or 0,
            max_zoom=DEFAULT_MAX_ZOOM if base.max_zoom is None else base.max_zoom,
            addresses=(plain_template(base.url),),
            credit=credit,
            review_number=review,
            shown=base.shown,
        )
    box = tile_box(city, gcj02=gcj02)
    if box is None:
        raise MissingLayerError("base_needs_place", file=PROJECT_FILE)
    path = str(base.path)
    refuse_address(path)
    budget = int((DEFAULT_BUDGET_MB if base.budget_mb is None else base.budget_mb) * 1e6)
    tiles = read_tiles(folder / path, base.kind, box, budget)
    return BaseMap(
        names=names,
        gcj02=gcj02,
        min_zoom=tiles.min_zoom,
        max_zoom=tiles.max_zoom,
        tiles=tiles,
        credit=credit,
        review_number=review,
        shown=base.shown,
    )


def _both(zh: str | None, en: str | None) -> Mapping[str, str]:
    """Return a text by language; what is given in one is said in both."""
    return MappingProxyType({"zh": zh or en or "", "en": en or zh or ""})
