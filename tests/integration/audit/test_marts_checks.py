"""Every check of the marts gate sees what it is there for: the data is broken in one way, and exactly that check fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from community_metrics.audit.gates import check_candidate
from community_metrics.audit.results import CheckResult
from community_metrics.audit.suites import Suite, load_suites
from community_metrics.settings import Settings
from support.marts_fixture import FIRST, SECOND, THIRD, build_candidate

WHOLE = "scope_type = 'all'"
WECHAT = "scope_id = 'wechat'"
QQ = "scope_id = 'qq'"
FIRST_COHORT = f"period_grain = 'day' and cohort_start = '{FIRST}'"
RUNNING_WEEK = "period_grain = 'week' and cohort_start = '2026-10-05' and period_index = 1"

# suite.check -> the SQL statements that break exactly what it checks.
MUTATIONS: dict[str, tuple[str, ...]] = {
    "mart_growth_daily.members_balance": (f"update mart_growth_daily set members_at_end = 3 where {WHOLE} and business_date = '{SECOND}'",),
    "mart_growth_daily.persons_within_spells": (f"update mart_growth_daily set joins = 0 where {WHOLE} and business_date = '{THIRD}'",),
    "mart_growth_daily.counts_are_not_negative": (
        f"update mart_growth_daily set new_members = -1, left_members = -1 where {WECHAT} and business_date = '{THIRD}'",
        f"update mart_growth_daily set members_at_end = 2 where {WECHAT} and business_date = '{THIRD}'",
    ),
    "mart_growth_daily.members_within_platforms": (
        f"delete from mart_growth_daily where {QQ}",
        f"update mart_growth_daily set members_at_end = members_at_end + 1, new_members = new_members + 1, joins = 2 where {WECHAT} and business_date = '{FIRST}'",
        f"update mart_growth_daily set members_at_end = members_at_end + 1 where {WECHAT} and business_date > '{FIRST}'",
    ),
    "mart_growth_daily.no_day_is_missing": (f"delete from mart_growth_daily where {QQ} and business_date = '{SECOND}'",),
    "mart_growth_daily.reaches_the_known_date": (f"delete from mart_growth_daily where business_date = '{THIRD}'",),
    "mart_growth_daily.joined_members_are_counted": (f"delete from mart_growth_daily where {WHOLE}",),
    "mart_growth_daily.has_rows": ("delete from mart_growth_daily", "update dim_member set first_joined_date = null"),
    "mart_activity_daily.windows_are_nested": (f"update mart_activity_daily set mau_28 = 4 where {WHOLE} and business_date = '{THIRD}'",),
    "mart_activity_daily.parts_are_within_the_whole": (
        f"update mart_activity_daily set speakers = 3, messages = 3, top10_messages = 3, interactions = 3 where {WHOLE} and business_date = '{FIRST}'",
        f"update mart_activity_daily set messages = 2, interactions = 2 where {WECHAT} and business_date = '{FIRST}'",
        f"update mart_activity_daily set interactions = 1 where {QQ} and business_date = '{FIRST}'",
        f"update mart_activity_hourly set events = 3 where {WHOLE} and business_date = '{FIRST}'",
        f"update mart_activity_hourly set events = 1 where {QQ} and business_date = '{FIRST}'",
    ),
    "mart_activity_daily.counts_are_not_negative": (
        f"update mart_activity_daily set speakers = -1 where {WHOLE} and business_date = '{FIRST}'",
    ),
    "mart_activity_daily.rates_are_ratios": (
        f"update mart_activity_daily set stickiness = null where {QQ} and business_date = '{SECOND}'",
    ),
    "mart_activity_daily.gini_is_a_share": (
        f"update mart_activity_daily set message_gini = 1.2 where {WHOLE} and business_date = '{FIRST}'",
    ),
    "mart_activity_daily.active_within_platforms": (
        # The sum of two platforms where one person is on both: a distinct count that was added up and one more.
        f"update mart_activity_daily set dau = 2, interactions = 2, stickiness = 1 where {QQ} and business_date = '{THIRD}'",
        f"update mart_activity_daily set dau = 1, stickiness = 1 / 3, active_present_members = 1, active_rate = 1 / 3 where {WHOLE} and business_date = '{THIRD}'",
        f"update mart_activity_daily set interactions = 3 where {WHOLE} and business_date = '{THIRD}'",
        f"update mart_activity_hourly set events = 2, active_members = 2 where {QQ} and business_date = '{THIRD}'",
        f"update mart_activity_hourly set events = 2 where {WHOLE} and business_date = '{THIRD}' and hour = 20",
        f"update mart_lifecycle set active = 2, new = 2 where period_grain = 'day' and {QQ} and period_start = '{THIRD}'",
        f"update mart_lifecycle set active = 1, new = 0, quick_ratio = 1 where period_grain = 'day' and {WHOLE} and period_start = '{THIRD}'",
        f"update mart_conversion_daily set active_members = 2, conversion_rate_active = 1 / 2 where {QQ}",
        f"update mart_conversion_daily set active_members = 1, paying_active_members = 1 where {WHOLE} and business_date = '{THIRD}'",
    ),
    "mart_activity_daily.platforms_add_up": (
        f"update mart_activity_daily set messages = 4, top10_messages = 4 where {WHOLE} and business_date = '{FIRST}'",
    ),
    "mart_activity_daily.no_day_is_missing": (f"delete from mart_activity_daily where {QQ} and business_date = '{SECOND}'",),
    "mart_activity_daily.reaches_the_known_date": (
        "update mart_activity_daily set business_date = business_date - 1",
        "update mart_activity_hourly set business_date = business_date - 1",
        "update mart_lifecycle set period_start = period_start - 1 where period_grain = 'day'",
        "delete from mart_lifecycle where period_grain = 'week'",
        "delete from mart_conversion_daily",
        "update dim_member set first_order_date = null",
        "delete from mart_repurchase",
        "update mart_data_status set accepted = 0, received = false where source = 'orders'",
    ),
    "mart_activity_daily.active_members_are_counted": (f"delete from mart_activity_daily where {WHOLE}",),
    "mart_activity_daily.has_rows": (
        "delete from mart_activity_daily",
        "update dim_member set first_active_date = null",
    ),
    "mart_activity_hourly.hours_are_of_the_day": (f"update mart_activity_hourly set hour = 24 where business_date = '{SECOND}'",),
    "mart_activity_hourly.an_hour_has_events": (f"insert into mart_activity_hourly values ('{THIRD}', 3, 'platform', 'qq', 0, 0)",),
    "mart_activity_hourly.hours_add_up": (f"update mart_activity_hourly set events = 5 where {WHOLE} and business_date = '{FIRST}'",),
    "mart_activity_hourly.hours_hold_the_day": (
        f"update mart_activity_hourly set active_members = 1 where {WHOLE} and business_date = '{FIRST}'",
    ),
    "mart_lifecycle.active_is_new_retained_or_resurrected": (
        f"update mart_lifecycle set retained = 0 where period_grain = 'day' and {WHOLE} and period_start = '{SECOND}'",
    ),
    # Dormant repeated in every period that a member stays away.
    "mart_lifecycle.active_follows_from_the_period_before": (
        "update mart_lifecycle set dormant = 2, quick_ratio = 1 / 2 where period_grain = 'week' and period_start = '2026-10-12' and scope_type = 'all'",
    ),
    "mart_lifecycle.counts_are_not_negative": (
        f"update mart_lifecycle set retained = -1, resurrected = 2, dormant = 2, quick_ratio = 1 where period_grain = 'day' and {WECHAT} and period_start = '{THIRD}'",
    ),
    "mart_lifecycle.quick_ratio_is_a_ratio": (
        f"update mart_lifecycle set quick_ratio = 0 where period_grain = 'day' and {WHOLE} and period_start = '{FIRST}'",
    ),
    # A week that counts the same member twice: a sum of days for a distinct count.
    "mart_lifecycle.days_and_weeks_agree_with_activity": (
        "update mart_lifecycle set active = 3, new = 3 where period_grain = 'week' and period_start = '2026-10-05' and scope_type = 'all'",
        "update mart_lifecycle set dormant = 2, quick_ratio = 1 / 2 where period_grain = 'week' and period_start = '2026-10-12' and scope_type = 'all'",
    ),
    "mart_lifecycle.no_period_is_missing": (
        f"update mart_lifecycle set period_start = '2026-09-28' where period_grain = 'week' and {QQ} and period_start = '2026-10-05'",
    ),
    "mart_lifecycle.only_the_last_period_is_running": (
        "update mart_lifecycle set is_complete_period = false where period_grain = 'week' and period_start = '2026-10-05'",
    ),
    "mart_lifecycle.reaches_the_known_date": (f"delete from mart_lifecycle where period_grain = 'day' and period_start = '{THIRD}'",),
    "mart_retention.returns_are_within_the_cohort": (
        # Rolling and bounded retention exchanged.
        f"update mart_retention set retained_members = 2, retained_eligible_members = 2, retention_rate = 1 where {FIRST_COHORT} and period_index = 1",
    ),
    "mart_retention.eligible_are_within_the_cohort": (
        f"update mart_retention set eligible_members = 4, retention_rate = 1 / 4 where {FIRST_COHORT} and period_index = 1",
    ),
    # Retention that ignores the cohort's own first action.
    "mart_retention.period_zero_is_the_cohort": (
        f"update mart_retention set retained_members = 1, retained_eligible_members = 1, retention_rate = 1 / 2 where {FIRST_COHORT} and period_index = 0",
    ),
    "mart_retention.a_cohort_has_one_size": (
        f"update mart_retention set cohort_members = 4, rolling_retention_rate = 1 / 4, within_retention_rate = 1 / 2 where {FIRST_COHORT} and period_index = 2",
    ),
    "mart_retention.no_period_is_missing": (f"delete from mart_retention where {FIRST_COHORT} and period_index = 1",),
    "mart_retention.within_never_falls": (
        f"update mart_retention set retained_members_within = 2, within_retention_rate = 1 where {FIRST_COHORT} and period_index = 1",
        f"update mart_retention set retained_members_within = 1, within_retention_rate = 1 / 2 where {FIRST_COHORT} and period_index = 2",
    ),
    "mart_retention.rolling_never_rises": (
        f"update mart_retention set retained_members_rolling = 1, rolling_retention_rate = 1 / 2 where {FIRST_COHORT} and period_index = 1",
        f"update mart_retention set retained_members_rolling = 2, rolling_retention_rate = 1 where {FIRST_COHORT} and period_index = 2",
    ),
    "mart_retention.rates_are_ratios": (
        f"update mart_retention set within_retention_rate = 1.5 where {FIRST_COHORT} and period_index = 2",
    ),
    "mart_retention.immature_cells_have_no_rate": (f"update mart_retention set retention_rate = 0 where {RUNNING_WEEK}",),
    "mart_retention.has_rows": ("delete from mart_retention",),
    "mart_conversion_daily.net_is_gross_less_refunds": (
        # The refund on the order's date: gone from its own.
        f"update mart_conversion_daily set refund_amount = 0 where {WECHAT} and business_date = '{THIRD}'",
    ),
    "mart_conversion_daily.paying_members_have_orders": (
        f"update mart_conversion_daily set repeat_order_members = 1 where {QQ} and business_date = '{THIRD}'",
    ),
    "mart_conversion_daily.paying_are_within_active_and_present": (
        f"update mart_conversion_daily set paying_active_members = 2, conversion_rate_active = 2 where {QQ}",
    ),
    "mart_conversion_daily.counts_are_not_negative": (f"update mart_conversion_daily set refunded_orders = -1 where {QQ}",),
    "mart_conversion_daily.amounts_are_not_negative": (
        f"update mart_conversion_daily set refund_amount = -5, net_amount = 25, arpu = 25 where {QQ}",
    ),
    "mart_conversion_daily.rates_are_ratios": (
        # Money per member where it should be per order.
        f"update mart_conversion_daily set aov = 30 where {WHOLE} and business_date = '{FIRST}'",
    ),
    "mart_conversion_daily.platforms_add_up": (
        f"update mart_conversion_daily set orders = 3, gross_amount = 45, net_amount = 45, arpu = 45 where {WHOLE} and business_date = '{FIRST}'",
    ),
    "mart_conversion_daily.denominators_agree_with_activity": (
        f"update mart_conversion_daily set active_members = 4, conversion_rate_active = 1 / 4 where {WHOLE} and business_date = '{FIRST}'",
    ),
    "mart_conversion_daily.no_day_is_missing": (f"delete from mart_conversion_daily where {WECHAT} and business_date = '{SECOND}'",),
    "mart_conversion_daily.reaches_the_known_date": (f"delete from mart_conversion_daily where business_date = '{THIRD}'",),
    "mart_conversion_daily.paying_members_are_counted": (f"delete from mart_conversion_daily where {WHOLE}",),
    "mart_conversion_daily.has_rows": (
        "delete from mart_conversion_daily",
        "delete from mart_repurchase",
        "update dim_member set first_order_date = null",
    ),
    "mart_repurchase.repurchasers_are_within_the_cohort": (
        f"update mart_repurchase set repurchased_members = 2 where cohort_start = '{FIRST}' and horizon_days > 1",
    ),
    # Everybody in the denominator, though the horizon is open for some.
    "mart_repurchase.rate_is_a_ratio": (f"update mart_repurchase set repurchase_rate = 0 where cohort_start = '{THIRD}'",),
    "mart_repurchase.a_mature_cohort_is_eligible": (f"update mart_repurchase set is_mature = true where cohort_start = '{THIRD}'",),
    "mart_repurchase.longer_horizons_hold_shorter_ones": (
        f"update mart_repurchase set repurchased_members = 0 where cohort_start = '{FIRST}' and horizon_days = 7",
    ),
    "mart_repurchase.cohorts_are_first_orders": (f"delete from mart_repurchase where cohort_start = '{THIRD}'",),
    "mart_content_daily.increments_are_differences": (
        # The lifetime counter itself for the day's value.
        f"update mart_content_daily set impressions = 130 where business_date = '{SECOND}'",
    ),
    "mart_content_daily.falling_counters_are_flagged": (
        f"update mart_content_daily set has_falling_counter = false where business_date = '{SECOND}'",
    ),
    "mart_content_daily.increments_span_days": (f"update mart_content_daily set increment_days = null where business_date = '{SECOND}'",),
    "mart_content_daily.totals_are_not_negative": (
        "update mart_content_daily set saves_total = -1, saves = null where business_date = (select min(business_date) from mart_content_daily)",
    ),
    "mart_content_daily.reported_click_rate_is_a_share": ("update mart_content_daily set reported_click_rate = 12.3",),
    "mart_content_daily.reported_finish_rate_is_a_share": ("update mart_content_daily set reported_finish_rate = 45",),
    "mart_content_daily.reaches_what_was_received": (f"delete from mart_content_daily where business_date = '{SECOND}'",),
    "mart_account_daily.net_is_gained_less_lost": (f"update mart_account_daily set gained = 5 where business_date = '{SECOND}'",),
    "mart_account_daily.counts_are_not_negative": (f"update mart_account_daily set likes = -1 where business_date = '{FIRST}'",),
    "mart_account_daily.followers_follow_from_net": (f"update mart_account_daily set followers = 90 where business_date = '{SECOND}'",),
    "mart_account_daily.reaches_what_was_received": ("delete from mart_account_daily",),
    "mart_data_status.reaches_the_known_date": (f"delete from mart_data_status where source = 'events' and business_date = '{THIRD}'",),
    "mart_data_status.received_days_have_rows": (
        f"update mart_data_status set received = true where source = 'orders' and business_date = '{SECOND}'",
    ),
    "mart_data_status.held_days_are_incomplete": (
        "update mart_data_status set complete = true where source = 'account_daily' and held > 0",
    ),
    "mart_data_status.counts_are_within_bounds": (
        f"update mart_data_status set restated = 9 where business_date = '{FIRST}' and source = 'events'",
    ),
    "dim_member.first_seen_is_the_earliest": (f"update dim_member set first_seen_date = '{SECOND}' where member_key = 'ana'",),
    "dim_date.no_day_is_missing": (f"delete from dim_date where business_date = '{SECOND}'",),
}


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("right") / "warehouse.duckdb"
    build_candidate(path)
    return path


@pytest.fixture
def settings(tmp_path: Path, right: Path) -> Settings:
    settings = Settings(home=tmp_path)
    settings.warehouse.mkdir()
    shutil.copyfile(right, settings.warehouse_path)
    return settings


def change(settings: Settings, *statements: str) -> None:
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("set search_path = 'marts'")
        for statement in statements:
            connection.execute(statement)


def reading(suites: list[Suite], statements: tuple[str, ...]) -> list[Suite]:
    """The suites that look at a table that the statements change; no other can come out differently."""
    tables = {table for suite in suites for table in [suite.table] if any(table in statement for statement in statements)}

    def looks(suite: Suite) -> bool:
        return suite.table in tables or any(table in (check.unexpected_rows or "") for check in suite.checks for table in tables)

    return [suite for suite in suites if looks(suite)]


def failing(results: list[CheckResult]) -> dict[str, str]:
    return {f"{result.suite}.{result.check}": result.status for result in results if result.status not in ("passed", "not_applicable")}


def test_right_marts_pass_every_check(settings: Settings) -> None:
    results = check_candidate(settings, load_suites(settings, "marts"))
    assert {result.status for result in results} == {"passed"}


def test_every_check_is_tested_by_breaking_the_data(settings: Settings) -> None:
    checks = {f"{suite.name}.{check.name}" for suite in load_suites(settings, "marts") for check in suite.checks}
    assert set(MUTATIONS) == checks


@pytest.mark.parametrize("broken", MUTATIONS)
def test_breaking_the_data_fails_exactly_that_check(settings: Settings, broken: str) -> None:
    statements = MUTATIONS[broken]
    change(settings, *statements)
    assert failing(check_candidate(settings, reading(load_suites(settings, "marts"), statements))) == {broken: "failed"}
