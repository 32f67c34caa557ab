"""Completeness, not the clock, says which periods there is a report of."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from community_metrics.reports.completeness import newsworthy, whole_days, whole_periods
from community_metrics.reports.periods import KINDS


def days(first: str, count: int) -> list[date]:
    return [date.fromisoformat(first) + timedelta(days=number) for number in range(count)]


@pytest.mark.parametrize(
    ("rows", "whole"),
    [
        # Everything that is owed has come; what is not owed does not count.
        (["'events', '2026-10-05', true, true", "'bills', '2026-10-05', false, false"], ["2026-10-05"]),
        (["'events', '2026-10-05', true, true", "'orders', '2026-10-05', true, false"], []),
        # Bills reach further than the sources that come daily: nobody can know that day yet.
        (["'events', '2026-10-05', true, true", "'bills', '2026-10-06', false, true"], ["2026-10-05"]),
        # Nothing comes daily: a day is whole when something is complete on it.
        (["'bills', '2026-10-05', false, true", "'bills', '2026-10-06', false, false"], ["2026-10-05"]),
    ],
)
def test_whole_days(rows: list[str], whole: list[str]) -> None:
    with duckdb.connect() as connection:
        assert whole_days(connection) == []
        connection.execute("create schema marts")
        connection.execute("create table marts.mart_data_status (source varchar, business_date date, expected boolean, complete boolean)")
        connection.execute(f"insert into marts.mart_data_status values {', '.join(f'({row})' for row in rows)}")
        assert [str(found) for found in whole_days(connection)] == whole


def test_a_period_is_whole_with_its_last_day() -> None:
    october = days("2026-10-01", 31)
    assert [str(found.first) for found in whole_periods(october, "month", "monday")] == ["2026-10-01"]
    assert whole_periods(october[1:], "month", "monday") == []
    assert [str(found.first) for found in whole_periods(october, "week", "monday")] == ["2026-10-05", "2026-10-12", "2026-10-19"]
    assert [str(found.first) for found in whole_periods(october, "week", "sunday")][-1] == "2026-10-25"


def test_what_is_long_over_is_no_news() -> None:
    known = days("2026-08-01", 92)  # up to October 31, a Saturday
    found = newsworthy(known, KINDS, "monday")
    first = {kind: next(str(period.first) for period in found if period.kind == kind) for kind in KINDS}
    # 14 days, 35 days and 62 days before October 31.
    assert first == {"day": "2026-10-17", "week": "2026-09-21", "month": "2026-08-01"}
    assert [period.kind for period in newsworthy(known, ["week"], "monday")] == ["week"] * 5
    assert newsworthy([], KINDS, "monday") == []
