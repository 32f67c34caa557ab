"""Telegram Desktop, result.json: one chat, or all chats of an account.

Ids of messages are unique within a chat only. `date` is local time of whoever exported, `date_unixtime` (since 2022) the
instant. Who was added or removed stands in the export by display name alone; names are neither stored nor taken for ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from community_metrics.errors import InputError
from community_metrics.sources.envelopes import json_source, walk_json
from community_metrics.sources.envelopes.json_stream import Place, Treatment
from community_metrics.sources.readers.chat_records import Rows, outline_if
from community_metrics.sources.readers.model import Drift, OpenedFile, Record, RowGroup, batch_records, scalar
from community_metrics.sources.readers.telegram_messages import Chat
from community_metrics.sources.templates import Template

_MESSAGE_TYPES = ("message", "service", "unsupported")
_HEADER = ("name", "type", "id")
_REMEDY = "export the chat again with Telegram Desktop, format machine-readable JSON"


def recognises(file: OpenedFile) -> bool:
    """Whether the file is an export of one chat or of an account."""
    members = outline_if(file, "messages", "chats", "personal_information")
    if "guild" in members:
        return False
    messages, chats = members.get("messages"), members.get("chats")
    if isinstance(messages, list):
        return any(map(_is_message, messages[:20])) if messages else scalar(members, "type") is not None and "id" in members
    if isinstance(chats, dict) and isinstance(chats.get("list"), list):
        return any(isinstance(chat, dict) and "messages" in chat for chat in chats["list"])
    # Everything of an account: the chats come after contacts and sessions, maybe far behind.
    return "about" in members and ("personal_information" in members or isinstance(chats, dict))


def read(file: OpenedFile, template: Template, drift: Drift) -> Iterator[RowGroup]:
    """Streams `channels` (the chats), `messages` and `reactions`.

    Raises `InputError`: unexpected_layout, private_chat, and what a damaged document raises.
    """
    if not recognises(file):
        raise InputError("unexpected_layout", "no Telegram export: no messages and no chats.list", file.name, _REMEDY)
    columns = {stream.definition.name: [column.name for column in stream.columns] for stream in template.streams}
    yield from batch_records(_Reading(file, drift).records(), columns)


def _is_message(value: Any) -> bool:
    return scalar(value, "type") == "unsupported" or (
        scalar(value, "type") in _MESSAGE_TYPES and (scalar(value, "date_unixtime") or scalar(value, "date")) is not None
    )


def route(place: Place) -> Treatment:
    """What is entered, taken and skipped on the way through an export."""
    if len(place) > 1 and place[-2] == "messages":
        return "take"
    if place in ((), ("messages",), ("chats",), ("chats", "list")) or (place[:2] == ("chats", "list") and len(place) == 3):
        return "enter"
    if len(place) == 4 and place[-1] == "messages":
        return "enter"
    return "take" if len(place) in (1, 4) and place[-1] in _HEADER else "skip"


def _route_headers(place: Place) -> Treatment:
    return "skip" if place and place[-1] == "messages" else route(place)


class _Reading:
    """One file on its way through."""

    def __init__(self, file: OpenedFile, drift: Drift) -> None:
        self._file = file
        self._drift = drift
        self._rows = Rows()
        self._late_headers: dict[Place, dict[str, Any]] | None = None
        self._private = self._nameless = self._dateless = 0

    def records(self) -> Iterator[Record]:
        header: dict[str, Any] = {}
        chat: Chat | None = None
        current: Place = ()
        for place, value in self._walk(route):
            owner = _chat_of(place)
            if owner != current:
                yield from self._close(current, header, chat)
                header, chat, current = {}, None, owner
            if place[-1:] and place[-1] in _HEADER and len(place) in (1, 4):
                header[str(place[-1])] = value
                continue
            if len(place) < 2 or place[-2] != "messages":
                yield self._rows.problem("messages", "malformed_row", None, "no chat or no list of messages")
                continue
            if chat is None:
                chat = self._open(current, header)
                yield from self._community(chat)
            if not chat.is_private:
                yield from self._message(chat, value)
        yield from self._close(current, header, chat)
        self._warn()

    def _walk(self, route: Any) -> Iterator[tuple[Place, Any]]:
        return walk_json(json_source(self._file.path, self._file.limits, self._file.name), self._file.limits, route)

    def _open(self, place: Place, header: dict[str, Any]) -> Chat:
        if not {"id", "type"} <= header.keys():
            # Written again by another program, the keys may stand behind the messages.
            if self._late_headers is None:
                self._late_headers = {}
                for at, value in self._walk(_route_headers):
                    if at and at[-1] in _HEADER:
                        self._late_headers.setdefault(_chat_of(at), {})[str(at[-1])] = value
            header = self._late_headers.get(place, {})
        chat = Chat(scalar(header, "id"), scalar(header, "name"), scalar(header, "type"))
        if chat.is_private:
            if not place:
                raise InputError(
                    "private_chat", "a conversation of two people is no community", self._file.name, "export a group; withdraw this file"
                )
            self._private += 1
        return chat

    def _community(self, chat: Chat) -> Iterator[Record]:
        if chat.chat_id is not None and not chat.is_private:
            yield self._rows.record("channels", {"community_id": chat.chat_id, "name": chat.name})

    def _close(self, place: Place, header: dict[str, Any], chat: Chat | None) -> Iterator[Record]:
        """A chat without messages is known by its header alone."""
        if chat is None and "id" in header:
            yield from self._community(self._open(place, header))

    def _message(self, chat: Chat, message: Any) -> Iterator[Record]:
        kind = scalar(message, "type")
        if kind == "unsupported":
            detail = "Telegram wrote neither author nor date of a message of a kind that it cannot export"
            yield self._rows.problem("messages", "unsupported_message", "type", detail)
        elif kind not in _MESSAGE_TYPES:
            yield self._rows.problem("messages", "malformed_row", "type", "neither a message nor a service message")
        else:
            self._nameless += "from" in message and "from_id" not in message
            self._dateless += "date_unixtime" not in message
            for row in chat.events(message):
                yield self._rows.record("messages", row)
                for reaction in chat.reactions(message, row):
                    yield self._rows.record("reactions", reaction)

    def _warn(self) -> None:
        warnings = self._drift.warnings
        if self._private:
            warnings["direct_messages"] = f"{self._private} private conversations are left out: they are no community"
        if self._nameless:
            warnings["no_author"] = f"{self._nameless} messages name their author without an id: nobody is counted for them"
        if self._dateless:
            warnings["local_time"] = f"{self._dateless} messages have local time without offset: the project's time zone is taken"


def _chat_of(place: Place) -> Place:
    return place[:3] if place[:1] == ("chats",) else ()
