"""What the messages of one Telegram chat say: who wrote, joined, left and reacted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from community_metrics.sources.readers.chat_records import NATIVE, Sender, objects, reaction, sum_of_counts, text_at

_PRIVATE = ("personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes")
_JOINS = ("join_group_by_link", "join_group_by_request")
# Of others: who is added or removed is named, but has no id.
_OF_OTHERS = {"invite_members": "join", "remove_members": "leave", "create_group": "join"}
_ACTION = re.compile(r"[a-z][a-z_]{0,63}")
_USER = re.compile(r"(?:user)?([0-9]+)")

Row = dict[str, str | None]


class Chat:
    """One chat, while its messages pass in the order of the file."""

    def __init__(self, chat_id: str | None, name: str | None, kind: str | None) -> None:
        self.chat_id = chat_id
        self.name = name
        self.is_private = kind in _PRIVATE
        self._topics: set[str] = set()

    def events(self, message: dict[str, Any]) -> Iterator[Row]:
        """One row for the message; further ones for each person that it says was added or removed."""
        if text_at(message, "type") == "service":
            yield from self._service(message)
            return
        sender = _sender(text_at(message, "from_id"))
        answered = text_at(message, "reply_to_message_id")
        # What is written in a topic of a forum answers the message that opened the topic, and nobody.
        is_in_topic = answered in self._topics
        other_chat = text_at(message, "reply_to_peer_id")
        answered_id = self._key(answered, other_chat.lstrip("abcdefghijklmnopqrstuvwxyz") if other_chat else None)
        row = self._row(message, sender, "reply" if answered and not is_in_topic else "message")
        row["thread_id" if is_in_topic else "reply_to_id"] = answered_id
        row["reactions_count"] = sum_of_counts([entry for entry in objects(message, "reactions") if text_at(entry, "type") != "paid"])
        yield row

    def reactions(self, message: dict[str, Any], row: Row) -> Iterator[Row]:
        """The reactions whose author is named: in a large group the last few."""
        for entry in objects(message, "reactions"):
            emoji = text_at(entry, "emoji") or text_at(entry, "document_id") or text_at(entry, "type")
            for recent in objects(entry, "recent"):
                sender = _sender(text_at(recent, "from_id"))
                if sender.member_id is not None:
                    yield reaction(row, emoji, sender, NATIVE, _reacted_at(message, text_at(recent, "date")))

    def _service(self, message: dict[str, Any]) -> Iterator[Row]:
        action = text_at(message, "action") or ""
        actor_id, actor = text_at(message, "actor_id"), text_at(message, "actor")
        sender = _sender(actor_id)
        if action == "topic_created" and (topic := text_at(message, "id")):
            self._topics.add(topic)
        others = _OF_OTHERS.get(action)
        members = message.get("members")
        names = members if isinstance(members, list) else []
        if action in _JOINS:
            yield self._row(message, sender, "join")
        elif others and action != "create_group" and actor is not None and names == [actor]:
            # Who comes or goes alone is written as the actor who adds or removes the actor.
            yield self._row(message, sender, others)
        else:
            yield self._row(message, sender, action if _ACTION.fullmatch(action) else "service")
            if others:
                for number, name in enumerate(names, start=1):
                    if action != "create_group" or name is None or name != actor:
                        yield self._unnamed(message, others, sender, number)

    def _unnamed(self, message: dict[str, Any], event_type: str, actor: Sender, number: int) -> Row:
        """Somebody came or went of whom there is no id."""
        row = self._row(message, Sender(), event_type)
        key = row["message_id"]
        inviter = actor.member_id if event_type == "join" else None
        return {**row, "message_id": f"{key}:{number}" if key else None, "inviter_id": inviter}

    def _row(self, message: dict[str, Any], sender: Sender, event_type: str) -> Row:
        return {
            "community_id": self.chat_id,
            "message_id": self._key(text_at(message, "id")),
            "occurred_at": _instant(message, "date_unixtime", "date"),
            "member_id": sender.member_id,
            "id_kind": NATIVE,
            "actor_type": sender.actor_type,
            "event_type": event_type,
            "edited_at": _instant(message, "edited_unixtime", "edited"),
        }

    def _key(self, message_id: str | None, chat_id: str | None = None) -> str | None:
        """Numbers begin anew in every chat, also when a group becomes a supergroup."""
        chat_id = chat_id or self.chat_id
        return f"{chat_id}:{message_id}" if chat_id and message_id else None


def _sender(peer: str | None) -> Sender:
    """Of `user1`, or in old exports 1. Who speaks as a channel or as the group itself is its administration, no member."""
    if peer is None:
        return Sender()
    match = _USER.fullmatch(peer)
    return Sender(match[1]) if match else Sender(peer, "staff")


def _instant(message: dict[str, Any], unix_key: str, local_key: str) -> str | None:
    unix = text_at(message, unix_key)
    return text_at(message, local_key) if unix is None else _from_unix(unix)


def _from_unix(text: str) -> str:
    """Canonical text of an instant in seconds; what is none stays as it is, to be put aside."""
    try:
        return _canonical(datetime.fromtimestamp(int(text), UTC))
    except (ValueError, OverflowError, OSError):
        return text


def _canonical(instant: datetime) -> str:
    return instant.isoformat()[:19] + "Z"


def _reacted_at(message: dict[str, Any], local: str | None) -> str | None:
    """The time of a reaction is local time of whoever exported, as is the message's `date`: that one's offset is known."""
    date, unix = text_at(message, "date"), text_at(message, "date_unixtime")
    if local is None or date is None or unix is None:
        return local
    try:
        offset = datetime.fromisoformat(date) - datetime.fromtimestamp(int(unix), UTC).replace(tzinfo=None)
        return _canonical(datetime.fromisoformat(local) - offset)
    except (ValueError, OverflowError, OSError, TypeError):
        return local
