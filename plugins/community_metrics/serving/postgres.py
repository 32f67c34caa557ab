"""The marts of a release in a schema of Postgres, for the tools that read a server.

What differs is staged beside, through Arrow, and put in place in one transaction: readers are never blocked, and see the rows of one
release or of the next, in all tables. Rows are deleted and inserted, tables are altered where a mart's columns have changed: neither
grants nor a team's own views are lost. What the release and Postgres have alike (by digest) is not touched.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from community_metrics.errors import BusyError, CommunityMetricsError, UsageError
from community_metrics.releases.contents import DATABASE_NAME
from community_metrics.releases.digest import MartDigest, differing_marts, digest_relation
from community_metrics.releases.leases import lease
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.marts import SCHEMA, literal, mart_names, mart_relation, quoted, reading, scratch
from community_metrics.releases.pointer import current_release_id
from community_metrics.serving.postgres_tables import MartTable, columns_present, read_mart_table
from community_metrics.settings import PREFIX, Settings

if TYPE_CHECKING:
    from adbc_driver_postgresql.dbapi import Connection
    from duckdb import DuckDBPyConnection

log = logging.getLogger(__name__)

URI_VARIABLE = PREFIX + "POSTGRES_URI"
READER_ROLE = "community_metrics_reader"
"""May read the marts and nothing else. A tool logs in as a role of its own that is a member of this one."""

RELEASE_TABLE = "release"
LOADED_TABLE = "release_marts"
_STAGE = "marts_stage"
_NOT_MARTS = (RELEASE_TABLE, LOADED_TABLE)
# Any number that nothing else of the database uses: two loaders would stage into the same tables.
_LOADER_LOCK = 7_202_611_22
_BATCH_ROWS = 100_000
# Only a changed column needs a table for itself; longer than this nobody waits behind the loader that waits.
_LOCK_TIMEOUT_MS = 2_000
_LOCK_TRIES = 10
_LOCK_PAUSE_SECONDS = 3.0

_OWN_TABLES = (
    f"create schema if not exists {SCHEMA}",
    f"create table if not exists {SCHEMA}.{RELEASE_TABLE} (release_id text not null, created_at timestamptz not null,"
    " data_through date, code_version text not null, loaded_at timestamptz not null)",
    f"create table if not exists {SCHEMA}.{LOADED_TABLE} (mart text primary key, rows bigint not null, digest text not null,"
    " shape text not null)",
    f"create schema if not exists {_STAGE}",
)


@dataclass(frozen=True)
class LoadReport:
    """What one load did: `loaded` marts were replaced, `removed` ones are no part of the release, all others were the same."""

    release_id: str
    marts: int
    loaded: tuple[str, ...]
    removed: tuple[str, ...]
    rows: int
    seconds: float

    @property
    def is_new(self) -> bool:
        """Whether Postgres held another release before."""
        return bool(self.loaded or self.removed)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class ServedMart:
    """A mart that Postgres holds otherwise than the manifest of the release says."""

    mart: str
    expected_rows: int | None
    found_rows: int | None


def uri_from_environment() -> str:
    """Raises `UsageError` when none is set."""
    uri = os.environ.get(URI_VARIABLE, "")
    if not uri:
        raise UsageError("no Postgres is named", URI_VARIABLE, "set it: postgresql://user:password@host:5432/database")
    return uri


def load_release(settings: Settings, uri: str, release_id: str | None = None) -> LoadReport:
    """Make the schema `marts` of the database what the release (the current one without an id) holds.

    Raises `UsageError` when nothing is published, `BusyError` while another loader works or a reader's transaction keeps a table whose
    columns change, `CommunityMetricsError` when Postgres does not answer.
    """
    import duckdb

    started = time.monotonic()
    wanted = release_id or current_release_id(settings)
    if wanted is None:
        raise UsageError("nothing is published yet", str(settings.current_release), "`community-metrics run` publishes")
    with lease(settings, wanted) as folder, _connected(uri) as postgres, reading(folder / DATABASE_NAME) as release:
        manifest = read_manifest(folder)
        with _only_loader(postgres):
            _prepare(postgres)
            digests = {mart["name"]: MartDigest(mart["name"], mart["rows"], mart["digest"]) for mart in manifest["marts"]}
            tables = {mart: read_mart_table(release, mart) for mart in mart_names(release)}
            held = {str(row[0]): row[1:] for row in _rows(postgres, f"select mart, digest, shape from {SCHEMA}.{LOADED_TABLE}")}
            stale = [mart for mart, table in tables.items() if held.get(mart) != (digests[mart].digest, table.shape)]
            gone = sorted(held.keys() - tables.keys())
            try:
                for mart in stale:
                    log.info("postgres: staging %s", mart)
                    _stage(postgres, release, tables[mart])
                _switch(postgres, [tables[mart] for mart in stale], gone, digests, manifest)
            except duckdb.Error as error:
                raise CommunityMetricsError(
                    f"the release cannot be read: {error}", str(folder), "`community-metrics releases verify`"
                ) from error
            finally:
                postgres.rollback()  # of a switch that did not come to its end
                for mart in stale:
                    _execute(postgres, f"drop table if exists {_STAGE}.{quoted(mart)}")
                postgres.commit()
    rows = sum(digests[mart].rows for mart in stale)
    return LoadReport(wanted, len(tables), tuple(stale), tuple(gone), rows, round(time.monotonic() - started, 3))


def compare_served(settings: Settings, uri: str) -> tuple[str, tuple[ServedMart, ...]]:
    """The release that Postgres says it holds, and the marts whose rows there are not those of its manifest: all rows are read again.

    Raises `UsageError` when nothing has been loaded.
    """
    with _connected(uri) as postgres:
        _execute(postgres, "set transaction isolation level repeatable read, read only")
        is_there = _rows(postgres, f"select 1 where to_regclass('{SCHEMA}.{RELEASE_TABLE}') is not null")
        held = _rows(postgres, f"select release_id from {SCHEMA}.{RELEASE_TABLE}") if is_there else []
        if not held:
            raise UsageError("nothing has been loaded into this Postgres", SCHEMA, "`community-metrics postgres load`")
        release_id = str(held[0][0])
        with lease(settings, release_id) as folder, reading(folder / DATABASE_NAME) as release:
            expected = [MartDigest(mart["name"], mart["rows"], mart["digest"]) for mart in read_manifest(folder)["marts"]]
            tables = [read_mart_table(release, mart) for mart in mart_names(release)]
        present = columns_present(_present(postgres))
        found = [_digest_served(postgres, table) for table in tables if table.name in present]
        found += [MartDigest(mart, -1, "") for mart in sorted(present.keys() - {table.name for table in tables})]
    differing = (
        ServedMart((before or after).name, before.rows if before else None, after.rows if after else None)  # type: ignore[union-attr]
        for before, after in differing_marts(expected, found)
    )
    return release_id, tuple(differing)


@contextmanager
def _connected(uri: str) -> Iterator[Connection]:
    """A connection that begins transactions by itself. An error of Postgres never names the address: it holds the password."""
    from adbc_driver_manager import Error
    from adbc_driver_postgresql import dbapi

    try:
        with closing(dbapi.connect(uri)) as connection:
            yield connection
    except Error as error:
        said = re.sub(r"postgres(ql)?://\S+", "postgresql://...", str(error))
        raise CommunityMetricsError(
            f"Postgres says: {said}", "the database of the marts", "look at its log; the release is untouched"
        ) from None


@contextmanager
def _only_loader(postgres: Connection) -> Iterator[None]:
    if _rows(postgres, f"select pg_try_advisory_lock({_LOADER_LOCK})") != [(True,)]:
        raise BusyError("another loader is at work in this database", SCHEMA, "run it again when that one is through")
    try:
        yield
    finally:
        postgres.rollback()
        _execute(postgres, f"select pg_advisory_unlock({_LOADER_LOCK})")
        postgres.commit()


def _prepare(postgres: Connection) -> None:
    """Schemas, the tables about the release, and the role of the readers, as far as they are not there."""
    for statement in _OWN_TABLES:
        _execute(postgres, statement)
    if not _rows(postgres, f"select 1 from pg_roles where rolname = '{READER_ROLE}'"):
        _execute(postgres, f"create role {READER_ROLE} nologin")
    _execute(postgres, f"grant usage on schema {SCHEMA} to {READER_ROLE}")
    _execute(postgres, f"grant select on all tables in schema {SCHEMA} to {READER_ROLE}")
    _execute(postgres, f"alter default privileges in schema {SCHEMA} grant select on tables to {READER_ROLE}")
    postgres.commit()


def _stage(postgres: Connection, release: DuckDBPyConnection, table: MartTable) -> None:
    _execute(postgres, f"drop table if exists {_STAGE}.{quoted(table.name)}")
    _execute(postgres, table.creation(_STAGE, "unlogged table"))
    reader = release.sql(f"select * from {mart_relation(table.name)}").to_arrow_reader(_BATCH_ROWS)
    with closing(postgres.cursor()) as cursor:
        cursor.adbc_ingest(table.name, reader, mode="append", db_schema_name=_STAGE)
    postgres.commit()


def _switch(
    postgres: Connection, tables: Sequence[MartTable], gone: Sequence[str], digests: dict[str, MartDigest], manifest: dict[str, Any]
) -> None:
    """All of it in one transaction; tried again while a reader keeps a table whose columns change."""
    from adbc_driver_manager import Error

    for attempt in range(1, _LOCK_TRIES + 1):
        try:
            _replace(postgres, tables, gone, digests, manifest)
            postgres.commit()
            return
        except Error as error:
            postgres.rollback()
            # lock_not_available
            if error.sqlstate != "55P03":
                raise
            log.info("postgres: a reader keeps a table whose columns change (try %d of %d)", attempt, _LOCK_TRIES)
            time.sleep(_LOCK_PAUSE_SECONDS)
    raise BusyError("a reader's transaction keeps a table whose columns change", SCHEMA, "end it (`pg_stat_activity`) and load again")


def _replace(
    postgres: Connection, tables: Sequence[MartTable], gone: Sequence[str], digests: dict[str, MartDigest], manifest: dict[str, Any]
) -> None:
    _execute(postgres, f"set local lock_timeout = '{_LOCK_TIMEOUT_MS}ms'")
    present = columns_present(_present(postgres))
    for mart in gone:
        _execute(postgres, f"drop table if exists {SCHEMA}.{quoted(mart)}")
        _execute(postgres, f"delete from {SCHEMA}.{LOADED_TABLE} where mart = {literal(mart)}")
    for table in tables:
        is_there = table.name in present
        for statement in table.alterations(present[table.name]) if is_there else [table.creation(SCHEMA)]:
            _execute(postgres, statement)
        for statement in table.commentary():
            _execute(postgres, statement)
        relation = f"{SCHEMA}.{quoted(table.name)}"
        _execute(postgres, f"delete from {relation}")
        _execute(postgres, f"insert into {relation} ({table.listed}) select {table.listed} from {_STAGE}.{quoted(table.name)}")
        digest = digests[table.name]
        _execute(postgres, f"delete from {SCHEMA}.{LOADED_TABLE} where mart = {literal(table.name)}")
        values = f"{literal(table.name)}, {digest.rows}, {literal(digest.digest)}, {literal(table.shape)}"
        _execute(postgres, f"insert into {SCHEMA}.{LOADED_TABLE} (mart, rows, digest, shape) values ({values})")
    _execute(postgres, f"delete from {SCHEMA}.{RELEASE_TABLE}")
    through = literal(manifest["data_through"]) if manifest["data_through"] else "null"
    facts = f"{literal(manifest['release_id'])}, {literal(manifest['created_at'])}, {through}, {literal(manifest['code_version'])}, now()"
    _execute(
        postgres, f"insert into {SCHEMA}.{RELEASE_TABLE} (release_id, created_at, data_through, code_version, loaded_at) values ({facts})"
    )


def _digest_served(postgres: Connection, table: MartTable) -> MartDigest:
    with closing(postgres.cursor()) as cursor, scratch() as connection:
        cursor.execute(f"select {table.listed} from {SCHEMA}.{quoted(table.name)}")
        rows = cursor.fetch_record_batch()
        connection.register("rows", rows)
        # Numbers with decimals come as texts.
        casts = ", ".join(f"cast({quoted(column.name)} as {column.type}) as {quoted(column.name)}" for column in table.columns)
        connection.execute(f"create table served as select {casts} from rows")
        return digest_relation(connection, "served", table.name)


def _present(postgres: Connection) -> list[tuple[str, str, str]]:
    """(table, column, type) of the marts in Postgres."""
    listed = ", ".join(map(literal, _NOT_MARTS))
    found = _rows(
        postgres,
        "select tables.relname::text, columns.attname::text, format_type(columns.atttypid, columns.atttypmod)"
        " from pg_class as tables join pg_namespace as schemas on schemas.oid = tables.relnamespace"
        " join pg_attribute as columns on columns.attrelid = tables.oid"
        f" where schemas.nspname = '{SCHEMA}' and tables.relkind = 'r' and tables.relname not in ({listed})"
        " and columns.attnum > 0 and not columns.attisdropped order by 1, columns.attnum",
    )
    return [(str(row[0]), str(row[1]), str(row[2])) for row in found]


def _execute(postgres: Connection, statement: str) -> None:
    with closing(postgres.cursor()) as cursor:
        cursor.execute(statement)


def _rows(postgres: Connection, query: str) -> list[tuple[Any, ...]]:
    with closing(postgres.cursor()) as cursor:
        cursor.execute(query)
        return [tuple(row) for row in cursor.fetchall()]
