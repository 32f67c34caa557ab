"""Generated exports: the same story for the same numbers, in the columns of the input contracts.

Members join a community, come back as long as they like (few of them often), and one in ten also appears on the other platform
under another id, which an identity link joins to the first. Every file repeats a few of its rows, as real re-exports do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute

PLATFORMS = ("miniapp", "discord")
EVENT_TYPES = ("message", "reply", "reaction", "check_in", "content_open", "poll_vote")
EVENT_TYPE_SHARES = (0.45, 0.15, 0.15, 0.1, 0.1, 0.05)
CHANNELS = ("organic", "referral", "paid", "kol")
REPEATED_SHARE = 0.03
CORRECTED_SHARE = 0.03
AWAY_SHARE = 0.2
EVENTS_A_VISIT = 2.8
SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Story:
    """What to generate. `days` business dates from `first_date`; `events_per_day` before the repeats; `members` who ever join."""

    days: int
    events_per_day: int
    members: int
    first_date: date = date(2026, 1, 5)
    communities: int = 20
    seed: int = 20260105

    def date_of(self, day: int) -> date:
        return self.first_date + timedelta(days=day)

    @cached_property
    def joined_on(self) -> np.ndarray:
        """Day index of each member's joining, ascending: half of them on the first day, the others evenly after it."""
        later = self.members - self.members // 2
        spread = np.arange(later, dtype=np.int64) * self.days // max(later, 1)
        return np.concatenate([np.zeros(self.members // 2, dtype=np.int64), spread])

    @cached_property
    def homes(self) -> np.ndarray:
        """Home community of each member; communities alternate between the platforms."""
        return self._random("homes").integers(0, self.communities, self.members)

    def _random(self, subject: str, day: int = 0) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64([self.seed, day, *subject.encode()]))

    def events(self, day: int) -> pa.Table:
        """The events of one business date, in the order of their occurrence, the repeated rows at the end."""
        random = self._random("events", day)
        count = self.events_per_day
        present = int(np.searchsorted(self.joined_on, day, side="right"))
        # Squared, so that a few members come often and most rarely; who comes, comes for a while.
        visitor = (present * random.random(max(1, int(count / EVENTS_A_VISIT))) ** 2).astype(np.int64)
        visited = self._communities(random, visitor)
        visit = random.integers(0, len(visitor), count)
        member, community = visitor[visit], visited[visit]
        seconds = np.sort(random.integers(0, SECONDS_A_DAY, count))
        kind = random.choice(len(EVENT_TYPES), count, p=EVENT_TYPE_SHARES)
        table = pa.table(
            {
                "event_id": pyarrow.compute.binary_join_element_wise(f"{self.date_of(day):%Y%m%d}-", self._numbers, ""),
                "occurred_at": pa.array(np.datetime64(self.date_of(day), "s") + seconds, pa.timestamp("s")),
                "platform": _pick(PLATFORMS, community % len(PLATFORMS)),
                "member_id": self._member_ids(member, community),
                "community_id": _pick(self._community_ids, community),
                "event_type": _pick(EVENT_TYPES, kind),
                "updated_at": pa.nulls(count, pa.timestamp("s")),
            }
        )
        repeated = np.sort(random.choice(count, int(count * REPEATED_SHARE), replace=False))
        return pa.concat_tables([table, table.take(pa.array(repeated))])

    def corrected_events(self, day: int) -> pa.Table:
        """The same date exported again a week later: a few events have another type and are newer than before."""
        table = self.events(day).slice(0, self.events_per_day)
        random = self._random("corrections", day)
        is_corrected = random.random(len(table)) < CORRECTED_SHARE
        types = np.where(is_corrected, "share", table["event_type"].to_numpy(zero_copy_only=False))
        moment = np.datetime64(self.date_of(day + 7), "s")
        updated = pa.array(np.full(len(table), moment), pa.timestamp("s"), mask=~is_corrected)
        table = table.set_column(table.column_names.index("event_type"), "event_type", pa.array(types.tolist()))
        return table.set_column(table.column_names.index("updated_at"), "updated_at", updated)

    def memberships(self, day: int) -> pa.Table:
        """Who joined on one business date; they come before its first event."""
        member = np.flatnonzero(self.joined_on == day)
        community = self.homes[member]
        return pa.table(
            {
                "platform": _pick(PLATFORMS, community % len(PLATFORMS)),
                "community_id": _pick(self._community_ids, community),
                "member_id": self._member_ids(member, community),
                "joined_at": pa.array(np.full(len(member), np.datetime64(self.date_of(day), "s")), pa.timestamp("s")),
                "channel": _pick(CHANNELS, member % len(CHANNELS)),
            }
        )

    def identity_links(self) -> pa.Table:
        """Both ids of everybody who is on both platforms."""
        linked = np.arange(0, self.members, 10)
        return pa.table(
            {
                "platform": [platform for platform in PLATFORMS for _ in linked],
                "member_id": [f"{platform[0]}{number:07d}" for platform in PLATFORMS for number in linked],
                "person_id": [f"p{number:07d}" for _ in PLATFORMS for number in linked],
            }
        )

    def _communities(self, random: np.random.Generator, member: np.ndarray) -> np.ndarray:
        """Home, or now and then another one: of any platform for who is on both, else of the same platform."""
        is_away = random.random(len(member)) < AWAY_SHARE
        away = random.integers(0, self.communities, len(member))
        home = self.homes[member]
        same_platform = away - away % len(PLATFORMS) + home % len(PLATFORMS)
        return np.where(is_away, np.where(member % 10 == 0, away, np.minimum(same_platform, self.communities - 1)), home)

    def _member_ids(self, member: np.ndarray, community: np.ndarray) -> pa.Array:
        """The id on the platform of the community: `m…` on the one, `d…` on the other."""
        return _pick(self._names, (community % len(PLATFORMS)) * self.members + member)

    @cached_property
    def _names(self) -> pa.Array:
        return pa.array([f"{platform[0]}{number:07d}" for platform in PLATFORMS for number in range(self.members)])

    @cached_property
    def _community_ids(self) -> pa.Array:
        return pa.array([f"c{number:03d}" for number in range(self.communities)])

    @cached_property
    def _numbers(self) -> pa.Array:
        """The numbers of a day's events as texts."""
        return pa.array([f"{number:07d}" for number in range(self.events_per_day)])


def _pick(names: tuple[str, ...] | pa.Array, positions: np.ndarray) -> pa.Array:
    return (names if isinstance(names, pa.Array) else pa.array(names)).take(pa.array(positions))
