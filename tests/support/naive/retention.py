"""mart_retention."""

from __future__ import annotations

from collections import Counter
from datetime import date

from support.naive.activity import Mart, by_scope, ratio
from support.naive.calendar import GRAINS, business_date, last_day, next_period, period_start
from support.naive.commerce import purchases_by_scope
from support.naive.facts import Facts, Scope
from support.naive.people import Person
from support.naive.presence import Presences
from support.naive.records import Definition

Occurrences = dict[Person, list[date]]
"""Of every person the date of every occurrence of an event."""
Periods = dict[date, set[Person]]
"""Per start of a period the persons in it."""

SOURCES = {"join": "memberships", "present": "memberships", "purchase": "orders"}


def retention(facts: Facts, presences: Presences) -> Mart:
    mart: Mart = {}
    for definition in facts.rules.definitions:
        entries = _occurrences(definition.entry, facts, presences)
        returns = {} if definition.back == "present" else _occurrences(definition.back, facts, presences)
        sources = [SOURCES.get(event, "events") for event in (definition.entry, definition.back)]
        for scope, entered in entries.items():
            until = facts.until(scope, *sources)
            since = facts.since(sources[1])
            if until and since:
                for grain in GRAINS:
                    cohorts = _cohorts(definition, grain, entered, until, facts.rules.week_start)
                    if definition.back == "present":
                        back = _survivals(grain, scope, min(cohorts, default=until), until, presences)
                    else:
                        back = _returns(definition, grain, returns.get(scope, {}), until, facts.rules.week_start)
                    mart |= _cells(definition, grain, scope, cohorts, back, since, until)
    return mart


def _occurrences(event: str, facts: Facts, presences: Presences) -> dict[Scope, Occurrences]:
    zone = facts.rules.timezone
    found: dict[Scope, Occurrences] = {}
    if event == "join":
        for scope, spells in presences.spells.items():
            for spell in spells:
                found.setdefault(scope, {}).setdefault(spell.person, []).append(business_date(spell.joined_at, zone))
        for deed in facts.deeds:
            if deed.event_type == "join":
                for scope in facts.scopes(deed.person, deed.platform, deed.community):
                    found.setdefault(scope, {}).setdefault(deed.person, []).append(business_date(deed.occurred_at, zone))
    elif event == "purchase":
        for scope, purchases in purchases_by_scope(facts).items():
            for purchase in purchases:
                found.setdefault(scope, {}).setdefault(purchase.person, []).append(purchase.day)
    else:
        for scope, activities in by_scope(facts).items():
            for activity in activities:
                if event in ("activity", activity.event_type):
                    found.setdefault(scope, {}).setdefault(activity.person, []).append(activity.day)
    return found


def _starts(grain: str, dates: list[date], until: date, week_start: int) -> Counter[date]:
    """The periods of the dates, of those that have begun to be observed, with the number of dates in each."""
    starts = Counter(period_start(grain, day, week_start) for day in dates)
    return Counter({start: count for start, count in starts.items() if start <= until})


def _cohorts(definition: Definition, grain: str, entered: Occurrences, until: date, week_start: int) -> Periods:
    cohorts: Periods = {}
    for person, dates in entered.items():
        starts = sorted(_starts(grain, dates, until, week_start))
        for start in starts if definition.is_recurring else starts[:1]:
            cohorts.setdefault(start, set()).add(person)
    return cohorts


def _returns(definition: Definition, grain: str, returned: Occurrences, until: date, week_start: int) -> Periods:
    back: Periods = {}
    for person, dates in returned.items():
        for start, count in _starts(grain, dates, until, week_start).items():
            if count >= definition.minimum:
                back.setdefault(start, set()).add(person)
    return back


def _survivals(grain: str, scope: Scope, first: date, until: date, presences: Presences) -> Periods:
    """Who is still in: present on the last day of the period, or on the last known day of the one that runs."""
    back: Periods = {}
    while first <= until:
        back[first] = set(presences.present(scope, min(last_day(grain, first), until)))
        first = next_period(grain, first)
    return back


def _cells(definition: Definition, grain: str, scope: Scope, cohorts: Periods, back: Periods, since: date, until: date) -> Mart:
    """Before the source of returns begins, nobody was seen to return and nobody was seen not to."""
    mart: Mart = {}
    for cohort, members in cohorts.items():
        horizon = [cohort]
        while len(horizon) <= definition.horizon[grain]:
            horizon.append(next_period(grain, horizon[-1]))
        is_rolling_mature = last_day(grain, horizon[-1]) <= until
        for index, start in enumerate(horizon):
            if start > until:
                break
            is_known = index == 0 or start >= since
            is_mature = is_known and last_day(grain, start) <= until
            exactly = members if index == 0 else members & back.get(start, set())
            later = members if index == 0 else members & _anyone(back, horizon[index:])
            within = members & _anyone(back, horizon[1 : index + 1]) if index and horizon[1] >= since else None
            mart[definition.name, grain, cohort, index, *scope] = {
                "cohort_members": len(members),
                "eligible_members": len(members) if is_mature else 0,
                "retained_members": len(exactly) if is_known else None,
                "retained_eligible_members": len(exactly) if is_mature else 0,
                "retained_members_rolling": len(later) if is_known else None,
                "retained_members_within": None if within is None else len(within),
                "retention_rate": ratio(len(exactly), len(members)) if is_mature else None,
                "rolling_retention_rate": ratio(len(later), len(members)) if is_rolling_mature and is_known else None,
                "within_retention_rate": ratio(len(within), len(members)) if is_mature and within is not None else None,
                "is_mature": is_mature,
                "is_rolling_mature": is_rolling_mature and is_known,
            }
    return mart


def _anyone(back: Periods, starts: list[date]) -> set[Person]:
    return set().union(*(back.get(start, set()) for start in starts))
