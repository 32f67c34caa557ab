"""How the columns of a lake file are encoded: what repeats as a dictionary, what does not plainly. The file means the same.

Telling a Parquet writer what repeats spares it to find out: eight constant columns cost it more than all the others together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from community_metrics.lake.repeating import TextColumn, encoded, plain

_MOST_ENTRIES = 1_000
_LOOKED_AT = 4_096
_MOSTLY_DISTINCT = 0.7


class Layout:
    """Made from the first rows of a stream; holds for all its files. A column outside of the text columns is a number."""

    def __init__(self, columns: Mapping[str, TextColumn | pa.Int64Array]) -> None:
        self._names = list(columns)
        self._dictionaries = {
            name for name, values in columns.items() if isinstance(values, pa.DictionaryArray) and len(values.dictionary) <= _MOST_ENTRIES
        }
        texts = {name: values for name, values in columns.items() if not pa.types.is_integer(values.type)}
        self._repeating = [name for name, values in texts.items() if name in self._dictionaries or _repeats(values)]
        self._rising = [name for name in columns if name == "_row_no"]

    def batch(self, columns: Mapping[str, TextColumn | pa.Int64Array]) -> pa.RecordBatch:
        """The columns in the layout's order and encoding."""
        arrays = [
            values if pa.types.is_integer(values.type) else encoded(values) if name in self._dictionaries else plain(values)
            for name, values in ((name, columns[name]) for name in self._names)
        ]
        return pa.RecordBatch.from_arrays(arrays, names=self._names)

    @property
    def writer_options(self) -> dict[str, Any]:
        """For `ParquetFile`. Without Arrow's own schema every reader sees texts, however they are encoded."""
        return {
            "store_schema": False,
            "use_dictionary": self._repeating,
            "column_encoding": dict.fromkeys(self._rising, "DELTA_BINARY_PACKED"),
        }


def _repeats(values: TextColumn) -> bool:
    begin = plain(values.slice(0, _LOOKED_AT))
    return len(begin.unique()) <= _MOSTLY_DISTINCT * len(begin)
