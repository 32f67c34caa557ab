"""The data of a release: the marts as a DuckDB file and as Parquet, with their digests."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from community_metrics.errors import CommunityMetricsError
from community_metrics.releases.digest import MartDigest, digest_relation
from community_metrics.releases.grains import grain_of
from community_metrics.releases.marts import SCHEMA, columns_of, literal, mart_names, mart_relation, quoted, reading, scratch
from community_metrics.settings import Settings
from community_metrics.warehouse.lineage import IDENTITY

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DATABASE_NAME = "warehouse.duckdb"
PARQUET_NAME = "parquet"
SITE_NAME = "site"
_WORKING = "working"


def write_marts(settings: Settings, folder: Path) -> list[tuple[MartDigest, list[str]]]:
    """Write `warehouse.duckdb` and `parquet/<mart>.parquet` into `folder` from the working warehouse.

    Only tables, and only those of the schema `marts`: no raw row leaves the working warehouse. Rows are in the order of
    their key. Returns the digest and the column names of every mart.
    """
    import duckdb

    (folder / PARQUET_NAME).mkdir()
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": settings.threads,
        "memory_limit": settings.daily_memory_limit,
        "temp_directory": str(settings.warehouse / "spill"),
    }
    connection = duckdb.connect(str(folder / DATABASE_NAME), config=config)
    try:
        connection.execute(f"attach {literal(str(settings.warehouse_path))} as {_WORKING} (read_only)")
        marts = mart_names(connection, _WORKING)
        if not marts:
            raise CommunityMetricsError(
                "the candidate has no marts", str(settings.warehouse_path), "`community-metrics build --full-refresh`"
            )
        connection.execute(f"create schema {SCHEMA}")
        written = [_write_mart(connection, mart, folder / PARQUET_NAME / f"{mart}.parquet") for mart in marts]
        connection.execute(f"detach {_WORKING}")
        connection.execute("checkpoint")
    finally:
        connection.close()
    return written


def _write_mart(connection: DuckDBPyConnection, mart: str, parquet: Path) -> tuple[MartDigest, list[str]]:
    source, target = mart_relation(mart, _WORKING), mart_relation(mart)
    names = [column.name for column in columns_of(connection, source)]
    order = ", ".join(quoted(name) for name in grain_of(mart, names))
    connection.execute(f"create table {target} as select * from {source} order by {order}")
    _copy_comments(connection, mart)
    # A table keeps the order in which it was filled. More effort than the least makes the file of two million keys larger.
    connection.execute(f"copy {target} to {literal(str(parquet))} (format parquet, compression zstd, compression_level 1)")
    return digest_relation(connection, target, mart), names


def _copy_comments(connection: DuckDBPyConnection, mart: str) -> None:
    target = mart_relation(mart)
    here = "database_name = ? and schema_name = ? and table_name = ? and comment is not null"
    where = [_WORKING, SCHEMA, mart]
    for (comment,) in connection.execute(f"select comment from duckdb_tables() where {here}", where).fetchall():
        connection.execute(f"comment on table {target} is {literal(comment)}")
    for column, comment in connection.execute(f"select column_name, comment from duckdb_columns() where {here}", where).fetchall():
        connection.execute(f"comment on column {target}.{quoted(column)} is {literal(comment)}")


def data_through(database: Path) -> str | None:
    """The last business date that is complete for some source, by `mart_data_status`; None if there is none."""
    with reading(database) as connection:
        if "mart_data_status" not in mart_names(connection):
            return None
        found = connection.execute(f"select max(business_date)::varchar from {mart_relation('mart_data_status')} where complete").fetchone()
    return found[0] if found else None


def identity_digest(settings: Settings) -> str | None:
    """One digest of who is whom in the working warehouse (members joined to persons, and who is no ordinary member): it decides
    whose rows are whose, on every date. None where it keeps no such tables."""
    with scratch() as connection:
        connection.execute(f"attach {literal(str(settings.warehouse_path))} as {_WORKING} (read_only)")
        found = connection.execute(
            "select table_name from information_schema.tables where table_catalog = ? and table_schema = 'intermediate'", [_WORKING]
        ).fetchall()
        if not {(table,) for table in IDENTITY} <= set(found):
            return None
        digests = [digest_relation(connection, f"{_WORKING}.intermediate.{quoted(table)}", table) for table in IDENTITY]
    return hashlib.sha256("".join(digest.digest for digest in digests).encode()).hexdigest()
