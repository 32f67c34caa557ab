"""The ledger: which files have landed and what became of them.

One SQLite file in write-ahead mode. Every change of state is one transaction, so that a process killed at any moment
leaves a ledger that is right as of the last finished step. Nothing is deleted: a landing changes its status, and a file
landed by mistake is withdrawn with a reason.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from typing import Any

from community_metrics.errors import UsageError
from community_metrics.landing.queries import FORGET_LANDING, FORGET_TEMPLATE, RECORD_INGESTED, RECORD_LANDING, RECORD_REFUSED, RECORD_SUM
from community_metrics.landing.reading import LANDING_COLUMNS, TEMPLATE_FACT, LedgerReader, landing_of
from community_metrics.landing.records import (
    Arrival,
    Ingested,
    LakeSum,
    Landing,
    Refusal,
    Status,
    date_text,
    identify_landing,
    instant_text,
)


class Ledger(LedgerReader):
    """The ledger in the file `path`, created when missing. Use as a context manager, one per thread.

    Every method raises `CommunityMetricsError` when another process keeps the ledger locked for longer than a minute.
    """

    # What lands

    def land(self, **arrival: Any) -> tuple[Landing, bool]:
        """Record a stored file, given as the fields of an `Arrival`. Returns the landing and whether it is new."""
        return self.land_together([Arrival(**arrival)])[0]

    def land_together(self, arrivals: Sequence[Arrival]) -> list[tuple[Landing, bool]]:
        """Record stored files in one transaction: each landing, and whether it is new. The same declaration of the same bytes
        is a no-op."""
        with self._transaction() as connection:
            return [self._land(connection, arrival) for arrival in arrivals]

    @staticmethod
    def _land(connection: sqlite3.Connection, arrival: Arrival) -> tuple[Landing, bool]:
        declared = arrival.declared_snapshot_at
        period = date_text(arrival.period)
        landing_id = identify_landing(arrival.sha256, arrival.source, arrival.account_id, arrival.period, declared)
        values = (
            *(landing_id, arrival.sha256, arrival.size, arrival.original_name, instant_text(arrival.landed_at)),
            *(arrival.source, arrival.account_id, instant_text(arrival.snapshot_at), arrival.snapshot_origin),
            *(instant_text(declared), period, arrival.template, arrival.status, arrival.reason_code, arrival.reason),
        )
        cursor = connection.execute(RECORD_LANDING, values)
        # A file that got its source later keeps the id it landed with.
        row = connection.execute(
            f"select {LANDING_COLUMNS} from landings where landing_id = ? or "
            "(sha256 = ? and source = ? and account_id = ? and period = ? and declared_snapshot_at = ?)",
            (landing_id, arrival.sha256, arrival.source, arrival.account_id, period, instant_text(declared)),
        ).fetchone()
        return landing_of(row), cursor.rowcount == 1

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

    def record_ingested(self, landing_id: str, ingested: Ingested, run_id: str | None = None, sums: Iterable[LakeSum] = ()) -> None:
        """The landing is in the lake as `ingested.revision`, in files of these sums, and waits for the source gate."""
        self.record_together({landing_id: ingested}, run_id, sums)

    def record_refused(self, landing_id: str, status: Status, reason_code: str, reason: str, run_id: str | None = None) -> None:
        """The landing is `rejected` or `unrecognised` whole, none of its rows is used."""
        self.record_together({landing_id: Refusal(reason_code, reason, status)}, run_id)

    def record_together(self, outcomes: Mapping[str, Ingested | Refusal], run_id: str | None = None, sums: Iterable[LakeSum] = ()) -> None:
        """What became of landings, by their ids, in one transaction. Raises `KeyError`; what is withdrawn stays withdrawn."""
        with self._transaction() as connection:
            connection.executemany(RECORD_SUM, [astuple(one) for one in sums])
            for landing_id, outcome in outcomes.items():
                landing = self.landing(landing_id)
                if landing.status == "withdrawn":
                    continue
                if isinstance(outcome, Refusal):
                    values = (outcome.status, outcome.reason_code, outcome.reason, run_id, landing_id)
                    connection.execute(RECORD_REFUSED, values)
                else:
                    _record_ingested(connection, landing, outcome, run_id)

    def record_sums(self, sums: Iterable[LakeSum]) -> None:
        """How files of the lake are written, or known to be."""
        with self._transaction() as connection:
            connection.executemany(RECORD_SUM, [astuple(one) for one in sums])

    def hold(self, landing_id: str, reason: str, reason_code: str = "gate_failed") -> None:
        """The source gate has failed the landing: its rows stay in the lake, unused."""
        self._change(landing_id, "status = 'held', reason_code = ?, reason = ?, needs_gate = 0", (reason_code, reason))

    def pass_gate(self, landing_id: str) -> None:
        """The source gate has passed the landing: its rows are active."""
        self._change(landing_id, "status = 'ingested', reason_code = null, reason = null, needs_gate = 0", ())

    def record_verdicts(self, held: Mapping[str, tuple[str, str]], passed: Iterable[str]) -> None:
        """`hold` (landing -> reason code and reason) and `pass_gate` for many landings in one transaction: ten thousand small
        files are one commit on the disk."""
        with self._transaction() as connection:
            connection.executemany(
                "update landings set status = 'held', reason_code = ?, reason = ?, needs_gate = 0 "
                "where landing_id = ? and status <> 'withdrawn'",
                [(*reasons, landing_id) for landing_id, reasons in held.items()],
            )
            connection.executemany(
                "update landings set status = 'ingested', reason_code = null, reason = null, needs_gate = 0 "
                "where landing_id = ? and status <> 'withdrawn'",
                [(landing_id,) for landing_id in passed],
            )

    def await_retry(self, landing_ids: Iterable[str]) -> None:
        """Take landings up again: they wait as when they had just landed."""
        with self._transaction() as connection:
            connection.executemany(FORGET_LANDING, [(landing_id,) for landing_id in landing_ids])

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

    # What has been published

    def record_publication(self, release_id: str, active: Iterable[tuple[str, int]] | None = None) -> None:
        """A release has been published. `active`: the set it was built from (default: the present one)."""
        with self._transaction() as connection:
            published = sorted(self.active_set() if active is None else active)
            connection.execute("delete from published")
            connection.executemany("insert into published (landing_id, revision) values (?, ?)", published)
            self._set_fact(connection, "published_release_id", release_id)

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

    def adopt_templates(self, fingerprints: Mapping[str, str], also: Iterable[str] = ()) -> int:
        """Note the templates (name -> fingerprint) that files are read with. What was read with one that has changed or gone since,
        and the landings `also`, go back to `landed`; unrecognised files are to be looked at again. Returns how many go back.

        All of it is one transaction; nothing happens, and nothing is written, while the templates are the same.
        """
        changes = self.template_changes(fingerprints)
        if not changes and not changes.is_first:
            return 0
        with self._transaction() as connection:
            retaken = sum(connection.execute(FORGET_TEMPLATE, (name,)).rowcount for name in changes.stale)
            retaken += sum(connection.execute(FORGET_LANDING, (landing_id,)).rowcount for landing_id in also)
            if changes:
                connection.execute("update landings set run_id = null where status = 'unrecognised'")
            connection.execute("delete from facts where name glob ?", (f"{TEMPLATE_FACT}*",))
            for name, value in fingerprints.items():
                self._set_fact(connection, f"{TEMPLATE_FACT}{name}", value)
        return retaken

    # Plumbing

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

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._begun("begin immediate") as connection:
            yield connection


def _record_ingested(connection: sqlite3.Connection, landing: Landing, ingested: Ingested, run_id: str | None) -> None:
    key = (landing.landing_id, ingested.revision)
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
    counts = (ingested.rows, ingested.accepted, ingested.quarantined, ingested.totals)
    drift = json.dumps(ingested.drift, ensure_ascii=False, sort_keys=True)
    connection.execute(RECORD_INGESTED, (ingested.template, ingested.revision, *counts, drift, run_id, landing.landing_id))
