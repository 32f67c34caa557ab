"""mart_data_status: what has come of every day, and how far each source is known."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date, timedelta
from typing import Any

from support.naive import versions
from support.naive.activity import Mart
from support.naive.calendar import ONE_DAY, business_date, days
from support.naive.records import (
    AccountDay,
    ContentDay,
    ContentSnapshot,
    Event,
    Landing,
    Link,
    MemberRecord,
    Membership,
    Order,
    OrderItem,
    Record,
    Refund,
)

Account = tuple[str, str]
"""Source and account."""
DAILY = {"events", "orders", "refunds", "account_daily", "content_daily"}
LISTS = {"members", "identity_links", "order_items"}
"""Rows without a date of their own: dated by the snapshot that shows them, and known as far as a file declares it."""


def data_status(landings: Sequence[Landing], timezone: str) -> Mart:
    accepted: dict[tuple[Account, date], int] = {}
    restated: dict[tuple[Account, date], int] = {}
    for source in {landing.source for landing in landings}:
        dated = _dates(landings, source, timezone)
        told = _ways(landings, source, timezone)
        for row in versions.in_force(landings, source, _key):
            place = ((source, _account(row)), dated[row] if source in LISTS else _date(row, timezone))
            accepted[place] = accepted.get(place, 0) + 1
            restated[place] = restated.get(place, 0) + (told[_restatement_key(row, timezone)] > 1)
    ranges = known_ranges(landings, timezone)
    newest = max((last for (source, _), (_, last) in ranges.items() if source in DAILY), default=None)

    def owed(account: Account) -> date:
        """A daily source owes what any other is complete to, unless it has been silent for more than 35 days."""
        last = ranges[account][1]
        silent = (newest - last).days if newest and account[0] in DAILY else 0
        return last + timedelta(days=silent) if 0 < silent <= 35 else last

    cells = {(account, day) for account, (first, _) in ranges.items() for day in days(first, owed(account))} | set(accepted)
    mart: Mart = {}
    for account, day in cells:
        first, last = ranges.get(account, (None, None))
        rows = accepted.get((account, day), 0)
        mart[*account, day] = {
            "expected": account[0] in DAILY and first is not None and first <= day <= owed(account),
            "received": rows > 0,
            "complete": last is not None and day <= last,
            "late": account[0] in DAILY and last is not None and last < day <= owed(account),
            "restated": restated.get((account, day), 0),
            "accepted": rows,
            "quarantined": 0,
            "held": 0,
            # No layout of a generated history comes from a platform that forgets.
            "available_until": None,
        }
    return mart


def known_ranges(landings: Sequence[Landing], timezone: str) -> dict[Account, tuple[date, date]]:
    """Per source and account from the first date of any row to the last that a file declares or, declaring nothing, has rows of."""
    ranges: dict[Account, tuple[date, date]] = {}
    for landing in landings:
        is_list = landing.source in LISTS
        declared = landing.period
        if declared is None and landing.snapshot_at is not None:
            shown = business_date(landing.snapshot_at, timezone)
            declared = shown if landing.source == "creator_content" else shown - ONE_DAY
        if is_list and declared is None:
            continue
        for row in landing.rows:
            own = business_date(_shown_at(landing), timezone) if is_list else _date(row, timezone)
            until = declared or max(_date(other, timezone) for other in landing.rows)
            known = ranges.get((landing.source, _account(row)), (own, until))
            ranges[landing.source, _account(row)] = (min(known[0], own, until), max(known[1], until))
    return ranges


def _shown_at(landing: Landing) -> Any:
    assert landing.snapshot_at, "a list without a declared snapshot is dated by the clock: no history has one"
    return landing.snapshot_at


def _dates(landings: Sequence[Landing], source: str, timezone: str) -> dict[Record, date]:
    """Of a list's row the date of the newest snapshot with exactly this row: no earlier one of it could win."""
    found: dict[Record, date] = {}
    for landing in landings:
        if landing.source == source and source in LISTS:
            day = business_date(_shown_at(landing), timezone)
            found |= {row: max(day, found.get(row, day)) for row in landing.rows}
    return found


def _ways(landings: Sequence[Landing], source: str, timezone: str) -> dict[Hashable, int]:
    """In how many ways a key was told; what an event was on another date is another day's business."""
    ways: dict[Hashable, set[Record]] = {}
    for landing in landings:
        for row in landing.rows if landing.source == source else ():
            ways.setdefault(_restatement_key(row, timezone), set()).add(versions.content(row))
    return {key: len(told) for key, told in ways.items()}


def _restatement_key(row: Record, timezone: str) -> Hashable:
    if not isinstance(row, Event):
        return _key(row)
    return (row if row.event_id is None else _key(row), business_date(row.occurred_at, timezone))


def _key(row: Record) -> Hashable:
    match row:
        case Event():
            return (row.member.platform, row.member.account, row.event_id)
        case Membership():
            return (row.member, row.community, row.joined_at)
        case MemberRecord():
            return row.member
        case Link():
            return (row.member, row.person)
        case Order():
            return (row.member.platform, row.member.account, row.order_id)
        case Refund():
            return (row.platform, row.account, row.refund_id)
        case OrderItem():
            return (row.platform, row.account, row.order_id, row.line)
        case ContentDay() | ContentSnapshot():
            return (row.platform, row.account, row.content_id, row.day)
        case AccountDay():
            return (row.platform, row.account, row.day)
    raise TypeError(type(row))


def _account(row: Any) -> str:
    return str(row.account if hasattr(row, "account") else row.member.account)


def _date(row: Record, timezone: str) -> date:
    match row:
        case Event():
            return business_date(row.occurred_at, timezone)
        case Membership():
            return business_date(row.joined_at, timezone)
        case Order():
            return business_date(row.paid_at, timezone)
        case Refund():
            return business_date(row.refunded_at, timezone)
        case ContentDay() | ContentSnapshot() | AccountDay():
            return row.day
    raise TypeError(type(row))
