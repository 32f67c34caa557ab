"""The control tables: what the pipeline tells dbt, in schema `control` of the working warehouse.

They say which lake files are in force, how far each source is known, and which business dates are touched. Touched dates
stay until a release has published them, so a killed or refused run forgets nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from community_metrics.errors import CommunityMetricsError
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import LakeFile
from community_metrics.settings import Settings
from community_metrics.warehouse.definitions import filtered_fields
from community_metrics.warehouse.file_facts import read_kept_days, read_statements

# The streams whose partitions are rebuilt by date; all other streams are small and read whole.
ACTIVITY_STREAMS = frozenset({("events", "events"), ("chat_export", "messages"), ("chat_export", "reactions")})

TABLES = """
create schema if not exists control;
create table if not exists control.settings (name varchar, value varchar);
create table if not exists control.state (name varchar primary key, value varchar);
create table if not exists control.touched (domain varchar, business_date date);
create table if not exists control.touched_members (domain varchar, member_key uuid);
create table if not exists control.touched_member_dates (domain varchar, member_key uuid, business_date date);
create table if not exists control.built_files (
    source varchar, stream varchar, landing_id varchar, revision bigint, path varchar, is_complete boolean
);
create or replace table control.lake_files (
    source varchar, stream varchar, business_date date, path varchar, is_new boolean, landed_rows bigint
);
create or replace table control.news (source varchar, stream varchar, path varchar, is_gone boolean);
create or replace table control.refreshed_models (model varchar);
create or replace table control.idle_rows (path varchar, file_sha256 varchar);
create or replace table control.observed (
    source varchar, platform varchar, account_id varchar, first_date date, observed_until date
);
create or replace table control.quarantined (source varchar, account_id varchar, business_date date, quarantined_rows bigint);
create or replace table control.held (source varchar, account_id varchar, business_date date, held_rows bigint);
create or replace table control.kept_days (source varchar, account_id varchar, kept_days integer);
create or replace table control.stated_totals (
    file_sha256 varchar, stream varchar, column_name varchar, stated decimal(38, 8), found decimal(38, 8)
);
"""


@contextmanager
def open_warehouse(settings: Settings, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """The working database, closed again at the end. A file that DuckDB cannot read is an error that says how to mend it."""
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(
            str(settings.warehouse_path),
            read_only=read_only,
            config={"threads": settings.threads, "memory_limit": settings.daily_memory_limit},
        )
        # Not in `config`: the extension that knows time zones is loaded only after that is read.
        connection.execute("set TimeZone = 'UTC'")
    except duckdb.Error as error:
        raise CommunityMetricsError(
            f"the working database cannot be opened: {error}",
            str(settings.warehouse_path),
            "if another process holds it, wait; if the file is damaged, `community-metrics run` makes it anew from the lake",
        ) from error
    try:
        yield connection
    finally:
        connection.close()


def prepare(settings: Settings, ledger: Ledger, connection: duckdb.DuckDBPyConnection) -> None:
    """Write what has landed into the control tables and add the dates that changed, in one transaction."""
    changes = ledger.changed_since_publication()
    new_landings = {landing.landing_id for landing in changes.added}
    active = ledger.active_lake_files()
    connection.execute("begin")
    connection.execute(TABLES)
    _adopt_identifiers(connection)
    connection.execute("delete from control.settings")
    _insert(
        connection,
        "control.settings",
        [
            ("timezone", settings.timezone),
            ("week_start", settings.week_start),
            ("lake", _quoted(settings.lake)),
            ("filtered_fields", " ".join(filtered_fields(settings))),
        ],
    )
    _insert(
        connection,
        "control.lake_files",
        # Small landings share files.
        _distinct_files(active, new_landings),
    )
    _note_news(connection, active)
    _insert(connection, "control.idle_rows", ((_relative(path), sha256) for path, sha256 in ledger.idle_in_shared_files()))
    _insert(
        connection,
        "control.observed",
        ((o.source, o.platform, o.account_id, o.first_date, o.observed_until) for o in ledger.observed_until()),
    )
    _insert(
        connection,
        "control.quarantined",
        ((q.source, q.account_id, q.business_date, q.rows) for q in ledger.quarantine_counts() if q.business_date is not None),
    )
    _insert(connection, "control.held", ledger.held_counts())
    _insert(connection, "control.kept_days", read_kept_days(settings, ledger))
    _insert(connection, "control.stated_totals", read_statements(settings, ledger))
    touch(connection, "activity", (day for source, stream, day in changes.dates if (source, stream) in ACTIVITY_STREAMS))
    # Apart, since models add dates to the other: on these, events themselves came or went.
    touch(connection, "events", (day for source, stream, day in changes.dates if (source, stream) == ("events", "events")))
    connection.execute("commit")


def _adopt_identifiers(connection: duckdb.DuckDBPyConnection) -> None:
    """Members were texts in a warehouse that version 0.2 built."""
    of_texts = connection.execute("""
        select table_name from information_schema.columns
        where table_schema = 'control' and column_name = 'member_key' and data_type = 'VARCHAR'
    """).fetchall()
    for (table,) in of_texts:
        connection.execute(f"alter table control.{table} alter member_key type uuid")


def _distinct_files(files: Iterable[LakeFile], new_landings: set[str]) -> list[tuple[str, str, date, str, bool, int]]:
    found: dict[tuple[str, str, date, str], tuple[bool, int]] = {}
    for file in files:
        key = (file.source, file.stream, file.business_date, _relative(file.path))
        is_new, rows = found.get(key, (False, 0))
        found[key] = (is_new or file.landing_id in new_landings, rows + file.rows)
    return [(*key, *of) for key, of in found.items()]


def _note_news(connection: duckdb.DuckDBPyConnection, active: Iterable[LakeFile]) -> None:
    """What came and went of the streams that are read whole, since the last build that came to its end.

    A build that dies may have taken up a file that is withdrawn before the next one: such a file is gone, not unknown.
    """
    connection.execute("create or replace temp table active_files as select * exclude (is_complete) from control.built_files limit 0")
    small = (
        (f.source, f.stream, f.landing_id, f.revision, _relative(f.path)) for f in active if (f.source, f.stream) not in ACTIVITY_STREAMS
    )
    _insert(connection, "active_files", small)
    key = "source, stream, landing_id, revision, path"
    connection.execute(f"""
        insert into control.news
        select distinct source, stream, path, false from active_files
        where ({key}) not in (select {key} from control.built_files where is_complete)
        union all
        select distinct source, stream, path, true from control.built_files where ({key}) not in (select {key} from active_files);
        insert into control.built_files
        select *, false from active_files where ({key}) not in (select {key} from control.built_files);
    """)


def settle_news(connection: duckdb.DuckDBPyConnection) -> None:
    """The build that `prepare` was for has come to its end: its tables hold the active files and no others."""
    key = "source, stream, path"
    connection.execute("begin")
    connection.execute(f"delete from control.built_files where ({key}) in (select {key} from control.news where is_gone)")
    connection.execute("update control.built_files set is_complete = true")
    connection.execute("commit")


def sources_with_news(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The sources of which a file came or went, or a date is touched, since the last complete build; perhaps some more."""
    rows = connection.execute("""
        select source from control.news
        union
        select source from control.lake_files where is_new
    """).fetchall()
    touched = connection.execute("select count(*) from control.touched where domain in ('activity', 'events')").fetchone()
    of_activity = {source for source, _ in ACTIVITY_STREAMS} if touched and touched[0] else set()
    return sorted({source for (source,) in rows} | of_activity)


def touch(connection: duckdb.DuckDBPyConnection, domain: str, dates: Iterable[date]) -> None:
    """Record dates to rebuild; those already recorded stay as they are."""
    known = {row[0] for row in connection.execute("select business_date from control.touched where domain = ?", [domain]).fetchall()}
    _insert(connection, "control.touched", [(domain, day) for day in sorted(set(dates) - known)])


def read_state(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What the last build wrote about itself; empty for a new warehouse."""
    exists = connection.execute(
        "select count(*) from information_schema.tables where table_schema = 'control' and table_name = 'state'"
    ).fetchone()
    if not exists or not exists[0]:
        return {}
    return dict(connection.execute("select name, value from control.state").fetchall())


def write_state(connection: duckdb.DuckDBPyConnection, **values: str | None) -> None:
    """Set entries of the state; None removes one."""
    connection.execute("begin")
    for name, value in values.items():
        connection.execute("delete from control.state where name = ?", [name])
        if value is not None:
            connection.execute("insert into control.state values (?, ?)", [name, value])
    connection.execute("commit")


def write_refreshed_models(connection: duckdb.DuckDBPyConnection, models: Iterable[str]) -> None:
    """Tell dbt which models this build makes whole although it is no full refresh."""
    connection.execute("begin")
    connection.execute("delete from control.refreshed_models")
    _insert(connection, "control.refreshed_models", [(model,) for model in models])
    connection.execute("commit")


def clear_touched(settings: Settings) -> None:
    """A release has published the touched dates and members: nothing is owed any more."""
    with open_warehouse(settings) as connection:
        connection.execute(TABLES.split("create or replace", 1)[0])
        connection.execute("delete from control.touched")
        connection.execute("delete from control.touched_members")
        connection.execute("delete from control.touched_member_dates")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows through Arrow: one statement whatever their number (row-wise inserts take seconds for ten thousand)."""
    import pyarrow as pa

    listed = [tuple(row) for row in rows]
    if not listed:
        return
    columns = [pa.array(values) for values in zip(*listed, strict=True)]
    batch = pa.table(columns, names=[f"c{index}" for index in range(len(columns))])  # noqa: F841 - DuckDB reads the local variable
    connection.execute(f"insert into {table} select * from batch")


def _relative(path: Path | str) -> str:
    """The part of a lake path below the lake's root."""
    text = str(path)
    return text.removeprefix("lake/")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
