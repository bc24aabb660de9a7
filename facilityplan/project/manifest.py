"""What the manifest of an earlier run tells: which inputs are no longer what they were."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from facilityplan.files import sha256


def read_manifest(out: Path) -> dict[str, Any] | None:
    """Return the manifest in an output folder, ``None`` where there is none that can be read."""
    try:
        found = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def changed_inputs(folder: Path, manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the inputs that are not those that a run read, by their SHA-256.

    A damaged copy may read as other data and nothing in it tell; its hash tells.

    Parameters
    ----------
    folder
        The project's folder.
    manifest
        As a run wrote it.

    Returns
    -------
    tuple of str
        Paths inside the project, sorted: files changed, or gone, or not readable now.
    """
    inputs = manifest.get("inputs")
    if not isinstance(inputs, Mapping):
        return ()
    return tuple(name for name in sorted(inputs) if _hash(folder / name) != inputs[name])


def _hash(path: Path) -> str | None:
    try:
        return sha256(path)
    except (OSError, ValueError):
        return None
