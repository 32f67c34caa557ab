"""One mart of a release as a file for people: CSV, Excel workbook or Parquet, with the registry's words over the columns.

CSV and workbooks go to spreadsheets, which take a text that begins with `=`, `+`, `-` or `@` for a formula: in a CSV such a text gets an
apostrophe before it, in a workbook every text is a text. Parquet holds the rows as they are.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from community_metrics.errors import UsageError
from community_metrics.metrics.entries import SCOPE_COLUMNS, TIME_COLUMNS, Metric
from community_metrics.metrics.registry import project_registry
from community_metrics.releases.contents import DATABASE_NAME
from community_metrics.releases.grains import grain_of
from community_metrics.releases.leases import lease
from community_metrics.releases.marts import Column, columns_of, literal, mart_names, mart_relation, quoted, reading
from community_metrics.releases.pointer import current_release_id
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Language = Literal["zh", "en"]
FORMATS = ("csv", "xlsx", "parquet")

# What Excel's sheets hold, less the row of the headers.
_SHEET_ROWS = 1_048_575
_FETCHED = 10_000
_FORMULA = "^[=+@\\t\\r-]"
_NUMBER_FORMATS = {"share": "0.0%", "amount": "#,##0.00", "count": "#,##0", "ratio": "0.00", "index": "0.00", "duration": "0.0"}
_DATE_FORMATS = {"DATE": "yyyy-mm-dd", "TIMESTAMP": "yyyy-mm-dd hh:mm:ss"}
_MEANINGS = {"zh": ("字段", "名称", "口径", "单位"), "en": ("column", "name", "definition", "unit")}
_SHEET_OF_MEANINGS = {"zh": "口径", "en": "definitions"}


@dataclass(frozen=True)
class Selection:
    """Which rows: of the dates `first` to `last` (by the mart's own time column), of one scope type, of one scope."""

    first: date | None = None
    last: date | None = None
    scope_type: str | None = None
    scope_id: str | None = None


@dataclass(frozen=True)
class ExportReport:
    """What was written, from which release."""

    release_id: str
    mart: str
    path: str
    rows: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def export_mart(
    settings: Settings,
    mart: str,
    target: Path,
    language: Language | None = None,
    selection: Selection | None = None,
    release_id: str | None = None,
) -> ExportReport:
    """Write the mart to `target`, whose ending says how; headers are the column names, or the registry's words in a language.

    The file gets its name when it is whole. Raises `UsageError` for what there is not: release, mart, ending, column to select by; and
    for more rows than a sheet holds.
    """
    kind = target.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise UsageError(f"unknown kind of file {target.suffix!r}", str(target), f"end it with {', '.join('.' + name for name in FORMATS)}")
    if not target.absolute().parent.is_dir():
        raise UsageError("there is no such folder", str(target.absolute().parent), "name a file in a folder that exists")
    wanted = release_id or current_release_id(settings)
    if wanted is None:
        raise UsageError("nothing is published yet", str(settings.current_release), "`community-metrics run` publishes")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with lease(settings, wanted) as folder, reading(folder / DATABASE_NAME) as connection:
        if mart not in mart_names(connection):
            raise UsageError(f"there is no mart {mart!r}", wanted, f"there are: {', '.join(mart_names(connection))}")
        columns = columns_of(connection, mart_relation(mart))
        relation = _selected(mart, columns, selection or Selection())
        found = connection.execute(f"select count(*) from ({relation})").fetchone()
        rows = int(found[0]) if found else 0
        try:
            if kind == "xlsx":
                _write_workbook(connection, mart, relation, columns, rows, language, part)
            elif kind == "csv":
                _write_csv(connection, mart, relation, columns, language, part)
            else:
                connection.execute(f"copy ({relation}) to {literal(str(part))} (format parquet, compression zstd)")
            part.replace(target)
        except OSError as error:
            raise UsageError(f"cannot be written: {error.strerror or error}", str(target), "name a file in a folder that exists") from error
        finally:
            part.unlink(missing_ok=True)
    return ExportReport(wanted, mart, str(target), rows)


def _selected(mart: str, columns: Sequence[Column], selection: Selection) -> str:
    """The rows, in the order of their key."""
    names = [column.name for column in columns]
    time = next((name for name in TIME_COLUMNS if name in names), None)
    conditions = []
    for value, column, comparison in (
        (selection.first.isoformat() if selection.first else None, time, ">="),
        (selection.last.isoformat() if selection.last else None, time, "<="),
        (selection.scope_type, SCOPE_COLUMNS[0], "="),
        (selection.scope_id, SCOPE_COLUMNS[1], "="),
    ):
        if value is None:
            continue
        if column not in names:
            raise UsageError(f"{mart} has no {'dates' if column is None else column} to select by", mart, "leave the option out")
        conditions.append(f"{quoted(str(column))} {comparison} {literal(value)}")
    where = f" where {' and '.join(conditions)}" if conditions else ""
    order = ", ".join(quoted(name) for name in grain_of(mart, names))
    return f"select * from {mart_relation(mart)}{where} order by {order}"


def _headers(mart: str, columns: Sequence[Column], language: Language | None) -> list[str]:
    """The names over the columns; a word that two columns share is followed by the column's name."""
    if language is None:
        return [column.name for column in columns]
    registry = project_registry()
    entries = [registry.entry(mart, column.name) for column in columns]
    words = [getattr(entry.label, language) if entry else column.name for entry, column in zip(entries, columns, strict=True)]
    return [f"{word} ({column.name})" if words.count(word) > 1 else word for word, column in zip(words, columns, strict=True)]


def _write_csv(
    connection: DuckDBPyConnection, mart: str, relation: str, columns: Sequence[Column], language: Language | None, part: Path
) -> None:
    """UTF-8 with the mark by which Excel knows it; NULL is an empty cell, an empty text is a pair of quotes."""
    cells = []
    for column, header in zip(columns, _headers(mart, columns, language), strict=True):
        cell = quoted(column.name)
        if column.type == "VARCHAR":
            cell = f"case when regexp_matches({cell}, {literal(_FORMULA)}) then '''' || {cell} else {cell} end"
        cells.append(f"{cell} as {quoted(header)}")
    body = part.with_name(f"{part.name}.body")
    try:
        connection.execute(f"copy (select {', '.join(cells)} from ({relation})) to {literal(str(body))} (format csv, header)")
        with part.open("wb") as target, body.open("rb") as source:
            target.write(b"\xef\xbb\xbf")
            shutil.copyfileobj(source, target)
    finally:
        body.unlink(missing_ok=True)


def _write_workbook(
    connection: DuckDBPyConnection, mart: str, relation: str, columns: Sequence[Column], rows: int, language: Language | None, part: Path
) -> None:
    """One sheet with the rows, one with what the columns mean."""
    from openpyxl import Workbook

    if rows > _SHEET_ROWS:
        raise UsageError(f"{rows:,} rows do not fit into a sheet ({_SHEET_ROWS:,})", mart, "select dates or a scope, or write a .csv")
    book = Workbook(write_only=True)
    sheet = book.create_sheet(mart)
    sheet.freeze_panes = "A2"
    formats = [_number_format(mart, column) for column in columns]
    sheet.append([_text_cell(sheet, header) for header in _headers(mart, columns, language)])
    for row in _fetched(connection, relation):
        sheet.append([_cell(sheet, value, number_format) for value, number_format in zip(row, formats, strict=True)])
    _write_meanings(book.create_sheet(_SHEET_OF_MEANINGS[language or "en"]), mart, columns, language or "en")
    book.save(part)


def _fetched(connection: DuckDBPyConnection, relation: str) -> Iterator[tuple[Any, ...]]:
    cursor = connection.execute(relation)
    while rows := cursor.fetchmany(_FETCHED):
        yield from rows


def _number_format(mart: str, column: Column) -> str | None:
    if column.type in _DATE_FORMATS:
        return _DATE_FORMATS[column.type]
    entry = project_registry().entry(mart, column.name)
    return _NUMBER_FORMATS[entry.kind] if isinstance(entry, Metric) else None


def _cell(sheet: WriteOnlyWorksheet, value: Any, number_format: str | None) -> WriteOnlyCell | None:
    from openpyxl.cell import WriteOnlyCell

    if value is None:
        return None
    if isinstance(value, str):
        return _text_cell(sheet, value)
    cell = WriteOnlyCell(sheet, value)
    if number_format:
        cell.number_format = number_format
    return cell


def _text_cell(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.data_type = "s"  # whatever it begins with
    return cell


def _write_meanings(sheet: WriteOnlyWorksheet, mart: str, columns: Sequence[Column], language: Language) -> None:
    registry = project_registry()
    sheet.append([_text_cell(sheet, word) for word in _MEANINGS[language]])
    for column in columns:
        entry = registry.entry(mart, column.name)
        said = [column.name, "", "", ""]
        if entry is not None:
            unit = registry.units.get(entry.unit) if isinstance(entry, Metric) and entry.unit else None
            said[1:] = [getattr(entry.label, language), getattr(entry.definition, language), getattr(unit, language) if unit else ""]
        sheet.append([_text_cell(sheet, text) for text in said])
