"""`warehouse/ops.duckdb`: tables about runs. They survive rebuilds, and stand outside releases, digests and the incremental law.

`ops` is the database itself, named after its file: a schema of the same name in it could not be told from it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from community_metrics.damage import set_aside, shows_damage
from community_metrics.errors import BusyError
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Two ingests may end at the same moment; each holds the file for milliseconds.
_WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.1


@contextmanager
def open_ops(settings: Settings, wait_seconds: float | None = None) -> Iterator[DuckDBPyConnection]:
    """The open database, made when it is missing or damaged. Raises `BusyError` if another process keeps it for `wait_seconds` (30)."""
    import duckdb

    settings.ops_path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + (_WAIT_SECONDS if wait_seconds is None else wait_seconds)
    while True:
        try:
            connection = duckdb.connect(str(settings.ops_path))
            break
        except duckdb.IOException as error:
            if shows_damage(error):
                # Releases tell again what they restated; what checks once found stands in their manifests.
                set_aside(settings.ops_path, str(error).splitlines()[0])
                continue
            if "lock" not in str(error):
                raise
            if time.monotonic() >= deadline:
                raise BusyError(
                    "another process keeps the tables about runs open", str(settings.ops_path), "close it and run again"
                ) from error
            time.sleep(_POLL_SECONDS)
    try:
        yield connection
    finally:
        connection.close()
