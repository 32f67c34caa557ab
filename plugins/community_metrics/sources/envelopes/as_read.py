"""Tables of which rows were taken out for good, kept as they were read: the text of every cell, not the bytes of the file.

One Parquet file for any container: what a reader asks of a table beside its rows (name, kind, first rows, the row that the header
was found in) stands in the file's metadata, and every row keeps the number that it had. A table so kept reads as the one that it was
made of, without the rows that are gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from community_metrics.sources.envelopes.batches import record_batch
from community_metrics.sources.envelopes.model import DEFAULT_BATCH_ROWS, Envelope, RawBatch, RawTable, RowProblem

_KEY = b"community_metrics_as_read"
_TABLE, _ROW = "_table", "_row_no"

Cells = list[list[str | None]]


@dataclass(frozen=True)
class TableToKeep:
    """A table and the row in which its header stands. `change`: what is left of a batch; `change_head`: of the first rows."""

    table: RawTable
    header_row: int
    change: Callable[[RawBatch], RawBatch]
    change_head: Callable[[Cells], Cells]


class AsReadTable(RawTable):
    """One of the tables of such a file."""

    def __init__(self, path: Path, file_name: str, number: int, told: dict[str, Any]) -> None:
        self.name = told["name"] or file_name
        self.kind = told["kind"]
        self.first_row_no = told["first_row_no"]
        self.grid_head = told["grid_head"]
        self._path = path
        self._number = number
        self._names = told["names"]
        self._header_row = told["header_row"]
        self._problems = [
            RowProblem(row_no, code, column, detail, tuple(cells)) for row_no, code, column, detail, cells in told["problems"]
        ]

    def iter_batches(self, header_row: int | None = None, batch_rows: int = DEFAULT_BATCH_ROWS) -> Iterator[RawBatch]:
        chosen = self.checked_header_row(header_row)
        names = self._names
        if chosen != self._header_row:
            # Another template looks for another header: cells that it has no name for stay without one.
            head = [cell or "" for cell in self.grid_head[chosen - self.first_row_no]]
            names = [*head, *[""] * len(names)][: max(len(head), len(names))]
        waiting = [problem for problem in self._problems if problem.row_no > chosen]
        with pq.ParquetFile(self._path) as file:
            columns = [_TABLE, _ROW, *(f"c{index}" for index in range(len(self._names)))]
            for rows in file.iter_batches(batch_size=batch_rows, columns=columns):
                mine = rows.filter(pc.and_(pc.equal(rows.column(_TABLE), self._number), pc.greater(rows.column(_ROW), chosen)))
                cells = list(mine.columns[2:])[: len(names)]
                cells += [pa.nulls(len(mine), pa.string())] * (len(names) - len(cells))
                if len(mine) or waiting:
                    yield RawBatch(record_batch(names, cells), mine.column(_ROW), waiting)
                    waiting = []
        if waiting:
            yield RawBatch(record_batch(names, [pa.array([], pa.string()) for _ in names]), pa.array([], pa.int64()), waiting)


def keep_as_read(target: Path, file_name: str, envelope: Envelope, tables: Sequence[TableToKeep]) -> None:
    """Write what is left of the tables of one file. The file's own name, which may name people, is not in it.

    Raises `InputError` for damage that is found on the way."""
    readings = [_begun(one) for one in tables]
    width = max((len(names) for names, _ in readings), default=0)
    schema = pa.schema([(_TABLE, pa.int32()), (_ROW, pa.int64()), *((f"c{index}", pa.string()) for index in range(width))])
    told = []
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for number, (one, (names, batches)) in enumerate(zip(tables, readings, strict=True)):
            problems: list[RowProblem] = []
            for batch in batches:
                left = one.change(batch)
                problems += left.problems
                count = left.columns.num_rows
                cells = [*left.columns.columns, *[pa.nulls(count, pa.string())] * (width - left.columns.num_columns)]
                arrays = [pa.repeat(pa.scalar(number, pa.int32()), count), left.row_numbers, *cells]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            told.append(
                {
                    "name": None if one.table.name == file_name else one.table.name,
                    "kind": one.table.kind,
                    "first_row_no": one.table.first_row_no,
                    "header_row": one.header_row,
                    "names": names,
                    "grid_head": one.change_head(one.table.grid_head),
                    "problems": [[each.row_no, each.reason_code, each.column, each.detail, list(each.cells)] for each in problems],
                }
            )
        facts = {
            "kind": envelope.kind,
            "encoding": envelope.encoding,
            "created_at": envelope.created_at.isoformat() if envelope.created_at else None,
            "tables": told,
        }
        writer.add_key_value_metadata({_KEY: json.dumps(facts, ensure_ascii=False).encode("utf-8", "replace")})


def open_as_read(path: Path, file_name: str) -> Envelope | None:
    """The file as what it was made of; None for a Parquet file of anybody else's."""
    content = (pq.read_metadata(path).metadata or {}).get(_KEY)
    if content is None:
        return None
    facts = json.loads(content)
    created_at = datetime.fromisoformat(facts["created_at"]) if facts["created_at"] else None
    tables: list[RawTable] = [AsReadTable(path, file_name, number, told) for number, told in enumerate(facts["tables"])]
    return Envelope(facts["kind"], tables, encoding=facts["encoding"], created_at=created_at)


def _begun(one: TableToKeep) -> tuple[list[str], Iterator[RawBatch]]:
    """The names of the columns, and the batches."""
    known = one.table.header_is_known
    batches = one.table.iter_batches(None if known else one.header_row)
    first = next(batches, None)
    if first is None:
        return [cell or "" for cell in one.table.grid_head[one.header_row - one.table.first_row_no]], iter(())
    return list(first.columns.schema.names), chain([first], batches)
