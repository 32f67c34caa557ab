"""Old releases go, but never what is current, pinned or being read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from release_workshop import candidate, land_orders, new_settings, write_small_site

from community_metrics.cli import main
from community_metrics.dashboard import site
from community_metrics.errors import CommunityMetricsError, SettingsError
from community_metrics.releases import retention
from community_metrics.releases.history import list_releases, roll_back
from community_metrics.releases.leases import lease
from community_metrics.releases.publish import publish_release, recover
from community_metrics.releases.retention import expire_releases, pin, pins, unpin
from community_metrics.settings import Retention, Settings, load_settings

READ_DATABASE = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1] + "/warehouse.duckdb", read_only=True)
print("open", flush=True)
sys.stdin.read()
"""
READ_FILE = """
import sys
handle = open(sys.argv[1] + "/parquet/mart_activity_daily.parquet", "rb")
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def days_later(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_clock(days: float) -> None:
        class Later(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + timedelta(days=days)

        monkeypatch.setattr(retention, "datetime", Later)

    return set_clock


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A home with five releases of today."""
    settings = new_settings(tmp_path_factory.mktemp("made") / "home")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(site, "build_site", write_small_site)
        land_orders(settings, 1)
        return settings.home, [publish_release(settings, candidate(settings, version)).release_id for version in range(1, 6)]


@pytest.fixture
def five(made: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, list[str]]:
    """A home of one's own with five releases, that keeps two of them and a month."""
    monkeypatch.setattr(site, "build_site", write_small_site)
    shutil.copytree(made[0], tmp_path / "home", symlinks=True)
    return replace(new_settings(tmp_path / "home"), retention=Retention(keep_releases=2, keep_days=30, grace_hours=24)), made[1]


@contextmanager
def reader(program: str, folder: str) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdin is not None
    try:
        assert process.stdout.readline() == "open\n"
        yield process.pid
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def left(settings: Settings) -> list[str]:
    return sorted(summary.release_id for summary in list_releases(settings))


def test_what_is_neither_new_nor_among_the_newest_goes(five: tuple[Settings, list[str]], days_later: Any) -> None:
    settings, ids = five
    assert expire_releases(settings) == []
    days_later(29)
    assert expire_releases(settings) == []
    days_later(31)
    assert [outcome.release_id for outcome in expire_releases(settings, is_rehearsal=True)] == ids[:3]
    assert left(settings) == ids
    assert [(outcome.release_id, outcome.kept) for outcome in expire_releases(settings)] == [(name, None) for name in ids[:3]]
    assert left(settings) == ids[3:]
    assert [path.name for path in settings.releases.glob(".expired-*")] == []


def test_publishing_removes_what_is_beyond_the_retention(five: tuple[Settings, list[str]], days_later: Any) -> None:
    settings, ids = five
    days_later(31)
    sixth = publish_release(settings, candidate(settings, 6)).release_id
    assert left(settings) == [ids[4], sixth]


def test_the_release_that_readers_see_stays_however_old(five: tuple[Settings, list[str]], days_later: Any) -> None:
    settings, ids = five
    roll_back(settings, ids[0])
    days_later(400)
    assert [(outcome.release_id, outcome.kept) for outcome in expire_releases(settings)] == [
        (ids[0], "readers see it"),
        (ids[1], None),
        (ids[2], None),
    ]
    assert left(settings) == [ids[0], ids[3], ids[4]]


def test_a_pinned_release_stays_until_it_is_unpinned(five: tuple[Settings, list[str]], days_later: Any) -> None:
    settings, ids = five
    pin(settings, ids[1], "the audit of 2026")
    days_later(31)
    assert (expire_releases(settings)[1].kept, left(settings)) == ("pinned: the audit of 2026", [ids[1], ids[3], ids[4]])
    unpin(settings, ids[1])
    expire_releases(settings)
    assert (pins(settings), left(settings)) == ({}, ids[3:])
    with pytest.raises(CommunityMetricsError, match="is not pinned"):
        unpin(settings, ids[1])
    with pytest.raises(CommunityMetricsError, match="no release 'nothing'"):
        pin(settings, "nothing", "why not")


def test_what_readers_saw_a_moment_ago_stays_for_the_grace_period(five: tuple[Settings, list[str]], days_later: Any) -> None:
    settings, ids = five
    waiting = replace(settings, retention=Retention(keep_releases=1, keep_days=1, grace_hours=72))
    days_later(2)
    assert [str(outcome.kept)[:20] for outcome in expire_releases(waiting)] == ["readers saw it until"] * 4
    days_later(3.1)
    assert [outcome.kept for outcome in expire_releases(waiting)] == [None] * 4
    assert left(settings) == ids[4:]


@pytest.mark.parametrize(("program", "what"), [(READ_DATABASE, "has its database open"), (READ_FILE, "has a file of it open")])
def test_a_release_that_another_process_reads_stays(five: tuple[Settings, list[str]], days_later: Any, program: str, what: str) -> None:
    settings, ids = five
    days_later(31)
    with reader(program, str(settings.releases / ids[0])) as process:
        assert [outcome.kept for outcome in expire_releases(settings)] == [f"process {process} {what}", None, None]
    assert [outcome.kept for outcome in expire_releases(settings)] == [None]
    assert left(settings) == ids[3:]


def test_a_release_that_is_leased_stays_and_one_that_is_gone_cannot_be_leased(five: tuple[Settings, list[str]], days_later: Any) -> None:
    settings, ids = five
    days_later(31)
    with lease(settings, ids[2]) as folder:
        assert [outcome.kept for outcome in expire_releases(settings)] == [None, None, "somebody holds a lease of it"]
        assert (folder / "manifest.json").exists()
    expire_releases(settings)
    with pytest.raises(CommunityMetricsError, match="no release"), lease(settings, ids[2]):
        pass


def test_a_removal_that_is_killed_leaves_no_half_release(
    five: tuple[Settings, list[str]], days_later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, ids = five
    days_later(31)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            expire_releases(settings)
    assert left(settings) == ids[1:]
    assert len(list(settings.releases.glob(".expired-*"))) == 1
    recover(settings)
    assert list(settings.releases.glob(".expired-*")) == []


def test_while_nobody_knows_what_is_pinned_nothing_goes_and_releases_come(five: tuple[Settings, list[str]], days_later: Any) -> None:
    settings, ids = five
    (settings.releases / "pins.json").write_text("{")
    days_later(31)
    sixth = publish_release(settings, candidate(settings, 6)).release_id
    assert left(settings) == [*ids, sixth]
    with pytest.raises(CommunityMetricsError, match="the list of pins cannot be read"):
        expire_releases(settings)


def test_the_retention_is_set_in_the_file_or_the_environment(tmp_path: Any) -> None:
    assert load_settings(tmp_path, {}).retention == Retention(30, 35, 24)
    (tmp_path / "community_metrics.yml").write_text("retention: {keep_releases: 7, grace_hours: 0}\n")
    assert load_settings(tmp_path, {}).retention == Retention(7, 35, 0)
    assert load_settings(tmp_path, {"COMMUNITY_METRICS_KEEP_DAYS": "400"}).retention == Retention(7, 400, 0)
    with pytest.raises(SettingsError, match="keep_releases must be a positive whole number"):
        load_settings(tmp_path, {"COMMUNITY_METRICS_KEEP_RELEASES": "0"})
    with pytest.raises(SettingsError, match="grace_hours must be 0 or more"):
        load_settings(tmp_path, {"COMMUNITY_METRICS_GRACE_HOURS": "soon"})
    (tmp_path / "community_metrics.yml").write_text("retention: {keep: 7}\n")
    with pytest.raises(SettingsError, match="`retention` is wrong"):
        load_settings(tmp_path, {})


def test_the_commands_pin_unpin_and_remove(five: tuple[Settings, list[str]], days_later: Any) -> None:
    settings, ids = five
    (settings.home / "community_metrics.yml").write_text("retention: {keep_releases: 2, keep_days: 30}\n")
    days_later(31)

    def call(*arguments: str) -> list[str]:
        result = CliRunner().invoke(main, ["--home", str(settings.home), "releases", *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout.splitlines()

    assert call("pin", ids[0], "--reason", "year's end") == [f"{ids[0]} is kept: year's end"]
    assert call("list")[-1].endswith("year's end")
    assert call("expire", "--dry-run") == [
        f"{ids[0]}  kept, pinned: year's end",
        f"{ids[1]}  would be removed",
        f"{ids[2]}  would be removed",
    ]
    assert call("unpin", ids[0]) == [f"{ids[0]} is no longer pinned"]
    assert call("expire") == [f"{name}  removed" for name in ids[:3]]
    assert call("expire") == ["nothing is beyond the retention"]
    assert CliRunner().invoke(main, ["--home", str(settings.home), "releases", "unpin", ids[4]]).exit_code == 1
