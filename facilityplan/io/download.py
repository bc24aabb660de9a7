"""Roads of a place from an OpenStreetMap server, for who has one: the only thing here that calls out.

What comes is written to a file and read from there like any other; no run ever needs a server.
"""

from __future__ import annotations

import contextlib
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from facilityplan.errors import InputError, OutputError, UnreadableSourceError, UsageError
from facilityplan.io.graphml import save_roads
from facilityplan.io.osm import way_tags

OVERPASS: Final = "https://overpass-api.de/api"
NOMINATIM: Final = "https://nominatim.openstreetmap.org"
PROBE_S: Final = 10.0
"""How long a server may take to say that it is there, in seconds."""
REQUEST_S: Final = 180

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Servers:
    """Addresses of the servers that are asked: roads by box, and boxes by name."""

    overpass: str = OVERPASS
    nominatim: str = NOMINATIM


def _probe(address: str, path: str) -> None:
    """Ask a server whether it is there; osmnx would wait, and ask others for its number."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UnreadableSourceError("download_offline", server=address, reason="http(s)://…")
    try:
        request = urllib.request.Request(  # noqa: S310  its scheme was looked at
            f"{address.rstrip('/')}/{path}", headers={"User-Agent": "facilityplan"}
        )
        with urllib.request.urlopen(request, timeout=PROBE_S):  # noqa: S310 - as above
            return
    except urllib.error.HTTPError as error:
        if error.code < 500:
            return
        raise UnreadableSourceError("download_offline", server=address, reason=error) from error
    except (OSError, ValueError) as error:
        raise UnreadableSourceError("download_offline", server=address, reason=error) from error


@contextlib.contextmanager
def _settings(servers: Servers) -> Iterator[Any]:
    """Lend osmnx with our servers, without its cache folder, and leave no trace of that."""
    import osmnx  # noqa: PLC0415  heavy, and only this function needs it

    names = (
        *("overpass_url", "nominatim_url", "use_cache", "overpass_rate_limit"),
        *("requests_timeout", "doh_url_template"),
    )
    before = {name: getattr(osmnx.settings, name) for name in names}
    resolver = socket.getaddrinfo
    osmnx.settings.overpass_url = servers.overpass
    osmnx.settings.nominatim_url = servers.nominatim
    osmnx.settings.use_cache = False
    osmnx.settings.overpass_rate_limit = servers.overpass == OVERPASS
    osmnx.settings.requests_timeout = REQUEST_S
    osmnx.settings.doh_url_template = None
    try:
        with way_tags(osmnx.settings):
            yield osmnx
    finally:
        # osmnx pins the server's number in the resolver of the whole process.
        socket.getaddrinfo = resolver
        for name, value in before.items():
            setattr(osmnx.settings, name, value)


def download_roads(
    target: Path,
    *,
    place: str | None = None,
    bbox: Box | None = None,
    servers: Servers | None = None,
) -> int:
    """Write the roads of a place into a new GraphML file and return how many edges they are.

    Parameters
    ----------
    target
        File to write; it must not be there yet.
    place
        Name of a place, as Nominatim knows it.
    bbox
        West, south, east, north, in degrees (EPSG:4326).
    servers
        Servers to ask; default the public ones.

    Raises
    ------
    UsageError
        If neither or both of place and box are given, or the box is none.
    UnreadableSourceError
        If a server cannot be reached, or knows no such place or no roads there.
    OutputError
        If the file is there or cannot be written.
    """
    asked = servers or Servers()
    if (place is None) == (bbox is None):
        raise UsageError("download_what")
    if bbox is not None and not (
        -180 <= bbox[0] < bbox[2] <= 180 and -90 <= bbox[1] < bbox[3] <= 90
    ):
        raise UsageError("download_what")
    if target.exists():
        raise OutputError("download_exists", file=target)
    _probe(asked.overpass, "status")
    if place is not None:
        _probe(asked.nominatim, "status")
    graph = _fetch(asked, place, bbox)
    try:
        return save_roads(graph, target)
    except OSError as error:
        raise OutputError("output_failed", file=target, reason=error) from error


def _fetch(asked: Servers, place: str | None, bbox: Box | None) -> Any:
    with _settings(asked) as osmnx:
        keep = {"network_type": "all", "simplify": False, "retain_all": True}
        try:
            if place is not None:
                return osmnx.graph_from_place(place, **keep)
            return osmnx.graph_from_bbox(bbox, **keep)
        except (ConnectionError, TimeoutError, OSError) as error:
            raise UnreadableSourceError(
                "download_offline", server=asked.overpass, reason=type(error).__name__
            ) from error
        except InputError:
            raise
        except (ValueError, TypeError, KeyError) as error:
            shown = place or " ".join(f"{number:g}" for number in bbox or ())
            raise UnreadableSourceError("download_place", place=shown) from error
