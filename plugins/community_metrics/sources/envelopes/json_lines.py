"""JSON objects, streamed into columns of text: one a line, or the elements of an array (`json_array`)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any, Generic, TypeVar

import pyarrow as pa

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.batches import check_problem_count, check_width, drop_long_cells, record_batch, row_problem
from community_metrics.sources.envelopes.boundary import typed_errors
from community_metrics.sources.envelopes.byte_streams import CHUNK, ByteSource
from community_metrics.sources.envelopes.encodings import Utf8Stream
from community_metrics.sources.envelopes.json_text import PLAIN_DECODER, parse_object, storable, text_array
from community_metrics.sources.envelopes.model import DEFAULT_BATCH_ROWS, HEAD_ROWS, Kind, RawBatch, RawTable, RowProblem

Entry = TypeVar("Entry")

MAX_LINE = 16 * 2**20
_HEAD_KEYS_ROWS = 1_000
_BATCH_ROWS = 32_768
_BATCH_BYTES = 64 * 2**20


class ObjectTable(RawTable, Generic[Entry]):
    """JSON objects as rows. ``grid_head[0]``: the keys of the first 1,000 objects, in order of appearance.

    Keys that appear later are added to the columns of their batch and of all that follow. An `Entry` is what one object is before it
    is cut into cells.
    """

    first_row_no = 0

    def __init__(self, source: ByteSource, limits: Limits) -> None:
        self.name = source.name
        self._source = source
        self._limits = limits

    @cached_property
    def _head(self) -> tuple[list[str], list[list[str | None]]]:
        """The keys, and the first rows."""
        keys: dict[str, None] = {}
        rows: list[dict[str, str | None]] = []
        for _, entry in islice(self._head_entries(), _HEAD_KEYS_ROWS):
            try:
                row = self._cells(entry)
            except (ValueError, RecursionError):
                continue
            keys.update(dict.fromkeys(row))
            rows.append(row)
        check_width(len(keys), self.name)
        return list(keys), [list(map(storable, keys)), *([row.get(key) for key in keys] for row in rows[: HEAD_ROWS - 1])]

    @property
    def grid_head(self) -> list[list[str | None]]:  # type: ignore[override]  # made when it is asked for: pages are read otherwise
        return self._head[1]

    def look(self) -> None:
        """Read the head now. Raises `InputError` for what cannot be read."""
        with typed_errors(self.name):
            assert self._head

    def iter_batches(self, header_row: int | None = None, batch_rows: int = DEFAULT_BATCH_ROWS) -> Iterator[RawBatch]:
        self.checked_header_row(header_row)
        keys = dict.fromkeys(self._head[0])
        problem_count = 0
        with typed_errors(self.name):
            entries = self._entries()
            while piece := self._piece(entries, min(batch_rows, _BATCH_ROWS)):
                batch = self._batch(keys, piece)
                problem_count += len(batch.problems)
                check_problem_count(problem_count, self.name)
                yield drop_long_cells(batch, self._limits.max_cell_characters)

    @abstractmethod
    def _entries(self) -> Iterator[tuple[int, Entry]]:
        """Row number and entry, from the first one on."""

    def _head_entries(self) -> Iterator[tuple[int, Entry]]:
        return self._entries()

    @abstractmethod
    def _cells(self, entry: Entry) -> dict[str, str | None]:
        """Raises `ValueError` or `RecursionError` for what is no object."""

    @abstractmethod
    def _text(self, entry: Entry) -> str:
        """What a person is shown of an entry that is no object."""

    @abstractmethod
    def _size(self, entry: Entry) -> int:
        """About how many bytes it has."""

    def _batch(self, keys: dict[str, None], piece: list[tuple[int, Entry]]) -> RawBatch:
        numbers: list[int] = []
        rows: list[dict[str, str | None]] = []
        problems: list[RowProblem] = []
        for row_no, entry in piece:
            try:
                row = self._cells(entry)
            except (ValueError, RecursionError) as error:
                problems.append(row_problem(row_no, "malformed_row", None, str(error)[:300], [self._text(entry)]))
                continue
            if not row.keys() <= keys.keys():
                keys.update(dict.fromkeys(row))
                check_width(len(keys), self.name)
            numbers.append(row_no)
            rows.append(row)
        columns = [text_array([row.get(key) for row in rows]) for key in keys]
        return RawBatch(record_batch(list(map(storable, keys)), columns), pa.array(numbers, pa.int64()), problems)

    def _piece(self, entries: Iterator[tuple[int, Entry]], rows: int) -> list[tuple[int, Entry]]:
        piece: list[tuple[int, Entry]] = []
        size = 0
        for numbered in islice(entries, rows):
            piece.append(numbered)
            size += self._size(numbered[1])
            if size > _BATCH_BYTES:
                break
        return piece


class JsonLinesTable(ObjectTable[bytes]):
    """One JSON object a line."""

    kind: Kind = "jsonl"

    def __init__(self, source: ByteSource, encoding: str, limits: Limits) -> None:
        self._encoding = encoding
        super().__init__(source, limits)

    def iter_documents(self) -> Iterator[tuple[int, Any]]:
        """Line number and the object on the line, nested values and all, numbers as text; None for a line that is no JSON."""
        with typed_errors(self.name):
            for row_no, line in self._entries():
                try:
                    yield row_no, PLAIN_DECODER.decode(line.decode())
                except (ValueError, RecursionError):
                    yield row_no, None

    def iter_lines(self) -> Iterator[tuple[int, bytes]]:
        """Line number and line, as UTF-8, blank ones left out."""
        with typed_errors(self.name):
            yield from self._entries()

    def _cells(self, entry: bytes) -> dict[str, str | None]:
        return parse_object(entry.decode())

    def _text(self, entry: bytes) -> str:
        return entry.decode()

    def _size(self, entry: bytes) -> int:
        return len(entry)

    def _entries(self) -> Iterator[tuple[int, bytes]]:
        """Line number and line, blank ones left out."""
        row_no = 0
        with Utf8Stream(self._source, self._encoding) as stream:
            rest = b""
            while chunk := stream.read(CHUNK * 16):
                lines = (rest + chunk).split(b"\n")
                rest = lines.pop()
                if len(rest) > MAX_LINE:
                    raise InputError(
                        "cell_too_long",
                        f"line {row_no + len(lines) + 1} is longer than {MAX_LINE} bytes",
                        self.name,
                        "export one object a line",
                    )
                for line in lines:
                    row_no += 1
                    if stripped := line.strip():
                        yield row_no, stripped
            if stripped := rest.strip():
                yield row_no + 1, stripped
