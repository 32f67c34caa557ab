"""What the ledger knows of erased people: who is kept out (as keyed hashes), which files were rewritten, and the audit record.

The audit record (`erasures`, `erased_files`) only grows. Nobody stands in it but as a keyed hash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import LakeFile, Landing, instant_text

EMPTY = ""
"""As `stored_sha256`: nothing was left of the file."""


@dataclass(frozen=True)
class Erasure:
    """One order to erase. `person`: keyed hash of the id that was given; `finished_at`: when all files had been gone through."""

    number: int
    ordered_at: str
    ordered_by: str
    reason: str
    person: str
    ids: int
    finished_at: str | None
    files: int
    rows: int
    cells: int


@dataclass(frozen=True)
class ErasedFile:
    """One rewriting of one landed file: `sha256` as received, `stored_sha256` of what stands in the landing since."""

    sha256: str
    stored_sha256: str
    erased_at: str
    erasure: int | None
    rows: int
    cells: int


class ErasureLedger(Ledger):
    """The ledger, with what concerns erasures."""

    def begin_erasure(self, ordered_by: str, reason: str, person: str, hashes: Iterable[str]) -> int:
        """Keep these ids out from now on; the number of the order in the audit record."""
        with self._transaction() as connection:
            cursor = connection.execute(
                "insert into erasures (ordered_at, ordered_by, reason, person) values (?, ?, ?, ?)",
                (instant_text(datetime.now(UTC)), ordered_by, reason, person),
            )
            number = int(cursor.lastrowid or 0)
            _suppress(connection, hashes, number)
        return number

    def suppress(self, hashes: Iterable[str], number: int | None) -> None:
        """Further hashes that are of the same people: their orders."""
        with self._transaction() as connection:
            _suppress(connection, hashes, number)

    def suppressed(self) -> frozenset[str]:
        """Keyed hashes of everybody, and of every order, that is kept out."""
        return frozenset(row[0] for row in self._connection.execute("select hash from suppressed"))

    def open_erasure(self) -> int | None:
        """The last order that has not come to its end; None if all have."""
        row = self._connection.execute("select max(number) from erasures where finished_at is null").fetchone()
        return None if row[0] is None else int(row[0])

    def finish_erasures(self) -> None:
        """All files have been gone through for every order so far."""
        with self._transaction() as connection:
            connection.execute("update erasures set finished_at = ? where finished_at is null", (instant_text(datetime.now(UTC)),))

    def erasures(self) -> list[Erasure]:
        """The audit record, in order."""
        rows = self._connection.execute(
            """
            select
                erasures.number, ordered_at, ordered_by, reason, person,
                (select count(*) from suppressed where suppressed.erasure = erasures.number),
                finished_at,
                count(distinct sha256), coalesce(sum(rows), 0), coalesce(sum(cells), 0)
            from erasures left join erased_files on erasures.number = erased_files.erasure
            group by erasures.number order by erasures.number
            """
        )
        return [Erasure(*row) for row in rows]

    def record_rewritten(self, sha256: str, stored_sha256: str, erasure: int | None, rows: int, cells: int, names: dict[str, str]) -> None:
        """The file has less in it than it had: its landings are to be ingested anew, and what they gave so far is to go. `names`:
        landing -> its file's name without the person."""
        is_empty = stored_sha256 == EMPTY
        # A name that is written over must not stay in what the file has free.
        self._connection.execute("pragma secure_delete = on")
        with self._transaction() as connection:
            moment = instant_text(datetime.now(UTC))
            connection.execute(
                "insert into erased_files (sha256, stored_sha256, erased_at, erasure, rows, cells) values (?, ?, ?, ?, ?, ?)",
                (sha256, stored_sha256, moment, erasure, rows, cells),
            )
            connection.execute(
                "insert into erased_revisions select landing_id, revision, 0 from landings where sha256 = ? "
                "on conflict (landing_id) do update set revision = excluded.revision, is_swept = 0",
                (sha256,),
            )
            connection.execute(
                "delete from quarantined_rows where landing_id in (select landing_id from landings where sha256 = ?)", (sha256,)
            )
            connection.execute(
                "update landings set status = 'landed', reason_code = null, reason = null, needs_gate = 0 "
                "where sha256 = ? and status in ('ingested', 'held', 'rejected')",
                (sha256,),
            )
            if is_empty:
                connection.execute(
                    "update landings set status = 'withdrawn', reason_code = 'erased', reason = 'nothing is left of it after an erasure', "
                    "needs_gate = 0 where sha256 = ?",
                    (sha256,),
                )
            connection.executemany(
                "update landings set original_name = ? where landing_id = ?", [(name, landing_id) for landing_id, name in names.items()]
            )

    def accounts(self) -> list[str]:
        """Every account that a landing has been declared of, or has told of in any revision."""
        rows = self._connection.execute("select account_id from landings union select account_id from coverage order by 1")
        return [row[0] for row in rows]

    def erased_files(self) -> list[ErasedFile]:
        """The rewritings, in order: the tombstones of what was received."""
        rows = self._connection.execute("select sha256, stored_sha256, erased_at, erasure, rows, cells from erased_files order by number")
        return [ErasedFile(*row) for row in rows]

    def withdraw_emptied(self) -> None:
        """What had nothing left in it and lands again, under whatever declaration, has nothing in it."""
        with self._transaction() as connection:
            connection.execute(
                "update landings set status = 'withdrawn', reason_code = 'erased', reason = 'nothing is left of it after an erasure', "
                "needs_gate = 0 where status <> 'withdrawn' and sha256 in (select sha256 from erased_files where stored_sha256 = ?)",
                (EMPTY,),
            )

    def to_sweep(self) -> Iterator[tuple[Landing, int, list[LakeFile]]]:
        """Landings whose earlier revisions still have files in lake and quarantine, up to which revision, and their lake files."""
        for landing_id, revision in self._connection.execute(
            "select landing_id, revision from erased_revisions where not is_swept"
        ).fetchall():
            yield self.landing(landing_id), revision, self.lake_files_of((landing_id, number) for number in range(1, revision + 1))

    def record_swept(self, landing_id: str, revision: int) -> None:
        """The files of the landing's revisions up to this one are gone."""
        with self._transaction() as connection:
            connection.execute("update erased_revisions set is_swept = 1 where landing_id = ? and revision = ?", (landing_id, revision))


def _suppress(connection: sqlite3.Connection, hashes: Iterable[str], number: int | None) -> None:
    connection.executemany(
        "insert into suppressed (hash, erasure) values (?, ?) on conflict do nothing", [(one, number) for one in sorted(hashes)]
    )
