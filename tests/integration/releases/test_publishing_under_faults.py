"""A full disk, a disk that takes no writing, and two publishers at once: readers keep what they have, and the next try succeeds."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from release_workshop import candidate, land_orders

from community_metrics.errors import CommunityMetricsError
from community_metrics.landing.ledger import Ledger
from community_metrics.releases.digest import digest_database
from community_metrics.releases.history import events, list_releases
from community_metrics.releases.pointer import current_release_id
from community_metrics.releases.publish import publish_release
from community_metrics.releases.restatement_ledger import read_moves
from community_metrics.releases.verify import verify_release
from community_metrics.settings import PROJECT_ROOT, Settings

HERE = Path(__file__).parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{PROJECT_ROOT / 'plugins'}:{HERE}"}
WRITES = ("os.mkdir", "os.rename", "os.symlink", "os.remove", "os.chmod", "os.truncate")


class Disk:
    """Lets the process write so many times below a folder, and then says that the disk is full."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.writes_left = 0
        self.writes = 0
        sys.addaudithook(self.watch)

    def watch(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.folder is None or not (event in WRITES or (event == "open" and self.is_writing(arguments))):
            return
        if any(str(argument).startswith(self.folder) for argument in arguments[:2]):
            self.writes += 1
            if self.writes > self.writes_left:
                raise OSError(errno.ENOSPC, "No space left on device")

    @staticmethod
    def is_writing(arguments: tuple[object, ...]) -> bool:
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))

    @contextmanager
    def full_after(self, writes: int, folder: Path) -> Iterator[None]:
        self.folder, self.writes_left, self.writes = str(folder), writes, 0
        try:
            yield
        finally:
            self.folder = None


@pytest.fixture(scope="module")
def disk() -> Disk:
    return Disk()


def digests(settings: Settings) -> dict[str, str]:
    return {mart.name: mart.digest for mart in digest_database(settings.current_release / "warehouse.duckdb")}


def test_a_disk_that_is_full_at_any_write_leaves_readers_a_whole_release_and_the_next_try_succeeds(settings: Settings, disk: Disk) -> None:
    first = publish_release(settings, candidate(settings, 1)).release_id
    built, failures = candidate(settings, 2), 0
    while True:
        try:
            with disk.full_after(failures, settings.home):
                last = publish_release(settings, built)
            break
        except CommunityMetricsError as error:
            assert "No space left on device" in error.what
        failures += 1
        seen = str(current_release_id(settings))
        assert verify_release(settings, seen).problems == ()
        assert len(list_releases(settings)) <= 2
    assert failures > 15
    assert last.release_id == current_release_id(settings) != first
    assert [path.name for path in settings.releases.glob(".tmp-*")] == []
    assert [event.release_id for event in events(settings)] == [first, last.release_id]
    assert [move.release_id for move in read_moves(settings, 10)] == [last.release_id, first]
    with Ledger(settings.ledger_path) as ledger:
        assert ledger.published_release_id() == last.release_id
    publish_release(settings, candidate(settings, 3))
    rows = digests(settings)
    publish_release(settings, candidate(settings, 2))
    assert digests(settings) != rows
    assert {mart.name: mart.digest for mart in last.marts} == digests(settings)


def small_disk(folder: Path, kind: str) -> list[str]:
    if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("this kernel gives an ordinary user no mounts of their own")
    command = ["unshare", "-rm", sys.executable, str(HERE / "small_disk.py"), str(folder), kind]
    told = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=200, check=False)
    assert told.returncode == 0, told.stderr
    return told.stdout.splitlines()


def test_a_small_disk_that_runs_full(tmp_path: Path, settings: Settings) -> None:
    lines = small_disk(tmp_path, "full")
    outcomes = [line.split() for line in lines[:-2]]
    assert {outcome for _, outcome, _, _ in outcomes} >= {"CommunityMetricsError"}
    assert {(is_seen, is_whole) for _, _, is_seen, is_whole in outcomes} == {("True", "True")}
    assert lines[-2] == "published 2 True"
    publish_release(settings, candidate(settings, 2))
    assert lines[-1] == digests(settings)["mart_activity_daily"]


def test_a_disk_that_takes_no_writing(tmp_path: Path) -> None:
    lines = small_disk(tmp_path, "read-only")
    assert lines[0] == "CommunityMetricsError True True"
    assert lines[1] == "published 2 True"


def test_two_publishers_at_once_take_turns(settings: Settings) -> None:
    publish_release(settings, candidate(settings, 1))
    land_orders(settings, 2)
    commands = [[sys.executable, str(HERE / "publisher.py"), str(settings.home), str(first), str(first + 3), "60"] for first in (10, 20)]
    processes = [subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) for command in commands]
    told = [process.communicate(timeout=200)[0].split() for process in processes]
    assert told == [["10", "11", "12", "13"], ["20", "21", "22", "23"]]
    moves = events(settings)
    assert len(moves) == 9
    assert [move.previous_release_id for move in moves[1:]] == [move.release_id for move in moves[:-1]]
    for summary in list_releases(settings):
        assert verify_release(settings, summary.release_id).problems == ()
