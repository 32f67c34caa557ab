-- Grain: one row per content item; title and kind as last seen.
-- Titles change; the newest description stands for the item.
with ranked as (
    select
        *,
        row_number() over (
            partition by content_key order by case when title is null then 1 else 0 end, business_date desc, title, content_kind
        ) as recency_rank,
        min(business_date) over (partition by content_key) as first_date
    from {{ ref('int_content__items') }}
)

select content_key, platform, account_id, content_id, title, content_kind, published_at, first_date
from ranked
where recency_rank = 1
