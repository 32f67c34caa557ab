"""Which rows are in force: of all versions of a key the newest, unless it says that the row is deleted."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from support.naive.records import Event, Landing, Link, MemberRecord, Membership, Order, Record, Refund

R = TypeVar("R", bound=Record)

BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
# A landing that declares no snapshot shows the moment of its landing, which is later than whatever a test declares.
UNDECLARED = datetime(2200, 1, 1, tzinfo=UTC)


def in_force(landings: Sequence[Landing], source: str, key: Callable[[R], Hashable]) -> list[R]:
    newest: dict[Hashable, tuple[tuple[object, ...], R]] = {}
    for landing in landings:
        if landing.source != source:
            continue
        snapshot_at = landing.snapshot_at or UNDECLARED + timedelta(seconds=landing.order)
        occurrences: dict[Hashable, int] = {}
        for row_number, row in enumerate(landing.rows, start=1):
            identity = key(row)  # type: ignore[arg-type]
            if isinstance(row, Event) and row.event_id is None:
                # Equal rows of one file are distinct occurrences: the n-th of them has an identity of its own.
                occurrences[row] = occurrences.get(row, 0) + 1
                identity = (identity, row, occurrences[row])
            version = (row.updated_at or BEFORE_ALL, snapshot_at, landing.sha256, row_number)
            if identity not in newest or newest[identity][0] < version:
                newest[identity] = (version, row)  # type: ignore[assignment]
    return [row for _, row in newest.values() if not row.is_deleted]


def content(row: Record) -> Record:
    """What a row says: when it was last changed is no part of it."""
    return replace(row, updated_at=None)


def restated_keys(landings: Sequence[Landing], source: str, key: Callable[[R], Hashable]) -> set[Hashable]:
    """The keys that were told in more than one way."""
    told: dict[Hashable, set[Record]] = {}
    for landing in landings:
        for row in landing.rows if landing.source == source else ():
            told.setdefault(key(row), set()).add(content(row))  # type: ignore[arg-type]
    return {identity for identity, ways in told.items() if len(ways) > 1}


def events(landings: Sequence[Landing]) -> list[Event]:
    def key(row: Event) -> Hashable:
        return (row.member.platform, row.member.account, row.event_id)

    return in_force(landings, "events", key)


def memberships(landings: Sequence[Landing]) -> list[Membership]:
    def key(row: Membership) -> Hashable:
        return (row.member, row.community, row.joined_at)

    return in_force(landings, "memberships", key)


def member_records(landings: Sequence[Landing]) -> list[MemberRecord]:
    def key(row: MemberRecord) -> Hashable:
        return row.member

    return in_force(landings, "members", key)


def links(landings: Sequence[Landing]) -> list[Link]:
    def key(row: Link) -> Hashable:
        return (row.member, row.person)

    return in_force(landings, "identity_links", key)


def orders(landings: Sequence[Landing]) -> list[Order]:
    def key(row: Order) -> Hashable:
        return (row.member.platform, row.member.account, row.order_id)

    return in_force(landings, "orders", key)


def refunds(landings: Sequence[Landing]) -> list[Refund]:
    def key(row: Refund) -> Hashable:
        return (row.platform, row.account, row.refund_id)

    return in_force(landings, "refunds", key)
