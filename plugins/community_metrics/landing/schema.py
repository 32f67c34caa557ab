"""The ledger's tables. Rows of `lake_files` and `coverage` are history: nothing is deleted when a revision follows."""

from __future__ import annotations

import sqlite3

from community_metrics.errors import CommunityMetricsError

SCHEMA_VERSION = 4

_COVERAGE = """create table coverage (
    landing_id text not null references landings,
    revision integer not null,
    source text not null,
    platform text not null,
    account_id text not null,
    first_date text not null,
    observed_until text not null,
    primary key (landing_id, revision, source, platform, account_id)
) without rowid;
"""

# Who is kept out, what was rewritten for it, and of which revisions nothing may be left.
_ERASURES = """create table erasures (
    number integer primary key,
    ordered_at text not null,
    ordered_by text not null,
    reason text not null,
    person text not null,
    finished_at text
);
create table suppressed (hash text primary key, erasure integer references erasures) without rowid;
create table erased_files (
    number integer primary key,
    sha256 text not null,
    stored_sha256 text not null,
    erased_at text not null,
    erasure integer references erasures,
    rows integer not null,
    cells integer not null
);
create table erased_revisions (
    landing_id text primary key references landings,
    revision integer not null,
    is_swept integer not null
) without rowid;
"""

_LAKE_SUMS = """create table lake_sums (
    path text primary key,
    size integer not null,
    modified_ns integer not null,
    sha256 text not null
) without rowid;
"""

_TABLES = f"""
create table landings (
    landing_id text primary key,
    sha256 text not null,
    size integer not null,
    original_name text not null,
    landed_at text not null,
    source text not null,
    account_id text not null,
    snapshot_at text not null,
    snapshot_origin text not null,
    declared_snapshot_at text not null,
    period text not null,
    template text,
    status text not null check (status in ('landed', 'ingested', 'held', 'rejected', 'unrecognised', 'withdrawn')),
    reason_code text,
    reason text,
    revision integer not null default 0,
    rows integer not null default 0,
    accepted integer not null default 0,
    quarantined integer not null default 0,
    totals integer not null default 0,
    drift text not null default '{{}}',
    needs_gate integer not null default 0,
    run_id text,
    check (rows = accepted + quarantined + totals)
);
create unique index landings_identity on landings (sha256, source, account_id, period, declared_snapshot_at);
create index landings_status on landings (status);
create table lake_files (
    landing_id text not null references landings,
    revision integer not null,
    source text not null,
    stream text not null,
    business_date text not null,
    path text not null,
    rows integer not null,
    primary key (landing_id, revision, stream, business_date)
) without rowid;
{_COVERAGE}create table quarantined_rows (
    landing_id text not null references landings,
    revision integer not null,
    account_id text not null,
    business_date text,
    row_hash blob not null
);
create index quarantined_rows_landing on quarantined_rows (landing_id, revision);
create table published (
    landing_id text not null references landings,
    revision integer not null,
    primary key (landing_id, revision)
) without rowid;
create table facts (name text primary key, value text not null) without rowid;
{_ERASURES}{_LAKE_SUMS}"""

# Version -> what makes the next one of it.
_STEPS = {
    # A file may tell of several sources: a bill's days are days of orders and of refunds.
    1: f"""
        alter table coverage rename to coverage_of_version_1;
        {_COVERAGE}
        insert into coverage select * from coverage_of_version_1;
        drop table coverage_of_version_1;
    """,
    2: _ERASURES,
    # Files written before have no sum.
    3: _LAKE_SUMS,
}


def open_schema(connection: sqlite3.Connection, where: str) -> None:
    """Create the tables in a new ledger, bring an older one up to date. Raises `CommunityMetricsError` for one of a newer version."""
    if schema_version(connection) == SCHEMA_VERSION:
        return
    connection.execute("begin immediate")
    try:
        version = schema_version(connection)  # another process may have been first
        if version == 0:
            _execute_all(connection, _TABLES)
        elif version <= SCHEMA_VERSION:
            for step in range(version, SCHEMA_VERSION):
                _execute_all(connection, _STEPS[step])
        else:
            raise CommunityMetricsError(
                f"the ledger has schema version {version}, this program knows {SCHEMA_VERSION}",
                where,
                "use the version of the program that wrote it, or a newer one",
            )
        connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
        connection.execute("commit")
    except BaseException:
        # Where the disk is full SQLite has rolled back by itself.
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def _execute_all(connection: sqlite3.Connection, statements: str) -> None:
    # Not `executescript`, which would commit first.
    for statement in statements.split(";\n"):
        if statement.strip():
            connection.execute(statement)


def schema_version(connection: sqlite3.Connection) -> int:
    """Of an open ledger; 0 of a new one."""
    return int(connection.execute("pragma user_version").fetchone()[0])
