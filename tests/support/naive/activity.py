"""mart_activity_daily, mart_activity_hourly and mart_lifecycle."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from support.naive.calendar import GRAINS, days, last_day, period_start, periods
from support.naive.facts import Activity, Facts, Scope
from support.naive.people import Person
from support.naive.presence import Presences

Mart = dict[tuple[Any, ...], dict[str, Any]]


def ratio(numerator: int | None, denominator: int | None) -> float | None:
    return numerator / denominator if numerator is not None and denominator else None


def by_scope(facts: Facts) -> dict[Scope, list[Activity]]:
    found: dict[Scope, list[Activity]] = {}
    for activity in facts.activities:
        for scope in facts.scopes(activity.person, activity.platform, activity.community):
            found.setdefault(scope, []).append(activity)
    return found


def known_dates(facts: Facts, scope: Scope, activities: list[Activity]) -> tuple[date, date] | None:
    until = facts.until(scope, "events")
    return (min(a.day for a in activities), until) if until and activities else None


def activity_daily(facts: Facts, presences: Presences) -> Mart:
    mart: Mart = {}
    for scope, activities in by_scope(facts).items():
        known = known_dates(facts, scope, activities)
        for day in days(*known) if known else ():
            mart[day, *scope] = _day(activities, day, presences.present_if_known(scope, day))
    return mart


def _day(activities: list[Activity], day: date, present: frozenset[Person] | None) -> dict[str, Any]:
    def active(window: int) -> set[Person]:
        return {a.person for a in activities if day - timedelta(days=window) < a.day <= day}

    today = [a for a in activities if a.day == day]
    counts = sorted(Counter(a.person for a in today if a.is_message).values())
    messages = sum(counts)
    top10 = sum(counts[-10:])
    dau, mau_30 = len(active(1)), len(active(30))
    active_present = None if present is None else len(active(1) & present)
    return {
        "dau": dau,
        "wau_7": len(active(7)),
        "mau_28": len(active(28)),
        "mau_30": mau_30,
        "stickiness": ratio(dau, mau_30),
        "speakers": len(counts),
        "messages": messages,
        "interactions": len(today),
        "present_members": None if present is None else len(present),
        "active_present_members": active_present,
        "active_rate": None if present is None else ratio(active_present, len(present)),
        "top10_messages": top10,
        "top10_message_share": ratio(top10, messages),
        "message_gini": gini(counts),
    }


def gini(counts: list[int]) -> float | None:
    """Half the mean absolute difference of all pairs, over the mean."""
    if not counts:
        return None
    differences = sum(abs(a - b) for a in counts for b in counts)
    return differences / (2 * len(counts) * sum(counts))


def activity_hourly(facts: Facts) -> Mart:
    """Hours with events, at the scopes that a heatmap is shown for (not by channel), within the known dates."""
    zone = ZoneInfo(facts.rules.timezone)
    groups: dict[tuple[Any, ...], list[Activity]] = {}
    for scope, activities in by_scope(facts).items():
        known = known_dates(facts, scope, activities)
        for activity in activities:
            if scope[0] != "channel" and known and activity.day <= known[1]:
                groups.setdefault((activity.day, activity.occurred_at.astimezone(zone).hour, *scope), []).append(activity)
    return {key: {"events": len(found), "active_members": len({a.person for a in found})} for key, found in groups.items()}


def first_seen(facts: Facts, presences: Presences) -> dict[tuple[Scope, Person], date]:
    """The earliest of first presence, first activity and the record, each in the scopes that it lies in."""
    dates: dict[tuple[Scope, Person], list[date]] = {}
    for scope, spells in presences.spells.items():
        for spell in spells:
            joined = spell.joined_at.astimezone(ZoneInfo(facts.rules.timezone)).date()
            dates.setdefault((scope, spell.person), []).append(joined)
    for scope, activities in by_scope(facts).items():
        for activity in activities:
            dates.setdefault((scope, activity.person), []).append(activity.day)
    for person, platform, day in facts.recorded:
        for scope in facts.scopes(person, platform):
            dates.setdefault((scope, person), []).append(day)
    return {key: min(found) for key, found in dates.items()}


def lifecycle(facts: Facts, presences: Presences) -> Mart:
    """A period that still runs counts what has landed of it."""
    mart: Mart = {}
    seen = first_seen(facts, presences)
    for scope, activities in by_scope(facts).items():
        known = known_dates(facts, scope, activities)
        if not known or known[0] > known[1]:
            continue
        for grain in GRAINS:
            before: set[Person] = set()
            for start in periods(grain, *known, facts.rules.week_start):
                active = {a.person for a in activities if period_start(grain, a.day, facts.rules.week_start) == start}
                new = {p for p in active if period_start(grain, seen[scope, p], facts.rules.week_start) == start}
                retained = active & before
                resurrected = active - before - new
                dormant = before - active
                mart[grain, start, *scope] = {
                    "active": len(active),
                    "new": len(new),
                    "retained": len(retained),
                    "resurrected": len(resurrected),
                    "dormant": len(dormant),
                    "quick_ratio": ratio(len(new) + len(resurrected), len(dormant)),
                    "is_complete_period": last_day(grain, start) <= known[1],
                }
                before = active
    return mart
