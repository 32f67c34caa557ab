"""A home in one file, and back: nothing is lost, nothing comes out of an archive that no backup put in."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from release_workshop import candidate, land_orders, new_settings

from community_metrics.backups import INDEX_NAME, back_up, restore
from community_metrics.errors import BusyError, CommunityMetricsError, UsageError
from community_metrics.landing.ledger import Ledger
from community_metrics.locks import writer_lock
from community_metrics.releases.history import list_releases, settled_fingerprints
from community_metrics.releases.pointer import current_release_id
from community_metrics.releases.publish import publish_release
from community_metrics.releases.verify import verify_release
from community_metrics.settings import Settings


@pytest.fixture
def saved(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with two releases, a key of its own, a file in the inbox, and what a backup leaves out."""
    monkeypatch.delenv("COMMUNITY_METRICS_ID_KEY", raising=False)
    for version in (1, 2):
        land_orders(settings, version + 1)
        publish_release(settings, candidate(settings, version))
    assert settings.id_key
    for name, text in {
        "landing/inbox/orders/shop/orders.csv": "order_id",
        "lake/orders/orders/2026-05-31/a.parquet": "rows",
        "warehouse/ops.duckdb": "about runs",
        "airflow/airflow.db": "Airflow's own",
        "landing/.staging/half": "half a file",
    }.items():
        path = settings.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return settings


def all_files(home: Path) -> dict[str, bytes]:
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["home.tar", "home.tar.gz"])
def test_what_is_saved_comes_back(saved: Settings, tmp_path: Path, name: str) -> None:
    back_up(saved, tmp_path / name)
    there = new_settings(tmp_path / "elsewhere" / "home")
    report = restore(tmp_path / name, there)
    before, after = all_files(saved.home), all_files(there.home)
    missing = sorted(path for path in before.keys() - after.keys() if "ledger" not in path)
    assert missing == [
        "airflow/airflow.db",
        "landing/.ingest.lock",
        "landing/.staging/half",
        "warehouse/.writer.lock",
        "warehouse/warehouse.duckdb",
    ]
    assert {path: content for path, content in after.items() if not path.startswith("landing/ledger")} == {
        path: content for path, content in before.items() if path in after and not path.startswith("landing/ledger")
    }
    assert report.files == len([path for path in after if not path.startswith("published/current/")])
    assert (there.home / "id_key").stat().st_mode & 0o777 == 0o600
    assert there.id_key == saved.id_key
    with Ledger(saved.ledger_path) as one, Ledger(there.ledger_path) as other:
        assert one.landings() == other.landings()
        assert one.active_fingerprint() == other.active_fingerprint()
    # Readers see the same, and a run has nothing to do.
    assert current_release_id(there) == current_release_id(saved)
    assert [release.release_id for release in list_releases(there)] == [release.release_id for release in list_releases(saved)]
    assert verify_release(there, str(current_release_id(there))).problems == ()
    assert settled_fingerprints(there) == settled_fingerprints(saved)


def test_without_releases_there_are_none_and_nothing_points_to_one(saved: Settings, tmp_path: Path) -> None:
    back_up(saved, tmp_path / "home.tar", with_releases=False)
    there = new_settings(tmp_path / "there")
    restore(tmp_path / "home.tar", there)
    assert current_release_id(there) is None
    assert sorted(path.name for path in there.home.iterdir()) == ["id_key", "lake", "landing", "warehouse"]


def test_nobody_works_while_a_home_is_saved(saved: Settings, tmp_path: Path) -> None:
    with writer_lock(saved, "build"), pytest.raises(BusyError, match="`build`"):
        back_up(saved, tmp_path / "home.tar")
    assert list(tmp_path.glob("*.tar*")) + list(tmp_path.glob(".*.part")) == []


def test_a_backup_overwrites_nothing_and_does_not_lie_in_what_it_saves(saved: Settings, tmp_path: Path) -> None:
    (tmp_path / "home.tar").write_text("an older backup")
    with pytest.raises(UsageError, match="exists already"):
        back_up(saved, tmp_path / "home.tar")
    with pytest.raises(UsageError, match="does not lie in the home"):
        back_up(saved, saved.home / "home.tar")
    with pytest.raises(UsageError, match="nothing to back up"):
        back_up(new_settings(tmp_path / "empty"), tmp_path / "other.tar")


def test_a_home_that_is_not_empty_stays(saved: Settings, tmp_path: Path) -> None:
    back_up(saved, tmp_path / "home.tar")
    before = all_files(saved.home)
    with pytest.raises(UsageError, match="not empty"):
        restore(tmp_path / "home.tar", saved)
    assert all_files(saved.home) == before


def test_a_flipped_byte_a_cut_end_and_a_missing_file_are_found_and_leave_no_home(saved: Settings, tmp_path: Path) -> None:
    whole = tmp_path / "home.tar"
    back_up(saved, whole)
    content = whole.read_bytes()
    key = content.index(saved.id_key)
    flipped = content[:key] + bytes([content[key] ^ 1]) + content[key + 1 :]
    for number, damaged in enumerate(
        (flipped, content[: len(content) // 2], content[:100], b"", content.replace(INDEX_NAME.encode(), b"backup.jsox"))
    ):
        broken = tmp_path / f"broken{number}.tar"
        broken.write_bytes(damaged)
        with pytest.raises(CommunityMetricsError):
            restore(broken, new_settings(tmp_path / f"there{number}"))
        assert not (tmp_path / f"there{number}").exists()
    assert list(tmp_path.glob(".*restoring*")) == []


def member(name: str, **values: object) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    for field, value in values.items():
        setattr(found, field, value)
    return found


@pytest.mark.parametrize(
    ("hostile", "wrong"),
    [
        (member("../outside", size=1), "leads out of the home"),
        (member("/outside", size=1), "leads out of the home"),
        (member("landing/link", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "is no file"),
        (member("published/current", type=tarfile.SYMTYPE, linkname="../../outside"), "leads out of the home"),
        (member("published/current", type=tarfile.SYMTYPE, linkname="../releases/.."), "leads out of the home"),
        (member("device", type=tarfile.CHRTYPE), "is no file"),
        (member("extra", size=1), "1 files are missing or differ, extra first"),
    ],
)
def test_an_archive_puts_nothing_where_no_backup_would(tmp_path: Path, hostile: tarfile.TarInfo, wrong: str) -> None:
    archive = tmp_path / "home.tar"
    with tarfile.open(archive, "w") as tar:
        tar.addfile(hostile, io.BytesIO(b"x") if hostile.isreg() else None)
        index = json.dumps({"format": 1, "created_at": "", "files": {}}).encode()
        tar.addfile(member(INDEX_NAME, size=len(index)), io.BytesIO(index))
    with pytest.raises(CommunityMetricsError, match=wrong):
        restore(archive, new_settings(tmp_path / "home"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home.tar"]


def test_a_killed_backup_leaves_no_backup(saved: Settings, tmp_path: Path) -> None:
    (saved.lake / "big").write_bytes(os.urandom(1 << 20))
    program = (
        "import os, signal, sys; from pathlib import Path; from community_metrics import backups\n"
        "from community_metrics.settings import load_settings\n"
        "backups._Hashing.read = lambda self, size=-1: os.kill(os.getpid(), signal.SIGKILL)\n"
        "backups.back_up(load_settings(sys.argv[1]), Path(sys.argv[2]))"
    )
    target = tmp_path / "home.tar"
    done = subprocess.run([sys.executable, "-c", program, str(saved.home), str(target)], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    assert back_up(saved, target).files > 5
