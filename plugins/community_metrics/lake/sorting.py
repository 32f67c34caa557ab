"""Rows that cannot be written as they come: gathered on disk and sorted by DuckDB, which spills what does not fit into memory.

That is so where a file's dates go back and forth over more than memory holds, where row numbers do not rise, and where keys have
to be made of the content: which of several equal rows is which can only be said when all have been seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from community_metrics.lake.files import ROW_GROUP_ROWS
from community_metrics.lake.hashing import content_columns, content_hash_sql
from community_metrics.sources.registry import StreamDefinition


class Sorter:
    """Takes batches of a stream's rows, and files that have the same columns; gives the rows without a key one."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, schema: pa.Schema, stream: StreamDefinition) -> None:
        self._connection = connection
        self._names = schema.names
        self._stream = stream
        self._paths = [folder / "gathered.parquet"]
        self._writer = pq.ParquetWriter(self._paths[0], schema, compression="lz4", store_schema=False)

    def add(self, rows: pa.RecordBatch) -> None:
        self._writer.write_batch(rows)

    def add_files(self, paths: Sequence[Path]) -> None:
        self._paths += paths

    def close(self) -> None:
        self._writer.close()

    def rows(self) -> Iterator[pa.RecordBatch]:
        """All rows by `_period_date` and `_row_no`, every column plain."""
        self.close()
        paths = [str(path) for path in self._paths]
        yield from self._connection.execute(self._query(), [paths]).to_arrow_reader(ROW_GROUP_ROWS)

    def _query(self) -> str:
        gathered = "read_parquet(?, hive_partitioning = false, union_by_name = true)"
        names = ", ".join(self._names)
        key = self._stream.derived_key
        if key is None:
            return f"select {names} from {gathered} order by _period_date, _row_no"
        # A row that has a key is a part of its own: one part of all of them would be sorted for nothing.
        content = f"case when {key} is null then {content_hash_sql(content_columns(self._stream))} else cast(_row_no as varchar) end"
        made = "'h:' || _content || ':' || row_number() over (partition by _content order by _row_no)"
        values = {
            key: f"coalesce({key}, {made})",
            f"{key}_is_derived": f"case when {key} is null then 'true' end",
        }
        columns = ", ".join(f"{values[name]} as {name}" if name in values else name for name in self._names)
        hashed = f"select {names}, {content} as _content from {gathered}"
        return f"with gathered as ({hashed}) select {columns} from gathered order by _period_date, _row_no"
