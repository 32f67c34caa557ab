{% set counters = [
    'impressions', 'reads', 'readers', 'plays', 'views', 'likes', 'comments', 'shares', 'sharers', 'saves', 'savers', 'follows',
] -%}
-- Grain: one row per item and business date with figures: daily increments, and the lifetime counters where the platform gives those.
-- A snapshot is a lifetime total: its day is the difference to the last known total, a fall is kept and flagged. What came before an
-- item's first snapshot belongs to no known day, unless the item was published after the account's previous snapshot.
with account_snapshots as (
    select platform, account_id, business_date, lag(business_date) over (partition by platform, account_id order by business_date) as previous_date
    from (select distinct platform, account_id, business_date from {{ ref('int_content__snapshots') }}) as snapshot_dates
),

snapshots as (
    select
        snapshots.*,
        {{ community_key('snapshots.platform', 'snapshots.account_id', 'snapshots.content_key') }} as item_key,
        lag(snapshots.business_date) over (
            partition by snapshots.platform, snapshots.account_id, snapshots.content_key order by snapshots.business_date
        ) as previous_item_date,
        account_snapshots.previous_date as previous_account_date,
        {{ local_date('snapshots.published_at') }} as published_date
    from {{ ref('int_content__snapshots') }} as snapshots
    inner join account_snapshots
        on
            snapshots.platform = account_snapshots.platform
            and snapshots.account_id = account_snapshots.account_id
            and snapshots.business_date = account_snapshots.business_date
),

based as (
    select
        *,
        case
            when previous_item_date is not null then previous_item_date
            when published_date > previous_account_date then previous_account_date
            when published_date = business_date then {{ add_days('business_date', -1) }}
        end as base_date,
    {% for counter in counters -%}
        {{ previous_known(counter, 'platform, account_id, content_key', 'business_date') }} as previous_{{ counter }}{{ ',' if not loop.last }}
    {% endfor %}
    from snapshots
),

differences as (
    select
        *,
    {% for counter in counters -%}
        case
            when previous_{{ counter }} is not null then {{ counter }} - previous_{{ counter }}
            when previous_item_date is null and base_date is not null then {{ counter }}
        end as {{ counter }}_increment{{ ',' if not loop.last }}
    {% endfor %}
    from based
),

combined as (
    select
        item_key as content_key,
        business_date,
        platform,
        account_id,
        {{ days_between('business_date', 'base_date') }} as increment_days,
        {% for counter in counters -%}
            {{ counter }}_increment as {{ counter }},
            {{ counter }} as {{ counter }}_total,
        {% endfor -%}
        coalesce(least({{ counters | join('_increment, ') }}_increment) < 0, false) as has_falling_counter,
        click_rate,
        finish_rate,
        average_seconds,
        case when {{ days_between('business_date', 'base_date') }} = 1 then 3 else 5 end as preference
    from differences

    union all

    select *
    from {{ ref('int_content__reported_days') }}
),

ranked as (
    select *, row_number() over (partition by content_key, business_date order by preference) as source_rank
    from combined
)

select
    content_key,
    business_date,
    platform,
    account_id,
    increment_days,
    {% for counter in counters -%}
        {{ counter }},
        {{ counter }}_total,
    {% endfor -%}
    has_falling_counter,
    click_rate,
    finish_rate,
    average_seconds
from ranked
where source_rank = 1
