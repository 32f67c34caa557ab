"""dim_member, dim_community, dim_channel and dim_date."""

from __future__ import annotations

import csv
import hashlib
import hmac
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from support.naive import versions
from support.naive.activity import Mart, by_scope, first_seen
from support.naive.calendar import business_date, days, period_start
from support.naive.commerce import first_order_dates
from support.naive.facts import ALL, Facts, community_key
from support.naive.people import Person, persons
from support.naive.presence import Presences
from support.naive.records import Landing, NativeId
from support.naive.status import known_ranges


def member_keys(landings: Sequence[Landing], id_key: str) -> dict[NativeId, str]:
    """What the warehouse calls the person of an id: the least keyed hash of the ids, and of the names of persons, joined to it."""
    links = [link for link in versions.links(landings) if link.status == "linked"]
    who = persons(links)
    groups: dict[Person, set[str]] = {}
    for link in links:
        hashes = groups.setdefault(who[link.member], set())
        hashes |= {_hash(id_key, *link.member), _hash(id_key, "", "", "person", link.person)}
    natives = {row.member for landing in landings for row in landing.rows if hasattr(row, "member")}
    return {native: min(groups[who[native]]) if native in who else _hash(id_key, *native) for native in natives}


def _hash(id_key: str, *identity: str) -> str:
    return hmac.new(id_key.encode(), "\x1f".join(identity).encode(), hashlib.sha256).hexdigest()[:32]


def dim_member(landings: Sequence[Landing], facts: Facts, presences: Presences, id_key: str) -> Mart:
    """One row a person who is known from anything; staff, bots and tests too, without what only members do."""
    keys = member_keys(landings, id_key)
    who = persons(versions.links(landings))
    records = versions.member_records(landings)
    kinds: dict[Person, set[str]] = {}
    for record in records:
        kinds.setdefault(who.get(record.member, record.member), set()).add(record.actor_type or "member")
    created: dict[Person, date] = {}
    for person, _, day in facts.recorded:
        created[person] = min(created.get(person, day), day)
    joined = {p.person: business_date(p.start, facts.rules.timezone) for p in presences.by_scope.get(ALL, []) if p.is_first}
    active: dict[Person, date] = {}
    for activity in by_scope(facts).get(ALL, []):
        active[activity.person] = min(active.get(activity.person, activity.day), activity.day)
    seen = first_seen(facts, presences)
    ordered = first_order_dates(facts.purchases)
    mart: Mart = {}
    for person in {*kinds, *joined, *active, *ordered, *who.values()}:
        dates = [found[person] for found in (joined, ordered, created) if person in found]
        dates += [seen[ALL, person]] if person in active else []
        mart[(keys[person],)] = {
            "actor_type": next((kind for kind in ("test", "bot", "staff") if kind in kinds.get(person, ())), "member"),
            "channel": facts.channels.get(person),
            "region": None,
            "native_ids": max(1, sum(1 for other in who.values() if other == person)),
            "first_seen_date": min(dates, default=None),
            "first_joined_date": joined.get(person),
            "first_active_date": active.get(person),
            "first_order_date": ordered.get(person),
        }
    return mart


def dim_community(landings: Sequence[Landing], facts: Facts) -> Mart:
    """A declared list is complete from its first member on; a community may also be known from activity alone."""
    listed: dict[str, date] = {}
    for row in versions.memberships(landings):
        key, day = community_key(row.member, row.community), business_date(row.joined_at, facts.rules.timezone)
        listed[key] = min(listed.get(key, day), day)
    first = dict(listed)
    for (kind, key), activities in by_scope(facts).items():
        until = facts.until((kind, key), "events")
        day = min(activity.day for activity in activities)
        if kind == "community" and until and day <= until:
            first[key] = min(first.get(key, day), day)
    mart: Mart = {}
    for key, day in first.items():
        platform, account, community = key.split(":", 2)
        mart[(key,)] = {
            "platform": platform,
            "account_id": account,
            "community_id": community,
            "community_name": None,
            "first_date": day,
            "listed_from_date": listed.get(key),
        }
    return mart


def dim_channel(folder: Path) -> Mart:
    with (folder / "channels.csv").open(encoding="utf-8") as handle:
        return {(row["channel"],): {"name_en": row["name_en"], "name_zh": row["name_zh"]} for row in csv.DictReader(handle)}


def dim_date(landings: Sequence[Landing], facts: Facts, folder: Path) -> Mart:
    """Every date that any source knows; the calendar says which weekdays are holidays and which weekends are worked."""
    with (folder / "holidays.csv").open(encoding="utf-8") as handle:
        holidays = {date.fromisoformat(row["business_date"]): row["is_workday"] == "true" for row in csv.DictReader(handle)}
    years = {day.year for day in holidays}
    ranges = known_ranges(landings, facts.rules.timezone).values()
    mart: Mart = {}
    for day in days(min(first for first, _ in ranges), max(last for _, last in ranges)):
        is_weekend = day.weekday() >= 5
        mart[(day,)] = {
            "week_start_date": period_start("week", day, facts.rules.week_start),
            "month_start_date": day.replace(day=1),
            "weekday": day.weekday() + 1,
            "is_weekend": is_weekend,
            "is_workday": holidays.get(day, not is_weekend) if day.year in years else None,
        }
    return mart
