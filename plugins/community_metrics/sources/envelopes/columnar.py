"""Parquet, with every column as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.batches import check_width, drop_long_cells, record_batch
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN, typed_errors
from community_metrics.sources.envelopes.model import DEFAULT_BATCH_ROWS, HEAD_ROWS, Kind, RawBatch, RawTable

MAGIC = b"PAR1"
_BATCH_ROWS = 65_536
MAX_BATCH_BYTES = 2**30


class ParquetTable(RawTable):
    """A Parquet file; its columns are ``grid_head[0]``.

    Whole numbers as they are, floats in their shortest exact form, decimals plain, instants with zone as ``...Z``, without as
    local ISO text, binary as UTF-8, nested values as JSON.
    """

    kind: Kind = "parquet"
    first_row_no = 0

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        self.name = name
        self._path = path
        self._limits = limits
        with self._open() as file:
            self._names = list(file.schema_arrow.names)
            check_width(len(self._names), name)
            unpacked = sum(file.metadata.row_group(index).total_byte_size for index in range(file.metadata.num_row_groups))
            if unpacked > limits.max_unpacked_bytes:
                raise InputError("decompression_bomb", f"unpacks to {unpacked} bytes", name, "land it in smaller parts")
            head = next(file.iter_batches(batch_size=HEAD_ROWS - 1), None)
            self.grid_head = [list(self._names)]
            if head is not None:
                cells = [self._as_text(column).to_pylist() for column in head.slice(0, HEAD_ROWS - 1).columns]
                self.grid_head += [list(row) for row in zip(*cells, strict=True)]

    def iter_batches(self, header_row: int | None = None, batch_rows: int = DEFAULT_BATCH_ROWS) -> Iterator[RawBatch]:
        self.checked_header_row(header_row)
        first, delivered = 1, 0
        with typed_errors(self.name), self._open() as file:
            for batch in file.iter_batches(batch_size=min(batch_rows, _BATCH_ROWS)):
                columns = [self._as_text(column) for column in batch.columns]
                delivered += sum(column.nbytes for column in columns) + batch.num_rows
                if delivered > self._limits.max_unpacked_bytes:
                    raise InputError("decompression_bomb", f"unpacks to more than {delivered} bytes", self.name, "land it in smaller parts")
                numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
                first += batch.num_rows
                yield drop_long_cells(RawBatch(record_batch(self._names, columns), numbers), self._limits.max_cell_characters)

    def _open(self) -> pq.ParquetFile:
        # Texts as dictionaries: a short file may repeat one long text a million times, which is seen before it is unfolded.
        schema = pq.read_schema(self._path, memory_map=False)
        texts = [field.name for field in schema if pa.types.is_string(field.type)]
        return pq.ParquetFile(self._path, read_dictionary=texts)

    def _as_text(self, column: pa.Array) -> pa.StringArray:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(self._as_text(column.dictionary)).take(column.indices)
            if (pc.sum(lengths).as_py() or 0) > MAX_BATCH_BYTES:
                raise InputError("decompression_bomb", f"a few rows unpack to more than {MAX_BATCH_BYTES} bytes", self.name, EXPORT_AGAIN)
            return self._as_text(column.dictionary).take(column.indices)
        if pa.types.is_timestamp(column.type):
            naive = column.cast(pa.timestamp(column.type.unit))
            text = naive.cast(pa.string())
            return text if column.type.tz is None else pc.binary_join_element_wise(text, "Z", "")
        if pa.types.is_decimal(column.type) or pa.types.is_nested(column.type) or pa.types.is_duration(column.type):
            return pa.array([_python_text(value) for value in column.to_pylist()], pa.string())
        return column.cast(pa.string())


def _python_text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))
    return format(value, "f") if hasattr(value, "as_tuple") else str(value)
