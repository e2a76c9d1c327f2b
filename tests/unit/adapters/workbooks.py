"""Spreadsheets for tests."""

import io
import struct
from collections.abc import Callable
from typing import Any

import xlsxwriter  # type: ignore[import-untyped] # it has no types

Fill = Callable[[Any, Any], None]
"""Writes to a worksheet, the first argument, of a workbook, the second."""


def workbook(**sheets: Fill) -> bytes:
    """Return a workbook with the sheets."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    for name, fill in sheets.items():
        fill(book.add_worksheet(name), book)
    book.close()
    return content.getvalue()


def lines(*rows: tuple[object, ...]) -> Fill:
    """Return what writes the rows from the first on."""

    def fill(sheet: Any, _: Any) -> None:
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return fill


def old_workbook(*rows: tuple[str | float, ...]) -> bytes:
    """Return a workbook of Excel 97 with one sheet: BIFF8 records ([MS-XLS]) in a compound file ([MS-CFB])."""
    cells = b"".join(
        _record(0x0203, struct.pack("<HHHd", row, column, 0, value))
        if isinstance(value, float)
        else _record(0x0204, struct.pack("<HHHHB", row, column, 0, len(value), 0) + value.encode("latin-1"))
        for row, values in enumerate(rows)
        for column, value in enumerate(values)
    )
    begin = struct.pack("<HHHHQ", 0x0600, 0x0005, 0, 1997, 0)
    page = struct.pack("<HHHHQ", 0x0600, 0x0010, 0, 1997, 0)
    size = struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0)
    place = len(_record(0x0809, begin)) + len(_record(0x0085, b"\0" * 14)) + len(_record(0x000A, b""))
    sheet = struct.pack("<IBBBB", place, 0, 0, 6, 0) + b"Pupils"
    records = [(0x0809, begin), (0x0085, sheet), (0x000A, b""), (0x0809, page), (0x0200, size)]
    stream = b"".join(_record(*record) for record in records) + cells + _record(0x000A, b"")
    return _compound(stream.ljust(4096, b"\0"))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _compound(stream: bytes) -> bytes:
    """Return a compound file of 512-byte sectors: the table of sectors, the directory, the stream."""
    sectors = len(stream) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    entries = _entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + _entry("Workbook", 2, 0xFFFFFFFF, 2, len(stream))
    return head + table + entries.ljust(512, b"\0") + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    none = 0xFFFFFFFF
    return text.ljust(64, b"\0") + struct.pack(
        "<HBBIII16xI16xIQ", len(text) + 2, kind, 1, none, none, child, 0, start, size
    )
