"""Binary workbooks (xlsb), which have no writer here, put together from their records."""

import io
import struct
import zipfile


def binary(kind, body=b""):
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(body)]) + body


def wide(text):
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def xlsb(cells):
    book = io.BytesIO()
    kinds = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{kinds}"><Relationship Id="rId1" Type="{office}/worksheet"'
            ' Target="worksheets/sheet1.bin"/></Relationships>',
        )
        sheet = struct.pack("<II", 0, 1) + wide("rId1") + wide("S")
        archive.writestr(
            "xl/workbook.bin",
            binary(131) + binary(143) + binary(156, sheet) + binary(144) + binary(132),
        )
        archive.writestr(
            "xl/worksheets/sheet1.bin",
            binary(129) + binary(148, struct.pack("<IIII", 0, 1, 0, 1)) + binary(145)
            + cells + binary(146) + binary(130),
        )  # fmt: skip
    return book.getvalue()


def row(at):
    return binary(0, struct.pack("<I", at) + b"\0" * 13)


def text_cell(column, text):
    return binary(6, struct.pack("<II", column, 0) + wide(text))


def real_cell(column, value):
    return binary(5, struct.pack("<IId", column, 0, value))


def xlsb_file(path, rows):
    """Write texts and numbers as an xlsb workbook of one sheet."""
    cells = b""
    for at, values in enumerate(rows):
        cells += row(at)
        for column, value in enumerate(values):
            if isinstance(value, str):
                cells += text_cell(column, value)
            elif value is not None:
                cells += real_cell(column, float(value))
    path.write_bytes(xlsb(cells))
    return path
