"""The ledger: which files have landed and what became of them.

One SQLite file in write-ahead mode. Every change of state is one transaction, so that a process killed at any moment
leaves a ledger that is right as of the last finished step. Nothing is deleted: a landing changes its status, and a file
landed by mistake is withdrawn with a reason.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from community_metrics.errors import CommunityMetricsError, UsageError
from community_metrics.landing.queries import HELD_COUNTS, QUARANTINE_COUNTS, RECORD_INGESTED, RECORD_LANDING
from community_metrics.landing.records import (
    INSTANT_FORMAT,
    Changes,
    Ingested,
    LakeFile,
    Landing,
    ObservedUntil,
    QuarantineCount,
    SnapshotOrigin,
    Status,
    date_text,
    identify_landing,
    instant_text,
)
from community_metrics.landing.schema import open_schema

BUSY_SECONDS = 60.0
_ACTIVE = "status = 'ingested' and needs_gate = 0"
_LANDING_COLUMNS = (
    "landing_id, sha256, size, original_name, landed_at, source, account_id, snapshot_at, snapshot_origin, period, template, "
    "status, reason_code, reason, revision, rows, accepted, quarantined, totals, drift, needs_gate, run_id"
)


class Ledger:
    """The ledger in the file `path`, created when missing. Use as a context manager, one per thread.

    Every method raises `CommunityMetricsError` when another process keeps the ledger locked for longer than a minute.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        try:
            self._connection.execute("pragma journal_mode = wal")
            # The inbox's file is removed once it is recorded here, so the record must be on the disk by then.
            self._connection.execute("pragma synchronous = full")
            open_schema(self._connection, str(path))
        except sqlite3.Error as error:
            self._connection.close()
            raise CommunityMetricsError(
                f"the ledger cannot be opened: {error}", str(path), "check the disk and the file's owner"
            ) from error
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    # What lands

    def land(
        self,
        *,
        sha256: str,
        size: int,
        original_name: str,
        landed_at: datetime,
        source: str,
        account_id: str,
        snapshot_at: datetime,
        snapshot_origin: SnapshotOrigin,
        period: date | None = None,
        template: str | None = None,
        status: Status = "landed",
        reason_code: str | None = None,
        reason: str | None = None,
    ) -> tuple[Landing, bool]:
        """Record a stored file. Returns the landing and whether it is new: the same declaration of the same bytes is a no-op."""
        declared = snapshot_at if snapshot_origin in ("flag", "sidecar", "folder") else None
        landing_id = identify_landing(sha256, source, account_id, period, declared)
        with self._transaction() as connection:
            cursor = connection.execute(
                RECORD_LANDING,
                (
                    landing_id,
                    sha256,
                    size,
                    original_name,
                    instant_text(landed_at),
                    source,
                    account_id,
                    instant_text(snapshot_at),
                    snapshot_origin,
                    instant_text(declared),
                    date_text(period),
                    template,
                    status,
                    reason_code,
                    reason,
                ),
            )
            # A file that got its source later keeps the id it landed with.
            row = connection.execute(
                f"select {_LANDING_COLUMNS} from landings where landing_id = ? or "
                "(sha256 = ? and source = ? and account_id = ? and period = ? and declared_snapshot_at = ?)",
                (landing_id, sha256, source, account_id, date_text(period), instant_text(declared)),
            ).fetchone()
        return _landing(row), cursor.rowcount == 1

    def recognise(self, landing_id: str, source: str, template: str) -> bool:
        """Give a source to a landing that was unrecognised; False if the same bytes have landed under that source already."""
        with self._transaction() as connection:
            cursor = connection.execute(
                "update or ignore landings set source = ?, template = ?, status = 'landed', reason_code = null, reason = null "
                "where landing_id = ? and status = 'unrecognised'",
                (source, template, landing_id),
            )
        return cursor.rowcount == 1

    # What becomes of it

    def record_ingested(self, landing_id: str, ingested: Ingested, run_id: str | None = None) -> None:
        """The landing is in the lake as `ingested.revision`, and waits for the source gate."""
        with self._transaction() as connection:
            landing = self.landing(landing_id)
            if landing.status == "withdrawn":
                return
            key = (landing_id, ingested.revision)
            for table in ("lake_files", "coverage", "quarantined_rows"):
                connection.execute(f"delete from {table} where landing_id = ? and revision = ?", key)
            files = [(*key, file.source, file.stream, date_text(file.business_date), file.path, file.rows) for file in ingested.lake_files]
            coverage = [
                (
                    *(*key, entry.source or landing.source, entry.platform, entry.account_id),
                    *(date_text(entry.first_date), date_text(entry.observed_until)),
                )
                for entry in ingested.coverage
            ]
            aside = ((*key, row.account_id, date_text(row.business_date) or None, row.row_hash) for row in ingested.quarantined_rows)
            connection.executemany("insert into lake_files values (?, ?, ?, ?, ?, ?, ?)", files)
            connection.executemany("insert into coverage values (?, ?, ?, ?, ?, ?, ?)", coverage)
            connection.executemany("insert into quarantined_rows values (?, ?, ?, ?, ?)", aside)
            connection.execute(
                RECORD_INGESTED,
                (
                    ingested.template,
                    ingested.revision,
                    ingested.rows,
                    ingested.accepted,
                    ingested.quarantined,
                    ingested.totals,
                    json.dumps(ingested.drift, ensure_ascii=False, sort_keys=True),
                    run_id,
                    landing_id,
                ),
            )

    def record_refused(self, landing_id: str, status: Status, reason_code: str, reason: str, run_id: str | None = None) -> None:
        """The landing is `rejected` or `unrecognised` whole, none of its rows is used."""
        self._change(
            landing_id,
            "status = ?, reason_code = ?, reason = ?, needs_gate = 0, rows = 0, accepted = 0, quarantined = 0, totals = 0, run_id = ?",
            (status, reason_code, reason, run_id),
        )

    def hold(self, landing_id: str, reason: str, reason_code: str = "gate_failed") -> None:
        """The source gate has failed the landing: its rows stay in the lake, unused."""
        self._change(landing_id, "status = 'held', reason_code = ?, reason = ?, needs_gate = 0", (reason_code, reason))

    def pass_gate(self, landing_id: str) -> None:
        """The source gate has passed the landing: its rows are active."""
        self._change(landing_id, "status = 'ingested', reason_code = null, reason = null, needs_gate = 0", ())

    def pass_gate_together(self, landing_ids: Iterable[str]) -> None:
        """`pass_gate` for many landings in one transaction: ten thousand small files are one commit on the disk."""
        with self._transaction() as connection:
            connection.executemany(
                "update landings set status = 'ingested', reason_code = null, reason = null, needs_gate = 0 "
                "where landing_id = ? and status <> 'withdrawn'",
                [(landing_id,) for landing_id in landing_ids],
            )

    def await_retry(self, landing_id: str) -> None:
        """Take up a rejected landing again."""
        self._change(landing_id, "status = 'landed', reason_code = null, reason = null", ())

    def withdraw(self, sha256: str, reason: str) -> list[Landing]:
        """Take every landing of these bytes out of use, for good. `sha256`: whole, or its first 8 characters or more.

        Raises `UsageError` if nothing, or more than one file, has that sum, or if the reason is empty.
        """
        if not reason.strip():
            raise UsageError("a withdrawal needs a reason", "ledger", "say why with --reason")
        prefix = sha256.strip().lower()
        if len(prefix) < 8 or set(prefix) - set("0123456789abcdef"):
            raise UsageError(f"{sha256!r} is no sha256", "ledger", "give its first 8 characters or more, as `ledger show` prints it")
        with self._transaction() as connection:
            found = [row[0] for row in connection.execute("select distinct sha256 from landings where sha256 glob ?", (prefix + "*",))]
            if len(found) != 1:
                what = "no landed file has" if not found else f"{len(found)} landed files have"
                raise UsageError(f"{what} the sha256 {sha256}", "ledger", "see `ledger show` for the sums")
            connection.execute(
                "update landings set status = 'withdrawn', reason_code = 'withdrawn', reason = ?, needs_gate = 0 where sha256 = ?",
                (reason.strip(), found[0]),
            )
        return self._select("sha256 = ?", (found[0],))

    # What there is

    def landing(self, landing_id: str) -> Landing:
        """One landing. Raises `KeyError`."""
        row = self._connection.execute(f"select {_LANDING_COLUMNS} from landings where landing_id = ?", (landing_id,)).fetchone()
        if row is None:
            raise KeyError(landing_id)
        return _landing(row)

    def landings(self, status: Status | None = None) -> list[Landing]:
        """All landings (of one status), in the order of landing."""
        return self._select("status = ?", (status,)) if status else self._select("true", ())

    def landings_of_run(self, run_id: str) -> list[Landing]:
        """The landings whose last ingest belongs to one run."""
        return self._select("run_id = ?", (run_id,))

    def landings_to_gate(self) -> list[Landing]:
        """Ingested landings that the source gate has not judged yet."""
        return self._select("status = 'ingested' and needs_gate = 1", ())

    def active_landings(self) -> list[Landing]:
        """Ingested, passed by the source gate and not withdrawn: what the warehouse is made of."""
        return self._select(_ACTIVE, ())

    def active_set(self) -> frozenset[tuple[str, int]]:
        """(landing_id, revision) of the active landings."""
        rows = self._connection.execute(f"select landing_id, revision from landings where {_ACTIVE}")
        return frozenset((row[0], row[1]) for row in rows)

    def active_fingerprint(self) -> str:
        """sha256 over the sorted active set: equal for equal inputs, whatever the order of arrival."""
        text = "\n".join(f"{landing_id} {revision}" for landing_id, revision in sorted(self.active_set()))
        return hashlib.sha256(text.encode()).hexdigest()

    def active_lake_files(self) -> list[LakeFile]:
        """The lake files of the active landings, by source, stream, date and path."""
        return self._lake_files(f"where {_ACTIVE}")

    def lake_files(self, landing_id: str) -> list[LakeFile]:
        """The lake files of one landing's present revision, whatever its status."""
        return self._lake_files("where landing_id = ?", (landing_id,))

    def _lake_files(self, where: str, values: Sequence[Any] = ()) -> list[LakeFile]:
        rows = self._connection.execute(
            "select landing_id, revision, lake_files.source, stream, business_date, path, lake_files.rows "
            f"from lake_files join landings using (landing_id, revision) {where} "
            "order by lake_files.source, stream, business_date, path",
            values,
        )
        return [LakeFile(row[0], row[1], row[2], row[3], date.fromisoformat(row[4]), row[5], row[6]) for row in rows]

    def observed_until(self) -> list[ObservedUntil]:
        """Per source, platform and account: from the first to the last complete business date of the active landings."""
        rows = self._connection.execute(
            f"""
            select coverage.source, platform, coverage.account_id, min(first_date), max(observed_until)
            from coverage join landings using (landing_id, revision)
            where {_ACTIVE} group by 1, 2, 3 order by 1, 2, 3
            """
        )
        return [ObservedUntil(row[0], row[1], row[2], date.fromisoformat(row[3]), date.fromisoformat(row[4])) for row in rows]

    def quarantine_counts(self) -> list[QuarantineCount]:
        """Distinct quarantined rows of what is not withdrawn: a bad row delivered twice counts once."""
        rows = self._connection.execute(QUARANTINE_COUNTS)
        return [QuarantineCount(row[0], row[1], date.fromisoformat(row[2]) if row[2] else None, row[3]) for row in rows]

    def held_counts(self) -> list[tuple[str, str, date, int]]:
        """(source, account, business date, rows) of what the source gate holds. A file of several accounts counts under its landing's."""
        rows = self._connection.execute(HELD_COUNTS)
        return [(row[0], row[1], date.fromisoformat(row[2]), row[3]) for row in rows]

    # What has been published

    def changed_since_publication(self) -> Changes:
        """The active set against the one that the last release was made of."""
        with self._snapshot() as connection:
            active = self.active_set()
            published = {(row[0], row[1]) for row in connection.execute("select landing_id, revision from published")}
            added = [self.landing(landing_id) for landing_id, _ in sorted(active - published)]
            removed = [replace(self.landing(landing_id), revision=revision) for landing_id, revision in sorted(published - active)]
            dates: set[tuple[str, str, date]] = set()
            for key in active ^ published:
                rows = connection.execute("select source, stream, business_date from lake_files where landing_id = ? and revision = ?", key)
                dates |= {(row[0], row[1], date.fromisoformat(row[2])) for row in rows}
        return Changes(added, removed, sorted(dates))

    def record_publication(self, release_id: str, active: Iterable[tuple[str, int]] | None = None) -> None:
        """A release has been published. `active`: the set it was built from (default: the present one)."""
        with self._transaction() as connection:
            published = sorted(self.active_set() if active is None else active)
            connection.execute("delete from published")
            connection.executemany("insert into published (landing_id, revision) values (?, ?)", published)
            self._set_fact(connection, "published_release_id", release_id)

    def published_release_id(self) -> str | None:
        """The release of the last `record_publication`."""
        return self._fact("published_release_id")

    # What the lake was made with

    def adopt_lake_identity(self, identity: Mapping[str, str]) -> list[str]:
        """Note what shapes every lake file (time zone, id key). Returns the names that have changed.

        If any has, every landing in the lake goes back to `landed`, in the same transaction: all of it is ingested anew.
        """
        with self._transaction() as connection:
            known = {name: self._fact(f"lake_{name}") for name in identity}
            changed = sorted(name for name, value in identity.items() if known[name] not in (None, value))
            for name, value in identity.items():
                self._set_fact(connection, f"lake_{name}", value)
            if changed:
                connection.execute("update landings set status = 'landed', needs_gate = 0 where status in ('ingested', 'held')")
        return changed

    # Plumbing

    def _fact(self, name: str) -> str | None:
        row = self._connection.execute("select value from facts where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    @staticmethod
    def _set_fact(connection: sqlite3.Connection, name: str, value: str) -> None:
        connection.execute(
            "insert into facts (name, value) values (?, ?) on conflict (name) do update set value = excluded.value", (name, value)
        )

    def _change(self, landing_id: str, assignments: str, values: Sequence[Any]) -> None:
        with self._transaction() as connection:
            cursor = connection.execute(
                f"update landings set {assignments} where landing_id = ? and status <> 'withdrawn'", (*values, landing_id)
            )
            if cursor.rowcount == 0:
                self.landing(landing_id)  # a KeyError for what never landed; what is withdrawn stays withdrawn

    def _select(self, condition: str, values: Sequence[Any]) -> list[Landing]:
        rows = self._connection.execute(
            f"select {_LANDING_COLUMNS} from landings where {condition} order by landed_at, original_name, landing_id", values
        )
        return [_landing(row) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._begun("begin immediate") as connection:
            yield connection

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """Several reads of one state, while others write."""
        with self._begun("begin") as connection:
            yield connection

    @contextmanager
    def _begun(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute(begin)
        except sqlite3.OperationalError as error:
            raise CommunityMetricsError(
                f"the ledger is locked: {error}", str(self.path), "wait for the other community-metrics process, or end it"
            ) from error
        try:
            yield self._connection
            self._connection.execute("commit")
        except BaseException:
            self._connection.execute("rollback")
            raise


def _landing(row: sqlite3.Row) -> Landing:
    values = dict(row)
    for name in ("landed_at", "snapshot_at"):
        values[name] = datetime.strptime(values[name], INSTANT_FORMAT).replace(tzinfo=UTC)
    values["period"] = date.fromisoformat(values["period"]) if values["period"] else None
    values["drift"] = json.loads(values["drift"])
    values["needs_gate"] = bool(values["needs_gate"])
    return Landing(**values)
