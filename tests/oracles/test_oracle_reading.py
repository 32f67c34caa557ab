"""Answers are read off the marts and compared; the marts here are written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from community_metrics.oracles.active_users import plan_active_users
from community_metrics.oracles.cases import Case, load_cases
from community_metrics.oracles.lifecycle import plan_lifecycle
from community_metrics.oracles.marts import Marts, NoRow
from community_metrics.oracles.retention import plan_retention
from community_metrics.oracles.stickiness import plan_stickiness
from oracles.case_files import person, retention_case, write_cases

SLUG = "case-0001"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as database:
        database.execute("create schema marts")
        yield database


def load(tmp_path: Path, case: dict[str, Any]) -> Case:
    loaded = load_cases(write_cases(tmp_path / "cases", case))[0]
    assert isinstance(loaded, Case)
    return loaded


def daily(connection: duckdb.DuckDBPyConnection, first: date, wau: list[int]) -> None:
    connection.execute(
        "create table marts.mart_activity_daily (business_date date, scope_type text, scope_id text, wau_7 bigint, interactions bigint)"
    )
    for offset, value in enumerate(wau):
        day = first + timedelta(days=offset)
        connection.execute("insert into marts.mart_activity_daily values (?, 'platform', ?, ?, ?)", [day, SLUG, value, 10 * value])


def trend(math: str, date_from: str, date_to: str, interval: str = "day", **expected: Any) -> dict[str, Any]:
    params = {"date_from": date_from, "date_to": date_to, "math": math, "interval": interval, "event": "visit"}
    return {"name": "n", "metric": "trends", "params": params, "persons": [], "events": [], "expected": expected}


def test_a_triangle_is_read_cohort_by_cohort_and_an_empty_cohort_is_zeros(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(
        "create table marts.mart_retention (definition text, period_grain text, cohort_start date, period_index bigint,"
        " scope_type text, scope_id text, retained_members bigint, retained_members_rolling bigint)"
    )
    for scope_type, scope_id, start, values in (
        ("platform", SLUG, "2020-06-01", [2, 1, 1, 1]),
        ("platform", SLUG, "2020-06-02", [2, 0, 1]),
        ("platform", SLUG, "2020-06-04", [1]),
        ("community", f"{SLUG}::ann", "2020-06-01", [1, 1, 0, 1]),
        ("community", f"{SLUG}::ben", "2020-06-01", [1, 0, 1, 0]),
    ):
        for index, value in enumerate(values):
            row = [SLUG, "day", start, index, scope_type, scope_id, value, 9]
            connection.execute("insert into marts.mart_retention values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    expected = {"values": [], "dates": ["2020-06-01T00:00:00+00:00"], "actors_of_row": {"0": {}}}
    answer = plan_retention(load(tmp_path, retention_case(expected=expected))).read(Marts(connection))
    assert answer["values"] == [[2, 1, 1, 1], [2, 0, 1], [0, 0], [1]]
    assert answer["dates"] == ["2020-06-01"]
    assert answer["actors_of_row"] == {"0": {"ann": [0, 1, 3], "ben": [0, 2]}}
    connection.execute("delete from marts.mart_retention where cohort_start = '2020-06-02' and period_index = 1")
    with pytest.raises(NoRow, match=r"cohort 2020-06-02 has no period_index \[1\]"):
        plan_retention(load(tmp_path, retention_case())).read(Marts(connection))


def test_a_cumulative_question_reads_the_rolling_column(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(
        f"create table marts.mart_retention as select '{SLUG}' as definition, 'day' as period_grain, date '2020-06-04' as cohort_start,"
        f" 0 as period_index, 'platform' as scope_type, '{SLUG}' as scope_id, 3 as retained_members, 5 as retained_members_rolling"
    )
    case = retention_case(params={"cumulative": True, "total_intervals": 1})
    assert plan_retention(load(tmp_path, case)).read(Marts(connection))["values"] == [[5]]


def test_a_series_is_zero_before_the_first_row_and_must_not_have_holes(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    daily(connection, date(2020, 6, 3), [1, 2, 2])
    plan = plan_active_users(load(tmp_path, trend("weekly_active", "2020-06-01", "2020-06-05", data=[], first=0, last=2)))
    answer = plan.read(Marts(connection))
    assert answer["data"] == [0, 0, 1, 2, 2]
    assert (answer["first"], answer["last"]) == (0, 2)
    longer = plan_active_users(load(tmp_path, trend("weekly_active", "2020-06-01", "2020-06-06", data=[])))
    with pytest.raises(NoRow, match="has no row for 2020-06-06"):
        longer.read(Marts(connection))


def test_a_trailing_window_by_the_week_ends_on_the_first_day_of_the_week(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    daily(connection, date(2020, 6, 1), list(range(1, 15)))
    plan = plan_active_users(load(tmp_path, trend("weekly_active", "2020-06-03", "2020-06-12", "week", data=[])))
    assert plan.read(Marts(connection))["data"] == [1, 8]


def test_distinct_members_of_a_range_are_read_off_its_window(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(
        f"create table marts.mart_stickiness as select '{SLUG}' as window_grain, date '2020-06-01' as window_start, 1 as active_periods,"
        f" 'platform' as scope_type, '{SLUG}' as scope_id, 4 as members_at_least"
    )
    case = trend("dau", "2020-06-01", "2020-06-03", aggregated_value=4)
    plan = plan_active_users(load(tmp_path, {**case, "params": {**case["params"], "display": "aggregate"}}))
    assert plan.read(Marts(connection))["aggregated_value"] == 4


def test_volumes_of_a_month_stay_inside_the_range_asked_about(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    daily(connection, date(2020, 5, 30), [1, 1, 1, 1])
    plan = plan_active_users(load(tmp_path, trend("total", "2020-05-31", "2020-06-01", "month", data=[])))
    assert plan.read(Marts(connection))["data"] == [10, 10]


def test_one_number_for_a_range_is_the_trailing_window_at_its_end(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    daily(connection, date(2020, 6, 1), [5, 6, 7])
    case = trend("weekly_active", "2020-06-01", "2020-06-03", aggregated_value=7)
    plan = plan_active_users(load(tmp_path, {**case, "params": {**case["params"], "display": "aggregate"}}))
    assert plan.read(Marts(connection))["aggregated_value"] == 7


def test_every_hour_of_the_range_is_answered(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(
        f"create table marts.mart_activity_hourly as select date '2020-06-01' as business_date, 1 as hour, 'platform' as scope_type,"
        f" '{SLUG}' as scope_id, 4 as events, 2 as active_members"
    )
    plan = plan_active_users(
        load(tmp_path, trend("total", "2020-06-01T00:00:00Z", "2020-06-01T02:30:00Z", "hour", at={"2020-06-01T01:00:00": 4}))
    )
    answer = plan.read(Marts(connection))
    assert answer["data"] == [0, 4, 0]
    assert answer["at"] == {"2020-06-01T01:00:00": 4}


def test_dormant_members_are_written_negative(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(
        "create table marts.mart_lifecycle as select * from (values"
        f" ('day', date '2020-06-01', 'platform', '{SLUG}', 2, 0, 1, 0), ('day', date '2020-06-02', 'platform', '{SLUG}', 0, 1, 0, 2),"
        f" ('week', date '2020-06-01', 'platform', '{SLUG}', 7, 7, 7, 7))"
        " as t(period_grain, period_start, scope_type, scope_id, new, retained, resurrected, dormant)"
    )
    params = {"date_from": "2020-06-01", "date_to": "2020-06-02", "interval": "day", "event": "visit"}
    case = {"name": "n", "metric": "lifecycle", "params": params, "persons": [], "events": [], "expected": {"new": []}}
    answer = plan_lifecycle(load(tmp_path, case)).read(Marts(connection))
    assert answer == {
        "days": ["2020-06-01", "2020-06-02"],
        "new": [2, 0],
        "returning": [0, 1],
        "resurrecting": [1, 0],
        "dormant": [0, -2],
    }


def test_a_histogram_is_read_whole_exactly_or_cumulated_and_by_person(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(
        "create table marts.mart_stickiness (window_grain text, window_start date, period_grain text, active_periods bigint,"
        " scope_type text, scope_id text, members bigint, members_at_least bigint)"
    )
    for number, scope_type, scope_id, members, at_least in (
        (1, "platform", SLUG, 2, 5),
        (2, "platform", SLUG, 0, 3),
        (3, "platform", SLUG, 3, 3),
        (1, "community", f"{SLUG}::ann", 1, 1),
        (1, "community", f"{SLUG}::ben", 0, 1),
    ):
        row = [SLUG, "2020-06-01", "day", number, scope_type, scope_id, members, at_least]
        connection.execute("insert into marts.mart_stickiness values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    params = {"date_from": "2020-06-01", "date_to": "2020-06-03", "interval": "day", "event": "visit"}
    expected = {"data_at": {"1": 2, "7": 0}, "people_at": {"1": []}, "people_count": {"exact:1": 2, "gte:2": 3}, "count": 5}
    case = {
        "name": "n",
        "metric": "stickiness",
        "params": params,
        "persons": [person("ann"), person("ben")],
        "events": [],
        "expected": expected,
    }
    answer = plan_stickiness(load(tmp_path, case)).read(Marts(connection))
    assert answer == {
        "data": [2, 0, 3],
        "count": 5,
        "data_at": {"1": 2, "7": 0},
        "people_at": {"1": ["ann"]},
        "people_count": {"exact:1": 2, "gte:2": 3},
    }
    cumulative = {**case, "params": {**params, "computed_as": "cumulative"}}
    assert plan_stickiness(load(tmp_path, cumulative)).read(Marts(connection))["data"] == [5, 3, 3]
