"""Who is there: communities, members, the spells of their presence, and which ids belong to one person."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from . import rhythm, stream

CORP = "ww5f1a9c02lantern"
MINI_PROGRAM = "wx81b0lantern"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True)
class Community:
    platform: str
    account_id: str
    community_id: str
    name: str
    members_before: int
    joins_per_day: float
    channels: dict[str, float]


@dataclass
class Spell:
    """Presence of one member in one community, half open; instants in UTC."""

    community: Community
    joined_at: datetime
    left_at: datetime | None
    channel: str
    referrer_id: str | None = None

    def covers(self, day: date) -> bool:
        """Present at the end of the local day."""
        return rhythm.local_date(self.joined_at) <= day and (self.left_at is None or rhythm.local_date(self.left_at) > day)


@dataclass
class Member:
    """One native id. `person` is the human behind it, known to the generator only."""

    person: str
    platform: str
    account_id: str
    member_id: str
    id_kind: str
    eagerness: float
    fade_days: float
    actor_type: str = "member"
    spells: list[Spell] = field(default_factory=list)

    @property
    def first_joined_at(self) -> datetime:
        return min(spell.joined_at for spell in self.spells)


ONLINE_MIX = {"organic": 0.26, "referral": 0.22, "paid": 0.16, "kol": 0.1, "content": 0.14, "unknown": 0.12}
GROUP_MIX = {"referral": 0.24, "offline": 0.2, "content": 0.16, "kol": 0.1, "paid": 0.08, "staff": 0.16, "unknown": 0.06}

GROUPS = (
    Community("wecom", CORP, "wrOgQhDgAALanternA1mHf0Qz7tYb9c1", "灯笼茶·福利一群", 70, 1.3, GROUP_MIX),
    Community("wecom", CORP, "wrOgQhDgAALanternB2kJd8Wx3sRe4v2", "灯笼茶·福利二群", 60, 1.2, GROUP_MIX),
    Community("wecom", CORP, "wrOgQhDgAALanternC3nLp5Vu6qTg2m3", "灯笼茶·门店会员群", 45, 0.8, GROUP_MIX),
    Community("wecom", CORP, "wrOgQhDgAALanternD4hMs1Ny8wKj6x4", "灯笼茶·中秋礼盒群", 8, 1.5, GROUP_MIX),
)
CIRCLES = (
    Community("miniprogram", MINI_PROGRAM, "circle-daily-tea", "每日一茶", 130, 3.4, ONLINE_MIX),
    Community("miniprogram", MINI_PROGRAM, "circle-tea-ware", "茶器同好", 60, 1.6, ONLINE_MIX),
)
GUILD = Community(
    "discord", "", "1284417755310886912", "Lantern Tea Global", 60, 1.6, {"organic": 0.4, "referral": 0.3, "content": 0.2, "kol": 0.1}
)
STAFF_IDS = ("LinXiaoHe", "ZhaoMin", "ChenYu")


def token(kind: str, number: int, length: int) -> str:
    """A stable opaque id: letters and digits, case matters, like the platforms' own."""
    digest = hashlib.sha256(f"{kind}:{number}".encode()).digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest)[:length]


@dataclass
class World:
    """Everybody, by platform, and the links between ids of one person (with those taken back later)."""

    wecom: list[Member]
    miniprogram: list[Member]
    discord: list[Member]
    linked: list[tuple[Member, Member]]
    unlinked: tuple[Member, Member]
    rejoined: Member

    @property
    def members(self) -> list[Member]:
        return [*self.wecom, *self.miniprogram, *self.discord]

    def person_of(self) -> dict[tuple[str, str], str]:
        """(platform, native id) -> person as the last identity links tell it."""
        persons = {(member.platform, member.member_id): f"{member.platform}:{member.member_id}" for member in self.members}
        for group_member, app_member in self.linked:
            persons[(group_member.platform, group_member.member_id)] = app_member.person
            persons[(app_member.platform, app_member.member_id)] = app_member.person
        return persons


def build_world() -> World:
    wecom = _population("wecom", GROUPS, "wm", "external_userid", stream("wecom members"))
    miniprogram = _population("miniprogram", CIRCLES, "o", "openid", stream("mini-program members"))
    discord = _population("discord", (GUILD,), "", "native", stream("discord members"))
    _join_second_circle(miniprogram, stream("second circle"))
    rejoined = _rejoin(wecom)
    rng = stream("identity")
    pairs = list(zip(rng.sample(wecom, 96), rng.sample(miniprogram, 96), strict=True))
    return World(wecom, miniprogram, discord, linked=pairs[1:], unlinked=pairs[0], rejoined=rejoined)


def _population(platform: str, communities: tuple[Community, ...], prefix: str, id_kind: str, rng: random.Random) -> list[Member]:
    members: list[Member] = []
    for community in communities:
        for _ in range(community.members_before):
            day = rhythm.FIRST_DAY - timedelta(days=1 + rng.randrange(75))
            members.append(_newcomer(platform, community, day, prefix, id_kind, members, rng, settled=True))
        for day in rhythm.days():
            boost = 2.2 if rhythm.is_within(day, rhythm.CAMPAIGN_DAYS) else 1.0
            for _ in range(rhythm.poisson(rng, community.joins_per_day * boost * rhythm.WEEKDAY_FACTORS[day.weekday()])):
                members.append(_newcomer(platform, community, day, prefix, id_kind, members, rng, settled=False))
    return members


def _newcomer(
    platform: str, community: Community, day: date, prefix: str, id_kind: str, earlier: list[Member], rng: random.Random, *, settled: bool
) -> Member:
    joined_at = rhythm.moment(rng, day)
    channel = rng.choices(list(community.channels), weights=list(community.channels.values()))[0]
    inviters = [member for member in earlier if member.first_joined_at < joined_at]
    referrer = rng.choice(inviters).member_id if channel == "referral" and inviters else None
    if channel == "referral" and referrer is None:
        channel = "unknown"
    # Campaign newcomers are the least attached; those who were there before have already shown that they stay.
    leaves = rng.random() < (0.12 if settled else 0.4 if rhythm.is_within(day, rhythm.CAMPAIGN_DAYS) else 0.26)
    start = rhythm.at(rhythm.FIRST_DAY, 9) if settled else joined_at
    left_at = start + timedelta(seconds=round(86400 * (0.3 + rhythm.exponential(rng, 16)))) if leaves else None
    if left_at is not None and left_at >= rhythm.at(rhythm.LAST_DAY, 22):
        left_at = None
    number = len(earlier)
    native = (
        str(7_000_000_000_000_000_000 + int(hashlib.sha256(f"{platform}:{number}".encode()).hexdigest()[:14], 16)) if not prefix else ""
    )
    member_id = native or prefix + token(platform, number, 30 - len(prefix) - (4 if prefix == "o" else 0))
    eagerness = rng.choices((0.85, 0.5, 0.25, 0.08), weights=(1, 3, 4, 3))[0]
    fade_days = rng.choices((6.0, 18.0, 60.0, 400.0), weights=(3, 3, 2, 2 if not settled else 6))[0]
    spell = Spell(community, joined_at, left_at, channel, referrer)
    return Member(f"{platform}:{member_id}", platform, community.account_id, member_id, id_kind, eagerness, fade_days, spells=[spell])


def _join_second_circle(members: list[Member], rng: random.Random) -> None:
    """Some members of the first circle find the second one a while later."""
    second = CIRCLES[1]
    for member in members:
        first = member.spells[0]
        if first.community is second or rng.random() > 0.18:
            continue
        joined_at = first.joined_at + timedelta(seconds=round(86400 * (1 + rhythm.exponential(rng, 12))))
        if joined_at < rhythm.at(rhythm.LAST_DAY, 20) and (first.left_at is None or joined_at < first.left_at):
            member.spells.append(Spell(second, joined_at, first.left_at, "organic"))


def _rejoin(members: list[Member]) -> Member:
    """One member of the first group leaves in September and comes back in October."""
    member = next(member for member in members if member.spells[0].community is GROUPS[0] and member.spells[0].left_at is None)
    member.spells[0].left_at = rhythm.at(date(2026, 9, 16), 21, 5)
    member.spells.append(Spell(GROUPS[0], rhythm.at(date(2026, 10, 9), 12, 40), None, "referral", members[1].member_id))
    return member
