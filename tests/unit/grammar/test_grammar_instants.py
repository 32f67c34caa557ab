"""Every form in which exports write dates and instants, by literal expectation."""

from __future__ import annotations

import pyarrow as pa
import pytest

from community_metrics.sources.grammar import ColumnType, normalise

SHANGHAI = ColumnType("instant", zone="Asia/Shanghai")
UNIX_SECONDS = ColumnType("instant", unit="unix_seconds")


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (SHANGHAI, "2026-06-01T10:20:30+08:00", "2026-06-01T02:20:30.000000Z"),
        (SHANGHAI, "2026-06-01T10:20:30+0800", "2026-06-01T02:20:30.000000Z"),
        (SHANGHAI, "2026-06-01T10:20:30Z", "2026-06-01T10:20:30.000000Z"),
        (SHANGHAI, "2026-06-01T10:20:30.5Z", "2026-06-01T10:20:30.500000Z"),
        (SHANGHAI, "2026-06-01T10:20:30.123456789Z", "2026-06-01T10:20:30.123456Z"),
        (SHANGHAI, "2026-06-01 10:20:30 UTC", "2026-06-01T10:20:30.000000Z"),
        (SHANGHAI, "2026-06-01 10:20:30", "2026-06-01T02:20:30.000000Z"),
        (SHANGHAI, "2026-06-01", "2026-05-31T16:00:00.000000Z"),
        (SHANGHAI, "2026/6/1 9:05", "2026-06-01T01:05:00.000000Z"),
        (SHANGHAI, "2026/6/1 9:05:07", "2026-06-01T01:05:07.000000Z"),
        (SHANGHAI, "2026年03月24日17时33分05秒", "2026-03-24T09:33:05.000000Z"),
        (SHANGHAI, "2026年06月03日 16:41:25", "2026-06-03T08:41:25.000000Z"),
        (SHANGHAI, "2026年6月3日", "2026-06-02T16:00:00.000000Z"),
        (SHANGHAI, "2026-06-01 16：33：45", "2026-06-01T08:33:45.000000Z"),
        (SHANGHAI, "`2026-06-01 16:33:45", "2026-06-01T08:33:45.000000Z"),
        (SHANGHAI, "20260601", "2026-05-31T16:00:00.000000Z"),
        (SHANGHAI, "20260601163345", "2026-06-01T08:33:45.000000Z"),
        (SHANGHAI, "Tue, 11 Jul 2026 12:00:00 +0800", "2026-07-11T04:00:00.000000Z"),
        (SHANGHAI, "Tue Jul 11 12:00:00 +0800 2026", "2026-07-11T04:00:00.000000Z"),
        (SHANGHAI, "2028-02-29 08:00:00", "2028-02-29T00:00:00.000000Z"),
        (SHANGHAI, "2100-12-31T00:00:00Z", "2100-12-31T00:00:00.000000Z"),
        (UNIX_SECONDS, "1458208082.000002", "2016-03-17T09:48:02.000002Z"),
        (UNIX_SECONDS, "1458208082", "2016-03-17T09:48:02.000000Z"),
        (ColumnType("instant", unit="unix_milliseconds"), "1458208082123", "2016-03-17T09:48:02.123000Z"),
        (ColumnType("instant", zone="UTC", formats=("%d.%m.%Y %H:%M",)), "01.06.2026 10:20", "2026-06-01T10:20:00.000000Z"),
        # Clocks set back: of two 01:30 the first (EDT). Clocks set forward: 02:30 does not exist, and is 03:30 EDT.
        (ColumnType("instant", zone="America/New_York"), "2026-11-01 01:30:00", "2026-11-01T05:30:00.000000Z"),
        (ColumnType("instant", zone="America/New_York"), "2026-03-08 02:30:00", "2026-03-08T07:30:00.000000Z"),
    ],
)
def test_an_instant_becomes_utc(column: ColumnType, text: str, value: str) -> None:
    outcome = normalise(pa.array([text]), column)
    assert (outcome.values.to_pylist(), outcome.reasons.to_pylist()) == ([value], [None])


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        (SHANGHAI, "2026-02-29 00:00:00", "not_a_date"),
        (SHANGHAI, "2026-13-01", "not_a_date"),
        (SHANGHAI, "2026-06-01T24:00:00", "not_a_date"),
        (SHANGHAI, "2026-06-01T10:00:60", "not_a_date"),
        (SHANGHAI, "2026-06-01T10:00:00+08:75", "not_a_date"),
        (SHANGHAI, "2026-06/01", "not_a_date"),
        (SHANGHAI, "01/06/2026", "not_a_date"),
        (SHANGHAI, "06-01", "not_a_date"),
        (SHANGHAI, "刚刚", "not_a_date"),
        (SHANGHAI, "1780243200", "not_a_date"),
        (SHANGHAI, "46174.127", "not_a_date"),
        (SHANGHAI, "1999-12-31 23:59:59", "implausible_date"),
        (SHANGHAI, "2000-01-01 00:00:00", "implausible_date"),  # 1999 in UTC
        (SHANGHAI, "2101-01-02 00:00:00", "implausible_date"),
        (SHANGHAI, "0001-01-01 00:00:00", "implausible_date"),
        (SHANGHAI, "9999-12-31 23:59:59", "implausible_date"),
        (UNIX_SECONDS, "0", "implausible_date"),
        (UNIX_SECONDS, "1458208082000", "implausible_date"),
        (UNIX_SECONDS, "2026-06-01", "not_a_date"),
        (UNIX_SECONDS, "-5", "not_a_date"),
    ],
)
def test_what_is_no_plausible_instant_has_a_reason(column: ColumnType, text: str, reason: str) -> None:
    outcome = normalise(pa.array([text]), column)
    assert (outcome.values.to_pylist(), outcome.reasons.to_pylist()) == ([None], [reason])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-06-25", "2026-06-25"),
        ("2026/06/25", "2026-06-25"),
        ("2026.6.5", "2026-06-05"),
        ("20260625", "2026-06-25"),
        ("2026年6月25日", "2026-06-25"),
        ("2026-06-25 00:00:00", "2026-06-25"),
        ("2026-06-25T20:00:00Z", "2026-06-26"),
    ],
)
def test_a_date_is_the_calendar_day_of_its_zone(text: str, value: str) -> None:
    assert normalise(pa.array([text]), ColumnType("date", zone="Asia/Shanghai")).values.to_pylist() == [value]


def test_the_date_of_unix_time_is_that_of_its_zone() -> None:
    """16:00 UTC is midnight in China: read in UTC every day of WeCom's statistics would be the day before."""
    seconds = ColumnType("date", unit="unix_seconds", zone="Asia/Shanghai")
    outcome = normalise(pa.array(["1600272000", "1600358399", "2020-09-17"]), seconds)
    assert outcome.values.to_pylist() == ["2020-09-17", "2020-09-17", None]
    assert outcome.reasons.to_pylist() == [None, None, "not_a_date"]


def test_a_placeholder_date_is_implausible() -> None:
    outcome = normalise(pa.array(["9999-12-31", "1970-01-01"]), ColumnType("date"))
    assert outcome.reasons.to_pylist() == ["implausible_date", "implausible_date"]
