"""Tables that are held as rows of cells: sheets and HTML tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from community_metrics.settings import Limits
from community_metrics.sources.envelopes.batches import (
    check_problem_count,
    check_width,
    drop_blank_rows,
    drop_long_cells,
    record_batch,
    row_problem,
)
from community_metrics.sources.envelopes.boundary import typed_errors
from community_metrics.sources.envelopes.model import DEFAULT_BATCH_ROWS, HEAD_ROWS, Kind, RawBatch, RawTable, RowProblem

Row = list[str | None]
ColumnText = Callable[[Sequence[Any]], pa.StringArray]

_GRID_BATCH_ROWS = 16_384


def texts(values: Sequence[Any]) -> pa.StringArray:
    """Cells that are texts already; an empty one is null."""
    return pa.array([value or None for value in values], pa.string())


class GridTable(RawTable):
    """A table whose rows of cells a function yields anew at each call. `as_text`: how a column's cells become text, null where
    a cell is empty."""

    def __init__(
        self,
        kind: Kind,
        name: str,
        where: str,
        rows: Callable[[], Iterable[Sequence[Any]]],
        limits: Limits,
        as_text: ColumnText = texts,
    ) -> None:
        self.kind = kind
        self.name = name
        self._where = where
        self._rows = rows
        self._limits = limits
        self._as_text = as_text
        self.grid_head = [self._texts(row) for row in islice(rows(), HEAD_ROWS)]

    def iter_batches(self, header_row: int | None = None, batch_rows: int = DEFAULT_BATCH_ROWS) -> Iterator[RawBatch]:
        header_row = self.checked_header_row(header_row)
        header = [cell or "" for cell in self.grid_head[header_row - 1]]
        check_width(len(header), self._where)
        problem_count = 0
        with typed_errors(self._where):
            numbered = islice(enumerate(self._rows(), 1), header_row, None)
            while piece := list(islice(numbered, min(batch_rows, _GRID_BATCH_ROWS))):
                batch = self._batch(header, piece)
                problem_count += len(batch.problems)
                check_problem_count(problem_count, self._where)
                yield drop_long_cells(drop_blank_rows(batch), self._limits.max_cell_characters)

    def _batch(self, header: list[str], piece: list[tuple[int, Sequence[Any]]]) -> RawBatch:
        width = len(header)
        numbers, rows = zip(*piece, strict=True)
        problems: list[RowProblem] = []
        if set(map(len, rows)) != {width}:
            numbers, rows, problems = self._fit(numbers, rows, width)
        columns = [self._as_text(column) for column in zip(*rows, strict=True)] if rows else [pa.array([], pa.string())] * width
        return RawBatch(record_batch(header, columns), pa.array(numbers if width else [], pa.int64()), problems)

    def _fit(
        self, numbers: Sequence[int], rows: Sequence[Sequence[Any]], width: int
    ) -> tuple[list[int], list[Sequence[Any]], list[RowProblem]]:
        """Short rows filled up, long ones cut where nothing is lost; the others are problems."""
        fitting: list[tuple[int, Sequence[Any]]] = []
        problems: list[RowProblem] = []
        for row_no, row in zip(numbers, rows, strict=True):
            if len(row) > width and any(self._texts(row[width:])):
                problems.append(row_problem(row_no, "ragged_row", None, f"{len(row)} cells; the header has {width}", self._texts(row)))
            else:
                fitting.append((row_no, [*row[:width], *[None] * (width - len(row))]))
        return [row_no for row_no, _ in fitting], [row for _, row in fitting], problems

    def _texts(self, row: Sequence[Any]) -> list[str | None]:
        texts: list[str | None] = self._as_text(row).to_pylist()
        return texts
