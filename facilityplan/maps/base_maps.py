"""Base maps under a city: tiles from an address that the user names, or inside the page.

Without one a map draws the city's own roads, water and boundaries and loads nothing. Tiles in
GCJ-02 are moved onto the data in the browser (``desk/base.js``); the data never move.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from facilityplan import locale
from facilityplan.crs import convert
from facilityplan.io.tiles import Tiles, origin_of
from facilityplan.layers import City
from facilityplan.maps.content import bounds
from facilityplan.maps.packing import SCALE

TIANDITU: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"vec": ("vec", "cva"), "img": ("img", "cia"), "ter": ("ter", "cta")}
)
"""Tianditu's grounds, each with the layer of its labels."""

TIANDITU_MAX_ZOOM: Final = 18

_TIANDITU: Final = (
    "https://t0.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)
_MARGIN_DEG: Final = 0.003


@dataclass(frozen=True)
class BaseMap:
    """A base map that a page offers.

    Attributes
    ----------
    names
        What it is called, by language.
    credit
        Whose it is, by language; empty where nothing needs to be said.
    review_number
        Its map review number (审图号), as given.
    addresses
        Templates with ``{z}``, ``{x}`` and ``{y}`` or ``{-y}`` that the page asks for tiles, the
        ground first; empty where the tiles are inside.
    tiles
        What is inside the page.
    gcj02
        Whether the tiles are in GCJ-02, and so are moved.
    min_zoom, max_zoom
        First and last level that there is.
    shown
        Whether the page opens with it.
    """

    names: Mapping[str, str]
    gcj02: bool
    max_zoom: int
    min_zoom: int = 0
    addresses: tuple[str, ...] = ()
    tiles: Tiles | None = None
    credit: Mapping[str, str] = field(default_factory=lambda: {"zh": "", "en": ""})
    review_number: str = ""
    shown: bool = False

    @property
    def origins(self) -> tuple[str, ...]:
        """What the page's policy must name for it: scheme, host and port."""
        return tuple(dict.fromkeys(origin_of(address) for address in self.addresses))


def tianditu(
    layer: str, key: str, *, labels: bool, review_number: str, shown: bool = False
) -> BaseMap:
    """Return a base map of Tianditu (CGCS2000, in the Web Mercator grid).

    Parameters
    ----------
    layer
        Of :data:`TIANDITU`.
    key
        The user's; it stands in the page, since the page is what asks.
    labels
        Whether its names are laid over it.
    review_number
        Its review number, which it wants shown.
    shown
        Whether the page opens with it.
    """
    layers = TIANDITU[layer][: 2 if labels else 1]
    return BaseMap(
        names=_by_language(f"map.base_tianditu_{layer}"),
        gcj02=False,
        min_zoom=1,
        max_zoom=TIANDITU_MAX_ZOOM,
        addresses=tuple(_TIANDITU.format(layer=own, key=quote(key, safe="")) for own in layers),
        credit=_by_language("map.base_tianditu_credit"),
        review_number=review_number,
        shown=shown,
    )


def _by_language(message: str) -> Mapping[str, str]:
    return MappingProxyType({lang: locale.text(message, lang) for lang in ("zh", "en")})


def tile_box(city: City, *, gcj02: bool) -> tuple[float, float, float, float] | None:
    """Return west, south, east and north of a city in the degrees of its tiles, with a margin.

    ``None`` where the city has nothing to show.
    """
    corners = bounds(city)
    if corners is None:
        return None
    (south, west), (north, east) = [[value / SCALE for value in corner] for corner in corners]
    if gcj02:
        west, south = convert(west, south, "wgs84", "gcj02")
        east, north = convert(east, north, "wgs84", "gcj02")
    return west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG


def origins(base_maps: Sequence[BaseMap]) -> tuple[str, ...]:
    """Return what the page's policy must name for all of them."""
    return tuple(sorted({origin for base in base_maps for origin in base.origins}))


def described(base_maps: Sequence[BaseMap], lang: str) -> list[dict[str, Any]]:
    """Return what the page's script knows of its base maps, in one language."""
    return [
        {
            "name": base.names[lang],
            "credit": base.credit[lang],
            "review": base.review_number,
            "addresses": list(base.addresses),
            "hosts": [origin.partition("://")[2] for origin in base.origins],
            "gcj02": base.gcj02,
            "minZoom": base.min_zoom,
            "maxZoom": base.max_zoom,
            "shown": base.shown,
            "inside": base.tiles is not None,
        }
        for base in base_maps
    ]


def inside(tiles: Tiles) -> dict[str, Any]:
    """Return tiles for the page: pictures as addresses of data, and which lies where."""
    return {
        "pictures": [
            f"data:{media};base64,{base64.b64encode(content).decode('ascii')}"
            for media, content in tiles.pictures
        ],
        "places": {
            f"{zoom}/{column}/{row}": number for (zoom, column, row), number in tiles.places.items()
        },
    }
