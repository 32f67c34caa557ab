"""More rows of the fixture release: lifetime value, stickiness, segments and the lifetimes of items, by formulas as in `fixture_rows`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from browser.fixture_rows import FIRST_DAY, LAST_DAY, ORDERS_LAST_DAY, TITLES, conversion_rows, noise, period_end, period_starts, scopes


def ltv_rows() -> Iterator[tuple[Any, ...]]:
    """Monthly cohorts; the refunds of one cohort's second month are not known, so its value is not either."""
    for scope in scopes():
        if scope.kind == "community":
            continue
        starts = period_starts("month")
        for kind, weight in (("joined", 1.0), ("first_order", 0.2)):
            for currency, price in (("CNY", 31.0), ("USD", 2.4)):
                for number, start in enumerate(starts):
                    members = max(1, round(scope.size * 0.2 * weight * (0.7 + 0.6 * noise(number, scope.seed, 23))))
                    total = 0.0
                    for index in range(len(starts) - number):
                        gross = round(members * price / weight / (1 + index) * (0.8 + 0.4 * noise(number, index, scope.seed)), 2)
                        unknown = kind == "joined" and number == 0 and index == 1
                        refund = None if unknown else round(gross * 0.04, 2)
                        net = None if refund is None else round(gross - refund, 2)
                        total = round(total + (net or 0), 2)
                        mature = period_end("month", starts[number + index]) <= ORDERS_LAST_DAY
                        eligible = members if mature else 0
                        cumulative = None if unknown else total
                        known = (0 if not mature else cumulative, None if not mature or unknown else round(total / members, 2))
                        key = (kind, start, index, currency, scope.kind, scope.name)
                        yield (*key, members, eligible, gross, refund, net, cumulative, *known, mature)


def breakdown_rows() -> Iterator[tuple[Any, ...]]:
    """The orders of each day by price band and by category, one of which is not known."""
    for day, currency, kind, name, _, orders, gross, refunds, net, *_ in conversion_rows():
        for dimension, (first, second) in (("price_band", ("0-50", "100-200")), ("category", ("礼盒", "unknown"))):
            part = orders // 3
            yield day, currency, dimension, first, kind, name, part, round(gross * 0.25, 2), 0, 0
            yield day, currency, dimension, second, kind, name, orders - part, round(gross - round(gross * 0.25, 2), 2), refunds, net


def stickiness_rows() -> Iterator[tuple[Any, ...]]:
    for scope in scopes():
        for grain in ("week", "month"):
            for number, start in enumerate(period_starts(grain)):
                end = period_end(grain, start)
                periods = (min(end, LAST_DAY) - start).days + 1
                usual = scope.size * scope.activity
                exactly = [round(usual / (day + 1) * (0.8 + 0.4 * noise(number, day, scope.seed))) for day in range(periods)]
                for day, members in enumerate(exactly, start=1):
                    # As in the lifecycle, the last week and month are cut by two days.
                    over = end <= LAST_DAY - timedelta(days=2)
                    yield (grain, start, "day", day, scope.kind, scope.name, members, sum(exactly[day - 1 :]), end, over)


SEGMENTS = {"activity": ("active", "silent", "lost"), "lifecycle": ("prospect", "new", "loyal", "familiar"), "tiers": ("gold", "others")}


def segment_rows() -> Iterator[tuple[Any, ...]]:
    for scope in scopes():
        if not scope.listed:
            continue
        for grain in ("week", "month"):
            for number, start in enumerate(period_starts(grain)):
                end = period_end(grain, start)
                if end > LAST_DAY - timedelta(days=2):
                    continue
                present = round(scope.size * (0.75 + number / 100))
                for name, segments in SEGMENTS.items():
                    left = present
                    for position, segment in enumerate(segments, start=1):
                        members = left if position == len(segments) else round(left * (0.3 + 0.3 * noise(number, position, scope.seed)))
                        left -= members
                        key = (name, grain, start, segment, scope.kind, scope.name)
                        yield (*key, end, position, members, present, members / present)


def lifetime_rows() -> Iterator[tuple[Any, ...]]:
    """The items of `content_rows`, and one that is only reported by day."""
    for number in range(len(TITLES)):
        published = FIRST_DAY + timedelta(days=9 * number + 5)
        reads = 9_000 * (1 + number % 3) + 17 * number
        totals = (reads * 6, reads, None, None, None, reads // 14, reads // 60, reads // 80, None, reads // 30, None, reads // 150)
        daily = number == len(TITLES) - 1
        yield (
            *(f"xiaohongshu:xhs-01:note{number}", "xiaohongshu", "xhs-01", published, published, LAST_DAY, 60 - number),
            *((None, None, 0, *[None] * 12) if daily else (published, LAST_DAY - timedelta(days=number), 60 - number, *totals)),
            *(0, False, False, None if daily else 0.081, None, 21.5),
        )
