"""What a platform is about to forget is said while it can still be fetched."""

from __future__ import annotations

from datetime import date

import pytest

from community_metrics.audit.retention_clock import check_retention
from community_metrics.sources.retention import read_deadlines, warning_days

# Complete to 31 May; the platform keeps a day for thirty days, so that 1 June can be fetched up to 1 July.
ROW = ("account_daily", "xhs", date(2026, 5, 31), date(2026, 6, 30))


@pytest.mark.parametrize(("kept", "before"), [(5, 2), (7, 2), (30, 7), (60, 14), (180, 14)])
def test_the_alarm_goes_off_before_the_loss(kept: int, before: int) -> None:
    assert warning_days(kept) == before


@pytest.mark.parametrize(
    ("today", "state", "left"),
    [
        (date(2026, 6, 1), "kept", 30),
        (date(2026, 6, 23), "kept", 8),
        (date(2026, 6, 24), "soon", 7),
        (date(2026, 7, 1), "soon", 0),
        (date(2026, 7, 2), "lost", -1),
    ],
)
def test_a_day_is_kept_then_urgent_then_lost(today: date, state: str, left: int) -> None:
    (deadline,) = read_deadlines([ROW], today)
    assert (deadline.fetch_by, deadline.state, deadline.days_left) == (date(2026, 7, 1), state, left)


def test_an_account_that_ended_long_ago_is_not_said_any_more() -> None:
    assert [deadline.state for deadline in read_deadlines([ROW], date(2026, 8, 5))] == ["lost"]
    assert read_deadlines([ROW], date(2026, 8, 6)) == []


def test_the_check_names_what_to_fetch_and_by_when() -> None:
    chat = ("wecom_stats", "", date(2026, 6, 19), date(2026, 12, 16))
    deadlines = read_deadlines([chat, ROW], date(2026, 6, 25))
    check = check_retention(deadlines)
    assert (check.severity, check.status, check.observed, check.is_refusal) == ("warning", "failed", "1 of 2 accounts", False)
    assert check.unexpected_examples == ("account_daily xhs: fetch 2026-06-01 by 2026-07-01, 6 days left",)
    assert check_retention(read_deadlines([chat], date(2026, 6, 25))).status == "passed"
    (lost,) = check_retention(read_deadlines([chat], date(2026, 12, 18))).unexpected_examples
    assert lost == "wecom_stats : 2026-06-20 and later can no longer be fetched since 2026-12-17".replace(" :", ":")
