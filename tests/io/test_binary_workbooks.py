"""xls and xlsb have no writer here: the files are put together from their records."""

import contextlib
import struct
import time

import pytest
from workbooks import real_cell, row, text_cell, xlsb

from facilityplan.errors import InputError, SourceLimitError, UnreadableSourceError
from facilityplan.io.table import read_table

END, FREE = 0xFFFFFFFE, 0xFFFFFFFF


def record(kind, body=b""):
    return struct.pack("<HH", kind, len(body)) + body


def label(row, column, text):
    raw = text.encode("utf-16-le")
    return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + raw)


def number(row, column, value):
    return record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def stream(cells, dimensions=(0, 2, 0, 2)):
    """Return a BIFF8 stream of one sheet."""
    first, last, left, right = dimensions
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    sheet += record(0x0200, struct.pack("<IIHHH", first, last, left, right, 0))
    sheet += cells + record(0x000A)
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    begin += record(0x0042, struct.pack("<H", 1200))
    name = "S".encode("utf-16-le")
    bound = len(begin) + 4 + 6 + 2 + len(name) + 4
    begin += record(0x0085, struct.pack("<IBBBB", bound, 0, 0, 1, 1) + name) + record(0x000A)
    assert len(begin) == bound
    return begin + sheet


def compound(content):
    """Return a compound file with one stream named Workbook."""
    content = content.ljust(4096, b"\0")
    content += b"\0" * (-len(content) % 512)
    sectors = len(content) // 512

    def entry(name, kind, child, start, size):
        raw = (name + "\0").encode("utf-16-le")
        head = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw), kind, 1)
        links = struct.pack("<III", FREE, FREE, child)
        return head + links + b"\0" * 36 + struct.pack("<II", start, size) + b"\0" * 4

    directory = entry("Root Entry", 5, 1, END, 0) + entry("Workbook", 2, FREE, 2, len(content))
    directory = directory.ljust(512, b"\0")
    table = [0xFFFFFFFD, END, *range(3, sectors + 2), END]
    table += [FREE] * (128 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", FREE) * 108
    assert len(header) == 512
    return header + struct.pack("<128I", *table) + directory + content


CELLS = label(0, 0, "名称") + label(0, 1, "户数") + label(1, 0, "甲小区") + number(1, 1, 512)


def test_xls_is_read(tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes(compound(stream(CELLS)))
    table = read_table(path)
    assert list(table.frame.columns) == ["名称", "户数"]
    assert table.frame.to_numpy().tolist() == [["甲小区", 512.0]]


@pytest.mark.parametrize(
    "content",
    [
        stream(CELLS + number(65535, 65535, 1)),
        stream(CELLS, (0, 0xFFFFFFF0, 0, 256)),
        stream(CELLS, (0, 65536, 0, 0xFFFF)),
        stream(CELLS + record(0x00BD, struct.pack("<HHHiH", 9, 0, 0, 0, 60000))),
    ],
)
def test_xls_larger_than_it_is(tmp_path, refused, content):
    path = tmp_path / "a.xls"
    path.write_bytes(compound(content))
    began = time.perf_counter()
    with pytest.raises(SourceLimitError) as caught:
        read_table(path)
    assert time.perf_counter() - began < 1
    refused(caught, "table_too_large")


def test_xls_that_announces_texts_without_end(tmp_path, refused):
    path = tmp_path / "a.xls"
    texts = record(0x00FC, struct.pack("<II", 1, 0x7FFFFFFF))
    path.write_bytes(compound(texts.join([b"", stream(CELLS)])))
    with pytest.raises(UnreadableSourceError):
        read_table(path)
    begin = stream(CELLS)
    cut = begin.index(record(0x0085, b"")[:2])
    path.write_bytes(compound(begin[:cut] + texts + begin[cut:]))
    with pytest.raises(UnreadableSourceError) as caught:
        read_table(path)
    refused(caught, "source_unreadable")


@pytest.mark.parametrize("at", range(0, 2600, 37))
def test_damaged_xls_ends_as_an_error_of_ours(tmp_path, at):
    content = bytearray(compound(stream(CELLS)))
    path = tmp_path / "a.xls"
    for damaged in (content[: at + 1], content[:at] + b"\xff\xff\xff\xff" + content[at + 4 :]):
        path.write_bytes(damaged)
        with contextlib.suppress(InputError):
            read_table(path)


def test_xlsb_is_read(tmp_path):
    path = tmp_path / "a.xlsb"
    path.write_bytes(xlsb(row(0) + text_cell(0, "户数") + row(1) + real_cell(0, 12.0)))
    assert read_table(path).frame["户数"].tolist() == [12.0]


@pytest.mark.parametrize(
    "cells", [row(1048575) + real_cell(16383, 1.0), row(0xFFFFFFF0) + real_cell(0, 1.0)]
)
def test_xlsb_larger_than_it_is(tmp_path, refused, cells):
    path = tmp_path / "a.xlsb"
    path.write_bytes(xlsb(row(0) + text_cell(0, "a") + cells))
    with pytest.raises(SourceLimitError) as caught:
        read_table(path)
    refused(caught, "table_too_large")
