"""The marts gate's verdict on a candidate, and what it leaves behind."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from community_metrics.audit.gates import audit_marts, check_candidate
from community_metrics.audit.results import CheckResult, last_audit
from community_metrics.errors import CommunityMetricsError, SettingsError
from community_metrics.settings import Settings
from support.marts_fixture import FIRST, THIRD, build_candidate


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path)
    build_candidate(settings.warehouse_path)
    return settings


def change(settings: Settings, *statements: str) -> None:
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("set search_path = 'marts'")
        for statement in statements:
            connection.execute(statement)


def add_own_checks(settings: Settings, content: str, name: str = "mart_growth_daily.yml") -> None:
    folder = settings.home / "expectations" / "marts"
    folder.mkdir(parents=True)
    (folder / name).write_text(content, encoding="utf-8")


OWN_SUITE = """
meaning: Ours
meaning_zh: 自定
checks:
  - name: growth_has_a_floor
    severity: {severity}
    meaning: Somebody joins every day
    meaning_zh: 每天有人加入
    unexpected_rows: |
      -- With a comment, a join, a colon in a literal and a brace of its own.
      with days as (select business_date, joins, 'at 10:noon' as label from {{batch}} where scope_id = 'wechat')
      select days.business_date, days.joins, days.label
      from days inner join {{batch}} as this on days.business_date = this.business_date and regexp_matches(this.scope_id, '^a[l]{{2}}$')
      where days.joins = 0
"""


def result_of(results: tuple[CheckResult, ...], name: str) -> CheckResult:
    return next(result for result in results if f"{result.suite}.{result.check}" == name)


def test_a_right_candidate_passes_quietly(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    report = audit_marts(settings, "f1")
    assert (report.status, report.refused_reasons, report.warnings) == ("passed", (), ())
    assert capfd.readouterr() == ("", "")


def test_a_failed_critical_check_refuses_and_says_what_where_and_how(settings: Settings) -> None:
    change(settings, f"update mart_growth_daily set joins = 0 where scope_type = 'all' and business_date = '{THIRD}'")
    report = audit_marts(settings, "f1")
    assert report.status == "refused"
    assert report.refused_reasons == (
        "Persons who come or go are no more than the spells that begin or end: failed (critical) - "
        "marts/mart_growth_daily.persons_within_spells - 1 rows, expected 0 rows: business_date=2026-10-12, scope_type=all, scope_id=all, "
        "joins=0, new_members=1, rejoined_members=0, leaves=1, censored_leaves=0, left_members=1",
    )


def test_a_failed_warning_is_published_with_the_data(settings: Settings) -> None:
    change(settings, "update mart_content_daily set reported_finish_rate = 45")
    report = audit_marts(settings, "f1")
    assert report.status == "passed"
    assert len(report.warnings) == 1
    check = result_of(report.checks, "mart_content_daily.shares_are_fractions_warning")
    assert (check.status, check.observed, check.expected) == ("failed", "2 rows", "0 rows")
    assert all("reported_finish_rate=45.0" in example for example in check.unexpected_examples)


def test_marts_whose_sources_never_landed_are_not_judged(settings: Settings) -> None:
    change(
        settings,
        "delete from mart_account_daily",
        "delete from mart_data_status where source = 'account_daily'",
        "delete from control.observed where source = 'account_daily'",
    )
    report = audit_marts(settings, "f1")
    assert report.status == "passed"
    statuses = {check.status for check in report.checks if check.suite == "mart_account_daily"}
    assert statuses == {"not_applicable"}
    assert result_of(report.checks, "mart_account_daily.net_is_gained_less_lost").observed == "no rows of account_daily have landed"


def test_a_missing_mart_refuses(settings: Settings) -> None:
    change(settings, "drop table mart_retention")
    report = audit_marts(settings, "f1")
    assert report.status == "refused"
    assert {check.status for check in report.checks if check.suite == "mart_retention"} == {"broken"}


def test_what_a_platform_is_about_to_forget_is_said_before_it_is_lost(settings: Settings) -> None:
    """The account is complete to 11 October, and its platform keeps a day for thirty days: the 12th can be had up to 11 November."""
    change(settings, "update mart_data_status set available_until = business_date + 30 where source = 'account_daily'")
    clock = {
        today: result_of(check_candidate(settings, [], today=date(2026, 11, today)), "retention_clock.nothing_is_about_to_be_lost")
        for today in (3, 4, 12)
    }
    assert [(check.status, check.severity) for check in clock.values()] == [("passed", "warning"), *[("failed", "warning")] * 2]
    assert clock[4].unexpected_examples == ("account_daily a1: fetch 2026-10-12 by 2026-11-11, 7 days left",)
    assert clock[12].unexpected_examples == ("account_daily a1: 2026-10-12 and later can no longer be fetched since 2026-11-11",)


def test_a_clock_that_cannot_be_read_refuses(settings: Settings) -> None:
    change(settings, "alter table mart_data_status drop column available_until")
    assert audit_marts(settings, "f1").status == "refused"


def test_a_check_that_cannot_be_evaluated_refuses_whatever_its_severity(settings: Settings) -> None:
    change(settings, "alter table mart_account_daily drop column followers")
    report = audit_marts(settings, "f1")
    check = result_of(report.checks, "mart_account_daily.followers_follow_from_net")
    assert (check.severity, check.status) == ("info", "broken")
    assert 'Referenced column "followers" not found' in str(check.observed)
    assert report.status == "refused"


SQL_OF_OURS = """
meaning: Ours
meaning_zh: 自定
checks:
  - {{name: ours, severity: info, meaning: Ours, meaning_zh: 自定, unexpected_rows: "{sql}"}}
"""


def test_a_check_that_finds_what_cannot_be_shown_is_broken_and_not_the_audit(settings: Settings) -> None:
    add_own_checks(settings, SQL_OF_OURS.format(sql="select cast('at ' || scope_id as integer) as place from {batch}"))
    check = result_of(audit_marts(settings, "f1").checks, "home/mart_growth_daily.ours")
    assert (check.status, check.unexpected_examples) == ("broken", ())
    assert "Could not convert string 'at " in str(check.observed)


def test_a_check_that_passes_is_asked_once(settings: Settings) -> None:
    add_own_checks(settings, SQL_OF_OURS.format(sql="select scope_id from {batch} where scope_id = 'of nobody'"))
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        report = audit_marts(settings, "f1")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert result_of(report.checks, "home/mart_growth_daily.ours").status == "passed"
    assert sum("of nobody" in statement for statement in asked) == 1


@pytest.mark.parametrize(("severity", "status"), [("critical", "refused"), ("warning", "passed"), ("info", "passed")])
def test_checks_in_the_home_count_as_the_projects_own(settings: Settings, severity: str, status: str) -> None:
    add_own_checks(settings, OWN_SUITE.format(severity=severity))
    report = audit_marts(settings, "f1")
    assert report.status == status
    check = result_of(report.checks, "home/mart_growth_daily.growth_has_a_floor")
    assert check.status == "failed"
    assert check.unexpected_examples == ("business_date=2026-10-12, joins=0, label=at 10:noon",)


def test_a_misspelt_expectation_refuses_with_its_name(settings: Settings) -> None:
    add_own_checks(
        settings,
        """
meaning: Ours
meaning_zh: 自定
checks:
  - {name: ours, severity: info, meaning: Ours, meaning_zh: 自定, expectation: expect_nothing_special, kwargs: {}}
""",
    )
    report = audit_marts(settings, "f1")
    assert report.status == "refused"
    assert "expect_nothing_special" in report.refused_reasons[0]


def test_shared_sql_that_fails_is_named(settings: Settings) -> None:
    add_own_checks(settings, "create macro broken as table select", "shared.sql")
    with pytest.raises(SettingsError, match=r"shared\.sql"):
        audit_marts(settings, "f1")


def test_results_and_examples_never_show_a_member(settings: Settings) -> None:
    add_own_checks(
        settings,
        """
meaning: Ours
meaning_zh: 自定
checks:
  - {name: by_sql, severity: info, meaning: Ours, meaning_zh: 自定, unexpected_rows: "select member_key, region from {batch}"}
  - name: by_expectation
    severity: info
    meaning: Ours
    meaning_zh: 自定
    expectation: expect_column_values_to_be_null
    kwargs: {column: member_key}
""",
        "dim_member.yml",
    )
    report = audit_marts(settings, "f1")
    assert result_of(report.checks, "home/dim_member.by_sql").unexpected_examples == ("region=None",) * 3
    assert result_of(report.checks, "home/dim_member.by_expectation").unexpected_examples == ()
    kept = "".join(path.read_text(encoding="utf-8") for path in (settings.warehouse / "gx" / "marts").glob("*.json"))
    assert '"ana"' not in kept


def test_the_candidate_is_released_and_can_be_judged_again_in_the_same_process(settings: Settings) -> None:
    """Every `change` opens the file for writing, which fails while anything holds it."""
    third_day = f"where scope_type = 'all' and business_date = '{THIRD}'"
    assert audit_marts(settings, "f1").status == "passed"
    change(settings, f"update mart_growth_daily set joins = 0 {third_day}")
    assert audit_marts(settings, "f2").status == "refused"
    change(settings, f"update mart_growth_daily set joins = 1 {third_day}")
    assert audit_marts(settings, "f3").status == "passed"


def test_results_are_kept_run_after_run(settings: Settings) -> None:
    first = audit_marts(settings, "f1")
    change(settings, f"delete from mart_activity_hourly where business_date = '{FIRST}'")
    audit_marts(settings, "f1")
    kept = last_audit(settings, "f1")
    assert kept is not None
    assert kept.status == "refused"
    assert {check.check for check in kept.checks if check.is_refusal} == {"hours_add_up"}
    assert last_audit(settings, "never audited") is None
    with duckdb.connect(str(settings.ops_path), read_only=True) as connection:
        assert connection.execute("select count(*), count(distinct run_at) from ops.check_results").fetchone() == (2 * len(first.checks), 2)


def test_without_a_candidate_there_is_nothing_to_judge(tmp_path: Path) -> None:
    with pytest.raises(CommunityMetricsError, match="no candidate"):
        audit_marts(Settings(home=tmp_path), "f1")
