"""Zip archives, which are hostile until proven otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from community_metrics.settings import Limits
from community_metrics.sources.envelopes.model import Envelope


class Archive:
    """A zip whose directory has passed every check. `names`: members that are files, in archive order."""

    names: list[str]

    def size(self, name: str) -> int:
        """Unpacked size of a member in bytes."""
        raise NotImplementedError

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Stream a member. Raises `InputError` (truncated, unreadable_envelope, decompression_bomb) on damage."""
        raise NotImplementedError

    def read(self, name: str) -> bytes:
        """A member as bytes, for members below 512 MiB. Raises as `open`, and too_large."""
        raise NotImplementedError

    def load_json(self, name: str) -> Any:
        """A member as JSON document, see `load_json_document`."""
        raise NotImplementedError

    def open_tables(self, name: str) -> Envelope:
        """A member that is CSV, JSON Lines or an HTML table, see `open_tables`. Archives in archives are not followed."""
        raise NotImplementedError


def open_archive(path: Path, limits: Limits) -> Archive:
    """Open and check a zip. Nothing is ever written to disk.

    Raises `InputError`: unsafe_archive (a path that is absolute or climbs with `..`, a link, a device, encryption, a name
    twice, too many members), decompression_bomb (ratio or total size), truncated, unreadable_envelope, too_large.
    """
    raise NotImplementedError
