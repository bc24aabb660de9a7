"""``facilityplan download``: a place's roads from an OpenStreetMap server into a file."""

from __future__ import annotations

import sys
from pathlib import Path

from facilityplan import locale
from facilityplan.errors import UsageError
from facilityplan.io.download import Box, Servers, download_roads
from facilityplan.project.config import read_config


def _box(numbers: str | None) -> Box | None:
    if numbers is None:
        return None
    try:
        west, south, east, north = (float(n) for n in numbers.replace(",", " ").split())
    except ValueError as error:
        raise UsageError("download_what") from error
    return west, south, east, north


def download(
    out: Path, *, place: str | None, bbox: str | None, project: Path | None, lang: str
) -> int:
    """Write the roads of a place into a new file.

    Returns
    -------
    int
        0.

    Raises
    ------
    FacilityPlanError
        As of :func:`facilityplan.io.download.download_roads`.
    """
    servers = Servers()
    if project is not None:
        said = read_config(project).download
        servers = Servers(said.overpass, said.nominatim)
    roads = download_roads(out, place=place, bbox=_box(bbox), servers=servers)
    sys.stdout.write(locale.text("download.done", lang, path=out, roads=roads) + "\n")
    return 0
