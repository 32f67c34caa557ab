"""A home in which the console script works, a process of its own, under any misfortune, and what must be true of it afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from community_metrics.landing.ledger import Ledger
from community_metrics.landing.store import object_path
from community_metrics.releases.files import sha256_of
from community_metrics.releases.history import events, list_releases
from community_metrics.releases.pointer import current_release_id
from community_metrics.releases.verify import verify_release
from community_metrics.settings import PROJECT_ROOT, Settings

HERE = Path(__file__).parent
SCRIPT = Path(sys.executable).with_name("community-metrics")
MISFORTUNE = "COMMUNITY_METRICS_TEST_MISFORTUNE"
# Releases go as soon as they may, so that the retention, too, can be struck.
CONFIGURATION = "retention:\n  keep_releases: 2\n  keep_days: 1\n  grace_hours: 1\n"
# Some 30 on two idle cores; the limit is for machines that have other things to do.
RUN_SECONDS = 1_800


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that does not outlive its test."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def wait_for(halt: Path, process: subprocess.Popen[str]) -> None:
    """Until a process pauses where it was told to."""
    deadline = time.monotonic() + RUN_SECONDS
    while not halt.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


class ChaosHome:
    """One home, always in the same place: what dbt has parsed, and where staging's views find the lake, are then right in a copy."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.settings = Settings(home=path)

    def begin(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        (self.path / "community_metrics.yml").write_text(CONFIGURATION, encoding="utf-8")

    def begin_as(self, kept: Path) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(kept, self.path, symlinks=True, dirs_exist_ok=True)

    def keep_as(self, kept: Path) -> None:
        shutil.copytree(self.path, kept, symlinks=True)

    def start(self, *command: str, **misfortune: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(SCRIPT), "--home", str(self.path), *command],
            env={**os.environ, "PYTHONPATH": f"{HERE / 'inside'}:{PROJECT_ROOT / 'plugins'}", MISFORTUNE: json.dumps(misfortune)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command(self, *command: str, **misfortune: Any) -> Done:
        with ended(self.start(*command, **misfortune)) as process:
            out, err = process.communicate(timeout=RUN_SECONDS)
            return Done(process.returncode, out, err)

    def run(self, **misfortune: Any) -> Done:
        """A run that is to succeed with nothing to complain of."""
        done = self.command("run", **misfortune)
        assert done.code == 0, done
        return done

    def run_and_die(self, at: str, call: int = 1, when: str = "before", **misfortune: Any) -> None:
        """A run that is killed there: it must come there."""
        done = self.command("run", act="kill", at=at, call=call, when=when, **misfortune)
        assert done.code == -signal.SIGKILL, f"the run did not come to {at}: {done}"

    def digest(self) -> list[str]:
        done = self.command("digest")
        assert done.code == 0, done
        return done.out.splitlines()

    @contextmanager
    def read_throughout(self) -> Iterator[None]:
        """Somebody reads the published release all the while, and finds nothing wrong."""
        reader = subprocess.Popen([sys.executable, str(HERE / "reader.py"), str(self.path)], stdout=subprocess.PIPE, text=True)
        try:
            yield
        finally:
            reader.terminate()
            out, _ = reader.communicate(timeout=60)
        told = json.loads(out)
        assert told["faults"] == [] and told["reads"] > 0, told

    def assert_whole(self, files: int, withdrawn: int = 0) -> None:
        """Nothing lost, nothing twice, nothing half: `files` have landed and are in force; books, releases and folders are right."""
        settings = self.settings
        with Ledger(settings.ledger_path) as ledger:
            every = ledger.landings()
            landings = [landing for landing in every if landing.status == "ingested"]
            assert len(every) == files + withdrawn == files + len(ledger.landings("withdrawn")), every
            assert len(landings) == len({landing.landing_id for landing in landings}) == files
            assert len(ledger.active_landings()) == files
            assert ledger.published_release_id() == current_release_id(settings)
            assert not ledger.changed_since_publication()
            assert sum(file.rows for file in ledger.active_lake_files()) == sum(landing.accepted for landing in landings)
        assert all(sha256_of(object_path(settings, landing.sha256)) == landing.sha256 for landing in landings)
        assert [path for path in settings.inbox.rglob("*") if path.is_file()] == []
        assert leftovers(settings) == []
        moves = events(settings)
        assert len({move.release_id for move in moves}) == len(moves)
        assert [move.previous_release_id for move in moves[1:]] == [move.release_id for move in moves[:-1]]
        assert sorted(move.release_id for move in moves) == [move.release_id for move in moves], "ids sort as the releases came"
        for summary in list_releases(settings):
            assert summary.state in ("current", "earlier"), summary
            assert verify_release(settings, summary.release_id).problems == ()


def leftovers(settings: Settings) -> list[Path]:
    """What a process that died in the middle may leave for the next one, and the next one must not."""
    hidden = [*settings.releases.glob(".tmp-*"), *settings.releases.glob(".expired-*"), *settings.published.glob(".current-*")]
    return [*hidden, *(settings.landing / "objects").glob(".*"), *(settings.lake / ".staging").glob(".*"), *settings.lake.rglob(".*.tmp")]
