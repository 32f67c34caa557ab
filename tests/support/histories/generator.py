"""Histories of a few small communities: rich in what goes wrong, poor in everything else.

One history holds several independent groups of people (accounts of platforms), so that one build of the warehouse looks at
many cases. All of it follows from a seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import inf
from random import Random
from zoneinfo import ZoneInfo

from support.histories.files import ExportFile, Style, export_file
from support.histories.funnels import FUNNELS
from support.naive.records import (
    BUILT_IN_SEGMENTS,
    BUILT_IN_STICKINESS,
    Definition,
    Event,
    Landing,
    Link,
    MemberRecord,
    Membership,
    NativeId,
    Order,
    Record,
    Refund,
    Rules,
    Segment,
    Stickiness,
)

FIRST = date(2026, 8, 20)
LENGTH = 80
ACCOUNTS = (("app", ""), ("app", "shop-1"), ("discord", "guild"), ("wecom", "corp"))
MEMBERS = tuple(f"u{number}" for number in range(1, 7))
CROWD = tuple(f"m{number}" for number in range(1, 15))
COMMUNITIES = ("g1", "g2")
CHANNELS = ("organic", "referral", "paid", "kol", "content", "offline", "staff", "unknown")
# Some event types are called like facts of other kinds: a join told by a chat is one, a tracked purchase is no order.
EVENT_TYPES = ("message",) * 6 + ("reply", "reaction", "check_in", "join", "leave", "purchase", "thought")
SHORT = {"day": 6, "week": 3, "month": 1}
DEFINITIONS = (
    Definition("member", "join", "activity"),
    Definition("activity", "activity", "activity", horizon=SHORT),
    Definition("activity_recurring", "activity", "activity", is_recurring=True, horizon={"day": 40, "week": 52, "month": 24}),
    Definition("purchase", "purchase", "purchase"),
    Definition("membership", "join", "present", horizon={"day": 12, "week": 5, "month": 2}),
    Definition("twice", "activity", "activity", minimum=2, horizon=SHORT),
    Definition("check_in_to_message", "check_in", "message", is_recurring=True, minimum=2, horizon=SHORT),
)
STICKINESS = (
    *BUILT_IN_STICKINESS,
    Stickiness("speaking", "week", "day", event="message"),
    Stickiness("twice_a_day", "month", "day", minimum=2),
    Stickiness("campaign", "range", "day", dates=(date(2026, 9, 5), date(2026, 9, 24))),
    Stickiness("campaign", "range", "week", dates=(date(2026, 9, 5), date(2026, 9, 24))),
    # Longer than a mask of 63 periods, and past the last known date.
    Stickiness("season", "range", "day", dates=(date(2026, 8, 1), date(2026, 12, 31))),
    Stickiness("season", "range", "month", dates=(date(2026, 8, 1), date(2026, 12, 31))),
    Stickiness("once_a_week", "range", "week", event="message", dates=(date(2026, 9, 3), date(2026, 10, 30)), maximum=1),
)
SEGMENTS = (
    *BUILT_IN_SEGMENTS,
    Segment("habit", "core", (("active_days_of_28", 2, inf), ("days_since_joined", 10, inf)), 28),
    Segment("habit", "fading", (("days_since_active", 3, 20),), 21),
    Segment("habit", "rest"),
)


@dataclass(frozen=True)
class History:
    """What landed, in the order of landing, and the rules to read it by."""

    seed: int
    rules: Rules
    files: tuple[ExportFile, ...]

    def landings(self) -> list[Landing]:
        return [file.landing(order) for order, file in enumerate(self.files)]

    def __repr__(self) -> str:
        return f"generate_history({self.seed})"


def generate_rules(random: Random) -> Rules:
    return Rules(
        timezone=random.choice(("Asia/Shanghai", "Asia/Shanghai", "UTC", "America/New_York")),
        week_start=random.choice((0, 0, 6)),
        activity_types=frozenset({"message", "reply", "reaction", "check_in"}),
        message_types=frozenset({"message", "reply"}),
        definitions=DEFINITIONS,
        stickiness=STICKINESS,
        segments=SEGMENTS,
        funnels=FUNNELS,
    )


def generate_history(seed: int, timezone: str | None = None) -> History:
    random = Random(seed)
    rules = generate_rules(random)
    rules = replace(rules, timezone=timezone or rules.timezone)
    people = _People(random, rules)
    sources: dict[str, list[Record]] = {
        "members": list(people.records()),
        "identity_links": list(people.links()),
        "memberships": list(people.memberships()),
        "events": list(people.events()),
    }
    orders = list(people.orders())
    sources["orders"] = list(orders)
    sources["refunds"] = list(people.refunds(orders))
    files = [file for source, rows in sources.items() for file in _files(random, rules, source, rows)]
    files.append(_file_without_ids(random, rules, people))
    random.shuffle(files)
    return History(seed, rules, tuple(files))


class _People:
    """Writes the rows of one history. Instants like the edges of days, here and in UTC."""

    def __init__(self, random: Random, rules: Rules) -> None:
        self.random = random
        self.zone = ZoneInfo(rules.timezone)
        crowd_account = random.choice(ACCOUNTS)
        self.natives = [
            NativeId(platform, account, "native", member)
            for platform, account in ACCOUNTS
            for member in (*MEMBERS, *(CROWD if (platform, account) == crowd_account else ()))
        ]
        # The same text is another id under another kind.
        self.natives += [NativeId("wecom", "corp", "openid", member) for member in MEMBERS[:2]]
        self.crowd = [native for native in self.natives if native.id in CROWD]

    def instant(self, first: int = 0, last: int = LENGTH - 1) -> datetime:
        day = FIRST + timedelta(days=self.random.randint(first, last))
        kind = self.random.random()
        if kind < 0.15:
            return datetime.combine(day, time(), self.zone).astimezone(UTC)
        if kind < 0.3:
            return datetime.combine(day, time(23, 59, 59, 999999), self.zone).astimezone(UTC)
        if kind < 0.4:
            return datetime.combine(day, self.random.choice((time(), time(23, 59, 59))), UTC)
        moment = time(self.random.randint(0, 23), self.random.randint(0, 59), self.random.randint(0, 59))
        return datetime.combine(day, moment, self.zone).astimezone(UTC)

    def member(self) -> NativeId:
        return self.random.choice(self.natives)

    def records(self) -> list[Record]:
        chosen = self.random.sample(self.natives, 9)
        kinds = ["staff", "bot", "test", "member", None, None, "member", None, "member"]
        return [
            MemberRecord(
                member=native,
                actor_type=kind,
                created_at=self.instant() if self.random.random() < 0.6 else None,
                first_seen_at=self.instant() if self.random.random() < 0.3 else None,
            )
            for native, kind in zip(chosen, kinds, strict=True)
        ]

    def links(self) -> list[Record]:
        links: list[Record] = []
        for person in ("p1", "p2", "p3", "p4"):
            for native in self.random.sample(self.natives, self.random.choice((2, 2, 3))):
                links.append(Link(member=native, person=person))
        # One id that belongs to two persons makes them one, until a later word takes it back.
        bridge = self.random.choice(links)
        assert isinstance(bridge, Link)
        links.append(replace(bridge, person="p4", status=self.random.choice(("linked", "unlinked"))))
        return links

    def memberships(self) -> list[Record]:
        spells: list[Record] = []
        for native in self.natives:
            for community in COMMUNITIES:
                if self.random.random() < 0.45:
                    spells += self._spells(native, community)
        return spells

    def _spells(self, native: NativeId, community: str) -> list[Record]:
        spells: list[Record] = []
        joined = self.instant(last=LENGTH // 2)
        for _ in range(self.random.choice((1, 1, 2, 3))):
            stay = self.random.choice((timedelta(hours=5), timedelta(days=1), timedelta(days=self.random.randint(2, 30))))
            left = joined + stay if self.random.random() < 0.6 else None
            spells.append(self._membership(native, community, joined, left))
            if left is None:
                break
            # Back at once, some hours later, another day, or (as two lists can say) before the first stay ended.
            joined = left + self.random.choice((timedelta(0), timedelta(hours=3), timedelta(days=4), timedelta(hours=-1)))
        return spells

    def _membership(self, native: NativeId, community: str, joined: datetime, left: datetime | None) -> Membership:
        # The way in follows from the moment, so that two entries of one moment do not leave the first channel open.
        choice = Random(joined.isoformat()).randint(0, len(CHANNELS) + 3)
        channel = CHANNELS[choice] if choice < len(CHANNELS) else None
        referrer = MEMBERS[int(joined.timestamp()) % len(MEMBERS)] if choice == len(CHANNELS) else None
        return Membership(member=native, community=community, joined_at=joined, left_at=left, channel=channel, referrer=referrer)

    def events(self) -> list[Record]:
        count = self.random.randint(90, 150)
        events = [self.event(f"e{number}", self.member(), self.instant()) for number in range(count)]
        # One loud day: more than ten speakers, so that the ten loudest are not all.
        loud = self.random.randint(0, LENGTH - 1)
        for native in self.crowd:
            for turn in range(self.random.randint(1, 4)):
                at = self.instant(loud, loud)
                events.append(self.event(f"loud-{native.id}-{turn}", native, at, community="g1", event_type="message"))
        # One faithful member, so that windows and streaks are long.
        faithful = self.member()
        for day in range(self.random.randint(0, 30), LENGTH, self.random.choice((1, 2, 7))):
            events.append(self.event(f"faithful-{day}", faithful, self.instant(day, day)))
        return list(events)

    def event(
        self, event_id: str | None, member: NativeId, at: datetime, community: str | None = None, event_type: str | None = None
    ) -> Event:
        return Event(
            event_id=event_id,
            member=member,
            occurred_at=at,
            event_type=event_type or self.random.choice(EVENT_TYPES),
            community=community or self.random.choice((*COMMUNITIES, *COMMUNITIES, None)),
            actor_type=self.random.choice((None, None, None, None, "member", "bot" if community is None else None)),
        )

    def orders(self) -> list[Order]:
        buyers = self.random.sample(self.natives, 14)
        orders = []
        for number in range(self.random.randint(30, 45)):
            orders.append(
                Order(
                    order_id=f"o{number % 25}" if number % 2 else f"o{number}",
                    member=self.random.choice(buyers),
                    paid_at=self.instant(),
                    amount=Decimal(self.random.randint(0, 20000)) / 100,
                    currency=self.random.choice(("CNY", "CNY", "USD")),
                    status=self.random.choice((None, None, "paid", "paid", "pending")),
                )
            )
        # Two shops number their orders alike.
        for native in [native for native in self.natives if native.platform == "app" and native.id == "u1"]:
            orders.append(Order(order_id="twin", member=native, paid_at=self.instant(0, 5), amount=Decimal("10.05"), currency="CNY"))
        # A later version of the same order is a restatement and must say so; here every order is written once.
        return list({(o.member.platform, o.member.account, o.order_id): o for o in orders}.values())

    def refunds(self, orders: Sequence[Order]) -> list[Record]:
        at = self.instant(10, 20)
        refunds: list[Record] = [
            Refund(
                refund_id="twin",
                platform=order.member.platform,
                account=order.member.account,
                order_id=order.order_id,
                refunded_at=at,
                amount=order.amount,
                currency=order.currency,
            )
            for order in orders
            if order.order_id == "twin"
        ]
        for number, order in enumerate(self.random.sample(list(orders), 10)):
            for part in range(self.random.choice((1, 1, 2))):
                refunds.append(
                    Refund(
                        refund_id=f"r{number}-{part}",
                        platform=order.member.platform,
                        account=order.member.account,
                        order_id=order.order_id if self.random.random() < 0.9 else "unknown-order",
                        refunded_at=order.paid_at + timedelta(days=self.random.randint(0, 20), hours=self.random.randint(0, 12)),
                        amount=Decimal(self.random.randint(1, 9999)) / 100,
                        currency=order.currency if self.random.random() < 0.9 else "EUR",
                    )
                )
        return refunds


def restated(random: Random, row: Record, updated_at: datetime | None) -> Record:
    """A later word on the same row: it says something else, or that the row is deleted."""
    version = replace(row, updated_at=updated_at)
    if random.random() < 0.3:
        return replace(version, is_deleted=True)
    shift = timedelta(days=random.randint(-9, 9), hours=random.randint(0, 3))
    match version:
        case Event():
            return replace(version, occurred_at=version.occurred_at + shift, event_type=random.choice(EVENT_TYPES))
        case Membership():
            left = random.choice((None, version.joined_at + abs(shift) + timedelta(hours=1)))
            return replace(version, left_at=left)
        case MemberRecord():
            return replace(version, actor_type=random.choice(("member", "staff", None)))
        case Link():
            return replace(version, status="unlinked" if version.status == "linked" else "linked")
        case Order():
            status = random.choice(("paid", "pending"))
            return replace(version, paid_at=version.paid_at + shift, amount=version.amount + 1, status=status)
        case Refund():
            return replace(version, refunded_at=version.refunded_at + shift, amount=version.amount + 1)
    return version


def style(random: Random, rules: Rules) -> Style:
    # Local time is ambiguous in the hour that a clock is set back, so only a zone without that writes it.
    instants = ("utc", "offset", "local") if rules.timezone == "Asia/Shanghai" else ("utc", "offset")
    return Style(random.choice(("csv", "csv", "jsonl")), random.choice(instants), rules.timezone)


def _files(random: Random, rules: Rules, source: str, rows: list[Record]) -> list[ExportFile]:
    """The rows in some files, in any order, some of them twice, and some of them again in another version."""
    parts: list[list[Record]] = [[] for _ in range(random.randint(2, 4))]
    for row in rows:
        for part in random.sample(parts, random.choice((1, 1, 1, 2))):
            part.append(row)
    for row in random.sample(rows, max(2, len(rows) // 8)):
        part = random.choice(parts)
        moment = random.choice((None, *(datetime(2026, 11, day, 8, tzinfo=UTC) for day in (1, 2, 3))))
        part.append(restated(random, row, moment))
        if random.random() < 0.4:
            part.append(restated(random, row, moment))
    end = FIRST + timedelta(days=LENGTH)
    files = []
    for number, part in enumerate(part for part in parts if part):
        random.shuffle(part)
        # Two files of one snapshot tie on both times, and then the file's sum decides.
        stamp = datetime.combine(end - timedelta(days=random.choice((0, 0, 1, 3, 10))), time(2), UTC)
        declared = random.random()
        snapshot_at = stamp if declared < 0.6 else None
        period = end - timedelta(days=random.choice((1, 2, 5))) if declared > 0.85 else None
        files.append(export_file(f"{source}-{number}", source, part, style(random, rules), snapshot_at, period))
    return files


def _file_without_ids(random: Random, rules: Rules, people: _People) -> ExportFile:
    """Events that nobody gave an id: equal rows are occurrences of their own."""
    rows = [people.event(None, people.member(), people.instant()) for _ in range(8)]
    stamp = datetime.combine(FIRST + timedelta(days=LENGTH), time(2), UTC)
    return export_file("events-without-ids", "events", [*rows, rows[0], rows[1], rows[0]], style(random, rules), stamp)
