"""DiscordChatExporter, JSON: one channel or thread of a server a file.

The program writes without checking and a killed export may end anywhere, so that its closing `messageCount` must be there and
right. Older versions have no `exportedAt`, no roles and no users of reactions. Reactions have no time in any version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from community_metrics.errors import InputError
from community_metrics.sources.envelopes import json_source, walk_json
from community_metrics.sources.envelopes.json_stream import Place, Treatment
from community_metrics.sources.grammar import ColumnType, interpret
from community_metrics.sources.readers.chat_records import NATIVE, Rows, Sender, objects, outline_if, reaction, sum_of_counts, text_at
from community_metrics.sources.readers.model import Drift, OpenedFile, Record, RowGroup, batch_records, scalar
from community_metrics.sources.templates import Template

_EVENT_TYPES = {"Default": "message", "Reply": "reply", "GuildMemberJoin": "join"}
# Kinds that the program has no name for are written as Discord's number: the answer to a command is a message (of a bot).
_EVENT_TYPES |= {"20": "message", "23": "message", "8": "boost", "9": "boost", "10": "boost", "11": "boost"}
_THREADS = ("GuildPublicThread", "GuildPrivateThread", "GuildNewsThread")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HEADERS = ("guild", "channel", "dateRange", "exportedAt")
_REMEDY = "export the channel again with DiscordChatExporter, format JSON"


def recognises(file: OpenedFile) -> bool:
    """Whether the file is an export of a channel."""
    members = outline_if(file, "guild")
    return scalar(members, "guild", "id") is not None and scalar(members, "channel", "id") is not None


def observed_at(file: OpenedFile) -> datetime | None:
    """When the export was made; None where the file does not say so or where it ends before that moment (--before)."""
    members = outline_if(file, "guild")
    if scalar(members, "dateRange", "before") is not None:
        return None
    exported = interpret(scalar(members, "exportedAt") or "", ColumnType("instant")).value
    return datetime.fromisoformat(exported) if exported else None


def read(file: OpenedFile, template: Template, drift: Drift) -> Iterator[RowGroup]:
    """Streams `channels` (the server), `messages` and `reactions`.

    Raises `InputError`: unexpected_layout, private_chat, truncated, and what a damaged document raises.
    """
    if not recognises(file):
        raise InputError("unexpected_layout", "no DiscordChatExporter JSON: no guild and channel", file.name, _REMEDY)
    columns = {stream.definition.name: [column.name for column in stream.columns] for stream in template.streams}
    yield from batch_records(_records(file, drift), columns)


def route(place: Place) -> Treatment:
    """What is entered, taken and skipped on the way through an export."""
    if len(place) == 2 or place in (("guild",), ("channel",), ("dateRange",), ("exportedAt",), ("messageCount",)):
        return "take"
    return "enter" if place in ((), ("messages",)) else "skip"


def _records(file: OpenedFile, drift: Drift) -> Iterator[Record]:
    rows = Rows()
    header: dict[str, Any] = {}
    room: _Room | None = None
    stated: str | None = None
    messages = without_author = 0
    for place, value in walk_json(json_source(file.path, file.limits, file.name), file.limits, route):
        if place == ("messageCount",):
            stated = str(value)
        elif len(place) == 1:
            header[str(place[0])] = value
        else:
            if room is None:
                room = _Room(file, header)
                yield rows.record("channels", room.community())
            messages += 1
            if not isinstance(value, dict):
                yield rows.problem("messages", "malformed_row", None, f"message {messages} is no JSON object")
                continue
            without_author += scalar(value, "author", "id") is None
            message = room.message(value)
            yield rows.record("messages", message)
            for entry in room.reactions(value, message):
                yield rows.record("reactions", entry)
    if room is None:
        yield rows.record("channels", _Room(file, header).community())
    if stated is None or stated != str(messages):
        what = f"the file has {messages} messages and says {stated}" if stated else "the closing messageCount is missing"
        raise InputError("truncated", f"the export was interrupted: {what}", file.name, _REMEDY)
    if without_author:
        drift.warnings["no_author"] = f"{without_author} messages have no author: nobody is counted for them"
    drift.missing.update(name for name in _HEADERS if name not in header)


class _Room:
    """The channel or thread that a file is about."""

    def __init__(self, file: OpenedFile, header: dict[str, Any]) -> None:
        self._guild = header.get("guild")
        channel = header.get("channel")
        kind = scalar(channel, "type") or ""
        self._guild_id, self._channel_id = scalar(self._guild, "id"), scalar(channel, "id")
        if self._guild_id is None or self._channel_id is None:
            raise InputError("unexpected_layout", "guild and channel do not stand before the messages", file.name, _REMEDY)
        if self._guild_id == "0" or kind.startswith("Direct"):
            raise InputError(
                "private_chat", "direct messages are no community", file.name, "export channels of a server; withdraw or delete this file"
            )
        self._thread_id = self._channel_id if kind in _THREADS else None
        # What is called category is the parent channel of a thread.
        self._room_id = (scalar(channel, "categoryId") or self._channel_id) if self._thread_id else self._channel_id

    def community(self) -> dict[str, str | None]:
        return {"community_id": self._guild_id, "name": scalar(self._guild, "name")}

    def message(self, message: dict[str, Any]) -> dict[str, str | None]:
        message_id = text_at(message, "id")
        kind = text_at(message, "type") or "Default"
        event_type = _EVENT_TYPES.get(kind) or (f"type_{kind}" if kind.isdecimal() else _WORD_START.sub("_", kind).lower())
        # In a thread everything answers its first message, which has the thread's own id where the thread is a post of a forum.
        if event_type == "message" and self._thread_id and message_id != self._thread_id:
            event_type = "reply"
        author = _sender(message.get("author"))
        return {
            "community_id": self._guild_id,
            "channel_id": self._room_id,
            "message_id": message_id,
            "occurred_at": text_at(message, "timestamp"),
            "member_id": author.member_id,
            "id_kind": NATIVE,
            "actor_type": author.actor_type,
            "event_type": event_type,
            "thread_id": self._thread_id,
            "reply_to_id": scalar(message, "reference", "messageId") if kind == "Reply" else None,
            "reactions_count": sum_of_counts(objects(message, "reactions")),
            "edited_at": text_at(message, "timestampEdited"),
        }

    def reactions(self, message: dict[str, Any], row: dict[str, str | None]) -> Iterator[dict[str, str | None]]:
        for entry in objects(message, "reactions"):
            emoji = scalar(entry, "emoji", "name") or scalar(entry, "emoji", "code")
            for user in objects(entry, "users"):
                yield reaction(row, emoji, _sender(user), NATIVE)


def _sender(user: Any) -> Sender:
    return Sender(scalar(user, "id"), "bot" if scalar(user, "isBot") == "true" else "member")
