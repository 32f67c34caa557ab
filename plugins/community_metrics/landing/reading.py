"""What the ledger can be asked."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

from community_metrics.errors import CommunityMetricsError, NoRoomError
from community_metrics.landing.queries import HELD_COUNTS, LAKE_FILES_IN_USE, QUARANTINE_COUNTS, SHARED_AND_IDLE
from community_metrics.landing.records import (
    INSTANT_FORMAT,
    Changes,
    LakeFile,
    LakeSum,
    Landing,
    ObservedUntil,
    QuarantineCount,
    Status,
    TemplateChanges,
)
from community_metrics.landing.schema import open_schema

BUSY_SECONDS = 60.0
_ACTIVE = "status = 'ingested' and needs_gate = 0"
_TO_GATE = "status = 'ingested' and needs_gate = 1"
_MOST_PARAMETERS = 500
TEMPLATE_FACT = "template_"
LANDING_COLUMNS = (
    "landing_id, sha256, size, original_name, landed_at, source, account_id, snapshot_at, snapshot_origin, period, template, "
    "status, reason_code, reason, revision, rows, accepted, quarantined, totals, drift, needs_gate, run_id"
)


_RESTORE = "nothing else knows what landed when and as what: restore the home from its last backup, then land again what came since"


class _Connection(sqlite3.Connection):
    """Says of a damaged file what it is. SQLite has no other error for that than its own."""

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        try:
            return super().execute(*arguments)
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:
                raise
            [(_, _, path)] = super().execute("pragma database_list").fetchall()
            raise CommunityMetricsError(f"the ledger is damaged: {error}", str(path), _RESTORE) from error


def _require_unless_new(path: Path) -> None:
    """An empty ledger beside landed files is none that knows nothing yet: it is lost. Raises `CommunityMetricsError`."""
    if path.exists() and path.stat().st_size:
        return
    objects = path.parent / "objects"
    if any(objects.glob("[0-9a-f][0-9a-f]/*")):
        what = "is empty" if path.exists() else "is gone"
        raise CommunityMetricsError(f"the ledger {what}, although files have landed", str(path), _RESTORE)


# The second: "disk I/O error" in SQLite's words, when there is no room for the index of its log.
_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")


class LedgerReader:
    """The open file and every question to it. `Ledger` adds what changes it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        _require_unless_new(path)
        self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, factory=_Connection)
        self._connection.row_factory = sqlite3.Row
        try:
            self._connection.execute("pragma journal_mode = wal")
            # The inbox's file is removed once it is recorded here, so the record must be on the disk by then.
            self._connection.execute("pragma synchronous = full")
            open_schema(self._connection, str(path))
        except sqlite3.Error as error:
            self._connection.close()
            if getattr(error, "sqlite_errorname", "") in _FULL:
                remedy = "make room, then do again what was to be done: it takes up where this stopped"
                raise NoRoomError(f"the disk is full: the ledger cannot be opened ({error})", str(path), remedy) from error
            raise CommunityMetricsError(
                f"the ledger cannot be opened: {error}",
                str(path),
                _RESTORE if type(error) is sqlite3.DatabaseError else "check the disk and the file's owner",
            ) from error
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    # What there is

    def landing(self, landing_id: str) -> Landing:
        """One landing. Raises `KeyError`."""
        row = self._connection.execute(f"select {LANDING_COLUMNS} from landings where landing_id = ?", (landing_id,)).fetchone()
        if row is None:
            raise KeyError(landing_id)
        return landing_of(row)

    def landings_by_id(self, landing_ids: Iterable[str]) -> list[Landing]:
        """These landings, in the order asked for; those that are none are left out."""
        asked = list(landing_ids)
        found: dict[str, Landing] = {}
        for start in range(0, len(asked), _MOST_PARAMETERS):
            some = asked[start : start + _MOST_PARAMETERS]
            marks = ", ".join("?" * len(some))
            rows = self._connection.execute(f"select {LANDING_COLUMNS} from landings where landing_id in ({marks})", some)
            found.update((row["landing_id"], landing_of(row)) for row in rows)
        return [found[landing_id] for landing_id in asked if landing_id in found]

    def landings(self, status: Status | None = None) -> list[Landing]:
        """All landings (of one status), in the order of landing."""
        return self._select("status = ?", (status,)) if status else self._select("true", ())

    def landings_of_run(self, run_id: str) -> list[Landing]:
        """The landings whose last ingest belongs to one run."""
        return self._select("run_id = ?", (run_id,))

    def landings_to_gate(self) -> list[Landing]:
        """Ingested landings that the source gate has not judged yet."""
        return self._select(_TO_GATE, ())

    def active_landings(self) -> list[Landing]:
        """Ingested, passed by the source gate and not withdrawn: what the warehouse is made of."""
        return self._select(_ACTIVE, ())

    def active_landings_with_totals(self) -> list[Landing]:
        """Those whose file states totals of itself (`drift["totals"]`)."""
        return self._select(f"""{_ACTIVE} and drift like '%"totals"%'""", ())

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

    def lake_files_of(self, keys: Iterable[tuple[str, int]]) -> list[LakeFile]:
        """The lake files of these landings in these revisions, present ones or earlier ones."""
        found: list[LakeFile] = []
        for key in sorted(set(keys)):
            rows = self._connection.execute(
                "select landing_id, revision, source, stream, business_date, path, rows from lake_files "
                "where landing_id = ? and revision = ? order by source, stream, business_date, path",
                key,
            )
            found += [LakeFile(row[0], row[1], row[2], row[3], date.fromisoformat(row[4]), row[5], row[6]) for row in rows]
        return found

    def known_until(self, keys: Iterable[tuple[str, int]]) -> dict[str, date]:
        """Source -> the last date of which these landings in these revisions told anything."""
        found: dict[str, date] = {}
        for key in sorted(set(keys)):
            rows = self._connection.execute(
                "select coverage.source, observed_until from coverage where landing_id = ? and revision = ?"
                " union all select source, business_date from lake_files where landing_id = ? and revision = ?",
                (*key, *key),
            )
            for source, day in rows:
                found[source] = max(found.get(source, date.min), date.fromisoformat(day))
        return found

    def lake_files_to_gate(self) -> list[LakeFile]:
        """The lake files of the landings that the source gate has not judged yet."""
        return self._lake_files(f"where {_TO_GATE}")

    def lake_files_in_use(self, sources: Sequence[str] | None = None) -> list[tuple[str, LakeSum | None]]:
        """Path and sum of every file in which a landing of the lake stands (of some sources, if given); None of a file without one."""
        rows = self._connection.execute(LAKE_FILES_IN_USE)
        return [
            (row["path"], None if row["sha256"] is None else LakeSum(row["path"], row["size"], row["modified_ns"], row["sha256"]))
            for row in rows
            if sources is None or row["source"] in sources
        ]

    def landings_in(self, paths: Iterable[str]) -> list[Landing]:
        """The landings whose present revision stands in one of these lake files."""
        found = {
            row[0]
            for path in paths
            for row in self._connection.execute(
                "select landing_id from lake_files join landings using (landing_id, revision) where path = ?", (path,)
            )
        }
        return self.landings_by_id(sorted(found))

    def idle_in_shared_files(self) -> list[tuple[str, str]]:
        """(path, sha256 of the landed file) of rows that stand in a lake file of active landings without being in force."""
        return [(row[0], row[1]) for row in self._connection.execute(SHARED_AND_IDLE)]

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

    def templates_in_force(self) -> list[tuple[str, str, str]]:
        """(source, account, template) of the active landings that say how far an account is known."""
        rows = self._connection.execute(
            f"""
            select distinct coverage.source, coverage.account_id, landings.template
            from coverage join landings using (landing_id, revision)
            where {_ACTIVE} and landings.template is not null order by 1, 2, 3
            """
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def quarantine_counts(self) -> list[QuarantineCount]:
        """Distinct quarantined rows of what is not withdrawn: a bad row delivered twice counts once."""
        rows = self._connection.execute(QUARANTINE_COUNTS)
        return [QuarantineCount(row[0], row[1], date.fromisoformat(row[2]) if row[2] else None, row[3]) for row in rows]

    def held_counts(self) -> list[tuple[str, str, date, int]]:
        """(source, account, business date, rows) of what the source gate holds. A file of several accounts counts under its landing's."""
        rows = self._connection.execute(HELD_COUNTS)
        return [(row[0], row[1], date.fromisoformat(row[2]), row[3]) for row in rows]

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

    def published_release_id(self) -> str | None:
        """The release of the last `record_publication`."""
        return self._fact("published_release_id")

    def template_changes(self, fingerprints: Mapping[str, str]) -> TemplateChanges:
        """What has changed since files were last read: `fingerprints` are those of the templates now, by name."""
        known = self.template_fingerprints()
        stale = sorted(name for name, value in known.items() if fingerprints.get(name) != value)
        return TemplateChanges(sorted(fingerprints.keys() - known.keys()) if known else [], stale, not known)

    def template_fingerprints(self) -> dict[str, str]:
        """Template -> fingerprint, of those that files were last read with."""
        rows = self._connection.execute("select name, value from facts where name glob ?", (f"{TEMPLATE_FACT}*",))
        return {row[0].removeprefix(TEMPLATE_FACT): row[1] for row in rows}

    def erased_revisions(self) -> dict[str, int]:
        """Landing -> the last revision in which somebody stood who has been erased from it since."""
        return dict(self._connection.execute("select landing_id, revision from erased_revisions").fetchall())

    def stored_sums(self) -> dict[str, str]:
        """sha256 as received -> sha256 of what stands in the landing instead, of every file that was rewritten."""
        rows = self._connection.execute("select sha256, stored_sha256 from erased_files order by number")
        return {row[0]: row[1] for row in rows}

    def erased_fingerprint(self) -> str:
        """Of the revisions that were in the lake with somebody who has been erased since; empty while there are none."""
        rows = self._connection.execute("select landing_id, revision from erased_revisions where revision > 0 order by 1").fetchall()
        return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest() if rows else ""

    # Plumbing

    def _fact(self, name: str) -> str | None:
        row = self._connection.execute("select value from facts where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _select(self, condition: str, values: Sequence[Any]) -> list[Landing]:
        rows = self._connection.execute(
            f"select {LANDING_COLUMNS} from landings where {condition} order by landed_at, original_name, landing_id", values
        )
        return [landing_of(row) for row in rows]

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
            # Where the disk is full SQLite has rolled back by itself.
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            raise


def landing_of(row: sqlite3.Row) -> Landing:
    values = dict(row)
    for name in ("landed_at", "snapshot_at"):
        values[name] = datetime.strptime(values[name], INSTANT_FORMAT).replace(tzinfo=UTC)
    values["period"] = date.fromisoformat(values["period"]) if values["period"] else None
    values["drift"] = json.loads(values["drift"])
    values["needs_gate"] = bool(values["needs_gate"])
    return Landing(**values)
