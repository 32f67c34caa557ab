"""When a person was in a scope: the union of the spells, touching ones merged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from support.naive.calendar import business_date, day_bounds
from support.naive.facts import Facts, Scope, Spell
from support.naive.people import Person


@dataclass(frozen=True)
class Presence:
    person: Person
    start: datetime
    end: datetime | None
    is_first: bool


class Presences:
    """The presences of every scope that has members."""

    def __init__(self, facts: Facts) -> None:
        self._timezone = facts.rules.timezone
        self.spells: dict[Scope, list[Spell]] = {}
        for spell in facts.spells:
            for scope in facts.scopes(spell.person, spell.platform, spell.community):
                self.spells.setdefault(scope, []).append(spell)
        self.by_scope = {scope: _presences(spells) for scope, spells in self.spells.items()}
        self._known = {
            scope: (min(business_date(p.start, self._timezone) for p in presences), until)
            for scope, presences in self.by_scope.items()
            if (until := facts.until(scope, "memberships"))
        }
        self._present: dict[tuple[Scope, date], frozenset[Person]] = {}

    def known(self, scope: Scope) -> tuple[date, date] | None:
        """The first and the last date of which it is known who was in."""
        return self._known.get(scope)

    def present(self, scope: Scope, day: date) -> frozenset[Person]:
        """Who was in at any moment of the day."""
        if (scope, day) not in self._present:
            start, end = day_bounds(day, self._timezone)
            self._present[scope, day] = frozenset(
                p.person for p in self.by_scope.get(scope, []) if p.start < end and (p.end is None or p.end > start)
            )
        return self._present[scope, day]

    def present_if_known(self, scope: Scope, day: date) -> frozenset[Person] | None:
        known = self.known(scope)
        return self.present(scope, day) if known and known[0] <= day <= known[1] else None


def _presences(spells: list[Spell]) -> list[Presence]:
    found: list[Presence] = []
    for person in {spell.person for spell in spells}:
        merged: list[tuple[datetime, datetime | None]] = []
        for spell in sorted((s for s in spells if s.person == person), key=lambda s: s.joined_at):
            if merged and (merged[-1][1] is None or spell.joined_at <= merged[-1][1]):
                start, end = merged[-1]
                later = None if end is None or spell.left_at is None else max(end, spell.left_at)
                merged[-1] = (start, later)
            else:
                merged.append((spell.joined_at, spell.left_at))
        found += [Presence(person, start, end, index == 0) for index, (start, end) in enumerate(merged)]
    return found
