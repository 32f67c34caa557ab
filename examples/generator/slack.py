"""The Slack workspace of the wholesale partners: three channels, people, two bots, threads, one edited message."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from . import rhythm, stream

TEAM = "T0LANTERN9"
OWNER = "U0LTOWNER"
CHANNELS = (("C0LTGENERL", "general"), ("C0LTWHSALE", "wholesale"), ("C0LTTASTNG", "tasting-notes"))
ORDER_BOT_USER, ORDER_BOT_ID = "U0LTORDBOT", "B0LTORDERS"
DEPLOY_BOT_ID = "B0LTDEPLOY"
EXPORT_DAYS = (date(2026, 10, 19), date(2026, 10, 26), date(2026, 11, 2))
EDITED_AT = rhythm.at(date(2026, 10, 22), 11)
FIRST_NAMES = ("Ada", "Ben", "Chloe", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ines", "Jonas", "Kofi", "Lena", "Marta", "Nils", "Olga")
TEXTS = (
    "Second flush samples arrived today.",
    "What water temperature do you use for this one?",
    "Reordered the jasmine, customers keep asking.",
    "Notes: orchid, wet stone, a little cream.",
    "Shipping to Lyon took six days this time.",
    "Does anybody stock the travel set?",
    "Photos of the shelf are up.",
)


@dataclass(frozen=True)
class SlackMessage:
    """One message. `thread_ts` is None outside threads and the parent's `ts` inside one."""

    channel_id: str
    ts: str
    instant: datetime
    user: str | None
    text: str
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    edited: bool = False

    @property
    def day(self) -> date:
        return rhythm.local_date(self.instant)

    @property
    def is_by_member(self) -> bool:
        return self.bot_id is None and self.subtype is None and self.user is not None

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True)
class Workspace:
    users: list[tuple[str, str, datetime, bool]]  # (id, name, joined, account closed)
    messages: list[SlackMessage]


def build_workspace() -> Workspace:
    rng = stream("slack")
    users = []
    for number in range(42):
        day = rhythm.FIRST_DAY if number < 24 else rhythm.FIRST_DAY + timedelta(days=2 + rng.randrange(55))
        name = f"{FIRST_NAMES[number % len(FIRST_NAMES)].lower()}{number:02d}"
        users.append(
            (f"U0LT{number:03d}{'KMPQRSTVXZ'[number % 10]}{'ABCDEFGH'[number % 8]}", name, rhythm.moment(rng, day), number in (7, 19))
        )
    messages = [message for user in users for message in _messages_of(user, rng)] + _bot_messages(rng)
    messages = _with_replies(sorted(messages, key=lambda message: (message.instant, message.ts)), rng)
    return Workspace(users, sorted(messages, key=lambda message: (message.instant, message.ts)))


def _timestamp(instant: datetime, rng: random.Random) -> str:
    """Seconds and a counter as text, as Slack writes it: unique within a channel."""
    return f"{int(instant.timestamp())}.{rng.randrange(1, 1_000_000):06d}"


def _messages_of(user: tuple[str, str, datetime, bool], rng: random.Random) -> list[SlackMessage]:
    user_id, _, joined, is_closed = user
    messages = []
    channels = [channel for channel, _ in CHANNELS[: 1 + rng.randrange(3)]]
    for channel in channels:
        text = f"<@{user_id}> has joined the channel"
        messages.append(SlackMessage(channel, _timestamp(joined, rng), joined, user_id, text, subtype="channel_join"))
    eagerness = rng.choice((0.6, 0.3, 0.15, 0.05))
    last_day = date(2026, 9, 30) if is_closed else rhythm.LAST_DAY
    for day in rhythm.days(rhythm.local_date(joined) + timedelta(days=1), last_day):
        if rng.random() > eagerness * (0.35 if day.weekday() >= 5 else 1.0):
            continue
        for _ in range(1 + rhythm.poisson(rng, 0.8)):
            instant = rhythm.moment(rng, day, rhythm.ABROAD_HOURS)
            messages.append(SlackMessage(rng.choice(channels), _timestamp(instant, rng), instant, user_id, rng.choice(TEXTS)))
    return messages


def _bot_messages(rng: random.Random) -> list[SlackMessage]:
    """Two kinds of bot: an integration without a user, and an app with one."""
    messages = []
    for day in rhythm.days():
        for hour in (8, 14, 20):
            instant = rhythm.at(day, hour)
            text = "New wholesale orders: see the sheet"
            messages.append(SlackMessage(CHANNELS[1][0], _timestamp(instant, rng), instant, ORDER_BOT_USER, text, bot_id=ORDER_BOT_ID))
        instant = rhythm.at(day, 3, 15)
        text = "Shop deployed"
        messages.append(
            SlackMessage(CHANNELS[0][0], _timestamp(instant, rng), instant, None, text, subtype="bot_message", bot_id=DEPLOY_BOT_ID)
        )
    return messages


def _with_replies(messages: list[SlackMessage], rng: random.Random) -> list[SlackMessage]:
    """A third of what people write answers something of the last two days in the same channel."""
    threaded: list[SlackMessage] = []
    recent: dict[str, list[SlackMessage]] = {channel: [] for channel, _ in CHANNELS}
    for message in messages:
        changed = message
        if message.is_by_member:
            parents = [parent for parent in recent[message.channel_id] if message.instant - parent.instant < timedelta(days=2)]
            if parents and rng.random() < 0.34:
                parent = rng.choice(parents)
                changed = SlackMessage(message.channel_id, message.ts, message.instant, message.user, message.text, thread_ts=parent.ts)
            else:
                edited = rng.random() < 0.01 and message.instant < EDITED_AT
                changed = SlackMessage(message.channel_id, message.ts, message.instant, message.user, message.text, edited=edited)
                recent[message.channel_id] = [*parents, changed]
        threaded.append(changed)
    return threaded


def archive(workspace: Workspace, export_day: date) -> dict[str, Any]:
    """Member name -> JSON document of the export taken on the morning of `export_day`: everything until then, again."""
    until = rhythm.at(export_day, 0)
    documents: dict[str, Any] = {
        "users.json": _users(workspace, until),
        "channels.json": _channels(workspace, until),
        "integration_logs.json": [],
    }
    replies: dict[tuple[str, str], list[SlackMessage]] = {}
    for message in workspace.messages:
        if message.instant < until and message.thread_ts is not None:
            replies.setdefault((message.channel_id, message.thread_ts), []).append(message)
    names = dict(CHANNELS)
    for message in workspace.messages:
        if message.instant < until:
            # Slack files messages by the workspace's day; this one's is UTC, so a file's name is not the business date.
            name = f"{names[message.channel_id]}/{message.instant:%Y-%m-%d}.json"
            documents.setdefault(name, []).append(_document(message, replies.get((message.channel_id, message.ts), []), until))
    return documents


def _document(message: SlackMessage, replies: list[SlackMessage], until: datetime) -> dict[str, Any]:
    document: dict[str, Any] = {"type": "message", "text": message.text, "ts": message.ts}
    if message.user is not None:
        document["user"] = message.user
    if message.subtype is not None:
        document["subtype"] = message.subtype
    if message.bot_id is not None:
        document["bot_id"] = message.bot_id
    if message.edited and until > EDITED_AT:
        document["text"] = f"{message.text} (edited)"
        document["edited"] = {"user": message.user, "ts": f"{int(EDITED_AT.timestamp())}.000000"}
    if message.thread_ts is not None:
        document["thread_ts"] = message.thread_ts
    elif replies:
        document["thread_ts"] = message.ts
        document["reply_count"] = len(replies)
        document["replies"] = [{"user": reply.user, "ts": reply.ts} for reply in replies]
    return document


def _users(workspace: Workspace, until: datetime) -> list[dict[str, Any]]:
    closed_on = rhythm.at(date(2026, 10, 1), 0)
    users = [_user(OWNER, "lantern", is_owner=True), _user(ORDER_BOT_USER, "orderbot", is_bot=True)]
    for user_id, name, joined, is_closed in workspace.users:
        if joined < until:
            users.append(_user(user_id, name, deleted=is_closed and until > closed_on))
    return users


def _user(user_id: str, name: str, *, is_owner: bool = False, is_bot: bool = False, deleted: bool = False) -> dict[str, Any]:
    return {
        "id": user_id,
        "team_id": TEAM,
        "name": name,
        "deleted": deleted,
        "real_name": name.title(),
        "tz": "Europe/Berlin",
        "tz_offset": 7200,
        "profile": {"real_name": name.title(), "display_name": name, "email": f"{name}@partners.example"},
        "is_admin": is_owner,
        "is_owner": is_owner,
        "is_bot": is_bot,
        "updated": int(rhythm.at(rhythm.FIRST_DAY, 0).timestamp()),
    }


def _channels(workspace: Workspace, until: datetime) -> list[dict[str, Any]]:
    channels = []
    for channel_id, name in CHANNELS:
        joins = (message for message in workspace.messages if message.channel_id == channel_id and message.subtype == "channel_join")
        members = [join.user for join in joins if join.instant < until]
        channels.append(
            {
                "id": channel_id,
                "name": name,
                "created": int(rhythm.at(date(2026, 8, 3), 10).timestamp()),
                "creator": OWNER,
                "is_archived": False,
                "is_general": name == "general",
                "members": [OWNER, *members],
                "topic": {"value": "", "creator": "", "last_set": 0},
                "purpose": {"value": "", "creator": "", "last_set": 0},
            }
        )
    return channels
