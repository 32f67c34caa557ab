"""`ops.restatements` and `ops.release_moves`: what readers were shown when, and every past number that changed with it.

Both follow from `published/history.jsonl` and the releases: a release carries what it restates in `restatements.parquet`,
what a rollback changes is compared once it has happened. So the ledger is brought up to the history, move by move and each in one
transaction, by whoever comes next: a crash in between neither loses nor doubles an entry, and a lost `ops.duckdb` comes back
as far as its releases are kept.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from community_metrics.errors import BusyError, CommunityMetricsError
from community_metrics.ops import open_ops
from community_metrics.releases.history import Event, events
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.marts import literal
from community_metrics.releases.pointer import release_path
from community_metrics.releases.restatements import RESTATEMENTS_NAME, rollback_explanation, side_of, write_restatements
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

log = logging.getLogger(__name__)

_TABLES = """
create table if not exists ops.release_moves (
    moved_at timestamp, event varchar, release_id varchar, previous_release_id varchar, restated_cells bigint
);
create table if not exists ops.restatements (
    restated_at timestamp, event varchar, release_id varchar, previous_release_id varchar,
    mart varchar, key varchar, metric varchar, business_date date, old varchar, new varchar, cause varchar, evidence varchar
);
"""
_MOVE = "restated_at, event, release_id, previous_release_id"
_CELL = "mart, key, metric, business_date, old, new, cause, evidence"


@dataclass(frozen=True)
class Restatement:
    """One past number that readers see otherwise since `restated_at` (UTC).

    `key`: JSON text of the mart's key. `old`, `new`: canonical texts, `new` None for a number that is gone or unknown now.
    `evidence`: JSON text, see `causes.Explanation`.
    """

    restated_at: str
    event: str
    release_id: str
    previous_release_id: str | None
    mart: str
    key: str
    metric: str
    business_date: str
    old: str
    new: str | None
    cause: str
    evidence: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Move:
    """One move of the pointer and what it changed: cells by mart and cause. `cells` is None where nobody can say any more."""

    moved_at: str
    event: str
    release_id: str
    previous_release_id: str | None
    cells: int | None
    summary: tuple[tuple[str, str, int], ...] = ()


def close_ledger(settings: Settings) -> bool:
    """Bring the ledger up to the history; False if it has to wait for the next run, because somebody keeps `ops.duckdb` open: a release is
    not held up for that. Call under the writer lock."""
    try:
        _close(settings)
    except BusyError as error:
        log.warning("the restatement ledger waits for the next run: %s", error)
        return False
    return True


def _close(settings: Settings) -> None:
    moves = events(settings)
    if not moves:
        return
    with open_ops(settings) as connection:
        connection.execute(_TABLES)
        known = set(connection.execute("select moved_at, release_id from ops.release_moves").fetchall())
        for event in moves:
            if (_instant(event.at), event.release_id) not in known:
                _record(connection, settings, event)


def _record(connection: DuckDBPyConnection, settings: Settings, event: Event) -> None:
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.warehouse, prefix=".restatements-") as folder:
        found = _cells_of(settings, event, Path(folder) / RESTATEMENTS_NAME)
        move = [_instant(event.at), event.event, event.release_id, event.previous_release_id]
        connection.execute("begin")
        try:
            if found is not None:
                connection.execute(
                    f"insert into ops.restatements ({_MOVE}, {_CELL}) select ?, ?, ?, ?, * from read_parquet({literal(str(found))})", move
                )
            of_move = "select count(*) from ops.restatements where restated_at = ? and release_id = ?"
            counted = connection.execute(of_move, move[::2]).fetchone()
            cells = counted[0] if counted and found is not None else None
            connection.execute("insert into ops.release_moves values (?, ?, ?, ?, ?)", [*move, cells])
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise


def _cells_of(settings: Settings, event: Event, scratch: Path) -> Path | None:
    """The Parquet file of what a move changed, written to `scratch` if no release carries it; None where nobody can say any more."""
    import duckdb

    try:
        shown = release_path(settings, event.release_id)
        if event.event == "published":
            carried = shown / RESTATEMENTS_NAME
            return carried if carried.exists() else None
        assert event.previous_release_id is not None, "a rollback leaves a release"
        left = release_path(settings, event.previous_release_id)
        told = rollback_explanation(left.name, shown.name, event.at)
        sides = [side_of(folder, read_manifest(folder)) for folder in (left, shown)]
        write_restatements(settings, sides[0], sides[1], scratch, told)
    except (CommunityMetricsError, duckdb.Error) as error:
        log.warning("what %s changed cannot be told: %s", event.release_id, error)
        return None
    return scratch


def read_restatements(
    settings: Settings, limit: int, since: datetime | None = None, mart: str | None = None, metric: str | None = None
) -> tuple[list[Restatement], int]:
    """Restated numbers, newest first and of those the latest business date first, at most `limit`; and how many there are.

    `since`: a UTC instant without zone. Raises `BusyError`.
    """
    if not settings.ops_path.exists():
        return [], 0
    conditions = {"restated_at >= ?": since, "mart = ?": mart, "metric = ?": metric}
    values = [value for value in conditions.values() if value is not None]
    where = " and ".join([condition for condition, value in conditions.items() if value is not None] or ["true"])
    with open_ops(settings) as connection:
        connection.execute(_TABLES)
        rows = connection.execute(
            f"select {_MOVE}, {_CELL} from ops.restatements where {where}"
            f" order by restated_at desc, business_date desc, mart, metric, key limit {limit}",
            values,
        ).fetchall()
        counted = connection.execute(f"select count(*) from ops.restatements where {where}", values).fetchone()
    names = f"{_MOVE}, {_CELL}".split(", ")
    listed = [Restatement(**{name: _text(value) for name, value in zip(names, row, strict=True)}) for row in rows]
    return listed, int(counted[0]) if counted else 0


def read_moves(settings: Settings, limit: int) -> list[Move]:
    """The last moves of the pointer, newest first, with what each changed. Raises `BusyError`."""
    if not settings.ops_path.exists():
        return []
    with open_ops(settings) as connection:
        connection.execute(_TABLES)
        rows = connection.execute(
            "select moved_at, event, release_id, previous_release_id, restated_cells from ops.release_moves"
            f" order by moved_at desc limit {limit}"
        ).fetchall()
        counted = connection.execute(
            "select restated_at, release_id, mart, cause, count(*) from ops.restatements"
            f" where restated_at in (select moved_at from ops.release_moves order by moved_at desc limit {limit})"
            " group by all order by all"
        ).fetchall()
    summaries: dict[tuple[datetime, str], list[tuple[str, str, int]]] = {}
    for moved_at, release_id, *cells in counted:
        summaries.setdefault((moved_at, release_id), []).append((cells[0], cells[1], cells[2]))
    return [
        Move(_text(moved_at), event, release_id, previous, cells, tuple(summaries.get((moved_at, release_id), ())))
        for moved_at, event, release_id, previous, cells in rows
    ]


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
