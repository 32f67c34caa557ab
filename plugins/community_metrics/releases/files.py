"""Writing that survives a crash at any moment: a reader sees the old content or the new, never half of one."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

_BLOCK_BYTES = 1 << 20


def render_json(content: Any) -> bytes:
    """The one way in which the project's JSON files are written: equal content, equal bytes."""
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content`, on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    sync_directory(path.parent)


def append_line(path: Path, record: dict[str, Any]) -> None:
    """Append one JSON line; a line that a crash left unfinished is closed first, so that only it is lost."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as handle:
        size = handle.seek(0, os.SEEK_END)
        unfinished = False
        if size:
            handle.seek(-1, os.SEEK_END)
            unfinished = handle.read(1) != b"\n"
        handle.write((b"\n" if unfinished else b"") + json.dumps(record, ensure_ascii=False).encode() + b"\n")
        handle.flush()
        os.fsync(handle.fileno())
    sync_directory(path.parent)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The whole JSON lines of a file, oldest first; [] when there is no file."""
    if not path.exists():
        return []
    records = []
    for line in path.read_bytes().splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue  # the unfinished line of a killed process
        if isinstance(record, dict):
            records.append(record)
    return records


def sync_file(path: Path) -> None:
    """Have the content of one file on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Have the names inside one folder on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
