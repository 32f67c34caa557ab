"""Who reads a release, so that none is removed under its reader.

Our own long readers hold a lease: a shared `flock` on a small file beside the releases, which the kernel ends with its holder.
Of other readers the kernel knows: DuckDB keeps a lock on every database that it has open, of whatever user or container on this host,
and `/proc` lists the files that other processes of the same user have open or mapped. A reader on another host shows in neither;
for such, and for whoever holds only a path, there is the grace period of `retention`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from community_metrics.errors import CommunityMetricsError
from community_metrics.releases.contents import DATABASE_NAME
from community_metrics.releases.pointer import release_path
from community_metrics.settings import Settings

_FOLDER = ".leases"
# struct flock of 64-bit Linux: l_type, l_whence, l_start, l_len, l_pid.
_FLOCK = "hhqqi4x"


@contextmanager
def lease(settings: Settings, release_id: str) -> Iterator[Path]:
    """The folder of a release, which nobody removes until the end. Raises `CommunityMetricsError` when there is none of that name.

    In a home that may only be read there is nothing to hold, and nothing to be removed.
    """
    folder = release_path(settings, release_id)
    try:
        descriptor = _open(settings, release_id)
    except PermissionError:
        descriptor = None
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        descriptor = None
    if descriptor is None:
        yield folder
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield release_path(settings, release_id)  # once more: it may have gone before the lock
    finally:
        os.close(descriptor)


@contextmanager
def unleased(settings: Settings, release_id: str) -> Iterator[bool]:
    """Whether nobody holds a lease; if so, nobody can get one until the end."""
    descriptor = _open(settings, release_id)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_free = True
    except BlockingIOError:
        is_free = False
    try:
        yield is_free
    finally:
        os.close(descriptor)


def forget_lease(settings: Settings, release_id: str) -> None:
    """Remove the file of a release that is gone."""
    (settings.releases / _FOLDER / release_id).unlink(missing_ok=True)


def reader_of(folder: Path) -> str | None:
    """Another process that has the release's database locked, or one of its files open or mapped; None if there is none to be seen."""
    holder = _lock_holder(folder / DATABASE_NAME)
    if holder is not None:
        return f"process {holder} has its database open"
    root = f"{folder.resolve()}/"
    for process in Path("/proc").glob("[0-9]*"):
        if process.name != str(os.getpid()) and _has_open(process, root):
            return f"process {process.name} has a file of it open"
    return None


def _open(settings: Settings, release_id: str) -> int:
    if Path(release_id).name != release_id or release_id.startswith("."):
        raise CommunityMetricsError(f"no release {release_id!r}", str(settings.releases), "see `community-metrics releases list`")
    folder = settings.releases / _FOLDER
    folder.mkdir(exist_ok=True)
    return os.open(folder / release_id, os.O_RDWR | os.O_CREAT, 0o644)


def _lock_holder(database: Path) -> int | None:
    try:
        with database.open("rb") as handle:
            asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack(_FLOCK, fcntl.fcntl(handle, fcntl.F_GETLK, asked))
    except OSError:
        return None
    return None if kind == fcntl.F_UNLCK else int(pid)


def _has_open(process: Path, root: str) -> bool:
    try:
        if any(str(entry.readlink()).startswith(root) for entry in (process / "fd").iterdir()):
            return True
        return root in (process / "maps").read_text(errors="replace")
    except OSError:
        return False  # it has ended, or belongs to somebody else
