"""The lake's files of one stream of one landing: one per business date, several being written at a time, in bounded memory.

Rows of most exports come by date or nearly so: a date is written when a whole batch has passed without it, so that writing goes on
while the rest of the file is read. Nothing has its name before `finish` gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.lake.files import ROW_GROUP_ROWS, ParquetFile
from community_metrics.lake.pipelining import Stage
from community_metrics.lake.pseudonyms import SEPARATOR
from community_metrics.lake.repeating import one_value, plain

MOST_PENDING_BYTES = 256 * 2**20
MOST_OPEN_FILES = 64
"""A process may often have 256 files open, the ledger and the scratch files among them."""

OpenFile = Callable[[date, pa.Schema], ParquetFile]
Extent = dict[tuple[str, str], tuple[date, date]]


@dataclass
class _Pending:
    pieces: list[pa.RecordBatch] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0

    def add(self, piece: pa.RecordBatch) -> None:
        self.pieces.append(piece)
        self.rows += piece.num_rows
        self.bytes += piece.nbytes


class DateFiles:
    """Takes batches of complete rows. `extent`: (platform, account) -> first and last business date of the rows taken."""

    def __init__(self, open_file: OpenFile) -> None:
        self._open_file = open_file
        self._pending: dict[date, _Pending] = {}
        self._files: dict[date, ParquetFile] = {}
        # In the order in which their dates were last met.
        self._open: dict[date, None] = {}
        self._closed: set[date] = set()
        self._writing: Stage | None = None
        self.extent: Extent = {}

    def add(self, rows: pa.RecordBatch, dates: pa.DictionaryArray) -> bool:
        """Take rows that follow those taken before; False, and nothing is taken, if a date comes again whose file is closed."""
        parts = list(_by_date(rows, dates))
        if any(day in self._closed for day, _ in parts):
            return False
        for day, piece in parts:
            self._pending.setdefault(day, _Pending()).add(piece)
            self._extend(piece, day)
            if day in self._open:
                self._open[day] = self._open.pop(day)
        met = {day for day, _ in parts}
        for day, pending in list(self._pending.items()):
            if day not in met:
                self._write(day)
            elif pending.rows >= ROW_GROUP_ROWS:
                self._write(day, whole_groups=True)
        while sum(pending.bytes for pending in self._pending.values()) > MOST_PENDING_BYTES:
            self._write(max(self._pending, key=lambda day: self._pending[day].bytes))
        return True

    def finish(self) -> list[tuple[date, ParquetFile]]:
        """Write what is left; every file gets its name. The files by date."""
        for day in list(self._pending):
            self._close(day)
        self._end_writing()
        for file in self._files.values():
            file.commit()
        return sorted(self._files.items())

    def give_up(self, folder: Path) -> tuple[list[Path], list[pa.RecordBatch]]:
        """The rows taken so far, as files moved to `folder` and as batches. Nothing can be added any more."""
        self._end_writing()
        paths = []
        for number, file in enumerate(self._files.values()):
            paths.append(folder / f"{number}.parquet")
            file.commit_as_scratch(paths[-1])
        return paths, [piece for pending in self._pending.values() for piece in pending.pieces]

    def abandon(self) -> None:
        """Leave nothing behind. Harmless after `finish`."""
        if self._writing is not None:
            self._writing.cancel()
        for file in self._files.values():
            file.abandon()

    def _write(self, day: date, whole_groups: bool = False) -> None:
        pending = self._pending.pop(day)
        table = pa.Table.from_batches(pending.pieces).unify_dictionaries()
        rows = table.num_rows // ROW_GROUP_ROWS * ROW_GROUP_ROWS if whole_groups else table.num_rows
        if rows < table.num_rows:
            rest = self._pending[day] = _Pending()
            for piece in table.slice(rows).to_batches():
                rest.add(piece)
        if day not in self._files:
            self._files[day] = self._open_file(day, table.schema)
            self._open[day] = None
        self._task(self._files[day].write, table.slice(0, rows))
        while len(self._open) > MOST_OPEN_FILES:
            self._close(next(iter(self._open)))

    def _close(self, day: date) -> None:
        if day in self._pending:
            self._write(day)
        if self._open.pop(day, self) is None:
            self._closed.add(day)
            self._task(self._files[day].close)

    def _task(self, task: Callable[..., object], *arguments: object) -> None:
        if self._writing is None:
            self._writing = Stage("write")
        self._writing.submit(task, *arguments)

    def _end_writing(self) -> None:
        if self._writing is not None:
            self._writing.finish()

    def _extend(self, piece: pa.RecordBatch, day: date) -> None:
        platforms, accounts = piece.column("platform"), piece.column("account_id")
        pair = one_value(platforms), one_value(accounts)
        if None in pair:
            joined = pc.binary_join_element_wise(plain(platforms), plain(accounts), SEPARATOR)
            pairs = [tuple(text.split(SEPARATOR, 1)) for text in joined.unique().to_pylist()]
        else:
            pairs = [pair]
        for platform, account_id in pairs:
            first, last = self.extent.get((platform, account_id), (day, day))
            self.extent[platform, account_id] = (min(first, day), max(last, day))


def _by_date(rows: pa.RecordBatch, dates: pa.DictionaryArray) -> Iterator[tuple[date, pa.RecordBatch]]:
    """The rows of each date, in their order."""
    numbers = dates.indices.to_numpy()
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    if len(starts) > len(np.unique(numbers[starts])):
        order = np.argsort(numbers, kind="stable")
        rows, numbers = rows.take(pa.array(order)), numbers[order]
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
        day = date.fromisoformat(dates.dictionary[int(numbers[start])].as_py())
        yield day, rows.slice(int(start), int(end - start))
