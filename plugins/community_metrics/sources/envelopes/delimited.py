"""CSV and its relatives, streamed into columns of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.batches import (
    PROBLEM_CELLS,
    check_problem_count,
    check_width,
    drop_blank_rows,
    drop_long_cells,
    record_batch,
    record_numbers,
    row_problem,
)
from community_metrics.sources.envelopes.boundary import typed_errors
from community_metrics.sources.envelopes.byte_streams import ByteSource
from community_metrics.sources.envelopes.encodings import Utf8Stream, read_text_head
from community_metrics.sources.envelopes.model import HEAD_ROWS, Kind, RawBatch, RawTable, RowProblem
from community_metrics.sources.envelopes.records import Record, head_records, iter_records, sniff_delimiter

BLOCK = 16 * 2**20
"""One record must fit into a block; memory is a few blocks, whatever the size of the file. In smaller ones more of the members
stand in each block anew."""

_BATCH_ROWS = 196_608
"""A block of usual width is one batch: what is looked up once per batch, among the members met so far, is looked up less often."""

_RAGGED_TEXT = 2**20
_Item = TypeVar("_Item")


class DelimitedTable(RawTable):
    """A CSV. `delimiter` was told from the first rows. An empty cell is the empty string, never null."""

    kind: Kind = "csv"

    def __init__(self, source: ByteSource, encoding: str, limits: Limits) -> None:
        self.name = source.name
        self._source = source
        self._encoding = encoding
        self._limits = limits
        text, is_all = read_text_head(source, encoding)
        self.delimiter = sniff_delimiter(text, is_all, HEAD_ROWS)
        self._head = head_records(text, self.delimiter, is_all, HEAD_ROWS)
        if not self._head:
            raise InputError("cell_too_long", "the first record is longer than 1 MiB", self.name, "look for a quote that never closes")
        self._head_bytes = [len(text[: record.end].encode()) for record in self._head]
        self.grid_head = [list(record.cells) for record in self._head]

    def iter_batches(self, header_row: int | None = None, batch_rows: int = _BATCH_ROWS) -> Iterator[RawBatch]:
        header_row = self.checked_header_row(header_row)
        header = self._head[header_row - 1].cells
        check_width(len(header), self.name)
        with typed_errors(self.name), Utf8Stream(self._source, self._encoding) as stream:
            stream.skip(self._head_bytes[header_row - 1])
            misfits = _Misfits(self.name, len(header), self.delimiter, header_row)
            for batch in self._record_batches(stream, header, header_row, misfits):
                rows = max(batch.columns.num_rows, 1)
                size = -(-rows // -(-rows // batch_rows))
                for start in range(0, rows, size):
                    piece = _piece(batch, start, size)
                    yield drop_long_cells(drop_blank_rows(piece), self._limits.max_cell_characters)

    def _record_batches(self, stream: Utf8Stream, header: list[str], header_row: int, misfits: _Misfits) -> Iterator[RawBatch]:
        next_no = header_row + 1
        last_cell = ""
        blocks = _blocks(stream, len(header), self.delimiter, misfits)
        while True:
            try:
                block = next(blocks, None)
            except pa.ArrowInvalid as error:
                misfits.raise_own()
                if "straddling" in str(error):
                    raise self._endless_record(f"after row {next_no - 1}") from error
                raise
            if block is None:
                break
            numbers = record_numbers(next_no, block.num_rows, misfits.numbers_from(next_no))
            if block.num_rows:
                next_no = int(numbers[-1]) + 1
                last_cell = block.columns[-1][-1].as_py()
            yield misfits.merge_into(RawBatch(record_batch(header, block.columns), pa.array(numbers)), before=next_no)
        misfits.raise_own()
        if misfits.last_no >= next_no:
            last_cell = misfits.last_cell
        # An unquoted cell has no line end: a last cell that has one began with a quote, and must have ended with one.
        if ("\n" in last_cell or "\r" in last_cell) and not stream.tail.rstrip().endswith(b'"'):
            raise self._endless_record(f"in row {max(misfits.last_no, next_no - 1)}")
        rest = misfits.merge_into(_empty_batch(header), before=None)
        if rest.problems or rest.columns.num_rows:
            yield rest

    def _endless_record(self, place: str) -> InputError:
        return InputError(
            "truncated",
            f"a quoted cell that opens {place} does not close (or is longer than {BLOCK} bytes)",
            self.name,
            "mend the quote, or export the file again if it was cut off",
        )


@dataclass
class _Misfits:
    """The rows that have another number of cells than the header, as the column reader reports them."""

    where: str
    width: int
    delimiter: str
    header_row: int
    numbers: list[int] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    mended: list[tuple[int, list[str]]] = field(default_factory=list)
    count: int = 0
    last_no: int = 0
    last_cell: str = ""
    failure: InputError | None = None

    def report(self, row: pa_csv.InvalidRow) -> str:
        row_no = self.header_row + row.number
        record = next(iter_records(row.text[:_RAGGED_TEXT], self.delimiter, self.width + PROBLEM_CELLS), Record([""], 0))
        self.numbers.append(row_no)
        self.last_no, self.last_cell = row_no, record.cells[-1]
        if len(record.cells) == row.actual_columns > self.width and not any(record.cells[self.width :]):
            # Many consoles end their data rows, but not the header, with a delimiter: nothing is lost.
            self.mended.append((row_no, record.cells[: self.width]))
            return "skip"
        self.count += 1
        detail = f"{row.actual_columns} cells; the header has {self.width}"
        self.problems.append(row_problem(row_no, "ragged_row", None, detail, record.cells))
        try:
            check_problem_count(self.count, self.where)
        except InputError as error:
            self.failure = error
            return "error"
        return "skip"

    def raise_own(self) -> None:
        if self.failure:
            raise self.failure

    def numbers_from(self, first: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        self.numbers = [number for number in self.numbers if number >= first]
        return np.array(self.numbers, dtype=np.int64)

    def merge_into(self, batch: RawBatch, before: int | None) -> RawBatch:
        """The batch with the problems of its stretch, and with the mended rows at their places."""
        if not self.problems and not self.mended:
            return batch
        problems, self.problems = _split(self.problems, before, lambda problem: problem.row_no)
        mended, self.mended = _split(self.mended, before, lambda row: row[0])
        if not mended:
            return RawBatch(batch.columns, batch.row_numbers, problems)
        names = batch.columns.schema.names
        extra = record_batch(names, [pa.array([cells[index] for _, cells in mended], pa.string()) for index in range(self.width)])
        numbers = np.concatenate([batch.row_numbers.to_numpy(), np.array([row_no for row_no, _ in mended], dtype=np.int64)])
        order = pa.array(np.argsort(numbers, kind="stable"))
        columns = [pa.concat_arrays(pair).take(order) for pair in zip(batch.columns.columns, extra.columns, strict=True)]
        return RawBatch(record_batch(names, columns), pa.array(np.sort(numbers)), problems)


def _split(items: list[_Item], before: int | None, number: Callable[[_Item], int]) -> tuple[list[_Item], list[_Item]]:
    if before is None:
        return items, []
    return [item for item in items if number(item) < before], [item for item in items if number(item) >= before]


def _blocks(stream: Utf8Stream, width: int, delimiter: str, misfits: _Misfits) -> Iterator[pa.RecordBatch]:
    """What stands below the header, as the column reader cuts it."""
    # Positions as names: the header's texts may repeat. One thread, since only then rows that do not fit have a number.
    names = [str(index) for index in range(width)]
    try:
        reader = pa_csv.open_csv(
            stream,
            read_options=pa_csv.ReadOptions(column_names=names, block_size=BLOCK, use_threads=False),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=misfits.report
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        raise
    yield from reader


def _empty_batch(header: list[str]) -> RawBatch:
    return RawBatch(record_batch(header, [pa.array([], pa.string()) for _ in header]), pa.array([], pa.int64()))


def _piece(batch: RawBatch, start: int, size: int) -> RawBatch:
    numbers = batch.row_numbers.slice(start, size)
    is_last = start + size >= batch.columns.num_rows
    low = numbers[0].as_py() if start else 0
    problems = [
        problem
        for problem in batch.problems
        if problem.row_no >= low and (is_last or problem.row_no < batch.row_numbers[start + size].as_py())
    ]
    return RawBatch(batch.columns.slice(start, size), numbers, problems)
