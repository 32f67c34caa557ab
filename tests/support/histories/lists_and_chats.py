"""Histories of sources that only show what is: member lists of customer groups, and exports of a chat.

Rich in what goes wrong there: groups that could not be fetched, members who joined before the first list or came and went between
two lists, callbacks that name some of the leaves, exports that overlap. All of it follows from a seed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

TIMEZONE = "Asia/Shanghai"
FIRST = date(2026, 9, 1)
LENGTH = 30
CORPORATION, WORKSPACE = "ww-corp", "tg-1"
STATES = {"kol_lin": "kol", "ad_7": "paid", None: "unknown"}


@dataclass(frozen=True)
class Stay:
    """What really happened; the lists know less."""

    group: str
    member: str
    joined_at: datetime
    left_at: datetime | None
    state: str | None
    has_callback: bool


@dataclass(frozen=True)
class MemberList:
    """One fetched page: who is in, each with the moment of joining and the way."""

    group: str
    at: datetime
    members: dict[str, tuple[datetime, str | None]]


@dataclass(frozen=True)
class Page:
    """A file to land."""

    name: str
    source: str
    account: str
    snapshot_at: datetime
    content: bytes


@dataclass
class ListHistory:
    seed: int
    lists: list[MemberList] = field(default_factory=list)
    departures: list[tuple[str, str, datetime]] = field(default_factory=list)
    messages: list[tuple[int, str, datetime, bool]] = field(default_factory=list)
    reactions: list[tuple[int, str, datetime]] = field(default_factory=list)
    joins: list[tuple[str, datetime]] = field(default_factory=list)
    exported_at: datetime = datetime(2026, 10, 3, 2, tzinfo=UTC)
    pages: list[Page] = field(default_factory=list)


def generate_list_history(seed: int) -> ListHistory:
    random = Random(seed)
    history = ListHistory(seed)
    stays = [stay for number, group in enumerate(("wrGroupA", "wrGroupB", "wrGroupC")) for stay in _stays(random, group, number)]
    _fetch(random, history, stays)
    _talk(random, history)
    random.shuffle(history.pages)
    return history


def instant(random: Random, first: int, last: int) -> datetime:
    """On whole seconds, which is all that these platforms tell; often at the edges of a day."""
    day = FIRST + timedelta(days=random.randint(first, last))
    moment = random.choice((time(), time(23, 59, 59), time(random.randint(0, 23), random.randint(0, 59))))
    return datetime.combine(day, moment, ZoneInfo(TIMEZONE)).astimezone(UTC)


def _stays(random: Random, group: str, number: int) -> list[Stay]:
    found = []
    for index in range(9):
        # Ids are of the corporation: one person may be in several groups.
        member = f"wmMember{index + number * 4:04d}"
        joined: datetime | None = instant(random, -40, LENGTH - 5)
        while joined is not None:
            left = joined + timedelta(hours=random.choice((2, 24, 24 * 7, 24 * 20))) if random.random() < 0.7 else None
            found.append(Stay(group, member, joined, left, random.choice(list(STATES)), random.random() < 0.5))
            comes_back = left is not None and random.random() < 0.5
            joined = left + timedelta(hours=random.choice((1, 48))) if comes_back and left is not None else None
    return found


def _fetch(random: Random, history: ListHistory, stays: list[Stay]) -> None:
    for day in range(LENGTH):
        at = datetime.combine(FIRST + timedelta(days=day), time(15, 30), UTC)
        for number, group in enumerate(("wrGroupA", "wrGroupB", "wrGroupC")):
            # The third group is seen late for the first time, and any page may fail; the first one is there on the last day.
            if day < number * 4 or (random.random() < 0.35 and not (number == 0 and day == LENGTH - 1)):
                continue
            inside = [s for s in stays if s.group == group and s.joined_at <= at and (s.left_at is None or s.left_at > at)]
            history.lists.append(MemberList(group, at, {s.member: (s.joined_at, s.state) for s in inside}))
            history.pages.append(_list_page(history.lists[-1]))
    end = datetime.combine(FIRST + timedelta(days=LENGTH - 1), time(15, 30), UTC)
    history.departures = [(s.group, s.member, s.left_at) for s in stays if s.has_callback and s.left_at is not None and s.left_at <= end]
    for number, departure in enumerate(history.departures):
        history.pages.append(Page(f"callback-{number}.xml", "wecom_groups", CORPORATION, end, _callback(*departure, number).encode()))


def _list_page(page: MemberList) -> Page:
    owner = {"userid": "Owner", "type": 1, "join_time": 1780279200, "join_scene": 1, "name": "Owner"}
    members: list[dict[str, Any]] = [owner]
    for member, (joined_at, state) in page.members.items():
        entry = {"userid": member, "type": 2, "join_time": int(joined_at.timestamp()), "join_scene": 3, "name": "x"}
        members.append({**entry, "state": state} if state else entry)
    chat = {"chat_id": page.group, "name": page.group, "owner": "Owner", "create_time": 1780279200, "member_list": members}
    content = json.dumps({"errcode": 0, "errmsg": "ok", "group_chat": chat}).encode()
    return Page(f"{page.group}-{page.at:%Y%m%d}.json", "wecom_groups", CORPORATION, page.at, content)


def _callback(group: str, member: str, at: datetime, number: int) -> str:
    return (
        f"<xml><ToUserName><![CDATA[{CORPORATION}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
        f"<CreateTime>{int(at.timestamp())}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[change_external_chat]]></Event><ChatId><![CDATA[{group}]]></ChatId>"
        "<ChangeType><![CDATA[update]]></ChangeType><UpdateDetail><![CDATA[del_member]]></UpdateDetail><QuitScene>0</QuitScene>"
        f"<MemChangeCnt>1</MemChangeCnt><MemChangeList><Item>{member}</Item></MemChangeList>"
        f"<LastMemVer>{number:032d}</LastMemVer><CurMemVer>{number + 1:032d}</CurMemVer></xml>"
    )


def _talk(random: Random, history: ListHistory) -> None:
    """Messages, answers and reactions after every list has begun, in two exports that overlap."""
    sent = sorted(instant(random, 12, LENGTH - 1) for _ in range(80))
    # The platform numbers what is written at one moment too.
    for number, at in enumerate(sent, start=2):
        history.messages.append((number, f"user{random.randint(1, 13)}", at, number > 2 and random.random() < 0.3))
    for number, _, at, _ in random.sample(history.messages, 25):
        for member in random.sample(range(1, 15), random.choice((1, 2))):
            reacted = min(at + timedelta(hours=random.choice((0, 5, 30))), history.exported_at - timedelta(days=1))
            history.reactions.append((number, f"user{member}", reacted))
    # Some say that they come; nobody says who was there before.
    joining = [(f"user{random.randint(1, 16)}", instant(random, 13, LENGTH - 1)) for _ in range(8)]
    history.joins.extend((member, at) for member, at in joining if at > sent[0])
    early = datetime(2026, 9, 22, 2, tzinfo=UTC)
    for at in (early, history.exported_at):
        history.pages.append(chat_export(history, at))


def chat_export(history: ListHistory, at: datetime) -> Page:
    """What the chat says of the history at that moment."""
    content = json.dumps({"name": "g", "type": "private_supergroup", "id": 77, "messages": _messages(history, at)}, indent=1).encode()
    return Page(f"result-{at:%Y%m%d}.json", "chat_export", WORKSPACE, at, content)


def _messages(history: ListHistory, until: datetime) -> list[dict[str, Any]]:
    found = []
    for number, member, at, is_reply in history.messages:
        if at < until:
            entry = {"id": number, "type": "message", "date": _wall_clock(at), "date_unixtime": str(int(at.timestamp()))}
            entry |= {"from": "x", "from_id": member, "text": "x", "text_entities": [], **({"reply_to_message_id": 2} if is_reply else {})}
            recent = [
                {"from": "x", "from_id": who, "date": _wall_clock(when)}
                for of, who, when in history.reactions
                if of == number and when < until
            ]
            found.append(
                {**entry, "reactions": [{"type": "emoji", "count": len(recent), "emoji": "👍", "recent": recent}]} if recent else entry
            )
    for number, (member, at) in enumerate(history.joins, start=1000):
        if at < until:
            moment = {"date": _wall_clock(at), "date_unixtime": str(int(at.timestamp()))}
            service = {"type": "service", "actor": "x", "actor_id": member, "action": "join_group_by_link", "inviter": "Group"}
            found.append({"id": number, **service, **moment, "text": "", "text_entities": []})
    return found


def _wall_clock(at: datetime) -> str:
    return at.astimezone(ZoneInfo(TIMEZONE)).replace(tzinfo=None).isoformat()
