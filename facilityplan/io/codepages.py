"""In what encoding a shapefile's texts are: its .cpg, its language byte, its bytes."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from facilityplan.errors import UnreadableSourceError
from facilityplan.io.source import is_chinese_utf8, read_bytes

# Language bytes of a .dbf that name a page of East Asia. The Western ones are what programs write
# without looking (1, 3, 87) and say nothing.
LANGUAGE_BYTES: Final = {
    0x4D: "gb18030",
    0x7A: "gb18030",
    0x4F: "big5",
    0x78: "big5",
    0x4E: "cp949",
    0x79: "cp949",
    0x13: "cp932",
    0x7B: "cp932",
}
LANGUAGE_BYTE_AT: Final = 29


def language_page(head: bytes) -> str | None:
    """Return the encoding that the head of a .dbf names, or nothing."""
    return LANGUAGE_BYTES.get(head[LANGUAGE_BYTE_AT]) if len(head) > LANGUAGE_BYTE_AT else None


def texts_of(table: Path) -> bytes:
    """Return the names of the fields and the records of a .dbf, as bytes."""
    content = read_bytes(table)
    start = struct.unpack_from("<H", content, 8)[0]
    names = b"\n".join(content[at : at + 11].rstrip(b"\0") for at in range(32, start - 1, 32))
    return names + b"\n" + content[start:]


def refuse_contradiction(table: Path, named: str, by: str) -> None:
    """Refuse texts that are called GBK or Big5 but are Chinese in UTF-8.

    Read as they are called they would be other characters, without any fault to be seen.

    Parameters
    ----------
    table
        The .dbf file.
    named
        The encoding it is said to be in.
    by
        What says so.

    Raises
    ------
    UnreadableSourceError
        If they are.
    """
    if named in {"gb18030", "big5"} and is_chinese_utf8(texts_of(table)):
        raise UnreadableSourceError(
            "source_encoding_contradiction", file=table.name, named=named, by=by
        )
