"""mart_funnel, by trying everything: every way to give events to steps.

Exponential on purpose: no rule about which event to prefer can be wrong here, because none is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from support.naive.activity import Mart, ratio
from support.naive.calendar import GRAINS, business_date, last_day, period_start
from support.naive.facts import Facts, Scope
from support.naive.people import Person
from support.naive.presence import Presences
from support.naive.records import Funnel, FunnelEvent

ALL_TIME = date(2000, 1, 1)
SOURCES = {"join": "memberships", "purchase": "orders"}


@dataclass(frozen=True)
class Happening:
    """Something that a member did: an event of a type, a join or a purchase, with what a filter may look at."""

    number: int
    at: datetime
    kind: str
    is_activity: bool
    fields: dict[str, str]


@dataclass(frozen=True)
class Attempt:
    """When each step was done; the first is the start."""

    times: tuple[datetime, ...]
    is_excluded: bool


def funnels(facts: Facts, presences: Presences) -> Mart:
    mart: Mart = {}
    for funnel in facts.rules.funnels:
        sources = sorted({SOURCES.get(event.event, "events") for event in funnel.events()})
        since = [facts.since(source) for source in sources]
        tried: dict[Scope, dict[Person, list[Attempt]]] = {}
        for scope, people in _happenings(facts, presences).items():
            if scope[0] == "community" and "orders" in sources:
                continue
            for person, happenings in people.items():
                attempts = _attempts(funnel, happenings)
                tried.setdefault(scope, {})[person] = attempts
                if scope == ("all", "all") and person in facts.channels:
                    tried.setdefault(("channel", facts.channels[person]), {})[person] = attempts
        for scope, attempts_of in tried.items():
            until = facts.until(scope, *sources)
            if until and all(since):
                known_from = max(day for day in since if day)
                for grain in (*GRAINS, "all"):
                    mart |= _rows(funnel, facts, scope, grain, attempts_of, known_from, until)
    return mart


def _happenings(facts: Facts, presences: Presences) -> dict[Scope, dict[Person, list[Happening]]]:
    found: dict[Scope, dict[Person, list[Happening]]] = {}

    def add(scope: Scope, person: Person, at: datetime, kind: str, is_activity: bool, fields: dict[str, str]) -> None:
        people = found.setdefault(scope, {})
        people.setdefault(person, []).append(Happening(len(people.get(person, [])), at, kind, is_activity, fields))

    for deed in facts.deeds:
        for scope in facts.scopes(deed.person, deed.platform, deed.community):
            if scope[0] != "channel":
                kind = "tracked purchase" if deed.event_type == "purchase" else deed.event_type
                add(scope, deed.person, deed.occurred_at, kind, deed.event_type in facts.rules.activity_types, deed.fields)
    for scope, here in presences.by_scope.items():
        if scope[0] != "channel":
            for presence in here:
                add(scope, presence.person, presence.start, "join", False, {})
    for purchase in facts.purchases:
        fields = {"platform": purchase.platform, "currency": purchase.currency, "value": f"{purchase.amount:.2f}"}
        for scope in (("all", "all"), ("platform", purchase.platform)):
            add(scope, purchase.person, purchase.paid_at, "purchase", False, fields)
    return found


def _meets(happening: Happening, alternatives: Iterable[FunnelEvent]) -> bool:
    return any(
        (happening.is_activity if event.event == "activity" else event.event == happening.kind)
        and all(_holds(happening.fields.get(field), operator, value) for field, operator, value in event.filter)
        for event in alternatives
    )


def _holds(found: str | None, operator: str, value: str) -> bool:
    match operator:
        case "is":
            return found in value.split("|")
        case "is_not":
            return found not in value.split("|")
        case "contains":
            return found is not None and value.lower() in found.lower()
        case "not_contains":
            return found is None or value.lower() not in found.lower()
        case "is_set":
            return found is not None
        case "is_not_set":
            return found is None
    try:
        number = float(found) if found is not None else None
    except ValueError:
        number = None
    if number is None:
        return False
    limit = float(value)
    return {"greater": number > limit, "at_least": number >= limit, "less": number < limit, "at_most": number <= limit}[operator]


def _attempts(funnel: Funnel, happenings: list[Happening]) -> list[Attempt]:
    """The attempt of every start, the best way that it can go."""
    first = funnel.steps if funnel.order == "unordered" else funnel.steps[:1]
    starts = sorted({h.at for h in happenings if any(_meets(h, alternatives) for alternatives in first)})
    found = []
    for start in starts:
        within = [h for h in happenings if start <= h.at <= start + funnel.window]
        times = _unordered(funnel, within) if funnel.order == "unordered" else _in_order(funnel, within, start)
        found.append(Attempt(times, _is_excluded(funnel, times, within)))
    return found


def _in_order(funnel: Funnel, within: list[Happening], start: datetime) -> tuple[datetime, ...]:
    """The way that gets furthest; of those the one that is earlier at the first step in which they differ."""
    best: tuple[datetime, ...] = ()
    for way in _ways(funnel, within, ()):
        times = tuple(h.at for h in way)
        if times[0] == start and (funnel.order == "ordered" or not _is_interrupted(way, within)):
            best = min(best, times, key=lambda each: (-len(each), each)) if best else times
    return best


def _ways(funnel: Funnel, within: list[Happening], way: tuple[Happening, ...]) -> Iterator[tuple[Happening, ...]]:
    """Every choice of an event of its own for each of the first steps, in the order of time."""
    if way:
        yield way
    if len(way) < len(funnel.steps):
        for happening in within:
            if happening not in way and (not way or way[-1].at <= happening.at) and _meets(happening, funnel.steps[len(way)]):
                yield from _ways(funnel, within, (*way, happening))


def _is_interrupted(way: Sequence[Happening], within: list[Happening]) -> bool:
    """Whether another event lies between two steps, in whatever order those of one instant came. One of the instant of the first
    step may have come before it, one of the last step's after it."""
    return any(way[0].at < other.at < way[-1].at for other in within if other not in way)


def _unordered(funnel: Funnel, within: list[Happening]) -> tuple[datetime, ...]:
    """When the first, second, third ... distinct step could be told."""
    times: list[datetime] = []
    for at in sorted({h.at for h in within}):
        while len(times) < _most_steps(funnel.steps, [h for h in within if h.at <= at]):
            times.append(at)
    return tuple(times)


def _most_steps(steps: Sequence[tuple[FunnelEvent, ...]], happenings: list[Happening]) -> int:
    """The most steps that can have an event of their own: each is left out, or given each event in turn."""
    if not steps:
        return 0
    best = _most_steps(steps[1:], happenings)
    for happening in happenings:
        if best == len(steps):
            break
        if _meets(happening, steps[0]):
            best = max(best, 1 + _most_steps(steps[1:], [other for other in happenings if other != happening]))
    return best


def _is_excluded(funnel: Funnel, times: tuple[datetime, ...], within: list[Happening]) -> bool:
    for first, last, event in funnel.exclusions:
        if len(times) >= first:
            after = times[first - 1]
            for happening in within:
                if _meets(happening, [event]) and after < happening.at and (len(times) < last or happening.at < times[last - 1]):
                    return True
    return False


def _rows(
    funnel: Funnel,
    facts: Facts,
    scope: Scope,
    grain: str,
    attempts_of: dict[Person, list[Attempt]],
    since: date,
    until: date,
) -> Mart:
    zone = facts.rules.timezone
    periods: dict[date, dict[Person, dict[date, list[Attempt]]]] = {}
    for person, attempts in attempts_of.items():
        for attempt in attempts:
            day = business_date(attempt.times[0], zone)
            if day <= until:
                period = ALL_TIME if grain == "all" else period_start(grain, day, facts.rules.week_start)
                periods.setdefault(period, {}).setdefault(person, {}).setdefault(day, []).append(attempt)
    mart: Mart = {}
    for period, people in periods.items():
        best: list[Attempt] = []
        eligible: list[int] = []
        for days in people.values():
            everything = [attempt for attempts in days.values() for attempt in attempts]
            if any(attempt.is_excluded for attempt in everything):
                continue
            best.append(min(everything, key=lambda attempt: (-len(attempt.times), attempt.times[0])))
            # Of the attempts of a day none is over before the last of them is.
            over = [
                attempt
                for day, attempts in days.items()
                if day >= since and all(business_date(each.times[0] + funnel.window, zone) <= until for each in attempts)
                for attempt in attempts
            ]
            if over:
                eligible.append(max(len(attempt.times) for attempt in over))
        for step, names in enumerate(funnel.names, start=1):
            mart[funnel.name, grain, period, step, *scope] = {
                "step_name": names[0],
                "step_name_zh": names[1],
                **_step(step, best, eligible),
                "excluded_members": len(people) - len(best),
                "is_complete_period": grain != "all" and last_day(grain, period) <= until,
                "is_mature": grain != "all"
                and period >= since
                and last_day(grain, period) + timedelta(days=math.ceil(funnel.window / timedelta(days=1))) <= until
                and len(eligible) == len(best),
            }
    return mart


def _step(step: int, best: list[Attempt], eligible: list[int]) -> dict[str, Any]:
    def count(reached: Iterable[int], wanted: int) -> int:
        return sum(1 for steps in reached if steps >= wanted)

    got_here = count(eligible, step)
    before = count(eligible, step - 1) if step > 1 else None
    seconds = [
        (attempt.times[step - 1] - attempt.times[step - 2]) / timedelta(seconds=1) for attempt in best if 1 < step <= len(attempt.times)
    ]
    return {
        "entered_members": len(best),
        "reached_members": count((len(attempt.times) for attempt in best), step),
        "eligible_members": len(eligible),
        "reached_eligible_members": got_here,
        "previous_eligible_members": before,
        "rate_from_previous": None if before is None else ratio(got_here, before),
        "rate_from_start": ratio(got_here, len(eligible)),
        "avg_seconds_from_previous": sum(seconds) / len(seconds) if seconds else None,
        "median_seconds_from_previous": median(seconds) if seconds else None,
    }
