"""The Discord server of the brewing lab: a channel and a thread, people, a bot, reactions that name their people."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from . import rhythm, stream

GUILD = ("1291108812345671680", "Lantern Brewing Lab")
ROOM = ("1291108812345671702", "brew-log")
THREAD = ("1293500000000000768", "Water: soft or hard?")
EXPORT_DAY = date(2026, 11, 2)
EXPORTER_ZONE = ZoneInfo("Europe/Berlin")
BOT = ("1291108899999999744", "Kettle")
NAMES = ("amira", "beno", "chandra", "dusk", "eira", "finn", "gaoshan", "hollis", "ivo", "juniper", "kestrel", "lowtide")
TEXTS = ("5 g, 95 degrees, 12 s: sweet.", "Too long, bitter.", "Which water?", "Filter first.", "Photo of the leaf:", "Third steep wins.")
EMOJI = (("", "🍵", "tea"), ("", "👏", "clap"), ("1291108813000000512", "gaiwan", "gaiwan"))
_EPOCH_MS = 1_420_070_400_000


@dataclass
class Post:
    """One message. `author`: index into the members; None is the bot."""

    instant: datetime
    author: int | None
    kind: str = "Default"
    text: str = ""
    is_in_thread: bool = False
    message_id: str = ""
    reply_to: str | None = None
    reactions: tuple[tuple[int, int], ...] = ()  # (emoji, member)
    edited: bool = False

    @property
    def is_by_member(self) -> bool:
        return self.author is not None and self.kind in ("Default", "Reply")

    @property
    def is_reply(self) -> bool:
        return self.kind == "Reply" or self.is_in_thread


@dataclass(frozen=True)
class Server:
    members: list[str]
    posts: list[Post]


def build_server() -> Server:
    rng = stream("discord server")
    members = [str(880_000_000_000_000_000 + rng.randrange(10**17)) for _ in NAMES]
    posts = [post for number in range(len(members)) for post in _posts_of(number, rng)]
    posts += [Post(rhythm.at(day, 21, 30), None, text="How did today's tea turn out?") for day in rhythm.days()]
    posts.sort(key=lambda post: (post.instant, -1 if post.author is None else post.author))
    for number, post in enumerate(posts):
        post.message_id = str((int(post.instant.timestamp() * 1000) - _EPOCH_MS << 22) + number)
    _answer_and_react(posts, len(members), rng)
    return Server(members, posts)


def _posts_of(number: int, rng: random.Random) -> list[Post]:
    day = rhythm.FIRST_DAY + timedelta(days=number * 3)
    joined = rhythm.moment(rng, day, rhythm.ABROAD_HOURS)
    posts = [Post(joined, number, "GuildMemberJoin", "Joined the server.")]
    eagerness = rng.choice((0.6, 0.3, 0.12))
    for active in rhythm.days(day + timedelta(days=1)):
        if rng.random() < eagerness:
            for _ in range(1 + rhythm.poisson(rng, 0.7)):
                instant = rhythm.moment(rng, active, rhythm.ABROAD_HOURS)
                posts.append(Post(instant, number, text=rng.choice(TEXTS), is_in_thread=rng.random() < 0.15, edited=rng.random() < 0.03))
    return posts


def _answer_and_react(posts: list[Post], members: int, rng: random.Random) -> None:
    earlier: list[Post] = []
    for post in posts:
        if post.kind != "Default":
            continue
        recent = [other for other in earlier[-8:] if other.is_in_thread == post.is_in_thread]
        if post.author is not None and recent and rng.random() < 0.35:
            post.kind, post.reply_to = "Reply", rng.choice(recent).message_id
        if rng.random() < 0.25:
            post.reactions = tuple(
                (rng.randrange(len(EMOJI)), member) for member in sorted(rng.sample(range(members), 1 + rng.randrange(3)))
            )
        earlier.append(post)


def exports(server: Server) -> dict[str, bytes]:
    """File name -> content, as DiscordChatExporter writes a channel and a thread of it."""
    room = {"id": ROOM[0], "type": "GuildTextChat", "categoryId": "1291108812345671690", "category": "Text Channels", "name": ROOM[1]}
    thread = {"id": THREAD[0], "type": "GuildPublicThread", "categoryId": ROOM[0], "category": ROOM[1], "name": THREAD[1]}
    return {
        f"{GUILD[1]} - Text Channels - {ROOM[1]} [{ROOM[0]}].json": _document(
            server, room, [p for p in server.posts if not p.is_in_thread]
        ),
        f"{GUILD[1]} - {ROOM[1]} - Water_ soft or hard_ [{THREAD[0]}].json": _document(
            server, thread, [p for p in server.posts if p.is_in_thread]
        ),
    }


def _document(server: Server, channel: dict[str, Any], posts: list[Post]) -> bytes:
    document = {
        "guild": {"id": GUILD[0], "name": GUILD[1], "iconUrl": "https://cdn.discordapp.com/embed/avatars/0.png"},
        "channel": {**channel, "topic": None},
        "dateRange": {"after": None, "before": None},
        "exportedAt": _time(rhythm.at(EXPORT_DAY, 9, 12)),
        "messages": [_message(server, channel["id"], post) for post in posts],
        "messageCount": len(posts),
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def _message(server: Server, channel_id: str, post: Post) -> dict[str, Any]:
    by_emoji = {number: [member for emoji, member in post.reactions if emoji == number] for number in range(len(EMOJI))}
    message: dict[str, Any] = {
        "id": post.message_id,
        "type": post.kind,
        "timestamp": _time(post.instant),
        "timestampEdited": _time(post.instant + timedelta(minutes=3)) if post.edited else None,
        "callEndedTimestamp": None,
        "isPinned": False,
        "content": post.text,
        "author": _user(server, post.author),
        "attachments": [],
        "embeds": [],
        "stickers": [],
        "reactions": [_reaction(server, EMOJI[number], people) for number, people in by_emoji.items() if people],
        "mentions": [],
    }
    if post.reply_to is not None:
        message["reference"] = {"messageId": post.reply_to, "channelId": channel_id, "guildId": GUILD[0]}
    return {**message, "inlineEmojis": []}


def _reaction(server: Server, emoji: tuple[str, str, str], people: list[int]) -> dict[str, Any]:
    named = {"id": emoji[0], "name": emoji[1], "code": emoji[2], "isAnimated": False}
    return {"emoji": named, "count": len(people), "users": [_user(server, person, with_roles=False) for person in people]}


def _user(server: Server, member: int | None, *, with_roles: bool = True) -> dict[str, Any]:
    user_id, name = BOT if member is None else (server.members[member], NAMES[member])
    user: dict[str, Any] = {"id": user_id, "name": name, "discriminator": "0000", "nickname": name.title(), "color": None}
    user["isBot"] = member is None
    if with_roles:
        user["roles"] = []
    return {**user, "avatarUrl": "https://cdn.discordapp.com/embed/avatars/1.png"}


def _time(instant: datetime) -> str:
    return instant.astimezone(EXPORTER_ZONE).isoformat()
