"""Zip archives, which are hostile until proven otherwise."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN, typed_errors
from community_metrics.sources.envelopes.byte_streams import CHUNK, ByteSource
from community_metrics.sources.envelopes.documents import MAX_DOCUMENT_BYTES, parse_json_document
from community_metrics.sources.envelopes.model import Envelope
from community_metrics.sources.envelopes.texts import open_text
from community_metrics.sources.envelopes.zips import inflate, open_checked_zip

_UTF8_NAMES = 0x800


class Archive:
    """A zip whose directory has passed every check. `names`: its members that are files, in archive order."""

    def __init__(self, path: Path, where: str, limits: Limits, members: dict[str, zipfile.ZipInfo]) -> None:
        self.names = list(members)
        self._path = path
        self._where = where
        self._limits = limits
        self._members = members

    def size(self, name: str) -> int:
        """Unpacked size of a member in bytes."""
        return self._members[name].file_size

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Stream a member. Raises `InputError` (truncated, unsafe_archive, unreadable_envelope) on damage, also while reading."""
        with typed_errors(f"{self._where}: {name}"), self._source(name).open() as stream:
            yield stream

    def read(self, name: str) -> bytes:
        """A member as bytes, for members below 512 MiB. Raises as `open`, and too_large."""
        with typed_errors(f"{self._where}: {name}"):
            return self._source(name).read_all(MAX_DOCUMENT_BYTES)

    def load_json(self, name: str) -> Any:
        """A member as JSON document, see `load_json_document`."""
        return parse_json_document(self.read(name), f"{self._where}: {name}")

    def open_tables(self, name: str) -> Envelope:
        """A member that is CSV, JSON Lines or an HTML table, see `open_tables`. Archives in archives are not followed."""
        source = self._source(name)
        with typed_errors(source.name):
            return open_text(source, self._limits)

    def _source(self, name: str) -> _MemberSource:
        return _MemberSource(self._path, self._members[name], f"{self._where}: {name}")


def open_archive(path: Path, limits: Limits, original_name: str | None = None) -> Archive:
    """Open and check a zip. Nothing is ever written to disk.

    Raises `InputError`: unsafe_archive (a path that is absolute or climbs with `..`, a link, a device, encryption, a name
    twice, too many members), decompression_bomb (ratio or total size), truncated, unreadable_envelope.
    """
    where = original_name or path.name
    with typed_errors(where), open_checked_zip(path, where, limits) as archive:
        members: dict[str, zipfile.ZipInfo] = {}
        for member in archive.infolist():
            name = _readable_name(member)
            if name in members:
                raise InputError("unsafe_archive", f"{name!r} stands in it twice", where, EXPORT_AGAIN)
            if not member.is_dir():
                members[name] = member
        return Archive(path, where, limits, members)


def _readable_name(member: zipfile.ZipInfo) -> str:
    """Old zip programs on Chinese systems write names in GBK without saying so."""
    if member.flag_bits & _UTF8_NAMES or member.filename.isascii():
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


@dataclass(frozen=True)
class _MemberSource(ByteSource):
    path: Path
    member: zipfile.ZipInfo
    name: str

    def open(self) -> BinaryIO:
        return io.BufferedReader(_MemberStream(self.path.open("rb"), self.member, self.name), CHUNK)


class _MemberStream(io.RawIOBase):
    def __init__(self, file: BinaryIO, member: zipfile.ZipInfo, where: str) -> None:
        self._file = file
        self._chunks = inflate(file, member, where)
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._ready:
            self._ready = next(self._chunks, b"")
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        self._file.close()
        super().close()
