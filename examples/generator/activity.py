"""What members do: messages, replies, reactions, check-ins, content, shares, the campaign's sign-ups; and staff and bots beside them."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from . import rhythm, stream
from .people import GROUPS, GUILD, STAFF_IDS, Member, Spell, World

# Event types that the example team's definitions count as activity: all of these.
TYPE_WEIGHTS = {
    "wecom": {"message": 50, "reply": 22, "reaction": 12, "check_in": 10, "share": 6},
    "miniprogram": {"content_open": 46, "check_in": 22, "message": 14, "reply": 8, "reaction": 6, "share": 4},
    "discord": {"message": 52, "reply": 24, "reaction": 24},
}


@dataclass(frozen=True)
class Event:
    event_id: str
    occurred_at: datetime
    platform: str
    account_id: str
    member_id: str
    id_kind: str
    community_id: str
    event_type: str
    actor_type: str = "member"
    content_id: str = ""
    campaign_id: str = ""
    properties: str = ""
    updated_at: datetime | None = None
    is_deleted: bool = False

    @property
    def day(self) -> date:
        return rhythm.local_date(self.occurred_at)


@dataclass(frozen=True)
class EventStory:
    """The events as first told, and what later files say instead (same event ids, an `updated_at`)."""

    told: list[Event]
    restated: list[tuple[int, Event]]  # (week of the file that carries the new version, the new version)

    def truth(self) -> list[Event]:
        """What holds in the end: the last version of each event, retracted ones left out."""
        final = {event.event_id: event for event in self.told}
        for _, event in sorted(self.restated, key=lambda pair: pair[0]):
            final[event.event_id] = event
        return [event for event in final.values() if not event.is_deleted]


def build_events(world: World) -> dict[str, EventStory]:
    """Platform -> its events."""
    stories = {}
    for platform, members in (("wecom", world.wecom), ("miniprogram", world.miniprogram), ("discord", world.discord)):
        rng = stream(f"{platform} events")
        events = [event for member in members for event in _events_of(member, rng)]
        if platform == "wecom":
            events += _staff_events(rng) + _robot_events()
        if platform == "discord":
            events += _moderation_bot_events(rng)
        events.sort(key=lambda event: (event.occurred_at, event.member_id, event.event_type, event.community_id))
        numbered = [replace(event, event_id=f"{platform[:2]}-{number:07d}") for number, event in enumerate(events, start=1)]
        stories[platform] = EventStory(numbered, _restatements(platform, numbered, rng))
    return stories


def _events_of(member: Member, rng: random.Random) -> list[Event]:
    events: list[Event] = []
    signed_up = False
    for day in rhythm.days():
        present = [spell for spell in member.spells if spell.covers(day)]
        if not present:
            continue
        if rng.random() >= _chance(member, present[0], day):
            continue
        for _ in range(1 + rhythm.poisson(rng, 1.1)):
            spell = rng.choice(present)
            weights = TYPE_WEIGHTS[member.platform]
            kind = rng.choices(list(weights), weights=list(weights.values()))[0]
            events.append(_event(member, rng, day, spell, kind))
        if member.platform == "miniprogram" and not signed_up and rhythm.is_within(day, rhythm.CAMPAIGN_DAYS) and rng.random() < 0.3:
            signed_up = True
            events.append(_event(member, rng, day, present[0], "campaign_signup"))
    return events


def _chance(member: Member, spell: Spell, day: date) -> float:
    """Eager at first, then fading to a tenth that stays."""
    age = (day - rhythm.local_date(spell.joined_at)).days
    fading = 0.1 + 0.9 * math.exp(-age / member.fade_days)
    return min(0.95, member.eagerness * fading * rhythm.activity_factor(day))


def _event(member: Member, rng: random.Random, day: date, spell: Spell, kind: str) -> Event:
    hours = rhythm.ABROAD_HOURS if member.platform == "discord" else rhythm.SHANGHAI_HOURS
    is_article = kind in ("content_open", "share") and member.platform == "miniprogram"
    return Event(
        event_id="",
        occurred_at=_first_words(rng, spell) if rhythm.local_date(spell.joined_at) == day else rhythm.moment(rng, day, hours),
        platform=member.platform,
        account_id=member.account_id,
        member_id=member.member_id,
        id_kind=member.id_kind,
        # Articles of the mini-program stand outside the circles.
        community_id="" if is_article else spell.community.community_id,
        event_type=kind,
        content_id=f"article-{rng.randrange(1, 25):03d}" if is_article else "",
        campaign_id=rhythm.CAMPAIGN if kind == "campaign_signup" else "",
        properties='{"page": "pages/article/detail"}' if is_article and rng.random() < 0.2 else "",
    )


def _first_words(rng: random.Random, spell: Spell) -> datetime:
    """Within the hour after joining, but on the day of joining."""
    end_of_day = rhythm.at(rhythm.local_date(spell.joined_at), 23, 59)
    return max(spell.joined_at, min(end_of_day, spell.joined_at + timedelta(seconds=rng.randrange(10, 3600))))


def _staff_events(rng: random.Random) -> list[Event]:
    """The operators greet, answer and post the offers: they talk more than any member and must not be counted as one."""
    events = []
    for day in rhythm.days():
        for staff_id, group in zip((*STAFF_IDS, STAFF_IDS[0]), GROUPS, strict=True):
            if day.weekday() == 6 and rng.random() < 0.6:
                continue
            for _ in range(1 + rhythm.poisson(rng, 1.5 * rhythm.activity_factor(day))):
                kind = rng.choices(("message", "reply"), weights=(2, 3))[0]
                instant = rhythm.moment(rng, day)
                events.append(Event("", instant, "wecom", group.account_id, staff_id, "staff_userid", group.community_id, kind, "staff"))
    return events


def _robot_events() -> list[Event]:
    """The group robot says good morning at nine."""
    return [
        Event("", rhythm.at(day, 9), "wecom", group.account_id, "wbLanternRobot", "native", group.community_id, "message", "bot")
        for day in rhythm.days()
        for group in GROUPS[:2]
    ]


def _moderation_bot_events(rng: random.Random) -> list[Event]:
    return [
        Event("", rhythm.moment(rng, day), "discord", "", "2270000000000000001", "native", GUILD.community_id, "reply", "bot")
        for day in rhythm.days()
        for _ in range(2)
    ]


def _restatements(platform: str, events: list[Event], rng: random.Random) -> list[tuple[int, Event]]:
    """A few rows that a later file corrects: another type, a retracted message, a wrong time."""
    if platform == "discord":
        return []
    of_members = [event for event in events if event.actor_type == "member" and rhythm.week_index(event.day) == 2]
    chosen = rng.sample([event for event in of_members if event.event_type in ("message", "reply", "check_in")], 9)
    corrected_at = rhythm.at(date(2026, 10, 2), 10, 30)
    restated = []
    for number, event in enumerate(chosen):
        if number < 4:
            changed = replace(event, event_type="reply" if event.event_type == "message" else "message")
        elif number < 7:
            changed = replace(event, is_deleted=True)
        else:
            changed = replace(event, occurred_at=event.occurred_at - timedelta(days=2))
        restated.append((4, replace(changed, updated_at=corrected_at)))
    return restated
