"""Homes that older versions wrote: their own code, out of the project's history, writes one, and this version takes it on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from community_metrics import pipeline
from community_metrics.backups import restore
from community_metrics.releases.history import list_releases
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.pointer import current_release_id
from community_metrics.releases.verify import verify_release
from community_metrics.settings import PROJECT_ROOT, Settings, load_settings
from community_metrics.upgrading import plan_upgrade, upgrade

# The whole line, with a ledger of schema 1; and the last commit before this version, whose ledger and lake are today's.
VERSIONS = {"0.1.0": "16a6395", "before 0.2.0": "35994c8"}

EVENTS = "event_id,occurred_at,platform,member_id,event_type\n"
ORDERS = "order_id,platform,member_id,paid_at,gross_amount,currency\n"
FILES = {
    "events/a/events-1.csv": EVENTS + "e1,2026-10-01T09:00:00+08:00,wechat,m1,message\ne2,2026-10-02T10:00:00+08:00,wechat,m2,message\n",
    "orders/a/orders-1.csv": ORDERS + "o1,wechat,m1,2026-10-01T12:00:00+08:00,10.00,CNY\n",
}
LATE = {"events/a/events-2.csv": EVENTS + "e3,2026-10-01T11:00:00+08:00,wechat,m3,message\n"}


@pytest.fixture(autouse=True)
def same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "the same in every home")


def drop(settings: Settings, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = settings.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def digests(settings: Settings) -> dict[str, str]:
    return {mart["name"]: mart["digest"] for mart in read_manifest(settings.current_release)["marts"]}


def program_of(commit: str, folder: Path) -> Path:
    """The older version's code in `folder`; the chart library is the one that is installed."""
    archive = folder.with_suffix(".tar")
    command = ["git", "-C", str(PROJECT_ROOT), "archive", "--output", str(archive), commit]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip(f"the project's history does not reach back to {commit}: clone it whole to try an upgrade")
    with tarfile.open(archive) as content:
        content.extractall(folder, filter="data")
    shutil.copytree(PROJECT_ROOT / "dashboards" / "assets" / "vendor", folder / "dashboards" / "assets" / "vendor", dirs_exist_ok=True)
    return folder


def run_older(program: Path, home: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "community_metrics.cli", "run", "--home", str(home)],
        env={**os.environ, "PYTHONPATH": str(program / "plugins")},
        cwd=program,
        check=True,
        capture_output=True,
        timeout=600,
    )


@pytest.mark.laws
@pytest.mark.parametrize("version", VERSIONS)
def test_a_home_of_an_older_version_becomes_what_this_one_makes_of_its_files(version: str, tmp_path: Path) -> None:
    home = load_settings(tmp_path / "home", environ={})
    drop(home, FILES)
    run_older(program_of(VERSIONS[version], tmp_path / "older"), home.home)
    before = current_release_id(home)
    assert plan_upgrade(home).is_needed

    report = upgrade(home, tmp_path / "before.tar")
    assert (report.audit, report.exit_code, current_release_id(home)) == ("passed", 0, before)
    published = pipeline.publish(home)
    assert published.previous_release_id == before
    fresh = load_settings(tmp_path / "fresh", environ={})
    drop(fresh, FILES)
    pipeline.run(fresh)
    assert digests(home) == digests(fresh)
    assert all(verify_release(home, release.release_id).problems == () for release in list_releases(home))
    assert not plan_upgrade(home).is_needed
    assert upgrade(home).audit == "nothing_new"

    for settings in (home, fresh):
        drop(settings, LATE)
        assert pipeline.run(settings).outcome == "published"
    assert digests(home) == digests(fresh)

    # The way back: what was saved is the older version's home, release and all.
    older = load_settings(tmp_path / "restored", environ={})
    restore(tmp_path / "before.tar", older)
    assert current_release_id(older) == before
    assert plan_upgrade(older).is_needed
