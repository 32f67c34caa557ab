"""Zip archives: what is in them, and what may not be."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from envelope_files import LIMITS, Open, zipped

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes import Archive, open_archive

OpenZip = Callable[..., Archive]


@pytest.fixture
def open_zip(tmp_path: Path) -> OpenZip:
    def opened(content: bytes, limits: Limits = LIMITS) -> Archive:
        path = tmp_path / "0f3a"
        path.write_bytes(content)
        return open_archive(path, limits, "export.zip")

    return opened


def reason(open_zip: OpenZip, content: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(InputError) as caught:
        archive = open_zip(content, limits)
        for name in archive.names:
            archive.read(name)
    assert "export.zip" in str(caught.value)
    return caught.value.reason_code


def with_member(info: zipfile.ZipInfo, data: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, data)
    return buffer.getvalue()


def test_members_are_named_sized_and_read(open_zip: OpenZip, open_bytes: Open) -> None:
    content = zipped(
        {"users.json": b'[{"id": 12345678901234567890}]', "general/": b"", "general/2026-06-01.json": b"[]", "a.csv": b"x,y\n1,2\n"}
    )
    archive = open_zip(content)
    assert archive.names == ["users.json", "general/2026-06-01.json", "a.csv"]
    assert archive.size("users.json") == 30
    assert archive.load_json("users.json") == [{"id": "12345678901234567890"}]
    with archive.open("a.csv") as stream:
        assert (stream.read(3), stream.read()) == (b"x,y", b"\n1,2\n")
    assert archive.open_tables("a.csv").tables[0].read().columns.to_pydict() == {"x": ["1"], "y": ["2"]}
    envelope = open_bytes(content)
    assert (envelope.kind, envelope.tables) == ("zip", [])


def test_names_in_gbk_are_readable(open_zip: OpenZip) -> None:
    content = zipped({"aaaa.csv": b"x"}).replace(b"aaaa", "账单".encode("gbk"))
    archive = open_zip(content)
    assert archive.names == ["账单.csv"]
    assert archive.read("账单.csv") == b"x"


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/passwd", "..\\evil", "C:\\evil", "C:evil", "\\\\host\\x"])
def test_a_path_that_leads_outside_is_refused(open_zip: OpenZip, name: str) -> None:
    assert reason(open_zip, zipped({"ok": b"", name: b"x"})) == "unsafe_archive"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(open_zip: OpenZip, kind: int) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (kind | 0o777) << 16
    assert reason(open_zip, with_member(info, b"/etc/passwd")) == "unsafe_archive"


def test_encrypted_and_strangely_packed_members_are_refused(open_zip: OpenZip) -> None:
    content = bytearray(zipped({"a": b"x"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert reason(open_zip, bytes(content)) == "unsafe_archive"
    info = zipfile.ZipInfo("a")
    info.compress_type = zipfile.ZIP_BZIP2
    assert reason(open_zip, with_member(info)) == "unsafe_archive"


def test_a_name_that_stands_twice_is_refused(open_zip: OpenZip) -> None:
    assert reason(open_zip, zipped({"aa": b"1", "ab": b"2"}).replace(b"ab", b"aa")) == "unsafe_archive"
    assert reason(open_zip, zipped({"users.json": b"1", "USERS.json": b"2"})) == "unsafe_archive"


def test_too_many_members_and_bombs_are_refused(open_zip: OpenZip) -> None:
    assert reason(open_zip, zipped({str(index): b"" for index in range(11)}), Limits(max_archive_members=10)) == "unsafe_archive"
    assert reason(open_zip, zipped({"a": bytes(3 * 2**20)})) == "decompression_bomb"
    assert reason(open_zip, zipped({"a": b"12345", "b": b"67890"}), Limits(max_unpacked_bytes=9)) == "decompression_bomb"


def test_a_member_that_is_larger_than_it_says_is_refused(open_zip: OpenZip) -> None:
    content = bytearray(zipped({"a": b"y" * 5000}))
    place = content.index(b"PK\x01\x02")
    content[place + 24 : place + 28] = (100).to_bytes(4, "little")
    assert reason(open_zip, bytes(content)) == "unsafe_archive"


def test_damage_is_told_from_truncation(open_zip: OpenZip) -> None:
    content = zipped({"a": b"hello " * 50})
    assert reason(open_zip, content[:-10]) == "truncated"
    damaged = bytearray(content)
    damaged[content.index(b"PK\x01\x02") + 16] ^= 0xFF
    assert reason(open_zip, bytes(damaged)) == "unreadable_envelope"


def test_an_archive_within_an_archive_is_not_followed(open_zip: OpenZip) -> None:
    archive = open_zip(zipped({"inner.zip": zipped({"a": b"x"})}))
    with pytest.raises(InputError):
        archive.open_tables("inner.zip")
