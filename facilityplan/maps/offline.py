"""A folium figure that loads nothing: every asset inside, a strict policy, nothing else let by."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any, Final

from branca.element import CssLink, Element, Figure, JavascriptLink

from facilityplan.errors import OutputError
from facilityplan.files import escape_html, script_json
from facilityplan.maps import inline

_LOADING: Final = frozenset(
    {"src", "srcset", "href", "xlink:href", "data", "poster", "background", "action", "formaction"}
)
"""Attributes whose address a browser fetches by itself, or sends things to."""

_INERT: Final = re.compile(r"\s*(data:|blob:|#|$)", re.IGNORECASE)
_STYLE_LOADS: Final = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)[^)]*", re.IGNORECASE)
_SCRIPT_LOADS: Final = re.compile(
    r"(?:https?|wss?|ftp):(?:\\?/){2}(?!www\.w3\.org/)[^\s'\"`)]*|(?<=['\"`])//\w[^\s'\"`)]*",
    re.IGNORECASE,
)
_EXECUTED: Final = frozenset({"", "text/javascript", "application/javascript", "module"})
_ORIGIN: Final = re.compile(r"https?://[a-z0-9_][a-z0-9_.-]*(?::\d{1,5})?")
"""No sign in it can end the rule it stands in."""

_HTML_LANG: Final = {"zh": "zh-CN", "en": "en"}


class Verbatim(Element):
    """Markup that is put into the page as it is; branca would take it for a template."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.markup = markup

    @classmethod
    def _generate_id(cls) -> str:
        return "verbatim"

    def render(self, **kwargs: Any) -> str:
        """Return the markup."""
        del kwargs
        return self.markup


def data_element(name: str, value: Any) -> Verbatim:
    """Return an inert element of that id which carries a value as JSON."""
    return Verbatim(
        f'<script type="application/json" id="{escape_html(name)}">{script_json(value)}</script>'
    )


class OfflineFigure(Figure):
    """A figure whose page is one file: assets inlined, scripts named by their sum.

    Parameters
    ----------
    title
        The page's title, any text.
    lang
        Language of the page, ``zh`` or ``en``.
    image_origins
        Scheme, host and port of what the page may load pictures from, and nothing but pictures;
        none by default.
    """

    def __init__(self, title: str, lang: str, image_origins: Sequence[str] = ()) -> None:
        super().__init__(title=title)
        self.lang = lang
        self.image_origins = tuple(image_origins)

    @classmethod
    def _generate_id(cls) -> str:
        return "figure"

    def render(self, **kwargs: Any) -> str:
        """Return the page.

        Raises
        ------
        OutputError
            If a part of the page would be loaded from elsewhere.
        """
        for child in self._children.values():
            child.render(**kwargs)
        head = [_inlined(part, kwargs) for part in self.header._children.values()]  # noqa: SLF001  # branca's tree has no other door
        body = self.html.render(**kwargs)
        start = self.script.render(**kwargs)
        rest = "\n".join([f"<title>{escape_html(self.title)}</title>", *head])
        tail = f"</head>\n<body>\n{body}\n<script>\n{start}\n</script>\n</body>\n</html>\n"
        scan = _Scan()
        scan.feed(rest + tail)
        scan.close()
        return (
            f'<!DOCTYPE html>\n<html lang="{_HTML_LANG[self.lang]}">\n<head>\n'
            f'<meta charset="UTF-8">\n{_policy(scan.scripts, self.image_origins)}\n{rest}\n{tail}'
        )


def _inlined(part: Any, kwargs: dict[str, Any]) -> str:
    if isinstance(part, JavascriptLink):
        return f"<script>{inline.script(part.url)}</script>"
    if isinstance(part, CssLink):
        return f"<style>{inline.style(part.url)}</style>"
    return str(part.render(**kwargs))


def _policy(scripts: list[str], image_origins: Sequence[str]) -> str:
    for origin in image_origins:
        if not _ORIGIN.fullmatch(origin):
            raise OutputError("map_not_offline", address=origin)
    images = " ".join(("data:", "blob:", *image_origins))
    sums = [
        base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        for text in scripts
    ]
    allowed = " ".join(f"'sha256-{value}'" for value in dict.fromkeys(sums))
    policy = (
        f"default-src 'none'; img-src {images}; style-src 'unsafe-inline'; "
        f"script-src {allowed}; base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


class _Scan(HTMLParser):
    """Collects the scripts that a page runs and refuses what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self._inside: str | None = None
        self._own = frozenset(inline.script(path) for path in (inline.LEAFLET_JS, *inline.DESK_JS))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            followed = tag == "a" and name == "href"
            if name in _LOADING and not followed and not _INERT.match(value):
                raise OutputError("map_not_offline", address=value)
            if name == "style":
                _refuse_found(_STYLE_LOADS, value)
        if tag == "script" and given.get("type", "").lower() in _EXECUTED:
            self._inside = "script"
            self.scripts.append("")
        elif tag == "style":
            self._inside = "style"

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._inside == "script":
            if self.scripts[-1] not in self._own:
                _refuse_found(_SCRIPT_LOADS, self.scripts[-1])
            self._inside = None
        elif tag == "style":
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside == "style":
            _refuse_found(_STYLE_LOADS, data)


def _refuse_found(pattern: re.Pattern[str], text: str) -> None:
    found = pattern.search(text)
    if found:
        raise OutputError("map_not_offline", address=found[0][:120])
