"""``facilityplan init``: an annotated project.toml and empty tables to fill in."""

from __future__ import annotations

import sys
from pathlib import Path

from facilityplan import locale
from facilityplan.project.templates import new_project


def init_folder(folder: Path, *, lang: str) -> int:
    """Make a new project folder and say what is in it."""
    for name in new_project(folder, lang):
        sys.stdout.write(locale.text("cli.made", lang, name=folder / name) + "\n")
    sys.stdout.write(locale.text("cli.init_next", lang, folder=folder) + "\n")
    return 0
