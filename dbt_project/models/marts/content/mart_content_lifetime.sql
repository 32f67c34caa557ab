{% set counters = [
    'impressions', 'reads', 'readers', 'plays', 'views', 'likes', 'comments', 'shares', 'sharers', 'saves', 'savers', 'follows',
] -%}
-- Grain: one row per item with figures.
-- Lifetime counters as last stated. Days are not summed up to a lifetime: readers of two days may be the same ones, and the days before
-- the first file are missing. An item that is only reported by day has dates and no totals.
with covered as (
    select
        content_key,
        min(platform) as platform,
        min(account_id) as account_id,
        min(business_date) as first_date,
        max(business_date) as last_date,
        count(*) as covered_days
    from {{ ref('int_content__daily') }}
    group by content_key
),

described as (
    select content_key, published_at, row_number() over (partition by content_key order by business_date desc, published_at desc) as recency_rank
    from {{ ref('int_content__items') }}
    where published_at is not null
)

select
    covered.content_key,
    covered.platform,
    covered.account_id,
    described.published_at,
    covered.first_date,
    covered.last_date,
    {{ count_measure('covered.covered_days') }} as covered_days,
    lifetimes.first_snapshot_date,
    lifetimes.last_snapshot_date,
    {{ count_measure('coalesce(lifetimes.snapshots, 0)') }} as snapshots,
    {% for counter in counters -%}
        {{ count_measure('lifetimes.' ~ counter) }} as {{ counter }}_total,
    {% endfor -%}
    {{ count_measure('coalesce(lifetimes.falling_snapshots, 0)') }} as falling_snapshots,
    coalesce(lifetimes.falling_snapshots > 0, false) as has_falling_counter,
    coalesce(lifetimes.restated_snapshots > 0, false) as is_restated,
    lifetimes.click_rate as reported_click_rate,
    lifetimes.finish_rate as reported_finish_rate,
    lifetimes.average_seconds as reported_average_seconds
from covered
left join {{ ref('int_content__lifetimes') }} as lifetimes on covered.content_key = lifetimes.content_key
left join described on covered.content_key = described.content_key and described.recency_rank = 1
