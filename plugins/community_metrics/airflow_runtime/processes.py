"""The family of processes that a local Airflow is, and its certain end.

Airflow's components share one process group, but every task puts itself into a group of its own, and a server that is
killed leaves its workers to the system. So the family is counted, not assumed: on Linux this process adopts whatever its
descendants leave behind, and after a stop no descendant may be alive. Should this process itself be killed, its components
are told to end.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

from community_metrics.errors import BusyError, CommunityMetricsError

# From <sys/prctl.h>; Linux only.
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class ProcessFamily:
    """Long-running commands, each with a log file, in one process group."""

    environment: Mapping[str, str]
    log_folder: Path
    stop_seconds: float = 5.0
    _members: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start one component, in the family's environment or its own; its output goes to `<log_folder>/<name>.log`."""
        self.log_folder.mkdir(parents=True, exist_ok=True)
        leader = next(iter(self._members.values()), None)
        with self.log_path(name).open("wb") as output:
            self._members[name] = subprocess.Popen(
                command,
                env=dict(self.environment if environment is None else environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=leader.pid if leader else 0,
                preexec_fn=_end_with_parent,  # safe: there are no other threads here
            )

    def log_path(self, name: str) -> Path:
        return self.log_folder / f"{name}.log"

    def ensure_alive(self) -> None:
        """Raise `CommunityMetricsError` with the end of its log if a component has ended by itself."""
        for name, process in self._members.items():
            if process.poll() is not None:
                tail = "\n".join(self.log_path(name).read_text(errors="replace").splitlines()[-20:])
                raise CommunityMetricsError(
                    f"Airflow's {name} ended with code {process.returncode}:\n{tail}", str(self.log_path(name)), "read the log"
                )

    def listens_on(self, port: int) -> bool:
        """Whether a process of the family, and not a stranger, accepts connections on the port."""
        for process in _descendants():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if any(found.status == psutil.CONN_LISTEN and found.laddr.port == port for found in process.net_connections("tcp")):
                    return True
        return False

    def stop(self) -> None:
        """End every descendant: first asked, then killed. Raises `CommunityMetricsError` if one survives even that."""
        family = _descendants()
        _signal_all(family, signal.SIGTERM)
        _, stubborn = psutil.wait_procs(family, timeout=self.stop_seconds)
        # Looked up again: what was started, or left by a parent that ended, while the others were being asked.
        remaining = {*stubborn, *_descendants()}
        _signal_all(remaining, signal.SIGKILL)
        _, survivors = psutil.wait_procs(remaining, timeout=5)
        self._members.clear()
        if survivors:
            pids = ", ".join(str(process.pid) for process in survivors)
            raise CommunityMetricsError(f"processes {pids} could not be ended", "Airflow", "end them by hand")


@contextmanager
def running_family(environment: Mapping[str, str], log_folder: Path) -> Iterator[ProcessFamily]:
    """A family that is stopped however the block ends: normally, by an error, by Ctrl-C or by a signal."""
    _adopt_orphans()
    family = ProcessFamily(environment, log_folder)
    with _signals_as_interrupt():
        try:
            yield family
        finally:
            # A second Ctrl-C must not leave half of the family behind.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            family.stop()


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """One Airflow per home. Raises `BusyError` if another one holds the home."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            raise BusyError(f"Airflow already runs on this home (process {holder})", str(path), "use that one, or stop it first") from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def _descendants() -> list[psutil.Process]:
    found: list[psutil.Process] = psutil.Process().children(recursive=True)
    return found


def _signal_all(processes: Sequence[psutil.Process] | set[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_with_parent() -> None:
    """In a component, before it starts: even `kill -9` of the one who started it asks it to end."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """`kill` and a closed terminal end the block like Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
