"""Business dates and periods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

GRAINS = ("day", "week", "month")
ONE_DAY = timedelta(days=1)


def business_date(instant: datetime, timezone: str) -> date:
    return instant.astimezone(ZoneInfo(timezone)).date()


def day_bounds(day: date, timezone: str) -> tuple[datetime, datetime]:
    """The first instant of the local day and the first of the next one, UTC."""
    zone = ZoneInfo(timezone)
    return (
        datetime.combine(day, time(), zone).astimezone(UTC),
        datetime.combine(day + ONE_DAY, time(), zone).astimezone(UTC),
    )


def period_start(grain: str, day: date, week_start: int) -> date:
    if grain == "day":
        return day
    if grain == "week":
        return day - timedelta(days=(day.weekday() - week_start) % 7)
    return day.replace(day=1)


def next_period(grain: str, start: date) -> date:
    if grain == "month":
        return date(start.year + start.month // 12, start.month % 12 + 1, 1)
    return start + timedelta(days=1 if grain == "day" else 7)


def last_day(grain: str, start: date) -> date:
    return next_period(grain, start) - ONE_DAY


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += ONE_DAY


def periods(grain: str, first: date, last: date, week_start: int) -> Iterator[date]:
    """The starts of the periods from the one with `first` to the one with `last`."""
    start = period_start(grain, first, week_start)
    while start <= last:
        yield start
        start = next_period(grain, start)
