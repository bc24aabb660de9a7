"""The folder of a run, read back: whole and of one run, or refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from facilityplan.errors import UnreadableSourceError
from facilityplan.project.run import OUTPUTS
from facilityplan.scenario.difference import RunRecord
from facilityplan.scenario.difference.circumstances import PROGRAM

FORMAT: Final = 1

MAX_BYTES: Final = 1_000_000_000
"""No run writes a file as large; what is larger is none of ours."""

_MANIFEST: Final = "manifest.json"
_NEEDED: Final = ("findings.json", "layers.json")
_MAPPINGS: Final = ("inputs", "outputs", "parameters", "readings", "versions")
_HELD: Final[Mapping[str, Collection[str]]] = {
    _MANIFEST: ("project", "as_of", "inputs", "parameters", "readings", "standards", "versions"),
    "findings.json": ("clauses", "findings", "standards"),
    "layers.json": ("crs", "zones", "residences", "facilities"),
    "coverage.json": ("rates",),
}
"""What of each file is read."""


def read_run(folder: Path) -> RunRecord:
    """Return what a run wrote to a folder.

    Only what is read is held against the hashes of the manifest: a workbook or a GeoPackage that
    someone opened and saved since is no harm.

    Raises
    ------
    UnreadableSourceError
        If it is no folder of a run, a run stopped while it wrote there, or a file is not the one
        that the run wrote.
    """
    name = folder.resolve().name
    if not folder.is_dir():
        raise UnreadableSourceError("run_folder_missing", file=str(folder))
    if not (folder / _MANIFEST).is_file():
        if any((folder / other).is_file() for other in OUTPUTS):
            raise UnreadableSourceError("run_torn", file=name)
        raise UnreadableSourceError("run_not_one", file=name)
    manifest = _document(folder, _MANIFEST, None)
    _refuse_other_manifests(manifest, name)
    written = manifest["outputs"]
    if "layers.json" not in written:
        raise UnreadableSourceError("run_too_old", file=name)
    read = {one: _document(folder, one, written[one]) for one in _NEEDED}
    coverage = (
        _document(folder, "coverage.json", written["coverage.json"])
        if "coverage.json" in written
        else {"rates": []}
    )
    return RunRecord(name, manifest, read["findings.json"], read["layers.json"], coverage["rates"])


def _refuse_other_manifests(manifest: Mapping[str, Any], name: str) -> None:
    """Refuse what no run wrote; the other files are told by their hashes, this one by its form."""
    fits = (
        all(isinstance(manifest.get(key), dict) for key in _MAPPINGS)
        and all(isinstance(manifest[key], str) for key in ("project", "as_of"))
        and isinstance(manifest["standards"], list)
        and isinstance(manifest.get("scenario", {}), dict)
        and PROGRAM in manifest["versions"]
        and "findings.json" in manifest["outputs"]
    )
    if not fits:
        raise UnreadableSourceError("run_not_one", file=name)


def _document(folder: Path, name: str, digest: object) -> dict[str, Any]:
    """Return one JSON file of a run, held against its hash where there is one."""
    path, shown = folder / name, f"{folder.resolve().name}/{name}"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableSourceError("run_file_damaged", file=shown)
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableSourceError("run_file_missing", file=shown) from error
    except OSError as error:
        raise UnreadableSourceError("run_file_damaged", file=shown) from error
    if digest is not None and hashlib.sha256(raw).hexdigest() != digest:
        raise UnreadableSourceError("run_file_changed", file=shown)
    try:
        found = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnreadableSourceError("run_file_damaged", file=shown) from error
    if not isinstance(found, dict):
        raise UnreadableSourceError("run_file_damaged", file=shown)
    if found.get("format") != FORMAT:
        raise UnreadableSourceError("run_version", file=shown, version=found.get("format"))
    if not set(_HELD[name]) <= found.keys():
        raise UnreadableSourceError("run_not_one", file=shown)
    return found
