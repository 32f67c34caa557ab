-- Grain: one row per platform account and business date.
-- As the platform reports it: what it does not report is NULL.
with versions as (
    select
        platform,
        coalesce(account_id, '') as account_id,
        cast(followers as bigint) as followers,
        cast(gained as bigint) as gained,
        cast(lost as bigint) as lost,
        cast(reads as bigint) as reads,
        cast(plays as bigint) as plays,
        cast(likes as bigint) as likes,
        cast(comments as bigint) as comments,
        cast(shares as bigint) as shares,
        {{ instant('updated_at') }} as updated_at,
        coalesce(is_deleted, 'false') = 'true' as is_deleted,
        cast(_period_date as date) as business_date,
        {{ version_columns() }}
    from {{ lake('account_daily', 'account_daily') }}
),

ranked as (
    select
        *,
        {{ version_rank('platform, account_id, business_date') }} as version_rank,
        min(row_hash) over (partition by platform, account_id, business_date)
        <> max(row_hash) over (partition by platform, account_id, business_date) as is_restated
    from versions
)

select
    platform,
    account_id,
    followers,
    gained,
    lost,
    reads,
    plays,
    likes,
    comments,
    shares,
    business_date,
    is_restated
from ranked
where version_rank = 1 and not is_deleted
