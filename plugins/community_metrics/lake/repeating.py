"""Columns that repeat few values: kept as dictionaries, so that what has to be done is done once per distinct value."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import pyarrow as pa

TextColumn: TypeAlias = "pa.StringArray | pa.DictionaryArray"
"""One text or null per row. In a dictionary each value stands once, and null only as a row without an entry."""

_LOOKED_AT = 1_000
_LEAST_REPEATS = 4


def constant(value: str | None, count: int) -> TextColumn:
    """The same value in every row."""
    if value is None:
        return pa.nulls(count, pa.string())
    return pa.DictionaryArray.from_arrays(_zeros(count), pa.array([value], pa.string()))


@lru_cache(maxsize=4)
def _zeros(count: int) -> pa.Int32Array:
    return pa.repeat(pa.scalar(0, pa.int32()), count)


def one_value(values: TextColumn) -> str | None:
    """The value, if the column is known to be a `constant`."""
    if isinstance(values, pa.DictionaryArray) and len(values.dictionary) == 1 and not values.indices.null_count:
        text: str = values.dictionary[0].as_py()
        return text
    return None


def distinct(values: TextColumn, always: bool = False) -> tuple[pa.StringArray, pa.Int32Array | None]:
    """The values to work on, null among them, and for each row which one is its; without the latter each row has its own.

    `always`: also where the column does not look as if it repeated its values.
    """
    if not isinstance(values, pa.DictionaryArray) and not always:
        begin = values.slice(0, _LOOKED_AT)
        if len(values) < _LOOKED_AT or len(begin.unique()) * _LEAST_REPEATS > len(begin):
            return values, None
    encoded = plain(values).dictionary_encode("encode")
    return encoded.dictionary, encoded.indices


def spread(values: pa.StringArray, places: pa.Int32Array | None) -> TextColumn:
    """The column again, from what has become of its `distinct` values: they may have become equal, or null."""
    if places is None:
        return values
    encoded = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(places), encoded.dictionary)


def encoded(values: TextColumn) -> pa.DictionaryArray:
    return values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()


def plain(values: TextColumn) -> pa.StringArray:
    return values.dictionary_decode() if isinstance(values, pa.DictionaryArray) else values
