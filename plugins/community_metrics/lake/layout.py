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
_WRITE_BATCH = 16_384


class Layout:
    """Made from the text columns of the first rows of a stream; holds for all its files. Columns it does not know stay as they are."""

    def __init__(self, columns: Mapping[str, TextColumn]) -> None:
        self._columns = set(columns)
        self._dictionaries = {
            name for name, values in columns.items() if isinstance(values, pa.DictionaryArray) and len(values.dictionary) <= _MOST_ENTRIES
        }
        self._repeating = [name for name, values in columns.items() if name in self._dictionaries or _repeats(values)]

    def encode(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """The columns in the encoding that their files have."""
        return {name: self._encode(name, values) if name in self._columns else values for name, values in columns.items()}

    def _encode(self, name: str, values: TextColumn) -> TextColumn:
        return encoded(values) if name in self._dictionaries else plain(values)

    @property
    def writer_options(self) -> dict[str, Any]:
        """For `ParquetFile`. Without Arrow's own schema every reader sees texts, however they are encoded."""
        return {
            "store_schema": False,
            "use_dictionary": self._repeating,
            "column_encoding": {"_row_no": "DELTA_BINARY_PACKED"},
            # Least and greatest of texts that hardly repeat cost a fifth of the writing, and nobody looks for them.
            "write_statistics": self._repeating,
            "write_batch_size": _WRITE_BATCH,
        }


def _repeats(values: TextColumn) -> bool:
    begin = plain(values.slice(0, _LOOKED_AT))
    return len(begin.unique()) <= _MOSTLY_DISTINCT * len(begin)
