"""Whole columns of file text into canonical text."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.sources.grammar.model import ColumnType, Normalised
from community_metrics.sources.grammar.scalar import interpret
from community_metrics.sources.grammar.vectorised import short_cut


def normalise(values: pa.Array | pa.ChunkedArray, column_type: ColumnType) -> Normalised:
    """Bring a column (string, or dictionary of string) into its canonical text.

    Never raises for a value: a value that does not fit has a reason instead. What is not strictly canonical is
    interpreted once per distinct text.
    """
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(array, pa.DictionaryArray):
        return _take(normalise(array.dictionary, column_type), array.indices)
    if array.type != pa.string():
        array = array.cast(pa.string())
    cut = short_cut(array, column_type)
    left = pc.and_(pc.is_valid(array), pc.invert(cut.taken))
    if not pc.any(left, min_count=0).as_py():
        return Normalised(cut.values, pa.nulls(len(array), pa.string()), pa.repeat(pa.scalar(False), len(array)))
    one_by_one = _interpret_distinct(array.filter(left), column_type)
    return Normalised(
        pc.replace_with_mask(cut.values, left, one_by_one.values),
        pc.replace_with_mask(pa.nulls(len(array), pa.string()), left, one_by_one.reasons),
        pc.replace_with_mask(pa.repeat(pa.scalar(False), len(array)), left, one_by_one.rounded),
    )


def _interpret_distinct(values: pa.StringArray, column_type: ColumnType) -> Normalised:
    encoded = values.dictionary_encode()
    outcomes = [interpret(text, column_type) for text in encoded.dictionary.to_pylist()]
    distinct = Normalised(
        pa.array([outcome.value for outcome in outcomes], pa.string()),
        pa.array([outcome.reason for outcome in outcomes], pa.string()),
        pa.array([outcome.is_rounded for outcome in outcomes], pa.bool_()),
    )
    return _take(distinct, encoded.indices)


def _take(distinct: Normalised, indices: pa.Array) -> Normalised:
    return Normalised(
        distinct.values.take(indices),
        distinct.reasons.take(indices),
        pc.fill_null(distinct.rounded.take(indices), False),
    )
