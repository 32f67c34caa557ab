"""A small community whose platforms export a few files a day: the smallest story in which every step of the pipeline has work to do.

Late rows, an order that is restated, members who leave and a refund are among them, so that a day touches days before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

FIRST_DAY = date(2026, 9, 7)
MEMBERS = 24


def business_day(number: int) -> date:
    """The `number`-th day of the story, counted from 1."""
    return FIRST_DAY + timedelta(days=number - 1)


def drop_day(inbox: Path, number: int) -> int:
    """Put the exports of a day into the inbox, where they arrive on the next one; gives the number of files."""
    arrival = business_day(number) + timedelta(days=1)
    files = list(_files(number))
    for source, rows in files:
        folder = inbox / source / "_" / f"dt={arrival}"
        folder.mkdir(parents=True, exist_ok=True)
        # As a careful sync job does it: a file has its name when it is whole.
        part = folder / f".{source}.part"
        part.write_bytes(_csv(rows))
        part.rename(folder / f"{source}.csv")
    return len(files)


def _files(number: int) -> Iterator[tuple[str, list[dict[str, object]]]]:
    day, random = business_day(number), Random(number)
    yield "events", [_event(number, turn, day, random) for turn in range(60)]
    yield "memberships", [_membership(member, day, left=None) for member in _joining(number)]
    yield "orders", list(_orders(number, day, random))
    yield "account_daily", [_account(number, day)]
    yield (
        "content_daily",
        [{"platform": "app", "account_id": "shop", "content_id": f"c{post}", "business_date": day, "reads": 40 * number + post,
          "likes": 3 * number + post, "comments": number, "shares": 1} for post in range(3)],
    )  # fmt: skip
    if number % 2 == 0:
        yield (
            "refunds",
            [{"refund_id": f"r{number}", "platform": "app", "account_id": "shop", "order_id": f"o{number - 1}-0",
              "refunded_at": f"{day}T21:00:00+08:00", "amount": "5.00", "currency": "CNY"}],
        )  # fmt: skip


def _event(number: int, turn: int, day: date, random: Random) -> dict[str, object]:
    # Every tenth is told a day late.
    told_of = day - timedelta(days=1) if turn % 10 == 0 and number > 1 else day
    return {
        "event_id": f"e{number}-{turn}",
        "occurred_at": f"{told_of}T{random.randrange(8, 23):02}:{random.randrange(60):02}:00+08:00",
        "platform": "app",
        "account_id": "shop",
        "member_id": f"m{random.randrange(MEMBERS)}",
        "community_id": random.choice(("g1", "g2")),
        "event_type": random.choice(("message", "message", "reply", "check_in")),
    }


def _joining(number: int) -> range:
    return range(0, 12) if number == 1 else range(10 + 2 * number - 2, 10 + 2 * number)


def _membership(member: int, day: date, left: date | None) -> dict[str, object]:
    return {
        "platform": "app",
        "account_id": "shop",
        "community_id": "g1" if member % 2 else "g2",
        "member_id": f"m{member}",
        "joined_at": f"{day}T09:00:00+08:00",
        "left_at": left or "",
        "channel": ("organic", "referral", "paid")[member % 3],
    }


def _orders(number: int, day: date, random: Random) -> Iterator[dict[str, object]]:
    for sale in range(4):
        yield _order(f"o{number}-{sale}", day, random.randrange(MEMBERS), random.randrange(1000, 9000) / 100, day)
    if number > 1:
        # The platform corrects what it said of an order of yesterday.
        yesterday = day - timedelta(days=1)
        yield _order(f"o{number - 1}-1", yesterday, number, 12.5, day)


def _order(order_id: str, day: date, member: int, amount: float, told: date) -> dict[str, object]:
    return {
        "order_id": order_id,
        "platform": "app",
        "account_id": "shop",
        "member_id": f"m{member}",
        "paid_at": f"{day}T20:00:00+08:00",
        "gross_amount": f"{amount:.2f}",
        "currency": "CNY",
        "updated_at": f"{told}T23:00:00+08:00",
    }


def _account(number: int, day: date) -> dict[str, object]:
    return {
        "platform": "app",
        "account_id": "shop",
        "business_date": day,
        "followers": 1000 + 5 * number,
        "gained": 7,
        "lost": 2,
        "reads": 300 + number,
    }


def _csv(rows: list[dict[str, object]]) -> bytes:
    handle = io.StringIO()
    writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return handle.getvalue().encode()
