-- Grain: one row per item and business date.
-- Daily figures as the platform reports them, not lifetime counters.
with versions as (
    select
        platform,
        coalesce(account_id, '') as account_id,
        content_id,
        title,
        {{ instant('published_at') }} as published_at,
        cast(impressions as bigint) as impressions,
        cast(reads as bigint) as reads,
        cast(plays as bigint) as plays,
        cast(views as bigint) as views,
        cast(likes as bigint) as likes,
        cast(comments as bigint) as comments,
        cast(shares as bigint) as shares,
        cast(saves as bigint) as saves,
        cast(follows as bigint) as follows,
        {{ instant('updated_at') }} as updated_at,
        coalesce(is_deleted, 'false') = 'true' as is_deleted,
        cast(_period_date as date) as business_date,
        {{ version_columns() }}
    from {{ lake('content_daily', 'content_daily') }}
),

ranked as (
    select
        *,
        {{ version_rank('platform, account_id, content_id, business_date') }} as version_rank,
        min(row_hash) over (partition by platform, account_id, content_id, business_date)
        <> max(row_hash) over (partition by platform, account_id, content_id, business_date) as is_restated
    from versions
)

select
    platform,
    account_id,
    content_id,
    title,
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
    business_date,
    is_restated
from ranked
where version_rank = 1 and not is_deleted
