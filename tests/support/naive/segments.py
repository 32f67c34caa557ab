"""mart_segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from support.naive.activity import Mart, by_scope, ratio
from support.naive.calendar import business_date, day_bounds, last_day, periods
from support.naive.facts import Facts, Scope
from support.naive.people import Person
from support.naive.presence import Presence, Presences
from support.naive.records import Segment


def segments(facts: Facts, presences: Presences) -> Mart:
    mart: Mart = {}
    active = {scope: _active_days(found) for scope, found in by_scope(facts).items()}
    sets = {segment.set: [other for other in facts.rules.segments if other.set == segment.set] for segment in facts.rules.segments}
    for scope, presence in presences.by_scope.items():
        for grain, start in _finished(facts, presences, scope):
            end = last_day(grain, start)
            present = list(_present(presence, end, facts.rules.timezone))
            for name, declared in sets.items():
                if end < _known_from(facts, declared):
                    continue
                counted = Counter(
                    _segment(
                        declared, _measures(end, active.get(scope, {}).get(p.person, set()), business_date(p.start, facts.rules.timezone))
                    )
                    for p in present
                )
                for position, segment in enumerate(declared, start=1):
                    mart[name, grain, start, segment.name, *scope] = {
                        "as_of_date": end,
                        "segment_position": position,
                        "members": counted[segment.name],
                        "present_members": len(present),
                        "segment_share": ratio(counted[segment.name], len(present)),
                    }
    return mart


def _active_days(activities: list) -> dict[Person, set[date]]:  # type: ignore[type-arg]
    days: dict[Person, set[date]] = {}
    for activity in activities:
        days.setdefault(activity.person, set()).add(activity.day)
    return days


def _finished(facts: Facts, presences: Presences, scope: Scope) -> Iterator[tuple[str, date]]:
    """Weeks and months at whose end it is known who was in and who had been active."""
    known, until = presences.known(scope), facts.until(scope, "memberships", "events")
    if known and until:
        for grain in ("week", "month"):
            for start in periods(grain, *known, facts.rules.week_start):
                if last_day(grain, start) <= min(known[1], until):
                    yield grain, start


def _known_from(facts: Facts, declared: list[Segment]) -> date:
    """The first day at whose end every look-back of the set lies within what was observed."""
    since = facts.since("events")
    assert since is not None
    return since + timedelta(days=max(segment.looks_back for segment in declared) - 1)


def _present(presences: list[Presence], day: date, timezone: str) -> Iterator[Presence]:
    """Who was in when the day ended."""
    _, end = day_bounds(day, timezone)
    return (p for p in presences if p.start < end and (p.end is None or p.end >= end))


def _measures(day: date, active: set[date], joined: date) -> dict[str, int | None]:
    before = {other for other in active if other <= day}
    since_joined = (day - joined).days
    since_active = (day - max(before)).days if before else None
    return {
        "ever_active": 1 if before else 0,
        "days_since_joined": since_joined,
        "days_since_active": since_active,
        "days_since_first_active": (day - min(before)).days if before else None,
        "days_idle": since_joined if since_active is None else min(since_joined, since_active),
        "active_days_of_28": len({other for other in before if (day - other).days < 28}),
        "active_weeks_of_8": len({(day - other).days // 7 for other in before if (day - other).days < 56}),
    }


def _segment(declared: list[Segment], measures: dict[str, int | None]) -> str:
    for segment in declared:
        values = [(measures[measure], least, most) for measure, least, most in segment.conditions]
        if all(value is not None and least <= value <= most for value, least, most in values):
            return segment.name
    raise AssertionError("the last segment takes everybody")
