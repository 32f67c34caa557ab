"""Which days one run asks for: the business date and those that the platform restates, within its spans and its history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
"""The platforms' own days, whatever the project's zone is."""


@dataclass(frozen=True)
class Window:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(self.days))


def restated(business_date: date, days: int) -> Window:
    """The business date and the days before it that are pulled again, `days` in all."""
    return Window(business_date - timedelta(days=days - 1), business_date)


def within_history(window: Window, today: date, history_days: int | None = None, begins: date | None = None) -> Window | None:
    """The part of the window that the platform still has; None if that is nothing."""
    first = window.first
    if history_days is not None:
        first = max(first, today - timedelta(days=history_days))
    if begins is not None:
        first = max(first, begins)
    return Window(first, window.last) if first <= window.last else None


def spans(window: Window, max_days: int) -> list[Window]:
    """The window in pieces of at most `max_days`."""
    pieces = []
    first = window.first
    while first <= window.last:
        last = min(first + timedelta(days=max_days - 1), window.last)
        pieces.append(Window(first, last))
        first = last + timedelta(days=1)
    return pieces


def unix_midnight(day: date) -> int:
    """The day's beginning in China, in Unix seconds, as WeCom wants and gives it."""
    return int(datetime.combine(day, time(0), CHINA).timestamp())


def day_of_unix(seconds: int) -> date:
    """The day in China of an instant in Unix seconds."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(CHINA).date()
