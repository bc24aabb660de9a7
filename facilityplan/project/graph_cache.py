"""The road graph kept beside the project: built once, found again by what it was made of.

A file that is damaged, cut short or of another version is no error: the graph is built anew, and
that is said. Results never hang on whether a graph was built or found.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.metadata
import io
import json
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import osmium.version
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from facilityplan import files
from facilityplan.errors import NetworkError, OutputError
from facilityplan.locale import Listed
from facilityplan.network import Network
from facilityplan.network.stored import FORMAT, from_arrays, to_arrays
from facilityplan.project.config import ProjectConfig

CACHE_FOLDER: Final = ".facilityplan"
"""Folder below the project's; the only place of a project folder that we write to."""

MAX_BYTES: Final = 4_000_000_000
"""Larger than the graph of any province; such a file is not read."""

KEPT_FILES: Final = 4
"""Graphs kept beside a project: going back and forth between options finds them again."""

_DECIDING: Final = ("crs", "io", "layers", "network", "project", "units.py")
"""Parts of the package whose code turns a file into a graph."""

_UNUSABLE: Final = (
    NetworkError,
    OSError,
    EOFError,
    ValueError,
    SyntaxError,
    RuntimeError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a damaged npz ends in: an encrypted member is a RuntimeError, and so on."""


FileStates = list[tuple[int, int, int] | None]
"""Node number, size and time of each of several files."""


@dataclass(frozen=True)
class GraphNote:
    """What became of the kept graph, for the log and nowhere else.

    Parameters
    ----------
    id
        Message id below ``cli.graph`` in the catalogue: ``loaded``, ``stored``, ``damaged``,
        ``unwritable`` or ``changed``.
    parameters
        Values for the sentence.
    """

    id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def graph_key(contents: Mapping[str, str], options: Mapping[str, Any]) -> str:
    """Return what a graph is found by: the SHA-256 of all that decides it.

    Parameters
    ----------
    contents
        SHA-256 of every file that the roads come from, by its path.
    options
        How the files are read and the graph is built, as plain values.
    """
    made_of = {
        "format": FORMAT,
        "contents": dict(contents),
        "options": options,
        "code": _code_digest(),
        "versions": _versions(),
    }
    text = json.dumps(made_of, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _versions() -> dict[str, str]:
    """Return the versions of what decides coordinates; GDAL and osmium belong to their readers."""
    return {
        "shapely": shapely.__version__,
        "geos": shapely.geos_version_string,
        "pyproj": pyproj.__version__,
        "proj": pyproj.proj_version_str,
        "numpy": np.__version__,
        "pyogrio": pyogrio.__version__,
        "gdal": pyogrio.__gdal_version_string__,
        "osmium": osmium.version.pyosmium_release,
        "osmnx": importlib.metadata.version("osmnx"),
    }


def _code_digest() -> str:
    """Return a digest of our own code that a graph comes from: a version alone is raised by hand."""
    digest = hashlib.sha256()
    package = resources.files("facilityplan")
    for room in _DECIDING:
        place = package / room
        found = list(place.iterdir()) if place.is_dir() else [place]
        for entry in sorted(found, key=lambda item: item.name):
            if entry.name.endswith((".py", ".toml")):
                digest.update(f"{room}/{entry.name}\0".encode())
                digest.update(entry.read_bytes())
    return digest.hexdigest()


def kept_network(
    folder: Path, key: str, build: Callable[[], Network], *, unchanged: Callable[[], bool]
) -> tuple[Network, tuple[GraphNote, ...]]:
    """Return the graph kept under a key, else build it and keep it.

    Parameters
    ----------
    folder
        The project's folder.
    key
        What the graph is found by.
    build
        Builds it.
    unchanged
        Whether the files are still those that were read; a graph of others is not kept.

    Returns
    -------
    tuple
        The network and what there is to say: a file that could not be used or written.
    """
    path = folder / CACHE_FOLDER / f"roads-{key}.npz"
    notes: list[GraphNote] = []
    try:
        found = from_arrays(_read(path))
    except FileNotFoundError:
        pass  # Nothing is kept yet.
    except _UNUSABLE as error:
        notes.append(GraphNote("damaged", {"file": path.name, "reason": _short(error)}))
    else:
        return found, (GraphNote("loaded", {"file": path.name}),)
    network = build()
    if not unchanged():
        return network, (*notes, GraphNote("changed"))
    try:
        files.write_bytes(path, _packed(network))
    except OutputError as error:
        said = {
            "folder": CACHE_FOLDER,
            "reason": str(error.parameters.get("reason", error.message)),
        }
        return network, (*notes, GraphNote("unwritable", said))
    _prune(path)
    return network, (*notes, GraphNote("stored", {"file": path.name}))


def project_network(
    folder: Path,
    config: ProjectConfig,
    roads: gpd.GeoDataFrame,
    contents: Mapping[str, str],
    before: FileStates,
    *,
    cache: bool,
) -> tuple[Network, tuple[GraphNote, ...]]:
    """Return the road graph of a project, kept or built, and what there is to say of it.

    Parameters
    ----------
    folder
        The project's folder.
    config
        How the graph is built, and whether the project wants it kept.
    roads
        The conformed layer.
    contents
        SHA-256 of every file that the roads come from, by its path inside the project.
    before
        :func:`file_states` of these files before they were read.
    cache
        Whether the caller lets it be kept.

    Raises
    ------
    NetworkError, CrsError, GeometryError, BadValueError
        If the roads cannot be a graph.
    """
    options = config.network

    def build() -> Network:
        return Network.from_lines(
            roads,
            node_at_crossings=options.node_at_crossings,
            walkable_classes=options.walkable,
        )

    notes: tuple[GraphNote, ...] = ()
    if cache and options.cache:
        words = {
            "crs": config.project.crs,
            "sources": [source.model_dump(mode="json") for source in config.layers["roads"]],
            "node_at_crossings": options.node_at_crossings,
            "walkable": dict(options.walkable),
        }
        network, notes = kept_network(
            folder,
            graph_key(contents, words),
            build,
            unchanged=lambda: file_states(folder, contents) == before,
        )
    else:
        network = build()
    return dataclasses.replace(network, threads=options.threads), notes


def file_states(folder: Path, paths: Collection[str]) -> FileStates:
    """Return what changes when a file does, ``None`` where there is none; reading says that."""
    found: FileStates = []
    for path in sorted(paths):
        try:
            state = (folder / path).stat()
        except (OSError, ValueError):
            found.append(None)
        else:
            found.append((state.st_ino, state.st_size, state.st_mtime_ns))
    return found


def _short(error: Exception) -> str:
    """Return why a file cannot be used, without its place on this machine."""
    if isinstance(error, NetworkError):
        return Listed(f"{name} {value}" for name, value in error.parameters.items())
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _packed(network: Network) -> bytes:
    """Return the arrays as an uncompressed npz, the same bytes for the same network."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as bundle:
        for name, values in sorted(to_arrays(network).items()):
            member = io.BytesIO()
            np.lib.format.write_array(member, values, version=(1, 0), allow_pickle=False)
            # A fixed time: zip files know no other.
            bundle.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue()
            )
    return stream.getvalue()


def _read(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an npz of ours, none larger than the file itself.

    Raises
    ------
    ValueError, EOFError, OSError, BadZipFile
        If it is none, is cut short, or its sums do not tally.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{size} > {MAX_BYTES}")
    arrays: dict[str, NDArray[Any]] = {}
    with zipfile.ZipFile(path) as bundle:
        for entry in bundle.infolist():
            stored = entry.compress_type == zipfile.ZIP_STORED and entry.file_size <= size
            if not (stored and entry.filename.endswith(".npy")):
                raise ValueError(entry.filename)
            arrays[entry.filename.removesuffix(".npy")] = _array(bundle.read(entry))
    return arrays


def _array(raw: bytes) -> NDArray[Any]:
    """Return the array in an npy file; a header that claims more than there is, is refused."""
    stream = io.BytesIO(raw)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("npy")
    shape, fortran, kind = np.lib.format.read_array_header_1_0(stream)
    begin = stream.tell()
    if (
        kind.hasobject
        or fortran
        or kind.itemsize * int(np.prod(shape, dtype=object)) != (len(raw) - begin)
    ):
        raise ValueError("npy")
    return np.frombuffer(raw, dtype=kind, offset=begin).reshape(shape)


def _prune(newest: Path) -> None:
    """Remove all but the newest graphs; one that another program holds open stays."""
    others = [path for path in newest.parent.glob("roads-*.npz") if path != newest]
    with contextlib.suppress(OSError):  # Another run may be tidying up as well.
        others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in others[KEPT_FILES - 1 :]:
            path.unlink(missing_ok=True)
