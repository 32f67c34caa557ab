"""Calendar periods as labels of rows: which date a period begins on, which follows, which day ends it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

Grain = Literal["day", "week", "month"]


def period_start(day: date, grain: Grain, week_start: str) -> date:
    """The first day of the period that holds `day`."""
    if grain == "day":
        return day
    if grain == "month":
        return day.replace(day=1)
    return day - timedelta(days=(day.weekday() + (1 if week_start == "sunday" else 0)) % 7)


def add_periods(start: date, grain: Grain, count: int) -> date:
    """The start of the period `count` periods later (negative: earlier) than the one that begins on `start`."""
    if grain == "month":
        months = start.year * 12 + start.month - 1 + count
        return date(months // 12, months % 12 + 1, 1)
    return start + timedelta(days=count * (7 if grain == "week" else 1))


def last_day(start: date, grain: Grain) -> date:
    """The last day of the period that begins on `start`."""
    return add_periods(start, grain, 1) - timedelta(days=1)


def period_starts(first: date, last: date, grain: Grain, week_start: str) -> list[date]:
    """The starts of all periods from the one that holds `first` to the one that holds `last`."""
    starts = [period_start(first, grain, week_start)]
    while add_periods(starts[-1], grain, 1) <= last:
        starts.append(add_periods(starts[-1], grain, 1))
    return starts
