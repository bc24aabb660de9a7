"""DXF drawings: decoded here, since their headers say of the code page what they like.

A drawing has no coordinate system, its layers are CAD layers, estates are closed polylines and
names are texts that lie inside of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from facilityplan.errors import MissingLayerError
from facilityplan.io.source import decode

GDAL_OPTIONS: Final = {
    "DXF_ENCODING": "UTF-8",
    # Blocks stay points where they are put: drawn out they may be nested without end.
    "DXF_INLINE_BLOCKS": "FALSE",
    "DXF_MERGE_BLOCK_GEOMETRIES": "TRUE",
}
GDAL_LAYER: Final = "entities"
TEXT_COLUMN: Final = "text"
_START: Final = re.compile(rb"\s*(?:999\s*[\r\n][^\r\n]*[\r\n]+\s*)*0\s*\r?\n\s*SECTION\b")
_BINARY: Final = b"AutoCAD Binary DXF"
_MULTIBYTE: Final = re.compile(r"\\M\+([1-5])([0-9A-Fa-f]{4})")
_PAGES: Final = {"1": "cp932", "2": "cp950", "3": "cp949", "5": "gbk"}
_UNICODE: Final = re.compile(r"\\U\+([0-9A-Fa-f]{4,5})")
_FORMAT: Final = re.compile(r"\\[A-Za-z][^;\\{}]*;|[{}]")
_TEXT_CLASSES: Final = ("AcDbText", "AcDbMText", "AcDbAttribute")


def is_dxf(start: bytes) -> bool:
    """Return whether a file that begins so is a DXF drawing."""
    return _START.match(start.removeprefix(b"\xef\xbb\xbf")) is not None


def is_binary_dxf(start: bytes) -> bool:
    """Return whether a file that begins so is a binary DXF drawing, which nothing here reads."""
    return start.startswith(_BINARY)


def _multibyte(found: re.Match[str]) -> str:
    try:
        return bytes.fromhex(found[2]).decode(_PAGES[found[1]])
    except (KeyError, UnicodeError):
        return found[0]


def plain_drawing(content: bytes, stated: str | None, file: str) -> tuple[bytes, str]:
    """Return a drawing as UTF-8, with the encoding it was in; escapes of characters undone.

    Raises
    ------
    UnreadableSourceError
        If it is neither UTF-8 nor GB18030, nor what is stated.
    """
    text, encoding = decode(content, stated, file)
    text = _MULTIBYTE.sub(_multibyte, text.removeprefix("\ufeff"))
    text = _UNICODE.sub(lambda found: chr(int(found[1], 16)), text)
    return text.encode("utf-8", "surrogatepass"), encoding


@dataclass(frozen=True)
class _Parts:
    shapes: gpd.GeoDataFrame
    texts: gpd.GeoDataFrame


def _apart(frame: gpd.GeoDataFrame) -> _Parts:
    classes = frame["SubClasses"].fillna("").astype(str)
    is_text = classes.apply(lambda said: any(name in said for name in _TEXT_CLASSES)).to_numpy()
    return _Parts(frame[~is_text], frame[is_text])


def _said(text: Any) -> str:
    return " ".join(_FORMAT.sub("", str(text).replace("\\P", " ")).split())


def _closed(shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return closed lines as areas; what is open stays a line and is refused where areas must be."""
    kinds = shapely.get_type_id(shapes)
    ring = (kinds == 1) & shapely.is_closed(shapes) & (shapely.get_num_points(shapes) > 3)
    out = shapes.copy()
    out[ring] = [shapely.Polygon(shapely.get_coordinates(shape)) for shape in shapes[ring]]
    return out


def _labels(shapes: np.ndarray[Any, Any], texts: gpd.GeoDataFrame) -> list[str | None]:
    """Return for each area the texts that lie inside it, from the top down."""
    found: list[list[tuple[float, float, str]]] = [[] for _ in shapes]
    if len(texts):
        points = shapely.force_2d(shapely.centroid(texts.geometry.to_numpy()))
        pairs = shapely.STRtree(shapes).query(points, predicate="within")
        words = texts["Text"].tolist()
        for text, shape in pairs.T.tolist():
            point = points[text]
            found[shape].append((-point.y, point.x, _said(words[text])))
    return ["；".join(word for *_, word in sorted(items)) or None for items in found]


def features(
    frame: gpd.GeoDataFrame, layer: str | None, file: str, *, areas: bool
) -> gpd.GeoDataFrame:
    """Return the objects of one CAD layer, with the texts inside of areas as ``text``.

    Parameters
    ----------
    frame
        All entities, as GDAL gives them.
    layer
        Name of the CAD layer; ``None`` where only one holds objects.
    file
        Name of the file.
    areas
        Whether closed lines are areas.

    Raises
    ------
    MissingLayerError
        If the layer is not there, or several could be meant.
    """
    parts = _apart(frame)
    there = sorted({str(name) for name in parts.shapes["Layer"]})
    if layer is None and len(there) > 1:
        raise MissingLayerError("vector_which_layer", file=file, layers=", ".join(there))
    if layer is not None and layer not in there:
        raise MissingLayerError(
            "vector_no_such_layer", file=file, wanted=layer, layers=", ".join(there)
        )
    chosen = parts.shapes if layer is None else parts.shapes[parts.shapes["Layer"] == layer]
    shapes = shapely.force_2d(chosen.geometry.to_numpy())
    shapes = _closed(shapes) if areas else shapes
    columns = {
        "handle": chosen["EntityHandle"].tolist(),
        "cad_layer": chosen["Layer"].tolist(),
        "block": chosen["BlockName"].tolist() if "BlockName" in chosen.columns else None,
        TEXT_COLUMN: _labels(shapes, parts.texts),
    }
    kept = {
        name: pd.Series(cells, dtype=object) for name, cells in columns.items() if cells is not None
    }
    return gpd.GeoDataFrame(kept, geometry=shapes)
