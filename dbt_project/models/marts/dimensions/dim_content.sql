-- Grain: one row per content item; title and kind as last seen.
-- Titles change; the newest description stands for the item; of its publication the newest word that there is.
with ranked as (
    select
        *,
        row_number() over (
            partition by content_key order by case when title is null then 1 else 0 end, business_date desc, title, content_kind
        ) as recency_rank,
        min(business_date) over (partition by content_key) as first_date
    from {{ ref('int_content__items') }}
),

-- A later description without the time of publication takes it from nobody.
published as (
    select
        content_key,
        published_at,
        row_number() over (partition by content_key order by business_date desc, published_at desc) as recency_rank
    from {{ ref('int_content__items') }}
    where published_at is not null
)

select
    ranked.content_key,
    ranked.platform,
    ranked.account_id,
    ranked.content_id,
    ranked.title,
    ranked.content_kind,
    published.published_at,
    ranked.first_date
from ranked
left join published on ranked.content_key = published.content_key and published.recency_rank = 1
where ranked.recency_rank = 1
