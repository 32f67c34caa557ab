"""The ledger keeps what landed, what became of it, and what has been published."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from community_metrics.errors import CommunityMetricsError, NoRoomError, UsageError
from community_metrics.landing import reading
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Arrival, Coverage, Ingested, LakeFile, Landing, QuarantinedRow

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "landing" / "ledger.sqlite") as ledger:
        yield ledger


def land(ledger: Ledger, **changes: Any) -> tuple[Landing, bool]:
    values: dict[str, Any] = {
        "sha256": "a" * 64,
        "size": 10,
        "original_name": "orders.csv",
        "landed_at": NOON,
        "source": "orders",
        "account_id": "shop1",
        "snapshot_at": NOON,
        "snapshot_origin": "landing",
    }
    return ledger.land(**{**values, **changes})


def ingested(landing: Landing, revision: int = 1, day: date = date(2026, 9, 30), **changes: Any) -> Ingested:
    values: dict[str, Any] = {
        "revision": revision,
        "template": "mapped_orders",
        "rows": 3,
        "accepted": 1,
        "quarantined": 1,
        "totals": 1,
        "drift": {"unknown": ["note"]},
        "lake_files": [
            LakeFile(landing.landing_id, revision, landing.source, "orders", day, f"lake/{landing.landing_id[:4]}-r{revision}", 1)
        ],
        "coverage": [Coverage("shop", "shop1", day, day)],
        "quarantined_rows": [QuarantinedRow("shop1", day, b"hash")],
    }
    return Ingested(**{**values, **changes})


def make_active(ledger: Ledger, **changes: Any) -> Landing:
    landing, _ = land(ledger, **changes)
    ledger.record_ingested(landing.landing_id, ingested(landing))
    ledger.pass_gate(landing.landing_id)
    return ledger.landing(landing.landing_id)


def test_same_bytes_under_the_same_declarations_land_once_whenever_they_come(ledger: Ledger) -> None:
    first, is_new = land(ledger)
    again, is_new_again = land(ledger, landed_at=datetime(2026, 12, 1, tzinfo=UTC), snapshot_at=datetime(2026, 12, 1, tzinfo=UTC))
    assert (is_new, is_new_again) == (True, False)
    assert again == first
    assert again.snapshot_at == NOON


@pytest.mark.parametrize(
    "other",
    [
        {"account_id": "shop2"},
        {"source": "refunds"},
        {"period": date(2026, 9, 30)},
        {"snapshot_at": datetime(2026, 10, 2, tzinfo=UTC), "snapshot_origin": "folder"},
    ],
)
def test_same_bytes_under_another_declaration_are_another_landing(ledger: Ledger, other: dict[str, Any]) -> None:
    first, _ = land(ledger)
    second, is_new = land(ledger, **other)
    assert is_new
    assert second.landing_id != first.landing_id


def test_who_declared_the_snapshot_does_not_matter_only_what(ledger: Ledger) -> None:
    land(ledger, snapshot_origin="folder")
    assert land(ledger, snapshot_origin="flag")[1] is False


def test_an_ingested_landing_is_active_only_after_the_source_gate(ledger: Ledger) -> None:
    landing, _ = land(ledger)
    ledger.record_ingested(landing.landing_id, ingested(landing), run_id="run-1")
    assert ledger.active_landings() == []
    assert [waiting.landing_id for waiting in ledger.landings_to_gate()] == [landing.landing_id]
    ledger.pass_gate(landing.landing_id)
    [active] = ledger.active_landings()
    assert (active.status, active.rows, active.accepted, active.quarantined, active.totals) == ("ingested", 3, 1, 1, 1)
    assert active.drift == {"unknown": ["note"]}
    assert [file.business_date for file in ledger.active_lake_files()] == [date(2026, 9, 30)]
    assert ledger.landings_of_run("run-1") == [active]


def test_a_held_landing_is_not_active_and_says_why(ledger: Ledger) -> None:
    landing, _ = land(ledger)
    ledger.record_ingested(landing.landing_id, ingested(landing))
    ledger.hold(landing.landing_id, "half of the usual rows")
    held = ledger.landing(landing.landing_id)
    assert (held.status, held.reason_code, held.reason) == ("held", "gate_failed", "half of the usual rows")
    assert ledger.active_lake_files() == []
    assert ledger.observed_until() == []


def test_a_withdrawn_file_is_out_of_use_for_good(ledger: Ledger) -> None:
    landing = make_active(ledger)
    assert [one.status for one in ledger.withdraw("aaaaaaaa", "wrong shop")] == ["withdrawn"]
    ledger.pass_gate(landing.landing_id)
    ledger.record_ingested(landing.landing_id, ingested(landing, revision=2))
    again, is_new = land(ledger)
    assert (again.status, again.reason, is_new) == ("withdrawn", "wrong shop", False)
    assert ledger.active_lake_files() == []


@pytest.mark.parametrize(("sha256", "reason"), [("b" * 64, "x"), ("aaa", "x"), ("a" * 64, " "), ("%" * 8, "x")])
def test_a_withdrawal_of_nothing_or_without_reason_is_a_usage_error(ledger: Ledger, sha256: str, reason: str) -> None:
    land(ledger)
    with pytest.raises(UsageError):
        ledger.withdraw(sha256, reason)


def test_fingerprint_does_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    fingerprints = []
    for order in (["a", "b"], ["b", "a"]):
        with Ledger(tmp_path / f"{order[0]}.sqlite") as ledger:
            for letter in order:
                make_active(ledger, sha256=letter * 64)
            fingerprints.append(ledger.active_fingerprint())
    assert fingerprints[0] == fingerprints[1]


def test_changes_since_publication_name_what_came_what_went_and_the_dates_of_both(ledger: Ledger) -> None:
    kept = make_active(ledger, sha256="a" * 64)
    gone = make_active(ledger, sha256="b" * 64)
    ledger.record_publication("r1")
    assert not ledger.changed_since_publication()
    ledger.withdraw(gone.sha256, "mistake")
    came, _ = land(ledger, sha256="c" * 64)
    ledger.record_ingested(came.landing_id, ingested(came, day=date(2026, 10, 5)))
    ledger.pass_gate(came.landing_id)
    changes = ledger.changed_since_publication()
    assert [landing.sha256[0] for landing in changes.added] == ["c"]
    assert [landing.sha256[0] for landing in changes.removed] == ["b"]
    assert changes.dates == [("orders", "orders", date(2026, 9, 30)), ("orders", "orders", date(2026, 10, 5))]
    assert kept.landing_id not in {landing.landing_id for landing in (*changes.added, *changes.removed)}


def test_a_publication_of_an_earlier_state_leaves_the_later_landing_as_a_change(ledger: Ledger) -> None:
    make_active(ledger, sha256="a" * 64)
    built = ledger.active_set()
    make_active(ledger, sha256="b" * 64)
    ledger.record_publication("r1", built)
    assert [landing.sha256[0] for landing in ledger.changed_since_publication().added] == ["b"]
    assert ledger.published_release_id() == "r1"


def test_a_new_revision_touches_the_dates_of_the_old_one_too(ledger: Ledger) -> None:
    landing = make_active(ledger)
    ledger.record_publication("r1")
    ledger.record_ingested(landing.landing_id, ingested(landing, revision=2, day=date(2026, 10, 1)))
    ledger.pass_gate(landing.landing_id)
    changes = ledger.changed_since_publication()
    assert [(one.revision) for one in changes.added] == [2]
    assert [(one.revision) for one in changes.removed] == [1]
    assert [day for _, _, day in changes.dates] == [date(2026, 9, 30), date(2026, 10, 1)]
    assert [file.revision for file in ledger.active_lake_files()] == [2]


def test_coverage_is_the_widest_of_the_active_landings(ledger: Ledger) -> None:
    for letter, day in (("a", date(2026, 9, 1)), ("b", date(2026, 9, 20))):
        landing, _ = land(ledger, sha256=letter * 64)
        ledger.record_ingested(landing.landing_id, ingested(landing, day=day))
        ledger.pass_gate(landing.landing_id)
    [entry] = ledger.observed_until()
    assert (entry.platform, entry.first_date, entry.observed_until) == ("shop", date(2026, 9, 1), date(2026, 9, 20))


def test_a_bad_row_delivered_in_two_files_counts_once(ledger: Ledger) -> None:
    for letter in "ab":
        landing, _ = land(ledger, sha256=letter * 64)
        rows = [QuarantinedRow("shop1", None, b"same"), QuarantinedRow("shop1", None, letter.encode())]
        ledger.record_ingested(landing.landing_id, ingested(landing, rows=4, quarantined=2, quarantined_rows=rows))
    [count] = ledger.quarantine_counts()
    assert (count.source, count.account_id, count.business_date, count.rows) == ("orders", "shop1", None, 3)


def test_rows_that_do_not_add_up_are_refused_by_the_ledger_itself(ledger: Ledger) -> None:
    landing, _ = land(ledger)
    with pytest.raises(sqlite3.IntegrityError):
        ledger.record_ingested(landing.landing_id, ingested(landing, rows=99))
    assert ledger.landing(landing.landing_id).status == "landed"
    assert ledger.lake_files(landing.landing_id) == []


def test_another_time_zone_sends_the_whole_lake_back_to_the_landing(ledger: Ledger) -> None:
    landing = make_active(ledger)
    assert ledger.adopt_lake_identity({"timezone": "UTC", "id_key": "1"}) == []
    assert ledger.adopt_lake_identity({"timezone": "UTC", "id_key": "1"}) == []
    assert ledger.landing(landing.landing_id).status == "ingested"
    assert ledger.adopt_lake_identity({"timezone": "Asia/Shanghai", "id_key": "1"}) == ["timezone"]
    assert ledger.landing(landing.landing_id).status == "landed"


def test_an_unrecognised_file_gets_its_source_later(ledger: Ledger) -> None:
    unknown, _ = land(ledger, source="", status="unrecognised", reason_code="unrecognised", reason="no template")
    assert ledger.recognise(unknown.landing_id, "orders", "mapped_orders")
    recognised = ledger.landing(unknown.landing_id)
    assert (recognised.status, recognised.source, recognised.reason) == ("landed", "orders", None)
    assert land(ledger) == (recognised, False)
    assert land(ledger, source="") == (recognised, False)


def test_an_unrecognised_file_does_not_get_a_source_under_which_it_has_landed_already(ledger: Ledger) -> None:
    unknown, _ = land(ledger, source="", status="unrecognised")
    land(ledger)
    assert not ledger.recognise(unknown.landing_id, "orders", "mapped_orders")
    assert ledger.landing(unknown.landing_id).status == "unrecognised"


def test_a_ledger_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(CommunityMetricsError, match="schema version 99"):
        Ledger(path)


def test_a_ledger_of_the_version_before_is_brought_up_to_date_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.executescript(
            """
            drop table erased_revisions;
            drop table erased_files;
            drop table suppressed;
            drop table erasures;
            drop table coverage;
            create table coverage (
                landing_id text, revision integer, source text, platform text, account_id text, first_date text, observed_until text,
                primary key (landing_id, revision, platform, account_id)
            ) without rowid;
            insert into coverage values ('l1', 1, 'orders', 'shop', '', '2026-06-01', '2026-06-02');
            drop table lake_sums;
            pragma user_version = 1;
            """
        )
    Ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("insert into coverage values ('l1', 1, 'refunds', 'shop', '', '2026-06-01', '2026-06-02')")
        assert [row[0] for row in connection.execute("select source from coverage order by source")] == ["orders", "refunds"]
        assert connection.execute("select count(*) from erasures").fetchone() == (0,)
        assert connection.execute("select count(*) from lake_sums").fetchone() == (0,)
        assert connection.execute("pragma user_version").fetchone() == (4,)


def test_a_ledger_without_room_for_its_log_is_told_as_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_room(*_: Any) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"  # what SQLite 3.40 says on a full tmpfs
        raise error

    monkeypatch.setattr(reading, "open_schema", without_room)
    with pytest.raises(NoRoomError, match=r"the disk is full: the ledger cannot be opened .* - make room"):
        Ledger(tmp_path / "ledger.sqlite")


@pytest.mark.parametrize("size", [1_000, 4_096, 20_000])
def test_a_ledger_that_was_cut_short_is_told_with_what_to_do(tmp_path: Path, size: int) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        for number in range(60):
            land(ledger, sha256=hashlib.sha256(str(number).encode()).hexdigest())
    assert path.stat().st_size > size
    os.truncate(path, size)
    with pytest.raises(CommunityMetricsError, match=r"ledger.*sqlite - .*restore the home from its last backup"), Ledger(path) as ledger:
        ledger.landings()


@pytest.mark.parametrize("harm", [lambda path: os.truncate(path, 0), Path.unlink])
def test_an_empty_ledger_beside_landed_files_is_not_taken_for_a_new_one(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    landed = tmp_path / "objects" / "ab" / "ab12"
    landed.parent.mkdir(parents=True)
    landed.write_text("what somebody exported")
    harm(path)
    with pytest.raises(CommunityMetricsError, match=r"although files have landed - .* - .*backup"):
        Ledger(path)
    landed.unlink()
    Ledger(path).close()


def test_a_full_disk_is_told_as_one_and_the_transaction_is_not_half_done(ledger: Ledger) -> None:
    land(ledger)
    [pages] = ledger._connection.execute("pragma page_count").fetchone()
    ledger._connection.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="database or disk is full"):
        ledger.land_together([Arrival(f"{number:064}", 10, "x.csv", NOON, "orders", "", NOON, "landing") for number in range(500)])
    ledger._connection.execute("pragma max_page_count = 100000")
    assert len(ledger.landings()) == 1
