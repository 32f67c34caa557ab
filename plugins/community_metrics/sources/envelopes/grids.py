"""Tables that are held as rows of cells: sheets and HTML tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import pyarrow as pa

from community_metrics.settings import Limits
from community_metrics.sources.envelopes.batches import check_problem_count, check_width, drop_long_cells, record_batch, row_problem
from community_metrics.sources.envelopes.boundary import typed_errors
from community_metrics.sources.envelopes.model import DEFAULT_BATCH_ROWS, HEAD_ROWS, Kind, RawBatch, RawTable, RowProblem

Row = list[str | None]
_GRID_BATCH_ROWS = 16_384


class GridTable(RawTable):
    """A table whose rows a function yields anew at each call. An empty cell is null."""

    def __init__(self, kind: Kind, name: str, where: str, rows: Callable[[], Iterable[Row]], limits: Limits) -> None:
        self.kind = kind
        self.name = name
        self._where = where
        self._rows = rows
        self._limits = limits
        self.grid_head = list(islice(rows(), HEAD_ROWS))

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
                yield drop_long_cells(batch, self._limits.max_cell_characters)

    def _batch(self, header: list[str], piece: list[tuple[int, Row]]) -> RawBatch:
        width = len(header)
        numbers: list[int] = []
        rows: list[Row] = []
        problems: list[RowProblem] = []
        for row_no, row in piece:
            if not any(row):
                continue
            if any(row[width:]):
                problems.append(row_problem(row_no, "ragged_row", None, f"{len(row)} cells; the header has {width}", row))
                continue
            numbers.append(row_no)
            rows.append(row[:width] + [None] * (width - len(row)))
        columns = [pa.array([row[index] for row in rows], pa.string()) for index in range(width)]
        return RawBatch(record_batch(header, columns), pa.array(numbers, pa.int64()), problems)
