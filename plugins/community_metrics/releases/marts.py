"""Reading marts out of a DuckDB file or a Parquet file: names, columns, quoting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SCHEMA = "marts"


@dataclass(frozen=True)
class Column:
    """A column and its DuckDB type, as in `DECIMAL(18,2)`."""

    name: str
    type: str


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL text."""
    return "'" + text.replace("'", "''") + "'"


def mart_relation(mart: str, catalog: str | None = None) -> str:
    """How SQL names a mart."""
    return ".".join(quoted(part) for part in (catalog, SCHEMA, mart) if part)


def parquet_relation(path: Path) -> str:
    """How SQL names one Parquet file (the name is taken literally, without wildcards)."""
    escaped = str(path).translate({ord(character): f"[{character}]" for character in "*?["})
    return f"read_parquet({literal(escaped)})"


@contextmanager
def reading(path: Path) -> Iterator[DuckDBPyConnection]:
    """A read-only connection to a database file."""
    import duckdb

    # Resolved once: while a reader works, `published/current` may come to mean another release.
    connection = duckdb.connect(str(path.resolve()), read_only=True)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def scratch() -> Iterator[DuckDBPyConnection]:
    """An in-memory connection, for reading Parquet files."""
    import duckdb

    connection = duckdb.connect()
    try:
        yield connection
    finally:
        connection.close()


def mart_names(connection: DuckDBPyConnection, catalog: str | None = None) -> list[str]:
    """The marts in a database, sorted by name."""
    rows = connection.execute(
        "select table_name from information_schema.tables"
        " where table_schema = ? and table_catalog = coalesce(?, current_catalog()) order by table_name",
        [SCHEMA, catalog],
    ).fetchall()
    return [name for (name,) in rows]


def columns_of(connection: DuckDBPyConnection, relation: str) -> list[Column]:
    """The columns of a relation in their order."""
    return [Column(row[0], row[1]) for row in connection.execute(f"describe select * from {relation}").fetchall()]
