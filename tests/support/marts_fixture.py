"""A candidate warehouse that is right: three days, two platforms, three members, every column of every mart.

The story, all of it literal. Ana and Ben talk on `wechat`, Ben and Cai on `qq`; the days are a Saturday, a Sunday and the
Monday after. Ana sends two messages on Saturday and reacts on Monday, the day she leaves; Ben writes and reacts on qq on
Saturday, joins wechat and writes there on Sunday; Cai joins qq and writes on Monday. Ana orders twice on Saturday and
once on Monday, when 5 of it is refunded; Cai orders on qq on Monday.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

FIRST, SECOND, THIRD = "2026-10-10", "2026-10-11", "2026-10-12"

TABLES = {
    "mart_growth_daily": """
        business_date date, scope_type varchar, scope_id varchar, joins bigint, leaves bigint, censored_leaves bigint, new_members bigint,
        rejoined_members bigint, left_members bigint, members_at_end bigint, reported_new_members bigint, reported_left_members bigint,
        reported_members_at_end bigint
    """,
    "mart_activity_daily": """
        business_date date, scope_type varchar, scope_id varchar, dau bigint, wau_7 bigint, mau_28 bigint, mau_30 bigint, stickiness double,
        speakers bigint, messages bigint, interactions bigint, present_members bigint, active_present_members bigint, active_rate double,
        top10_messages bigint, top10_message_share double, message_gini double
    """,
    "mart_activity_hourly": """
        business_date date, hour integer, scope_type varchar, scope_id varchar, events bigint, active_members bigint
    """,
    "mart_lifecycle": """
        period_grain varchar, period_start date, scope_type varchar, scope_id varchar, active bigint, new bigint, retained bigint,
        resurrected bigint, dormant bigint, quick_ratio double, is_complete_period boolean
    """,
    "mart_stickiness": """
        window_grain varchar, window_start date, period_grain varchar, active_periods bigint, scope_type varchar, scope_id varchar,
        members bigint, members_at_least bigint, window_end date, is_complete_period boolean
    """,
    "mart_segments": """
        segment_set varchar, period_grain varchar, period_start date, segment varchar, scope_type varchar, scope_id varchar,
        as_of_date date, segment_position bigint, members bigint, present_members bigint, segment_share double
    """,
    "mart_retention": """
        definition varchar, period_grain varchar, cohort_start date, period_index bigint, scope_type varchar, scope_id varchar,
        cohort_members bigint, eligible_members bigint, retained_members bigint, retained_eligible_members bigint,
        retained_members_rolling bigint, retained_members_within bigint, retention_rate double, rolling_retention_rate double,
        within_retention_rate double, is_mature boolean, is_rolling_mature boolean
    """,
    "mart_funnel": """
        definition varchar, period_grain varchar, entry_period date, step_index bigint, scope_type varchar, scope_id varchar,
        step_name varchar, step_name_zh varchar, entered_members bigint, excluded_members bigint, reached_members bigint,
        eligible_members bigint, reached_eligible_members bigint, previous_eligible_members bigint, rate_from_previous double,
        rate_from_start double, avg_seconds_from_previous double, median_seconds_from_previous double, is_complete_period boolean,
        is_mature boolean
    """,
    "mart_conversion_daily": """
        business_date date, currency varchar, scope_type varchar, scope_id varchar, paying_members bigint, orders bigint,
        gross_amount decimal(18, 2), refund_amount decimal(18, 2), net_amount decimal(18, 2), refunded_orders bigint, aov decimal(18, 2),
        arpu decimal(18, 2), first_order_members bigint, repeat_order_members bigint, paying_active_members bigint, active_members bigint,
        conversion_rate_active double, paying_present_members bigint, present_members bigint, conversion_rate_members double
    """,
    "mart_repurchase": """
        cohort_grain varchar, cohort_start date, horizon_days bigint, scope_type varchar, scope_id varchar, first_order_members bigint,
        repurchased_members bigint, eligible_members bigint, repurchased_eligible_members bigint, repurchase_rate double, is_mature boolean
    """,
    "mart_conversion_breakdown_daily": """
        business_date date, currency varchar, dimension varchar, dimension_value varchar, scope_type varchar, scope_id varchar,
        paying_members bigint, orders bigint, gross_amount decimal(18, 2), refund_amount decimal(18, 2), net_amount decimal(18, 2),
        refunded_orders bigint, aov decimal(18, 2), arpu decimal(18, 2), first_order_members bigint, repeat_order_members bigint,
        paying_active_members bigint, active_members bigint, conversion_rate_active double, paying_present_members bigint,
        present_members bigint, conversion_rate_members double
    """,
    "mart_ltv_cohorts": """
        cohort_kind varchar, cohort_start date, month_index bigint, currency varchar, scope_type varchar, scope_id varchar,
        cohort_members bigint, eligible_members bigint, gross_amount decimal(18, 2), refund_amount decimal(18, 2),
        net_amount decimal(18, 2), cumulative_net_amount decimal(18, 2), cumulative_eligible_net_amount decimal(18, 2),
        ltv decimal(18, 2), is_mature boolean
    """,
    "mart_content_lifetime": """
        content_key varchar, platform varchar, account_id varchar, published_at timestamp, first_date date, last_date date,
        covered_days bigint, first_snapshot_date date, last_snapshot_date date, snapshots bigint, impressions_total bigint,
        reads_total bigint, readers_total bigint, plays_total bigint, views_total bigint, likes_total bigint, comments_total bigint,
        shares_total bigint, sharers_total bigint, saves_total bigint, savers_total bigint, follows_total bigint,
        falling_snapshots bigint, has_falling_counter boolean, is_restated boolean, reported_click_rate double,
        reported_finish_rate double, reported_average_seconds double
    """,
    "mart_content_daily": """
        content_key varchar, business_date date, platform varchar, account_id varchar, increment_days bigint, impressions bigint,
        reads bigint, readers bigint, plays bigint, views bigint, likes bigint, comments bigint, shares bigint, sharers bigint,
        saves bigint, savers bigint, follows bigint, impressions_total bigint, reads_total bigint, readers_total bigint,
        plays_total bigint, views_total bigint, likes_total bigint, comments_total bigint, shares_total bigint, sharers_total bigint,
        saves_total bigint, savers_total bigint, follows_total bigint, has_falling_counter boolean, reported_click_rate double,
        reported_finish_rate double, reported_average_seconds double
    """,
    "mart_account_daily": """
        platform varchar, account_id varchar, business_date date, followers bigint, gained bigint, lost bigint, net bigint, reads bigint,
        plays bigint, likes bigint, comments bigint, shares bigint
    """,
    "mart_data_status": """
        source varchar, account_id varchar, business_date date, expected boolean, received boolean, complete boolean, late boolean,
        restated bigint, accepted bigint, quarantined bigint, held bigint, available_until date
    """,
    "mart_reconciliation": """
        metric varchar, platform varchar, account_id varchar, business_date date, reason varchar, step_index integer, currency varchar,
        reported decimal(18, 2), change decimal(18, 2), ours decimal(18, 2), assessment varchar
    """,
    "dim_member": """
        member_key varchar, actor_type varchar, channel varchar, region varchar, native_ids bigint, first_seen_date date,
        first_joined_date date, first_active_date date, first_order_date date
    """,
    "dim_community": """
        community_key varchar, platform varchar, account_id varchar, community_id varchar, community_name varchar, first_date date,
        listed_from_date date
    """,
    "dim_content": """
        content_key varchar, platform varchar, account_id varchar, content_id varchar, title varchar, content_kind varchar,
        published_at timestamp, first_date date
    """,
    "dim_channel": "channel varchar, name_en varchar, name_zh varchar",
    "dim_date": """
        business_date date, week_start_date date, month_start_date date, weekday integer, is_weekend boolean, is_workday boolean
    """,
}


def _histogram(window: str, first: str, last: str, period: str, scope: str, members: list[int], is_complete: bool = False) -> list[str]:
    """A stickiness histogram: how many were active in one period, in two, and so on to the last that has begun."""
    scoped = f"'{'all' if scope == 'all' else 'platform'}', '{scope}'"
    return [
        f"('{window}', '{first}', '{period}', {number}, {scoped}, {count}, {sum(members[number - 1 :])}, '{last}', {is_complete})"
        for number, count in enumerate(members, start=1)
    ]


_STICKINESS = [
    # On the week's Saturday and Sunday Ana is active once and Ben twice; the next week and the month still run.
    *_histogram("week", "2026-10-05", SECOND, "day", "all", [1, 1, 0, 0, 0, 0, 0], True),
    *_histogram("week", "2026-10-05", SECOND, "day", "wechat", [2, 0, 0, 0, 0, 0, 0], True),
    *_histogram("week", "2026-10-05", SECOND, "day", "qq", [1, 0, 0, 0, 0, 0, 0], True),
    *_histogram("week", THIRD, "2026-10-18", "day", "all", [2]),
    *_histogram("week", THIRD, "2026-10-18", "day", "wechat", [1]),
    *_histogram("week", THIRD, "2026-10-18", "day", "qq", [1]),
    *_histogram("month", "2026-10-01", "2026-10-31", "day", "all", [1, 2, *[0] * 10]),
    *_histogram("month", "2026-10-01", "2026-10-31", "day", "wechat", [1, 1, *[0] * 10]),
    *_histogram("month", "2026-10-01", "2026-10-31", "day", "qq", [2, 0, *[0] * 10]),
    *_histogram("month", "2026-10-01", "2026-10-31", "week", "all", [2, 1, 0]),
    *_histogram("month", "2026-10-01", "2026-10-31", "week", "wechat", [1, 1, 0]),
    *_histogram("month", "2026-10-01", "2026-10-31", "week", "qq", [2, 0, 0]),
]


def _funnel(grain: str, period: str, is_mature: bool, entered: int, reached: int, eligible: int, reached_eligible: int) -> list[str]:
    """From a message to an order within a day; an order comes an hour later."""
    start = "1.0" if eligible else "null"
    rate = str(reached_eligible / eligible) if eligible else "null"
    seconds = "3600.0, 3600.0" if reached else "null, null"
    head, tail = f"'talk_to_order', '{grain}', '{period}'", f"{is_mature}, {is_mature}"
    row = f"({head}, {{}}, 'all', 'all', {{}}, {entered}, 0, {{}}, {eligible}, {{}}, {{}}, {tail})"
    return [
        row.format(1, "'Wrote', '发言'", entered, eligible, f"null, null, {start}, null, null"),
        row.format(2, "'Bought', '下单'", reached, reached_eligible, f"{eligible}, {rate}, {rate}, {seconds}"),
    ]


_FUNNEL = [
    # On Saturday Ana orders and Ben does not, on Sunday Ben does not; Cai orders on Monday, when the window still runs.
    *_funnel("day", FIRST, True, 2, 1, 2, 1),
    *_funnel("day", SECOND, True, 1, 0, 1, 0),
    *_funnel("day", THIRD, False, 1, 1, 0, 0),
    *_funnel("all", "2000-01-01", False, 3, 2, 2, 1),
]

_ROWS = {
    "mart_funnel": ", ".join(_FUNNEL),
    "mart_stickiness": ", ".join(_STICKINESS),
    "mart_growth_daily": f"""
        ('{FIRST}', 'all', 'all', 2, 0, 0, 2, 0, 0, 2, null, null, null),
        ('{SECOND}', 'all', 'all', 1, 0, 0, 0, 0, 0, 2, null, null, null),
        ('{THIRD}', 'all', 'all', 1, 1, 0, 1, 0, 1, 2, null, null, null),
        ('{FIRST}', 'platform', 'wechat', 1, 0, 0, 1, 0, 0, 1, 5, 1, 100),
        ('{SECOND}', 'platform', 'wechat', 1, 0, 0, 1, 0, 0, 2, 4, 1, 103),
        ('{THIRD}', 'platform', 'wechat', 0, 1, 0, 0, 0, 1, 1, null, null, null),
        ('{FIRST}', 'platform', 'qq', 1, 0, 0, 1, 0, 0, 1, null, null, null),
        ('{SECOND}', 'platform', 'qq', 0, 0, 0, 0, 0, 0, 1, null, null, null),
        ('{THIRD}', 'platform', 'qq', 1, 0, 0, 1, 0, 0, 2, null, null, null)
    """,
    "mart_activity_daily": f"""
        ('{FIRST}', 'all', 'all', 2, 2, 2, 2, 1, 2, 3, 4, 2, 2, 1, 3, 1, 1 / 6),
        ('{SECOND}', 'all', 'all', 1, 2, 2, 2, 1 / 2, 1, 1, 1, 2, 1, 1 / 2, 1, 1, 0),
        ('{THIRD}', 'all', 'all', 2, 3, 3, 3, 2 / 3, 1, 1, 2, 3, 2, 2 / 3, 1, 1, 0),
        ('{FIRST}', 'platform', 'wechat', 1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 2, 1, 0),
        ('{SECOND}', 'platform', 'wechat', 1, 2, 2, 2, 1 / 2, 1, 1, 1, 2, 1, 1 / 2, 1, 1, 0),
        ('{THIRD}', 'platform', 'wechat', 1, 2, 2, 2, 1 / 2, 0, 0, 1, 2, 1, 1 / 2, 0, null, null),
        ('{FIRST}', 'platform', 'qq', 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 0),
        ('{SECOND}', 'platform', 'qq', 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, null, null),
        ('{THIRD}', 'platform', 'qq', 1, 2, 2, 2, 1 / 2, 1, 1, 1, 2, 1, 1 / 2, 1, 1, 0)
    """,
    "mart_activity_hourly": f"""
        ('{FIRST}', 9, 'all', 'all', 4, 2),
        ('{SECOND}', 10, 'all', 'all', 1, 1),
        ('{THIRD}', 9, 'all', 'all', 1, 1),
        ('{THIRD}', 20, 'all', 'all', 1, 1),
        ('{FIRST}', 9, 'platform', 'wechat', 2, 1),
        ('{SECOND}', 10, 'platform', 'wechat', 1, 1),
        ('{THIRD}', 9, 'platform', 'wechat', 1, 1),
        ('{FIRST}', 9, 'platform', 'qq', 2, 1),
        ('{THIRD}', 20, 'platform', 'qq', 1, 1)
    """,
    "mart_lifecycle": f"""
        ('day', '{FIRST}', 'all', 'all', 2, 2, 0, 0, 0, null, true),
        ('day', '{SECOND}', 'all', 'all', 1, 0, 1, 0, 1, 0, true),
        ('day', '{THIRD}', 'all', 'all', 2, 1, 0, 1, 1, 2, true),
        ('week', '2026-10-05', 'all', 'all', 2, 2, 0, 0, 0, null, true),
        ('week', '2026-10-12', 'all', 'all', 2, 1, 1, 0, 1, 1, false),
        ('month', '2026-10-01', 'all', 'all', 3, 3, 0, 0, 0, null, false),
        ('day', '{FIRST}', 'platform', 'wechat', 1, 1, 0, 0, 0, null, true),
        ('day', '{SECOND}', 'platform', 'wechat', 1, 1, 0, 0, 1, 1, true),
        ('day', '{THIRD}', 'platform', 'wechat', 1, 0, 0, 1, 1, 1, true),
        ('week', '2026-10-05', 'platform', 'wechat', 2, 2, 0, 0, 0, null, true),
        ('week', '2026-10-12', 'platform', 'wechat', 1, 0, 1, 0, 1, 0, false),
        ('month', '2026-10-01', 'platform', 'wechat', 2, 2, 0, 0, 0, null, false),
        ('day', '{FIRST}', 'platform', 'qq', 1, 1, 0, 0, 0, null, true),
        ('day', '{SECOND}', 'platform', 'qq', 0, 0, 0, 0, 1, 0, true),
        ('day', '{THIRD}', 'platform', 'qq', 1, 1, 0, 0, 0, null, true),
        ('week', '2026-10-05', 'platform', 'qq', 1, 1, 0, 0, 0, null, true),
        ('week', '2026-10-12', 'platform', 'qq', 1, 1, 0, 0, 1, 1, false),
        ('month', '2026-10-01', 'platform', 'qq', 2, 2, 0, 0, 0, null, false)
    """,
    # By activity in the week itself, a set that looks back seven days. Ben, who wrote on Saturday, is in.
    "mart_segments": f"""
        ('habit', 'week', '2026-10-05', 'active', 'platform', 'qq', '{SECOND}', 1, 1, 1, 1),
        ('habit', 'week', '2026-10-05', 'rest', 'platform', 'qq', '{SECOND}', 2, 0, 1, 0)
    """,
    # Declared with a horizon of two days and one week.
    "mart_retention": f"""
        ('activity', 'day', '{FIRST}', 0, 'all', 'all', 2, 2, 2, 2, 2, null, 1, 1, null, true, true),
        ('activity', 'day', '{FIRST}', 1, 'all', 'all', 2, 2, 1, 1, 2, 1, 1 / 2, 1, 1 / 2, true, true),
        ('activity', 'day', '{FIRST}', 2, 'all', 'all', 2, 2, 1, 1, 1, 2, 1 / 2, 1 / 2, 1, true, true),
        ('activity', 'day', '{THIRD}', 0, 'all', 'all', 1, 1, 1, 1, 1, null, 1, null, null, true, false),
        ('activity', 'week', '2026-10-05', 0, 'all', 'all', 2, 2, 2, 2, 2, null, 1, null, null, true, false),
        ('activity', 'week', '2026-10-05', 1, 'all', 'all', 2, 0, 1, 0, 1, 1, null, null, null, false, false),
        ('activity', 'week', '2026-10-12', 0, 'all', 'all', 1, 0, 1, 0, 1, null, null, null, null, false, false)
    """,
    "mart_conversion_daily": f"""
        ('{FIRST}', 'CNY', 'all', 'all', 1, 2, 30, 0, 30, 0, 15, 30, 1, 0, 1, 2, 1 / 2, 1, 2, 1 / 2),
        ('{SECOND}', 'CNY', 'all', 'all', 0, 0, 0, 0, 0, 0, null, null, 0, 0, 0, 1, 0, 0, 2, 0),
        ('{THIRD}', 'CNY', 'all', 'all', 2, 2, 30, 5, 25, 1, 15, 12.5, 1, 1, 2, 2, 1, 2, 3, 2 / 3),
        ('{FIRST}', 'CNY', 'platform', 'wechat', 1, 2, 30, 0, 30, 0, 15, 30, 1, 0, 1, 1, 1, 1, 1, 1),
        ('{SECOND}', 'CNY', 'platform', 'wechat', 0, 0, 0, 0, 0, 0, null, null, 0, 0, 0, 1, 0, 0, 2, 0),
        ('{THIRD}', 'CNY', 'platform', 'wechat', 1, 1, 10, 5, 5, 1, 10, 5, 0, 1, 1, 1, 1, 1, 2, 1 / 2),
        ('{THIRD}', 'CNY', 'platform', 'qq', 1, 1, 20, 0, 20, 0, 20, 20, 1, 0, 1, 1, 1, 1, 2, 1 / 2)
    """,
    "mart_repurchase": f"""
        ('day', '{FIRST}', 1, 'all', 'all', 1, 0, 1, 0, 0, true),
        ('day', '{FIRST}', 2, 'all', 'all', 1, 1, 1, 1, 1, true),
        ('day', '{FIRST}', 7, 'all', 'all', 1, 1, 0, 0, null, false),
        ('day', '{THIRD}', 1, 'all', 'all', 1, 0, 0, 0, null, false),
        ('day', '{THIRD}', 2, 'all', 'all', 1, 0, 0, 0, null, false),
        ('day', '{THIRD}', 7, 'all', 'all', 1, 0, 0, 0, null, false)
    """,
    # The cohort of August, from before the story, has cells that are mature.
    "mart_ltv_cohorts": """
        ('first_order', '2026-10-01', 0, 'CNY', 'all', 'all', 2, 0, 60, 5, 55, 55, 0, null, false),
        ('first_order', '2026-10-01', 0, 'CNY', 'platform', 'wechat', 1, 0, 40, 5, 35, 35, 0, null, false),
        ('first_order', '2026-10-01', 0, 'CNY', 'platform', 'qq', 1, 0, 20, 0, 20, 20, 0, null, false),
        ('joined', '2026-10-01', 0, 'CNY', 'all', 'all', 3, 0, 60, 5, 55, 55, 0, null, false),
        ('joined', '2026-08-01', 0, 'CNY', 'platform', 'wechat', 4, 4, 30, 10, 20, 20, 20, 5, true),
        ('joined', '2026-08-01', 1, 'CNY', 'platform', 'wechat', 4, 4, 0, 2, -2, 18, 18, 4.5, true),
        ('joined', '2026-08-01', 2, 'CNY', 'platform', 'wechat', 4, 0, 0, 0, 0, 18, 0, null, false)
    """,
    "mart_content_lifetime": f"""
        ('xiaohongshu:a:n1', 'xiaohongshu', 'a', '2026-10-09 02:00:00', '{FIRST}', '{SECOND}', 2, '{FIRST}', '{SECOND}', 2,
         130, null, null, null, null, 4, null, null, null, null, null, 2, 1, true, false, 0.1, 0.5, 12.5)
    """,
    "mart_content_daily": f"""
        ('xiaohongshu:a:n1', '{FIRST}', 'xiaohongshu', 'a', null, null, null, null, null, null, null, null, null, null, null, null, null,
         100, null, null, null, null, 5, null, null, null, null, null, 2, false, 0.1, 0.5, 12.5),
        ('xiaohongshu:a:n1', '{SECOND}', 'xiaohongshu', 'a', 1, 30, null, null, null, null, -1, null, null, null, null, null, 0,
         130, null, null, null, null, 4, null, null, null, null, null, 2, true, 0.1, 0.5, 12.5)
    """,
    "mart_account_daily": f"""
        ('wechat', 'a1', '{FIRST}', 100, 5, 1, 4, 10, null, 2, 1, 0),
        ('wechat', 'a1', '{SECOND}', 103, 4, 1, 3, 12, null, 2, 1, 0)
    """,
    "mart_data_status": f"""
        ('events', '', '{FIRST}', true, true, true, false, 0, 4, 0, 0, null),
        ('events', '', '{SECOND}', true, true, true, false, 0, 1, 1, 0, null),
        ('events', '', '{THIRD}', true, true, true, false, 1, 2, 0, 0, null),
        ('memberships', '', '{FIRST}', true, true, true, false, 0, 2, 0, 0, null),
        ('memberships', '', '{SECOND}', true, true, true, false, 0, 1, 0, 0, null),
        ('memberships', '', '{THIRD}', true, true, true, false, 0, 1, 0, 0, null),
        ('orders', '', '{FIRST}', true, true, true, false, 0, 2, 0, 0, null),
        ('orders', '', '{SECOND}', true, false, true, false, 0, 0, 0, 0, null),
        ('orders', '', '{THIRD}', true, true, true, false, 0, 2, 0, 0, null),
        ('refunds', '', '{THIRD}', true, true, true, false, 0, 1, 0, 0, null),
        ('creator_content', 'a', '{FIRST}', true, true, true, false, 0, 1, 0, 0, null),
        ('creator_content', 'a', '{SECOND}', true, true, true, false, 0, 1, 0, 0, null),
        ('account_daily', 'a1', '{FIRST}', true, true, true, false, 0, 1, 0, 0, '2126-11-09'),
        ('account_daily', 'a1', '{SECOND}', true, true, true, false, 0, 1, 0, 0, '2126-11-10'),
        ('account_daily', 'a1', '{THIRD}', true, false, false, true, 0, 0, 0, 1, '2126-11-11')
    """,
    # Of a bill of three orders one was of staff; on Sunday nobody counted the messages of the groups.
    "mart_reconciliation": f"""
        ('orders', 'wechat', '', '{FIRST}', 'staff', 1, null, 3, -1, 2, null),
        ('orders', 'wechat', '', '{FIRST}', 'unexplained', 2, null, 3, 0, 2, 'within'),
        ('messages', 'wechat', '', '{SECOND}', 'staff', 1, null, null, null, 1, null),
        ('messages', 'wechat', '', '{SECOND}', 'unexplained', 2, null, null, null, 1, null)
    """,
    "dim_member": f"""
        ('ana', 'member', 'organic', null, 1, '{FIRST}', '{FIRST}', '{FIRST}', '{FIRST}'),
        ('ben', 'member', 'referral', null, 2, '{FIRST}', '{FIRST}', '{FIRST}', null),
        ('cai', 'member', 'unknown', null, 1, '{THIRD}', '{THIRD}', '{THIRD}', '{THIRD}'),
        ('dot', 'bot', null, null, 1, null, null, null, null)
    """,
    "dim_community": f"""
        ('wechat::g1', 'wechat', '', 'g1', 'Group one', '{FIRST}', null),
        ('qq::g2', 'qq', '', 'g2', 'Group two', '{FIRST}', null)
    """,
    "dim_content": f"('xiaohongshu:a:n1', 'xiaohongshu', 'a', 'n1', 'A note', 'note', '2026-10-09 02:00:00', '{FIRST}')",
    "dim_channel": "('organic', 'Organic', '自然'), ('referral', 'Referral', '裂变'), ('unknown', 'Unknown', '未知')",
    "dim_date": f"""
        ('{FIRST}', '2026-10-05', '2026-10-01', 6, true, false),
        ('{SECOND}', '2026-10-05', '2026-10-01', 7, true, false),
        ('{THIRD}', '2026-10-12', '2026-10-01', 1, false, true)
    """,
}

# Every order is below 50 and nobody itemised it.
_ROWS["mart_conversion_breakdown_daily"] = ",".join(
    _ROWS["mart_conversion_daily"].replace("'CNY'", f"'CNY', '{dimension}', '{value}'")
    for dimension, value in (("price_band", "0-50"), ("category", "unknown"))
)

_OBSERVED = f"""
    ('events', 'wechat', '', '{FIRST}', '{THIRD}'),
    ('events', 'qq', '', '{FIRST}', '{THIRD}'),
    ('memberships', 'wechat', '', '{FIRST}', '{THIRD}'),
    ('memberships', 'qq', '', '{FIRST}', '{THIRD}'),
    ('orders', 'wechat', '', '{FIRST}', '{THIRD}'),
    ('orders', 'qq', '', '{FIRST}', '{THIRD}'),
    ('refunds', 'wechat', '', '{THIRD}', '{THIRD}'),
    ('creator_content', 'xiaohongshu', 'a', '{FIRST}', '{SECOND}'),
    ('account_daily', 'wechat', 'a1', '{FIRST}', '{SECOND}')
"""


def build_candidate(path: Path) -> None:
    """Write the working warehouse: schema `marts`, and `control.observed` as the pipeline records it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute("create schema control")
        connection.execute(
            "create table control.observed (source varchar, platform varchar, account_id varchar, first_date date, observed_until date)"
        )
        connection.execute(f"insert into control.observed values {_OBSERVED}")
        for name, columns in TABLES.items():
            connection.execute(f"create table marts.{name} ({columns})")
            connection.execute(f"insert into marts.{name} values {_ROWS[name]}")
