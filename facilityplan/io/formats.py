"""What a file is by its content, and the way round for formats that nothing free reads whole."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from facilityplan.errors import SourceLimitError, UnreadableSourceError
from facilityplan.io.archives import ZIP_START, is_geodatabase
from facilityplan.io.dxf import is_binary_dxf, is_dxf
from facilityplan.io.source import local_file, read_start, refuse_address

Kind = Literal[
    "geopackage", "shapefile", "geojson", "kml", "dxf", "geodatabase", "zip",
    "osm_pbf", "osm_xml", "graphml", "geotiff", "workbook", "text",
    "dwg", "access", "binary_dxf", "unknown",
]  # fmt: skip

_DWG: Final = re.compile(rb"AC(?:1\.\d|10\d\d|103\d)")
_ACCESS: Final = (b"\x00\x01\x00\x00Standard Jet DB", b"\x00\x01\x00\x00Standard ACE DB")
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TIFF: Final = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_WORKBOOK_PARTS: Final = (
    b"[Content_Types].xml",
    b"xl/",
    b"mimetypeapplication/vnd.oasis",
    b"_rels/",
)
_ROOT: Final = re.compile(rb"<(?:\w+:)?([A-Za-z]+)[\s>]")


def kind_of(start: bytes) -> Kind:
    """Return what a file is that begins with these bytes (4 KiB suffice), never by its name.

    A zip is a workbook where its first member is one's; else what it holds decides
    (:mod:`facilityplan.io.archives`). ``text`` may be a CSV file.
    """
    marks: tuple[tuple[bytes | tuple[bytes, ...], Kind], ...] = (
        (b"\x00\x00\x27\x0a", "shapefile"),
        (b"SQLite format 3\0", "geopackage"),
        (_ACCESS, "access"),
        (_COMPOUND, "workbook"),
        (_TIFF, "geotiff"),
    )
    for mark, kind in marks:
        if start.startswith(mark):
            return kind
    if start.startswith(ZIP_START):
        return "workbook" if any(part in start[:200] for part in _WORKBOOK_PARTS) else "zip"
    if b"OSMHeader" in start[4:32]:
        return "osm_pbf"
    if _DWG.match(start[:6]):
        return "dwg"
    if is_binary_dxf(start):
        return "binary_dxf"
    return "dxf" if is_dxf(start) else _kind_of_text(start)


def _kind_of_text(start: bytes) -> Kind:
    sign = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if sign.startswith(b"{"):
        return "geojson"
    if sign.startswith(b"<"):
        roots: dict[bytes, Kind] = {b"kml": "kml", b"osm": "osm_xml", b"graphml": "graphml"}
        found = [root for root in _ROOT.findall(sign) if root in roots]
        return roots[found[0]] if found else "unknown"
    utf16 = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "text" if sign and (utf16 or b"\0" not in start) else "unknown"


def kind_of_path(path: str | Path) -> Kind:
    """Return what a file or folder is.

    Raises
    ------
    InputError
        As of :func:`local_place`.
    """
    place = local_place(path)
    return "geodatabase" if place.is_dir() else kind_of(read_start(place))


def refuse_foreign(start: bytes, file: str) -> None:
    """Refuse a drawing or database that only its own program reads, with the way round.

    Raises
    ------
    SourceLimitError
        If it is one: DWG, binary DXF, Access.
    """
    kind = kind_of(start)
    if kind in {"dwg", "access", "binary_dxf"}:
        raise SourceLimitError(f"format_{kind}", file=file)


def local_place(path: str | Path) -> Path:
    """Return the path of a file, or of a geodatabase's folder, on this machine.

    Raises
    ------
    UnreadableSourceError, SourceLimitError
        As of :func:`facilityplan.io.source.local_file`.
    """
    refuse_address(path)
    place = Path(path)
    try:
        if is_geodatabase(place):
            return place.absolute()
    except (OSError, ValueError) as error:
        raise UnreadableSourceError("source_unreadable", file=path, reason=error) from error
    return local_file(path)


@contextlib.contextmanager
def named_geodatabase(folder: Path) -> Iterator[Path]:
    """Lend a geodatabase under a plain name that ends in .gdb, as GDAL wants it."""
    if folder.suffix.casefold() == ".gdb" and not re.search(r"[!?#%]", str(folder)):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="facilityplan-") as place:
        copy = Path(place) / "layer.gdb"
        shutil.copytree(folder, copy)
        yield copy
