"""One fingerprint per mart: equal rows, in whatever order, give the same; any other row gives another.

Every row becomes one canonical text, its MD5 is cut into two 64-bit numbers, and these are added up. Sums do not depend
on order, count repeated rows, and add: the hash of a mart is the sum of the hashes of its partitions, so that
an untouched partition need not be read again. All of it is one streaming aggregate inside DuckDB. The MD5 guards
against accidents; whether somebody changed a release on purpose is told by the SHA-256 of its files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from community_metrics.releases.marts import Column, columns_of, mart_names, mart_relation, parquet_relation, quoted, reading, scratch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_INTEGERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"})
_PLAIN = frozenset({"BOOLEAN", "DATE", "TIME", "FLOAT", "DOUBLE"})
_LOWER_HALF = "18446744073709551615::uhugeint"


@dataclass(frozen=True)
class MartDigest:
    """What `community-metrics digest` prints: `digest` is a hex SHA-256 over name, columns and rows of the mart."""

    name: str
    rows: int
    digest: str


@dataclass(frozen=True)
class RowsHash:
    """The additive hash of a set of rows."""

    rows: int = 0
    lower: int = 0
    upper: int = 0

    def __add__(self, other: RowsHash) -> RowsHash:
        return RowsHash(self.rows + other.rows, self.lower + other.lower, self.upper + other.upper)


def hash_partitions(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[Column], partition_expression: str | None = None
) -> dict[str | None, RowsHash]:
    """The hash of the rows of each partition, by the partition's value as text; one entry (None) without an expression.

    `relation` and `partition_expression` are SQL from this project's code, never from a file.
    """
    partition = f"({partition_expression})::varchar" if partition_expression else "null::varchar"
    found = connection.execute(
        f"select partition, count(*), sum((hash >> 64)::ubigint), sum((hash & {_LOWER_HALF})::ubigint)"
        f" from (select {partition} as partition, md5_number({_row_text(columns)}) as hash from {relation}) group by partition"
    ).fetchall()
    return {name: RowsHash(int(rows), int(lower), int(upper)) for name, rows, lower, upper in found}


def combine(name: str, columns: Sequence[Column], parts: Iterable[RowsHash]) -> MartDigest:
    """The digest of a mart from the hashes of its partitions."""
    total = sum(parts, RowsHash())
    header = ",".join(f"{_escaped(column.name)}:{_type_class(column.type)}" for column in columns)
    text = f"{name}\n{header}\n{total.rows}\n{total.lower}\n{total.upper}\n"
    return MartDigest(name, total.rows, hashlib.sha256(text.encode()).hexdigest())


def digest_relation(connection: DuckDBPyConnection, relation: str, name: str) -> MartDigest:
    """The digest of the rows of any relation under the name of a mart."""
    columns = columns_of(connection, relation)
    return combine(name, columns, hash_partitions(connection, relation, columns).values())


def digest_marts(connection: DuckDBPyConnection) -> list[MartDigest]:
    """The digests of all marts of an open database, sorted by name."""
    return [digest_relation(connection, mart_relation(mart), mart) for mart in mart_names(connection)]


def digest_database(path: Path) -> list[MartDigest]:
    """The digests of all marts of a database file, sorted by name."""
    with reading(path) as connection:
        return digest_marts(connection)


def digest_parquet(path: Path, name: str) -> MartDigest:
    """The digest of a Parquet file: the same as that of the mart it was written from."""
    with scratch() as connection:
        return digest_relation(connection, parquet_relation(path), name)


def differing_marts(expected: Iterable[MartDigest], found: Iterable[MartDigest]) -> Iterator[tuple[MartDigest | None, MartDigest | None]]:
    """The marts that are not the same on both sides, as (expected, found): None where a side has no mart of that name."""
    left = {mart.name: mart for mart in found}
    for mart in expected:
        other = left.pop(mart.name, None)
        if other != mart:
            yield mart, other
    yield from ((None, mart) for mart in left.values())


def cell_text(expression: str, kind: str) -> str:
    """SQL for the canonical text of a cell of DuckDB type `kind`; NULL stays NULL."""
    kind = kind.upper()
    if kind == "VARCHAR":
        return expression
    if kind in _INTEGERS or kind in {"BOOLEAN", "DATE", "TIME"} or re.fullmatch(r"DECIMAL\(\d+,\d+\)", kind):
        return f"{expression}::varchar"
    if kind in {"FLOAT", "DOUBLE"}:
        # 15 significant digits: what is left of a rate when its last bit depends on the order of a sum. -0 is 0.
        return f"printf('%.15g', case when {expression} = 0 then 0 else {expression} end::double)"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"({expression} at time zone 'UTC')::varchar"  # else it would be in the zone of whoever looks
    if kind.startswith("TIMESTAMP"):
        return f"{expression}::timestamp::varchar"
    return f"to_json({expression})::varchar"


def _row_text(columns: Sequence[Column]) -> str:
    # `n` is NULL and `v...` a value, so that NULL and the empty text differ; `|` separates, so inside a text it is escaped.
    # `concat` passes over a NULL, and makes the row's text at once: a text for every cell first was a quarter of the hash.
    cells = (f"{_mark('|' if position else '', column)}, {_escaped_cell(column)}" for position, column in enumerate(columns))
    return f"concat({', '.join(cells)})"


def _mark(separator: str, column: Column) -> str:
    return f"case when {quoted(column.name)} is null then '{separator}n' else '{separator}v' end"


def _escaped_cell(column: Column) -> str:
    """Numbers, dates and truth values hold nothing to escape, few texts do, and writing all of them anew was half of the hash."""
    text = cell_text(quoted(column.name), column.type)
    kind = column.type.upper()
    if kind in _INTEGERS or kind in _PLAIN or kind.startswith(("DECIMAL(", "TIMESTAMP")):
        return text
    escaped = rf"replace(replace({text}, '\', '\\'), '|', '\|')"
    return rf"case when contains({text}, '\') or contains({text}, '|') then {escaped} else {text} end"


def _type_class(kind: str) -> str:
    kind = kind.upper()
    if kind in _INTEGERS:
        return "integer"
    if kind in {"FLOAT", "DOUBLE"}:
        return "double"
    return kind.lower().replace(" ", "_")


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")
