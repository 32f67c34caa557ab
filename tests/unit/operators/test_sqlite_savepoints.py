"""Airflow's savepoints on SQLite wait for other writers instead of failing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

import airflow_local_settings


def test_a_savepoint_holds_the_write_lock_from_its_beginning(tmp_path: Path) -> None:
    assert airflow_local_settings.take_write_lock_first
    path = tmp_path / "airflow.db"
    with sqlite3.connect(path) as setup:
        setup.execute("pragma journal_mode = wal")
        setup.execute("create table run (id integer)")
    with create_engine(f"sqlite:///{path}").begin() as connection, connection.begin_nested():
        assert connection.execute(text("select count(*) from run")).scalar() == 0
        with sqlite3.connect(path, timeout=0) as other, pytest.raises(sqlite3.OperationalError, match="database is locked"):
            other.execute("insert into run values (1)")
        connection.execute(text("insert into run values (2)"))
    assert sqlite3.connect(path).execute("select id from run").fetchall() == [(2,)]


def test_a_savepoint_inside_a_transaction_changes_nothing(tmp_path: Path) -> None:
    with create_engine(f"sqlite:///{tmp_path / 'airflow.db'}").begin() as connection:
        connection.execute(text("create table run (id integer)"))
        connection.execute(text("insert into run values (1)"))
        with connection.begin_nested():
            connection.execute(text("insert into run values (2)"))
        assert connection.execute(text("select count(*) from run")).scalar() == 2
