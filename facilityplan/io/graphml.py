"""Road graphs in GraphML, as osmnx writes them."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any, Final

from shapely.errors import ShapelyError

from facilityplan.errors import SourceLimitError, UnreadableSourceError
from facilityplan.io.guard import guarded
from facilityplan.io.limits import check_xml
from facilityplan.io.osm import roads_from_edges
from facilityplan.io.source import Vector, decode, local_file, read_bytes

# What a graph of a stranger makes of networkx, osmnx, shapely and pyproj.
_FAULTS: Final = (
    *(ValueError, KeyError, TypeError, OSError, SyntaxError),
    *(AttributeError, RecursionError, MemoryError, RuntimeError, ShapelyError),
)
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")


@guarded
def read_graphml_roads(path: str | Path) -> Vector:
    """Read the roads of a GraphML file, one row an edge.

    Parameters
    ----------
    path
        A file that ``osmnx.save_graphml`` wrote, on this machine.

    Returns
    -------
    Vector
        Columns as of :func:`facilityplan.io.osm.read_osm` for roads, in the graph's own system; an
        edge that may be driven both ways stands twice, one that osmnx joined of several ways has
        their words set apart by semicolons.

    Raises
    ------
    UnreadableSourceError
        If there is no such file, it is damaged, or no road graph with coordinates and a system.
    SourceLimitError
        If it has a document type, which such a file never has.
    """
    place = local_file(path)
    text, _ = decode(read_bytes(place), None, place.name)
    if "<!doctype" in text.casefold() or "<graphml" not in text:
        raise SourceLimitError("vector_not_taken", file=place.name)
    check_xml(text.removeprefix("\ufeff").encode("utf-8"), place.name)
    # Heavy, and only this function needs them.
    import osmnx  # noqa: PLC0415 - heavy, for these files alone
    from networkx import NetworkXException  # noqa: PLC0415 - as heavy

    try:
        bare = _DECLARATION.sub("", text.removeprefix("\ufeff"))
        graph = osmnx.load_graphml(graphml_str=bare)
        edges = osmnx.graph_to_gdfs(graph, nodes=False)
    except (NetworkXException, *_FAULTS) as error:
        raise UnreadableSourceError(
            "graphml_not_roads", file=place.name, reason=f"{type(error).__name__}: {error}"
        ) from error
    for key in ("osmid", "highway"):
        if key not in edges.columns:
            raise UnreadableSourceError("graphml_not_roads", file=place.name, reason=key)
    return roads_from_edges(edges, place.name)


def save_roads(graph: Any, target: Path) -> int:
    """Write a graph of osmnx into a new GraphML file, whole or not at all; return its edges.

    Raises
    ------
    FileExistsError
        If there is such a file.
    """
    import osmnx  # noqa: PLC0415 - heavy, for these files alone

    part = target.with_name(f".{target.name}.part")
    try:
        with target.open("xb"):
            osmnx.save_graphml(graph, part)
        part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            if target.exists() and target.stat().st_size == 0:
                target.unlink()
        raise
    finally:
        part.unlink(missing_ok=True)
    return int(graph.number_of_edges())
