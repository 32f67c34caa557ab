"""Spreadsheets: xlsx and the old xls."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
from python_calamine import CalamineWorkbook, SheetTypeEnum

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN
from community_metrics.sources.envelopes.grids import GridTable
from community_metrics.sources.envelopes.model import Envelope, Kind, RawTable

_LARGEST_EXACT = 2**53
_CORE_PROPERTIES = "docProps/core.xml"
_MAX_CORE_PROPERTIES = 2**20
_CREATED = "{http://purl.org/dc/terms/}created"


def open_workbook(path: Path, where: str, kind: Kind, limits: Limits, created_at: datetime | None = None) -> Envelope:
    """Every sheet that has cells. Raises `InputError` no_table when none has."""
    workbook = CalamineWorkbook.from_path(str(path))
    tables: list[RawTable] = []
    for metadata in workbook.sheets_metadata:
        if metadata.typ != SheetTypeEnum.WorkSheet:
            continue
        sheet = workbook.get_sheet_by_name(metadata.name)
        if sheet.start is not None:
            tables.append(GridTable(kind, metadata.name, f"{where}: {metadata.name}", sheet.iter_rows, limits, column_text))
    if not tables:
        raise InputError("no_table", "no sheet has a cell", where, EXPORT_AGAIN)
    return Envelope(kind, tables, created_at=created_at)


def cell_text(value: object) -> str | None:
    """A cell as text. A number keeps every digit that the file has; one too large to be exact shows it by its exponent.

    >>> cell_text(12.0), cell_text(0.30000000000000004), cell_text(4.781320682406084e18)
    ('12', '0.30000000000000004', '4.781320682406084E+18')
    """
    match value:
        case None | "":
            return None
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return _float_text(value)
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return _duration_text(value)
        case _:
            return str(value)


def column_text(values: Sequence[object]) -> pa.StringArray:
    """`cell_text` of each cell."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return pa.array([value or None for value in values], pa.string())
    if kinds == {datetime}:
        return pa.array(list(map(str, values)), pa.string())
    if kinds <= {str, float}:
        # A text never equals a number: each distinct one has to be looked at once only.
        known = {value: cell_text(value) for value in set(values)}
        return pa.array(list(map(known.get, values)), pa.string())
    return pa.array(list(map(cell_text, values)), pa.string())


def created_stamp(archive: zipfile.ZipFile) -> datetime | None:
    """When the workbook says that it was created, in UTC; None if it does not say so in a way that can be trusted."""
    try:
        member = archive.getinfo(_CORE_PROPERTIES)
        if member.file_size > _MAX_CORE_PROPERTIES:
            return None
        content = archive.read(member)
        # Without a DOCTYPE there are no entities, neither external nor exploding ones.
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\0" in content:
            return None
        text = ElementTree.fromstring(content).findtext(_CREATED)
        stamp = datetime.fromisoformat(text.strip()) if text else None
    except (KeyError, ValueError, ElementTree.ParseError, zipfile.BadZipFile, NotImplementedError):
        return None
    if stamp is None:
        return None
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).astimezone(UTC)


def _float_text(value: float) -> str:
    if value.is_integer():
        # Beyond 2**53 the file's own digits are lost: written out they would look like a whole id.
        return str(int(value)) if abs(value) < _LARGEST_EXACT else f"{Decimal(repr(value)).normalize():E}"
    return repr(value)


def _duration_text(value: timedelta) -> str:
    seconds = abs(value) // timedelta(seconds=1)
    fraction = f".{abs(value).microseconds:06d}" if value.microseconds else ""
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"
