"""Whole columns of file text into canonical text."""

from __future__ import annotations

import pyarrow as pa

from community_metrics.sources.grammar.model import ColumnType, Normalised


def normalise(values: pa.Array | pa.ChunkedArray, column_type: ColumnType) -> Normalised:
    """Bring a column (string, or dictionary of string) into its canonical text.

    Never raises for a value: a value that does not fit has a reason instead. Raises `ValueError` for a column type that
    makes no sense (unknown kind, unit or zone).
    """
    raise NotImplementedError
