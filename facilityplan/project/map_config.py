"""The ``[map]`` table of ``project.toml``: which base maps the map offers, and what each must say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from facilityplan.errors import ProjectFileError
from facilityplan.io.tiles import MAX_ZOOM, origin_of
from facilityplan.locale import Listed

_Flag = Annotated[bool, Field(strict=True)]
_Zoom = Annotated[int, Field(strict=True, ge=0, le=MAX_ZOOM)]
_Text = Annotated[str, Field(min_length=1)]

_COMMON: Final = ("kind", "review_number", "shown")
_NAMED: Final = ("name", "name_en", "attribution", "attribution_en", "datum")
_FILE: Final = (*_COMMON, *_NAMED, "path", "budget_mb")

KEYS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = MappingProxyType(
    {
        "xyz": (("name", "url"), (*_COMMON, *_NAMED, "url", "min_zoom", "max_zoom")),
        "tianditu": (
            ("layer", "review_number"),
            (*_COMMON, "layer", "labels", "key", "key_env"),
        ),
        "mbtiles": (("name", "path"), _FILE),
        "pmtiles": (("name", "path"), _FILE),
    }
)
"""Kind of base map -> keys it needs, keys it can have; ``datum`` has a message of its own."""

DEFAULT_MAX_ZOOM: Final = 18
DEFAULT_BUDGET_MB: Final = 8.0

_PLACES: Final = re.compile(r"\{([^{}]*)\}")
_WMTS: Final = MappingProxyType({"TileMatrix": "z", "TileRow": "y", "TileCol": "x"})
_DEGREES: Final = re.compile(
    r"tilematrixset=(c(&|$)|[^&]*4(490|326))|/(vec|img|ter|cva|cia|cta)_c/"
    r"|epsg(:|%3a)+(:\d*:)?4(490|326)",
    re.IGNORECASE,
)


class BaseMapConfig(BaseModel):
    """One ``[[map.base]]``; which keys it takes depends on its kind (:data:`KEYS`)."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    kind: Literal["xyz", "tianditu", "mbtiles", "pmtiles"]
    name: _Text | None = None
    name_en: _Text | None = None
    datum: Literal["wgs84", "cgcs2000", "gcj02"] | None = None
    url: _Text | None = None
    path: _Text | None = None
    layer: Literal["vec", "img", "ter"] | None = None
    labels: _Flag | None = None
    key: _Text | None = None
    key_env: _Text | None = None
    attribution: _Text | None = None
    attribution_en: _Text | None = None
    review_number: _Text | None = None
    min_zoom: _Zoom | None = None
    max_zoom: _Zoom | None = None
    budget_mb: Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)] | None = None
    shown: _Flag = False


class MapConfig(BaseModel):
    """The ``[map]`` table."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    base: tuple[BaseMapConfig, ...] = ()


def check_map(config: MapConfig, file: str) -> None:
    """Refuse base maps whose keys do not fit their kind.

    Raises
    ------
    ProjectFileError
        Of the first that does not; nothing is read or asked for.
    """
    for number, base in enumerate(config.base, start=1):
        _check_keys(base, number, file)
        if base.url is not None:
            _check_url(base.url, number, file)
        if (base.min_zoom or 0) > (DEFAULT_MAX_ZOOM if base.max_zoom is None else base.max_zoom):
            raise ProjectFileError("base_zooms", file=file, number=number)
    if sum(base.shown for base in config.base) > 1:
        raise ProjectFileError("base_several_shown", file=file)


def _check_keys(base: BaseMapConfig, number: int, file: str) -> None:
    needed, known = KEYS[base.kind]
    for key in sorted(base.model_fields_set):
        if key not in known:
            raise ProjectFileError(
                "base_key_unknown",
                file=file,
                number=number,
                kind=base.kind,
                key=key,
                known=Listed(known),
            )
    if "datum" in known and base.datum is None:
        raise ProjectFileError("base_datum_missing", file=file, number=number)
    for key in needed:
        if getattr(base, key) is None:
            raise ProjectFileError(
                "base_key_missing",
                file=file,
                number=number,
                kind=base.kind,
                key=key,
                needed=Listed(needed),
            )
    if base.kind == "tianditu" and (base.key is None) == (base.key_env is None):
        raise ProjectFileError("base_key_twice", file=file, number=number)


def _check_url(url: str, number: int, file: str) -> None:
    plain = plain_template(url)
    names = _PLACES.findall(plain)
    rows = [name for name in names if name in {"y", "-y"}]
    try:
        origin_of(plain)
        usable = set(names) == {"x", "z", *rows} and len(set(rows)) == 1
    except ValueError:
        usable = False
    # A browser drops some blank signs and turns backslashes: what it asks would not be what is read.
    if not usable or re.search(r"[\s\\\x00-\x1f]", plain):
        raise ProjectFileError("base_url", file=file, number=number, url=url[:120])
    if _DEGREES.search(plain):
        raise ProjectFileError("base_grid", file=file, number=number, url=url[:120])


def plain_template(url: str) -> str:
    """Return an address with the places of WMTS written as ``{z}``, ``{y}`` and ``{x}``."""
    return _PLACES.sub(lambda place: "{" + _WMTS.get(place[1], place[1]) + "}", url)
