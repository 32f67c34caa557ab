"""Two tables side by side on one sheet: each is a table of its own, whose rows have nothing to do with the other's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.sources.envelopes import RawBatch, RawTable
from community_metrics.sources.envelopes.model import DEFAULT_BATCH_ROWS

_LEAST_WIDTH = 2


class ColumnBlock(RawTable):
    """Some neighbouring columns of a table; rows that are empty there are none of its rows."""

    def __init__(self, whole: RawTable, start: int, stop: int) -> None:
        self.whole = whole
        self.start, self.stop = start, stop
        self.name = f"{whole.name}, columns {start + 1} to {stop}"
        self.kind = whole.kind
        self.first_row_no = whole.first_row_no
        self.grid_head = [row[start:stop] for row in whole.grid_head]

    def iter_batches(self, header_row: int | None = None, batch_rows: int = DEFAULT_BATCH_ROWS) -> Iterator[RawBatch]:
        for batch in self.whole.iter_batches(header_row, batch_rows):
            arrays = batch.columns.columns[self.start : self.stop]
            fields = list(batch.columns.schema)[self.start : self.stop]
            filled = [pc.fill_null(pc.not_equal(values, ""), False) for values in arrays]
            present = filled[0]
            for mask in filled[1:]:
                present = pc.or_(present, mask)
            columns = pa.RecordBatch.from_arrays([values.filter(present) for values in arrays], schema=pa.schema(fields))
            # A row that could not be cut into columns belongs to the first table: it is counted once.
            yield RawBatch(columns, batch.row_numbers.filter(present), batch.problems if self.start == 0 else [])


def column_blocks(table: RawTable, header_index: int) -> list[ColumnBlock]:
    """The tables that stand side by side under one header row, told apart by its empty cells; none if there is only one."""
    cells = list(enumerate(table.grid_head[header_index]))
    runs = [[index for index, _ in run] for is_filled, run in groupby(cells, lambda cell: bool((cell[1] or "").strip())) if is_filled]
    wide = [run for run in runs if len(run) >= _LEAST_WIDTH]
    if len(wide) < 2:
        return []
    return [ColumnBlock(table, run[0], run[-1] + 1) for run in wide]
