"""JSON documents: API pages and chat exports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from community_metrics.settings import Limits


def load_json_document(path: Path, limits: Limits) -> Any:
    """Read one JSON document (optionally gzipped). Every number is text, so that an id never becomes a float.

    Survives a byte order mark and the known defects of Telegram exports. Raises `InputError`:
    empty_file, too_large, truncated, unknown_encoding, unreadable_envelope, decompression_bomb.
    """
    raise NotImplementedError


def parse_json_document(content: bytes, where: str) -> Any:
    """The same for bytes in memory (a member of an archive); `where` names them in messages."""
    raise NotImplementedError
