"""A network as plain arrays and back, so that it can be kept in a file and need not be built anew.

No object is ever unpickled: numbers, and one text for the report and the coordinate system. What
comes back is held against itself, since a search that trusts a damaged index reads beyond its
arrays.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from facilityplan.errors import NetworkError
from facilityplan.network.graph import Network, NetworkReport
from facilityplan.network.millimetres import IntArray
from facilityplan.network.noding import Edges
from facilityplan.network.walkable import LeftOut, Reason

FORMAT: Final = 1
"""Version of the arrays; a stored network of another one is not read."""

Arrays = Mapping[str, NDArray[Any]]

_SHAPES: Final = MappingProxyType(
    {
        "node_xy": ("<f8", 2),
        "place": ("<i8", 1),
        "components": ("<i8", 1),
        "tail": ("<i8", 1),
        "head": ("<i8", 1),
        "length_mm": ("<i8", 1),
        "line_xy": ("<f8", 2),
        "line_start": ("<i8", 1),
        "about": ("|u1", 1),
    }
)
"""Name of each array -> its type and number of dimensions."""


def to_arrays(network: Network) -> dict[str, NDArray[Any]]:
    """Return a network as arrays of plain numbers.

    Parameters
    ----------
    network
        What is to be kept.

    Returns
    -------
    dict
        ``node_xy`` (n, 2) and ``line_xy`` (v, 2) in metres; ``place`` and ``components`` (n,);
        ``tail``, ``head`` and ``length_mm`` (e,); ``line_start`` (e + 1,), where the vertices of
        each edge begin; ``about``, UTF-8 of a JSON text with the format, the report and the
        coordinate system.
    """
    edges = network.edges
    line_xy, owner = shapely.get_coordinates(edges.lines, return_index=True)
    start = np.searchsorted(owner, np.arange(len(edges.lines) + 1))
    about = {
        "format": FORMAT,
        "report": dataclasses.asdict(network.report),
        "crs": None if network.crs is None else network.crs.to_wkt(),
    }
    text = json.dumps(about, ensure_ascii=False, sort_keys=True)
    return {
        "node_xy": edges.node_xy.astype("<f8"),
        "place": edges.place.astype("<i8"),
        "components": network.components.astype("<i8"),
        "tail": edges.tail.astype("<i8"),
        "head": edges.head.astype("<i8"),
        "length_mm": edges.length_mm.astype("<i8"),
        "line_xy": line_xy.astype("<f8"),
        "line_start": start.astype("<i8"),
        "about": np.frombuffer(text.encode("utf-8"), dtype="|u1"),
    }


def from_arrays(arrays: Arrays) -> Network:
    """Return the network that arrays of :func:`to_arrays` hold, equal to the last bit.

    Raises
    ------
    NetworkError
        If an array is missing, of another type or shape, does not fit the others, or the format
        is another one.
    """
    _check_types(arrays)
    report, crs = _read_about(arrays["about"])
    _check_fit(arrays)
    line_xy, start = arrays["line_xy"], arrays["line_start"]
    owner = np.repeat(np.arange(len(start) - 1, dtype=np.int64), np.diff(start))
    lines = shapely.linestrings(line_xy, indices=owner)
    edges = Edges(
        node_xy=arrays["node_xy"].astype(np.float64),
        place=_whole(arrays["place"]),
        tail=_whole(arrays["tail"]),
        head=_whole(arrays["head"]),
        length_mm=_whole(arrays["length_mm"]),
        lines=lines,
    )
    return Network(edges, _whole(arrays["components"]), report, crs)


def _whole(values: NDArray[Any]) -> IntArray:
    # A copy: arrays of a file may be read-only, those of a network just built are not.
    return values.astype(np.int64)


def _damaged(part: str) -> NetworkError:
    return NetworkError("network_stored_damaged", part=part)


def _check_types(arrays: Arrays) -> None:
    for name, (kind, dimensions) in _SHAPES.items():
        found = arrays.get(name)
        if found is None or found.dtype != np.dtype(kind) or found.ndim != dimensions:
            raise _damaged(name)
        if dimensions == 2 and found.shape[1] != 2:
            raise _damaged(name)


def _read_about(text: NDArray[Any]) -> tuple[NetworkReport, Any]:
    """Return the report and the coordinate system."""
    try:
        about = json.loads(text.tobytes().decode("utf-8"))
        if about["format"] != FORMAT:
            raise NetworkError("network_stored_format", found=about["format"], wanted=FORMAT)
        said = dict(about["report"])
        said["left_out"] = tuple(
            LeftOut(**{**item, "reason": Reason(item["reason"])}) for item in said["left_out"]
        )
        for name in ("unknown_classes", "unknown_words"):
            said[name] = tuple(said[name])
        crs = None if about["crs"] is None else pyproj.CRS.from_wkt(about["crs"])
        return NetworkReport(**said), crs
    except (ValueError, TypeError, KeyError, pyproj.exceptions.CRSError) as error:
        if isinstance(error, NetworkError):
            raise
        raise _damaged("about") from error


def _check_fit(arrays: Arrays) -> None:
    """Refuse positions that lead nowhere and sizes that do not go together."""
    nodes, edges = len(arrays["node_xy"]), len(arrays["tail"])
    start, line_xy = arrays["line_start"], arrays["line_xy"]
    sizes = {"place": nodes, "components": nodes, "head": edges, "length_mm": edges}
    for name, size in (*sizes.items(), ("line_start", edges + 1)):
        if len(arrays[name]) != size or not size:
            raise _damaged(name)
    for name in ("place", "components", "tail", "head"):
        if arrays[name].min() < 0 or arrays[name].max() >= nodes:
            raise _damaged(name)
    if arrays["length_mm"].min() < 0:
        raise _damaged("length_mm")
    # Every line has two vertices or more, and all vertices belong to one.
    if start[0] != 0 or start[-1] != len(line_xy) or np.diff(start).min() < 2:
        raise _damaged("line_start")
    if not (np.isfinite(line_xy).all() and np.isfinite(arrays["node_xy"]).all()):
        raise _damaged("line_xy")
    ends = (line_xy[start[:-1]], line_xy[start[1:] - 1])
    for name, at in zip(("tail", "head"), ends, strict=True):
        if (at != arrays["node_xy"][arrays[name]]).any():
            raise _damaged(name)
