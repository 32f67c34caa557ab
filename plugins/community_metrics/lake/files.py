"""Parquet files that appear whole or not at all, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from community_metrics.landing.records import Landing
from community_metrics.landing.store import make_durable
from community_metrics.settings import Settings
from community_metrics.sources.registry import TECHNICAL_COLUMNS, StreamDefinition, load_streams

ROW_GROUP_ROWS = 122_880
SHARED_SUFFIX = "-shared.parquet"
"""Ends the name of a lake file that holds rows of several landings."""
_ARROW_TYPES = {"text": pa.string(), "bigint": pa.int64()}


class ParquetFile:
    """One file being written under a temporary name beside its place. The name is the same for every attempt, so that what a
    killed process left is written over."""

    def __init__(self, path: Path, schema: pa.Schema, **writer_options: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.rows = 0
        self._temporary = path.with_name(f".{path.name}.tmp")
        self._writer = pq.ParquetWriter(self._temporary, schema, compression="zstd", compression_level=1, **writer_options)

    def write(self, rows: pa.Table | pa.RecordBatch) -> None:
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
        self._writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
        self.rows += table.num_rows

    def close(self) -> None:
        """Complete the file, still without its name. Nothing can be written any more."""
        self._writer.close()

    def commit(self) -> None:
        """Complete the file and give it its name. It is on the disk only after `make_durable`."""
        self._writer.close()
        self._temporary.replace(self.path)

    def commit_as_scratch(self, path: Path) -> None:
        """Complete the file and move it to a place of the same file system that is not its own."""
        self._writer.close()
        self._temporary.replace(path)

    def abandon(self) -> None:
        """Leave nothing behind. Harmless after `commit`."""
        self._writer.close()
        self._temporary.unlink(missing_ok=True)


def make_files_durable(paths: Sequence[Path]) -> None:
    """Wait until the files and their names are on the disk."""
    make_durable(paths)
    make_durable(sorted({path.parent for path in paths}))


def lake_file_path(settings: Settings, landing: Landing, revision: int, stream: StreamDefinition, business_date: date) -> Path:
    """The file of one landing's rows on one business date: named by its content's identity, so that a repeat writes over it."""
    name = f"{landing.landing_id[:16]}-r{revision}.parquet"
    return settings.lake / stream.source / stream.name / f"date={business_date.isoformat()}" / name


def shared_file_path(settings: Settings, group: str, stream: StreamDefinition, business_date: date) -> Path:
    """The file of the rows of many small landings on one business date. `group`: a sum over those landings and their revisions."""
    return settings.lake / stream.source / stream.name / f"date={business_date.isoformat()}" / f"{group[:16]}{SHARED_SUFFIX}"


def quarantine_path(settings: Settings, landing_id: str, revision: int) -> Path:
    """The rows put aside by one ingest; the file is missing when there are none."""
    return settings.quarantine / f"{landing_id}-r{revision}.parquet"


def lake_schema(stream: StreamDefinition) -> pa.Schema:
    """The Arrow schema of every file of a stream. What no row may lack is written faster where the schema says so."""
    filled = {column.name for column in stream.stored_columns if column.required or column.default is not None}
    filled |= set(TECHNICAL_COLUMNS) - {"_extra"}
    return pa.schema([pa.field(name, _ARROW_TYPES[kind], nullable=name not in filled) for name, kind in stream.lake_columns.items()])


def ensure_stream_schemas(settings: Settings) -> None:
    """Write `lake/<source>/<stream>/schema.parquet`, without rows: a stream without files is then an empty relation."""
    for stream in load_streams():
        path = settings.lake / stream.source / stream.name / "schema.parquet"
        schema = lake_schema(stream)
        if path.exists() and _has_schema(path, schema):
            continue
        file = ParquetFile(path, schema)
        file.write(schema.empty_table())
        file.commit()


def _has_schema(path: Path, schema: pa.Schema) -> bool:
    """Whether the file can be read, and is as it should be."""
    try:
        return bool(pq.read_schema(path).equals(schema))
    except (pa.ArrowException, OSError):
        return False
