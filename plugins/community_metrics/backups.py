"""A home in one file, and back: everything that cannot be made again, and the lake, so that nothing has to be read anew.

Left out is what the next build makes (the working warehouse), what belongs to Airflow (its own database and logs), what was logged,
and what lies between two states: locks, hidden files of processes at work.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from community_metrics.errors import CommunityMetricsError, UsageError
from community_metrics.locks import ingest_lock, writer_lock
from community_metrics.releases.history import utc_now
from community_metrics.releases.manifest import code_version
from community_metrics.settings import Settings

INDEX_NAME = "backup.json"
FORMAT = 1
_BLOCK_BYTES = 1 << 20
_LEDGER = "landing/ledger.sqlite"
_ID_KEY = "id_key"
_POINTER = "published/current"
_NAME_PREFIX = "community-metrics-"


@dataclass(frozen=True)
class BackupReport:
    """One backup, written or taken back: where it is, when it was made, its files and their bytes."""

    path: str
    created_at: str
    files: int
    size: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def back_up(settings: Settings, target: Path, with_releases: bool = True) -> BackupReport:
    """Write the home to `target`: a tar file, packed if its name ends with `.gz` or `.tgz`.

    Nothing is landed, built or published meanwhile. The file gets its name when it is whole and on disk. Raises `BusyError` while
    another process works, `UsageError` when there is no home or the target exists or lies in the home.
    """
    target = target.absolute()
    if not settings.ledger_path.exists():
        raise UsageError("there is nothing to back up", str(settings.home), "name the home: --home DIR")
    if target.exists():
        raise UsageError("the file exists already", str(target), "name another file, or remove it")
    if target.is_relative_to(settings.home):
        raise UsageError("a backup does not lie in the home that it saves", str(target), "name a file elsewhere, best on another disk")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with (
            writer_lock(settings, "backup"),
            ingest_lock(settings, "backup"),
            tempfile.TemporaryDirectory() as scratch,
            part.open("wb") as handle,
        ):
            # Not a copy of the file: what was written last may still stand in the log beside it.
            ledger = Path(scratch) / "ledger.sqlite"
            with closing(sqlite3.connect(settings.ledger_path)) as source, closing(sqlite3.connect(ledger)) as copy:
                source.backup(copy)
            report = _write(settings, handle, target, ledger, with_releases)
            handle.flush()
            os.fsync(handle.fileno())
        part.rename(target)
    except OSError as error:
        raise CommunityMetricsError(
            f"the backup cannot be written: {error.strerror}", str(target), "make room, or name another place"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return report


def back_up_into(settings: Settings, folder: Path, keep: int) -> BackupReport:
    """Write the home to a new file in `folder`, and remove the oldest of those that this wrote there beyond `keep`.

    Nothing is removed before the new one is whole. Raises as `back_up`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    report = back_up(settings, folder / f"{_NAME_PREFIX}{moment}.tar.gz")
    for old in sorted(folder.glob(f"{_NAME_PREFIX}*.tar.gz"))[:-keep]:
        old.unlink()
    return report


def restore(archive: Path, settings: Settings) -> BackupReport:
    """Make the home from a backup. Nothing is there before all of it has been found right.

    Raises `UsageError` when the home is not empty, `CommunityMetricsError` when the archive is damaged, incomplete or holds what
    no backup holds.
    """
    home = settings.home
    if home.exists() and any(home.iterdir()):
        raise UsageError("the home is not empty", str(home), "name an empty one: --home DIR")
    home.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{home.name}.restoring-", dir=home.parent))
    try:
        with tarfile.open(archive) as tar:
            index = _extract(tar, scratch, archive)
        key = scratch / _ID_KEY
        if key.exists():
            key.chmod(0o600)
        if home.exists():
            home.rmdir()
        scratch.rename(home)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CommunityMetricsError(
            f"the backup cannot be read: {error}", str(archive), "use another backup, or look at the disk"
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    files = index["files"]
    return BackupReport(str(archive), index["created_at"], len(files), sum(entry["size"] for entry in files.values()))


def _write(settings: Settings, handle: IO[bytes], target: Path, ledger: Path, with_releases: bool) -> BackupReport:
    files: dict[str, dict[str, Any]] = {}
    packed = "w:gz" if target.suffix in (".gz", ".tgz") else "w"
    with tarfile.open(fileobj=handle, mode=packed) as tar:  # type: ignore[call-overload]
        for path in _saved(settings, with_releases):
            name = path.relative_to(settings.home).as_posix()
            content = ledger if name == _LEDGER else path
            member = tar.gettarinfo(str(content), arcname=name)
            member.type = tarfile.REGTYPE  # a second name of the same file, too, is kept as a file
            member.uname = member.gname = ""
            with content.open("rb") as opened:
                reader = _Hashing(opened)
                tar.addfile(member, reader)  # type: ignore[arg-type]
            files[name] = {"sha256": reader.digest.hexdigest(), "size": member.size}
        if with_releases and settings.current_release.is_symlink():
            tar.add(settings.current_release, arcname=_POINTER, recursive=False)
        index: dict[str, Any] = {"format": FORMAT, "created_at": utc_now(), "code_version": code_version(), "files": files}
        encoded = json.dumps(index).encode()
        member = tarfile.TarInfo(INDEX_NAME)
        member.size = len(encoded)
        tar.addfile(member, io.BytesIO(encoded))
    return BackupReport(str(target), index["created_at"], len(files), sum(entry["size"] for entry in files.values()))


def _saved(settings: Settings, with_releases: bool) -> Iterator[Path]:
    places = (settings.airflow_home, settings.logs, settings.warehouse)
    left_out = {*places, *(() if with_releases else (settings.releases, settings.published))}
    for folder, names, files in os.walk(settings.home):
        here = Path(folder)
        names[:] = sorted(
            name for name in names if not name.startswith(".") and here / name not in left_out and not (here / name).is_symlink()
        )
        for name in sorted(files):
            # What stands in the ledger's log is in its copy.
            if not name.startswith(".") and not name.startswith("ledger.sqlite-"):
                yield here / name
    # About runs, and made by nothing else.
    yield from sorted(settings.ops_path.parent.glob(f"{settings.ops_path.name}*"))


class _Hashing:
    """Reads on, and keeps the sha256 of what was read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self.digest.update(block)
        return block


def _extract(tar: tarfile.TarFile, into: Path, archive: Path) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    index: dict[str, Any] | None = None
    for member in tar:
        name = PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts:
            raise _damaged(archive, f"{member.name} leads out of the home")
        target = into / name
        if member.name == _POINTER and member.issym():
            release = PurePosixPath(member.linkname)
            if release.parts[:2] != ("..", "releases") or len(release.parts) != 3 or release.name in ("..", "."):
                raise _damaged(archive, f"{member.name} leads out of the home")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(member.linkname, target_is_directory=True)
            continue
        content = tar.extractfile(member) if member.isreg() else None
        if content is None:
            raise _damaged(archive, f"{member.name} is no file")
        if member.name == INDEX_NAME:
            index = json.loads(content.read())
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as handle:
            reader = _Hashing(content)
            shutil.copyfileobj(reader, handle, _BLOCK_BYTES)
        os.utime(target, (member.mtime, member.mtime))
        target.chmod(member.mode & 0o755)
        found[member.name] = {"sha256": reader.digest.hexdigest(), "size": member.size}
    return _require_whole(index, found, archive)


def _require_whole(index: dict[str, Any] | None, found: dict[str, dict[str, Any]], archive: Path) -> dict[str, Any]:
    if index is None:
        raise _damaged(archive, f"it has no {INDEX_NAME}")
    if index.get("format") != FORMAT:
        raise CommunityMetricsError(
            f"its format is {index.get('format')!r}", str(archive), "restore it with the version that made it, then upgrade"
        )
    files: dict[str, dict[str, Any]] = index["files"]
    wrong = sorted(name for name in files.keys() | found.keys() if files.get(name) != found.get(name))
    if wrong:
        raise _damaged(archive, f"{len(wrong)} files are missing or differ, {wrong[0]} first")
    return index


def _damaged(archive: Path, why: str) -> CommunityMetricsError:
    return CommunityMetricsError(f"the backup is damaged: {why}", str(archive), "use another backup")
