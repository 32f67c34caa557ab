"""What a mart is in Postgres: its columns' types, its comments, the SQL that makes and alters its table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from community_metrics.errors import CommunityMetricsError
from community_metrics.releases.marts import SCHEMA, Column, columns_of, literal, mart_relation, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TYPES = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}


@dataclass(frozen=True)
class MartTable:
    """A mart as its table has to be: columns with DuckDB's types, comments by column ('' for the table's own)."""

    name: str
    columns: tuple[Column, ...]
    comments: Mapping[str, str]

    @property
    def shape(self) -> str:
        """sha256 of columns, types and comments: what has to be altered when it differs."""
        content = [[(column.name, column.type) for column in self.columns], sorted(self.comments.items())]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()

    @property
    def listed(self) -> str:
        """The columns' names, for a select or an insert."""
        return ", ".join(quoted(column.name) for column in self.columns)

    def creation(self, schema: str, kind: str = "table") -> str:
        """`create table`, or of another kind (`unlogged table`)."""
        columns = ", ".join(f"{quoted(column.name)} {postgres_type(self.name, column)}" for column in self.columns)
        return f"create {kind} {quoted(schema)}.{quoted(self.name)} ({columns})"

    def alterations(self, present: Mapping[str, str]) -> list[str]:
        """What makes this table of one with the columns `present` (name -> Postgres type). Its rows are replaced anyway.

        Altered, not made anew: grants and the views of a team stay.
        """
        wanted = {column.name: postgres_type(self.name, column) for column in self.columns}
        gone = [name for name, kind in present.items() if wanted.get(name) != kind]
        new = [name for name, kind in wanted.items() if present.get(name) != kind]
        changes = [*(f"drop column {quoted(name)}" for name in gone), *(f"add column {quoted(name)} {wanted[name]}" for name in new)]
        return [f"alter table {quoted(SCHEMA)}.{quoted(self.name)} {', '.join(changes)}"] if changes else []

    def commentary(self) -> list[str]:
        """The statements that say in Postgres what the registry says of table and columns."""
        relation = f"{quoted(SCHEMA)}.{quoted(self.name)}"
        statements = []
        for column, comment in self.comments.items():
            subject = f"column {relation}.{quoted(column)}" if column else f"table {relation}"
            statements.append(f"comment on {subject} is {literal(comment)}")
        return statements


def read_mart_table(connection: DuckDBPyConnection, mart: str) -> MartTable:
    """A mart of an open release."""
    table = connection.execute(
        "select comment from duckdb_tables() where schema_name = ? and table_name = ? and comment is not null", [SCHEMA, mart]
    ).fetchall()
    columns = connection.execute(
        "select column_name, comment from duckdb_columns() where schema_name = ? and table_name = ? and comment is not null", [SCHEMA, mart]
    ).fetchall()
    comments = {"": str(table[0][0])} if table else {}
    return MartTable(mart, tuple(columns_of(connection, mart_relation(mart))), comments | {str(name): str(text) for name, text in columns})


def postgres_type(mart: str, column: Column) -> str:
    """Raises `CommunityMetricsError` for a type that no mart has had yet."""
    if column.type.startswith("DECIMAL("):
        return column.type.lower().replace("decimal", "numeric")
    try:
        return _TYPES[column.type]
    except KeyError:
        raise CommunityMetricsError(
            f"no type of Postgres is known for {column.type}", f"{mart}.{column.name}", "name it in serving/postgres_tables.py"
        ) from None


def columns_present(rows: Sequence[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """mart -> column -> Postgres type, from (table, column, `format_type`)."""
    names = {"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz"}
    present: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        present.setdefault(table, {})[column] = names.get(kind, kind)
    return present
