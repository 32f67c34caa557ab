-- Grain: one row per content item; title and kind as last seen.
with items as (
    select
        {{ community_key('platform', 'account_id', 'content_key') }} as content_key,
        platform,
        account_id,
        content_id,
        title,
        content_kind,
        published_at,
        business_date
    from {{ ref('stg_creator_content__snapshots') }}
    union all
    select
        {{ community_key('platform', 'account_id', 'content_id') }} as content_key,
        platform,
        account_id,
        content_id,
        title,
        cast(null as varchar) as content_kind,
        published_at,
        business_date
    from {{ ref('stg_content_daily__content_daily') }}
),

ranked as (
    select
        *,
        row_number() over (partition by content_key order by business_date desc, title, content_kind) as recency_rank,
        min(business_date) over (partition by content_key) as first_date
    from items
)

select content_key, platform, account_id, content_id, title, content_kind, published_at, first_date
from ranked
where recency_rank = 1
