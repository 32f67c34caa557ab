"""Which dates a day, a week, a month has, and what it is held against."""

from __future__ import annotations

from datetime import date

import pytest

from community_metrics.metrics.entries import Text
from community_metrics.reports.periods import Kind, Period, period_of


@pytest.mark.parametrize(
    ("kind", "day", "week_start", "first", "last"),
    [
        ("day", "2026-11-01", "monday", "2026-11-01", "2026-11-01"),
        ("week", "2026-11-01", "monday", "2026-10-26", "2026-11-01"),
        ("week", "2026-11-01", "sunday", "2026-11-01", "2026-11-07"),
        ("week", "2026-10-31", "sunday", "2026-10-25", "2026-10-31"),
        ("month", "2024-02-29", "monday", "2024-02-01", "2024-02-29"),
        ("month", "2026-12-31", "monday", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_day_lies_in_one_period_of_each_kind(kind: Kind, day: str, week_start: str, first: str, last: str) -> None:
    expected = Period(kind, date.fromisoformat(first), date.fromisoformat(last))
    assert period_of(kind, date.fromisoformat(day), week_start) == expected


def test_a_day_is_held_against_the_day_before_and_the_same_weekday() -> None:
    found = period_of("day", date(2026, 11, 2), "monday").comparisons
    assert [(other.reason, other.period.first) for other in found] == [
        ("previous", date(2026, 11, 1)),
        ("same_weekday", date(2026, 10, 26)),
    ]


def test_a_month_is_held_against_the_whole_month_before_it() -> None:
    (found,) = period_of("month", date(2026, 3, 15), "monday").comparisons
    assert found.period == Period("month", date(2026, 2, 1), date(2026, 2, 28))
    assert period_of("week", date(2026, 11, 1), "monday").previous == Period("week", date(2026, 10, 19), date(2026, 10, 25))


def test_names() -> None:
    assert period_of("day", date(2026, 11, 1), "monday").name == Text("2026-11-01 周日", "Sunday 2026-11-01")
    assert period_of("month", date(2026, 11, 1), "monday").name == Text("2026 年 11 月", "2026-11")
