"""A home goes elsewhere, as a folder or as a backup, and works on as if it had always been there: as a rebuild would have it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from community_metrics import pipeline
from community_metrics.backups import back_up, restore
from community_metrics.rebuilding import compare_rebuild
from community_metrics.releases.history import list_releases
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.pointer import current_release_id
from community_metrics.releases.restatement_ledger import read_restatements
from community_metrics.releases.verify import verify_release
from community_metrics.settings import Settings, load_settings

EVENTS = "event_id,occurred_at,platform,member_id,event_type\n"
ORDERS = "order_id,platform,member_id,paid_at,gross_amount,currency\n"
FIRST = {
    "events/a/events-1.csv": EVENTS + "e1,2026-10-01T09:00:00+08:00,wechat,m1,message\ne2,2026-10-01T10:00:00+08:00,wechat,m2,message\n",
    "orders/a/orders-1.csv": ORDERS + "o1,wechat,m1,2026-10-01T12:00:00+08:00,10.00,CNY\n",
}
# Of one source alone: what comes from the others must still be found where it is now.
LATER = {"orders/a/orders-2.csv": ORDERS + "o2,wechat,m2,2026-10-02T12:00:00+08:00,25.00,CNY\n"}
LATE = {"events/a/events-2.csv": EVENTS + "e3,2026-10-01T11:00:00+08:00,wechat,m3,message\n"}


def take(settings: Settings, files: dict[str, str]) -> dict[str, str]:
    """Drop the files, run, and give the digest of each mart of the release."""
    for name, text in files.items():
        path = settings.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    report = pipeline.run(settings)
    assert report.outcome == "published", report.message
    return {mart["name"]: mart["digest"] for mart in read_manifest(settings.current_release)["marts"]}


@pytest.fixture(autouse=True)
def same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "the same in every home")


@pytest.mark.laws
def test_moved_restored_and_worked_on_a_home_has_the_same_numbers(tmp_path: Path) -> None:
    first = load_settings(tmp_path / "first", environ={})
    take(first, FIRST)
    first.home.rename(tmp_path / "moved")
    moved = load_settings(tmp_path / "moved", environ={})
    assert verify_release(moved, list_releases(moved)[0].release_id).problems == ()
    assert pipeline.run(moved).outcome == "nothing_new"
    after_the_move = take(moved, LATER)

    back_up(moved, tmp_path / "home.tar.gz")
    restored = load_settings(tmp_path / "restored", environ={})
    restore(tmp_path / "home.tar.gz", restored)
    assert pipeline.run(restored).outcome == "nothing_new"
    assert [release.state for release in list_releases(restored)] == ["current", "earlier"]

    at_once = load_settings(tmp_path / "at_once", environ={})
    assert after_the_move == take(at_once, FIRST | LATER)
    assert compare_rebuild(moved).differences == ()
    assert take(moved, LATE) == take(restored, LATE) == take(at_once, LATE)


@pytest.mark.laws
def test_a_rebuild_that_gives_other_numbers_is_told_and_published_once_it_is_wanted(tmp_path: Path) -> None:
    home = load_settings(tmp_path / "home", environ={})
    take(home, FIRST)
    assert compare_rebuild(home).is_equal
    before = current_release_id(home)
    # A fault that no run would notice: no file came or went.
    (order,) = home.lake.glob("orders/orders/**/*.parquet")
    with duckdb.connect() as connection:
        connection.execute(f"create table damaged as select * replace ('11.00' as gross_amount) from '{order}'")
        connection.execute(f"copy damaged to '{order}' (format parquet)")
    report = compare_rebuild(home)
    differing = {difference.mart for difference in report.differences}
    assert {"mart_conversion_daily", "mart_ltv_cohorts"} <= differing
    assert not differing & {"mart_activity_daily", "mart_retention", "dim_date"}
    assert pipeline.run(home).outcome == "nothing_new"

    pipeline.build(home, full_refresh=True)
    pipeline.audit(home)
    assert not pipeline.publish(home).is_new
    published = pipeline.publish(home, again=True)
    assert published.is_new and published.release_id != before == published.previous_release_id
    assert compare_rebuild(home).is_equal
    assert pipeline.run(home).outcome == "nothing_new"
    told, _ = read_restatements(home, 1000, None, "mart_conversion_daily", "gross_amount")
    assert {(entry.old, entry.new, entry.cause) for entry in told} == {("10.00", "11.00", "unexplained")}
