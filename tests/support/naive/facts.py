"""What the marts count: rows in force, with the person they belong to, staff, bots and tests left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from support.naive import versions
from support.naive.calendar import ONE_DAY, business_date
from support.naive.people import Person, persons
from support.naive.records import Event, Landing, Membership, NativeId, Order, Refund, Rules

Scope = tuple[str, str]
WhoIs = Callable[[NativeId], Person]
ALL: Scope = ("all", "all")


@dataclass(frozen=True)
class Activity:
    """A qualifying event of a member."""

    person: Person
    platform: str
    community: str | None
    occurred_at: datetime
    day: date
    event_type: str
    is_message: bool


@dataclass(frozen=True)
class Deed:
    """Any event of a member, qualifying or not, with the fields that a filter may look at."""

    person: Person
    platform: str
    community: str | None
    occurred_at: datetime
    event_type: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Spell:
    person: Person
    platform: str
    community: str
    joined_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class Purchase:
    person: Person
    platform: str
    order: tuple[str, str, str]
    paid_at: datetime
    day: date
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Repayment:
    """A refund; `person` is None when its order is not known, then it belongs to no channel."""

    person: Person | None
    platform: str
    order: tuple[str, str, str]
    day: date
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Facts:
    rules: Rules
    activities: list[Activity]
    deeds: list[Deed]
    spells: list[Spell]
    purchases: list[Purchase]
    repayments: list[Repayment]
    recorded: list[tuple[Person, str, date]]
    channels: dict[Person, str]
    observed: dict[tuple[str, str], tuple[date, date]]

    def scopes(self, person: Person | None, platform: str, community: str | None = None) -> list[Scope]:
        """The scopes that a fact lies in. What it does not carry is not guessed: who never entered a community has no channel."""
        found = [ALL, ("platform", platform)]
        if community is not None:
            found.append(("community", community))
        if person in self.channels:
            found.append(("channel", self.channels[person]))
        return found

    def until(self, scope: Scope, *sources: str) -> date | None:
        """The last date that is complete: the least over the pairs of source and platform that feed the scope; None if nothing does."""
        found = self._observed(scope, sources)
        return min(last for _, (_, last) in found) if {source for source, _ in found} == set(sources) else None

    def since(self, source: str) -> date | None:
        """The first date that anything is known of: a platform that is silent when its source begins is silent, not unknown."""
        return min((first for (name, _), (first, _) in self.observed.items() if name == source), default=None)

    def _observed(self, scope: Scope, sources: tuple[str, ...]) -> list[tuple[str, tuple[date, date]]]:
        kind, name = scope
        platform = {"platform": name, "community": name.split(":")[0]}.get(kind)
        return [(source, dates) for (source, of), dates in self.observed.items() if source in sources and platform in (None, of)]


def read_facts(landings: Sequence[Landing], rules: Rules) -> Facts:
    who = persons(versions.links(landings))

    def person(member: NativeId) -> Person:
        return who.get(member, member)

    records = versions.member_records(landings)
    outsiders = {person(record.member) for record in records if (record.actor_type or "member") != "member"}
    spells = _spells(versions.memberships(landings), person, outsiders)
    orders = {(o.member.platform, o.member.account, o.order_id): o for o in versions.orders(landings)}
    return Facts(
        rules=rules,
        activities=_activities(versions.events(landings), person, outsiders, rules),
        deeds=_deeds(versions.events(landings), person, outsiders),
        spells=[spell for spell, _ in spells],
        purchases=_purchases(orders.values(), person, outsiders, rules),
        repayments=_repayments(versions.refunds(landings), orders, person, outsiders, rules),
        recorded=[
            (person(record.member), record.member.platform, business_date(min(known), rules.timezone))
            for record in records
            if (known := [instant for instant in (record.created_at, record.first_seen_at) if instant])
        ],
        channels=_channels(spells, person, outsiders),
        observed=_observed(landings, rules.timezone),
    )


def community_key(member: NativeId, community: str) -> str:
    return f"{member.platform}:{member.account}:{community}"


def _activities(events: Iterable[Event], person: WhoIs, outsiders: set[Person], rules: Rules) -> list[Activity]:
    return [
        Activity(
            person(event.member),
            event.member.platform,
            community_key(event.member, event.community) if event.community else None,
            event.occurred_at,
            business_date(event.occurred_at, rules.timezone),
            event.event_type,
            event.event_type in rules.message_types,
        )
        for event in events
        if event.event_type in rules.activity_types and (event.actor_type or "member") == "member" and person(event.member) not in outsiders
    ]


def _deeds(events: Iterable[Event], person: WhoIs, outsiders: set[Person]) -> list[Deed]:
    found = []
    for event in events:
        if (event.actor_type or "member") == "member" and person(event.member) not in outsiders:
            fields = {
                "platform": event.member.platform,
                "account_id": event.member.account,
                "content_id": event.content,
                "campaign_id": event.campaign,
                "value": event.value,
                **{f"properties.{name}": _json_text(value) for name, value in json.loads(event.properties or "{}").items()},
            }
            found.append(
                Deed(
                    person(event.member),
                    event.member.platform,
                    community_key(event.member, event.community) if event.community else None,
                    event.occurred_at,
                    event.event_type,
                    {name: value for name, value in fields.items() if value is not None},
                )
            )
    return found


def _json_text(value: object) -> str | None:
    return value if isinstance(value, str) or value is None else json.dumps(value)


def _spells(memberships: Iterable[Membership], person: WhoIs, outsiders: set[Person]) -> list[tuple[Spell, Membership]]:
    return [
        (Spell(person(row.member), row.member.platform, community_key(row.member, row.community), row.joined_at, row.left_at), row)
        for row in memberships
        if person(row.member) not in outsiders
    ]


def _channels(spells: Iterable[tuple[Spell, Membership]], person: WhoIs, outsiders: set[Person]) -> dict[Person, str]:
    """The channel of a person is that of the first entry; who was brought by staff was not brought by a member."""
    first: dict[Person, Membership] = {}
    for spell, row in sorted(spells, key=lambda pair: pair[0].joined_at):
        first.setdefault(spell.person, row)

    def channel(row: Membership) -> str:
        if row.channel:
            return row.channel
        if row.referrer is None:
            return "unknown"
        referrer = NativeId(row.member.platform, row.member.account, row.member.kind, row.referrer)
        return "staff" if person(referrer) in outsiders else "referral"

    return {who: channel(row) for who, row in first.items()}


def _purchases(orders: Iterable[Order], person: WhoIs, outsiders: set[Person], rules: Rules) -> list[Purchase]:
    return [
        Purchase(
            person(order.member),
            order.member.platform,
            (order.member.platform, order.member.account, order.order_id),
            order.paid_at,
            business_date(order.paid_at, rules.timezone),
            order.amount,
            order.currency,
        )
        for order in orders
        if (order.status or "paid") == "paid" and person(order.member) not in outsiders
    ]


def _repayments(
    refunds: Iterable[Refund], orders: dict[tuple[str, str, str], Order], person: WhoIs, outsiders: set[Person], rules: Rules
) -> list[Repayment]:
    """What an order that counts, or an order that nobody has seen, gave back. Money that never counted is not taken off."""
    found = []
    for refund in refunds:
        key = (refund.platform, refund.account, refund.order_id)
        order = orders.get(key)
        payer = person(order.member) if order else None
        if order is None or ((order.status or "paid") == "paid" and payer not in outsiders):
            day = business_date(refund.refunded_at, rules.timezone)
            found.append(Repayment(payer, refund.platform, key, day, refund.amount, refund.currency))
    return found


def _observed(landings: Sequence[Landing], timezone: str) -> dict[tuple[str, str], tuple[date, date]]:
    """Per source and platform the first date of any row, and the last complete date that any file declares or, if it declares
    nothing, has rows of."""
    observed: dict[tuple[str, str], tuple[date, date]] = {}
    for landing in landings:
        if landing.source not in ("events", "memberships", "orders", "refunds"):
            continue  # Lists and what is told of content feed no daily row of members.
        if landing.period:
            until = landing.period
        elif landing.snapshot_at:
            until = business_date(landing.snapshot_at, timezone) - ONE_DAY
        else:
            until = max(business_date(_instant(row), timezone) for row in landing.rows)
        for row in landing.rows:
            pair = (landing.source, row.platform if isinstance(row, Refund) else row.member.platform)  # type: ignore[attr-defined]
            first = min(business_date(_instant(row), timezone), until)
            known = observed.get(pair, (first, until))
            observed[pair] = (min(known[0], first), max(known[1], until))
    return observed


def _instant(row: object) -> datetime:
    match row:
        case Event():
            return row.occurred_at
        case Membership():
            return row.joined_at
        case Order():
            return row.paid_at
        case Refund():
            return row.refunded_at
    raise TypeError(type(row))
