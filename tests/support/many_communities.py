"""A release of thousands of communities on three platforms, made by SQL alone: 84 days of every mart that knows communities."""

from __future__ import annotations

from pathlib import Path

import duckdb

from browser import fixture_release

COMMUNITIES = 3_000
DAYS = 84
PLATFORMS = ("wecom", "slack", "discord")

# c: number of the community; its scope is `c3`, of a platform `p`; n: number of the day, d: the day.
SCOPES = f"""
    create temp table s as
    select 'all' as scope_type, 'all' as scope_id, 0 as c, 1 as share
    union all select 'platform', p, 0, 1 from (select unnest({list(PLATFORMS)}) as p)
    union all select 'community', {list(PLATFORMS)}[c % 3 + 1] || ':corp:group-' || lpad(c::varchar, 8, '0'), c, 0
    from range(1, {{communities}} + 1) r(c);
    create temp table days as select n, date '2026-03-09' + n::integer as d from range({DAYS}) r(n);
    create temp table weeks as select distinct date_trunc('week', d)::date as w from days;
    create temp table months as select distinct date_trunc('month', d)::date as m from days;
"""
ROWS = """
    insert into marts.dim_community (community_key, platform, community_id, community_name)
        select scope_id, split_part(scope_id, ':', 1), split_part(scope_id, ':', 3), '第 ' || c || ' 群 · 读书会 ' || (c % 97)
        from s where c > 0;
    insert into marts.mart_growth_daily (business_date, scope_type, scope_id, new_members, rejoined_members, left_members, members_at_end)
        select d, scope_type, scope_id, (c + n) % 5, (c + n) % 2, (c + n) % 3, 100 + c % 400 + n from s, days;
    insert into marts.mart_activity_daily
        (business_date, scope_type, scope_id, dau, wau_7, mau_28, mau_30, stickiness, speakers, messages, interactions, present_members,
        active_present_members, active_rate, top10_messages, top10_message_share, message_gini)
        select d, scope_type, scope_id, 10 + (c * 7 + n) % 50, 60, 90, 100 + c, 0.3, 8, 40 + (c + n) % 30, 12, 200, 40, 0.2, 20, 0.5, 0.4
        from s, days;
    insert into marts.mart_activity_hourly (business_date, hour, scope_type, scope_id, events, active_members)
        select d, h, scope_type, scope_id, 1 + (c + n + h) % 9, 1 from s, days, range(8, 24, 3) hours(h) where (c + n) % 3 = 0;
    insert into marts.mart_lifecycle
        (period_grain, period_start, scope_type, scope_id, active, new, retained, resurrected, dormant, quick_ratio, is_complete_period)
        select 'day', d, scope_type, scope_id, 10, 2, 7, 1, 3, 1.0, true from s, days
        union all select 'week', w, scope_type, scope_id, 30, 4, 24, 2, 5, 1.2, true from s, weeks
        union all select 'month', m, scope_type, scope_id, 60, 9, 48, 3, 8, 1.5, true from s, months;
    insert into marts.mart_retention
        (definition, period_grain, cohort_start, period_index, scope_type, scope_id, cohort_members, eligible_members, retained_members,
        retained_eligible_members, retained_members_rolling, retained_members_within, retention_rate, rolling_retention_rate,
        within_retention_rate, is_mature, is_rolling_mature)
        select definition, 'week', w, i, scope_type, scope_id, 9, 9, 5, 5, 6, 7, 0.55, 0.66, 0.77, true, true
        from s, weeks, range(0, 5) r(i), (values ('member'), ('activity')) v(definition)
        union all select 'member', 'day', d, i, scope_type, scope_id, 3, 3, 1, 1, 2, 2, 0.33, 0.66, 0.66, true, true
        from s, days, (values (0), (1), (7), (30)) v(i) where (c + n) % 2 = 0;
    insert into marts.mart_funnel
        (definition, period_grain, entry_period, step_index, scope_type, scope_id, step_name, step_name_zh, reached_members,
        rate_from_previous, rate_from_start, median_seconds_from_previous)
        select 'join_to_purchase', 'all', date '2026-03-09', i, scope_type, scope_id, 'step ' || i, '第 ' || i || ' 步', 90 / i, 0.5,
        0.5, 60.0 from s, range(1, 4) r(i);
"""


def write_database(path: Path, communities: int = COMMUNITIES) -> Path:
    """Create the database at `path`; its community number c (from 1) has a `mau_30` of 100 + c, so the last one is the most active."""
    with duckdb.connect(str(path)) as connection:
        connection.execute((Path(fixture_release.__file__).parent / "marts.sql").read_text(encoding="utf-8"))
        connection.execute(SCOPES.format(communities=communities))
        connection.execute(ROWS)
    return path
