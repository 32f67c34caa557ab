"""The rows of the input contracts, as somebody would write them down, and the files they land in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import inf
from typing import NamedTuple


class NativeId(NamedTuple):
    """An id is unique within its platform, account and kind only."""

    platform: str
    account: str
    kind: str
    id: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """What every source's row may carry. `updated_at` None: older than any version with one."""

    updated_at: datetime | None = None
    is_deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class Event(Record):
    event_id: str | None
    member: NativeId
    occurred_at: datetime
    event_type: str
    community: str | None = None
    actor_type: str | None = None
    content: str | None = None
    campaign: str | None = None
    value: str | None = None
    properties: str | None = None


@dataclass(frozen=True, kw_only=True)
class Membership(Record):
    member: NativeId
    community: str
    joined_at: datetime
    left_at: datetime | None = None
    channel: str | None = None
    referrer: str | None = None


@dataclass(frozen=True, kw_only=True)
class MemberRecord(Record):
    member: NativeId
    actor_type: str | None = None
    created_at: datetime | None = None
    first_seen_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Link(Record):
    member: NativeId
    person: str
    status: str = "linked"


@dataclass(frozen=True, kw_only=True)
class Order(Record):
    order_id: str
    member: NativeId
    paid_at: datetime
    amount: Decimal
    currency: str
    status: str | None = None


@dataclass(frozen=True, kw_only=True)
class Refund(Record):
    refund_id: str
    platform: str
    account: str
    order_id: str
    refunded_at: datetime
    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class OrderItem(Record):
    platform: str
    account: str
    order_id: str
    line: str
    category: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class ContentDay(Record):
    """A day of an item; `figures` by name, what is not stated is not in it."""

    platform: str
    account: str
    content_id: str
    day: date
    figures: tuple[tuple[str, int], ...] = ()
    title: str | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ContentSnapshot(Record):
    """Lifetime counters of an item, as a console exports them at the end of `day`."""

    platform: str
    account: str
    content_id: str
    day: date
    title: str
    published_on: date
    figures: tuple[tuple[str, int], ...] = ()
    finish_rate: float | None = None
    average_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class AccountDay(Record):
    platform: str
    account: str
    day: date
    figures: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Landing:
    """One landed file. `snapshot_at` and `period` are what somebody declared; `sha256` and `order` what the ledger gives it."""

    source: str
    rows: tuple[Record, ...]
    sha256: str
    snapshot_at: datetime | None = None
    period: date | None = None
    order: int = 0


@dataclass(frozen=True)
class Definition:
    """A declared retention. Events: join, activity, purchase, present or an event type; `horizon` in periods per grain."""

    name: str
    entry: str
    back: str
    is_recurring: bool = False
    minimum: int = 1
    horizon: dict[str, int] = field(default_factory=lambda: {"day": 90, "week": 52, "month": 24})


@dataclass(frozen=True)
class Stickiness:
    """A declared stickiness: `window` is week, month or range (of `dates`, both included), `period` what is counted in it."""

    name: str
    window: str
    period: str
    event: str = "activity"
    dates: tuple[date, date] | None = None
    minimum: int = 1
    maximum: float = inf


BUILT_IN_STICKINESS = (Stickiness("week", "week", "day"), Stickiness("month", "month", "day"), Stickiness("month", "month", "week"))


@dataclass(frozen=True)
class PriceBand:
    """Paid amounts of a currency from `start` to below `end` (None: without end)."""

    currency: str
    name: str
    start: Decimal
    end: Decimal | None


@dataclass(frozen=True)
class Segment:
    """A declared segment, in the order of its set: all conditions (measure, least, most) hold. `looks_back`: days, today included."""

    set: str
    name: str
    conditions: tuple[tuple[str, float, float], ...] = ()
    looks_back: int = 1


BUILT_IN_SEGMENTS = (
    Segment("activity", "active", (("days_since_active", 0, 6),), 7),
    Segment("activity", "silent", (("days_idle", 0, 29),), 30),
    Segment("activity", "lost"),
    Segment("lifecycle", "prospect", (("ever_active", 0, 0),)),
    Segment("lifecycle", "new", (("days_since_first_active", 0, 29),), 30),
    Segment("lifecycle", "loyal", (("active_weeks_of_8", 6, inf),), 56),
    Segment("lifecycle", "familiar"),
)


@dataclass(frozen=True)
class FunnelEvent:
    """What a step or an exclusion accepts: an event by name (join, activity, purchase or a type), and conditions that all hold."""

    event: str
    filter: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Funnel:
    """A declared funnel. A step is met by any of its events; an exclusion is the step before it, the step after it, the event."""

    name: str
    steps: tuple[tuple[FunnelEvent, ...], ...]
    window: timedelta
    order: str = "ordered"
    exclusions: tuple[tuple[int, int, FunnelEvent], ...] = ()

    @property
    def names(self) -> list[tuple[str, str]]:
        return [(f"step {index}", f"第{index}步") for index, _ in enumerate(self.steps, start=1)]

    def events(self) -> list[FunnelEvent]:
        return [event for step in self.steps for event in step] + [event for _, _, event in self.exclusions]


@dataclass(frozen=True)
class Rules:
    """What analysts decide: the time zone, the first weekday (0 Monday, 6 Sunday), event types and what is declared in files."""

    timezone: str
    week_start: int
    activity_types: frozenset[str]
    message_types: frozenset[str]
    definitions: tuple[Definition, ...] = ()
    stickiness: tuple[Stickiness, ...] = BUILT_IN_STICKINESS
    price_bands: tuple[PriceBand, ...] = ()
    segments: tuple[Segment, ...] = BUILT_IN_SEGMENTS
    funnels: tuple[Funnel, ...] = ()
