"""Columns that repeat few values: kept as dictionaries, so that what has to be done is done once per distinct value."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

TextColumn: TypeAlias = "pa.StringArray | pa.DictionaryArray"
"""One text or null per row. In a dictionary each value stands once, and null only as a row without an entry."""

_LOOKED_AT = 1_000
_LEAST_REPEATS = 4
_LEAST_MET = 16


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


def distinct(values: TextColumn) -> tuple[pa.StringArray, pa.Int32Array | None]:
    """The values to work on, null among them, and for each row which one is its; without the latter each row has its own."""
    if not isinstance(values, pa.DictionaryArray):
        begin = values.slice(0, _LOOKED_AT)
        if len(values) < _LOOKED_AT or len(begin.unique()) * _LEAST_REPEATS > len(begin):
            return values, None
    encoded = plain(values).dictionary_encode("encode")
    return encoded.dictionary, encoded.indices


def spread(values: pa.StringArray, places: pa.Int32Array | None, were: pa.StringArray | None = None) -> TextColumn:
    """The column again, from what has become of its `distinct` values: they may have become equal, or null. `were`: they before."""
    if places is None:
        return values
    if values is were and not values.null_count:
        return pa.DictionaryArray.from_arrays(places, values)
    encoded = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(places), encoded.dictionary)


def encoded(values: TextColumn) -> pa.DictionaryArray:
    return values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()


def plain(values: TextColumn) -> pa.StringArray:
    return values.dictionary_decode() if isinstance(values, pa.DictionaryArray) else values


class Met:
    """The distinct values of a column met so far, over its batches: most members of a file come again in each of them."""

    def __init__(self) -> None:
        self._values = pa.array([], pa.string())

    def places(self, values: TextColumn) -> tuple[pa.StringArray, pa.Int32Array]:
        """As `distinct`; the values of the call before stand first, in the same order, unless they were too many to keep."""
        column = plain(values)
        if len(self._values) * _LEAST_MET < len(column) or len(self._values) > len(column):
            self._values = pa.array([], pa.string())
        if not len(self._values):
            encoded = column.dictionary_encode("encode")
            self._values = encoded.dictionary
            return encoded.dictionary, encoded.indices
        found = pc.index_in(column, value_set=self._values)
        if found.null_count:
            is_new = found.is_null()
            new = column.filter(is_new).dictionary_encode("encode")
            found = pc.replace_with_mask(found, is_new, pc.add(new.indices, pa.scalar(len(self._values), pa.int32())))
            self._values = pa.concat_arrays([self._values, new.dictionary])
        return self._values, found
