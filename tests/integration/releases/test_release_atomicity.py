"""Readers in a loop while releases come and publishers are killed: no failure, no mix, nothing lost."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest
from release_workshop import candidate, land_orders

from community_metrics.landing.ledger import Ledger
from community_metrics.locks import writer_lock
from community_metrics.releases.history import events, list_releases
from community_metrics.releases.pointer import current_release_id
from community_metrics.releases.publish import publish_release
from community_metrics.releases.verify import verify_release
from community_metrics.settings import PROJECT_ROOT, Settings

HERE = Path(__file__).parent
PUBLICATIONS = 30
KILLS = 12

pytestmark = pytest.mark.chaos


def publisher(settings: Settings, first: int, last: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT_ROOT / 'plugins'}:{HERE}"}
    command = [sys.executable, str(HERE / "publisher.py"), str(settings.home), str(first), str(last)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


class Reader(threading.Thread):
    """Reads the published release over and over; keeps what failed and what did not fit together."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(daemon=True)
        self.settings = settings
        self.stopped = threading.Event()
        self.reads = 0
        self.seen: set[int] = set()
        self.faults: list[str] = []

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                self.read()
            except Exception as error:
                self.faults.append(repr(error))

    def read(self) -> None:
        current = self.settings.current_release
        with duckdb.connect(str(current / "warehouse.duckdb"), read_only=True) as connection:
            found = connection.execute(
                "select min(dau), max(dau), count(*), min(gross_amount) from marts.mart_activity_daily, marts.mart_conversion_daily"
            ).fetchone()
        assert found is not None
        least, greatest, rows, amount = found
        if not (least == greatest == int(amount) and rows == 30):
            self.faults.append(f"a mix of releases: {found}")
        # Files and manifest are read through one folder, resolved once, as a web server does per request.
        folder = current.resolve()
        name = json.loads((folder / "manifest.json").read_text())["release_id"]
        if name != folder.name or not (folder / "site" / "index.html").read_text().endswith(f" in {name}"):
            self.faults.append(f"a mix of files: {name}")
        self.seen.add(least)
        self.reads += 1


def stop(readers: list[Reader]) -> None:
    for reader in readers:
        reader.stopped.set()
    for reader in readers:
        reader.join()


def test_readers_never_fail_and_never_see_a_mix_while_releases_come(settings: Settings) -> None:
    publish_release(settings, candidate(settings, 1))
    readers = [Reader(settings) for _ in range(2)]
    for reader in readers:
        reader.start()
    process = publisher(settings, 2, PUBLICATIONS + 1)
    output, _ = process.communicate(timeout=300)
    stop(readers)

    assert process.returncode == 0
    assert output.split() == [str(version) for version in range(2, PUBLICATIONS + 2)]
    assert [fault for reader in readers for fault in reader.faults] == []
    assert len(readers[0].seen | readers[1].seen) > 5
    assert len(list_releases(settings)) == PUBLICATIONS + 1


def test_publishers_killed_at_random_moments_leave_every_release_whole_and_the_books_right(settings: Settings) -> None:
    publish_release(settings, candidate(settings, 1))
    reader = Reader(settings)
    reader.start()
    randomness = random.Random(20261122)
    version = 2
    for _ in range(KILLS):
        process = publisher(settings, version, version + 50)
        assert process.stdout is not None
        process.stdout.readline()  # past the imports
        time.sleep(randomness.uniform(0, 0.8))
        process.kill()
        process.communicate()
        version += 100
    stop([reader])
    assert reader.faults == []

    late = land_orders(settings, 2)
    with writer_lock(settings, "publish"):
        last = publish_release(settings, candidate(settings, version))
    assert current_release_id(settings) == last.release_id
    assert [path.name for path in settings.releases.glob(".*")] == []
    assert [path.name for path in settings.published.glob(".*")] == []
    releases = list_releases(settings)
    shown = [summary.release_id for summary in releases if summary.state != "unpublished"]
    assert sorted(event.release_id for event in events(settings)) == sorted(shown)
    for summary in releases:
        assert verify_release(settings, summary.release_id).problems == ()
    with Ledger(settings.ledger_path) as ledger:
        assert ledger.published_release_id() == last.release_id
        assert late in {landing.landing_id for landing in ledger.active_landings()}
        assert not ledger.changed_since_publication()
