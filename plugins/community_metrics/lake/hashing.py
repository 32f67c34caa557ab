"""What tells whether two rows say the same: the hash of a row's content and the hash of its key."""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Mapping
from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.lake.pseudonyms import SEPARATOR
from community_metrics.lake.repeating import TextColumn, one_value, plain
from community_metrics.sources.registry import StreamDefinition

_NULL = "\x1e"
_DIGEST_BYTES = 16
_ROW_WEIGHT = 64
_MOST_JOINED = 2**29
"""An Arrow array holds less than 2 GiB of text."""


class RowHasher:
    """MD5 over the columns of a stream, joined by a separator. Not a protection: identifiers are keyed hashes already."""

    def __init__(self, stream: StreamDefinition, names: Iterable[str]) -> None:
        # One thread: a batch is a single piece of work for DuckDB, and handing it over costs half as much again.
        self._connection = duckdb.connect(":memory:", config={"threads": 1, "arrow_lossless_conversion": True})
        self._key = stream.key
        # When a row was last changed is no part of what it says: the same content again is no restatement.
        self._content = [name for name in names if name != "updated_at"]

    def close(self) -> None:
        self._connection.close()

    def hashes(self, columns: Mapping[str, TextColumn], count: int) -> tuple[pa.StringArray, pa.Int64Array]:
        """`_row_hash`: MD5 of the content as hex. `_key_hash`: the second half of the MD5 of the key, as a number."""
        content, key = [columns[name] for name in self._content], [columns[name] for name in self._key]
        row_digests = key_digests = b""
        for start, size in _stretches(content, count):
            texts = (_joined(part, start, size, null) for part, null in ((content, _NULL), (key, "")))
            rows, keys = self._digests(*texts)
            row_digests, key_digests = row_digests + rows, key_digests + keys
        return _as_hex(row_digests), _second_halves(key_digests)

    def key_hashes(self, columns: Mapping[str, TextColumn], count: int) -> pa.Int64Array:
        """`_key_hash` alone."""
        key = [columns[name] for name in self._key]
        digests = (self._digests(_joined(key, start, size, ""))[0] for start, size in _stretches(key, count))
        return _second_halves(b"".join(digests))

    def _digests(self, *texts: pa.StringArray) -> list[bytes]:
        table = pa.table({f"text{index}": text for index, text in enumerate(texts)})
        # As a number, since DuckDB would write out a text for each row.
        digests = ", ".join(f"md5_number({name})" for name in table.column_names)
        self._connection.register("texts", table)
        try:
            result = self._connection.execute(f"select {digests} from texts").to_arrow_table()
        finally:
            self._connection.unregister("texts")
        return [b"".join(_digest_bytes(chunk) for chunk in column.chunks) for column in result.columns]


def _joined(columns: list[TextColumn], start: int, size: int, null: str) -> pa.StringArray:
    """The texts of each row with a separator between them; neighbours that are the same in every row are joined once."""
    parts: list[pa.StringArray | str] = []
    for column in columns:
        part = column.slice(start, size)
        same = null if part.null_count == size else one_value(part)
        if same is None:
            parts.append(plain(part))
        elif parts and isinstance(parts[-1], str):
            parts[-1] += SEPARATOR + same
        else:
            parts.append(same)
    if len(parts) == 1 and isinstance(parts[0], str):
        return pa.repeat(parts[0], size)
    scalars = (pa.scalar(part) if isinstance(part, str) else part for part in parts)
    return pc.binary_join_element_wise(*scalars, SEPARATOR, null_handling="replace", null_replacement=null)


def _stretches(columns: list[TextColumn], count: int) -> list[tuple[int, int]]:
    """(start, size) of stretches of rows of which all texts together fit into one array."""
    if sum(_weight(column) for column in columns) + _ROW_WEIGHT * count <= _MOST_JOINED:
        return [(0, count)]
    lengths = np.full(count, _ROW_WEIGHT, dtype=np.int64)
    for column in columns:
        lengths += pc.fill_null(pc.binary_length(plain(column)), 0).to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.diff(np.cumsum(lengths) // _MOST_JOINED, prepend=-1)).tolist()
    return [(start, end - start) for start, end in pairwise([*starts, count])]


def _weight(column: TextColumn) -> int:
    """At least as much as the bytes of the column's texts."""
    if isinstance(column, pa.DictionaryArray):
        return len(column) * (pc.max(pc.binary_length(column.dictionary)).as_py() or 0)
    return int(column.nbytes)


def _digest_bytes(chunk: pa.Array) -> bytes:
    storage = chunk.storage
    data = storage.buffers()[1]
    begin = storage.offset * _DIGEST_BYTES
    return bytes(memoryview(data)[begin : begin + len(storage) * _DIGEST_BYTES]) if data is not None else b""


def _as_hex(digests: bytes) -> pa.StringArray:
    count = len(digests) // _DIGEST_BYTES
    ends = np.arange(count + 1, dtype=np.int32) * (2 * _DIGEST_BYTES)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(binascii.hexlify(digests)))


def _second_halves(digests: bytes) -> pa.Int64Array:
    return pa.array(np.frombuffer(digests, dtype="<i8")[1::2])
