"""Readers of the released file and of Postgres, without a pause, while a hundred releases come and old ones expire."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from test_postgres import Readers, publish

from community_metrics.releases.history import release_folders
from community_metrics.releases.retention import expire_releases
from community_metrics.serving.postgres import compare_served, load_release
from community_metrics.settings import Retention, Settings

READER = Path(__file__).parents[2] / "chaos" / "reader.py"
RELEASES = 100


@pytest.mark.laws
def test_readers_of_a_hundred_releases_meet_no_error_and_no_mix(settings: Settings, uri: str) -> None:
    settings = replace(settings, retention=Retention(keep_releases=3, keep_days=0, grace_hours=0))
    load_release(settings, uri, publish(settings, 1))
    of_postgres = [Readers(uri) for _ in range(2)]
    of_files = [subprocess.Popen([sys.executable, str(READER), str(settings.home)], stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for thread in of_postgres:
            thread.start()
        for version in range(2, RELEASES + 1):
            release = publish(settings, version)
            load_release(settings, uri, release)
            expire_releases(settings)
    finally:
        for thread in of_postgres:
            thread.stopped.set()
        for process in of_files:
            process.send_signal(signal.SIGTERM)
    for thread in of_postgres:
        thread.join()
    told = [json.loads(process.communicate(timeout=60)[0]) for process in of_files]

    assert [fault for thread in of_postgres for fault in thread.faults] == []
    assert [fault for one in told for fault in one["faults"]] == []
    # Each kind of reader met most of them; how many is the machine's affair.
    assert len({version for thread in of_postgres for version in thread.seen}) > RELEASES // 2
    assert len({release for one in told for release in one["releases"]}) > RELEASES // 2
    assert compare_served(settings, uri) == (release, ())
    assert len(release_folders(settings)) < 10
