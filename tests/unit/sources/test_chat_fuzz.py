"""Chat exports with bytes changed at random: a typed refusal, or every row accounted for. Never another exception."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.detection import observed_at, read_file, recognise
from community_metrics.sources.readers.model import Drift, OpenedFile
from support.intake import archive

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "exports" / "chat_export"
SENT = {"date": "2026-06-01T09:00:00", "date_unixtime": "1780275600"}
RECENT = [{"from": "B", "from_id": "user2", "date": "2026-06-01T10:00:00"}]
TELEGRAM: Any = {
    "name": "g",
    "type": "private_supergroup",
    "id": 11,
    "messages": [
        {
            "id": 1,
            "type": "service",
            **SENT,
            "actor": "A",
            "actor_id": "user1",
            "action": "invite_members",
            "members": ["B", None],
            "text": "",
        },
        {"id": 2, "type": "service", **SENT, "actor": "A", "actor_id": "user1", "action": "topic_created", "title": "t", "text": ""},
        {
            **{
                "id": 3,
                "type": "message",
                **SENT,
                "from": "A",
                "from_id": "user1",
                "reply_to_message_id": 2,
                "text": ["x", {"type": "link"}],
            },
            **{"edited_unixtime": "1780275700", "reply_to_peer_id": "channel5"},
            "reactions": [{"type": "emoji", "count": 1, "emoji": "👍", "recent": RECENT}],
        },
        {"id": 4, "type": "unsupported"},
    ],
}
USER = {"id": "7", "name": "a", "isBot": False}
DISCORD: Any = {
    "guild": {"id": "1", "name": "g"},
    "channel": {"id": "2", "type": "GuildPublicThread", "categoryId": "3", "name": "c"},
    "dateRange": {"after": None, "before": None},
    "exportedAt": "2026-06-05T10:00:00+02:00",
    "messages": [
        {"id": "5", "type": "GuildMemberJoin", "timestamp": "2026-06-01T23:30:00+02:00", "author": USER},
        {
            **{"id": "6", "type": "Reply", "timestamp": "2026-06-01T23:30:00.5+02:00", "timestampEdited": None, "author": USER},
            "reactions": [{"emoji": {"name": "x"}, "count": 1, "users": [USER]}],
            "reference": {"messageId": "5"},
        },
    ],
    "messageCount": 2,
}
SLACK: Any = {
    "users.json": [{"id": "U1", "is_bot": False}],
    "channels.json": [{"id": "C1", "name": "general", "created": 1779990000}],
    "general/2026-06-01.json": [
        {
            **{
                "type": "message",
                "user": "U1",
                "ts": "1780300000.000100",
                "thread_ts": "1780300000.000100",
                "edited": {"ts": "1780300001.0"},
            },
            "reactions": [{"name": "a", "count": 1, "users": ["U1"]}],
        }
    ],
}
STRANGE: tuple[Any, ...] = (None, True, -1, 10**400, 1.5, "", "soon", "\ud800", "\0", "=1+2|x", [], {}, [[]], {"id": {}}, "x" * 20_000)


def accounted(path: Path) -> int | None:
    """How many rows the file has; None if it is refused. Every row number stands once."""
    try:
        file = OpenedFile.open(path, path.name, Limits())
        recognition = recognise(file, "chat_export")
        observed_at(file, recognition)
        numbers: list[int] = []
        for group in read_file(file, recognition, "", Drift()):
            numbers += [problem.row_no for problem in group.problems]
            numbers += [number for batch in group.batches for number in batch.row_numbers.to_pylist()]
    except InputError as error:
        assert error.reason_code != "internal_error"
        return None
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    return len(numbers)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for step, inner in steps for place in places(inner, (*path, step)))]


def changed(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    result = copy.deepcopy(document)
    if not place:
        return value
    holder = result
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    return result


@pytest.mark.parametrize(
    ("name", "document"), [("result.json", TELEGRAM), ("all.json", {"about": "x", "chats": {"list": [TELEGRAM]}}), ("export.json", DISCORD)]
)
def test_any_value_may_be_anything(tmp_path: Path, name: str, document: Any) -> None:
    path = tmp_path / name
    path.write_text(json.dumps(document, indent=1))
    assert accounted(path) is not None
    for number, place in enumerate(places(document)):
        for value in STRANGE[number % 3 :: 3]:
            path.write_text(json.dumps(changed(document, place, value)))
            accounted(path)


def test_any_value_of_a_slack_archive_may_be_anything(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(archive(SLACK))
    assert accounted(path) == 4
    for place in places(SLACK)[1:]:
        for value in STRANGE:
            path.write_bytes(archive(changed(SLACK, place, value)))
            accounted(path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), document=st.sampled_from([TELEGRAM, DISCORD]), indent=st.sampled_from([None, 1]))
def test_changed_bytes_are_refused_or_accounted_for(tmp_path: Path, seed: int, document: Any, indent: int | None) -> None:
    rng = random.Random(seed)
    content = bytearray(json.dumps(document, indent=indent, ensure_ascii=False).encode())
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(content))
        content[at : at + rng.randrange(4)] = rng.choice((b"", b"\\x01", b"\\u2028\x80\xa8", b"\xff", b'"', b",", b"{", b"]", b"\0", b"9"))
    path = tmp_path / "export.json"
    path.write_bytes(bytes(content))
    accounted(path)


@pytest.mark.parametrize("suffix", [".json", ".zip"])
def test_bundled_exports_cut_anywhere_are_refused(tmp_path: Path, suffix: str) -> None:
    rng = random.Random(suffix)
    for original in sorted(EXAMPLES.rglob(f"*{suffix}"))[:3]:
        content = original.read_bytes()
        path = tmp_path / original.name
        path.write_bytes(content)
        assert accounted(path) is not None
        for _ in range(4):
            path.write_bytes(content[: rng.randrange(200, len(content) - 10)])
            assert accounted(path) is None
