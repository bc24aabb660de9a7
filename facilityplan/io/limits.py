"""How large a workbook's sheets really are, before a reader makes room for them.

A sheet of one cell in the last corner asks for seventeen thousand million cells: the reader
allocates the whole rectangle and takes the process with it. So the cells are counted first, in the
file's own text, and what the file says of its size is not believed.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

import numpy as np

from facilityplan.errors import SourceLimitError, UnreadableSourceError

MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 512
MAX_CELLS: Final = 20_000_000
MAX_UNPACKED_BYTES: Final = 1024 * 1024 * 1024
MAX_RATIO: Final = 250
"""How many times its packed size a part may have; sheets of real tables have ten to fifty."""
_RATIO_FREE_BYTES: Final = 1024 * 1024
_MAX_PARTS: Final = 10_000

MAX_DEPTH: Final = 32
"""How deep a text format may be nested; a layer needs some ten."""
_JSON_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))

_REFERENCE: Final = re.compile(r"([A-Za-z]{1,4})([0-9]{1,9})")
_ZIP_FAULTS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,  # a packing that zipfile does not know
    RuntimeError,  # a password
    EOFError,
    OSError,
    ValueError,
    KeyError,
)


@dataclass
class Sheet:
    """The rectangle that a sheet's cells span, and its formulas that nobody calculated."""

    file: str
    part: str
    rows: int = 0
    columns: int = 0
    cells: int = 0
    uncalculated: list[int] = field(default_factory=list)

    def take(self, row: int, column: int, cells: int = 1) -> None:
        """Take a cell in, counted from 1, and refuse as soon as the sheet is too large."""
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)
        self.cells += cells
        if (
            self.rows > MAX_ROWS
            or self.columns > MAX_COLUMNS
            or self.rows * self.columns > MAX_CELLS
            or self.cells > MAX_CELLS
        ):
            raise SourceLimitError(
                "table_too_large",
                file=self.file,
                sheet=self.part,
                table_rows=self.rows,
                table_columns=self.columns,
                max_rows=MAX_ROWS,
                max_columns=MAX_COLUMNS,
                max_cells=MAX_CELLS,
            )


def _no_doctype(*_: object) -> None:
    raise ValueError("a document type")


def _parse(content: bytes, file: str, parser: Any = None, /, **handlers: Any) -> None:
    """Run an XML document past handlers; a document type, and so any entity, is refused."""
    parser = parser or expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _no_doctype
    for name, handler in handlers.items():
        setattr(parser, name, handler)
    try:
        parser.Parse(content, True)
    except SourceLimitError:
        raise
    except (expat.ExpatError, ValueError, KeyError) as error:
        raise UnreadableSourceError("source_unreadable", file=file, reason=error) from error


def check_json_depth(text: str, file: str) -> None:
    """Refuse JSON that is nested deeper than any layer is.

    Raises
    ------
    SourceLimitError
        If it is; what is in texts does not count.
    """
    plain = _JSON_TEXT.sub("", text).encode("utf-8", "surrogatepass").translate(None, _NO_BRACKETS)
    signs = np.frombuffer(plain, dtype=np.uint8)
    steps = np.where((signs == 0x5B) | (signs == 0x7B), 1, -1).astype(np.int32)
    if len(steps) and int(np.cumsum(steps).max()) > MAX_DEPTH:
        raise SourceLimitError("source_too_deep", file=file, limit=MAX_DEPTH)


def check_xml(content: bytes, file: str) -> None:
    """Refuse XML that is nested deeper than any layer is, or has a document type.

    Raises
    ------
    SourceLimitError
        If it is nested too deep.
    UnreadableSourceError
        If it is not well formed, or has a document type, and so may have entities.
    """
    depth = 0

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise SourceLimitError("source_too_deep", file=file, limit=MAX_DEPTH)

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    _parse(content, file, StartElementHandler=start, EndElementHandler=end)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


class _XlsxCells:
    """Handlers that follow the cells of one sheet of an xlsx workbook.

    A sheet may have a million cells: text is only listened to inside of formulas.
    """

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.row = self.column = self.at = 0
        self.parser: Any = None
        self.formula = self.value = self.inside = False
        self.numbers: dict[str, int] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2] if ":" in tag else tag
        if name == "c":
            self.cell(attributes.get("r"))
            # A formula whose result is an empty text has its type and nothing else.
            self.value = attributes.get("t") == "str"
        elif name == "row":
            self.close()
            self.row = int(attributes["r"]) if "r" in attributes else self.row + 1
            self.column = 0
        elif name == "f":
            self.formula = True
            self.parser.CharacterDataHandler = self.text
        self.inside = name == "v"

    def cell(self, reference: str | None) -> None:
        if self.formula:
            self.close()
        if reference is None:
            self.at, self.column = self.row, self.column + 1
        else:
            found = _REFERENCE.fullmatch(reference)
            if found is None:
                raise ValueError(f"cell {reference[:20]}")
            letters = found[1]
            if letters not in self.numbers:
                self.numbers[letters] = _column_number(letters)
            self.at, self.column = int(found[2]), self.numbers[letters]
        self.sheet.take(self.at, self.column)

    def text(self, text: str) -> None:
        if self.inside and text.strip():
            self.value = True

    def close(self) -> None:
        """Note the last cell if its formula has no value."""
        if self.formula:
            self.parser.CharacterDataHandler = None
            if not self.value:
                self.sheet.uncalculated.append(self.at)
        self.formula = self.value = False


def _scan_xlsx(content: bytes, sheet: Sheet) -> None:
    cells = _XlsxCells(sheet)
    cells.parser = expat.ParserCreate()
    _parse(content, sheet.file, cells.parser, StartElementHandler=cells.start)
    cells.close()


class _OdsCells:
    """Handlers that follow the cells of an OpenDocument sheet, whose runs are repeated."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.row = self.row_repeats = self.column = self.widest = 0
        self.open_cell: int | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self.row = 0
        elif tag == "table:table-row":
            self.row_repeats = int(attributes.get("table:number-rows-repeated", 1))
            self.column = self.widest = 0
        elif tag in {"table:table-cell", "table:covered-table-cell"}:
            repeats = int(attributes.get("table:number-columns-repeated", 1))
            if min(repeats, self.row_repeats) < 0:
                raise ValueError("a run of negative length")
            self.column += repeats
            if any(name.startswith("office:") or name == "table:formula" for name in attributes):
                self.widest = self.column
            self.open_cell = self.column
        elif self.open_cell is not None:
            self.widest = self.open_cell
        if tag == "text:s" and int(attributes.get("text:c", 1)) > 65_536:
            raise ValueError("a run of spaces without end")

    def end(self, tag: str) -> None:
        if tag == "table:table-row":
            self.row += self.row_repeats
            if self.widest:
                self.sheet.take(self.row, self.widest, self.row_repeats * self.widest)
        elif tag in {"table:table-cell", "table:covered-table-cell"}:
            self.open_cell = None


def _scan_ods(content: bytes, sheet: Sheet) -> None:
    cells = _OdsCells(sheet)
    _parse(content, sheet.file, StartElementHandler=cells.start, EndElementHandler=cells.end)


def _number_of_bytes(content: bytes, at: int, most: int) -> tuple[int, int]:
    """Return a number of seven bits per byte and where it ends."""
    number = 0
    for count in range(most):
        byte = content[at + count]
        number |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return number, at + count + 1
    return number, at + most


def _scan_xlsb(content: bytes, sheet: Sheet) -> None:
    """Follow the records of a binary sheet: 0 begins a row, 1 to 11 are cells."""
    at, row = 0, 0
    try:
        while at < len(content):
            kind, at = _number_of_bytes(content, at, 2)
            size, at = _number_of_bytes(content, at, 4)
            if kind == 0:
                row = struct.unpack_from("<I", content, at)[0]
            elif kind <= 11:
                sheet.take(row + 1, struct.unpack_from("<I", content, at)[0] + 1)
            at += size
    except (IndexError, struct.error) as error:
        raise UnreadableSourceError("source_unreadable", file=sheet.file, reason=error) from error


def _members(archive: zipfile.ZipFile, file: str) -> Iterator[tuple[str, bytes]]:
    """Give the parts that readers look at, each unpacked within its limits and checked."""
    entries = archive.infolist()
    if len(entries) > _MAX_PARTS or len({entry.filename for entry in entries}) < len(entries):
        raise SourceLimitError("workbook_suspicious", file=file)
    left = MAX_UNPACKED_BYTES
    for entry in entries:
        wide = entry.file_size > _RATIO_FREE_BYTES
        left -= entry.file_size
        if left < 0 or (wide and entry.file_size > MAX_RATIO * max(entry.compress_size, 1)):
            raise SourceLimitError("workbook_suspicious", file=file)
        if entry.filename.endswith((".xml", ".rels", ".bin")) or entry.filename == "mimetype":
            yield entry.filename, archive.read(entry)


def _sheet_parts(parts: dict[str, bytes], file: str) -> dict[str, str]:
    """Return the part of each sheet of an xlsx workbook, by the sheet's name."""
    relations: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            target = posixpath.join("/xl", attributes["Target"])
            relations[attributes["Id"]] = posixpath.normpath(target).lstrip("/")

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            key = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            sheets[attributes["name"]] = relations.get(key, "")

    if "xl/workbook.xml" in parts:
        _parse(
            parts.get("xl/_rels/workbook.xml.rels", b"<none/>"), file, StartElementHandler=relation
        )
        _parse(parts["xl/workbook.xml"], file, StartElementHandler=sheet)
    return sheets


def check_zipped(content: bytes, file: str) -> tuple[bytes, dict[str, list[int]]]:
    """Return a zipped workbook that is safe to hand to a reader.

    It is packed anew from what was checked here, so that the reader cannot find in it what this
    did not see.

    Returns
    -------
    tuple
        The workbook's bytes, and per sheet of an xlsx workbook the rows (from 1) with a formula
        that was never calculated.

    Raises
    ------
    SourceLimitError
        If a sheet is larger than the limits, or the packing is that of a bomb.
    UnreadableSourceError
        If it is no workbook or damaged.
    """
    parts: dict[str, bytes] = {}
    uncalculated: dict[str, list[int]] = {}
    packed = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(content)) as archive,
            zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as checked,
        ):
            for name, part in _members(archive, file):
                sheet = Sheet(file, name)
                if name == "content.xml":
                    _scan_ods(part, sheet)
                elif name.endswith(".bin") and "sheets/" in name:
                    _scan_xlsb(part, sheet)
                elif name.endswith(".xml"):
                    _scan_xlsx(part, sheet)
                if name in {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"}:
                    parts[name] = part
                uncalculated[name] = sheet.uncalculated
                checked.writestr(name, part)
    except (SourceLimitError, UnreadableSourceError):
        raise
    except _ZIP_FAULTS as error:
        raise UnreadableSourceError("source_unreadable", file=file, reason=error) from error
    by_sheet = _sheet_parts(parts, file)
    return packed.getvalue(), {name: uncalculated.get(part, []) for name, part in by_sheet.items()}
