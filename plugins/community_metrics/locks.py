"""Locks between processes: one writer of the warehouse, one reader of what waits in the landing.

`flock` belongs to the open file, so the kernel lets go of it when its process ends, however it ends: after `kill -9`
nothing has to be cleaned up. What stands inside the file is only there to name the holder.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from community_metrics.errors import BusyError
from community_metrics.settings import Settings

_POLL_SECONDS = 0.1
_held: set[int] = set()


def _forget_in_child() -> None:
    # A forked worker shares the open file, and with it the lock: were its parent killed, it would keep the lock alive.
    for descriptor in list(_held):
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)


def writer_lock_path(settings: Settings) -> Path:
    """Held over build, audit, publish and rollback."""
    return settings.warehouse / ".writer.lock"


def ingest_lock_path(settings: Settings) -> Path:
    """Held while files go from the landing to the lake."""
    return settings.landing / ".ingest.lock"


@contextmanager
def writer_lock(settings: Settings, purpose: str, wait_seconds: float = 0) -> Iterator[None]:
    """Be the only process that changes the warehouse and the releases. Raises `BusyError` naming the holder."""
    with _locked(writer_lock_path(settings), purpose, wait_seconds):
        yield


@contextmanager
def ingest_lock(settings: Settings, purpose: str, wait_seconds: float = 0) -> Iterator[None]:
    """Be the only process that turns landed files into the lake. Raises `BusyError` naming the holder."""
    with _locked(ingest_lock_path(settings), purpose, wait_seconds):
        yield


@contextmanager
def own_file(path: Path) -> Iterator[int]:
    """A new file, open for appending and locked until the end: who finds it unlocked knows that the process that made it is gone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # It gets its name when it is locked: nobody finds it free in between.
    unnamed = path.with_name(f".{path.name}")
    descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    _held.add(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        unnamed.rename(path)
        yield descriptor
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


def is_abandoned(path: Path) -> bool:
    """Whether nobody holds the file any more."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def _locked(path: Path, purpose: str, wait_seconds: float) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    _held.add(descriptor)
    try:
        _acquire(descriptor, path, time.monotonic() + wait_seconds)
        holder = {"pid": os.getpid(), "purpose": purpose, "since": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise BusyError(f"busy: {_holder(descriptor)}", str(path), "wait for it to end and run the command again") from None
            time.sleep(_POLL_SECONDS)


def _holder(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        return f"`{holder['purpose']}` (process {holder['pid']}) works since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process has just started to work"
