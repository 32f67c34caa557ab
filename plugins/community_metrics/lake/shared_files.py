"""The accepted rows of one stream of many small landings: one lake file per business date holds the rows of all of them.

Ten thousand pages as ten thousand files each would cost every later reader the opening of ten thousand files. A landing that is
withdrawn, held or read anew is left out by its file's sha256: no two landings of the same bytes stand in one lake file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.lake.books import LandingBook
from community_metrics.lake.business_dates import business_dates
from community_metrics.lake.files import ParquetFile, lake_schema, shared_file_path
from community_metrics.lake.hashing import content_columns, content_hash
from community_metrics.lake.pseudonyms import SEPARATOR
from community_metrics.lake.repeating import TextColumn, plain
from community_metrics.lake.staging import WrittenStream
from community_metrics.lake.taking import places_of, row_numbers_of
from community_metrics.landing.records import LakeFile, instant_text
from community_metrics.settings import Settings
from community_metrics.sources.registry import SNAPSHOT, StreamDefinition


class SharedStream:
    """Takes batches of canonical columns whose rows are known by their keys (see `taking`); `write` makes the files.

    Everything is held in memory: whoever makes the group bounds its rows.
    """

    def __init__(self, settings: Settings, stream: StreamDefinition, books: Sequence[LandingBook]) -> None:
        self._settings = settings
        self._stream = stream
        self._books = books
        made_here = {f"{stream.derived_key}_is_derived"} if stream.derived_key else set()
        self._names = [column.name for column in stream.stored_columns if column.name not in made_here]
        self._batches: list[pa.RecordBatch] = []
        self._files: list[ParquetFile] = []

    def add(self, columns: Mapping[str, TextColumn], row_numbers: pa.Int64Array, extras: pa.StringArray) -> None:
        arrays = [*(plain(columns[name]) for name in self._names), extras, row_numbers]
        self._batches.append(pa.RecordBatch.from_arrays(arrays, names=[*self._names, "_extra", "_row_no"]))

    def write(self) -> list[WrittenStream]:
        """One entry per landing of the group. The files appear one by one; only the ledger puts them in force."""
        written = [WrittenStream() for _ in self._books]
        if not any(batch.num_rows for batch in self._batches):
            return written
        rows = pa.Table.from_batches(self._batches).combine_chunks().sort_by("_row_no")
        keys = rows.column("_row_no").chunk(0)
        places = places_of(keys)
        columns = self._completed({name: rows.column(name).chunk(0) for name in (*self._names, "_extra")}, keys, places)
        days = columns["_period_date"].dictionary_encode()
        order = np.argsort(days.indices.to_numpy(), kind="stable")
        columns = {name: values.take(pa.array(order)) for name, values in columns.items()}
        self._write_days(columns, places.take(pa.array(order)).to_numpy(), written)
        return written

    def abandon(self) -> None:
        """Leave nothing unfinished behind. Harmless after `write`."""
        for file in self._files:
            file.abandon()

    def _completed(self, columns: dict[str, pa.Array], keys: pa.Int64Array, places: pa.Int32Array) -> dict[str, pa.Array]:
        """Every column of a lake file."""
        derived = self._stream.derived_key
        columns["_period_date"] = self._dates(columns, places)
        if derived is not None:
            is_derived = columns[derived].is_null()
            columns[f"{derived}_is_derived"] = pc.if_else(is_derived, "true", pa.scalar(None, pa.string()))
            if columns[derived].null_count:
                made = self._made_keys(columns, places, pc.indices_nonzero(is_derived))
                columns[derived] = pc.replace_with_mask(columns[derived], is_derived, made)
        landings = [book.landing for book in self._books]
        stated = {
            "_file_sha256": [landing.sha256 for landing in landings],
            "_snapshot_at": [instant_text(landing.snapshot_at) for landing in landings],
            "_account_id": [landing.account_id for landing in landings],
            "_template": [book.template.name for book in self._books],
        }
        of_landings = {name: pa.array(values, pa.string()).take(places) for name, values in stated.items()}
        return {**columns, **of_landings, "_row_no": row_numbers_of(keys)}

    def _dates(self, columns: Mapping[str, pa.Array], places: pa.Int32Array) -> pa.StringArray:
        if self._stream.date_column == SNAPSHOT:
            return pa.array([book.circumstances.snapshot_date.isoformat() for book in self._books], pa.string()).take(places)
        column = columns[self._stream.date_column]
        anyday = self._books[0].circumstances.snapshot_date
        return plain(business_dates(self._stream, column, len(places), self._settings.timezone, anyday))

    def _made_keys(self, columns: Mapping[str, pa.Array], places: pa.Int32Array, rows: pa.UInt64Array) -> pa.StringArray:
        """Keys made of the content of some rows: of equal rows of a landing the first, the second, and so on."""
        seen: Counter[tuple[int, str]] = Counter()
        keys = []
        contents = zip(*(columns[name].take(rows).to_pylist() for name in content_columns(self._stream)), strict=True)
        for place, content in zip(places.take(rows).to_pylist(), contents, strict=True):
            hashed = content_hash(content)
            seen[place, hashed] += 1
            keys.append(f"h:{hashed}:{seen[place, hashed]}")
        return pa.array(keys, pa.string())

    def _write_days(self, columns: Mapping[str, pa.Array], places: npt.NDArray[np.int32], written: Sequence[WrittenStream]) -> None:
        """`columns`: sorted by date; `places`: of which landing each row is."""
        schema = lake_schema(self._stream)
        table = pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)
        group = hashlib.sha256("\n".join(f"{book.landing.landing_id} {book.revision}" for book in self._books).encode()).hexdigest()
        pairs = pc.binary_join_element_wise(columns["platform"], columns["account_id"], SEPARATOR).dictionary_encode()
        names = [tuple(pair.split(SEPARATOR, 1)) for pair in pairs.dictionary.to_pylist()]
        start = 0
        for entry in columns["_period_date"].value_counts().to_pylist():
            day, end = date.fromisoformat(entry["values"]), start + entry["counts"]
            file = ParquetFile(shared_file_path(self._settings, group, self._stream, day), schema)
            self._files.append(file)
            file.write(table.slice(start, end - start))
            file.commit()
            path = file.path.relative_to(self._settings.home).as_posix()
            for place, rows in zip(*(part.tolist() for part in np.unique(places[start:end], return_counts=True)), strict=True):
                book = self._books[place]
                lake_file = LakeFile(book.landing.landing_id, book.revision, self._stream.source, self._stream.name, day, path, rows)
                written[place].files.append(lake_file)
            met = places[start:end].astype(np.int64) << 32 | pairs.indices.to_numpy()[start:end]
            for code in np.unique(met).tolist():
                extent = written[code >> 32].extent
                key = names[code & 0xFFFFFFFF]
                first, last = extent.get(key, (day, day))
                extent[key] = (min(first, day), max(last, day))
            start = end
