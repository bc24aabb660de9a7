"""``facilityplan map``: the map of a project by itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from facilityplan import locale
from facilityplan.project import open_project


def draw_map(project: Path, out: Path, *, machine: bool, lang: str, cache: bool = True) -> int:
    """Write a project's map to a file, say where it is, and return 0.

    Parameters
    ----------
    project
        Folder with a ``project.toml``.
    out
        The HTML file to write; it opens without a network.
    machine
        Whether to answer in JSON.
    lang
        Language of the map when it opens.
    cache
        Whether the road graph may be kept in the project's folder.
    """
    open_project(project, lang=lang, cache=cache).map().save(out)
    path = out.resolve()
    if machine:
        sys.stdout.write(json.dumps({"map": str(path)}, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(locale.text("cli.map", lang, path=path) + "\n")
    return 0
