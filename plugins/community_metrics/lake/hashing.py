"""What names a row that has no key of its own: the MD5 of its content. Not a protection: identifiers are keyed hashes already.

Written twice, for rows in memory and for rows that DuckDB sorts; both name the same row alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from community_metrics.lake.pseudonyms import SEPARATOR
from community_metrics.sources.registry import StreamDefinition

_NULL = "\x1e"


def content_columns(stream: StreamDefinition) -> list[str]:
    """What a row says. When it was last changed is no part of that: the same content again is the same row."""
    made_here = f"{stream.derived_key}_is_derived"
    return [column.name for column in stream.stored_columns if column.name not in ("updated_at", made_here)]


def content_hash(values: Iterable[str | None]) -> str:
    """Of the `content_columns` of one row."""
    text = SEPARATOR.join(_NULL if value is None else value for value in values)
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def content_hash_sql(columns: Sequence[str]) -> str:
    """The same of columns of text, as an expression of DuckDB's."""
    return f"md5(concat_ws(chr({ord(SEPARATOR)}), {', '.join(f'coalesce({name}, chr({ord(_NULL)}))' for name in columns)}))"
