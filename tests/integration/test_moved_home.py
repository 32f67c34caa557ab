"""A home goes elsewhere, as a folder or as a backup, and works on as if it had always been there."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_metrics import pipeline
from community_metrics.backups import back_up, restore
from community_metrics.releases.history import list_releases
from community_metrics.releases.manifest import read_manifest
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
    assert take(moved, LATE) == take(restored, LATE) == take(at_once, LATE)
