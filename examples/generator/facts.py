"""Numbers that a released warehouse must show, counted here from the story itself with plain Python: never by the pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from . import discord, rhythm, telegram, wecom
from .people import CIRCLES, GROUPS, GUILD, Community
from .publishing import FALLING_DAY, FALLING_NOTE, SNAPSHOT_DAYS, NoteCounts, snapshot
from .story import Story

ACTIVE_DATES = (date(2026, 9, 8), date(2026, 9, 24), date(2026, 10, 20))
YOUNG_NOTE = 23
# (platform, community or '', person, local date, local hour, event type) of every event by a member that counts as activity.
Deed = tuple[str, str, str, date, int, str]


def facts(story: Story) -> dict[str, Any]:
    deeds = list(_deeds(story))
    return {
        "messages_and_replies": _by_platform(deed[0] for deed in deeds if deed[5] in ("message", "reply")),
        "events_by_type": dict(sorted(Counter(deed[5] for deed in deeds).items())),
        "daily_active_members": {str(day): _active(deeds, day, day) for day in ACTIVE_DATES},
        "active_members_in_7_days": {str(day): _active(deeds, day - timedelta(days=6), day) for day in ACTIVE_DATES},
        "active_members_in_30_days": {str(ACTIVE_DATES[2]): _active(deeds, ACTIVE_DATES[2] - timedelta(days=29), ACTIVE_DATES[2])},
        "events_by_hour": _hours(deeds, ACTIVE_DATES[1]),
        "orders": _orders(story),
        "group_members_listed": _groups(story),
        "communities": {community.community_id: _membership(story, community) for community in (*CIRCLES, GUILD)},
        "guild_cohort": _guild_cohort(story, deeds, date(2026, 9, 14)),
        "notes": _notes(story),
        "followers": _followers(story),
        "quarantined_rows": {"chat_export": 1, "events": 2, "orders": 1},
    }


def _deeds(story: Story) -> Iterable[Deed]:
    persons = story.world.person_of()
    for events in story.events.values():
        for event in events.truth():
            if event.actor_type == "member":
                person = persons[(event.platform, event.member_id)]
                hour = event.occurred_at.astimezone(rhythm.ZONE).hour
                yield event.platform, event.community_id, person, event.day, hour, event.event_type
    for message in story.workspace.messages:
        if message.is_by_member:
            kind = "reply" if message.is_reply else "message"
            yield "slack", message.channel_id, f"slack:{message.user}", message.day, message.instant.astimezone(rhythm.ZONE).hour, kind
    yield from _telegram_deeds(story)
    for post in story.server.posts:
        if post.is_by_member:
            person = f"discord:{story.server.members[post.author or 0]}"
            yield "discord", discord.GUILD[0], person, *_when(post.instant), "reply" if post.is_reply else "message"


def _telegram_deeds(story: Story) -> Iterable[Deed]:
    """Messages, and the reactions: Telegram's export says when they were given, Slack's and Discord's do not."""
    for post in story.group.posts:
        if post.person is not None and post.is_by_member:
            kind = "reply" if post.reply_to is not None else "message"
            yield "telegram", str(telegram.CHAT_ID), f"telegram:{post.person.peer}", *_when(post.instant), kind
        if not post.is_unsupported:
            for reaction in post.reactions:
                yield "telegram", str(telegram.CHAT_ID), f"telegram:{reaction.person.peer}", *_when(reaction.instant), "reaction"


def _when(instant: datetime) -> tuple[date, int]:
    local = instant.astimezone(rhythm.ZONE)
    return local.date(), local.hour


def _by_platform(platforms: Iterable[str]) -> dict[str, int]:
    counts = Counter(platforms)
    return {"all": counts.total(), **dict(sorted(counts.items()))}


def _active(deeds: list[Deed], first: date, last: date) -> dict[str, int]:
    """Distinct persons over all, by platform and by community."""
    scopes: dict[str, set[str]] = {}
    for platform, community, person, day, _, _ in deeds:
        if first <= day <= last:
            for scope in ("all", platform, f"{platform}/{community}" if community else ""):
                scopes.setdefault(scope, set()).add(person)
    return {scope: len(persons) for scope, persons in sorted(scopes.items()) if scope}


def _hours(deeds: list[Deed], day: date) -> dict[str, Any]:
    counts = Counter(deed[4] for deed in deeds if deed[3] == day)
    return {"business_date": str(day), "events": {str(hour): counts[hour] for hour in sorted(counts)}}


def _orders(story: Story) -> dict[str, Any]:
    result = {}
    for currency in ("CNY", "USD"):
        orders = [order for order in story.trade.truth() if order.currency == currency]
        refunds = [refund for refund in story.trade.refunds if refund.currency == currency]
        day = date(2026, 9, 24)
        result[currency] = {
            "orders": len(orders),
            "paying_members": len({order.member_id for order in orders}),
            "gross_amount": str(sum((order.gross_amount for order in orders), Decimal(0))),
            "refund_amount": str(sum((refund.amount for refund in refunds), Decimal(0))),
            "orders_on_2026-09-24": sum(order.day == day for order in orders),
            "members_with_a_second_purchase_day": _repeat_members((order.member_id, order.day) for order in orders),
        }
    return result


def _repeat_members(purchases: Iterable[tuple[str, date]]) -> int:
    days: dict[str, set[date]] = {}
    for member, day in purchases:
        days.setdefault(member, set()).add(day)
    return sum(len(own) > 1 for own in days.values())


def _groups(story: Story) -> dict[str, dict[str, int]]:
    """Customers (staff apart) in each page that was fetched: what `members_at_end` must say on that date."""
    return {
        group.community_id: {str(day): len(wecom.listed(story.world, group, day)) for day in wecom.snapshot_days(group)} for group in GROUPS
    }


def _membership(story: Story, community: Community) -> dict[str, Any]:
    spells = [spell for member in story.world.members for spell in member.spells if spell.community is community]
    joins = Counter(rhythm.local_date(spell.joined_at) for spell in spells)
    leaves = Counter(rhythm.local_date(spell.left_at) for spell in spells if spell.left_at is not None)
    dates = (*ACTIVE_DATES, rhythm.LAST_DAY)
    return {
        "joins": sum(joins[day] for day in rhythm.days()),
        "leaves": sum(leaves[day] for day in rhythm.days()),
        "members_at_end": {
            str(day): sum(count for on, count in joins.items() if on <= day) - sum(count for on, count in leaves.items() if on <= day)
            for day in dates
        },
        "joins_by_channel": dict(sorted(Counter(s.channel for s in spells if rhythm.local_date(s.joined_at) >= rhythm.FIRST_DAY).items())),
    }


def _guild_cohort(story: Story, deeds: list[Deed], monday: date) -> dict[str, Any]:
    """Who joined on Discord in one week, by the membership list of the guild or the join messages of the brewing lab, and how
    many of them were active exactly n weeks later, or in one of the weeks 1..n."""
    joined = [(member.person, member.first_joined_at) for member in story.world.discord]
    arrivals = [post for post in story.server.posts if post.kind == "GuildMemberJoin" and post.author is not None]
    joined += [(f"discord:{story.server.members[post.author or 0]}", post.instant) for post in arrivals]
    persons = {person for person, instant in joined if monday <= rhythm.local_date(instant) < monday + timedelta(days=7)}
    weeks: dict[str, set[int]] = {person: set() for person in persons}
    for platform, _, person, day, _, _ in deeds:
        if platform == "discord" and person in persons:
            weeks[person].add((day - monday).days // 7)
    horizon = range(1, 6)
    return {
        "cohort_start": str(monday),
        "cohort_members": len(persons),
        "retained_members": {str(n): sum(n in own for own in weeks.values()) for n in horizon},
        "retained_members_within": {str(n): sum(any(1 <= week <= n for week in own) for own in weeks.values()) for n in horizon},
    }


def _notes(story: Story) -> dict[str, Any]:
    """Lifetime totals and what came between two snapshots, for two notes; the second lost likes."""
    before, after = SNAPSHOT_DAYS[SNAPSHOT_DAYS.index(FALLING_DAY) - 1], FALLING_DAY
    result = {}
    for number in (YOUNG_NOTE, FALLING_NOTE):
        note = story.notes[number]
        old, new = _counts(story, before, number), _counts(story, after, number)
        result[note.title] = {
            "business_date": str(after),
            "days_between": (after - before).days,
            "views_total": new.views,
            "views": new.views - old.views,
            "likes_total": new.likes,
            "likes": new.likes - old.likes,
        }
    return result


def _counts(story: Story, day: date, number: int) -> NoteCounts:
    return next(row for row in snapshot(story.notes, day) if row.note is story.notes[number])


def _followers(story: Story) -> dict[str, Any]:
    last = [row for row in story.account_days if row.business_date == rhythm.LAST_DAY]
    return {row.platform: {"followers": row.followers, "gained": row.gained, "lost": row.lost} for row in last}
