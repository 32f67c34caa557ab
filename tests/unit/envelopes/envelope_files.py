"""Builders of small files of every container, valid ones and hostile ones."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes import Envelope

LIMITS = Limits()

Open = Callable[..., Envelope]
Refusal = Callable[..., InputError]

Cell = object


def xlsx(*sheets: tuple[str, Sequence[Sequence[Cell]]]) -> bytes:
    """A workbook as a usual program writes it."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets:
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def rezipped(content: bytes, changes: dict[str, bytes | None]) -> bytes:
    """The same zip with members replaced, added, or (None) left out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        members = {info.filename: old.read(info) for info in old.infolist()} | changes
        for name, data in members.items():
            if data is not None:
                new.writestr(name, data)
    return buffer.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def xls(rows: Sequence[Sequence[str | float]], sheet_name: str = "Sheet1") -> bytes:
    """A BIFF8 workbook in a compound file, as old consoles write it: just enough records for one sheet."""

    def record(number: int, data: bytes) -> bytes:
        return struct.pack("<HH", number, len(data)) + data

    def text(value: str, length: str) -> bytes:
        return struct.pack(length, len(value)) + b"\x01" + value.encode("utf-16-le")

    end = record(0x0A, b"")
    globals_bof = record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 0, 0, 6))
    codepage = record(0x42, struct.pack("<H", 1200))
    bound_sheet_size = 4 + 6 + len(text(sheet_name, "<B"))
    sheet_offset = len(globals_bof) + len(codepage) + bound_sheet_size + len(end)
    bound_sheet = record(0x85, struct.pack("<IBB", sheet_offset, 0, 0) + text(sheet_name, "<B"))
    body = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 6))
    body += record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    for row_index, row in enumerate(rows):
        for column_index, value in enumerate(row):
            place = struct.pack("<HHH", row_index, column_index, 0)
            body += record(0x204, place + text(value, "<H")) if isinstance(value, str) else record(0x203, place + struct.pack("<d", value))
    return _compound_file((globals_bof + codepage + bound_sheet + end + body + end).ljust(4096, b"\0"))


def _compound_file(stream: bytes) -> bytes:
    """A compound file with the one stream `Workbook`, at least 4,096 bytes long."""
    free, end_of_chain, fat_sector = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    sectors = -(-len(stream) // 512)
    fat = [fat_sector, end_of_chain, *(index + 3 for index in range(sectors - 1)), end_of_chain]
    fat += [free] * (128 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end_of_chain, 0, end_of_chain, 0)
    header += struct.pack("<109I", 0, *[free] * 108)

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        raw = name.encode("utf-16-le")
        head = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw) + 2 if name else 0, kind, 1)
        return head + struct.pack("<III", free, free, child) + bytes(36) + struct.pack("<IQ", start, size)

    directory = entry("Root Entry", 5, 1, end_of_chain, 0) + entry("Workbook", 2, free, 2, len(stream))
    directory += entry("", 0, free, 0, 0) * 2
    return header + struct.pack("<128I", *fat) + directory + stream.ljust(sectors * 512, b"\0")
