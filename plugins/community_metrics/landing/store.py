"""Objects by their sha256: the bytes as received, written once, never changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from community_metrics.errors import InputError
from community_metrics.settings import Settings

ERASED_SUFFIX = ".erased"
_BLOCK_BYTES = 1 << 20
_SYNC_THREADS = 8


@dataclass(frozen=True)
class StoredObject:
    """A file in the store. `device`, `inode`, `modified_ns`: of the file that it was copied from."""

    sha256: str
    size: int
    path: Path
    device: int
    inode: int
    modified_ns: int


def object_path(settings: Settings, sha256: str) -> Path:
    """Where the object stands, whether or not it is there: as received, or as it is since somebody was erased from it."""
    received = settings.landing / "objects" / sha256[:2] / sha256
    erased = received.with_name(sha256 + ERASED_SUFFIX)
    return erased if erased.exists() else received


def is_erased(path: Path) -> bool:
    """Whether an object is no longer as it was received."""
    return path.name.endswith(ERASED_SUFFIX)


def store_object(settings: Settings, path: Path) -> StoredObject:
    """Copy a file into the store, on disk when this returns. The object appears whole or not at all.

    Raises `InputError`: not_a_file (a link, folder, pipe or device), changed_while_read, unreadable.
    """
    [stored] = store_objects(settings, [path])
    if isinstance(stored, InputError):
        raise stored
    return stored


def store_objects(settings: Settings, paths: Sequence[Path]) -> list[StoredObject | InputError]:
    """The same for many files at once, for each what `store_object` returns or raises. They wait for the disk together."""
    folder = settings.landing / "objects"
    # The landing holds personal data as received: nobody but the owner of the process has to read it.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    remove_leftovers(folder)
    scratch = folder / f".{os.getpid()}"
    scratch.mkdir(exist_ok=True, mode=0o700)
    try:
        copies = [_copied(settings, path, scratch / str(number)) for number, path in enumerate(paths)]
        stored = {one.sha256: (scratch / str(number), one.path) for number, one in enumerate(copies) if isinstance(one, StoredObject)}
        _put_in_place([(copy, target) for copy, target in stored.values() if not _is_there(copy, target)])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return copies


def _copied(settings: Settings, path: Path, copy: Path) -> StoredObject | InputError:
    try:
        before, sha256 = _copy(path, copy)
    except InputError as error:
        return error
    return StoredObject(sha256, before.st_size, object_path(settings, sha256), before.st_dev, before.st_ino, before.st_mtime_ns)


def _is_there(copy: Path, target: Path) -> bool:
    # What somebody was erased from is not put back as it was; what the disk has damaged is, by the same file landed again.
    return is_erased(target) or (target.exists() and target.stat().st_size == copy.stat().st_size and sum_of(target) == target.name)


def _put_in_place(copies: Sequence[tuple[Path, Path]]) -> None:
    if not copies:
        return
    folders = {target.parent for _, target in copies}
    for folder in folders:
        folder.mkdir(exist_ok=True, mode=0o700)
    make_durable([copy for copy, _ in copies])
    for copy, target in copies:
        copy.replace(target)
    make_durable([*folders, *{folder.parent for folder in folders}])


def is_unchanged(path: Path, stored: StoredObject) -> bool:
    """Whether the file is still the one that was copied, so that it may be removed."""
    try:
        now = path.lstat()
    except OSError:
        return False
    return (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns) == (stored.device, stored.inode, stored.size, stored.modified_ns)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes have left in `folder`: entries named `.<process id>`, by processes that are no more."""
    for entry in folder.glob(".[0-9]*"):
        process_id = entry.name[1:]
        if process_id.isdecimal() and not _is_alive(int(process_id)):
            shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _copy(source: Path, target: Path) -> tuple[os.stat_result, str]:
    try:
        # Neither a link that somebody puts there at the last moment nor a pipe may lead or keep us elsewhere.
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise InputError("unreadable", f"the file cannot be read: {error.strerror}", str(source), "check its owner and mode") from error
    with os.fdopen(descriptor, "rb") as reader:
        before = os.fstat(reader.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise InputError("not_a_file", "this is no regular file", str(source), "drop the file itself")
        digest = hashlib.sha256()
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as writer:
            while block := reader.read(_BLOCK_BYTES):
                digest.update(block)
                writer.write(block)
        after = os.fstat(reader.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputError(
            "changed_while_read",
            "the file was still being written",
            str(source),
            "write it under another name (x.part) and rename it when done",
        )
    return before, digest.hexdigest()


def sum_of(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def make_durable(paths: Sequence[Path]) -> None:
    """Wait until the contents of these files and folders are on the disk. Together, as a file system commits many at the cost of
    few."""
    if len(paths) < _SYNC_THREADS:
        for path in paths:
            _sync(path)
        return
    with ThreadPoolExecutor(max_workers=_SYNC_THREADS) as pool:
        list(pool.map(_sync, paths))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
