"""Slack workspace export (zip): users.json, channels.json, groups.json and `<channel>/YYYY-MM-DD.json`.

A day's file is named after some clock of Slack's, so the date of a message comes from its `ts`. `ts` is unique within a
channel only. More than half of the rows of a real export are written by bots.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from community_metrics.errors import InputError
from community_metrics.sources.envelopes import RowProblem
from community_metrics.sources.readers.chat_records import Sender, objects, reaction, sum_of_counts
from community_metrics.sources.readers.model import Drift, OpenedFile, Record, RowGroup, batch_records, scalar
from community_metrics.sources.templates import Template

_DAY_FILE = re.compile(r"(?P<folder>[^/]+)/[0-9]{4}-[0-9]{2}-[0-9]{2}\.json")
_USER_LISTS = ("users.json", "org_users.json")
_CHANNEL_LISTS = ("channels.json", "groups.json")
_DIRECT_LISTS = ("dms.json", "mpims.json")

# Subtypes by what happened; any other subtype is an event type of its own name, which no metric counts unless the
# definitions say so.
_EVENT_TYPES = {
    None: "message",
    "bot_message": "message",
    "me_message": "message",
    "file_share": "message",
    "file_comment": "message",
    "tombstone": "message",
    "thread_broadcast": "reply",
    "channel_join": "join",
    "group_join": "join",
    "channel_leave": "leave",
    "group_leave": "leave",
}


def recognises(file: OpenedFile) -> bool:
    """Whether the file is a workspace export."""
    if file.envelope.kind != "zip":
        return False
    names = set(file.archive.names)
    return bool(names & set(_USER_LISTS)) and bool(names & set(_CHANNEL_LISTS))


def read(file: OpenedFile, template: Template, drift: Drift) -> Iterator[RowGroup]:
    """Streams `channels`, `users`, `messages` and `reactions`. Raises `InputError` unexpected_layout, and what a damaged archive raises."""
    if not recognises(file):
        raise InputError(
            "unexpected_layout",
            "no Slack export: users.json and channels.json are not at the top of a zip",
            file.name,
            "drop the zip as Slack made it, neither unpacked nor packed again",
        )
    columns = {stream.definition.name: [column.name for column in stream.columns] for stream in template.streams}
    yield from batch_records(_records(file, drift), columns)


def _records(file: OpenedFile, drift: Drift) -> Iterator[Record]:
    row_no = 0
    users = _load_lists(file, _USER_LISTS)
    channels = _load_lists(file, _CHANNEL_LISTS)
    for channel in channels:
        row_no += 1
        yield Record("channels", row_no, _channel(channel))
    for user in users:
        row_no += 1
        yield Record("users", row_no, _user(user))
    bots = {scalar(user, "id") for user in users if _is_bot(user)}
    ids = {scalar(channel, "name"): scalar(channel, "id") for channel in channels}
    direct = {scalar(chat, key) for chat in _load_lists(file, _DIRECT_LISTS) for key in ("id", "name")}
    left_out: set[str] = set()
    for name in sorted(file.archive.names):
        match = _DAY_FILE.fullmatch(name)
        if match is None:
            continue
        folder = match["folder"]
        if folder in direct and folder not in ids:
            left_out.add(folder)
            continue
        if folder not in ids:
            drift.warnings["unknown_channel"] = f"folder {folder!r} is in no channel list: its name stands for the channel's id"
        channel_id = ids.get(folder) or folder
        for message in _load_list(file, name):
            row_no += 1
            if not isinstance(message, dict):
                yield Record("messages", row_no, {}, RowProblem(row_no, "malformed_row", None, name))
                continue
            row = _message(message, channel_id, bots)
            yield Record("messages", row_no, row)
            for entry in _reactions(message, row, bots):
                row_no += 1
                yield Record("reactions", row_no, entry)
    if left_out:
        drift.warnings["direct_messages"] = f"{len(left_out)} direct conversations are left out: they are no community"


def _channel(channel: Any) -> dict[str, str | None]:
    return {
        "community_id": scalar(channel, "id"),
        "name": scalar(channel, "name"),
        "created_at": scalar(channel, "created"),
        "is_archived": scalar(channel, "is_archived"),
    }


def _user(user: Any) -> dict[str, str | None]:
    return {
        "member_id": scalar(user, "id"),
        "id_kind": "user",
        "actor_type": "bot" if _is_bot(user) else "member",
        "is_deleted_account": scalar(user, "deleted"),
    }


def _is_bot(user: Any) -> bool:
    # Slack's own assistant is listed as a person.
    return scalar(user, "is_bot") == "true" or scalar(user, "id") == "USLACKBOT"


def _message(message: dict[str, Any], channel_id: str, bots: set[str | None]) -> dict[str, str | None]:
    ts, thread_ts, subtype = scalar(message, "ts"), scalar(message, "thread_ts"), scalar(message, "subtype")
    # A comment on a file names its author inside the comment.
    user = scalar(message, "user") or scalar(message, "comment", "user")
    bot = scalar(message, "bot_id")
    is_bot = subtype == "bot_message" or user in bots or (user is None and bot is not None)
    is_reply = thread_ts is not None and thread_ts != ts
    event_type = _EVENT_TYPES.get(subtype, subtype)
    thread_id = f"{channel_id}:{thread_ts}" if thread_ts else None
    return {
        "community_id": channel_id,
        "message_id": f"{channel_id}:{ts}" if ts else None,
        "occurred_at": ts,
        "member_id": user or bot,
        "id_kind": "user" if user else "bot",
        "actor_type": "bot" if is_bot else "member",
        "event_type": "reply" if event_type == "message" and is_reply else event_type,
        "thread_id": thread_id,
        "reply_to_id": thread_id if is_reply else None,
        "reply_count": scalar(message, "reply_count"),
        "reactions_count": sum_of_counts(objects(message, "reactions")) if "reactions" in message else None,
        "inviter_id": scalar(message, "inviter"),
        "edited_at": scalar(message, "edited", "ts"),
        "is_deleted": "true" if subtype == "tombstone" else None,
    }


def _reactions(message: dict[str, Any], row: dict[str, str | None], bots: set[str | None]) -> Iterator[dict[str, str | None]]:
    """Who reacted, as far as the export lists them; when is not in it."""
    for entry in objects(message, "reactions"):
        users = entry.get("users")
        for user in users if isinstance(users, list) else []:
            sender = Sender(user if isinstance(user, str) else None, "bot" if isinstance(user, str) and user in bots else "member")
            yield reaction(row, scalar(entry, "name"), sender, "user")


def _load_lists(file: OpenedFile, names: tuple[str, ...]) -> list[Any]:
    """The entries of several lists of the archive; a list that is missing is normal (no private channels, no direct messages)."""
    return [entry for name in names if name in file.archive.names for entry in _load_list(file, name)]


def _load_list(file: OpenedFile, name: str) -> list[Any]:
    content = file.archive.load_json(name)
    if not isinstance(content, list):
        raise InputError("unexpected_layout", "the member is no JSON list", f"{file.name}, {name}", "ask for a new export")
    return content
