"""mart_growth_daily."""

from __future__ import annotations

from support.naive.activity import Mart
from support.naive.calendar import business_date, days
from support.naive.facts import Facts
from support.naive.presence import Presences


def growth_daily(facts: Facts, presences: Presences) -> Mart:
    zone = facts.rules.timezone
    mart: Mart = {}
    for scope, found in presences.by_scope.items():
        known = presences.known(scope)
        for day in days(*known) if known else ():
            starting = [p for p in found if business_date(p.start, zone) == day]
            mart[day, *scope] = {
                "joins": sum(1 for s in presences.spells[scope] if business_date(s.joined_at, zone) == day),
                "leaves": sum(1 for s in presences.spells[scope] if s.left_at and business_date(s.left_at, zone) == day),
                "censored_leaves": 0,
                "new_members": sum(1 for p in starting if p.is_first),
                "rejoined_members": sum(1 for p in starting if not p.is_first),
                "left_members": sum(1 for p in found if p.end and business_date(p.end, zone) == day),
                "members_at_end": len(
                    {p.person for p in found if business_date(p.start, zone) <= day and (p.end is None or business_date(p.end, zone) > day)}
                ),
                "reported_new_members": None,
                "reported_left_members": None,
                "reported_members_at_end": None,
            }
    return mart
