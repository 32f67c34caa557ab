"""Releases in a real Postgres: equal rows, one release at a time, readers never blocked, grants and views kept."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from click.testing import CliRunner
from release_workshop import candidate, land_orders

from community_metrics.cli import main
from community_metrics.errors import BusyError, CommunityMetricsError, UsageError
from community_metrics.releases.history import roll_back
from community_metrics.releases.publish import publish_release
from community_metrics.serving import postgres
from community_metrics.serving.postgres import READER_ROLE, compare_served, load_release
from community_metrics.settings import Settings
from support.postgres_server import PASSWORD

if TYPE_CHECKING:
    from adbc_driver_postgresql.dbapi import Connection

MARTS = ("mart_activity_daily", "mart_conversion_daily", "mart_data_status")


def publish(settings: Settings, version: int) -> str:
    if version > 1:
        land_orders(settings, version)
    return publish_release(settings, candidate(settings, version)).release_id


@contextmanager
def connected(uri: str) -> Iterator[Connection]:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(uri, autocommit=True) as connection:
        yield connection


def ask(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [tuple(row) for row in cursor.fetchall()]


def do(connection: Connection, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_every_row_of_a_release_is_in_postgres_with_its_types_and_words(settings: Settings, uri: str) -> None:
    release_id = publish(settings, 7)
    report = load_release(settings, uri)
    assert (report.release_id, report.loaded, report.rows) == (release_id, MARTS, 33)
    assert compare_served(settings, uri) == (release_id, ())
    with connected(uri) as connection:
        assert ask(connection, "select min(business_date)::text, max(dau), count(*) from marts.mart_activity_daily") == [
            ("2026-05-01", 7, 30)
        ]
        assert ask(connection, "select gross_amount::text, present_members from marts.mart_conversion_daily") == [("7.50", None)]
        assert ask(connection, "select release_id, data_through::text from marts.release") == [(release_id, "2026-05-30")]
        types = "select column_name::text, data_type::text from information_schema.columns where table_name = 'mart_conversion_daily'"
        assert dict(ask(connection, types))["gross_amount"] == "numeric"
        words = "select obj_description('marts.mart_activity_daily'::regclass), col_description('marts.mart_activity_daily'::regclass, 4)"
        assert ask(connection, words) == [("Who was active", "It's daily active members")]


def test_what_is_there_already_is_not_touched_and_what_differs_is(settings: Settings, uri: str) -> None:
    publish(settings, 1)
    load_release(settings, uri)
    with connected(uri) as connection:
        before = ask(connection, "select xmin::text from marts.mart_data_status")
        assert load_release(settings, uri).loaded == ()
        second = publish(settings, 2)
        report = load_release(settings, uri)
        # The status of sources is the same in both.
        assert (report.release_id, report.loaded) == (second, ("mart_activity_daily", "mart_conversion_daily"))
        assert ask(connection, "select xmin::text from marts.mart_data_status") == before
    assert compare_served(settings, uri) == (second, ())


def test_a_rollback_is_followed(settings: Settings, uri: str) -> None:
    first = publish(settings, 1)
    publish(settings, 2)
    load_release(settings, uri)
    roll_back(settings, first)
    assert load_release(settings, uri).release_id == first
    assert compare_served(settings, uri) == (first, ())


def test_a_changed_row_a_lost_row_and_a_strange_table_are_found(settings: Settings, uri: str) -> None:
    publish(settings, 1)
    load_release(settings, uri)
    with connected(uri) as connection:
        do(
            connection,
            "update marts.mart_activity_daily set dau = 8 where business_date = '2026-05-02'",
            "delete from marts.mart_conversion_daily",
            "create table marts.somebody_s_own (number integer)",
        )
    _, differing = compare_served(settings, uri)
    assert [(found.mart, found.expected_rows, found.found_rows) for found in differing] == [
        ("mart_activity_daily", 30, 30),
        ("mart_conversion_daily", 1, 0),
        ("somebody_s_own", None, -1),
    ]


def test_columns_that_come_go_and_change_keep_grants_and_views(settings: Settings, uri: str) -> None:
    publish(settings, 1)
    load_release(settings, uri)
    with connected(uri) as connection:
        do(
            connection,
            "create role analyst nologin",
            "grant select on marts.mart_activity_daily to analyst",
            "create view public.ours as select business_date, dau from marts.mart_activity_daily",
            "create table marts.mart_gone (number integer)",
            "insert into marts.release_marts values ('mart_gone', 0, '', '')",
        )
    land_orders(settings, 2)
    ready = candidate(settings, 2)
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        warehouse.execute(
            "create or replace table marts.mart_activity_daily as"
            " select business_date, scope_type, scope_id, dau, stickiness::varchar as stickiness, 5 as wau from marts.mart_activity_daily"
        )
        warehouse.execute("create or replace table marts.mart_new as select true as is_new, timestamp '2026-05-01 08:00:00' as at")
    publish_release(settings, ready)
    report = load_release(settings, uri)
    assert "mart_new" in report.loaded and report.removed == ("mart_gone",)
    assert compare_served(settings, uri)[1] == ()
    with connected(uri) as connection:
        assert ask(connection, "select max(dau), count(*) from public.ours") == [(2, 30)]
        granted = "select has_table_privilege('{role}', 'marts.{mart}', 'select')"
        assert ask(connection, granted.format(role="analyst", mart="mart_activity_daily")) == [(True,)]
        assert ask(connection, granted.format(role=READER_ROLE, mart="mart_new")) == [(True,)]
        do(connection, "drop view public.ours", "drop owned by analyst", "drop role analyst")


def test_a_reader_may_read_and_nothing_else(settings: Settings, uri: str, server: Any) -> None:
    publish(settings, 1)
    load_release(settings, uri)
    from adbc_driver_manager import Error

    with connected(uri) as connection:
        do(connection, "drop role if exists bi", f"create role bi login password '{PASSWORD}' in role {READER_ROLE}")
    database = uri.rsplit("/", 1)[1]
    with connected(server.uri(database, "bi")) as reader:
        assert ask(reader, "select count(*) from marts.mart_activity_daily") == [(30,)]
        for statement in ("delete from marts.mart_activity_daily", "create table marts.mine (n integer)", "create schema mine"):
            with pytest.raises(Error, match="permission denied"):
                do(reader, statement)


class Readers(threading.Thread):
    """Reads two marts in one statement, over and over: what failed, what did not fit together, and the longest wait."""

    def __init__(self, uri: str) -> None:
        super().__init__(daemon=True)
        self.uri = uri
        self.stopped = threading.Event()
        self.seen: set[int] = set()
        self.faults: list[str] = []
        self.longest = 0.0

    def run(self) -> None:
        query = (
            "select min(dau), max(dau), count(*), (select max(gross_amount)::text from marts.mart_conversion_daily),"
            " (select count(*) from marts.release) from marts.mart_activity_daily"
        )
        with connected(self.uri) as connection:
            while not self.stopped.is_set():
                started = time.monotonic()
                try:
                    ((least, greatest, rows, amount, releases),) = ask(connection, query)
                except Exception as error:
                    self.faults.append(repr(error))
                    return
                self.longest = max(self.longest, time.monotonic() - started)
                self.seen.add(least)
                if not (least == greatest and rows == 30 and amount == f"{least}.50" and releases == 1):
                    self.faults.append(f"a mix: {least} {greatest} {rows} {amount} {releases}")


def test_readers_in_a_loop_never_see_a_mix_and_never_fail(settings: Settings, uri: str) -> None:
    first = publish(settings, 1)
    second = publish(settings, 2)
    load_release(settings, uri, first)
    readers = [Readers(uri) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(10):
        load_release(settings, uri, second)
        load_release(settings, uri, first)
    for reader in readers:
        reader.stopped.set()
        reader.join()
    assert [fault for reader in readers for fault in reader.faults] == []
    assert {version for reader in readers for version in reader.seen} == {1, 2}


def test_a_reader_s_open_transaction_does_not_hold_up_a_load_and_keeps_its_rows(settings: Settings, uri: str) -> None:
    first, second = publish(settings, 1), publish(settings, 2)
    load_release(settings, uri, first)
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(uri) as reader:
        with reader.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
        assert ask(reader, "select max(dau) from marts.mart_activity_daily") == [(1,)]
        assert load_release(settings, uri, second).is_new
        assert ask(reader, "select max(gross_amount)::text from marts.mart_conversion_daily") == [("1.50",)]


def test_a_changed_column_waits_for_readers_a_while_and_says_so(settings: Settings, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_LOCK_TIMEOUT_MS", 50)
    monkeypatch.setattr(postgres, "_LOCK_TRIES", 2)
    monkeypatch.setattr(postgres, "_LOCK_PAUSE_SECONDS", 0.01)
    first = publish(settings, 1)
    load_release(settings, uri)
    with connected(uri) as connection:
        do(connection, "alter table marts.mart_activity_daily drop column dau", "update marts.release_marts set shape = 'another'")
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(uri) as reader:
        assert ask(reader, "select count(*) from marts.mart_activity_daily") == [(30,)]
        with pytest.raises(BusyError, match="a reader's transaction keeps a table"):
            load_release(settings, uri)
    assert load_release(settings, uri).loaded != ()
    assert compare_served(settings, uri) == (first, ())


def test_two_loaders_do_not_meet(settings: Settings, uri: str) -> None:
    publish(settings, 1)
    with connected(uri) as other:
        ask(other, f"select pg_advisory_lock({postgres._LOADER_LOCK})")
        with pytest.raises(BusyError, match="another loader"):
            load_release(settings, uri)
    load_release(settings, uri)


def test_a_load_that_dies_in_the_middle_leaves_the_release_before(settings: Settings, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = publish(settings, 1), publish(settings, 2)
    load_release(settings, uri, first)
    execute = postgres._execute

    def die(connection: Connection, statement: str) -> None:
        if statement.startswith("insert into marts.release "):
            raise KeyboardInterrupt
        execute(connection, statement)

    monkeypatch.setattr(postgres, "_execute", die)
    with pytest.raises(KeyboardInterrupt):
        load_release(settings, uri, second)
    monkeypatch.undo()
    assert compare_served(settings, uri) == (first, ())
    assert load_release(settings, uri, second).release_id == second


def test_no_error_names_the_password(settings: Settings, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(settings, 1)
    wrong = uri.replace(PASSWORD.replace(" ", "%20"), "not-it-but-secret")
    with pytest.raises(CommunityMetricsError, match="Postgres says: ") as raised:
        load_release(settings, wrong)
    assert "not-it-but-secret" not in str(raised.value)
    monkeypatch.delenv("COMMUNITY_METRICS_POSTGRES_URI")
    with pytest.raises(UsageError, match="no Postgres is named - COMMUNITY_METRICS_POSTGRES_URI"):
        postgres.uri_from_environment()


def test_the_commands_load_and_verify(settings: Settings, uri: str) -> None:
    def call(*words: str) -> Any:
        return CliRunner().invoke(main, ["postgres", *words, "--home", str(settings.home)])

    assert call("load").exit_code == 2  # nothing is published
    assert call("verify").exit_code == 2  # nothing was loaded
    release_id = publish(settings, 3)
    assert call("load").stdout.startswith(f"{release_id} is in Postgres: 3 marts, 3 loaded, 33 rows in ")
    assert json.loads(call("load", "--json").stdout)["loaded"] == []
    assert call("verify").stdout == f"Postgres holds {release_id} as published\n"
    with connected(uri) as connection:
        do(connection, "delete from marts.mart_conversion_daily")
    result = call("verify")
    assert (result.exit_code, result.stdout) == (1, "mart_conversion_daily: 1 rows in the release, 0 rows in Postgres\n")


def test_a_release_that_is_gone_is_said(settings: Settings, uri: str, tmp_path: Path) -> None:
    release_id = publish(settings, 1)
    load_release(settings, uri)
    shutil.rmtree(settings.releases / release_id)
    with pytest.raises(CommunityMetricsError):
        compare_served(settings, uri)
