"""Airflow reads this module, by its name, in every one of its processes.

On SQLite a SAVEPOINT opens a transaction that only reads, and the first write inside it fails at once ("database is locked",
whatever the timeout) if another process has written meanwhile. Airflow opens such ones for backfills and asset events: a third
of the backfills failed beside a running scheduler. So a savepoint outside a transaction takes the write lock first, which waits.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine


@event.listens_for(Engine, "savepoint")
def take_write_lock_first(connection: Connection, name: str) -> None:
    """Begin the transaction that the savepoint stands in, with the right to write; other databases need nothing of this."""
    raw = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection) and not raw.in_transaction:
        connection.exec_driver_sql("begin immediate")
