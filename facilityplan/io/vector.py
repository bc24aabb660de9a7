"""Vector layers in: GeoPackage, GeoJSON, Shapefile, KML.

GDAL opens whatever it recognises, by content: a file that is named GeoJSON and holds a virtual
layer makes it read another file or an address. So every file is recognised here first, text formats
are rewritten from what was parsed, and the driver that opened it must be the one expected.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import re
import shutil
import sqlite3
import struct
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from shapely.errors import ShapelyError

from facilityplan.errors import (
    FacilityPlanError,
    GeometryError,
    MissingLayerError,
    SourceLimitError,
    UnreadableSourceError,
)
from facilityplan.io import dxf
from facilityplan.io.archives import unpacked
from facilityplan.io.codepages import language_page, refuse_contradiction
from facilityplan.io.dxf import is_dxf, plain_drawing
from facilityplan.io.formats import kind_of, local_place, named_geodatabase, refuse_foreign
from facilityplan.io.guard import guarded
from facilityplan.io.limits import check_json_depth, check_xml
from facilityplan.io.shapefile import Boxes, check_boxes, check_shapefile
from facilityplan.io.source import (
    LADDER,
    Vector,
    decode,
    encodings,
    read_bytes,
    read_start,
)

_SHAPE_MAGIC: Final = b"\x00\x00\x27\x0a"
_SQLITE_MAGIC: Final = b"SQLite format 3\0"
_PACKAGE_IDS: Final = (b"GPKG", b"GP10", b"GP11")
_GEOJSON_TYPES: Final = frozenset(
    {
        "FeatureCollection",
        "Feature",
        "GeometryCollection",
        *(f"{many}{kind}" for many in ("", "Multi") for kind in ("Point", "LineString", "Polygon")),
    }
)
_KML_ROOT: Final = re.compile(
    r"\s*(<\?xml[^>]*\?>)?\s*(<!--.*?-->\s*)*(?=<(?:\w+:)?kml[\s>])", re.DOTALL
)
_KML_REFUSED: Final = re.compile(r"<!doctype|<!entity|ogrvrt|gdal_wms|<networklink", re.IGNORECASE)
# What a .cpg file may say, as Python knows it; GB18030 holds all that GBK and GB2312 do.
_CODE_PAGES: Final = {
    "936": "gb18030",
    "cp936": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "65001": "utf-8",
    "950": "big5",
    "88591": "iso-8859-1",
}
_WESTERN: Final = frozenset({"iso8859-1", "iso8859-15", "cp1252", "cp437", "cp850", "ascii"})
"""Code pages that no Chinese name was ever written in."""
_SHAPE_PARTS: Final = (".shx", ".dbf", ".prj", ".cpg")
_ODD_PATH: Final = re.compile(r"[!?#%]|\.zip$", re.IGNORECASE)
_FOREIGN: Final = (RuntimeError, ValueError, OSError, KeyError, ShapelyError)


@dataclass(frozen=True)
class _Opened:
    """A recognised file: what GDAL is given, and as what it must take it."""

    file: str
    source: str | bytes
    drivers: frozenset[str]
    options: Mapping[str, str]
    encodings: Sequence[str]
    states_crs: bool = True
    layers: Mapping[str, str | int] = field(default_factory=dict)
    boxes: Boxes | None = None
    views: frozenset[str] = frozenset()


def _refuse(file: str, error: BaseException) -> NoReturn:
    raise UnreadableSourceError("source_unreadable", file=file, reason=error) from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _geojson(path: Path, stated: str | None) -> _Opened:
    """Parse GeoJSON and write it anew, so that GDAL can take it for nothing else."""
    text, encoding = decode(read_bytes(path), stated, path.name)
    check_json_depth(text, path.name)
    try:
        document = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_constant)
        kind = document.get("type") if isinstance(document, dict) else None
        if kind not in _GEOJSON_TYPES:
            raise SourceLimitError("vector_not_taken", file=path.name)
        clean = json.dumps(document).replace("<", "\\u003c").encode("ascii")
    except (ValueError, RecursionError) as error:
        if isinstance(error, FacilityPlanError):
            raise
        _refuse(path.name, error)
    if b"gdal_streamed_alg" in clean:
        raise SourceLimitError("vector_not_taken", file=path.name)
    return _Opened(
        file=path.name,
        source=clean,
        drivers=frozenset({"GeoJSON"}),
        options={},
        encodings=(encoding,),
        states_crs="crs" in document,
    )


def _kml(path: Path, stated: str | None) -> _Opened:
    content = read_bytes(path)
    declared = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9_.-]+)[\"']", content[:200])
    if stated is None and declared is not None:
        name = declared[1].decode("ascii").casefold()
        stated = _CODE_PAGES.get(name, name)
    text, encoding = decode(content, stated, path.name)
    root = _KML_ROOT.match(text)
    if root is None or _KML_REFUSED.search(text):
        raise SourceLimitError("vector_not_taken", file=path.name)
    check_xml(text[root.end() :].encode("utf-8"), path.name)
    return _Opened(
        file=path.name,
        source=text[root.end() :].encode("utf-8"),
        drivers=frozenset({"KML", "LIBKML"}),
        options={},
        encodings=(encoding,),
    )


def _package_layers(path: Path) -> dict[str, bool]:
    """Return the layers that have a geometry, and whether they are tables; GDAL would list them with SQLite's files beside."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
        ) as base:
            found = base.execute(
                "SELECT table_name, type FROM gpkg_contents"
                " JOIN gpkg_geometry_columns USING (table_name)"
                " JOIN sqlite_master ON lower(name) = lower(table_name)"
                " WHERE type IN ('table', 'view') ORDER BY table_name"
            )
            # A view is a query, which may never end.
            return {str(name): kind == "table" for name, kind in found}
    except (sqlite3.Error, UnicodeError) as error:
        _refuse(path.name, error)


def _geopackage(path: Path, start: bytes) -> _Opened:
    if start[68:72] not in _PACKAGE_IDS:
        raise SourceLimitError("vector_not_taken", file=path.name)
    page = struct.unpack(">H", start[16:18])[0]
    pages = struct.unpack(">I", start[28:32])[0]
    if path.stat().st_size < pages * (65536 if page == 1 else page):
        raise UnreadableSourceError("source_truncated", file=path.name)
    journal = path.with_name(f"{path.name}-wal")
    if journal.exists() and journal.stat().st_size:
        # Opened as it stands it would lack what another program has not written down yet.
        raise UnreadableSourceError("source_in_use", file=path.name)
    layers = _package_layers(path)
    return _Opened(
        file=path.name,
        source=str(path),
        layers={name: name for name in layers},
        views=frozenset(name for name, is_table in layers.items() if not is_table),
        drivers=frozenset({"GPKG"}),
        # Without this SQLite makes its -wal and -shm files beside the input.
        options={"IMMUTABLE": "YES"},
        encodings=("utf-8",),
    )


def _sibling(path: Path, ending: str) -> Path | None:
    wanted = f"{path.stem}{ending}".casefold()
    return next((entry for entry in path.parent.iterdir() if entry.name.casefold() == wanted), None)


def _code_page(path: Path) -> str | None:
    named = _sibling(path, ".cpg")
    if named is None:
        return None
    said = named.read_bytes()[:64].decode("ascii", "replace").strip().casefold()
    said = re.sub(r"^(ansi|oem|cp|windows)[ _-]*(?=\d)", "", said)
    name = _CODE_PAGES.get(said, f"cp{said}" if said.isdigit() else said) or None
    # A Western page takes any bytes: beside Chinese text it is a program's default, not a fact.
    # Then only plain ASCII is read; whoever means it states the encoding.
    return "ascii" if name is not None and _is_western(name) else name


def _is_western(name: str) -> bool:
    try:
        return codecs.lookup(name).name in _WESTERN
    except (LookupError, ValueError):
        return False


def _shapefile(path: Path, start: bytes, stated: str | None) -> _Opened:
    index, table = _sibling(path, ".shx"), _sibling(path, ".dbf")
    missing = [end for end, part in ((".shx", index), (".dbf", table)) if part is None]
    if index is None or table is None:
        raise UnreadableSourceError(
            "shapefile_part_missing", file=path.name, parts=", ".join(missing)
        )
    head = read_start(table, 32).ljust(32, b"\0")
    count, table_start, width = struct.unpack("<IHH", head[4:12])
    whole = (
        (path, struct.unpack(">I", start[24:28])[0] * 2),
        (table, table_start + count * width),
        (index, 100 + count * 8),
    )
    for part, size in whole:
        if part.stat().st_size < size:
            raise UnreadableSourceError("source_truncated", file=part.name)
    if index.stat().st_size >= 100 + (count + 1) * 8:
        raise UnreadableSourceError("shapefile_counts_differ", file=path.name)
    said, by = stated or _code_page(path), ".cpg"
    if said is None:
        said, by = language_page(head), "LDID"
    if stated is None and said is not None:
        refuse_contradiction(table, said, by)
    return _Opened(
        file=path.name,
        source=str(path),
        layers={path.stem: 0},
        drivers=frozenset({"ESRI Shapefile"}),
        options={},
        encodings=LADDER if said is None else encodings(b"", said, path.name),
        boxes=check_shapefile(path, index, table),
    )


def _drawing(path: Path, stated: str | None) -> _Opened:
    content, encoding = plain_drawing(read_bytes(path), stated, path.name)
    return _Opened(
        file=path.name,
        source=content,
        layers={dxf.GDAL_LAYER: dxf.GDAL_LAYER},
        drivers=frozenset({"DXF"}),
        options={},
        encodings=(encoding,),
    )


def _geodatabase(path: Path) -> _Opened:
    listed = _quietly(path.name, partial(pyogrio.list_layers, path))
    return _Opened(
        file=path.name,
        source=str(path),
        layers={str(name): str(name) for name, kind in listed if kind is not None},
        drivers=frozenset({"OpenFileGDB"}),
        options={},
        encodings=("utf-8",),
    )


def _recognise(path: Path, encoding: str | None) -> _Opened:
    """Tell by its content what a file is; nothing but the formats that we name is taken."""
    if path.is_dir():
        return _geodatabase(path)
    start = read_start(path)
    refuse_foreign(start, path.name)
    if start.startswith(_SHAPE_MAGIC) and len(start) >= 100:
        return _shapefile(path, start, encoding)
    if start.startswith(_SQLITE_MAGIC) and len(start) >= 100:
        return _geopackage(path, start)
    if is_dxf(start):
        return _drawing(path, encoding)
    # UTF-16 is told by its mark alone; its zeros must not hide the first sign.
    sign = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if sign.startswith(b"{"):
        return _geojson(path, encoding)
    if sign.startswith(b"<"):
        return _kml(path, encoding)
    raise SourceLimitError("vector_not_taken", file=path.name)


def _quietly(file: str, action: Callable[[], Any]) -> Any:
    """Run a call into GDAL; what it says or throws becomes ours."""
    try:
        with warnings.catch_warnings():
            # Broken features come back empty and are listed where layers are checked.
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", UserWarning)
            return action()
    except UnicodeError:
        raise
    except _FOREIGN as error:
        if isinstance(error, FacilityPlanError):
            raise
        _refuse(file, error)


def _choose_layer(opened: _Opened, layer: str | None) -> str | int:
    """Return the layer that is asked for, or the only one, as GDAL takes it."""
    names = opened.layers
    if isinstance(opened.source, bytes) and not names:
        listed = _quietly(opened.file, partial(pyogrio.list_layers, opened.source))
        names = {
            # What is read from memory is named by chance where the file does not name it.
            Path(opened.file).stem if str(name).startswith("pyogrio_") else str(name): position
            for position, (name, kind) in enumerate(listed)
            if kind is not None
        }
    if layer is not None:
        if layer not in names:
            raise MissingLayerError(
                "vector_no_such_layer", file=opened.file, wanted=layer, layers=", ".join(names)
            )
        return names[layer]
    if not names:
        raise GeometryError("vector_without_geometry", file=opened.file)
    if len(names) > 1:
        raise MissingLayerError("vector_which_layer", file=opened.file, layers=", ".join(names))
    return next(iter(names.values()))


def _read(opened: _Opened, layer: str | int) -> tuple[gpd.GeoDataFrame, str]:
    """Read a layer in the first encoding that fits."""
    for encoding in opened.encodings:
        options = dict(opened.options)
        if "ESRI Shapefile" in opened.drivers:
            options["encoding"] = encoding
        try:
            about = _quietly(
                opened.file, partial(pyogrio.read_info, opened.source, layer=layer, **options)
            )
            if about["driver"] not in opened.drivers:
                raise SourceLimitError("vector_not_taken", file=opened.file)
            read = partial(
                pyogrio.read_dataframe, opened.source, layer=layer, use_arrow=False, **options
            )
            return _quietly(opened.file, read), encoding
        except UnicodeError:
            continue
    if len(opened.encodings) == 1:
        raise UnreadableSourceError(
            "source_stated_encoding", file=opened.file, encoding=opened.encodings[0]
        )
    raise UnreadableSourceError("source_encoding", file=opened.file)


@contextlib.contextmanager
def _plainly_named(opened: _Opened) -> Iterator[_Opened]:
    """Lend a copy of plain name where GDAL or pyogrio would read signs of the path as orders.

    Of ``a!b.gpkg`` pyogrio makes the file ``b.gpkg`` of another folder.
    """
    if isinstance(opened.source, bytes) or not _ODD_PATH.search(opened.source):
        yield opened
        return
    place = Path(opened.source)
    parts = [place, *(_sibling(place, ending) for ending in _SHAPE_PARTS)]
    with tempfile.TemporaryDirectory(prefix="facilityplan-") as folder:
        copy = Path(folder) / f"layer{'.gpkg' if 'GPKG' in opened.drivers else '.shp'}"
        for part in parts[:1] if "GPKG" in opened.drivers else parts:
            if part is not None:
                ending = copy.suffix if part == place else part.suffix.lower()
                shutil.copyfile(part, copy.with_suffix(ending))
        yield replace(opened, source=str(copy))


def _read_drawing(
    opened: _Opened, layer: str | None, *, areas: bool
) -> tuple[gpd.GeoDataFrame, str]:
    before = {name: pyogrio.get_gdal_config_option(name) for name in dxf.GDAL_OPTIONS}
    pyogrio.set_gdal_config_options(dxf.GDAL_OPTIONS)
    try:
        frame, encoding = _read(opened, dxf.GDAL_LAYER)
    finally:
        pyogrio.set_gdal_config_options(before)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise GeometryError("vector_without_geometry", file=opened.file)
    return dxf.features(frame, layer, opened.file, areas=areas), encoding


def _has_degrees(frame: gpd.GeoDataFrame) -> bool:
    west, south, east, north = frame.total_bounds
    return not (west < -180.0 or east > 180.0 or south < -90.0 or north > 90.0)


@contextlib.contextmanager
def _lent(place: Path) -> Iterator[Path]:
    """Lend what is to be read: of an archive what it holds, of a geodatabase its plain name."""
    if place.is_dir():
        with named_geodatabase(place) as folder:
            yield folder
    elif kind_of(read_start(place)) == "zip":
        with unpacked(place) as member:
            yield member
    else:
        yield place


def _open(source: Path, file: str, encoding: str | None) -> _Opened:
    try:
        return replace(_recognise(source, encoding), file=file)
    except (OSError, struct.error) as error:
        if isinstance(error, FacilityPlanError):
            raise
        _refuse(file, error)


def _read_layer(opened: _Opened, layer: str | None) -> tuple[gpd.GeoDataFrame, str]:
    wanted = _choose_layer(opened, layer)
    if wanted in opened.views:
        raise SourceLimitError("vector_view", file=opened.file, layer=str(wanted))
    return _read(opened, wanted)


@guarded
def read_vector(
    path: str | Path,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    areas: bool = True,
) -> Vector:
    """Read a layer; its format is told by its content, not by its name.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile (with its .shx and .dbf), KML, KMZ, DXF or a file
        geodatabase (its folder), on this machine; the last three, a Shapefile and a GeoPackage
        also alone in a zip.
    layer
        Name of the layer (of a drawing: its CAD layer); may be left out where the file has one.
    encoding
        Encoding of the text. Left out: what a .cpg, a .dbf's language byte or the file itself
        says, else UTF-8, else GB18030, strictly.
    areas
        Whether the closed lines of a drawing are areas.

    Returns
    -------
    Vector
        The features in their order, numbered from 1, with the file's own system or none. GeoJSON
        without a ``crs`` is WGS84 by its standard, unless its numbers cannot be degrees.

    Raises
    ------
    UnreadableSourceError
        If there is no such file, a part of it is missing, it is damaged, or its encoding is none
        of these.
    SourceLimitError
        If it is anything but these formats, or an address.
    MissingLayerError
        If the layer is not there, or several could be meant.
    GeometryError
        If it has no geometry.
    """
    place = local_place(path)
    with _lent(place) as source:
        opened = _open(source, place.name, encoding)
        if "DXF" in opened.drivers:
            frame, chosen = _read_drawing(opened, layer, areas=areas)
        else:
            with _plainly_named(opened) as named:
                frame, chosen = _read_layer(named, layer)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise GeometryError("vector_without_geometry", file=opened.file)
    if not opened.states_crs and not _has_degrees(frame):
        frame = frame.set_crs(None, allow_override=True)
    geometry = np.asarray(frame.geometry.array, dtype=object)
    if len(geometry) and not np.isfinite(shapely.get_coordinates(geometry)).all():
        bad = [n + 1 for n, shape in enumerate(geometry) if _not_finite(shape)]
        raise GeometryError("vector_not_finite", file=opened.file, rows=bad)
    if opened.boxes is not None:
        check_boxes(geometry, opened.boxes, opened.file)
    rows = np.arange(1, len(frame) + 1, dtype=np.int64)
    return Vector(frame=frame, rows=rows, file=opened.file, encoding=chosen)


def _not_finite(shape: Any) -> bool:
    return shape is not None and not bool(np.isfinite(shapely.get_coordinates(shape)).all())
