"""What an opened file looks like, whatever its container."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pyarrow as pa

Kind = Literal["csv", "jsonl", "json", "parquet", "xlsx", "xls", "html", "zip", "xml"]

HEAD_ROWS = 20
"""How many rows of a table are looked at to find its header."""

DEFAULT_BATCH_ROWS = 131_072


@dataclass(frozen=True)
class RowProblem:
    """One row that could not be delivered as columns; all the other rows are.

    `reason_code`: ``ragged_row`` (more or fewer cells than the header: a totals line looks like this too),
    ``cell_too_long``, ``malformed_row`` (a line that is no JSON object).
    `cells` are the row's cells as read (at most 1,000, each cut to 10,000 characters).
    """

    row_no: int
    reason_code: str
    column: str | None
    detail: str
    cells: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class RawBatch:
    """Some consecutive rows of a table.

    `columns`: all of type string; null only where the container itself says so (JSON null or absent key, empty
    workbook cell, Parquet null): an empty CSV cell is the empty string. Names may repeat (`locate_duplicates`).
    In JSON Lines later batches may have more columns than earlier ones, never fewer, never reordered.
    `row_numbers`: int64, as long as `columns`, rising: 1-based record of the file. The header of a CSV, a sheet or
    an HTML table is a record too (its first data row is then 2); in JSON Lines and Parquet the first data row is 1.
    `problems`: the rows of the same stretch that are not in `columns`.
    """

    columns: pa.RecordBatch
    row_numbers: pa.Int64Array
    problems: list[RowProblem] = field(default_factory=list)


class RawTable(ABC):
    """One table of a file: a CSV, a sheet, an HTML table, JSON Lines, Parquet.

    `name`: sheet name, or the file's original name.
    `grid_head`: the first rows (at most `HEAD_ROWS`) as lists of cells, header not located yet; rows may differ in length.
    `first_row_no`: the record number of ``grid_head[0]``: 1, or 0 where it holds field names that are no row of
    the file (JSON Lines, Parquet). The header row's number is ``first_row_no + its index in grid_head``.
    """

    name: str
    kind: Kind
    grid_head: list[list[str | None]]
    first_row_no: int = 1

    @property
    def header_is_known(self) -> bool:
        """Whether ``grid_head[0]`` is the header for certain (JSON Lines, Parquet)."""
        return self.first_row_no == 0

    @abstractmethod
    def iter_batches(self, header_row: int | None = None, batch_rows: int = DEFAULT_BATCH_ROWS) -> Iterator[RawBatch]:
        """The rows below `header_row` (a record number; default `first_row_no`), in file order, in bounded memory.

        Can be called again: every call starts anew. Blank lines are no rows, but are counted in the numbers.
        Raises `InputError` (also late, for damage found only then): truncated, unknown_encoding,
        decompression_bomb, unreadable_envelope.
        """

    def read(self, header_row: int | None = None) -> RawBatch:
        """All rows at once, as one batch. For small files and tests. Raises as `iter_batches`."""
        batches = list(self.iter_batches(header_row))
        if not batches:
            names = [cell or "" for cell in self.grid_head[self.checked_header_row(header_row) - self.first_row_no]]
            empty: list[pa.Array] = [pa.array([], pa.string()) for _ in names]
            schema = pa.schema([pa.field(name, pa.string()) for name in names])
            return RawBatch(pa.RecordBatch.from_arrays(empty, schema=schema), pa.array([], pa.int64()))
        schema = batches[-1].columns.schema
        columns = [pa.concat_arrays([_column_or_nulls(batch.columns, index) for batch in batches]) for index in range(len(schema))]
        return RawBatch(
            pa.RecordBatch.from_arrays(columns, schema=schema),
            pa.concat_arrays([batch.row_numbers for batch in batches]),
            [problem for batch in batches for problem in batch.problems],
        )

    def checked_header_row(self, header_row: int | None) -> int:
        """The header's row number. Raises `ValueError` outside of `grid_head`: a mistake of the caller, not of the file."""
        chosen = self.first_row_no if header_row is None else header_row
        if not self.first_row_no <= chosen < self.first_row_no + len(self.grid_head):
            raise ValueError(f"row {chosen} is none of the head's rows of {self.name!r}")
        if self.header_is_known and chosen != self.first_row_no:
            raise ValueError(f"the header of {self.name!r} is known: row {self.first_row_no}")
        return chosen


def _column_or_nulls(columns: pa.RecordBatch, index: int) -> pa.Array:
    return columns.column(index) if index < columns.num_columns else pa.nulls(columns.num_rows, pa.string())


@dataclass(frozen=True)
class Envelope:
    """An opened file.

    `kind` of what is inside (`compression` tells of a gzip around it); `encoding` of text kinds, as Python names it;
    `created_at`: aware UTC instant of the stamp inside an xlsx file. `tables` is empty for `json` (use `load_json_document`; but a
    document that is one object on one line has a table too, since JSON Lines with one row looks the same)
    and for `zip` (use `open_archive`) and `xml` (use `load_xml_documents`).
    """

    kind: Kind
    tables: list[RawTable]
    encoding: str | None = None
    created_at: datetime | None = None
    compression: Literal["gzip"] | None = None


def locate_duplicates(header: Sequence[str | None]) -> dict[str, list[int]]:
    """Header texts that stand more than once: text -> column indexes. Texts are compared stripped; empty ones do not count.

    >>> locate_duplicates(["date", "reads", "reads ", ""])
    {'reads': [1, 2]}
    """
    places: dict[str, list[int]] = {}
    for index, text in enumerate(header):
        stripped = (text or "").strip()
        if stripped:
            places.setdefault(stripped, []).append(index)
    return {text: indexes for text, indexes in places.items() if len(indexes) > 1}
