"""What all tables do with rows that are delivered as columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.errors import InputError
from community_metrics.sources.envelopes.model import RawBatch, RowProblem

PROBLEM_CELLS = 1_000
PROBLEM_CHARACTERS = 10_000
MAX_PROBLEMS = 200_000
"""So many rows that do not fit are no rows that do not fit, but a header that does not."""

MAX_COLUMNS = 16_384
"""The widest sheet that a spreadsheet knows."""


def record_batch(names: Sequence[str], columns: Sequence[pa.Array]) -> pa.RecordBatch:
    """Columns under their names, which may repeat."""
    return pa.RecordBatch.from_arrays(list(columns), schema=pa.schema([pa.field(name, pa.string()) for name in names]))


def row_problem(row_no: int, reason_code: str, column: str | None, detail: str, cells: Sequence[str | None]) -> RowProblem:
    """A problem with its cells cut to what a person can read."""
    cut = (cell if cell is None else cell[:PROBLEM_CHARACTERS] for cell in cells[:PROBLEM_CELLS])
    return RowProblem(row_no, reason_code, column, detail, tuple(cut))


def drop_blank_rows(batch: RawBatch) -> RawBatch:
    """Leave out rows of which every cell is empty."""
    blank: pa.BooleanArray | None = None
    for column in batch.columns.columns:
        empty = pc.fill_null(pc.equal(pc.binary_length(column), 0), True)
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank, min_count=0).as_py():
            return batch
    return batch if blank is None else keep_rows(batch, pc.invert(blank))


def drop_long_cells(batch: RawBatch, most: int) -> RawBatch:
    """Turn rows that have a cell of more than `most` characters into problems ``cell_too_long``."""
    problems = list(batch.problems)
    keep = np.ones(batch.columns.num_rows, dtype=bool)
    for index, column in enumerate(batch.columns.columns):
        longest = pc.max(pc.binary_length(column)).as_py()
        if longest is None or longest <= most:
            continue
        lengths = pc.fill_null(pc.utf8_length(column), 0).to_numpy(zero_copy_only=False)
        name = batch.columns.schema.field(index).name
        for position in np.flatnonzero((lengths > most) & keep):
            keep[position] = False
            cells = [other[int(position)].as_py() for other in batch.columns.columns[:PROBLEM_CELLS]]
            detail = f"{lengths[position]} characters in column {name!r}; at most {most} are read"
            problems.append(row_problem(batch.row_numbers[int(position)].as_py(), "cell_too_long", name, detail, cells))
    if keep.all():
        return batch
    kept = keep_rows(batch, pa.array(keep))
    return RawBatch(kept.columns, kept.row_numbers, sorted(problems, key=lambda problem: problem.row_no))


def keep_rows(batch: RawBatch, mask: pa.BooleanArray) -> RawBatch:
    return RawBatch(batch.columns.filter(mask), batch.row_numbers.filter(mask), batch.problems)


def check_problem_count(count: int, where: str) -> None:
    """Raise `InputError` when a file is nothing but problems."""
    if count > MAX_PROBLEMS:
        raise InputError(
            "unreadable_envelope",
            f"more than {MAX_PROBLEMS} rows have another number of cells than the header",
            where,
            "look whether the file has the header and the delimiter that its rows have",
        )


def check_width(width: int, where: str) -> None:
    if width > MAX_COLUMNS:
        raise InputError("too_large", f"{width} columns; at most {MAX_COLUMNS} are read", where, "export fewer columns")


def record_numbers(first: int, rows: int, missing: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers of `rows` consecutive delivered records from `first` on, where the records in `missing` (rising) were left out.

    >>> record_numbers(2, 3, np.array([3], dtype=np.int64)).tolist()
    [2, 4, 5]
    """
    consecutive = np.arange(first, first + rows, dtype=np.int64)
    shifted = missing - np.arange(len(missing), dtype=np.int64)
    return consecutive + np.searchsorted(shifted, consecutive, side="right")
