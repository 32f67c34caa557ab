"""The one way into a landed file."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.as_read import open_as_read
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN, typed_errors
from community_metrics.sources.envelopes.byte_streams import FileSource, GzipSource
from community_metrics.sources.envelopes.columnar import MAGIC as PARQUET
from community_metrics.sources.envelopes.columnar import ParquetTable
from community_metrics.sources.envelopes.model import Envelope
from community_metrics.sources.envelopes.old_workbooks import check_xls
from community_metrics.sources.envelopes.texts import open_text
from community_metrics.sources.envelopes.workbook_safety import check_xlsx
from community_metrics.sources.envelopes.workbooks import created_stamp, open_workbook
from community_metrics.sources.envelopes.zips import open_checked_zip

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_GZIP = b"\x1f\x8b"
_XLSX_PART = "xl/workbook.xml"
_OTHER_OFFICE = ("xl/workbook.bin", "content.xml", "word/document.xml", "ppt/presentation.xml")


def open_tables(path: Path, original_name: str, limits: Limits) -> Envelope:
    """Open the file at `path`, telling its kind from its bytes, never from its name.

    `original_name` only appears in messages and as the name of a table that has none of its own.
    Raises `InputError` with one of: empty_file, too_large, unreadable_envelope, truncated, unknown_encoding, no_table,
    cell_too_long, unsafe_archive, decompression_bomb. No other exception leaves this function.
    """
    with typed_errors(original_name):
        size = path.stat().st_size
        if size == 0:
            raise InputError("empty_file", "the file has no bytes", original_name, EXPORT_AGAIN)
        if size > limits.max_file_bytes:
            raise InputError(
                "too_large", f"{size} bytes; at most {limits.max_file_bytes} are read", original_name, "land it in smaller parts"
            )
        source = FileSource(path, original_name)
        head = source.read_head(8)
        if head.startswith(_ZIP):
            return _open_zip(path, original_name, limits)
        if head == _COMPOUND_FILE:
            check_xls(path, original_name)
            return open_workbook(path, original_name, "xls", limits)
        if head.startswith(PARQUET):
            return _open_parquet(path, original_name, limits)
        if head.startswith(_GZIP):
            return _open_gzip(source, limits)
        return open_text(source, limits)


def _open_zip(path: Path, name: str, limits: Limits) -> Envelope:
    with open_checked_zip(path, name, limits) as archive:
        parts = set(archive.namelist())
        if _XLSX_PART in parts:
            return _open_xlsx(archive, path, name, limits)
        if other := sorted(parts.intersection(_OTHER_OFFICE)):
            raise InputError("unreadable_envelope", f"an office file of another kind ({other[0]})", name, "save it as xlsx or CSV")
    return Envelope("zip", [])


def _open_xlsx(archive: zipfile.ZipFile, path: Path, name: str, limits: Limits) -> Envelope:
    check_xlsx(archive, path, name, limits)
    return open_workbook(path, name, "xlsx", limits, created_at=created_stamp(archive))


def _open_parquet(path: Path, name: str, limits: Limits) -> Envelope:
    with path.open("rb") as stream:
        stream.seek(-len(PARQUET), 2)
        if stream.read() != PARQUET or stream.tell() < 3 * len(PARQUET):
            raise InputError("truncated", "the Parquet file ends before its footer", name, EXPORT_AGAIN)
    return open_as_read(path, name) or Envelope("parquet", [ParquetTable(path, name, limits)])


def _open_gzip(packed: FileSource, limits: Limits) -> Envelope:
    source = GzipSource(packed, limits, packed.name)
    head = source.read_head(8)
    if head.startswith((*_ZIP, _COMPOUND_FILE, _GZIP, PARQUET)):
        raise InputError("unreadable_envelope", "a compressed file within a gzip", packed.name, "unpack the gzip and land what is inside")
    return replace(open_text(source, limits), compression="gzip")
