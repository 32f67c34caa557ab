"""What the chat readers share: the people, reactions and numbers of a message, whatever the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from community_metrics.sources.envelopes import RowProblem, json_source, outline
from community_metrics.sources.envelopes.json_stream import HEAD_BYTES
from community_metrics.sources.readers.model import OpenedFile, Record, scalar

NATIVE = "native"
"""The kind of id that mapped files have by default: a member of the chat and one of a mapped file are the same."""


@dataclass(frozen=True)
class Sender:
    """Who did something, by id. `member_id` is None where the export has no id."""

    member_id: str | None = None
    actor_type: str = "member"


class Rows:
    """Numbers the records of one file."""

    def __init__(self) -> None:
        self.last = 0

    def record(self, stream: str, values: Mapping[str, str | None]) -> Record:
        self.last += 1
        return Record(stream, self.last, values)

    def problem(self, stream: str, reason_code: str, column: str | None, detail: str) -> Record:
        self.last += 1
        return Record(stream, self.last, {}, RowProblem(self.last, reason_code, column, detail))


def reaction(
    message: Mapping[str, str | None], emoji: str | None, sender: Sender, id_kind: str, reacted_at: str | None = None
) -> dict[str, str | None]:
    """A row of `reactions` for a row of `messages`. Without a time of its own it stands at the message's."""
    return {
        "community_id": message["community_id"],
        "message_id": message["message_id"],
        "emoji": emoji,
        "member_id": sender.member_id,
        "id_kind": id_kind,
        "actor_type": sender.actor_type,
        "occurred_at": reacted_at or message["occurred_at"],
        "is_dated": "true" if reacted_at else "false",
    }


def outline_if(file: OpenedFile, *keys: str) -> dict[str, Any]:
    """The outline of a JSON document that has one of these keys near its beginning; empty for any other file.

    Looking for the bytes first spares thousands of small API pages the walk.
    """
    if file.envelope.kind != "json":
        return {}
    source = json_source(file.path, file.limits, file.name)
    head = source.read_head(HEAD_BYTES)
    return outline(source, file.limits) if any(f'"{key}"'.encode() in head for key in keys) else {}


def text_at(record: Mapping[str, Any], key: str) -> str | None:
    """`scalar` of one key, faster: nearly all values of a message are texts or missing."""
    value = record.get(key)
    return value if value is None or type(value) is str else scalar(record, key)


def objects(value: Any, *path: str) -> list[dict[str, Any]]:
    """The objects of the list at a path of keys; empty where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def sum_of_counts(reactions: list[dict[str, Any]]) -> str | None:
    """How many reactions a message has; None where one has no count."""
    counts = [scalar(entry, "count") or "" for entry in reactions]
    # A count of more digits than people on earth is none.
    return str(sum(map(int, counts))) if all(count.isascii() and count.isdecimal() and len(count) < 12 for count in counts) else None
