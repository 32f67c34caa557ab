"""What makes a zip safe to open. Sizes that a directory declares are promises until the data has been unpacked."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN
from community_metrics.sources.envelopes.byte_streams import CHUNK, check_unpacked

_ENCRYPTED = 0x1
_LOCAL_HEADER = 30
_END_OF_DIRECTORY = b"PK\x05\x06"
_SHORTEST_END = 22
_LONGEST_END = _SHORTEST_END + 0xFFFF


def open_checked_zip(path: Path, where: str, limits: Limits) -> zipfile.ZipFile:
    """Open a zip whose directory is in order; the caller closes it. Raises `InputError`, see `open_archive`."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        if _ends_early(path):
            raise InputError("truncated", "the zip file ends before the end of its directory", where, EXPORT_AGAIN) from error
        raise InputError("unreadable_envelope", f"the zip file is damaged: {error}", where, EXPORT_AGAIN) from error
    try:
        _check_directory(archive.infolist(), path.stat().st_size, where, limits)
    except InputError:
        archive.close()
        raise
    return archive


def inflate(file: BinaryIO, member: zipfile.ZipInfo, where: str) -> Iterator[bytes]:
    """The unpacked bytes of a member, in chunks. Raises `InputError` unsafe_archive when they are more than declared.

    Standard readers stop at the declared size and so would not notice; a reader that does not stop would be flooded.
    """
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER or header[:4] != b"PK\x03\x04":
        raise InputError("unreadable_envelope", f"{member.filename!r} does not stand where the directory says", where, EXPORT_AGAIN)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    left, written, checksum = member.compress_size, 0, 0
    inflater = zlib.decompressobj(wbits=-15) if member.compress_type == zipfile.ZIP_DEFLATED else None
    while True:
        packed = file.read(min(CHUNK, left))
        left -= len(packed)
        data = inflater.decompress(packed) if inflater else packed
        written += len(data)
        if written > member.file_size:
            raise InputError("unsafe_archive", f"{member.filename!r} is larger than the directory says", where, EXPORT_AGAIN)
        checksum = zlib.crc32(data, checksum)
        if data:
            yield data
        if not packed or (inflater is not None and inflater.eof):
            break
    if written < member.file_size:
        raise InputError("truncated", f"{member.filename!r} ends early", where, EXPORT_AGAIN)
    if checksum != member.CRC:
        raise InputError("unreadable_envelope", f"{member.filename!r} is damaged (wrong checksum)", where, EXPORT_AGAIN)


def _ends_early(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _LONGEST_END))
        tail = stream.read()
    return len(tail) - tail.rfind(_END_OF_DIRECTORY) < _SHORTEST_END if _END_OF_DIRECTORY in tail else True


def _check_directory(members: list[zipfile.ZipInfo], packed_size: int, where: str, limits: Limits) -> None:
    if len(members) > limits.max_archive_members:
        raise _unsafe(f"{len(members)} members; at most {limits.max_archive_members} are read", where)
    seen: set[str] = set()
    total = 0
    for member in members:
        _check_member(member, where)
        folded = member.filename.casefold()
        if folded in seen:
            raise _unsafe(f"{member.filename!r} stands in it twice", where)
        seen.add(folded)
        check_unpacked(max(member.compress_size, 1), member.file_size, limits, f"{where}: {member.filename}")
        total += member.file_size
    # Members that share their packed bytes have fair ratios one by one.
    check_unpacked(packed_size, total, limits, where)


def _check_member(member: zipfile.ZipInfo, where: str) -> None:
    name = member.orig_filename
    parts = name.replace("\\", "/").split("/")
    if "\0" in name or not name or name[0] in "/\\" or ".." in parts or (len(name) > 1 and name[1] == ":"):
        raise _unsafe(f"the path {name[:200]!r} leads outside", where)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _unsafe(f"{name[:200]!r} is a link or a device", where)
    if member.flag_bits & _ENCRYPTED:
        raise InputError("unsafe_archive", f"{name[:200]!r} is encrypted", where, "export without a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _unsafe(f"{name[:200]!r} is compressed by an unusual method", where)


def _unsafe(what: str, where: str) -> InputError:
    return InputError("unsafe_archive", what, where, "pack the exported files again with a usual zip program")
