"""JSON documents: API pages and chat exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN, typed_errors
from community_metrics.sources.envelopes.byte_streams import FileSource, GzipSource
from community_metrics.sources.envelopes.json_text import PLAIN_DECODER, mend_bytes, mend_text

MAX_DOCUMENT_BYTES = 512 * 2**20
"""A document is held in memory, at several times its size."""

_GZIP = b"\x1f\x8b"
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def load_json_document(path: Path, limits: Limits, original_name: str | None = None) -> Any:
    """Read one JSON document (optionally gzipped). Every number is text, so that an id never becomes a float.

    Survives a byte order mark and the known defects of Telegram's exports. Raises `InputError`:
    empty_file, too_large, truncated, unknown_encoding, unreadable_envelope, decompression_bomb.
    """
    where = original_name or path.name
    with typed_errors(where):
        file = FileSource(path, where)
        source = GzipSource(file, limits, where) if file.read_head(2) == _GZIP else file
        return parse_json_document(source.read_all(min(MAX_DOCUMENT_BYTES, limits.max_file_bytes)), where)


def parse_json_document(content: bytes, where: str) -> Any:
    """The same for bytes in memory (a member of an archive); `where` names them in messages."""
    with typed_errors(where):
        text = _decoded(content, where)
        if not text.strip():
            raise InputError("empty_file", "the document is empty", where, EXPORT_AGAIN)
        try:
            return PLAIN_DECODER.decode(text)
        except ValueError as first:
            # Only a document that is broken is mended: the defects' patterns may be honest text elsewhere.
            try:
                return PLAIN_DECODER.decode(mend_text(text))
            except ValueError:
                raise _damage(first, text, where) from first
        except RecursionError as error:
            raise InputError("unreadable_envelope", "the document is nested too deeply", where, EXPORT_AGAIN) from error


def _decoded(content: bytes, where: str) -> str:
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as first:
        try:
            return mend_bytes(content).decode(encoding)
        except UnicodeDecodeError:
            if first.end >= len(content) and first.reason == "unexpected end of data":
                raise InputError("truncated", "the document ends within a character", where, EXPORT_AGAIN) from first
            raise InputError("unknown_encoding", f"byte {first.start} is no {encoding}", where, "save it as UTF-8") from first


def _damage(error: ValueError, text: str, where: str) -> InputError:
    if not isinstance(error, json.JSONDecodeError):
        return InputError("unreadable_envelope", f"no valid JSON: {error}", where, EXPORT_AGAIN)
    place = f"line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return InputError("truncated", f"the document ends early ({place})", where, EXPORT_AGAIN)
    return InputError("unreadable_envelope", f"no valid JSON: {error.msg} ({place})", where, EXPORT_AGAIN)
