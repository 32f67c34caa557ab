"""The one way into a landed file."""

from __future__ import annotations

from pathlib import Path

from community_metrics.settings import Limits
from community_metrics.sources.envelopes.model import Envelope


def open_tables(path: Path, original_name: str, limits: Limits) -> Envelope:
    """Open the file at `path`, telling its kind from its bytes, never from its name.

    `original_name` only appears in messages and as the name of a table that has none of its own.
    Raises `InputError` with one of: empty_file, too_large, unreadable_envelope, truncated, unknown_encoding, no_table,
    unsafe_archive, decompression_bomb. No other exception leaves this function.
    """
    raise NotImplementedError
