"""Whatever happens to the one who started them, no process of a family outlives it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from community_metrics.airflow_runtime.processes import exclusive, running_family
from community_metrics.errors import BusyError, CommunityMetricsError

MARK = "COMMUNITY_METRICS_TEST_FAMILY"

# A component like Airflow's: it has a child in a group of its own and one whose parent is gone, and all of them ignore being asked to end.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleep = [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"]
subprocess.Popen(sleep, process_group=0)
orphan = "import subprocess, sys; subprocess.Popen(sys.argv[1:], start_new_session=True)"
subprocess.run([sys.executable, "-c", orphan, *sleep])
open(sys.argv[1], "w").close()
time.sleep(600)
"""

STARTER = """
import os, sys, time
from pathlib import Path
from community_metrics.airflow_runtime.processes import running_family
folder = Path(sys.argv[1])
try:
    with running_family(os.environ, folder) as family:
        family.stop_seconds = 0.5
        family.start("stubborn", [sys.executable, "-c", sys.argv[2], str(folder / "ready")])
        while True:
            time.sleep(0.1)
except KeyboardInterrupt:
    sys.exit(130)
"""


def family_of(mark: str) -> list[psutil.Process]:
    """Living processes that carry the mark in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def wait_for(path: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_whole_family_even_what_ignores_it_or_lost_its_parent(tmp_path: Path, number: signal.Signals) -> None:
    mark = str(tmp_path)
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path), STUBBORN], env=os.environ | {MARK: mark})
    wait_for(tmp_path / "ready")
    assert len(family_of(mark)) == 4
    starter.send_signal(number)
    assert starter.wait(timeout=60) == 130
    assert family_of(mark) == []


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
def test_components_end_even_when_their_starter_is_killed(tmp_path: Path) -> None:
    mark = str(tmp_path)
    component = "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(600)"
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path), component], env=os.environ | {MARK: mark})
    wait_for(tmp_path / "ready")
    starter.kill()
    starter.wait()
    deadline = time.monotonic() + 60
    while family_of(mark):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_error_in_the_block_ends_the_family_too(tmp_path: Path) -> None:
    mark = str(tmp_path)
    with pytest.raises(ZeroDivisionError), running_family(os.environ | {MARK: mark}, tmp_path) as family:
        family.start("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"])
        assert len(family_of(mark)) == 1
        _ = 1 / 0
    assert family_of(mark) == []


def test_signals_mean_again_what_they_meant_before(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with running_family(os.environ, tmp_path):
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_a_component_that_ends_by_itself_is_noticed_with_the_end_of_its_log(tmp_path: Path) -> None:
    with running_family(os.environ, tmp_path) as family:
        family.start("scheduler", [sys.executable, "-c", "print('no such table: dag'); raise SystemExit(3)"])
        deadline = time.monotonic() + 60
        with pytest.raises(CommunityMetricsError, match="scheduler ended with code 3:\nno such table: dag"):
            while time.monotonic() < deadline:
                family.ensure_alive()
                time.sleep(0.05)


def test_a_stranger_s_server_is_not_taken_for_one_of_the_family(tmp_path: Path) -> None:
    listen = (
        "import socket, sys, time; s = socket.create_server(('127.0.0.1', 0)); open(sys.argv[1], 'w').write(str(s.getsockname()[1]));"
        " time.sleep(600)"
    )
    with socket.create_server(("127.0.0.1", 0)) as stranger, running_family(os.environ, tmp_path) as family:
        family.start("server", [sys.executable, "-c", listen, str(tmp_path / "port")])
        wait_for(tmp_path / "port")
        deadline = time.monotonic() + 60
        while not (tmp_path / "port").read_text():
            assert time.monotonic() < deadline
        assert family.listens_on(int((tmp_path / "port").read_text()))
        assert not family.listens_on(stranger.getsockname()[1])


def test_one_home_has_one_airflow(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path / "running.lock"),
        pytest.raises(BusyError, match=f"process {os.getpid()}"),
        exclusive(tmp_path / "running.lock"),
    ):
        pass
    with exclusive(tmp_path / "running.lock"):
        pass
