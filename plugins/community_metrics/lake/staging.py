"""The accepted rows of one stream of one landing: gathered in one file, then written out by business date.

The gathering file bounds the memory and lets DuckDB hash, number, date and sort the rows on all threads, spilling to disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from community_metrics.lake.files import ROW_GROUP_ROWS, ParquetFile, lake_file_path, lake_schema
from community_metrics.lake.pseudonyms import SEPARATOR
from community_metrics.landing.records import LakeFile, Landing, instant_text
from community_metrics.settings import Settings
from community_metrics.sources.registry import SNAPSHOT, TECHNICAL_COLUMNS, StreamDefinition

_ROW_COLUMNS = ("_row_no", "_extra")
_MADE_BY_SQL = ("_period_date", "_key_hash", "_row_hash")


@dataclass
class WrittenStream:
    """`extent`: (platform, account) -> first and last business date of its accepted rows."""

    files: list[LakeFile] = field(default_factory=list)
    extent: dict[tuple[str, str], tuple[date, date]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


class StagedStream:
    """Takes batches of canonical columns; `write` turns them into the lake's files."""

    def __init__(self, folder: Path, stream: StreamDefinition) -> None:
        self._stream = stream
        self._made_here = {f"{stream.derived_key}_is_derived"} if stream.derived_key else set()
        self._names = [column.name for column in stream.stored_columns if column.name not in self._made_here]
        self._path = folder / f"{stream.name}.parquet"
        self._schema = pa.schema([*((name, pa.string()) for name in self._names), ("_row_no", pa.int64()), ("_extra", pa.string())])
        self._needs_keys = False
        self.rows = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(self._path, self._schema, compression="lz4")

    def add(self, columns: Mapping[str, pa.StringArray], row_numbers: pa.Int64Array, extras: pa.StringArray) -> None:
        arrays = [*(columns[name] for name in self._names), row_numbers, extras]
        if self._stream.derived_key:
            self._needs_keys |= columns[self._stream.derived_key].null_count > 0
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self.rows += len(row_numbers)

    def close(self) -> None:
        self._writer.close()

    def write(
        self, connection: duckdb.DuckDBPyConnection, settings: Settings, landing: Landing, revision: int, template: str, snapshot_date: date
    ) -> WrittenStream:
        """Write one file per business date. Files appear one by one; only the ledger puts them in force."""
        self.close()
        written = WrittenStream()
        constants = {
            "_file_sha256": landing.sha256,
            "_snapshot_at": instant_text(landing.snapshot_at),
            "_account_id": landing.account_id,
            "_template": template,
        }
        schema = lake_schema(self._stream)
        reader = connection.execute(self._query(settings.timezone, snapshot_date), [str(self._path)]).to_arrow_reader(ROW_GROUP_ROWS)
        for day, rows in _by_date(reader):
            path = lake_file_path(settings, landing, revision, self._stream, day)
            file = ParquetFile(path, schema)
            try:
                for piece in rows:
                    file.write(_complete(piece, constants, schema))
                    _extend(written.extent, piece, day)
                file.commit()
            except BaseException:
                file.abandon()
                raise
            relative = path.relative_to(settings.home).as_posix()
            written.files.append(LakeFile(landing.landing_id, revision, self._stream.source, self._stream.name, day, relative, file.rows))
        return written

    def _query(self, timezone: str, snapshot_date: date) -> str:
        """Rows with `_period_date`, `_row_hash`, `_key_hash` and, where the file has none, a key made of the content."""
        stream = self._stream
        # When a row was last changed is no part of what it says: the same content again is no restatement.
        content = ", ".join(f"coalesce({name}, chr(30))" for name in self._names if name != "updated_at")
        key = ", ".join(f"coalesce({name}, '')" for name in stream.key)
        derived = stream.derived_key
        columns = ", ".join(name for name in (*self._names, *_ROW_COLUMNS) if name != derived)
        if derived is None:
            keyed = "select * from dated"
        elif not self._needs_keys:
            keyed = f"select *, cast(null as varchar) as {derived}_is_derived from dated"
        else:
            keyed = f"""
                select
                    {columns}, _period_date, _row_hash,
                    case when {derived} is null then 'true' end as {derived}_is_derived,
                    coalesce({derived}, 'h:' || _row_hash || ':'
                        || row_number() over (partition by {derived} is null, _row_hash order by _row_no)) as {derived}
                from dated
            """
        return f"""
            with dated as (
                select
                    *,
                    {_date_expression(stream, timezone, snapshot_date)} as _period_date,
                    md5(concat_ws(chr(31), {content})) as _row_hash
                from read_parquet(?, hive_partitioning = false)
            ),
            keyed as ({keyed}),
            hashed as (select *, md5_number_lower(concat_ws(chr(31), {key})) as _number from keyed)
            select
                {", ".join([*(column.name for column in stream.stored_columns), *_ROW_COLUMNS, "_period_date", "_row_hash"])},
                -- The same 64 bits, signed.
                cast(cast(_number as hugeint) - case when _number >= 9223372036854775808 then 18446744073709551616 else 0 end as bigint)
                    as _key_hash
            from hashed
            order by _period_date, _row_no
        """


def _date_expression(stream: StreamDefinition, timezone: str, snapshot_date: date) -> str:
    if stream.date_column == SNAPSHOT:
        return f"'{snapshot_date.isoformat()}'"
    if stream.column(stream.date_column).kind == "date":
        return stream.date_column
    zone = timezone.replace("'", "''")
    return f"strftime(timezone('{zone}', timezone('UTC', cast({stream.date_column} as timestamp))), '%Y-%m-%d')"


def _by_date(reader: pa.RecordBatchReader) -> Iterator[tuple[date, Iterator[pa.Table]]]:
    """Cut rows that are sorted by date into one stream of full row groups per date, to be read before the next one."""
    pieces = _pieces(reader)
    current = next(pieces, None)
    while current is not None:
        day = current[0]
        following: list[tuple[str, pa.Table] | None] = []
        yield date.fromisoformat(day), _row_groups(day, current[1], pieces, following)
        current = following[0]


def _row_groups(
    day: str, first: pa.Table, pieces: Iterator[tuple[str, pa.Table]], following: list[tuple[str, pa.Table] | None]
) -> Iterator[pa.Table]:
    gathered, rows = [first], first.num_rows
    for next_day, piece in pieces:
        if next_day != day:
            following.append((next_day, piece))
            break
        if rows >= ROW_GROUP_ROWS:
            yield pa.concat_tables(gathered)
            gathered, rows = [], 0
        gathered.append(piece)
        rows += piece.num_rows
    else:
        following.append(None)
    yield pa.concat_tables(gathered)


def _pieces(reader: pa.RecordBatchReader) -> Iterator[tuple[str, pa.Table]]:
    for batch in reader:
        if not batch.num_rows:
            continue
        table = pa.Table.from_batches([batch])
        start = 0
        for entry in batch.column("_period_date").value_counts().to_pylist():
            yield entry["values"], table.slice(start, entry["counts"])
            start += entry["counts"]


def _complete(piece: pa.Table, constants: Mapping[str, str], schema: pa.Schema) -> pa.Table:
    present = set(piece.column_names)
    arrays = [piece.column(name) if name in present else pa.repeat(pa.scalar(constants[name]), piece.num_rows) for name in schema.names]
    return pa.Table.from_arrays(arrays, schema=schema)


def _extend(extent: dict[tuple[str, str], tuple[date, date]], piece: pa.Table, day: date) -> None:
    pairs = pc.binary_join_element_wise(piece.column("platform"), piece.column("account_id"), SEPARATOR)
    for pair in pairs.unique().to_pylist():
        platform, account_id = pair.split(SEPARATOR, 1)
        first, last = extent.get((platform, account_id), (day, day))
        extent[platform, account_id] = (min(first, day), max(last, day))


assert set(TECHNICAL_COLUMNS) == {*_ROW_COLUMNS, *_MADE_BY_SQL, "_file_sha256", "_snapshot_at", "_account_id", "_template"}
