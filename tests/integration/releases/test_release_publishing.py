"""A release: what is in it, what is not, and that it appears all at once."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime

import duckdb
import pytest
from release_workshop import candidate, check, fingerprint_of, land_orders, passed, write_warehouse

from community_metrics import __version__
from community_metrics.errors import CommunityMetricsError
from community_metrics.landing.ledger import Ledger
from community_metrics.releases import publish as publishing
from community_metrics.releases.digest import digest_database
from community_metrics.releases.history import events, list_releases, record_refusal, roll_back, settled_fingerprints
from community_metrics.releases.manifest import new_release_id, read_manifest
from community_metrics.releases.pointer import current_release_id
from community_metrics.releases.publish import publish_release, recover
from community_metrics.settings import Settings
from community_metrics.warehouse.control import open_warehouse


def dau(settings: Settings) -> int:
    with duckdb.connect(str((settings.current_release / "warehouse.duckdb").resolve()), read_only=True) as connection:
        return connection.execute("select max(dau) from marts.mart_activity_daily").fetchall()[0][0]


def test_a_release_holds_marts_as_tables_parquet_site_and_manifest(settings: Settings) -> None:
    report = publish_release(settings, candidate(settings, 1))

    release = settings.current_release
    assert release.readlink().as_posix() == f"../releases/{report.release_id}"
    assert sorted(path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()) == [
        "manifest.json",
        "parquet/mart_activity_daily.parquet",
        "parquet/mart_conversion_daily.parquet",
        "parquet/mart_data_status.parquet",
        "restatements.parquet",
        "site/index.html",
        "warehouse.duckdb",
    ]
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as connection:
        tables = connection.execute("select table_schema, table_name, table_type from information_schema.tables order by 2").fetchall()
        assert tables == [
            ("marts", "mart_activity_daily", "BASE TABLE"),
            ("marts", "mart_conversion_daily", "BASE TABLE"),
            ("marts", "mart_data_status", "BASE TABLE"),
        ]
        assert connection.execute("select comment from duckdb_tables() where comment is not null").fetchall() == [("Who was active",)]
        assert connection.execute("select comment from duckdb_columns() where comment is not null").fetchall() == [
            ("It's daily active members",)
        ]
        first = connection.execute("select business_date::varchar from marts.mart_activity_daily limit 2").fetchall()
        assert first == [("2026-05-01",), ("2026-05-02",)]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o444 for path in release.rglob("*") if path.is_file())
    assert (release / "site" / "index.html").read_text() == f"dau 1 in {report.release_id}"


def test_the_manifest_says_what_the_release_was_made_of(settings: Settings) -> None:
    warned = check("warning", "failed")
    report = publish_release(settings, candidate(settings, 1, passed(1, check(), warned)))

    manifest = json.loads((settings.current_release / "manifest.json").read_text())
    assert manifest["release_id"] == report.release_id
    assert manifest["previous_release_id"] is None
    assert manifest["data_through"] == "2026-05-30"
    assert manifest["code_version"].startswith(__version__)
    assert (manifest["timezone"], manifest["week_start"]) == ("Asia/Shanghai", "monday")
    (entry,) = manifest["inputs"]
    assert (entry["source"], entry["account"], entry["period"], entry["rows"], entry["quarantined"]) == (
        "orders",
        "shop",
        "2026-05-31",
        3,
        1,
    )
    assert len(entry["sha256"]) == 64
    assert [(found["check"], found["severity"], found["status"]) for found in manifest["checks"]] == [
        ("dau_not_above_members", "critical", "passed"),
        ("dau_not_above_members", "warning", "failed"),
    ]
    assert [(mart["name"], mart["rows"]) for mart in manifest["marts"]] == [
        ("mart_activity_daily", 30),
        ("mart_conversion_daily", 1),
        ("mart_data_status", 2),
    ]
    assert [(mart.name, mart.rows, mart.digest) for mart in digest_database(settings.current_release / "warehouse.duckdb")] == [
        (mart["name"], mart["rows"], mart["digest"]) for mart in manifest["marts"]
    ]
    assert [warning["message"] for warning in manifest["warnings"]] == [warned.reason]
    assert {entry["path"] for entry in manifest["files"]} >= {"warehouse.duckdb", "site/index.html"}


def test_neither_file_names_nor_raw_rows_nor_examples_get_into_a_release(settings: Settings) -> None:
    publish_release(settings, candidate(settings, 1))
    for path in settings.current_release.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"Mrs Example" not in content
            assert b"secret" not in content
            assert b"business_date=2026-05-01" not in content


def test_publishing_closes_the_books_of_ledger_and_warehouse(settings: Settings) -> None:
    with open_warehouse(settings) as connection:
        connection.execute("create schema control; create table control.touched (domain varchar, business_date date)")
        connection.execute("insert into control.touched values ('activity', date '2026-05-01')")
    report = publish_release(settings, candidate(settings, 1))
    with Ledger(settings.ledger_path) as ledger:
        assert ledger.published_release_id() == report.release_id
        assert not ledger.changed_since_publication()
    with open_warehouse(settings, read_only=True) as connection:
        assert connection.execute("select count(*) from control.touched").fetchall() == [(0,)]


def test_what_landed_after_the_build_is_still_new_after_publishing(settings: Settings) -> None:
    built = candidate(settings, 1)
    late = land_orders(settings, 2)
    publish_release(settings, built)
    with Ledger(settings.ledger_path) as ledger:
        assert [landing.landing_id for landing in ledger.changed_since_publication().added] == [late]


def test_a_held_file_is_a_warning_of_the_release(settings: Settings) -> None:
    held = land_orders(settings, 2)
    with Ledger(settings.ledger_path) as ledger:
        ledger.hold(held, "half of the usual rows")
    report = publish_release(settings, candidate(settings, 1))
    assert len(report.warnings) == 1
    assert report.warnings[0].endswith("is held, not in the numbers: half of the usual rows")


def test_publishing_the_current_candidate_again_changes_nothing(settings: Settings) -> None:
    first = publish_release(settings, candidate(settings, 1))
    second = publish_release(settings, candidate(settings, 1))
    assert (first.is_new, second.is_new) == (True, False)
    assert second.release_id == first.release_id
    assert [summary.release_id for summary in list_releases(settings)] == [first.release_id]


def test_refusals_since_the_last_release_are_told_once(settings: Settings) -> None:
    publish_release(settings, candidate(settings, 1))
    record_refusal(settings, fingerprint_of(2), ["dau above members"])
    publish_release(settings, candidate(settings, 3))
    (refusal,) = read_manifest(settings.current_release)["refusals"]
    assert refusal["reason"] == "dau above members"
    publish_release(settings, candidate(settings, 4))
    assert read_manifest(settings.current_release)["refusals"] == []


def test_release_ids_sort_in_the_order_of_publishing_whatever_the_clock_does() -> None:
    now = datetime(2026, 11, 22, 4, 15, tzinfo=UTC)
    assert new_release_id("1a2b3c4d5e", now, []) == "20261122T041500Z-1a2b3c4d"
    assert new_release_id("00000000ff", now, ["20261122T041500Z-1a2b3c4d"]) == "20261122T041501Z-00000000"
    assert new_release_id("00000000ff", now, ["20261231T235959Z-1a2b3c4d"]) == "20270101T000000Z-00000000"


@pytest.mark.parametrize("failing", ["write_marts", "_build_site", "_bring_to_disk"])
def test_a_publication_that_fails_leaves_readers_and_folders_as_they_were(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    publish_release(settings, candidate(settings, 1))
    before = sorted(path.name for path in settings.releases.iterdir())

    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(publishing, failing, fail)
    with pytest.raises(CommunityMetricsError, match="a release could not be written: No space left"):
        publish_release(settings, candidate(settings, 2))
    assert dau(settings) == 1
    assert sorted(path.name for path in settings.releases.iterdir()) == before


def test_a_release_that_was_complete_but_not_shown_is_shown_by_the_next_publication(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_release(settings, candidate(settings, 1))
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "switch_to", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish_release(settings, candidate(settings, 2))
    assert dau(settings) == 1
    assert [summary.state for summary in list_releases(settings)] == ["unpublished", "current"]

    publish_release(settings, candidate(settings, 2))
    assert dau(settings) == 2
    assert [summary.state for summary in list_releases(settings)] == ["current", "earlier"]


def test_a_release_that_was_shown_but_not_booked_is_booked_by_recovery(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_close_books", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish_release(settings, candidate(settings, 1))
    assert dau(settings) == 1
    assert events(settings) == []

    recover(settings)
    assert [(event.event, event.release_id) for event in events(settings)] == [("published", current_release_id(settings))]
    with Ledger(settings.ledger_path) as ledger:
        assert ledger.published_release_id() == current_release_id(settings)
        assert not ledger.changed_since_publication()
    recover(settings)
    assert len(events(settings)) == 1


def test_a_rollback_shows_an_earlier_release_and_counts_the_left_one_as_done(settings: Settings) -> None:
    first = publish_release(settings, candidate(settings, 1))
    left = candidate(settings, 2)
    second = publish_release(settings, left)

    # It is as quick for a release of any size: no data file is read.
    data = [path for path in settings.releases.rglob("*") if path.suffix in {".duckdb", ".parquet"} and not path.is_symlink()]
    assert data
    for path in data:
        path.rename(path.with_name(f"{path.name}.away"))
    report = roll_back(settings, first.release_id)
    for path in data:
        path.with_name(f"{path.name}.away").rename(path)

    assert (report.release_id, report.previous_release_id) == (first.release_id, second.release_id)
    assert dau(settings) == 1
    assert settled_fingerprints(settings)[left.fingerprint] == second.release_id
    assert [summary.state for summary in list_releases(settings)] == ["rolled_back", "current"]
    recover(settings)
    assert dau(settings) == 1

    roll_back(settings, second.release_id)
    assert dau(settings) == 2


def test_a_killed_rollback_is_booked_by_recovery(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = publish_release(settings, candidate(settings, 1))
    second = publish_release(settings, candidate(settings, 2))
    publishing.switch_to(settings, first.release_id)
    recover(settings)
    assert events(settings)[-1].event == "rolled_back"
    assert events(settings)[-1].previous_release_id == second.release_id


@pytest.mark.parametrize("name", ["nothing", "../../etc", ".tmp-x", ""])
def test_rolling_back_to_what_is_no_release_is_an_error(settings: Settings, name: str) -> None:
    publish_release(settings, candidate(settings, 1))
    with pytest.raises(CommunityMetricsError, match="no release"):
        roll_back(settings, name)
    assert dau(settings) == 1


def test_a_candidate_without_marts_is_an_error(settings: Settings) -> None:
    made = candidate(settings, 1)
    write_warehouse(settings, 1)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("drop schema marts cascade")
    with pytest.raises(CommunityMetricsError, match="no marts"):
        publish_release(settings, made)
    assert current_release_id(settings) is None


def test_a_damaged_history_line_or_manifest_does_not_stop_the_next_release(settings: Settings) -> None:
    first = publish_release(settings, candidate(settings, 1))
    with (settings.published / "history.jsonl").open("ab") as handle:
        handle.write(b'{"at": "2026')
    second = publish_release(settings, candidate(settings, 2))
    assert [event.release_id for event in events(settings)] == [first.release_id, second.release_id]

    manifest = settings.releases / second.release_id / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text("{")
    assert [summary.state for summary in list_releases(settings)] == ["damaged", "earlier"]
    third = publish_release(settings, candidate(settings, 3))
    assert dau(settings) == 3
    assert third.previous_release_id == second.release_id
