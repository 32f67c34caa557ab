"""Tables with a header: CSV, JSON Lines, Parquet, workbooks, HTML. The header is found by the headers it should have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.errors import InputError
from community_metrics.sources.envelopes import RawBatch, RawTable, RowProblem, locate_duplicates
from community_metrics.sources.readers.model import Drift, OpenedFile, SourceBatch
from community_metrics.sources.templates import Template, TemplateColumn, header_key

_LARGEST_SHEET_ROW = 1_048_576
_LIKE = 0.4


@dataclass(frozen=True)
class TableMatch:
    """A table whose header row has been found. `columns`: index of the header -> column of the stream."""

    table: RawTable
    header_row: int
    headers: tuple[str, ...]
    columns: dict[int, str]

    @property
    def hits(self) -> int:
        """How many of the template's columns are there."""
        return len(set(self.columns.values()))

    @property
    def unknown(self) -> list[str]:
        """The headers that the template does not know."""
        return [header for index, header in enumerate(self.headers) if index not in self.columns and header]


def match_table(template: Template, table: RawTable) -> TableMatch | None:
    """Find the row with the most distinct known headers (the first of equals); None if no row has one.

    A banner that a workbook repeats in every cell counts nothing, a header row with an unknown header more counts the same.
    """
    best: TableMatch | None = None
    known = template.table.columns_by_header
    for offset, cells in enumerate(table.grid_head[:1] if table.header_is_known else table.grid_head):
        headers = tuple((cell or "").strip() for cell in cells)
        columns = _locate(headers, known)
        match = TableMatch(table, table.first_row_no + offset, headers, columns)
        if match.hits and (best is None or match.hits > best.hits):
            best = match
    return best


def missing_headers(
    template: Template, match: TableMatch | None, given: frozenset[str], only_signature: bool = False
) -> list[TemplateColumn]:
    """The columns that the file should have and has not. `given`: columns that the landing itself states (the account)."""
    present = set(match.columns.values()) if match else set()
    signature = {header_key(header) for header in template.signature}
    return [
        column
        for column in template.table.columns
        if column.name not in present | given | set(template.constants)
        and (signature.intersection(map(header_key, column.headers)) if only_signature else column.required)
    ]


def check_match(template: Template, match: TableMatch | None, given: frozenset[str], file_name: str) -> None:
    """Raises `InputError`: missing_required_column, duplicate_header, unexpected_layout."""
    if match is None:
        raise InputError(
            "unexpected_layout",
            f"none of the first rows holds a header of {template.name} ({', '.join(template.signature)})",
            file_name,
            "check that this is the right export for the source, and that its first rows hold the header",
        )
    where = f"{file_name}, {_row_name(match)}"
    missing = missing_headers(template, match, given)
    if missing:
        nearest = _nearest(missing[0].headers, match.unknown)
        found = f"the closest header found is {nearest!r}" if nearest else f"headers found: {', '.join(filter(None, match.headers))[:300]}"
        raise InputError(
            "missing_required_column",
            f"the required column {', '.join(repr(' or '.join(column.headers)) for column in missing)} is missing; {found}",
            where,
            f"export it again with the column, or add the new header to template {template.name}"
            if not template.is_mapped
            else f"name the column {missing[0].headers[0]!r}",
        )
    repeated = locate_duplicates(match.headers) or _clashes(match)
    if repeated:
        header, places = next(iter(repeated.items()))
        raise InputError(
            "duplicate_header",
            f"the header {header!r} stands {len(places)} times (columns {', '.join(str(place + 1) for place in places)})",
            where,
            "keep one of them, or give the other another name",
        )


def read(file: OpenedFile, template: Template, matches: Sequence[TableMatch], drift: Drift) -> Iterator[SourceBatch]:
    """The rows of the matched tables, in file order. Raises `InputError` for damage found on the way.

    Several sheets are one file: the rows of the second are numbered on from the largest row that a sheet can have.
    """
    stream = template.table
    rows = 0
    for sheet, match in enumerate(matches):
        offset = sheet * _LARGEST_SHEET_ROW
        seen = set(match.columns.values())
        for batch in match.table.iter_batches(None if match.table.header_is_known else match.header_row):
            columns = _locate(batch.columns.schema.names, stream.columns_by_header)
            seen |= set(columns.values())
            rows += len(batch.row_numbers)
            yield _source_batch(stream.definition.name, batch, columns, offset)
        if not template.is_mapped:
            drift.missing |= {column.headers[0] for column in stream.columns if column.name not in seen}
    if template.row_cap is not None and rows >= template.row_cap:
        drift.warnings["row_cap"] = f"{rows} rows: the platform exports at most {template.row_cap}, so that some may have been left out"
    left_out = [table.name for table in file.envelope.tables if table not in [match.table for match in matches]]
    if left_out:
        drift.warnings["tables_left_out"] = f"no such table is expected: {', '.join(left_out)[:200]}"


def _locate(headers: Sequence[str], known: dict[str, TemplateColumn]) -> dict[int, str]:
    found = ((index, known.get(header_key(header))) for index, header in enumerate(headers))
    return {index: column.name for index, column in found if column is not None}


def _clashes(match: TableMatch) -> dict[str, list[int]]:
    """Different headers that stand for one column."""
    places: dict[str, list[int]] = {}
    for index, name in match.columns.items():
        places.setdefault(name, []).append(index)
    return {match.headers[indexes[0]]: indexes for indexes in places.values() if len(indexes) > 1}


def _nearest(wanted: Sequence[str], found: Sequence[str]) -> str | None:
    """The unknown header that looks most like a wanted one; None if none does."""

    def likeness(header: str) -> float:
        return max(difflib.SequenceMatcher(None, header_key(one), header_key(header)).ratio() for one in wanted)

    best = max(found, key=likeness, default=None)
    return best if best is not None and likeness(best) >= _LIKE else None


def _row_name(match: TableMatch) -> str:
    place = "its fields" if match.table.header_is_known else f"row {match.header_row}"
    return f"sheet {match.table.name}, {place}" if match.table.kind in ("xlsx", "xls") else place


def _source_batch(stream: str, batch: RawBatch, columns: dict[int, str], offset: int) -> SourceBatch:
    row_numbers, problems = batch.row_numbers, list(batch.problems)
    if offset:
        row_numbers = pc.add(row_numbers, offset)
        problems = [RowProblem(one.row_no + offset, one.reason_code, one.column, one.detail, one.cells) for one in problems]
    names = batch.columns.schema.names
    return SourceBatch(
        stream=stream,
        row_numbers=row_numbers,
        columns={name: batch.columns.column(index) for index, name in columns.items()},
        unknown={
            names[index].strip() or f"column {index + 1}": batch.columns.column(index)
            for index in range(len(names))
            if index not in columns
        },
        first_cells=batch.columns.column(0) if names else pa.nulls(len(row_numbers), pa.string()),
        problems=problems,
    )
