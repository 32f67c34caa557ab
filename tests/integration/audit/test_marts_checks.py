"""Every check of the marts gate sees what it is there for: the data is broken in one way, and exactly that check fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from community_metrics.audit.bounds import marts_suites
from community_metrics.audit.gates import check_candidate
from community_metrics.audit.results import CheckResult
from community_metrics.audit.suites import Suite, load_suites
from community_metrics.settings import Settings
from support.marts_fixture import FIRST, SECOND, THIRD, build_candidate

ON_FIRST, ON_SECOND, ON_THIRD = (f"business_date = '{day}'" for day in (FIRST, SECOND, THIRD))
PERIOD_FIRST, PERIOD_SECOND, PERIOD_THIRD = (f"period_start = '{day}'" for day in (FIRST, SECOND, THIRD))
DAYS, WEEKS = "period_grain = 'day'", "period_grain = 'week'"
FIRST_WEEK, SECOND_WEEK = "period_start = '2026-10-05'", "period_start = '2026-10-12'"
WHOLE = "scope_type = 'all'"
WECHAT = "scope_id = 'wechat'"
QQ = "scope_id = 'qq'"
FIRST_COHORT = f"period_grain = 'day' and cohort_start = '{FIRST}'"
FIRST_ENTRY, SECOND_ENTRY = (f"period_grain = 'day' and entry_period = '{day}'" for day in (FIRST, SECOND))
FIRST_WINDOW = "window_start = '2026-10-05'"
AUGUST = "cohort_start = '2026-08-01'"
BANDS = "dimension = 'price_band'"
RUNNING_WEEK = "period_grain = 'week' and cohort_start = '2026-10-05' and period_index = 1"


def update(table: str, setting: str, *where: str) -> str:
    return f"update {table} set {setting} where {' and '.join(where) or 'true'}"


def delete(table: str, *where: str) -> str:
    return f"delete from {table} where {' and '.join(where) or 'true'}"


# Somebody who was active on one day of the week is taken for two.
COUNTED_TWICE_IN_FIRST_WEEK = (
    update("mart_stickiness", "members = members + 1, members_at_least = members_at_least + 1", FIRST_WINDOW, WHOLE, "active_periods = 1"),
)

# What is told of the same orders elsewhere, and must change with them.
NO_BREAKDOWN = delete("mart_conversion_breakdown_daily")
NO_VALUE = delete("mart_ltv_cohorts")


def value_of_all(gross: int) -> str:
    net = gross - 5
    return update(
        "mart_ltv_cohorts",
        f"gross_amount = {gross}, net_amount = {net}, cumulative_net_amount = {net}",
        "cohort_kind = 'first_order'",
        WHOLE,
    )


LIFETIME_OF_FIRST = update(
    "mart_content_lifetime",
    f"last_date = '{FIRST}', covered_days = 1, last_snapshot_date = '{FIRST}', snapshots = 1",
    "falling_snapshots = 1",
)
LIFETIME_WITHOUT_FALL = update("mart_content_lifetime", "falling_snapshots = 0, has_falling_counter = false")

# suite.check -> the SQL statements that break exactly what it checks.
MUTATIONS: dict[str, tuple[str, ...]] = {
    "mart_growth_daily.members_balance": (update("mart_growth_daily", "members_at_end = 3", WHOLE, ON_SECOND),),
    "mart_growth_daily.persons_within_spells": (update("mart_growth_daily", "joins = 0", WHOLE, ON_THIRD),),
    # Segments hang on the stock of the same day: they go with it.
    "mart_growth_daily.members_within_platforms": (
        delete("mart_segments"),
        delete("mart_growth_daily", QQ),
        update("mart_growth_daily", "members_at_end = members_at_end + 1, new_members = new_members + 1, joins = 2", WECHAT, ON_FIRST),
        update("mart_growth_daily", "members_at_end = members_at_end + 1", WECHAT, f"business_date > '{FIRST}'"),
    ),
    "mart_growth_daily.no_day_is_missing": (delete("mart_segments"), delete("mart_growth_daily", QQ, ON_SECOND)),
    "mart_growth_daily.reaches_the_known_date": (delete("mart_growth_daily", ON_THIRD),),
    "mart_growth_daily.joined_members_are_counted": (delete("mart_growth_daily", WHOLE),),
    "mart_growth_daily.has_rows": (
        delete("mart_segments"),
        delete("mart_growth_daily"),
        update("dim_member", "first_joined_date = null"),
    ),
    "mart_activity_daily.windows_are_nested": (update("mart_activity_daily", "mau_28 = 4", WHOLE, ON_THIRD),),
    "mart_activity_daily.parts_are_within_the_whole": (
        update("mart_activity_daily", "speakers = 3, messages = 3, top10_messages = 3, interactions = 3", WHOLE, ON_FIRST),
        update("mart_activity_daily", "messages = 2, interactions = 2", WECHAT, ON_FIRST),
        update("mart_activity_daily", "interactions = 1", QQ, ON_FIRST),
        update("mart_activity_hourly", "events = 3", WHOLE, ON_FIRST),
        update("mart_activity_hourly", "events = 1", QQ, ON_FIRST),
    ),
    "mart_activity_daily.rates_are_ratios": (update("mart_activity_daily", "stickiness = null", QQ, ON_SECOND),),
    "mart_activity_daily.active_within_platforms": (
        # Fewer active members in all than on one platform.
        update("mart_activity_daily", "dau = 2, interactions = 2, stickiness = 1", QQ, ON_THIRD),
        update("mart_activity_daily", "dau = 1, stickiness = 1 / 3, active_present_members = 1, active_rate = 1 / 3", WHOLE, ON_THIRD),
        update("mart_activity_daily", "interactions = 3", WHOLE, ON_THIRD),
        update("mart_activity_hourly", "events = 2, active_members = 2", QQ, ON_THIRD),
        update("mart_activity_hourly", "events = 2", WHOLE, ON_THIRD, "hour = 20"),
        update("mart_lifecycle", "active = 2, new = 2", DAYS, QQ, PERIOD_THIRD),
        update("mart_lifecycle", "active = 1, new = 0, quick_ratio = 1", DAYS, WHOLE, PERIOD_THIRD),
        update("mart_conversion_daily", "active_members = 2, conversion_rate_active = 1 / 2", QQ),
        update("mart_conversion_daily", "active_members = 1, paying_active_members = 1", WHOLE, ON_THIRD),
    ),
    "mart_activity_daily.platforms_add_up": (update("mart_activity_daily", "messages = 4, top10_messages = 4", WHOLE, ON_FIRST),),
    "mart_activity_daily.no_day_is_missing": (delete("mart_activity_daily", QQ, ON_SECOND),),
    "mart_activity_daily.reaches_the_known_date": (
        update("mart_activity_daily", "business_date = business_date - 1"),
        # What is told of the same messages elsewhere.
        delete("mart_reconciliation", "metric = 'messages'"),
        update("mart_activity_hourly", "business_date = business_date - 1"),
        update("mart_lifecycle", "period_start = period_start - 1", DAYS),
        delete("mart_lifecycle", WEEKS),
        delete("mart_conversion_daily"),
        NO_BREAKDOWN,
        NO_VALUE,
        update("dim_member", "first_order_date = null"),
        delete("mart_repurchase"),
        update("mart_data_status", "accepted = 0, received = false", "source = 'orders'"),
    ),
    "mart_activity_daily.active_members_are_counted": (delete("mart_activity_daily", WHOLE),),
    "mart_activity_daily.has_rows": (
        delete("mart_activity_daily"),
        update("dim_member", "first_active_date = null"),
    ),
    "mart_activity_hourly.an_hour_has_events": (f"insert into mart_activity_hourly values ('{THIRD}', 3, 'platform', 'qq', 0, 0)",),
    "mart_activity_hourly.hours_add_up": (update("mart_activity_hourly", "events = 5", WHOLE, ON_FIRST),),
    "mart_activity_hourly.hours_hold_the_day": (update("mart_activity_hourly", "active_members = 1", WHOLE, ON_FIRST),),
    # Four Mondays on which people wrote in the morning, and one read in a zone that is some hours off.
    "mart_activity_hourly.hours_are_like_comparable_days": tuple(
        f"insert into mart_activity_hourly values ('{day}', {hour}, 'platform', 'wechat', 120, 1)"
        for day, hour in (("2026-09-14", 9), ("2026-09-21", 9), ("2026-09-28", 9), ("2026-08-31", 9), ("2026-10-19", 17))
    ),
    "mart_lifecycle.active_is_new_retained_or_resurrected": (update("mart_lifecycle", "retained = 0", DAYS, WHOLE, PERIOD_SECOND),),
    # Dormant repeated in every period that a member stays away.
    "mart_lifecycle.active_follows_from_the_period_before": (
        update("mart_lifecycle", "dormant = 2, quick_ratio = 1 / 2", WEEKS, SECOND_WEEK, WHOLE),
    ),
    "mart_lifecycle.quick_ratio_is_a_ratio": (update("mart_lifecycle", "quick_ratio = 0", DAYS, WHOLE, PERIOD_FIRST),),
    # A week that counts the same member twice: a sum of days for a distinct count.
    "mart_lifecycle.days_and_weeks_agree_with_activity": (
        update("mart_lifecycle", "active = 3, new = 3", WEEKS, FIRST_WEEK, WHOLE),
        update("mart_lifecycle", "dormant = 2, quick_ratio = 1 / 2", WEEKS, SECOND_WEEK, WHOLE),
        *COUNTED_TWICE_IN_FIRST_WEEK,
    ),
    "mart_lifecycle.no_period_is_missing": (
        update("mart_lifecycle", "period_start = '2026-09-28'", WEEKS, QQ, FIRST_WEEK),
        update("mart_stickiness", "window_start = '2026-09-28'", QQ, FIRST_WINDOW),
    ),
    "mart_lifecycle.only_the_last_period_is_running": (
        update("mart_lifecycle", "is_complete_period = false", WEEKS, FIRST_WEEK),
        update("mart_stickiness", "is_complete_period = false", FIRST_WINDOW),
    ),
    "mart_lifecycle.reaches_the_known_date": (delete("mart_lifecycle", DAYS, PERIOD_THIRD),),
    "mart_stickiness.at_least_cumulates_exactly": (
        update("mart_stickiness", "members = 2", "window_grain = 'month'", DAYS, QQ, "active_periods = 2"),
    ),
    "mart_stickiness.histogram_is_whole": (delete("mart_stickiness", FIRST_WINDOW, WHOLE, "active_periods = 4"),),
    "mart_stickiness.periods_fit_into_the_window": (update("mart_stickiness", "window_end = '2026-10-10'", FIRST_WINDOW, WHOLE),),
    "mart_stickiness.agrees_with_lifecycle": COUNTED_TWICE_IN_FIRST_WEEK,
    # A member who is in two segments of one set.
    "mart_segments.everybody_is_in_exactly_one_segment": (update("mart_segments", "members = 1, segment_share = 1", "segment = 'rest'"),),
    # Who has left is segmented still.
    "mart_segments.present_are_the_members_at_the_end": (
        update("mart_segments", "present_members = 2, segment_share = 1 / 2"),
        update("mart_segments", "members = 1", "segment = 'rest'"),
    ),
    "mart_segments.share_is_members_over_present": (update("mart_segments", "segment_share = 0.9", "segment = 'active'"),),
    "mart_retention.returns_are_within_the_cohort": (
        # Rolling and bounded retention exchanged.
        update(
            "mart_retention", "retained_members = 2, retained_eligible_members = 2, retention_rate = 1", FIRST_COHORT, "period_index = 1"
        ),
    ),
    "mart_retention.eligible_are_within_the_cohort": (
        update("mart_retention", "eligible_members = 4, retention_rate = 1 / 4", FIRST_COHORT, "period_index = 1"),
    ),
    # Retention that ignores the cohort's own first action.
    "mart_retention.period_zero_is_the_cohort": (
        update(
            "mart_retention",
            "retained_members = 1, retained_eligible_members = 1, retention_rate = 1 / 2",
            FIRST_COHORT,
            "period_index = 0",
        ),
    ),
    "mart_retention.a_cohort_has_one_size": (
        update(
            "mart_retention",
            "cohort_members = 4, rolling_retention_rate = 1 / 4, within_retention_rate = 1 / 2",
            FIRST_COHORT,
            "period_index = 2",
        ),
    ),
    "mart_retention.no_period_is_missing": (delete("mart_retention", FIRST_COHORT, "period_index = 1"),),
    "mart_retention.within_never_falls": (
        update("mart_retention", "retained_members_within = 2, within_retention_rate = 1", FIRST_COHORT, "period_index = 1"),
        update("mart_retention", "retained_members_within = 1, within_retention_rate = 1 / 2", FIRST_COHORT, "period_index = 2"),
    ),
    "mart_retention.rolling_never_rises": (
        update("mart_retention", "retained_members_rolling = 1, rolling_retention_rate = 1 / 2", FIRST_COHORT, "period_index = 1"),
        update("mart_retention", "retained_members_rolling = 2, rolling_retention_rate = 1", FIRST_COHORT, "period_index = 2"),
    ),
    "mart_retention.rates_are_ratios": (update("mart_retention", "within_retention_rate = 0.75", FIRST_COHORT, "period_index = 2"),),
    "mart_retention.immature_cells_have_no_rate": (update("mart_retention", "retention_rate = 0", RUNNING_WEEK),),
    "mart_retention.has_rows": (delete("mart_retention"),),
    "mart_funnel.the_first_step_is_the_entry": (
        # A rate of step 1 from a step that there is not.
        update("mart_funnel", "rate_from_previous = 1, previous_eligible_members = 2", FIRST_ENTRY, "step_index = 1"),
    ),
    # Step 2 counted by itself, whether or not step 1 came before it.
    "mart_funnel.steps_never_gain": (update("mart_funnel", "reached_members = 3", FIRST_ENTRY, "step_index = 2"),),
    "mart_funnel.eligible_are_within_the_entered": (
        update("mart_funnel", "is_mature = true", f"period_grain = 'day' and entry_period = '{THIRD}'"),
    ),
    "mart_funnel.a_funnel_is_whole": (update("mart_funnel", "excluded_members = 1", FIRST_ENTRY, "step_index = 2"),),
    # Everybody in the denominator, though the window is open for some.
    "mart_funnel.rates_are_ratios": (
        update("mart_funnel", "rate_from_previous = 2 / 3, rate_from_start = 2 / 3", "period_grain = 'all'", "step_index = 2"),
    ),
    "mart_funnel.times_are_of_those_who_got_there": (
        update("mart_funnel", "avg_seconds_from_previous = 0, median_seconds_from_previous = 0", SECOND_ENTRY, "step_index = 2"),
    ),
    "mart_funnel.all_time_holds_every_period": (delete("mart_funnel", "period_grain = 'all'"),),
    "mart_conversion_daily.net_is_gross_less_refunds": (
        # The refund on the order's date: gone from its own.
        update("mart_conversion_daily", "refund_amount = 0", WECHAT, ON_THIRD),
        NO_BREAKDOWN,
    ),
    "mart_conversion_daily.paying_members_have_orders": (update("mart_conversion_daily", "repeat_order_members = 1", QQ, ON_THIRD),),
    "mart_conversion_daily.paying_are_within_active_and_present": (
        update("mart_conversion_daily", "paying_active_members = 2, conversion_rate_active = 1", WHOLE, ON_FIRST),
    ),
    "mart_conversion_daily.rates_are_ratios": (
        # Money per member where it should be per order.
        update("mart_conversion_daily", "aov = 30", WHOLE, ON_FIRST),
    ),
    "mart_conversion_daily.platforms_add_up": (
        update("mart_conversion_daily", "orders = 3, gross_amount = 45, net_amount = 45, arpu = 45", WHOLE, ON_FIRST),
        NO_BREAKDOWN,
        value_of_all(75),
    ),
    "mart_conversion_daily.denominators_agree_with_activity": (
        update("mart_conversion_daily", "active_members = 4, conversion_rate_active = 1 / 4", WHOLE, ON_FIRST),
    ),
    "mart_conversion_daily.no_day_is_missing": (delete("mart_conversion_daily", WECHAT, ON_SECOND), NO_BREAKDOWN),
    "mart_conversion_daily.reaches_the_known_date": (
        delete("mart_conversion_daily", ON_THIRD),
        NO_BREAKDOWN,
        delete("mart_ltv_cohorts", QQ),
        update("mart_ltv_cohorts", "gross_amount = 30, net_amount = 25, cumulative_net_amount = 25", "cohort_kind = 'first_order'"),
    ),
    "mart_conversion_daily.paying_members_are_counted": (
        delete("mart_conversion_daily", WHOLE),
        NO_BREAKDOWN,
        delete("mart_ltv_cohorts", WHOLE),
    ),
    "mart_conversion_daily.has_rows": (
        delete("mart_conversion_daily"),
        NO_BREAKDOWN,
        NO_VALUE,
        delete("mart_repurchase"),
        update("dim_member", "first_order_date = null"),
    ),
    "mart_repurchase.repurchasers_are_within_the_cohort": (
        update("mart_repurchase", "repurchased_members = 2", f"cohort_start = '{FIRST}'", "horizon_days > 1"),
    ),
    # Everybody in the denominator, though the horizon is open for some.
    "mart_repurchase.rate_is_a_ratio": (update("mart_repurchase", "repurchase_rate = 0", f"cohort_start = '{THIRD}'"),),
    "mart_repurchase.a_mature_cohort_is_eligible": (update("mart_repurchase", "is_mature = true", f"cohort_start = '{THIRD}'"),),
    "mart_repurchase.longer_horizons_hold_shorter_ones": (
        update("mart_repurchase", "repurchased_members = 0", f"cohort_start = '{FIRST}'", "horizon_days = 7"),
    ),
    "mart_repurchase.cohorts_are_first_orders": (delete("mart_repurchase", f"cohort_start = '{THIRD}'"),),
    "mart_content_daily.increments_are_differences": (
        # The lifetime counter itself for the day's value.
        update("mart_content_daily", "impressions = 130", ON_SECOND),
    ),
    "mart_content_daily.falling_counters_are_flagged": (update("mart_content_daily", "has_falling_counter = false", ON_SECOND),),
    "mart_content_daily.increments_span_days": (update("mart_content_daily", "increment_days = null", ON_SECOND),),
    "mart_content_daily.reaches_what_was_received": (delete("mart_content_daily", ON_SECOND), LIFETIME_OF_FIRST, LIFETIME_WITHOUT_FALL),
    # The refund on the order's date, or of another cohort.
    "mart_ltv_cohorts.net_is_gross_less_refunds": (update("mart_ltv_cohorts", "refund_amount = 4", "cohort_kind = 'joined'", WHOLE),),
    "mart_ltv_cohorts.cumulative_is_the_running_sum": (update("mart_ltv_cohorts", "cumulative_net_amount = 0", AUGUST, "month_index = 2"),),
    # A payer who is in no cohort.
    "mart_ltv_cohorts.first_orders_add_up_to_conversion": (value_of_all(30),),
    # Only those who bought in the denominator.
    "mart_ltv_cohorts.a_cohort_has_one_size": (update("mart_ltv_cohorts", "cohort_members = 1", AUGUST, "month_index = 2"),),
    "mart_ltv_cohorts.no_month_is_missing": (update("mart_ltv_cohorts", "month_index = 3", AUGUST, "month_index = 2"),),
    "mart_ltv_cohorts.value_is_of_mature_months_only": (update("mart_ltv_cohorts", "ltv = 4.5", AUGUST, "month_index = 2"),),
    "mart_conversion_breakdown_daily.values_add_up": (
        update("mart_conversion_breakdown_daily", "gross_amount = 40, net_amount = 40, aov = 20, arpu = 40", BANDS, WHOLE, ON_FIRST),
    ),
    "mart_conversion_breakdown_daily.members_are_within_the_day": (
        update("mart_conversion_breakdown_daily", "paying_active_members = 2, conversion_rate_active = 1", BANDS, WHOLE, ON_FIRST),
    ),
    "mart_conversion_breakdown_daily.no_day_is_missing": (delete("mart_conversion_breakdown_daily", BANDS, WHOLE, ON_SECOND),),
    "mart_conversion_breakdown_daily.amounts_and_rates_follow_from_their_parts": (
        update("mart_conversion_breakdown_daily", "arpu = 15", BANDS, WHOLE, ON_FIRST),
    ),
    "mart_content_lifetime.dates_and_counts_agree": (update("mart_content_lifetime", "falling_snapshots = 2"),),
    # Days of an item that its lifetime does not know.
    "mart_content_lifetime.items_are_those_of_the_days": (update("mart_content_lifetime", f"last_date = '{THIRD}'"),),
    "mart_account_daily.net_is_gained_less_lost": (update("mart_account_daily", "gained = 5", ON_SECOND),),
    "mart_account_daily.followers_follow_from_net": (update("mart_account_daily", "followers = 90", ON_SECOND),),
    "mart_account_daily.reaches_what_was_received": (delete("mart_account_daily"),),
    "mart_data_status.reaches_the_known_date": (delete("mart_data_status", "source = 'events'", ON_THIRD),),
    "mart_data_status.received_days_have_rows": (update("mart_data_status", "received = true", "source = 'orders'", ON_SECOND),),
    "mart_data_status.held_days_are_incomplete": (
        update("mart_data_status", "complete = true, late = false", "source = 'account_daily'", "held > 0"),
    ),
    # Nobody owes the day any more, and still it is late.
    "mart_data_status.late_days_are_owed": (update("mart_data_status", "expected = false", "late"),),
    "mart_data_status.the_clock_runs_with_the_days": (update("mart_data_status", "available_until = null", "late"),),
    "mart_data_status.restated_rows_are_in_force": (update("mart_data_status", "restated = 9", ON_FIRST, "source = 'events'"),),
    "mart_reconciliation.steps_add_up": (update("mart_reconciliation", "change = -2", "metric = 'orders'", "reason = 'staff'"),),
    "mart_reconciliation.unexplained_is_tolerable": (update("mart_reconciliation", "assessment = 'critical'", "assessment = 'within'"),),
    "mart_reconciliation.unexplained_is_small": (update("mart_reconciliation", "assessment = 'warning'", "assessment = 'within'"),),
    # A figure that was not reported taken for one that agrees.
    "mart_reconciliation.the_unexplained_is_assessed": (
        update("mart_reconciliation", "assessment = 'within'", "metric = 'messages'", "reason = 'unexplained'"),
    ),
    # Two orders of another platform: they are explained by nothing, and the marts do not have them.
    "mart_reconciliation.ours_is_what_the_marts_say": (
        update("mart_reconciliation", "ours = 4", "metric = 'orders'"),
        update("mart_reconciliation", "change = 2", "metric = 'orders'", "reason = 'unexplained'"),
    ),
    "dim_member.first_seen_is_the_earliest": (update("dim_member", f"first_seen_date = '{SECOND}'", "member_key = 'ana'"),),
    "dim_date.no_day_is_missing": (delete("dim_date", ON_SECOND),),
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
    results = check_candidate(settings, marts_suites(settings))
    assert {result.status for result in results} == {"passed"}


def test_every_check_is_tested_by_breaking_the_data(settings: Settings) -> None:
    # The checks of single values are broken one by one in test_value_checks.py.
    checks = {f"{suite.name}.{check.name}" for suite in load_suites(settings, "marts") for check in suite.checks}
    assert set(MUTATIONS) == checks


@pytest.mark.parametrize("broken", MUTATIONS)
def test_breaking_the_data_fails_exactly_that_check(settings: Settings, broken: str) -> None:
    statements = MUTATIONS[broken]
    change(settings, *statements)
    assert failing(check_candidate(settings, reading(marts_suites(settings), statements))) == {broken: "failed"}
