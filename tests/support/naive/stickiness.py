"""mart_stickiness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from support.naive.activity import Mart, by_scope, known_dates
from support.naive.calendar import days, last_day, period_start, periods
from support.naive.facts import Activity, Facts
from support.naive.people import Person
from support.naive.records import Stickiness


def stickiness(facts: Facts) -> Mart:
    mart: Mart = {}
    for scope, activities in by_scope(facts).items():
        known = known_dates(facts, scope, activities)
        if not known or known[0] > known[1]:
            continue
        for declared in facts.rules.stickiness:
            for first, last in _windows(declared, *known, facts.rules.week_start):
                reached = _active_periods(declared, activities, first, last, facts.rules.week_start)
                begun = {period_start(declared.period, day, facts.rules.week_start) for day in days(first, min(last, known[1]))}
                for number in range(1, max([len(begun), *reached]) + 1):
                    mart[declared.name, first, declared.period, number, *scope] = {
                        "members": reached[number],
                        "members_at_least": sum(count for periods_active, count in reached.items() if periods_active >= number),
                        "window_end": last,
                        "is_complete_period": last <= known[1],
                    }
    return mart


def _windows(declared: Stickiness, since: date, until: date, week_start: int) -> Iterable[tuple[date, date]]:
    """The windows that hold a known date."""
    if declared.dates:
        first, last = declared.dates
        return [declared.dates] if first <= until and last >= since else []
    return [(start, last_day(declared.window, start)) for start in periods(declared.window, since, until, week_start)]


def _active_periods(declared: Stickiness, activities: list[Activity], first: date, last: date, week_start: int) -> Counter[int]:
    """By number of periods that count the number of persons who have so many."""
    happened: dict[Person, Counter[date]] = {}
    for activity in activities:
        if first <= activity.day <= last and declared.event in ("activity", activity.event_type):
            happened.setdefault(activity.person, Counter())[period_start(declared.period, activity.day, week_start)] += 1
    counted = {
        person: sum(1 for count in found.values() if declared.minimum <= count <= declared.maximum) for person, found in happened.items()
    }
    return Counter(number for number in counted.values() if number)
