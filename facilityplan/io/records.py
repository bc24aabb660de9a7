"""How large an xls workbook's sheets really are: its records, followed before a reader does."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from facilityplan.errors import SourceLimitError, UnreadableSourceError
from facilityplan.io.limits import Sheet

_FREE: Final = 0xFFFFFFFA
"""Sector numbers from here on are marks, not sectors."""
_MINI_LIMIT: Final = 4096
_XLS_CELLS: Final = frozenset(
    {0x0006, 0x00BD, 0x00BE, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E}
)


class _Compound:
    """The streams of a compound file, which is what an xls workbook is kept in."""

    def __init__(self, content: bytes) -> None:
        shift = struct.unpack_from("<H", content, 30)[0]
        if shift not in {9, 12}:
            raise ValueError("sector size")
        self.content, self.size = content, 1 << shift
        table_count, directory_start = struct.unpack_from("<II", content, 44)
        mini_start, _, more, more_count = struct.unpack_from("<IIII", content, 60)
        limit = len(content) // self.size + 1
        if max(table_count, more_count) > limit:
            raise ValueError("more tables than sectors")
        tables = list(struct.unpack_from("<109I", content, 76))
        for _ in range(more_count):
            block = struct.unpack(f"<{self.size // 4}I", self.sector(more))
            tables += block[:-1]
            more = block[-1]
        self.next: list[int] = []
        for number in [t for t in tables if t < _FREE][:limit]:
            self.next += struct.unpack(f"<{self.size // 4}I", self.sector(number))
        self.entries = self.chain(directory_start)
        self.mini_next = self.chain(mini_start) if mini_start < _FREE else b""

    def sector(self, number: int) -> bytes:
        at = (number + 1) * self.size
        return self.content[at : at + self.size].ljust(self.size, b"\0")

    def chain(self, number: int) -> bytes:
        pieces: list[bytes] = []
        while number < _FREE:
            if len(pieces) > len(self.content) // self.size:
                raise ValueError("sectors in a circle")
            pieces.append(self.sector(number))
            number = self.next[number]
        return b"".join(pieces)

    def workbooks(self) -> Iterator[bytes]:
        """Give every stream, the short ones too: which of them is read is the reader's affair."""
        root = b""
        for at in range(0, len(self.entries) - 127, 128):
            kind = self.entries[at + 66]
            start, size = struct.unpack_from("<II", self.entries, at + 116)
            if kind == 5 and start < _FREE:
                root = self.chain(start)
            elif kind == 2 and size >= _MINI_LIMIT:
                yield self.chain(start)[:size]
            elif kind == 2 and size:
                yield self._short(root, start)[:size]

    def _short(self, root: bytes, number: int) -> bytes:
        pieces: list[bytes] = []
        while number < _FREE:
            if len(pieces) > _MINI_LIMIT // 64:
                raise ValueError("sectors in a circle")
            pieces.append(root[number * 64 : number * 64 + 64])
            number = struct.unpack_from("<I", self.mini_next, number * 4)[0]
        return b"".join(pieces)


def _scan_records(stream: bytes, sheet: Sheet) -> None:
    """Follow the records of an xls stream; the reader makes room for what some of them announce."""
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        at += 4
        body = stream[at : at + size]
        at += size
        if kind == 0x0809:  # another sheet begins
            sheet.rows = sheet.columns = 0
        elif kind == 0x0200 and len(body) == 14:
            row, column = struct.unpack_from("<4xI2xH", body)
            sheet.take(row, column, 0)
        elif kind == 0x0200 and len(body) == 10:
            row, column = struct.unpack_from("<2xH2xH", body)
            sheet.take(row, column, 0)
        elif kind == 0x00FC and len(body) >= 8:
            if struct.unpack_from("<I", body, 4)[0] > len(stream):
                raise ValueError("more texts than bytes")
        elif kind in _XLS_CELLS and len(body) >= 4:
            row, column = struct.unpack_from("<HH", body)
            if kind in {0x00BD, 0x00BE} and len(body) >= 6:
                column = struct.unpack_from("<H", body, len(body) - 2)[0]
            sheet.take(row + 1, column + 1)


def check_compound(content: bytes, file: str) -> None:
    """Refuse an xls workbook whose sheets are larger than the limits.

    Raises
    ------
    SourceLimitError
        If a sheet is larger than the limits.
    UnreadableSourceError
        If it is damaged.
    """
    try:
        for stream in _Compound(content).workbooks():
            if struct.unpack_from("<H", stream.ljust(2, b"\0"))[0] & 0xFF == 0x09:
                _scan_records(stream, Sheet(file, "xls"))
    except (struct.error, IndexError, ValueError) as error:
        if isinstance(error, SourceLimitError):
            raise
        raise UnreadableSourceError("source_unreadable", file=file, reason=error) from error
