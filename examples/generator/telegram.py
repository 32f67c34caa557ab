"""The tea friends' supergroup on Telegram: people of whom some come by link and some are added, reactions, one closed account."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from . import rhythm, stream

CHAT_ID = 1893021477
CHAT_NAME = "灯笼茶·海外茶友"
EXPORT_DAYS = (date(2026, 10, 12), date(2026, 11, 2))
EXPORTER_ZONE = ZoneInfo("Europe/Berlin")
ADMIN = ("user5013370001", "Lantern Tea")
FIRST_NAMES = (
    "Aiko",
    "Bram",
    "Clara",
    "Davit",
    "Emre",
    "Freya",
    "Gita",
    "Hugo",
    "Ilse",
    "Jan",
    "Kaja",
    "Luca",
    "Mei",
    "Noor",
    "Otto",
    "Pia",
)
TEXTS = (
    "第二泡最好喝。",
    "Gaiwan or pot for this one?",
    "My parcel arrived today 🍵",
    "Brewed at 85 degrees, much better.",
    "谁有老白茶推荐？",
    "The tin is beautiful.",
)
LINKED = ["see ", {"type": "link", "text": "https://lantern.example/tea?utm_source=telegram"}]
EMOJI = ("👍", "❤", "🔥")


@dataclass(frozen=True)
class Person:
    peer: str
    name: str | None
    joined: datetime
    how: str
    left: datetime | None


@dataclass(frozen=True)
class Reaction:
    person: Person
    emoji: str
    instant: datetime


@dataclass
class Post:
    """One message of the chat. `person` None: the group itself. `action` None: no service message."""

    number: int
    instant: datetime
    person: Person | None
    action: str | None = None
    text: Any = ""
    reply_to: int | None = None
    edited: datetime | None = None
    is_unsupported: bool = False
    reactions: tuple[Reaction, ...] = ()

    @property
    def is_by_member(self) -> bool:
        return self.person is not None and self.action is None and not self.is_unsupported


@dataclass(frozen=True)
class Group:
    people: list[Person]
    posts: list[Post]


def build_group() -> Group:
    rng = stream("telegram")
    people = [_person(number, rng) for number in range(38)]
    posts = [Post(0, rhythm.at(day, 10, 5), None, text="今日茶单 / tea of the day") for day in rhythm.days() if day.weekday() in (0, 3)]
    for person in people:
        posts.append(Post(0, person.joined, person, action=person.how))
        if person.left is not None:
            posts.append(Post(0, person.left, person, action="remove_members"))
        posts += _posts_of(person, rng)
    posts.sort(key=lambda post: (post.instant, post.person.peer if post.person else ""))
    for number, post in enumerate(posts, start=1):
        post.number = number + 1
    _answer_and_react(posts, people, rng)
    # What an older Telegram Desktop cannot show, it exports without author and date.
    next(post for post in posts if post.is_by_member and post.instant > rhythm.at(date(2026, 10, 20), 0)).is_unsupported = True
    defects = (post for post in posts if post.is_by_member and isinstance(post.text, str) and post.reply_to is None)
    next(defects).text = "two lines\u2028in one, and a bell\x07"
    return Group(people, posts)


def _person(number: int, rng: random.Random) -> Person:
    day = rhythm.FIRST_DAY if number < 16 else rhythm.FIRST_DAY + timedelta(days=1 + rng.randrange(54))
    joined = rhythm.moment(rng, day, rhythm.ABROAD_HOURS)
    how = rng.choices(("join_group_by_link", "join_group_by_request", "invite_members", "added"), weights=(5, 2, 2, 1))[0]
    left = joined + timedelta(days=8, hours=rng.randrange(48)) if number % 9 == 4 else None
    # A closed account keeps its id and loses its name.
    name = None if number == 11 else f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {'KMPR'[number % 4]}."
    return Person(f"user{6_100_000_000 + rng.randrange(900_000_000)}", name, joined, how, left)


def _posts_of(person: Person, rng: random.Random) -> list[Post]:
    eagerness = rng.choice((0.7, 0.35, 0.15, 0.05))
    end = rhythm.local_date(person.left) - timedelta(days=1) if person.left else rhythm.LAST_DAY
    posts = []
    for day in rhythm.days(rhythm.local_date(person.joined) + timedelta(days=1), end):
        if rng.random() > eagerness:
            continue
        for _ in range(1 + rhythm.poisson(rng, 0.6)):
            plain = rng.choice(TEXTS)
            text: Any = LINKED if rng.random() < 0.08 else plain
            posts.append(Post(0, rhythm.moment(rng, day, rhythm.ABROAD_HOURS), person, text=text))
    return posts


def _answer_and_react(posts: list[Post], people: list[Person], rng: random.Random) -> None:
    earlier: list[Post] = []
    for post in posts:
        if post.action is not None:
            continue
        recent = [other for other in earlier[-12:] if post.instant - other.instant < timedelta(days=2)]
        if post.is_by_member and recent and rng.random() < 0.4:
            post.reply_to = rng.choice(recent).number
        if post.is_by_member and rng.random() < 0.04:
            post.edited = post.instant + timedelta(minutes=7)
        if rng.random() < 0.3:
            present = [person for person in people if person.joined < post.instant and (person.left is None or person.left > post.instant)]
            chosen = rng.sample([person for person in present if person is not post.person], min(len(present) - 1, 1 + rng.randrange(3)))
            times = [post.instant + timedelta(seconds=60 + rng.randrange(40_000)) for _ in chosen]
            end = rhythm.at(rhythm.LAST_DAY, 23, 59)
            post.reactions = tuple(
                Reaction(person, rng.choice(EMOJI), min(time, end))
                for person, time in zip(chosen, times, strict=True)
                if post.instant < end
            )
        earlier.append(post)


def export(group: Group, export_day: date) -> bytes:
    """result.json as Telegram Desktop writes it on the morning of that day: everything until then, and its two defects."""
    until = rhythm.at(export_day, 0)
    document = {
        "name": CHAT_NAME,
        "type": "private_supergroup",
        "id": CHAT_ID,
        "messages": [_message(post, until) for post in group.posts if post.instant < until],
    }
    content = json.dumps(document, ensure_ascii=False, indent=1)
    return content.replace("\\u0007", "\\x07").encode().replace("\u2028".encode(), b"\\u2028\x80\xa8")


def _message(post: Post, until: datetime) -> dict[str, Any]:
    if post.is_unsupported:
        return {"id": post.number, "type": "unsupported"}
    message: dict[str, Any] = {"id": post.number, "type": "service" if post.action else "message", **_time("date", post.instant)}
    name, peer = (post.person.name, post.person.peer) if post.person else (CHAT_NAME, f"channel{CHAT_ID}")
    if post.action is not None:
        message |= _service(post, name, peer)
    else:
        if post.edited is not None:
            message |= _time("edited", post.edited)
        message |= {"from": name, "from_id": peer}
        if post.reply_to is not None:
            message["reply_to_message_id"] = post.reply_to
    entities = [part if isinstance(part, dict) else {"type": "plain", "text": part} for part in post.text] if post.text else []
    message |= {"text": post.text, "text_entities": entities if isinstance(post.text, list) else _plain(post.text)}
    if reactions := _reactions([reaction for reaction in post.reactions if reaction.instant < until]):
        message["reactions"] = reactions
    return message


def _service(post: Post, name: str | None, peer: str) -> dict[str, Any]:
    """Who comes alone is written as adding themselves; who is added by the administrator stands there by name only."""
    if post.action == "added":
        return {"actor": ADMIN[1], "actor_id": ADMIN[0], "action": "invite_members", "members": [name]}
    actor = {"actor": name, "actor_id": peer, "action": post.action}
    if post.action in ("invite_members", "remove_members"):
        return {**actor, "members": [name]}
    return {**actor, "inviter": ADMIN[1]} if post.action == "join_group_by_link" else actor


def _reactions(reactions: list[Reaction]) -> list[dict[str, Any]]:
    by_emoji = {emoji: [reaction for reaction in reactions if reaction.emoji == emoji] for emoji in EMOJI}
    return [
        {"type": "emoji", "count": len(given), "emoji": emoji, "recent": list(map(_recent, given))}
        for emoji, given in by_emoji.items()
        if given
    ]


def _recent(reaction: Reaction) -> dict[str, Any]:
    return {"from": reaction.person.name, "from_id": reaction.person.peer, "date": _time("date", reaction.instant)["date"]}


def _plain(text: str) -> list[dict[str, str]]:
    return [{"type": "plain", "text": text}] if text else []


def _time(key: str, instant: datetime) -> dict[str, str]:
    """Local time of whoever exports, and the instant."""
    return {key: instant.astimezone(EXPORTER_ZONE).strftime("%Y-%m-%dT%H:%M:%S"), f"{key}_unixtime": str(int(instant.timestamp()))}
