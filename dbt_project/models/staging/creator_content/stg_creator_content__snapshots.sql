-- Grain: one row per item and snapshot date, the newest snapshot of that date.
-- Lifetime-to-date counters: a day's value is the difference of two snapshots, taken one step later.
with versions as (
    select
        platform,
        coalesce(account_id, '') as account_id,
        content_key,
        content_id,
        title,
        content_kind,
        {{ instant('published_at') }} as published_at,
        {% for counter in ['impressions', 'reads', 'plays', 'views', 'likes', 'comments', 'shares', 'saves', 'follows'] -%}
            cast({{ counter }} as bigint) as {{ counter }},
        {% endfor -%}
        cast(click_rate as double) as click_rate,
        cast(finish_rate as double) as finish_rate,
        cast(average_seconds as double) as average_seconds,
        cast(null as timestamp) as updated_at,
        cast(_period_date as date) as business_date,
        {{ version_columns() }}
    from {{ lake('creator_content', 'content_snapshots') }}
),

ranked as (
    select
        *,
        {{ version_rank('platform, account_id, content_key, business_date') }} as version_rank,
        min(row_hash) over (partition by platform, account_id, content_key, business_date)
        <> max(row_hash) over (partition by platform, account_id, content_key, business_date) as is_restated
    from versions
)

select
    platform,
    account_id,
    content_key,
    content_id,
    title,
    content_kind,
    published_at,
    impressions,
    reads,
    plays,
    views,
    likes,
    comments,
    shares,
    saves,
    follows,
    click_rate,
    finish_rate,
    average_seconds,
    business_date,
    is_restated
from ranked
where version_rank = 1
