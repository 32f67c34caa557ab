"""The accepted rows of one stream of one landing on their way into the lake: dated, encoded, written out by business date.

That goes on in a thread of its own while the file is read further.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from community_metrics.lake.business_dates import business_dates
from community_metrics.lake.date_files import DateFiles, Extent
from community_metrics.lake.files import ParquetFile, lake_file_path, lake_schema
from community_metrics.lake.layout import Layout
from community_metrics.lake.pipelining import Stage
from community_metrics.lake.repeating import TextColumn, constant
from community_metrics.lake.sorting import Sorter
from community_metrics.landing.records import LakeFile, Landing, instant_text
from community_metrics.settings import Settings
from community_metrics.sources.registry import SNAPSHOT, StreamDefinition


@dataclass
class WrittenStream:
    """`extent`: (platform, account) -> first and last business date of its accepted rows."""

    files: list[LakeFile] = field(default_factory=list)
    extent: Extent = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


@dataclass(frozen=True)
class Destination:
    """Which ingest the rows belong to. `snapshot_date`: the local date of the landing's snapshot."""

    settings: Settings
    landing: Landing
    revision: int
    template: str
    snapshot_date: date


class StagedStream:
    """Takes batches of canonical columns; `write` completes the lake's files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, stream: StreamDefinition, destination: Destination) -> None:
        self._connection = connection
        self._folder = folder
        self._stream = stream
        self._to = destination
        made_here = {f"{stream.derived_key}_is_derived"} if stream.derived_key else set()
        self._names = [column.name for column in stream.stored_columns if column.name not in made_here]
        self._schema = lake_schema(stream)
        self._layout: Layout | None = None
        self._files = DateFiles(self._open_file)
        self._sorter: Sorter | None = None
        self._last_row_no = 0
        self._working: Stage | None = None
        self._waiting: Callable[[], None] | None = None

    def add(self, columns: Mapping[str, TextColumn], row_numbers: pa.Int64Array, extras: pa.StringArray) -> None:
        """Take rows; what is done with them later may raise here or in `write`."""
        if not len(row_numbers):
            return
        # A file of a single batch needs no thread.
        if self._waiting is not None:
            self._working = self._working or Stage("stage")
            self._working.submit(self._waiting)
        self._waiting = lambda: self._take(columns, row_numbers, extras)

    def write(self) -> WrittenStream:
        """Complete the files, one per business date. Only the ledger puts them in force."""
        if self._working is not None:
            self._working.finish()
        if self._waiting is not None:
            self._waiting()
        if self._sorter is not None:
            self._sort(self._sorter)
        landing, revision, stream = self._to.landing, self._to.revision, self._stream
        written = WrittenStream(extent=self._files.extent)
        for day, file in self._files.finish():
            path = file.path.relative_to(self._to.settings.home).as_posix()
            written.files.append(LakeFile(landing.landing_id, revision, stream.source, stream.name, day, path, file.rows))
        return written

    def abandon(self) -> None:
        """Leave nothing in the lake. Harmless after `write`."""
        if self._working is not None:
            self._working.cancel()
        self._files.abandon()
        if self._sorter is not None:
            self._sorter.close()

    def _take(self, columns: Mapping[str, TextColumn], row_numbers: pa.Int64Array, extras: pa.StringArray) -> None:
        count = len(row_numbers)
        dates = self._dates(columns, count)
        texts = {name: columns[name] for name in self._names} | self._repeated(count) | {"_extra": extras, "_period_date": dates}
        if self._layout is None:
            self._layout = Layout(texts)
        batch = self._batch({**self._layout.encode(texts), "_row_no": row_numbers})
        derived = self._stream.derived_key
        has_no_keys = derived is not None and columns[derived].null_count > 0
        if self._sorter is not None:
            self._sorter.add(batch)
        elif has_no_keys or not self._is_rising(row_numbers) or not self._files.add(batch, dates):
            self._gather(batch)

    def _repeated(self, count: int) -> dict[str, TextColumn]:
        """The columns that are the same in every row."""
        landing, derived = self._to.landing, self._stream.derived_key
        return {
            **({f"{derived}_is_derived": constant(None, count)} if derived else {}),
            "_file_sha256": constant(landing.sha256, count),
            "_snapshot_at": constant(instant_text(landing.snapshot_at), count),
            "_account_id": constant(landing.account_id, count),
            "_template": constant(self._to.template, count),
        }

    def _dates(self, columns: Mapping[str, TextColumn], count: int) -> pa.DictionaryArray:
        column = None if self._stream.date_column == SNAPSHOT else columns[self._stream.date_column]
        return business_dates(self._stream, column, count, self._to.settings.timezone, self._to.snapshot_date)

    def _batch(self, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
        # Text may be kept as dictionaries.
        fields = [field.with_type(columns[field.name].type) for field in self._schema]
        return pa.RecordBatch.from_arrays([columns[field.name] for field in fields], schema=pa.schema(fields))

    def _is_rising(self, row_numbers: pa.Int64Array) -> bool:
        numbers = row_numbers.to_numpy()
        before, self._last_row_no = self._last_row_no, int(numbers[-1])
        return bool(numbers[0] > before and (numbers[1:] > numbers[:-1]).all())

    def _gather(self, batch: pa.RecordBatch) -> None:
        """From now on, and what has been written so far as well."""
        self._folder.mkdir(parents=True, exist_ok=True)
        paths, batches = self._files.give_up(self._folder)
        self._files = DateFiles(self._open_file)
        self._sorter = Sorter(self._connection.cursor(), self._folder, batch.schema, self._stream)
        self._sorter.add_files(paths)
        for one in (*batches, batch):
            self._sorter.add(one)

    def _sort(self, sorter: Sorter) -> None:
        assert self._layout is not None
        for rows in sorter.rows():
            columns = dict(zip(rows.schema.names, rows.columns, strict=True))
            taken = self._files.add(self._batch(self._layout.encode(columns)), columns["_period_date"].dictionary_encode())
            assert taken, "sorted rows come date by date"

    def _open_file(self, day: date, schema: pa.Schema) -> ParquetFile:
        assert self._layout is not None
        path = lake_file_path(self._to.settings, self._to.landing, self._to.revision, self._stream, day)
        return ParquetFile(path, schema, **self._layout.writer_options)
