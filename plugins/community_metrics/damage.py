"""DuckDB files that are damaged: told from those that are only locked or out of reach, and set aside for what is made anew."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

# What DuckDB 1.5 says of a database cut short (at 12 lengths) and of one with 64 bytes changed (at 14 places): every block has a
# checksum. A file that is locked, may not be read or was written by a newer version is told in other words.
_SIGNS = ("not a valid DuckDB database file", "Could not read enough bytes", "Corrupt database file", "Corrupt WAL file")
_BATCH_ROWS = 100_000


def shows_damage(problem: object) -> bool:
    """Whether DuckDB says by this that a file is not what it once wrote."""
    return any(sign in str(problem) for sign in _SIGNS)


def damage_of(database: Path) -> str | None:
    """What is wrong with a database, every block of which is read; None if nothing is, or it cannot be asked now."""
    import duckdb

    if not database.exists():
        return None
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            tables = connection.execute("select schema_name, table_name from duckdb_tables() where not temporary").fetchall()
            for schema, table in tables:
                for _ in connection.execute(f'select * from "{schema}"."{table}"').to_arrow_reader(_BATCH_ROWS):
                    pass
    # What is wrong further on in a table comes through Arrow's stream, which says it as an OSError: which of the two depends on how far
    # DuckDB has read before the first batch is asked for.
    except (duckdb.Error, OSError) as error:
        return str(error).splitlines()[0] if shows_damage(error) else None
    return None


def set_aside(database: Path, problem: str) -> Path:
    """Move a damaged database out of the way; gives where to. The last one is kept, for whoever wants to look at it."""
    for old in database.parent.glob(f"{database.name}.damaged-*"):
        old.unlink()
    aside = database.with_name(f"{database.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    # Its log belongs to it and to no other.
    database.with_name(f"{database.name}.wal").unlink(missing_ok=True)
    database.rename(aside)
    log.warning("%s is damaged and set aside as %s: %s", database, aside.name, problem)
    return aside
