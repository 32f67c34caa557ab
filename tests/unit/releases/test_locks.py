"""The locks: one at a time, the holder named, and no trace after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from community_metrics.errors import BusyError
from community_metrics.locks import ingest_lock, writer_lock
from community_metrics.settings import PROJECT_ROOT, Settings, load_settings

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT / "plugins")}

HOLDER = """
import os, sys, time
from community_metrics.locks import writer_lock
from community_metrics.settings import load_settings
with writer_lock(load_settings(sys.argv[1], {}), "build"):
    if len(sys.argv) > 2 and os.fork() == 0:
        os.close(1)
        time.sleep(60)
        os._exit(0)
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path, environ={})


def hold(settings: Settings, *extra: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(settings.home), *extra],
        stdout=subprocess.PIPE,
        env=ENVIRONMENT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_a_second_process_is_told_who_holds_the_lock(settings: Settings) -> None:
    process = hold(settings)
    try:
        with (
            pytest.raises(BusyError, match=rf"busy: `build` \(process {process.pid}\) works since 20") as caught,
            writer_lock(settings, "run"),
        ):
            pass
        assert caught.value.exit_code == 1
    finally:
        end(process)


def test_a_killed_holder_leaves_the_lock_free(settings: Settings) -> None:
    end(hold(settings))
    with writer_lock(settings, "run"):
        pass


def test_a_worker_that_outlives_its_killed_parent_does_not_keep_the_lock(settings: Settings) -> None:
    process = hold(settings, "fork")
    try:
        process.kill()
        process.wait()
        # The worker lets go of the lock as soon as it runs; on a busy machine that may be after its parent's end. It lives for a minute.
        with writer_lock(settings, "run", wait_seconds=20):
            pass
    finally:
        end(process)


def test_ingest_and_build_do_not_exclude_each_other(settings: Settings) -> None:
    with writer_lock(settings, "build"), ingest_lock(settings, "ingest"):
        pass


def test_two_writers_of_one_process_exclude_each_other(settings: Settings) -> None:
    with writer_lock(settings, "build"), pytest.raises(BusyError), writer_lock(settings, "publish"):
        pass
    with writer_lock(settings, "publish"):
        pass


def test_an_error_inside_frees_the_lock(settings: Settings) -> None:
    with pytest.raises(RuntimeError), writer_lock(settings, "build"):
        raise RuntimeError
    with writer_lock(settings, "build"):
        pass


def test_a_waiting_process_gets_the_lock_when_it_becomes_free(settings: Settings) -> None:
    process = hold(settings)
    killer = subprocess.Popen([sys.executable, "-c", f"import os, time; time.sleep(0.3); os.kill({process.pid}, 9)"])
    with writer_lock(settings, "run", wait_seconds=30):
        pass
    killer.wait()
    end(process)
