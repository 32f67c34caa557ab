-- The released marts as the site reads them: names and types of the public contract.
create schema marts;

create table marts.mart_growth_daily (
    business_date date, scope_type varchar, scope_id varchar, joins bigint, leaves bigint, censored_leaves bigint, new_members bigint,
    rejoined_members bigint, left_members bigint, members_at_end bigint, reported_new_members bigint, reported_left_members bigint,
    reported_members_at_end bigint
);

create table marts.mart_activity_daily (
    business_date date, scope_type varchar, scope_id varchar, dau bigint, wau_7 bigint, mau_28 bigint, mau_30 bigint, stickiness double,
    speakers bigint, messages bigint, interactions bigint, present_members bigint, active_present_members bigint, active_rate double,
    top10_messages bigint, top10_message_share double, message_gini double
);

create table marts.mart_activity_hourly (
    business_date date, hour integer, scope_type varchar, scope_id varchar, events bigint, active_members bigint
);

create table marts.mart_lifecycle (
    period_grain varchar, period_start date, scope_type varchar, scope_id varchar, active bigint, new bigint, retained bigint,
    resurrected bigint, dormant bigint, quick_ratio double, is_complete_period boolean
);

create table marts.mart_retention (
    definition varchar, period_grain varchar, cohort_start date, period_index bigint, scope_type varchar, scope_id varchar,
    cohort_members bigint, eligible_members bigint, retained_members bigint, retained_eligible_members bigint, retained_members_rolling
    bigint, retained_members_within bigint, retention_rate double, rolling_retention_rate double, within_retention_rate double,
    is_mature boolean, is_rolling_mature boolean
);

create table marts.mart_funnel (
    definition varchar, period_grain varchar, entry_period date, step_index bigint, scope_type varchar, scope_id varchar,
    step_name varchar, step_name_zh varchar, entered_members bigint, excluded_members bigint, reached_members bigint,
    eligible_members bigint, reached_eligible_members bigint, previous_eligible_members bigint, rate_from_previous double,
    rate_from_start double, avg_seconds_from_previous double, median_seconds_from_previous double, is_complete_period boolean,
    is_mature boolean
);

create table marts.mart_conversion_daily (
    business_date date, currency varchar, scope_type varchar, scope_id varchar, paying_members bigint, orders bigint, gross_amount
    decimal(18,2), refund_amount decimal(18,2), net_amount decimal(18,2), refunded_orders bigint, aov decimal(18,2), arpu decimal(18,2),
    first_order_members bigint, repeat_order_members bigint, paying_active_members bigint, active_members bigint, conversion_rate_active
    double, paying_present_members bigint, present_members bigint, conversion_rate_members double
);

create table marts.mart_conversion_breakdown_daily (
    business_date date, currency varchar, dimension varchar, dimension_value varchar, scope_type varchar, scope_id varchar, orders bigint,
    gross_amount decimal(18,2), refund_amount decimal(18,2), net_amount decimal(18,2)
);

create table marts.mart_repurchase (
    cohort_grain varchar, cohort_start date, horizon_days bigint, scope_type varchar, scope_id varchar, first_order_members bigint,
    repurchased_members bigint, eligible_members bigint, repurchased_eligible_members bigint, repurchase_rate double, is_mature boolean
);

create table marts.mart_ltv_cohorts (
    cohort_kind varchar, cohort_start date, month_index bigint, currency varchar, scope_type varchar, scope_id varchar, cohort_members
    bigint, eligible_members bigint, gross_amount decimal(18,2), refund_amount decimal(18,2), net_amount decimal(18,2),
    cumulative_net_amount decimal(18,2), cumulative_eligible_net_amount decimal(18,2), ltv decimal(18,2), is_mature boolean
);

create table marts.mart_stickiness (
    window_grain varchar, window_start date, period_grain varchar, active_periods bigint, scope_type varchar, scope_id varchar, members
    bigint, members_at_least bigint, window_end date, is_complete_period boolean
);

create table marts.mart_segments (
    segment_set varchar, period_grain varchar, period_start date, segment varchar, scope_type varchar, scope_id varchar, as_of_date date,
    segment_position bigint, members bigint, present_members bigint, segment_share double
);

create table marts.mart_content_lifetime (
    content_key varchar, platform varchar, account_id varchar, published_at timestamp, first_date date, last_date date, covered_days
    bigint, first_snapshot_date date, last_snapshot_date date, snapshots bigint, impressions_total bigint, reads_total bigint,
    readers_total bigint, plays_total bigint, views_total bigint, likes_total bigint, comments_total bigint, shares_total bigint,
    sharers_total bigint, saves_total bigint, savers_total bigint, follows_total bigint, falling_snapshots bigint, has_falling_counter
    boolean, is_restated boolean, reported_click_rate double, reported_finish_rate double, reported_average_seconds double
);

create table marts.mart_content_daily (
    content_key varchar, business_date date, platform varchar, account_id varchar, increment_days bigint, impressions bigint, reads
    bigint, plays bigint, views bigint, likes bigint, comments bigint, shares bigint, saves bigint, follows bigint, impressions_total
    bigint, reads_total bigint, plays_total bigint, views_total bigint, likes_total bigint, comments_total bigint, shares_total bigint,
    saves_total bigint, follows_total bigint, has_falling_counter boolean, reported_click_rate double, reported_finish_rate double,
    reported_average_seconds double
);

create table marts.mart_account_daily (
    platform varchar, account_id varchar, business_date date, followers bigint, gained bigint, lost bigint, net bigint, reads bigint,
    plays bigint, likes bigint, comments bigint, shares bigint
);

create table marts.mart_data_status (
    source varchar, account_id varchar, business_date date, expected boolean, received boolean, complete boolean, late boolean,
    restated bigint, accepted bigint, quarantined bigint, held bigint, available_until date
);

create table marts.dim_member (
    member_key varchar, actor_type varchar, channel varchar, region varchar, native_ids bigint, first_seen_date date, first_joined_date
    date, first_active_date date, first_order_date date
);

create table marts.dim_community (
    community_key varchar, platform varchar, account_id varchar, community_id varchar, community_name varchar, first_date date,
    listed_from_date date
);

create table marts.dim_content (
    content_key varchar, platform varchar, account_id varchar, content_id varchar, title varchar, content_kind varchar, published_at
    timestamp, first_date date
);

create table marts.dim_channel (
    channel varchar, name_en varchar, name_zh varchar
);

create table marts.dim_date (
    business_date date, week_start_date date, month_start_date date, weekday integer, is_weekend boolean, is_workday boolean
);
