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


class Sorter:
    """Takes batches, and files that have the same columns. `derived_key`: the column to fill where it is null, if there is one."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, schema: pa.Schema, derived_key: str | None) -> None:
        self._connection = connection
        self._names = schema.names
        self._derived_key = derived_key
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
        key = self._derived_key
        if key is None:
            return f"select {names} from {gathered} order by _period_date, _row_no"
        made = f"'h:' || _row_hash || ':' || row_number() over (partition by {key} is null, _row_hash order by _row_no)"
        values = {
            key: f"coalesce({key}, {made})",
            f"{key}_is_derived": f"case when {key} is null then 'true' end",
        }
        columns = ", ".join(f"{values[name]} as {name}" if name in values else name for name in self._names)
        return f"with gathered as (select {names} from {gathered}) select {columns} from gathered order by _period_date, _row_no"
