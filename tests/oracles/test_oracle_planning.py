"""How a peer's case becomes input files and definition rows, and which are refused with what reason."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from community_metrics.errors import SettingsError, UsageError
from community_metrics.oracles.active_users import plan_active_users
from community_metrics.oracles.cases import Case, NotSupported, UnreadableCase, load_cases
from community_metrics.oracles.exports import write_definitions, write_exports
from community_metrics.oracles.lifecycle import plan_lifecycle
from community_metrics.oracles.periods import add_periods, period_start, period_starts
from community_metrics.oracles.plans import Plan
from community_metrics.oracles.retention import plan_retention
from community_metrics.oracles.stickiness import plan_stickiness
from oracles.case_files import event, person, retention_case, write_cases

DEFINITIONS = {
    "event_types.csv": "event_type,is_activity,is_message,name_en,name_zh\nmessage,true,true,Message,消息\n",
    "stickiness_definitions.csv": (
        "definition,event,window_kind,first_date,last_date,period_grain,minimum_occurrences,maximum_occurrences\n"
    ),
    "retention_definitions.csv": (
        "definition,entry_event,return_event,cohort_mode,minimum_occurrences,horizon_days,horizon_weeks,horizon_months\n"
    ),
}


def load(tmp_path: Path, case: dict[str, Any]) -> Case:
    loaded = load_cases(write_cases(tmp_path / "cases", case))[0]
    assert isinstance(loaded, Case)
    return loaded


def exported(plan: Plan, tmp_path: Path, source: str) -> list[dict[str, str]]:
    write_exports([plan], tmp_path / "inbox")
    return [
        json.loads(line)
        for path in sorted((tmp_path / "inbox" / source).rglob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def test_a_question_about_a_property_gets_an_event_type_of_its_own(tmp_path: Path) -> None:
    plan = plan_retention(load(tmp_path, retention_case(params={"returning_filter": {"plan": "paid"}})))
    rows = [(row["member_id"], row["event_type"]) for row in exported(plan, tmp_path, "events")]
    assert rows[:3] == [("ann", "case-0001/entry"), ("ann", "case-0001/return"), ("ann", "case-0001/entry")]
    write_definitions([plan], DEFINITIONS, tmp_path / "definitions")
    retention = (tmp_path / "definitions" / "retention_definitions.csv").read_text(encoding="utf-8").splitlines()[1]
    assert retention == "case-0001,case-0001/entry,case-0001/return,recurring,1,90,52,24"
    event_types = (tmp_path / "definitions" / "event_types.csv").read_text(encoding="utf-8").splitlines()
    assert event_types[1:] == [
        "message,true,true,Message,消息",
        "case-0001/entry,true,false,case-0001/entry,case-0001/entry",
        "case-0001/return,true,false,case-0001/return,case-0001/return",
        "case-0001/other,false,false,case-0001/other,case-0001/other",
    ]


def test_an_event_without_a_role_is_landed_as_no_activity(tmp_path: Path) -> None:
    events = [event("ann", "2020-06-01T09:00:00Z"), event("ann", "2020-06-01T10:00:00Z", name="sign up")]
    plan = plan_retention(load(tmp_path, retention_case(events=events)))
    assert [row["event_type"] for row in exported(plan, tmp_path, "events")] == ["case-0001/entry", "case-0001/other"]


def test_who_is_left_out_and_who_has_no_record_is_landed_as_test(tmp_path: Path) -> None:
    plan = plan_retention(load(tmp_path, retention_case(params={"exclude_person_email_contains": "@test."})))
    assert {row["member_id"]: row["actor_type"] for row in exported(plan, tmp_path, "events")} == {
        "ann": "member",
        "ben-phone": "member",
        "ben-desk": "member",
        "cat": "test",
        "ghost": "test",
    }


def test_ids_of_one_person_are_linked_and_share_a_community(tmp_path: Path) -> None:
    plan = plan_retention(load(tmp_path, retention_case()))
    events = exported(plan, tmp_path, "events")
    assert {row["community_id"] for row in events if row["member_id"].startswith("ben")} == {"ben"}
    assert {(row["member_id"], row["person_id"]) for row in exported(plan, tmp_path, "identity_links")} == {
        ("ben-phone", "case-0001/ben"),
        ("ben-desk", "case-0001/ben"),
    }


def test_the_export_is_taken_on_the_day_after_the_last_period_and_knows_nothing_later(tmp_path: Path) -> None:
    late = event("ann", "2020-06-08T00:30:00Z")
    case = retention_case(params={"period": "Week", "date_to": "2020-06-04T06:00:00Z"})
    plan = plan_retention(load(tmp_path, {**case, "events": [*case["events"], late]}))
    assert plan.last_date == date(2020, 6, 7)
    rows = exported(plan, tmp_path, "events")
    assert max(row["occurred_at"] for row in rows) == "2020-06-04T23:30:00+00:00"
    assert [path.name for path in (tmp_path / "inbox" / "events" / "_").iterdir()] == ["dt=2020-06-08"]


def test_the_day_of_the_creation_of_a_record_is_landed_for_each_of_its_ids(tmp_path: Path) -> None:
    case = {
        "name": "lifecycle",
        "metric": "lifecycle",
        "params": {"date_from": "2020-06-01", "date_to": "2020-06-02", "interval": "day", "event": "visit"},
        "persons": [person("ann", "a", "b", created_at="2020-06-01T08:00:00Z"), person("ben")],
        "events": [event("a", "2020-06-01T09:00:00Z", person="ann")],
        "expected": {"new": [1, 0]},
    }
    rows = exported(plan_lifecycle(load(tmp_path, case)), tmp_path, "members")
    assert [(row["member_id"], row["created_at"]) for row in rows] == [
        ("a", "2020-06-01T08:00:00+00:00"),
        ("b", "2020-06-01T08:00:00+00:00"),
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"params": {"breakdown": {"type": "event", "property": "browser"}}}, "breakdown by an arbitrary property"),
        ({"params": {"actor": "prop:$group_0"}}, "groups as actors"),
        ({"params": {"period": "Hour"}}, "hourly periods"),
        ({"params": {"retention_type": "retention_first_ever"}}, "cohorts by `Day` of kind `retention_first_ever`"),
        ({"params": {"sampling": 0.1}}, "the question's `sampling`"),
        ({"expected": {"values_by_breakdown": {}}}, "an answer in the form `values_by_breakdown`"),
    ],
)
def test_what_is_outside_the_product_is_refused_with_its_reason(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotSupported, match=reason):
        plan_retention(load(tmp_path, retention_case(**changes)))


@pytest.mark.parametrize(
    ("math", "interval", "display", "reason"),
    [
        ("weekly_active", "hour", None, "trailing windows by the hour"),
        ("median", "day", "aggregate", "`math` 'median'"),
        ("median", "day", None, "`math` 'median'"),
    ],
)
def test_an_active_user_question_without_a_mart_is_refused(
    tmp_path: Path, math: str, interval: str, display: str | None, reason: str
) -> None:
    params = {"date_from": "2020-06-01", "date_to": "2020-06-07", "math": math, "interval": interval, "event": "visit", "display": display}
    case = {"name": "n", "metric": "trends", "params": params, "persons": [], "events": [], "expected": {"data": []}}
    with pytest.raises(NotSupported, match=reason):
        plan_active_users(load(tmp_path, case))


def test_distinct_members_of_a_range_are_those_active_on_a_day_of_a_declared_window(tmp_path: Path) -> None:
    params = {
        "date_from": "2020-06-01",
        "date_to": "2020-06-07",
        "math": "dau",
        "interval": "day",
        "event": "visit",
        "display": "aggregate",
    }
    case = {"name": "n", "metric": "trends", "params": params, "persons": [], "events": [], "expected": {"aggregated_value": 0}}
    write_definitions([plan_active_users(load(tmp_path, case))], DEFINITIONS, tmp_path / "definitions")
    windows = (tmp_path / "definitions" / "stickiness_definitions.csv").read_text(encoding="utf-8").splitlines()
    assert windows[1:] == ["case-0001,case-0001/counted,range,2020-06-01,2020-06-07,day,1,"]


def test_the_first_event_ever_is_the_first_entry_unless_a_property_is_asked_for(tmp_path: Path) -> None:
    ever = {"retention_type": "retention_first_ever_occurrence"}
    (row,) = plan_retention(load(tmp_path, retention_case(params=ever))).definitions["retention_definitions.csv"]
    assert row["cohort_mode"] == "first_time"
    with pytest.raises(NotSupported, match="the first event of its name ever and has a property"):
        plan_retention(load(tmp_path, retention_case(params={**ever, "target_filter": {"plan": "paid"}})))


def stickiness_case(**params: Any) -> dict[str, Any]:
    asked = {"date_from": "2020-06-03", "date_to": "2020-06-11", "interval": "day", "event": "visit", "week_start": "monday", **params}
    return {"name": "n", "metric": "stickiness", "params": asked, "persons": [], "events": [], "expected": {"data": []}}


@pytest.mark.parametrize(
    ("params", "row"),
    [
        ({}, "case-0001,case-0001/counted,range,2020-06-03,2020-06-11,day,1,"),
        # The first week is a whole one, the last one ends where the question does.
        ({"interval": "week"}, "case-0001,case-0001/counted,range,2020-06-01,2020-06-11,week,1,"),
        ({"interval": "month"}, "case-0001,case-0001/counted,range,2020-06-01,2020-06-11,month,1,"),
        ({"criteria": {"operator": "gte", "value": 2}}, "case-0001,case-0001/counted,range,2020-06-03,2020-06-11,day,2,"),
        ({"criteria": {"operator": "lte", "value": 3}}, "case-0001,case-0001/counted,range,2020-06-03,2020-06-11,day,1,3"),
        ({"criteria": {"operator": "exact", "value": 2}}, "case-0001,case-0001/counted,range,2020-06-03,2020-06-11,day,2,2"),
    ],
)
def test_a_range_of_dates_is_a_declared_window(tmp_path: Path, params: dict[str, Any], row: str) -> None:
    plan = plan_stickiness(load(tmp_path, stickiness_case(**params)))
    write_definitions([plan], DEFINITIONS, tmp_path / "definitions")
    assert (tmp_path / "definitions" / "stickiness_definitions.csv").read_text(encoding="utf-8").splitlines()[1:] == [row]


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"interval": "hour"}, "hourly periods"),
        ({"interval_count": 2}, "periods of several days"),
        ({"breakdown": "browser"}, "breakdown by an arbitrary property"),
        ({"criteria": {"operator": "lte", "value": 0}}, "a period without the event"),
    ],
)
def test_a_stickiness_question_outside_the_product_is_refused(tmp_path: Path, params: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotSupported, match=reason):
        plan_stickiness(load(tmp_path, stickiness_case(**params)))


def test_several_names_are_one_role(tmp_path: Path) -> None:
    events = [
        event("ann", "2020-06-01T09:00:00Z"),
        event("ann", "2020-06-01T10:00:00Z", name="sign up"),
        event("ann", "2020-06-01T11:00:00Z", name="x"),
    ]
    plan = plan_retention(load(tmp_path, retention_case(params={"target_event": ["visit", "sign up"]}, events=events)))
    assert [row["event_type"] for row in exported(plan, tmp_path, "events")] == [
        "case-0001/entry", "case-0001/return", "case-0001/entry", "case-0001/other",
    ]  # fmt: skip


def test_weeks_begin_as_the_case_says() -> None:
    assert period_start(date(2020, 6, 10), "week", "sunday") == date(2020, 6, 7)
    assert period_start(date(2020, 6, 10), "week", "monday") == date(2020, 6, 8)
    assert period_start(date(2020, 6, 7), "week", "monday") == date(2020, 6, 1)
    assert add_periods(date(2020, 11, 1), "month", 3) == date(2021, 2, 1)
    assert period_starts(date(2020, 1, 31), date(2020, 3, 1), "month", "monday") == [date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1)]


def test_an_entry_that_is_no_case_does_not_stop_the_others(tmp_path: Path) -> None:
    cases = load_cases(write_cases(tmp_path, {"name": "broken"}, retention_case()))
    assert isinstance(cases[0], UnreadableCase)
    assert isinstance(cases[1], Case)
    assert cases[1].slug == "case-0002"


def test_a_folder_without_cases_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no case files"):
        load_cases(tmp_path)
    (tmp_path / "x.json").write_text("[1")
    with pytest.raises(UsageError, match="not a file of cases"):
        load_cases(tmp_path)


def test_a_definition_file_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    plan = plan_retention(load(tmp_path, retention_case()))
    with pytest.raises(SettingsError, match=r"has no column is_message.*event_types\.csv"):
        write_definitions([plan], {**DEFINITIONS, "event_types.csv": "event_type,is_activity,name_en,name_zh\n"}, tmp_path / "definitions")
