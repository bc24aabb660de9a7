"""What every reader shares: a file of this machine, its text, and the two things it becomes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from facilityplan.errors import SourceLimitError, UnreadableSourceError

MAX_TEXT_BYTES: Final = 512 * 1024 * 1024
"""Largest file that is read into memory whole."""

# A scheme has at least two letters, a drive has one; pathlib makes one slash of two.
_ADDRESS: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:[/\\]|://|^[/\\]+vsi", re.IGNORECASE)
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]|\x1a(?!\s*\Z)")
"""Signs that no text of ours holds; DOS ends a file with one of them."""
_WHOLE_PER_DAMAGED: Final = 3
LADDER: Final = ("utf-8", "gb18030")
"""Encodings that are tried in turn, strictly, where a file names none."""


@dataclass(frozen=True)
class Reading:
    """One thing that was settled while reading, and said.

    Attributes
    ----------
    message
        Id in the catalogue: ``reading.<message>``.
    column
        Header concerned, or nothing.
    rows
        Rows concerned, as the user's program numbers them.
    parameters
        Values for the sentence.
    """

    message: str
    column: str | None = None
    rows: tuple[int, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def as_choice(self) -> dict[str, Any]:
        """Return it as the manifest keeps it."""
        return {
            "message": self.message,
            "column": self.column,
            "rows": list(self.rows),
            "parameters": dict(self.parameters),
        }


@dataclass(frozen=True, eq=False)
class Table:
    """A sheet or CSV file as it was read.

    Attributes
    ----------
    frame
        One column per header, cells as text, float, bool, date or ``None``.
    rows
        Row number of each row as the user's program shows it; the header is row 1.
    file
        Name of the file.
    encoding
        Encoding of a CSV file, as chosen or stated; ``None`` for workbooks.
    readings
        What was settled while reading.
    merged
        Per column the rows that were filled from a merged cell above or to the left.
    units
        Per column the unit that a line above the table gives (``单位：亩``), as written.
    """

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    file: str
    encoding: str | None
    readings: tuple[Reading, ...] = ()
    merged: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Vector:
    """A layer as it was read.

    Attributes
    ----------
    frame
        The features in their order, with the file's own system or none.
    rows
        Number of each feature, from 1; a table's row number where points came from a table.
    file
        Name of the file.
    encoding
        Encoding of its text, as chosen or stated.
    unmatched
        Rows that :func:`facilityplan.io.join.join_attributes` found no attributes for.
    skipped
        Features of an extract whose geometry is not whole in it, as ``way/123``.
    readings, merged, units
        As of :class:`Table`.
    """

    frame: gpd.GeoDataFrame
    rows: npt.NDArray[np.int64]
    file: str
    encoding: str | None
    unmatched: tuple[int, ...] = ()
    skipped: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    merged: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


def refuse_address(path: str | Path) -> None:
    """Refuse an address or a virtual path of GDAL's: nothing is ever fetched.

    Raises
    ------
    SourceLimitError
        If it is one.
    """
    if _ADDRESS.search(str(path)):
        raise SourceLimitError("source_not_local", file=path)


def local_file(path: str | Path) -> Path:
    """Return the path of a file that is there, on this machine.

    Raises
    ------
    SourceLimitError
        If it is an address or a virtual path of GDAL's.
    UnreadableSourceError
        If there is no such file, or it is a folder, or empty.
    """
    refuse_address(path)
    place = Path(path)
    try:
        if not place.exists():
            raise UnreadableSourceError("file_not_found", file=path)
        if not place.is_file():
            raise UnreadableSourceError("source_is_folder", file=path)
        if place.stat().st_size == 0:
            raise UnreadableSourceError("source_empty", file=place.name)
        return place.absolute()
    except (ValueError, PermissionError) as error:
        if isinstance(error, UnreadableSourceError):
            raise
        raise UnreadableSourceError("source_unreadable", file=path, reason=error) from error


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    SourceLimitError
        If it is larger than :data:`MAX_TEXT_BYTES`.
    UnreadableSourceError
        If it cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > MAX_TEXT_BYTES:
            raise SourceLimitError(
                "source_too_large",
                file=path.name,
                size_mb=size >> 20,
                limit_mb=MAX_TEXT_BYTES >> 20,
            )
        return path.read_bytes()
    except OSError as error:
        raise UnreadableSourceError("source_unreadable", file=path.name, reason=error) from error


def read_start(path: Path, size: int = 4096) -> bytes:
    """Return the first bytes of a file.

    Raises
    ------
    UnreadableSourceError
        If it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        raise UnreadableSourceError("source_unreadable", file=path.name, reason=error) from error


def encodings(content: bytes, stated: str | None, file: str) -> Sequence[str]:
    """Return the encodings to try on some bytes, in turn.

    Raises
    ------
    UnreadableSourceError
        If there is no encoding of the stated name.
    """
    if stated is not None:
        try:
            return (codecs.lookup(stated).name,)
        except (LookupError, ValueError) as error:
            raise UnreadableSourceError(
                "source_unknown_encoding", file=file, encoding=stated
            ) from error
    return next(((name,) for bom, name in _BOMS if content.startswith(bom)), LADDER)


def is_chinese_utf8(content: bytes) -> bool:
    """Return whether bytes are UTF-8 and hold Chinese characters in it.

    GBK that happens to be valid UTF-8 reads as letters of two bytes, never as these.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeError:
        return False
    return any("\u2e80" <= sign <= "\U0003ffff" for sign in text)


def _is_doubtful(content: bytes, text: str) -> bool:
    """Return whether what reads as UTF-8 is more likely Chinese in GBK: 目 is also Ŀ.

    So it is where every letter beyond Latin-1 takes two bytes and the same bytes are Chinese.
    """
    if not any(sign > "\u00ff" for sign in text) or any(sign > "\u07ff" for sign in text):
        return False
    try:
        # The common characters only: any two bytes are some rare one.
        other = content.decode("gb2312")
    except UnicodeError:
        return False
    return all("\u3400" <= sign <= "\u9fff" for sign in other if sign > "\u007f")


def decode(content: bytes, stated: str | None, file: str) -> tuple[str, str]:
    """Return text and the encoding it was in: by its mark, else UTF-8, else GB18030, strictly.

    What may be either, as a few short names may, is asked about.

    Raises
    ------
    UnreadableSourceError
        If it is none of them, or not in the stated encoding, or holds what no text holds.
    """
    for encoding in encodings(content, stated, file):
        try:
            text = content.decode(encoding)
        except UnicodeError:
            if stated is None and encoding == "utf-8":
                _refuse_damaged_utf8(content, file)
            continue
        if _CONTROL.search(text):
            raise UnreadableSourceError("source_not_text", file=file)
        if stated is None and encoding == "utf-8" and _is_doubtful(content, text):
            raise UnreadableSourceError("source_encoding_doubtful", file=file)
        return text, encoding
    if stated is not None:
        raise UnreadableSourceError("source_stated_encoding", file=file, encoding=stated)
    raise UnreadableSourceError("source_encoding", file=file)


def _refuse_damaged_utf8(content: bytes, file: str) -> None:
    """Refuse text that is UTF-8 but for some bytes: as GB18030 it would be other text."""
    text = content.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    whole = sum(not sign.isascii() for sign in text) - damaged
    if whole > _WHOLE_PER_DAMAGED * damaged:
        line = text[: text.index("\ufffd")].count("\n") + 1
        raise UnreadableSourceError("source_damaged_utf8", file=file, rows=(line,))
