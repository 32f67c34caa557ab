"""How large the parts of a home are on disk, measured at each publication: `ops.home_sizes`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from community_metrics.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PARTS = ("landing", "lake", "quarantine", "warehouse", "releases", "logs")
_TABLE = "create table if not exists ops.home_sizes (measured_at timestamp, part varchar, files bigint, bytes bigint)"


@dataclass(frozen=True)
class PartSize:
    """A folder of the home: its files, and the bytes that they take on disk; a file with several names counts once."""

    part: str
    files: int
    bytes: int


def measure_home(settings: Settings) -> list[PartSize]:
    """The sizes now, in the order of `PARTS`; a folder that is not there is empty. Some microseconds a file."""
    return [_measure(settings.home / part, part) for part in PARTS]


def record_sizes(connection: DuckDBPyConnection, sizes: list[PartSize]) -> None:
    """Append one measurement to `ops.home_sizes`."""
    connection.execute(_TABLE)
    now = datetime.now(UTC).replace(tzinfo=None)
    for size in sizes:
        connection.execute("insert into ops.home_sizes values (?, ?, ?, ?)", [now, size.part, size.files, size.bytes])


def _measure(folder: Path, part: str) -> PartSize:
    seen: set[tuple[int, int]] = set()
    files = total = 0
    for status in _files(str(folder)):
        files += 1
        if status.st_nlink > 1:
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
        total += status.st_blocks * 512
    return PartSize(part, files, total)


def _files(folder: str) -> Iterator[os.stat_result]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # it went meanwhile, or was never made
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry.stat(follow_symlinks=False)
        except OSError:
            continue
