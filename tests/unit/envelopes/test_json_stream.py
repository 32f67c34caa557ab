"""JSON documents in a stream: the same values as at once, whatever stands where the file is cut into pieces."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from envelope_files import LIMITS
from hypothesis import given, settings
from hypothesis import strategies as st

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes import iter_json_items, json_source, json_stream, outline, parse_json_document, walk_json

PIECES = [1, 2, 3, 7, 64, 2**20]
LISTING = (
    '{"name": "示例群", "id": 4781320682406083641, "skipped": {"list": [{"a": [1, {"b": []}]}, 2], "none": null},\n'
    ' "messages": [ {"id": 1, "text": "a, b"},\n{"id": 2.50, "e": "\\ud83d\\udc4d"},[], "x" ,7,true,null ], "last": 1E400}\n'
)
MESSAGES = [{"id": "1", "text": "a, b"}, {"id": "2.50", "e": "👍"}, [], "x", "7", True, None]


@pytest.fixture(params=PIECES, ids=lambda size: f"{size} bytes at a time")
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(json_stream, "_READ_BYTES", request.param)
    return int(request.param)


@pytest.fixture
def document(tmp_path: Path) -> Any:
    def items(content: bytes, *prefix: str, limits: Limits = LIMITS) -> list[Any]:
        path = tmp_path / "document"
        path.write_bytes(content)
        return list(iter_json_items(json_source(path, limits, "page.json"), limits, prefix))

    return items


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_elements_of_an_array_come_one_by_one_with_numbers_as_text(document: Any, encoding: str) -> None:
    assert document(LISTING.encode(encoding), "messages") == MESSAGES
    assert document(gzip.compress(LISTING.encode(encoding)), "messages") == MESSAGES


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize(
    ("content", "prefix", "expected"),
    [
        (b"[]", (), []),
        (b"[1, [2], {}]", (), ["1", ["2"], {}]),
        (b' {"errcode": 0} ', (), [{"errcode": "0"}]),
        (b"12345", (), ["12345"]),
        (b'{"a": {"list": [1, 2]}, "b": 3}', ("a", "list"), ["1", "2"]),
        (b'{"a": {"list": {"c": 1}}}', ("a", "list"), [{"c": "1"}]),
        (b'{"a": 5, "b": []}', ("a", "list"), []),
        (b'{"b": [[1]]}', ("a",), []),
        (b"[[1], [2]]", ("a",), []),
    ],
)
def test_what_stands_at_the_prefix_is_delivered(document: Any, content: bytes, prefix: tuple[str, ...], expected: list[Any]) -> None:
    assert document(content, *prefix) == expected


@pytest.mark.usefixtures("pieces")
def test_values_come_with_their_places_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "document"
    path.write_bytes(b'{"id": 7, "list": [{"type": "x", "messages": [{"n": 1}, 2]}, {"messages": []}, 3], "drop": [9]}')

    def route(place: json_stream.Place) -> json_stream.Treatment:
        if place[:1] == ("drop",):
            return "skip"
        return "take" if len(place) == 4 else "enter"

    assert list(walk_json(json_source(path, LIMITS, "x"), LIMITS, route)) == [
        (("id",), "7"),
        (("list", 0, "type"), "x"),
        (("list", 0, "messages", 0), {"n": "1"}),
        (("list", 0, "messages", 1), "2"),
        (("list", 2), "3"),
    ]


@pytest.mark.usefixtures("pieces")
def test_only_the_broken_messages_of_a_telegram_export_are_mended(document: Any) -> None:
    content = (
        b'{"messages": [{"text": "honest \\\\x41, \\"document_id\\": x"},\n'
        b' {"text": "bell \\x07, and \\\\x07 stay", "path": "C:\\\\\\x0b"},\n'
        b'  {"text": "line\\u2028\x80\xa8end\\u2029\x80\xa9",\n   "document_id": video_files/sticker, (2).webm\n  },\n'
        b'  {"document_id": stickers/a.webp,\n   "id": 5},\n {"document_id": null,\n "t": "\\x01"}]}'
    )
    assert document(content, "messages") == [
        {"text": 'honest \\x41, "document_id": x'},
        {"text": "bell \x07, and \\x07 stay", "path": "C:\\\x0b"},
        {"text": "line\u2028end\u2029", "document_id": "video_files/sticker, (2).webm"},
        {"document_id": "stickers/a.webp", "id": "5"},
        {"document_id": None, "t": "\x01"},
    ]


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"messages": [{"id": 1}, {"id"', "truncated"),
        (b'{"messages": [{"id": 1},', "truncated"),
        (b'{"messages": [{"id": 1}', "truncated"),
        (b'{"messages": [{"id": 1}]', "truncated"),
        (b'{"messages": [', "truncated"),
        (b'{"messages"', "truncated"),
        (b'{"messages": ["abc', "truncated"),
        (b'{"messages": ["abc, def', "truncated"),
        ('{"messages": "社'.encode()[:-1], "truncated"),
        (b'{"messages": [\xff]}', "unknown_encoding"),
        (b"  \n", "empty_file"),
        (b'{"messages": [1,]}', "unreadable_envelope"),
        (b'{"messages": [1 2]}', "unreadable_envelope"),
        (b'{"messages": [1}', "unreadable_envelope"),
        (b'{"messages" [1]}', "unreadable_envelope"),
        (b"{messages: [1]}", "unreadable_envelope"),
        (b'{"messages": [NaN]}', "unreadable_envelope"),
        (b'{"messages": [1]} {}', "unreadable_envelope"),
        (b'{"messages": [' + b"[" * 20_000 + b"]" * 20_000 + b"]}", "unreadable_envelope"),
        (b"[" * 200_000, "unreadable_envelope"),
    ],
)
def test_a_broken_document_says_how(document: Any, content: bytes, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        document(content, "messages")
    assert "page.json" in str(caught.value)
    assert caught.value.reason_code == reason


def test_damage_is_told_with_its_line(document: Any) -> None:
    with pytest.raises(InputError, match=r"\(line 3\)"):
        document(b'{"messages": [\n{"id": 1},\n{"id": oops}\n]}', "messages")


@pytest.mark.parametrize("content", [b'["' + b"x" * 3_000_000 + b'"]', b'["' + b"x," * 1_500_000 + b'"]', b"[" + b"[1," * 1_000_000])
def test_a_value_larger_than_the_limit_is_refused_however_it_is_made(document: Any, content: bytes) -> None:
    with pytest.raises(InputError) as caught:
        document(content, limits=Limits(max_json_value_bytes=100_000))
    assert caught.value.reason_code in ("too_large", "unreadable_envelope")


def test_what_is_passed_over_may_be_larger_than_what_is_held(document: Any) -> None:
    big = {"list": [{"a": "x" * 90} for _ in range(20_000)]}
    assert document(json.dumps({"contacts": big, "messages": [1]}).encode(), "messages", limits=Limits(max_json_value_bytes=100_000)) == [
        "1"
    ]


def test_the_outline_of_a_document_is_told_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "document"
    path.write_bytes(b'{"name": "g", "id": 5, "guild": {"id": "1"}, "none": [], "messages": [{"id": 1}, {"id": 2}, {"id"')
    assert outline(json_source(path, LIMITS, "x"), LIMITS) == {
        "name": "g",
        "id": "5",
        "guild": {"id": "1"},
        "none": [],
        "messages": [{"id": "1"}, {"id": "2"}],
    }
    for content in (b"[1, 2]", b"7", b"\xff\xff", b"", b"no JSON"):
        path.write_bytes(content)
        assert outline(json_source(path, LIMITS, "x"), LIMITS) == {}


SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["\\x01", "\u2028", ",", "社群", "👍"])
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4))


@settings(max_examples=60, deadline=None)
@given(value=st.lists(DOCUMENTS, max_size=5), indent=st.sampled_from([None, 1]), ascii_only=st.booleans(), size=st.sampled_from(PIECES))
def test_any_array_is_read_as_it_is_at_once(
    tmp_path_factory: pytest.TempPathFactory, value: list[Any], indent: int | None, ascii_only: bool, size: int
) -> None:
    content = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    path = tmp_path_factory.mktemp("any") / "document"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_READ_BYTES", size)
        assert list(iter_json_items(json_source(path, LIMITS, "x"), LIMITS)) == parse_json_document(content, "x")


@settings(max_examples=150, deadline=None)
@given(
    at=st.integers(0, len(LISTING.encode()) - 1),
    cut=st.integers(0, 3),
    noise=st.binary(max_size=3) | st.sampled_from([b"\\x01", b"\\u2028\x80\xa8", b",", b'"', b"[", b"\n"]),
    size=st.sampled_from(PIECES),
)
def test_mutated_bytes_are_read_as_at_once_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, cut: int, noise: bytes, size: int
) -> None:
    sound = LISTING.encode()
    content = sound[:at] + noise + sound[at + cut :]
    path = tmp_path_factory.mktemp("mutated") / "document"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_READ_BYTES", size)
        try:
            found = list(iter_json_items(json_source(path, LIMITS, "x"), LIMITS, ("messages",)))
        except InputError:
            with pytest.raises(InputError):
                parse_json_document(content, "x")
        else:
            whole = parse_json_document(content, "x")
            expected = whole.get("messages", []) if isinstance(whole, dict) else []
            # A key that stands twice: a stream delivers both, a document keeps the last.
            assert content.count(b'"messages"') != 1 or found == (expected if isinstance(expected, list) else [expected])
