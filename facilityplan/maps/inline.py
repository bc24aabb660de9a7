"""Scripts and style sheets that come with the package, ready to stand inside a page."""

from __future__ import annotations

import base64
import re
from importlib import resources
from typing import Final

from facilityplan.errors import OutputError

LEAFLET_JS: Final = "leaflet/leaflet.js"
LEAFLET_CSS: Final = "leaflet/leaflet.css"
LEAFLET_LICENCE: Final = "leaflet/LICENSE"

DESK_JS: Final = (
    "desk/dom.js",
    "desk/unpack.js",
    "desk/shapes.js",
    "desk/packed.js",
    "desk/reach.js",
    "desk/model.js",
    "desk/data.js",
    "desk/verdicts.js",
    "desk/stages.js",
    "desk/symbols.js",
    "desk/base.js",
    "desk/layers.js",
    "desk/points.js",
    "desk/filter.js",
    "desk/areas.js",
    "desk/raster.js",
    "desk/popups.js",
    "desk/panel.js",
    "desk/ranking.js",
    "desk/tools.js",
    "desk/print.js",
    "desk/scenario.js",
    "desk/signs.js",
    "desk/whatif.js",
    "desk/keyboard.js",
    "desk/kept.js",
    "desk/desk.js",
)
"""Our own script, in the order in which its parts build on one another."""

DESK_CSS: Final = "desk/desk.css"

IMAGES: Final = (
    "leaflet/images/layers.png",
    "leaflet/images/layers-2x.png",
    "leaflet/images/marker-icon.png",
)
ASSETS: Final = frozenset({LEAFLET_JS, LEAFLET_CSS, LEAFLET_LICENCE, DESK_CSS, *DESK_JS, *IMAGES})
"""Everything that a page may be made of, by path below ``assets``."""

_CSS_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_URL: Final = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")
_SOURCE_MAP: Final = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def asset(path: str) -> bytes:
    """Return the bytes of an asset.

    Raises
    ------
    OutputError
        If the package does not carry it: the page would load it from somewhere else.
    """
    if path not in ASSETS:
        raise OutputError("map_not_vendored", address=path)
    return (resources.files(__package__) / "assets" / path).read_bytes()


def script(path: str) -> str:
    """Return a script's text as it stands in the page; Leaflet's brings its licence along."""
    plain = _SOURCE_MAP.sub("", _text(path)).strip()
    if path == LEAFLET_JS:
        plain = f"/*! Leaflet\n{_text(LEAFLET_LICENCE)}*/\n{plain}"
    return plain


def style(path: str) -> str:
    """Return a style sheet's text with its images inside and its comments left out."""
    folder = path.rpartition("/")[0]

    def inside(match: re.Match[str]) -> str:
        address = match[1]
        if address.startswith(("#", "data:")):
            return match[0]
        image = base64.b64encode(asset(f"{folder}/{address}")).decode("ascii")
        return f"url(data:image/png;base64,{image})"

    return _CSS_URL.sub(inside, _CSS_COMMENT.sub("", _text(path))).strip()


def _text(path: str) -> str:
    # A page's parser turns CR LF into LF, and a script's sum is taken of what it reads.
    return asset(path).decode("utf-8").replace("\r\n", "\n")
